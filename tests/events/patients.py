"""Small records and small code tables, so that each row of a table shows only what differs."""

from functools import cache
from pathlib import Path
from typing import Any

from fourthstep.events.event import Event, Events
from fourthstep.events.extract import extract_events
from fourthstep.ground.dates import as_of
from fourthstep.knowledge.codes import ATC, ICD_10_CM, NDC, RXNORM, CodeIndex, CodeTables
from fourthstep.knowledge.opioids import DosageTables, read_opioid_knowledge
from fourthstep.knowledge.policy import Policy
from fourthstep.knowledge.reader import Reading
from fourthstep.record import read_record

ROOT = Path(__file__).resolve().parents[2]
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
MIMIC_NAME = "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-medication-name"
LOCAL = "http://hospital.example/codes"
TODAY = "2026-03-01"

_CODES = [
    ("measurement", LOINC, "777-3", "platelets"),
    ("measurement", LOINC, "72514-3", "pain_nrs_0_10"),
    ("measurement", LOINC, "38208-5", "pain_severity_reported_unscaled"),
    ("measurement", LOINC, "38214-3", "pain_vas"),
    ("measurement", LOINC, "98137-3", "pain_report_free_text_or_number"),
    ("measurement", LOINC, "89247-1", "ecog_score"),
    ("measurement", LOINC, "2106-3", "pregnancy_test"),
    ("measurement", LOINC, "8480-6", "sbp"),
    ("measurement", LOCAL, "control", "not_a_result"),
    ("goal", LOINC, "84095-9", "dnr_observation"),
    ("goal", SNOMED, "304253006", "not_for_resuscitation"),
    ("goal", SNOMED, "103735009", "palliative_care"),
    ("condition", SNOMED, "363418001", "pancreas"),
    ("condition", ICD_10_CM, "C25", "pancreas"),
    ("condition", ICD_10_CM, "D684", "coagulopathy"),
    ("condition", ICD_10_CM, "D684", "acquired_factor_deficiency"),
    ("condition", SNOMED, "441509002", "pacemaker_in_situ"),
    ("procedure", SNOMED, "1287742003", "radiotherapy"),
    ("procedure", "urn:oid:2.16.840.1.113883.6.104", "0391", "spinal_injection"),
    ("allergy", SNOMED, "111088007", "latex_substance"),
    ("allergy", SNOMED, "416098002", "drug_allergy"),
]
_PREFIXES = {"C25"}
_DRUGS = [
    ("oxycodone", "7804", "opioid:opioid_agonist"),
    ("aspirin", "1191", "antiplatelet:aspirin"),
    ("aspirin", "1191", "nsaid:nsaid_nonselective"),
    ("apixaban", "1364430", "anticoagulant:doac_xa"),
    ("heparin", "5224", "anticoagulant:unfractionated_heparin"),
    ("fentanyl", "4337", "opioid:opioid_agonist"),
    ("lidocaine", "6387", "adjuvant:local_anaesthetic"),
    ("diclofenac", "3355", "nsaid:nsaid_nonselective"),
    ("dexamethasone", "3264", "adjuvant:corticosteroid"),
]
_PRODUCTS = [
    ("1049502", "7804", "oxycodone", "10", "MG", "Extended Release Oral Tablet", "oral", ""),
    ("1011", "7804", "oxycodone", "4.8355", "MG", "Oral Tablet", "oral", "aspirin 325 MG"),
    ("1011", "1191", "aspirin", "325", "MG", "Oral Tablet", "oral", "oxycodone 4.8355 MG"),
    ("245134", "4337", "fentanyl", "0.025", "MG/HR", "Transdermal System", "transdermal", ""),
    ("855633", "3355", "diclofenac", "10", "MG/MG", "Topical Gel", "topical", ""),
    ("nameless", "0", "benzhydrocodone", "6", "MG", "Oral Tablet", "oral", ""),
]


@cache
def index() -> CodeIndex:
    """A small index with one of everything."""
    codes = [
        (kind, system, code, "prefix" if code in _PREFIXES else "exact", concept, "V", "")
        for kind, system, code, concept in _CODES
    ]
    codes += [("drug", RXNORM, code, "exact", concept, "V", name) for name, code, concept in _DRUGS]
    codes += [
        ("drug", ATC, "B01AF02", "prefix", "anticoagulant:doac_xa", "V", "apixaban"),
        ("drug", NDC, "08290036005", "exact", "not_systemic", "V", ""),
        ("condition", ICD_10_CM, "I85", "prefix", "oesophageal_varices", "K", ""),
    ]
    return CodeIndex(
        CodeTables(
            codes=codes,
            products=[(RXNORM, *row) for row in _PRODUCTS],
            sites=[(SNOMED, "113197003", "rib", "chest-wall", ""), (SNOMED, "9", "somewhere", "", "left")],
            ingredients=list(_DRUGS),
            antineoplastics=[("docetaxel", "yes"), ("abemaciclib", "no")],
            names=[("roxicodone", "oxycodone", "7804"), ("aspir 81", "aspirin", "1191")],
            irrelevant=[
                (SNOMED, "59621000", "condition"),
                (SNOMED, "430193006", "procedure"),
                (SNOMED, "91935009", "allergy"),
                (RXNORM, "860975", "drug"),
            ],
            irrelevant_ingredients=["metformin", "saline", "sodium chloride"],
            ranges=[
                (ICD_10_CM, "A00", "B99", "infection"),
                (ICD_10_CM, "C00", "C97", "neoplasm"),
                (ICD_10_CM, "A00", "Z99", "irrelevant"),
            ],
            systems=[("urn:oid:2.16.840.1.113883.6.96", SNOMED), ("http://local/icd10", ICD_10_CM)],
            units=[("K/uL", "10*9/L", "1", "", ""), ("/uL", "10*9/L", "0.001", "", ""), ("x", "y", "1/3", "", ""),
                   ("mEq/L", "mmol/L", "1", "potassium", ""), ("[degF]", "Cel", "5/9", "", "32")],
        )
    )  # fmt: skip


@cache
def dosage_tables() -> DosageTables:
    """The project's own tables."""
    return read_opioid_knowledge(ROOT / "knowledge" / "opioids", Reading()).dosage


PATIENT = {"resourceType": "Patient", "id": "7", "birthDate": "1950-01-01", "gender": "female"}
SUBJECT = {"reference": "Patient/7"}


def concept(system: str, code: str, display: str = "", text: str = "") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": text}


def resource(kind: str, identity: str = "x", **more: Any) -> dict[str, Any]:
    owner = "patient" if kind in ("AllergyIntolerance", "Consent", "Device") else "subject"
    return {"resourceType": kind, "id": identity, owner: SUBJECT, **more}


def extract(
    *resources: dict[str, Any], day: str = TODAY, policy: Policy | None = None, codes: CodeIndex | None = None
) -> Events:
    """The events of a patient with these resources."""
    record = read_record([PATIENT, *resources])
    return extract_events(record, codes or index(), as_of=as_of(day), policy=policy, tables=dosage_tables())


def one(*resources: dict[str, Any], **more: Any) -> Event:
    """The only event."""
    events = extract(*resources, **more).events
    assert len(events) == 1, events
    return events[0]


def fate(events: Events) -> str:
    """`used concept …`, `unrecognised kind …`, `not used reason …` or `irrelevant`."""
    named = [event for event in events.events if event.kind not in ("unrecognised", "encounter")]
    unknown = [event for event in events.events if event.kind == "unrecognised"]
    if unknown:
        return f"unrecognised {' '.join(event.of_kind for event in unknown)}"
    if named:
        return f"used {' '.join(sorted({event.concept for event in named}))}"
    if events.not_used:
        return f"not used {' '.join(sorted({each.reason for each in events.not_used}))}"
    return "irrelevant"


CUSTOM_LAB = resource(
    "Observation",
    "lab",
    status="final",
    code={"coding": [{"system": LOCAL, "code": "PLT"}]},
    effectiveDateTime="2026-02-28",
    valueQuantity={"value": 180, "unit": "K/uL"},
)
"""A platelet count under a local code."""
