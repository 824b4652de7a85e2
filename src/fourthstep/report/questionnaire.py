"""Our own form as a FHIR R4 Questionnaire: what no record tells, or what one record did not tell.

Every question is one fact, under the fact's name; `events/form.py` reads the answers back.  Values of the laboratory
are not asked: a form has one day, and a value of last week entered today would look fresh.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from fourthstep import __version__
from fourthstep.assessment.result import Assessment, Change, Option, PainView
from fourthstep.events.goals import FORM
from fourthstep.facts.computed import OF_A_PAIN
from fourthstep.knowledge.check import walk
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.models import Intervention, Question
from fourthstep.report.phrases import Phrases
from fourthstep.report.questions import questions, shared
from fourthstep.report.reasons import groups

Item = dict[str, Any]
VALUES = "http://fourthstep.org/fhir/CodeSystem/"
EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
RECORDED = ("condition", "drug", "procedure", "allergy", "goal")
"""Kinds of fact that a person may state as present or absent, though nobody worded a question."""
PLACE = ("pain_region", "pain_side")


def whole_form(knowledge: Knowledge) -> Item:
    """Every question, for any patient: pains, function and goals, alarm signs, and what each intervention asks."""
    form = _Form(knowledge)
    asked = [name for name, fact in knowledge.facts.items() if fact.ask]
    pains = [name for name in asked if form.of_a_pain(name)]
    bedside = [name for name in asked if knowledge.facts[name].kind == "bedside"]
    owners = _owners(knowledge)
    parts = {"person": [name for name in asked if name not in pains and name not in bedside], "alarm": [], "shared": []}
    for name in bedside:
        parts.setdefault(owners.get(name, "shared"), []).append(name)
    return form.made([
        {**form.group("pain", form.say("form", "pains"), map(form.item, pains)), "repeats": True},
        *(form.group(f"group-{key}", form.heading(key), map(form.item, names)) for key, names in parts.items()),
    ])  # fmt: skip


def form_for(assessment: Assessment, knowledge: Knowledge) -> Item:
    """The questions that this assessment leaves open, most decisive first: of each pain, of the patient, of each option."""
    form = _Form(knowledge)
    answerable = [each for each in assessment.changes if form.is_askable(each.fact)]
    of_pains = [each for each in answerable if form.of_a_pain(each.fact)]
    person = dict.fromkeys(each.fact for each in answerable if not form.of_a_pain(each.fact))
    look_up = questions([each for each in assessment.changes if not form.is_askable(each.fact)], form.say)
    lines = [form.display(f"look-up-{place}", each.text) for place, each in enumerate(look_up)]
    return form.made([
        *form.pains(assessment, of_pains),
        form.group("group-person", form.say("form", "person"), map(form.item, person)),
        form.group("group-look-up", form.say("form", "look_up"), lines),
        *form.options([option for pain in assessment.pains for option in groups(pain).open], asked=set(person)),
    ])  # fmt: skip


class _Form:
    """Makes the items of a form in the words of the catalogue."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.say = Phrases(knowledge)
        self.bedside = {fact.ask: name for name, fact in knowledge.facts.items() if fact.kind == "bedside"}

    def made(self, items: list[Item]) -> Item:
        """The Questionnaire around its groups; an empty one is left out."""
        return {
            "resourceType": "Questionnaire", "url": FORM, "version": __version__, "name": "FourthstepBedside",
            "title": self.say("form", "title"), "status": "active", "subjectType": ["Patient"],
            "description": self.say("form", "description"), "item": [item for item in items if item["item"]],
        }  # fmt: skip

    def heading(self, key: str) -> str:
        """The title of a group: one of our own, or the name of the intervention that asks."""
        return self.say("form", key) if self.say.has("form", key) else self.say.name("option", key)

    def of_a_pain(self, name: str) -> bool:
        """Is it asked for each pain?"""
        return self.knowledge.facts[name].kind == "pain" or name in OF_A_PAIN

    def is_askable(self, name: str) -> bool:
        """Can a person answer it: is a question worded, or may it be stated as present or absent?"""
        fact = self.knowledge.facts.get(name)
        return fact is not None and bool(fact.ask or (fact.kind in RECORDED and fact.concepts))

    def group(self, link: str, text: str, items: Iterable[Item]) -> Item:
        """A group of questions."""
        return {"linkId": link, "text": text, "type": "group", "item": list(items)}

    def display(self, link: str, text: str) -> Item:
        """What is told, and not answered here."""
        return {"linkId": link, "text": text, "type": "display"}

    def item(self, name: str, prefix: str = "") -> Item:
        """The question for one fact."""
        fact = self.knowledge.facts[name]
        item: Item = {"linkId": prefix + name, "text": fact.ask or self.say("form", "is_present", says=fact.says)}
        if fact.values:
            return {
                **item,
                "type": "choice",
                "answerOption": [{"valueCoding": self._coding(name, value)} for value in fact.values],
            }
        if fact.unit is None:
            return {**item, "type": "boolean"}
        limits = zip(("minValue", "maxValue"), fact.readable, strict=False)
        extensions: list[Item] = [{"url": EXTENSION + key, "valueDecimal": float(limit)} for key, limit in limits]
        if fact.unit != "1":
            unit = {"system": "http://unitsofmeasure.org", "code": fact.unit, "display": self.say.unit(fact.unit)}
            extensions.append({"url": EXTENSION + "questionnaire-unit", "valueCoding": unit})
        return {**item, "type": "decimal"} | ({"extension": extensions} if extensions else {})

    def _coding(self, name: str, value: str) -> Item:
        return {"system": VALUES + name.replace("_", "-"), "code": value, "display": self.say.word(value)}

    def pains(self, assessment: Assessment, changes: list[Change]) -> list[Item]:
        """A group for each pain, its place filled in; one empty group, to be repeated, where no pain is recorded."""
        if not assessment.pains:
            names = dict.fromkeys((*PLACE, *(each.fact for each in changes)))
            return [{**self.group("pain", self.say("form", "pains"), map(self.item, names)), "repeats": True}]
        return [self._pain(place, pain, changes) for place, pain in enumerate(assessment.pains, 1)]

    def _pain(self, place: int, pain: PainView, changes: list[Change]) -> Item:
        """The group of one pain: where it is, as known, then what decides for it."""
        prefix = f"pain/{place}/"
        decides = (each.fact for each in changes
                   if each.pathway or any(option.partition("@")[2] == pain.id for option in each.options))  # fmt: skip
        items = [self.item(name, prefix) for name in dict.fromkeys((*PLACE, *decides))]
        for item, fact, value in zip(items, PLACE, (pain.region, pain.side), strict=False):
            if value in self.knowledge.facts[fact].values:
                item["initial"] = [{"valueCoding": self._coding(fact, value)}]
        return self.group(f"pain/{place}", self.say.pain(pain), items)

    def options(self, options: list[Option], asked: set[str]) -> Iterator[Item]:
        """What several options ask to confirm, then what each asks on its own; each question once."""
        together = shared(options)
        yield self._confirm("group-shared", self.say("form", "shared"), together, asked)
        for option in {option.id: option for option in options}.values():
            own = [text for text in option.to_confirm if text not in together]
            yield self._confirm(f"group-{option.id}", self.say("form", "before", name=option.name), own, asked)

    def _confirm(self, link: str, text: str, asks: list[str], asked: set[str]) -> Item:
        """Questions of bedside facts, and in words what only the clinician can weigh; `asked` grows."""
        items = []
        for place, ask in enumerate(asks):
            name = self.bedside.get(ask, "")
            if name in asked:
                continue
            items.append(self.item(name) if name else self.display(f"{link}-{place}", ask))
            asked |= {name} - {""}
        return self.group(link, text, items)


def _owners(knowledge: Knowledge) -> dict[str, str]:
    """Fact -> `alarm` where a red flag asks it, the intervention where only one asks it, else `shared`."""
    asked = [(each.id, _questions(each)) for each in knowledge.interventions.values()]
    asked.append(("shared", [rule.when for rule in knowledge.safety]))
    owners: dict[str, str] = {}
    for owner, parts in asked:
        for fact in {part.fact for question in parts for part in walk(question) if part.fact is not None}:
            owners[fact] = "shared" if fact in owners else owner
    alarms = {part.fact for flag in knowledge.red_flags for part in walk(flag.when) if part.fact is not None}
    return owners | dict.fromkeys(alarms, "alarm")


def _questions(each: Intervention) -> list[Question]:
    line = (each.fits, each.line.when, each.line.also_when)
    return [*(criterion.when for criterion in each.criteria), *(question for question in line if question is not None)]
