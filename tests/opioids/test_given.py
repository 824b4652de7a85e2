"""What was given: scheduled, or as needed?  Everybody is in hospital on 2026-03-10 with oxycodone (factor 1.5).

A dose belongs to the order that it was given on, else to the orders of the same product where all of them say the same.
`scheduled`, `given` and `most` are mg a day of oral morphine: what is scheduled, what was given as needed, and the most
that is allowed, or was given, as needed.  Where the record does not tell which it was, both go from nothing to all.
"""

import pytest
from bedside import at_most, dosage, every, given, measured, order, quantity, tablets

from fourthstep.ground.truth import Truth

NOON, NIGHT = "2026-03-10T12:00:00-05:00", "2026-03-10T22:00:00-05:00"
IR, ER = "1049621", "1049563"
"""Oxycodone 5 mg tablet; 20 mg extended release."""
SCHEDULED = order(ER, dosage(tablets(1), every(12)), id="scheduled")
RESCUE = order(IR, dosage(tablets(1), every(4), prn=True), id="rescue")
LIMITLESS = order(IR, dosage(tablets(1), prn=True), id="rescue")
CAPPED = order(IR, dosage(tablets(1), every(4), prn=True, maxDosePerPeriod=at_most(1, "tablet", 1, "d")), id="rescue")
FIXED = order(IR, dosage(tablets(1), every(6)), id="fixed")
BOTH = order(IR, dosage(tablets(1), every(6)), dosage(tablets(1), every(4), prn=True), id="both")
NO_TIMING = order(IR, dosage(tablets(1)), id="no-timing")
STOPPED = order(IR, dosage(tablets(1), every(4), prn=True), status="stopped", id="rescue")


def tablet(at=NOON, on=""):
    link = {"request": {"reference": f"MedicationRequest/{on}"}} if on else {}
    return given(IR, tablets(1), at, route="oral", **link)


def er(at=NOON):
    return given(ER, tablets(1), at, route="oral", request={"reference": "MedicationRequest/scheduled"})


TABLE = [
    # what, resources, scheduled, given as needed, most as needed, range
    ("ordered only", [SCHEDULED, RESCUE], "60", "none", "45", "40 to 140"),
    ("scheduled doses by their order", [SCHEDULED, RESCUE, er(), er(NIGHT)], "60", "none", "45", "40 to 140"),
    ("rescue by its order", [SCHEDULED, RESCUE, er(), er(NIGHT), tablet(on="rescue")], "60", "7.5", "45", "40 to 140"),
    ("rescue given, scheduled doses not recorded", [SCHEDULED, RESCUE, tablet(on="rescue")], "60", "7.5", "45", "40 to 140"),
    ("rescue without a link: one order of this product, as needed", [SCHEDULED, RESCUE, tablet()], "60", "7.5", "45", "40 to 140"),
    ("a link that leads nowhere is no link", [SCHEDULED, RESCUE, tablet(on="lost")], "60", "7.5", "45", "40 to 140"),
    ("without a link: one scheduled order of this product", [FIXED, tablet(), tablet(NIGHT)], "15", "none", "0", "10 to 20"),
    ("without a link: orders of both kinds", [FIXED, RESCUE, tablet()], "0 to 37.5", "0 to 7.5", "45", "0 to 110"),
    ("its order among both kinds", [FIXED, RESCUE, tablet(on="rescue")], "30", "7.5", "45", "20 to 100"),
    ("one order that is both", [BOTH, tablet(on="both")], "0 to 37.5", "0 to 7.5", "45", "0 to 110"),
    ("an order that does not say how often", [NO_TIMING, tablet(on="no-timing")], "0 to 7.5", "0 to 7.5", "0", "0 to 10"),
    ("no order at all", [tablet()], "0 to 7.5", "0 to 7.5", "0", "0 to 10"),
    ("only an order of another product", [SCHEDULED, tablet()], "0 to 67.5", "0 to 7.5", "0", "0 to 90"),
    ("a limit that cannot be read: what was given", [SCHEDULED, LIMITLESS, tablet(on="rescue")], "60", "7.5", "7.5", "40 to 90"),
    ("more given than allowed", [CAPPED, tablet(on="rescue"), tablet(NIGHT, on="rescue")], "0", "15", "15", "0 to 20"),
    ("as much given as allowed", [CAPPED, tablet(on="rescue")], "0", "7.5", "7.5", "0 to 10"),
    ("its order has ended", [SCHEDULED, STOPPED, tablet(on="rescue")], "60", "7.5", "7.5", "40 to 90"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "resources", "scheduled", "given_", "most", "spread"), TABLE, ids=[row[0] for row in TABLE]
)
def test_given(what, resources, scheduled, given_, most, spread):
    dose = measured(resources, inpatient=Truth.TRUE)
    assert dose.reasons == ()
    found = (str(dose.scheduled), str(dose.prn_given or "none"), str(dose.prn_max), str(dose.range))
    assert found == (scheduled, given_, most, spread)
    assert ("given-unclear" in dose.flags) is (given_.startswith("0 to"))
    assert ("as-needed-limit-unknown" in dose.flags) is (LIMITLESS in resources)


def test_a_third_of_a_week_leaves_nothing_in_a_total():
    """Three days in seven have no exact decimal: the total is still the limit, and not just above or below it."""
    days = {"repeat": {"dayOfWeek": ["mon", "wed", "fri"], "frequency": 1, "period": 1, "periodUnit": "d"}}
    dose = measured([order("7052", dosage(quantity(140, "mg"), days, route="oral"))])
    assert str(dose.scheduled) == "60"
