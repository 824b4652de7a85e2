"""Floor 8, the front door: parses, calls, prints."""

import gc
import io
import sys

from fourthstep.ground.errors import FourthstepError


def main() -> None:
    """Run the command line; what Fourthstep raises on purpose is printed without a traceback."""
    gc.disable()  # one command, one short process: nothing here makes cycles worth collecting
    _write_utf8()
    from fourthstep.cli.app import app  # noqa: PLC0415  imported here so that a broken pipe is caught below

    try:
        app()
    except FourthstepError as error:
        sys.stderr.write(f"fourthstep: {error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _write_utf8() -> None:
    """All output is UTF-8, also where it is redirected under an older code page that has no × and no µ."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
