"""What the knowledge says of one entry, with its sources: the page of an intervention, syndrome, drug, rule or source."""

import textwrap
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

import msgspec

from fourthstep.assessment.reasons import marks_text, shared_rules
from fourthstep.ground.errors import FourthstepError
from fourthstep.ground.interval import plain
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.models import (
    Comparator,
    Criterion,
    Evidence,
    Fact,
    Intervention,
    Leg,
    Question,
    RedFlag,
    Rule,
    SafetyRule,
    Score,
    ScorePoints,
    Source,
    Statement,
    Syndrome,
)
from fourthstep.knowledge.opioids import FactorRow, FactorTable
from fourthstep.knowledge.tables import Hold
from fourthstep.report.phrases import Phrases
from fourthstep.rules.ask import COMPARATORS, asked

NEAR = 5
"""Names that are proposed for one that is not known."""
BEGINNING, ENDING = 4, 3
"""Letters that a proposed name shares at least, and letters of an ending that may differ."""
Lines = Iterator[tuple[int, str]]
"""Indent and text."""


def show(name: str, knowledge: Knowledge, *, width: int = 100) -> str:
    """The entry as text; `list` names every entry.

    Raises:
        FourthstepError: there is no such entry; near ones are named.
    """
    entries = _entries(knowledge)
    if name == "list":
        return "\n".join(_listed(entries))
    found = [
        (kind, entry) for kind, of_kind in entries.items() for key, entry in of_kind.items() if key.lower() == name.lower()
    ]
    if not found:
        raise FourthstepError(_not_found(name, entries, Phrases(knowledge)))
    pages = [_page(kind, name, entry, knowledge, width) for kind, entry in found]
    return "\n\n".join(pages)


def _entries(knowledge: Knowledge) -> dict[str, dict[str, Any]]:
    """Everything that can be shown, by kind."""
    return {
        "intervention": knowledge.interventions,
        "comparator": knowledge.comparators,
        "syndrome": knowledge.syndromes,
        "leg": knowledge.legs,
        "red flag": {flag.id: flag for flag in knowledge.red_flags},
        "safety": {rule.id: rule for rule in knowledge.safety},
        "rule": knowledge.rules,
        "fact": knowledge.facts,
        "score": knowledge.scores,
        "source": knowledge.sources,
        "drug": {name: _Drug(name) for name in _drugs(knowledge)},
    }


class _Drug(msgspec.Struct, frozen=True):
    """A drug of the tables, by its name."""

    drug: str


def _drugs(knowledge: Knowledge) -> list[str]:
    """Every drug that some table speaks of."""
    tables = knowledge.tables
    names = {name for name, _, _ in knowledge.codes.ingredients}
    names |= {row.drug for row in tables.holds} | {row.drug for row in tables.antiangiogenic}
    names |= {row.ingredient for table in knowledge.opioids.tables.values() for row in table.rows}
    return sorted(names)


def _listed(entries: dict[str, dict[str, Any]]) -> Iterator[str]:
    for kind, of_kind in entries.items():
        yield f"{kind} ({len(of_kind)})"
        yield from (f"  {name}" for name in sorted(of_kind))


def _not_found(name: str, entries: dict[str, dict[str, Any]], say: Phrases) -> str:
    names = [each for of_kind in entries.values() for each in of_kind]
    near = _near(name.lower(), names)
    told = [
        say("show", "unknown", name=name),
        say("show", "near", names=", ".join(near)) if near else say("show", "list_hint"),
    ]
    return "; ".join(told)


def _near(wanted: str, names: list[str]) -> list[str]:
    """Names that hold what was written, or its beginning (`cordotomi`), or that look like it."""
    beginning = wanted[: max(BEGINNING, len(wanted) - ENDING)]
    holding = [each for part in (wanted, beginning) for each in names if part in each.lower()]
    return list(dict.fromkeys([*holding, *get_close_matches(wanted, names, NEAR, 0.6)]))[:NEAR]


def _page(kind: str, name: str, entry: Any, knowledge: Knowledge, width: int) -> str:
    """Heading, lines, and the sources that were named."""
    write = _Writer(knowledge)
    writers: dict[type, Callable[[Any], Lines]] = {
        Intervention: write.intervention,
        Comparator: write.comparator,
        Syndrome: write.syndrome,
        Leg: write.leg,
        RedFlag: write.red_flag,
        SafetyRule: write.criterion,
        Rule: write.rule,
        Fact: write.fact,
        Score: write.score,
        Source: write.source,
        _Drug: write.drug,
    }
    lines = [f"{getattr(entry, 'name', name)} · {kind}"]
    for indent, text in writers[type(entry)](entry):
        lines += textwrap.wrap(text, width - indent, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2),
                               break_on_hyphens=False)  # fmt: skip
    if write.named:
        lines += ["", write.say("show", "sources")]
        for key in write.named:
            source = knowledge.sources.get(key)
            told = f"{key}: {source.cite} {source.link}".strip() if source else key
            lines += textwrap.wrap(told, width - 2, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    return "\n".join(lines)


def _band(row: ScorePoints) -> str:
    """The value or band of numbers that gives these points."""
    if row.is_ is not None:
        return row.is_.replace("-", " ")
    limits = [(key, getattr(row, key)) for key in COMPARATORS]
    return " and ".join(f"{key.replace('_', ' ')} {plain(limit)}" for key, limit in limits if limit is not None)


class _Writer:
    """Writes entries as lines, and notes the sources that they name."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.say = Phrases(knowledge)
        self.named: dict[str, None] = {}

    # -- kinds of entries ------------------------------------------------------------------------------------

    def intervention(self, each: Intervention) -> Lines:
        bleeding = self.knowledge.tables.bleeding[each.id]
        shared = shared_rules(each, bleeding, self.knowledge.safety)
        listed = [syndrome.name for syndrome in self.knowledge.syndromes.values()
                  if any(each.id in rank.ids for rank in syndrome.options)]  # fmt: skip
        yield from self._texts("names", each.names)
        yield from self._text("fits", each.fits_says)
        yield from self._texts("syndromes", listed)
        yield from self._text("line", each.line.says, each.line.because, each.line.mark)
        yield from self._criteria("lasting_stops", each.lasting_stops)
        yield from self._criteria("correctable_stops", each.correctable_stops)
        yield from self._criteria("cautions", each.cautions)
        yield from self._criteria("shared", shared)
        yield from self._texts("to_confirm", each.to_confirm)
        yield from self._text("survival", each.survival.says, mark=each.survival.mark)
        yield from self._text("goals", each.goals_says or ", ".join(each.goals))
        yield from self._text("guidance", each.guidance)
        yield from self._text("setting", each.setting)
        yield from self._statements("benefit", each.benefit)
        yield from self._statements("harms", each.harms)
        yield from self._evidence(each.evidence)
        yield from self._text("sequence", each.sequence)
        yield from self._texts("alternatives", each.alternatives)
        yield from self._text("follow_up", each.follow_up)
        yield from self._text("patient", each.patient)
        yield from self._texts("left", each.left_to_the_clinician)
        self._sources(each.sources)

    def comparator(self, each: Comparator) -> Lines:
        yield from self._text("fits", each.says)
        yield from self._statements("benefit", each.benefit)
        yield from self._statements("harms", each.harms)
        yield from self._evidence(each.evidence)
        self._sources(each.sources)

    def syndrome(self, each: Syndrome) -> Lines:
        yield from self._text("findings", each.findings)
        yield from self._text("cancers", each.cancers)
        yield from self._text("treatment", each.treatment)
        yield 0, self.say("show", "options")
        for place, rank in enumerate(each.options, 1):
            names = " = ".join(self._option(name) for name in rank.ids)
            yield 2, f"{place}. {names}" + (f" ({rank.note})" if rank.note else "")
        yield from self._texts("left", each.left_to_the_clinician)
        self._sources(each.because)

    def leg(self, each: Leg) -> Lines:
        yield 0, each.says
        for row in each.states:
            yield 2, f"{self.say('leg_state', row.state)}: {row.says}"
            yield from self._question(row.when, 6)
        self._sources(each.because)

    def criterion(self, each: Criterion) -> Lines:
        yield 0, f"{each.says} ({marks_text(each.marks)}){self._cite(each.because)}"
        yield from self._question(each.when, 2)
        if each.ask:
            yield 2, each.ask

    def red_flag(self, each: RedFlag) -> Lines:
        yield from self.criterion(each)
        yield from self._text("pathway", each.pathway)

    def rule(self, each: Rule) -> Lines:
        yield 0, f"{each.says} ({marks_text(each.marks)}){self._cite(each.because)}"
        for label, question in (("", each.when), ("yes: ", each.yes_when), ("no: ", each.no_when)):
            if question is not None:
                if label:
                    yield 2, label.strip()
                yield from self._question(question, 4 if label else 2)

    def fact(self, each: Fact) -> Lines:
        yield 0, f"{each.says} ({each.kind}{', ' + self.say.unit(each.unit) if each.unit and each.unit != '1' else ''})"
        yield from self._text("asked", each.ask)
        yield from self._text("values", ", ".join(self.say.word(value) for value in each.values))
        yield from self._text("silence", self.say("silence", each.silence))
        yield from self._texts("concepts_of", (concept.replace("_", " ") for concept in each.concepts))
        yield from self._text("mark", self.say("mark", each.mark), each.because)

    def score(self, each: Score) -> Lines:
        yield 0, f"{each.says}{self._cite(each.because)}"
        for item in each.items:
            yield 2, self.say.fact(item.fact)
            yield from ((4, f"{plain(row.points)}: {_band(row)}") for row in item.points)
        for band in each.bands:
            yield 2, f"{plain(band.at_least)} to {plain(band.at_most)}: {band.says}"

    def source(self, each: Source) -> Lines:
        yield 0, each.cite
        if each.link:
            yield 0, each.link
        if each.supports:
            yield 0, each.supports
        yield 0, self.say("mark", each.mark) if self.say.has("mark", each.mark) else each.mark

    def drug(self, each: _Drug) -> Lines:
        name, knowledge = each.drug, self.knowledge
        concepts = [concept.replace("_", " ") for drug, _, concept in knowledge.codes.ingredients if drug == name]
        yield from self._texts("concepts", dict.fromkeys(concepts))
        factors = [
            (table, row) for table in knowledge.opioids.tables.values() for row in table.rows if row.ingredient == name
        ]
        yield from self._texts("factors", (self._factor(table, row) for table, row in factors))
        yield from self._texts("holds", (self._hold(row) for row in knowledge.tables.holds if row.drug == name))
        stops = [row for row in knowledge.tables.antiangiogenic if row.drug == name]
        yield from self._texts(
            "antiangiogenic", (f"{row.before}; {row.resume} ({row.mark}){self._cite([row.source])}" for row in stops)
        )

    def _factor(self, table: FactorTable, row: FactorRow) -> str:
        times = f" × {plain(row.factor)} per {self.say.unit(row.unit)}" if row.factor is not None else ""
        return f"{table.name}, {'/'.join(row.routes)}{times}: {row.status} ({row.mark}){self._cite(row.because)}"

    def _hold(self, row: Hold) -> str:
        hours = (
            f"{plain(row.hours)}{f' to {plain(row.hours_max)}' if row.hours_max not in (None, row.hours) else ''} h"
            if row.hours is not None
            else ""
        )
        parts = [f"{row.risk_class} bleeding class", row.condition, self._decision(row), hours, row.lab]
        return f"{', '.join(part for part in parts if part)} ({row.mark}){self._cite([row.source])}"

    def _decision(self, row: Hold) -> str:
        return self.say("hold", row.decision) if self.say.has("hold", row.decision) else self.say("show", "interval")

    # -- parts -----------------------------------------------------------------------------------------------

    def _text(self, key: str, text: str, because: Iterable[str] = (), mark: str = "") -> Lines:
        if text:
            note = f" ({self.say('mark', mark)})" if mark in ("K", "P") else ""
            yield 0, f"{self.say('show', key)}: {text}{note}{self._cite(because)}"

    def _texts(self, key: str, texts: Iterable[str]) -> Lines:
        texts = list(texts)
        if texts:
            yield 0, self.say("show", key)
        yield from ((2, f"- {text}") for text in texts)

    def _criteria(self, key: str, criteria: Iterable[Criterion]) -> Lines:
        criteria = list(criteria)
        if criteria:
            yield 0, self.say("show", key)
        for each in criteria:
            yield 2, f"- {each.says} ({marks_text(each.marks)}){self._cite(each.because)}"

    def _statements(self, key: str, statements: Iterable[Statement]) -> Lines:
        statements = list(statements)
        if statements:
            yield 0, self.say("show", key)
        for each in statements:
            note = "" if each.mark == "V" else f" ({self.say('mark', each.mark)})"
            yield 2, f"- {each.says}{note}{self._cite(each.because)}"

    def _evidence(self, each: Evidence) -> Lines:
        yield 0, f"{self.say('show', 'evidence')} ({each.certainty}): {each.says}"
        grades = [
            f"{grade.says}{f' ({grade.grade})' if grade.grade else ''}{self._cite([grade.guideline])}"
            for grade in each.grades
        ]
        yield from self._texts("grades", grades)
        yield from self._statements("dissent", each.dissent)

    def _question(self, question: Question, indent: int) -> Lines:
        """A question as a tree in words."""
        for word, parts in (("all of", question.all), ("any of", question.any), ("none of", question.none)):
            if parts is not None:
                yield indent, word
                for part in parts:
                    yield from self._question(part, indent + 2)
                return
        if question.rule is not None:
            yield indent, self.knowledge.rules[question.rule].says
        elif question.leg is not None:
            yield indent, f"{self.knowledge.legs[question.leg].says}: {' or '.join(question.in_ or [str(question.is_)])}"
        else:
            yield indent, f"{self.say.fact(str(question.fact))} {asked(question)}"

    def _option(self, name: str) -> str:
        known = self.knowledge.interventions.get(name) or self.knowledge.comparators.get(name)
        return known.name if known else name

    def _cite(self, names: Iterable[str]) -> str:
        names = list(names)
        self._sources(names)
        return f" [{', '.join(names)}]" if names else ""

    def _sources(self, names: Iterable[str]) -> None:
        self.named.update(dict.fromkeys(names))
