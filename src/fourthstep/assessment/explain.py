"""What would change this: the unknowns that still decide, and the smallest corrections that open an option."""

from collections import defaultdict
from collections.abc import Iterable

from fourthstep.assessment.result import Change, Decided, LegView, Option, PainView, RedFlagView
from fourthstep.assessment.words import OptionWord
from fourthstep.facts.derive import Facts
from fourthstep.ground.truth import NO, NOT_KNOWN, YES
from fourthstep.knowledge.load import Knowledge

_NOT_PATHWAY = (9, 0)
"""Rank of an unknown that cannot change the pathway."""


def changes(pains: tuple[PainView, ...], deciding: tuple[Decided, ...], legs: tuple[LegView, ...],
            flags: tuple[RedFlagView, ...], facts: Facts) -> tuple[Change, ...]:  # fmt: skip
    """The unknowns that could still change a word, most decisive first.

    Most decisive: what decides the pathway (in the order in which it is decided), then what settles most options on
    its own, then what touches most.
    """
    touches: dict[str, list[str]] = defaultdict(list)
    alone: dict[str, int] = defaultdict(int)
    for option in (option for pain in pains for option in pain.options):
        names = _items(_undecided(option), facts)
        for name in names:
            touches[name].append(f"{option.id}@{option.pain}")
            alone[name] += len(names) == 1
    ranks = _ranks(deciding, legs, flags, pains, facts)
    found = [
        Change(
            fact=name,
            says=_says(name, facts.knowledge),
            ask=_asks(name, facts.knowledge),
            options=tuple(dict.fromkeys(touches.get(name, ()))),
            pathway=name in ranks,
            alone=alone.get(name, 0),
        )
        for name in sorted({*touches, *ranks})
    ]
    return tuple(sorted(found, key=lambda each: (ranks.get(each.fact, _NOT_PATHWAY), -each.alone, -len(each.options),
                                                 each.fact)))  # fmt: skip


def _undecided(option: Option) -> tuple[str, ...]:
    return option.unknowns if option.word == OptionWord.UNDETERMINED.value else ()


def _ranks(deciding: tuple[Decided, ...], legs: tuple[LegView, ...], flags: tuple[RedFlagView, ...],
           pains: tuple[PainView, ...], facts: Facts) -> dict[str, tuple[int, int]]:  # fmt: skip
    """Facts that could change the pathway word, with the place at which it is decided.

    Scope, pain and where it hurts come first, then a red flag that is half answered, then the gating legs of
    conventional treatment.
    """
    scope, uncontrolled, tolerated = deciding
    if scope.truth == NO:
        return {}
    flagged = any(flag.truth == YES for flag in flags)
    asked = [] if flagged else [uncontrolled] if uncontrolled.truth == YES else [uncontrolled, tolerated]
    first = [] if pains or flagged else ["pain_intensity", "pain_region"]
    first += [name for each in (scope, *asked) if each.truth == NOT_KNOWN for name in each.open]
    first += ["pain_region" for pain in pains if pain.region == "unknown" and not flagged]
    half = [leaf.fact for flag in flags for leaf in flag.leaves
            if flag.truth == NOT_KNOWN and not flagged and leaf.why == "known-only-so-far"]  # fmt: skip
    gaps = [name for leg in legs if leg.gating and leg.state == "unknown" and not flagged for name in leg.open]
    ranks: dict[str, tuple[int, int]] = {}
    for name in _items(gaps, facts):
        ranks[name] = (2, 0)
    for name in _items(half, facts):
        ranks[name] = (1, 0)
    for place, name in enumerate(_items(first, facts)):
        ranks[name] = (0, place)
    return ranks


def _items(names: Iterable[str], facts: Facts) -> tuple[str, ...]:
    """The same names, each once; a score that is half answered gives way to the items that are still missing."""
    found: list[str] = []
    for name in names:
        if name.startswith("leg:"):
            continue
        score = facts.knowledge.scores.get(name)
        missing = [item.fact for item in score.items if not facts.of(item.fact).known] if score else []
        found += missing if missing and facts.of(name).known else [name]
    return tuple(dict.fromkeys(found))


def _says(name: str, knowledge: Knowledge) -> str:
    if name in knowledge.facts:
        return knowledge.facts[name].says
    kind, _, rest = name.partition(":")
    return knowledge.texts["unknowns"][kind].format(name=rest)


def _asks(name: str, knowledge: Knowledge) -> str:
    return knowledge.facts[name].ask if name in knowledge.facts else ""


def corrections(pains: tuple[PainView, ...]) -> tuple[str, ...]:
    """The corrections that open most options: ids of the only thing that stands in an option's way."""
    counts: dict[str, int] = defaultdict(int)
    for option in (option for pain in pains for option in pain.options):
        stops = [each.id for each in option.reasons
                 if each.effect == "correctable-stop" and each.truth == YES]  # fmt: skip
        if option.word == OptionWord.AFTER_CORRECTION.value and len(stops) == 1:
            counts[stops[0]] += 1
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))
