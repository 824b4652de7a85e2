"""What a patient is called in the tables: a number of this run, a number that is kept over runs, or the id."""

import csv
import hashlib
import io
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from fourthstep.ground.errors import RecordError

OF_ONE_RUN, IDS = "numbers of one run", "ids"
_HEAD = ["number", "patient"]


class Calling(msgspec.Struct, frozen=True, kw_only=True):
    """How the tables call a patient."""

    ids: bool = False
    """By the id itself."""
    kept: Path | None = None
    """By the number in this file, which keeps the numbers of earlier runs; it is the key to the tables."""

    def numbers(self, patients: Iterable[str]) -> dict[str, str]:
        """Patient id -> kept number, for all of them; empty where no file keeps numbers.

        Whoever is new gets the next number, and stands in the file from now on; `patients` stand in an order that says
        nothing of the id.

        Raises:
            RecordError: the file of numbers is not one.
        """
        if self.ids or self.kept is None:
            return {}
        known = _read(self.kept)
        numbers = dict(known)
        for each in patients:
            if each not in numbers:
                numbers[each] = _number(len(numbers) + 1)
        if numbers != known:
            _write(self.kept, numbers)
        return numbers

    def name(self, patient: str, at: int, numbers: dict[str, str]) -> str:
        """What the tables call the patient who stands at this place of the run."""
        return patient if self.ids else numbers.get(patient) or _number(at)

    def says(self) -> str:
        """For `run.json`: runs of which this is the same, and not of one run only, can be compared."""
        if self.ids:
            return IDS
        if self.kept is None or not self.kept.exists():
            return OF_ONE_RUN
        first = self.kept.read_bytes().partition(b"\n")[2].partition(b"\n")[0]
        return f"numbers kept in a file ({hashlib.sha256(first).hexdigest()[:8]})"


def _number(at: int) -> str:
    return f"P{at:07d}"


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = [*csv.reader(file)] or [[]]
    numbers = [row[0] for row in rows if len(row) == len(_HEAD)]
    if head != _HEAD or numbers != [_number(at) for at in range(1, len(rows) + 1)]:
        raise RecordError(
            f"{path}: this is no file of patients' numbers (columns number and patient, in order).  Give the file "
            "that an earlier `fourthstep screen --numbers` wrote, or a name that is free."
        )
    return {patient: number for number, patient in rows}


def _write(path: Path, names: dict[str, str]) -> None:
    """Whole or not at all, and readable by its owner only: it is the key to the tables."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_HEAD, *((number, patient) for patient, number in names.items())])
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text.getvalue())
    part.replace(path)
