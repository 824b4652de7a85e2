"""A case or answers file that cannot be meant so is told with its place; nothing of it is guessed, nothing is silent."""

import pytest

from fourthstep.events.statements import read_answers, read_case
from fourthstep.ground.errors import KnowledgeError
from fourthstep.knowledge.load import load_knowledge

WRONG = [
    # what is written as a fact, and what is told
    ("platelet_count: '180, 3 d'", "`180` has no unit; write a number in 10*9/L, such as `180 10*9/L`"),
    ("platelet_count: '9000 10*9/L, 3 d'", "`9000 10*9/L` cannot be true; write a number from 0 to 5000"),
    ("platelet_count: '-1 10*9/L, 3 d'", "`-1 10*9/L` cannot be true; write a number from 0 to 5000"),
    ("platelet_count: 'low, 3 d'", "`low` is not a number with a unit"),
    ("platelet_count: '180 10*9/L, yesterday'", "`yesterday` is neither an age such as `3 d` nor a date"),
    ("inr: '99, 3 d'", "`99` cannot be true; write a number from"),
    ("goal_category: happiness", "`happiness` is not one of"),
    ("platelets: '180 10*9/L'", "there is no fact `platelets`"),
    ("opioid_dose: '90'", "`90` has no unit; write a number in mg/d, such as `90 mg/d`"),
]  # fmt: skip
RIGHT = ["platelet_count: '180 10*9/L, 3 d'", "platelet_count: '180 K/uL'", "platelet_count: '<5 10*9/L'",
         "inr: '1.1, 3 d'", "opioid_dose: '60..90 mg/d'", "goal_category: comfort | function"]  # fmt: skip


def case(tmp_path, body):
    path = tmp_path / "case.yaml"
    path.write_text(f"as_of: 2026-03-01\n{body}\n", encoding="utf-8")
    return read_case(path, load_knowledge())


@pytest.mark.parametrize(("fact", "told"), WRONG)
def test_a_wrong_fact_of_a_case(tmp_path, fact, told):
    with pytest.raises(KnowledgeError) as caught:
        case(tmp_path, f"facts:\n  {fact}")
    assert told in str(caught.value)
    assert "case.yaml:" in str(caught.value)


@pytest.mark.parametrize(("fact", "told"), WRONG)
def test_a_wrong_answer(tmp_path, fact, told):
    path = tmp_path / "answers.yaml"
    path.write_text(f"facts:\n  {fact}\n", encoding="utf-8")
    with pytest.raises(KnowledgeError) as caught:
        read_answers(path, load_knowledge())
    assert told in str(caught.value)


@pytest.mark.parametrize("fact", RIGHT)
def test_a_right_one(tmp_path, fact):
    assert case(tmp_path, f"facts:\n  {fact}")[1].events


@pytest.mark.parametrize(("score", "ok"), [("0", True), ("10", True), ("10.5", False), ("12", False), ("-1", False)])
def test_a_pain_score(tmp_path, score, ok):
    body = f"pains:\n  - {{region: pelvis, intensity: '{score}, 1 d'}}"
    if ok:
        assert case(tmp_path, body)[1].events
        return
    with pytest.raises(KnowledgeError, match="cannot be true; write a number from 0 to 10"):
        case(tmp_path, body)


def test_what_is_worked_out_for_each_pain_is_told_of_one(tmp_path):
    events = case(tmp_path, "pains:\n  - {region: pelvis, radiotherapy_to_pain: 'yes'}")[1].events
    (told,) = [event for event in events if event.concept == "radiotherapy_to_pain"]
    assert (told.site, told.text) == ("pelvis", "yes")


BODIES = [
    ("vouched: [drugs]", "`drugs` is no kind"),
    ("refused: [celiac-plexus]", "there is no intervention `celiac-plexus`"),
    ("drugs:\n  - {drug: blood thinner}", "`blood thinner` is no drug of the code sets"),
    ("drugs:\n  - {drug: morphine, dose: some}", "`some` is not a number with a unit"),
    ("drugs:\n  - {drug: morphine, since: long ago}", "`long ago` is neither an age such as `3 d` nor a date"),
    ("drugs:\n  - {drug: morphine, current: perhaps}", "perhaps"),
]


@pytest.mark.parametrize(("body", "told"), BODIES)
def test_a_wrong_line_of_a_case(tmp_path, body, told):
    with pytest.raises(KnowledgeError) as caught:
        case(tmp_path, body)
    assert told in str(caught.value)


def test_a_case_without_a_day(tmp_path):
    path = tmp_path / "case.yaml"
    path.write_text("as_of: today\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="expected a day such as 2026-03-01"):
        read_case(path, load_knowledge())


SIGNS = [("<5", "<5"), ("≤5", "≤5"), (">5", ">5"), ("≥5", "≥5"), ("4..5", "4 to 5"), ("5", "5")]


@pytest.mark.parametrize(("written", "read"), SIGNS)
def test_signs(tmp_path, written, read):
    (event,) = case(tmp_path, f"facts: {{platelet_count: '{written} 10*9/L'}}")[1].events
    assert str(event.value) == read


def test_a_group_of_drugs_and_a_drug_with_its_last_dose(tmp_path):
    body = "facts: {late_nadir_chemotherapy: 'no', nsaid: 'yes'}\ndrugs:\n  - {drug: apixaban, dose: 5 mg, last_dose: 20 h}"
    events = case(tmp_path, body)[1].events
    assert {event.drug.source for event in events if event.concept == "anticoagulant:doac_xa"} == {"order", "administration"}
    assert [event.drug.ingredient for event in events if event.concept.startswith("nsaid:")] == ["stated"]
