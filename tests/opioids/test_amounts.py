"""The amount of a day that no shipped code leads to: what a dosage says is read as far as it goes, or the reason is told.

Doses as the reading gives them; `amount` is what is scheduled, `most` the most as needed.
"""

from decimal import Decimal

import pytest
from bedside import NOW, knowledge

from fourthstep.events.event import Dose, Drug, Event
from fourthstep.facts.opioids import opioid_dose
from fourthstep.facts.opioids.convert import daily
from fourthstep.facts.opioids.steps import Use
from fourthstep.ground.dates import AsOf, When, when
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth

ONE = Interval.point(1)
PATCH = {"strength": Decimal(25), "strength_unit": "ug/h", "form": "Transdermal System", "route": "transdermal"}
VIAL = {"strength": Decimal(10), "strength_unit": "mg/mL", "form": "Injection", "route": "parenteral"}
NAMELESS = {"route": "transdermal", "strength": Decimal(25), "strength_unit": "ug/h", "form": "Oral Tablet"}

TABLE = [
    # what, product, dosage, scheduled a day, most as needed, reasons
    ("patches", PATCH, {"amount": Interval.point(2), "unit": "1"}, "50", "0", ()),
    ("a patch as needed", PATCH, {"amount": ONE, "unit": "1", "as_needed": True}, "0", "25", ()),
    ("a patch by its rate", PATCH, {"rate": Interval.point(25), "unit": "ug"}, "25", "0", ()),
    ("a patch by a rate that is not its own", PATCH, {"rate": Interval.point(50), "unit": "ug"}, None, None, ("dose-and-rate-differ",)),
    ("a patch by a rate in milligrams", PATCH, {"rate": Interval.point(Decimal("0.025")), "unit": "mg"}, "25", "0", ()),
    ("a patch by a rate of volume", PATCH, {"rate": ONE, "unit": "mL"}, None, None, ("patch-not-a-rate",)),
    ("a patch whose dosage is broken", PATCH, {"unread": ("malformed-element",)}, None, None, ("malformed-element",)),
    ("a patch without a number", PATCH, {"unread": ("no-dose",)}, None, None, ("no-dose",)),
    ("a patch in milligrams", PATCH, {"amount": ONE, "unit": "mg"}, None, None, ("patch-not-a-rate",)),
    ("a number without unit of what is no patch", NAMELESS, {"amount": ONE}, None, None, ("unit-form-mismatch",)),
    ("an infusion", VIAL, {"rate": ONE, "unit": "mg"}, "24", "0", ()),
    ("an infusion by volume", VIAL, {"rate": ONE, "unit": "mL"}, "240", "0", ()),
    ("an infusion as needed", VIAL, {"rate": ONE, "unit": "mg", "as_needed": True}, "0", "24", ()),
    ("an infusion of a strange unit", VIAL, {"rate": ONE, "unit": "furlong"}, None, None, ("unit-unread",)),
    ("doses of a strange unit", VIAL, {"amount": ONE, "unit": "furlong", "per_day": ONE}, None, None, ("unit-unread",)),
]  # fmt: skip


@pytest.mark.parametrize(("what", "product", "dosage", "scheduled", "most", "reasons"), TABLE, ids=[row[0] for row in TABLE])
def test_amount(what, product, dosage, scheduled, most, reasons):
    drug = Drug("fentanyl", "4337", source="order", **product)
    found = daily(
        Use(Event("drug", "opioid:x", "o", drug=drug), "fentanyl", Dose(**dosage), drug.route, "prescribed"), knowledge()
    )
    said = tuple(None if each is None else str(each) for each in (found.scheduled, found.as_needed))
    assert (*said, found.reasons) == (scheduled, most, reasons)


def given(start, *, per_day=None, opioid="morphine", amount=5, order="o"):
    drug = Drug(opioid, source="administration", given=True, order=order, route="oral",
                doses=(Dose(Interval.point(amount), "mg", per_day=per_day, route="oral"),))  # fmt: skip
    return Event("drug", f"opioid:{opioid}", "MedicationAdministration/a", start, drug=drug)


def ordered(opioid="morphine", amount=5, *, prn=False, start=None, ref="o"):
    dose = Dose(Interval.point(amount), "mg", per_day=Interval.point(2), as_needed=prn, route="oral", start=start)
    drug = Drug(opioid, source="order", route="oral", doses=(dose,))
    return Event("drug", f"opioid:{opioid}", ref, when("2026-03-01"), drug=drug, current=True)


def dose_of(*events, table="cdc_2022", inpatient=Truth.TRUE):
    return opioid_dose(events, NOW, knowledge(), table, vouched=Truth.TRUE, inpatient=inpatient)


def test_a_dose_without_a_day_may_lie_in_the_window():
    assert dose_of(given(None)).reasons == ("administration-time-unknown",)


def test_a_dose_of_tomorrow_counts_nothing_today():
    assert str(dose_of(given(when("2026-03-11"))).scheduled) == "0"


def test_a_dose_of_yesterday_is_over_where_the_assessment_speaks_of_an_instant():
    noon = when("2026-03-10T12:00:00-05:00").instant
    dose = opioid_dose([given(when("2026-03-08"))], AsOf(NOW.day, noon), knowledge(), vouched=Truth.TRUE)
    assert str(dose.scheduled) == "0"


def test_a_statement_of_what_is_given_a_day_is_no_record_of_each_dose():
    """Seen in a case file: an administration with times a day is a sign that the order is taken."""
    assert str(dose_of(ordered(), given(when("2026-03-10"), per_day=Interval.point(2))).scheduled) == "10"
    assert str(dose_of(ordered(), given(when("2026-03-10"))).scheduled) == "5"


def test_doses_as_needed_choose_the_band_of_a_banded_factor():
    """ESMO: methadone 4, 8 or 12 by the daily amount; 5 mg scheduled, and what was given above it."""
    table = "cdc_2016"
    alone = dose_of(ordered("methadone", 5), table=table)
    beside = dose_of(ordered("methadone", 5), ordered("methadone", 10, prn=True, ref="p"),
                     given(when("2026-03-10"), opioid="methadone", amount=30, order="p"), table=table)  # fmt: skip
    assert str(alone.scheduled) == str(beside.scheduled) == "40"
    assert str(beside.prn_given) == "240"


def test_a_dosage_that_begins_later_is_no_trial_yet():
    from fourthstep.facts.opioids import opioid_trials

    later = ordered(start=When(NOW.day.replace(day=20), NOW.day.replace(day=20)))
    assert opioid_trials([later], [], [], NOW, knowledge()) == ()
