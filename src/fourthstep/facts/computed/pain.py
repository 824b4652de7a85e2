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
    low, high = earlier.value.low, earlier.value.high
    surely = Truth.UNKNOWN if low is None else newest.value.below(low)
    perhaps = Truth.UNKNOWN if high is None else newest.value.below(high)
    lower = Truth.TRUE if surely is Truth.TRUE else Truth.FALSE if perhaps is Truth.FALSE else Truth.UNKNOWN
    why = "known-only-so-far" if lower is Truth.UNKNOWN else ""
    return presence(name, ~lower, refs=(newest.ref, earlier.ref), why=why)


def cancer_cause_told(facts: Facts, _pain: Pain | None) -> Fact:
    """Whether a clinician told of any pain that cancer or its treatment causes it."""
    name = "cancer_cause_told"
    causes = [cause for pain in facts.pains if (cause := pain.elements.get("pain_cause")) is not None
              and set(cause.words) & set(facts.knowledge.pains.of_cancer)]  # fmt: skip
    sure = any(set(cause.words) <= set(facts.knowledge.pains.of_cancer) for cause in causes)
    truth = Truth.TRUE if sure else Truth.UNKNOWN if causes else Truth.FALSE
    refs = tuple(ref for cause in causes for ref in cause.refs)
    return presence(name, truth, refs=refs, why="known-only-so-far" if truth is Truth.UNKNOWN else "")


TREATMENTS = ("radiotherapy", "systemic_cancer_treatment", "systemic_cancer_treatment_coded")


def cancer_perhaps(facts: Facts, _pain: Pain | None) -> Fact:
    """Signs of a cancer whose diagnosis is not on record; only what is recorded counts, silence says nothing."""
    limit = facts.knowledge.windows.cancer_treated.value
    treated = [fact for name in TREATMENTS if (fact := facts.of(name)).truth is Truth.TRUE
               and fact.when is not None and facts.timeline.age(fact.when)[0] <= limit]  # fmt: skip
    left = set(facts.knowledge.pains.perhaps_of_cancer) if facts.of("cancer_history").truth is Truth.TRUE else set()
    effects = [cause for pain in facts.pains if (cause := pain.elements.get("pain_cause")) and left & set(cause.words)]
    found = [*treated, *effects]
    refs = tuple(ref for each in found for ref in each.refs)
    return presence("cancer_perhaps", Truth.TRUE if found else Truth.FALSE, refs=refs)
