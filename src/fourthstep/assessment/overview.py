"""The facts that every reader looks for first, and the treatment history for the time axis."""

from collections.abc import Sequence

import msgspec

from fourthstep.assessment.result import Antithrombotic, Treatment, Value
from fourthstep.events.event import Event, NotUsed
from fourthstep.facts.derive import Facts, readable
from fourthstep.facts.fact import Fact
from fourthstep.rules.ask import fact_value
from fourthstep.rules.holds import Exposure, moment

SAFETY = (
    "platelet_count", "inr", "haemoglobin", "neutrophil_count", "creatinine", "egfr", "creatinine_clearance",
    "anticoagulant", "antiplatelet", "anticoagulant_long_term", "nsaid", "antiangiogenic", "cytotoxic_recent", "sepsis",
    "local_infection",
    "temperature", "bowel_obstruction", "spinal_cord_compression", "raised_intracranial_pressure", "contrast_allergy",
    "local_anaesthetic_allergy", "pregnancy", "pacemaker", "icd_defibrillator", "diabetes", "delirium",
    "bilirubin", "albumin", "c_reactive_protein", "aspirin", "ssri_snri", "gcsf", "radionuclide_therapy",
    "heparin_thrombocytopenia", "neutropenia_coded", "adrenal_insufficiency_drug", "long_qt", "opioid_allergy",
    "opioid_use_disorder",
)  # fmt: skip
BACKGROUND = (
    "active_cancer", "metastatic_disease", "bone_metastasis", "treatment_related_pain", "ecog", "prognosis",
    "goal_category", "hospice", "code_status", "sins", "mirels", "lung_metastasis", "cancer_history", "frailty",
    "bed_confinement", "pain_goal", "home_preference", "do_not_resuscitate", "for_resuscitation", "advance_directive",
    "proxy", "comfort_care", "hospice_referred", "terminal_illness", "surprise_question",
)  # fmt: skip


def safety_values(facts: Facts) -> tuple[Value, ...]:
    """Laboratory values, drugs and conditions that decide about procedures, each with its date."""
    return tuple(value(name, facts) for name in SAFETY if name in facts.knowledge.facts)


def background(facts: Facts) -> tuple[Value, ...]:
    """Cancer, function, prognosis, goals."""
    return tuple(value(name, facts) for name in BACKGROUND if name in facts.knowledge.facts)


def diagnoses(facts: Facts) -> tuple[Value, ...]:
    """What the record calls the cancer: the diagnoses behind *active cancer* and *metastatic disease*."""
    refs = dict.fromkeys(ref for name in ("active_cancer", "metastatic_disease") for ref in facts.of(name).refs)
    named = {event.ref: event for event in facts.timeline.events.events if event.kind == "condition" and event.display}
    return tuple(
        Value(
            fact="active_cancer",
            says=named[ref].display,
            value="yes",
            unit="",
            day=str(named[ref].start or ""),
            age=facts.timeline.age(when)[0] if (when := named[ref].start) else None,
            refs=(ref,),
            why="",
        )
        for ref in refs
        if ref in named
    )


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
        names=fact.names,
        detail=fact.detail,
    )


def _age(fact: Fact, facts: Facts) -> int | None:
    return facts.timeline.age(fact.when)[0] if fact.when else None


def not_used(facts: Facts) -> tuple[NotUsed, ...]:
    """What could not be used: as the reading found it, and measurements in a unit that cannot be converted."""
    strange = {NotUsed(event.ref, event.concept, "unit-not-readable")
               for declared in facts.knowledge.facts.values() if declared.kind == "measurement"
               for event in facts.timeline.of(declared.concepts)
               if event.value is not None and readable(event, declared, facts.codes) is None}  # fmt: skip
    return (*facts.timeline.events.not_used, *sorted(strange))


HISTORY = ("opioid:*", "adjuvant:*", "antiangiogenic:*", "antineoplastic:*")
"""Drugs of the time axis; what belongs to several groups is told once, by the first."""


def antithrombotic(exposure: Exposure) -> Antithrombotic:
    """A drug that thins the blood, with its last dose and what it is given for."""
    reasons = {event.drug.reason for event in exposure.events if event.drug and event.drug.reason}
    return Antithrombotic(drug=exposure.drug, taken=exposure.taken.value, last=moment(exposure.last),
                          reasons=tuple(sorted(reasons)), refs=exposure.refs)  # fmt: skip


def history(facts: Facts) -> tuple[Treatment, ...]:
    """Opioids, adjuvants, cancer drugs and procedures (radiotherapy among them) with their times, oldest first."""
    told: dict[tuple[str, str], Event] = {}
    for group in HISTORY:
        for event in facts.timeline.of([group]):
            if event.kind == "drug" and event.drug is not None:
                told.setdefault((event.ref, event.drug.ingredient), event)
    events = [*told.values(), *_procedures(facts)]
    stopped = [event for event in events if event.status == "stopped" and event.drug and event.end is not None]
    rows = {_treatment(_taken_of(event, stopped), facts) for event in events if event.start is not None}
    return tuple(sorted(rows, key=lambda row: (row.start, row.label, row.ref)))


def _procedures(facts: Facts) -> list[Event]:
    return [event for event in facts.timeline.events.events if event.kind == "procedure"]


def _taken_of(event: Event, stopped: Sequence[Event]) -> Event:
    """What was handed out, until its order was stopped: the rest of the supply is not taken."""
    assert event.start is not None
    if event.drug is None or event.drug.source != "dispense" or event.end is None:
        return event
    ends = [order.end for order in stopped
            if order.drug and order.drug.ingredient == event.drug.ingredient and order.start and order.end
            and order.start.first <= event.start.last <= order.end.last < event.end.last]  # fmt: skip
    return msgspec.structs.replace(event, end=max(ends, key=lambda end: end.last)) if ends else event


def _treatment(event: Event, facts: Facts) -> Treatment:
    end = facts.timeline.seen(event)
    name = event.drug.ingredient if event.drug else event.display or event.concept.replace("_", " ")
    running = event.current is True
    return Treatment(
        label=name,
        kind=event.concept.partition(":")[0] if event.drug else "procedure",
        start=str(event.start),
        end=facts.timeline.as_of.day.isoformat() if running else str(end or event.start),
        ref=event.ref,
        outcome=event.text if event.kind == "procedure" else "",
    )
