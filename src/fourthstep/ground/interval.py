"""A number that may be known only between two ends.

Most values of a record are points.  Some are not: a laboratory writes "<5", an opioid order allows one
to two tablets, a score lacks an item.  All of them are intervals, and a comparison with a limit is true
only if it holds for every value inside, false only if it holds for none, otherwise unknown.

>>> Interval.point("50").below(Decimal(50))
Truth.FALSE
>>> Interval(Decimal(40), Decimal(60)).below(Decimal(50))
Truth.UNKNOWN
"""

from decimal import Decimal
from fractions import Fraction

import msgspec

from fourthstep.ground.truth import Truth

Number = Decimal | Fraction | int


class Interval(msgspec.Struct, frozen=True, order=False):
    """Every number from `low` to `high`; an end that is None has no limit, an open end is not included."""

    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def point(cls, value: Decimal | str | int) -> "Interval":
        """One exact number."""
        exact = Decimal(value)
        return cls(exact, exact)

    @property
    def is_point(self) -> bool:
        """True where the number is known exactly."""
        return self.low is not None and self.low == self.high

    def below(self, limit: Decimal) -> Truth:
        """Is the number smaller than the limit?  The limit itself is not below."""
        if self.high is not None and (self.high < limit or (self.high_open and self.high <= limit)):
            return Truth.TRUE
        if self.low is not None and self.low >= limit:
            return Truth.FALSE
        return Truth.UNKNOWN

    def at_most(self, limit: Decimal) -> Truth:
        """Is the number the limit or smaller?"""
        if self.high is not None and self.high <= limit:
            return Truth.TRUE
        if self.low is not None and (self.low > limit or (self.low_open and self.low >= limit)):
            return Truth.FALSE
        return Truth.UNKNOWN

    def at_least(self, limit: Decimal) -> Truth:
        """Is the number the limit or larger?"""
        return ~self.below(limit)

    def above(self, limit: Decimal) -> Truth:
        """Is the number larger than the limit?  The limit itself is not above."""
        return ~self.at_most(limit)

    def scaled(self, factor: Decimal) -> "Interval":
        """The same interval in another unit; the factor is positive."""
        return Interval(
            None if self.low is None else self.low * factor,
            None if self.high is None else self.high * factor,
            self.low_open,
            self.high_open,
        )

    def __str__(self) -> str:
        if self.is_point:
            return plain(self.low)
        if self.low is None and self.high is None:
            return "unknown"
        if self.low is None:
            return f"{'<' if self.high_open else '≤'}{plain(self.high)}"
        if self.high is None:
            return f"{'>' if self.low_open else '≥'}{plain(self.low)}"
        return f"{plain(self.low)} to {plain(self.high)}"


def plain(value: Decimal | None) -> str:
    """A number as a person writes it: no exponent, no trailing zeros.

    >>> plain(Decimal("60.00"))
    '60'
    """
    if value is None:
        return "unknown"
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text
