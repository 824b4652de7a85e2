"""`fourthstep screen`: a whole hospital."""

import gc
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fourthstep.ground.dates import AsOf
from fourthstep.knowledge.policy import Policy
from fourthstep.screen.numbers import Calling

if TYPE_CHECKING:
    from fourthstep.screen.compare import Comparison


class Engine(StrEnum):
    """What a screening runs on."""

    LOCAL = "local"
    SPARK = "spark"


def run(export: Path, out: Path, moment: AsOf, policy: Policy, workers: int, allow_broken: bool, calling: Calling,
        since: Path | None, engine: Engine, master: str) -> None:  # fmt: skip
    """Screen, print the steps, and end with 1 where the export was not complete."""
    from fourthstep.screen.compare import compare, read_tables  # noqa: PLC0415

    gc.enable()  # many patients in one process: cycles must not pile up
    before = read_tables(since) if since is not None else None
    if engine is Engine.SPARK:
        if workers > 1:
            raise typer.BadParameter("Spark has settings of its own for this: docs/spark.md.", param_hint="--workers")
        from fourthstep.screen.on_spark import screen_on_spark  # noqa: PLC0415

        summary = screen_on_spark(export, out, as_of=moment, policy=policy, calling=calling, spark=master)
    else:
        if master:
            raise typer.BadParameter("a cluster needs `--engine spark`.", param_hint="--master")
        from fourthstep.screen.run import screen  # noqa: PLC0415

        summary = screen(export, out, as_of=moment, policy=policy, workers=workers, calling=calling)
    typer.echo(f"{summary.patients} patients on {summary.as_of}, policy {summary.policy}: written to {out}")
    for step, count in summary.steps.items():
        typer.echo(f"{count:>9}  {step}")
    if before is not None:
        tell_changes(compare(before, read_tables(out)), out / "changes.csv")
    for name, why in summary.not_written.items():
        typer.echo(f"{name} was not written: {why}", err=True)
    if not summary.complete:
        typer.echo(f"INCOMPLETE: {', '.join(summary.why_incomplete)}.  quarantine.ndjson names file and line.", err=True)
        raise typer.Exit(0 if allow_broken else 1)


def run_compare(old: Path, new: Path, output: Path | None) -> None:
    """Compare two screenings; every changed patient goes to a table."""
    from fourthstep.screen.compare import compare, read_tables  # noqa: PLC0415

    tell_changes(compare(read_tables(old), read_tables(new)), output or new / "changes.csv")


def tell_changes(found: "Comparison", output: Path) -> None:
    """Write the table, and print how many changed in which way."""
    from fourthstep.screen.compare import KINDS, write_changes  # noqa: PLC0415

    write_changes(found, output)
    typer.echo(f"Changes since the earlier screening: written to {output}")
    for kind in KINDS:
        typer.echo(f"{found.count(kind):>9}  {kind}")
    for each in found.runs:
        typer.echo(f"           {each}")


def run_calibrate(out: Path, sample: int, seed: int, review: Path | None, key: Path | None) -> None:
    """Count by threshold; or draw a sample for chart review; or read the filled sheet."""
    from fourthstep.screen import calibrate  # noqa: PLC0415
    from fourthstep.screen.compare import read_tables  # noqa: PLC0415

    sheet, answers = review or out / "review.csv", key or out / "review-key.csv"
    if sample:
        drawn = calibrate.write_review(read_tables(out), sheet, answers, sample, seed)
        typer.echo(f"{drawn} patients drawn: {sheet} for the reviewers, {answers} for whoever counts.")
        return
    for line in calibrate.told(
        calibrate.count(read_tables(out)), agreed=calibrate.agreement(sheet, answers) if review else None
    ):
        typer.echo(line)


ExportPath = Annotated[Path, typer.Argument(help="The folder of a Bulk Data export: NDJSON or Bundles, also gzip or zstd.")]
OutPath = Annotated[Path, typer.Option("--output", "-o", help="Folder of the tables and the report.", metavar="DIR")]
WorkersOption = Annotated[int, typer.Option("--workers", min=1, help="Processes; the result does not depend on them.")]
BrokenOption = Annotated[bool, typer.Option("--allow-broken", help="End with 0 although the export is not complete.")]
NamesOption = Annotated[bool, typer.Option("--names", help="Show the patients' ids in place of numbers.")]
NumbersOption = Annotated[
    Path | None,
    typer.Option(
        "--numbers", help="Keep the patients' numbers over runs in this file, the key to the tables.", metavar="FILE"
    ),
]
SinceOption = Annotated[
    Path | None,
    typer.Option("--since", help="An earlier screening: tell who is new on the list, and what changed.", metavar="DIR"),
]
EngineOption = Annotated[Engine, typer.Option("--engine", help="One machine, or a Spark cluster: the result is the same.")]
MasterOption = Annotated[
    str, typer.Option("--master", help="The Spark cluster; default: of Spark's settings.", metavar="URL")
]
