"""One file of the export onto the disk: streamed, checked, and only then under its own name."""

import hashlib
from pathlib import Path
from typing import Any, Literal

import msgspec

from fourthstep.fetch.manifest import Wanted
from fourthstep.fetch.wire import Wire
from fourthstep.ground.errors import MissingExtraError, RecordError
from fourthstep.record.sources import Lines

_GZIP = b"\x1f\x8b"
_GONE = (403, 404, 410)


class File(msgspec.Struct, frozen=True):
    """A file that is whole."""

    name: str
    kind: Literal["output", "outcome", "deleted"]
    type: str
    lines: int
    bytes: int
    sha256: str


class NotFetchedError(Exception):
    """A file that did not come, and why; `gone`: the address is no longer good."""

    def __init__(self, why: str, *, gone: bool = False, again: bool = True) -> None:
        super().__init__(why)
        self.gone, self.again, self.after = gone, again, ""


def download(wire: Wire, wanted: Wanted, folder: Path) -> File:
    """Fetch one file; what was there of it is begun again.

    The bytes are kept as they come, compressed where the server compresses.

    Raises:
        NotFetchedError: it did not come whole within the tries.
        RecordError: its address is not safe, or there is no token for it.
        OSError: the disk is full, or not writable.
    """
    for attempt in range(wire.pace.tries):
        try:
            return _try(wire, wanted, folder)
        except NotFetchedError as failure:
            if not failure.again or attempt + 1 >= wire.pace.tries:
                raise
            wire.pace.wait(attempt, failure.after)
    raise AssertionError("the last try returns or raises")


def _try(wire: Wire, wanted: Wanted, folder: Path) -> File:
    part = folder / f"{wanted.name}.part"
    part.parent.mkdir(exist_ok=True)
    try:
        with wire.stream("GET", wanted.address, headers={"Accept": "application/fhir+ndjson"}, token=wanted.token,
                         granted=wanted.token) as response:  # fmt: skip
            _judge(response)
            size, sha256, start = _write(wire, response, part)
    except wire.errors as error:
        raise NotFetchedError(f"the connection broke ({type(error).__name__})") from None
    name = f"{wanted.name}.ndjson" + (".gz" if start == _GZIP else "")
    lines = _check(part, wanted)
    part.replace(folder / name)
    return File(name, wanted.kind, wanted.type, lines, size, sha256)


def _judge(response: Any) -> None:
    status = response.status_code
    if status == 200:
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding not in ("gzip", "x-gzip", "identity", ""):
            raise NotFetchedError("compressed in a way that was not asked for", again=False)
        return
    failure = NotFetchedError(f"HTTP {status}", gone=status in _GONE, again=status in (408, 425, 429) or status >= 500)
    failure.after = response.headers.get("retry-after", "")
    raise failure


def _write(wire: Wire, response: Any, part: Path) -> tuple[int, str, bytes]:
    found, size, start = hashlib.sha256(), 0, b""
    with part.open("wb") as file:
        for piece in response.iter_raw():
            if wire.pace.stop.is_set():
                raise KeyboardInterrupt
            file.write(piece)
            found.update(piece)
            size += len(piece)
            start = (start + piece)[:2] if len(start) < 2 else start
    return size, found.hexdigest(), start


def _check(part: Path, wanted: Wanted) -> int:
    """The number of lines, of a file that is whole as far as can be told."""
    lines, first, last = 0, b"{", b"}"
    try:
        for _, line in Lines(wanted.name, part):
            first = line[:1] if not lines else first
            last = line[-1:]
            lines += 1
    except MissingExtraError:
        raise NotFetchedError("compressed in a way that was not asked for", again=False) from None
    except RecordError:
        raise NotFetchedError("damaged or truncated") from None
    if first != b"{":
        raise NotFetchedError("not NDJSON")
    if last != b"}":
        raise NotFetchedError("truncated")
    if wanted.count is not None and wanted.count != lines:
        raise NotFetchedError(f"{lines} resources, and the manifest says {wanted.count}")
    return lines
