"""Patients made up at random, out of everything that a fact can rest on: what the property tests draw from."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from fourthstep import as_of, load_knowledge
from fourthstep.events.event import Dose, Drug, Event, Events
from fourthstep.ground.dates import When
from fourthstep.ground.interval import Interval

MOMENT = as_of("2026-03-01")
KINDS = ("condition", "drug", "procedure", "allergy", "encounter")
FACTS = load_knowledge().facts
DRUGS = {
    "anticoagulant:doac_xa": ("apixaban", "1364430"),
    "anticoagulant:vitamin_k_antagonist": ("warfarin", "11289"),
    "anticoagulant:lmwh": ("enoxaparin", "67108"),
    "antiplatelet:p2y12": ("clopidogrel", "32968"),
    "antiplatelet:aspirin": ("aspirin", "1191"),
    "nsaid:nsaid_nonselective": ("ibuprofen", "5640"),
    "opioid:opioid_agonist": ("morphine", "7052"),
    "opioid:opioid_antagonist": ("naloxone", "7242"),
    "adjuvant:gabapentinoid": ("gabapentin", "25480"),
}
PLACES = (
    ("upper-abdomen", "midline"),
    ("chest-wall", "left"),
    ("thoracic-spine", "midline"),
    ("shoulder-arm", "right"),
    ("", ""),
)
OF_KIND = {kind: sorted(name for name, fact in FACTS.items() if fact.kind == kind and (fact.concepts or kind in ("bedside", "pain")))
           for kind in ("condition", "drug", "procedure", "allergy", "goal", "measurement", "bedside", "pain")}  # fmt: skip
UNASKED = ("pain_intensity", "pain_worst", "pain_region", "pain_side")


def ago(days):
    day = MOMENT.day - timedelta(days=days)
    return When(day, day)


ages = st.sampled_from([0, 1, 2, 3, 5, 8, 13, 20, 31, 60, 120])
currents = st.sampled_from([True, True, None, False])


@st.composite
def condition(draw, kind="condition"):
    fact = FACTS[draw(st.sampled_from(OF_KIND[kind]))]
    concept = draw(st.sampled_from(fact.concepts))
    return Event(kind, concept, f"{kind}/{concept}", ago(draw(ages)), current=draw(currents))


@st.composite
def drug(draw, kind="drug"):
    concept = draw(
        st.sampled_from([*DRUGS, *(each for name in OF_KIND["drug"] for each in FACTS[name].concepts if "*" not in each)])
    )
    ingredient, code = DRUGS.get(concept, (concept.replace(":", " "), ""))
    source = draw(st.sampled_from(["order", "statement", "administration"])) if kind == "drug" else ""
    amount = draw(st.sampled_from([15, 30, 60]))
    dose = Dose(Interval.point(amount), "mg", per_day=Interval.point(draw(st.integers(1, 3))), route="oral")
    what = Drug(ingredient, code, route="oral", source=source, doses=(dose,), given=source == "administration" or None)
    since = draw(ages)
    return Event(kind, concept, f"{kind}/{source}-{ingredient}-{since}", ago(since), drug=what, status="active",
                 current=None if source == "administration" else draw(currents))  # fmt: skip


@st.composite
def measurement(draw):
    name = draw(st.sampled_from(OF_KIND["measurement"]))
    fact = FACTS[name]
    low, high = fact.readable or [Decimal(0), Decimal(100)]
    value = draw(st.decimals(min_value=low, max_value=min(high, low + 60 if draw(st.booleans()) else high), places=1))
    days = draw(ages)
    return Event(
        "measurement",
        fact.concepts[0],
        f"Observation/{name}-{days}",
        ago(days),
        value=Interval.point(value),
        unit=fact.unit or "",
    )


@st.composite
def answer(draw, kind="bedside", site="", side=""):
    name = draw(st.sampled_from([each for each in OF_KIND[kind] if each not in UNASKED]))
    fact = FACTS[name]
    common = {"site": site, "side": side} if kind == "pain" else {}
    ref = f"Form/1#{site}/{name}"
    if fact.unit:
        return Event("answer", name, ref, ago(1), value=Interval.point(draw(st.integers(0, 10))), unit=fact.unit, **common)
    text = draw(st.sampled_from(fact.values or ["yes", "no"]))
    return Event("answer", name, ref, ago(1), text=text, **common)


@st.composite
def score(draw, site="", side=""):
    days = draw(st.sampled_from([0, 1, 3, 6, 12, 25]))
    concept = draw(st.sampled_from(["pain_nrs_0_10", "pain_nrs_average", "pain_nrs_worst"]))
    return Event("measurement", concept, f"Observation/{concept}-{site}-{days}", ago(days), unit="1", site=site, side=side,
                 value=Interval.point(draw(st.integers(0, 10))))  # fmt: skip


@st.composite
def pains(draw):
    found = []
    for site, side in draw(st.lists(st.sampled_from(PLACES), max_size=2, unique=True)):
        found += draw(st.lists(score(site=site, side=side), min_size=1, max_size=4))
        found += draw(st.lists(answer("pain", site, side), max_size=8))
    return found


@st.composite
def unrecognised(draw):
    kind = draw(st.sampled_from(KINDS[:4]))
    families = draw(st.sampled_from([(), ("renal",), ("anticoagulant",), ("opioid",), ("infection",)]))
    return Event("unrecognised", "", f"{kind}/strange", of_kind=kind, could_be=families)


@st.composite
def patients(draw):
    """A living adult with cancer, most of the time, and a handful of what records hold."""
    events = [*draw(pains())]
    if draw(st.integers(0, 4)):
        concept = draw(st.sampled_from(["pancreas", *FACTS["active_cancer"].concepts]))
        events.append(Event("condition", concept, "Condition/cancer", ago(100), current=True))
    for some in (
        condition(),
        condition("procedure"),
        condition("goal"),
        drug(),
        drug("allergy"),
        measurement(),
        answer(),
    ):
        events += draw(st.lists(some, max_size=4))
    events += draw(st.lists(unrecognised(), max_size=1))
    if draw(st.integers(0, 3)) == 0:
        events.append(Event("encounter", "inpatient", "Encounter/1", ago(2)))
    once = {(event.kind, event.ref, event.concept, event.site): event for event in events}
    birth = MOMENT.day.replace(year=2026 - draw(st.sampled_from([30, 48, 60, 80])))
    return Events(
        patient="made-up",
        birth=When(birth, birth),
        sex=draw(st.sampled_from(["female", "male"])),
        deceased=False,
        events=tuple(once.values()),
        vouched=frozenset(draw(st.sets(st.sampled_from(KINDS)))) if draw(st.booleans()) else frozenset(KINDS),
    )
