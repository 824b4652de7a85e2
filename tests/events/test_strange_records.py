"""A strange record is an ordinary day: whatever is broken in it, it is read or refused, and nothing else is raised."""

import copy
import random
from typing import Any

import patients
import pytest
from patients import LOINC, PATIENT, SNOMED, concept, resource

from fourthstep.events.extract import extract_events
from fourthstep.ground.dates import as_of
from fourthstep.ground.errors import RecordError
from fourthstep.knowledge.codes import RXNORM
from fourthstep.record import read_record

PERIOD = {"start": "2026-01-01", "end": "2026-02-01T10:00:00Z"}
DOSAGE = {
    "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsPeriod": PERIOD}},
    "route": concept(SNOMED, "26643006"),
    "doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}],
}
RECORD: list[dict[str, Any]] = [
    PATIENT,
    resource("Encounter", "e", status="finished", period=PERIOD, **{"class": {"code": "IMP"}}),
    resource(
        "Observation",
        "o",
        status="final",
        code=concept(LOINC, "72514-3"),
        valueQuantity={"value": 7, "unit": "{score}"},
        encounter={"reference": "Encounter/e"},
        bodySite=concept(SNOMED, "113197003"),
        component=[{"code": concept(LOINC, "8480-6"), "valueInteger": 120}],
    ),
    resource("Condition", "c", code=concept(SNOMED, "363418001"), clinicalStatus=concept("x", "active"), onsetPeriod=PERIOD),
    resource("Procedure", "p", status="completed", code=concept(SNOMED, "1287742003"), performedPeriod=PERIOD),
    resource(
        "MedicationRequest",
        "r",
        status="active",
        intent="order",
        authoredOn="2026-02-01",
        medicationReference={"reference": "Medication/m"},
        dosageInstruction=[DOSAGE],
        dispenseRequest={"validityPeriod": PERIOD},
    ),
    {"resourceType": "Medication", "id": "m", "ingredient": [{"itemCodeableConcept": concept(RXNORM, "7804")}]},
    resource(
        "MedicationAdministration",
        "a",
        status="completed",
        request={"reference": "MedicationRequest/r"},
        medicationCodeableConcept=concept(RXNORM, "7804"),
        effectivePeriod=PERIOD,
        dosage={"dose": {"value": 5, "unit": "mg"}, "method": concept("x", "Administered")},
    ),
    resource(
        "MedicationDispense",
        "d",
        status="completed",
        medicationCodeableConcept=concept(RXNORM, "7804"),
        authorizingPrescription=[{"reference": "MedicationRequest/r"}],
        daysSupply={"value": 30, "unit": "d"},
        whenHandedOver="2026-02-01",
    ),
    resource("MedicationStatement", "s", status="active", medicationCodeableConcept={"text": "apixaban"}, dosage=[DOSAGE]),
    resource("AllergyIntolerance", "l", code=concept(RXNORM, "7804"), category=["medication"]),
    resource("CarePlan", "k", status="active", category=[concept(SNOMED, "103735009")], period=PERIOD),
]
NONSENSE: list[Any] = [
    None,
    5,
    -1,
    1e300,
    "x",
    "",
    "NaN",
    "9999-12-31",
    "0001-01-01",
    "0000",
    [],
    {},
    [None],
    [[]],
    True,
]


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every container with one of its keys."""
    found: list[tuple[Any, Any]] = []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        found.append((tree, key))
        found += places(value)
    return found


@pytest.mark.parametrize("seed", range(400))
def test_a_broken_record_is_read_or_refused(seed: int) -> None:
    dice = random.Random(seed)
    made = copy.deepcopy(RECORD)
    for _ in range(dice.randint(1, 6)):
        container, key = dice.choice(places(made))
        if dice.random() < 0.2 and isinstance(container, dict):
            del container[key]
        else:
            container[key] = copy.deepcopy(dice.choice(NONSENSE))
    try:
        record = read_record(made)
    except RecordError:
        return
    events = extract_events(record, patients.index(), as_of=as_of("2026-03-01"), tables=patients.dosage_tables())
    assert all(event.ref for event in events.events)


def test_days_at_the_end_of_time() -> None:
    made = [
        PATIENT,
        resource(
            "MedicationDispense",
            status="completed",
            medicationCodeableConcept=concept(RXNORM, "7804"),
            whenHandedOver="9999-12-31",
            daysSupply={"value": 1000, "unit": "d"},
        ),
    ]
    record = read_record(made)
    events = extract_events(record, patients.index(), as_of=as_of("9999-12-31"), tables=patients.dosage_tables())
    assert [event.end for event in events.events] == [None]
