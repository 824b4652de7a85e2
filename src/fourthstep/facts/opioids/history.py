"""The daily opioid dose as it was, for the time axis of the report."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from fourthstep.events.event import Event
from fourthstep.facts.opioids.dose import totals
from fourthstep.facts.opioids.past import as_it_was
from fourthstep.facts.opioids.uses import opioid_events
from fourthstep.ground.dates import AsOf
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.models import Windows
from fourthstep.knowledge.opioids import OpioidKnowledge


class DoseThen(msgspec.Struct, frozen=True):
    """Oral morphine equivalent from that day on, mg a day; None is unknown."""

    day: date
    scheduled: Interval | None
    as_needed: Decimal | None = None
    """The most that may be taken as needed, beside what is scheduled."""


def dose_history(  # noqa: PLR0913  what the answer depends on, each by its name
    events: Sequence[Event],
    as_of: AsOf,
    knowledge: OpioidKnowledge,
    table: str,
    *,
    vouched: Truth,
    inpatient: Truth,
    windows: Windows,
) -> tuple[DoseThen, ...]:
    """The dose on every day after an opioid began or ended, oldest first, the last day included.

    The day of a change itself would count the old and the new order.

    Unknown when: a part of that day's dose is (see `opioid_dose`).
    """
    found = []
    for day in _days_of_change(events, as_of, knowledge, windows):
        moment = as_of if day == as_of.day else AsOf(day, zone=as_of.zone)
        then = as_it_was(events, day, as_of)
        dose = totals(then, moment, knowledge, table, vouched=vouched, inpatient=inpatient)
        found.append(DoseThen(day, dose.scheduled, dose.prn_max))
    return tuple(found)


def _days_of_change(events: Sequence[Event], as_of: AsOf, knowledge: OpioidKnowledge, windows: Windows) -> list[date]:
    first = as_of.day - timedelta(days=windows.history.value)
    days = set()
    for event, _ in opioid_events(events, knowledge):
        if event.start is not None:
            days.add(event.start.last + timedelta(days=1))
        if event.end is not None:
            days.add(event.end.last + timedelta(days=1))
    inside = sorted(day for day in days if first <= day < as_of.day)[-windows.history_changes.value :]
    return [*inside, as_of.day] if days else []
