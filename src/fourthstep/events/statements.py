"""What a person states: a case in a few lines of YAML, or answers given at the bedside.

Both become events like those of a record, marked as stated, so that one engine serves all.

    platelet_count: 180 10*9/L, 3 d          a value, its unit, its age
    pain_intensity: 7, 1 d; 6, 3 d           several values
    bowel_obstruction: yes, 5 d              present since
    anticoagulant: no                        stated to be absent
    pain_mechanism: visceral                 one of the fact's values; `a | b` where only that much is known
"""

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec

from fourthstep.events.event import Dose, Drug, Event, Events
from fourthstep.ground.dates import AsOf, When, as_of, days
from fourthstep.ground.interval import Interval, plain
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.models import Entry
from fourthstep.knowledge.models import Fact as Declaration
from fourthstep.knowledge.reader import Reading


class DrugStatement(Entry, frozen=True, kw_only=True):
    """A drug that the patient takes or took."""

    drug: str
    """Generic name, as in the code sets."""
    dose: str = ""
    """Amount per administration with its unit: `20 mg`, `1..2 {tbl}`, `25 ug/h` for a patch."""
    times_a_day: Decimal | None = None
    as_needed: bool = False
    route: str = "oral"
    strength: str = ""
    since: str = ""
    until: str = ""
    last_dose: str = ""
    """Age of the last known administration: `20 h`, `3 d`."""
    current: Literal["yes", "no", "unknown"] = "yes"
    source: Literal["order", "statement", "administration", "dispense"] = "order"
    """What shows it: an order only intends; a statement, an administration (one dose) or a dispense shows it taken."""


class PatientStatement(Entry, frozen=True, kw_only=True):
    """Who the patient is."""

    age: int | None = None
    sex: str = ""
    deceased: bool | None = False


class Case(Entry, frozen=True, kw_only=True):
    """One patient in a few lines."""

    as_of: str
    says: str = ""
    patient: PatientStatement = PatientStatement()
    vouched: list[str] = []
    """Kinds for which nothing unstated is present: condition, drug, procedure, allergy, encounter."""
    facts: dict[str, str] = {}
    pains: list[dict[str, str]] = []
    drugs: list[DrugStatement] = []
    refused: list[str] = []
    """Interventions that the patient declined."""


class Answers(Entry, frozen=True, kw_only=True):
    """What a clinician entered beside a record."""

    facts: dict[str, str] = {}
    pains: list[dict[str, str]] = []
    refused: list[str] = []
    entered: str = ""
    """The day it was entered; empty: the day of the assessment."""


REFUSED = "refused-option"
"""Concept of a refusal of one intervention, by its id."""
KINDS = ("condition", "drug", "procedure", "allergy", "encounter")
_VALUE = re.compile(
    r"(?P<sign>[<>≤≥]?)\s*(?P<low>-?\d+(?:\.\d+)?)(?:\s*\.\.\s*(?P<high>-?\d+(?:\.\d+)?))?\s*(?P<unit>\S.*)?\Z"
)
_AGE = re.compile(r"(\d+) (h|d|wk|mo|a)\Z")


class UnreadableError(ValueError):
    """A statement that is not of the form above."""


def read_case(path: Path, knowledge: Knowledge) -> tuple[Case, Events]:
    """Read a case file.

    Raises:
        KnowledgeError: with every mistake of the file, each at its place.
    """
    reading = Reading()
    case = reading.read_or_raise(path.read_text(encoding="utf-8"), path.name, Case)
    events = case_events(case, knowledge, reading)
    reading.finish()
    return case, events


def read_answers(path: Path, knowledge: Knowledge) -> Answers:
    """Read an answers file and check that every statement can be understood.

    Raises:
        KnowledgeError: with every mistake of the file.
    """
    reading = Reading()
    answers = reading.read_or_raise(path.read_text(encoding="utf-8"), path.name, Answers)
    Statements(AsOf(date(2000, 1, 1)), knowledge, reading, answers).of(answers.facts, answers.pains, answers.refused)
    reading.finish()
    return answers


def case_events(case: Case, knowledge: Knowledge, reading: Reading | None = None) -> Events:
    """The events of a case; mistakes are noted in `reading`, or raised where there is none."""
    notes = reading or Reading()
    try:
        moment = as_of(case.as_of)
    except ValueError:
        notes.mistake(case, "as_of", "expected a day such as 2026-03-01, or an instant with its offset")
        moment = AsOf(date(2000, 1, 1))
    for kind in case.vouched:
        if kind not in KINDS:
            notes.mistake(case, "vouched", f"`{kind}` is no kind", f"Kinds are {', '.join(KINDS)}.")
    stated = Statements(moment, knowledge, notes, case, lenient=reading is None)
    stated.of(case.facts, case.pains, case.refused)
    for drug in case.drugs:
        stated.drug(drug)
    if reading is None:
        notes.finish()
    return stated.events(case)


def with_answers(events: Events, answers: Answers, moment: AsOf, knowledge: Knowledge) -> Events:
    """The record's events together with what a clinician entered."""
    reading = Reading()
    day = AsOf(date.fromisoformat(answers.entered)) if answers.entered else moment
    stated = Statements(day, knowledge, reading, answers)
    stated.of(answers.facts, answers.pains, answers.refused)
    reading.finish()
    return msgspec.structs.replace(
        events, events=(*events.events, *stated.found), stated=events.stated | frozenset(stated.absent)
    )


class Statements:
    """Turns statements into events.

    `lenient`: a value that cannot be read, or cannot be true, becomes an event all the same, like one of a record; the
    cases of the knowledge test what becomes of it.
    """

    def __init__(self, moment: AsOf, knowledge: Knowledge, reading: Reading | None, source: Case | Answers | None, *,
                 lenient: bool = False) -> None:  # fmt: skip
        self.moment = moment
        self.knowledge = knowledge
        self.reading = reading or Reading()
        self.source = source
        self.lenient = lenient
        self.found: list[Event] = []
        self.absent: set[str] = set()

    def of(self, facts: dict[str, str], pains: list[dict[str, str]], refused: list[str]) -> None:
        """Facts, pains and refusals."""
        for name, text in facts.items():
            self._fact(name, text, "", "")
        for index, pain in enumerate(pains):
            self._pain(index, pain)
        for name in refused:
            if name not in self.knowledge.interventions:
                self.reading.mistake(self.source, "refused", f"there is no intervention `{name}`")
            self.found.append(Event("answer", REFUSED, f"stated/refused/{name}", self._day("0 d"), text=name))

    def events(self, case: Case) -> Events:
        """All of a case, with its patient."""
        birth = None
        if case.patient.age is not None:
            day = self.moment.day.replace(year=self.moment.day.year - case.patient.age, day=1, month=1)
            birth = When(day, day)
        dated = [event.start for event in self.found if event.start is not None]
        return Events(
            patient="case",
            birth=birth,
            sex=case.patient.sex,
            deceased=case.patient.deceased,
            events=tuple(sorted(self.found, key=lambda event: (event.ref, event.concept))),
            used={"statement": len(self.found)},
            vouched=frozenset(case.vouched),
            stated=frozenset(self.absent),
            newest=max(dated, key=lambda when: when.last, default=None),
        )

    def drug(self, each: DrugStatement) -> None:
        """A drug with its dose."""
        code, concepts = ingredient(each.drug, self.knowledge)
        if not concepts:
            self.reading.mistake(each, "drug", f"`{each.drug}` is no drug of the code sets", "Use its generic name.")
            return
        try:
            dose, strength, strength_unit = self._dose(each)
            start = self._day(each.since or "0 d")
            end = self._day(each.until) if each.until else None
            last = self._day(each.last_dose) if each.last_dose else None
        except (UnreadableError, ValueError) as error:
            self.reading.mistake(each, "dose", str(error))
            return
        current = {"yes": True, "no": False, "unknown": None}[each.current]
        if each.source in ("administration", "dispense"):
            current = None  # of one moment: it does not say that the drug goes on
        number = sum(event.kind == "drug" for event in self.found)
        for concept in concepts:
            drug = Drug(ingredient=each.drug, ingredient_code=code, product=each.drug, strength=strength,
                        strength_unit=strength_unit, route=each.route, source=each.source, doses=(dose,),
                        given=True if each.source == "administration" else None)  # fmt: skip
            self.found.append(Event("drug", concept, f"stated/drug/{number}", start, end, drug=drug, current=current,
                                    status="active" if current else ""))  # fmt: skip
            if last is not None:
                given = msgspec.structs.replace(drug, source="administration", given=True, order=f"stated/drug/{number}")
                self.found.append(Event("drug", concept, f"stated/drug/{number}/given", last, drug=given))

    def _dose(self, each: DrugStatement) -> tuple[Dose, Decimal | None, str]:
        amount, unit = _value(each.dose) if each.dose else (None, "")
        strength, strength_unit = _value(each.strength) if each.strength else (None, "")
        per_day = Interval.point(each.times_a_day) if each.times_a_day is not None else None
        rate = amount if unit.endswith("/h") else None
        dose = Dose(amount=None if rate else amount, unit=unit.removesuffix("/h"), rate=rate, per_day=per_day,
                    as_needed=each.as_needed, route=each.route)  # fmt: skip
        return dose, strength.low if strength else None, strength_unit

    def _pain(self, index: int, pain: dict[str, str]) -> None:
        elements = {key if self._of_a_pain(key) else f"pain_{key}": text for key, text in pain.items()}
        site, side = elements.get("pain_region", ""), elements.get("pain_side", "")
        site = "" if "|" in site else site
        for name, text in elements.items():
            self._fact(name, text, site, "" if "|" in side else side, f"stated/pain/{index}/")

    def _of_a_pain(self, key: str) -> bool:
        """Is it the name of a fact that may be told of one pain: an element, or worked out for each pain?"""
        return key.startswith("pain_") or (key in self.knowledge.facts and self.knowledge.facts[key].kind == "computed")

    def _fact(self, name: str, text: str, site: str, side: str, prefix: str = "stated/") -> None:
        declared = self.knowledge.facts.get(name)
        if declared is None:
            self.reading.mistake(self.source, "facts", f"there is no fact `{name}`")
            return
        for number, part in enumerate(text.split(";")):
            try:
                event = self.event(name, declared, part.strip(), f"{prefix}{name}" + (f"/{number}" if number else ""))
            except (UnreadableError, ValueError) as error:
                self.reading.mistake(self.source, "facts", f"`{name}: {part.strip()}`: {error}")
                continue
            if event is not None:
                self.found.append(msgspec.structs.replace(event, site=site, side=side))

    def event(self, name: str, declared: Declaration, text: str, ref: str) -> Event | None:
        """One statement as an event; None where it states an absence, which is noted.

        Raises:
            UnreadableError: it is not of the form above, or not one of the fact's values.
        """
        value, _, age = text.partition(",")
        value, when = value.strip(), self._day(age.strip() or "0 d")
        recorded = declared.kind in ("condition", "drug", "procedure", "allergy", "goal") and declared.concepts
        if recorded and value == "no":
            self.absent.add(name)
            return None
        if recorded and value == "yes":
            return self._recorded(declared, when, ref)
        if declared.kind == "measurement":
            number, unit = self._quantity(value, declared)
            return Event("measurement", declared.concepts[0], ref, when, value=number, unit=unit)
        if value in ("yes", "no") and not declared.values:
            return Event("answer", name, ref, when, text=value)
        if declared.values:
            words = [word.strip() for word in value.split("|")]
            wrong = [word for word in words if word not in declared.values]
            if wrong:
                raise UnreadableError(f"`{wrong[0]}` is not one of {', '.join(declared.values)}")
            return Event("answer", name, ref, when, text="|".join(words))
        number, unit = self._quantity(value, declared)
        return Event("answer", name, ref, when, value=number, unit=unit)

    def _quantity(self, text: str, declared: Declaration) -> tuple[Interval, str]:
        """A number with its unit; from a person, one that has the unit that the fact needs, and can be true."""
        number, unit = _value(text)
        wanted = declared.unit or "1"
        if self.lenient or unit not in ("1", wanted):
            return number, unit
        if unit != wanted:
            raise UnreadableError(f"`{text}` has no unit; write a number in {wanted}, such as `{text} {wanted}`")
        if declared.readable:
            low, high = declared.readable
            if Truth.TRUE in (number.below(low), number.above(high)):
                raise UnreadableError(f"`{text}` cannot be true; write a number from {plain(low)} to {plain(high)}")
        return number, unit

    def _recorded(self, declared: Declaration, when: When, ref: str) -> Event:
        concept = declared.concepts[0]
        if declared.kind == "drug":
            if concept.endswith(":*"):
                concept = _first_concept(concept.removesuffix("*"), self.knowledge)
            return Event("drug", concept, ref, when, current=True, drug=Drug("stated", source="statement"))
        kind = declared.kind if declared.kind in ("procedure", "allergy", "goal") else "condition"
        return Event(kind, concept, ref, when, current=None)

    def _day(self, text: str) -> When:
        """`3 d` before the assessment, `20 h` before its moment, or a date."""
        found = _AGE.match(text)
        if not found:
            try:
                day = date.fromisoformat(text)
            except ValueError:
                raise UnreadableError(f"`{text}` is neither an age such as `3 d` nor a date") from None
            return When(day, day)
        if found[2] == "h":
            from datetime import UTC, datetime, time  # noqa: PLC0415

            end = self.moment.instant or datetime.combine(self.moment.day + timedelta(days=1), time.min, tzinfo=UTC)
            instant = end - timedelta(hours=int(found[1]))
            return When(instant.date(), instant.date(), instant)
        day = self.moment.day - timedelta(days=days(text))
        return When(day, day)


def _value(text: str) -> tuple[Interval, str]:
    """`180 10*9/L`, `<5 10*9/L`, `1..2 {tbl}`, `7`."""
    found = _VALUE.match(text)
    if not found:
        raise UnreadableError(f"`{text}` is not a number with a unit")
    low = Decimal(found["low"])
    high = Decimal(found["high"]) if found["high"] else low
    unit = (found["unit"] or "1").strip()
    match found["sign"]:
        case "<":
            return Interval(None, low, high_open=True), unit
        case "≤":
            return Interval(None, low), unit
        case ">":
            return Interval(low, None, low_open=True), unit
        case "≥":
            return Interval(low, None), unit
        case _:
            return Interval(low, high), unit


def ingredient(name: str, knowledge: Knowledge) -> tuple[str, list[str]]:
    """RxNorm code and concepts of a drug by its generic name."""
    rows = [(code, concept) for known, code, concept in knowledge.codes.ingredients if known == name]
    return next((code for code, _ in rows if code), ""), list(dict.fromkeys(concept for _, concept in rows))


def _first_concept(group: str, knowledge: Knowledge) -> str:
    return next(concept for _, _, concept in knowledge.codes.ingredients if concept.startswith(group))
