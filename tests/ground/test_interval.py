"""Quantities: a number between two ends, compared with a limit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourthstep.ground.interval import Interval, plain
from fourthstep.ground.truth import Truth

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

TABLE = [
    # value                                      below at_most at_least above  50
    ("49", Interval.point(49), T, T, F, F),
    ("50", Interval.point(50), F, T, T, F),
    ("51", Interval.point(51), F, F, T, T),
    ("40 to 49", Interval(Decimal(40), Decimal(49)), T, T, F, F),
    ("40 to 50", Interval(Decimal(40), Decimal(50)), U, T, U, F),
    ("40 to 60", Interval(Decimal(40), Decimal(60)), U, U, U, U),
    ("50 to 60", Interval(Decimal(50), Decimal(60)), F, U, T, U),
    ("51 to 60", Interval(Decimal(51), Decimal(60)), F, F, T, T),
    ("<50", Interval(None, Decimal(50), high_open=True), T, T, F, F),
    ("≤50", Interval(None, Decimal(50)), U, T, U, F),
    ("<51", Interval(None, Decimal(51), high_open=True), U, U, U, U),
    (">50", Interval(Decimal(50), None, low_open=True), F, F, T, T),
    ("≥50", Interval(Decimal(50), None), F, U, T, U),
    (">49", Interval(Decimal(49), None, low_open=True), U, U, U, U),
    ("unknown", Interval(None, None), U, U, U, U),
]


@pytest.mark.parametrize(("says", "value", "below", "at_most", "at_least", "above"), TABLE)
def test_both_sides_of_a_limit(says, value, below, at_most, at_least, above):
    limit = Decimal(50)
    assert value.below(limit) is below
    assert value.at_most(limit) is at_most
    assert value.at_least(limit) is at_least
    assert value.above(limit) is above
    assert str(value) == says


numbers = st.decimals(min_value=-1000, max_value=1000, places=2)


@given(numbers, numbers, numbers)
def test_true_for_an_interval_means_true_for_each_number_inside(low, width, limit):
    interval = Interval(low, low + abs(width))
    for inside in (interval.low, interval.high, (interval.low + interval.high) / 2):
        for compare in ("below", "at_most", "at_least", "above"):
            found = getattr(interval, compare)(limit)
            if found is not U:
                assert getattr(Interval.point(inside), compare)(limit) is found


@given(numbers, numbers)
def test_scaling_keeps_the_order(value, limit):
    assert Interval.point(value).scaled(Decimal(10)).below(limit * 10) is Interval.point(value).below(limit)


@pytest.mark.parametrize(
    ("value", "text"),
    [("60.00", "60"), ("0.0", "0"), ("-0", "0"), ("1E+2", "100"), ("113.80", "113.8"), ("0.00010", "0.0001")],
)
def test_written_as_a_person_writes(value, text):
    assert plain(Decimal(value)) == text


def test_no_number():
    assert plain(None) == "unknown"
    assert not Interval(None, None).is_point
