"""Antithrombotic drugs before a procedure: which guideline row, has its time passed, and when that cannot be told.

`given` is a dose that was recorded days ago, with nothing ordered any more; `ordered` is a running order.
"""

from datetime import UTC, datetime, timedelta

import pytest

from fourthstep.events.event import Dose, Drug, Event
from fourthstep.ground.dates import When
from fourthstep.ground.interval import Interval
from fourthstep.rules.holds import exposures, hold_verdicts
from tests.facts.chart import NOW, ago, condition, lab, review, strange

CODES = {
    "apixaban": ("anticoagulant:doac_xa", "1364430"),
    "rivaroxaban": ("anticoagulant:doac_xa", "1114195"),
    "dabigatran": ("anticoagulant:doac_iia", "1037042"),
    "warfarin": ("anticoagulant:vka", "11289"),
    "phenprocoumon": ("anticoagulant:vka", "8150"),
    "enoxaparin": ("anticoagulant:lmwh", "67108"),
    "heparin": ("anticoagulant:heparin", "5224"),
    "aspirin": ("antiplatelet:aspirin", "1191"),
    "clopidogrel": ("antiplatelet:p2y12", "32968"),
    "prasugrel": ("antiplatelet:p2y12", "613391"),
    "naproxen": ("nsaid:nsaid_nonselective", "7258"),
    "sertraline": ("serotonergic:ssri", "36437"),
}
KIDNEY = {90: (lab("creatinine", 0.8, "mg/dL", 0), lab("weight", 75, "kg", 0)),
          45: (lab("creatinine", 1.5, "mg/dL", 0), lab("weight", 75, "kg", 0)),
          20: (lab("creatinine", 3.4, "mg/dL", 0), lab("weight", 75, "kg", 0))}  # fmt: skip
"""Roughly this creatinine clearance, in mL/min, for a woman of 66 and 75 kg (0.85 of the formula)."""
SECONDARY = condition("coronary_stent", 900, current=True)


def event(name, when, *, source, current, dose=()):
    concept, code = CODES[name]
    what = Drug(
        name, source=source, doses=dose, route="oral", ingredient_code=code, given=source == "administration" or None
    )
    return Event(
        "drug", concept, f"{source}/{name}", when, when if source == "administration" else None, drug=what, current=current
    )


def given(name, days, *dose):
    return event(name, ago(days), source="administration", current=None, dose=dose)


def ordered(name, *dose, days=60, current=True, status="active"):
    found = event(name, ago(days), source="order", current=current, dose=dose)
    return Event(**{field: getattr(found, field) for field in found.__struct_fields__} | {"status": status})


def amount(value, unit="mg", *, a_day=1, route="subcutaneous"):
    """As a record gives it: the class of the route, and its word."""
    return Dose(
        Interval.point(value), unit, per_day=Interval.point(a_day), route="parenteral" if route else "", route_word=route
    )


def judged(risk, *events, sir="high"):
    facts = review(*events).inquiry.facts
    return {each.drug: each for each in hold_verdicts(risk, sir, facts)}


ROWS = [
    # says, events, class, stop, caution, why
    ("a direct oral anticoagulant, 72 h", [given("apixaban", 3), *KIDNEY[90]], "high", "false", "false", ""),
    ("the same, a day too early", [given("apixaban", 2), *KIDNEY[90]], "high", "true", "false", ""),
    ("taken today, as ordered", [ordered("apixaban"), *KIDNEY[90]], "high", "true", "false", ""),
    ("ordered and on hold: the last recorded dose counts", [ordered("apixaban", status="on-hold"), given("apixaban", 3), *KIDNEY[90]],
     "high", "false", "false", ""),
    ("low class: a shared decision, no stop", [ordered("apixaban"), *KIDNEY[90]], "low", "false", "true", ""),
    ("kidney unknown: passed, but not known whether that is enough", [given("apixaban", 3)], "high", "unknown", "false",
     "renal-function-not-known"),
    ("kidney unknown, and too early anyway", [given("apixaban", 1)], "high", "true", "false", ""),
    ("clearance below the limit: the interval is another one", [given("apixaban", 3), *KIDNEY[20]], "high", "unknown", "true",
     "renal-function-changes-the-interval"),
    ("dabigatran, good kidney, 96 h", [given("dabigatran", 4), *KIDNEY[90]], "high", "false", "false", ""),
    ("dabigatran, good kidney, too early", [given("dabigatran", 3), *KIDNEY[90]], "high", "true", "false", ""),
    ("dabigatran, poor kidney: 96 h are too early", [given("dabigatran", 4), *KIDNEY[45]], "high", "true", "false", ""),
    ("dabigatran, poor kidney, 144 h", [given("dabigatran", 6), *KIDNEY[45]], "high", "false", "false", ""),
    ("dabigatran, kidney unknown, between both", [given("dabigatran", 4)], "high", "unknown", "false",
     "several-intervals-possible"),
    ("dabigatran, kidney unknown, longer than both: below 30 a level is asked for too", [given("dabigatran", 6)], "high",
     "unknown", "false", "renal-function-not-known"),
    ("dabigatran, clearance below 30, 144 h", [given("dabigatran", 6), *KIDNEY[20]], "high", "unknown", "true",
     "renal-function-changes-the-interval"),
    ("dabigatran, clearance below 30, too early anyway", [given("dabigatran", 5), *KIDNEY[20]], "high", "true", "true",
     "renal-function-changes-the-interval"),
    ("warfarin, 5 days, INR 1.2 today", [given("warfarin", 5), lab("inr", 1.2, "1", 0)], "high", "false", "false", ""),
    ("warfarin, 5 days, INR 1.3 today", [given("warfarin", 5), lab("inr", 1.3, "1", 0)], "high", "true", "false", ""),
    ("warfarin, 5 days, INR of 2 days ago", [given("warfarin", 5), lab("inr", 1.0, "1", 2)], "high", "unknown", "false",
     "last-dose-not-recorded"),
    ("warfarin, 5 days, no INR", [given("warfarin", 5)], "high", "unknown", "false", "last-dose-not-recorded"),
    ("warfarin, 4 days, INR normal", [given("warfarin", 4), lab("inr", 1.0, "1", 0)], "high", "true", "false", ""),
    ("no row for this drug: never a clear way", [given("phenprocoumon", 3)], "high", "unknown", "unknown",
     "no-interval-in-the-table"),
    ("enoxaparin 40 mg a day, yesterday", [given("enoxaparin", 1, amount(40)), *KIDNEY[90]], "high", "false", "false", ""),
    ("enoxaparin 41 mg a day, yesterday", [given("enoxaparin", 1, amount(41)), *KIDNEY[90]], "high", "false", "false", ""),
    ("enoxaparin 80 mg, today", [given("enoxaparin", 0, amount(80)), *KIDNEY[90]], "high", "true", "false", ""),
    ("enoxaparin, kidney below 30", [given("enoxaparin", 1, amount(40)), *KIDNEY[20]], "high", "unknown", "true",
     "renal-function-changes-the-interval"),
    ("heparin under the skin, 5000 units, yesterday", [given("heparin", 1, amount(5000, "[iU]"))], "high", "false", "false", ""),
    ("heparin, route not recorded", [given("heparin", 1, amount(5000, "[iU]", route="")) ], "high", "false", "false", ""),
    ("heparin under the skin, more than 5000 units: another table, a day", [given("heparin", 1, amount(7500, "[iU]"))], "high",
     "false", "false", ""),
    ("aspirin without a stent or stroke, 6 days", [given("aspirin", 6)], "high", "false", "false", ""),
    ("aspirin without a stent or stroke, 5 days", [given("aspirin", 5)], "high", "true", "false", ""),
    ("aspirin for a stent: a shared decision", [given("aspirin", 1), SECONDARY], "high", "false", "true", ""),
    ("aspirin before a low class goes on", [ordered("aspirin")], "low", "false", "false", ""),
    ("clopidogrel, 7 days", [given("clopidogrel", 7)], "intermediate", "false", "false", ""),
    ("clopidogrel, 6 days", [given("clopidogrel", 6)], "intermediate", "true", "false", ""),
    ("prasugrel: the longer end of 7 to 10 days counts", [given("prasugrel", 9)], "high", "true", "false", ""),
    ("prasugrel, 10 days", [given("prasugrel", 10)], "high", "false", "false", ""),
    ("an NSAID before an intermediate class goes on", [ordered("naproxen")], "intermediate", "false", "false", ""),
    ("an NSAID before a high class, 4 days", [given("naproxen", 4)], "high", "false", "false", ""),
    ("an NSAID before a high class, 3 days", [given("naproxen", 3)], "high", "true", "false", ""),
    ("an SSRI before a high class: a shared decision", [ordered("sertraline")], "high", "false", "true", ""),
]  # fmt: skip


@pytest.mark.parametrize(("says", "events", "risk", "stop", "caution", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_verdict(says, events, risk, stop, caution, why):
    (found,) = judged(risk, *events).values()
    assert (found.stop.value, found.caution.value, found.why) == (stop, caution, why)


def test_nothing_is_asked_before_a_procedure_without_bleeding_class():
    assert judged("none", ordered("apixaban")) == {}


def test_what_was_taken_longer_ago_than_any_interval_is_no_exposure():
    assert [each.drug for each in exposures(review(given("apixaban", 10)).inquiry.facts)] == ["apixaban"]
    assert exposures(review(given("apixaban", 11)).inquiry.facts) == ()


def test_a_dose_with_an_hour_counts_by_the_hour():
    end = datetime(NOW.day.year, NOW.day.month, NOW.day.day, tzinfo=UTC) + timedelta(days=1)
    for hours, stop in ((72, "false"), (71, "true")):
        moment = end - timedelta(hours=hours)
        dose = event("apixaban", When(moment.date(), moment.date(), moment), source="administration", current=None)
        (found,) = judged("high", dose, *KIDNEY[90]).values()
        assert found.stop.value == stop, hours


def test_the_other_guideline_stands_beside():
    (found,) = judged("high", given("apixaban", 1), *KIDNEY[90]).values()
    assert [(each.source, each.hours) for each in found.asks] == [("ASRA2018", "72 h"), ("SIR2019", "48 h")]


def test_an_unrecognised_drug_is_not_an_exposure_but_leaves_the_fact_open():
    facts = review(strange("drug")).inquiry.facts
    assert exposures(facts) == ()
    assert not facts.of("anticoagulant").known


@pytest.mark.parametrize(("sir", "beside"), [("high", ["SIR2019"]), ("high by analogy", ["SIR2019"]), ("not named", [])])
def test_a_guideline_that_does_not_name_the_procedure_says_nothing(sir, beside):
    """Never its interval for low risk, which is no interruption."""
    (found,) = judged("high", given("apixaban", 1), *KIDNEY[90], sir=sir).values()
    assert [each.source for each in found.asks] == ["ASRA2018", *beside]


@pytest.mark.parametrize(
    ("last", "until"),
    [
        (
            When(NOW.day, NOW.day, datetime(2026, 2, 27, 8, 10, tzinfo=UTC)),
            ["2026-03-02T08:10+00:00", "2026-03-01T08:10+00:00"],
        ),
        (ago(2), ["", ""]),  # a day alone: no minute from which to count
        (None, ["", ""]),  # ordered, no dose recorded
    ],
)
def test_until_when_an_interval_runs(last, until):
    """Told only where the last dose is known to the minute: ASRA 72 h, SIR 48 h."""
    events = [ordered("apixaban")] if last is None else [event("apixaban", last, source="administration", current=None)]
    facts = review(*events, *KIDNEY[90]).inquiry.facts
    (verdict,) = hold_verdicts("high", "high", facts)
    assert [each.until for each in verdict.asks] == until
