"""Our own form: what is answered counts, what cannot be read is listed, and nothing of it is guessed."""

from typing import Any

import patients
import pytest
from patients import PATIENT, resource

from fourthstep.events.event import Events
from fourthstep.events.extract import extract_events
from fourthstep.events.form import with_forms
from fourthstep.events.goals import FORM
from fourthstep.ground.dates import as_of
from fourthstep.knowledge.load import load_knowledge
from fourthstep.record import read_record


def item(link: str, *answers: dict[str, Any], items: Any = ()) -> dict[str, Any]:
    return {"linkId": link, "answer": list(answers), "item": list(items)}


def form(*items: Any, identity: str = "f", **more: Any) -> dict[str, Any]:
    common = {"status": "completed", "questionnaire": f"{FORM}|1", "authored": "2026-02-28", "item": list(items)}
    return resource("QuestionnaireResponse", identity, **(common | more))


def read(*responses: dict[str, Any], day: str = "2026-03-01") -> Events:
    record = read_record([PATIENT, *responses])
    moment = as_of(day)
    events = extract_events(record, patients.index(), as_of=moment, tables=patients.dosage_tables())
    return with_forms(events, record, moment, load_knowledge())


def fact_of(kind: str, *, values: bool) -> str:
    facts = load_knowledge().facts
    return next(name for name, each in sorted(facts.items()) if each.kind == kind and bool(each.values) is values)


def test_a_yes_and_a_no() -> None:
    name = fact_of("bedside", values=False)
    for answer, text in ((True, "yes"), (False, "no")):
        (event,) = read(form(item(name, {"valueBoolean": answer}))).events
        assert (event.kind, event.concept, event.text) == ("answer", name, text)
        assert str(event.start) == "2026-02-28"


def test_numbers_with_and_without_unit() -> None:
    for answer in ({"valueInteger": 180}, {"valueDecimal": 180.0}, {"valueQuantity": {"value": 180, "code": "10*9/L"}}):
        (event,) = read(form(item("platelet_count", answer))).events
        assert (event.kind, event.concept, event.unit) == ("measurement", "platelets", "10*9/L")
        assert event.value is not None
        assert event.value.low == 180


def test_a_pain_keeps_its_answers_together() -> None:
    pain = item(
        "pain",
        items=[
            item("pain_region", {"valueCoding": {"code": "upper-abdomen"}}),
            item("pain_side", {"valueCoding": {"code": "left"}}),
            item("pain_intensity", {"valueInteger": 7}),
        ],
    )
    events = read(form(pain)).events
    assert {(event.site, event.side) for event in events} == {("upper-abdomen", "left")}
    assert {event.ref for event in events} == {
        f"QuestionnaireResponse/f#pain/0/{each}" for each in ("pain_region", "pain_side", "pain_intensity")
    }


def test_a_condition_that_is_said_to_be_absent() -> None:
    name = next(name for name, each in load_knowledge().facts.items() if each.kind == "condition")
    events = read(form(item(name, {"valueBoolean": False})))
    assert not events.events
    assert name in events.stated


UNREAD = {
    "an unknown question": (item("shoe_size", {"valueInteger": 43}), "shoe_size", "unknown-question"),
    "a word that is none of its values": (
        item("pain_mechanism", {"valueCoding": {"code": "spooky"}}),
        "pain_mechanism",
        "answer-not-readable",
    ),
    "a number in words": (item("platelet_count", {"valueString": "many"}), "platelet_count", "answer-not-readable"),
    "an answer of a wrong type": ({"linkId": "platelet_count", "answer": [{"valueInteger": "x"}]}, "", "unknown-question"),
    "an answer beside a group": (
        item("shoe_size", {"valueInteger": 43}, items=[item("hat_size")]),
        "shoe_size",
        "unknown-question",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNREAD)
def test_what_cannot_be_read_is_listed(case: str) -> None:
    made, name, reason = UNREAD[case]
    events = read(form(made))
    assert not events.events
    assert [(each.concept, each.reason) for each in events.not_used] == [(name, reason)]


RESPONSES = {
    "in error": ({"status": "entered-in-error"}, "entered-in-error"),
    "stopped": ({"status": "stopped"}, "cancelled"),
    "undated": ({"authored": ""}, "no-date"),
    "unreadable day": ({"authored": "soon"}, "no-date"),
    "tomorrow's": ({"authored": "2026-03-02"}, "after-as-of"),
    "with a modifier": ({"modifierExtension": [{"url": "x"}]}, "modifier-extension"),
    "another form": ({"questionnaire": "http://example.org/x"}, "questionnaire"),
}


@pytest.mark.parametrize("case", RESPONSES)
def test_responses_that_do_not_count(case: str) -> None:
    more, reason = RESPONSES[case]
    events = read(form(item("platelet_count", {"valueInteger": 180}), **more))
    assert not events.events
    assert [each.reason for each in events.not_used] == [reason]


def test_an_instant_is_compared_with_an_instant() -> None:
    made = form(item("platelet_count", {"valueInteger": 180}), authored="2026-03-01T10:00:00Z")
    assert read(made, day="2026-03-01T11:00:00+00:00").events
    assert not read(made, day="2026-03-01T09:00:00+00:00").events


def test_groups_are_walked_to_any_depth() -> None:
    nested = item("platelet_count", {"valueInteger": 180})
    for _ in range(50):
        nested = item("group", items=[nested])
    assert [event.concept for event in read(form(nested)).events] == ["platelets"]


def test_the_order_of_responses_does_not_matter() -> None:
    made = [form(item("platelet_count", {"valueInteger": each}), identity=f"f{each}") for each in (180, 90)]
    assert read(*made) == read(*made[::-1])


def test_used_and_newest() -> None:
    events = read(form(item("platelet_count", {"valueInteger": 180})))
    assert events.used["QuestionnaireResponse"] == 1
    assert str(events.newest) == "2026-02-28"
