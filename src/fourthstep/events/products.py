"""Which drug is it?  From codes, referenced products, their identifiers and ingredients, and last from names.

The order of trust: a code with its product; the code of the referenced Medication; the Medication's
identifiers; its ingredients; words of the name.  What none of them explains is unrecognised: it could be any
drug.
"""

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from fourthstep.events.extraction import Extraction, display_of, written_code
from fourthstep.knowledge.codes import Product, strength_of
from fourthstep.record.resources import CodeableConcept, Coding, Drugged, Medication, Reference

Fate = Literal["known", "irrelevant", "not-systemic", "unknown"]
_DEEPEST = 4
_FLUSH = frozenset({"flush", "flushes", "lock", "clearance", "priming", "dwell"})
"""Words of a product name that say that the drug stays in a catheter."""
_CATHETER_DRUGS = frozenset({"heparin", "alteplase"})
_WORD = re.compile(r"[a-z]+")


class Found(msgspec.Struct, frozen=True):
    """What is known of a product, and how it is known."""

    fate: Fate
    products: tuple[Product, ...] = ()
    display: str = ""
    code: str = ""
    by_name: bool = False
    could_be: tuple[str, ...] = ()
    partly: bool = False
    """An ingredient of it is not recognised."""
    reason: str = ""
    """Why it cannot be trusted, as a reason id of what is not used."""


def drug_of(work: Extraction, resource: Drugged) -> Found:
    """The product of an order, statement, administration or dispense."""
    if resource.medication_codeable_concept is not None:
        return concept_product(work, resource.medication_codeable_concept)
    if resource.medication_reference is not None:
        return _referenced(work, resource.medication_reference, resource, 0)
    return Found("unknown")


def concept_product(work: Extraction, concept: CodeableConcept) -> Found:
    """The product of a coded or named drug."""
    found = _coded(work, concept.coding)
    names = [concept.text, *(coding.display for coding in concept.coding), *_code_names(concept.coding)]
    display = display_of(concept) or next((coding.code for coding in concept.coding if coding.code), "")
    found = _named(work, names) if found is None else _agreed(work, found, names)
    if found.fate == "unknown" and not found.reason:
        found = msgspec.structs.replace(found, could_be=found.could_be or work.families(concept))
    return msgspec.structs.replace(found, display=display)


def _agreed(work: Extraction, found: Found, names: list[str]) -> Found:
    """What the code says, unless the name says another drug: then it could be either, and any.

    Seen in real records: the code of hydrocodone with acetaminophen, named captopril.
    """
    coded = {product.ingredient for product in found.products}
    if found.fate != "known" or "" in coded:
        return found
    named = {product.ingredient for name in names for product in work.index.named(name)}
    other = any(work.index.harmless_name(name) or work.index.other_families(name) for name in names)
    agree = coded & named if named else not other
    return found if agree else Found("unknown", code=found.code, reason="code-contradicts-name")


def _code_names(codings: list[Coding]) -> list[str]:
    """Codes that are names themselves, as in MIMIC's `mimic-medication-name`."""
    return [coding.code for coding in codings if coding.system.endswith("-name")]


def _coded(work: Extraction, codings: list[Coding]) -> Found | None:
    """By code: the products of all codings together; None where no code is known."""
    products: dict[str, Product] = {}
    code = ""
    for coding in codings:
        if work.index.not_systemic(coding.system, coding.code):
            return Found("not-systemic", code=written_code(work.index, coding))
        for product in work.index.products(coding.system, coding.code):
            code = code or written_code(work.index, coding)
            name = product.ingredient or product.concepts[0]
            products[name] = _better(products.get(name), product)
    if products:
        return _known(products.values(), code=code)
    for coding in codings:
        if work.index.irrelevant("drug", coding.system, coding.code):
            return Found("irrelevant", code=written_code(work.index, coding))
    return None


def _known(products: Iterable[Product], *, code: str = "", by_name: bool = False) -> Found:
    found = tuple(sorted(products, key=lambda each: (each.ingredient, each.concepts)))
    useful = tuple(each for each in found if each.concepts)
    fate: Fate = "known" if useful else "unknown"
    return Found(fate, useful, code=code, by_name=by_name, partly=len(useful) < len(found))


def _better(known: Product | None, other: Product) -> Product:
    """Of two rows of one ingredient the one that tells more; two strengths that differ are no strength."""
    if known is None or known == other:
        return other
    if known.strength is None or other.strength is None:
        return known if known.strength is not None else other
    if (known.strength, known.strength_unit) == (other.strength, other.strength_unit):
        return known if known.form else other
    return msgspec.structs.replace(known, strength=None, strength_unit="")


def _named(work: Extraction, names: list[str]) -> Found:
    """By the words of its names."""
    products: dict[str, Product] = {}
    words: set[str] = set()
    for name in dict.fromkeys(names):
        words.update(_WORD.findall(name.lower()))
        for product in work.index.named(name):
            products[product.ingredient] = _better(products.get(product.ingredient), _with_strength(product, name))
    if products and words & _FLUSH and set(products) <= _CATHETER_DRUGS:
        return Found("not-systemic")
    if products:
        return _known(products.values(), by_name=True)
    if any(work.index.harmless_name(name) for name in names if name):
        return Found("irrelevant")
    families = {family for name in names for family in work.index.other_families(name)}
    return Found("unknown", could_be=tuple(sorted(families)))


_STRENGTH = re.compile(r"(\d+(?:\.\d+)?) (MG|MCG|MG/ML|MCG/ML|MG/HR|MCG/HR|MG/ACTUAT)(?![A-Za-z/])", re.IGNORECASE)


def _with_strength(product: Product, name: str) -> Product:
    """The strength that an RxNorm-like name states for this ingredient; none where two could be meant.

    The name of a product is read so, never an instruction.
    """
    parts = [part for part in name.split(" / ") if product.ingredient.lower() in part.lower()]
    if len(parts) != 1:
        return product
    found = _STRENGTH.findall(parts[0])
    if len(found) != 1:
        return product
    value, unit = strength_of(found[0][0], found[0][1])
    return msgspec.structs.replace(product, strength=value, strength_unit=unit)


def _referenced(work: Extraction, reference: Reference, holder: Drugged, depth: int) -> Found:
    """The product that a reference points to; by the reference's own words where it is not in the record."""
    medication = _contained(holder, reference.reference) or work.record.find(reference.reference, Medication)
    if medication is not None and depth < _DEEPEST:
        return _medication(work, medication, holder, depth)
    found = _named(work, [reference.display]) if reference.display else Found("unknown")
    return msgspec.structs.replace(found, display=reference.display)


def _contained(holder: Drugged, reference: str) -> Medication | None:
    if not reference.startswith("#"):
        return None
    for raw in holder.contained:
        try:
            inside = msgspec.json.decode(raw, type=Medication)
        except msgspec.ValidationError:
            continue
        if inside.id == reference[1:] or reference == "#":
            return inside
    return None


def _medication(work: Extraction, medication: Medication, holder: Drugged, depth: int) -> Found:
    code = medication.code or CodeableConcept()
    identifiers = [Coding(system=each.system, code=each.value) for each in medication.identifier]
    names = [
        code.text,
        *(coding.display for coding in code.coding),
        *_code_names([*code.coding, *identifiers]),
    ]
    display = next((name for name in names if name), "")
    found = _coded(work, code.coding) or _coded(work, identifiers)
    if found is not None:
        found = _agreed(work, found, names)
    if found is None and medication.ingredient:
        found = _ingredients(work, medication, holder, depth)
    if found is None or (found.fate == "unknown" and not found.reason and any(names)):
        found = _named(work, names)
    if found.fate == "unknown" and not found.reason:
        found = msgspec.structs.replace(found, could_be=found.could_be or work.families(medication.code))
    return msgspec.structs.replace(found, display=display or found.display)


def _ingredients(work: Extraction, medication: Medication, holder: Drugged, depth: int) -> Found:
    """All ingredients together: known if one is, irrelevant only if all are."""
    parts: list[Found] = []
    for each in medication.ingredient:
        if each.item_codeable_concept is not None:
            parts.append(concept_product(work, each.item_codeable_concept))
        elif each.item_reference is not None:
            parts.append(_referenced(work, each.item_reference, holder, depth + 1))
    products: dict[str, Product] = {}
    for part in parts:
        for product in part.products:
            products[product.ingredient] = _better(products.get(product.ingredient), product)
    display = " + ".join(part.display for part in parts if part.display)
    unknown = any(part.fate == "unknown" or part.partly for part in parts) or not parts
    if products:
        by_name = all(part.by_name for part in parts if part.products)
        found = _known(products.values(), by_name=by_name)
        return msgspec.structs.replace(found, display=display, partly=found.partly or unknown)
    fate: Fate = "unknown" if unknown else "not-systemic" if parts[0].fate == "not-systemic" else "irrelevant"
    return Found(fate, display=display)
