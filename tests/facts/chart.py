"""Builds facts from events written in one line each; every test says only what it is about."""

from datetime import timedelta
from decimal import Decimal

from fourthstep.assessment.assess import inquire
from fourthstep.events.event import Dose, Drug, Event, Events
from fourthstep.ground.dates import When, as_of
from fourthstep.ground.interval import Interval
from fourthstep.knowledge.load import load_knowledge
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.rules.ask import fact_value

NOW = as_of("2026-03-01")
ALL = frozenset({"condition", "drug", "procedure", "allergy", "encounter"})
BIRTH = When(NOW.day.replace(year=1960), NOW.day.replace(year=1960))


def ago(days):
    day = NOW.day - timedelta(days=days)
    return When(day, day)


def condition(concept, days=10, **rest):
    return Event("condition", concept, f"Condition/{concept}-{days}", ago(days) if days is not None else None, **rest)


def lab(concept, value, unit, days=1, ref=""):
    return Event("measurement", concept, ref or f"Observation/{concept}-{days}", ago(days), unit=unit,
                 value=None if value is None else Interval.point(Decimal(str(value))))  # fmt: skip


def procedure(concept, days=10, **rest):
    return Event("procedure", concept, f"Procedure/{concept}-{days}", ago(days), **rest)


def drug(concept, ingredient, mg=None, times=1, since=60, until=None, source="order", current=True, **rest):
    dose = () if mg is None else (Dose(Interval.point(mg), "mg", per_day=Interval.point(times), route="oral"),)
    what = Drug(
        ingredient,
        source=source,
        doses=dose,
        route=rest.pop("route", "oral"),
        given=True if source == "administration" else None,
    )
    end = None if until is None else ago(until)
    return Event("drug", concept, rest.pop("ref", f"{source}/{ingredient}-{since}"), ago(since), end, drug=what,
                 current=current, **rest)  # fmt: skip


def strange(kind, *could_be):
    return Event("unrecognised", "", f"{kind}/strange", of_kind=kind, could_be=could_be)


def review(*events, vouched=ALL, sex="female", birth=BIRTH, deceased=False, **rest):
    held = Events("p", birth=birth, sex=sex, deceased=deceased, events=tuple(events), vouched=frozenset(vouched), **rest)
    return inquire(held, NOW, DEFAULT, load_knowledge())


def told(name, *events, **rest):
    """The fact as text: its value, or `unknown: reason`."""
    inquiry = review(*events, **rest).inquiry
    pain = inquiry.facts.pains[0] if inquiry.facts.pains else None
    fact = inquiry.facts.of(name, pain)
    return fact_value(fact) if fact.known else f"unknown: {fact.why}"
