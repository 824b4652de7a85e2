"""What the tables and the report say of one patient."""

import hashlib
from collections.abc import Iterator
from heapq import merge
from pathlib import Path

import msgspec

from fourthstep.assessment.words import PathwayWord
from fourthstep.screen.groups import Groups

FAILED = "not assessable: an error of the program"
ASSESSED, NOT_ASSESSABLE, OUTSIDE = "assessed", "not assessable", "not in scope"
WORKLIST = (PathwayWord.RED_FLAG_FIRST, PathwayWord.REFER, PathwayWord.REFER_EARLY, PathwayWord.OPTIMISE_FIRST)
"""Pathway words that stand on the worklist, in its order."""


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One patient.  The texts are shortened for people; what is counted stands below them in full."""

    patient: str
    step: str
    """Where the patient leaves the way to the worklist: the pathway word, for one out of scope with the reason."""
    pathway: str = ""
    why: str = ""
    pains: str = ""
    options: str = ""
    blocked_by: str = ""
    missing: str = ""
    newest: str = ""
    data: str = ""
    """Digest of the patient's resources, as far as they are read: the same, if the data are."""
    result_id: str = ""
    groups: Groups = {}
    uncontrolled: bool | None = None
    """Is the pain not controlled?  None: not known, or not asked."""
    score: float | None = None
    """The highest of the newest scores of all pains."""
    score_day: str = ""
    """Its day."""
    dose: float | None = None
    """Scheduled opioids, mg/d of oral morphine, upper end."""
    dose_told: str = "unknown"
    """told, none (recorded) or unknown."""
    opened: dict[str, str] = {}
    """Open option -> its best word."""
    blocks: list[str] = []
    """Criteria that keep an option shut."""
    lacking: list[str] = []
    """Facts that could still change a word."""
    months: dict[str, float] = {}
    """Month of the last twelve -> highest score."""
    used: dict[str, int] = {}
    not_used: dict[str, int] = {}
    """Type and reason -> how many."""
    unrecognised: dict[str, int] = {}
    """Kind -> how many."""


def mixed(patient: str) -> str:
    """An order that says nothing of the id."""
    return hashlib.sha256(patient.encode()).hexdigest()


def rows_of(files: list[Path]) -> Iterator[Row]:
    """All patients in their mixed order, of files that are each in it; nothing is held but a line of each."""
    return merge(*map(_read, files), key=lambda each: mixed(each.patient))


def _read(path: Path) -> Iterator[Row]:
    decoder = msgspec.json.Decoder(Row)
    with path.open("rb") as lines:
        yield from map(decoder.decode, lines)


def outcome_of(step: str) -> str:
    """Assessed, not assessable or not in scope: what became of the patients of a step."""
    if step.startswith(PathwayWord.NOT_IN_SCOPE.value):
        return OUTSIDE
    return NOT_ASSESSABLE if step in (PathwayWord.CANNOT_TELL.value, FAILED) else ASSESSED
