"""The whole record: order does not matter, nothing is lost, the person, the newest day, and what is vouched for."""

import random
from typing import Any

import msgspec
import patients
import pytest
from patients import LOCAL, LOINC, SNOMED, concept, extract, fate, resource

from fourthstep.events.event import Events
from fourthstep.events.extract import extract_events
from fourthstep.events.reasons import NOT_USED
from fourthstep.ground.dates import as_of
from fourthstep.knowledge.codes import RXNORM
from fourthstep.knowledge.load import load_knowledge
from fourthstep.knowledge.policy import CodeMap, Policy
from fourthstep.record import read_record

CANCER = resource("Condition", "c", code=concept(SNOMED, "363418001"), recordedDate="2026-01-01")
PLATELETS = resource(
    "Observation",
    "o",
    status="final",
    code=concept(LOINC, "777-3"),
    effectiveDateTime="2026-02-10T08:00:00Z",
    valueQuantity={"value": 150, "unit": "10*9/L"},
)
ORDER = resource(
    "MedicationRequest",
    "m",
    status="active",
    intent="order",
    authoredOn="2026-02-20",
    medicationCodeableConcept=concept(RXNORM, "1011"),
)
PROCEDURE = resource("Procedure", "p", status="completed", code=concept(SNOMED, "1287742003"))
UNKNOWN = resource("AllergyIntolerance", "a", code={"text": "?"})
PLAN = resource("CarePlan", "k", status="draft", category=[concept(SNOMED, "103735009")])
STAY = resource("Encounter", "e", status="finished", period={"start": "2026-01-01", "end": "2026-01-03"})
CONFLICT = [resource("Condition", "z", code=concept(SNOMED, code), bodySite=[{"text": side}])
            for code, side in (("363418001", "left"), ("363418001", "right"), ("1", ""))]  # fmt: skip
NOTHING = resource("Observation", "n", code=concept(LOINC, "1-1"))
EVERYTHING = [CANCER, PLATELETS, ORDER, PROCEDURE, UNKNOWN, PLAN, STAY, NOTHING, *CONFLICT]


def encoded(events: Events) -> bytes:
    return msgspec.json.encode(events, order="deterministic")


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_resources_does_not_matter(seed: int) -> None:
    shuffled = random.Random(seed).sample(EVERYTHING, len(EVERYTHING))
    assert encoded(extract(*shuffled)) == encoded(extract(*EVERYTHING))


def test_duplicates_do_not_matter() -> None:
    doubled = msgspec.structs.replace(extract(*EVERYTHING, *EVERYTHING), notices=())
    assert encoded(doubled) == encoded(msgspec.structs.replace(extract(*EVERYTHING), notices=()))


def test_what_means_nothing_changes_only_its_count() -> None:
    more = [resource("Observation", f"n{number}", code=concept(LOINC, "2-2")) for number in range(5)]
    more.append(resource("Claim", "claim"))
    with_more = msgspec.structs.replace(extract(*EVERYTHING, *more), irrelevant={})
    assert encoded(with_more) == encoded(msgspec.structs.replace(extract(*EVERYTHING), irrelevant={}))


def test_every_resource_has_a_fate() -> None:
    events = extract(*EVERYTHING)
    assert events.used == {
        "Condition": 3, "Encounter": 1, "MedicationRequest": 1, "Observation": 1, "Procedure": 1,
    }  # fmt: skip
    assert events.unrecognised == {"AllergyIntolerance": 1, "Condition": 1}
    assert events.irrelevant == {"Observation": 1}
    assert [(each.ref, each.reason) for each in events.not_used] == [("CarePlan/k", "draft")]
    assert events.conflicts == ("Condition/z",)
    assert [event.side for event in events.events if event.ref == "Condition/z" and event.concept] == ["left", "right"]


def test_an_empty_record_is_an_ordinary_day() -> None:
    events = extract()
    assert (events.patient, events.events, events.not_used, events.newest) == ("7", (), (), None)


# -- the person ------------------------------------------------------------------------------------------


def person(**more: Any) -> Events:
    record = read_record({"resourceType": "Patient", "id": "7", **more})
    return extract_events(record, patients.index(), as_of=as_of("2026-03-01"), tables=patients.dosage_tables())


DEATHS = {
    "nothing said": ({}, False, "None"),
    "alive": ({"deceasedBoolean": False}, False, "None"),
    "dead": ({"deceasedBoolean": True}, True, "None"),
    "died before": ({"deceasedDateTime": "2026-02-01"}, True, "2026-02-01"),
    "died today": ({"deceasedDateTime": "2026-03-01"}, True, "2026-03-01"),
    "died later": ({"deceasedDateTime": "2026-03-02"}, False, "None"),
    "died some day": ({"deceasedDateTime": "soon"}, True, "None"),
}


@pytest.mark.parametrize("case", DEATHS)
def test_whether_the_patient_lives(case: str) -> None:
    more, deceased, day = DEATHS[case]
    events = person(**more)
    assert events.deceased is deceased
    assert str(events.deceased_on) == day


def test_birth_and_sex() -> None:
    events = person(birthDate="1950-05", gender="female")
    assert (str(events.birth), events.sex) == ("1950-05", "female")
    assert person(birthDate="yes").birth is None


def test_without_a_patient_resource_nothing_is_known_of_the_person() -> None:
    record = read_record(CANCER)
    events = extract_events(record, patients.index(), as_of=as_of("2026-03-01"), tables=patients.dosage_tables())
    assert (events.birth, events.sex, events.deceased) == (None, "", None)
    assert any("no Patient resource" in notice for notice in events.notices)


# -- the newest day --------------------------------------------------------------------------------------

NEWEST = {
    "a certain day before an uncertain one": ([CANCER, PLATELETS | {"effectiveDateTime": "2026-02"}], "2026-01-01"),
    "the newest": ([CANCER, PLATELETS], "2026-02-10"),
    "not what lies later": ([CANCER, PLATELETS | {"effectiveDateTime": "2026-03-02"}], "2026-01-01"),
    "not what means nothing": ([CANCER, NOTHING | {"effectiveDateTime": "2026-02-28"}], "2026-01-01"),
    "an end": ([STAY], "2026-01-03"),
    "only an uncertain day": ([PLATELETS | {"effectiveDateTime": "2026-02"}], "2026-02"),
}


@pytest.mark.parametrize("case", NEWEST)
def test_the_newest_day(case: str) -> None:
    resources, day = NEWEST[case]
    assert str(extract(*resources).newest) == day


# -- the policy ------------------------------------------------------------------------------------------


def test_local_codes_are_mapped_by_the_policy() -> None:
    made = resource("Condition", code=concept(LOCAL, "PCA"))
    mapped = Policy(
        code_maps=[CodeMap(system=LOCAL, code="PCA", kind="condition", concept="pancreas", reviewer="x", date="2026-01-01")]
    )
    assert fate(extract(made)) == "unrecognised condition"
    assert fate(extract(made, policy=mapped)) == "used pancreas"


def test_the_policy_says_what_a_door_vouches_for() -> None:
    assert extract(CANCER).vouched == {"condition"}
    assert extract(CANCER, policy=Policy(vouching={"file": ["drug", "condition"]})).vouched == {"drug", "condition"}
    assert extract(CANCER, policy=Policy(vouching={"export": ["drug"]})).vouched == {"condition"}


def test_nobody_vouches_for_what_was_lost() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    assert extract(CANCER, outcome, policy=Policy(vouching={"file": ["drug", "condition"]})).vouched == set()


# -- what cannot be read ---------------------------------------------------------------------------------

LOST = {
    "Condition": "condition",
    "Procedure": "procedure",
    "AllergyIntolerance": "allergy",
    "MedicationRequest": "drug",
    "MedicationStatement": "drug",
    "MedicationAdministration": "drug",
    "MedicationDispense": "drug",
}


@pytest.mark.parametrize("kind", LOST)
def test_an_unreadable_resource_could_be_anything_of_its_kind(kind: str) -> None:
    events = extract(resource(kind, "x", modifierExtension=5))
    (event,) = events.events
    assert (event.kind, event.of_kind, event.could_be, event.current) == ("unrecognised", LOST[kind], (), None)
    assert events.unrecognised == {kind: 1}
    assert "unreadable-resource" in {each.reason for each in events.not_used}


def test_an_unreadable_measurement_is_only_listed() -> None:
    events = extract(resource("Observation", "x", status=5))
    assert not events.events
    assert "unreadable-resource" in {each.reason for each in events.not_used}


# -- reasons ---------------------------------------------------------------------------------------------

ELSEWHERE = {"answer-not-readable", "unknown-question", "foreign-version", "broken-line"}
"""Reasons of the form, of CDS Hooks and of NDJSON: their own tests witness them."""


def _observation(**more: Any) -> dict[str, Any]:
    return PLATELETS | more


WITNESSES: dict[str, dict[str, Any]] = {
    "after-as-of": _observation(effectiveDateTime="2027"),
    "cancelled": _observation(status="cancelled"),
    "clumped": _observation(valueQuantity=None, valueString="clumped"),
    "code-contradicts-name": ORDER | {"medicationCodeableConcept": concept(RXNORM, "1049502", "metformin 500 MG")},
    "data-absent": _observation(valueQuantity=None, dataAbsentReason={"text": "x"}),
    "do-not-perform": ORDER | {"doNotPerform": True},
    "draft": ORDER | {"status": "draft"},
    "entered-in-error": ORDER | {"status": "entered-in-error"},
    "intent-option": ORDER | {"intent": "option"},
    "intent-plan": ORDER | {"intent": "plan"},
    "intent-proposal": ORDER | {"intent": "proposal"},
    "malformed-element": CANCER | {"category": 5},
    "modifier-extension": CANCER | {"modifierExtension": [{"url": "x"}]},
    "no-date": _observation(effectiveDateTime=None),
    "no-value": _observation(valueQuantity=None),
    "not-a-number": _observation(valueQuantity=None, valueString="high"),
    "not-a-result": _observation(code=concept(LOCAL, "control")),
    "not-done": PROCEDURE | {"status": "not-done"},
    "not-final": _observation(status="registered"),
    "not-given": resource(
        "MedicationAdministration",
        status="completed",
        medicationCodeableConcept=concept(RXNORM, "7804"),
        dosage={"method": {"text": "Not Given"}},
    ),
    "not-systemic": ORDER | {"medicationCodeableConcept": concept(RXNORM, "855633")},
    "not-taken": resource("MedicationStatement", status="not-taken", medicationCodeableConcept=concept(RXNORM, "7804")),
    "ordered-not-done": resource("ServiceRequest", status="active", code=concept(SNOMED, "1287742003")),
    "over-ten": _observation(code=concept(LOINC, "72514-3"), valueQuantity={"value": 11}),
    "questionnaire": resource("QuestionnaireResponse", questionnaire="x"),
    "refuted": CANCER | {"verificationStatus": {"text": "refuted"}},
    "rejected": resource("Goal", lifecycleStatus="rejected", description=concept(SNOMED, "103735009")),
    "unreadable-date": _observation(effectiveDateTime="soon"),
    "unreadable-resource": PROCEDURE | {"status": 5},
    "unreadable-value": _observation(valueQuantity=None, valueRatio={}),
}


@pytest.mark.parametrize("reason", sorted(NOT_USED - ELSEWHERE - {"draft-order"}))
def test_every_reason_has_a_witness(reason: str) -> None:
    assert reason in {each.reason for each in extract(WITNESSES[reason]).not_used}


def test_a_draft_order_of_a_hook_is_its_own_reason() -> None:
    hook = {
        "hook": "order-sign",
        "context": {"patientId": "7", "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": ORDER}]}},
    }
    events = extract_events(read_record(hook), patients.index(), as_of=as_of("2026-03-01"), tables=patients.dosage_tables())
    assert [(each.ref, each.reason) for each in events.not_used] == [("MedicationRequest/m", "draft-order")]
    assert not events.events


def test_every_reason_has_its_text() -> None:
    assert set(load_knowledge().texts["not_used"]) >= NOT_USED


def test_no_other_reason_is_ever_given() -> None:
    events = extract(*EVERYTHING, *(made | {"id": reason} for reason, made in WITNESSES.items()))
    assert {each.reason for each in events.not_used} <= NOT_USED
