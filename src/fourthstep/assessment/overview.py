"""The facts that every reader looks for first, and the treatment history for the time axis."""

from fourthstep.assessment.result import Treatment, Value
from fourthstep.events.event import Event
from fourthstep.facts.derive import Facts
from fourthstep.facts.fact import Fact
from fourthstep.facts.timeline import last_seen
from fourthstep.rules.ask import fact_value

SAFETY = (
    "platelet_count", "inr", "haemoglobin", "neutrophil_count", "creatinine", "egfr", "creatinine_clearance",
    "anticoagulant", "antiplatelet", "nsaid", "antiangiogenic", "cytotoxic_recent", "sepsis", "local_infection",
    "temperature", "bowel_obstruction", "spinal_cord_compression", "raised_intracranial_pressure", "contrast_allergy",
    "local_anaesthetic_allergy", "pregnancy", "pacemaker", "icd_defibrillator", "diabetes", "delirium",
)  # fmt: skip
BACKGROUND = (
    "active_cancer", "metastatic_disease", "bone_metastasis", "treatment_related_pain", "ecog", "prognosis",
    "goal_category", "hospice", "code_status", "sins", "mirels",
)  # fmt: skip


def safety_values(facts: Facts) -> tuple[Value, ...]:
    """Laboratory values, drugs and conditions that decide about procedures, each with its date."""
    return tuple(value(name, facts) for name in SAFETY if name in facts.knowledge.facts)


def background(facts: Facts) -> tuple[Value, ...]:
    """Cancer, function, prognosis, goals."""
    return tuple(value(name, facts) for name in BACKGROUND if name in facts.knowledge.facts)


def value(name: str, facts: Facts) -> Value:
    """A fact as a row of a table."""
    fact = facts.of(name)
    return Value(
        fact=name,
        says=facts.knowledge.facts[name].says,
        value=fact_value(fact) if fact.known else "",
        unit=fact.unit,
        day=str(fact.when) if fact.when else "",
        age=_age(fact, facts),
        refs=fact.refs,
        why=fact.why,
        detail=fact.detail,
    )


def _age(fact: Fact, facts: Facts) -> int | None:
    return facts.timeline.age(fact.when)[0] if fact.when else None


def history(facts: Facts) -> tuple[Treatment, ...]:
    """Opioids, adjuvants and procedures with their times, oldest first."""
    events = [*facts.timeline.of(["opioid:*", "adjuvant:*"]), *_procedures(facts)]
    rows = {_treatment(event, facts) for event in events if event.start is not None}
    return tuple(sorted(rows, key=lambda row: (row.start, row.label, row.ref)))


def _procedures(facts: Facts) -> list[Event]:
    return [event for event in facts.timeline.events.events if event.kind == "procedure"]


def _treatment(event: Event, facts: Facts) -> Treatment:
    end = last_seen(event)
    name = event.drug.ingredient if event.drug else event.display or event.concept.replace("_", " ")
    running = event.current is True
    return Treatment(
        label=name,
        kind=event.concept.partition(":")[0] if event.drug else "procedure",
        start=str(event.start),
        end=facts.timeline.as_of.day.isoformat() if running else str(end or event.start),
        ref=event.ref,
    )
