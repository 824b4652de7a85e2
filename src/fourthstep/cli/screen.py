"""`fourthstep screen`: a whole hospital."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fourthstep.ground.dates import AsOf
from fourthstep.knowledge.policy import Policy


class Engine(StrEnum):
    """What a screening runs on."""

    LOCAL = "local"
    SPARK = "spark"


def run(export: Path, out: Path, moment: AsOf, policy: Policy, workers: int, allow_broken: bool, names: bool,
        engine: Engine, master: str) -> None:  # fmt: skip
    """Screen, print the steps, and end with 1 where the export was not complete."""
    if engine is Engine.SPARK:
        if workers > 1:
            raise typer.BadParameter("Spark has settings of its own for this: docs/spark.md.", param_hint="--workers")
        from fourthstep.screen.on_spark import screen_on_spark  # noqa: PLC0415

        summary = screen_on_spark(export, out, as_of=moment, policy=policy, names=names, spark=master)
    else:
        if master:
            raise typer.BadParameter("a cluster needs `--engine spark`.", param_hint="--master")
        from fourthstep.screen.run import screen  # noqa: PLC0415

        summary = screen(export, out, as_of=moment, policy=policy, workers=workers, names=names)
    typer.echo(f"{summary.patients} patients on {summary.as_of}, policy {summary.policy}: written to {out}")
    for step, count in summary.steps.items():
        typer.echo(f"{count:>9}  {step}")
    for name, why in summary.not_written.items():
        typer.echo(f"{name} was not written: {why}", err=True)
    if not summary.complete:
        typer.echo(f"INCOMPLETE: {', '.join(summary.why_incomplete)}.  quarantine.ndjson names file and line.", err=True)
        raise typer.Exit(0 if allow_broken else 1)


ExportPath = Annotated[Path, typer.Argument(help="The folder of a Bulk Data export: NDJSON or Bundles, also gzip or zstd.")]
OutPath = Annotated[Path, typer.Option("--output", "-o", help="Folder of the tables and the report.", metavar="DIR")]
WorkersOption = Annotated[int, typer.Option("--workers", min=1, help="Processes; the result does not depend on them.")]
BrokenOption = Annotated[bool, typer.Option("--allow-broken", help="End with 0 although the export is not complete.")]
NamesOption = Annotated[bool, typer.Option("--names", help="Show the patients' ids in place of numbers.")]
EngineOption = Annotated[Engine, typer.Option("--engine", help="One machine, or a Spark cluster: the result is the same.")]
MasterOption = Annotated[
    str, typer.Option("--master", help="The Spark cluster; default: of Spark's settings.", metavar="URL")
]
