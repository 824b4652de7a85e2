"""Numbers as records write them: quantities with comparators, and numbers inside text.

>>> number_in("<5")
Interval(low=None, high=Decimal('5'), low_open=False, high_open=True)
>>> score_in("7-8")
Interval(low=Decimal('7'), high=Decimal('8'), low_open=False, high_open=False)
>>> score_in("asleep") is None
True
"""

import re
from decimal import Decimal

from fourthstep.ground.interval import Interval
from fourthstep.record.decode import is_sane
from fourthstep.record.resources import Quantity, Range

UCUM = "http://unitsofmeasure.org"
_NUMBER = re.compile(r"\s*(<=|>=|<|>|≤|≥)?\s*(-?\d{1,15}(?:\.\d{1,15})?)\s*\Z")
_OF_TEN = re.compile(r"\s*(\d{1,3}(?:[.,]\d{1,3})?)\s*(?:/|of|out of)\s*10\s*\Z", re.IGNORECASE)
_BETWEEN = re.compile(
    r"\s*(\d{1,3}(?:[.,]\d{1,3})?)\s*(?:-|–|to)\s*(\d{1,3}(?:[.,]\d{1,3})?)(?:\s*/\s*10)?\s*\Z", re.IGNORECASE
)
_COMMA = re.compile(r"\s*\d{1,2},\d{1,2}\s*\Z")


def interval_of(value: Decimal, comparator: str = "") -> Interval | None:
    """A number with its comparator; None where the number is absurd or the comparator unknown."""
    if not is_sane(value):
        return None
    if comparator in ("<", "<=", "≤"):
        return Interval(None, value, high_open=comparator == "<")
    if comparator in (">", ">=", "≥"):
        return Interval(value, None, low_open=comparator == ">")
    return Interval(value, value) if not comparator else None


def quantity_value(quantity: Quantity) -> Interval | None:
    """The number of a quantity; None where it cannot be read."""
    return interval_of(quantity.value, quantity.comparator) if quantity.value is not None else None


def unit_of(quantity: Quantity) -> str:
    """The unit as recorded: the UCUM code where one is given, else the words."""
    if quantity.code and (quantity.system == UCUM or not quantity.unit):
        return quantity.code
    return quantity.unit or quantity.code


def range_value(span: Range) -> tuple[Interval | None, str]:
    """A range of quantities of one unit."""
    ends = [each for each in (span.low, span.high) if each is not None and each.value is not None]
    units = {unit_of(each) for each in ends}
    if not ends or len(units) > 1 or any(each.comparator or not is_sane(each.value or Decimal(0)) for each in ends):
        return None, ""
    low = span.low.value if span.low is not None else None
    high = span.high.value if span.high is not None else None
    if low is not None and high is not None and low > high:
        return None, ""
    return Interval(low, high), units.pop()


def number_in(text: str) -> Interval | None:
    """A text that is one number, with or without a comparator; None for everything else.

    A comma is not read: it may mean a decimal or a thousand.
    """
    found = _NUMBER.match(text)
    return interval_of(Decimal(found[2]), found[1] or "") if found else None


def score_in(text: str) -> Interval | None:
    """A pain score in a text: `7`, `8.5`, `7/10`, `7 of 10`, `7-8`; None for everything else."""
    if found := _OF_TEN.match(text):
        return Interval.point(_decimal(found[1]))
    if found := _BETWEEN.match(text):
        low, high = _decimal(found[1]), _decimal(found[2])
        return Interval(low, high) if low <= high else None
    return Interval.point(_decimal(text.strip())) if _COMMA.match(text) else number_in(text)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))
