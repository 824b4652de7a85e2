"""The mess of real systems, one knob each, from 0 (none) to 1 (wherever it can be).

Each knob is one finding of real exports.  What it changes is drawn from the patient's own stream for that knob, so that
turning one does not move another.  The truth never changes: mess is what the record does to it.
"""

import copy
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple
from zlib import crc32

from fourthstep.synthetic.fhir import Json, hl7
from fourthstep.synthetic.patient import Latent

HOSPITAL = "http://hospital.example/codes"
"""Code system of a hospital's own codes, which nobody else knows."""
CODED = ("code", "medicationCodeableConcept")
FREQUENCIES = {4: "Q4H", 8: "Q8H", 12: "Q12H", 24: "DAILY"}


class Mess(NamedTuple):
    """How much of each; all between 0 and 1."""

    missing: float = 0
    """A resource is not there (never recorded, or its type not exported)."""
    late: float = 0
    """The newest results and answers are not in yet: the value is 20 to 60 days old."""
    text_only: float = 0
    """A diagnosis, drug, allergy or procedure in words, without a code."""
    wrong_unit: float = 0
    """A result with a unit outside UCUM, with none, or with one that cannot be."""
    local_code: float = 0
    """A result, drug or diagnosis under the hospital's own code."""
    duplicates: float = 0
    """A resource twice: the same line, or the same fact under a second id."""
    contradictory: float = 0
    """A second entry that says the opposite."""
    unit_less: float = 0
    """A dose that counts tablets and does not say so (Synthea)."""
    split_dose: float = 0
    """The dose in the order, the frequency in the dispense (MIMIC-IV)."""

    @classmethod
    def of(cls, level: float) -> "Mess":
        """All knobs at one level."""
        return cls(*(level for _ in cls._fields))


def messed(resources: list[Json], patient: Latent, mess: Mess, today: date) -> list[Json]:
    """The resources after the mess; at 0 they are as they were."""
    for knob, level in mess._asdict().items():
        if level:
            resources = KNOBS[knob](resources, patient.stream(f"mess:{knob}"), level, today)
    return resources


def _missing(resources: list[Json], rng: Random, level: float, _: date) -> list[Json]:
    return [each for each in resources if rng.random() >= level or each["resourceType"] == "Patient"]


def _late(resources: list[Json], rng: Random, level: float, _: date) -> list[Json]:
    for each in resources:
        name = {"Observation": "effectiveDateTime", "QuestionnaireResponse": "authored"}.get(each["resourceType"])
        if name and rng.random() < level:
            earlier = datetime.fromisoformat(each[name]) - timedelta(days=rng.randint(20, 60))
            each[name] = each["meta"]["lastUpdated"] = earlier.isoformat()
    return resources


def _text_only(resources: list[Json], rng: Random, level: float, _: date) -> list[Json]:
    for each in resources:
        coded = next((each[name] for name in CODED if name in each), None)
        if coded and each["resourceType"] != "Observation" and rng.random() < level:
            coded["text"] = coded.get("text") or coded["coding"][0]["display"]
            del coded["coding"]
    return resources


def _wrong_unit(resources: list[Json], rng: Random, level: float, _: date) -> list[Json]:
    for each in resources:
        value = each.get("valueQuantity")
        if value is None or rng.random() >= level:
            continue
        kind = rng.choice(("spelling", "none", "impossible"))
        value.pop("system", None)
        value.pop("code", None)
        if kind == "none":
            value.pop("unit", None)
        else:
            value["unit"] = (
                {"10*3/uL": "K/uL", "mg/dL": "MG/DL"}.get(value["unit"], value["unit"]) if kind == "spelling" else "mmol/L"
            )
    return resources


def _local_code(resources: list[Json], rng: Random, level: float, _: date) -> list[Json]:
    for each in resources:
        coded = next((each[name] for name in CODED if name in each), None)
        if coded and coded.get("coding") and rng.random() < level:
            known = coded["coding"][0]
            local = f"L{crc32(known['code'].encode()) % 100000:05}"  # one concept has one code, which a policy could map
            coded["coding"] = [{"system": HOSPITAL, "code": local, "display": known["display"]}]
    return resources


def _duplicates(resources: list[Json], rng: Random, level: float, _: date) -> list[Json]:
    found = []
    for each in resources:
        found.append(each)
        if each["resourceType"] == "Patient" or rng.random() >= level:
            continue
        again = copy.deepcopy(each)
        if rng.random() < 0.5 and each["resourceType"] in {"Condition", "Observation"}:
            again["id"] += "-again"
        found.append(again)
    return found


def _contradictory(resources: list[Json], rng: Random, level: float, today: date) -> list[Json]:
    found = []
    for each in resources:
        found.append(each)
        opposite = _opposite(each, today)
        if opposite and rng.random() < level:
            opposite["id"] += "-other"
            found.append(opposite)
    return found


def _opposite(each: Json, today: date) -> Json | None:
    """A second entry of the same day that says something else; None where there is none to say."""
    other = copy.deepcopy(each)
    kind = each["resourceType"]
    if kind == "Observation" and each["effectiveDateTime"].startswith(today.isoformat()) and "valueQuantity" in each:
        value = other["valueQuantity"]["value"]
        is_score = other["valueQuantity"].get("unit") == "{score}"
        other["valueQuantity"]["value"] = 10 - value if is_score else round(value * (0.2 if value > 20 else 2), 1)
        return other
    if kind == "Condition" and each["verificationStatus"]["coding"][0]["code"] == "confirmed":
        other["verificationStatus"] = hl7("condition-ver-status", "refuted")
        del other["clinicalStatus"]
        return other
    if kind == "MedicationRequest" and each["status"] == "active":
        other["status"] = "stopped"
        return other
    return None


def _unit_less(resources: list[Json], rng: Random, level: float, _: date) -> list[Json]:
    for each in resources:
        for given in each.get("dosageInstruction", []):
            amount = given["doseAndRate"][0]["doseQuantity"]
            if amount.get("unit") in {"tablet", "capsule"} and rng.random() < level:
                given["doseAndRate"][0]["doseQuantity"] = {"value": amount["value"]}
    return resources


def _split_dose(resources: list[Json], rng: Random, level: float, _: date) -> list[Json]:
    dispenses = [each for each in resources if each["resourceType"] == "MedicationDispense"]
    for each in resources:
        if each["resourceType"] != "MedicationRequest" or rng.random() >= level:
            continue
        timing = each["dosageInstruction"][0].pop("timing", None)
        if timing is None:
            continue
        word = FREQUENCIES[timing["repeat"]["period"]] + (":PRN" if each["dosageInstruction"][0]["asNeededBoolean"] else "")
        for dispense in dispenses:
            if dispense["authorizingPrescription"][0]["reference"] == f"MedicationRequest/{each['id']}":
                code = {"coding": [{"system": f"{HOSPITAL}/frequency", "code": word}]}
                dispense["dosageInstruction"] = [{"timing": {"code": code}}]
    return resources


Knob = Callable[[list[Json], Random, float, date], list[Json]]
KNOBS: dict[str, Knob] = {
    "missing": _missing,
    "late": _late,
    "text_only": _text_only,
    "wrong_unit": _wrong_unit,
    "local_code": _local_code,
    "duplicates": _duplicates,
    "contradictory": _contradictory,
    "unit_less": _unit_less,
    "split_dose": _split_dose,
}
