"""Cases: patients in a few lines, with the words they must get.

A file in `knowledge/cases/` holds one base patient and rows that each change one thing.  A clinician can add a row;
the tests run them all, and the mutation check asks whether some row turns red when a limit changes.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from fourthstep.assessment.assess import assess_events, inquire
from fourthstep.assessment.legs import Review
from fourthstep.assessment.result import Assessment
from fourthstep.assessment.syndromes import recognise
from fourthstep.events.statements import Case, DrugStatement, case_events
from fourthstep.facts.pains import Pain
from fourthstep.ground.dates import as_of
from fourthstep.ground.errors import KnowledgeError, Mistake
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.models import Criterion, Entry, Question
from fourthstep.knowledge.policy import DEFAULT, Policy
from fourthstep.knowledge.reader import BROKEN, Reading
from fourthstep.rules.ask import fact_value


class Expect(Entry, frozen=True, kw_only=True):
    """What must come out.  Words are compared as they are written."""

    pathway: str = ""
    word: dict[str, str] = {}
    """Intervention -> its word for the first pain."""
    timing: dict[str, str] = {}
    fit: dict[str, str] = {}
    criterion: dict[str, str] = {}
    """Criterion (of safety, red flags or an intervention: `intervention/criterion`) -> true, false or unknown."""
    rule: dict[str, str] = {}
    leg: dict[str, str] = {}
    syndrome: dict[str, str] = {}
    """Syndrome -> certain, possible, open or absent, for the first pain."""
    fact: dict[str, str] = {}
    """Fact -> its value, or `unknown`."""
    first: str = ""
    """The intervention that stands first for the first pain."""


class Row(Entry, frozen=True, kw_only=True):
    """One change to the base patient, and what must come out."""

    says: str
    set: dict[str, str] = {}
    drop: list[str] = []
    pain: dict[str, str] = {}
    """Elements of the first pain to change; an empty text takes the element away."""
    pains: list[dict[str, str]] | None = None
    drugs: list[DrugStatement] | None = None
    """Replaces the drugs of the base."""
    vouched: list[str] | None = None
    age: int | None = None
    sex: str = ""
    deceased: bool | None = None
    refused: list[str] = []
    expect: Expect


class CaseFile(Entry, frozen=True, kw_only=True):
    """A base patient with its rows."""

    says: str
    base: Case
    rows: list[Row]


def read_cases(folder: Path) -> dict[str, CaseFile]:
    """All case files by their path.

    Raises:
        KnowledgeError: with every mistake of every file.
    """
    reading = Reading()
    found = {}
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        file = reading.read(path.read_text(encoding="utf-8"), f"knowledge/cases/{name}", CaseFile)
        if file is not BROKEN:
            found[name] = file
    reading.finish()
    return found


def patient(base: Case, row: Row) -> Case:
    """The base patient with the row's change."""
    facts = {name: text for name, text in {**base.facts, **row.set}.items() if name not in row.drop}
    pains = row.pains if row.pains is not None else base.pains
    if row.pain:
        first = {key: text for key, text in {**(pains[0] if pains else {}), **row.pain}.items() if text}
        pains = [first, *pains[1:]]
    person = base.patient
    if row.age is not None or row.sex or row.deceased is not None:
        person = msgspec.structs.replace(
            person,
            age=person.age if row.age is None else row.age,
            sex=row.sex or person.sex,
            deceased=person.deceased if row.deceased is None else row.deceased,
        )
    return msgspec.structs.replace(
        base,
        patient=person,
        facts=facts,
        pains=pains,
        drugs=base.drugs if row.drugs is None else row.drugs,
        vouched=base.vouched if row.vouched is None else row.vouched,
        refused=[*base.refused, *row.refused],
    )


def failures(case: Case, expect: Expect, knowledge: Knowledge, policy: Policy = DEFAULT) -> list[str]:
    """What came out otherwise; empty where all is as expected.

    Raises:
        KnowledgeError: the case itself cannot be understood.
    """
    events = case_events(case, knowledge)
    review = inquire(events, as_of(case.as_of), policy, knowledge)
    pain = review.inquiry.facts.pains[0] if review.inquiry.facts.pains else None
    found = list(_asked(expect, review, pain))
    if expect.pathway or expect.word or expect.timing or expect.fit or expect.first:
        assessment = assess_events(events, as_of=as_of(case.as_of), policy=policy, knowledge=knowledge)
        found += _told(expect, assessment)
    return [f"{what}: expected {wanted}, got {got}" for what, wanted, got in found if wanted != got]


def _asked(expect: Expect, review: Review, pain: Pain | None) -> Iterator[tuple[str, str, str]]:
    inquiry = review.inquiry
    for name, wanted in expect.criterion.items():
        yield f"criterion {name}", wanted, inquiry.ask(_question(name, inquiry.facts.knowledge), pain).truth.value
    for name, wanted in expect.rule.items():
        yield f"rule {name}", wanted, inquiry.rule(name, pain).truth.value
    for name, wanted in expect.leg.items():
        yield f"leg {name}", wanted, review.state(name, pain)
    for name, wanted in expect.fact.items():
        fact = inquiry.facts.of(name, pain)
        yield f"fact {name}", wanted, fact_value(fact) if fact.known else "unknown"
    if expect.syndrome:
        judged = {each.syndrome.id: each.status for each in recognise(pain, inquiry)} if pain else {}
        for name, wanted in expect.syndrome.items():
            yield f"syndrome {name}", wanted, judged.get(name, "no pain")


def _told(expect: Expect, assessment: Assessment) -> Iterator[tuple[str, str, str]]:
    if expect.pathway:
        yield "pathway", expect.pathway, assessment.pathway.word
    options = {option.id: option for option in assessment.pains[0].options} if assessment.pains else {}
    for name, wanted in expect.word.items():
        yield f"word of {name}", wanted, options[name].word if name in options else "not indicated"
    for name, wanted in expect.timing.items():
        yield f"timing of {name}", wanted, options[name].timing if name in options else "not listed"
    for name, wanted in expect.fit.items():
        yield f"fit of {name}", wanted, options[name].fit.word if name in options else "not listed"
    if expect.first:
        yield "first option", expect.first, next(iter(options), "none")


def _question(name: str, knowledge: Knowledge) -> Question:
    owner, _, own = name.rpartition("/")
    if owner:
        each = knowledge.interventions[owner]
        criteria: Sequence[Criterion] = each.criteria
        if own == "fits" and each.fits is not None:
            return each.fits
        if own == "line" and each.line.when is not None:
            return each.line.when
        if own == "also" and each.line.also_when is not None:
            return each.line.also_when
    else:
        criteria = [*knowledge.safety, *knowledge.red_flags]
    for criterion in criteria:
        if criterion.id == own:
            return criterion.when
    raise KnowledgeError([Mistake("knowledge/cases", 1, 0, f"there is no criterion `{name}`")])


__all__ = ["CaseFile", "Expect", "Row", "failures", "patient", "read_cases"]
