"""Where to set the thresholds of a site, and whether its clinicians agree with the list.

Counts from the tables of a screening; a random sample for chart review; agreement of two reviewers, and of the list with
them.
"""

import csv
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from fourthstep.ground.errors import RecordError
from fourthstep.screen.compare import Tables
from fourthstep.screen.row import ASSESSED, WORKLIST, outcome_of

SCORES = range(3, 9)
"""Pain scores from which patients are counted."""
LOOK_BACK = (7, 14, 30, 60, 90)
"""Days that a score may be old."""
DOSES = (30, 60, 90, 120, 200, 300)
"""Scheduled opioids from which patients are counted, mg/d of oral morphine."""
LISTED, NOT_LISTED = "on the worklist", "assessed, not on the worklist"
REVIEW_HEAD = ("patient", "reviewer_a", "reviewer_b")
ANSWERS = ("yes", "no")
KEY_HEAD = ("patient", "stratum", "of")
CONFIDENCE = 1.959964
"""Standard normal quantile of a two-sided interval of 95 %."""


class Counts(msgspec.Struct, frozen=True):
    """Patients whom a threshold would flag."""

    by_score: dict[int, dict[int, int]]
    """Score -> days of look-back -> patients whose newest score is at least that, and not older."""
    by_dose: dict[int, int]
    """mg/d -> patients with at least that and a pain score of at least the lowest of `SCORES`, however old."""
    without_score: int
    """Patients in scope of whom no score is known: no threshold flags them."""


def count(tables: Tables) -> Counts:
    """How many patients each threshold and look-back would flag; those of the policy stay as they are."""
    today = date.fromisoformat(tables.run.as_of[:10])
    scored = [(float(row["score"]), (today - date.fromisoformat(row["score_day"])).days, row["dose"])
              for row in tables.rows.values() if row["score"] and len(row["score_day"]) == len("2026-03-01")]  # fmt: skip
    in_scope = sum(bool(row["result_id"]) for row in tables.rows.values())
    return Counts(
        by_score={least: {days: sum(score >= least and age <= days for score, age, _ in scored) for days in LOOK_BACK}
                  for least in SCORES},
        by_dose={least: sum(bool(dose) and float(dose) >= least and score >= SCORES[0] for score, _, dose in scored)
                 for least in DOSES},
        without_score=in_scope - len(scored),
    )  # fmt: skip


# -- chart review --------------------------------------------------------------------------------------------


def strata(tables: Tables) -> dict[str, list[str]]:
    """All patients by what the screening said of them, so that a review also sees whom it did not list."""
    found: dict[str, list[str]] = {}
    for patient, row in tables.rows.items():
        outcome = outcome_of(row["step"])
        told = (LISTED if row["step"] in WORKLIST else NOT_LISTED) if outcome == ASSESSED else outcome
        found.setdefault(told, []).append(patient)
    return dict(sorted(found.items()))


def draw(tables: Tables, size: int, seed: int) -> dict[str, list[str]]:
    """A random sample, equally many of each stratum as far as there are; the same seed draws the same patients."""
    left = strata(tables)
    drawn: dict[str, list[str]] = {}
    chosen = random.Random(seed)  # noqa: S311  a sample, not a secret
    for at, (stratum, patients) in enumerate(sorted(left.items(), key=lambda each: len(each[1]))):
        share = (size - sum(len(of) for of in drawn.values())) // (len(left) - at)
        drawn[stratum] = sorted(chosen.sample(patients, min(share, len(patients))))
    return drawn


def write_review(tables: Tables, review: Path, key: Path, size: int, seed: int) -> int:
    """The sheet for the reviewers, who do not see what the screening said, and its key.

    Returns:
        How many patients were drawn.

    Raises:
        RecordError: a file is there already, or cannot be written.
    """
    drawn, whole = draw(tables, size, seed), strata(tables)
    patients = sorted(each for of_stratum in drawn.values() for each in of_stratum)
    _write_new(review, REVIEW_HEAD, ((each, "", "") for each in patients))
    _write_new(key, KEY_HEAD, ((each, stratum, str(len(whole[stratum]))) for stratum, of in drawn.items() for each in of))
    return len(patients)


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What two reviewers found, and how the list compares with what they agree on."""

    both: int
    """Patients whom both judged with yes or no."""
    kappa: float | None
    """Cohen's kappa; None where chance alone would agree on everything."""
    kappa_low: float | None
    kappa_high: float | None
    sensitivity: float | None
    """Of the patients who should be discussed, those on the worklist; weighted by the strata."""
    specificity: float | None
    not_judged: int
    """Patients of the sheet who count for nothing: a reviewer left them open, or (for the list) they disagree."""


def agreement(review: Path, key: Path) -> Agreement:
    """Read the filled sheet.

    Raises:
        RecordError: a file is not what `calibrate --sample` wrote, or an answer is not yes, no or empty.
    """
    answers = {row["patient"]: (row["reviewer_a"], row["reviewer_b"]) for row in _read(review, REVIEW_HEAD)}
    strange = sorted({each for pair in answers.values() for each in pair if each and each not in ANSWERS})
    if strange:
        raise RecordError(
            f"{review}: an answer is neither yes nor no nor empty, in {len(strange)} spelling(s); write yes, no or nothing."
        )
    keys = {row["patient"]: (row["stratum"], int(row["of"])) for row in _read(key, KEY_HEAD)}
    pairs = [pair for pair in answers.values() if all(pair)]
    kappa, low, high = _kappa(Counter(pairs))
    agreed = {patient: pair[0] for patient, pair in answers.items() if pair[0] and pair[0] == pair[1] and patient in keys}
    sampled = Counter(keys[patient][0] for patient in agreed)
    weights = {patient: keys[patient][1] / sampled[keys[patient][0]] for patient in agreed}
    return Agreement(
        both=len(pairs), kappa=kappa, kappa_low=low, kappa_high=high,
        sensitivity=_share(agreed, weights, keys, "yes", listed=True),
        specificity=_share(agreed, weights, keys, "no", listed=False),
        not_judged=len(answers) - len(agreed),
    )  # fmt: skip


def _kappa(pairs: Counter[tuple[str, str]]) -> tuple[float | None, float | None, float | None]:
    """Cohen's kappa with an interval of 95 % by its large-sample standard error (Cohen 1960)."""
    total = sum(pairs.values())
    if not total:
        return None, None, None
    alike = sum(count for (first, second), count in pairs.items() if first == second) / total
    chance = (
        sum(
            sum(count for pair, count in pairs.items() if pair[0] == answer)
            * sum(count for pair, count in pairs.items() if pair[1] == answer)
            for answer in ANSWERS
        )
        / total**2
    )
    if chance == 1:
        return None, None, None
    kappa = (alike - chance) / (1 - chance)
    error = math.sqrt(alike * (1 - alike) / total) / (1 - chance)
    return kappa, max(-1.0, kappa - CONFIDENCE * error), min(1.0, kappa + CONFIDENCE * error)


def _share(agreed: dict[str, str], weights: dict[str, float], keys: dict[str, tuple[str, int]], answer: str, *, listed: bool
           ) -> float | None:  # fmt: skip
    """Of the patients with that answer, the weighted share of whom the list says the same."""
    asked = [patient for patient, found in agreed.items() if found == answer]
    whole = sum(weights[each] for each in asked)
    return sum(weights[each] for each in asked if (keys[each][0] == LISTED) is listed) / whole if whole else None


# -- in the terminal -----------------------------------------------------------------------------------------


def told(counts: Counts, agreed: Agreement | None) -> Iterator[str]:
    """The counts as a table, and the agreement."""
    yield "Patients in scope by their newest pain score (highest pain): at least / within days"
    yield "       " + "".join(f"{days:>9}" for days in LOOK_BACK)
    for least, row in counts.by_score.items():
        yield f"{least:>7}" + "".join(f"{row[days]:>9}" for days in LOOK_BACK)
    yield f"{counts.without_score} in scope have no score: no threshold flags them."
    yield f"By scheduled opioid, with a score of {SCORES[0]} or more of any age: at least, mg/d"
    yield from (f"{least:>7}{patients:>9}" for least, patients in counts.by_dose.items())
    if agreed is not None:
        yield from _agreed(agreed)


def _agreed(found: Agreement) -> Iterator[str]:
    yield f"Two reviewers judged {found.both} patients both; {found.not_judged} of the sheet were left open or disagreed on."
    between = f" (95 % {found.kappa_low:.2f} to {found.kappa_high:.2f})" if found.kappa_low is not None else ""
    yield f"Cohen's kappa: {_number(found.kappa)}{between}"
    told = f"sensitivity {_number(found.sensitivity)}, specificity {_number(found.specificity)}"
    yield f"The list against what both said, weighted by strata: {told}"


def _number(value: float | None) -> str:
    return "cannot be told" if value is None else f"{value:.2f}"


# -- files ---------------------------------------------------------------------------------------------------


def _write_new(path: Path, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Never over a sheet that may be filled in."""
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(head)
            writer.writerows(rows)
    except FileExistsError:
        raise RecordError(f"{path} is there already and could hold a review: give another name, or remove it.") from None
    except OSError as error:
        raise RecordError(f"{path}: {error.strerror}.") from None


def _read(path: Path, head: tuple[str, ...]) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != head:
                raise RecordError(
                    f"{path}: expected the columns {', '.join(head)}, as `fourthstep calibrate --sample` writes them."
                )
            yield from ({name: (value or "").strip().lower() if name.startswith("reviewer") else value
                         for name, value in row.items()} for row in reader)  # fmt: skip
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: {getattr(error, 'strerror', None) or 'not a UTF-8 text'}.") from None
