"""Three-valued logic: true, false, and *the record does not say*.

A patient's record is never complete, so every question we put to it has three answers.
The connectives follow Kleene's strong logic: UNKNOWN stays unknown unless the other
side already settles it.

>>> all_of([Truth.FALSE, Truth.UNKNOWN])  # settled: one leg fails
Truth.FALSE
>>> any_of([Truth.FALSE, Truth.UNKNOWN])
Truth.UNKNOWN
"""

from collections.abc import Iterable
from enum import Enum
from typing import NoReturn


class Truth(Enum):
    """True, false or unknown.  Refuses to be a Python bool, so that unknown is never read as no."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __bool__(self) -> NoReturn:
        raise TypeError("a Truth has three values: write `is Truth.TRUE` or `is not Truth.FALSE`")

    def __invert__(self) -> "Truth":
        return _NEGATION[self]

    def __repr__(self) -> str:
        return f"Truth.{self.name}"


_NEGATION = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}


YES, NO, NOT_KNOWN = Truth.TRUE.value, Truth.FALSE.value, Truth.UNKNOWN.value
"""The three values as they are written in results."""


def truth(value: bool) -> Truth:
    """Turn a Python bool, which knows no third value, into a Truth."""
    return Truth.TRUE if value else Truth.FALSE


def all_of(truths: Iterable[Truth]) -> Truth:
    """Kleene AND: false if any is false, true if all are true (also of none), otherwise unknown."""
    result = Truth.TRUE
    for each in truths:
        if each is Truth.FALSE:
            return Truth.FALSE
        if each is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """Kleene OR: true if any is true, false if all are false (also of none), otherwise unknown."""
    result = Truth.FALSE
    for each in truths:
        if each is Truth.TRUE:
            return Truth.TRUE
        if each is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def none_of(truths: Iterable[Truth]) -> Truth:
    """Kleene NOR: true if all are false (also of none), false if any is true, otherwise unknown."""
    return ~any_of(truths)
