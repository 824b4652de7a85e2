"""Windows and days: partial dates, instants, ages in calendar days."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourthstep.ground.dates import AsOf, as_of, days, when, years_between

DAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-03-01", date(2026, 3, 1), date(2026, 3, 1)),
        ("2026-03-01T23:30:00-05:00", date(2026, 3, 1), date(2026, 3, 1)),
        ("2026-03-01T23:30:00.123Z", date(2026, 3, 1), date(2026, 3, 1)),
    ],
)
def test_the_days_that_a_date_may_mean(text, first, last):
    found = when(text)
    assert (found.first, found.last) == (first, last)
    assert found.is_day is (first == last)


@pytest.mark.parametrize("text", ["", "x", "2026-13", "2026-02-30", "03/01/2026", "2026-3-1", "2026-03-01T25:00:00Z"])
def test_what_is_no_date(text):
    with pytest.raises(ValueError):  # noqa: PT011  the text differs by Python version
        when(text)


def test_an_instant_counts_where_the_patient_is():
    late = "2026-03-01T23:30:00-05:00"
    assert when(late).first == date(2026, 3, 1)
    assert when(late, "Europe/Zurich").first == date(2026, 3, 2)
    assert when(late, "America/Los_Angeles").first == date(2026, 3, 1)


def test_a_time_without_offset_is_only_a_day():
    assert when("2026-03-01T08:00:00").instant is None


@pytest.mark.parametrize(
    ("text", "ages"),
    [("2026-03-31", (0, 0)), ("2026-03-24", (7, 7)), ("2026-03", (0, 30)), ("2025", (90, 454)), ("2026-04-01", (-1, -1))],
)
def test_age_in_days(text, ages):
    assert when(text).age_on(DAY) == ages


@pytest.mark.parametrize(("text", "count"), [("0 d", 0), ("7 d", 7), ("4 wk", 28), ("3 mo", 90), ("1 a", 365), ("48 d", 48)])
def test_durations(text, count):
    assert days(text) == count


@pytest.mark.parametrize("text", ["7", "7d", "7 days", "1.5 d", "20 h", "-1 d", "d"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="number of days"):
        days(text)


def test_as_of_a_day_means_its_end():
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    assert as_of("2026-03-01").moment(midnight) == midnight


def test_as_of_an_instant():
    moment = as_of("2026-03-01T08:00:00-05:00", "Europe/Zurich")
    assert moment.day == date(2026, 3, 1)
    assert moment.moment(datetime(2026, 3, 1, tzinfo=UTC)) == datetime(2026, 3, 1, 13, tzinfo=UTC)
    assert str(moment).startswith("2026-03-01T14:00")


def test_as_of_needs_an_offset():
    with pytest.raises(ValueError, match="offset"):
        as_of("2026-03-01T08:00:00")


def test_as_of_shows_its_day():
    assert str(AsOf(DAY)) == "2026-03-31"


@pytest.mark.parametrize(
    ("birth", "age"), [(date(2008, 3, 31), 18), (date(2008, 4, 1), 17), (date(1960, 2, 29), 66), (date(2026, 3, 31), 0)]
)
def test_years(birth, age):
    assert years_between(birth, DAY) == age


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 50_000))
def test_age_does_not_depend_on_the_calendar(day, back):
    earlier = day.toordinal() - back
    if earlier > 0:
        assert when(date.fromordinal(earlier).isoformat()).age_on(day) == (back, back)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2199, 1, 1)), st.integers(-12, 14))
def test_an_offset_never_moves_a_day_by_more_than_one(moment, hours):
    text = moment.replace(tzinfo=timezone(timedelta(hours=hours))).isoformat()
    there, here = when(text, "UTC"), when(text)
    assert abs((there.first - here.first).days) <= 1
    assert there.instant == here.instant
