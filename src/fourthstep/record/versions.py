"""Tell-tales of other FHIR versions: elements that R4 does not have, or that R4 writes in another shape.

They are looked for only where a version would be misread: a `MedicationStatement.taken` of "n" in STU3 would
be a drug that is taken in R4.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from fourthstep.record.resources import (
    AllergyIntolerance,
    Condition,
    Dosage,
    Encounter,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Procedure,
    Resource,
)

FOREIGN_TYPES = {
    "MedicationOrder": "DSTU2",
    "DiagnosticOrder": "DSTU2",
    "DeviceUseRequest": "DSTU2",
    "ProcedureRequest": "DSTU2 or STU3",
    "ReferralRequest": "DSTU2 or STU3",
    "DataElement": "DSTU2 or STU3",
    "BodySite": "DSTU2 or STU3",
    "MedicationUsage": "R5",
    "DeviceUsage": "R5",
}
"""Resource types that only other versions have."""

_ELEMENTS: dict[type[Resource], dict[str, str]] = {
    Condition: {"assertedDate": "STU3", "dateRecorded": "DSTU2"},
    Observation: {"context": "STU3", "comments": "DSTU2"},
    MedicationRequest: {"medication": "R5", "context": "STU3"},
    MedicationStatement: {"taken": "STU3", "wasNotTaken": "DSTU2", "medication": "R5"},
    MedicationAdministration: {"notGiven": "STU3", "wasNotGiven": "DSTU2", "medication": "R5"},
    MedicationDispense: {"notDone": "STU3", "medication": "R5"},
    Procedure: {"notDone": "STU3", "notPerformed": "DSTU2", "context": "STU3", "occurrenceDateTime": "R5",
                "occurrencePeriod": "R5"},
    AllergyIntolerance: {"assertedDate": "STU3", "substance": "DSTU2"},
    Encounter: {"actualPeriod": "R5"},
}  # fmt: skip
_DOSAGE = ("doseQuantity", "doseRange", "rateQuantity", "rateRatio", "rateRange")
"""Directly in a dosage: STU3 and before; R4 has them in `doseAndRate`."""


def _as_attribute(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)


_GETTERS: dict[type[Resource], tuple[Callable[[Any], tuple[Any, ...]], tuple[Any, ...]]] = {
    kind: (attrgetter(*map(_as_attribute, elements), "id"), (None,) * len(elements)) for kind, elements in _ELEMENTS.items()
}


def foreign_resource(resource: Resource) -> tuple[str, str] | None:
    """Version and element, where a decoded resource holds an element that R4 does not have."""
    found = _GETTERS.get(type(resource))
    if found is None:
        return None
    values = found[0](resource)[:-1]
    if values != found[1]:
        elements = _ELEMENTS[type(resource)]
        return next(
            (version, name) for (name, version), value in zip(elements.items(), values, strict=True) if value is not None
        )
    dosages = getattr(resource, "dosage_instruction", None) or getattr(resource, "dosage", None)
    return _foreign_dosage(dosages) if isinstance(dosages, list) else None


def _foreign_dosage(dosages: list[Dosage]) -> tuple[str, str] | None:
    for dosage in dosages:
        for name in _DOSAGE:
            if getattr(dosage, f"stu3{_as_attribute(name[0].upper() + name[1:])}") is not None:
                return "STU3", f"dosage.{name}"
    return None


def foreign_element(kind: str, tree: dict[str, Any]) -> tuple[str, str] | None:
    """Version and element, where a resource that could not be decoded has the shape of another version."""
    shape = _SHAPES.get(kind, {})
    for name, by_type in shape.items():
        version = by_type.get(type(tree.get(name)))
        if version:
            return version, name
    return None


_SHAPES: dict[str, dict[str, dict[type, str]]] = {
    "Condition": {"clinicalStatus": {str: "STU3 or DSTU2"}, "verificationStatus": {str: "STU3 or DSTU2"}},
    "AllergyIntolerance": {"clinicalStatus": {str: "STU3"}, "type": {dict: "R5"}},
    "Encounter": {"class": {str: "DSTU2", list: "R5"}},
    "Consent": {"provision": {list: "R5"}},
}
"""Resource type -> element -> the shape that another version gives it."""
