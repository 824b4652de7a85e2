"""What is counted over all patients: everything that the report draws and the small tables list, and nobody in particular.

Its size does not depend on how many patients there are.
"""

from collections.abc import Iterable
from itertools import pairwise

import msgspec

from fourthstep.assessment.words import PathwayWord
from fourthstep.screen.equity import Counts
from fourthstep.screen.row import FAILED, NOT_ASSESSABLE, OUTSIDE, Row, outcome_of

SCORES = ((0, 0), (1, 3), (4, 6), (7, 10))
"""Bands of the 0 to 10 score in the pictures; no rule rests on them."""
DOSES = (30, 60, 120, 240)
"""Where the bands of the opioid dose in the pictures begin, mg/d of oral morphine; no rule rests on them."""
NONE, UNKNOWN = "none", "unknown"
REFERRED = (PathwayWord.REFER.value, PathwayWord.REFER_EARLY.value)


class Tally(msgspec.Struct, kw_only=True):
    """The counts of one screening."""

    steps: dict[str, int]
    total: Counts
    groups: dict[str, dict[str, Counts]] = {}
    """Dimension -> group -> counts."""
    grid: dict[str, dict[str, int]] = {}
    """Band of the dose -> band of the score -> patients in scope."""
    options: dict[str, dict[str, int]] = {}
    """Option -> word -> patients."""
    blocks: dict[str, int] = {}
    """Criterion -> patients of whom it keeps an option shut."""
    lacking: dict[str, int] = {}
    """Fact -> patients of whom it could still change a word."""
    months: dict[str, dict[str, int]] = {}
    """Month -> band of the highest score -> patients."""
    used: dict[str, int] = {}
    not_used: dict[str, int] = {}
    unrecognised: dict[str, int] = {}

    @property
    def outcomes(self) -> dict[str, int]:
        """Assessed, not assessable and not in scope."""
        found = dict.fromkeys(("assessed", NOT_ASSESSABLE, OUTSIDE), 0)
        for step, count in self.steps.items():
            found[outcome_of(step)] += count
        return found


def tally_of(rows: Iterable[Row]) -> Tally:
    """Count all patients once."""
    steps = {word.value: 0 for word in PathwayWord if word is not PathwayWord.NOT_IN_SCOPE} | {FAILED: 0}
    tally = Tally(steps=steps, total=Counts())
    for row in rows:
        _add(tally, row)
    always = len(steps) - sum(step.startswith(OUTSIDE) for step in steps)
    tally.steps = dict(list(steps.items())[:always]) | dict(sorted(list(steps.items())[always:]))
    return tally


def _add(tally: Tally, row: Row) -> None:
    _more(tally.steps, row.step)
    outcome = outcome_of(row.step)
    counts = Counts(
        patients=1,
        in_scope=int(outcome != OUTSIDE),
        not_assessable=int(outcome == NOT_ASSESSABLE),
        uncontrolled=int(row.uncontrolled is True),
        refer=int(row.pathway in REFERRED),
    )
    tally.total.add(counts)
    for dimension, group in row.groups.items():
        tally.groups.setdefault(dimension, {}).setdefault(group, Counts()).add(counts)
    if outcome == OUTSIDE or row.step == FAILED:
        return
    _more(tally.grid.setdefault(dose_band(row), {}), score_band(row.score))
    for option, word in row.opened.items():
        _more(tally.options.setdefault(option, {}), word)
    for month, score in row.months.items():
        _more(tally.months.setdefault(month, {}), score_band(score))
    for counted, names in ((tally.blocks, row.blocks), (tally.lacking, row.lacking)):
        for name in names:
            _more(counted, name)
    for sums, found in ((tally.used, row.used), (tally.not_used, row.not_used), (tally.unrecognised, row.unrecognised)):
        for name, count in found.items():
            _more(sums, name, count)


def _more(counts: dict[str, int], name: str, count: int = 1) -> None:
    counts[name] = counts.get(name, 0) + count


def score_band(score: float | None) -> str:
    """The band of a score; half a point counts for the next one."""
    if score is None:
        return UNKNOWN
    return next((band_name(first, last) for first, last in SCORES if score <= last), UNKNOWN)


def band_name(first: int, last: int) -> str:
    """A band by its ends."""
    return str(first) if first == last else f"{first} to {last}"


SCORE_BANDS = (*(band_name(first, last) for first, last in SCORES), UNKNOWN)
DOSE_BANDS = (
    NONE,
    f"under {DOSES[0]}",
    *(f"{first} to under {last}" for first, last in pairwise(DOSES)),
    f"{DOSES[-1]} and over",
    UNKNOWN,
)


def dose_band(row: Row) -> str:
    """The band of the scheduled dose."""
    if row.dose is None:
        return NONE if row.dose_told == NONE else UNKNOWN
    return DOSE_BANDS[1 + sum(row.dose >= limit for limit in DOSES)]
