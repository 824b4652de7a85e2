"""How an option fits the prognosis and the goals of care: shown and ranked, never a word."""

from fourthstep.assessment.result import GoalFit
from fourthstep.assessment.words import Fit
from fourthstep.facts.derive import Facts
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.models import Intervention, Survival


def goal_fit(each: Intervention, facts: Facts) -> GoalFit:
    """Does it fit?  Not, if the prognosis is too short or too long, or it serves another goal; unknown stays unknown."""
    enough, serves = _prognosis(each, facts), _goals(each, facts)
    if Truth.FALSE in (enough, serves):
        word = Fit.DOES_NOT_FIT
    else:
        word = Fit.FITS if enough is serves is Truth.TRUE else Fit.PERHAPS
    return GoalFit(word=word.value, prognosis=enough.value, goals=serves.value, says=each.survival.says,
                   mark=each.survival.mark)  # fmt: skip


def _prognosis(each: Intervention, facts: Facts) -> Truth:
    """Does every band that the prognosis may be in fit?"""
    fact = facts.of("prognosis")
    bands = facts.knowledge.facts["prognosis"].values
    places = sorted(bands.index(word) for word in fact.words) or [0, len(bands) - 1]
    found = {_band(place, each.survival, bands) for place in range(places[0], places[-1] + 1)}
    return found.pop() if len(found) == 1 else Truth.UNKNOWN


def _band(place: int, survival: Survival, bands: list[str]) -> Truth:
    """Does this band fit?  Unknown where the limit lies inside it, or a specialist judges."""
    least, most = bands.index(survival.at_least), bands.index(survival.at_most or bands[-1])
    if least <= place <= most:
        return Truth.TRUE
    lowest = bands.index(survival.perhaps_from) if survival.perhaps_from else least
    highest = bands.index(survival.perhaps_to) if survival.perhaps_to else most
    return Truth.UNKNOWN if lowest <= place <= highest else Truth.FALSE


def _goals(each: Intervention, facts: Facts) -> Truth:
    """Is every possible goal of care one that the therapy serves?"""
    fact = facts.of("goal_category")
    if not fact.words:
        return Truth.UNKNOWN
    inside = [word in each.goals for word in fact.words]
    if all(inside):
        return Truth.TRUE
    return Truth.UNKNOWN if any(inside) else Truth.FALSE
