"""What a patient is called in the tables: a number of this run, a number that is kept over runs, or the id."""

import csv
import io
import os
import secrets
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

    def check(self) -> None:
        """Before any work: is the file of numbers one, and can there be one?

        Raises:
            RecordError: it is not one, or its folder cannot be made.
        """
        if self.kept is None:
            return
        try:
            self.kept.parent.mkdir(parents=True, exist_ok=True)
            _read(self.kept)
        except OSError as error:
            raise RecordError(f"{self.kept}: {error.strerror}.  Give a file that can be written, for --numbers.") from None

    def numbers(self, patients: Iterable[str]) -> dict[str, str]:
        """Patient id -> kept number, for all of them; empty where no file keeps numbers.

        Whoever is new gets the next number, and stands in the file from now on; `patients` stand in an order that says
        nothing of the id.

        Raises:
            RecordError: the file of numbers is not one.
        """
        if self.ids or self.kept is None:
            return {}
        token, known = _read(self.kept)
        numbers = dict(known)
        for each in patients:
            if each not in numbers:
                numbers[each] = _number(len(numbers) + 1)
        if numbers != known:
            _write(self.kept, token, numbers)
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
        return f"numbers kept in a file ({_read(self.kept)[0]})"


def _number(at: int) -> str:
    return f"P{at:07d}"


def _read(path: Path) -> tuple[str, dict[str, str]]:
    """The name of the file, by which two runs know that they used the same, and the numbers."""
    if not path.exists():
        return secrets.token_hex(8), {}
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = [*csv.reader(file)] or [[]]
    token = head[-1] if head[:-1] == _HEAD else ""
    numbers = [row[0] for row in rows if len(row) == len(_HEAD)]
    if not token or numbers != [_number(at) for at in range(1, len(rows) + 1)]:
        raise RecordError(
            f"{path}: this is no file of patients' numbers (columns number and patient, in order).  Give the file "
            "that an earlier `fourthstep screen --numbers` wrote, or a name that is free."
        )
    return token, {patient: number for number, patient in rows}


def _write(path: Path, token: str, numbers: dict[str, str]) -> None:
    """Whole or not at all, and readable by its owner only: it is the key to the tables."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([[*_HEAD, token], *((number, patient) for patient, number in numbers.items())])
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text.getvalue())
    part.replace(path)
