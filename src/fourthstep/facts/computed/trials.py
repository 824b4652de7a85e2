"""Drugs other than opioids: were they tried adequately?

Orders and statements are laid side by side, day by day: a dose that was raised in steps, or taken as two products,
counts as what was taken in all.  Source: `knowledge/adjuvants.yaml` (pharmacology 4.3 and 5.1).
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from fourthstep.events.event import Dose, Event
from fourthstep.facts.derive import Facts
from fourthstep.facts.fact import Fact, presence, unknown
from fourthstep.facts.opioids.convert import daily, route_of
from fourthstep.facts.opioids.steps import Role, Use
from fourthstep.facts.pains import Pain
from fourthstep.ground.dates import When
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth, any_of
from fourthstep.knowledge.models import AdequateTrial

_ROLES: dict[str, Role] = {"order": "prescribed", "statement": "taken", "dispense": "dispensed"}
_DAY = timedelta(days=1)
_LONG_AGO = date(1900, 1, 1)
_NO_LIMIT = Decimal("Infinity")
_Days = tuple[date, date]
"""First and last day."""
SHORT = ("days", "weeks")
"""Prognosis with which a shorter trial counts (policy; pharmacology dossier 3.2)."""


def adjuvant_adequate(facts: Facts, _pain: Pain | None) -> Fact:
    """A first-line neuropathic adjuvant at adequate dose and time."""
    rows = [row for row in facts.knowledge.adjuvants if row.leg == "adjuvant" and row.first_line]
    return _adequate("adjuvant_adequate", rows, facts)


def nonopioid_adequate(facts: Facts, _pain: Pain | None) -> Fact:
    """Acetaminophen or an NSAID at adequate dose and time."""
    return _adequate("nonopioid_adequate", [row for row in facts.knowledge.adjuvants
                                            if row.leg == "acetaminophen-nsaid"], facts)  # fmt: skip


def bone_agent_adequate(facts: Facts, _pain: Pain | None) -> Fact:
    """A bone-modifying agent given often and long enough."""
    return _adequate("bone_agent_adequate", [row for row in facts.knowledge.adjuvants
                                             if row.leg == "bone-modifying"], facts)  # fmt: skip


def adjuvant_not_usable(facts: Facts, _pain: Pain | None) -> Fact:
    """Every first-line class has an allergy or intolerance on record."""
    name = "adjuvant_not_usable"
    classes = ("adjuvant:gabapentinoid", "adjuvant:snri", "adjuvant:tca")
    found = [any(event.kind == "allergy" and event.current is not False for event in facts.timeline.of([each]))
             for each in classes]  # fmt: skip
    if all(found):
        return presence(name, Truth.TRUE)
    if not facts.timeline.vouched("allergy"):
        return unknown(name, "not-vouched")
    if facts.timeline.could_be("allergy", "allergy"):
        return unknown(name, "unrecognised-could-be")
    return presence(name, Truth.FALSE, detail="as-recorded")


def _adequate(name: str, rows: list[AdequateTrial], facts: Facts) -> Fact:
    found = any_of(_row_adequate(row, facts) for row in rows)
    refs = tuple(sorted({event.ref for row in rows for event in _events(row, facts)}))
    return presence(name, found, refs=refs, why="dose-or-time-not-known" if found is Truth.UNKNOWN else "")


def _events(row: AdequateTrial, facts: Facts) -> list[Event]:
    return [event for event in facts.timeline.of([row.concept])
            if event.kind == "drug" and event.drug and event.drug.ingredient == row.ingredient]  # fmt: skip


def _row_adequate(row: AdequateTrial, facts: Facts) -> Truth:
    events = _events(row, facts)
    silent = facts.timeline.vouched("drug") and not facts.timeline.could_be("drug", row.concept.partition(":")[0])
    if row.doses_at_least is not None:
        found = _doses_given(row, row.doses_at_least, events, facts)
    else:
        found = any_of([*(_courses(row, source, events, facts) for source in _ROLES), _given_by_day(row, events, facts)])
        if found is Truth.FALSE and _together(row, events, facts):
            found = Truth.UNKNOWN
    return found if found is not Truth.FALSE or silent else Truth.UNKNOWN


# -- the limits for this patient -------------------------------------------------------------------------------


def _limit(row: AdequateTrial, facts: Facts) -> Interval:
    """The dose that counts, between two ends where the kidney or frailty is not known."""
    full = row.dose_at_least or Decimal(0)
    possible = {full}
    if row.dose_if_frail is not None:
        frail = facts.of("frailty").truth
        if frail is not Truth.FALSE:
            possible = {row.dose_if_frail} if frail is Truth.TRUE else {full, row.dose_if_frail}
    if row.renal:
        possible = _renal(row, full, facts)
    return Interval(min(possible), max(possible))


def _renal(row: AdequateTrial, full: Decimal, facts: Facts) -> set[Decimal]:
    clearance = facts.of("creatinine_clearance").number
    if clearance is None:
        return {full, *(each.dose_at_least for each in row.renal)}
    possible = {
        each.dose_at_least
        for each in row.renal
        if Truth.FALSE not in (clearance.at_least(each.at_least), clearance.below(each.below))
    }
    normal = clearance.at_least(max(each.below for each in row.renal)) is not Truth.FALSE
    return possible | {full} if normal or not possible else possible


def _days(row: AdequateTrial, facts: Facts) -> int:
    if row.days_if_short is not None and any(word in SHORT for word in facts.of("prognosis").words):
        return row.days_if_short
    if row.days_if_bone_or_inflammatory is not None and facts.of("bone_metastasis").truth is Truth.TRUE:
        return row.days_if_bone_or_inflammatory
    return row.days_at_least


# -- what was ordered or stated --------------------------------------------------------------------------------


class _Part(msgspec.Struct, frozen=True):
    """One dosage over the days on which it was certainly taken, and those on which it may have been."""

    product: tuple[object, ...]
    amount: Interval | None
    """Milligrams a day; None where they cannot be read."""
    sure: _Days | None
    perhaps: _Days
    ended: bool
    """Is its end recorded, or is it taken now?"""


def _courses(row: AdequateTrial, source: str, events: list[Event], facts: Facts) -> Truth:
    """By the entries of one kind (an order and a statement may be the same use): is the dose enough for long enough?"""
    own = [event for event in events if event.drug and event.drug.source == source]
    parts = [part for event in own for part in _parts(event, events, facts)]
    if not parts:
        return Truth.FALSE
    limit, days = _limit(row, facts), _change_days(parts)
    wanted = (_days(row, facts), row.days_at_dose)
    if _tried([(day, _least(parts, day)) for day in days], limit.high or Decimal(0), wanted):
        return Truth.TRUE
    perhaps = _tried([(day, _most(parts, day)) for day in days], limit.low or Decimal(0), wanted)
    return Truth.UNKNOWN if perhaps else Truth.FALSE


def _together(row: AdequateTrial, events: list[Event], facts: Facts) -> bool:
    """Would what several kinds of entries tell, one after the other, be enough?  Those of one day are one use."""
    kinds = [
        [part for event in events if event.drug and event.drug.source == source for part in _parts(event, events, facts)]
        for source in _ROLES
    ]
    days = _change_days([part for parts in kinds for part in parts])
    amounts = [
        (day, max((most for parts in kinds if (most := _most(parts, day)) is not None), default=None)) for day in days
    ]
    return _tried(amounts, _limit(row, facts).low or Decimal(0), (_days(row, facts), row.days_at_dose))


def _parts(event: Event, all_events: list[Event], facts: Facts) -> list[_Part]:
    assert event.drug is not None
    drug = event.drug
    taken = _was_taken(event, all_events)
    parts = []
    for dose in drug.doses or (None,):
        start = (dose.start if dose else None) or event.start
        end = (dose.end if dose else None) or event.end
        sure, perhaps = _when(start, end, event, facts.timeline.as_of.day)
        route = route_of(dose, drug)[0] if dose else drug.route
        product = (drug.strength, drug.strength_unit, drug.form, route)
        ended = end is not None or event.current is True
        parts.append(_Part(product, _daily(event, dose, facts), sure if taken is Truth.TRUE else None, perhaps, ended))
    return parts


def _when(start: When | None, end: When | None, event: Event, today: date) -> tuple[_Days | None, _Days]:
    """The days on which it was used for certain, and perhaps; an end that nobody recorded may be today."""
    running = event.current is True and (end is None or end.last >= today)
    last = today if running else end.first if end else None
    latest = min(today, end.last) if end else today
    perhaps = (start.first if start else _LONG_AGO, latest)
    sure = (start.last, min(last, today)) if start and last and start.last <= last else None
    return sure, perhaps


_SHOWS = ("dispense", "statement", "administration")


def _was_taken(event: Event, all_events: list[Event]) -> Truth:
    """A statement, a dispense or an administration in its time shows it; an order alone shows only the intention."""
    if event.drug and event.drug.source == "statement":
        return Truth.TRUE
    shown = [other for other in all_events if other.drug and other.drug.source in _SHOWS
             and other.start and event.start and other.start.last >= event.start.first
             and (event.end is None or other.start.first <= event.end.last)]  # fmt: skip
    return Truth.TRUE if shown else Truth.UNKNOWN


def _daily(event: Event, dose: Dose | None, facts: Facts) -> Interval | None:
    """Scheduled milligrams a day of one dosage."""
    assert event.drug is not None
    if dose is None:
        return None
    route, _ = route_of(dose, event.drug)
    return daily(
        Use(event, event.drug.ingredient, dose, route, _ROLES[event.drug.source]), facts.knowledge.opioids
    ).scheduled


def _change_days(parts: Sequence[_Part]) -> list[date]:
    """Every day on which something begins, or is used no more."""
    spans = [span for part in parts for span in (part.sure, part.perhaps) if span is not None]
    return sorted({day for first, last in spans for day in (first, last + _DAY)})


def _least(parts: Sequence[_Part], day: date) -> Decimal | None:
    """The least that was certainly taken on a day; two entries of one product may be one use.  None: perhaps nothing."""
    now = [part for part in parts if part.sure is not None and part.sure[0] <= day <= part.sure[1]]
    by_product: dict[tuple[object, ...], Decimal] = {}
    for part in now:
        low = (part.amount.low if part.amount else None) or Decimal(0)
        by_product[part.product] = max(low, by_product.get(part.product, Decimal(0)))
    return _sum(by_product.values()) if now else None


def _most(parts: Sequence[_Part], day: date) -> Decimal | None:
    """The most that may have been taken on a day; without a limit where an amount cannot be read.  None: nothing.

    An entry whose end nobody recorded was renewed by another of the same product: they are one use.
    """
    now = [part for part in parts if part.perhaps[0] <= day <= part.perhaps[1]]
    by_product: dict[tuple[object, ...], Decimal] = {}
    for part in sorted(now, key=lambda each: not each.ended):
        high = part.amount.high if part.amount is not None and part.amount.high is not None else _NO_LIMIT
        known = by_product.get(part.product, Decimal(0))
        by_product[part.product] = known + high if part.ended else max(known, high)
    return _sum(by_product.values()) if now else None


def _tried(amounts: Sequence[tuple[date, Decimal | None]], limit: Decimal, wanted: tuple[int, int | None]) -> bool:
    """Is there a course of so many days without a gap, with so many days in a row at the dose?  Without the second, all."""
    whole, at_dose = wanted
    courses = _runs([(day, amount is not None) for day, amount in amounts])
    enough = [run for run in _runs([(day, amount is not None and amount >= limit) for day, amount in amounts])
              if _length(run) >= (whole if at_dose is None else at_dose)]  # fmt: skip
    return any(_length(course) >= whole and any(course[0] <= first and last <= course[1] for first, last in enough)
               for course in courses)  # fmt: skip


def _runs(states: Sequence[tuple[date, bool]]) -> list[_Days]:
    """First and last day of each run of days on which it is so; each state holds until the next."""
    found: list[_Days] = []
    begin: date | None = None
    for day, so in states:
        if so and begin is None:
            begin = day
        if not so and begin is not None:
            found.append((begin, day - _DAY))
            begin = None
    return found


def _length(run: _Days) -> int:
    """Whole days from the first to the last."""
    return (run[1] - run[0]).days


# -- what was given --------------------------------------------------------------------------------------------


def _given_by_day(row: AdequateTrial, events: list[Event], facts: Facts) -> Truth:
    """Administrations: on how many days, and on how many of them did the sum of the day reach the dose?"""
    given = [event for event in events if event.drug and event.drug.source == "administration"]
    limit, whole = _limit(row, facts), _days(row, facts)
    by_day: dict[date, Decimal] = {}
    unread = False
    for event in given:
        amounts = [_milligrams(dose, facts) for dose in event.drug.doses] if event.drug else []
        readable = amounts and all(amount is not None and amount.low is not None for amount in amounts)
        if event.start is None or not event.start.is_day or not readable:
            unread = True
            continue
        by_day[event.start.first] = by_day.get(event.start.first, Decimal(0)) + _sum(a.low for a in amounts if a)
    wanted = whole if row.days_at_dose is None else row.days_at_dose
    perhaps = sum(total >= (limit.low or Decimal(0)) for total in by_day.values())
    if any(len(run) >= whole and sum(by_day[day] >= (limit.high or Decimal(0)) for day in run) >= wanted
           for run in _in_a_row(sorted(by_day))):  # fmt: skip
        return Truth.TRUE
    return Truth.UNKNOWN if unread or (perhaps >= wanted and len(by_day) >= whole) else Truth.FALSE


def _in_a_row(days: Sequence[date]) -> list[list[date]]:
    """Runs of days that follow each other; a day on which nothing is noted ends one."""
    found: list[list[date]] = []
    for day in days:
        if found and day - found[-1][-1] == _DAY:
            found[-1].append(day)
        else:
            found.append([day])
    return found


def _milligrams(dose: Dose, facts: Facts) -> Interval | None:
    """The amount of one dose; None where it is not a mass."""
    return facts.codes.convert(dose.amount, dose.unit, "mg") if dose.amount is not None else None


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), Decimal(0))


def _doses_given(row: AdequateTrial, wanted: int, events: list[Event], facts: Facts) -> Truth:
    """Single doses that count: enough of them, each large enough, the first long enough ago.

    Unknown when: only an order or a statement says so (how often it was given is not known), or an amount or the
    limit is not known.
    """
    limit = _limit(row, facts)
    found: dict[date, Truth] = {}
    for event in events:
        if event.start is None or event.drug is None or event.drug.source == "dispense":
            continue
        administered = event.drug.source == "administration"
        given = _amount_enough(event, limit, facts) if administered else Truth.UNKNOWN
        found[event.start.last] = any_of([given, found.get(event.start.last, Truth.FALSE)])
    certain = sorted(day for day, given in found.items() if given is Truth.TRUE)
    possible = sorted(day for day, given in found.items() if given is not Truth.FALSE)
    if _reach(certain, wanted, row, facts):
        return Truth.TRUE
    ordered = any(event.drug and event.drug.source in ("order", "statement") for event in events)
    return Truth.UNKNOWN if ordered or _reach(possible, wanted, row, facts) else Truth.FALSE


def _reach(dates: list[date], wanted: int, row: AdequateTrial, facts: Facts) -> bool:
    return len(dates) >= wanted and (facts.timeline.as_of.day - dates[0]).days >= row.days_at_least


def _amount_enough(event: Event, limit: Interval, facts: Facts) -> Truth:
    """Was one administration at least the dose that counts?"""
    amounts = [_milligrams(dose, facts) for dose in event.drug.doses] if event.drug else []
    if not amounts or None in amounts:
        return Truth.UNKNOWN
    total = Interval(_sum(each.low for each in amounts if each), _sum(each.high for each in amounts if each))
    return _reaches(total, limit)


def _reaches(amount: Interval, limit: Interval) -> Truth:
    """Is it at least a limit that may lie between two ends?"""
    least, most = amount.at_least(limit.low or Decimal(0)), amount.at_least(limit.high or Decimal(0))
    return most if most is least else Truth.UNKNOWN
