"""Which resource is meant, whose it is, and which of two versions counts."""

import json
from typing import Any

import pytest

from fourthstep.record import Record, read_record
from fourthstep.record.references import bare_id, conditional, is_patient, normal_reference
from fourthstep.record.resources import Condition, Encounter, Medication, Observation

PATIENT = {"resourceType": "Patient", "id": "7"}
ENCOUNTER = {"resourceType": "Encounter", "id": "e", "subject": {"reference": "Patient/7"}}

REFERENCES = """
    Patient/7                                | Patient/7                   | 7   | yes
    Patient/7/_history/3                     | Patient/7                   | 7   | yes
    https://ehr.example/fhir/Patient/7       | Patient/7                   | 7   | yes
    https://ehr/fhir/Patient/7/_history/1    | Patient/7                   | 7   | yes
    urn:uuid:7                               | urn:uuid:7                  | 7   | yes
    7                                        | 7                           | 7   | yes
    #7                                       | #7                          | #7  | yes
    Group/7                                  | Group/7                     | 7   | no
    Device/7                                 | Device/7                    | 7   | no
    Patient?identifier=a|b                   | Patient?identifier=a|b      |     | yes
"""


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.rsplit(" | ", 3)] for line in table.strip().splitlines()]


@pytest.mark.parametrize(("reference", "normal", "bare", "patient"), rows(REFERENCES))
def test_references(reference: str, normal: str, bare: str, patient: str) -> None:
    assert normal_reference(reference) == normal
    if bare:
        assert bare_id(reference) == bare
    assert is_patient(reference) is (patient == "yes")


def test_conditional_references() -> None:
    assert conditional("Medication?identifier=urn:x|9") == ("Medication", "urn:x", "9")
    assert conditional("Medication?identifier=9") == ("Medication", "", "9")
    assert conditional("Medication/9") is None


@pytest.mark.parametrize(
    "reference",
    ["Encounter/e", "urn:uuid:enc", "http://ehr/fhir/Encounter/e", "Encounter/e/_history/1", "http://base/Encounter/e"],
)
def test_an_encounter_is_found_by_every_kind_of_reference(reference: str) -> None:
    record = read_record(
        {
            "resourceType": "Bundle",
            "entry": [
                {"resource": PATIENT},
                {"fullUrl": "urn:uuid:enc", "resource": ENCOUNTER},
            ],
        }
    )
    assert record.find(reference, Encounter) is not None
    assert record.find(reference, Medication) is None
    assert record.find("", Encounter) is None


def test_a_medication_is_found_by_its_identifier() -> None:
    medication = {"resourceType": "Medication", "id": "m", "identifier": [{"system": "s", "value": "v"}]}
    record = read_record([PATIENT, medication])
    assert record.find("Medication?identifier=s|v", Medication) is not None
    assert record.find("Medication?identifier=s|w", Medication) is None
    assert record.find("Medication/other", Medication) is None


# -- whose? ----------------------------------------------------------------------------------------------


def observation(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", **more}


def test_what_names_no_patient_belongs_to_the_only_one() -> None:
    record = read_record([PATIENT, observation(id="o")])
    assert len(record.of(Observation)) == 1
    assert "Resources that name no patient were taken as this patient's." in record.notices


def test_what_names_no_patient_among_several_is_not_used() -> None:
    record = read_record([PATIENT, {"resourceType": "Patient", "id": "8"}, observation(id="o")], patient="7")
    assert not record.of(Observation)
    assert any("name no patient were not used; silence" in each for each in record.notices)


def test_what_belongs_to_a_group_or_a_device_is_nobodys() -> None:
    record = read_record([PATIENT, observation(id="o", subject={"reference": "Group/9"})])
    assert not record.of(Observation)


def test_ids_may_be_missing() -> None:
    urn = {"fullUrl": "urn:uuid:abc", "resource": observation(subject={"reference": "Patient/7"})}
    bare = {"resource": observation(subject={"reference": "Patient/7"}, valueInteger=3)}
    made = {"resourceType": "Bundle", "entry": [{"resource": PATIENT}, urn, bare, bare]}
    refs = [ref for ref, _ in read_record(made).of(Observation)]
    assert refs[0] == "Observation/abc"
    assert refs[1].startswith("Observation/~")
    assert len(refs) == 2


# -- versions of one resource ----------------------------------------------------------------------------


def versions(*pairs: tuple[str, str]) -> Record:
    made = [
        {
            "resourceType": "Condition",
            "id": "c",
            "subject": {"reference": "Patient/7"},
            "code": {"text": text},
            **({"meta": {"lastUpdated": day}} if day else {}),
        }
        for text, day in pairs
    ]
    return read_record([PATIENT, *made])


VERSIONS = {
    "identical": ([("a", ""), ("a", "")], ["a"], ()),
    "identical but for the day": ([("a", "2020-01-01T00:00:00Z"), ("a", "")], ["a"], ()),
    "the newer one counts": ([("a", "2020-01-01T00:00:00Z"), ("b", "2021-01-01T00:00:00Z")], ["b"], ()),
    "the newer one counts when it comes first": (
        [("b", "2021-01-01T00:00:00Z"), ("a", "2020-01-01T00:00:00Z")],
        ["b"],
        (),
    ),
    "in other time zones": ([("a", "2020-01-01T12:00:00+00:00"), ("b", "2020-01-01T10:00:00-05:00")], ["b"], ()),
    "equal days, different": (
        [("a", "2020-01-01T00:00:00Z"), ("b", "2020-01-01T00:00:00Z")],
        ["a", "b"],
        ("Condition/c",),
    ),
    "no days, different": ([("a", ""), ("b", "")], ["a", "b"], ("Condition/c",)),
    "one day missing, different": ([("a", "2020-01-01T00:00:00Z"), ("b", "")], ["a", "b"], ("Condition/c",)),
    "unreadable day, different": ([("a", "soon"), ("b", "2020-01-01T00:00:00Z")], ["a", "b"], ("Condition/c",)),
    "a newer one settles a conflict": (
        [("a", "2020-01-01T00:00:00Z"), ("b", "2020-01-01T00:00:00Z"), ("c", "2021-01-01T00:00:00Z")],
        ["c"],
        (),
    ),
    "three that differ": ([("a", ""), ("b", ""), ("b", ""), ("c", "")], ["a", "b", "c"], ("Condition/c",)),
}


@pytest.mark.parametrize("case", VERSIONS)
def test_two_resources_of_one_id(case: str) -> None:
    pairs, texts, conflicts = VERSIONS[case]
    records = [versions(*order) for order in (pairs, pairs[::-1])]
    assert [sorted(each.code.text for _, each in record.of(Condition)) for record in records] == [texts, texts]
    assert [record.conflicts for record in records] == [conflicts, conflicts]
    if conflicts:
        assert records[0].resources == records[1].resources


# -- vouching --------------------------------------------------------------------------------------------

VOUCHING = {
    "Condition": {"condition"},
    "MedicationRequest": {"drug"},
    "MedicationStatement": {"drug"},
    "MedicationAdministration": set(),
    "MedicationDispense": set(),
    "Procedure": {"procedure"},
    "AllergyIntolerance": {"allergy"},
    "Encounter": {"encounter"},
    "Observation": set(),
}


@pytest.mark.parametrize("kind", VOUCHING)
def test_a_file_vouches_for_the_kinds_it_holds(kind: str) -> None:
    owner = "patient" if kind == "AllergyIntolerance" else "subject"
    record = read_record([PATIENT, {"resourceType": kind, "id": "x", owner: {"reference": "Patient/7"}}])
    assert set(record.vouched) == VOUCHING[kind]
    assert record.vouched_by == "file"


def test_an_export_vouches_by_its_types_and_not_by_the_patients_part(tmp_path: Any) -> None:
    other = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/8"}}
    lines = [PATIENT, {"resourceType": "Patient", "id": "8"}, other]
    (tmp_path / "a.ndjson").write_text("\n".join(json.dumps(each) for each in lines))
    record = read_record(tmp_path, patient="7")
    assert not record.of(Condition)
    assert record.vouched == {"condition"}
    assert record.vouched_by == "export"


def test_one_page_of_a_search_vouches_for_nothing() -> None:
    made = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "self", "url": "a"}, {"relation": "next", "url": "b"}],
        "entry": [{"resource": PATIENT}, {"resource": ENCOUNTER}],
    }
    record = read_record(made)
    assert record.vouched == set()
    assert any("only one page" in notice for notice in record.notices)


def test_deletions_are_said() -> None:
    made = {
        "resourceType": "Bundle",
        "entry": [{"resource": PATIENT}, {"request": {"method": "DELETE", "url": "Condition/1"}}],
    }
    assert "The Bundle asks for deletions; they were not applied." in read_record(made).notices
