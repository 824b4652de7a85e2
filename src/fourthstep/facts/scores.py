"""Published sum scores: SINS, Mirels, PPI, PaP.  A missing item makes the total an interval, never a zero."""

from decimal import Decimal
from typing import TYPE_CHECKING

from fourthstep.facts.fact import Fact, unknown
from fourthstep.ground.dates import When, days
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth, all_of
from fourthstep.knowledge.models import Score, ScoreItem, ScorePoints

if TYPE_CHECKING:
    from fourthstep.facts.derive import Facts


def score(name: str, facts: "Facts") -> Fact:
    """The total of a score as an interval from its smallest to its largest possible value.

    A recorded value without points in the published score counts as a missing item.

    Unknown when: no item is recorded, or a required item is missing.
    """
    declared = facts.knowledge.scores[name]
    spans: list[list[Decimal]] = []
    refs: set[str] = set()
    whens: list[When] = []
    for item in declared.items:
        fact = facts.of(item.fact)
        possible = _possible(item, fact, facts)
        spans.append(possible or [row.points for row in item.points])
        if possible:
            refs.update(fact.refs)
            whens += [fact.when] if fact.when else []
    if not refs:
        return unknown(name, "items-missing")
    if _missing(declared, facts):
        return unknown(name, "required-missing", refs=tuple(sorted(refs)))
    total = Interval(sum(map(min, spans), Decimal(0)), sum(map(max, spans), Decimal(0)))
    oldest = min(whens, key=lambda when: when.last, default=None)
    return Fact(name=name, number=total, unit="1", when=oldest, refs=tuple(sorted(refs)), detail="score")


def _counts(item: ScoreItem, fact: Fact, facts: "Facts") -> bool:
    """Is the item recorded, and fresh?"""
    if not fact.known:
        return False
    if item.within is None or fact.when is None:
        return True
    return facts.timeline.age(fact.when)[1] <= days(item.within)


def _missing(declared: Score, facts: "Facts") -> bool:
    items = {item.fact: item for item in declared.items}
    return any(not _counts(items[name], facts.of(name), facts) if name in items else not facts.of(name).known
               for name in declared.requires)  # fmt: skip


def _possible(item: ScoreItem, fact: Fact, facts: "Facts") -> list[Decimal]:
    """The points that the recorded value can have; none while it is not recorded, not fresh, or has no points."""
    if not _counts(item, fact, facts):
        return []
    return [row.points for row in item.points if _matches(row, fact) is not Truth.FALSE]


def _matches(row: ScorePoints, fact: Fact) -> Truth:
    if fact.words:
        return Truth.FALSE if row.is_ not in fact.words else Truth.TRUE if len(fact.words) == 1 else Truth.UNKNOWN
    if fact.truth is not None:
        return Truth.TRUE if row.is_ == ("yes" if fact.truth is Truth.TRUE else "no") else Truth.FALSE
    assert fact.number is not None  # a fact that is known is a truth, words or a number
    limits = ((row.at_least, fact.number.at_least), (row.at_most, fact.number.at_most),
              (row.above, fact.number.above), (row.below, fact.number.below))  # fmt: skip
    return all_of(compare(limit) for limit, compare in limits if limit is not None)
