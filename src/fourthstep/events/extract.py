"""One patient's record into events.

Every resource is recognised, irrelevant, unrecognised, or not used with a reason.

The result does not depend on the order of the resources, on duplicates, or on anything that means nothing to
us (except for its count).
"""

from collections import Counter
from collections.abc import Callable
from itertools import groupby
from typing import Any

import msgspec

from fourthstep.events.allergies import extract_allergies
from fourthstep.events.conditions import extract_conditions
from fourthstep.events.drugs import extract_drugs
from fourthstep.events.encounters import extract_encounters
from fourthstep.events.event import Event, Events
from fourthstep.events.extraction import Extraction, Statuses
from fourthstep.events.goals import extract_goals
from fourthstep.events.measurements import extract_measurements
from fourthstep.events.procedures import extract_procedures
from fourthstep.ground.dates import AsOf, When
from fourthstep.knowledge.codes import CodeIndex
from fourthstep.knowledge.load import load_knowledge
from fourthstep.knowledge.opioids import DosageTables
from fourthstep.knowledge.policy import Policy
from fourthstep.record.record import Record

_KINDS: tuple[Callable[[Extraction], None], ...] = (
    extract_measurements,
    extract_conditions,
    extract_drugs,
    extract_procedures,
    extract_allergies,
    extract_goals,
    extract_encounters,
)
_LOST = {
    "Condition": "condition",
    "MedicationRequest": "drug",
    "MedicationStatement": "drug",
    "MedicationAdministration": "drug",
    "MedicationDispense": "drug",
    "Procedure": "procedure",
    "AllergyIntolerance": "allergy",
}
"""Type of an unreadable resource -> the kind of the unrecognised event that it becomes."""


def extract_events(
    record: Record,
    index: CodeIndex,
    *,
    as_of: AsOf,
    policy: Policy | None = None,
    tables: DosageTables | None = None,
) -> Events:
    """Read a record's events as they were known on one day.

    Args:
        record: as `read_record` gives it.
        index: the codes of the knowledge.
        as_of: the assessed moment; what lies after it is not used.
        policy: statuses and windows of orders, local codes, and what a door vouches for.
        tables: the closed tables that read a dosage; by default those of the shipped knowledge.

    Unknown when:
        nothing here: what cannot be read is listed as not used or unrecognised, and never raised.
    """
    policy = policy or Policy()
    tables = tables or load_knowledge().opioids.dosage
    work = Extraction(record, _local(index, policy), as_of, tables, _statuses(policy))
    for extract in _KINDS:
        extract(work)
    _unreadable(work)
    _drafts(work)
    events = _in_order(work.events)
    deceased, day = _deceased(work)
    person = record.person
    return Events(
        patient=record.patient,
        birth=work.day(person.birth_date) if person is not None else None,
        sex=person.gender if person is not None else "",
        deceased=deceased,
        deceased_on=day,
        events=events,
        not_used=tuple(sorted(set(work.not_used))),
        irrelevant=dict(sorted((work.irrelevant + Counter(record.skipped)).items())),
        used=dict(sorted(work.used.items())),
        unrecognised=dict(sorted(work.unrecognised.items())),
        vouched=_vouched(record, policy),
        conflicts=record.conflicts,
        newest=_newest(events, work),
        notices=record.notices,
    )


# -- the policy ------------------------------------------------------------------------------------------


def _local(index: CodeIndex, policy: Policy) -> CodeIndex:
    if not policy.code_maps:
        return index
    return index.overlaid(
        (each.kind, each.system, each.code, "exact", each.concept, "V", each.ingredient) for each in policy.code_maps
    )


def _statuses(policy: Policy) -> Statuses:
    windows = policy.order_windows
    return Statuses(frozenset(policy.order_statuses), windows.outpatient, windows.inpatient)


def _vouched(record: Record, policy: Policy) -> frozenset[str]:
    """What the door vouches for, without the kinds of which something was lost."""
    if record.vouched_by in policy.vouching:
        return frozenset(policy.vouching[record.vouched_by]) - record.lost
    return record.vouched


# -- what is left ----------------------------------------------------------------------------------------


def _unreadable(work: Extraction) -> None:
    """What could not be read is listed; a resource of which nothing remained could be anything."""
    for problem in work.record.problems:
        work.set_aside(problem.ref, [], problem.what, problem.path)
    for each in work.record.unreadable:
        kind = _LOST.get(each.type)
        if kind is not None:
            work.puzzle(each.type, Event("unrecognised", "", each.ref), kind)


def _drafts(work: Extraction) -> None:
    for _, ref in work.record.drafts:
        work.set_aside(ref, [], "draft-order")


def _in_order(events: list[Event]) -> tuple[Event, ...]:
    """Each event once, in an order that does not depend on theirs."""
    found: list[Event] = []
    for _, same in groupby(sorted(events, key=_order), key=_order):
        first, *others = same
        if not others:
            found.append(first)
            continue
        distinct = {msgspec.json.encode(event): event for event in (first, *others)}
        found += [distinct[key] for key in sorted(distinct)]
    return tuple(found)


def _order(event: Event) -> tuple[str, str, str, str]:
    return event.kind, event.concept, event.ref, event.drug.ingredient if event.drug is not None else ""


def _deceased(work: Extraction) -> tuple[bool | None, When | None]:
    """Whether the patient has died by the assessed moment; None where no Patient was sent."""
    person = work.record.person
    if person is None:
        return None, None
    day = work.day(person.deceased_date_time)
    if day is not None:
        return (False, None) if work.later(day) else (True, day)
    return bool(person.deceased_boolean) or bool(person.deceased_date_time), None


def _newest(events: tuple[Event, ...], work: Extraction) -> When | None:
    """The newest day of a used datum; one that is certain, where there is one."""
    days = [day for event in events for day in (event.start, event.end) if day is not None and day.last <= work.today]
    certain = [day for day in days if day.is_day]
    return max(certain or days, key=_moment, default=None)


def _moment(day: When) -> tuple[Any, Any, float]:
    return day.last, day.first, day.instant.timestamp() if day.instant is not None else 0.0
