"""Pains as entities: a patient has pains, each with site, side, mechanism and the rest.

A pain comes from a score, a coded pain, or a form; a diagnosis of cancer alone never makes one.  Two sources with
the same region and side are one pain.  Where the record holds only a score, there is one pain of unknown site.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from fourthstep.events.event import Event
from fourthstep.facts.fact import DayValue, Fact, unknown
from fourthstep.facts.timeline import Timeline
from fourthstep.ground.dates import When, days
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.models import CodedPain, Pains
from fourthstep.knowledge.models import Fact as Declaration

_INTENSITY = ("average", "unspecified")
"""Which score of a day tells the intensity, best first; the kind is shown with the value.

Pain *now* and *worst* alone do not tell whether pain is controlled (pharmacology of the dossier, 2.2).
"""


class Pain(msgspec.Struct, frozen=True):
    """One pain; its id is made of region, side and mechanism, each `unknown` where not recorded."""

    id: str
    elements: dict[str, Fact]
    refs: tuple[str, ...]

    def word(self, element: str) -> str:
        """The recorded value of a coded element, or `unknown`."""
        fact = self.elements.get(element)
        return fact.words[0] if fact and len(fact.words) == 1 else "unknown"


def gather_pains(timeline: Timeline, knowledge: Knowledge) -> tuple[Pain, ...]:
    """All pains of the patient, in the order of their ids."""
    groups: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in _pain_events(timeline, knowledge):
        groups[_region(event, knowledge.pains), event.side].append(event)
    _join_sides(groups)
    _join_unplaced(groups, knowledge.pains)
    _drop_bare(groups, knowledge.pains)
    pains = [_pain(key, events, knowledge) for key, events in groups.items()]
    return tuple(sorted(pains, key=lambda pain: pain.id))


def _pain_events(timeline: Timeline, knowledge: Knowledge) -> Iterable[Event]:
    """Scores, coded pains, and what a form says of pains."""
    yield from (event for event in timeline.of(knowledge.pains.scores) if event.start is not None)
    limit = days(knowledge.pains.coded_episode)
    for event in timeline.of(knowledge.pains.coded):
        seen = timeline.seen(event)
        old = event.current is None and seen is not None and timeline.age(seen)[0] > limit
        if event.kind == "condition" and event.current is not False and not old:
            yield event
    elements = [name for name, declared in knowledge.facts.items() if declared.kind == "pain"]
    yield from (event for event in timeline.of(elements) if event.kind == "answer")


def _region(event: Event, pains: Pains) -> str:
    """Where the source says that it hurts: its own site, else what a coded pain's name states."""
    coded = pains.coded.get(event.concept) if event.kind == "condition" else None
    return event.site or (coded.region if coded else "")


def _join_sides(groups: dict[tuple[str, str], list[Event]]) -> None:
    """A source that names the region but no side belongs to the one pain of that region, if there is just one."""
    for region, side in [key for key in groups if key[0] and not key[1]]:
        sided = [key for key in groups if key[0] == region and key[1]]
        if len(sided) == 1:
            groups[sided[0]] += groups.pop((region, side))


def _join_unplaced(groups: dict[tuple[str, str], list[Event]], pains: Pains) -> None:
    """A score, or a coded pain of the same kind, that names no place belongs to the one pain that has a place.

    What a form says of a pain without a place stays by itself.
    """
    placed = [key for key in groups if key[0]]
    unplaced = groups.get(("", ""), [])
    if len(placed) != 1 or any(event.kind == "answer" for event in unplaced):
        return
    kinds = {_kind(event, pains) for event in groups[placed[0]]}
    stays = [event for event in unplaced if _kind(event, pains) not in {"", *kinds}]
    groups[placed[0]] += [event for event in unplaced if event not in stays]
    groups["", ""] = stays
    if not stays:
        del groups["", ""]


def _kind(event: Event, pains: Pains) -> str:
    """The mechanism that a coded pain or an answer states; empty where it states none."""
    if event.kind == "answer":
        return event.text if event.concept == "pain_mechanism" else ""
    coded = pains.coded.get(event.concept) if event.kind == "condition" else None
    return coded.mechanism if coded else ""


def _drop_bare(groups: dict[tuple[str, str], list[Event]], pains: Pains) -> None:
    """A coded pain that says neither where nor what kind is no second pain beside another one."""
    events = groups.get(("", ""), [])
    bare = all(event.kind == "condition" and pains.coded[event.concept] == CodedPain() for event in events)
    if events and bare and len(groups) > 1:
        del groups["", ""]


def _pain(key: tuple[str, str], events: list[Event], knowledge: Knowledge) -> Pain:
    region, side = key
    refs = tuple(sorted({event.ref for event in events}))
    elements: dict[str, Fact] = {}
    if region:
        elements["pain_region"] = Fact(name="pain_region", words=(region,), refs=refs)
    if side:
        elements["pain_side"] = Fact(name="pain_side", words=(side,), refs=refs)
    mechanism = _mechanism(events, knowledge.pains)
    if mechanism is not None:
        elements["pain_mechanism"] = mechanism
    elements.update(_scores(events, knowledge))
    elements.update(_answers(events, knowledge.facts))
    facts = elements.get("pain_mechanism")
    word = facts.words[0] if facts and len(facts.words) == 1 else "unknown"
    return Pain(f"{region or 'unknown'}/{side or 'unknown'}/{word}", elements, refs)


def _mechanism(events: list[Event], pains: Pains) -> Fact | None:
    """What coded pains of this site state; two different mechanisms are a mixed pain."""
    stated: dict[str, set[str]] = defaultdict(set)
    for event in events:
        coded = pains.coded.get(event.concept) if event.kind == "condition" else None
        if coded and coded.mechanism:
            stated[coded.mechanism].add(event.ref)
    if not stated:
        return None
    refs = tuple(sorted(ref for refs in stated.values() for ref in refs))
    word = next(iter(stated)) if len(stated) == 1 else "mixed"
    return Fact(name="pain_mechanism", words=(word,), refs=refs, detail="coded")


def _scores(events: list[Event], knowledge: Knowledge) -> dict[str, Fact]:
    """Intensity and worst pain by day, from every kind of score and from a form."""
    by_kind: dict[str, list[tuple[When, Interval, str]]] = defaultdict(list)
    for event in events:
        kind = knowledge.pains.scores.get(event.concept) or _FORM_SCORES.get(event.concept)
        if kind and event.value is not None and event.start is not None:
            by_kind[kind].append((event.start, event.value, event.ref))
    found = {}
    for name, kinds in (("pain_intensity", _INTENSITY), ("pain_worst", ("worst",))):
        series = _by_day(kinds, by_kind, knowledge.facts[name])
        if series:
            newest = series[0]
            found[name] = Fact(name=name, number=newest.value, unit="1", when=newest.day, refs=(newest.ref,),
                               series=series, detail=newest.kind)  # fmt: skip
    return found


_FORM_SCORES = {"pain_intensity": "average", "pain_worst": "worst"}
"""A form asks for the average and for the worst."""


def _by_day(kinds: tuple[str, ...], by_kind: dict[str, list[tuple[When, Interval, str]]],
            declared: Declaration) -> tuple[DayValue, ...]:  # fmt: skip
    """For each day the best kind of score, and of that kind the worst value; newest day first."""
    best: dict[tuple[str, str], DayValue] = {}
    low, high = declared.readable or [Decimal(0), Decimal(10)]
    for kind in reversed(kinds):
        of_kind: dict[tuple[str, str], DayValue] = {}
        for when, value, ref in sorted(by_kind.get(kind, []), key=lambda each: each[2]):
            if value.below(low) is not Truth.FALSE or value.above(high) is not Truth.FALSE:
                continue
            day = (when.first.isoformat(), when.last.isoformat())
            known = of_kind.get(day)
            if known is None or (value.high or low) > (known.value.high or low):
                of_kind[day] = DayValue(when, value, ref, kind)
        best.update(of_kind)
    return tuple(sorted(best.values(), key=lambda each: (each.day.last, each.day.first, each.ref), reverse=True))


def _answers(events: list[Event], declared: dict[str, Declaration]) -> dict[str, Fact]:
    """What a form says of this pain; the newest answer counts."""
    found: dict[str, Fact] = {}
    answers = [event for event in events if event.kind == "answer" and event.concept not in _FORM_SCORES]
    for event in sorted(answers, key=lambda each: (each.start.last if each.start else date.min, each.ref)):
        found[event.concept] = _answer(event, declared[event.concept])
    return found


def _answer(event: Event, declared: Declaration) -> Fact:
    if declared.values:
        words = tuple(each.strip() for each in event.text.split("|"))
        if any(each not in declared.values for each in words):
            return unknown(event.concept, "answer-not-readable", refs=(event.ref,))
        return Fact(name=event.concept, words=words, when=event.start, refs=(event.ref,), detail="answered")
    if event.text in ("yes", "no"):
        truth = Truth.TRUE if event.text == "yes" else Truth.FALSE
        return Fact(name=event.concept, truth=truth, when=event.start, refs=(event.ref,), detail="answered")
    if event.value is not None and declared.unit and event.unit in ("", "1", declared.unit):
        return Fact(name=event.concept, number=event.value, unit=declared.unit, when=event.start, refs=(event.ref,),
                    detail="answered")  # fmt: skip
    return unknown(event.concept, "answer-not-readable", refs=(event.ref,))
