"""The review of conventional treatment, leg by leg."""

from fourthstep.assessment.result import LegView
from fourthstep.facts.derive import Facts
from fourthstep.facts.pains import Pain
from fourthstep.ground.truth import Truth, all_of, truth
from fourthstep.knowledge.models import Leg, State
from fourthstep.rules.ask import Answer, Inquiry, Leaf

SATISFIED = ("adequate", "not usable", "not applicable")
"""States of a leg that leave no gap; `unknown` is a gap to clarify."""


class Review:
    """Works out the state of each leg when it is asked for; the inquiry asks it, and it asks the inquiry."""

    def __init__(self, facts: Facts) -> None:
        self._legs = facts.knowledge.legs
        self._known: dict[tuple[str, str], LegView] = {}
        self.inquiry = Inquiry(facts, self.state)

    def state(self, name: str, pain: Pain | None) -> str:
        """The state of a leg in one word."""
        return self.leg(name, pain).state

    def leg(self, name: str, pain: Pain | None) -> LegView:
        """The state of a leg, with the reason; for a leg that is judged per pain, of that pain."""
        leg = self._legs[name]
        key = (name, pain.id if pain and leg.per_pain else "")
        if key not in self._known:
            self._known[key] = self._decide(name, leg, pain)
        return self._known[key]

    def _decide(self, name: str, leg: Leg, pain: Pain | None) -> LegView:
        """The first row that is true; unknown where an earlier one may be, unless the leg is satisfied either way."""
        leaves: tuple[Leaf, ...] = ()
        maybe: list[tuple[State, Answer]] = []
        for row in leg.states:
            answer = self.inquiry.ask(row.when, pain)
            leaves += answer.leaves
            if answer.truth is Truth.UNKNOWN:
                maybe.append((row, answer))
            if answer.truth is Truth.TRUE:
                possible = [row, *(earlier for earlier, _ in maybe)]
                if not maybe or all(each.state in SATISFIED for each in possible):
                    return _view(name, leg, pain, row.state, row.says, answer)
                break
        if maybe:
            row, answer = maybe[0]
            return _view(name, leg, pain, "unknown", row.says, answer)
        return _view(name, leg, pain, leg.otherwise, leg.otherwise_says, Answer(Truth.FALSE, leaves))

    def views(self, pains: tuple[Pain, ...]) -> tuple[LegView, ...]:
        """Every leg, in the order of the knowledge; the ones judged per pain once for each pain."""
        found = []
        for name, leg in self._legs.items():
            found += [self.leg(name, pain) for pain in pains] if leg.per_pain and pains else [self.leg(name, None)]
        return tuple(found)


def gating_adequate(legs: tuple[LegView, ...]) -> Truth:
    """Has every gating leg been given its chance?"""
    return all_of(truth(leg.state in SATISFIED) for leg in legs if leg.gating)


def gaps(legs: tuple[LegView, ...]) -> tuple[str, ...]:
    """Names of the gating legs that are not satisfied, each with its state."""
    return tuple(dict.fromkeys(f"{leg.id}:{leg.state}" for leg in legs if leg.gating and leg.state not in SATISFIED))


def _view(name: str, leg: Leg, pain: Pain | None, state: str, says: str, answer: Answer) -> LegView:
    return LegView(
        id=name,
        name=leg.says,
        line=leg.line,
        gating=leg.gating,
        pain=pain.id if pain and leg.per_pain else "",
        state=state,
        says=says,
        leaves=answer.leaves,
        deciding=answer.deciding,
        open=answer.open,
        because=tuple(leg.because),
        mark=leg.mark,
    )
