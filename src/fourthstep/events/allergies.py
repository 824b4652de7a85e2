"""Allergies and intolerances: by substance code, by the drug's ingredient, or by a name."""

import re

import msgspec

from fourthstep.events.conditions import code_of
from fourthstep.events.event import Drug, Event, EventKind
from fourthstep.events.extraction import Extraction, display_of
from fourthstep.events.products import Fate, concept_product
from fourthstep.record.resources import AllergyIntolerance, CodeableConcept

_KINDS: tuple[EventKind, ...] = ("allergy", "condition")
_NAMELESS = frozenset({"drug_allergy"})
"""Concepts that say "a drug" without saying which."""
_PAST = frozenset({"inactive", "resolved"})
_DOUBTFUL = frozenset({"unconfirmed", "presumed", "provisional", "differential"})
_AGENTS = re.compile(r"latex|rubber|contrast|iodin|gadolin|medium|media|dye", re.IGNORECASE)
_REFUSED = frozenset({"entered-in-error", "refuted"})
_FOOD = frozenset({"food"})


def extract_allergies(work: Extraction) -> None:
    """Every AllergyIntolerance of the record."""
    for ref, allergy in work.record.of(AllergyIntolerance):
        _allergy(work, ref, allergy)


def _allergy(work: Extraction, ref: str, allergy: AllergyIntolerance) -> None:
    event = _event(work, ref, allergy)
    substances = [allergy.code, *(reaction.substance for reaction in allergy.reaction)]
    read = [_substance(work, each, event) for each in substances if each is not None]
    events = [found for _, each in read for found in each]
    named = {(each.concept, each.code): each for each in events if each.concept not in _NAMELESS}
    fates = {fate for fate, _ in read}
    if not events and (fates == {"irrelevant"} or _is_food(allergy)):
        work.ignore("AllergyIntolerance")
        return
    verification = code_of(allergy.verification_status)
    reason = verification if verification in _REFUSED else "after-as-of" if work.later(event.start) else ""
    if reason or allergy.modifier_extension:
        work.set_aside(ref, [each.concept for each in events], reason or "modifier-extension")
    if reason:
        return
    if named and not allergy.modifier_extension:
        work.use("AllergyIntolerance", named.values())
    if not named or "unknown" in fates or allergy.modifier_extension:
        work.puzzle("AllergyIntolerance", event, "allergy", work.families(allergy.code))


def _event(work: Extraction, ref: str, allergy: AllergyIntolerance) -> Event:
    """What all substances of an entry share."""
    start = (
        work.day(allergy.onset_date_time)
        or work.period(allergy.onset_period)[0]
        or work.day(allergy.recorded_date)
        or work.within(allergy.encounter)
    )
    status = code_of(allergy.clinical_status)
    verification = code_of(allergy.verification_status)
    return Event(
        kind="unrecognised",
        concept="",
        ref=ref,
        start=start,
        status=status,
        display=display_of(allergy.code),
        current=False if status in _PAST else True if status == "active" else None,
        verification=verification if verification in _DOUBTFUL else "",
        text=allergy.criticality,
    )


def _substance(work: Extraction, substance: CodeableConcept, base: Event) -> tuple[Fate, list[Event]]:
    """The fate of one substance, and its events."""
    found = work.meanings(_KINDS, substance)
    if found:
        return "known", [msgspec.structs.replace(each, kind="allergy") for each in work.events_of(base, found)]
    if work.irrelevant_code(("allergy",), substance):
        return "irrelevant", []
    product = concept_product(work, substance)
    if product.fate != "known":
        return "irrelevant" if product.fate == "irrelevant" else "unknown", []
    return "known", [
        msgspec.structs.replace(
            base,
            kind="allergy",
            concept=concept,
            code=product.code,
            drug=Drug(each.ingredient, each.ingredient_code, product.display, by_name=product.by_name),
        )
        for each in product.products
        for concept in each.concepts
    ]


def _is_food(allergy: AllergyIntolerance) -> bool:
    """A food is no drug; latex and contrast media are sometimes filed under it."""
    if frozenset(allergy.category) != _FOOD:
        return False
    texts = [allergy.code.text, *(coding.display for coding in allergy.code.coding)] if allergy.code else []
    return any(texts) and not any(_AGENTS.search(text) for text in texts)
