"""Conditions, procedures, allergies, goals, encounters, devices: their fates, days and whether they hold."""

from typing import Any

import pytest
from patients import LOCAL, LOINC, SNOMED, concept, extract, fate, one, resource

from fourthstep.events.event import Event
from fourthstep.knowledge.codes import ICD_10_CM, RXNORM
from fourthstep.knowledge.load import code_index, load_knowledge

CANCER = concept(SNOMED, "363418001", "Pancreatic cancer")


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/x", "code": code}]}


def condition(**more: Any) -> dict[str, Any]:
    return resource("Condition", **({"code": CANCER} | more))


CODES = {
    "a SNOMED code": (CANCER, "used pancreas"),
    "an ICD code": (concept(ICD_10_CM, "C25.0"), "used pancreas"),
    "a code with two meanings": (concept(ICD_10_CM, "D68.4"), "used acquired_factor_deficiency coagulopathy"),
    "a known harmless code": (concept(SNOMED, "59621000"), "irrelevant"),
    "a code outside every family": (concept(ICD_10_CM, "J20.9"), "irrelevant"),
    "an unlisted cancer": (concept(ICD_10_CM, "C80.1"), "unrecognised condition"),
    "an unknown code": (concept(SNOMED, "1"), "unrecognised condition"),
    "a local code": (concept(LOCAL, "1"), "unrecognised condition"),
    "text alone": ({"text": "pancreatic cancer"}, "unrecognised condition"),
    "nothing": ({}, "unrecognised condition"),
    "a known beside an unknown code": (
        {"coding": [{"system": LOCAL, "code": "1"}, *CANCER["coding"]]},
        "used pancreas",
    ),
}


@pytest.mark.parametrize("case", CODES)
def test_what_a_condition_is(case: str) -> None:
    code, result = CODES[case]
    assert fate(extract(condition(code=code))) == result


def test_an_unlisted_code_could_be_of_its_chapter_only() -> None:
    assert one(condition(code=concept(ICD_10_CM, "C80.1"))).could_be == ("neoplasm",)
    assert one(condition(code=concept(ICD_10_CM, "A41.9"))).could_be == ("infection",)
    assert one(condition(code={"text": "?"})).could_be == ()


CURRENT = """
    clinicalStatus | abatement     | current
    active         |               | True
    recurrence     |               | True
    relapse        |               | True
    inactive       |               | False
    remission      |               | False
    resolved       |               | False
                   |               | None
    something      |               | None
    active         | 2026-02-01    | False
                   | 2026-02-01    | False
    active         | 2026-04-01    | True
                   | 2026-04-01    | True
"""


@pytest.mark.parametrize("row", CURRENT.strip().splitlines()[1:])
def test_whether_a_condition_holds(row: str) -> None:
    clinical, abatement, current = (cell.strip() for cell in row.split("|"))
    made = condition(abatementDateTime=abatement, **({"clinicalStatus": status(clinical)} if clinical else {}))
    assert str(one(made).current) == current


def test_an_abatement_in_words_or_as_an_age_is_past() -> None:
    assert one(condition(abatementString="years ago")).current is False
    assert one(condition(abatementAge={"value": 50})).current is False
    assert one(condition(abatementPeriod={"end": "2026-01-01"})).current is False


VERIFICATION = {
    "confirmed": ("used pancreas", ""),
    "unconfirmed": ("used pancreas", "unconfirmed"),
    "provisional": ("used pancreas", "provisional"),
    "differential": ("used pancreas", "differential"),
    "refuted": ("not used refuted", ""),
    "entered-in-error": ("not used entered-in-error", ""),
}


@pytest.mark.parametrize("code", VERIFICATION)
def test_how_sure_a_condition_is(code: str) -> None:
    result, noted = VERIFICATION[code]
    events = extract(condition(verificationStatus=status(code)))
    assert fate(events) == result
    assert [event.verification for event in events.events] in ([noted], [])


ENCOUNTER = resource("Encounter", "e", status="finished", period={"start": "2026-01-10", "end": "2026-01-12"})
ONSETS = {
    "onset": ({"onsetDateTime": "2025", "recordedDate": "2026-01-01"}, "2025"),
    "onset period": ({"onsetPeriod": {"start": "2025-05"}}, "2025-05"),
    "recorded": ({"recordedDate": "2026-01-01"}, "2026-01-01"),
    "unreadable onset": ({"onsetDateTime": "spring", "recordedDate": "2026-01-01"}, "2026-01-01"),
    "none": ({}, "None"),
}


@pytest.mark.parametrize("case", ONSETS)
def test_when_a_condition_began(case: str) -> None:
    more, start = ONSETS[case]
    assert str(one(condition(**more)).start) == start


def test_a_condition_without_date_has_the_days_of_its_encounter() -> None:
    events = extract(condition(encounter={"reference": "Encounter/e"}), ENCOUNTER).events
    (event,) = [each for each in events if each.kind == "condition"]
    assert event.start is not None
    assert (str(event.start.first), str(event.start.last)) == ("2026-01-10", "2026-01-12")


def test_tomorrows_condition_is_not_used() -> None:
    assert fate(extract(condition(onsetDateTime="2026-03-02"))) == "not used after-as-of"


def test_a_modifier_makes_any_condition_of_it() -> None:
    events = extract(condition(modifierExtension=[{"url": "x"}]))
    assert fate(events) == "unrecognised condition"
    assert [each.reason for each in events.not_used] == ["modifier-extension"]


def test_where_a_condition_is() -> None:
    event = one(condition(bodySite=[{"text": "left"}, {"coding": [{"system": SNOMED, "code": "113197003"}]}]))
    assert (event.site, event.side) == ("chest-wall", "left")


# -- procedures ------------------------------------------------------------------------------------------


def procedure(**more: Any) -> dict[str, Any]:
    common = {"status": "completed", "code": concept(SNOMED, "1287742003"), "performedDateTime": "2026-02-01"}
    return resource("Procedure", **(common | more))


PROCEDURES = {
    "done": (procedure(), "used radiotherapy"),
    "under way": (procedure(status="in-progress"), "used radiotherapy"),
    "stopped half way": (procedure(status="stopped"), "used radiotherapy"),
    "not done": (procedure(status="not-done"), "not used not-done"),
    "being prepared": (procedure(status="preparation"), "not used not-done"),
    "in error": (procedure(status="entered-in-error"), "not used entered-in-error"),
    "tomorrow": (procedure(performedDateTime="2026-03-02"), "not used after-as-of"),
    "harmless": (procedure(code=concept(SNOMED, "430193006")), "irrelevant"),
    "unknown": (procedure(code=concept(SNOMED, "1")), "unrecognised procedure"),
    "text alone": (procedure(code={"text": "block"}), "unrecognised procedure"),
    "palliative care": (procedure(code=concept(SNOMED, "103735009")), "used palliative_care"),
    "a modifier": (procedure(modifierExtension=[{"url": "x"}]), "unrecognised procedure"),
    "ICD-9 in a procedure": (
        procedure(code=concept("http://hl7.org/fhir/sid/icd-9-cm", "03.91")),
        "used spinal_injection",
    ),
    "ICD-9 in a condition": (
        condition(code=concept("http://hl7.org/fhir/sid/icd-9-cm", "03.91")),
        "unrecognised condition",
    ),
}


@pytest.mark.parametrize("case", PROCEDURES)
def test_procedures(case: str) -> None:
    made, result = PROCEDURES[case]
    assert fate(extract(made)) == result


def test_when_a_procedure_was_done() -> None:
    period = {"performedDateTime": "", "performedPeriod": {"start": "2026-01-01", "end": "2026-01-05"}}
    event = one(procedure(**period))
    assert (str(event.start), str(event.end)) == ("2026-01-01", "2026-01-05")
    assert str(one(procedure(performedDateTime="")).start) == "None"
    assert one(procedure(status="in-progress")).current is True


# -- allergies -------------------------------------------------------------------------------------------


def allergy(code: Any, **more: Any) -> dict[str, Any]:
    return resource("AllergyIntolerance", **({"code": code} | more))


ALLERGIES = {
    "a substance": (allergy(concept(SNOMED, "111088007")), "used latex_substance"),
    "a drug by code": (allergy(concept(RXNORM, "7804")), "used opioid:opioid_agonist"),
    "a drug by name": (allergy({"text": "Oxycodone"}), "used opioid:opioid_agonist"),
    "harmless by code": (allergy(concept(SNOMED, "91935009")), "irrelevant"),
    "a harmless drug": (allergy({"text": "metformin"}), "irrelevant"),
    "some drug": (allergy(concept(SNOMED, "416098002")), "unrecognised allergy"),
    "some drug, named in the reaction": (
        allergy(concept(SNOMED, "416098002"), reaction=[{"substance": concept(RXNORM, "7804")}]),
        "used opioid:opioid_agonist",
    ),
    "text alone": (allergy({"text": "penicillin"}), "unrecognised allergy"),
    "nothing": (allergy({}), "unrecognised allergy"),
    "a food": (allergy({"text": "strawberries"}, category=["food"]), "irrelevant"),
    "latex filed under food": (allergy({"text": "latex gloves"}, category=["food"]), "unrecognised allergy"),
    "contrast filed under food": (allergy({"text": "iodine contrast"}, category=["food"]), "unrecognised allergy"),
    "a food without a name": (allergy({}, category=["food"]), "unrecognised allergy"),
    "food or drug": (allergy({"text": "eggs"}, category=["food", "medication"]), "unrecognised allergy"),
    "something in the air": (allergy({"text": "pollen"}, category=["environment"]), "unrecognised allergy"),
    "refuted": (allergy(concept(RXNORM, "7804"), verificationStatus=status("refuted")), "not used refuted"),
    "in error": (
        allergy(concept(RXNORM, "7804"), verificationStatus=status("entered-in-error")),
        "not used entered-in-error",
    ),
    "tomorrow": (allergy(concept(RXNORM, "7804"), recordedDate="2026-03-02"), "not used after-as-of"),
    "a modifier": (allergy(concept(RXNORM, "7804"), modifierExtension=[{"url": "x"}]), "unrecognised allergy"),
}


@pytest.mark.parametrize("case", ALLERGIES)
def test_allergies(case: str) -> None:
    made, result = ALLERGIES[case]
    assert fate(extract(made)) == result


def test_what_is_known_of_an_allergy() -> None:
    event = one(
        allergy(
            concept(RXNORM, "7804"),
            clinicalStatus=status("resolved"),
            verificationStatus=status("unconfirmed"),
            criticality="high",
            onsetDateTime="2001",
        )
    )
    assert (event.kind, event.current, event.verification, event.text) == ("allergy", False, "unconfirmed", "high")
    assert str(event.start) == "2001"
    assert event.drug is not None
    assert event.drug.ingredient == "oxycodone"
    assert one(allergy(concept(RXNORM, "7804"), clinicalStatus=status("active"))).current is True
    assert one(allergy(concept(RXNORM, "7804"))).current is None


# -- goals, plans, orders, consents ----------------------------------------------------------------------

PALLIATIVE = concept(SNOMED, "103735009")
RADIATION = concept(SNOMED, "1287742003")

GOALS = {
    "a goal": (resource("Goal", lifecycleStatus="active", description=PALLIATIVE), "used palliative_care"),
    "a rejected goal": (resource("Goal", lifecycleStatus="rejected", description=PALLIATIVE), "not used rejected"),
    "a proposed goal": (resource("Goal", lifecycleStatus="proposed", description=PALLIATIVE), "not used draft"),
    "a cancelled goal": (resource("Goal", lifecycleStatus="cancelled", description=PALLIATIVE), "not used cancelled"),
    "a goal in words": (resource("Goal", description={"text": "walk"}), "irrelevant"),
    "a later goal": (
        resource("Goal", lifecycleStatus="active", description=PALLIATIVE, startDate="2026-03-02"),
        "not used after-as-of",
    ),
    "a plan": (resource("CarePlan", status="active", category=[PALLIATIVE]), "used palliative_care"),
    "a plan's activity": (
        resource("CarePlan", status="active", activity=[{"detail": {"code": PALLIATIVE}}, {}]),
        "used palliative_care",
    ),
    "an activity that must not be done": (
        resource("CarePlan", status="active", activity=[{"detail": {"code": PALLIATIVE, "doNotPerform": True}}]),
        "irrelevant",
    ),
    "a planned procedure": (
        resource("CarePlan", status="active", activity=[{"detail": {"code": RADIATION}}]),
        "not used ordered-not-done",
    ),
    "a draft plan": (resource("CarePlan", status="draft", category=[PALLIATIVE]), "not used draft"),
    "a referral": (
        resource("ServiceRequest", status="active", intent="order", code=PALLIATIVE),
        "used palliative_care",
    ),
    "an ordered procedure": (
        resource("ServiceRequest", status="active", intent="order", code=RADIATION),
        "not used ordered-not-done",
    ),
    "a proposed referral": (
        resource("ServiceRequest", status="active", intent="proposal", code=PALLIATIVE),
        "not used intent-proposal",
    ),
    "a forbidden service": (
        resource("ServiceRequest", status="active", intent="order", code=PALLIATIVE, doNotPerform=True),
        "not used do-not-perform",
    ),
    "another service": (resource("ServiceRequest", status="active", code=concept(LOCAL, "1")), "irrelevant"),
    "a directive": (resource("Consent", status="active", category=[concept(LOINC, "84095-9")]), "used dnr_observation"),
    "a directive that denies": (
        resource("Consent", status="active", category=[concept(LOINC, "84095-9")], provision={"type": "deny"}),
        "not used rejected",
    ),
    "a draft directive": (
        resource("Consent", status="draft", category=[concept(LOINC, "84095-9")]),
        "not used draft",
    ),
    "another form": (resource("QuestionnaireResponse", questionnaire="http://x"), "not used questionnaire"),
}


@pytest.mark.parametrize("case", GOALS)
def test_goals(case: str) -> None:
    made, result = GOALS[case]
    assert fate(extract(made)) == result


def test_a_plan_that_is_over() -> None:
    made = resource("CarePlan", status="active", category=[PALLIATIVE], period={"start": "2025", "end": "2025-06-01"})
    assert one(made).current is False


# -- encounters ------------------------------------------------------------------------------------------


def encounter(code: str = "IMP", state: str = "finished", **more: Any) -> dict[str, Any]:
    return resource("Encounter", "e", status=state, **({"class": {"code": code}} | more))


CLASSES = {
    "IMP": "inpatient", "ACUTE": "inpatient", "OBSENC": "inpatient", "SS": "inpatient", "EMER": "emergency",
    "AMB": "outpatient", "HH": "home", "VR": "virtual", "odd": "other",
}  # fmt: skip


@pytest.mark.parametrize("code", CLASSES)
def test_where_the_patient_is_seen(code: str) -> None:
    event = one(encounter(code, period={"start": "2026-02-01", "end": "2026-02-02"}))
    assert (event.kind, event.concept) == ("encounter", CLASSES[code])


STAYS = {
    "over": ("finished", {"start": "2026-02-01", "end": "2026-02-28"}, "False"),
    "until today": ("finished", {"start": "2026-02-01", "end": "2026-03-01"}, "True"),
    "until later": ("finished", {"start": "2026-02-01", "end": "2026-03-05"}, "True"),
    "open": ("in-progress", {"start": "2026-02-01"}, "True"),
    "finished some day": ("finished", {"start": "2026-02-01"}, "False"),
    "unknown": ("unknown", {"start": "2026-02-01"}, "None"),
}


@pytest.mark.parametrize("case", STAYS)
def test_whether_the_patient_is_there(case: str) -> None:
    state, period, current = STAYS[case]
    assert str(one(encounter(state=state, period=period)).current) == current


REFUSED = {
    "planned": (encounter(state="planned"), "draft"),
    "cancelled": (encounter(state="cancelled"), "cancelled"),
    "in error": (encounter(state="entered-in-error"), "entered-in-error"),
    "tomorrow": (encounter(period={"start": "2026-03-02"}), "after-as-of"),
    "a modifier": (encounter(modifierExtension=[{"url": "x"}]), "modifier-extension"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_encounters_that_did_not_happen(case: str) -> None:
    made, reason = REFUSED[case]
    events = extract(made)
    assert not events.events
    assert [each.reason for each in events.not_used] == [reason]


def test_an_encounters_type_can_tell_a_goal() -> None:
    events = extract(encounter(type=[PALLIATIVE], period={"start": "2026-02-01"})).events
    assert sorted((event.kind, event.concept) for event in events) == [
        ("encounter", "inpatient"),
        ("goal", "palliative_care"),
    ]


# -- devices ---------------------------------------------------------------------------------------------

PACEMAKER = concept(SNOMED, "441509002")


def device(**more: Any) -> dict[str, Any]:
    return resource("Device", "d", **({"type": PACEMAKER, "status": "active"} | more))


def test_a_device_of_the_patient() -> None:
    event = one(device())
    assert (event.kind, event.concept, event.current) == ("condition", "pacemaker_in_situ", True)
    assert fate(extract(device(status="inactive"))) == "not used not-done"
    assert fate(extract(device(status="entered-in-error"))) == "not used entered-in-error"


def test_a_device_that_nobody_knows_could_be_one_that_matters() -> None:
    """A pacemaker, a pump, a stimulator: silence about them is not no while one is not recognised."""
    for strange in (concept(LOCAL, "1"), {"text": "implant"}, None):
        events = extract(device(type=strange))
        assert fate(events) == "unrecognised condition"
        assert events.events[0].could_be == ("device",)
    assert fate(extract(device(type=concept(LOCAL, "1"), status="inactive"))) == "not used not-done"
    wheelchair = device(type=concept(SNOMED, "228869008", "Manual wheelchair"))
    assert fate(extract(wheelchair, codes=code_index(load_knowledge().digest))) == "irrelevant"


def test_a_device_of_nobody_needs_a_statement_of_use() -> None:
    nobodys = device()
    del nobodys["patient"]
    use = resource("DeviceUseStatement", "u", status="active", device={"reference": "Device/d"}, recordedOn="2026-01-01")
    assert fate(extract(nobodys)) == "irrelevant"
    (event,) = _named(extract(nobodys, use).events)
    assert str(event.start) == "2026-01-01"
    assert fate(extract(nobodys, use | {"status": "completed"})) == "not used not-done"


def _named(events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.concept == "pacemaker_in_situ"]
