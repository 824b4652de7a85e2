"""What would change this: the unknowns that still decide, and the smallest corrections that open an option."""

from collections import defaultdict

from fourthstep.assessment.result import Change, Decided, LegView, Option, PainView, RedFlagView
from fourthstep.assessment.words import OptionWord
from fourthstep.ground.truth import NOT_KNOWN, YES, Truth
from fourthstep.knowledge.load import Knowledge


def changes(pains: tuple[PainView, ...], deciding: tuple[Decided, ...], legs: tuple[LegView, ...],
            flags: tuple[RedFlagView, ...], knowledge: Knowledge) -> tuple[Change, ...]:  # fmt: skip
    """The unknowns that could still change a word, most decisive first.

    Most decisive: what decides the pathway, then what settles most options on its own, then what touches most.
    """
    touches: dict[str, list[str]] = defaultdict(list)
    alone: dict[str, int] = defaultdict(int)
    for option in (option for pain in pains for option in pain.options):
        names = _undecided(option)
        for name in names:
            touches[name].append(f"{option.id}@{option.pain}")
            alone[name] += len(names) == 1
    pathway = _pathway_unknowns(deciding, legs, flags, pains)
    found = [
        Change(
            fact=name,
            says=_says(name, knowledge),
            ask=_asks(name, knowledge),
            options=tuple(dict.fromkeys(touches.get(name, ()))),
            pathway=name in pathway,
            alone=alone.get(name, 0),
        )
        for name in sorted({*touches, *pathway})
    ]
    return tuple(sorted(found, key=lambda each: (not each.pathway, -each.alone, -len(each.options), each.fact)))


def _undecided(option: Option) -> tuple[str, ...]:
    return option.unknowns if option.word == OptionWord.UNDETERMINED.value else ()


def _pathway_unknowns(deciding: tuple[Decided, ...], legs: tuple[LegView, ...], flags: tuple[RedFlagView, ...],
                      pains: tuple[PainView, ...]) -> set[str]:  # fmt: skip
    """Facts that could change the pathway word: open questions of scope and pain, unknown gating legs."""
    names = {name for each in deciding if each.truth == NOT_KNOWN for name in each.open}
    names |= {name for leg in legs if leg.gating and leg.state == "unknown" for name in leg.open}
    if not pains:
        names.add("pain_intensity")
    return {name for name in names if not name.startswith("leg:")}


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
