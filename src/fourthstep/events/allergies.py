"""Allergies and intolerances: by substance code, by the drug's ingredient, or by a name."""

import re

from fourthstep.events.conditions import code_of
from fourthstep.events.event import Drug, Event
from fourthstep.events.extraction import Extraction, display_of, written_code
from fourthstep.events.products import concept_product
from fourthstep.record.resources import AllergyIntolerance, CodeableConcept

_KINDS = ("allergy", "condition")
_NAMELESS = frozenset({"drug_allergy"})
"""Concepts that say "a drug" without saying which."""
_PAST = frozenset({"inactive", "resolved"})
_DOUBTFUL = frozenset({"unconfirmed", "presumed", "provisional", "differential"})
_AGENTS = re.compile(r"latex|rubber|contrast|iodin|gadolin|medium|media|dye", re.IGNORECASE)
_FOOD = frozenset({"food"})


def extract_allergies(work: Extraction) -> None:
    """Every AllergyIntolerance of the record."""
    for ref, allergy in work.record.of(AllergyIntolerance):
        _allergy(work, ref, allergy)


def _allergy(work: Extraction, ref: str, allergy: AllergyIntolerance) -> None:
    substances = [allergy.code, *(reaction.substance for reaction in allergy.reaction)]
    events: list[Event] = []
    fates = []
    common = _common(work, ref, allergy)
    for substance in substances:
        if substance is not None:
            fate, found = _substance(work, substance, common)
            fates.append(fate)
            events += found
    start = common["start"]
    verification = code_of(allergy.verification_status)
    concepts = [event.concept for event in events]
    harmless = not events and "unknown" not in fates and bool(fates)
    if harmless or (not events and _is_food(allergy)):
        work.ignore("AllergyIntolerance")
        return
    if verification in ("entered-in-error", "refuted"):
        work.set_aside(ref, concepts, verification)
        return
    if work.later(start):  # type: ignore[arg-type]
        work.set_aside(ref, concepts, "after-as-of")
        return
    if allergy.modifier_extension:
        work.set_aside(ref, concepts, "modifier-extension")
    named = [event for event in events if event.concept not in _NAMELESS]
    if allergy.modifier_extension or not named:
        could_be = work.families(allergy.code)
        work.puzzle(
            "AllergyIntolerance",
            Event(kind="unrecognised", concept="", of_kind="allergy", could_be=could_be, **common),  # type: ignore[arg-type]
        )
        return
    work.use("AllergyIntolerance", {(event.concept, event.code): event for event in named}.values())


def _common(work: Extraction, ref: str, allergy: AllergyIntolerance) -> dict[str, object]:
    start = (
        work.day(allergy.onset_date_time)
        or work.period(allergy.onset_period)[0]
        or work.day(allergy.recorded_date)
        or work.within(allergy.encounter)
    )
    status = code_of(allergy.clinical_status)
    verification = code_of(allergy.verification_status)
    return {
        "ref": ref,
        "start": start,
        "status": status,
        "display": display_of(allergy.code),
        "current": False if status in _PAST else True if status == "active" else None,
        "verification": verification if verification in _DOUBTFUL else "",
        "text": allergy.criticality,
    }


def _substance(
    work: Extraction, substance: CodeableConcept, common: dict[str, object]
) -> tuple[str, list[Event]]:
    """The fate of one substance, and its events."""
    found = work.meanings(_KINDS, substance)
    if found:
        return "known", [
            Event(
                kind="allergy",
                concept=hit.concept,
                code=written_code(work.index, coding),
                mark=hit.mark,
                **common,  # type: ignore[arg-type]
            )
            for _, hit, coding in found
        ]
    if work.irrelevant_code(("allergy",), substance):
        return "irrelevant", []
    product = concept_product(work, substance)
    if product.fate != "known":
        return product.fate, []
    return "known", [
        Event(
            kind="allergy",
            concept=concept,
            code=product.code,
            drug=Drug(each.ingredient, each.ingredient_code, product.display, by_name=product.by_name),
            **common,  # type: ignore[arg-type]
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
