"""Facts of one pain that are worked out from its scores."""

from datetime import timedelta

from fourthstep.facts.derive import Facts
from fourthstep.facts.fact import Fact, presence, unknown
from fourthstep.facts.pains import Pain
from fourthstep.ground.truth import Truth


def pain_not_lower_30d(facts: Facts, pain: Pain | None) -> Fact:
    """The latest intensity is not below the one nearest to 30 days before (same kind of score)."""
    name = "pain_not_lower_30d"
    fact = pain.elements.get("pain_intensity") if pain else None
    if fact is None or not fact.series:
        return unknown(name, "not-recorded")
    newest = fact.series[0]
    target = newest.day.last - timedelta(days=facts.knowledge.windows.pain_change.value)
    before = [each for each in fact.series[1:] if each.kind == newest.kind and each.day.last <= target]
    if not before:
        return unknown(name, "too-few-days")
    earlier = min(before, key=lambda each: abs((each.day.last - target).days))
    if earlier.value.high is None:
        return unknown(name, "known-only-so-far")
    lower = newest.value.below(earlier.value.high)
    why = "known-only-so-far" if lower is Truth.UNKNOWN else ""
    return presence(name, ~lower, refs=(newest.ref, earlier.ref), why=why)
