"""What the shipped tables make of codes, names and units that are easily misread."""

from decimal import Decimal
from functools import cache
from typing import Any

import patients
import pytest
from patients import RXNORM, extract, fate, resource

from fourthstep.events.event import Event, Events
from fourthstep.knowledge.codes import CodeIndex, read_code_tables

ICD_9 = "http://hl7.org/fhir/sid/icd-9-cm"


@cache
def index() -> CodeIndex:
    return CodeIndex(read_code_tables(patients.ROOT / "knowledge" / "codes"))


def order(*codings: dict[str, Any], text: str = "") -> dict[str, Any]:
    code = {"coding": list(codings), "text": text}
    return resource("MedicationRequest", status="active", intent="order", medicationCodeableConcept=code)


def read(made: dict[str, Any]) -> Events:
    return extract(made, codes=index())


def coding(code: str, display: str = "", system: str = RXNORM) -> dict[str, Any]:
    return {"system": system, "code": code, "display": display}


MIMIC_NAME = "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-medication-name"
DRUGS = {
    # neurolytics by code only: as words they are excipients, wipes and lozenges
    "a lozenge": (order(text="phenol 1.4 % lozenge"), "unrecognised drug"),
    "alcohol wipes": (order(text="alcohol 70 % pads"), "unrecognised drug"),
    "glycerin": (order(text="Glycerin Suppository"), "unrecognised drug"),
    "phenol by its code": (order(coding("33290")), "used neurolytic:neurolytic"),
    # an ingredient without a concept of ours is never dropped
    "benzhydrocodone": (order(text="benzhydrocodone"), "unrecognised drug"),
    "benzhydrocodone with acetaminophen": (order(coding("2001358")), "unrecognised drug"),
    "levomethadyl": (order(text="levomethadyl"), "unrecognised drug"),
    # a name that contradicts its code (seen in real records)
    "hydrocodone named captopril": (order(coding("833036", "Captopril 25 MG Oral Tablet")), "unrecognised drug"),
    "oxycodone named apixaban": (order(coding("1049221", "apixaban 5 MG Oral Tablet")), "unrecognised drug"),
    "oxycodone under a brand": (
        order(coding("1049221", "Percocet")),
        "used opioid:opioid_agonist",
    ),
    "oxycodone under an unknown brand": (
        order(coding("1049221", "Zorblax")),
        "used opioid:opioid_agonist",
    ),
    # blanks at the end, as in MIMIC
    "a name with blanks": (
        order(coding("Warfarin  ", system=MIMIC_NAME)),
        "used anticoagulant:vitamin_k_antagonist",
    ),
}


@pytest.mark.parametrize("case", DRUGS)
def test_drugs(case: str) -> None:
    made, result = DRUGS[case]
    found = read(made)
    if result.startswith("unrecognised"):
        assert fate(found) == result
        assert all(event.could_be == () for event in found.events if event.kind == "unrecognised")
    else:
        assert fate(found).split()[0] == "used"
        assert set(result.split()) <= set(fate(found).split())


def test_a_contradiction_is_said() -> None:
    found = read(DRUGS["hydrocodone named captopril"][0])
    assert [each.reason for each in found.not_used] == ["code-contradicts-name"]


def test_a_known_part_of_an_unknown_mixture_is_used() -> None:
    found = read(DRUGS["benzhydrocodone with acetaminophen"][0])
    assert "acetaminophen" in {event.drug.ingredient for event in found.events if event.drug is not None}


PROCEDURES = {
    "a spinal injection": (coding("03.91", system=ICD_9), "used"),
    "the same without a dot": (coding("0391", system=ICD_9), "used"),
    "under the procedures' own name": (coding("0391", system="urn:oid:2.16.840.1.113883.6.104"), "used"),
    "an unlisted procedure": (coding("03.09", system=ICD_9), "unrecognised"),
}


@pytest.mark.parametrize("case", PROCEDURES)
def test_icd_9_means_procedures_in_a_procedure(case: str) -> None:
    """038 is sepsis among the diagnoses, and 03.8 an injection into the spinal canal."""
    code, result = PROCEDURES[case]
    made = resource("Procedure", status="completed", code={"coding": [code]})
    assert fate(read(made)).split()[0] == result


def measured(code: str, value: dict[str, Any], system: str = patients.LOINC) -> Event:
    made = resource(
        "Observation",
        status="final",
        code={"coding": [coding(code, system=system)]},
        effectiveDateTime="2026-02-28",
        valueQuantity=value,
    )
    (event,) = read(made).events
    return event


FEVER = """
    100.4 | [degF] | 38
    98.6  | F      | 37
    102.2 | degF   | 39
    32    | °F     | 0
    38    | Cel    | 38
    38    | °C     | 38
"""


@pytest.mark.parametrize("row", FEVER.strip().splitlines())
def test_a_temperature_in_fahrenheit_is_converted_exactly(row: str) -> None:
    written, unit, celsius = (cell.strip() for cell in row.split("|"))
    event = measured("8310-5", {"value": float(written), "unit": unit})
    assert event.value is not None
    converted = index().convert(event.value, event.unit, "Cel", event.concept)
    assert converted is not None
    assert converted.low == converted.high == Decimal(celsius)


def test_a_weight_whose_name_says_pounds() -> None:
    system = "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-chartevents-d-items"
    event = measured("226531", {"value": 154}, system)
    assert event.concept == "weight"
    assert event.value is not None
    converted = index().convert(event.value, event.unit, "kg")
    assert converted is not None
    assert converted.low == Decimal("69.85322498")


def test_names_of_all_ingredients_but_the_excipients() -> None:
    assert index().named("apixaban 5 mg")
    assert not index().named("phenol, ethanol, alcohol and glycerin")


def test_a_local_code_with_blanks() -> None:
    maps = [("condition", "urn:x", "PANC  CA ", "exact", "pancreas", "V", "")]
    assert index().overlaid(maps).concepts("condition", "urn:x", " PANC CA") == ("pancreas",)
    assert index().overlaid(maps) is index().overlaid(maps)
