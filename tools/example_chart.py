"""What a made-up record is built from: codes, FHIR data types and a chart that collects resources.

For `make_examples.py`; the patients themselves stand in `example_patients.py`.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
NDC = "http://hl7.org/fhir/sid/ndc"
UCUM = "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem/"
LATERALITY = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-laterality-qualifier"
FORM = "http://fourthstep.org/fhir/Questionnaire/bedside"
FORM_VALUES = "http://fourthstep.org/fhir/CodeSystem/bedside"

# -- what systems call things ------------------------------------------------------------------------------

SITES = {
    "pancreas": ("15776009", "Pancreatic structure (body structure)"),
    "chest wall": ("78904004", "Chest Wall Structure (body structure)"),
    "rib": ("113197003", "Bone structure of rib (body structure)"),
    "thoracic vertebra": ("35769007", "Bone structure of thoracic vertebra (body structure)"),
    "lumbar vertebra": ("73903008", "Bone structure of lumbar vertebra (body structure)"),
    "pelvis": ("12921003", "Structure of pelvis (body structure)"),
    "perineum": ("38864007", "Perineal structure (body structure)"),
    "brachial plexus": ("36582005", "Brachial plexus structure (body structure)"),
    "right upper quadrant": ("50519007", "Structure of right upper quadrant of abdomen (body structure)"),
}
SIDES = {"left": ("7771000", "Left (qualifier value)"), "right": ("24028007", "Right (qualifier value)")}

# name -> LOINC code, display, unit as people write it, UCUM code
TESTS = {
    "platelets": ("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", "10*3/uL"),
    "inr": ("6301-6", "INR in Platelet poor plasma by Coagulation assay", "{INR}", "{INR}"),
    "aptt": ("14979-9", "aPTT in Platelet poor plasma by Coagulation assay", "s", "s"),
    "fibrinogen": (
        "3255-7",
        "Fibrinogen [Mass/volume] in Platelet poor plasma by Coagulation assay",
        "mg/dL",
        "mg/dL",
    ),
    "neutrophils": ("751-8", "Neutrophils [#/volume] in Blood by Automated count", "10*3/uL", "10*3/uL"),
    "leukocytes": ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", "10*3/uL"),
    "lymphocytes": (
        "736-9",
        "Lymphocytes/100 leukocytes in Blood by Automated count",
        "%",
        "%",
    ),
    "haemoglobin": ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", "g/dL"),
    "creatinine": ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL"),
    "egfr": (
        "98979-8",
        "Glomerular filtration rate (CKD-EPI 2021)",
        "mL/min/1.73m2",
        "mL/min/{1.73_m2}",
    ),
    "glucose": ("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL"),
    "bilirubin": ("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL"),
    "albumin": ("1751-7", "Albumin [Mass/volume] in Serum or Plasma", "g/dL", "g/dL"),
    "crp": ("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma", "mg/L", "mg/L"),
    "sodium": ("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", "mmol/L"),
    "potassium": ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", "mmol/L"),
    "calcium": ("17861-6", "Calcium [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL"),
    "lactate": ("32693-4", "Lactate [Moles/volume] in Blood", "mmol/L", "mmol/L"),
    # Means nothing to pain: to be counted as irrelevant.
    "ca19-9": ("24108-3", "Cancer Ag 19-9 [Units/volume] in Serum or Plasma", "U/mL", "[U]/mL"),
    "psa": ("2857-1", "Prostate specific Ag [Mass/volume] in Serum or Plasma", "ng/mL", "ng/mL"),
    "tsh": ("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "mIU/L", "m[IU]/L"),
}
VITALS = {
    "temperature": ("8310-5", "Body temperature", "degrees C", "Cel"),
    "weight": ("29463-7", "Body weight", "kg", "kg"),
    "height": ("8302-2", "Body height", "cm", "cm"),
    "pulse": ("8867-4", "Heart rate", "/min", "/min"),
    "breaths": ("9279-1", "Respiratory rate", "/min", "/min"),
    "spo2": ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "%", "%"),
    "qtc": ("8636-3", "Q-T interval corrected", "ms", "ms"),
}
SCORES = {
    "ecog": ("89247-1", "ECOG Performance Status score"),
    "kps": ("89243-0", "Karnofsky Performance Status score"),
    "bpi": ("77565-0", "Pain interference score [BPI Short Form]"),
    "smoking": ("72166-2", "Tobacco smoking status"),
}

# name -> RxNorm code, display
DRUGS = {
    "morphine ER 15": ("891881", "morphine sulfate 15 MG Extended Release Oral Tablet"),
    "morphine ER 30": ("891888", "morphine sulfate 30 MG Extended Release Oral Tablet"),
    "morphine ER 60": ("891893", "morphine sulfate 60 MG Extended Release Oral Tablet"),
    "morphine IR 15": ("892582", "morphine sulfate 15 MG Oral Tablet"),
    "morphine 20 mg/mL": ("892625", "morphine sulfate 20 MG/ML Oral Solution"),
    "morphine PCA vial": ("1728999", "30 ML morphine sulfate 1 MG/ML Injection"),
    "morphine 2 mg/mL": ("2003714", "1 ML morphine sulfate 2 MG/ML Injection"),
    "oxycodone ER 20": ("1049563", "12 HR oxycodone hydrochloride 20 MG Extended Release Oral Tablet"),
    "oxycodone ER 30": ("1049574", "12 HR oxycodone hydrochloride 30 MG Extended Release Oral Tablet"),
    "oxycodone ER 40": ("1049584", "12 HR oxycodone hydrochloride 40 MG Extended Release Oral Tablet"),
    "oxycodone IR 5": ("1049621", "oxycodone hydrochloride 5 MG Oral Tablet"),
    "oxycodone IR 10": ("1049683", "oxycodone hydrochloride 10 MG Oral Tablet"),
    "hydromorphone 2": ("897696", "hydromorphone hydrochloride 2 MG Oral Tablet"),
    "hydromorphone 4": ("897702", "hydromorphone hydrochloride 4 MG Oral Tablet"),
    "hydromorphone ER 16": ("902736", "24 HR hydromorphone hydrochloride 16 MG Extended Release Oral Tablet"),
    "fentanyl 25": ("245134", "72 HR fentanyl 0.025 MG/HR Transdermal System"),
    "fentanyl 50": ("245135", "72 HR fentanyl 0.05 MG/HR Transdermal System"),
    "fentanyl 75": ("197696", "72 HR fentanyl 0.075 MG/HR Transdermal System"),
    "methadone 5": ("864718", "methadone hydrochloride 5 MG Oral Tablet"),
    "methadone 10": ("864706", "methadone hydrochloride 10 MG Oral Tablet"),
    "gabapentin 300": ("310431", "gabapentin 300 MG Oral Capsule"),
    "pregabalin 75": ("483450", "pregabalin 75 MG Oral Capsule"),
    "duloxetine 60": ("596934", "duloxetine 60 MG Delayed Release Oral Capsule"),
    "lidocaine patch": ("1745091", "lidocaine 0.05 MG/MG Medicated Patch"),
    "dexamethasone 4": ("197582", "dexamethasone 4 MG Oral Tablet"),
    "acetaminophen 500": ("198440", "Acetaminophen 500 MG Oral Tablet"),
    "celecoxib 200": ("205323", "celecoxib 200 MG Oral Capsule"),
    "zoledronic acid": ("1114085", "100 ML zoledronic acid 0.04 MG/ML Injection"),
    "apixaban 5": ("1364445", "apixaban 5 MG Oral Tablet"),
    "tramadol 50": ("835603", "tramadol hydrochloride 50 MG Oral Tablet"),
    "lorazepam 0.5": ("197900", "lorazepam 0.5 MG Oral Tablet"),
    "ondansetron": ("26225", "ondansetron"),
    # Mean nothing to pain: bowel, stomach and blood pressure.
    "senna 8.6": ("312935", "sennosides, USP 8.6 MG Oral Tablet"),
    "omeprazole 20": ("198051", "omeprazole 20 MG Delayed Release Oral Capsule"),
    "amlodipine 5": ("197361", "amlodipine 5 MG Oral Tablet"),
}
ROUTES = {
    "oral": ("26643006", "Oral route (qualifier value)"),
    "transdermal": ("45890007", "Transdermal route (qualifier value)"),
    "intravenous": ("47625008", "Intravenous route (qualifier value)"),
    "topical": ("6064005", "Topical route (qualifier value)"),
}
CLASSES = {
    "AMB": "ambulatory",
    "IMP": "inpatient encounter",
    "EMER": "emergency",
    "HH": "home health",
}


# -- FHIR data types ---------------------------------------------------------------------------------------


def coding(system: str, code: str, display: str = "") -> Json:
    """One code of one system."""
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(*codes: Json, text: str = "") -> Json:
    """Codes that mean the same, with what a person wrote."""
    return ({"coding": list(codes)} if codes else {}) | ({"text": text} if text else {})


def snomed(code: str, display: str) -> Json:
    """A SNOMED CT code."""
    return coding(SNOMED, code, display)


def icd(code: str, display: str) -> Json:
    """An ICD-10-CM code."""
    return coding(ICD10, code, display)


def hl7(system: str, code: str) -> Json:
    """A concept of one of HL7's own small systems."""
    return concept(coding(HL7 + system, code))


def quantity(value: float, unit: str, code: str = "") -> Json:
    """A number with its unit, with UCUM where `code` is given."""
    return {"value": value, "unit": unit} | ({"system": UCUM, "code": code} if code else {})


def site(name: str, side: str = "", text: str = "") -> Json:
    """A body site; the side stands where mCODE puts it."""
    code, display = SITES[name]
    where = concept(snomed(code, display), text=text)
    if side in SIDES:
        where = {"extension": [{"url": LATERALITY, "valueCodeableConcept": concept(snomed(*SIDES[side]))}]} | where
    return where


def medication(name: str, text: str = "") -> Json:
    """A drug product by its RxNorm code."""
    code, display = DRUGS[name]
    return concept(coding(RXNORM, code, display), text=text)


def every(hours: int) -> Json:
    """Once in so many hours."""
    return {"repeat": {"frequency": 1, "period": hours, "periodUnit": "h"}, "code": {"text": f"Q{hours}H"}}


def daily(times: int = 1) -> Json:
    """So many times a day."""
    words = {1: "DAILY", 2: "BID", 3: "TID", 4: "QID"}
    return {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}, "code": {"text": words[times]}}


def dose(amount: float, unit: str, timing: Json | None = None, *, prn: bool = False, route: str = "oral") -> Json:
    """One dosage instruction: `amount` of `unit` (`mg`, or tablets, capsules, patches)."""
    measured = {"mg": "mg", "mL": "mL"}.get(unit, "")
    made: Json = {"timing": timing} if timing else {}
    made["asNeededBoolean"] = prn
    made["route"] = concept(snomed(*ROUTES[route]))
    ordered = concept(coding(HL7 + "dose-rate-type", "ordered", "Ordered"))
    made["doseAndRate"] = [{"type": ordered, "doseQuantity": quantity(amount, unit, measured)}]
    return made


# -- one patient's chart -----------------------------------------------------------------------------------


class Chart:
    """One made-up patient, whose resources are collected in the order in which they are written.

    `name` starts every id, so that all examples can live on one server.
    """

    def __init__(self, name: str, person: tuple[str, str, str], zone: str) -> None:
        given, gender, born = person
        self.name = name
        self.zone = ZoneInfo(zone) if zone else None
        self.resources: list[Json] = []
        self.patient = {"reference": f"Patient/example-{name}"}
        self.resources.append(
            {
                "resourceType": "Patient",
                "id": f"example-{name}",
                "identifier": [{"system": "urn:oid:2.999.7.1", "value": f"EX-{name.upper()}"}],
                "name": [{"use": "official", "family": "Example", "given": [given]}],
                "gender": gender,
                "birthDate": born,
            }
        )

    def at(self, text: str) -> str:
        """A local `2026-02-27 07:40` as FHIR writes it; a mere date stays a date."""
        if " " not in text:
            return text
        moment = datetime.fromisoformat(text)
        if self.zone is None:  # a system that writes UTC with milliseconds
            return moment.isoformat(timespec="milliseconds") + "Z"
        return moment.replace(tzinfo=self.zone).isoformat()

    def add(self, kind: str, key: str, **elements: Any) -> str:
        """Add a resource about the patient; gives its reference."""
        owner = {"AllergyIntolerance": "patient", "Immunization": "patient", "Consent": "patient"}
        made = {"resourceType": kind, "id": f"{self.name}-{key}"}
        first = {name: elements.pop(name) for name in ("meta", "contained", "status") if name in elements}
        self.resources.append(made | first | {owner.get(kind, "subject"): self.patient} | elements)
        return f"{kind}/{made['id']}"

    def last(self) -> Json:
        """The resource that was added last, to write something unusual into it."""
        return self.resources[-1]

    # -- what happened ---------------------------------------------------------------------------------

    def visit(self, key: str, where: str, start: str, end: str = "", why: str = "") -> Json:
        """An encounter; without an end it goes on.  Gives the reference that others hang on."""
        period = {"start": self.at(start)} | ({"end": self.at(end)} if end else {})
        made: Json = {
            "status": "finished" if end else "in-progress",
            "class": coding(HL7 + "v3-ActCode", where, CLASSES[where]),
        }
        if why:
            made["type"] = [{"text": why}]
        return {"reference": self.add("Encounter", key, **made, period=period)}

    def condition(self, key: str, codes: list[Json], since: str = "", **more: Any) -> None:
        """A confirmed, active diagnosis."""
        made: Json = {
            "clinicalStatus": hl7("condition-clinical", "active"),
            "verificationStatus": hl7("condition-ver-status", "confirmed"),
            "category": [hl7("condition-category", "problem-list-item")],
            "code": concept(*codes, text=codes[0]["display"]),
        }
        if since:
            made["onsetDateTime"] = self.at(since)
        self.add("Condition", key, **made | more)

    def observe(self, key: str, category: str, code: Json, when: str, **value: Any) -> None:
        """An observation of any kind."""
        self.add(
            "Observation",
            key,
            status="final",
            category=[hl7("observation-category", category)],
            code=code,
            **({"effectiveDateTime": self.at(when)} if when else {}),
            **value,
        )

    def labs(self, when: str, **values: float) -> None:
        """Results of one blood sample."""
        self._measure("laboratory", TESTS, when, values)

    def vitals(self, when: str, **values: float) -> None:
        """Vital signs and measures of the body."""
        self._measure("vital-signs", VITALS, when, values)

    def _measure(
        self, category: str, known: dict[str, tuple[str, str, str, str]], when: str, values: dict[str, float]
    ) -> None:
        for name, value in values.items():
            code, display, unit, ucum = known[name.replace("_", "-")]
            self.observe(
                f"{name}-{stamp(when)}",
                category,
                concept(coding(LOINC, code, display)),
                when,
                valueQuantity=quantity(value, unit, ucum),
            )

    def pressure(self, when: str, systolic: int, diastolic: int) -> None:
        """Blood pressure, in two components."""
        parts = (
            ("8480-6", "Systolic blood pressure", systolic),
            ("8462-4", "Diastolic blood pressure", diastolic),
        )
        self.observe(
            f"pressure-{stamp(when)}",
            "vital-signs",
            concept(coding(LOINC, "85354-9", "Blood pressure panel with all children optional")),
            when,
            component=[
                {
                    "code": concept(coding(LOINC, code, display)),
                    "valueQuantity": quantity(value, "mm[Hg]", "mm[Hg]"),
                }
                for code, display, value in parts
            ],
        )

    def score(self, name: str, when: str, value: float) -> None:
        """A score without a unit."""
        code, display = SCORES[name]
        whole = isinstance(value, int)
        self.observe(
            f"{name}-{stamp(when)}",
            "survey",
            concept(coding(LOINC, code, display)),
            when,
            **({"valueInteger": value} if whole else {"valueQuantity": quantity(value, "{score}", "{score}")}),
        )

    def pain(self, where: Json | None, scores: dict[str, float]) -> None:
        """Pain scores of 0 to 10, as records mostly have them: without now, average or worst."""
        code = concept(coding(LOINC, "72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"))
        for when, value in scores.items():
            self.observe(
                f"pain-{stamp(when)}",
                "vital-signs",
                code,
                when,
                **({"bodySite": where} if where else {}),
                valueQuantity=quantity(value, "{score}", "{score}"),
            )

    def form(self, when: str, pain: Json, **answers: Any) -> None:
        """Our own bedside form; each link id is the name of a fact."""
        group = {"linkId": "pain", "item": [answer(f"pain_{name}", value) for name, value in pain.items()]}
        self.add(
            "QuestionnaireResponse",
            f"form-{stamp(when)}",
            status="completed",
            questionnaire=FORM,
            authored=self.at(when),
            item=[group, *(answer(name, value) for name, value in answers.items())],
        )

    # -- drugs -----------------------------------------------------------------------------------------

    def order(self, key: str, drug: str, doses: list[Json], dates: tuple[str, ...], **more: Any) -> str:
        """An order; with two dates it was stopped on the second."""
        start, *end = dates
        made: Json = {
            "status": "stopped" if end else "active",
            "intent": "order",
            "medicationCodeableConcept": medication(drug),
            "authoredOn": self.at(start),
            "dosageInstruction": doses,
        }
        if end:
            period = {"start": self.at(start), "end": self.at(end[0])}
            made["dispenseRequest"] = {"validityPeriod": period}
        return self.add("MedicationRequest", key, **made | more)

    def handed_over(self, order: str, drug: str, *dates: str, count: int = 56) -> None:
        """What the pharmacy handed out on an order."""
        for when in dates:
            self.add(
                "MedicationDispense",
                f"dispense-{order.rpartition('/')[2].removeprefix(self.name + '-')}-{stamp(when)}",
                status="completed",
                medicationCodeableConcept=medication(drug),
                authorizingPrescription=[{"reference": order}],
                quantity={"value": count},
                daysSupply=quantity(28, "days", "d"),
                whenHandedOver=self.at(when),
            )

    def taken(self, key: str, drug: str, doses: list[Json], said: str) -> None:
        """What the patient says to take."""
        self.add(
            "MedicationStatement",
            key,
            status="active",
            medicationCodeableConcept=medication(drug),
            dateAsserted=self.at(said),
            dosage=doses,
        )

    def given(self, order: str, drug: str, amount: Json, *times: str, **more: Any) -> None:
        """Administrations on an order; `amount` is the dosage element."""
        for when in times:
            self.add(
                "MedicationAdministration",
                f"given-{order.rpartition('/')[2].removeprefix(self.name + '-')}-{stamp(when)}",
                **{"status": "completed"} | more,
                medicationCodeableConcept=medication(drug),
                request={"reference": order},
                effectiveDateTime=self.at(when),
                dosage=amount,
            )

    # -- the rest --------------------------------------------------------------------------------------

    def allergy(self, code: Json, reaction: str = "", **more: Any) -> None:
        """An allergy or intolerance."""
        made: Json = {
            "clinicalStatus": hl7("allergyintolerance-clinical", "active"),
            "verificationStatus": hl7("allergyintolerance-verification", "confirmed"),
            "code": code,
        }
        if reaction:
            made["reaction"] = [{"manifestation": [{"text": reaction}]}]
        self.add("AllergyIntolerance", f"allergy-{code.get('text', 'none').split()[0].lower()}", **made | more)

    def procedure(self, key: str, code: Json, start: str, end: str = "", **more: Any) -> None:
        """Something that was done."""
        when: Json = {"performedDateTime": self.at(start)}
        if end:
            when = {"performedPeriod": {"start": self.at(start), "end": self.at(end)}}
        self.add("Procedure", key, status="completed", code=code, **when | more)

    def referred(self, when: str) -> None:
        """The referral to palliative care."""
        self.procedure(
            "palliative-care",
            concept(snomed("306237005", "Referral to palliative care service (procedure)")),
            when,
        )

    def treated(self, code: Json, *days: str) -> None:
        """Days of treatment of the cancer, as the encounter diagnoses that hospitals bill."""
        for day in days:
            self.condition(
                f"treatment-{stamp(day)}",
                [code],
                day,
                clinicalStatus=hl7("condition-clinical", "resolved"),
                category=[hl7("condition-category", "encounter-diagnosis")],
                abatementDateTime=day,
            )

    def morphine_before(self, start: str, raised: str, stopped: str, *, why: str) -> None:
        """A trial of morphine that is over: 30 mg, then 60 mg twice a day, with rescue, all dispensed."""
        twice = [dose(1, "tablet", daily(2))]
        first = self.order("morphine-30", "morphine ER 30", twice, (start, raised))
        second = self.order(
            "morphine-60",
            "morphine ER 60",
            twice,
            (raised, stopped),
            statusReason=concept(text=why),
            priorPrescription={"reference": first},
        )
        rescue = self.order("morphine-rescue", "morphine IR 15", [dose(1, "tablet", every(4), prn=True)], (start, stopped))
        days = [when.partition(" ")[0] for when in (start, raised)]
        again = (datetime.fromisoformat(days[1]) + timedelta(days=28)).date().isoformat()
        self.handed_over(first, "morphine ER 30", days[0])
        self.handed_over(second, "morphine ER 60", days[1], again)
        self.handed_over(rescue, "morphine IR 15", *days, count=90)

    def unrelated(self) -> None:
        """What every record also holds and what means nothing to pain."""
        self.add(
            "Immunization",
            "flu-vaccine",
            status="completed",
            vaccineCode=concept(coding("http://hl7.org/fhir/sid/cvx", "140", "Influenza, seasonal")),
            occurrenceDateTime="2025-10-14",
        )
        self.add(
            "DocumentReference",
            "visit-note",
            status="current",
            type=concept(coding(LOINC, "11506-3", "Progress note")),
            date="2026-02-20T15:00:00Z",
            content=[{"attachment": {"contentType": "text/plain", "title": "Progress note"}}],
        )
        self.observe(
            "smoking",
            "social-history",
            concept(coding(LOINC, "72166-2", "Tobacco smoking status")),
            "2025-09-01",
            valueCodeableConcept=concept(snomed("8517006", "Ex-smoker (finding)")),
        )


def stamp(when: str) -> str:
    """The date, and the time where there is one, as a piece of an id."""
    return when.replace("-", "").replace(" ", "-").replace(":", "")


def answer(link: str, value: Any) -> Json:
    """One answered item of the form: yes or no, a number, or one of the fact's values."""
    if isinstance(value, bool):
        given: Json = {"valueBoolean": value}
    elif isinstance(value, int):
        given = {"valueInteger": value}
    else:
        given = {"valueCoding": coding(FORM_VALUES, value, value.replace("-", " "))}
    return {"linkId": link, "answer": [given]}


def pain_of(region: str, side: str, mechanism: str, cause: str, **more: Any) -> Json:
    """One pain as the form asks for it: where, what kind, what causes it, how strong, what it is like."""
    return {"region": region, "side": side, "mechanism": mechanism, "cause": cause} | more
