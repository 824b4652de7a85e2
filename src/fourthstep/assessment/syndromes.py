"""Which syndromes a pain is, may be, or cannot be told from."""

import msgspec

from fourthstep.assessment.result import SyndromeFound
from fourthstep.facts.pains import Pain
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.models import Syndrome
from fourthstep.rules.ask import Inquiry


class Recognised(msgspec.Struct, frozen=True):
    """A syndrome judged for one pain."""

    syndrome: Syndrome
    status: str
    """certain, possible, open or absent."""
    missing: tuple[str, ...]

    @property
    def truth(self) -> Truth:
        """Is the pain this syndrome?"""
        return {"certain": Truth.TRUE, "absent": Truth.FALSE}.get(self.status, Truth.UNKNOWN)


def recognise(pain: Pain, inquiry: Inquiry) -> tuple[Recognised, ...]:
    """Judge every syndrome for one pain.

    `possible`: the diagnoses suggest it, and the pain's own features are not recorded.  `open`: nothing suggests it,
    but what is recorded does not exclude it either.
    """
    return tuple(_judge(syndrome, pain, inquiry) for syndrome in inquiry.facts.knowledge.syndromes.values())


def _judge(syndrome: Syndrome, pain: Pain, inquiry: Inquiry) -> Recognised:
    certain = inquiry.ask(syndrome.certain, pain)
    if certain.truth is Truth.TRUE:
        return Recognised(syndrome, "certain", ())
    if certain.truth is Truth.FALSE:
        return Recognised(syndrome, "absent", ())
    possible = inquiry.ask(syndrome.possible, pain).truth is Truth.TRUE
    return Recognised(syndrome, "possible" if possible else "open", certain.open)


def found(recognised: tuple[Recognised, ...]) -> tuple[SyndromeFound, ...]:
    """The syndromes worth telling: certain first, then possible."""
    told = [each for status in ("certain", "possible") for each in recognised if each.status == status]
    return tuple(
        SyndromeFound(
            id=each.syndrome.id,
            name=each.syndrome.name,
            status=each.status,
            treatment=each.syndrome.treatment,
            missing=each.missing,
        )
        for each in told
    )
