"""What `fourthstep knowledge check` tells beyond mistakes: counts, entries nobody uses, cases that are missing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from fourthstep.assessment.cases import CaseFile, read_cases
from fourthstep.ground.errors import KnowledgeError, Mistake
from fourthstep.knowledge.check import walk
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.models import Criterion, Entry, Question
from fourthstep.knowledge.policy import all_criteria
from fourthstep.knowledge.reader import Reading

SIDES = ("false", "true", "unknown")


def review(knowledge: Knowledge, folder: Path, today: date) -> tuple[list[str], bool]:
    """Lines to print, and whether every criterion has its cases and nothing is left unused.

    Raises:
        KnowledgeError: a case file holds mistakes.
    """
    cases = read_cases(folder / "cases") if (folder / "cases").is_dir() else {}
    gaps = [*_absent(knowledge, folder), *_unwitnessed(knowledge, cases), *_unused(knowledge)]
    rows = sum(len(file.rows) for file in cases.values())
    lines = [
        (
            f"{len(knowledge.interventions)} interventions, {len(knowledge.comparators)} comparators, "
            f"{len(knowledge.syndromes)} syndromes, {len(knowledge.safety)} safety rules, "
            f"{len(knowledge.red_flags)} red flags, {len(knowledge.facts)} facts, "
            f"{len(knowledge.disagreements)} disagreements, {len(knowledge.references)} references, "
            f"{len(knowledge.sources)} sources"
        ),
        f"{len(all_criteria(knowledge))} criteria, {rows} cases",
        *gaps,
        *(f"warning: {part} was to be read again by {day}" for part, day in sorted(knowledge.review.items())
          if date.fromisoformat(day) < today),
        f"knowledge {knowledge.digest or 'read'}: " + ("nothing wrong" if not gaps else f"{len(gaps)} gaps"),
    ]  # fmt: skip
    return lines, not gaps


class Complete(Entry, frozen=True, kw_only=True):
    """What the clinical dossier holds (`complete.yaml`): every id must have its file, every flag and section its entries."""

    interventions: list[str]
    comparators: list[str]
    syndromes: list[str]
    red_flags: dict[str, list[str]]
    disagreements: dict[str, list[str]]
    """Numbered item of the dossier -> disagreements."""
    references: dict[str, list[str]]
    """Section of the dossier -> references."""


def read_complete(folder: Path) -> Complete:
    """The list of what must be there.

    Raises:
        KnowledgeError: the list is missing or holds mistakes.
    """
    path = folder / "complete.yaml"
    if not path.is_file():
        raise KnowledgeError([Mistake("knowledge/complete.yaml", 1, 0, "the file is missing")])
    return Reading().read_or_raise(path.read_text(encoding="utf-8"), "knowledge/complete.yaml", Complete)


def _absent(knowledge: Knowledge, folder: Path) -> Iterator[str]:
    """Ids of the dossier without a file, and files that no id of the list asks for."""
    complete = read_complete(folder)
    rules = [rule.id for rule in knowledge.red_flags]
    parts: list[tuple[str, Iterable[str], Iterable[str]]] = [
        ("interventions", complete.interventions, knowledge.interventions),
        ("comparators", complete.comparators, knowledge.comparators),
        ("syndromes", complete.syndromes, knowledge.syndromes),
        ("red-flags", _named(complete.red_flags), rules),
        ("disagreements", _named(complete.disagreements), knowledge.disagreements),
        ("references", _named(complete.references), knowledge.references),
    ]
    for part, wanted, found in parts:
        yield from (f"{part}: the dossier's `{name}` is missing" for name in sorted(set(wanted) - set(found)))
        yield from (f"{part}: `{name}` is not listed in complete.yaml" for name in sorted(set(found) - set(wanted)))


def _named(entries: dict[str, list[str]]) -> list[str]:
    """Every entry that stands for some part of the dossier."""
    return [name for names in entries.values() for name in names]


def sides_shown(cases: dict[str, CaseFile]) -> dict[str, set[str]]:
    """Criterion -> the answers that some case expects of it."""
    seen: dict[str, set[str]] = defaultdict(set)
    for row in (row for file in cases.values() for row in file.rows):
        for name, truth in row.expect.criterion.items():
            seen[name].add(truth)
    return seen


def _unwitnessed(knowledge: Knowledge, cases: dict[str, CaseFile]) -> Iterator[str]:
    """Criteria without a case on both sides and one unknown."""
    if not cases:
        return
    seen = sides_shown(cases)
    for name, _ in named_criteria(knowledge):
        missing = [side for side in SIDES if side not in seen.get(name, set())]
        if missing:
            yield f"no case shows `{name}` {' or '.join(missing)}"


def named_criteria(knowledge: Knowledge) -> Iterator[tuple[str, Criterion]]:
    """Every criterion with the name that cases use."""
    for each in knowledge.interventions.values():
        for criterion in each.criteria:
            yield f"{each.id}/{criterion.id}", criterion
    for criterion in (*knowledge.safety, *knowledge.red_flags):
        yield criterion.id, criterion


def _unused(knowledge: Knowledge) -> Iterator[str]:
    """Facts, rules and sources that nothing asks for."""
    questions = list(_questions(knowledge))
    facts = {question.fact for question in questions} | _facts_of_code(knowledge)
    rules = {question.rule for question in questions} | {
        "in_scope",
        "treatment_tolerated",
        "pain_uncontrolled",
        "pain_probably_uncontrolled",
    }
    yield from (f"nothing asks the fact `{name}`" for name in knowledge.facts if name not in facts)
    yield from (f"nothing asks the rule `{name}`" for name in knowledge.rules if name not in rules)
    listed = {name for each in knowledge.syndromes.values() for option in each.options for name in option.ids}
    yield from (f"no syndrome leads to `{name}`" for name in knowledge.interventions if name not in listed)


def _questions(knowledge: Knowledge) -> Iterator[Question]:
    roots: list[Question | None] = [criterion.when for criterion in all_criteria(knowledge)]
    roots += [question for rule in knowledge.rules.values() for question in (rule.when, rule.yes_when, rule.no_when)]
    roots += [state.when for leg in knowledge.legs.values() for state in leg.states]
    roots += [question for each in knowledge.syndromes.values() for question in (each.certain, each.possible)]
    roots += [
        question
        for each in knowledge.interventions.values()
        for question in (each.fits, each.line.when, each.line.also_when)
    ]
    roots += [row.when for row in (*knowledge.prognosis.estimate, *knowledge.prognosis.scores)]
    for root in roots:
        if root is not None:
            yield from walk(root)


def _facts_of_code(knowledge: Knowledge) -> set[str]:
    """Facts that scores, intervals, overviews, pains and computed facts read."""
    from fourthstep.assessment.overview import BACKGROUND, SAFETY  # noqa: PLC0415

    scores: Iterable[str] = (item.fact for score in knowledge.scores.values() for item in score.items)
    computed = {"age", "weight", "creatinine", "inr", "opioid_scheduled", "opioid_tolerant", "ecog_recorded", "kps", "pps"}
    coded = set(knowledge.pains.coded)
    pains = {name for name, fact in knowledge.facts.items() if fact.kind == "pain" or coded & set(fact.concepts)}
    return {*scores, *SAFETY, *BACKGROUND, *computed, *pains, *knowledge.holds.secondary_prevention}
