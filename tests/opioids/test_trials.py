"""Was an opioid tried adequately?  Every patient begins as the first row; only what a row shows differs."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from bedside import NOW, dispensed, dosage, events_of, every, given, knowledge, order, quantity, tablets
from worked import PATCH

from fourthstep.facts.opioids import DayScore, Toxicity, adequate_trials, opioid_trials, rotation
from fourthstep.ground.dates import when
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.load import load_knowledge

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
ELEMENTS = ("taken", "long_enough", "enough", "titrated", "rescue", "outcome")
RESCUE = order("1049683", dosage(tablets(1), every(4), prn=True), id="rescue")
ER = order("891888", dosage(tablets(1), every(12)), id="er")
FILLED = dispensed("891888")


def scores(*pairs):
    return [DayScore(NOW.day - timedelta(days=back), Interval.point(value)) for back, value in pairs]


BAD = scores((9, 7), (0, 6))
"""Pain 7 at the start nine days ago, 6 today."""


def toxic(back, limiting=T, opioid=""):
    day = NOW.day - timedelta(days=back)
    return Toxicity(when(day.isoformat()), limiting, opioid)


def tried(*resources, pain=BAD, toxicities=(), **rest):
    rest.setdefault("vouched", T)
    found = opioid_trials(events_of(resources), pain, toxicities, NOW, knowledge(), **rest)
    return {trial.opioid: trial for trial in found}


def elements(trial):
    return tuple(getattr(trial, name) for name in ELEMENTS)


def stopped(resource, end):
    return resource | {
        "status": "stopped",
        "dispenseRequest": {"validityPeriod": {"start": resource["authoredOn"], "end": end}},
    }


def er(count, since, **rest):
    return order("891888", dosage(tablets(count), every(12)), authored=since, **rest)


def patch(since):
    return order("245134", dosage(PATCH, every(72)), authored=since)


ROWS = [
    # case                         | record                              | taken long enough titr rescue outcome | adequate
    ("adequate", [ER, FILLED, RESCUE], BAD, (T, T, T, T, T, T), T),
    ("only ordered", [ER, RESCUE], BAD, (U, T, T, T, T, T), U),
    ("five days", [er(1, "2026-03-06"), FILLED, RESCUE], scores((4, 7), (0, 6)), (T, T, T, T, T, T), T),
    ("four days", [er(1, "2026-03-07"), FILLED, RESCUE], scores((3, 7), (0, 6)), (T, F, T, T, T, T), F),
    ("no beginning", [ER | {"authoredOn": ""}, FILLED, RESCUE], BAD, (T, U, U, U, U, U), U),
    ("30 mg, one dose", [order("891881", dosage(tablets(1), every(12))), FILLED, RESCUE], BAD, (T, T, F, U, T, T), F),
    ("no rescue", [ER, FILLED], BAD, (T, T, T, T, F, T), F),
    ("no score", [ER, FILLED, RESCUE], [], (T, T, T, T, T, U), U),
    ("no score before", [ER, FILLED, RESCUE], scores((0, 6)), (T, T, T, T, T, U), U),
    ("relieved", [ER, FILLED, RESCUE], scores((9, 7), (0, 3)), (T, T, T, T, T, F), F),
    ("30 % better", [ER, FILLED, RESCUE], scores((9, 10), (0, 7)), (T, T, T, T, T, F), F),
    ("29 % better", [ER, FILLED, RESCUE], scores((9, 10), (0, "7.1")), (T, T, T, T, T, T), T),
    ("amount unreadable", [order("891888", dosage(None, every(12))), FILLED, RESCUE], BAD, (T, T, U, U, T, T), U),
]  # fmt: skip


@pytest.mark.parametrize(("case", "record", "pain", "wanted", "adequate"), ROWS, ids=[row[0] for row in ROWS])
def test_elements(case, record, pain, wanted, adequate):
    trial = tried(*record, pain=pain)["morphine"]
    assert (elements(trial), trial.adequate) == (wanted, adequate), case


def test_a_score_without_an_end_leaves_the_outcome_open():
    at_least_six = DayScore(NOW.day - timedelta(days=9), Interval(Decimal(6), None))
    trial = tried(ER, FILLED, RESCUE, pain=[at_least_six, *scores((0, 6))])["morphine"]
    assert (trial.outcome, trial.adequate) == (U, U)


def test_a_raise_by_a_quarter_titrates():
    low = stopped(order("891881", dosage(tablets(2), every(12)), authored="2026-02-20", id="low"), "2026-03-01")
    slow = order("891881", dosage(quantity(36, "mg"), every(12)), authored="2026-03-02", id="high")
    more = order("891881", dosage(quantity(37.5, "mg"), every(12)), authored="2026-03-02", id="high")
    small = stopped(order("891881", dosage(tablets(1), every(12)), authored="2026-02-20", id="low"), "2026-03-01")
    by_a_fifth = order("891881", dosage(quantity(18, "mg"), every(12)), authored="2026-03-02", id="high")
    by_a_quarter = order("891881", dosage(quantity(18.75, "mg"), every(12)), authored="2026-03-02", id="high")
    assert tried(low, slow, FILLED)["morphine"].titrated is T
    assert tried(low, more, FILLED)["morphine"].titrated is T
    assert tried(small, by_a_fifth, FILLED)["morphine"].titrated is F
    assert tried(small, by_a_quarter, FILLED)["morphine"].titrated is T


WINDOWS = [
    ("897702", dosage(tablets(1), every(4)), "hydromorphone", 3),
    ("891888", dosage(tablets(1), every(12)), "morphine", 5),
    ("245134", dosage(PATCH, every(72)), "fentanyl", 6),
    ("864706", dosage(tablets(1), every(12)), "methadone", 7),
    ("904876", dosage(PATCH, every(7, "d")), "buprenorphine", 7),
    ("897653", dosage(rate=quantity(0.4, "mg/h"), route="IV"), "hydromorphone", 3),
]


@pytest.mark.parametrize(("code", "instruction", "name", "days"), WINDOWS)
def test_windows_by_form(code, instruction, name, days):
    for length, wanted in ((days, T), (days - 1, F)):
        since = (NOW.day - timedelta(days=length - 1)).isoformat()
        assert tried(order(code, instruction, authored=since))[name].long_enough is wanted


@pytest.mark.parametrize(("prognosis", "days"), [("days", 2), ("weeks", 4), ("months", 5)])
def test_prognosis_shortens_the_windows(prognosis, days):
    for length, wanted in ((days, T), (days - 1, F)):
        if length:
            since = (NOW.day - timedelta(days=length - 1)).isoformat()
            assert tried(er(1, since), prognosis=prognosis)["morphine"].long_enough is wanted


@pytest.mark.parametrize(("definition", "days", "enough"), [("default", 5, T), ("early", 4, T), ("strict", 7, F)])
def test_definitions(definition, days, enough):
    for length, wanted in ((days, T), (days - 1, F)):
        since = (NOW.day - timedelta(days=length - 1)).isoformat()
        trial = tried(er(1, since), definition=definition)["morphine"]
        assert (trial.long_enough, trial.enough, trial.definition) == (wanted, enough, definition)
    assert tried(er(2, "2026-03-01"), definition="strict")["morphine"].enough is T


def test_toxicity_limits_the_dose_and_is_an_outcome():
    small = order("891881", dosage(tablets(1), every(12)))
    trial = tried(small, FILLED, RESCUE, pain=[], toxicities=[toxic(2)])["morphine"]
    assert (elements(trial), trial.adequate, trial.failure) == ((T,) * 6, T, "toxicity")
    both = tried(ER, FILLED, RESCUE, toxicities=[toxic(2)])["morphine"]
    assert both.failure == "both"
    assert tried(small, FILLED, pain=[], toxicities=[toxic(2, U)])["morphine"].enough is U
    assert tried(small, FILLED, pain=[], toxicities=[toxic(40)])["morphine"].enough is F
    assert tried(small, FILLED, pain=[], toxicities=[toxic(2, opioid="fentanyl")])["morphine"].enough is F


def test_a_documented_limit_is_enough():
    small = order("891881", dosage(tablets(1), every(12)))
    assert tried(small, limited=T)["morphine"].enough is T


def test_failures():
    assert tried(ER, FILLED, RESCUE)["morphine"].failure == "no-relief"
    ended = stopped(ER, "2026-03-08")
    relieved = scores((9, 7), (3, 2))
    trial = tried(ended, FILLED, RESCUE, pain=relieved)["morphine"]
    assert (trial.failure, trial.adequate) == ("stopped-other", F)


def test_a_score_counts_only_after_the_drug_had_time():
    since = (NOW.day - timedelta(days=9)).isoformat()
    for back, wanted in ((7, U), (6, T)):
        assert tried(patch(since), pain=scores((9, 7), (back, 7)))["fentanyl"].outcome is wanted


@pytest.mark.parametrize(("back", "wanted"), [(5, U), (4, T)])
def test_methadone_needs_five_days_and_never_counts_by_equivalent(back, wanted):
    methadone = order("864706", dosage(tablets(2), every(8)))
    trial = tried(methadone, pain=scores((9, 7), (back, 7)))["methadone"]
    assert (trial.outcome, trial.enough, trial.titrated) == (wanted, U, U)


STRONG = [
    ("tramadol", order("835603", dosage(tablets(2), every(6))), None),
    ("codeine", order("993755", dosage(quantity(15, "mL"), every(6))), None),
    ("meperidine", order("861467", dosage(tablets(1), every(4))), None),
    ("hydrocodone", order("857005", dosage(tablets(1), every(6))), None),
    ("hydrocodone", order("856999", dosage(tablets(1), every(4))), T),
    ("tapentadol", order("1148803", dosage(tablets(1), every(1, "d"))), T),
    ("tapentadol", order("787390", dosage(quantity(199, "mg"), every(1, "d"), route="oral")), None),
    ("oxycodone", order("1049221", dosage(tablets(1), every(8))), None),
    ("oxycodone", order("1049221", dosage(tablets(1), every(6))), T),
    ("oxycodone", order("1049621", dosage(tablets(1), every(8))), T),
    ("hydrocodone", order("857005", {"asNeededBoolean": True}), U),
    ("fentanyl", order("668364", dosage(tablets(1), every(6), prn=True)), None),
    ("morphine", order("892531", dosage(quantity(2, "mg"), every(1, "d"), route="IT")), None),
]


@pytest.mark.parametrize(("name", "ordered", "wanted"), STRONG)
def test_strong_and_weak(name, ordered, wanted):
    trials = tried(ordered)
    assert (trials[name].strong if name in trials else None) is wanted


def test_how_many_were_adequate_is_an_interval():
    sure = [ER, FILLED, RESCUE]
    unsure = [order("897702", dosage(tablets(1), every(4)), id="hm")]
    trials = tuple(tried(*sure, *unsure).values())
    assert adequate_trials(trials) == Interval(1, 2)
    assert [rotation(trials, number) for number in (0, 1, 2)] == [T, U, F]
    assert rotation(tuple(tried(*sure).values()), 1) is F


def test_extended_and_immediate_release_of_one_drug_are_one_trial():
    immediate = order("892672", dosage(tablets(1), every(6)), id="ir")
    assert adequate_trials(tuple(tried(ER, FILLED, RESCUE, immediate).values())) == Interval(1, 1)


def test_a_change_of_route_and_a_second_drug_is_a_rotation():
    oral = stopped(er(1, "2026-02-01", id="po"), "2026-02-28")
    pump = order("892531", dosage(rate=quantity(1.5, "mg/h"), route="SC"), id="sc")
    second = stopped(order("897702", dosage(tablets(1), every(4)), authored="2026-01-01", id="hm"), "2026-01-02")
    pain = scores((37, 7), (0, 7))
    trials = tried(oral, pump, FILLED, second, dispensed("897702", at="2026-01-01"), pain=pain)
    assert trials["morphine"].routes == ("oral", "parenteral")
    assert (trials["morphine"].adequate, trials["hydromorphone"].adequate) == (T, F)
    assert rotation(tuple(trials.values()), 1) is T
    assert rotation(tuple(trials.values()), 2) is F


def test_courses_far_apart_are_judged_apart():
    long_ago = stopped(er(1, "2025-01-01", id="old"), "2025-01-03")
    trial = tried(long_ago, ER, FILLED, RESCUE)["morphine"]
    assert (trial.adequate, trial.refs) == (T, ("MedicationRequest/er",))


def test_doses_that_were_given_are_a_trial():
    hours = ("02", "08", "14", "20")
    doses = [
        given("892672", tablets(1), f"2026-03-{day:02}T{hour}:00:00-05:00", route="oral", id=f"{day}-{hour}")
        for day in range(6, 11) for hour in hours
    ]  # fmt: skip
    trial = tried(*doses, RESCUE, pain=scores((4, 7), (0, 7)))["morphine"]
    assert (trial.taken, trial.long_enough, trial.enough, trial.outcome) == (T, U, T, T)
    fixed = order("892672", dosage(tablets(1), every(6)), status="stopped", id="fixed")
    on_it = [{**each, "request": {"reference": "MedicationRequest/fixed"}} for each in doses]
    trial = tried(fixed, *on_it, RESCUE, pain=scores((4, 7), (0, 7)))["morphine"]
    assert (trial.taken, trial.long_enough, trial.enough) == (T, T, T)


SMALL = order("891881", dosage(tablets(1), every(12)), id="small")
"""15 mg of extended-release morphine every 12 hours, 30 mg a day; beside it 15 mg as needed."""
NEEDED = order("892582", dosage(tablets(1), every(4), prn=True), id="needed")


def needed(*days, on="MedicationRequest/needed", **rest):
    link = {"request": {"reference": on}} if on else {}
    return [given("892582", tablets(1), f"{day}T{8 + number:02}:00:00-05:00", route="oral", id=f"n{number}", **link, **rest)
            for number, day in enumerate(days)]  # fmt: skip


GIVEN = [
    # doses as needed of 15 mg that were given                             | enough
    ("ordered, none given", [], F),
    ("45 mg in all", needed("2026-03-05"), F),
    ("60 mg in all", needed("2026-03-05", "2026-03-05"), T),
    ("two on two days: no day reaches it", needed("2026-03-05", "2026-03-06"), F),
    ("on the first day and the last", needed("2026-03-01", "2026-03-10", "2026-03-10"), T),
    ("before it began", needed("2026-02-28", "2026-02-28"), F),
    ("not given after all", needed("2026-03-05", "2026-03-05", status="not-done"), F),
    ("scheduled or as needed, not told: perhaps", needed("2026-03-05", "2026-03-05", on=""), U),
    ("not told, and too little anyway", needed("2026-03-05", on=""), F),
    ("not told, and enough even if it was all", needed(*["2026-03-05"] * 4, on=""), T),
    ("given on the scheduled order: the same use, seen twice", needed("2026-03-05", "2026-03-05", on="MedicationRequest/small"), F),
    ("amount not told", [{**each, "dosage": {"route": each["dosage"]["route"]}} for each in needed("2026-03-05")], U),
]  # fmt: skip


@pytest.mark.parametrize(("case", "doses", "enough"), GIVEN, ids=[row[0] for row in GIVEN])
def test_doses_as_needed_that_were_given_count_for_the_dose(case, doses, enough):
    assert tried(SMALL, FILLED, NEEDED, *doses)["morphine"].enough is enough, case


def test_a_dose_as_needed_of_another_opioid_is_no_dose_of_this_one():
    other = order("897702", dosage(tablets(1), every(4), prn=True), id="other")
    doses = [given("897702", tablets(1), f"2026-03-05T{hour:02}:00:00-05:00", route="oral", id=f"o{hour}",
                   request={"reference": "MedicationRequest/other"}) for hour in (8, 12, 16)]  # fmt: skip
    assert tried(SMALL, FILLED, other, *doses)["morphine"].enough is F


def test_doses_as_needed_are_no_titration_and_no_schedule():
    trial = tried(SMALL, FILLED, NEEDED, *needed("2026-03-05", "2026-03-05"))["morphine"]
    assert (trial.titrated, trial.start, trial.end) == (U, when("2026-03-01"), when("2026-03-10"))


def test_silence_about_rescue_is_no_only_where_it_is_vouched():
    assert tried(ER, FILLED, vouched=U)["morphine"].rescue is U


def test_the_order_of_events_does_not_matter():
    events = events_of([ER, FILLED, RESCUE, patch("2026-02-01")])
    asked = (BAD, [], NOW, knowledge())
    assert opioid_trials(events, *asked) == opioid_trials(events[::-1], *asked)


def test_every_reason_has_its_sentence():
    reasons = {reason for row in ROWS for trial in tried(*row[1], pain=row[2]).values() for reason in trial.reasons}
    assert reasons <= set(load_knowledge().texts["opioid_reason"])
    assert {"too-short", "too-short-unclear", "no-rescue", "outcome-missing", "not-taken-unclear"} <= reasons


def test_a_stop_that_is_not_recorded_is_unknown():
    (event,) = events_of([ER])
    ended = msgspec.structs.replace(event, current=False)
    (trial,) = opioid_trials([ended], BAD, [], NOW, knowledge(), vouched=T)
    assert (trial.long_enough, trial.enough, trial.outcome, trial.end) == (U, U, U, None)
