"""`fourthstep synthesise`: a made-up cohort with its truth."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from fourthstep.synthetic.cohort import DAY, Cohort, synthesise
from fourthstep.synthetic.mess import Mess

CountOption = Annotated[int, typer.Option("-n", "--patients", min=1, help="How many patients.", metavar="N")]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed makes the same patients.", metavar="S")]
FolderOption = Annotated[
    Path, typer.Option("--output", "-o", help="New folder: export/, truth.ndjson, cohort.json.", metavar="DIR")
]
FirstOption = Annotated[int, typer.Option("--first", min=1, help="Number of the first patient, to make a cohort in parts.")]
DayOption = Annotated[str, typer.Option("--as-of", help="The day that records and truth speak of.", metavar="DATE")]
BundlesOption = Annotated[bool, typer.Option("--bundles", help="One Bundle a patient in place of one NDJSON file a type.")]
LevelOption = Annotated[float | None, typer.Option("--mess", min=0, max=1, help="All knobs of mess at this level.")]
Knob = Annotated[float | None, typer.Option(min=0, max=1, show_default=False, rich_help_panel="Knobs of mess, 0 to 1")]


def cohort_of(count: int, seed: int, first: int, day: str, mess: Mess) -> Cohort:
    """The cohort that was asked for.

    Raises:
        typer.BadParameter: the day is none.
    """
    try:
        return Cohort(count, seed, first, date.fromisoformat(day) if day else DAY, mess)
    except ValueError:
        raise typer.BadParameter("expected a day such as 2026-03-01", param_hint="--as-of") from None


def mess_of(level: float | None, knobs: dict[str, float | None]) -> Mess:
    """The mess: single knobs count over the level of all."""
    return Mess.of(level or 0)._replace(**{name: value for name, value in knobs.items() if value is not None})


def run(cohort: Cohort, folder: Path, bundles: bool) -> None:
    """Write the cohort and say what was written."""
    resources = synthesise(cohort, folder, bundles=bundles)
    typer.echo(
        f"{cohort.patients} made-up patients, {resources} resources, as of {cohort.today}: written to {folder / 'export'}"
    )
    typer.echo(f"what is true of each: {folder / 'truth.ndjson'}")
