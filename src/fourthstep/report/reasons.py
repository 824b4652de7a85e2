"""Stops and cautions in words; what stands in the way of several options is told once."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from fourthstep.assessment.result import Option, PainView, Reason
from fourthstep.assessment.words import OPEN, OptionWord
from fourthstep.ground.truth import NOT_KNOWN, YES
from fourthstep.report.phrases import Phrases, once
from fourthstep.rules.ask import Leaf

CAUTION = "caution"
_WEIGHT = {"lasting-stop": 0, "correctable-stop": 1, CAUTION: 2}


class Told(msgspec.Struct, frozen=True):
    """One reason with the options that it concerns, by their number in the list."""

    reason: Reason
    text: str
    numbers: tuple[int, ...]


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


def standing(option: Option) -> list[Reason]:
    """What stands in the way: what is true, and stops that nobody could rule out."""
    return [each for each in option.reasons if each.truth == YES or each.effect != CAUTION]


def not_ruled_out(option: Option) -> list[Reason]:
    """Cautions that the record does not rule out."""
    return [each for each in option.reasons if each.truth != YES and each.effect == CAUTION]


def effect(reason: Reason, say: Phrases) -> str:
    """What a reason does, in words; an unknown one only could."""
    return say("effect" if reason.truth == YES else "effect_unknown", reason.effect)


def says(reason: Reason, say: Phrases) -> str:
    """The reason itself, with the mark of policy where it rests on one."""
    told = say.hold(reason.hold) if reason.hold else reason.says
    return f"{told} ({say('mark', 'P')})" if reason.policy else told


def sentence(reason: Reason, say: Phrases) -> str:
    """One stop or caution in words, with its sources."""
    sources = f" [{', '.join(reason.because)}]" if reason.because else ""
    return f"{effect(reason, say)}: {says(reason, say)}{sources}"


def correction(reason: Reason, say: Phrases) -> str:
    """What a correctable stop asks for, short: the drug with the interval of the deciding guideline, or the finding."""
    hold = reason.hold
    if hold is None or not hold.asks:
        return hold.drug if hold else reason.says
    first = hold.asks[0]
    return say("hold", "short", drug=hold.drug, source=say.source(first.source), asks=say.asks(first))


def data(reason: Reason) -> list[Leaf]:
    """The data that make a reason true, or leave it unknown."""
    found = [leaf for leaf in once(reason.leaves) if leaf.truth == reason.truth]
    return sorted(found, key=lambda leaf: (leaf.value == "no", leaf.value == "yes"))


def beside(reason: Reason) -> list[Leaf]:
    """For an unknown reason, what was found to be so beside what is missing."""
    return [leaf for leaf in once(reason.leaves) if leaf.truth == YES] if reason.truth != YES else []


def told_once(options: Sequence[Option], say: Phrases) -> list[Told]:
    """Every reason that stands in the way of one of these options, once; weightiest first, then what concerns most."""
    found: dict[str, tuple[Reason, list[int]]] = {}
    for number, option in enumerate(options, 1):
        for reason in standing(option):
            numbers = found.setdefault(sentence(reason, say), (reason, []))[1]
            if number not in numbers:
                numbers.append(number)
    rows = [Told(reason, text, tuple(numbers)) for text, (reason, numbers) in found.items()]
    return sorted(rows, key=lambda row: (row.reason.truth != YES, _WEIGHT[row.reason.effect], -len(row.numbers)))


def open_cautions(options: Sequence[Option]) -> dict[tuple[int, ...], list[str]]:
    """Facts that would rule a caution out, by the numbers of the options that they concern."""
    concerned: dict[str, list[int]] = {}
    for number, option in enumerate(options, 1):
        for name in dict.fromkeys(name for reason in not_ruled_out(option) for name in reason.open):
            concerned.setdefault(name, []).append(number)
    found: dict[tuple[int, ...], list[str]] = {}
    for name, numbers in concerned.items():
        found.setdefault(tuple(numbers), []).append(name)
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


def to_confirm(options: Iterable[Option]) -> list[str]:
    """What the clinician confirms for these options, each question once."""
    return list(dict.fromkeys(item for option in options for item in option.to_confirm))
