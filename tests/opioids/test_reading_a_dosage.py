"""How a FHIR dosage is read: each row is one instruction, and what comes out of it."""

from decimal import Decimal

import hypothesis
import pytest
from bedside import at_most, dosage, every, measured, order, quantity, read, tablets
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from fourthstep.ground.dates import when
from fourthstep.ground.interval import Interval
from fourthstep.knowledge.load import load_knowledge


def between(low, high=None):
    return Interval(Decimal(low), Decimal(low if high is None else high))


CODES = [
    ("BID", "2", False), ("TID", "3", False), ("QID", "4", False), ("DAILY", "1", False), ("QHS", "1", False),
    ("AM", "1", False), ("PM", "1", False), ("Q4H", "6", False), ("Q 4H", "6", False), ("q4h", "6", False),
    ("Q4H:PRN", "6", True), ("Q4H PRN", "6", True), ("Q 8H", "3", False), ("Q6H:PRN", "4", True),
    ("Q12H", "2", False), ("Q72H", "0.3333333333", False), ("QOD", "0.5", False),
    ("EVERY OTHER DAY", "0.5", False), ("3X/WEEK", "0.4285714286", False), ("TID W/MEALS", "3", False),
    ("Q15MIN:PRN", "96", True), ("BREAKFAST", "1", False), ("WK", "0.1428571429", False),
]  # fmt: skip


@pytest.mark.parametrize(("code", "per_day", "needed"), CODES)
def test_timing_codes(code, per_day, needed):
    dose = read(dosage(tablets(1), {"code": {"coding": [{"code": code}]}}))
    assert dose.per_day == between(per_day)
    assert dose.as_needed is needed
    assert dose.unread == ()


REPEATS = [
    ({"frequency": 1, "period": 4, "periodUnit": "h"}, ("6",)),
    ({"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, ("4", "6")),
    ({"frequency": 1, "frequencyMax": 2, "period": 8, "periodUnit": "h"}, ("3", "6")),
    ({"frequency": 1, "period": 10, "periodUnit": "min"}, ("144",)),
    ({"frequency": 1, "period": 12.0, "periodUnit": "d"}, ("0.0833333333",)),
    ({"frequency": 1, "period": 1, "periodUnit": "wk"}, ("0.1428571429",)),
    ({"frequency": 30, "period": 1, "periodUnit": "mo"}, ("1",)),
    ({"frequency": 365, "period": 1, "periodUnit": "a"}, ("1",)),
    ({"timeOfDay": ["08:00:00", "20:00:00"]}, ("2",)),
    ({"when": ["MORN", "HS"]}, ("2",)),
    ({"when": ["C"]}, ("3",)),
    ({"frequency": 2, "period": 1, "periodUnit": "d", "when": ["MORN", "EVE"]}, ("2",)),
    ({"frequency": 2, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon"]}, ("0.2857142857",)),
    ({"dayOfWeek": ["mon", "thu"]}, ("0.2857142857",)),
    ({"frequency": 2, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "thu"]}, ("0.2857142857",)),
]


@pytest.mark.parametrize(("repeat", "per_day"), REPEATS)
def test_repetitions(repeat, per_day):
    dose = read(dosage(tablets(1), {"repeat": repeat}))
    assert dose.per_day == between(*per_day)
    assert dose.unread == ()


UNITS = [
    (quantity(5, "mg", "mg"), "5", "mg"), (quantity(5, "mg"), "5", "mg"), (quantity(50, "mcg"), "50", "ug"),
    (quantity(50, "ug", "ug"), "50", "ug"), (quantity(2, "gm"), "2000", "mg"), (quantity(2, "g"), "2000", "mg"),
    (quantity(1, "TAB"), "1", "1"), (tablets(2), "2", "1"), (quantity(1, "Oral Tablets", "ORTAB"), "1", "1"),
    (quantity(1, "PTCH"), "1", "1"), (quantity(1, "SPRY"), "1", "1"), (quantity(3, "{actuat}"), "3", "1"),
    (quantity(1, "", "1"), "1", "1"), (quantity(1), "1", ""), (quantity(0.5, "mL", "mL"), "0.5", "mL"),
]  # fmt: skip


@pytest.mark.parametrize(("dose", "amount", "unit"), UNITS)
def test_units(dose, amount, unit):
    found = read(dosage(dose, every(4)))
    assert (found.amount, found.unit, found.unread) == (between(amount), unit, ())


RATES = [
    (dosage(rate=quantity(2.5, "mg/h", "mg/h")), "2.5", "mg"),
    (dosage(rate=quantity(50, "mcg/hour")), "50", "ug"),
    (dosage(rate=quantity(60, "mg/d", "mg/d")), "2.5", "mg"),
    (dosage(rate=quantity(1, "mg/min")), "60", "mg"),
    (dosage(rate=quantity(3, "mL/h", "mL/h")), "3", "mL"),
    (dosage(quantity(25, "mcg/hr")), "25", "ug"),
    (
        {"doseAndRate": [{"rateRatio": {"numerator": quantity(60, "mg"), "denominator": quantity(24, "h")}}]},
        "2.5",
        "mg",
    ),
]


@pytest.mark.parametrize(("instruction", "rate", "unit"), RATES)
def test_rates_are_per_hour(instruction, rate, unit):
    found = read(instruction)
    assert (found.rate, found.unit, found.unread) == (between(rate), unit, ())


def test_a_rate_range():
    span = {"low": quantity(1, "mg/h"), "high": quantity(2, "mg/h")}
    assert read({"doseAndRate": [{"rateRange": span}]}).rate == between(1, 2)


RANGES = [
    (quantity(5, "mg"), quantity(10, "mg"), ("5", "10"), "mg"),
    (quantity(5), quantity(10, "mg"), ("5", "10"), "mg"),
    (quantity(500, "ug"), quantity(1, "mg"), ("500", "1000"), "ug"),
]


@pytest.mark.parametrize(("low", "high", "wanted", "unit"), RANGES)
def test_dose_ranges(low, high, wanted, unit):
    found = read(dosage(None, every(4), low=low, high=high))
    assert (found.amount, found.unit, found.unread) == (between(*wanted), unit, ())


def test_ranges_of_two_kinds_contradict():
    assert "range-contradiction" in read(dosage(None, every(4), low=tablets(1), high=quantity(10, "mg"))).unread


def test_the_content_of_a_bag_beside_its_rate():
    found = read(dosage(quantity(100, "mL"), rate=quantity(2, "mg/h")))
    assert (found.amount, found.rate, found.unit, found.unread) == (None, between(2), "mg", ())
    found = read(dosage(quantity(1, "mg"), rate=quantity(50, "ug/h")))
    assert (found.amount, found.rate, found.unit) == (between(1000), between(50), "ug")
    assert read(dosage(quantity(2, "patch"), rate=quantity(25, "ug/h"))).unread == ("dose-and-rate-differ",)


def test_a_course_longer_than_the_calendar():
    found = read(dosage(tablets(1), every(4, boundsDuration=quantity(9e9, "d"))))
    assert (found.end, found.unread) == (None, ("course-undated",))


def test_events_that_are_no_dates():
    assert "dated-events" in read(dosage(tablets(1), {"event": ["YYYY-MM-DD"]})).unread


def test_two_codes_contradict_and_days_of_the_week_need_their_number():
    assert (
        "timing-contradiction" in read(dosage(tablets(1), {"code": {"coding": [{"code": "BID"}, {"code": "TID"}]}})).unread
    )
    week = {"frequency": 3, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon"]}
    assert "timing-contradiction" in read(dosage(tablets(1), {"repeat": week})).unread


def test_what_was_ordered_is_preferred_over_what_was_calculated():
    kinds = [
        {"type": {"coding": [{"code": "calculated"}]}, "doseQuantity": quantity(7, "mg")},
        {"type": {"coding": [{"code": "ordered"}]}, "doseQuantity": tablets(1)},
    ]
    found = read({"doseAndRate": kinds, "timing": every(4)})
    assert (found.amount, found.unit) == (between(1), "1")


def test_a_tablet_a_day_as_a_ratio_is_a_dose():
    per_day = {"numerator": quantity(2, "pills"), "denominator": quantity(1, "day", "d")}
    found = read({"doseAndRate": [{"rateRatio": per_day}]})
    assert (found.amount, found.per_day, found.rate) == (between(1), between(2), None)
    same = {"doseQuantity": tablets(1), "rateRatio": per_day}
    assert read({"doseAndRate": [same], "timing": every(12)}).unread == ()


LIMITS = [
    (at_most(8, "tablet", 1, "d"), "8", "1"), (at_most(2, "mg", 4, "h"), "12", "mg"),
    (at_most(14, "tablet", 1, "wk"), "2", "1"), (at_most(4, "", 1, "d"), "4", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("limit", "value", "unit"), LIMITS)
def test_the_largest_amount_of_a_day(limit, value, unit):
    found = read(dosage(tablets(1), every(4), prn=True, maxDosePerPeriod=limit))
    assert (found.max_per_day, found.max_unit) == (Decimal(value), unit)


def test_no_administration_is_larger_than_allowed():
    found = read(dosage(quantity(10, "mg"), every(4), maxDosePerAdministration=quantity(5000, "ug")))
    assert found.amount == between(5)


def test_a_lifetime_limit_also_limits_a_day():
    found = read(dosage(tablets(1), every(1), prn=True, maxDosePerLifetime=tablets(10)))
    assert found.max_per_day == Decimal(10)


COURSES = [
    (
        {"boundsPeriod": {"start": "2026-03-02", "end": "2026-03-04"}},
        "2026-03-02",
        "2026-03-04",
        "2026-03-04",
    ),
    ({"boundsDuration": quantity(7, "d", "d")}, "2026-03-01", "2026-03-07", "2026-03-07"),
    (
        {"boundsRange": {"low": quantity(3, "d"), "high": quantity(5, "d")}},
        "2026-03-01",
        "2026-03-03",
        "2026-03-05",
    ),
    ({"count": 12}, "2026-03-01", "2026-03-02", "2026-03-02"),
]


@pytest.mark.parametrize(("bounds", "start", "first", "last"), COURSES)
def test_courses(bounds, start, first, last):
    found = read(dosage(tablets(1), every(4, **bounds)))
    assert found.start.first == when(start).first
    assert (found.end.first, found.end.last) == (when(first).first, when(last).first)


def test_once_is_one_day():
    found = read(dosage(tablets(1), {"code": {"coding": [{"code": "ONCE MR1"}]}}))
    assert (found.per_day, found.start, found.end) == (between(1, 2), when("2026-03-01"), when("2026-03-01"))


def test_a_dated_event_is_a_course_of_its_day():
    found = read(dosage(tablets(1), {"event": ["2026-03-10T08:00:00Z", "2026-03-10T20:00:00Z"]}))
    assert (found.per_day, found.start, found.end) == (between(2), when("2026-03-10"), when("2026-03-10"))


@pytest.mark.parametrize("route", ["oral", "26643006", "PO/NG"])
def test_routes(route):
    assert read(dosage(tablets(1), every(4), route=route)).route == "oral"


UNREAD = [
    ("no-dose", dosage(None, every(4))),
    ("no-timing", dosage(tablets(1))),
    ("text-only", {"text": "one or two when it hurts"}),
    ("no-value", dosage({"unit": "mg"}, every(4))),
    ("comparator", dosage(quantity(5, "mg") | {"comparator": "<"}, every(4))),
    ("not-positive", dosage(quantity(0, "mg"), every(4))),
    ("unit-unread", dosage(quantity(1, "Appl"), every(4))),
    ("unit-contradiction", dosage(quantity(5, "mg", "ug"), every(4))),
    ("range-open", {"doseAndRate": [{"doseRange": {"low": tablets(1)}}], "timing": every(4)}),
    ("range-contradiction", dosage(None, every(4), low=tablets(2), high=tablets(1))),
    ("several-doses", {"doseAndRate": [{"doseQuantity": tablets(1)}, {"doseQuantity": tablets(2)}], "timing": every(4)}),
    ("rate-unit", dosage(rate=quantity(5, "mg"))),
    ("dose-and-rate-differ", {
        "doseAndRate": [{"doseQuantity": tablets(1), "rateRatio": {"numerator": quantity(3, "pills"), "denominator": quantity(1, "d")}}],
        "timing": every(12),
    }),
    ("drops", dosage(quantity(5, "drops"), every(4))),
    ("percent-dose", dosage(quantity(50, "% of current infusion rate"))),
    ("per-weight", dosage(rate=quantity(1, "mcg/kg/min"))),
    ("max-dose", dosage(quantity(5, "mg"), every(4), maxDosePerPeriod=at_most(2.4, "", 1, "h"))),
    ("timing-unread", dosage(tablets(1), {"code": {"coding": [{"code": "ASDIR"}]}})),
    ("timing-unread", dosage(tablets(1), {"code": {"text": "now and then"}})),
    ("timing-unread", dosage(tablets(1), {"repeat": {"frequency": 2}})),
    ("timing-unread", dosage(tablets(1), {"repeat": {"when": ["FULLMOON"]}})),
    ("timing-contradiction", dosage(tablets(1), every(4) | {"code": {"coding": [{"code": "BID"}]}})),
    ("timing-contradiction", dosage(tablets(1), every(1, "d", 3, timeOfDay=["08:00:00"]))),
    ("titrated-to-effect", dosage(quantity(1, "mg"), {"code": {"coding": [{"code": "TITRATE TO RASS"}]}})),
    ("dated-events", dosage(tablets(1), {"event": ["2026-03-01", "2026-03-10"]})),
    ("infusion-without-rate", dosage(quantity(100, "mg"), {"code": {"coding": [{"code": "INFUSION"}]}})),
    ("pca-bag-content", dosage(quantity(20, "mg"), route="IVPCA")),
    ("route-unread", dosage(tablets(1), every(4), route="behind the ear")),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "instruction"), UNREAD)
def test_what_cannot_be_read_says_why(reason, instruction):
    assert reason in read(instruction).unread


def test_a_unit_that_cannot_count_the_product():
    assert read(dosage(quantity(1, "patch"), every(4)), form="Oral Tablet").unread == ("unit-form-mismatch",)
    assert read(dosage(quantity(1, "capsule"), every(4)), form="Oral Tablet").unread == ()


def test_two_routes_contradict():
    both = {"coding": [{"code": "26643006"}, {"code": "47625008"}]}
    assert read(dosage(tablets(1), every(4)) | {"route": both}).unread == ("route-contradiction",)


def test_a_course_without_a_beginning():
    found = read(dosage(tablets(1), every(4, boundsDuration=quantity(7, "d"))), written=None)
    assert found.unread == ("course-undated",)


def test_words_are_quoted_and_not_parsed():
    found = read({"text": "5 mg every 4 hours"})
    assert (found.text, found.amount, found.per_day) == ("5 mg every 4 hours", None, None)


QUANTITY = st.fixed_dictionaries(
    {},
    optional={"value": st.integers(-5, 10**30) | st.floats(allow_nan=False, allow_infinity=False),
              "unit": st.sampled_from(["mg", "ug", "tablet", "mL", "mg/h", "h", "d", "%", "drops", "?"]),
              "code": st.sampled_from(["mg", "{tbl}", "h", "d"]), "comparator": st.just("<")},
)  # fmt: skip
NUMBER = st.integers(-2, 10**20) | st.floats(-2, 1e20)
REPEAT = st.fixed_dictionaries(
    {},
    optional={
        "frequency": NUMBER, "frequencyMax": NUMBER, "period": NUMBER, "periodMax": NUMBER, "count": NUMBER,
        "periodUnit": st.sampled_from(["h", "d", "wk", "mo", "?"]), "when": st.lists(st.sampled_from(["C", "HS", "?"])),
        "timeOfDay": st.lists(st.just("08:00:00")), "dayOfWeek": st.lists(st.sampled_from(["mon", "tue"])),
        "boundsDuration": QUANTITY, "boundsRange": st.fixed_dictionaries({}, optional={"low": QUANTITY, "high": QUANTITY}),
        "boundsPeriod": st.fixed_dictionaries({}, optional={"start": st.sampled_from(["2026", "9999-12-31", "x"])}),
    },
)  # fmt: skip
STRANGE = st.fixed_dictionaries(
    {},
    optional={
        "text": st.text(max_size=5), "asNeededBoolean": st.booleans(), "sequence": st.integers(0, 3),
        "timing": st.fixed_dictionaries({}, optional={
            "repeat": REPEAT, "event": st.lists(st.sampled_from(["2026-03-01", "x"])),
            "code": st.fixed_dictionaries({"text": st.sampled_from(["BID", "q4h prn", "PRN", "ONCE", "?", ""])})}),
        "doseAndRate": st.lists(st.fixed_dictionaries({}, optional={
            "doseQuantity": QUANTITY, "rateQuantity": QUANTITY,
            "doseRange": st.fixed_dictionaries({}, optional={"low": QUANTITY, "high": QUANTITY}),
            "rateRatio": st.fixed_dictionaries({}, optional={"numerator": QUANTITY, "denominator": QUANTITY})}), max_size=2),
        "maxDosePerPeriod": st.fixed_dictionaries({}, optional={"numerator": QUANTITY, "denominator": QUANTITY}),
        "maxDosePerAdministration": QUANTITY, "maxDosePerLifetime": QUANTITY,
    },
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@hypothesis.given(st.lists(STRANGE, min_size=1, max_size=3))
def test_a_strange_dosage_is_an_ordinary_day(strange):
    dose = measured([order("1049621", *strange)])
    assert (dose.scheduled is None) == bool(dose.reasons)
    for each in strange:
        found = read(each)
        for value in (found.amount, found.rate, found.per_day):
            assert value is None or 0 <= value.low <= value.high
        assert set(found.unread) <= set(load_knowledge().texts["opioid_reason"])
