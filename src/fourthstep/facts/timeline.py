"""One patient's events, indexed by concept, as seen on one day."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from fourthstep.events.event import Event, Events
from fourthstep.ground.dates import AsOf, When


class Timeline:
    """Looks up events by concept; knows what the sender vouches for and what could not be recognised."""

    def __init__(self, events: Events, as_of: AsOf) -> None:
        self.events = events
        self.as_of = as_of
        self._by_concept: dict[str, list[Event]] = defaultdict(list)
        """Also by `group:*`, every concept of a group."""
        self._unrecognised: dict[str, list[Event]] = defaultdict(list)
        self._answers: dict[str, list[Event]] = defaultdict(list)
        self._found: dict[tuple[str, ...], list[Event]] = {}
        for event in events.events:
            if event.kind == "unrecognised":
                self._unrecognised[event.of_kind].append(event)
                continue
            self._by_concept[event.concept].append(event)
            if event.kind == "answer":
                self._answers[event.concept].append(event)
            group, colon, _ = event.concept.partition(":")
            if colon:
                self._by_concept[f"{group}:*"].append(event)

    def of(self, concepts: Iterable[str]) -> list[Event]:
        """All events of these concepts; `group:*` means every concept of the group.  Newest first."""
        key = tuple(concepts)
        if key not in self._found:
            self._found[key] = self._of(key)
        return self._found[key]

    def _of(self, concepts: tuple[str, ...]) -> list[Event]:
        lists = [found for concept in concepts if (found := self._by_concept.get(concept))]
        if not lists:
            return []
        events = {id(event): event for found in lists for event in found}
        return sorted(events.values(), key=_newest_first)

    def answers(self, fact: str) -> list[Event]:
        """What a form or an answers file says of a fact, newest first."""
        found = self._answers.get(fact)
        return sorted(found, key=_newest_first) if found else []

    def vouched(self, kind: str) -> bool:
        """Does the sender vouch that all entries of this kind were sent?"""
        return kind in self.events.vouched

    def could_be(self, kind: str, family: str) -> list[Event]:
        """Unrecognised entries of this kind that could belong to the family."""
        return [event for event in self._unrecognised[kind]
                if event.current is not False
                and (not event.could_be or not family or family in event.could_be)]  # fmt: skip

    def seen(self, event: Event) -> When | None:
        """The newest time that an event is known to reach to; an end in the future was seen so far today."""
        end, today = event.end, self.as_of.day
        if end is None or (event.start is not None and end.last < event.start.last):
            return event.start
        return end if end.last <= today else When(min(end.first, today), today)

    def age(self, when: When) -> tuple[int, int]:
        """Fewest and most days between then and the day of the assessment."""
        return when.age_on(self.as_of.day)


def _newest_first(event: Event) -> tuple[int, float, str, str]:
    when = event.start
    if when is None:
        return (1, 0.0, event.ref, event.concept)
    instant = when.instant or datetime.combine(when.last, datetime.min.time())
    return (-when.last.toordinal(), -instant.timestamp() if when.instant else 0.0, event.ref, event.concept)
