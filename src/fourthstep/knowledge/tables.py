"""The small tables of safety: bleeding classes and antithrombotic intervals, read from CSV with their marks.

Source: the project's own compilation of ASRA 2018, SIR 2019 and others; each row names its source.
"""

import csv
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal, cast

import msgspec

from fourthstep.ground.errors import Mistake
from fourthstep.knowledge.models import BleedingClass, Mark

Decision = Literal["hold", "hold_plus_lab", "shared", "continue", "as_aspirin", "unknown"]


class Bleeding(msgspec.Struct, frozen=True):
    """How bleeding-prone an intervention is, for drug holds and for laboratory limits."""

    holds: BleedingClass
    """Class that decides the antithrombotic intervals (ASRA 2018 or the nearest named procedure)."""
    labs: BleedingClass
    """Class that decides the laboratory limits: the stricter of ASRA and SIR."""
    asra: str
    asra_mark: Mark
    sir: str
    sir_mark: Mark
    note: str = ""


class Hold(msgspec.Struct, frozen=True):
    """What one guideline asks for one drug before a procedure of one bleeding class; hours since the last dose."""

    source: str
    drug: str
    rxcui: tuple[str, ...]
    condition: str
    risk_class: BleedingClass
    decision: Decision
    hours: Decimal | None
    hours_max: Decimal | None
    lab: str
    restart: Decimal | None
    restart_max: Decimal | None
    mark: Mark
    note: str


class AntiangiogenicHold(msgspec.Struct, frozen=True):
    """Label or review interval of an antiangiogenic drug before surgery, in days."""

    drug: str
    rxcui: str
    before: str
    resume: str
    source: str
    mark: Mark
    note: str


class SafetyTables(msgspec.Struct, frozen=True):
    """All safety tables."""

    bleeding: dict[str, Bleeding]
    holds: tuple[Hold, ...]
    antiangiogenic: tuple[AntiangiogenicHold, ...]


def read_safety_tables(folder: Path, mistakes: list[Mistake]) -> SafetyTables:
    """Read the three tables; what is wrong in them is added to `mistakes`."""
    bleeding = {
        row["intervention"]: Bleeding(
            cast("BleedingClass", row["product_class"]),
            cast("BleedingClass", row["lab_class"]),
            row["asra2018"],
            cast("Mark", row["asra_tag"]),
            row["sir2019"],
            cast("Mark", row["sir_tag"]),
            row["note"],
        )
        for row in _rows(folder / "procedure_bleeding_class.csv", mistakes)
    }
    holds = tuple(_hold(row) for row in _rows(folder / "antithrombotic_holds.csv", mistakes))
    antiangiogenic = tuple(
        AntiangiogenicHold(
            row["drug"], row["rxcui"], row["hold_before_days"], row["resume_after_days"], row["source"],
            cast("Mark", row["tag"]), row["note"],
        )
        for row in _rows(folder / "antiangiogenic_holds.csv", mistakes)
    )  # fmt: skip
    return SafetyTables(bleeding, holds, antiangiogenic)


def _hold(row: dict[str, str]) -> Hold:
    return Hold(
        source=row["source"],
        drug=row["drug"],
        rxcui=tuple(each for part in row["rxcui"].split("|") for each in part.split("+") if each),
        condition=row["condition"],
        risk_class=cast("BleedingClass", row["risk_class"]),
        decision=cast("Decision", row["decision"]),
        hours=_number(row["hold_h_min"]),
        hours_max=_number(row["hold_h_max"]),
        lab=row["lab"],
        restart=_number(row["restart_h_min"]),
        restart_max=_number(row["restart_h_max"]),
        mark=cast("Mark", row["tag"]),
        note=row["note"],
    )


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _rows(path: Path, mistakes: list[Mistake]) -> list[dict[str, str]]:
    """The rows of a table; a missing, empty or ragged table is a mistake, never "no rows"."""
    name = f"tables/{path.name}"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        mistakes.append(Mistake(name, 1, 0, "the table is missing", "Restore the file from the release."))
        return []
    good = []
    for line, row in enumerate(rows, start=2):
        if None in row or None in row.values() or not _marked(row):
            mistakes.append(Mistake(name, line, 0, "not a row of this table: a cell is missing, too many or unmarked"))
        else:
            good.append(row)
    if not rows:
        mistakes.append(Mistake(name, 1, 0, "the table is empty"))
    return good


def _marked(row: dict[str, str]) -> bool:
    numbers = [row[key] for key in row if key.startswith(("hold_h", "restart_h"))]
    try:
        [_number(each) for each in numbers]
    except InvalidOperation:
        return False
    return all(row[key] in ("V", "K", "P") for key in row if key == "tag" or key.endswith("_tag"))
