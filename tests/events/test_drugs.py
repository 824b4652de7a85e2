"""Drug resources: which drug, which fate, by which route, with which dose."""

from typing import Any

import patients
import pytest
from patients import LOCAL, MIMIC_NAME, SNOMED, concept, extract, fate, resource

from fourthstep.knowledge.codes import ATC, NDC, RXNORM
from fourthstep.knowledge.load import code_index, load_knowledge

MIMIC_ROUTE = "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-medication-route"


def order(drug: Any = None, identity: str = "x", **more: Any) -> dict[str, Any]:
    medication = {"medicationCodeableConcept": concept(RXNORM, "1049502") if drug is None else drug}
    if drug is not None and "reference" in drug:
        medication = {"medicationReference": drug}
    common = {"status": "active", "intent": "order", "authoredOn": "2026-02-20", **medication}
    return resource("MedicationRequest", identity, **(common | more))


def medication(identity: str = "m", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Medication", "id": identity, **more}


REFERENCE = {"reference": "Medication/m"}
OXY = "used opioid:opioid_agonist"
BOTH = "used antiplatelet:aspirin nsaid:nsaid_nonselective opioid:opioid_agonist"

DRUGS: dict[str, tuple[Any, list[dict[str, Any]], str, bool]] = {
    "a product": (concept(RXNORM, "1049502"), [], OXY, False),
    "a combination": (concept(RXNORM, "1011"), [], BOTH, False),
    "an ingredient": (concept(RXNORM, "7804"), [], OXY, False),
    "an ATC code": (concept(ATC, "B01AF02"), [], "used anticoagulant:doac_xa", False),
    "a code known to mean nothing": (concept(RXNORM, "860975", "oxycodone-like name"), [], "irrelevant", False),
    "a known code beside a local one": (
        {"coding": [{"system": LOCAL, "code": "1"}, {"system": RXNORM, "code": "7804"}]},
        [],
        OXY,
        False,
    ),
    "a product beats an irrelevant code": (
        {"coding": [{"system": RXNORM, "code": "860975"}, {"system": RXNORM, "code": "7804"}]},
        [],
        OXY,
        False,
    ),
    "a flush by code": (concept(NDC, "08290036005"), [], "not used not-systemic", False),
    "a flush by name": (concept(LOCAL, "1", "Heparin Flush (10 units/ml)"), [], "not used not-systemic", False),
    "a flush of another drug": (concept(LOCAL, "1", "oxycodone flush"), [], OXY, True),
    "heparin by name": (concept(LOCAL, "1", "Heparin Sodium"), [], "used anticoagulant:unfractionated_heparin", True),
    "a brand": ({"text": "Roxicodone 5mg"}, [], OXY, True),
    "a name in the display": (concept(LOCAL, "1", "OxyCODONE 10 MG Oral Tablet"), [], OXY, True),
    "two names": ({"text": "oxycodone/aspirin"}, [], BOTH, True),
    "a code that is a name": (concept(MIMIC_NAME, "OxyCODONE (Immediate Release)"), [], OXY, True),
    "a harmless name": ({"text": "metFORMIN 500 MG Oral Tablet"}, [], "irrelevant", False),
    "a half harmless name": ({"text": "metformin / dapagliflozin"}, [], "unrecognised drug", False),
    "text alone": ({"text": "the white pill"}, [], "unrecognised drug", False),
    "an unknown code": (concept(RXNORM, "1"), [], "unrecognised drug", False),
    "nothing": ({}, [], "unrecognised drug", False),
    "a product whose ingredient has no group": (concept(RXNORM, "nameless"), [], "unrecognised drug", False),
    "a referenced product": (REFERENCE, [medication(code=concept(RXNORM, "1049502"))], OXY, False),
    "a referenced name": (REFERENCE, [medication(code={"text": "oxycodone"})], OXY, True),
    "a name among the identifiers": (
        REFERENCE,
        [medication(code=concept(LOCAL, "1"), identifier=[{"system": MIMIC_NAME, "value": "OxyCODONE"}])],
        OXY,
        True,
    ),
    "a code among the identifiers": (
        REFERENCE,
        [medication(identifier=[{"system": RXNORM, "value": "7804"}])],
        OXY,
        False,
    ),
    "ingredients": (
        REFERENCE,
        [
            medication(
                ingredient=[
                    {"itemCodeableConcept": concept(RXNORM, "7804")},
                    {"itemReference": {"reference": "Medication/n"}},
                ]
            ),
            medication("n", code={"text": "saline"}),
        ],
        OXY,
        False,
    ),
    "ingredients of which one is unknown": (
        REFERENCE,
        [medication(ingredient=[{"itemCodeableConcept": concept(RXNORM, "7804")}, {"itemCodeableConcept": {"text": "?"}}])],
        "unrecognised drug",
        False,
    ),
    "ingredients that mean nothing": (
        REFERENCE,
        [medication(ingredient=[{"itemCodeableConcept": {"text": "saline"}}])],
        "irrelevant",
        False,
    ),
    "ingredients without end": (
        REFERENCE,
        [medication(ingredient=[{"itemReference": REFERENCE}])],
        "unrecognised drug",
        False,
    ),
    "an unresolved reference": (REFERENCE, [], "unrecognised drug", False),
    "an unresolved reference with a name": (REFERENCE | {"display": "oxycodone"}, [], OXY, True),
}


@pytest.mark.parametrize("case", DRUGS)
def test_which_drug_it_is(case: str) -> None:
    drug, others, result, by_name = DRUGS[case]
    events = extract(order(drug), *others)
    assert fate(events) == result
    assert all(event.drug.by_name is by_name for event in events.events if event.drug)


def test_a_contained_product() -> None:
    made = order({"reference": "#c"}, contained=[medication("c", code=concept(RXNORM, "1049502")), {"resourceType": 5}])
    assert fate(extract(made)) == OXY
    assert fate(extract(order({"reference": "#d"}, contained=[medication("c")]))) == "unrecognised drug"


def test_a_partly_known_mixture_is_used_and_unrecognised() -> None:
    parts = [{"itemCodeableConcept": concept(RXNORM, "7804")}, {"itemCodeableConcept": {"text": "?"}}]
    events = extract(order(REFERENCE), medication(ingredient=parts))
    assert sorted(event.kind for event in events.events) == ["drug", "unrecognised"]


def test_what_is_known_of_a_product_travels_with_it() -> None:
    (event,) = extract(order()).events
    drug = event.drug
    assert drug is not None
    assert (drug.ingredient, drug.ingredient_code, str(drug.strength), drug.strength_unit) == (
        "oxycodone",
        "7804",
        "10",
        "mg",
    )
    assert (drug.form, drug.route, drug.source) == ("Extended Release Oral Tablet", "oral", "order")
    assert event.code == f"{RXNORM}|1049502"


STRENGTHS = {
    "oxycodone 10 MG Oral Tablet": "10 mg",
    "12 HR oxycodone 15 MG Extended Release Oral Tablet": "15 mg",
    "fentanyl 0.025 MG/HR Transdermal System": "25 ug/h",
    "oxycodone 1 MG/ML Oral Solution": "1 mg/mL",
    "acetaminophen 325 MG / oxycodone 5 MG Oral Tablet": "5 mg",
    "oxycodone 5 MG / naloxone 2.5 MG": "5 mg",
    "oxycodone": "None ",
    "oxycodone 5 MG or 10 MG": "None ",
    "oxycodone 5mg": "None ",
}


@pytest.mark.parametrize("name", STRENGTHS)
def test_the_strength_in_a_products_name(name: str) -> None:
    events = extract(order({"text": name})).events
    drug = next(event.drug for event in events if event.drug and event.drug.ingredient in ("oxycodone", "fentanyl"))
    assert (
        f"{drug.strength if drug.strength is None else drug.strength.normalize():f} {drug.strength_unit}" == STRENGTHS[name]
        if drug.strength
        else STRENGTHS[name] == "None "
    )


def test_two_codes_with_two_strengths_leave_none() -> None:
    rows = [*patients.index()._products[RXNORM, "1049502"]]
    del rows
    both = {"coding": [{"system": RXNORM, "code": "1049502"}, {"system": RXNORM, "code": "1011"}]}
    events = extract(order(both)).events
    drug = next(event.drug for event in events if event.drug and event.drug.ingredient == "oxycodone")
    assert drug.strength is None


REFUSED = {
    "in error": (order(status="entered-in-error"), "entered-in-error"),
    "cancelled": (order(status="cancelled"), "cancelled"),
    "a draft": (order(status="draft"), "draft"),
    "a plan": (order(intent="plan"), "intent-plan"),
    "a proposal": (order(intent="proposal"), "intent-proposal"),
    "an option": (order(intent="option"), "intent-option"),
    "a prohibition": (order(doNotPerform=True), "do-not-perform"),
    "tomorrow": (order(authoredOn="2026-03-02"), "after-as-of"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_order(case: str) -> None:
    made, reason = REFUSED[case]
    events = extract(made)
    assert not events.events
    assert [(each.concept, each.reason) for each in events.not_used] == [("opioid:opioid_agonist", reason)]


def test_a_modifier_makes_any_drug_of_it() -> None:
    events = extract(order(modifierExtension=[{"url": "x"}]))
    assert fate(events) == "unrecognised drug"
    assert [each.reason for each in events.not_used] == ["modifier-extension"]


@pytest.mark.parametrize("intent", ["order", "original-order", "instance-order", "filler-order", "reflex-order", ""])
def test_other_intents_are_orders(intent: str) -> None:
    assert fate(extract(order(intent=intent))) == OXY


# -- routes ----------------------------------------------------------------------------------------------


def routed(drug: Any, *words: str, system: str = MIMIC_ROUTE) -> dict[str, Any]:
    codings = [{"system": system, "code": word} for word in words]
    return order(drug, dosageInstruction=[{"route": {"coding": codings}}] if words else [])


ROUTES = {
    "the order's route": (routed({"text": "oxycodone"}, "IV"), "parenteral"),
    "a SNOMED route": (routed({"text": "oxycodone"}, "26643006", system=SNOMED), "oral"),
    "the product's route": (routed(None), "oral"),
    "the order's before the product's": (routed(None, "PR"), "rectal"),
    "an unknown route": (routed({"text": "oxycodone"}, "xyz"), ""),
    "none": (routed({"text": "oxycodone"}), ""),
    "a patch": (routed(concept(RXNORM, "245134")), "transdermal"),
    "inhaled": (routed({"text": "fentanyl"}, "NEB"), "inhaled"),
    "a local anaesthetic on the skin": (routed({"text": "lidocaine"}, "TP"), "topical"),
}


@pytest.mark.parametrize("case", ROUTES)
def test_the_route(case: str) -> None:
    made, route = ROUTES[case]
    events = extract(made).events
    assert {event.drug.route for event in events if event.drug} == {route}


NOT_SYSTEMIC = {
    "a gel": routed(concept(RXNORM, "855633")),
    "eye drops": routed({"text": "diclofenac"}, "BOTH EYES"),
    "ear drops": routed({"text": "dexamethasone"}, "10547007"),
    "a catheter lock": routed({"text": "heparin"}, "DWELL"),
    "an inhaled steroid": routed({"text": "dexamethasone"}, "IH"),
    "a nasal steroid": routed({"text": "dexamethasone"}, "NU"),
    "an anaesthetic in the eye": routed({"text": "lidocaine"}, "LEFT EYE"),
}


@pytest.mark.parametrize("case", NOT_SYSTEMIC)
def test_what_stays_where_it_is_put_is_not_used(case: str) -> None:
    assert fate(extract(NOT_SYSTEMIC[case])) == "not used not-systemic"


def test_by_mouth_the_same_drug_counts() -> None:
    assert fate(extract(routed({"text": "dexamethasone"}, "PO"))) == "used adjuvant:corticosteroid"


# -- statements, administrations, dispenses --------------------------------------------------------------


def statement(status: str = "active", **more: Any) -> dict[str, Any]:
    common = {"status": status, "dateAsserted": "2026-02-20", "medicationCodeableConcept": {"text": "apixaban"}}
    return resource("MedicationStatement", **(common | more))


STATEMENTS = {
    "active": (statement(), True),
    "unknown": (statement("unknown"), None),
    "unknown and old": (statement("unknown", dateAsserted="2020"), None),
    "on hold": (statement("on-hold"), None),
    "completed": (statement("completed"), False),
    "stopped": (statement("stopped"), False),
    "active with an end in the past": (statement(effectivePeriod={"start": "2026-01-01", "end": "2026-02-01"}), False),
    "active with an end to come": (statement(effectivePeriod={"start": "2026-01-01", "end": "2026-04-01"}), True),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_what_somebody_says_is_taken(case: str) -> None:
    made, current = STATEMENTS[case]
    (event,) = extract(made).events
    assert event.current is current
    assert event.drug is not None
    assert event.drug.source == "statement"


def test_what_is_said_not_to_be_taken() -> None:
    assert fate(extract(statement("not-taken"))) == "not used not-taken"
    assert fate(extract(statement("entered-in-error"))) == "not used entered-in-error"


def given(status: str = "completed", method: str = "", **more: Any) -> dict[str, Any]:
    dosage: dict[str, Any] = {"dose": {"value": 5, "unit": "mg"}}
    if method:
        dosage["method"] = {"coding": [{"code": method}]}
    common = {
        "status": status,
        "effectiveDateTime": "2026-02-28T10:00:00Z",
        "medicationCodeableConcept": {"text": "oxycodone"},
        "dosage": dosage,
    }
    return resource("MedicationAdministration", "a", **(common | more))


GIVEN = {
    "given": (given(), "True"),
    "given, says the method": (given(method="Administered"), "True"),
    "running": (given("in-progress"), "True"),
    "stopped half way": (given("stopped"), "True"),
    "unknown": (given("unknown"), "None"),
    "on hold": (given("on-hold"), "None"),
    "not done": (given("not-done"), "not-done"),
    "not given": (given(method="Not Given"), "not-given"),
    "not given per scale": (given(method="Not Given per Sliding Scale"), "not-given"),
    "dose held": (given(method="Hold Dose"), "not-given"),
    "flushed": (given(method="Flushed"), "not-systemic"),
    "in error": (given("entered-in-error"), "entered-in-error"),
    "tomorrow": (given(effectiveDateTime="2026-03-02"), "after-as-of"),
}


@pytest.mark.parametrize("case", GIVEN)
def test_what_was_given(case: str) -> None:
    made, result = GIVEN[case]
    events = extract(made)
    found = [str(event.drug.given) for event in events.events if event.drug] or [each.reason for each in events.not_used]
    assert found == [result]


def test_an_administration_takes_its_route_from_its_order() -> None:
    made = given(request={"reference": "MedicationRequest/x"})
    events = extract(made, routed({"text": "oxycodone"}, "IV")).events
    routes = {event.drug.source: event.drug.route for event in events if event.drug}
    assert routes == {"administration": "parenteral", "order": "parenteral"}
    (alone,) = extract(made).events
    assert alone.drug is not None
    assert alone.drug.route == ""


def test_two_routes_of_an_order_give_none() -> None:
    two = order({"text": "oxycodone"}, dosageInstruction=[{"route": {"text": "IV"}}, {"route": {"text": "PO"}}])
    events = extract(given(request={"reference": "MedicationRequest/x"}), two).events
    assert {event.drug.route for event in events if event.drug and event.drug.source == "administration"} == {""}


def test_an_infusion_that_runs_at_the_assessed_time_is_current() -> None:
    period = {"start": "2026-02-28T10:00:00Z", "end": "2026-03-02T10:00:00Z"}
    (event,) = extract(given(effectiveDateTime="", effectivePeriod=period)).events
    assert event.current is True


def dispense(status: str = "completed", **more: Any) -> dict[str, Any]:
    common = {"status": status, "whenHandedOver": "2026-02-20", "medicationCodeableConcept": {"text": "apixaban"}}
    return resource("MedicationDispense", "d", **(common | more))


DISPENSES = {
    "lately": (dispense(), "None"),
    "long ago": (dispense(whenHandedOver="2025-06-01"), "False"),
    "long ago for a year": (
        dispense(whenHandedOver="2025-06-01", daysSupply={"value": 365, "unit": "days"}),
        "None",
    ),
    "for a time in another unit": (
        dispense(whenHandedOver="2025-06-01", daysSupply={"value": 365, "unit": "tablets"}),
        "False",
    ),
    "no day": (dispense(whenHandedOver=""), "None"),
    "declined": (dispense("declined"), "not-done"),
    "being prepared": (dispense("preparation"), "not-done"),
    "cancelled": (dispense("cancelled"), "cancelled"),
}


@pytest.mark.parametrize("case", DISPENSES)
def test_what_was_handed_out_shows_no_more_than_that(case: str) -> None:
    made, result = DISPENSES[case]
    events = extract(made)
    assert [str(event.current) for event in events.events] or [each.reason for each in events.not_used] == [result]
    if events.events:
        assert str(events.events[0].current) == result


# -- doses -----------------------------------------------------------------------------------------------

DOSED = {
    "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
    "doseAndRate": [{"doseQuantity": {"value": 10, "unit": "mg"}}],
}


def test_doses_are_read() -> None:
    (event,) = extract(order(dosageInstruction=[DOSED])).events
    assert event.drug is not None
    (dose,) = event.drug.doses
    assert (str(dose.amount), dose.unit, str(dose.per_day)) == ("10", "mg", "2")


def test_an_order_without_timing_has_the_timing_of_its_dispenses() -> None:
    untimed = order(dosageInstruction=[{"doseAndRate": DOSED["doseAndRate"]}])
    filled = [
        dispense(
            id=name,
            medicationCodeableConcept={"text": "oxycodone"},
            authorizingPrescription=[{"reference": "MedicationRequest/x"}],
            dosageInstruction=[{"timing": {"code": {"coding": [{"code": code}]}}}],
        )
        for name, code in (("d1", "Q12H"), ("d2", "Q12H"), ("d3", "Q8H"))
    ]

    def per_day(*dispenses: dict[str, Any]) -> list[str]:
        events = extract(untimed, *dispenses).events
        return [
            str(dose.per_day) for event in events if event.drug and event.drug.source == "order" for dose in event.drug.doses
        ]

    assert per_day(*filled[:2]) == ["2"]
    assert per_day(*filled) == ["None"], "two timings are none"
    assert per_day() == ["None"]
    cancelled = [filled[2] | {"status": "cancelled"}]
    assert per_day(*filled[:2], *cancelled) == ["2"]


def test_an_order_keeps_its_own_timing() -> None:
    filled = dispense(
        authorizingPrescription=[{"reference": "MedicationRequest/x"}],
        dosageInstruction=[{"timing": {"code": {"text": "Q4H"}}}],
    )
    events = extract(order(dosageInstruction=[DOSED]), filled).events
    doses = [dose for event in events if event.drug and event.drug.source == "order" for dose in event.drug.doses]
    assert [str(dose.per_day) for dose in doses] == ["2"]


def test_a_malformed_dosage_is_unread_and_never_less() -> None:
    broken = DOSED | {"timing": {"repeat": {"frequency": "twice", "period": 1, "periodUnit": "d"}}}
    events = extract(order(dosageInstruction=[broken]))
    (event,) = events.events
    assert event.drug is not None
    (dose,) = event.drug.doses
    assert dose.amount is None
    assert "malformed-element" in dose.unread
    assert [(each.reason, each.detail) for each in events.not_used] == [("malformed-element", "dosageInstruction[0]")]


UNKNOWN = {
    "an order": (order({"text": "?"}), True),
    "an old order": (order({"text": "?"}, status="completed", authoredOn="2020-01-01"), False),
    "a statement": (statement("unknown", medicationCodeableConcept={"text": "?"}), None),
    "given lately": (given(medicationCodeableConcept={"text": "?"}), None),
    "given long ago": (given(medicationCodeableConcept={"text": "?"}, effectiveDateTime="2025-01-01"), False),
    "handed out long ago": (dispense(medicationCodeableConcept={"text": "?"}, whenHandedOver="2025-01-01"), False),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_an_unknown_drug_could_be_taken_as_long_as_its_kind(case: str) -> None:
    made, current = UNKNOWN[case]
    (event,) = extract(made).events
    assert (event.kind, event.of_kind, event.current) == ("unrecognised", "drug", current)


SHIPPED = code_index(load_knowledge().digest)
OTHERS = [
    # a name, and what the drug could be; empty: anything, so that it may be an anticoagulant
    ("Propofol", ("sedative",)),
    ("MetroNIDAZOLE + NS", ("fluid", "qt_prolonging")),
    ("Amiodarone + 5% Dextrose (EXCEL BAG)", ("fluid", "qt_prolonging")),
    ("Levofloxacin + Dextrose 5%", ("fluid", "qt_prolonging")),
    ("24 HR Donepezil hydrochloride 10 MG / Memantine hydrochloride 21 MG", ("qt_prolonging",)),
    ("ZIPRASidone 20mg CAP", ("qt_prolonging", "sedative")),
    ("Sodium Chloride 0.9%  (Mini Bag Plus)", ("fluid",)),
    ("Loperamide", ("opioid",)),
    ("Propofol / blood thinner", ()),
    ("Bivaliru 250mg in Sodium Chloride 0.9%", ()),
    ("Hepari 25000UNIT/250mL 250mL BAG", ()),
    ("IV therapy", ()),
]


@pytest.mark.parametrize(("name", "could_be"), OTHERS)
def test_an_identified_drug_of_none_of_our_groups_is_no_anticoagulant(name: str, could_be: tuple[str, ...]) -> None:
    (event,) = extract(order({"text": name}), codes=SHIPPED).events
    assert (event.kind, event.could_be) == ("unrecognised", could_be)


def test_a_local_code_that_is_named_so_in_the_records() -> None:
    formulary = "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-medication-formulary-drug-cd"
    assert extract(order(concept(formulary, "METR500")), codes=SHIPPED).events[0].could_be == ("qt_prolonging",)
    assert extract(order(concept(formulary, "METR999")), codes=SHIPPED).events[0].could_be == ()


def test_a_code_of_ours_with_the_name_of_another_drug_could_be_any() -> None:
    events = extract(order(concept(RXNORM, "1049502", "Propofol 10 MG/ML")), codes=SHIPPED)
    assert (fate(events), events.events[0].could_be) == ("unrecognised drug", ())


def test_an_administration_names_its_order_and_a_drug_its_reason() -> None:
    made = resource("MedicationAdministration", "a", status="completed", effectiveDateTime="2026-02-27",
                    medicationCodeableConcept=concept(RXNORM, "7804"),
                    request={"reference": "https://ehr.example/fhir/MedicationRequest/x/_history/2"})  # fmt: skip
    assert extract(made).events[0].drug.order == "MedicationRequest/x"
    clot = resource("Condition", "c", code={"text": "Deep vein thrombosis"})
    why = {"reasonCode": [{"text": "thrombosis"}], "reasonReference": [{"reference": "Condition/c"}, {"display": "clot"}]}
    events = [event for event in extract(order(**why), clot).events if event.drug]
    assert events[0].drug.reason == "thrombosis; Deep vein thrombosis; clot"
