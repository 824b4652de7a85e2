"""One malformed element does not lose a resource, and what is lost never turns a meaning around."""

import json
from pathlib import Path
from typing import Any

import pytest

from fourthstep.ground.errors import RecordError
from fourthstep.record import read_record
from fourthstep.record.gather import Gathering
from fourthstep.record.resources import TYPES

PATIENT = {"resourceType": "Patient", "id": "7"}
SUBJECT = {"reference": "Patient/7"}


def read(resource: dict[str, Any]) -> Any:
    return read_record([PATIENT, {"id": "x", "subject": SUBJECT, **resource}])


CODING = [{"system": "s", "code": "good"}]
REPAIRED = {
    "a coding that is null": (
        {"resourceType": "Condition", "code": {"coding": None, "text": "t"}},
        ["code.coding"],
        lambda each: each.code.text == "t",
    ),
    "one coding of two": (
        {"resourceType": "Condition", "code": {"coding": [{"code": 5}, *CODING]}},
        ["code.coding[0].code"],
        lambda each: [coding.code for coding in each.code.coding] == ["", "good"],
    ),
    "a category that is an object": (
        {"resourceType": "Condition", "category": {"text": "x"}, "code": {"coding": CODING}},
        ["category"],
        lambda each: each.code.coding[0].code == "good",
    ),
    "two elements": (
        {"resourceType": "Condition", "category": "x", "stage": 5, "code": {"coding": CODING}},
        ["category", "stage"],
        lambda each: each.code.coding[0].code == "good",
    ),
    "a value that is a text": (
        {"resourceType": "Observation", "status": "final", "valueQuantity": {"value": "seven", "unit": "1"}},
        ["valueQuantity"],
        lambda each: each.value_quantity is None,
    ),
    "a comparator that is a number takes the value with it": (
        {"resourceType": "Observation", "status": "final", "valueQuantity": {"value": 5, "comparator": 1}},
        ["valueQuantity"],
        lambda each: each.value_quantity is None,
    ),
    "a component's value": (
        {"resourceType": "Observation", "component": [{"code": {"coding": CODING}, "valueQuantity": {"value": []}}]},
        ["component[0].valueQuantity"],
        lambda each: each.component[0].value_quantity is None,
    ),
    "a frequency takes the whole dosage with it": (
        {
            "resourceType": "MedicationRequest",
            "dosageInstruction": [
                {
                    "timing": {"repeat": {"frequency": "x", "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": {"value": 5}}],
                }
            ],
        },
        ["dosageInstruction[0]"],
        lambda each: each.dosage_instruction[0].timing is None and not each.dosage_instruction[0].dose_and_rate,
    ),
    "a site": (
        {"resourceType": "Condition", "bodySite": [{"coding": [{"code": 1}]}]},
        ["bodySite[0]"],
        lambda each: each.body_site[0].coding == [],
    ),
    "an absurd dose": (
        {
            "resourceType": "MedicationRequest",
            "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": "1E+400"}}]}],
        },
        ["dosageInstruction[0]"],
        lambda each: not each.dosage_instruction[0].dose_and_rate,
    ),
    "a dose that is not a number": (
        {
            "resourceType": "MedicationRequest",
            "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": "NaN"}}]}],
        },
        ["dosageInstruction[0]"],
        lambda each: not each.dosage_instruction[0].dose_and_rate,
    ),
}


@pytest.mark.parametrize("case", REPAIRED)
def test_a_malformed_element_is_dropped_and_listed(case: str) -> None:
    resource, paths, holds = REPAIRED[case]
    record = read(resource)
    ref = f"{resource['resourceType']}/x"
    ((_, found),) = record.of(TYPES[resource["resourceType"]])
    assert holds(found)
    assert [(problem.ref, problem.path, problem.what) for problem in record.problems] == [
        (ref, path, "malformed-element") for path in paths
    ]


DOSES = ["1E+400", "1e400", ".1E400", "1.e400", "NaN", " -inf ", "Infinity", "sNaN12", "9" * 40, "0." + "0" * 40 + "1",
         "١E٤٠٠", "\\u0031E400"]  # fmt: skip
"""Numbers that no order can mean, in every way in which a JSON text can write them."""


@pytest.mark.parametrize("dose", DOSES)
def test_an_absurd_number_is_found_in_a_line_as_in_a_bundle(dose: str) -> None:
    line = ('{"resourceType": "MedicationRequest", "id": "x", "subject": {"reference": "Patient/p"}, '
            f'"dosageInstruction": [{{"doseAndRate": [{{"doseQuantity": {{"value": "{dose}"}}}}]}}]}}')  # fmt: skip
    gathering = Gathering()
    gathering.add_line(line.encode())
    (found,) = gathering.decoded
    assert [problem.path for problem in found.problems] == ["dosageInstruction[0]"]


@pytest.mark.parametrize("dose", ["5", "0.25", "1e2", "12345678901234"])
def test_a_number_that_an_order_can_mean_is_kept_in_a_line(dose: str) -> None:
    order = {"resourceType": "MedicationRequest", "id": "3e5-9e4", "dosageInstruction": [{"text": "5"}]}
    amount = f'{{"doseAndRate": [{{"doseQuantity": {{"value": {dose}}}}}]}}'
    gathering = Gathering()
    gathering.add_line(json.dumps(order).replace('{"text": "5"}', amount).encode())
    assert not gathering.decoded[0].problems


UNREADABLE = {
    "a status that is a number": {"resourceType": "MedicationRequest", "status": 5},
    "a verification that is a list": {"resourceType": "Condition", "verificationStatus": []},
    "a negation that is a text": {"resourceType": "MedicationRequest", "doNotPerform": "yes"},
    "an intent that is null": {"resourceType": "MedicationRequest", "intent": None},
    "a modifier that is no list": {"resourceType": "Procedure", "modifierExtension": 1},
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_without_its_status_a_resource_is_unreadable_and_never_guessed(case: str) -> None:
    resource = UNREADABLE[case]
    record = read(resource)
    assert [(each.type, each.ref) for each in record.unreadable] == [
        (resource["resourceType"], f"{resource['resourceType']}/x")
    ]
    assert "unreadable-resource" in {problem.what for problem in record.problems}
    assert not record.of(TYPES[resource["resourceType"]])


def test_a_number_that_is_infinite_is_not_json() -> None:
    text = json.dumps([PATIENT, {"resourceType": "Observation", "subject": SUBJECT, "valueInteger": float("inf")}])
    with pytest.raises(Exception, match="not valid JSON"):
        read_record(text)


def test_bytes_that_are_not_utf8_inside_a_line_cost_only_that_element(tmp_path: Path) -> None:
    line = b'{"resourceType":"Condition","id":"x","subject":{"reference":"Patient/7"},"code":{"text":"\xff"}}'
    (tmp_path / "a.ndjson").write_bytes(json.dumps(PATIENT).encode() + b"\n" + line + b"\n")
    record = read_record(tmp_path)
    assert len(record.resources["Condition"]) == 1


def test_a_broken_line_is_listed_and_nobody_vouches_for_what_it_may_have_been(tmp_path: Path) -> None:
    condition = {"resourceType": "Condition", "id": "c", "subject": SUBJECT}
    procedure = {"resourceType": "Procedure", "id": "p", "subject": SUBJECT}
    good = [json.dumps(each) for each in (PATIENT, condition, procedure)]
    (tmp_path / "a.ndjson").write_text("\n".join([*good, '{"resourceType":"Condition","id":"d"']))
    record = read_record(tmp_path)
    assert [(each.ref, each.what) for each in record.problems] == [("a.ndjson:4", "broken-line")]
    assert record.vouched == {"procedure"}
    (tmp_path / "a.ndjson").write_text("\n".join([*good, "garbage"]))
    assert read_record(tmp_path).vouched == set()


def test_a_malformed_entry_costs_only_itself() -> None:
    made = {
        "resourceType": "Bundle",
        "entry": [{"resource": PATIENT}, {"fullUrl": 5, "resource": PATIENT}, {"resource": {}}],
    }
    record = read_record(made)
    assert record.patient == "7"
    assert record.vouched == set()
    assert any("malformed" in notice for notice in record.notices)


def test_a_bundle_without_a_list_of_entries() -> None:
    made = [PATIENT, {"resourceType": "Bundle", "entry": {"resource": PATIENT}}]
    assert read_record(made).lost


ODD = {
    "an outcome that is malformed": {"resourceType": "OperationOutcome", "issue": 5},
    "an outcome without issues": {"resourceType": "OperationOutcome"},
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_outcome_is_an_error_of_the_source(case: str) -> None:
    assert read_record([PATIENT, ODD[case]]).lost == {"condition", "drug", "procedure", "allergy", "encounter"}


ODD_HOOKS = {
    "a context that is a number": {"hook": "patient-view", "context": 5},
    "nothing": {"hook": "patient-view"},
}


@pytest.mark.parametrize("case", ODD_HOOKS)
def test_an_odd_hook_is_not_fhir(case: str) -> None:
    with pytest.raises(RecordError, match="JSON, but not FHIR"):
        read_record(ODD_HOOKS[case])


def test_odd_parts_of_a_hook_are_ignored() -> None:
    made = {
        "hook": "order-select",
        "context": {"patientId": 7, "selections": ["x"]},
        "prefetch": {"patient": PATIENT, "conditions": {"resource": 5}, "procedures": {"resource": {"a": 1}}},
    }
    record = read_record(made)
    assert record.patient == "7"
    assert record.vouched == set()


def test_a_damaged_zstd_file(tmp_path: Path) -> None:
    pytest.importorskip("zstandard", reason="the extra `zstd` is not installed")
    path = tmp_path / "a.json.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + b"\xff" * 40)
    with pytest.raises(RecordError, match="damaged or truncated"):
        read_record(path)


def test_a_folder_may_hold_json_that_is_not_fhir(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(PATIENT))
    (tmp_path / "b.json").write_text('{"cards": []}')
    assert read_record(tmp_path).notices == ("A JSON file without any FHIR resource was ignored.",)
