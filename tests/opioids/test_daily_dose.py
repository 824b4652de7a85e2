"""The daily dose: every reason why it is unknown, and every rule that decides what counts."""

from decimal import Decimal

import msgspec
import pytest
from bedside import (
    NOW,
    at_most,
    day,
    dispensed,
    dosage,
    events_of,
    every,
    given,
    knowledge,
    measured,
    order,
    quantity,
    statement,
    tablets,
)
from worked import PATCH, WORKED

from fourthstep.events.event import Dose, Drug, Event
from fourthstep.facts.opioids import as_it_was, current_uses, opioid_dose
from fourthstep.ground.dates import when
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth

MORPHINE = order("891888", dosage(tablets(1), every(12)), id="er")
"""Morphine ER 30 mg twice a day: 60 mg."""
NOON = "2026-03-10T12:00:00-05:00"


def point(value):
    return Interval.point(value)


def reasons(*resources, **rest):
    dose = measured([MORPHINE, *resources], **rest)
    assert (dose.scheduled, dose.prn_max) == (None, None)
    return dose.reasons


# -- every reason has one witness ------------------------------------------------------------------------

UNKNOWN = [
    ("no-dosage", [order("1049621")]),
    ("no-dose", [order("1049621", dosage(None, every(4)))]),
    ("no-timing", [order("1049621", dosage(tablets(1)))]),
    ("text-only", [order("1049621", {"text": "as before"})]),
    ("unit-form-mismatch", [order("1049621", dosage(quantity(1, "patch"), every(4)))]),
    ("unit-missing", [order("1049604", dosage(quantity(5), every(4)))]),
    ("drops", [order("1049615", dosage(quantity(5, "drops"), every(4)))]),
    ("titrated-to-effect", [order("897653", dosage(rate=quantity(1, "mg/h"), timing={"code": {"coding": [{"code": "TITRATE TO"}]}}))]),
    ("pca-bag-content", [order("897653", dosage(quantity(20, "mg"), route="IVPCA"))]),
    ("route-unread", [order("7804", dosage(quantity(5, "mg"), every(4), route="behind the ear"))]),
    ("route-contradiction", [order("1049621", dosage(tablets(1), every(4), route="IV"))]),
    ("route-unknown", [order("7804", dosage(quantity(5, "mg"), every(4)))]),
    ("sequence-undated", [order("1049621", dosage(tablets(1), every(4), sequence=1), dosage(tablets(2), every(4), sequence=2))]),
    ("course-uncertain", [order("1049621", dosage(tablets(1), every(4, boundsRange={"low": quantity(3, "d"), "high": quantity(30, "d")})))]),
    ("no-strength", [order("7804", dosage(tablets(1), every(4), route="oral"))]),
    ("no-concentration", [order("1049621", dosage(quantity(5, "mL"), every(4)))]),
    ("patch-not-a-rate", [order("245134", dosage(quantity(25, "mcg"), every(72)))]),
    ("dose-and-rate-differ", [order("245134", dosage(quantity(50, "mcg/hr"), every(72)))]),
    ("prn-without-limit", [order("1049621", dosage(tablets(1), prn=True))]),
    ("no-factor", [order("7804", dosage(quantity(5, "mg"), every(4), route="IV"))]),
    ("opium-content-unknown", [order("312104", dosage(quantity(1, "suppository"), every(12)))]),
    ("implausible-dose", [order("1049615", dosage(quantity(10, "mL"), every(4)))]),
    ("administration-time-unknown", [given("7052", quantity(5, "mg"), "2026-03-10") ]),
    ("duplicate-unclear", [order("1049621", dosage(tablets(1), every(4)), id="x"), statement("7804", dosage(quantity(5, "mg"), every(4), route="oral"))]),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "resources"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_one_unreadable_part_makes_the_total_unknown(reason, resources):
    at = day("2026-03-10")
    if reason == "administration-time-unknown":
        at = msgspec.structs.replace(at, instant=when(NOON).instant)
    dose = measured([MORPHINE, *resources], at=at)
    assert (dose.scheduled, dose.prn_max, dose.range) == (None, None, None)
    assert reason in dose.reasons
    readable = [step for step in dose.steps if step.fate == "counted"]
    assert [step.scheduled for step in readable][:1] == [point(60)]


def _changed(resource, **changes):
    (event,) = events_of([resource])
    return msgspec.structs.replace(event, **changes)


def _given(**changes):
    (event,) = events_of([given("7052", quantity(5, "mg"), NOON)])
    return msgspec.structs.replace(event, drug=msgspec.structs.replace(event.drug, **changes))


INFUSED = Event(
    "drug", "opioid:morphine", "MedicationAdministration/i", when("2026-03-10"), when("2026-03-10"),
    drug=Drug("morphine", "7052", route="parenteral", source="administration", given=True,
              doses=(Dose(rate=Interval.point(1), unit="mg"),)),
)  # fmt: skip
WORN = Event(
    "drug", "opioid:fentanyl", "MedicationAdministration/p", when("2026-03-08"),
    drug=Drug("fentanyl", "4337", "", Decimal(25), "ug/h", "Transdermal System", "transdermal",
              source="administration", given=True, doses=(Dose(amount=Interval.point(1), unit="1"),)),
)  # fmt: skip

EVENTS = [
    ("current-unknown", _changed(order("1049621", dosage(tablets(1), every(4))), current=None)),
    ("given-unknown", _given(given=None)),
    ("infusion-hours-unknown", INFUSED),
    ("patch-wear-unknown", WORN),
]


@pytest.mark.parametrize(("reason", "event"), EVENTS, ids=[row[0] for row in EVENTS])
def test_an_unclear_event_makes_the_total_unknown(reason, event):
    dose = opioid_dose([*events_of([MORPHINE]), event], NOW, knowledge(), vouched=Truth.TRUE)
    assert dose.scheduled is None
    assert reason in dose.reasons


def test_methadone_into_a_vein_has_bounds_only():
    dose = measured([order("6813", dosage(quantity(10, "mg"), every(12), route="IV"))])
    assert (dose.scheduled, dose.range) == (None, Interval(Decimal(94), Decimal(188)))
    assert dose.reasons == ("no-default-factor",)


# -- limits, on both sides -------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "known"), [("199.9", True), ("200", True), ("200.1", False)])
def test_a_single_dose_that_nobody_believes(amount, known):
    dose = measured([order("7052", dosage(quantity(float(amount), "mg"), every(1, "d"), route="oral"))])
    assert (dose.scheduled is not None) is known
    assert ("implausible-dose" in dose.flags) is not known


def test_an_extended_release_dose_may_be_larger():
    four = order("891893", dosage(tablets(4), every(12)))
    assert measured([four]).scheduled == point(480)


@pytest.mark.parametrize(("times", "known"), [(15, True), (16, False)])
def test_a_day_that_nobody_believes(times, known):
    dose = measured([order("7052", dosage(quantity(200, "mg"), every(1, "d", times), route="oral"))])
    assert (dose.scheduled is not None) is known
    assert ("implausible-day" in dose.reasons) is not known


@pytest.mark.parametrize(
    ("amount", "high", "very"),
    [
        (119, Truth.FALSE, Truth.FALSE),
        (120, Truth.TRUE, Truth.FALSE),
        (299, Truth.TRUE, Truth.FALSE),
        (300, Truth.TRUE, Truth.TRUE),
    ],
)
def test_high_exposure(amount, high, very):
    dose = measured([order("7052", dosage(quantity(amount, "mg"), every(1, "d"), route="oral", sequence=1)) | {"id": "a"}]
                    if amount <= 200 else [order("891888", dosage(quantity(amount, "mg"), every(1, "d")))])  # fmt: skip
    assert (dose.high_exposure, dose.very_high_exposure) == (high, very)


def test_high_exposure_is_unclear_where_the_factors_disagree():
    dose = measured([order("1049683", dosage(tablets(1), every(4), prn=False))])
    assert dose.range == Interval(Decimal(60), Decimal(120))
    assert "high-exposure-unclear" in dose.flags


# -- amounts ---------------------------------------------------------------------------------------------


def test_a_scheduled_range_is_an_interval():
    dose = measured([order("1049621", dosage(None, every(6), low=tablets(1), high=tablets(2)))])
    assert dose.scheduled == Interval(Decimal(30), Decimal(60))


def test_the_range_has_low_factors_without_and_high_factors_with_what_is_as_needed():
    dose = measured(WORKED["W03"])
    assert dose.range == Interval(Decimal(40), Decimal(200))


def test_a_limit_in_mg_caps_counted_tablets():
    dose = measured([order("1049621", dosage(tablets(2), every(4), prn=True, maxDosePerPeriod=at_most(20, "mg", 1, "d")))])
    assert dose.prn_max == Decimal(30)


def test_as_needed_without_timing_is_bounded_by_its_limit():
    dose = measured([order("1049621", dosage(tablets(1), prn=True, maxDosePerPeriod=at_most(4, "tablet", 1, "d")))])
    assert (dose.scheduled, dose.prn_max) == (point(0), Decimal(30))


def test_micrograms_and_milligrams_are_one_amount():
    one = measured([order("668364", dosage(quantity(200, "ug", "ug"), every(6), prn=True))])
    two = measured([order("668364", dosage(quantity(0.2, "mg", "mg"), every(6), prn=True))])
    assert one.prn_max == two.prn_max == Decimal(104)


def test_a_patch_by_its_rate():
    assert measured([order("4337", dosage(quantity(25, "mcg/hr"), every(72), route="TD"))]).scheduled == point(60)
    assert measured([order("245134", dosage(quantity(2), every(72)))]).scheduled == point(120)


def test_a_film_and_a_tablet_in_the_mouth_have_their_own_factors():
    film = measured([order("858092", dosage(quantity(1, "film"), every(6), prn=True))])
    tablet = measured([order("668364", dosage(tablets(1), every(6), prn=True))])
    assert (film.prn_max, tablet.prn_max) == (Decimal(144), Decimal(104))


def test_an_infusion_and_a_bolus_have_their_own_factors():
    flowing = measured([order("1735013", dosage(rate=quantity(50, "ug/h"), route="IV"))])
    single = measured([order("1735013", dosage(quantity(50, "ug"), every(1), route="IV"))])
    assert (flowing.scheduled, single.scheduled) == (point(120), point(360))


def test_an_infusion_by_volume_needs_the_concentration():
    assert measured([order("897653", dosage(rate=quantity(0.4, "mL/h"), route="IV"))]).scheduled == point(192)


def test_opium_counts_where_the_product_says_morphine():
    drug = Drug("opium", "7676", "camphorated tincture, 0.4 mg morphine per mL", Decimal("0.4"), "mg/mL", "Oral Solution",
                "oral", source="order", doses=(Dose(amount=Interval.point(5), unit="mL", per_day=Interval.point(4)),))  # fmt: skip
    event = Event("drug", "opioid:opium", "MedicationRequest/o", when("2026-03-01"), drug=drug, current=True)
    assert opioid_dose([event], NOW, knowledge(), vouched=Truth.TRUE).scheduled == point(8)


# -- what counts -----------------------------------------------------------------------------------------


def test_silence_is_zero_only_where_it_is_vouched():
    assert measured([]).scheduled == point(0)
    for vouched in (Truth.UNKNOWN, Truth.FALSE):
        dose = measured([], vouched=vouched)
        assert (dose.scheduled, dose.reasons) == (None, ("no-opioid-recorded",))


@pytest.mark.parametrize(("families", "wanted"), [((), None), (("opioids",), None), (("anticoagulant",), point(0))])
def test_an_unknown_drug_that_could_be_an_opioid(families, wanted):
    stranger = Event("unrecognised", "", "MedicationRequest/u", of_kind="drug", could_be=families, current=True)
    assert opioid_dose([stranger], NOW, knowledge(), vouched=Truth.TRUE).scheduled == wanted


def test_two_orders_add_and_a_statement_of_one_of_them_does_not():
    first = order("1049621", dosage(tablets(1), every(6)), id="a")
    second = order("1049621", dosage(tablets(1), every(6)), id="b")
    assert measured([first, second]).scheduled == point(60)
    told = statement("1049621", dosage(tablets(1), every(12)))
    dose = measured([first, told])
    assert dose.scheduled == point(15)
    assert (dose.prescribed.scheduled, dose.taken.scheduled) == (point(30), point(15))
    assert [step.fate for step in dose.steps] == ["duplicate", "counted"]
    assert "two-sources-one-use" in dose.flags


def test_a_statement_without_dosage_confirms_the_order():
    dose = measured([order("1049621", dosage(tablets(1), every(6))), statement("1049621")])
    assert dose.scheduled == point(30)


def test_a_statement_of_another_strength_is_another_use():
    dose = measured([order("1049621", dosage(tablets(1), every(6))), statement("1049683", dosage(tablets(1), every(6)))])
    assert dose.scheduled == point(90)


def test_what_was_dispensed_is_only_a_bound():
    alone = measured([dispensed("1049621", dosage(tablets(1), every(6)))])
    assert alone.scheduled == Interval(Decimal(0), Decimal(30))
    assert "dispensed-only" in alone.flags
    beside = measured([order("1049621", dosage(tablets(1), every(6))), dispensed("1049621", dosage(tablets(9), every(6)))])
    assert beside.scheduled == point(30)


def test_an_inpatients_doses_replace_the_order():
    on = {"request": {"reference": "MedicationRequest/fixed"}}
    doses = [
        given("892582", tablets(1), f"2026-03-10T{hour}:00:00-05:00", route="oral", id=hour, **on) for hour in ("08", "14")
    ]
    ordered = order("892582", dosage(tablets(1), every(4)), id="fixed")
    rescue = order("892582", dosage(tablets(1), every(4), prn=True), id="rescue")
    dose = measured([ordered, rescue, *doses], inpatient=Truth.TRUE)
    assert (dose.scheduled, dose.prn_max) == (point(30), Decimal(90))
    assert (dose.prescribed.scheduled, dose.taken.scheduled) == (point(90), point(30))
    assert dose.rescue is Truth.TRUE
    outpatient = measured([ordered, rescue, *doses])
    assert outpatient.scheduled == point(90)


def test_what_was_not_given_or_long_ago_counts_nothing():
    refused = given("892582", tablets(1), NOON, route="oral", status="not-done")
    old = given("892582", tablets(1), "2026-03-09T23:00:00-05:00", route="oral", id="old")
    assert measured([refused, old]).scheduled == point(0)


def test_hours_of_an_infusion_are_counted():
    ran = given("897653", None, NOON)
    ran["dosage"] = {"rateQuantity": quantity(1, "mg/h"), "route": {"coding": [{"code": "IV"}]}}
    del ran["effectiveDateTime"]
    ran["effectivePeriod"] = {"start": "2026-03-10T06:00:00-05:00", "end": "2026-03-10T09:00:00-05:00"}
    assert measured([ran]).scheduled == point(60)
    ran["status"] = "in-progress"
    del ran["effectivePeriod"]["end"]
    assert measured([ran]).scheduled == point(480)


def test_a_patch_that_was_applied_is_the_order_that_is_worn():
    applied = msgspec.structs.replace(WORN, start=when("2026-03-10"))
    ordered = events_of([order("245134", dosage(PATCH, every(72)))])
    assert opioid_dose([applied], NOW, knowledge()).scheduled == point(60)
    assert opioid_dose([*ordered, applied], NOW, knowledge()).scheduled == point(60)
    long_ago = msgspec.structs.replace(WORN, start=when("2026-03-01"))
    assert opioid_dose([long_ago], NOW, knowledge(), vouched=Truth.TRUE).scheduled == point(0)


@pytest.mark.parametrize(
    ("at", "wanted"), [("2026-03-01", "60"), ("2026-03-07", "60"), ("2026-03-08", "30"), ("2026-03-10", "30")]
)
def test_a_taper_counts_the_step_of_the_day(at, wanted):
    assert measured(WORKED["W31"], at=day(at)).scheduled == point(wanted)


def test_once_counts_on_its_day_only():
    one = order("1049621", dosage(tablets(1), {"code": {"coding": [{"code": "ONCE"}]}}), authored="2026-03-09")
    assert measured([one], at=day("2026-03-09")).scheduled == point("7.5")
    assert measured([one], at=day("2026-03-10")).scheduled == point(0)


def test_on_hold_is_listed_and_not_counted():
    dose = measured([order("1049621", dosage(tablets(1), every(6)), status="on-hold")])
    assert (dose.scheduled, [step.fate for step in dose.steps]) == (point(0), ["on-hold"])
    assert "opioid-on-hold" in dose.flags


def test_opioids_of_anaesthesia_are_ignored():
    drug = Drug("remifentanil", "73032", route="parenteral", source="administration", given=True,
                doses=(Dose(amount=Interval.point(1), unit="mg"),))  # fmt: skip
    event = Event("drug", "opioid:remifentanil", "MedicationAdministration/r", when("2026-03-10"), drug=drug)
    dose = opioid_dose([event], NOW, knowledge(), vouched=Truth.TRUE)
    assert (dose.scheduled, dose.flags) == (point(0), ("anaesthetic-opioid-ignored",))
    fentanyl = measured(WORKED["W23"], ventilated=Truth.TRUE)
    assert (fentanyl.scheduled, fentanyl.steps[0].reasons) == (point(0), ("anaesthesia",))


def test_buprenorphine_stands_beside():
    dose = measured(WORKED["W25"])
    (patch,) = [step for step in dose.steps if step.opioid == "buprenorphine"]
    assert [value for _, value in patch.beside] == [34, 36, 40, 44, 48]
    assert measured(WORKED["W26"]).reasons == ("partial-agonist",)


FLAGS = [
    ("W13", "methadone-low-confidence"), ("W25", "buprenorphine-present"), ("W35", "neuraxial-opioid-present"),
    ("W36", "meperidine"), ("W22", "extension-factor"), ("W20", "given-instead-of-ordered"), ("W13", "high-exposure"),
    ("W08", "very-high-exposure"), ("W21", "very-high-exposure-unclear"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "flag"), FLAGS)
def test_flags(name, flag):
    assert flag in measured(WORKED[name]).flags
    assert flag not in measured(WORKED["W01"]).flags


def test_transmucosal_fentanyl_more_often_than_usual():
    assert "transmucosal-often" not in measured(WORKED["W27"]).flags
    five = order("668364", dosage(tablets(1), prn=True, maxDosePerPeriod=at_most(5, "tablet", 1, "d")))
    assert "transmucosal-often" in measured([five]).flags


def test_pentazocine_is_a_mixed_agonist():
    dose = measured([order("8001", dosage(quantity(50, "mg"), every(6), route="oral"))])
    assert "mixed-agonist-antagonist" in dose.flags


def test_rescue_and_around_the_clock():
    both = measured(WORKED["W03"])
    assert (both.rescue, both.around_the_clock) == (Truth.TRUE, Truth.TRUE)
    needed = measured(WORKED["W33"])
    assert needed.rescue is Truth.TRUE
    none = measured([])
    assert (none.rescue, none.around_the_clock) == (Truth.FALSE, Truth.FALSE)
    assert measured([], vouched=Truth.UNKNOWN).rescue is Truth.UNKNOWN


def test_every_step_can_be_done_again_by_hand():
    (step,) = measured(WORKED["W10"]).steps
    assert (step.strength, step.dose, step.times, step.amount) == ("4 MG", "1 1", "6 a day", point(24))
    assert (step.factor, step.table, step.scheduled, step.because) == (
        5,
        "cdc_2022",
        point(120),
        ("CDC2022",),
    )


def test_uses_keep_what_does_not_count():
    uses = current_uses(events_of(WORKED["W38"]), NOW, knowledge())
    assert sorted((use.opioid, use.fate) for use in uses) == [
        ("hydromorphone", "counted"),
        ("morphine", "not-current"),
    ]


def test_an_entry_with_several_concepts_is_one_use():
    (event,) = events_of([order("835603", dosage(tablets(2), every(6)))])
    twin = msgspec.structs.replace(event, concept="serotonergic:serotonergic_opioid")
    assert opioid_dose([event, twin], NOW, knowledge(), vouched=Truth.TRUE).scheduled == point(80)


def test_an_earlier_day_is_asked_with_the_record_as_it_was():
    low = order("1049621", dosage(tablets(1), every(6)), authored="2026-01-01", status="completed", id="low")
    low |= {"dispenseRequest": {"validityPeriod": {"start": "2026-01-01", "end": "2026-02-20"}}}
    high = order("1049621", dosage(tablets(2), every(6)), authored="2026-02-21", id="high")
    events, then = events_of([low, high]), day("2026-02-08")
    assert opioid_dose(as_it_was(events, then.day, NOW), then, knowledge()).scheduled == point(30)
    assert opioid_dose(events, NOW, knowledge()).scheduled == point(60)


class TestATabletHandedOverOnAnOrderThatWasStopped:
    """What is left of it is no sign that it is still taken (pharmacology 1.8: the order is the better source)."""

    @staticmethod
    def dose(stopped, handed_over):
        first = order("891888", dosage(tablets(1), every(12)), id="first")
        first |= {"status": "stopped", "authoredOn": "2026-01-01"}
        first |= {"dispenseRequest": {"validityPeriod": {"start": "2026-01-01", "end": stopped}}} if stopped else {}
        rest = {
            "resourceType": "MedicationDispense",
            "status": "completed",
            "medicationCodeableConcept": first["medicationCodeableConcept"],
            "whenHandedOver": handed_over,
        }
        events = [
            msgspec.structs.replace(event, current=None) if event.drug.source == "dispense" else event
            for event in events_of([first, rest])
        ]
        return opioid_dose(events, NOW, knowledge(), vouched=Truth.TRUE)

    def test_stopped_later(self):
        assert str(self.dose("2026-03-05", "2026-02-20").scheduled) == "0"

    @pytest.mark.parametrize("stopped", ["2026-02-01", ""])
    def test_stopped_before_or_nobody_knows_when(self, stopped):
        assert self.dose(stopped, "2026-02-20").scheduled is None
