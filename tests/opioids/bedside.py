"""Builds opioid events from FHIR JSON with the products of the code tables, the way the extraction does."""

import csv
import json
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import msgspec

from fourthstep.events.dosage import read_dosage, read_dosages
from fourthstep.events.event import Drug, Event
from fourthstep.facts.opioids import opioid_dose
from fourthstep.ground.dates import AsOf, as_of, when
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.opioids import read_opioid_knowledge
from fourthstep.knowledge.reader import Reading
from fourthstep.record.resources import (
    Dosage,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
)

ROOT = Path(__file__).resolve().parents[2]
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
NOW = as_of("2026-03-10")


@cache
def knowledge():
    reading = Reading()
    found = read_opioid_knowledge(ROOT / "knowledge" / "opioids", reading)
    reading.finish()
    return found


@cache
def products():
    with (ROOT / "knowledge" / "codes" / "products.csv").open(encoding="utf-8") as file:
        return {(row["code"], row["ingredient"]): row for row in csv.DictReader(file) if row["system"] == RXNORM}


_SOURCES = {
    "MedicationRequest": (MedicationRequest, "order"),
    "MedicationStatement": (MedicationStatement, "statement"),
    "MedicationAdministration": (MedicationAdministration, "administration"),
    "MedicationDispense": (MedicationDispense, "dispense"),
}


def events_of(resources):
    found = []
    for number, resource in enumerate(resources):
        found += _events(resource, f"{resource['resourceType']}/{resource.get('id', number)}")
    return found


def _events(resource, ref):
    kind, source = _SOURCES[resource["resourceType"]]
    read = msgspec.json.decode(json.dumps(resource).encode(), type=kind)
    start, end = _dates(read, source)
    coding = read.medication_codeable_concept.coding[0]
    drugs = _drugs(coding, source)
    tables = knowledge().dosage
    result = []
    for each in drugs:
        drug = each
        if source == "administration":
            listed = [] if read.dosage is None else [read.dosage.as_dosage()]
            doses = tuple(read_dosage(one, tables, start, drug.form) for one in listed)
            on = read.request.reference if read.request is not None else ""
            drug = msgspec.structs.replace(drug, given=read.status in ("completed", "in-progress"), order=on)
        else:
            listed = read.dosage if source == "statement" else read.dosage_instruction
            doses = read_dosages(listed, tables, start, drug.form)
        drug = msgspec.structs.replace(drug, doses=doses)
        result.append(
            Event(
                "drug",
                f"opioid:{drug.ingredient}",
                ref,
                start,
                end,
                status=read.status,
                drug=drug,
                current=read.status in ("active", "on-hold", "in-progress"),
            )
        )
    return result


def _dates(read, source):
    period = getattr(read, "effective_period", None)
    single = (
        getattr(read, "authored_on", "") or getattr(read, "effective_date_time", "") or getattr(read, "when_handed_over", "")
    )
    if source == "order" and read.dispense_request and read.dispense_request.validity_period:
        period = read.dispense_request.validity_period
    if period is not None:
        return (when(period.start) if period.start else None), (when(period.end) if period.end else None)
    return (when(single) if single else None), None


def _drugs(coding, source):
    rows = [row for (code, _), row in products().items() if code == coding.code]
    opioids = [row for row in rows if row["ingredient"] in knowledge().ingredients]
    if not opioids:
        (name,) = [name for name, each in knowledge().ingredients.items() if each.rxcui == coding.code]
        return [Drug(name, coding.code, coding.display, source=source)]
    return [
        Drug(
            row["ingredient"],
            row["ingredient_code"],
            row["display"],
            Decimal(row["strength"]),
            row["unit"],
            row["form"],
            row["route"],
            tuple(filter(None, row["others"].split("; "))),
            source=source,
        )
        for row in opioids
    ]


def coded(code, display=""):
    return {"coding": [{"system": RXNORM, "code": code, "display": display}]}


def order(code, *dosages, status="active", authored="2026-03-01", **rest):
    return {
        "resourceType": "MedicationRequest",
        "status": status,
        "intent": "order",
        "authoredOn": authored,
        "medicationCodeableConcept": coded(code),
        "dosageInstruction": list(dosages),
        **rest,
    }


def statement(code, *dosages, start="2026-03-01", **rest):
    return {
        "resourceType": "MedicationStatement",
        "status": "active",
        "effectivePeriod": {"start": start},
        "medicationCodeableConcept": coded(code),
        "dosage": list(dosages),
        **rest,
    }


def given(code, dose, at, *, route="IV", status="completed", **rest):
    return {
        "resourceType": "MedicationAdministration",
        "status": status,
        "effectiveDateTime": at,
        "medicationCodeableConcept": coded(code),
        "dosage": {"dose": dose, "route": by(route)},
        **rest,
    }


def dispensed(code, *dosages, at="2026-03-05", **rest):
    return {
        "resourceType": "MedicationDispense",
        "status": "active",
        "whenHandedOver": at,
        "medicationCodeableConcept": coded(code),
        "dosageInstruction": list(dosages),
        **rest,
    }


def quantity(value, unit="", code=""):
    found = {"value": value}
    if unit:
        found["unit"] = unit
    if code:
        found |= {"code": code, "system": UCUM}
    return found


def tablets(count):
    return quantity(count, "tablet", "{tbl}")


def by(route):
    codes = {
        "oral": "26643006",
        "IV": "47625008",
        "SC": "34206005",
        "TD": "45890007",
        "buccal": "54471007",
        "SL": "37839007",
        "IT": "72607000",
    }
    return {"coding": [{"system": "http://snomed.info/sct", "code": codes.get(route, route)}]}


def every(period, unit="h", frequency=1, **rest):
    return {"repeat": {"frequency": frequency, "period": period, "periodUnit": unit, **rest}}


def dosage(dose=None, timing=None, *, prn=False, low=None, high=None, rate=None, route=None, **rest):
    found = dict(rest)
    entry = {}
    if dose is not None:
        entry["doseQuantity"] = dose
    if low is not None:
        entry["doseRange"] = {"low": low, "high": high}
    if rate is not None:
        entry["rateQuantity"] = rate
    if entry:
        found["doseAndRate"] = [entry]
    if timing is not None:
        found["timing"] = timing
    if prn:
        found["asNeededBoolean"] = True
    if route is not None:
        found["route"] = by(route)
    return found


def at_most(value, unit, period, period_unit):
    return {"numerator": quantity(value, unit), "denominator": quantity(period, period_unit, period_unit)}


def read(instruction, *, written="2026-03-01", form=""):
    found = msgspec.json.decode(json.dumps(instruction).encode(), type=Dosage)
    return read_dosage(found, knowledge().dosage, when(written) if written else None, form)


def measured(resources, table="cdc_2022", *, at=NOW, vouched=Truth.TRUE, **rest):
    return opioid_dose(events_of(resources), at, knowledge(), table, vouched=vouched, **rest)


def day(text):
    return AsOf(date.fromisoformat(text))
