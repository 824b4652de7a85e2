"""What must hold for every list of orders, readable or not."""

from decimal import Decimal

from bedside import NOW, dosage, events_of, every, knowledge, order, quantity, tablets
from hypothesis import given, settings
from hypothesis import strategies as st

from fourthstep.facts.opioids import opioid_dose
from fourthstep.ground.truth import Truth

PRODUCTS = ("1049621", "891888", "897702", "864706", "1148803", "835603")
READABLE = st.builds(
    lambda code, count, hours, prn: order(code, dosage(tablets(count), every(hours), prn=prn)),
    st.sampled_from(PRODUCTS), st.integers(1, 2), st.sampled_from((4, 6, 8, 12, 24)), st.booleans(),
)  # fmt: skip
UNREADABLE = st.sampled_from(
    [order("1049621"), order("1049621", {"text": "as before"}), order("7804", dosage(tablets(1), every(4))),
     order("897702", dosage(tablets(1))), order("1049621", {"asNeededBoolean": True})]
)  # fmt: skip


def dose_of(events, table="cdc_2022"):
    return opioid_dose(events, NOW, knowledge(), table, vouched=Truth.TRUE)


def numbered(orders):
    return events_of([{**each, "id": str(number)} for number, each in enumerate(orders)])


@settings(max_examples=60, deadline=None)
@given(st.lists(READABLE | UNREADABLE, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(orders, random):
    events = numbered(orders)
    shuffled = list(events)
    random.shuffle(shuffled)
    assert dose_of(events) == dose_of(shuffled)


@settings(max_examples=60, deadline=None)
@given(st.lists(READABLE, max_size=4), UNREADABLE)
def test_one_unreadable_part_is_enough(orders, unreadable):
    dose = dose_of(numbered([*orders, unreadable]))
    assert (dose.scheduled, dose.prn_max, dose.range) == (None, None, None)
    assert dose.reasons


@settings(max_examples=60, deadline=None)
@given(st.lists(READABLE, max_size=5), st.sampled_from(sorted(knowledge().tables)))
def test_the_ends_are_in_order(orders, table):
    dose = dose_of(numbered(orders), table)
    if dose.scheduled is None:
        assert dose.reasons
        return
    assert 0 <= dose.scheduled.low <= dose.scheduled.high <= dose.scheduled.high + dose.prn_max
    assert dose.range.low <= dose.scheduled.low
    assert dose.range.high >= dose.scheduled.high + dose.prn_max


@settings(max_examples=60, deadline=None)
@given(st.lists(READABLE, min_size=1, max_size=4))
def test_another_order_never_makes_it_less(orders):
    some, more = dose_of(numbered(orders[:-1])), dose_of(numbered(orders))
    if some.scheduled is not None and more.scheduled is not None:
        assert more.scheduled.high >= some.scheduled.high
        assert more.range.high >= some.range.high


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.sampled_from((4, 6, 8, 12)))
def test_another_unit_of_the_same_amount_is_the_same_answer(tenths, hours):
    milligrams = Decimal(tenths) / 10
    asked = [
        (milligrams, "mg"),
        (milligrams * 1000, "ug"),
        (milligrams * 1000, "mcg"),
        (milligrams / 1000, "g"),
    ]
    found = [
        dose_of(events_of([order("7052", dosage(quantity(float(value), unit), every(hours), route="oral"))])).scheduled
        for value, unit in asked
    ]
    assert all(each == found[0] for each in found)
