"""Each knob does what it says, to that and to nothing else; the truth stays."""

import copy

import pytest

from fourthstep.synthetic.cohort import Cohort, patients
from fourthstep.synthetic.mess import HOSPITAL, KNOBS, Mess

CLEAN = [made.resources for made in patients(Cohort(12, seed=21))]
UNITS_KNOWN = {"10*3/uL", "{INR}", "g/dL", "mg/dL", "mL/min/1.73m2", "mg/L", "degrees C", "kg", "cm", "{score}"}


def turned(knob, level=1.0):
    return [made.resources for made in patients(Cohort(12, seed=21, mess=Mess()._replace(**{knob: level})))]


def of(records, *kinds):
    return [each for record in records for each in record if each["resourceType"] in kinds]


def test_at_zero_nothing_changes():
    assert [made.resources for made in patients(Cohort(12, seed=21, mess=Mess.of(0)))] == CLEAN


@pytest.mark.parametrize("knob", KNOBS)
def test_the_truth_stays(knob):
    told = [
        [made.truth for made in patients(Cohort(12, seed=21, mess=mess))] for mess in (Mess(), Mess()._replace(**{knob: 1}))
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("knob", KNOBS)
def test_half_way_is_between(knob):
    def changed(level):
        mine = [str(each) for record in turned(knob, level) for each in record]
        clean = [str(each) for record in CLEAN for each in record]
        return len(set(clean) - set(mine)) + len(mine) - len(clean) if knob == "duplicates" else len(set(mine) ^ set(clean))

    assert 0 < changed(0.5) < changed(1.0)


def test_one_knob_does_not_move_another():
    """What is missing at one level is missing whatever else is turned."""
    alone = {each["id"] for record in turned("missing", 0.3) for each in record}
    both = patients(Cohort(12, seed=21, mess=Mess(missing=0.3, wrong_unit=0.7)))
    assert {each["id"] for made in both for each in made.resources} == alone


def test_missing_leaves_only_the_patient():
    assert {each["resourceType"] for record in turned("missing") for each in record} == {"Patient"}


def test_late_results_are_three_weeks_old_and_more():
    for before, after in zip(of(CLEAN, "Observation"), of(turned("late"), "Observation"), strict=True):
        assert after["effectiveDateTime"] < before["effectiveDateTime"]
        assert after["effectiveDateTime"] < "2026-02-10"
    assert all(each["authored"] < "2026-02-10" for each in of(turned("late"), "QuestionnaireResponse"))


def test_text_only_keeps_the_words_and_no_code():
    for each in of(turned("text_only"), "Condition", "MedicationRequest", "AllergyIntolerance", "Procedure"):
        said = each.get("code") or each["medicationCodeableConcept"]
        assert said["text"]
        assert "coding" not in said
    assert of(turned("text_only"), "Observation") == of(CLEAN, "Observation")


def test_wrong_units_are_spellings_nothing_or_impossible():
    values = [each["valueQuantity"] for each in of(turned("wrong_unit"), "Observation") if "valueQuantity" in each]
    assert all("code" not in value and "system" not in value for value in values)
    units = {value.get("unit") for value in values}
    assert {None, "mmol/L", "K/uL"} <= units
    assert [value["value"] for value in values] == [
        each["valueQuantity"]["value"] for each in of(CLEAN, "Observation") if "valueQuantity" in each]  # fmt: skip


def test_local_codes_belong_to_the_hospital():
    for each in of(turned("local_code"), "Observation", "Condition", "MedicationRequest"):
        said = each.get("code") or each["medicationCodeableConcept"]
        assert [coding["system"] for coding in said["coding"]] == [HOSPITAL]
        assert said["coding"][0]["display"]


def test_duplicates_are_the_same_line_or_the_same_fact_again():
    for clean, twice in zip(CLEAN, turned("duplicates"), strict=True):
        assert len(twice) == 2 * len(clean) - 1
        first = twice[1]
        again = copy.deepcopy(twice[2])
        again["id"] = again["id"].removesuffix("-again")
        assert again == first


def test_contradictions_speak_of_the_same_thing():
    for clean, record in zip(CLEAN, turned("contradictory"), strict=True):
        known = {each["id"]: each for each in clean}
        others = [each for each in record if each["id"].endswith("-other")]
        assert others
        for each in others:
            first = known[each["id"].removesuffix("-other")]
            assert each != first | {"id": each["id"]}
            assert each.get("code") == first.get("code")
        assert [each for each in record if not each["id"].endswith("-other")] == clean


def test_tablets_lose_their_unit_and_milligrams_keep_it():
    changed = 0
    for before, after in zip(of(CLEAN, "MedicationRequest"), of(turned("unit_less"), "MedicationRequest"), strict=True):
        was, now = (each["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"] for each in (before, after))
        if was["unit"] in {"tablet", "capsule"}:
            assert now == {"value": was["value"]}
            changed += 1
        else:
            assert now == was
    assert changed


def test_the_frequency_moves_to_the_dispense():
    for record in turned("split_dose"):
        assert all("timing" not in each["dosageInstruction"][0] for each in of([record], "MedicationRequest"))
        for each in of([record], "MedicationDispense"):
            assert each["dosageInstruction"][0]["timing"]["code"]["coding"][0]["code"] in {
                "Q12H",
                "Q4H:PRN",
                "DAILY",
                "Q8H",
                "Q24H",
            }
