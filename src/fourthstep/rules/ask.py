"""Ask a question of a patient's facts, and keep why the answer is what it is.

A question is a tree (`knowledge/models.py`).  Its answer is true, false or unknown, with the leaves that were
looked at: value, date, age, references, and for an unknown the reason.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeVar

import msgspec

from fourthstep.facts.derive import Facts
from fourthstep.facts.fact import DayValue, Fact
from fourthstep.facts.pains import Pain
from fourthstep.ground.dates import When, days
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth, all_of, any_of, none_of, truth
from fourthstep.knowledge.models import Fact as Declaration
from fourthstep.knowledge.models import Question, Rule

T = TypeVar("T")
Comparator = Literal["below", "at_most", "at_least", "above"]
MOST_QUESTIONS = 50_000
"""Kept in words across patients; the shipped knowledge has a tenth of it."""
_ITSELF = (0,)
"""A single leaf decides."""
COMPARATORS: tuple[Comparator, ...] = ("below", "at_most", "at_least", "above")


class Leaf(msgspec.Struct, frozen=True, omit_defaults=True):
    """One comparison: the fact, what was found, and the truth of it."""

    fact: str
    asked: str
    """The comparison in words, such as `below 50 10*9/L within 7 d`."""
    truth: str
    value: str = ""
    unit: str = ""
    day: str = ""
    age: int | None = None
    refs: tuple[str, ...] = ()
    why: str = ""
    names: tuple[str, ...] = ()
    """The drugs or allergies behind a yes."""
    within: str = ""
    """How old the value may be, such as `7 d`; empty where any age counts."""
    detail: str = ""


class Answer(msgspec.Struct, frozen=True):
    """The truth of a question, and the leaves it rests on."""

    truth: Truth
    leaves: tuple[Leaf, ...] = ()
    open: tuple[str, ...] = ()
    """Facts that are unknown and could still change an unknown answer."""
    deciding: tuple[int, ...] = ()
    """Places of the leaves that decided: of a tree, those of the branches that settle it, or leave it open."""


class Inquiry:
    """One patient's facts, to be asked; remembers what was asked before."""

    def __init__(self, facts: Facts, leg: Callable[[str, Pain | None], str]) -> None:
        self.facts = facts
        self._leg = leg
        self._rules: dict[tuple[str, str], Answer] = {}
        self._asked: dict[tuple[int, str], Answer] = {}
        self._once: dict[Any, Any] = {}

    def once(self, key: object, work: Callable[[], T]) -> T:
        """Something that several options rest on, worked out once for this patient."""
        if key not in self._once:
            self._once[key] = work()
        found: T = self._once[key]
        return found

    def ask(self, question: Question, pain: Pain | None = None) -> Answer:
        """The answer to a question; for questions about a pain, of that pain."""
        key = (id(question), pain.id if pain else "")
        known = self._asked.get(key)
        if known is None:
            first = _known(question).first
            known = self._ask(question, pain) if first is question else self.ask(first, pain)
            self._asked[key] = known
        return known

    def rule(self, name: str, pain: Pain | None = None) -> Answer:
        """The answer to a named question."""
        key = (name, pain.id if pain else "")
        if key not in self._rules:
            self._rules[key] = self._decide(self.facts.knowledge.rules[name], pain)
        return self._rules[key]

    def _decide(self, rule: Rule, pain: Pain | None) -> Answer:
        if rule.when is not None:
            return self.ask(rule.when, pain)
        yes = self.ask(rule.yes_when, pain) if rule.yes_when else Answer(Truth.FALSE)
        no = self.ask(rule.no_when, pain) if rule.no_when else Answer(Truth.FALSE)
        leaves = (*yes.leaves, *no.leaves)
        if yes.truth is Truth.TRUE:
            return Answer(Truth.TRUE, yes.leaves, (), yes.deciding)
        if no.truth is Truth.TRUE:
            return Answer(Truth.FALSE, no.leaves, (), no.deciding)
        deciding = (*yes.deciding, *(len(yes.leaves) + place for place in no.deciding))
        return Answer(Truth.UNKNOWN, leaves, _unique((*yes.open, *no.open)) or _facts(leaves), deciding)

    def _ask(self, question: Question, pain: Pain | None) -> Answer:
        if question.all is not None:
            return self._tree(question.all, all_of, Truth.FALSE, pain)
        if question.any is not None:
            return self._tree(question.any, any_of, Truth.TRUE, pain)
        if question.none is not None:
            return self._tree(question.none, none_of, Truth.TRUE, pain)
        if question.rule is not None:
            return self.rule(question.rule, pain)
        if question.leg is not None:
            return self._ask_leg(question, pain)
        return self._ask_fact(question, pain)

    def _tree(self, parts: list[Question], combine: Callable[[list[Truth]], Truth], settles: Truth, pain: Pain | None
              ) -> Answer:  # fmt: skip
        """The parts together; one part with the truth that `settles` is enough."""
        answers = [self.ask(part, pain) for part in parts]
        truths = [answer.truth for answer in answers]
        result = combine(truths)
        wanted = settles if settles in truths else Truth.UNKNOWN if Truth.UNKNOWN in truths else None
        leaves: list[Leaf] = []
        names: list[str] = []
        deciding: list[int] = []
        for answer in answers:
            if wanted is None or answer.truth is wanted:
                before = len(leaves)
                deciding += [before + place for place in answer.deciding]
            leaves += answer.leaves
            if result is Truth.UNKNOWN and answer.truth is Truth.UNKNOWN:
                names += answer.open
        return Answer(result, tuple(leaves), _unique(names), tuple(deciding))

    def _ask_leg(self, question: Question, pain: Pain | None) -> Answer:
        state = self._leg(str(question.leg), pain)
        wanted = question.in_ or [str(question.is_)]
        found = Truth.UNKNOWN if state == "unknown" and "unknown" not in wanted else truth(state in wanted)
        leaf = Leaf(f"leg:{question.leg}", f"is {' or '.join(wanted)}", found.value, state)
        return Answer(found, (leaf,), (f"leg:{question.leg}",) if found is Truth.UNKNOWN else (), _ITSELF)

    def _ask_fact(self, question: Question, pain: Pain | None) -> Answer:
        name = str(question.fact)
        declared = self.facts.knowledge.facts[name]
        fact = self.facts.of(name, pain)
        found, why, used = compare(question, fact, declared, self.facts.timeline.age)
        leaf = _leaf(question, fact, found, why, used, self.facts.timeline.age)
        return Answer(found, (leaf,), (name,) if found is Truth.UNKNOWN else (), _ITSELF)


# -- comparing one fact --------------------------------------------------------------------------------------

Age = Callable[[When], tuple[int, int]]


def compare(question: Question, fact: Fact, declared: Declaration, age: Age) -> tuple[Truth, str, DayValue | None]:
    """The truth of one comparison, the reason where it is unknown, and the day that decided, if one did."""
    if not fact.known:
        return Truth.UNKNOWN, fact.why, None
    if fact.series:
        return _compare_days(question, fact, declared, age)
    if fact.truth is not None:
        return _compare_presence(question, fact, declared, age)
    fresh = _fresh(question, fact.when, age)
    if fresh is not Truth.TRUE:
        return Truth.UNKNOWN, "too-old", None
    if fact.words:
        return (*_compare_words(question, fact, declared), None)
    assert fact.number is not None  # a fact that is known is a truth, words or a number
    return (*_numbers(question, fact.number), None)


def _fresh(question: Question, when: When | None, age: Age) -> Truth:
    """Is the value inside the question's window?  A fact without a date is taken as of now."""
    if question.within is None or when is None:
        return Truth.TRUE
    fewest, most = age(when)
    limit = days(question.within)
    if most <= limit:
        return Truth.TRUE
    return Truth.FALSE if fewest > limit else Truth.UNKNOWN


def _compare_presence(question: Question, fact: Fact, declared: Declaration, age: Age) -> tuple[Truth, str, None]:
    wanted = question.is_ is not False
    if fact.truth is Truth.FALSE:
        return truth(not wanted), "", None
    fresh = _fresh(question, fact.when, age)
    if fresh is Truth.FALSE and _happened(declared):
        return truth(not wanted), "", None
    if fresh is not Truth.TRUE:
        return Truth.UNKNOWN, "too-old", None
    return truth(wanted), "", None


def _happened(declared: Declaration) -> bool:
    """For what happens once (a procedure, a dose), `within` is the time asked for, not how long it stays true."""
    return declared.take == "any" or declared.kind == "procedure"


def _compare_words(question: Question, fact: Fact, declared: Declaration) -> tuple[Truth, str]:
    if question.in_ is not None or isinstance(question.is_, str):
        wanted = question.in_ if question.in_ is not None else [str(question.is_)]
        inside = [word in wanted for word in fact.words]
        if all(inside) or not any(inside):
            return truth(all(inside)), ""
        return Truth.UNKNOWN, "known-only-so-far"
    order = {word: Decimal(index) for index, word in enumerate(declared.values)}
    places = [order[word] for word in fact.words]
    return _numbers(question, Interval(min(places), max(places)), order)


@lru_cache(maxsize=1024)
def exact_number(text: str) -> Decimal:
    """A limit as it was written, as a number."""
    return Decimal(text)


def _numbers(question: Question, number: Interval, order: Mapping[str, Decimal] | None = None) -> tuple[Truth, str]:
    """Every comparator that the question names must hold."""
    found = []
    for comparator in COMPARATORS:
        limit = getattr(question, comparator)
        if limit is not None:
            exact = order[limit] if order else exact_number(limit)
            found.append(getattr(number, comparator)(exact))
    result = all_of(found)
    return result, "known-only-so-far" if result is Truth.UNKNOWN else ""


def _compare_days(question: Question, fact: Fact, declared: Declaration, age: Age) -> tuple[Truth, str, DayValue | None]:
    """Compare a series inside the window: its extreme, or its newest day with `on_days` different days in all."""
    inside = [each for each in fact.series if _fresh(question, each.day, age) is Truth.TRUE]
    if not inside:
        return Truth.UNKNOWN, "too-old", fact.series[0]
    if declared.take != "days":
        extreme = max(inside, key=lambda each: _size(each.value, declared.take == "highest"))
        return (*_numbers(question, extreme.value), extreme)
    judged = [_numbers(question, each.value)[0] for each in inside]
    newest, wanted = judged[0], question.on_days or 1
    if newest is not Truth.TRUE:
        return newest, "known-only-so-far" if newest is Truth.UNKNOWN else "", inside[0]
    if judged.count(Truth.TRUE) >= wanted:
        return Truth.TRUE, "", inside[0]
    if len(judged) < wanted:
        return Truth.UNKNOWN, "too-few-days", inside[0]
    if len(judged) - judged.count(Truth.FALSE) >= wanted:
        return Truth.UNKNOWN, "known-only-so-far", inside[0]
    return Truth.FALSE, "", inside[0]


def _size(value: Interval, highest: bool) -> Decimal:
    """How far a value lies on the side that counts."""
    end = value.high if highest else value.low
    if end is None:
        return Decimal("Infinity")
    return end if highest else -end


# -- telling it ------------------------------------------------------------------------------------------------


def _leaf(question: Question, fact: Fact, found: Truth, why: str, used: DayValue | None, age: Age) -> Leaf:
    when = used.day if used else fact.when
    value, refs, detail = fact_value(fact), fact.refs, fact.detail
    if used is not None:
        value, refs, detail = str(used.value), (used.ref,), used.kind or fact.detail
    return Leaf(
        fact=fact.name,
        asked=asked(question),
        truth=found.value,
        value=value,
        unit=fact.unit,
        day=str(when) if when else "",
        age=age(when)[0] if when else None,
        refs=refs,
        why=why,
        names=fact.names,
        within=question.within or "",
        detail=detail,
    )


def fact_value(fact: Fact) -> str:
    """What was found, as text; empty where nothing was."""
    if fact.number is not None:
        return str(fact.number)
    if fact.truth is not None:
        return "yes" if fact.truth is Truth.TRUE else "no"
    return " or ".join(fact.words)


class _Known(msgspec.Struct):
    """What is the same for every patient, worked out once per question."""

    question: Question
    first: Question
    """Of equal questions (many therapies ask for sepsis) the first that was asked; it answers for all."""
    words: str


_KNOWN: dict[int, _Known] = {}
"""By identity, which is kept alive here."""
_FIRST: dict[bytes, Question] = {}


def _known(question: Question) -> _Known:
    known = _KNOWN.get(id(question))
    if known is None or known.question is not question:
        if len(_KNOWN) > MOST_QUESTIONS:  # pragma: no cover  only after hundreds of policies in one process
            _KNOWN.clear()
            _FIRST.clear()
        first = _FIRST.setdefault(msgspec.msgpack.encode(question), question)
        known = _KNOWN[id(question)] = _Known(question, first, _in_words(question))
    return known


def asked(question: Question) -> str:
    """A leaf's comparison in words."""
    return _known(question).words


def _in_words(question: Question) -> str:
    parts = [f"{key.replace('_', ' ')} {getattr(question, key)}" for key in COMPARATORS
             if getattr(question, key) is not None]  # fmt: skip
    if question.in_ is not None:
        parts.append(f"is {' or '.join(question.in_)}")
    elif isinstance(question.is_, str):
        parts.append(f"is {question.is_}")
    elif question.is_ is not None:
        parts.append("is present" if question.is_ else "is absent")
    if question.unit and question.unit != "1":
        parts.append(question.unit)
    if question.on_days:
        parts.append(f"on {question.on_days} days")
    if question.within:
        parts.append(f"within {question.within}")
    return " ".join(parts)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _facts(leaves: tuple[Leaf, ...]) -> tuple[str, ...]:
    return _unique(tuple(leaf.fact for leaf in leaves if leaf.truth == Truth.UNKNOWN.value))
