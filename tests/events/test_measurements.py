"""Observations: values in all their forms, their dates, and why some are not used."""

from typing import Any

import patients
import pytest
from patients import LOCAL, LOINC, SNOMED, UCUM, concept, extract, fate, one, resource

from fourthstep.events.values import number_in, score_in

DAY = "2026-02-28T08:00:00-05:00"


def observation(code: str = "777-3", system: str = LOINC, **more: Any) -> dict[str, Any]:
    common = {"status": "final", "code": concept(system, code), "effectiveDateTime": DAY}
    return resource("Observation", **(common | more))


def quantity(value: Any, unit: str = "", code: str = "", system: str = "", **more: Any) -> dict[str, Any]:
    return {"valueQuantity": {"value": value, "unit": unit, "code": code, "system": system, **more}}


PAIN = """
    72514-3 | valueInteger   | 7        |       | 7
    72514-3 | valueString    | 7        |       | 7
    72514-3 | valueString    | 8.5      |       | 8.5
    72514-3 | valueString    | 7,5      |       | 7.5
    72514-3 | valueString    | 7/10     |       | 7
    72514-3 | valueString    | 0/10     |       | 0
    72514-3 | valueString    | 7 of 10  |       | 7
    72514-3 | valueString    | 7-8      |       | 7 to 8
    72514-3 | valueString    | 7 to 8   |       | 7 to 8
    72514-3 | valueString    | 8-7      |       | not-a-number
    72514-3 | valueString    | 7-8/10   |       | 7 to 8
    72514-3 | valueString    | <5       |       | over-ten
    72514-3 | valueString    | 10       |       | 10
    72514-3 | valueString    | 13       |       | over-ten
    72514-3 | valueString    | -1       |       | over-ten
    72514-3 | valueString    | asleep   |       | not-a-number
    72514-3 | valueString    | UA       |       | not-a-number
    72514-3 | valueString    | denies   |       | not-a-number
    98137-3 | valueString    | 8.5      |       | 8.5
    72514-3 | valueQuantity  | 7.95     | {score} | 7.95
    72514-3 | valueQuantity  | 10       | 1     | 10
    72514-3 | valueQuantity  | 11       |       | over-ten
    72514-3 | valueQuantity  | 7        | mg    | unreadable-value
    38208-5 | valueQuantity  | 10       | {score} | 10
    38208-5 | valueQuantity  | 60       |       | over-ten
    38214-3 | valueQuantity  | 65       | mm    | 6.5
    38214-3 | valueQuantity  | 65       |       | over-ten
    38214-3 | valueQuantity  | 6.5      | cm    | 6.5
    38214-3 | valueQuantity  | 105      | mm    | over-ten
    72514-3 | valueBoolean   | true     |       | not-a-number
"""


@pytest.mark.parametrize("row", PAIN.strip().splitlines())
def test_pain_scores(row: str) -> None:
    code, element, written, unit, result = (cell.strip() for cell in row.split("|"))
    value: Any = {"valueInteger": written, "valueString": written, "valueBoolean": written == "true"}.get(element)
    if element == "valueQuantity":
        value = {"value": written, "unit": unit}
    events = extract(observation(code, **{element: value}))
    if events.events:
        (event,) = events.events
        assert str(event.value) == result
        assert event.unit == "1"
    else:
        assert [each.reason for each in events.not_used] == [result]


LABS = {
    "a quantity in UCUM": (quantity(150, "x", "10*3/uL", UCUM), "150", "10*3/uL"),
    "a quantity in words": (quantity(150, "K/uL", "K/uL", "http://mimic"), "150", "K/uL"),
    "a quantity with a code alone": (quantity(150, "", "10*9/L"), "150", "10*9/L"),
    "a quantity without unit": (quantity(1.5), "1.5", ""),
    "exactly as written": (quantity("1.50", "1"), "1.5", "1"),
    "below a limit": (quantity(5, "10*9/L", comparator="<"), "<5", "10*9/L"),
    "at most": (quantity(5, "10*9/L", comparator="<="), "≤5", "10*9/L"),
    "above": (quantity(5, "10*9/L", comparator=">"), ">5", "10*9/L"),
    "at least": (quantity(5, "10*9/L", comparator=">="), "≥5", "10*9/L"),
    "a limit in a text": ({"valueString": "<5"}, "<5", ""),
    "a number in a text": ({"valueString": " 150 "}, "150", ""),
    "an integer": ({"valueInteger": 150}, "150", ""),
    "a range": ({"valueRange": {"low": {"value": 4, "unit": "u"}, "high": {"value": 5, "unit": "u"}}}, "4 to 5", "u"),
    "a range without an end": ({"valueRange": {"low": {"value": 4, "unit": "u"}}}, "≥4", "u"),
}


@pytest.mark.parametrize("case", LABS)
def test_numbers_of_a_laboratory(case: str) -> None:
    value, number, unit = LABS[case]
    event = one(observation(**value))
    assert (event.kind, event.concept, str(event.value), event.unit) == ("measurement", "platelets", number, unit)
    assert event.ref == "Observation/x"
    assert event.code == f"{LOINC}|777-3"
    assert event.status == "final"


NOT_USED = {
    "text": ({"valueString": "see note"}, "not-a-number"),
    "a thousand or a decimal": ({"valueString": "150,000"}, "not-a-number"),
    "clumped": ({"valueString": "CLUMPED"}, "clumped"),
    "clumped in the remark": (quantity(90) | {"note": [{"text": "Platelets clumped, estimate only"}]}, "clumped"),
    "absent": ({"dataAbsentReason": {"text": "unknown"}}, "data-absent"),
    "absent because clumped": ({"dataAbsentReason": {"text": "platelet clumps"}}, "clumped"),
    "neither value nor reason": ({}, "no-value"),
    "a quantity without a number": ({"valueQuantity": {"unit": "10*9/L"}}, "no-value"),
    "a quantity that could not be read": ({"valueQuantity": {"value": "high", "unit": "10*9/L"}}, "unreadable-value"),
    "an unknown comparator": (quantity(5, comparator="ad"), "unreadable-value"),
    "an absurd number": (quantity("1E+300"), "unreadable-value"),
    "not a number": (quantity("NaN"), "unreadable-value"),
    "a ratio": ({"valueRatio": {}}, "unreadable-value"),
    "a day": ({"valueDateTime": "2020"}, "unreadable-value"),
    "a range that is upside down": (
        {"valueRange": {"low": {"value": 6}, "high": {"value": 5}}},
        "unreadable-value",
    ),
    "a range of two units": (
        {"valueRange": {"low": {"value": 4, "unit": "a"}, "high": {"value": 5, "unit": "b"}}},
        "unreadable-value",
    ),
    "an empty code": ({"valueCodeableConcept": {"coding": []}}, "no-value"),
    "in error": (quantity(5) | {"status": "entered-in-error"}, "entered-in-error"),
    "cancelled": (quantity(5) | {"status": "cancelled"}, "cancelled"),
    "not there yet": (quantity(5) | {"status": "registered"}, "not-final"),
    "a modifier": (quantity(5) | {"modifierExtension": [{"url": "x"}]}, "modifier-extension"),
    "tomorrow": (quantity(5) | {"effectiveDateTime": "2026-03-02"}, "after-as-of"),
    "an unreadable day": (quantity(5) | {"effectiveDateTime": "yesterday"}, "unreadable-date"),
    "a day that does not exist": (quantity(5) | {"effectiveDateTime": "2026-02-30"}, "unreadable-date"),
    "no day": (quantity(5) | {"effectiveDateTime": ""}, "no-date"),
}


@pytest.mark.parametrize("case", NOT_USED)
def test_what_cannot_be_used_says_why(case: str) -> None:
    """Where something was measured and cannot be read, an event without a number tells that it is newer."""
    more, reason = NOT_USED[case]
    events = extract(observation(**more))
    used = [(each.ref, each.concept, each.reason) for each in events.not_used if each.reason != "malformed-element"]
    assert used == [("Observation/x", "platelets", reason)]
    measured = reason in ("clumped", "not-a-number", "unreadable-value")
    assert [event.value for event in events.events] == [None] * measured


def test_a_result_that_is_none() -> None:
    events = extract(observation("control", LOCAL, **quantity(5)))
    assert fate(events) == "not used not-a-result"


def test_a_preliminary_result_is_used() -> None:
    assert one(observation(**quantity(5), status="preliminary")).status == "preliminary"


def test_what_means_nothing_is_counted() -> None:
    events = extract(observation("1-1", **quantity(5)), resource("Observation", "z"))
    assert events.irrelevant == {"Observation": 2}
    assert fate(events) == "irrelevant"


DATES = {
    "its own": ({}, "2026-02-28"),
    "an instant": ({"effectiveDateTime": "", "effectiveInstant": "2026-02-27T10:00:00.123Z"}, "2026-02-27"),
    "a period": (
        {"effectiveDateTime": "", "effectivePeriod": {"start": "2026-02-01", "end": "2026-02-02"}},
        "2026-02-01",
    ),
    "the end of a period": ({"effectiveDateTime": "", "effectivePeriod": {"end": "2026-02-02"}}, "2026-02-02"),
    "a month": ({"effectiveDateTime": "2026-02"}, "2026-02"),
    "today": ({"effectiveDateTime": "2026-03-01T23:59:00Z"}, "2026-03-01"),
    "this year, which could be past": ({"effectiveDateTime": "2026"}, "2026"),
}


@pytest.mark.parametrize("case", DATES)
def test_when_it_was_measured(case: str) -> None:
    more, day = DATES[case]
    assert str(one(observation(**(quantity(5) | more))).start) == day


ENCOUNTERS = {
    "a visit": ({"start": "2026-02-10", "end": "2026-02-10"}, ("2026-02-10", "2026-02-10")),
    "a stay": ({"start": "2026-02-10T10:00:00Z", "end": "2026-02-14"}, ("2026-02-10", "2026-02-14")),
    "an open stay": ({"start": "2026-02-10"}, ("2026-02-10", "2026-03-01")),
}


@pytest.mark.parametrize("case", ENCOUNTERS)
def test_without_a_date_the_encounter_lends_its_days(case: str) -> None:
    period, days = ENCOUNTERS[case]
    encounter = resource("Encounter", "e", status="finished", period=period)
    made = observation(**quantity(5), effectiveDateTime="", encounter={"reference": "Encounter/e"})
    (event,) = [each for each in extract(made, encounter).events if each.kind == "measurement"]
    assert event.start is not None
    assert (event.start.first.isoformat(), event.start.last.isoformat()) == days


def test_an_encounter_without_period_lends_nothing() -> None:
    made = observation(**quantity(5), effectiveDateTime="", encounter={"reference": "Encounter/e"})
    assert fate(extract(made, resource("Encounter", "e"))) == "not used no-date"
    assert fate(extract(made)) == "not used no-date"


def test_an_instant_is_compared_with_an_instant() -> None:
    made = observation(**quantity(5), effectiveDateTime="2026-03-01T12:00:00+00:00")
    assert extract(made, day="2026-03-01T11:00:00+00:00").not_used[0].reason == "after-as-of"
    assert extract(made, day="2026-03-01T13:00:00+00:00").events


def test_components_are_read_one_by_one() -> None:
    parts = [
        {"code": concept(LOINC, "8480-6"), **quantity(120, "mm[Hg]")},
        {"code": concept(LOINC, "1-1"), **quantity(80)},
        {"code": concept(LOINC, "777-3"), "dataAbsentReason": {"text": "x"}},
    ]
    events = extract(observation("85354-9", component=parts))
    assert [(event.concept, str(event.value)) for event in events.events] == [("sbp", "120")]
    assert [each.reason for each in events.not_used] == ["data-absent"]


def test_a_panel_whose_parts_carry_the_values_is_no_missing_value() -> None:
    parts = [{"code": concept(LOINC, "8480-6"), **quantity(120)}]
    events = extract(observation("777-3", component=parts))
    assert [event.concept for event in events.events] == ["sbp"]
    assert not events.not_used


def test_coded_values_keep_code_and_meaning() -> None:
    event = one(observation("84095-9", valueCodeableConcept=concept(SNOMED, "304253006", "Not for resuscitation")))
    assert (event.kind, event.concept, event.text) == ("goal", "dnr_observation", "Not for resuscitation")
    assert event.value_code == f"{SNOMED}|304253006"
    assert event.value_concepts == ("not_for_resuscitation",)


def test_words_of_a_test_and_of_a_wish_are_kept() -> None:
    assert one(observation("2106-3", valueString="Negative")).text == "Negative"
    assert one(observation("84095-9", valueString="patient wishes comfort")).text == "patient wishes comfort"
    assert one(observation("2106-3", valueBoolean=False)).text == "no"


def test_a_score_in_a_coded_value() -> None:
    assert str(one(observation("89247-1", valueCodeableConcept={"text": "1"})).value) == "1"
    assert one(observation("89247-1", valueInteger=2)).concept == "ecog_score"


def test_one_code_of_several_is_enough() -> None:
    made = observation(**quantity(5))
    made["code"]["coding"] = [{"system": LOCAL, "code": "PLT"}, *made["code"]["coding"], *made["code"]["coding"]]
    assert one(made).concept == "platelets"


SITES = {
    "a known site": ({"coding": [{"system": SNOMED, "code": "113197003"}]}, ("chest-wall", "")),
    "a site without region": ({"coding": [{"system": SNOMED, "code": "9"}]}, ("somewhere", "")),
    "an unknown site": ({"coding": [{"system": SNOMED, "code": "1"}], "text": "chest"}, ("", "")),
    "a side in the words": ({"text": "Left chest"}, ("", "left")),
    "a side in the display": ({"coding": [{"code": "1", "display": "Right lower lobe"}]}, ("", "right")),
    "two sides": ({"text": "left and right leg"}, ("", "bilateral")),
    "no side inside a word": ({"text": "brightened"}, ("", "")),
    "a laterality code": (
        {
            "coding": [{"system": SNOMED, "code": "113197003"}],
            "extension": [{"url": "mcode-laterality", "valueCodeableConcept": {"coding": [{"code": "7771000"}]}}],
        },
        ("chest-wall", "left"),
    ),
    "both sides": (
        {"extension": [{"url": "x", "valueCodeableConcept": {"coding": [{"code": "51440002"}]}}, {"url": "y"}]},
        ("", "bilateral"),
    ),
    "a laterality among the codes": ({"coding": [{"code": "24028007"}]}, ("", "right")),
}


@pytest.mark.parametrize("case", SITES)
def test_where_it_hurts(case: str) -> None:
    site, expected = SITES[case]
    event = one(observation("72514-3", valueInteger=7, bodySite=site))
    assert (event.site, event.side) == expected


def test_numbers_in_texts() -> None:
    assert number_in("1/2") is None
    assert number_in("9" * 16) is None
    assert str(number_in("≥ 3")) == "≥3"
    assert score_in("") is None


def test_the_display_is_the_records() -> None:
    made = observation(**quantity(5))
    made["code"]["coding"][0]["display"] = "Platelets"
    assert one(made).display == "Platelets"
    made["code"]["text"] = "PLT"
    assert one(made).display == "PLT"


def test_patients_module_is_small() -> None:
    assert len(patients.index()._exact) < 60
