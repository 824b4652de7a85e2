"""The tables of a screening as CSV, written patient by patient; each under another name first."""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from fourthstep.screen.equity import Line, lines
from fourthstep.screen.row import WORKLIST, Row, outcome_of
from fourthstep.screen.spread import Gathered
from fourthstep.screen.tally import Tally

SHOWN = ("pathway", "why", "pains", "options", "blocked_by", "missing", "newest", "result_id")
WITHHELD = "withheld"
Rows = Callable[[], Iterator[tuple[str, Row]]]
"""Begins the patients anew: how they are called, and what is told of them."""


def worklist(rows: Rows) -> Iterator[tuple[str, ...]]:
    """The patients of the worklist in its order, and in their mixed order within a word."""
    for word in WORKLIST:
        for who, row in rows():
            if row.pathway == word:
                yield (who, *(getattr(row, name) for name in SHOWN))


def assessments(rows: Rows) -> Iterator[tuple[str, ...]]:
    """Every patient."""
    return ((who, row.step, row.newest, plain(row.score), row.score_day, plain(row.dose), row.data, row.result_id)
            for who, row in rows())  # fmt: skip


def plain(number: float | None) -> str:
    """A number as short as it is, empty where there is none."""
    return "" if number is None else f"{number:.10g}"


WORKLIST_HEAD = ("patient", *SHOWN)
ASSESSMENTS_HEAD = ("patient", "step", "newest", "score", "score_day", "dose", "data", "result_id")


def write_tables(out: Path, rows: Rows, tally: Tally, gathered: list[Gathered], mark: str) -> None:
    """All tables; `mark` stands in every row of each.

    Raises:
        OSError: the folder cannot be written.
    """
    _write_csv(out / "worklist.csv", WORKLIST_HEAD, worklist(rows), mark)
    _write_csv(out / "assessments.csv", ASSESSMENTS_HEAD, assessments(rows), mark)
    _write_csv(out / "attrition.csv", ("step", "outcome", "patients"), _attrition(tally), mark)
    _write_csv(out / "quality.csv", ("what", "name", "count"), _quality(tally, gathered), mark)
    _write_csv(out / "equity.csv", _EQUITY_HEAD, _equity(tally), mark)


def _attrition(tally: Tally) -> Iterator[tuple[Any, ...]]:
    for step, count in tally.steps.items():
        yield step, outcome_of(step), count
    yield "all", "", tally.total.patients


def seen_lines(gathered: list[Gathered]) -> dict[str, int]:
    """Resource type -> lines of the export."""
    seen: dict[str, int] = {}
    for each in gathered:
        for kind, count in each.seen.items():
            seen[kind] = seen.get(kind, 0) + count
    return seen


def _quality(tally: Tally, gathered: list[Gathered]) -> Iterator[tuple[str, str, int]]:
    seen = seen_lines(gathered)
    counted = {"lines": seen, "used": tally.used, "not used": tally.not_used, "unrecognised": tally.unrecognised}
    for what, counts in counted.items():
        for name, count in sorted(counts.items()):
            yield what, name, count


RATES = ("in_scope", "assessed", "not_assessable", "uncontrolled", "refer")
_EQUITY_HEAD = ("by", "group", "patients", *(f"{name}{unit}" for name in RATES for unit in ("", "_percent")))


def _equity(tally: Tally) -> Iterator[tuple[Any, ...]]:
    for line in lines(tally.total, tally.groups):
        yield line.dimension, line.group, _told(line, "patients"), *_rates(line)


def _rates(line: Line) -> Iterator[Any]:
    for name in RATES:
        yield _told(line, name)
        yield line.rate(name)


def _told(line: Line, name: str) -> Any:
    count = getattr(line, name)
    return WITHHELD if count is None else count


def _write_csv(path: Path, head: tuple[str, ...], rows: Iterable[tuple[Any, ...]], mark: str) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*head, "export"))
        writer.writerows((*row, mark) for row in rows)
    part.replace(path)
