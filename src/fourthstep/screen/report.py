"""The report of a whole hospital as one HTML page: what is drawn, from the counts alone; the templates draw it.

It holds no patient, and its size does not depend on how many there are.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import sqrt

import msgspec

from fourthstep.assessment.words import OPEN, PathwayWord
from fourthstep.knowledge.load import Knowledge
from fourthstep.report.page import icon, rendered
from fourthstep.report.phrases import Phrases
from fourthstep.screen.equity import WHOLE, Line, lines
from fourthstep.screen.groups import NOT_RECORDED, SEVERAL
from fourthstep.screen.row import ASSESSED, FAILED, NOT_ASSESSABLE, OUTSIDE, WORKLIST, outcome_of
from fourthstep.screen.tally import DOSE_BANDS, DOSES, SCORE_BANDS, SCORES, Tally

FIRST = 15
"""Rows of a list that stand unfolded."""
RATES = ("not_assessable", "uncontrolled", "refer")


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a list of bars."""

    label: str
    count: int
    share: float
    """Of the longest bar, or of everybody: 0 to 1."""
    parts: tuple[int, ...] = ()
    of_all: str = ""
    of_scope: str = ""
    main: bool = False


class Cell(msgspec.Struct, frozen=True):
    """One field of the picture of pain against dose."""

    count: int
    radius: float
    """Of the largest circle: 0 to 1; its area is the number of patients."""


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """One column of the months."""

    label: str
    total: int
    parts: tuple[tuple[int, float, float], ...]
    """Per band: patients, where the part begins, and its height; of the highest column: 0 to 1."""


def report_html(tally: Tally, summary: "Told", knowledge: Knowledge) -> str:
    """The page.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    say = Phrases(knowledge)
    words = [word.value for word in OPEN]
    return rendered(
        "hospital.html.jinja",
        run=summary,
        say=say,
        icon=icon,
        tally=tally,
        outcomes=tally.outcomes,
        listed=sum(tally.steps.get(word.value, 0) for word in WORKLIST),
        funnel=list(funnel(tally, say)),
        doses=dose_names(say),
        scores=score_names(say),
        grid=grid(tally),
        words=words,
        options=bars({say.name("option", name): tuple(found.get(word, 0) for word in words)
                      for name, found in tally.options.items()}),
        blocks=bars(named(tally.blocks, criterion_name(knowledge, say))),
        lacking=bars(named(tally.lacking, say.fact)),
        months=list(months(tally, say)),
        equity=equity(tally),
        group=lambda line: group_name(line, say),
        rates=RATES,
        first=FIRST,
        quality={"lines": summary.seen, "used": tally.used,
                 "not_used": reasons_told(tally.not_used, say), "unrecognised": tally.unrecognised},
    )  # fmt: skip


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the report says of the run itself; never a file's name, which could be a patient's."""

    as_of: str
    engine: str
    knowledge: str
    policy: str
    why_incomplete: list[str]
    seen: dict[str, int]
    """Resource type -> lines."""


# -- from the export to the worklist -----------------------------------------------------------------------------


def funnel(tally: Tally, say: Phrases) -> Iterator[Bar]:
    """Who is left, and before it who leaves there; the steps of the attrition table, each once."""
    outcomes, everybody = tally.outcomes, tally.total.patients
    scope = everybody - outcomes[OUTSIDE]
    listed = [word.value for word in WORKLIST]

    def bar(label: str, count: int, *, main: bool = False, within: bool = True) -> Bar:
        return Bar(label=label, count=count, share=count / everybody if everybody else 0, of_all=percent(count, everybody),
                   of_scope=percent(count, scope) if within else "", main=main)  # fmt: skip

    def steps(outcome: str) -> Iterator[str]:
        return (step for step in tally.steps if outcome_of(step) == outcome)

    yield bar(say("hospital", "patients"), everybody, main=True, within=False)
    for step in steps(OUTSIDE):
        yield bar(step_name(step, say), tally.steps[step], within=False)
    yield bar(say("hospital", "in_scope"), scope, main=True)
    for step in steps(NOT_ASSESSABLE):
        yield bar(step_name(step, say), tally.steps[step])
    yield bar(say("hospital", "assessed"), outcomes[ASSESSED], main=True)
    for step in steps(ASSESSED):
        if step not in listed:
            yield bar(step_name(step, say), tally.steps[step])
    yield bar(say("hospital", "on_worklist"), sum(tally.steps[step] for step in listed), main=True)
    for step in listed:
        yield bar(step_name(step, say), tally.steps[step])


def step_name(step: str, say: Phrases) -> str:
    """A step of the attrition table in words."""
    word, _, reason = step.partition(": ")
    if step == FAILED:
        return f"{word}: {say('hospital', 'failed')}"
    return f"{word}: {say.because(reason)}" if reason and word == PathwayWord.NOT_IN_SCOPE else step


def percent(part: int, whole: int) -> str:
    """A share as percent; empty of nobody."""
    return f"{100 * part / whole:.1f} %" if whole else ""


# -- pictures ------------------------------------------------------------------------------------------------------


def dose_names(say: Phrases) -> list[str]:
    """The bands of the dose in words, in their order."""
    between = [say("hospital", "band_between", first=first, last=last) for first, last in pairwise(DOSES)]
    return [say("hospital", "band_none"), say("hospital", "band_first", last=DOSES[0]), *between,
            say("hospital", "band_last", first=DOSES[-1]), say("hospital", "band_unknown")]  # fmt: skip


def score_names(say: Phrases) -> list[str]:
    """The bands of the score in words, in their order."""
    between = (say("hospital", "score_between", first=first, last=last) if first != last else str(first)
               for first, last in SCORES)  # fmt: skip
    return [*between, say("hospital", "band_unknown")]


def grid(tally: Tally) -> list[list[Cell]]:
    """Patients by dose (rows) and score (columns)."""
    counts = [[tally.grid.get(dose, {}).get(score, 0) for score in SCORE_BANDS] for dose in DOSE_BANDS]
    most = max(max(row) for row in counts) or 1
    return [[Cell(count, round(sqrt(count / most), 4)) for count in row] for row in counts]


def months(tally: Tally, say: Phrases) -> Iterator[Month]:
    """The months from the first to the last that has a score; those between without one are shown empty."""
    bands = SCORE_BANDS[:-1]
    most = max((sum(found.values()) for found in tally.months.values()), default=1)
    for month in _between(sorted(tally.months)):
        below, parts = 0, []
        for count in (tally.months.get(month, {}).get(band, 0) for band in bands):
            parts.append((count, round(below / most, 4), round(count / most, 4)))
            below += count
        yield Month(label=say.day(month), total=below, parts=tuple(parts))


def _between(known: list[str]) -> Iterator[str]:
    if not known:
        return
    year, month = map(int, known[0].split("-"))
    while (name := f"{year:04d}-{month:02d}") <= known[-1]:
        yield name
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def bars(counts: dict[str, tuple[int, ...]]) -> list[Bar]:
    """The longest first; equal ones by name."""
    most = max(map(sum, counts.values()), default=1) or 1
    return [Bar(label=name, count=sum(parts), share=sum(parts) / most, parts=parts)
            for name, parts in sorted(counts.items(), key=lambda item: (-sum(item[1]), item[0]))]  # fmt: skip


def named(counts: dict[str, int], name: Callable[[str], str]) -> dict[str, tuple[int, ...]]:
    """By words; of keys that are called the same the larger count, because a patient may have both."""
    found: dict[str, int] = {}
    for key, count in counts.items():
        found[name(key)] = max(count, found.get(name(key), 0))
    return {words: (count,) for words, count in found.items()}


def reasons_told(counts: dict[str, int], say: Phrases) -> dict[str, int]:
    """Type and reason, the reason in words."""
    return {f"{kind}: {say.not_used(reason)}": count
            for (kind, _, reason), count in ((key.partition(": "), count) for key, count in counts.items())}  # fmt: skip


def criterion_name(knowledge: Knowledge, say: Phrases) -> Callable[[str], str]:
    """How criteria are called: as their files say; the hold of a drug stands in none."""
    says = {each.id: each.says for each in knowledge.safety}
    says |= {f"{therapy.id}: {each.id}": f"{each.says} ({therapy.name})"
             for therapy in knowledge.interventions.values() for each in therapy.criteria}  # fmt: skip

    def name(key: str) -> str:
        kind, _, drug = key.partition(":")
        return say("hospital", "hold", drug=drug) if kind == "hold" and drug else says.get(key, key)

    return name


# -- groups --------------------------------------------------------------------------------------------------------


def equity(tally: Tally) -> dict[str, list[Line]]:
    """The lines of `equity.csv` by dimension."""
    found: dict[str, list[Line]] = {}
    for line in lines(tally.total, tally.groups):
        found.setdefault(line.dimension, []).append(line)
    return found


def group_name(line: Line, say: Phrases) -> str:
    """A group in words."""
    if line.group == WHOLE:
        return say("hospital", "everybody")
    named = {NOT_RECORDED: "not_recorded", SEVERAL: "several", "every group": "every_group"}
    return say("hospital", named[line.group]) if line.group in named else line.group
