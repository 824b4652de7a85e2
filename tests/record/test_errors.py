"""What cannot be read says where, what, what was expected and what to do, and never holds a value."""

import gzip
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fourthstep.ground.errors import MissingExtraError, RecordError
from fourthstep.record import read_record, read_records
from fourthstep.record import sources as record_sources

SECRET = "Zebra-4711"
PATIENT = {"resourceType": "Patient", "id": "7", "name": [{"family": SECRET}]}


def condition(subject: str) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": "c", "subject": {"reference": subject}, "code": {"text": SECRET}}


def bundle(*resources: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


TEXTS: dict[str, tuple[Any, str]] = {
    "empty": (b"", "input: the input is empty; FHIR R4 JSON"),
    "blank": (b" \n ", "the input is empty"),
    "XML": (b"<Patient xmlns='http://hl7.org/fhir'/>", "this is XML; .* Ask the sender for the JSON format"),
    "prose": (SECRET.encode(), "not FHIR: it starts neither with an object nor with a list"),
    "UTF-16": (json.dumps(PATIENT).encode("utf-16"), "not UTF-8 .* save it as UTF-8"),
    "Latin-1": ('{"resourceType":"Patient",\n"id":"é"}'.encode("latin-1"), r"not UTF-8 at byte 33 \(line 2\)"),
    "truncated": (json.dumps(PATIENT).encode()[:-5], r"not valid JSON at byte \d+ \(line 1\): the text ends too early"),
    "broken": (b'{"resourceType":"Patient",\n"id":\n 7,,}', r"not valid JSON at byte \d+ \(line 3\)"),
    "data after the first value": (b'{"resourceType":\n"Patient"}\n{"a":1}', "trailing characters"),
    "not FHIR": ({"name": SECRET}, "JSON, but not FHIR: there is no `resourceType`"),
    "a list of nothing": (["a", 1], "JSON, but not FHIR"),
    "too deep": (b'{"resourceType":"Patient","x":' + b"[" * 200_000, "nested too deeply"),
    "Bundles without end": (
        bundle(bundle(bundle(bundle(bundle(bundle(PATIENT)))))),
        "Bundles stand in Bundles more than three deep",
    ),
    "two patients": (
        bundle(PATIENT, {"resourceType": "Patient", "id": "8"}),
        r"The source holds 2 patients, and one was expected.  Say whose record is wanted with `patient=`",
    ),
    "another patient's resource": (
        bundle(PATIENT, condition("Patient/8")),
        "resources of 1 other patient: their subject is not the patient of this record",
    ),
    "another patient's claim": (
        bundle(PATIENT, {"resourceType": "Claim", "patient": {"reference": "Patient/8"}}),
        "resources of 1 other patient",
    ),
    "another patient's rare resource": (
        bundle(PATIENT, {"resourceType": "VisionPrescription", "patient": {"reference": "Patient/8"}}),
        "resources of 1 other patient",
    ),
    "subjects of two patients": (
        bundle(condition("Patient/7"), condition("Patient/8")),
        "resources of 1 other patient",
    ),
    "a prefetch of another patient": (
        {"hook": "patient-view", "context": {"patientId": "7"}, "prefetch": {"c": condition("Patient/8")}},
        "resources of 1 other patient",
    ),
    "nobody": (bundle({"resourceType": "Observation"}), "There is no patient: .* Add the Patient resource"),
    "a server": ("https://ehr.example/fhir", "read with `read_from_server`"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_the_message_helps_and_holds_no_value(case: str) -> None:
    source, message = TEXTS[case]
    with pytest.raises(RecordError, match=message) as caught:
        read_record(source)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value.__cause__)


def test_a_wanted_patient_who_is_not_there() -> None:
    with pytest.raises(RecordError, match="The wanted patient is not in the source"):
        read_record(bundle(PATIENT), patient="9")


def test_a_wanted_patient_is_chosen_among_several() -> None:
    other = {"resourceType": "Patient", "id": "8"}
    record = read_record(bundle(PATIENT, other, condition("Patient/8")), patient="Patient/8")
    assert record.patient == "8"
    assert set(record.resources) == {"Condition"}


# -- versions --------------------------------------------------------------------------------------------

VERSIONS: dict[str, tuple[dict[str, Any], str]] = {
    "MedicationOrder": ({"resourceType": "MedicationOrder"}, "FHIR DSTU2"),
    "ProcedureRequest": ({"resourceType": "ProcedureRequest"}, "FHIR DSTU2 or STU3"),
    "MedicationUsage": ({"resourceType": "MedicationUsage"}, "FHIR R5"),
    "a statement that is not taken": (
        {"resourceType": "MedicationStatement", "taken": "n"},
        r"MedicationStatement: this looks like FHIR STU3 \(`taken`\)",
    ),
    "a statement of DSTU2": ({"resourceType": "MedicationStatement", "wasNotTaken": True}, "DSTU2"),
    "a dose beside the timing": (
        {"resourceType": "MedicationRequest", "dosageInstruction": [{"doseQuantity": {"value": 5}}]},
        r"STU3 \(`dosage.doseQuantity`\)",
    ),
    "a statement's dose beside the timing": (
        {"resourceType": "MedicationStatement", "dosage": [{"rateRatio": {}}]},
        r"STU3 \(`dosage.rateRatio`\)",
    ),
    "a status that is a word": ({"resourceType": "Condition", "clinicalStatus": "active"}, "STU3 or DSTU2"),
    "an asserted date": ({"resourceType": "Condition", "assertedDate": "2020"}, "STU3"),
    "a recorded date of DSTU2": ({"resourceType": "Condition", "dateRecorded": "2020"}, "DSTU2"),
    "an observation's context": ({"resourceType": "Observation", "context": {"reference": "x"}}, "STU3"),
    "a procedure not done": ({"resourceType": "Procedure", "notDone": True}, "STU3"),
    "a procedure's occurrence": ({"resourceType": "Procedure", "occurrenceDateTime": "2020"}, "R5"),
    "an allergy's status": ({"resourceType": "AllergyIntolerance", "clinicalStatus": "active"}, "STU3"),
    "an allergy's type": ({"resourceType": "AllergyIntolerance", "type": {"text": "allergy"}}, "R5"),
    "an encounter's class": ({"resourceType": "Encounter", "class": "inpatient"}, "DSTU2"),
    "an encounter's classes": ({"resourceType": "Encounter", "class": [{}]}, "R5"),
    "an encounter's actual period": ({"resourceType": "Encounter", "actualPeriod": {}}, "R5"),
    "a medication by concept": (
        {"resourceType": "MedicationRequest", "medication": {"concept": {"text": SECRET}}},
        r"R5 \(`medication`\)",
    ),
    "an administration not given": ({"resourceType": "MedicationAdministration", "notGiven": True}, "STU3"),
    "a dispense not done": ({"resourceType": "MedicationDispense", "notDone": False}, "STU3"),
    "a consent's provisions": ({"resourceType": "Consent", "provision": [{}]}, "R5"),
}


@pytest.mark.parametrize("case", VERSIONS)
def test_another_fhir_version_is_refused_visibly(case: str) -> None:
    resource, message = VERSIONS[case]
    with pytest.raises(RecordError, match=message) as caught:
        read_record(bundle(PATIENT, resource | {"id": "x"}))
    assert "R4" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_another_version_in_an_export_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(json.dumps(PATIENT) + "\n" + json.dumps({"resourceType": "MedicationOrder"}))
    with pytest.raises(RecordError, match=r"a.ndjson:2: MedicationOrder is a resource of FHIR DSTU2"):
        read_record(tmp_path)


# -- files -----------------------------------------------------------------------------------------------


def _truncated(folder: Path) -> Path:
    path = folder / "a.json.gz"
    path.write_bytes(gzip.compress(json.dumps(PATIENT).encode())[:-12])
    return path


def _nonsense(folder: Path) -> Path:
    path = folder / "a.json"
    with path.open("wb") as file:
        file.write(b'{"a":"' + b"x" * 2_000_000)
        file.truncate(200 * 1024 * 1024)
    return path


def _nulls(folder: Path) -> Path:
    path = folder / "a.json"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    return path


def _zip(folder: Path) -> Path:
    path = folder / "a.json"
    path.write_bytes(b"PK\x03\x04rest")
    return path


def _written(name: str, content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "truncated gzip": (_truncated, "a.json.gz: the compressed file is damaged or truncated; copy it again"),
    "200 MB of nonsense": (_nonsense, "not FHIR: no `resourceType` in the first megabyte"),
    "200 MB of nothing": (_nulls, "a.json: "),
    "a zip archive": (_zip, "this is a zip archive; unpack it and give the folder"),
    "a large array of nothing": (_written("a.json", b"[" + b"1," * 800_000 + b"1]"), "no `resourceType`"),
    "lines of nothing": (_written("a.ndjson", b'{"a":1}\n{"b":2}\n'), "no line of this file is a FHIR resource"),
    "an empty folder": (lambda folder: folder, "no FHIR resource was found"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_refused_by_name_without_its_path(case: str, tmp_path: Path) -> None:
    make, message = FILES[case]
    with pytest.raises(RecordError, match=message) as caught:
        read_record(make(tmp_path))
    assert str(tmp_path.parent) not in str(caught.value)


def test_a_missing_file_suggests_what_is_near(tmp_path: Path) -> None:
    (tmp_path / "patient-12.json").write_text("{}")
    with pytest.raises(
        RecordError, match=r"patient-21.json: there is no such file or folder.  Did you mean patient-12.json"
    ):
        read_record(tmp_path / "patient-21.json")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")
    path.chmod(0)
    with pytest.raises(RecordError, match="no permission to read it"):
        read_record(path)


def test_no_permission_is_told_for_every_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")

    def refuse(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(record_sources, "_read", refuse)
    with pytest.raises(RecordError, match=r"a.json: no permission to read it.  Ask for read access"):
        read_record(path)


def test_too_large_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(PATIENT | {"text": {"div": "x" * 3_000_000}}))
    with pytest.raises(RecordError, match=r"larger than 2 MB.*Send less"):
        read_record(path, max_bytes=2 * 1024 * 1024)
    with pytest.raises(RecordError, match=r"larger than 2 MB.*Send less"):
        read_record(path.read_bytes(), max_bytes=2 * 1024 * 1024)
    assert read_record(path).patient == "7"


def test_a_decompression_bomb_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_sources, "_BOMB_FROM", 1_000_000)
    monkeypatch.setattr(record_sources, "_BOMB_RATIO", 50)
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(gzip.compress(b'{"resourceType":"Patient","id":"7"}\n' * 200_000))
    with pytest.raises(RecordError, match=r"not read: it expands to more than"):
        read_record(path)


def test_an_endless_line_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_sources, "_MAX_LINE", 1_048_576)
    path = tmp_path / "a.ndjson"
    path.write_bytes(b'{"resourceType":"' + b"a" * 2_000_000)
    with pytest.raises(RecordError, match="a line is longer than 1 MB; NDJSON has a resource a line"):
        read_record(path)


def test_zstd_without_the_extra_names_the_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    path = tmp_path / "a.json.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + b"0" * 20)
    with pytest.raises(MissingExtraError, match=r"pip install 'fourthstep\[zstd\]'"):
        read_record(path)


def test_several_patients_of_an_export_need_a_choice(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(json.dumps(PATIENT) + "\n" + json.dumps({"resourceType": "Patient", "id": "8"}))
    with pytest.raises(RecordError, match=r"The export holds 2 patients.*`patient=`.*one by one"):
        read_record(tmp_path)
    assert read_record(tmp_path, patient="8").patient == "8"
    assert len(list(read_records(tmp_path))) == 2


def test_a_broken_file_in_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(PATIENT))
    (tmp_path / "b.json").write_text('{"resourceType": "Condition"')
    with pytest.raises(RecordError, match=r"b.json: not valid JSON"):
        read_record(tmp_path)
