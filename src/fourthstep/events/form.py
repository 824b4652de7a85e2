"""What our own form says: a QuestionnaireResponse whose link ids are fact names (`report/questionnaire.py` makes it).

Pains are groups with link id `pain`, or `pain/1`, `pain/2` where the form names the pains; everything else is one item
per fact, `pain/1/pain_side` or `pain_side`.  What cannot be read is not used, with the reason; nothing is guessed.
"""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from fourthstep.events.event import Event, Events, NotUsed
from fourthstep.events.extraction import is_later
from fourthstep.events.goals import FORM
from fourthstep.events.statements import Statements, UnreadableError
from fourthstep.ground.dates import AsOf, When, when
from fourthstep.knowledge.load import Knowledge
from fourthstep.record import Record
from fourthstep.record.resources import Coding, Quantity, QuestionnaireResponse

ANSWERED = ("completed", "amended", "in-progress")


class FormAnswer(msgspec.Struct, rename="camel"):
    """One answer, of whatever type."""

    value_boolean: bool | None = None
    value_integer: int | None = None
    value_decimal: Decimal | None = None
    value_string: str = ""
    value_date: str = ""
    value_coding: Coding | None = None
    value_quantity: Quantity | None = None

    def text(self, unit: str | None) -> str:
        """The answer as a statement; empty where it is of a type that is not read."""
        if self.value_boolean is not None:
            return "yes" if self.value_boolean else "no"
        if self.value_coding is not None:
            return self.value_coding.code
        if self.value_quantity is not None and self.value_quantity.value is not None:
            return f"{self.value_quantity.value} {self.value_quantity.code or self.value_quantity.unit or unit or '1'}"
        number = self.value_integer if self.value_decimal is None else self.value_decimal
        return self.value_string if number is None else f"{number} {unit or '1'}"


class FormItem(msgspec.Struct, rename="camel"):
    """One item: a question with its answers, or a group."""

    link_id: str = ""
    answer: list[FormAnswer] = []
    item: list["FormItem"] = []

    @property
    def is_pain(self) -> bool:
        """Is it the group of one pain?"""
        group, _, rest = self.link_id.partition("/")
        return group == "pain" and "/" not in rest

    @property
    def fact(self) -> str:
        """The fact that is asked for."""
        return self.link_id.rpartition("/")[2]


def with_forms(events: Events, record: Record, as_of: AsOf, knowledge: Knowledge) -> Events:
    """The events together with what our form's responses say; the newest answer to a question counts."""
    found: list[Event] = []
    unread: list[NotUsed] = []
    absent: set[str] = set()
    used = 0
    for ref, response in record.of(QuestionnaireResponse):
        if response.questionnaire.partition("|")[0] != FORM:
            continue
        reason, day = _usable(response, as_of)
        if reason or day is None:
            unread.append(NotUsed(ref, "", reason or "no-date"))
            continue
        reader = _Form(ref, day, as_of, knowledge)
        reader.read(_items(response))
        found += reader.statements.found
        absent |= reader.statements.absent
        unread += reader.unread
        used += 1
    if not used and not unread:
        return events
    dated = [each for each in (events.newest, *(event.start for event in found)) if each is not None]
    return msgspec.structs.replace(
        events,
        events=tuple(sorted((*events.events, *found), key=lambda event: (event.ref, event.concept))),
        not_used=tuple(sorted({*events.not_used, *unread})),
        stated=events.stated | frozenset(absent),
        used={**events.used, "QuestionnaireResponse": events.used.get("QuestionnaireResponse", 0) + used},
        newest=max(dated, key=lambda each: each.last, default=None),
    )


def _usable(response: QuestionnaireResponse, as_of: AsOf) -> tuple[str, When | None]:
    """Why a response cannot be used, or its day."""
    if response.status not in ANSWERED:
        return "entered-in-error" if response.status == "entered-in-error" else "cancelled", None
    if response.modifier_extension:
        return "modifier-extension", None
    try:
        day = when(response.authored, as_of.zone)
    except (ValueError, OverflowError):
        return "no-date", None
    return ("after-as-of", None) if is_later(day, as_of) else ("", day)


def _items(response: QuestionnaireResponse) -> list[FormItem]:
    found = []
    for raw in response.item:
        try:
            found.append(msgspec.json.decode(raw, type=FormItem))
        except (msgspec.MsgspecError, RecursionError):
            found.append(FormItem(answer=[FormAnswer()]))
    return found


class _Form:
    """Reads the items of one response."""

    def __init__(self, ref: str, day: When, as_of: AsOf, knowledge: Knowledge) -> None:
        self.ref = ref
        self.age = day.last.isoformat()
        self.knowledge = knowledge
        self.statements = Statements(as_of, knowledge, None, None)
        self.unread: list[NotUsed] = []

    def read(self, items: list[FormItem]) -> None:
        """Groups are walked; a `pain` group keeps its answers together."""
        waiting = list(reversed(items))
        pains = 0
        while waiting:
            item = waiting.pop()
            if item.is_pain:
                self._pain(pains, item)
                pains += 1
                continue
            if item.answer:
                self._answer(item, "", "", f"{self.ref}#{item.link_id}")
            waiting += reversed(item.item)

    def _pain(self, index: int, group: FormItem) -> None:
        elements = dict(self._texts(group.item))
        site, side = elements.get("pain_region", ""), elements.get("pain_side", "")
        for item in group.item:
            if item.answer:
                self._answer(item, site, side, f"{self.ref}#pain/{index}/{item.fact}")

    def _texts(self, items: list[FormItem]) -> Iterator[tuple[str, str]]:
        for item in items:
            if item.fact in self.knowledge.facts and len(item.answer) == 1:
                yield item.fact, item.answer[0].text(self.knowledge.facts[item.fact].unit)

    def _answer(self, item: FormItem, site: str, side: str, ref: str) -> None:
        declared = self.knowledge.facts.get(item.fact)
        if declared is None:
            self.unread.append(NotUsed(self.ref, item.link_id, "unknown-question"))
            return
        text = "|".join(answer.text(declared.unit) for answer in item.answer)
        try:
            event = self.statements.event(item.fact, declared, f"{text}, {self.age}", ref)
        except (UnreadableError, ValueError):
            self.unread.append(NotUsed(self.ref, item.link_id, "answer-not-readable"))
            return
        if event is not None:
            self.statements.found.append(msgspec.structs.replace(event, site=site, side=side))
