"""What to ask, measure and look up, most decisive first; what one blood sample settles stands in one line."""

from collections.abc import Iterable

import msgspec

from fourthstep.assessment.result import Change, Option
from fourthstep.report.phrases import Phrases

MEASURE, LOOK_UP = "measure", "look_up"
NAMED = 8
"""Unknowns that one line names; the rest is counted."""


class Question(msgspec.Struct, frozen=True):
    """One thing to ask, and what it decides."""

    text: str
    pathway: bool
    options: tuple[str, ...]


def questions(changes: Iterable[Change], say: Phrases) -> list[Question]:
    """The unknowns that could change a word as questions, in their order; measurements together at the first of them."""
    together: dict[tuple[str, bool], list[Change]] = {}
    for each in changes:
        together.setdefault((_kind(each, say), each.pathway), []).append(each)
    found = [_question(kind, of_kind, say) for (kind, _), of_kind in together.items()]
    looked_up = [kind == LOOK_UP for kind, _ in together]
    order = sorted(range(len(found)), key=lambda place: _rank(found[place], looked_up[place]))
    return [found[place] for place in order]


def _rank(question: Question, looked_up: bool) -> tuple[bool, int, bool]:
    """What decides the pathway, in its own order; then what decides most, the plain questions before the lists."""
    return (not question.pathway, 0 if question.pathway else -len(question.options), looked_up and not question.pathway)


def _kind(change: Change, say: Phrases) -> str:
    """What is told together: measurements, and what no question is worded for."""
    if say.is_measured(change.fact):
        return MEASURE
    return change.ask or LOOK_UP


def _question(kind: str, changes: list[Change], say: Phrases) -> Question:
    says = list(dict.fromkeys(change.says for change in changes))
    more = [say("report", "and_more", count=len(says) - NAMED)] if len(says) > NAMED else []
    text = say("questions", kind, names=", ".join([*says[:NAMED], *more])) if kind in (MEASURE, LOOK_UP) else kind
    options = tuple(dict.fromkeys(name for change in changes for name in change.options))
    return Question(text, changes[0].pathway, options)


def told(question: Question, say: Phrases) -> str:
    """A question with what it decides."""
    return " - ".join((question.text, *tags(question, say)))


def tags(question: Question, say: Phrases) -> list[str]:
    """What a question decides."""
    found = [say("questions", "pathway")] if question.pathway else []
    return [*found, say.counted("questions", "options", len(question.options))] if question.options else found


def to_confirm(options: Iterable[Option]) -> list[str]:
    """What the clinician confirms for these options, each question once."""
    return list(dict.fromkeys(item for option in options for item in option.to_confirm))


def shared(options: Iterable[Option]) -> list[str]:
    """What more than one of these options asks to confirm."""
    asked = [item for option in options for item in dict.fromkeys(option.to_confirm)]
    return [item for item in dict.fromkeys(asked) if asked.count(item) > 1]
