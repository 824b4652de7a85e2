"""How an option fits the prognosis and the goals of care: shown and ranked, never a word."""

from decimal import Decimal

from fourthstep.assessment.result import GoalFit
from fourthstep.assessment.words import Fit
from fourthstep.facts.derive import Facts
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.models import Intervention


def goal_fit(each: Intervention, facts: Facts) -> GoalFit:
    """Does it fit?  Not, if the prognosis is too short or it serves another goal; unknown stays unknown."""
    enough, serves = _prognosis(each, facts), _goals(each, facts)
    if Truth.FALSE in (enough, serves):
        word = Fit.DOES_NOT_FIT
    else:
        word = Fit.FITS if enough is serves is Truth.TRUE else Fit.PERHAPS
    return GoalFit(word=word.value, prognosis=enough.value, goals=serves.value, says=each.survival.says,
                   mark=each.survival.mark)  # fmt: skip


def _prognosis(each: Intervention, facts: Facts) -> Truth:
    """Is the whole interval of the prognosis at least what the therapy needs?"""
    fact = facts.of("prognosis")
    bands = facts.knowledge.facts["prognosis"].values
    if not fact.words:
        return Truth.TRUE if each.survival.at_least == bands[0] else Truth.UNKNOWN
    places = [Decimal(bands.index(word)) for word in fact.words]
    return Interval(min(places), max(places)).at_least(Decimal(bands.index(each.survival.at_least)))


def _goals(each: Intervention, facts: Facts) -> Truth:
    """Is every possible goal of care one that the therapy serves?"""
    fact = facts.of("goal_category")
    if not fact.words:
        return Truth.UNKNOWN
    inside = [word in each.goals for word in fact.words]
    if all(inside):
        return Truth.TRUE
    return Truth.UNKNOWN if any(inside) else Truth.FALSE
