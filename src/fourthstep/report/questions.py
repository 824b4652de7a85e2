"""What to ask, measure and look up, most decisive first; what one blood sample settles stands in one line."""

from collections.abc import Iterable

import msgspec

from fourthstep.assessment.result import Change, Option
from fourthstep.report.phrases import Phrases


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
    return [_question(kind, found, say) for (kind, _), found in together.items()]


def _kind(change: Change, say: Phrases) -> str:
    """What is told together: measurements, and what no question is worded for."""
    if say.is_measured(change.fact):
        return "measure"
    return change.ask or "look_up"


def _question(kind: str, changes: list[Change], say: Phrases) -> Question:
    names = ", ".join(change.says for change in changes)
    text = say("questions", kind, names=names) if kind in ("measure", "look_up") else kind
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
