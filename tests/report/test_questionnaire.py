"""Our own form: valid FHIR, each question once, and every answer is read back as the fact that was asked."""

import json
from collections import Counter
from functools import cache

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire

from fourthstep import as_of, assess, read_record
from fourthstep.events.goals import FORM
from fourthstep.knowledge.load import load_knowledge
from fourthstep.report.questionnaire import form_for, whole_form
from tests.report.examples import EXAMPLES

KNOWLEDGE = load_knowledge()
DAY = as_of("2026-03-01")
RECORDS = sorted(path.stem for path in EXAMPLES.glob("*.json"))
BUNDLES = ("pancreatic", "pancreatic-apixaban", "rib", "post-mastectomy", "cord-compression", "pancoast")


@cache
def form(name=""):
    if not name:
        return whole_form(KNOWLEDGE)
    return form_for(assess(read_record(EXAMPLES / f"{name}.json"), as_of=DAY), KNOWLEDGE)


def items(group):
    for item in group["item"]:
        yield item
        if "item" in item:
            yield from items(item)


def questions(made):
    return [item for item in items(made) if item["type"] not in ("group", "display")]


def of_fact(made, fact):
    return [item for item in questions(made) if item["linkId"].rpartition("/")[2] == fact]


@pytest.mark.parametrize("name", ["", *RECORDS])
def test_valid_and_each_question_once(name):
    Questionnaire.model_validate(form(name))
    links = [item["linkId"] for item in items(form(name))]
    assert sorted(links) == sorted(set(links))


def test_the_whole_form_asks_all_that_has_a_question():
    asked = {item["linkId"] for item in questions(form())}
    assert asked == {name for name, fact in KNOWLEDGE.facts.items() if fact.ask}


def test_no_value_of_the_laboratory_is_asked():
    """A form has one day; a value of last week would look fresh."""
    for name in ("", *RECORDS):
        assert not of_fact(form(name), "platelet_count")
    (line,) = [item for item in items(form("post-mastectomy")) if item["linkId"] == "look-up-0"]
    assert "platelets" in line["text"]


# -- read back -------------------------------------------------------------------------------------------------


def answer(item):
    match item["type"]:
        case "boolean":
            return {"valueBoolean": True}
        case "choice":
            return {"valueCoding": item["answerOption"][0]["valueCoding"]}
        case _:
            lowest = [each["valueDecimal"] for each in item.get("extension", []) if each["url"].endswith("minValue")]
            return {"valueDecimal": lowest[0] if lowest else 1}


def answered(group, chosen):
    """The answered items of a form, with the groups around them."""
    for item in group["item"]:
        if "item" in item:
            yield {"linkId": item["linkId"], "item": list(answered(item, chosen))}
        elif item["type"] != "display" and (value := chosen(item)):
            yield {"linkId": item["linkId"], "answer": [value]}


def with_answers(record, made, chosen):
    bundle = json.loads((EXAMPLES / f"{record}.json").read_text(encoding="utf-8"))
    patient = next(each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == "Patient")
    response = {"resourceType": "QuestionnaireResponse", "id": "answers", "status": "completed", "questionnaire": FORM,
                "subject": {"reference": f"Patient/{patient['id']}"}, "authored": "2026-03-01",
                "item": list(answered(made, chosen))}  # fmt: skip
    bundle["entry"].append({"fullUrl": "urn:uuid:answers", "resource": response})
    return assess(read_record(json.dumps(bundle).encode()), as_of=DAY)


@pytest.mark.parametrize("name", ["", *BUNDLES])
def test_every_answer_is_read(name):
    record = name or BUNDLES[0]
    before = assess(read_record(EXAMPLES / f"{record}.json"), as_of=DAY)
    after = with_answers(record, form(name), answer)
    assert not [row for row in after.not_used if row.ref == "QuestionnaireResponse/answers"]
    assert after.used["QuestionnaireResponse"] == before.used.get("QuestionnaireResponse", 0) + 1


def test_an_answer_for_one_pain_stands_at_that_pain():
    made = form("pancreatic")
    region, side = of_fact(made, "pain_region")[0], of_fact(made, "pain_side")[0]
    assert region["initial"][0]["valueCoding"]["code"] == "upper-abdomen"
    assert side["initial"][0]["valueCoding"]["code"] == "midline"


def test_an_answer_changes_the_word():
    """An option that waits for the mechanism of the pain is told once it is answered."""
    before = assess(read_record(EXAMPLES / "cord-compression.json"), as_of=DAY)
    made = form("cord-compression")

    def chosen(item):
        if item["linkId"].endswith("pain_mechanism"):
            return {"valueCoding": {"code": "somatic"}}
        return item["initial"][0] if "initial" in item else None

    after = with_answers("cord-compression", made, chosen)
    assert of_fact(made, "pain_mechanism")
    assert (before.pains[0].mechanism, after.pains[0].mechanism) == ("unknown", "somatic")
    words = [Counter(option.word for option in told.pains[0].options) for told in (before, after)]
    assert words[0]["undetermined"] > words[1]["undetermined"]
