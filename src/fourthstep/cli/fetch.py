"""`fourthstep fetch`: a Bulk Data export into a folder."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from fourthstep.fetch.access import Access
from fourthstep.fetch.request import Request

STOPPED = 130


class Call:
    """One call of the command."""

    def __init__(self, request: Request, out: Path, access: Access) -> None:
        self._request, self._out, self._access = request, out, access

    def run(self, parallel: int, allow_broken: bool) -> None:
        """Fetch, tell what came, and end with 1 where it is not complete."""
        from fourthstep.fetch.run import fetch  # noqa: PLC0415
        from fourthstep.fetch.wire import Pace  # noqa: PLC0415

        try:
            summary = fetch(self._request, self._out, access=self._access, allow_broken=allow_broken, say=_say,
                            pace=Pace(parallel=parallel))  # fmt: skip
        except KeyboardInterrupt:
            _say("stopped; the same command resumes, and --abort gives the export up")
            raise typer.Exit(STOPPED) from None
        for notice in summary.notices:
            _say(notice)
        for issue, count in summary.issues.items():
            _say(f"the server reports {issue}: {count} (OperationOutcome files in the folder)")
        lines = sum(each.lines for each in summary.files if each.kind == "output")
        there = not summary.missing or allow_broken
        typer.echo(
            f"{lines} resources in {len(summary.files)} files, as of {summary.transaction_time or 'unknown'}"
            f": {'written to' if there else 'kept for the next try beside'} {self._out}"
        )
        if not summary.complete:
            _say(
                f"INCOMPLETE: {', '.join(summary.why_incomplete)}."
                + ("" if there else "  The same command tries the rest again.")
            )
            raise typer.Exit(0 if allow_broken else 1)

    def abort(self) -> None:
        """Give the export up."""
        from fourthstep.fetch.run import abort  # noqa: PLC0415

        said = abort(self._request, self._out, access=self._access)
        typer.echo("The export was given up, and what was fetched of it removed.")
        if said:
            _say(said)


def _say(text: str) -> None:
    typer.echo(text, err=True)


UrlArgument = Annotated[str, typer.Argument(help="Base URL of a FHIR R4 server.", metavar="URL", show_default=False)]
OutPath = Annotated[
    Path, typer.Option("--output", "-o", help="Folder of the export; it must not be there yet.", metavar="DIR")
]
GroupOption = Annotated[str, typer.Option("--group", help="The patients of this Group.", metavar="ID")]
LevelOption = Annotated[
    Literal["patient", "system"] | None,
    typer.Option("--level", help="Without a group: all patients (default), or everything that the server holds."),
]
TypeOption = Annotated[
    list[str] | None, typer.Option("--type", help="A resource type, once for each; default: what is read.", metavar="TYPE")
]
SinceOption = Annotated[str, typer.Option("--since", help="Only what changed after this instant.", metavar="INSTANT")]
FilterOption = Annotated[
    list[str] | None, typer.Option("--type-filter", help="Type?search, once for each (_typeFilter).", metavar="FILTER")
]
ClientOption = Annotated[
    str,
    typer.Option("--client-id", envvar="FOURTHSTEP_CLIENT_ID", help="SMART Backend Services: our id.", metavar="ID"),
]
KeyOption = Annotated[Path | None, typer.Option("--key", help="Its private key: JWK, JWK Set or PEM.", metavar="FILE")]
KeyIdOption = Annotated[str, typer.Option("--key-id", help="`kid` of the key.", metavar="ID")]
TokenUrlOption = Annotated[str, typer.Option("--token-url", help="Token endpoint; default: as published.", metavar="URL")]
ScopeOption = Annotated[str, typer.Option("--scope", help="Scopes; default: read and search the types.", metavar="SCOPES")]
OriginOption = Annotated[
    list[str] | None,
    typer.Option("--allow-origin", help="Another origin that may see the token, where the manifest asks.", metavar="URL"),
]
ParallelOption = Annotated[int, typer.Option("--parallel", min=1, max=5, help="Files at the same time.")]
BrokenOption = Annotated[
    bool, typer.Option("--allow-broken", help="Take the export although it is not complete; it says so in itself.")
]
AbortOption = Annotated[bool, typer.Option("--abort", help="Give an unfinished export up, here and on the server.")]
