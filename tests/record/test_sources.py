"""Every shape in which a record may come holds the same record."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fourthstep.record import Record, read_record, read_records
from fourthstep.record.resources import Condition, Medication, MedicationRequest, Observation

PATIENT = {"resourceType": "Patient", "id": "7", "birthDate": "1950-01-01", "gender": "female"}
CONDITION = {
    "resourceType": "Condition",
    "id": "c",
    "subject": {"reference": "Patient/7"},
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "363418001"}]},
}
SCORE = {
    "resourceType": "Observation",
    "id": "o",
    "status": "final",
    "subject": {"reference": "Patient/7"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "72514-3"}]},
    "valueQuantity": {"value": 7.950},
}
CLAIM = {"resourceType": "Claim", "id": "x", "patient": {"reference": "Patient/7"}}
ALL = [PATIENT, CONDITION, SCORE, CLAIM]
OTHER_PATIENT = {"resourceType": "Patient", "id": "8"}


def bundle(*resources: Any, kind: str = "collection", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": each} for each in resources], **more}


def lines(*resources: Any, end: str = "\n") -> str:
    return end.join(json.dumps(each) for each in resources) + end


def _urn(folder: Path) -> Any:
    del folder
    text = json.dumps(bundle(*ALL)).replace("Patient/7", "urn:uuid:p")
    made = json.loads(text)
    made["entry"][0]["fullUrl"] = "urn:uuid:p"
    return made


def _folder(folder: Path) -> Path:
    for name, each in zip("abcd", ALL, strict=True):
        (folder / f"{name}.json").write_text(json.dumps(each))
    (folder / "readme.txt").write_text("not a record")
    return folder


def _export(folder: Path) -> Path:
    (folder / "Mixed.000.ndjson.gz").write_bytes(gzip.compress(lines(PATIENT, CLAIM).encode()))
    (folder / "MimicCondition.ndjson").write_bytes(b"\xef\xbb\xbf" + lines(CONDITION, end="\r\n").encode())
    (folder / "o.jsonl").write_text(lines(SCORE) + "\n\n")
    (folder / "log.ndjson").write_text('{"eventId":"kickoff"}\n')
    return folder


def _zstd(folder: Path) -> Path:
    zstandard = pytest.importorskip("zstandard", reason="the extra `zstd` is not installed")
    path = folder / "all.ndjson.zst"
    path.write_bytes(zstandard.ZstdCompressor().compress(lines(*ALL).encode()))
    return path


def _gzipped(folder: Path) -> Path:
    path = folder / "all.json.gz"
    path.write_bytes(gzip.compress(json.dumps(bundle(*ALL)).encode()))
    return path


def _plain_name(folder: Path) -> Path:
    path = folder / "all.json"
    path.write_text(lines(*ALL))
    return path


def _files(folder: Path) -> list[Path]:
    paths = []
    for name, each in (("b.ndjson", [CONDITION, SCORE]), ("a.ndjson", [PATIENT, CLAIM])):
        (folder / name).write_text(lines(*each))
        paths.append(folder / name)
    return paths


SHAPES: dict[str, Callable[[Path], Any]] = {
    "a collection": lambda _: bundle(*ALL),
    "a searchset": lambda _: bundle(*ALL, kind="searchset"),
    "a transaction with urn references": _urn,
    "a Bundle of a Bundle": lambda _: bundle(PATIENT, bundle(CONDITION, SCORE), CLAIM),
    "a Bundle whose type stands last": lambda _: json.dumps(
        {"entry": [{"resource": each} for each in ALL], "resourceType": "Bundle"}
    ),
    "an array": lambda _: ALL,
    "an array of Bundles": lambda _: [bundle(PATIENT, CONDITION), bundle(SCORE, CLAIM)],
    "bytes": lambda _: json.dumps(bundle(*ALL)).encode(),
    "bytes with a byte order mark": lambda _: b"\xef\xbb\xbf" + json.dumps(bundle(*ALL)).encode(),
    "text": lambda _: json.dumps(bundle(*ALL), indent=2),
    "lines in memory": lambda _: lines(*ALL).encode(),
    "a folder of single resources": _folder,
    "an export of several files": _export,
    "a zstd file of lines": _zstd,
    "a gzip Bundle": _gzipped,
    "lines in a file named .json": _plain_name,
    "a list of files": _files,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_holds_the_same_record(shape: str, tmp_path: Path) -> None:
    record = read_record(SHAPES[shape](tmp_path))
    assert record.patient == "7"
    assert record.person is not None
    assert record.person.gender == "female"
    assert [ref for ref, _ in record.of(Condition)] == ["Condition/c"]
    ((_, score),) = record.of(Observation)
    assert score.value_quantity is not None
    assert str(score.value_quantity.value) in ("7.950", "7.95")
    assert record.skipped == {"Claim": 1}
    assert "condition" in record.vouched


def test_numbers_stay_as_they_were_written() -> None:
    raw = json.dumps(bundle(PATIENT, SCORE)).replace("7.95", "7.9500")
    ((_, score),) = read_record(raw).of(Observation)
    assert str(score.value_quantity.value) == "7.9500"


def test_what_is_not_fhir_in_an_export_is_ignored_and_said(tmp_path: Path) -> None:
    record = read_record(_export(tmp_path))
    assert record.notices == ("log.ndjson: lines that are not FHIR resources were ignored.",)


def test_other_files_of_a_folder_are_named(tmp_path: Path) -> None:
    assert "readme.txt was ignored: not a JSON or NDJSON file." in read_record(_folder(tmp_path)).notices


def test_a_single_resource_is_a_record() -> None:
    record = read_record(CONDITION)
    assert record.patient == "7"
    assert record.person is None
    assert any("no Patient resource" in notice for notice in record.notices)


def test_all_patients_of_an_export_in_one_pass(tmp_path: Path) -> None:
    medication = {"resourceType": "Medication", "id": "m", "code": {"text": "morphine"}}
    orders = [
        {
            "resourceType": "MedicationRequest",
            "id": f"r{name}",
            "subject": {"reference": f"Patient/{name}"},
            "medicationReference": {"reference": "Medication/m"},
        }
        for name in ("7", "8")
    ]
    (tmp_path / "all.ndjson").write_text(lines(OTHER_PATIENT, *orders, medication, *ALL))
    records = list(read_records(tmp_path))
    assert [record.patient for record in records] == ["7", "8"]
    assert [len(record.of(Condition)) for record in records] == [1, 0]
    assert all(_product(record) == "morphine" for record in records)
    assert all(record.vouched == {"condition", "drug"} for record in records)


def _product(record: Record) -> str:
    ((_, order),) = record.of(MedicationRequest)
    found = record.find(order.medication_reference.reference, Medication)
    return found.code.text if found else ""


def test_one_patient_of_an_export_is_the_same_as_among_all(tmp_path: Path) -> None:
    (tmp_path / "all.ndjson").write_text(lines(OTHER_PATIENT, *ALL))
    alone = read_record(tmp_path, patient="Patient/7")
    (among, _) = read_records(tmp_path)
    assert alone.resources == among.resources
    assert alone.vouched == among.vouched


# -- CDS Hooks -------------------------------------------------------------------------------------------


def hook(prefetch: dict[str, Any], **context: Any) -> dict[str, Any]:
    return {
        "hook": "patient-view",
        "hookInstance": "h",
        "context": {"patientId": "Patient/7", **context},
        "prefetch": prefetch,
    }


PREFETCH = {
    "a resource": ({"patient": PATIENT, "conditions": CONDITION}, {"condition"}, 1),
    "a Bundle": ({"patient": PATIENT, "conditions": bundle(CONDITION)}, {"condition"}, 1),
    "an empty Bundle": ({"patient": PATIENT, "conditions": bundle()}, {"condition"}, 0),
    "null": ({"patient": PATIENT, "conditions": None}, {"condition"}, 0),
    "a key that says nothing": ({"item1": PATIENT, "item2": bundle()}, set(), 0),
    "a wrapped resource": (
        {"p": {"response": {"status": "200"}, "resource": PATIENT}, "c": CONDITION},
        {"condition"},
        1,
    ),
    "an error": (
        {
            "patient": PATIENT,
            "conditions": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]},
        },
        set(),
        0,
    ),
    "an error inside a Bundle": (
        {"conditions": bundle(CONDITION, {"resourceType": "OperationOutcome", "issue": [{"severity": "fatal"}]})},
        set(),
        1,
    ),
    "a warning inside a Bundle": (
        {"conditions": bundle(CONDITION, {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]})},
        {"condition"},
        1,
    ),
    "a first page": (
        {"conditions": bundle(CONDITION, link=[{"relation": "next", "url": "http://ehr/next"}])},
        set(),
        1,
    ),
    "something else": ({"patient": PATIENT, "conditions": {"a": 1}}, set(), 0),
}


@pytest.mark.parametrize("case", PREFETCH)
def test_a_prefetch_vouches_for_the_keys_that_were_satisfied(case: str) -> None:
    prefetch, vouched, count = PREFETCH[case]
    record = read_record(hook(prefetch))
    assert record.patient == "7"
    assert len(record.of(Condition)) == count
    assert set(record.vouched) == vouched
    assert record.vouched_by == "prefetch"


def test_draft_orders_are_not_what_the_patient_takes() -> None:
    order = {"resourceType": "MedicationRequest", "id": "d", "status": "active", "subject": {"reference": "Patient/7"}}
    record = read_record(hook({"patient": PATIENT}, draftOrders=bundle(order)))
    assert record.drafts == [("MedicationRequest", "MedicationRequest/d")]
    assert not record.of(MedicationRequest)


def test_a_draft_of_another_version_is_a_problem_and_no_error() -> None:
    order = {"resourceType": "MedicationRequest", "id": "d", "dosageInstruction": [{"doseQuantity": {"value": 5}}]}
    record = read_record(hook({"patient": PATIENT}, draftOrders=bundle(order)))
    assert [problem.what for problem in record.problems] == ["foreign-version"]


def test_a_draft_of_another_patient_is_left_out() -> None:
    order = {"resourceType": "MedicationRequest", "id": "d", "subject": {"reference": "Patient/8"}}
    record = read_record(hook({"patient": PATIENT}, draftOrders=bundle(order)))
    assert not record.drafts
    assert "Draft orders that name another patient were not used." in record.notices
