"""Days as a patient lives them.

FHIR writes a year, a month, a day or an instant.  Each becomes the span of local days that it may mean; an
instant also keeps its exact time, for intervals counted in hours.  Ages are counted in calendar days.

>>> when("2026-03").age_on(date(2026, 3, 31))
(0, 30)
"""

import calendar
import re
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?\Z")


class When(msgspec.Struct, frozen=True):
    """The span of local days that a FHIR date may mean; `instant` only where a time was written."""

    first: date
    last: date
    instant: datetime | None = None

    @property
    def is_day(self) -> bool:
        """True where the day is certain."""
        return self.first == self.last

    def age_on(self, day: date) -> tuple[int, int]:
        """Fewest and most whole days from here to `day`; negative where it lies after it."""
        return (day - self.last).days, (day - self.first).days

    def __str__(self) -> str:
        if self.is_day:
            return self.first.isoformat()
        if (self.first.month, self.last.month) == (1, 12):
            return f"{self.first.year:04d}"
        return f"{self.first.year:04d}-{self.first.month:02d}"


class AsOf(msgspec.Struct, frozen=True):
    """The moment an assessment speaks of: a day means its end, an instant is used for hours.

    `zone` is where the patient is; None means that times count as they are written.
    """

    day: date
    instant: datetime | None = None
    zone: str | None = None

    @property
    def tz(self) -> tzinfo | None:
        """The time zone as Python needs it."""
        return ZoneInfo(self.zone) if self.zone else None

    def moment(self, like: datetime) -> datetime:
        """The exact end of the assessed time, comparable with `like`."""
        if self.instant is not None:
            return self.instant
        return datetime.combine(self.day + timedelta(days=1), time.min, tzinfo=self.tz or like.tzinfo)

    def __str__(self) -> str:
        return self.instant.isoformat() if self.instant else self.day.isoformat()


@lru_cache(maxsize=65_536)
def when(text: str, zone: str | None = None) -> When:
    """Read a FHIR date, dateTime or instant.

    Args:
        text: for example `2026`, `2026-03`, `2026-03-01`, `2026-03-01T08:00:00-05:00`.
        zone: IANA name of the patient's time zone; None keeps the day as written.

    Raises:
        ValueError: the text is none of these.
    """
    partial = _PARTIAL.match(text)
    if partial:
        year, month = int(partial[1]), partial[2]
        if month is None:
            return When(date(year, 1, 1), date(year, 12, 31))
        last = calendar.monthrange(year, int(month))[1]
        return When(date(year, int(month), 1), date(year, int(month), last))
    if len(text) == len("2026-03-01"):
        day = date.fromisoformat(text)
        return When(day, day)
    instant = datetime.fromisoformat(text)
    if zone and instant.tzinfo:
        instant = instant.astimezone(ZoneInfo(zone))
    day = instant.date()
    return When(day, day, instant if instant.tzinfo else None)


def as_of(text: str, zone: str | None = None) -> AsOf:
    """Read the day or the instant of an assessment.

    Raises:
        ValueError: not a day (`2026-03-01`) and not an instant with its offset.
    """
    if len(text) == len("2026-03-01"):
        return AsOf(date.fromisoformat(text), zone=zone)
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset, for example 2026-03-01T08:00:00-05:00")
    local = instant.astimezone(ZoneInfo(zone)) if zone else instant
    return AsOf(local.date(), local, zone)


_DURATION = re.compile(r"(\d+(?:\.\d+)?) (h|d|wk|mo|a)\Z")
_DAYS = {"d": 1, "wk": 7, "mo": 30, "a": 365}


def days(text: str) -> int:
    """Read a UCUM-like duration of whole days: `7 d`, `4 wk`, `3 mo` (30 d each), `1 a` (365 d).

    >>> days("8 wk")
    56
    """
    found = _DURATION.match(text)
    if not found or found[2] == "h" or "." in found[1]:
        raise ValueError(f"{text!r} is not a number of days such as `7 d`, `4 wk`, `3 mo`")
    return int(found[1]) * _DAYS[found[2]]


def years_between(birth: date, day: date) -> int:
    """Completed years of age."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
