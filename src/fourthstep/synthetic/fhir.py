"""What the made-up records are built from: codes, FHIR R4 data types, and a chart of one patient.

Codes are those that the dossier lists (codes.md and its CSV files); displays are those of the terminology.
"""

from datetime import datetime, timedelta, timezone
from typing import Any

Json = dict[str, Any]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem/"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
FORM = "http://fourthstep.org/fhir/Questionnaire/bedside"
FORM_VALUES = "http://fourthstep.org/fhir/CodeSystem/bedside"
HERE = timezone(timedelta(hours=-5))
"""The hospital's clock."""

CANCERS = {
    "pancreas-head": ("C25.0", "Malignant neoplasm of head of pancreas"),
    "pancreas-body": ("C25.1", "Malignant neoplasm of body of pancreas"),
    "pancreas-tail": ("C25.2", "Malignant neoplasm of tail of pancreas"),
    "cervix": ("C53.9", "Malignant neoplasm of cervix uteri, unspecified"),
    "bladder": ("C67.9", "Malignant neoplasm of bladder, unspecified"),
    "prostate": ("C61", "Malignant neoplasm of prostate"),
    "rectum": ("C20", "Malignant neoplasm of rectum"),
    "anus": ("C21.0", "Malignant neoplasm of anus, unspecified"),
    "breast": ("C50.919", "Malignant neoplasm of unspecified site of unspecified female breast"),
    "lung": ("C34.90", "Malignant neoplasm of unspecified part of unspecified bronchus or lung"),
    "lung-upper": ("C34.10", "Malignant neoplasm of upper lobe, unspecified bronchus or lung"),
    "colon": ("C18.9", "Malignant neoplasm of colon, unspecified"),
}
DIAGNOSES = {
    "bone": ("C79.51", "Secondary malignant neoplasm of bone"),
    "cancer-pain": ("G89.3", "Neoplasm related pain (acute) (chronic)"),
    "cord": ("G95.20", "Unspecified cord compression"),
    "fracture": ("M84.58XA", "Pathological fracture in neoplastic disease, other specified site, initial encounter"),
    "cipn": ("G62.0", "Drug-induced polyneuropathy"),
    "plexus": ("G54.0", "Brachial plexus disorders"),
    "sepsis": ("A41.9", "Sepsis, unspecified organism"),
    "back": ("M54.50", "Low back pain, unspecified"),
    "stent": ("Z95.5", "Presence of coronary angioplasty implant and graft"),
    "pressure": ("I10", "Essential (primary) hypertension"),
    "chemotherapy": ("Z51.11", "Encounter for antineoplastic chemotherapy"),
}
TESTS = {
    "platelets": ("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", "10*3/uL"),
    "inr": ("6301-6", "INR in Platelet poor plasma by Coagulation assay", "{INR}", "{INR}"),
    "neutrophils": ("751-8", "Neutrophils [#/volume] in Blood by Automated count", "10*3/uL", "10*3/uL"),
    "haemoglobin": ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", "g/dL"),
    "creatinine": ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL"),
    "egfr": ("98979-8", "Glomerular filtration rate (CKD-EPI 2021)", "mL/min/1.73m2", "mL/min/{1.73_m2}"),
    "bilirubin": ("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL"),
    "glucose": ("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL"),
    "crp": ("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma", "mg/L", "mg/L"),
}
VITALS = {
    "temperature": ("8310-5", "Body temperature", "degrees C", "Cel"),
    "weight": ("29463-7", "Body weight", "kg", "kg"),
    "height": ("8302-2", "Body height", "cm", "cm"),
}
PAIN = ("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")
ECOG = ("89247-1", "ECOG Performance Status score")

# name -> RxNorm, display, unit that is counted
DRUGS = {
    "morphine ER 15": ("891881", "morphine sulfate 15 MG Extended Release Oral Tablet", "tablet"),
    "morphine ER 30": ("891888", "morphine sulfate 30 MG Extended Release Oral Tablet", "tablet"),
    "morphine ER 60": ("891893", "morphine sulfate 60 MG Extended Release Oral Tablet", "tablet"),
    "morphine IR 15": ("892582", "morphine sulfate 15 MG Oral Tablet", "tablet"),
    "oxycodone ER 30": ("1049574", "12 HR oxycodone hydrochloride 30 MG Extended Release Oral Tablet", "tablet"),
    "oxycodone ER 40": ("1049584", "12 HR oxycodone hydrochloride 40 MG Extended Release Oral Tablet", "tablet"),
    "oxycodone IR 10": ("1049683", "oxycodone hydrochloride 10 MG Oral Tablet", "tablet"),
    "pregabalin 75": ("483450", "pregabalin 75 MG Oral Capsule", "capsule"),
    "duloxetine 60": ("596934", "duloxetine 60 MG Delayed Release Oral Capsule", "capsule"),
    "acetaminophen 500": ("198440", "Acetaminophen 500 MG Oral Tablet", "tablet"),
    "zoledronic acid": ("1114085", "100 ML zoledronic acid 0.04 MG/ML Injection", "mg"),
    "amlodipine 5": ("197361", "amlodipine 5 MG Oral Tablet", "tablet"),
    "apixaban": ("1364445", "apixaban 5 MG Oral Tablet", "tablet"),
    "enoxaparin": ("854241", "0.8 ML enoxaparin sodium 100 MG/ML Prefilled Syringe", "mg"),
    "clopidogrel": ("309362", "clopidogrel 75 MG Oral Tablet", "tablet"),
    "warfarin": ("855332", "warfarin sodium 5 MG Oral Tablet", "tablet"),
    "aspirin": ("243670", "aspirin 81 MG Oral Tablet", "tablet"),
}
ROUTES = {
    "oral": ("26643006", "Oral route (qualifier value)"),
    "subcutaneous": ("34206005", "Subcutaneous route (qualifier value)"),
    "intravenous": ("47625008", "Intravenous route (qualifier value)"),
}
SITES = {
    "upper-abdomen": ("15776009", "Pancreatic structure (body structure)"),
    "pelvis": ("12921003", "Structure of pelvis (body structure)"),
    "perineum": ("38864007", "Perineal structure (body structure)"),
    "chest-wall": ("78904004", "Chest Wall Structure (body structure)"),
    "thoracic-spine": ("35769007", "Bone structure of thoracic vertebra (body structure)"),
    "shoulder-arm": ("36582005", "Brachial plexus structure (body structure)"),
    "leg": ("71341001", "Bone structure of femur (body structure)"),
    "lumbar-spine": ("73903008", "Bone structure of lumbar vertebra (body structure)"),
}
SIDES = {"left": ("7771000", "Left (qualifier value)"), "right": ("24028007", "Right (qualifier value)")}
LATERALITY = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-laterality-qualifier"
RACES = {"2106-3": "White", "2054-5": "Black or African American", "2028-9": "Asian"}
CDC_RACE = "urn:oid:2.16.840.1.113883.6.238"


def coding(system: str, code: str, display: str) -> Json:
    """One code of one system."""
    return {"system": system, "code": code, "display": display}


def concept(*codes: Json, text: str = "") -> Json:
    """Codes that mean the same, with what a person wrote."""
    return ({"coding": list(codes)} if codes else {}) | ({"text": text} if text else {})


def icd(name: str) -> Json:
    """A diagnosis or a cancer by its name here."""
    code, display = DIAGNOSES.get(name) or CANCERS[name]
    return concept(coding(ICD10, code, display), text=display)


def hl7(system: str, code: str) -> Json:
    """A concept of one of HL7's own small systems."""
    return {"coding": [{"system": HL7 + system, "code": code}]}


def quantity(value: float, unit: str, code: str = "") -> Json:
    """A number with its unit, with UCUM where `code` is given."""
    return {"value": value, "unit": unit} | ({"system": UCUM, "code": code} if code else {})


def site(region: str, side: str) -> Json:
    """A body site; the side stands where mCODE puts it."""
    made = concept(coding(SNOMED, *SITES[region]), text=region.replace("-", " "))
    if side in SIDES:
        made["extension"] = [{"url": LATERALITY, "valueCodeableConcept": concept(coding(SNOMED, *SIDES[side]))}]
    return made


def dose(amount: float, unit: str, hours: int, *, prn: bool = False, route: str = "oral") -> Json:
    """One structured dosage instruction: `amount` every so many hours."""
    measured = {"mg": "mg"}.get(unit, "")
    timing = {"repeat": {"frequency": 1, "period": hours, "periodUnit": "h"}, "code": {"text": f"Q{hours}H"}}
    return {
        "timing": timing,
        "asNeededBoolean": prn,
        "route": concept(coding(SNOMED, *ROUTES[route])),
        "doseAndRate": [
            {
                "type": concept(coding(HL7 + "dose-rate-type", "ordered", "Ordered")),
                "doseQuantity": quantity(amount, unit, measured),
            }
        ],
    }


def answer(link: str, value: bool | float | str) -> Json:
    """One answered item of the form: yes or no, a number, or one of the listed words."""
    if isinstance(value, bool):
        given: Json = {"valueBoolean": value}
    elif isinstance(value, int):
        given = {"valueInteger": value}
    else:
        given = {"valueCoding": coding(FORM_VALUES, str(value), str(value).replace("-", " "))}
    return {"linkId": link, "answer": [given]}


class Chart:
    """One patient's resources, collected in the order in which they are written."""

    def __init__(self, patient: str, today: datetime) -> None:
        self.patient = {"reference": f"Patient/{patient}"}
        self.prefix = patient
        self.today = today
        """Midnight at the start of the day that the truth speaks of."""
        self.resources: list[Json] = []

    def at(self, days: float, hour: int = 9, minute: int = 0) -> str:
        """An instant so many days ago."""
        return (self.today - timedelta(days=days) + timedelta(hours=hour, minutes=minute)).isoformat()

    def add(self, kind: str, key: str, *, seen: str, **elements: Any) -> str:
        """Add a resource, last changed at `seen`; gives its reference."""
        owner = "patient" if kind == "AllergyIntolerance" else "subject"
        made: Json = {"resourceType": kind, "id": f"{self.prefix}-{key}", "meta": {"lastUpdated": seen}}
        self.resources.append(made | {owner: self.patient} | elements)
        return f"{kind}/{made['id']}"

    def condition(self, key: str, name: str, days: int, **more: Any) -> None:
        """A confirmed, active diagnosis of the problem list."""
        made: Json = {
            "clinicalStatus": hl7("condition-clinical", "active"),
            "verificationStatus": hl7("condition-ver-status", "confirmed"),
            "category": [hl7("condition-category", "problem-list-item")],
            "code": icd(name),
            "onsetDateTime": self.at(days)[:10],
            "recordedDate": self.at(days),
        }
        self.add("Condition", key, seen=self.at(days), **made | more)

    def observe(self, key: str, category: str, code: tuple[str, ...], when: str, **value: Any) -> None:
        """A final observation."""
        kind = [hl7("observation-category", category)]
        what = concept(coding(LOINC, code[0], code[1]), text=code[1])
        self.add("Observation", key, seen=when, status="final", category=kind, code=what, effectiveDateTime=when, **value)

    def measured(
        self, category: str, tests: dict[str, tuple[str, str, str, str]], days: float, hour: int, **values: float
    ) -> None:
        """Results or vital signs of one moment."""
        for name, value in values.items():
            made = quantity(value, tests[name][2], tests[name][3])
            self.observe(f"{name}-{days:g}", category, tests[name], self.at(days, hour, 40), valueQuantity=made)

    def order(self, key: str, drug: str, given: Json, start: float, stop: float | None = None, why: str = "") -> str:
        """An order; with `stop` it ended so many days ago."""
        code, display, _ = DRUGS[drug]
        made: Json = {
            "status": "active" if stop is None else "stopped",
            "intent": "order",
            "medicationCodeableConcept": concept(coding(RXNORM, code, display), text=display),
            "authoredOn": self.at(start, 10),
            "dosageInstruction": [given],
        }
        if stop is not None:
            made["dispenseRequest"] = {"validityPeriod": {"start": self.at(start, 10), "end": self.at(stop, 10)}}
        if why:
            made["statusReason"] = concept(text=why)
        return self.add("MedicationRequest", key, seen=self.at(stop if stop is not None else start, 10), **made)

    def handed_over(self, order: str, drug: str, days: float, count: int, supply: int = 28) -> None:
        """What the pharmacy handed out on an order."""
        code, display, _ = DRUGS[drug]
        key = order.removeprefix(f"MedicationRequest/{self.prefix}-")
        self.add(
            "MedicationDispense",
            f"dispense-{key}-{days:g}",
            seen=self.at(days, 12),
            status="completed",
            medicationCodeableConcept=concept(coding(RXNORM, code, display), text=display),
            authorizingPrescription=[{"reference": order}],
            quantity={"value": count},
            daysSupply=quantity(supply, "days", "d"),
            whenHandedOver=self.at(days, 12),
        )
