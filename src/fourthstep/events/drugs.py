"""Drug orders, statements, administrations and dispenses: one event per ingredient and concept."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from fourthstep.events.dosage import read_dosages
from fourthstep.events.event import Dose, Drug, Event
from fourthstep.events.extraction import Extraction, display_of
from fourthstep.events.orders import Links, is_current, refused_administration, refused_order, used_up
from fourthstep.events.products import Found, drug_of
from fourthstep.ground.dates import When
from fourthstep.knowledge.codes import Product
from fourthstep.record.resources import (
    CodeableConcept,
    Condition,
    Dosage,
    Drugged,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
)

_Source = Literal["order", "statement", "administration", "dispense"]

_NO_MORE = frozenset({"completed", "stopped"})
_STATEMENT_REFUSED = {"entered-in-error": "entered-in-error", "not-taken": "not-taken"}
_DISPENSE_REFUSED = {
    "entered-in-error": "entered-in-error",
    "cancelled": "cancelled",
    "declined": "not-done",
    "preparation": "not-done",
}

_OUTSIDE = {
    "both eyes": "ophthalmic",
    "left eye": "ophthalmic",
    "right eye": "ophthalmic",
    "ophthalmic": "ophthalmic",
    "ophthalmic route": "ophthalmic",
    "54485002": "ophthalmic",
    "both ears": "otic",
    "left ear": "otic",
    "right ear": "otic",
    "otic": "otic",
    "otic route": "otic",
    "10547007": "otic",
    "dwell": "catheter",
    "ih": "inhaled",
    "neb": "inhaled",
    "inhalation": "inhaled",
    "respiratory tract route (qualifier value)": "inhaled",
}
"""Route words that the dosage tables do not class, because they never carry an opioid to the circulation."""
_NOT_SYSTEMIC = frozenset({"topical", "ophthalmic", "otic", "catheter"})
_TOPICAL_USES = frozenset({"adjuvant:local_anaesthetic", "adjuvant:topical_capsaicin"})
"""Concepts that are meant to work where they are put."""
_LOCAL_STEROID = frozenset({"inhaled", "nasal"})
_STEROID = "adjuvant:corticosteroid"


class _Times(msgspec.Struct, frozen=True):
    """When a drug was ordered, taken or given, and whether it is now."""

    start: When | None = None
    end: When | None = None
    current: bool | None = None


_Timing = Callable[[tuple[Dose, ...]], _Times]
"""Tells the times of a resource from its doses, some of which have an end of their own."""


def extract_drugs(work: Extraction) -> None:
    """Every drug resource of the record."""
    links = Links(work)
    for ref, order in work.record.of(MedicationRequest):
        _order(work, ref, order, links)
    for ref, statement in work.record.of(MedicationStatement):
        _statement(work, ref, statement)
    for ref, administration in work.record.of(MedicationAdministration):
        _administration(work, ref, administration, links)
    for ref, dispense in work.record.of(MedicationDispense):
        _dispense(work, ref, dispense, links)


# -- the four resources ----------------------------------------------------------------------------------


def _order(work: Extraction, ref: str, order: MedicationRequest, links: Links) -> None:
    validity = order.dispense_request.validity_period if order.dispense_request is not None else None
    begins, ends = work.period(validity)
    start = work.day(order.authored_on) or begins or work.within(order.encounter)
    dosages = [_timed(dosage, ref, links) for dosage in order.dosage_instruction]

    def times(doses: tuple[Dose, ...]) -> _Times:
        stated = [ends] if ends is not None else [dose.end for dose in doses]
        begun = begins if begins is not None and work.later(begins) else start
        known = [end for end in stated if end is not None]
        end = max(known, key=lambda each: each.last) if known and len(known) == len(stated) else None
        links.current[ref] = is_current(work, ref, order, begun, stated, links)
        return _Times(start, end, links.current[ref])

    _Entry(work, ref, order, "order", start, dosages, refused_order(order)).read(times)


def _timed(dosage: Dosage, ref: str, links: Links) -> Dosage:
    """An order's dosage with the timing of its dispense, where it has none itself (MIMIC)."""
    if dosage.timing is not None:
        return dosage
    timing = links.timing(ref)
    return msgspec.structs.replace(dosage, timing=timing) if timing is not None else dosage


def _statement(work: Extraction, ref: str, statement: MedicationStatement) -> None:
    begins, ends = work.period(statement.effective_period)
    asserted = work.day(statement.date_asserted)
    start = begins or work.day(statement.effective_date_time) or asserted or work.within(statement.context)

    def times(_: tuple[Dose, ...]) -> _Times:
        return _Times(start, ends, _is_taken(statement.status, None if ends is None else work.over(ends)))

    reason = _STATEMENT_REFUSED.get(statement.status, "")
    _Entry(work, ref, statement, "statement", start, statement.dosage, reason).read(times)


def _is_taken(status: str, over: bool | None) -> bool | None:
    """Whether a stated drug is taken; None where status and period contradict each other, or say nothing."""
    if over:
        return False
    if status in _NO_MORE:
        return False if over is None else None
    return True if status == "active" else None


def _administration(work: Extraction, ref: str, administration: MedicationAdministration, links: Links) -> None:
    start, end = work.period(administration.effective_period)
    start = start or work.day(administration.effective_date_time) or work.within(administration.context)

    def times(_: tuple[Dose, ...]) -> _Times:
        running = administration.status == "in-progress" or (
            start is not None and end is not None and start.first <= work.today < end.last
        )
        return _Times(start, work.known_by_now(end), True if running else None)

    dosages = [_routed(work, administration)] if administration.dosage is not None else []
    reason = refused_administration(administration)
    given = None if administration.status in ("unknown", "on-hold", "") else True
    order = links.key(administration.request) if administration.request is not None else ""
    _Entry(work, ref, administration, "administration", start, dosages, reason, given, order).read(times)


def _routed(work: Extraction, administration: MedicationAdministration) -> Dosage:
    """An administration's dose with its own route, or with that of the order it was given on."""
    assert administration.dosage is not None
    dosage = administration.dosage.as_dosage()
    if dosage.route is not None or administration.request is None:
        return dosage
    order = work.record.find(administration.request.reference, MedicationRequest)
    routes = [each.route for each in order.dosage_instruction] if order is not None else []
    if routes and all(route == routes[0] for route in routes):
        dosage.route = routes[0]
    return dosage


def _dispense(work: Extraction, ref: str, dispense: MedicationDispense, links: Links) -> None:
    start = work.day(dispense.when_handed_over) or work.day(dispense.when_prepared) or work.within(dispense.context)
    supply = _days(dispense)

    def times(_: tuple[Dose, ...]) -> _Times:
        if start is None:
            return _Times()
        end = _after(start, supply) if supply else None
        limit = max(supply, work.statuses.outpatient)
        over = start.age_on(work.today)[0] > limit or (not supply and used_up(work, dispense, links))
        return _Times(start, end, False if over else None)

    reason = _DISPENSE_REFUSED.get(dispense.status, "")
    _Entry(work, ref, dispense, "dispense", start, dispense.dosage_instruction, reason).read(times)


def _days(dispense: MedicationDispense) -> int:
    supply = dispense.days_supply
    if supply is None or supply.value is None or (supply.code or supply.unit or "d")[0].lower() != "d":
        return 0
    return min(max(int(supply.value), 0), 3_660)


def _after(start: When, days: int) -> When | None:
    try:
        return When(start.first + timedelta(days=days), start.last + timedelta(days=days))
    except OverflowError:
        return None


# -- one resource into events ----------------------------------------------------------------------------


class _Entry:
    """One drug resource on its way to its fate."""

    def __init__(  # noqa: PLR0913  the parts that the four resources share
        self,
        work: Extraction,
        ref: str,
        resource: Drugged,
        source: _Source,
        start: When | None,
        dosages: Sequence[Dosage],
        reason: str,
        given: bool | None = None,
        order: str = "",
    ) -> None:
        self.work = work
        self.ref = ref
        self.resource = resource
        self.type = type(resource).__name__
        self.source = source
        self.start = start
        self.dosages = list(dosages)
        self.reason = reason or ("after-as-of" if work.later(start) else "")
        self.given = given
        self.order = order
        self.outside = _outside_route(dosages)
        self._doses: dict[str, tuple[Dose, ...]] = {}

    def read(self, times: _Timing) -> None:
        """Into events, the not used, or the irrelevant; `times` tells from the doses when and whether now."""
        work = self.work
        found = drug_of(work, self.resource)
        if found.fate == "irrelevant":
            work.ignore(self.type)
            return
        concepts = [concept for product in found.products for concept in product.concepts]
        reason = self.reason or ("not-systemic" if found.fate == "not-systemic" else "")
        if reason:
            work.set_aside(self.ref, concepts, reason)
            return
        if found.fate == "unknown" or self.resource.modifier_extension:
            self._puzzle(found, concepts, times(self._read_doses("")))
            return
        self._use(found, times)

    def _puzzle(self, found: Found, concepts: list[str], times: _Times) -> None:
        reason = "modifier-extension" if self.resource.modifier_extension else found.reason
        if reason:
            self.work.set_aside(self.ref, concepts, reason)
        self.work.puzzle(self.type, self._unknown(found, times), "drug", found.could_be)

    def _unknown(self, found: Found, times: _Times) -> Event:
        current = times.current
        if current is None and self.source in ("administration", "dispense") and times.start is not None:
            seen = times.end or times.start
            current = None if seen.age_on(self.work.today)[0] <= self.work.statuses.outpatient else False
        return Event(
            kind="unrecognised",
            concept="",
            ref=self.ref,
            start=times.start,
            end=times.end,
            status=self.resource.status,
            display=found.display,
            current=current,
            could_be=found.could_be,
            of_kind="drug",
        )

    def _use(self, found: Found, times: _Timing) -> None:
        events, local = [], []
        for product in found.products:
            doses = self._read_doses(product.form)
            drug = self._drug(found, product, doses)
            for concept in product.concepts:
                if self._is_local(concept, drug.route):
                    local.append(concept)
                else:
                    events.append(self._event(found, concept, drug, times(doses)))
        if local:
            self.work.set_aside(self.ref, local, "not-systemic")
        if found.partly:
            events.append(self._unknown(found, times(self._read_doses(""))))
        if events:
            self.work.use(self.type, events)

    def _read_doses(self, form: str) -> tuple[Dose, ...]:
        if form not in self._doses:
            work = self.work
            doses = read_dosages(self.dosages, work.tables, self.start, form, work.zone)
            if self.ref in work.malformed:
                doses = tuple(msgspec.structs.replace(dose, unread=(*dose.unread, "malformed-element")) for dose in doses)
            self._doses[form] = doses
        return self._doses[form]

    def _drug(self, found: Found, product: Product, doses: tuple[Dose, ...]) -> Drug:
        written = next((dose.route for dose in doses if dose.route), "")
        stated = "" if product.route == "pack" else product.route
        return Drug(
            ingredient=product.ingredient,
            ingredient_code=product.ingredient_code,
            product=found.display,
            strength=product.strength,
            strength_unit=product.strength_unit,
            form=product.form,
            route=self.outside or written or stated,
            others=product.others,
            source=self.source,
            doses=doses,
            by_name=found.by_name,
            given=self.given,
            order=self.order,
            reason=self._reason_given(),
        )

    def _reason_given(self) -> str:
        """What the drug is given for: the reasons' own words, else those of the diagnoses they point to."""
        named = [display_of(each) for each in self.resource.reason_code]
        for reference in self.resource.reason_reference:
            condition = self.work.record.find(reference.reference, Condition)
            named.append(display_of(condition.code) if condition is not None else reference.display)
        return "; ".join(dict.fromkeys(name for name in named if name))

    def _event(self, found: Found, concept: str, drug: Drug, times: _Times) -> Event:
        return Event(
            kind="drug",
            concept=concept,
            ref=self.ref,
            start=times.start,
            end=times.end,
            status=self.resource.status,
            code=found.code,
            display=found.display,
            drug=drug,
            current=times.current,
        )

    @staticmethod
    def _is_local(concept: str, route: str) -> bool:
        """Does the drug stay where it is put?"""
        if concept in _TOPICAL_USES:
            return route in ("ophthalmic", "otic", "catheter")
        return route in _NOT_SYSTEMIC or (concept == _STEROID and route in _LOCAL_STEROID)


def _outside_route(dosages: Sequence[Dosage]) -> str:
    """A route that never reaches the circulation, or only through the lung; empty for every other."""
    found = {_OUTSIDE.get(word) for dosage in dosages for word in _words(dosage.route)}
    return min((each for each in found if each), default="")


def _words(route: CodeableConcept | None) -> list[str]:
    if route is None:
        return []
    texts = [route.text, *(text for coding in route.coding for text in (coding.code, coding.display))]
    return [" ".join(text.lower().split()) for text in texts if text]
