"""Does an order still hold?  By its status, its stated period, and the last sign that somebody acts on it.

Source: project dossier, pharmacology 1.8; the statuses and the windows are the hospital's policy.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from fourthstep.events.conditions import code_of
from fourthstep.events.encounters import setting_of
from fourthstep.events.extraction import Extraction
from fourthstep.ground.dates import When
from fourthstep.record.references import normal_reference
from fourthstep.record.resources import (
    Encounter,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    Reference,
    Timing,
)

_PLANS = frozenset({"proposal", "plan", "option"})
_ORDER_REFUSED = {"entered-in-error": "entered-in-error", "cancelled": "cancelled", "draft": "draft"}
_GIVEN_REFUSED = {"entered-in-error": "entered-in-error", "not-done": "not-done"}
_NOT_GIVEN = ("not ", "hold ")
_FLUSHED = ("flushed", "delayed flushed")
"""Methods of administrations (MIMIC) whose status says `completed`, and that gave nothing to the circulation."""
_IN_HOSPITAL = frozenset({"inpatient"})
_AT_HOME = frozenset({"outpatient", "community", "discharge"})
_DELAY = timedelta(days=1)


class Links:
    """What was dispensed, given and renewed on each order."""

    def __init__(self, work: Extraction) -> None:
        self._work = work
        self.signs: dict[str, list[When]] = defaultdict(list)
        """Order -> days of dispenses, administrations and renewals."""
        self.given: dict[str, list[tuple[When, When]]] = defaultdict(list)
        """Order -> start and end of what was given on it."""
        self.timings: dict[str, list[Timing]] = defaultdict(list)
        """Order -> the timings of its dispenses."""
        self.current: dict[str, bool | None] = {}
        """Order -> whether it holds, for every order that was read before."""
        for _, dispense in work.record.of(MedicationDispense):
            self._add_dispense(dispense)
        for _, administration in work.record.of(MedicationAdministration):
            self._add_administration(administration)
        for _, order in work.record.of(MedicationRequest):
            if order.prior_prescription is not None and not refused_order(order):
                self._sign(order.prior_prescription, work.day(order.authored_on))

    def _add_dispense(self, dispense: MedicationDispense) -> None:
        if dispense.status in ("entered-in-error", "cancelled", "declined"):
            return
        day = self._work.day(dispense.when_handed_over) or self._work.day(dispense.when_prepared)
        timings = [each.timing for each in dispense.dosage_instruction if each.timing is not None]
        for order in dispense.authorizing_prescription:
            self._sign(order, day)
            self.timings[self.key(order)] += timings

    def _add_administration(self, administration: MedicationAdministration) -> None:
        if administration.request is None or refused_administration(administration):
            return
        start, end = self._work.period(administration.effective_period)
        start = start or self._work.day(administration.effective_date_time)
        if start is not None:
            self._sign(administration.request, start)
            self.given[self.key(administration.request)].append((start, end or start))

    def _sign(self, order: Reference, day: When | None) -> None:
        if day is not None and not self._work.later(day):
            self.signs[self.key(order)].append(day)

    def key(self, order: Reference) -> str:
        """The one name of an order."""
        return self._work.record.full_urls.get(order.reference) or normal_reference(order.reference)

    def timing(self, ref: str) -> Timing | None:
        """The timing of an order's dispenses, where all of them say the same."""
        timings = self.timings.get(ref, [])
        return timings[0] if timings and all(each == timings[0] for each in timings) else None


def refused_order(order: MedicationRequest) -> str:
    """Why an order is no treatment; empty where it is one."""
    if order.do_not_perform:
        return "do-not-perform"
    return _ORDER_REFUSED.get(order.status, "") or (f"intent-{order.intent}" if order.intent in _PLANS else "")


def refused_administration(administration: MedicationAdministration) -> str:
    """Why an administration gave nothing; empty where the drug was given."""
    dosage = administration.dosage
    method = code_of(dosage.method).lower() if dosage is not None else ""
    if reason := _GIVEN_REFUSED.get(administration.status):
        return reason
    if method.startswith(_NOT_GIVEN):
        return "not-given"
    return "not-systemic" if method in _FLUSHED else ""


def used_up(work: Extraction, dispense: MedicationDispense, links: Links) -> bool:
    """Was it handed out in a hospital, on orders that no longer hold?  What goes home lasts longer than its order."""
    orders = [work.record.find(each.reference, MedicationRequest) for each in dispense.authorizing_prescription]
    ended = [links.current.get(links.key(each)) is False for each in dispense.authorizing_prescription]
    return bool(orders) and all(ended) and all(order is not None and _in_hospital(work, order) for order in orders)


def _in_hospital(work: Extraction, order: MedicationRequest) -> bool:
    """Was the order written for a stay or an emergency visit, and not for home?"""
    return is_inpatient(work, order) or (not _categories(order) & _AT_HOME and _setting(work, order) == "emergency")


def is_inpatient(work: Extraction, order: MedicationRequest) -> bool:
    """Was the order written for a patient in hospital?"""
    categories = _categories(order)
    if categories & (_IN_HOSPITAL | _AT_HOME):
        return bool(categories & _IN_HOSPITAL)
    return _setting(work, order) == "inpatient"


def _categories(order: MedicationRequest) -> set[str]:
    return {coding.code for category in order.category for coding in category.coding}


def _setting(work: Extraction, order: MedicationRequest) -> str:
    encounter = work.record.find(order.encounter.reference, Encounter) if order.encounter is not None else None
    return setting_of(encounter) if encounter is not None else ""


def is_current(
    work: Extraction,
    ref: str,
    order: MedicationRequest,
    start: When | None,
    ends: Iterable[When | None],
    links: Links,
) -> bool | None:
    """Whether an order holds at the assessed moment; None where the record does not say.

    Args:
        work: the reading.
        ref: the order's reference.
        order: the order.
        start: when it was written, or begins.
        ends: the stated ends of its period and of its dosages; None for one that states none.
        links: what was done on it.
    """
    covered = _covered(work, start, ends)
    if order.status in work.statuses.current:
        return covered if covered is not None or any(ends) else _lively(work, ref, order, start, links)
    if order.status == "unknown" or not order.status:
        return False if covered is False else None
    if covered or any(_covers(work, begin, end) for begin, end in links.given.get(ref, ())):
        return True
    return None if covered is None and any(ends) else False


def _covered(work: Extraction, start: When | None, ends: Iterable[When | None]) -> bool | None:
    """Whether the stated period covers the assessed day; None where there is none, or nobody can tell."""
    stated = list(ends)
    if start is not None and work.later(start):
        return False
    known = [end for end in stated if end is not None]
    if not known or len(known) < len(stated):
        return None
    over = [work.over(end) for end in known]
    return True if False in over else None if None in over else False


def _covers(work: Extraction, start: When, end: When) -> bool:
    return start.first <= work.today and end.last >= work.today - _DELAY


def _lively(work: Extraction, ref: str, order: MedicationRequest, start: When | None, links: Links) -> bool | None:
    """An order without an end holds while somebody acts on it; later, nobody can tell."""
    statuses = work.statuses
    limit = statuses.inpatient if is_inpatient(work, order) else statuses.outpatient
    signs = [*links.signs.get(ref, ()), *([start] if start is not None else [])]
    return True if any(sign.age_on(work.today)[1] <= limit for sign in signs) else None
