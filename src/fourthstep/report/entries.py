"""Writes the page of every entry: intervention, syndrome, drug, rule, source, and all that they name."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import Any

import msgspec

from fourthstep.assessment.reasons import marks_text, shared_rules
from fourthstep.ground.interval import plain
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.models import (
    AdequateTrial,
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
from fourthstep.knowledge.tables import AntiangiogenicHold, Hold
from fourthstep.report.pages import Line, Marked, Page, Part, Ref, Section, Table, named_by
from fourthstep.report.phrases import Phrases
from fourthstep.rules.ask import COMPARATORS

Sections = Iterator[Section]
Lines = Iterator[Line]


class Drug(msgspec.Struct, frozen=True):
    """A drug of the tables, by its name."""

    name: str


class Entries:
    """Everything that the knowledge can be asked about, and the page of each."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.say = Phrases(knowledge)
        self.kinds: dict[str, dict[str, Any]] = {
            "intervention": knowledge.interventions,
            "comparator": knowledge.comparators,
            "syndrome": knowledge.syndromes,
            "leg": knowledge.legs,
            "red flag": {flag.id: flag for flag in knowledge.red_flags},
            "safety": {rule.id: rule for rule in knowledge.safety},
            "rule": knowledge.rules,
            "fact": knowledge.facts,
            "score": knowledge.scores,
            "drug": {name: Drug(name) for name in self._drugs()},
            "factor table": knowledge.opioids.tables,
            "source": knowledge.sources,
        }

    def named(self, name: str) -> list[tuple[str, str]]:
        """Kind and id of every entry with that name; capitals do not matter."""
        return [(kind, each) for kind, of_kind in self.kinds.items() for each in of_kind if each.lower() == name.lower()]

    def page(self, kind: str, name: str) -> Page:
        """The page of one entry."""
        entry = self.kinds[kind][name]
        return Page(kind, name, self._title(kind, name, entry), tuple(self._writers[type(entry)](entry)))

    def pages(self) -> Iterator[Page]:
        """The page of every entry."""
        return (self.page(kind, name) for kind, of_kind in self.kinds.items() for name in of_kind)

    @cached_property
    def naming(self) -> dict[tuple[str, str], tuple[Page, ...]]:
        """By kind and id: the pages that name an entry."""
        return named_by(self.pages())

    @cached_property
    def _writers(self) -> dict[type, Callable[[Any], Sections]]:
        return {
            Intervention: self._intervention,
            Comparator: self._comparator,
            Syndrome: self._syndrome,
            Leg: self._leg,
            RedFlag: self._red_flag,
            SafetyRule: self._safety,
            Rule: self._rule,
            Fact: self._fact,
            Score: self._score,
            Drug: self._drug,
            FactorTable: self._factor_table,
            Source: self._source,
        }

    def _title(self, kind: str, name: str, entry: Any) -> str:
        if kind == "source":
            return self.say.source(name)
        told = getattr(entry, "name", "") or getattr(entry, "says", "") or name
        return str(told[:1].upper() + told[1:])

    def _drugs(self) -> list[str]:
        """Every drug that some table speaks of."""
        tables = self.knowledge.tables
        names = {name for name, _, _ in self.knowledge.codes.ingredients}
        names |= {row.drug for row in tables.holds} | {row.drug for row in tables.antiangiogenic}
        names |= {row.ingredient for table in self.knowledge.opioids.tables.values() for row in table.rows}
        return sorted(names)

    # -- interventions, comparators, syndromes -------------------------------------------------------------------

    def _intervention(self, each: Intervention) -> Sections:
        bleeding = self.knowledge.tables.bleeding[each.id]
        shared = shared_rules(each, bleeding, self.knowledge.safety)
        yield from self._text("names", ", ".join(each.names))
        yield from self._text("patient", each.patient)
        yield self._asked_of("fits", each.fits_says, each.fits)
        listed = [syndrome for syndrome in self.knowledge.syndromes.values()
                  if any(each.id in rank.ids for rank in syndrome.options)]  # fmt: skip
        yield from self._refs("syndromes", "syndrome", (syndrome.id for syndrome in listed))
        yield self._asked_of("line", each.line.says, each.line.when, each.line.mark, each.line.because)
        yield from self._statements("benefit", each.benefit)
        yield from self._statements("harms", each.harms)
        yield from self._evidence(each.evidence)
        yield from self._text("survival", each.survival.says, each.survival.mark, each.survival.because)
        yield from self._text("goals", each.goals_says or ", ".join(each.goals))
        yield from self._criteria("lasting_stops", each.lasting_stops)
        yield from self._criteria("correctable_stops", each.correctable_stops)
        yield from self._criteria("cautions", each.cautions)
        yield from self._items("to_confirm", each.to_confirm)
        yield from self._items("left", each.left_to_the_clinician)
        yield from self._items("bleeding", self._classes(each.id))
        yield from self._refs("shared", "safety", (rule.id for rule in shared))
        yield from self._text("guidance", each.guidance)
        yield from self._text("setting", each.setting)
        yield from self._text("sequence", each.sequence)
        yield from self._items("alternatives", (self._option(name) for name in each.alternatives))
        yield from self._text("follow_up", each.follow_up)
        yield from self._items("procedures", map(_concept, each.procedures))
        yield from self._items("perhaps", map(_concept, each.perhaps))
        yield from self._resting(each.sources)

    def _classes(self, name: str) -> Iterator[tuple[Part, ...]]:
        """The bleeding class by each guideline, and what decides here."""
        row = self.knowledge.tables.bleeding[name]
        yield (f"{self.say.source('ASRA2018')}: {row.asra} ", Marked(row.asra_mark), " ", self._source_ref("ASRA2018"))
        yield (f"{self.say.source('SIR2019')}: {row.sir} ", Marked(row.sir_mark), " ", self._source_ref("SIR2019"))
        note = f" ({row.note})" if row.note else ""
        yield (self.say("show", "classes", holds=row.holds, labs=row.labs) + note,)

    def _comparator(self, each: Comparator) -> Sections:
        yield from self._text("fits", each.says)
        yield from self._statements("benefit", each.benefit)
        yield from self._statements("harms", each.harms)
        yield from self._evidence(each.evidence)
        yield from self._resting(each.sources)

    def _syndrome(self, each: Syndrome) -> Sections:
        yield from self._text("mechanisms", ", ".join(each.mechanisms))
        yield from self._text("findings", each.findings)
        yield from self._text("cancers", each.cancers)
        yield from self._text("treatment", each.treatment)
        ranks = [self._rank(place, rank.ids, rank.note) for place, rank in enumerate(each.options, 1)]
        yield from self._items("options", ranks)
        yield self._asked_of("certain", "", each.certain)
        yield self._asked_of("possible", "", each.possible)
        yield from self._items("left", each.left_to_the_clinician)
        yield from self._resting(each.because)

    def _rank(self, place: int, names: list[str], note: str) -> tuple[Part, ...]:
        parts: list[Part] = [f"{place}. "]
        for index, name in enumerate(names):
            parts += [" = "] * bool(index) + list(self._option(name))
        return (*parts, f" ({note})" if note else "")

    # -- rules and what they ask ---------------------------------------------------------------------------------

    def _leg(self, each: Leg) -> Sections:
        yield from self._text("leg_line", self.say("show", "leg_gates" if each.gating else "leg_shown", line=each.line))
        for row in each.states:
            yield self._asked_of("", f"{self.say('leg_state', row.state)}: {row.says}", row.when)
        yield from self._text("otherwise", f"{self.say('leg_state', each.otherwise)}: {each.otherwise_says}")
        yield from self._trials(trial for trial in self.knowledge.adjuvants if trial.leg == self._leg_id(each))
        yield from self._text("mark", self.say("mark", each.mark), each.mark, each.because)

    def _leg_id(self, each: Leg) -> str:
        return next(name for name, leg in self.knowledge.legs.items() if leg is each)

    def _criterion(self, each: Criterion) -> Sections:
        yield self._asked_of("asks", each.says, each.when, marks_text(each.marks), each.because)
        yield from self._text("ask", each.ask)
        yield from self._text("decided", each.decided)

    def _red_flag(self, each: RedFlag) -> Sections:
        yield from self._text("pathway", each.pathway)
        yield from self._criterion(each)

    def _safety(self, each: SafetyRule) -> Sections:
        yield from self._text("effect", self.say("effect", each.effect))
        yield from self._criterion(each)
        tables = self.knowledge.tables.bleeding
        concerned = [item.id for item in self.knowledge.interventions.values()
                     if each in shared_rules(item, tables[item.id], self.knowledge.safety)]  # fmt: skip
        yield from self._refs("concerns", "intervention", concerned)

    def _rule(self, each: Rule) -> Sections:
        marks = marks_text(each.marks)
        if each.when is not None:
            yield self._asked_of("asks", each.says, each.when, marks, each.because)
            return
        yield from self._text("asks", each.says, marks, each.because)
        yield self._asked_of("yes_when", "", each.yes_when)
        yield self._asked_of("no_when", "", each.no_when)

    def _fact(self, each: Fact) -> Sections:
        unit = self.say.unit(each.unit) if each.unit and each.unit != "1" else ""
        yield from self._text("fact_kind", ", ".join(part for part in (each.kind, unit) if part))
        yield from self._text("asked", each.ask)
        yield from self._text("values", ", ".join(self.say.word(value) for value in each.values))
        yield from self._text("silence", self.say("silence", each.silence))
        yield from self._items("concepts_of", map(_concept, each.concepts))
        yield from self._items("failed", map(_concept, each.failed))
        if each.where is not None:
            yield self._asked_of("where", "", each.where)
        yield from self._text("mark", self.say("mark", each.mark), each.mark, each.because)

    def _score(self, each: Score) -> Sections:
        rows = tuple(
            ((self._fact_ref(item.fact),), (_band(row),), (plain(row.points),)) for item in each.items for row in item.points
        )
        yield self._table("points", ("item", "value", "points"), rows)
        yield from self._items(
            "bands", (f"{plain(band.at_least)} to {plain(band.at_most)}: {band.says}" for band in each.bands)
        )
        yield from self._text("mark", self.say("mark", each.mark), each.mark, each.because)

    def _question(self, question: Question, level: int) -> Lines:
        """A question as a tree in words."""
        for word, parts in (("all_of", question.all), ("any_of", question.any), ("none_of", question.none)):
            if parts is not None:
                yield Line((self.say("show", word),), level)
                for part in parts:
                    yield from self._question(part, level + 1)
                return
        if question.rule is not None:
            yield Line((Ref("rule", question.rule, self.knowledge.rules[question.rule].says),), level)
        elif question.leg is not None:
            states = " or ".join(question.in_ or [str(question.is_)])
            yield Line((Ref("leg", question.leg, self.knowledge.legs[question.leg].says), f": {states}"), level)
        else:
            yield Line((self._fact_ref(str(question.fact)), f" {self._comparison(question)}"), level)

    def _comparison(self, question: Question) -> str:
        """What is asked of one fact, with units and values as a physician writes them."""
        limits = [(key, getattr(question, key)) for key in COMPARATORS]
        parts = [f"{key.replace('_', ' ')} {self.say.word(limit)}" for key, limit in limits if limit is not None]
        if question.in_ is not None or isinstance(question.is_, str):
            values = question.in_ or [str(question.is_)]
            parts.append(f"is {' or '.join(self.say.word(value) for value in values)}")
        elif question.is_ is not None:
            parts.append("is present" if question.is_ else "is absent")
        if question.unit and question.unit != "1":
            parts.append(self.say.unit(question.unit))
        parts += [f"on {question.on_days} days"] if question.on_days else []
        parts += [f"within {question.within}"] if question.within else []
        return " ".join(parts)

    # -- drugs ---------------------------------------------------------------------------------------------------

    def _drug(self, each: Drug) -> Sections:
        name, knowledge = each.name, self.knowledge
        concepts = [_concept(concept) for drug, _, concept in knowledge.codes.ingredients if drug == name]
        yield from self._items("concepts", dict.fromkeys(concepts))
        factors = [(table, row) for table in knowledge.opioids.tables.values()
                   for row in table.rows if row.ingredient == name]  # fmt: skip
        yield from self._factors([((Ref("factor table", table.id, table.name),), row) for table, row in factors], "table")
        yield from self._holds([row for row in knowledge.tables.holds if row.drug == name])
        stops = [self._antiangiogenic(row) for row in knowledge.tables.antiangiogenic if row.drug == name]
        yield from self._items("antiangiogenic", stops)
        yield from self._trials(trial for trial in knowledge.adjuvants if trial.ingredient == name)

    def _factor_table(self, each: FactorTable) -> Sections:
        yield from self._text("table_says", each.says, "", each.because)
        yield from self._factors([((Ref("drug", row.ingredient, row.ingredient),), row) for row in each.rows], "drug")

    def _factors(self, rows: list[tuple[tuple[Part, ...], FactorRow]], first: str) -> Sections:
        if rows:
            told = tuple((head, *self._factor(row)) for head, row in rows)
            yield self._table("factors", (first, "route", "factor", "range", "status", "source"), told)

    def _factor(self, row: FactorRow) -> tuple[tuple[Part, ...], ...]:
        per = f" {self.say('show', 'per', unit=self.say.unit(row.unit))}" if row.unit else ""
        bands = ", ".join(
            f"× {plain(band.factor)}{f' up to {plain(band.at_most)}' if band.at_most is not None else ''}"
            for band in row.bands
        )
        factor = f"× {plain(row.factor)}{per}" if row.factor is not None else bands and bands + per
        between = f"{plain(row.low)} to {plain(row.high)}" if row.low is not None and row.low != row.high else ""
        note = f" ({row.note})" if row.note else ""
        source = (Marked(row.mark), *self._cites(row.because))
        return (("/".join(row.routes),), (factor,), (between,), (row.status + note,), source)

    def _holds(self, rows: list[Hold]) -> Sections:
        if rows:
            head = ("guideline", "bleeding class", "condition", "asks", "hours", "restart after")
            yield self._table("holds", head, tuple(self._hold(row) for row in rows))

    def _hold(self, row: Hold) -> tuple[tuple[Part, ...], ...]:
        decision = self.say("hold", row.decision) if self.say.has("hold", row.decision) else self.say("show", "interval")
        told = ", ".join(part for part in (decision, row.lab, row.note) if part)
        guideline = (self._source_ref(row.source), " ", Marked(row.mark))
        hours, restart = _hours(row.hours, row.hours_max), _hours(row.restart, row.restart_max)
        return (guideline, (row.risk_class,), (row.condition,), (told,), (hours,), (restart,))

    def _antiangiogenic(self, row: AntiangiogenicHold) -> tuple[Part, ...]:
        told = self.say("show", "days_around", before=row.before, resume=row.resume)
        note = f" ({row.note})" if row.note else ""
        return (f"{told}{note} ", Marked(row.mark), *self._cites([row.source]))

    def _trials(self, trials: Iterable[AdequateTrial]) -> Sections:
        rows = [self._trial(trial) for trial in trials]
        if rows:
            yield self._table("trials", ("drug", "for", "dose", "time", "with poor kidneys", "source"), tuple(rows))

    def _trial(self, each: AdequateTrial) -> tuple[tuple[Part, ...], ...]:
        dose = f"{plain(each.dose_at_least)} {each.unit}" if each.dose_at_least is not None else ""
        frail = f", frail {plain(each.dose_if_frail)}" if each.dose_if_frail is not None else ""
        single = f", {each.doses_at_least} doses" if each.doses_at_least else ""
        time = f"{each.days_at_least} d" + (f", {each.days_at_dose} d at that dose" if each.days_at_dose else "")
        renal = "; ".join(
            f"{plain(row.at_least)} to below {plain(row.below)} mL/min: {plain(row.dose_at_least)}" for row in each.renal
        )
        marks = Marked(", ".join(f"{part} {mark}" for part, mark in each.marks.items()))
        drug = (Ref("drug", each.ingredient, each.drug), f" {each.route}" if each.route else "")
        source = (marks, *self._cites(each.because))
        return (drug, (", ".join(each.for_),), (dose + frail + single,), (time,), (renal,), source)

    # -- sources -------------------------------------------------------------------------------------------------

    def _source(self, each: Source) -> Sections:
        yield from self._text("cite", each.cite)
        yield from self._text("incomplete", self.say("show", "incomplete_says") if each.incomplete else "")
        ids = (("DOI", each.doi), ("PMID", each.pmid), ("PMCID", each.pmcid), ("URL", each.url))
        yield from self._items("ids", (f"{name} {value}" for name, value in ids if value))
        yield from self._text("opens", each.link)
        yield from self._text("source_kind", each.kind)
        yield from self._text("supports", each.supports)
        yield from self._text("source_mark", each.mark)

    # -- parts ---------------------------------------------------------------------------------------------------

    def _text(self, key: str, text: str, mark: str = "", because: Iterable[str] = ()) -> Sections:
        if text:
            yield Section(self.say("show", key), (Line((text, *self._rests(mark, because))),))

    def _items(self, key: str, items: Iterable[str | tuple[Part, ...]]) -> Sections:
        lines = tuple(Line((item,) if isinstance(item, str) else item, 1) for item in items)
        if lines:
            yield Section(self.say("show", key), lines)

    def _refs(self, key: str, kind: str, names: Iterable[str]) -> Sections:
        yield from self._items(key, ((Ref(kind, name, self._title(kind, name, self.kinds[kind][name])),) for name in names))

    def _asked_of(
        self, key: str, says: str, question: Question | None, mark: str = "", because: Iterable[str] = ()
    ) -> Section:
        """Words, and below them what is computed."""
        said = (Line((says, *self._rests(mark, because))),) if says else ()
        tree = tuple(self._question(question, 1)) if question is not None else ()
        return Section(self.say("show", key) if key else "", (*said, *tree))

    def _criteria(self, key: str, criteria: Iterable[Criterion]) -> Sections:
        lines = tuple(chain.from_iterable(map(self._criterion_lines, criteria)))
        if lines:
            yield Section(self.say("show", key), lines)

    def _criterion_lines(self, each: Criterion) -> Lines:
        rests = self._rests(marks_text(each.marks), each.because)
        yield Line((f"{each.says}", *rests), 1, each.id)
        if each.ask:
            yield Line((each.ask,), 2)
        yield from self._question(each.when, 2)

    def _statements(self, key: str, statements: Iterable[Statement]) -> Sections:
        yield from self._items(key, ((each.says, *self._rests(each.mark, each.because)) for each in statements))

    def _evidence(self, each: Evidence) -> Sections:
        certainty = self.say("show", "certainty", certainty=each.certainty)
        told = [each.says, certainty, each.certainty_says]
        yield Section(self.say("show", "evidence"), tuple(Line((text,)) for text in told if text))
        grades = (
            (f"{grade.says}{f' ({grade.grade})' if grade.grade else ''}", *self._rests(grade.mark, [grade.guideline]))
            for grade in each.grades
        )
        yield from self._items("grades", grades)
        yield from self._statements("dissent", each.dissent)

    def _resting(self, names: Iterable[str]) -> Sections:
        yield from self._items("rests_on", ((self._source_ref(name),) for name in names))

    def _table(self, key: str, head: tuple[str, ...], rows: tuple[tuple[tuple[Part, ...], ...], ...]) -> Section:
        return Section(self.say("show", key), table=Table(head, rows))

    def _option(self, name: str) -> tuple[Part, ...]:
        for kind in ("intervention", "comparator"):
            if name in self.kinds[kind]:
                return (Ref(kind, name, self.kinds[kind][name].name),)
        return (name,)

    def _fact_ref(self, name: str) -> Ref:
        return Ref("fact", name, self.say.fact(name))

    def _rests(self, mark: str, because: Iterable[str]) -> tuple[Part, ...]:
        """Mark and sources behind a statement."""
        return (*((" ", Marked(mark)) if mark else ()), *self._cites(because))

    def _cites(self, names: Iterable[str]) -> Iterator[Part]:
        for name in names:
            if name:
                yield " "
                yield self._source_ref(name)

    def _source_ref(self, name: str) -> Ref:
        return Ref("source", name, self.say.source(name))


def _concept(name: str) -> str:
    """A concept in words."""
    return name.replace("_", " ").replace(":", ": ")


def _band(row: ScorePoints) -> str:
    """The value or band of numbers that gives these points."""
    if row.is_ is not None:
        return row.is_.replace("-", " ")
    limits = [(key, getattr(row, key)) for key in COMPARATORS]
    return " and ".join(f"{key.replace('_', ' ')} {plain(limit)}" for key, limit in limits if limit is not None)


def _hours(low: Any, high: Any) -> str:
    if low is None:
        return ""
    return f"{plain(low)} to {plain(high)} h" if high not in (None, low) else f"{plain(low)} h"
