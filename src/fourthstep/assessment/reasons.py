"""A criterion, asked of a patient, with the strength that its marks allow.

A stop works as a stop only where its value and its class rest on a checked source (V), on a named known one (K with
a source), or where the project or the deployment's clinical lead has decided so.  Otherwise it cautions.
"""

from functools import lru_cache

from fourthstep.assessment.result import Reason
from fourthstep.facts.pains import Pain
from fourthstep.ground.truth import NOT_KNOWN, YES, Truth
from fourthstep.knowledge.models import Criterion, Effect, Intervention, Marks, SafetyRule
from fourthstep.knowledge.policy import Policy
from fourthstep.knowledge.tables import Bleeding
from fourthstep.rules.ask import Inquiry
from fourthstep.rules.holds import HoldVerdict


def reasons_for(each: Intervention, bleeding: Bleeding, pain: Pain, inquiry: Inquiry, policy: Policy) -> list[Reason]:
    """All stops and cautions of an intervention: its own, and the cross-cutting ones that its attributes call for."""
    own: list[tuple[Criterion, Effect]] = [
        *((criterion, "lasting-stop") for criterion in each.lasting_stops),
        *((criterion, "correctable-stop") for criterion in each.correctable_stops),
        *((criterion, "caution") for criterion in each.cautions),
    ]
    shared = [(rule, rule.effect) for rule in shared_rules(each, bleeding, inquiry.facts.knowledge.safety)]
    found = [reason(criterion, effect, pain, inquiry, policy) for criterion, effect in (*own, *shared)]
    return [each for each in found if each is not None]


_Plan = tuple[Intervention, tuple[SafetyRule, ...], tuple[SafetyRule, ...]]
_PLANS: dict[tuple[int, int], _Plan] = {}
"""Which rules concern which intervention: the same for every patient, so worked out once; held by identity."""


def shared_rules(each: Intervention, bleeding: Bleeding, safety: tuple[SafetyRule, ...]) -> tuple[SafetyRule, ...]:
    """The cross-cutting rules that concern an intervention."""
    key = (id(each), id(safety))
    known = _PLANS.get(key)
    if known is None or known[0] is not each or known[1] is not safety:
        if len(_PLANS) > 10_000:  # pragma: no cover  only after hundreds of policies in one process
            _PLANS.clear()
        known = (each, safety, tuple(rule for rule in safety if applies(rule, each, bleeding)))
        _PLANS[key] = known
    return known[2]


def applies(rule: SafetyRule, each: Intervention, bleeding: Bleeding) -> bool:
    """Does a cross-cutting rule concern this intervention?"""
    return all(_attribute(key, each, bleeding) in values for key, values in rule.applies_to.items())


def _attribute(key: str, each: Intervention, bleeding: Bleeding) -> str:
    special = {"id": each.id, "class": each.class_, "holds_class": bleeding.holds, "lab_class": bleeding.labs}
    value = special[key] if key in special else getattr(each.attributes, key)
    return str(value).lower() if isinstance(value, bool) else str(value)


def reason(criterion: Criterion, effect: Effect, pain: Pain, inquiry: Inquiry, policy: Policy) -> Reason | None:
    """The criterion's answer for this patient; None for a bedside question that nobody has answered."""
    return inquiry.once((id(criterion), effect, pain.id), lambda: _reason(criterion, effect, pain, inquiry, policy))


def _reason(criterion: Criterion, effect: Effect, pain: Pain, inquiry: Inquiry, policy: Policy) -> Reason | None:
    answer = inquiry.ask(criterion.when, pain)
    if criterion.bedside and answer.truth is Truth.UNKNOWN:
        return None
    strong = effect == "caution" or may_stop(criterion, policy)
    return Reason(
        id=criterion.id,
        effect=effect if strong else "caution",
        truth=answer.truth.value,
        says=criterion.says,
        ask=criterion.ask,
        because=tuple(criterion.because),
        marks=marks_text(criterion.marks),
        policy=not strong,
        leaves=answer.leaves,
        deciding=answer.deciding,
        open=answer.open,
    )


def may_stop(criterion: Criterion, policy: Policy) -> bool:
    """May this criterion stop, or does it only caution until somebody signs it?"""
    if criterion.decided or criterion.bedside:
        return True
    if any(criterion.id in signature.criteria for signature in policy.signed):
        return True
    marks = [criterion.marks.value, criterion.marks.class_ or "V"]
    return "P" not in marks and not ("K" in marks and not criterion.because)


@lru_cache(maxsize=64)
def marks_text(marks: Marks) -> str:
    """The marks as one phrase, such as `value V, window P`."""
    parts = [("value", marks.value), ("window", marks.window), ("class", marks.class_)]
    return ", ".join(f"{name} {mark}" for name, mark in parts if mark)


def hold_reason(verdict: HoldVerdict) -> Reason:
    """An antithrombotic interval as a reason: a correctable stop, or a caution where a shared decision is asked."""
    stops = verdict.stop is not Truth.FALSE
    # a drug without a row in the table is unknown, never "continue" (safety dossier, decision 3)
    strong = verdict.mark != "P" or not verdict.asks
    return Reason(
        id=f"hold:{verdict.drug}",
        effect="correctable-stop" if stops and strong else "caution",
        truth=(verdict.stop if stops else verdict.caution).value,
        says=verdict.drug,
        because=tuple(dict.fromkeys(each.source for each in verdict.asks)),
        marks=f"value {verdict.mark}",
        policy=stops and not strong,
        open=verdict.open,
        hold=verdict,
    )


def combined(reasons: list[Reason], effect: str) -> Truth:
    """Any of the reasons with this effect: true, unknown or false."""
    truths = {reason.truth for reason in reasons if reason.effect == effect}
    if YES in truths:
        return Truth.TRUE
    return Truth.UNKNOWN if NOT_KNOWN in truths else Truth.FALSE
