"""What changed between two screenings, patient by patient, and why."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fourthstep.ground.errors import RecordError
from fourthstep.screen.numbers import OF_ONE_RUN
from fourthstep.screen.row import WORKLIST
from fourthstep.screen.run import Summary

_TOLD = ("why", "pains", "options", "blocked_by", "missing")
"""Columns of the worklist of which a change is told, in its order."""
NEW, LEFT, MOVED, OTHER = "new on the list", "left the list", "moved", "other details"
KINDS = (NEW, LEFT, MOVED, OTHER)


class Tables(msgspec.Struct, frozen=True):
    """What is compared of one screening."""

    run: Summary
    rows: dict[str, dict[str, str]]
    """Patient -> the row of assessments.csv, with that of worklist.csv."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One patient of whom the tables now say something else."""

    patient: str
    kind: str
    before: str
    """The step of the attrition table; empty for one who was not there."""
    after: str
    what: str
    """Column by column: what went (-) and what came (+)."""
    because: str
    """Data, day, knowledge, policy, engine: what differs.  Several: any of them may be the reason."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two screenings side by side."""

    runs: list[str]
    """What differs between the runs as wholes."""
    changes: list[Change]

    def count(self, kind: str) -> int:
        """Patients of whom this is said."""
        return sum(each.kind == kind for each in self.changes)


def read_tables(out: Path) -> Tables:
    """The tables of a finished screening.

    Raises:
        RecordError: the folder holds no finished screening, or one of another version.
    """
    try:
        run = msgspec.json.decode((out / "run.json").read_bytes(), type=Summary)
        rows = {row["patient"]: row for row in _rows(out / "assessments.csv")}
        for row in _rows(out / "worklist.csv"):
            rows[row["patient"]] |= row
    except (OSError, msgspec.DecodeError, KeyError):
        raise RecordError(f"{out}: this folder holds no finished screening of this version (run.json, assessments.csv, "
                          "worklist.csv).  Screen that export again.") from None  # fmt: skip
    return Tables(run, rows)


def compare(old: Tables, new: Tables) -> Comparison:
    """Every patient of whom the tables say something else, who is new on the list first.

    Raises:
        RecordError: the two call their patients differently.
    """
    if old.run.called != new.run.called or new.run.called == OF_ONE_RUN:
        raise RecordError("the two screenings cannot be compared: a patient has another number in each.  Run both with the "
                          "same `--numbers FILE`, or with `--names`.")  # fmt: skip
    runs = list(_runs(old.run, new.run))
    found = [change for patient in sorted(old.rows.keys() | new.rows.keys())
             if (change := _change(patient, old.rows.get(patient), new.rows.get(patient), runs))]  # fmt: skip
    found.sort(key=lambda each: (KINDS.index(each.kind), each.patient))
    return Comparison(runs=runs, changes=found)


def _runs(old: Summary, new: Summary) -> Iterator[str]:
    for name, before, after in (
        ("day", old.as_of, new.as_of),
        ("engine", old.engine, new.engine),
        ("knowledge", old.knowledge[:8], new.knowledge[:8]),
        ("export", _whole(old), _whole(new)),
        ("policy", f"{old.policy} {old.policy_digest[:8]}", f"{new.policy} {new.policy_digest[:8]}"),
    ):
        if before != after or "INCOMPLETE" in after:
            yield f"{name}: {before} -> {after}"


def _whole(run: Summary) -> str:
    return "complete" if run.complete else f"INCOMPLETE ({', '.join(run.why_incomplete)})"


def _change(patient: str, old: dict[str, str] | None, new: dict[str, str] | None, runs: list[str]) -> Change | None:
    before, after = (row["step"] if row else "" for row in (old, new))
    kind = _kind(before, after)
    what = "" if kind == LEFT else "; ".join(_what(old or {}, new or {}))
    if before == after and not what:
        return None
    return Change(patient=patient, kind=kind, before=before, after=after, what=what,
                  because=_because(old, new, runs))  # fmt: skip


def _kind(before: str, after: str) -> str:
    was, is_ = before in WORKLIST, after in WORKLIST
    if was != is_:
        return NEW if is_ else LEFT
    return OTHER if before == after else MOVED


def _what(old: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    for column in _TOLD:
        before, after = (_items(row.get(column, "")) for row in (old, new))
        gone = [f"-{each}" for each in before if each not in after]
        come = [f"+{each}" for each in after if each not in before]
        if gone or come:
            yield f"{column}: {', '.join([*gone, *come])}"


def _items(cell: str) -> list[str]:
    """What a cell of the worklist lists; how many more there are is not told of it."""
    return [each for each in cell.split("; ") if each and not re.fullmatch(r"and \d+ more", each)]


def _because(old: dict[str, str] | None, new: dict[str, str] | None, runs: list[str]) -> str:
    if old is None:
        return "not in the earlier export"
    if new is None:
        return "not in the later export"
    data = [] if old["data"] and old["data"] == new["data"] else ["data"]
    return ", ".join([*data, *(each.partition(":")[0] for each in runs)])


def write_changes(found: Comparison, path: Path) -> None:
    """The changed patients as CSV, whole or not at all.

    Raises:
        RecordError: the file cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("patient", "kind", "before", "after", "what", "because", "export"))
            mark = next((each for each in found.runs if "INCOMPLETE" in each), "")
            writer.writerows((*msgspec.structs.astuple(each), mark) for each in found.changes)
        part.replace(path)
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}.") from None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
