"""Mutation check of the knowledge: change each limit, comparator, window, value and effect once; does a case turn red?

Also to which interventions a safety rule applies, the points of the scores, the bands of survival and the intervals
of the antithrombotic drugs.

    python tools/mutate.py [--only PART] [--changed REVISION] [--jobs N] [--sample N --seed S] [--report FILE]

One change at a time, in memory.  A change that no case notices survives.  `--changed main` takes the entries that
differ from another revision.  What was found stands in `out/mutation/` under the digest of knowledge and code, so
that an interrupted run goes on where it ended.
Survivors that cannot change any answer are listed with their reason in `knowledge/cases/equivalent.txt`.
"""

import argparse
import hashlib
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from functools import cache
from pathlib import Path

import msgspec

from fourthstep.assessment.cases import CaseFile, Row, failures, patient, read_cases
from fourthstep.assessment.reasons import applies
from fourthstep.facts.derive import Facts
from fourthstep.facts.fact import Fact as TakenFact
from fourthstep.facts.pains import Pain
from fourthstep.ground.dates import days
from fourthstep.knowledge.load import Knowledge, knowledge_folder, load_knowledge, read_knowledge
from fourthstep.knowledge.models import (
    Criterion,
    Fact,
    HoldRules,
    Intervention,
    Prognosis,
    Question,
    SafetyRule,
    Score,
    ScoreItem,
    ScorePoints,
    Survival,
)
from fourthstep.knowledge.tables import SafetyTables
from fourthstep.rules.ask import Answer, Inquiry

STEP = {"below": "at_most", "at_most": "below", "at_least": "above", "above": "at_least"}
FLIP = {"below": "at_least", "at_most": "above", "at_least": "below", "above": "at_most"}
EFFECTS = {"lasting-stop": "caution", "correctable-stop": "caution", "caution": "correctable-stop"}
RECORDED = ("condition", "drug", "procedure", "allergy", "goal")
SILENCES = {"vouched": ("unknown",), "unknown": ("vouched",)}
SPOKEN = ("word", "timing", "fit", "criterion", "rule", "leg", "syndrome", "fact")
SECTIONS = ("lasting_stops", "correctable_stops", "cautions")
SURVIVAL = ("at_least", "at_most", "perhaps_from", "perhaps_to")
LIMITS = ("at_least", "at_most", "above", "below")
DECISIONS = {"hold_plus_lab": "hold", "continue": "shared"}
"""What a decision is changed to; every other one to no interruption."""
ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = knowledge_folder() / "cases" / "equivalent.txt"


class Mutant(msgspec.Struct, frozen=True):
    """One change: where, what, and the changed knowledge is made when it is run."""

    where: str
    what: str
    path: tuple[str, ...]
    """Part of the knowledge, key, section, index."""
    change: str
    leaf: int = 0

    @property
    def id(self) -> str:
        return f"{self.where}: {self.what}"


# -- which changes -----------------------------------------------------------------------------------------------


def mutants(knowledge: Knowledge) -> Iterator[Mutant]:
    """Every change of the interventions, safety, red flags, rules, legs, syndromes, facts, scores, bands and intervals."""
    yield from of_interventions(knowledge)
    yield from of_applications(knowledge)
    for name, score in knowledge.scores.items():
        yield from of_score(name, score)
    yield from of_prognosis(knowledge)
    yield from of_holds(knowledge)
    for part in ("safety", "red_flags"):
        for index, criterion in enumerate(getattr(knowledge, part)):
            yield from of_criterion(criterion.id, criterion, (part, str(index)), stops=part == "safety")
    for name, rule in knowledge.rules.items():
        for key in ("when", "yes_when", "no_when"):
            if getattr(rule, key) is not None:
                yield from of_question(f"{name}.{key}", getattr(rule, key), ("rules", name, key))
    for name, leg in knowledge.legs.items():
        for index, state in enumerate(leg.states):
            yield from of_question(f"{name}.{index}", state.when, ("legs", name, str(index)))
    for name, syndrome in knowledge.syndromes.items():
        yield from of_question(f"{name}.certain", syndrome.certain, ("syndromes", name, "certain"))
        yield from of_question(f"{name}.possible", syndrome.possible, ("syndromes", name, "possible"))
    for name, fact in knowledge.facts.items():
        yield from of_fact(name, fact)


def of_interventions(knowledge: Knowledge) -> Iterator[Mutant]:
    """The changes of what the interventions ask: stops, cautions, fit and line."""
    for name, each in knowledge.interventions.items():
        for section in SECTIONS:
            for index, criterion in enumerate(getattr(each, section)):
                path = ("interventions", name, section, str(index))
                yield from of_criterion(f"{name}/{criterion.id}", criterion, path, stops=section != "cautions")
        if each.fits is not None:
            yield from of_question(f"{name}/fits", each.fits, ("interventions", name, "fits"))
        if each.line.when is not None:
            yield from of_question(f"{name}/line", each.line.when, ("interventions", name, "line"))
        if each.line.also_when is not None:
            yield from of_question(f"{name}/also", each.line.also_when, ("interventions", name, "also"))
        for key in SURVIVAL:
            if getattr(each.survival, key):
                yield from (Mutant(f"{name}/survival", f"{key} {how}", ("interventions", name, "survival"), f"{key} {how}")
                            for how in ("longer", "shorter"))  # fmt: skip


def of_criterion(where: str, criterion: Criterion, path: tuple[str, ...], *, stops: bool) -> Iterator[Mutant]:
    """The changes of a criterion: its question, and what it does."""
    yield from of_question(where, criterion.when, path)
    if stops:
        yield Mutant(where, "effect changed", path, "effect")


def of_fact(name: str, fact: Fact) -> Iterator[Mutant]:
    """The changes of how a fact is taken, as far as the engine reads them for its kind."""
    found = []
    if fact.kind in RECORDED and not fact.values:
        found += [f"silence {each}" for each in SILENCES[fact.silence]]
    if fact.episode:
        found += ["episode longer", "episode shorter"]
    if fact.kind == "measurement" and fact.ties:
        found.append("ties flipped")
    if fact.readable and (fact.kind == "measurement" or fact.take == "days"):
        found += [f"readable {end} {how}" for end in ("low", "high") for how in ("raised", "lowered")]
    yield from (Mutant(f"fact {name}", change, ("facts", name), change) for change in found)


def of_applications(knowledge: Knowledge) -> Iterator[Mutant]:
    """The changes of what a safety rule applies to: without an attribute, without a value; where they reach any option."""
    for index, rule in enumerate(knowledge.safety):
        for key, values in rule.applies_to.items():
            for change in (f"applies without {key}", *(f"applies without {key} {value}" for value in values)):
                changed_rule = narrower(rule, change)
                if concerned(changed_rule, knowledge) != concerned(rule, knowledge):
                    yield Mutant(rule.id, change, ("safety", str(index)), change)


def concerned(rule: SafetyRule, knowledge: Knowledge) -> set[str]:
    """The interventions that a safety rule applies to."""
    return {name for name, each in knowledge.interventions.items() if applies(rule, each, knowledge.tables.bleeding[name])}


def of_score(name: str, score: Score) -> Iterator[Mutant]:
    """The changes of a score: points, limits of the bands of numbers, windows, and what it cannot do without."""
    for index, item in enumerate(score.items):
        path = ("scores", name, str(index))
        changes = [f"{row}, points more" for row in range(len(item.points))]
        changes += [f"{number}, {key} {how}" for number, row in enumerate(item.points) for key in LIMITS
                    if getattr(row, key) is not None for how in ("stepped", "raised", "lowered")]  # fmt: skip
        changes += [f"window, {how}" for how in ("longer", "shorter") if item.within]
        yield from (Mutant(name, f"{item.fact} {change}", path, change) for change in changes)
    yield from (Mutant(name, f"without required {fact}", ("scores", name), fact) for fact in score.requires)


def of_prognosis(knowledge: Knowledge) -> Iterator[Mutant]:
    """The changes of the rows that give a band of survival, and of the band they give."""
    for part in ("estimate", "scores"):
        for index, row in enumerate(getattr(knowledge.prognosis, part)):
            path = ("prognosis", part, str(index))
            yield from of_question(f"prognosis {row.says}", row.when, path)
            yield Mutant(f"prognosis {row.says}", "another band", path, "band")


def of_holds(knowledge: Knowledge) -> Iterator[Mutant]:
    """The changes of the intervals that decide: an hour more, an hour less, another decision; and of their limits."""
    for index, row in enumerate(knowledge.tables.holds):
        if row.source in knowledge.holds.beside:
            continue
        where = f"hold {row.drug} {row.condition} {row.risk_class}"
        found = ["decision"] + (["hours more", "hours less"] if row.decision.startswith("hold") else [])
        yield from (Mutant(where, change, ("tables", str(index), f"hold {row.drug}"), change) for change in found)
    for limit in ("inr", "once", "twice", "heparin", "lookback", *(f"renal {drug}" for drug in knowledge.holds.renal)):
        for change in (f"{limit} raised", f"{limit} lowered"):
            yield Mutant("holds", change, ("holds",), change)


def of_question(where: str, question: Question, path: tuple[str, ...]) -> Iterator[Mutant]:
    """The changes of every leaf."""
    for index, leaf in enumerate(leaves(question)):
        for change in changes(leaf):
            yield Mutant(where, f"leaf {index}, {change}", path, change, index)


def leaves(question: Question) -> Iterator[Question]:
    """All leaves, in order."""
    parts = [*(question.all or ()), *(question.any or ()), *(question.none or ())]
    if not parts:
        yield question
    for part in parts:
        yield from leaves(part)


def changes(leaf: Question) -> Iterator[str]:
    """What can be changed in a leaf."""
    for key in STEP:
        if getattr(leaf, key) is not None:
            yield from (f"{key} stepped", f"{key} flipped", f"{key} raised", f"{key} lowered")
    if leaf.within is not None:
        yield from ("within longer", "within shorter")
    if isinstance(leaf.is_, bool):
        yield "is negated"
    elif isinstance(leaf.is_, str) and leaf.fact is not None:
        yield "is another value"
    for value in leaf.in_ or ():
        if len(leaf.in_ or ()) > 1:
            yield f"in without {value}"
    if leaf.on_days is not None:
        yield "on_days more"
    if leaf.rule is not None:
        yield "rule negated"


# -- making one -----------------------------------------------------------------------------------------------------


def mutated(knowledge: Knowledge, mutant: Mutant) -> Knowledge:
    """The knowledge with one change."""
    part, *rest = mutant.path
    if part in ("safety", "red_flags"):
        entries = list(getattr(knowledge, part))
        entries[int(rest[0])] = changed_criterion(entries[int(rest[0])], mutant)
        return msgspec.structs.replace(knowledge, **{part: tuple(entries)})
    if part in ("prognosis", "tables", "holds"):
        return msgspec.structs.replace(knowledge, **{part: CHANGED[part](getattr(knowledge, part), rest, mutant)})
    table = dict(getattr(knowledge, part))
    table[rest[0]] = changed_entry(part, table[rest[0]], rest[1:], mutant)
    return msgspec.structs.replace(knowledge, **{part: table})


def changed_entry(part: str, entry: msgspec.Struct, rest: list[str], mutant: Mutant) -> msgspec.Struct:
    """One rule, leg or intervention with the change."""
    if part in ("rules", "syndromes"):
        return msgspec.structs.replace(entry, **{rest[0]: changed(getattr(entry, rest[0]), mutant)})
    if part == "facts":
        return changed_fact(entry, mutant.change)
    if part == "scores":
        return changed_score(entry, rest, mutant.change)
    if part == "legs":
        states = list(entry.states)
        index = int(rest[0])
        states[index] = msgspec.structs.replace(states[index], when=changed(states[index].when, mutant))
        return msgspec.structs.replace(entry, states=states)
    if rest[0] in ("fits", "line", "also", "survival"):
        return changed_part(entry, rest[0], mutant)
    section, index = rest[0], int(rest[1])
    criteria = list(getattr(entry, section))
    if mutant.change == "effect":
        moved = criteria.pop(index)
        return msgspec.structs.replace(entry, **{section: criteria}, cautions=[*entry.cautions, moved])
    criteria[index] = changed_criterion(criteria[index], mutant)
    return msgspec.structs.replace(entry, **{section: criteria})


def changed_part(entry: Intervention, part: str, mutant: Mutant) -> Intervention:
    """An intervention with the change in its fit, its line, or its limits of survival."""
    replace = msgspec.structs.replace
    if part == "fits":
        return replace(entry, fits=changed(entry.fits, mutant))
    if part == "survival":
        return replace(entry, survival=changed_survival(entry.survival, mutant.change))
    key = "when" if part == "line" else "also_when"
    return replace(entry, line=replace(entry.line, **{key: changed(getattr(entry.line, key), mutant)}))


def changed_survival(survival: Survival, change: str) -> Survival:
    """A prognosis with one limit a band longer or shorter."""
    key, _, how = change.partition(" ")
    bands = load_knowledge().prognosis.bands
    place = bands.index(getattr(survival, key)) + (1 if how == "longer" else -1)
    return msgspec.structs.replace(survival, **{key: bands[min(max(place, 0), len(bands) - 1)]})


def changed_fact(fact: Fact, change: str) -> Fact:
    """A fact with the change."""
    key, _, how = change.partition(" ")
    replace = msgspec.structs.replace
    if key == "silence":
        return replace(fact, silence=how)
    if key == "episode":
        return replace(fact, episode=f"{days(fact.episode) + (1 if how == 'longer' else -1)} d")
    if key == "ties":
        return replace(fact, ties="lowest" if fact.ties == "highest" else "highest")
    end, _, how = how.partition(" ")
    ends = list(fact.readable)
    index = 0 if end == "low" else 1
    step = abs(ends[index]) / 10 or Decimal("0.1")
    ends[index] += step if how == "raised" else -step
    return replace(fact, readable=ends)


def changed_score(score: Score, rest: list[str], change: str) -> Score:
    """A score with the change."""
    replace = msgspec.structs.replace
    if not rest:
        return replace(score, requires=[fact for fact in score.requires if fact != change])
    items = list(score.items)
    items[int(rest[0])] = changed_item(items[int(rest[0])], change)
    return replace(score, items=items)


def changed_item(item: ScoreItem, change: str) -> ScoreItem:
    """One item of a score with the change."""
    which, _, what = change.partition(", ")
    if which == "window":
        return msgspec.structs.replace(item, within=f"{days(item.within or '0 d') + (1 if what == 'longer' else -1)} d")
    rows = list(item.points)
    rows[int(which)] = changed_points(rows[int(which)], what)
    return msgspec.structs.replace(item, points=rows)


def changed_points(row: ScorePoints, what: str) -> ScorePoints:
    """The points of one value or band of numbers with the change."""
    key, _, how = what.partition(" ")
    if key == "points":
        return msgspec.structs.replace(row, points=row.points + 1)
    limit = getattr(row, key)
    if how == "stepped":
        return msgspec.structs.replace(row, **{key: None, STEP[key]: limit})
    return msgspec.structs.replace(row, **{key: limit * (Decimal("1.1") if how == "raised" else Decimal("0.9"))})


def changed_prognosis(prognosis: Prognosis, rest: list[str], mutant: Mutant) -> Prognosis:
    """The bands of survival with the change."""
    part, index = rest[0], int(rest[1])
    rows = list(getattr(prognosis, part))
    if mutant.change == "band":
        bands = prognosis.bands
        rows[index] = msgspec.structs.replace(rows[index], band=bands[(bands.index(rows[index].band) + 1) % len(bands)])
    else:
        rows[index] = msgspec.structs.replace(rows[index], when=changed(rows[index].when, mutant))
    return msgspec.structs.replace(prognosis, **{part: rows})


def changed_intervals(tables: SafetyTables, rest: list[str], mutant: Mutant) -> SafetyTables:
    """The table of intervals with the change."""
    rows = list(tables.holds)
    row = rows[int(rest[0])]
    if mutant.change == "decision":
        rows[int(rest[0])] = msgspec.structs.replace(row, decision=DECISIONS.get(row.decision, "continue"))
    else:
        hours = (row.hours_max or row.hours or Decimal(0)) + (1 if mutant.change == "hours more" else -1)
        rows[int(rest[0])] = msgspec.structs.replace(row, hours_max=hours)
    return msgspec.structs.replace(tables, holds=tuple(rows))


def changed_holds(holds: HoldRules, _: list[str], mutant: Mutant) -> HoldRules:
    """The limits by which an interval is chosen with the change."""
    what, _, how = mutant.change.rpartition(" ")
    replace, factor = msgspec.structs.replace, Decimal("1.1") if how == "raised" else Decimal("0.9")
    low, heparin = holds.enoxaparin_prophylactic, holds.heparin_low_dose
    if what.startswith("renal"):
        drug = what.removeprefix("renal ")
        return replace(holds, renal={**holds.renal, drug: holds.renal[drug] * factor})
    changes = {
        "inr": {"inr_normal": replace(holds.inr_normal, at_most=holds.inr_normal.at_most * factor)},
        "once": {"enoxaparin_prophylactic": replace(low, a_day=(low.a_day or 0) * factor)},
        "twice": {"enoxaparin_prophylactic": replace(low, per_dose_twice=(low.per_dose_twice or 0) * factor)},
        "heparin": {"heparin_low_dose": replace(heparin, per_dose=(heparin.per_dose or 0) * factor)},
        "lookback": {"lookback": f"{days(holds.lookback) + (1 if how == 'raised' else -1)} d"},
    }
    return replace(holds, **changes[what])


CHANGED = {"prognosis": changed_prognosis, "tables": changed_intervals, "holds": changed_holds}


def narrower(rule: SafetyRule, change: str) -> SafetyRule:
    """A safety rule that applies without one of its attributes (to more), or without one value (to fewer)."""
    key, _, value = change.removeprefix("applies without ").partition(" ")
    kept = {name: values for name, values in rule.applies_to.items() if name != key}
    if value:
        kept[key] = [each for each in rule.applies_to[key] if each != value]
    return msgspec.structs.replace(rule, applies_to=kept)


def changed_criterion(criterion: Criterion, mutant: Mutant) -> Criterion:
    """A criterion with the change."""
    if isinstance(criterion, SafetyRule) and mutant.change.startswith("applies"):
        return narrower(criterion, mutant.change)
    if mutant.change == "effect":
        return msgspec.structs.replace(criterion, effect=EFFECTS[criterion.effect])
    return msgspec.structs.replace(criterion, when=changed(criterion.when, mutant))


def changed(question: Question, mutant: Mutant) -> Question:
    """A question with one leaf changed."""
    counter = iter(range(10_000))

    def walk(each: Question) -> Question:
        for key in ("all", "any", "none"):
            parts = getattr(each, key)
            if parts:
                return msgspec.structs.replace(each, **{key: [walk(part) for part in parts]})
        return changed_leaf(each, mutant.change) if next(counter) == mutant.leaf else each

    return walk(question)


def changed_leaf(leaf: Question, change: str) -> Question:
    """One leaf with the change."""
    key, _, how = change.partition(" ")
    replace = msgspec.structs.replace
    if key == "within":
        span = days(leaf.within or "0 d")
        return replace(leaf, within=f"{span + 1 if how == 'longer' else max(span - 1, 0)} d")
    if change == "is negated":
        return replace(leaf, is_=not leaf.is_)
    if change == "rule negated":
        return Question(none=[leaf])
    if change == "is another value":
        return replace(leaf, is_=next_value(leaf))
    if key == "in":
        return replace(leaf, in_=[value for value in leaf.in_ or [] if value != how.removeprefix("without ")])
    if key == "on_days":
        return replace(leaf, on_days=(leaf.on_days or 1) + 1)
    limit = getattr(leaf, key)
    if how in ("stepped", "flipped"):
        return replace(leaf, **{key: None, (STEP if how == "stepped" else FLIP)[key]: limit})
    return replace(leaf, **{key: moved(leaf, limit, up=how == "raised")})


def next_value(leaf: Question) -> str:
    """The value that stands after the one asked for."""
    values = load_knowledge().facts[str(leaf.fact)].values
    return values[(values.index(str(leaf.is_)) + 1) % len(values)]


def moved(leaf: Question, limit: str, *, up: bool) -> str:
    """A limit a tenth up or down, at least one for what is counted; for ordered words the next one."""
    fact = load_knowledge().facts[str(leaf.fact)]
    values = fact.values
    if values:
        index = values.index(limit) + (1 if up else -1)
        return values[min(max(index, 0), len(values) - 1)]
    number = float(limit)
    step = abs(number) * 0.1 or 0.1
    if fact.kind == "computed" and fact.unit in ("1", "d"):
        step = max(step, 1)
    return f"{number + step if up else number - step:g}"


# -- running ---------------------------------------------------------------------------------------------------------


def survives(mutant: Mutant) -> bool:
    """Does no case notice?"""
    knowledge = load_knowledge()
    changed_knowledge = mutated(knowledge, mutant)
    if changed_knowledge == knowledge:
        return False
    for file, row in nearest_first(mutant):
        try:
            if failures(patient(file.base, row), row.expect, changed_knowledge):
                return False
        except (KeyError, ValueError):
            return False
    return True


def nearest_first(mutant: Mutant) -> list[tuple[CaseFile, Row]]:
    """The rows in which the change can show, those that name what was changed first: most changes are noticed there."""
    names = {mutant.where, mutant.where.removeprefix("fact "), mutant.where.rpartition(".")[0], *mutant.path}
    fits_first = mutant.path[-1] == "survival"
    rows = [each for number, each in enumerate(sound_rows()[0]) if reaches(mutant, each[1], 1 << number)]
    return sorted(rows, key=lambda each: _distance(each[1], names, fits_first=fits_first))


def reaches(mutant: Mutant, row: Row, bit: int) -> bool:
    """Can the change show in this row?  A question in no row that does not ask it, an effect in no row without options."""
    if mutant.path[0] == "facts":
        return bool(touches().get(mutant.path[1], 0) & bit)
    question = question_of(mutant)
    if question is not None:
        return bool(touches().get(id(list(leaves(question))[mutant.leaf]), 0) & bit)
    if mutant.change == "effect" or mutant.change.startswith("applies") or mutant.path[-1] == "survival":
        expect = row.expect
        return bool(expect.pathway or expect.word or expect.timing or expect.fit or expect.first)
    return True


def question_of(mutant: Mutant) -> Question | None:
    """The question whose leaf is changed; None where the change is of another kind."""
    if mutant.change in ("effect", "band") or mutant.change.startswith("applies") or mutant.path[-1] == "survival":
        return None
    part, *rest = mutant.path
    entries = getattr(load_knowledge(), part)
    if part in ("safety", "red_flags"):
        return entries[int(rest[0])].when
    if part in ("rules", "syndromes"):
        return getattr(entries[rest[0]], rest[1])
    if part == "legs":
        return entries[rest[0]].states[int(rest[1])].when
    if part == "interventions":
        each = entries[rest[0]]
        places = {"fits": each.fits, "line": each.line.when, "also": each.line.also_when}
        return places[rest[1]] if rest[1] in places else getattr(each, rest[1])[int(rest[2])].when
    return None


@cache
def touches() -> dict[int | str, int]:
    """Question, by its identity, or fact, by its name -> the sound rows that look at it, a bit for each."""
    found: dict[int | str, int] = {}
    rows, asking, taking, bit = sound_rows()[0], Inquiry.ask, Facts.of, 0

    def ask(inquiry: Inquiry, question: Question, pain: Pain | None = None) -> Answer:
        for each in _inside(id(question), question):
            found[each] = found.get(each, 0) | bit
        return asking(inquiry, question, pain)

    def of(facts: Facts, name: str, pain: Pain | None = None) -> TakenFact:
        found[name] = found.get(name, 0) | bit
        return taking(facts, name, pain)

    Inquiry.ask, Facts.of = ask, of
    try:
        for number, (file, row) in enumerate(rows):
            bit = 1 << number
            failures(patient(file.base, row), row.expect, load_knowledge())
    finally:
        Inquiry.ask, Facts.of = asking, taking
    return found


_INSIDE: dict[int, tuple[int, ...]] = {}


def _inside(key: int, question: Question) -> tuple[int, ...]:
    """The identities of a question and of all its leaves."""
    if key not in _INSIDE:
        _INSIDE[key] = (key, *(id(leaf) for leaf in leaves(question)))
    return _INSIDE[key]


def _distance(row: Row, names: set[str], *, fits_first: bool) -> int:
    """Where a row stands: a change of survival shows in the fit of the intervention before all else."""
    if fits_first and names & set(row.expect.fit):
        return 0
    return 1 if names & named(row) or names & spoken(row) else 2


def spoken(row: Row) -> set[str]:
    """What a row names before its colon, and the drugs it is about."""
    drugs = [f"hold {each.drug}" for each in row.drugs or ()]
    return {row.says.partition(":")[0], *drugs, "holds" if drugs else ""}


@cache
def sound_rows() -> tuple[list[tuple[CaseFile, Row]], list[str]]:
    """The rows that hold for the knowledge as it is, and those that do not: a red row would notice everything."""
    knowledge = load_knowledge()
    sound, red = [], []
    for name, file in CASES.items():
        for row in file.rows:
            if failures(patient(file.base, row), row.expect, knowledge):
                red.append(f"{name}: {row.says}")
            else:
                sound.append((file, row))
    return sound, red


def named(row: Row) -> set[str]:
    """What a row's expectation speaks of."""
    parts = (getattr(row.expect, part) for part in SPOKEN)
    return {name for part in parts for name in part}


CASES = read_cases(knowledge_folder() / "cases")


def differs(mutant: Mutant, now: Knowledge, then: Knowledge) -> bool:
    """Is the entry that is changed another one than it was?"""
    return _entry(mutant, now) != _entry(mutant, then)


def _entry(mutant: Mutant, knowledge: Knowledge) -> object:
    part = getattr(knowledge, mutant.path[0])
    if isinstance(part, dict):
        return part.get(mutant.path[1])
    return next((each for each in part if each.id == mutant.where), None) if isinstance(part, tuple) else part


def knowledge_of(revision: str) -> Knowledge:
    """The knowledge as another revision has it; what is only read, and so never changed, is that of today."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "archive", "-o", f"{folder}/knowledge.tar", revision, "knowledge"],  # noqa: S603, S607
                       check=True, cwd=ROOT)  # fmt: skip
        with tarfile.open(f"{folder}/knowledge.tar") as packed:
            packed.extractall(folder, filter="data")
        then = Path(folder) / "knowledge"
        shutil.copytree(ROOT / "knowledge" / "references", then / "references", dirs_exist_ok=True)
        shutil.copy(ROOT / "knowledge" / "disagreements.yaml", then)
        return read_knowledge(then)


class Journal:
    """What was found so far, under the digest of everything that decides it."""

    def __init__(self, folder: Path) -> None:
        digest = hashlib.sha256()
        for path in sorted([*knowledge_folder().rglob("*.yaml"), *(ROOT / "src").rglob("*.py"), Path(__file__)]):
            digest.update(path.read_bytes())
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{digest.hexdigest()[:16]}.tsv"
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        self.found = dict(line.split("\t") for line in lines if line.count("\t") == 1)

    def survived(self, chosen: list[Mutant], jobs: int) -> list[Mutant]:
        """Those that no case notices; each new answer is written at once."""
        left = [each for each in chosen if each.id not in self.found]
        with self.path.open("a", encoding="utf-8") as file, ProcessPoolExecutor(jobs) as pool:
            for each, alive in zip(left, pool.map(survives, left, chunksize=4), strict=True):
                self.found[each.id] = "survived" if alive else "noticed"
                file.write(f"{each.id}\t{self.found[each.id]}\n")
                file.flush()
        return [each for each in chosen if self.found[each.id] == "survived"]


def main() -> None:
    """Run the check and print the table of survivors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--changed", default="", metavar="REVISION")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--at-least", type=float, default=0.0)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    chosen = [each for each in mutants(load_knowledge()) if options.only in each.id]
    if options.changed:
        then = knowledge_of(options.changed)
        chosen = [each for each in chosen if differs(each, load_knowledge(), then)]
    if options.sample:
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))  # noqa: S311
    touches()  # before the processes part: each gets what was found
    for each in sound_rows()[1]:
        print(f"left out, does not hold: {each}")
    survived = Journal(ROOT / "out" / "mutation").survived(chosen, options.jobs)
    known = set(EQUIVALENT.read_text(encoding="utf-8").splitlines()) if EQUIVALENT.exists() else set()
    known = {line.partition(" # ")[0] for line in known}
    open_ones = [each for each in survived if each.id not in known]
    lines = [f"{each.id}" for each in open_ones]
    score = 1 - len(open_ones) / len(chosen) if chosen else 1.0
    lines.append(f"{len(chosen)} changes, {len(chosen) - len(survived)} noticed, "
                 f"{len(survived) - len(open_ones)} equivalent, {len(open_ones)} survived: {score:.1%}")  # fmt: skip
    text = "\n".join(lines)
    print(text)
    if options.report:
        options.report.write_text(text + "\n", encoding="utf-8")
    sys.exit(score < options.at_least)


if __name__ == "__main__":
    main()
