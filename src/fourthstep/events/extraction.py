"""What all kinds of events need while one record is read: its dates, its codes, and where the results go."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from fourthstep.events.event import Event, EventKind, NotUsed
from fourthstep.events.reasons import NOT_USED
from fourthstep.ground.dates import AsOf, When, when
from fourthstep.knowledge.codes import CodeIndex, Hit
from fourthstep.knowledge.opioids import DosageTables
from fourthstep.record.record import Record
from fourthstep.record.resources import BodySite, CodeableConcept, Coding, Encounter, Period, Reference

Meaning = tuple[EventKind, Hit, Coding]
"""Kind, what the code means, and the coding that says it."""


class Statuses(msgspec.Struct, frozen=True):
    """What this hospital's orders mean: which can be current, and how long one without an end lasts."""

    current: frozenset[str] = frozenset({"active", "on-hold"})
    outpatient: int = 30
    """Days since an outpatient order was last written, filled or given."""
    inpatient: int = 3


class Extraction:
    """Collects the events of one record; every resource ends in exactly one fate."""

    def __init__(self, record: Record, index: CodeIndex, as_of: AsOf, tables: DosageTables, statuses: Statuses) -> None:
        self.record = record
        self.index = index
        self.as_of = as_of
        self.zone = as_of.zone
        self.tables = tables
        self.statuses = statuses
        self.malformed = frozenset(each.ref for each in record.problems if "osage" in each.path)
        """Drug resources with a dosage that could not be read."""
        self.events: list[Event] = []
        self.not_used: list[NotUsed] = []
        self.used: Counter[str] = Counter()
        self.irrelevant: Counter[str] = Counter()
        self.unrecognised: Counter[str] = Counter()
        self.lost_values = frozenset(each.ref for each in record.problems if each.path.startswith(("value", "component")))
        """Observations of which a value was there and could not be read."""
        self._known: dict[tuple[tuple[EventKind, ...], str, str], tuple[tuple[EventKind, Hit], ...]] = {}
        self._spans: dict[str, tuple[When | None, When | None]] = {}

    # -- fates -------------------------------------------------------------------------------------------

    def use(self, kind: str, events: Iterable[Event]) -> None:
        """A resource that was recognised."""
        self.events += events
        self.used[kind] += 1

    def set_aside(self, ref: str, concepts: Iterable[str], reason: str, detail: str = "") -> None:
        """A resource, or a part of one, that has a concept of ours but cannot be used."""
        assert reason in NOT_USED, reason
        self.not_used += [NotUsed(ref, concept, reason, detail) for concept in sorted(set(concepts)) or [""]]

    def ignore(self, kind: str) -> None:
        """A resource that is known to mean nothing to us."""
        self.irrelevant[kind] += 1

    def puzzle(self, kind: str, event: Event, of_kind: str, could_be: tuple[str, ...] = ()) -> None:
        """A resource that could be anything of its kind, or of the families that it could belong to."""
        self.events.append(
            msgspec.structs.replace(event, kind="unrecognised", concept="", of_kind=of_kind, could_be=could_be)
        )
        self.unrecognised[kind] += 1

    # -- dates -------------------------------------------------------------------------------------------

    def day(self, text: str) -> When | None:
        """A FHIR date in the patient's zone; None where there is none or it cannot be read."""
        if not text:
            return None
        try:
            return when(text, self.zone)
        except (ValueError, OverflowError):
            return None

    def period(self, period: Period | None) -> tuple[When | None, When | None]:
        """Start and end of a period."""
        if period is None:
            return None, None
        return self.day(period.start), self.day(period.end)

    def within(self, encounter: Reference | None) -> When | None:
        """The days that an encounter spans, as the time of what happened in it; None where unknown."""
        if encounter is None or not encounter.reference:
            return None
        start, end = self.encounter_period(encounter)
        if start is None:
            return None
        last = self.as_of.day if end is None else min(end.last, self.as_of.day)
        return start if last <= start.last else When(start.first, last)

    def encounter_period(self, encounter: Reference) -> tuple[When | None, When | None]:
        """Start and end of the encounter that a reference points to."""
        found = self._spans.get(encounter.reference)
        if found is None:
            resource = self.record.find(encounter.reference, Encounter)
            found = self.period(resource.period) if resource is not None else (None, None)
            self._spans[encounter.reference] = found
        return found

    def later(self, moment: When | None) -> bool:
        """Does it lie after the assessed moment for certain?"""
        return moment is not None and is_later(moment, self.as_of)

    def known_by_now(self, end: When | None) -> When | None:
        """The end of something that happens, where it is not in the future: nobody knew it then."""
        return None if self.later(end) else end

    def over(self, end: When) -> bool | None:
        """Did this end pass before the assessed moment?  A day ends with its evening; None where nobody can tell."""
        if end.instant is not None and self.as_of.instant is not None:
            return end.instant < self.as_of.instant
        if end.last < self.as_of.day:
            return True
        return False if end.first >= self.as_of.day else None

    @property
    def today(self) -> date:
        """The assessed day."""
        return self.as_of.day

    # -- codes -------------------------------------------------------------------------------------------

    def meanings(self, kinds: tuple[EventKind, ...], concept: CodeableConcept | None) -> Sequence[Meaning]:
        """Kind, meaning and coding of everything that a concept's codes are known to mean, each once."""
        if concept is None or not concept.coding:
            return ()
        if len(concept.coding) == 1:
            coding = concept.coding[0]
            return [(kind, hit, coding) for kind, hit in self._hits(kinds, coding)]
        found: dict[tuple[str, str], Meaning] = {}
        for coding in concept.coding:
            for kind, hit in self._hits(kinds, coding):
                found.setdefault((kind, hit.concept), (kind, hit, coding))
        return list(found.values())

    def events_of(self, base: Event, found: Iterable[Meaning]) -> list[Event]:
        """One event for each meaning of a resource's codes; `base` holds what they share."""
        return [
            msgspec.structs.replace(
                base, kind=kind, concept=hit.concept, code=written_code(self.index, coding), mark=hit.mark
            )
            for kind, hit, coding in found
        ]

    def _hits(self, kinds: tuple[EventKind, ...], coding: Coding) -> tuple[tuple[EventKind, Hit], ...]:
        key = (kinds, coding.system, coding.code)
        found = self._known.get(key)
        if found is None:
            found = tuple((kind, hit) for kind in kinds for hit in self.index.hits(kind, coding.system, coding.code))
            self._known[key] = found
        return found

    def irrelevant_code(self, kinds: Sequence[str], concept: CodeableConcept | None) -> bool:
        """Is one of the codes known to mean nothing to us?"""
        return concept is not None and any(
            self.index.irrelevant(kind, coding.system, coding.code) for coding in concept.coding for kind in kinds
        )

    def families(self, concept: CodeableConcept | None) -> tuple[str, ...]:
        """What an unknown code could be; empty means anything of its kind."""
        if concept is None:
            return ()
        found = {family for each in concept.coding if each.code for family in self.index.could_be(each.system, each.code)}
        return tuple(sorted(found))

    def place(self, sites: Sequence[BodySite]) -> tuple[str, str]:
        """Region and side of the first body site that is known; empty where the record does not say."""
        region = side = ""
        for site in sites:
            found_region, found_side = self._region(site), side_of(site)
            region, side = region or found_region, side or found_side
        return region, side

    def _region(self, site: BodySite) -> str:
        for coding in site.coding:
            found = self.index.site(coding.system, coding.code)
            if found is not None:
                return found.region or found.concept
        return ""


def is_later(moment: When, as_of: AsOf) -> bool:
    """Does it lie after the assessed moment for certain?"""
    if moment.first != as_of.day or moment.instant is None or as_of.instant is None:
        return moment.first > as_of.day
    return moment.instant > as_of.instant


def written_code(index: CodeIndex, coding: Coding) -> str:
    """`system|code` with the one name of the system."""
    return f"{index.system(coding.system)}|{coding.code}"


def display_of(concept: CodeableConcept | None) -> str:
    """How the record names it: its text, else the first display."""
    if concept is None:
        return ""
    return concept.text or next((coding.display for coding in concept.coding if coding.display), "")


_SIDES = {"7771000": "left", "24028007": "right", "51440002": "bilateral"}
"""SNOMED CT laterality qualifiers.

Source: mCODE laterality value set; DICOM CID 244 and 247.
"""
_SIDE_WORDS = {"left": "left", "right": "right", "bilateral": "bilateral"}


def side_of(site: BodySite) -> str:
    """Left, right or bilateral, by the laterality codes, else by the words of the site; empty where neither says."""
    for coding in (*_qualifiers(site), *site.coding):
        if coding.code in _SIDES:
            return _SIDES[coding.code]
    words = " ".join([site.text, *(coding.display or coding.code for coding in site.coding)]).lower().split()
    found = {side for word, side in _SIDE_WORDS.items() if word in words}
    if len(found) > 1:
        return "bilateral"
    return found.pop() if found else ""


def _qualifiers(site: BodySite) -> list[Coding]:
    """The codings of mCODE's laterality extension."""
    concepts = [each.value_codeable_concept for each in site.extension]
    return [coding for concept in concepts if concept is not None for coding in concept.coding]
