"""Does the knowledge hold together?  Every name exists, every unit fits, every source can be resolved.

Mistakes found here stop the start; they carry file, line, caret and remedy.
"""

import difflib
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from fourthstep.ground.dates import days
from fourthstep.knowledge.codes import DONE
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.models import (
    Attributes,
    BleedingClass,
    Criterion,
    Disagreement,
    Fact,
    Intervention,
    LegState,
    Question,
    Reference,
    Rule,
    SafetyRule,
    Score,
    Survival,
    Syndrome,
    Window,
)
from fourthstep.knowledge.opioids import TimingCode, UnitWord
from fourthstep.knowledge.reader import Reading

_NUMERIC = ("below", "at_most", "at_least", "above")
_FORMS = ("all", "any", "none", "fact", "rule", "leg")
_BOOLEANS = ("true", "false")


def check_references(knowledge: Knowledge, reading: Reading) -> None:
    """Note every broken reference in `reading`."""
    _Check(knowledge, reading).run()


class _Check:
    def __init__(self, knowledge: Knowledge, reading: Reading) -> None:
        self.knowledge = knowledge
        self.reading = reading
        codes = knowledge.codes
        self.concepts = {row[4] for row in codes.codes} | {row[2] for row in codes.ingredients}
        self.concepts |= {f"{DONE}{name}" for name in knowledge.interventions}
        self.drugs = {name for name, _, _ in codes.ingredients} | {row.drug for row in knowledge.tables.holds}

    def run(self) -> None:
        for name, fact in self.knowledge.facts.items():
            self._fact(name, fact)
        for rule in self.knowledge.rules.values():
            self._rule(rule)
        for leg in self.knowledge.legs.values():
            self._because(leg, leg.because)
            for state in leg.states:
                self._question(state.when)
        for score in self.knowledge.scores.values():
            self._score(score)
        for row in (*self.knowledge.prognosis.estimate, *self.knowledge.prognosis.scores):
            self._question(row.when)
        for criterion in (*self.knowledge.red_flags, *self.knowledge.safety):
            self._criterion(criterion)
        for intervention in self.knowledge.interventions.values():
            self._intervention(intervention)
        for comparator in self.knowledge.comparators.values():
            self._because(comparator, comparator.sources, "sources")
        for syndrome in self.knowledge.syndromes.values():
            self._syndrome(syndrome)
        for disagreement in self.knowledge.disagreements.values():
            self._disagreement(disagreement)
        for reference in self.knowledge.references.values():
            self._reference(reference)
        self._opioids()
        self._causes_of_cancer()
        self._windows()
        self._unique_ids()
        self._cycles()

    def _causes_of_cancer(self) -> None:
        pains, causes = self.knowledge.pains, self.knowledge.facts["pain_cause"].values
        for key in ("of_cancer", "perhaps_of_cancer"):
            for cause in getattr(pains, key):
                if cause not in causes:
                    self._wrong(pains, key, f"`{cause}` is no value of `pain_cause`", _near(cause, causes))

    # -- entries -------------------------------------------------------------------------------------------

    def _fact(self, name: str, fact: Fact) -> None:
        for concept in fact.concepts:
            group = concept.removesuffix("*")
            known = (
                any(each.startswith(group) for each in self.concepts) if concept.endswith(":*") else concept in self.concepts
            )
            if not known:
                self._wrong(fact, "concepts", f"no code means `{concept}`", _near(concept, self.concepts))
        recorded = fact.kind in ("measurement", "condition", "drug", "procedure", "allergy")
        if recorded and not fact.concepts:
            self._wrong(fact, "", f"`{name}` is a {fact.kind} and needs `concepts`")
        if fact.kind == "measurement" and (fact.unit is None or fact.take is None):
            self._wrong(fact, "", f"`{name}` is a measurement and needs `unit` and `take`")
        if fact.where is not None:
            self._question(fact.where)
            if fact.kind != "bedside":
                self._wrong(fact, "where", f"`{name}` is not asked at the bedside", "Only a bedside fact has `where`.")
        if fact.failed and fact.kind != "bedside":
            self._wrong(fact, "failed", f"`{name}` is not asked at the bedside", "Only a bedside fact has `failed`.")
        self._meant(fact, "failed", fact.failed)
        self._duration(fact, "episode", fact.episode or None)
        self._because(fact, fact.because)

    def _rule(self, rule: Rule) -> None:
        if (rule.when is None) == (rule.yes_when is None and rule.no_when is None):
            self._wrong(rule, "", "a rule has either `when`, or `yes_when` and `no_when`")
        for question in (rule.when, rule.yes_when, rule.no_when):
            if question is not None:
                self._question(question)
        self._because(rule, rule.because)

    def _score(self, score: Score) -> None:
        for item in score.items:
            fact = self._known_fact(item, item.fact)
            self._duration(item, "within", item.within)
            for points in item.points:
                if fact and points.is_ is not None and fact.values and points.is_ not in fact.values:
                    self._wrong(points, "is", f"`{points.is_}` is no value of {item.fact}", _near(points.is_, fact.values))
        for name in score.requires:
            self._known_fact(score, name)
        self._because(score, score.because)

    def _criterion(self, criterion: Criterion) -> None:
        self._question(criterion.when)
        self._because(criterion, criterion.because)
        if isinstance(criterion, SafetyRule):
            self._applies_to(criterion)
        windowed = any(question.within for question in walk(criterion.when))
        if windowed and criterion.marks.window is None:
            self._wrong(criterion, "marks", "a `within` needs its own mark", "Add `window: P` (or V, K) to `marks`.")
        bedside = [question for question in walk(criterion.when) if question.fact in self.knowledge.facts
                   and self.knowledge.facts[str(question.fact)].kind == "bedside"]  # fmt: skip
        if bedside and not criterion.bedside and not isinstance(criterion, SafetyRule):
            self._wrong(criterion, "when", "a bedside fact is asked, not recorded", "Add `bedside: true`.")

    def _applies_to(self, rule: SafetyRule) -> None:
        special: dict[str, Iterable[str]] = {
            "id": self.knowledge.interventions,
            "class": "ABCDEFG",
            "holds_class": get_args(BleedingClass),
            "lab_class": get_args(BleedingClass),
        }
        for key, values in rule.applies_to.items():
            if key in special:
                allowed = list(special[key])
            elif key in Attributes.__struct_fields__:
                hint = Attributes.__annotations__[key]
                allowed = list(_BOOLEANS) if hint is bool else list(get_args(hint))
            else:
                self._wrong(rule, "applies_to", f"there is no attribute `{key}`", _near(key, Attributes.__struct_fields__))
                continue
            for value in values:
                if value not in allowed:
                    self._wrong(rule, "applies_to", f"`{key}` cannot be `{value}`", f"It is one of {', '.join(allowed)}.")

    def _intervention(self, each: Intervention) -> None:
        if each.id not in self.knowledge.tables.bleeding:
            self._wrong(each, "id", f"`{each.id}` has no row in tables/procedure_bleeding_class.csv")
        for question in (each.fits, each.line.when, each.line.also_when):
            if question is not None:
                self._question(question)
        if each.line.also_when is not None and each.line.when is None:
            self._wrong(each.line, "also_when", "`also_when` adds to a `when`, and there is none")
        if (each.line.when is None) != (each.line.otherwise is None):
            self._wrong(each.line, "", "`when` and `otherwise` of a line stand together")
        for criterion in each.criteria:
            self._criterion(criterion)
        self._survival(each.survival)
        goals = self.knowledge.facts["goal_category"].values
        for goal in each.goals:
            if goal not in goals:
                self._wrong(each, "goals", f"`{goal}` is no goal", f"Goals: {', '.join(goals)}.")
        self._meant(each, "procedures", each.procedures)
        self._meant(each, "perhaps", each.perhaps)
        for statement in (*each.benefit, *each.harms, *each.evidence.dissent):
            self._because(statement, statement.because)
        for grade in each.evidence.grades:
            self._because(grade, [grade.guideline], "guideline")
        self._because(each, each.sources, "sources")
        self._because(each.line, each.line.because)
        self._because(each.survival, each.survival.because)

    def _survival(self, survival: Survival) -> None:
        bands = self.knowledge.prognosis.bands
        keys = [key for key in ("perhaps_from", "at_least", "at_most", "perhaps_to") if getattr(survival, key)]
        unknown = [key for key in keys if getattr(survival, key) not in bands]
        for key in unknown:
            self._wrong(survival, key, f"`{getattr(survival, key)}` is no band", f"Bands: {', '.join(bands)}.")
        places = [bands.index(getattr(survival, key)) for key in keys if key not in unknown]
        if places != sorted(places):
            self._wrong(survival, "", "the limits of the prognosis do not stand in order", f"Order: {', '.join(bands)}.")

    def _syndrome(self, syndrome: Syndrome) -> None:
        self._question(syndrome.certain)
        self._question(syndrome.possible)
        self._because(syndrome, syndrome.because)
        for option in syndrome.options:
            self._therapies(option, "ids", option.ids)

    # -- what is only read ----------------------------------------------------------------------------------

    def _disagreement(self, each: Disagreement) -> None:
        if not each.positions:
            self._wrong(each, "positions", f"`{each.id}` tells no position")
        if not each.name.endswith("?"):
            self._wrong(each, "name", "a disagreement is asked as a question", "End its name with a question mark.")
        for statement in each.positions:
            self._because(statement, statement.because)
        self._concerned(each)

    def _reference(self, each: Reference) -> None:
        if not each.tables and not each.statements:
            self._wrong(each, "", f"`{each.id}` holds neither a table nor a statement")
        for table in each.tables:
            if not table.rows:
                self._wrong(table, "rows", f"the table `{table.title}` has no row")
            for row in table.rows:
                if len(row.cells) != len(table.head):
                    self._wrong(row, "cells", f"the row has {len(row.cells)} cells, the head {len(table.head)}")
                self._because(row, row.because)
        for statement in each.statements:
            self._because(statement, statement.because)
        self._concerned(each)

    def _concerned(self, each: Disagreement | Reference) -> None:
        self._therapies(each, "interventions", each.interventions)
        for drug in each.drugs:
            if drug not in self.drugs:
                self._wrong(each, "drugs", f"there is no drug `{drug}`", _near(drug, self.drugs))

    def _therapies(self, entry: Any, key: str, names: Iterable[str]) -> None:
        known = [*self.knowledge.interventions, *self.knowledge.comparators]
        for name in names:
            if name not in known:
                self._wrong(entry, key, f"there is no intervention `{name}`", _near(name, known))

    # -- questions -------------------------------------------------------------------------------------------

    def _question(self, question: Question) -> None:
        forms = [form for form in _FORMS if getattr(question, form) is not None]
        if len(forms) != 1:
            self._wrong(question, "", "a question asks exactly one of all, any, none, fact, rule, leg")
            return
        for part in getattr(question, forms[0]) if forms[0] in ("all", "any", "none") else ():
            self._question(part)
        self._duration(question, "within", question.within)
        if question.rule is not None and question.rule not in self.knowledge.rules:
            self._wrong(question, "rule", f"there is no rule `{question.rule}`", _near(question.rule, self.knowledge.rules))
        if question.leg is not None:
            self._leg(question)
        if question.fact is not None:
            self._leaf(question)

    def _leg(self, question: Question) -> None:
        if question.leg not in self.knowledge.legs:
            self._wrong(question, "leg", f"there is no leg `{question.leg}`", _near(str(question.leg), self.knowledge.legs))
        for state in question.in_ or [str(question.is_)]:
            if state not in get_args(LegState):
                self._wrong(question, "in", f"`{state}` is no state of a leg", f"States: {', '.join(get_args(LegState))}.")

    def _leaf(self, question: Question) -> None:
        fact = self._known_fact(question, str(question.fact), "fact")
        if fact is None:
            return
        numeric = [key for key in _NUMERIC if getattr(question, key) is not None]
        if fact.values:
            self._words(question, fact, numeric)
        elif fact.unit is not None:
            self._number(question, fact, numeric)
        elif not isinstance(question.is_, bool):
            self._wrong(question, "fact", f"{question.fact} is yes or no", "Write `is: true` or `is: false`.")

    def _words(self, question: Question, fact: Fact, numeric: list[str]) -> None:
        asked = list(question.in_ or []) + ([question.is_] if isinstance(question.is_, str) else [])
        asked += [str(getattr(question, key)) for key in numeric]
        if numeric and not fact.ordered:
            self._wrong(question, numeric[0], f"the values of {question.fact} have no order", "Use `in: [...]`.")
        if not asked:
            self._wrong(question, "fact", f"{question.fact} has values", "Write `in: [...]`.")
        for word in asked:
            if word not in fact.values:
                self._wrong(question, "in" if question.in_ else "is", f"`{word}` is no value of {question.fact}",
                            _near(word, fact.values) or f"Values: {', '.join(fact.values)}.")  # fmt: skip

    def _number(self, question: Question, fact: Fact, numeric: list[str]) -> None:
        if not numeric:
            self._wrong(
                question, "fact", f"{question.fact} is a number", "Compare it: `below`, `at_most`, `at_least`, `above`."
            )
        for key in numeric:
            if not is_number(getattr(question, key)):
                self._wrong(question, key, f"`{getattr(question, key)}` is not a number")
        if question.unit != fact.unit:
            self._wrong(question, "unit", f"{question.fact} is counted in {fact.unit}", f"Write `unit: {fact.unit}`.")

    # -- the whole --------------------------------------------------------------------------------------------

    def _unique_ids(self) -> None:
        seen: set[str] = set()
        shared: list[Criterion] = [*self.knowledge.safety, *self.knowledge.red_flags]
        for criterion in shared:
            if criterion.id in seen:
                self._wrong(criterion, "id", f"`{criterion.id}` names two criteria")
            seen.add(criterion.id)
        for each in self.knowledge.interventions.values():
            own = [c.id for c in each.criteria]
            for name in {name for name in own if own.count(name) > 1 or name in seen}:
                self._wrong(each, "id", f"`{name}` names two criteria")

    def _cycles(self) -> None:
        """A rule that asks itself would never end."""
        needs = {name: _needed(rule) for name, rule in self.knowledge.rules.items()}
        needs |= {f"leg:{name}": {need for state in leg.states for need in _needs(state.when)}
                  for name, leg in self.knowledge.legs.items()}  # fmt: skip
        for name in needs:
            if name in _reach(name, needs):
                entry: Any = self.knowledge.rules.get(name) or self.knowledge.legs.get(name.removeprefix("leg:"))
                self._wrong(entry, "", f"`{name}` asks itself")

    def _known_fact(self, entry: Any, name: str, key: str = "fact") -> Fact | None:
        if name not in self.knowledge.facts:
            self._wrong(entry, key, f"there is no fact `{name}`", _near(name, self.knowledge.facts))
        return self.knowledge.facts.get(name)

    def _opioids(self) -> None:
        """Every reason and flag that the opioid files name has its sentence."""
        texts, opioids = self.knowledge.texts, self.knowledge.opioids
        for opioid in opioids.ingredients.values():
            for flag in opioid.flags:
                if flag not in texts["opioid_flag"]:
                    self._wrong(opioid, "flags", f"`{flag}` has no sentence", _near(flag, texts["opioid_flag"]))
        read: list[TimingCode | UnitWord] = [*opioids.dosage.timing.codes.values(), *opioids.dosage.units.units.values()]
        for entry in read:
            if entry.unread and entry.unread not in texts["opioid_reason"]:
                near = _near(entry.unread, texts["opioid_reason"])
                self._wrong(entry, "unread", f"`{entry.unread}` has no sentence", near)

    def _windows(self) -> None:
        windows = self.knowledge.windows
        for each in (getattr(windows, name) for name in windows.__struct_fields__):
            if isinstance(each, Window):
                self._because(each, each.because)

    def _meant(self, entry: Any, key: str, concepts: Iterable[str]) -> None:
        for concept in concepts:
            if concept not in self.concepts:
                self._wrong(entry, key, f"no code means `{concept}`", _near(concept, self.concepts))

    def _because(self, entry: Any, names: Iterable[str], key: str = "because") -> None:
        for name in names:
            if name not in self.knowledge.sources:
                self._wrong(entry, key, f"there is no source `{name}`", _near(name, self.knowledge.sources))

    def _duration(self, entry: Any, key: str, text: str | None) -> None:
        try:
            days(text or "0 d")
        except ValueError as error:
            self._wrong(entry, key, str(error))

    def _wrong(self, entry: Any, key: str, what: str, remedy: str = "") -> None:
        self.reading.mistake(entry, key, what, remedy)


def is_number(text: str) -> bool:
    """Is a limit written as a number?"""
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def walk(question: Question) -> Iterator[Question]:
    """The question and everything inside it."""
    yield question
    for part in (*(question.all or ()), *(question.any or ()), *(question.none or ())):
        yield from walk(part)


def _needs(question: Question) -> Iterator[str]:
    for each in walk(question):
        if each.rule is not None:
            yield each.rule
        if each.leg is not None:
            yield f"leg:{each.leg}"


def _needed(rule: Rule) -> set[str]:
    return {name for question in (rule.when, rule.yes_when, rule.no_when) if question for name in _needs(question)}


def _reach(name: str, needs: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(needs[name])
    while todo:
        each = todo.pop()
        if each not in found:
            found.add(each)
            todo += needs.get(each, ())
    return found


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=2)
    return f"Did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else ""
