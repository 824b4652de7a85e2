"""Opioid tolerant: a week or longer at a dose of the list, or its equivalent with low factors."""

import msgspec
import pytest
from bedside import NOW, day, dosage, events_of, every, given, knowledge, order, quantity, statement, tablets
from worked import PATCH, WORKED

from fourthstep.facts.opioids import opioid_tolerant
from fourthstep.ground.truth import Truth

OLD = order("1049621", dosage(tablets(1), every(4)), status="stopped", authored="2025-01-01") | {
    "dispenseRequest": {"validityPeriod": {"start": "2025-01-01", "end": "2025-02-01"}}
}
"""Something a year old, so that the record reaches back."""


def tolerant(*resources, at=NOW, vouched=Truth.TRUE, **rest):
    return opioid_tolerant(events_of([OLD, *resources]), at, knowledge(), vouched=vouched, **rest)


def oral(code, amount, **rest):
    return order(code, dosage(quantity(amount, "mg"), every(1, "d"), route="oral"), **rest)


ROWS = [
    # what is ordered since nine days                 | tolerant      | reason
    (oral("7052", 59.9), Truth.FALSE, "below-tolerant-dose"),
    (oral("7052", 60), Truth.TRUE, "prescribed-only"),
    (oral("7052", 60.1), Truth.TRUE, "prescribed-only"),
    (oral("7804", 29.9), Truth.FALSE, "below-tolerant-dose"),
    (oral("7804", 30), Truth.TRUE, "prescribed-only"),
    (order("897696", dosage(tablets(4), every(1, "d"))), Truth.TRUE, "prescribed-only"),
    (order("897696", dosage(tablets(3), every(1, "d"))), Truth.FALSE, "below-tolerant-dose"),
    (order("245134", dosage(PATCH, every(72))), Truth.TRUE, "prescribed-only"),
    (order("577057", dosage(PATCH, every(72))), Truth.FALSE, "below-tolerant-dose"),
    (order("835603", dosage(tablets(2), every(6))), Truth.UNKNOWN, "never-from-this-opioid-alone"),
    (order("1148803", dosage(tablets(1), every(12))), Truth.UNKNOWN, "never-from-this-opioid-alone"),
    (order("864706", dosage(tablets(2), every(8))), Truth.UNKNOWN, "never-from-this-opioid-alone"),
    (order("904876", dosage(PATCH, every(7, "d"))), Truth.UNKNOWN, "partial-agonist"),
    (order("892531", dosage(rate=quantity(2.5, "mg/h"), route="SC")), Truth.TRUE, "equivalent-dose"),
    (order("892531", dosage(rate=quantity(1, "mg/h"), route="SC")), Truth.UNKNOWN, "range-spans-limit"),
    (order("1049621", dosage(tablets(2), every(4), prn=True)), Truth.UNKNOWN, "range-spans-limit"),
    (order("1049621", dosage(tablets(1))), Truth.UNKNOWN, "no-timing"),
]


@pytest.mark.parametrize(("ordered", "wanted", "reason"), ROWS)
def test_a_tolerant_dose(ordered, wanted, reason):
    found, reasons = tolerant(ordered)
    assert found is wanted
    assert reason in reasons


@pytest.mark.parametrize(("since", "wanted"), [("2026-03-04", Truth.TRUE), ("2026-03-05", Truth.FALSE)])
def test_seven_days(since, wanted):
    assert tolerant(oral("7052", 60, authored=since))[0] is wanted


def test_a_record_younger_than_a_week_says_nothing():
    events = events_of([oral("7052", 60, authored="2026-03-05")])
    found, reasons = opioid_tolerant(events, NOW, knowledge(), vouched=Truth.TRUE)
    assert (found, reasons[0]) == (Truth.UNKNOWN, "record-too-short")


def test_one_order_follows_another():
    first = oral("7052", 60, authored="2026-02-01", status="completed") | {
        "dispenseRequest": {"validityPeriod": {"start": "2026-02-01", "end": "2026-03-06"}}
    }
    second = oral("7052", 60, authored="2026-03-07")
    assert tolerant(first, second)[0] is Truth.TRUE
    assert tolerant(first, oral("7052", 60, authored="2026-03-08"))[0] is Truth.FALSE


def test_a_stop_without_a_date_is_unknown():
    found, reasons = tolerant(
        oral("7052", 60, authored="2026-02-01", status="stopped"), oral("7804", 30, authored="2026-03-09")
    )
    assert found is Truth.UNKNOWN
    assert reasons == ("current-unknown",)


def test_an_unreadable_part_takes_nothing_away():
    assert tolerant(oral("7052", 60), order("1049621", dosage(tablets(1))))[0] is Truth.TRUE


def test_two_uses_of_one_opioid_add():
    assert tolerant(oral("7804", 15, id="a"), oral("7804", 15, id="b"))[0] is Truth.TRUE


def test_other_opioids_prove_it_beside_methadone():
    assert tolerant(oral("7052", 60), order("864706", dosage(tablets(1), every(12))))[0] is Truth.TRUE
    assert tolerant(oral("7052", 40), order("864706", dosage(tablets(1), every(12))))[0] is Truth.UNKNOWN


def test_what_is_said_to_be_taken_needs_no_reservation():
    assert tolerant(statement("891888", dosage(tablets(1), every(12)))) == (Truth.TRUE, ())


def test_silence_is_no_only_where_it_is_vouched():
    assert tolerant()[0] is Truth.FALSE
    assert tolerant(vouched=Truth.UNKNOWN) == (Truth.UNKNOWN, ("no-opioid-recorded",))
    assert tolerant(oral("7052", 10), vouched=Truth.UNKNOWN) == (Truth.UNKNOWN, ("drugs-not-vouched",))


def test_doses_that_were_given_every_day():
    def doses(days):
        return [
            given("892672", tablets(2), f"2026-03-{date:02}T08:00:00-05:00", route="oral", id=str(date)) for date in days
        ]

    assert tolerant(*doses(range(4, 11)))[0] is Truth.TRUE
    assert tolerant(*doses(range(5, 11)))[0] is Truth.FALSE


def test_an_infusion_that_still_runs_has_run_since_it_began():
    running = given("892531", None, "2026-03-01", status="in-progress")
    running["dosage"] = {"rateQuantity": quantity(2.5, "mg/h"), "route": {"coding": [{"code": "SC"}]}}
    del running["effectiveDateTime"]
    running["effectivePeriod"] = {"start": "2026-03-01T08:00:00-05:00"}
    assert tolerant(running)[0] is Truth.TRUE


def test_an_earlier_day():
    at = day("2026-03-05")
    assert tolerant(oral("7052", 60, authored="2026-02-20"), at=at)[0] is Truth.TRUE


def test_a_partial_agonist_beside_a_small_dose_keeps_it_open():
    beside = order("904876", dosage(quantity(1, "patch", "{patch}"), every(7, "d")))
    assert tolerant(oral("7052", 10), beside) == (Truth.UNKNOWN, ("partial-agonist",))


def test_doses_as_needed_count_where_they_were_given():
    """60 mg of morphine a day, a week long, all of it as needed: tolerant; ordered only: perhaps."""
    rescue = order("892672", dosage(tablets(1), every(4), prn=True), id="rescue", authored="2026-02-20")
    on = {"request": {"reference": "MedicationRequest/rescue"}}
    doses = [given("892672", tablets(2), f"2026-03-{date:02}T08:00:00-05:00", route="oral", id=str(date), **on)
             for date in range(4, 11)]  # fmt: skip
    assert tolerant(rescue)[0] is Truth.UNKNOWN
    assert tolerant(rescue, *doses, inpatient=Truth.TRUE)[0] is Truth.TRUE


def test_the_order_of_events_does_not_matter():
    events = events_of([OLD, *WORKED["W30"], *WORKED["W03"]])
    assert opioid_tolerant(events, NOW, knowledge()) == opioid_tolerant(events[::-1], NOW, knowledge())


def test_a_drug_that_could_be_an_opioid_keeps_it_open():
    stranger = msgspec.structs.replace(events_of([OLD])[0], kind="unrecognised", of_kind="drug", drug=None, current=True)
    events = [*events_of([OLD, oral("7052", 10)]), stranger]
    assert opioid_tolerant(events, NOW, knowledge(), vouched=Truth.TRUE)[0] is Truth.UNKNOWN
