"""Was a strong opioid tried adequately?  Six elements, each true, false or unknown.

No guideline fixes days and dose of an adequate trial: all limits are policy and stand in `limits.yaml`.

Source: project dossier, pharmacology 3.2 to 3.4 and 1.5.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from fourthstep.events.event import Event
from fourthstep.facts.opioids.convert import settled
from fourthstep.facts.opioids.courses import Point, Span, point, points, spans_of, split
from fourthstep.facts.opioids.uses import opioid_events
from fourthstep.ground.dates import AsOf, When
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth, all_of, any_of, truth
from fourthstep.knowledge.opioids import Definition, OpioidKnowledge

Failure = Literal["no-relief", "toxicity", "both", "stopped-other", ""]
_NO_SYSTEMIC = ("neuraxial", "topical", "other")


class DayScore(msgspec.Struct, frozen=True):
    """The pain of one day on 0 to 10; an interval where it is known only between two ends."""

    day: date
    score: Interval


class Toxicity(msgspec.Struct, frozen=True):
    """A toxicity that was recorded on an opioid, and whether it limits titration (pharmacology 2.6)."""

    start: When
    limiting: Truth
    opioid: str = ""
    """Empty: not tied to one opioid."""


class OpioidTrial(msgspec.Struct, frozen=True):
    """One strong opioid and the six elements of its trial."""

    opioid: str
    strong: Truth
    taken: Truth
    long_enough: Truth
    enough: Truth
    titrated: Truth
    rescue: Truth
    outcome: Truth
    adequate: Truth
    failure: Failure
    reasons: tuple[str, ...]
    """What is missing or fails, as ids of the text catalogue (`opioid_reason`)."""
    routes: tuple[str, ...]
    refs: tuple[str, ...]
    start: When | None
    end: When | None
    definition: str


class _Asked(msgspec.Struct, frozen=True):
    """What a trial is judged with."""

    as_of: AsOf
    knowledge: OpioidKnowledge
    definition: Definition
    cap: Decimal | None
    """Longest window, in hours that must have passed, that the prognosis allows."""
    scores: tuple[DayScore, ...]
    toxicities: tuple[Toxicity, ...]
    limited: Truth
    silent: Truth
    all_spans: tuple[Span, ...]
    given: tuple[Span, ...]
    """Single doses that were given, by day."""
    taken: frozenset[str]


def opioid_trials(  # noqa: PLR0913  what the answer depends on, each by its name
    events: Sequence[Event],
    scores: Sequence[DayScore],
    toxicities: Sequence[Toxicity],
    as_of: AsOf,
    knowledge: OpioidKnowledge,
    table: str = "cdc_2022",
    *,
    definition: str = "default",
    prognosis: str = "",
    limited: Truth = Truth.FALSE,
    vouched: Truth = Truth.UNKNOWN,
) -> tuple[OpioidTrial, ...]:
    """The trials of every strong opioid of the record, current and past.

    Args:
        events: all events of the patient.
        scores: the pain of each day on which it was scored.
        toxicities: toxicities with whether they limit titration.
        as_of: the moment that is asked about.
        knowledge: limits and tables.
        table: name of the factor table.
        definition: `default`, `strict` or `early`.
        prognosis: `days` or `weeks` shorten the windows; anything else does not.
        limited: whether a limit to the dose (frailty, kidney, breathing) is documented.
        vouched: whether silence about drugs means none.

    Raises:
        KeyError: there is no such table or definition (a mistake in the call).
    """
    window = knowledge.limits.prognosis_windows.get(prognosis)
    spans, given = map(tuple, spans_of(events, as_of, knowledge, knowledge.tables[table]))
    asked = _Asked(
        as_of, knowledge, knowledge.limits.definitions[definition], window.value if window else None,
        tuple(sorted(scores, key=lambda each: each.day)), tuple(toxicities), limited, vouched, spans, given,
        _taken(events, knowledge),
    )  # fmt: skip
    names = sorted({span.step.opioid for span in spans if knowledge.ingredients[span.step.opioid].strength == "strong"})
    trials = [_best(name, spans, asked, definition) for name in names]
    return tuple(trial for trial in trials if trial is not None)


def adequate_trials(trials: Sequence[OpioidTrial]) -> Interval:
    """How many strong opioids were tried adequately: those that are certain, to those that may be."""
    sure = sum(trial.adequate is Truth.TRUE for trial in trials)
    maybe = sum(trial.adequate is Truth.UNKNOWN for trial in trials)
    return Interval(Decimal(sure), Decimal(sure + maybe))


def rotation(trials: Sequence[OpioidTrial], required: int) -> Truth:
    """Whether so many rotations were tried adequately.

    One rotation is a second strong opioid with an adequate trial, or the change of one from mouth to needle
    together with a second drug.  Another form of the same drug by the same route is none.
    """
    by_drug = adequate_trials(trials).at_least(Decimal(required + 1))
    if required != 1:
        return by_drug
    changed = any_of(all_of([trial.adequate, truth({"oral", "parenteral"} <= set(trial.routes))]) for trial in trials)
    second = any_of(trial.taken for trial in trials[1:]) if len(trials) > 1 else Truth.FALSE
    return any_of([by_drug, all_of([changed, second])])


# -- one opioid ------------------------------------------------------------------------------------------


def _best(name: str, spans: Sequence[Span], asked: _Asked, definition: str) -> OpioidTrial | None:
    """The course of an opioid that comes nearest to an adequate trial; the latest of equals."""
    own = _own(name, spans, asked)
    gap = int(asked.knowledge.limits.coverage_outpatient.value)
    trials = [_trial(name, course, asked, definition) for course in split(own, gap)]
    strong = [trial for trial in trials if trial.strong is not Truth.FALSE]
    rank = {Truth.FALSE: 0, Truth.UNKNOWN: 1, Truth.TRUE: 2}
    return max(strong, key=lambda each: (rank[each.adequate], each.end.last if each.end else date.min), default=None)


def _own(name: str, spans: Sequence[Span], asked: _Asked) -> list[Span]:
    """The uses of an opioid by a route that counts for its trial."""
    wanted = asked.knowledge.ingredients[name].trial_routes
    return [
        span
        for span in spans
        if span.step.opioid == name
        and (span.step.route in wanted or not span.step.route if wanted else span.step.route not in _NO_SYSTEMIC)
    ]


def _trial(name: str, course: list[Span], asked: _Asked, definition: str) -> OpioidTrial:
    changes = points(course)
    start, end = _bounds(course)
    toxic = _toxic(name, start, end, asked)
    taken = _was_taken(name, asked)
    long_enough = _long_enough(name, course, asked)
    enough = any_of([_enough(name, changes, course, asked), toxic, asked.limited])
    titrated = any_of([_titrated(name, changes, asked), toxic])
    rescue = _rescue(course, start, end, asked)
    relief_failed = _no_relief(changes, name, start, end, asked)
    outcome = any_of([relief_failed, toxic])
    strong = _strong(name, course, changes, asked)
    elements = {
        "not-strong": strong, "not-taken": taken, "too-short": long_enough, "dose-too-low": enough,
        "not-titrated": titrated, "no-rescue": rescue, "outcome-missing": outcome,
    }  # fmt: skip
    return OpioidTrial(
        opioid=name,
        strong=strong,
        taken=taken,
        long_enough=long_enough,
        enough=enough,
        titrated=titrated,
        rescue=rescue,
        outcome=outcome,
        adequate=all_of(elements.values()),
        failure=_failure(relief_failed, toxic, outcome, end, asked),
        reasons=tuple(_reason(key, value) for key, value in elements.items() if value is not Truth.TRUE),
        routes=tuple(sorted({span.step.route for span in course if span.step.route})),
        refs=tuple(sorted({span.event.ref for span in course})),
        start=start,
        end=end,
        definition=definition,
    )


def _reason(key: str, value: Truth) -> str:
    return key if value is Truth.FALSE else f"{key}-unclear"


def _bounds(course: Sequence[Span]) -> tuple[When | None, When | None]:
    """First start and last stop of a course; None where one of them is not recorded."""
    starts = [span.start for span in course if span.start is not None]
    ends = [span.end for span in course]
    start = min(starts, key=lambda each: each.first, default=None)
    known = [each for each in ends if each is not None]
    end = max(known, key=lambda each: each.last, default=None) if len(known) == len(ends) else None
    return start, end


def _failure(relief_failed: Truth, toxic: Truth, outcome: Truth, end: When | None, asked: _Asked) -> Failure:
    """Why the opioid failed; stopped for another reason does not count as failed."""
    if toxic is Truth.TRUE:
        return "both" if relief_failed is Truth.TRUE else "toxicity"
    if relief_failed is Truth.TRUE:
        return "no-relief"
    stopped = end is not None and end.last < asked.as_of.day
    return "stopped-other" if outcome is Truth.FALSE and stopped else ""


# -- the elements ----------------------------------------------------------------------------------------


def _taken(events: Sequence[Event], knowledge: OpioidKnowledge) -> frozenset[str]:
    """Opioids with a dispense, an administration or a statement; an order alone shows only the intention."""
    found = set()
    for event, name in opioid_events(events, knowledge):
        drug = event.drug
        assert drug is not None
        given = drug.source == "administration" and drug.given is True
        if given or drug.source == "dispense" or (drug.source == "statement" and event.status != "not-taken"):
            found.add(name)
    return frozenset(found)


def _was_taken(name: str, asked: _Asked) -> Truth:
    return Truth.TRUE if name in asked.taken else Truth.UNKNOWN


def _required(name: str, span: Span, asked: _Asked) -> int:
    """Days that a form needs before it can be judged, the first and the last included."""
    windows = asked.knowledge.limits.trial_windows
    if name == "methadone":
        days = windows.methadone.value
    elif span.release == "transdermal":
        days = (windows.buprenorphine_transdermal if name == "buprenorphine" else windows.transdermal).value
    else:
        days = (windows.extended if span.release == "extended" else windows.immediate).value
    hours = asked.definition.hours
    whole = max(days, asked.definition.shortest or days) if hours is None else _passed(hours)
    return int(whole if asked.cap is None else min(whole, _passed(asked.cap)))


def _passed(hours: Decimal) -> int:
    """Days, the first and the last included, after which so many hours have passed for certain."""
    return math.ceil(hours / 24) + 1


def _long_enough(name: str, course: Sequence[Span], asked: _Asked) -> Truth:
    """A scheduled exposure without a gap, as long as its form needs."""
    scheduled = [span for span in course if not span.as_needed]
    results = []
    for required in sorted({_required(name, span, asked) for span in scheduled}):
        own = [span for span in scheduled if _required(name, span, asked) <= required or span.rated]
        sure = [(s.start.last, s.end.first) for s in own if s.start is not None and s.end is not None and not s.unclear]
        if _longest(sure) >= required:
            results.append(Truth.TRUE)
        elif any(span.start is None or span.end is None for span in own):
            results.append(Truth.UNKNOWN)
        else:
            most = _longest([(s.start.first, s.end.last) for s in own if s.start is not None and s.end is not None])
            results.append(Truth.UNKNOWN if most >= required else Truth.FALSE)
    return any_of(results)


def _longest(runs: list[tuple[date, date]]) -> int:
    """Days of the longest run; a run that begins the day after another goes on."""
    longest, begin, reach = 0, None, None
    for first, last in sorted(run for run in runs if run[0] <= run[1]):
        if begin is None or reach is None or first > reach + timedelta(days=1):
            begin, reach = first, last
        else:
            reach = max(reach, last)
        longest = max(longest, (reach - begin).days + 1)
    return longest


def _enough(name: str, changes: Sequence[Point], course: Sequence[Span], asked: _Asked) -> Truth:
    """The dose was reached; methadone is judged on days and titration, never on its equivalent."""
    if not asked.knowledge.ingredients[name].by_dose:
        return _titrated(name, changes, asked)
    reached = any_of([*(_reaches(name, each, asked) for each in changes), *_reached_by_given(name, course, asked)])
    undated = any(span.start is None or span.end is None for span in course if not span.as_needed)
    unread = any(span.step.scheduled is None for span in course if not span.as_needed)
    if reached is Truth.FALSE and (undated or unread):
        return Truth.UNKNOWN
    return reached


def _reached_by_given(name: str, course: Sequence[Span], asked: _Asked) -> Iterator[Truth]:
    """Day by day: did the schedule with the doses as needed that were given reach it, or all that was given?

    A dose of which the record does not tell whether it was scheduled or as needed may add to the schedule: where only
    that reaches the limit, it is unknown.  Source: pharmacology 1.8.
    """
    start, end = _bounds(course)
    if start is None or end is None:
        return
    scheduled = [span for span in course if not span.as_needed]
    own = [span for span in _own(name, asked.given, asked) if span.start is not None and span.start.is_day]
    for day in sorted({span.start.first for span in own if span.start is not None}):
        if not start.last <= day <= end.first:
            continue
        given = [span for span in own if span.covers(day)]
        needed = [span for span in given if span.as_needed]
        unclear = [span for span in given if span.unclear and span not in scheduled]
        sure = any_of(_day_reaches(name, spans, day, asked) for spans in ([*scheduled, *needed], given))
        perhaps = _day_reaches(name, [*scheduled, *needed, *unclear], day, asked)
        yield Truth.TRUE if sure is Truth.TRUE else Truth.FALSE if perhaps is Truth.FALSE else Truth.UNKNOWN


def _day_reaches(name: str, spans: Sequence[Span], day: date, asked: _Asked) -> Truth:
    found = point(spans, day)
    return Truth.FALSE if found is None else _reaches(name, found, asked)


def _reaches(name: str, at: Point, asked: _Asked) -> Truth:
    """The default equivalent reaches the limit, and so does the low one or the opioid's own amount."""
    limits, limit = asked.knowledge.limits, asked.definition.dose
    low, most = at.default.low or Decimal(0), at.range.high or Decimal(0)
    tolerant = limit == limits.tolerance_dose.value and any(
        (amount := at.amounts.get(row.route)) is not None and (amount.low or Decimal(0)) >= row.at_least
        for row in limits.tolerated
        if row.ingredient == name
    )
    if low >= limit and (tolerant or (at.range.low or Decimal(0)) >= limit):
        return Truth.TRUE
    return Truth.FALSE if at.readable and most < limit and not tolerant else Truth.UNKNOWN


def _titrated(name: str, changes: Sequence[Point], asked: _Asked) -> Truth:
    """Raised by a quarter or more after the start, or started at the dose."""
    if not changes:
        return Truth.UNKNOWN
    first = changes[0]
    by_dose = asked.knowledge.ingredients[name].by_dose
    at_start = _reaches(name, first, asked) if by_dose else Truth.FALSE
    if len(changes) == 1:
        return Truth.TRUE if at_start is Truth.TRUE else Truth.UNKNOWN
    raised = any_of(_raised(first, later, asked) for later in changes[1:])
    return any_of([at_start, raised])


def _raised(first: Point, later: Point, asked: _Asked) -> Truth:
    """By its own amount where the route stayed, else by equivalent."""
    step = 1 + asked.knowledge.limits.titration.value / 100
    if set(first.amounts) == set(later.amounts) and len(first.amounts) == 1:
        before, after = next(iter(first.amounts.values())), next(iter(later.amounts.values()))
        known = True
    else:
        before, after = first.default, later.default
        known = first.readable and later.readable
    if not known or not before.high:
        return Truth.UNKNOWN
    if settled(after.low or Decimal(0)) >= settled(before.high * step):
        return Truth.TRUE
    below = settled(after.high or Decimal(0)) < settled((before.low or Decimal(0)) * step)
    return Truth.FALSE if below else Truth.UNKNOWN


def _rescue(course: Sequence[Span], start: When | None, end: When | None, asked: _Asked) -> Truth:
    """An opioid as needed beside it, or an infusion or pump."""
    if any(span.rated for span in course):
        return Truth.TRUE
    needed = [_overlaps(span, start, end) for span in asked.all_spans if span.as_needed]
    result = any_of(needed)
    return Truth.UNKNOWN if result is Truth.FALSE and asked.silent is not Truth.TRUE else result


def _overlaps(span: Span, start: When | None, end: When | None) -> Truth:
    if None in (span.start, span.end, start, end):
        return Truth.UNKNOWN
    assert span.start is not None
    assert span.end is not None
    assert start is not None
    assert end is not None
    if span.start.last <= end.first and start.last <= span.end.first:
        return Truth.TRUE
    possible = span.start.first <= end.last and start.first <= span.end.last
    return Truth.UNKNOWN if possible else Truth.FALSE


def _toxic(name: str, start: When | None, end: When | None, asked: _Asked) -> Truth:
    """A limiting toxicity while on it."""
    found = []
    for each in asked.toxicities:
        if each.opioid not in ("", name) or each.limiting is Truth.FALSE:
            continue
        before = start is not None and each.start.last < start.first
        after = end is not None and each.start.first > end.last
        if before or after:
            continue
        sure = start is not None and end is not None and start.last <= each.start.first <= each.start.last <= end.first
        found.append(each.limiting if sure else Truth.UNKNOWN)
    return any_of(found)


def _no_relief(changes: Sequence[Point], name: str, start: When | None, end: When | None, asked: _Asked) -> Truth:
    """Pain after the last change is still there, and hardly less than before."""
    if not changes or start is None:
        return Truth.UNKNOWN
    last = changes[-1]
    lag = math.ceil(_lag(name, last, asked) / 24)
    after = [
        each
        for each in asked.scores
        if each.day >= last.day + timedelta(days=lag) and end is not None and each.day <= end.first
    ]
    if not after:
        return Truth.UNKNOWN
    before = [each for each in asked.scores if each.day <= start.first] or [
        each for each in asked.scores if each.day <= last.day
    ]
    limits = asked.knowledge.limits
    still = after[-1].score.at_least(limits.outcome_pain.value)
    return all_of([still, _hardly_better(before[-1].score, after[-1].score, asked) if before else Truth.UNKNOWN])


def _hardly_better(before: Interval, after: Interval, asked: _Asked) -> Truth:
    share = 1 - asked.knowledge.limits.outcome_improvement.value / 100
    if before.low is None or before.high is None:
        return Truth.UNKNOWN
    if after.above(before.high * share) is Truth.TRUE:
        return Truth.TRUE
    return Truth.FALSE if after.at_most(before.low * share) is Truth.TRUE else Truth.UNKNOWN


def _lag(name: str, last: Point, asked: _Asked) -> Decimal:
    """Hours after the last change before a score counts."""
    lags = asked.knowledge.limits.outcome_lags
    if name == "methadone":
        return lags.methadone.value
    return (lags.transdermal if last.release == "transdermal" else lags.immediate).value


def _strong(name: str, course: Sequence[Span], changes: Sequence[Point], asked: _Asked) -> Truth:
    """Some opioids are strong only from a dose on, or weak as a small combination product."""
    opioid = asked.knowledge.ingredients[name]
    unread = any(span.step.amount is None or span.start is None or span.end is None for span in course)
    doubt = Truth.UNKNOWN if unread or any(span.as_needed for span in course) else Truth.FALSE
    answers = [Truth.TRUE]
    if opioid.strong_from is not None:
        amounts = [amount.low or Decimal(0) for point in changes for amount in point.amounts.values()]
        answers.append(Truth.TRUE if amounts and max(amounts) >= opioid.strong_from else doubt)
    combined = all(span.event.drug is not None and span.event.drug.others for span in course)
    if opioid.weak_in_combination_below is not None and combined:
        reached = [point.default.low or Decimal(0) for point in changes]
        answers.append(Truth.TRUE if reached and max(reached) >= opioid.weak_in_combination_below else doubt)
    return all_of(answers)
