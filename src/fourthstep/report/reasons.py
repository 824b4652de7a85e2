"""Stops and cautions in words; what stands in the way of several options is told once."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from fourthstep.assessment.result import Option, PainView, Reason, SyndromeFound
from fourthstep.assessment.words import OPEN, OptionWord
from fourthstep.ground.truth import NOT_KNOWN, YES
from fourthstep.report.phrases import Phrases, once
from fourthstep.rules.ask import Leaf
from fourthstep.rules.holds import Asked

CAUTION = "caution"
_WEIGHT = {"lasting-stop": 0, "correctable-stop": 1, CAUTION: 2}


class Told(msgspec.Struct, frozen=True):
    """One reason with the options that it concerns, by their number in the list."""

    reason: Reason
    text: str
    numbers: tuple[int, ...]
    data: tuple[Leaf, ...] = ()
    """The data behind it; empty where the text tells them."""
    because: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    """Of an unknown: the stops that it leaves open."""


class Groups(msgspec.Struct, frozen=True):
    """The options of a pain as they are shown."""

    told: tuple[Option, ...]
    """Those with a word, and those that only a stop leaves open."""
    folded: tuple[Option, ...]
    """Those that cannot be told until a feature of the pain is known."""
    not_indicated: tuple[Option, ...]

    @property
    def open(self) -> tuple[Option, ...]:
        """Those that could be done, at once or after a correction."""
        return tuple(option for option in self.told if option.word in OPEN)

    @property
    def missing(self) -> dict[str, list[Option]]:
        """The folded ones under the first feature that they wait for."""
        found: dict[str, list[Option]] = {}
        for option in self.folded:
            found.setdefault(option.unknowns[0] if option.unknowns else "", []).append(option)
        return found


def groups(pain: PainView) -> Groups:
    """The options of a pain, as they are shown."""
    not_indicated = [option for option in pain.options if option.word == OptionWord.NOT_INDICATED.value]
    folded = [option for option in pain.options
              if option.word == OptionWord.UNDETERMINED.value and option.fits == NOT_KNOWN]  # fmt: skip
    told = [option for option in pain.options if option not in not_indicated and option not in folded]
    return Groups(tuple(told), tuple(folded), tuple(not_indicated))


def syndromes(pain: PainView) -> tuple[list[SyndromeFound], dict[str, list[str]]]:
    """Those that are certain, and the names of those that are possible or open."""
    certain = [each for each in pain.syndromes if each.status == "certain"]
    others: dict[str, list[str]] = {}
    for each in pain.syndromes:
        if each.status != "certain":
            others.setdefault(each.status, []).append(each.name)
    return certain, others


def standing(option: Option) -> list[Reason]:
    """What stands in the way: what is true, and stops that nobody could rule out."""
    return [each for each in option.reasons if each.truth == YES or each.effect != CAUTION]


def by_weight(reasons: Iterable[Reason]) -> list[Reason]:
    """What is true before what is not known, and stops before cautions."""
    return sorted(reasons, key=lambda each: (each.truth != YES, _WEIGHT[each.effect]))


def not_ruled_out(option: Option) -> list[Reason]:
    """Cautions that the record does not rule out."""
    return [each for each in option.reasons if each.truth != YES and each.effect == CAUTION]


def effect(reason: Reason, say: Phrases) -> str:
    """What a reason does, in words; an unknown one only could."""
    return say("effect" if reason.truth == YES else "effect_unknown", reason.effect)


def told(reason: Reason, say: Phrases) -> str:
    """The reason itself; an unknown is told as what is not known, never like a finding."""
    if reason.hold:
        return say.hold(reason.hold)
    if reason.truth == YES:
        return reason.says
    return "; ".join(map(say.settle, data(reason))) or say("report", "not_settled", says=reason.says)


def says(reason: Reason, say: Phrases) -> str:
    """The reason in words, with the mark of policy where it rests on one."""
    return f"{told(reason, say)} ({say('mark', 'P')})" if reason.policy else told(reason, say)


def decides(reason: Reason, say: Phrases) -> str:
    """For an unknown stop or caution, what it asks; empty where the reason tells it."""
    return "" if reason.truth == YES or reason.hold or not data(reason) else say("report", "decides", says=reason.says)


def sentence(reason: Reason, say: Phrases) -> str:
    """One stop or caution in words, with its sources."""
    asked = decides(reason, say)
    return f"{effect(reason, say)}: {says(reason, say)}{f'; {asked}' if asked else ''}{cites(reason.because)}"


def cites(names: Iterable[str]) -> str:
    """Source keys in brackets, as the list of sources names them."""
    told = ", ".join(names)
    return f" [{told}]" if told else ""


def correction(reason: Reason, say: Phrases) -> str:
    """What a correctable stop asks for: the drug with the interval of the deciding guideline, or the finding."""
    hold = reason.hold
    if hold is None:
        found = "; ".join(say.leaf(leaf) for leaf in data(reason) if leaf.value not in ("", "yes", "no"))
        return f"{reason.says} ({found})" if found else reason.says
    if not hold.asks:
        return hold.drug
    last = "" if hold.last else f"; {say('hold', 'no_last')}"
    return say("hold", "short", drug=hold.drug, asks=say.interval(hold.asks[0], say("hold", "dose")) + last)


def data(reason: Reason) -> list[Leaf]:
    """The data that make a reason true, or leave it unknown: those that decided, where the walk says which."""
    decided = [reason.leaves[place] for place in reason.deciding if place < len(reason.leaves)]
    found = [leaf for leaf in once(decided or reason.leaves) if leaf.truth == reason.truth]
    return sorted(found, key=lambda leaf: (leaf.value == "no", leaf.value == "yes"))


def beside(reason: Reason) -> list[Leaf]:
    """For an unknown reason, what was found to be so beside what is missing."""
    return [leaf for leaf in once(reason.leaves) if leaf.truth == YES] if reason.truth != YES else []


# -- told once for several options -----------------------------------------------------------------------------


def told_once(options: Sequence[Option], say: Phrases) -> list[Told]:
    """Every reason that stands in the way of one of these options, once; weightiest first, then what concerns most.

    A drug is told once with the interval of every guideline, an unknown once with all stops that it leaves open, and a
    caution not at all where a stop tells more of the same value.
    """
    found: dict[tuple[str, ...], dict[int, list[Reason]]] = {}
    for number, option in enumerate(options, 1):
        for reason in _telling(option):
            found.setdefault(_key(reason, say), {}).setdefault(number, []).append(reason)
    rows = [_told(by_number, len(options), say) for by_number in found.values()]
    return sorted(rows, key=lambda row: (row.reason.truth != YES, _WEIGHT[row.reason.effect], -len(row.numbers)))


def _telling(option: Option) -> list[Reason]:
    """What stands in the way, without cautions about a value that a stop of the same option tells already."""
    covered = {fact for each in option.reasons if each.truth == YES and each.effect != CAUTION for fact in _values(each)}
    return [each for each in standing(option)
            if each.effect != CAUTION or each.hold or not _values(each) or not _values(each) <= covered]  # fmt: skip


def _values(reason: Reason) -> set[str]:
    """The facts that decide by their value, not by being there."""
    return {leaf.fact for leaf in data(reason) if leaf.value not in ("", "yes", "no")}


def _key(reason: Reason, say: Phrases) -> tuple[str, ...]:
    """What is told together."""
    if reason.hold:
        hold = reason.hold
        return ("hold", reason.effect, reason.truth, hold.drug, hold.taken, hold.last, hold.why)
    if reason.truth != YES and data(reason):
        return ("open", reason.effect, *sorted({leaf.fact for leaf in data(reason)}))
    return (sentence(reason, say),)


def _told(by_number: dict[int, list[Reason]], most: int, say: Phrases) -> Told:
    """One row of what is told together."""
    numbers = tuple(by_number)
    reasons = [reason for of_number in by_number.values() for reason in of_number]
    first, because = reasons[0], tuple(dict.fromkeys(name for each in reasons for name in each.because))
    if first.hold:
        return Told(first, f"{effect(first, say)}: {_holds(by_number, most, say)}", numbers, because=because)
    if first.truth != YES and data(first):
        asked = dict.fromkeys(f"{each.says}{cites(each.because)}" for each in reasons)
        return Told(first, f"{effect(first, say)}: {says(first, say)}", numbers, because=because, decides=tuple(asked))
    return Told(first, f"{effect(first, say)}: {says(first, say)}", numbers, tuple(data(first)), because)


def _holds(by_number: dict[int, list[Reason]], most: int, say: Phrases) -> str:
    """One drug: its last dose, then each guideline's interval with the options that it concerns where not all."""
    found: dict[str, tuple[Asked, str, list[int]]] = {}
    verdict = next(reason.hold for of_number in by_number.values() for reason in of_number if reason.hold)
    for number, reasons in by_number.items():
        for place, each in enumerate(reasons[0].hold.asks if reasons[0].hold else ()):
            drug = verdict.drug if place == 0 else ""
            found.setdefault(say.interval(each), (each, drug, []))[2].append(number)
    asked = [say.interval(each, drug, "" if len(numbers) == len(by_number) else f" ({which(numbers, most, say)})")
            for each, drug, numbers in found.values()]  # fmt: skip
    return f"{verdict.drug}: {'; '.join((say.last_dose(verdict.taken, verdict.last), *asked, *say.not_settled(verdict)))}"


def open_cautions(options: Sequence[Option], say: Phrases) -> dict[tuple[int, ...], list[str]]:
    """Cautions that the record does not rule out, by name with what is not known, by the numbers of their options.

    What waits for the same unknown as a stop of the option is told with that stop.
    """
    concerned: dict[tuple[str, str], dict[int, None]] = {}
    for number, option in enumerate(options, 1):
        stops = {name for each in standing(option) if each.truth != YES and not each.hold for name in each.open}
        for reason in not_ruled_out(option):
            if reason.hold:
                concerned.setdefault((say.hold(reason.hold), ""), {})[number] = None
            elif not set(reason.open) <= stops:
                concerned.setdefault((reason.says, say.facts(reason.open, 3)), {})[number] = None
    together: dict[tuple[tuple[int, ...], str], list[str]] = {}
    for (says, names), numbers in concerned.items():
        together.setdefault((tuple(numbers), names), []).append(says)
    found: dict[tuple[int, ...], list[str]] = {}
    for (of, names), cautions in together.items():
        told = say("report", "caution_open", says="; ".join(cautions), names=names) if names else "; ".join(cautions)
        found.setdefault(of, []).append(told)
    return found


def which(numbers: Sequence[int], most: int, say: Phrases) -> str:
    """Options by number: `all 8`, or `1, 4 to 7`."""
    if len(numbers) == most:
        return say("report", "all", count=most) if most > 1 else str(numbers[0])
    return ", ".join(_spans(numbers, say))


def _spans(numbers: Sequence[int], say: Phrases) -> Iterator[str]:
    first = last = numbers[0]
    for number in (*numbers[1:], None):
        if number is not None and number == last + 1:
            last = number
            continue
        yield _span(first, last, say)
        first = last = number or 0


def _span(first: int, last: int, say: Phrases) -> str:
    if last - first > 1:
        return say("report", "span", first=first, last=last)
    return str(first) if first == last else f"{first}, {last}"
