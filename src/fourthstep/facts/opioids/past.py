"""The record as it stood at the end of an earlier day, and the daily dose as it was.

Tolerance asks for a week, the report for the course of the dose; and an event's `current` speaks of one day only.
Here the dates decide: what began before and ended after the day was current then; what has no stop, and is not
current now, may have been.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from fourthstep.events.event import Event
from fourthstep.ground.dates import AsOf, When


def as_it_was(events: Iterable[Event], day: date, as_of: AsOf) -> list[Event]:
    """The events with `current` as it was at the end of `day`, which is not after `as_of`."""
    return [_then(event, day) if day < as_of.day and event.drug is not None else event for event in events]


def _then(event: Event, day: date) -> Event:
    return msgspec.structs.replace(event, current=_current(event, day))


def _current(event: Event, day: date) -> bool | None:
    assert event.drug is not None
    start, end = event.start, event.end
    if event.drug.source == "administration":
        return _running(event, day)
    if start is not None and start.first > day:
        return False
    if end is not None and end.last < day:
        return False
    if start is None or start.last > day:
        return None
    return _until(event, end, day)


def _until(event: Event, end: When | None, day: date) -> bool | None:
    """Known to have lasted to that day: its end is later, or it has none and is current now."""
    if end is not None:
        return True if end.first >= day else None
    return True if event.current is True else None


def _running(event: Event, day: date) -> bool | None:
    """An infusion that still runs has run since it began."""
    if event.current is True and event.start is not None and event.start.last <= day:
        return True
    return event.current if event.current is not True else False
