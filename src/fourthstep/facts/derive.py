"""Facts out of events: the one place where silence, freshness of status and ties are decided.

Each fact is declared in `knowledge/facts/`; this module holds one short function for each way of taking it.
Nothing here raises because of a strange record: the fact is unknown and says why.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from msgspec.structs import replace

from fourthstep.events.event import Event
from fourthstep.facts.fact import DayValue, Fact, presence, unknown
from fourthstep.facts.pains import Pain, gather_pains
from fourthstep.facts.timeline import Timeline
from fourthstep.ground.dates import days
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.codes import CodeIndex
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.models import Fact as Declaration
from fourthstep.knowledge.models import Windows
from fourthstep.knowledge.policy import Policy

STATED = "stated"
"""Ingredient of a drug that a case or a form states only by its group."""

T = TypeVar("T")
Compute = Callable[["Facts", Pain | None], Fact]


class Facts:
    """All facts of one patient on one day, worked out when they are asked for."""

    def __init__(self, timeline: Timeline, knowledge: Knowledge, codes: CodeIndex, policy: Policy,
                 computed: Mapping[str, Compute]) -> None:  # fmt: skip
        self.timeline = timeline
        self.knowledge = knowledge
        self.codes = codes
        self.policy = policy
        self.pains: tuple[Pain, ...] = gather_pains(timeline, knowledge)
        self._computed = computed
        self._known: dict[tuple[str, str], Fact] = {}
        self._once: dict[str, Any] = {}

    def of(self, name: str, pain: Pain | None = None) -> Fact:
        """The fact of that name; for facts of a pain, of that pain."""
        declaration = self.knowledge.facts[name]
        key = (name, pain.id if pain and declaration.kind in ("pain", "computed") else "")
        if key not in self._known:
            self._known[key] = self._derive(name, declaration, pain)
        return self._known[key]

    def once(self, name: str, work: Callable[[], T]) -> T:
        """Something that several facts rest on, worked out once."""
        if name not in self._once:
            self._once[name] = work()
        found: T = self._once[name]
        return found

    def _derive(self, name: str, declared: Declaration, pain: Pain | None) -> Fact:
        if declared.kind == "pain":
            if pain is None:
                return unknown(name, "no-pain-recorded")
            return pain.elements.get(name) or unknown(name, "not-recorded")
        answers = [event for event in self.timeline.answers(name) if _speaks_of(event, pain)]
        if answers:
            return answered(name, declared, answers[0])
        if declared.kind == "measurement":
            return measured(name, declared, self.timeline, self.codes)
        if declared.kind == "computed":
            return self._computed[name](self, pain)
        if declared.kind == "bedside" or declared.values:
            return failed(name, declared, self.timeline) or unknown(name, "not-asked")
        return present(name, declared, self.timeline, self.knowledge.windows)


# -- answered ----------------------------------------------------------------------------------------------


def _speaks_of(answer: Event, pain: Pain | None) -> bool:
    """An answer that was given for the pain of one place says nothing of a pain elsewhere."""
    if not answer.site and not answer.side:
        return True
    places = ((answer.site, "pain_region"), (answer.side, "pain_side"))
    return pain is not None and all(place in ("", pain.word(element)) for place, element in places)


def answered(name: str, declared: Declaration, event: Event) -> Fact:
    """What a clinician entered; it counts, and is marked as entered here."""
    common = Fact(name=name, when=event.start, refs=(event.ref,), detail="answered")
    if event.value is not None:
        if event.unit not in ("", "1", declared.unit or "1") or not _plausible(event.value, declared):
            return unknown(name, "answer-not-readable", refs=(event.ref,))
        return replace(common, number=event.value, unit=event.unit or declared.unit or "")
    if event.text in ("yes", "no"):
        return replace(common, truth=Truth.TRUE if event.text == "yes" else Truth.FALSE)
    words = tuple(each.strip() for each in event.text.split("|"))
    if not words or any(each not in declared.values for each in words):
        return unknown(name, "answer-not-readable", refs=(event.ref,))
    return replace(common, words=words)


def failed(name: str, declared: Declaration, timeline: Timeline) -> Fact | None:
    """A bedside question that the record answers: a procedure is recorded as unsuccessful.  Never a no."""
    found = [event for event in timeline.of(declared.failed) if event.kind == "procedure" and event.text == UNSUCCESSFUL]
    if not found:
        return None
    refs = tuple(event.ref for event in found)
    return Fact(name=name, truth=Truth.TRUE, when=found[0].start, refs=refs)


UNSUCCESSFUL = "unsuccessful"


# -- measurements ------------------------------------------------------------------------------------------


def measured(name: str, declared: Declaration, timeline: Timeline, codes: CodeIndex) -> Fact:
    """The value of a measurement: latest, or all days where the question chooses.

    Unknown when: nobody measured it, or the newest value has no readable number or unit (an older, better value
    must not stand in for it).
    """
    events = [event for event in timeline.of(declared.concepts) if event.start is not None]
    if not events:
        return unknown(name, "never-measured")
    points = [(event, readable(event, declared, codes)) for event in events]
    if declared.take in ("days", "lowest", "highest"):
        return by_day(name, declared, points)
    newest = events[0].start
    same = [(event, value) for event, value in points if _same_time(event, events[0])]
    if any(value is None for _, value in same):
        return unknown(name, "unit-not-readable", refs=tuple(event.ref for event, _ in same), when=newest)
    event, value = _worst([(event, value) for event, value in same if value is not None], declared.ties)
    return Fact(name=name, number=value, unit=declared.unit or "", when=event.start, refs=(event.ref,))


def by_day(name: str, declared: Declaration, points: list[tuple[Event, Interval | None]]) -> Fact:
    """The worst readable value of each day, newest day first."""
    by: dict[tuple[str, str], list[tuple[Event, Interval]]] = {}
    for event, value in points:
        assert event.start is not None  # what has no date is left out before
        if value is not None:
            by.setdefault((event.start.first.isoformat(), event.start.last.isoformat()), []).append((event, value))
    if not by:
        return unknown(name, "unit-not-readable", refs=tuple(sorted(event.ref for event, _ in points)))
    series = []
    for same in by.values():
        event, value = _worst(same, declared.ties)
        assert event.start is not None
        series.append(DayValue(event.start, value, event.ref))
    series.sort(key=lambda each: (each.day.last, each.ref), reverse=True)
    first = series[0]
    return Fact(name=name, number=first.value, unit=declared.unit or "", when=first.day, refs=(first.ref,),
                series=tuple(series))  # fmt: skip


def readable(event: Event, declared: Declaration, codes: CodeIndex) -> Interval | None:
    """The event's number in the fact's unit; None where it has none, or one that cannot be true."""
    if event.value is None:
        return None
    unit = "1" if declared.unit == "1" and _is_dimensionless(event.unit) else event.unit
    value = codes.convert(event.value, unit, declared.unit or "", event.concept)
    return value if value is not None and _plausible(value, declared) else None


def _plausible(value: Interval, declared: Declaration) -> bool:
    """Can a number of this fact be true at all?"""
    if not declared.readable:
        return True
    low, high = declared.readable
    return value.below(low) is not Truth.TRUE and value.above(high) is not Truth.TRUE


def _is_dimensionless(unit: str) -> bool:
    """No unit, or only a UCUM annotation such as `{INR}`, which means the unit 1."""
    return unit == "" or (unit.startswith("{") and unit.endswith("}"))


def _same_time(event: Event, newest: Event) -> bool:
    """Same instant; or same day where one of them has no time, so that their order is not known."""
    one, other = event.start, newest.start
    assert one is not None and other is not None  # noqa: PT018  what has no date is left out before
    if one.instant and other.instant:
        return one.instant == other.instant
    return one.last >= other.first


def _worst(points: list[tuple[Event, Interval]], ties: str | None) -> tuple[Event, Interval]:
    """Which of several values of one time counts: the worst for safety, then the first by reference."""
    if ties == "highest":
        return max(points, key=lambda each: (_high(each[1]), each[0].ref))
    return min(points, key=lambda each: (_low(each[1]), each[0].ref))


def _high(value: Interval) -> Decimal:
    return Decimal("Infinity") if value.high is None else value.high


def _low(value: Interval) -> Decimal:
    return Decimal("-Infinity") if value.low is None else value.low


# -- conditions, drugs, procedures, allergies, goals ---------------------------------------------------------


def present(name: str, declared: Declaration, timeline: Timeline, windows: Windows) -> Fact:
    """Is it there?  True where an entry says so; otherwise what silence means.

    Unknown when: an entry does not say whether it still holds; the sender does not vouch for this kind; or an
    unrecognised entry could be it.
    """
    events = [event for event in timeline.of(declared.concepts) if _of_its_kind(event, declared)]
    judged = [(event, holds(event, declared, timeline, windows)) for event in events]
    now = [event for event, truth in judged if truth is Truth.TRUE]
    if now:
        newest = max(now, key=lambda event: (seen.last.toordinal() if (seen := timeline.seen(event)) else 0, event.ref))
        return presence(name, Truth.TRUE, refs=tuple(sorted({event.ref for event in now})), when=timeline.seen(newest),
                        names=named(now))  # fmt: skip
    unsure = [event for event, truth in judged if truth is Truth.UNKNOWN]
    if unsure:
        return unknown(name, "not-known-if-current", refs=tuple(sorted({event.ref for event in unsure})),
                       when=timeline.seen(unsure[0]))  # fmt: skip
    return silent(name, declared, timeline, tuple(sorted({event.ref for event, _ in judged})))


def named(events: Iterable[Event]) -> tuple[str, ...]:
    """What drugs and allergies are called: the ingredient, else the words of the record."""
    drugs = [event for event in events if event.kind in ("drug", "allergy")]
    names = {event.drug.ingredient if event.drug and event.drug.ingredient else event.display for event in drugs}
    return tuple(sorted(names - {"", STATED}))


def _of_its_kind(event: Event, declared: Declaration) -> bool:
    """An allergy to a drug shares the drug's concepts, and is no sign that it is taken; nor the other way round."""
    return (event.kind == "allergy") is (declared.kind == "allergy")


def silent(name: str, declared: Declaration, timeline: Timeline, past: tuple[str, ...] = ()) -> Fact:
    """What it means that no entry says it holds."""
    if name in timeline.events.stated:
        return presence(name, Truth.FALSE, detail="stated")
    if declared.silence == "unknown" or not timeline.vouched(declared.kind):
        return unknown(name, "not-vouched", refs=past)
    could_be = timeline.could_be(declared.kind, declared.family)
    if could_be:
        return unknown(name, "unrecognised-could-be", refs=tuple(sorted({event.ref for event in could_be})))
    return presence(name, Truth.FALSE, refs=past, detail="as-recorded")


def holds(event: Event, declared: Declaration, timeline: Timeline, windows: Windows) -> Truth:
    """Does this entry say that it is so on the day of the assessment?"""
    if declared.take == "any" or (declared.kind == "procedure" and declared.take is None):
        return Truth.TRUE
    if declared.kind == "drug":
        return taken(event, timeline, windows)
    if event.current is False:
        return Truth.FALSE
    seen = timeline.seen(event)
    if not declared.episode or seen is None:
        return Truth.TRUE
    fewest, most = timeline.age(seen)
    limit = days(declared.episode)
    if most <= limit:
        return Truth.TRUE
    if fewest > limit and event.current is None:
        return Truth.FALSE
    return Truth.UNKNOWN


def taken(event: Event, timeline: Timeline, windows: Windows) -> Truth:
    """Is the drug taken now?  By the status of an order, for some days after a dose, and while an infusion runs."""
    if event.drug is not None and event.drug.source == "administration" and event.current is not True:
        seen = timeline.seen(event)
        recent = seen is not None and timeline.age(seen)[0] <= windows.administered.value
        return Truth.TRUE if recent else Truth.FALSE
    return {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}[event.current]
