"""The courses of one opioid: when it was scheduled, how much, in which form, and when that changed."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from fourthstep.events.event import Dose, Drug, Event
from fourthstep.facts.opioids.convert import is_extended, route_of, settled
from fourthstep.facts.opioids.dose import steps_of
from fourthstep.facts.opioids.given import Orders
from fourthstep.facts.opioids.steps import Role, Step, Use
from fourthstep.facts.opioids.uses import opioid_events
from fourthstep.ground.dates import AsOf, When
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.opioids import FactorTable, OpioidKnowledge

Release = Literal["immediate", "extended", "transdermal"]


class Span(msgspec.Struct, frozen=True):
    """One dosage over the days that it was used; an end that is None is not recorded."""

    step: Step
    event: Event
    as_needed: bool
    rated: bool
    release: Release
    start: When | None
    end: When | None
    unclear: bool = False
    """Given, and the record does not tell whether scheduled or as needed: the amount counts, a schedule is not shown."""

    def covers(self, day: date) -> bool:
        """Certainly used on that day."""
        return self.start is not None and self.end is not None and self.start.last <= day <= self.end.first

    def may_cover(self, day: date) -> bool:
        """Possibly used on that day."""
        return (self.start is None or self.start.first <= day) and (self.end is None or day <= self.end.last)


def spans_of(
    events: Iterable[Event], as_of: AsOf, knowledge: OpioidKnowledge, table: FactorTable
) -> tuple[list[Span], list[Span]]:
    """Every dosage of every opioid up to `as_of`, stopped ones included, and beside them the single doses that were given.

    A dose that was given on an order whose amount can be read is only among the second.
    """
    found: list[Span] = []
    opioids = opioid_events(events, knowledge)
    orders = Orders(opioids)
    for event, name in opioids:
        assert event.drug is not None
        if event.drug.source == "dispense" or event.drug.given is False:
            continue
        given = event.drug.source == "administration"
        needed = orders.as_needed(event, name) if given else Truth.FALSE
        for dose in event.drug.doses or (None,):
            span = _span(event, name, dose, needed, as_of, knowledge, table)
            if span is not None and (span.start is None or span.start.first <= as_of.day):
                found.append(span)
    return _by_day(_once(found)), _by_day([span for span in found if span.step.role == "recorded" and not span.rated])


def _once(spans: list[Span]) -> list[Span]:
    """Without the doses that were given on an order whose amount can be read: they are the same use, seen twice.

    Doses as needed vary from day to day; they are no change of what is scheduled.
    """
    ordered = [span for span in spans if span.step.role != "recorded" and _readable(span)]
    return [span for span in spans
            if span.step.role != "recorded" or not any(_given_on(span, each) for each in ordered)]  # fmt: skip


def _readable(span: Span) -> bool:
    return span.step.scheduled is not None and span.step.amount is not None


def _given_on(given: Span, order: Span) -> bool:
    """Does an order of the same opioid, route and way cover the day of an administration?"""
    same = (given.step.opioid, given.step.route, given.rated) == (order.step.opioid, order.step.route, order.rated)
    return same and given.start is not None and order.covers(given.start.first)


def _span(  # noqa: PLR0913  one dosage with all that reads it
    event: Event,
    name: str,
    dose: Dose | None,
    needed: Truth,
    as_of: AsOf,
    knowledge: OpioidKnowledge,
    table: FactorTable,
) -> Span | None:
    drug = event.drug
    assert drug is not None
    route, why = route_of(dose, drug)
    given = drug.source == "administration"
    role: Role = "recorded" if given else "taken" if drug.source == "statement" else "prescribed"
    start = (dose.start if dose is not None else None) or event.start
    end = _end(event, dose, as_of)
    rated = dose is not None and dose.rate is not None
    times = Interval.point(24 if rated else 1) if given else None
    use = Use(event, name, dose, route, role, reasons=(why,) if why else (), times=times)
    step = steps_of([use], table, knowledge)[0]
    as_needed = needed is Truth.TRUE or (dose is not None and dose.as_needed and not given)
    return Span(step, event, as_needed, rated, _release(route, drug, knowledge), start, end, needed is Truth.UNKNOWN)


def _end(event: Event, dose: Dose | None, as_of: AsOf) -> When | None:
    """The stop: the dosage's own, the event's, or today where it is current; cut at `as_of`."""
    assert event.drug is not None
    today = When(as_of.day, as_of.day)
    end = (dose.end if dose is not None else None) or event.end
    if end is None and event.current is True:
        end = today
    if end is None and event.drug.source == "administration":
        end = event.start
    return today if end is not None and end.first > as_of.day else end


def _release(route: str, drug: Drug, knowledge: OpioidKnowledge) -> Release:
    if route == "transdermal":
        return "transdermal"
    return "extended" if route == "oral" and is_extended(drug, knowledge) else "immediate"


def _by_day(spans: list[Span]) -> list[Span]:
    """Doses given on one day by one route are one span whose amount is their sum."""
    given: dict[tuple[str, str, Release, bool, bool, date], list[Span]] = {}
    rest = []
    for span in spans:
        if span.step.role == "recorded" and not span.rated and span.start is not None and span.start.is_day:
            key = (span.step.opioid, span.step.route, span.release, span.as_needed, span.unclear, span.start.first)
            given.setdefault(key, []).append(span)
        else:
            rest.append(span)
    return rest + [_summed(each) for each in given.values()]


def _summed(spans: list[Span]) -> Span:
    first = spans[0]
    steps = [span.step for span in spans]
    if len(steps) == 1 or any(step.scheduled is None or step.amount is None for step in steps):
        unreadable = next((step for step in steps if step.scheduled is None or step.amount is None), steps[0])
        return msgspec.structs.replace(first, step=unreadable)
    step = msgspec.structs.replace(
        first.step,
        amount=_add(step.amount for step in steps),
        scheduled=_add(step.scheduled for step in steps),
        range=_add(step.range for step in steps),
    )
    return msgspec.structs.replace(first, step=step)


def _add(values: Iterable[Interval | None]) -> Interval:
    low = high = Decimal(0)
    for each in values:
        low += (each.low if each else None) or Decimal(0)
        high += (each.high if each else None) or Decimal(0)
    return Interval(settled(low), settled(high))


def split(spans: Sequence[Span], longest_gap: int) -> list[list[Span]]:
    """Courses of one opioid: a longer gap begins a new one; a span without dates joins the last."""
    dated = sorted((span for span in spans if span.start is not None), key=_first)
    undated = [span for span in spans if span.start is None]
    courses: list[list[Span]] = []
    reach: date | None = None
    for span in dated:
        if reach is None or (_first(span) - reach).days > longest_gap:
            courses.append([])
        courses[-1].append(span)
        last = span.end.last if span.end is not None else _first(span)
        reach = last if reach is None else max(reach, last)
    if undated:
        (courses or [[]])[-1].extend(undated)
        courses = courses or [list(undated)]
    return courses


def _first(span: Span) -> date:
    assert span.start is not None
    return span.start.first


class Point(msgspec.Struct, frozen=True):
    """What of one opioid was scheduled on one day: default and range in mg of oral morphine, and by route."""

    day: date
    readable: bool
    default: Interval
    range: Interval
    amounts: dict[str, Interval]
    """Route -> mg a day, or ug/h."""
    release: Release


def points(course: Sequence[Span]) -> list[Point]:
    """The days on which the scheduled amount of a course changed, with the amounts from then on."""
    scheduled = [span for span in course if not span.as_needed]
    days = sorted({span.start.last for span in scheduled if span.start is not None})
    days += [
        after for span in scheduled if span.end is not None and (after := span.end.first + timedelta(days=1)) not in days
    ]
    found = [point(scheduled, day) for day in sorted(days)]
    running = [each for each in found if each is not None]
    return [each for i, each in enumerate(running) if i == 0 or _changed(running[i - 1], each)]


def _changed(before: Point, after: Point) -> bool:
    return (before.amounts, before.readable) != (after.amounts, after.readable)


def point(scheduled: Sequence[Span], day: date) -> Point | None:
    """The sum on one day; None where nothing was certainly used."""
    now = [span for span in scheduled if span.covers(day)]
    if not now:
        return None
    unclear = [span for span in scheduled if span not in now and span.may_cover(day)]
    steps = [span.step for span in now]
    amounts: dict[str, Interval] = {}
    for step in steps:
        if step.amount is not None:
            amounts[step.route] = _add([amounts.get(step.route), step.amount])
    release = max((span.release for span in now), key=("immediate", "extended", "transdermal").index)
    return Point(
        day,
        readable=not unclear and all(step.scheduled is not None and step.amount is not None for step in steps),
        default=_add(step.scheduled for step in steps),
        range=_add(step.range for step in steps),
        amounts=amounts,
        release=release,
    )
