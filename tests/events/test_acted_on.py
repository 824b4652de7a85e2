"""What was done on an order: it tells whether the order lives, and how far a supply reaches."""

from typing import Any

import pytest
from patients import concept, extract, resource

from fourthstep.events.event import Event

OXYCODONE = {"text": "oxycodone"}
OLD = "2025-11-01"


def order(identity: str = "o", **more: Any) -> dict[str, Any]:
    common = {
        "status": "active",
        "intent": "order",
        "authoredOn": OLD,
        "medicationCodeableConcept": OXYCODONE,
        "encounter": {"reference": "Encounter/e"},
    }
    return resource("MedicationRequest", identity, **(common | more))


def given(**more: Any) -> dict[str, Any]:
    common = {
        "status": "completed",
        "medicationCodeableConcept": OXYCODONE,
        "request": {"reference": "MedicationRequest/o"},
        "effectiveDateTime": "2026-02-27",
    }
    return resource("MedicationAdministration", "a", **(common | more))


def handed_out(**more: Any) -> dict[str, Any]:
    common = {
        "status": "completed",
        "medicationCodeableConcept": OXYCODONE,
        "authorizingPrescription": [{"reference": "MedicationRequest/o"}],
        "whenHandedOver": "2026-02-20",
    }
    return resource("MedicationDispense", "d", **(common | more))


def encounter(code: str) -> dict[str, Any]:
    period = {"start": "2026-02-19", "end": "2026-02-25"}
    return resource("Encounter", "e", status="finished", period=period, **{"class": {"code": code}})


def current(source: str, *made: dict[str, Any]) -> bool | None:
    (event,) = (each for each in extract(*made).events if each.drug is not None and each.drug.source == source)
    return event.current


SIGNS = {
    "given lately": (given(), True),
    "given in error": (given(status="entered-in-error"), None),
    "not given, though completed": (given(dosage={"method": {"text": "Not Given"}}), None),
    "held": (given(dosage={"method": {"coding": [{"code": "Hold Dose"}]}}), None),
    "only flushed": (given(dosage={"method": {"coding": [{"code": "Flushed"}]}}), None),
    "renewed": (order("n", authoredOn="2026-02-20", priorPrescription={"reference": "MedicationRequest/o"}), True),
    "renewal planned": (
        order("n", authoredOn="2026-02-20", intent="plan", priorPrescription={"reference": "MedicationRequest/o"}),
        None,
    ),
    "renewal cancelled": (
        order("n", authoredOn="2026-02-20", status="cancelled", priorPrescription={"reference": "MedicationRequest/o"}),
        None,
    ),
}


@pytest.mark.parametrize("case", SIGNS)
def test_an_old_order_lives_while_somebody_acts_on_it(case: str) -> None:
    sign, result = SIGNS[case]
    (event,) = (each for each in extract(order(), sign).events if each.ref == "MedicationRequest/o")
    assert event.current is result


ENDED = {"status": "completed", "authoredOn": "2026-02-20"}
SUPPLIES = {
    "for a stay, order over": (order(**ENDED), encounter("IMP"), {}, False),
    "for an emergency visit, order over": (order(**ENDED), encounter("EMER"), {}, False),
    "for a stay, order active": (order(authoredOn="2026-02-27"), encounter("IMP"), {}, None),
    "for home, order over": (order(**ENDED), encounter("AMB"), {}, None),
    "at discharge": (order(category=[{"coding": [{"code": "discharge"}]}], **ENDED), encounter("IMP"), {}, None),
    "with days of supply": (order(**ENDED), encounter("IMP"), {"daysSupply": {"value": 30, "code": "d"}}, None),
    "without an order": (order("other", **ENDED), encounter("IMP"), {}, None),
    "naming no order": (order(**ENDED), encounter("IMP"), {"authorizingPrescription": []}, None),
}


@pytest.mark.parametrize("case", SUPPLIES)
def test_what_a_hospital_handed_out_ends_with_its_order(case: str) -> None:
    made, where, more, result = SUPPLIES[case]
    assert current("dispense", made, where, handed_out(**more)) is result


STATEMENTS = {
    "active": ({"status": "active"}, True),
    "active, over": ({"status": "active", "effectivePeriod": {"end": "2026-02-01"}}, False),
    "intended": ({"status": "intended"}, None),
    "on hold": ({"status": "on-hold"}, None),
    "unknown": ({"status": "unknown"}, None),
    "completed": ({"status": "completed"}, False),
    "completed, but its period goes on": ({"status": "completed", "effectivePeriod": {"end": "2026-04"}}, None),
    "stopped": ({"status": "stopped"}, False),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_what_is_said_to_be_taken(case: str) -> None:
    more, result = STATEMENTS[case]
    made = resource("MedicationStatement", medicationCodeableConcept=OXYCODONE, **more)
    assert current("statement", made) is result


ROUTES = {"IV": "intravenous", "SC": "subcutaneous", "IM": "intramuscular", "IVPCA": "intravenous", "PO": ""}


@pytest.mark.parametrize("route", [*ROUTES, "Subcutaneous route"])
def test_a_parenteral_route_keeps_its_word(route: str) -> None:
    """Heparin into a vein and under the skin are two treatments."""
    dosage = {"route": {"coding": [{"code": route}]}, "doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}]}
    (event,) = extract(order(dosageInstruction=[dosage])).events
    assert event.drug is not None
    (dose,) = event.drug.doses
    assert dose.route_word == ROUTES.get(route, "subcutaneous")


def test_two_parenteral_words_are_none() -> None:
    coding = [{"code": "IV"}, {"code": "SC"}]
    (event,) = extract(order(dosageInstruction=[{"route": {"coding": coding}}])).events
    assert event.drug is not None
    assert [(dose.route, dose.route_word) for dose in event.drug.doses] == [("parenteral", "")]


FUTURE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a condition": (
        {"abatementDateTime": "2027-01-01", "onsetDateTime": "2026-01-01"},
        resource("Condition", code=concept("http://snomed.info/sct", "363418001")),
    ),
    "a procedure": (
        {"performedPeriod": {"start": "2026-02-28", "end": "2027-01-01"}},
        resource("Procedure", status="in-progress", code=concept("http://snomed.info/sct", "1287742003")),
    ),
    "an infusion": (
        {"effectivePeriod": {"start": "2026-02-28", "end": "2027-01-01"}, "effectiveDateTime": ""},
        given(),
    ),
}


@pytest.mark.parametrize("case", FUTURE)
def test_nobody_knew_an_end_that_lies_in_the_future(case: str) -> None:
    more, made = FUTURE[case]
    (event,) = extract(made | more).events
    assert isinstance(event, Event)
    assert event.end is None
    assert event.start is not None
    assert event.current is True


def test_a_stay_lends_only_its_days_until_now() -> None:
    stay = resource("Encounter", "e", status="finished", period={"start": "2026-02-20", "end": "2026-03-20"})
    made = resource("Condition", code=concept("http://snomed.info/sct", "363418001"), encounter={"reference": "Encounter/e"})
    (event,) = (each for each in extract(stay, made).events if each.kind == "condition")
    assert event.start is not None
    assert (event.start.first.isoformat(), event.start.last.isoformat()) == ("2026-02-20", "2026-03-01")


@pytest.mark.parametrize(("status", "result"), [("", None), ("active", True), ("resolved", False)])
def test_an_end_in_an_uncertain_month_is_left_to_the_status(status: str, result: bool | None) -> None:
    made = resource(
        "Condition",
        code=concept("http://snomed.info/sct", "363418001"),
        abatementDateTime="2026",
        clinicalStatus={"coding": [{"code": status}]},
    )
    (event,) = extract(made).events
    assert event.current is result
