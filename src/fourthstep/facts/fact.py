"""A fact: one named value at `as_of`, or why it is unknown, with the events it came from."""

import msgspec

from fourthstep.ground.dates import When
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth


class DayValue(msgspec.Struct, frozen=True):
    """The value of one day that counts: the worst, where a day has several."""

    day: When
    value: Interval
    ref: str
    kind: str = ""
    """For pain: which score it was: average, unspecified, now, worst."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A named value.  Exactly one of `number`, `words`, `truth` carries it; all are empty where it is unknown."""

    name: str
    number: Interval | None = None
    unit: str = ""
    words: tuple[str, ...] = ()
    """The possible values of a coded fact; more than one means that it is known only so far."""
    truth: Truth | None = None
    """Presence: true, or false *as recorded*."""
    when: When | None = None
    refs: tuple[str, ...] = ()
    series: tuple[DayValue, ...] = ()
    """For facts taken by day or inside a window: all days, newest first."""
    why: str = ""
    """Why it is unknown, as a reason id of the text catalogue."""
    names: tuple[str, ...] = ()
    """For drugs and allergies that are there: what they are, in the words of the code sets or of the record."""
    detail: str = ""
    """What a reader should know of the value: `policy`, `answered`, a table's name; never free text of the record."""

    @property
    def known(self) -> bool:
        """False where nothing can be said."""
        return not self.why


def unknown(name: str, why: str, *, refs: tuple[str, ...] = (), when: When | None = None, detail: str = "") -> Fact:
    """A fact about which the record does not say enough."""
    return Fact(name=name, why=why, refs=refs, when=when, detail=detail)


def presence(  # noqa: PLR0913  the parts of a fact, each by its name
    name: str,
    truth: Truth,
    *,
    refs: tuple[str, ...] = (),
    when: When | None = None,
    why: str = "",
    names: tuple[str, ...] = (),
    detail: str = "",
) -> Fact:
    """A yes or a no, or (with `why`) neither."""
    value = None if truth is Truth.UNKNOWN else truth
    return Fact(name=name, truth=value, refs=refs, when=when, why=why, names=names, detail=detail)
