"""What a hospital's systems would hold of a made-up patient, if they held everything and without mistake.

The shapes are those that systems send (`mess.py` then makes them worse): an outpatient of a cancer clinic, seen on the
day, with results of that morning, orders with dispenses, scores of pain without *now*, *average* or *worst*, and the
clinic's bedside form of the day before.
"""

from datetime import date, datetime

from fourthstep.synthetic.fhir import (
    CDC_RACE,
    ECOG,
    HERE,
    PAIN,
    RACES,
    ROUTES,
    RXNORM,
    SNOMED,
    TESTS,
    US_CORE,
    VITALS,
    Chart,
    Json,
    answer,
    coding,
    concept,
    dose,
    hl7,
    quantity,
    site,
)
from fourthstep.synthetic.fhir import DRUGS as PRODUCTS
from fourthstep.synthetic.fhir import FORM as QUESTIONNAIRE
from fourthstep.synthetic.patient import Latent

SCORES_UNTIL = {"none": 21, "begun": 21, "exhausted": 70}
"""Since how many days the pain is scored."""
SCORE_DAYS = (70, 65, 58, 50, 40, 32, 28, 24, 20, 14, 12, 9, 6, 4, 3, 1, 0)
CONTROLLED_AT_MOST = 3
"""Highest average pain that is controlled (pharmacology.md 2.2)."""
NOT_A_SCORE = ("asleep", "unable", "uta")
"""What emergency departments write in place of a score (data/QUIRKS.md, MIMIC-IV)."""
ECOG_OF = {"days": (4, 4), "weeks": (4, 4), "short-months": (3, 4), "months": (2, 3), "long": (0, 1)}
"""Function that goes with the band of prognosis (safety.md 6.6)."""
CAUSE = {"none": "planned", "begun": "planned", "exhausted": "treated"}
"""What is done about the cause of the pain."""
ALARMS = ("new_neurological_deficit", "bowel_emergency_signs", "spine_infection_signs", "leptomeningeal_signs",
          "raised_pressure_signs", "hypercalcaemia_suspected", "urinary_obstruction_signs", "chest_emergency_signs",
          "fracture_impending_signs")  # fmt: skip
FINDINGS = ("focal", "incident", "night", "radicular", "trigger_point", "spasm", "scar_point", "joint", "bursa_tendon",
            "tenesmus", "colic", "swallowing", "groin", "vasomotor", "phantom", "allodynia", "limb_useless")  # fmt: skip
"""What the form asks of a pain; what a syndrome does not name is not so."""
BEFORE = ("refused", "consent_missing", "needle_path_blocked", "position_impossible", "entry_site_infected",
          "irreplaceable_allergy", "infection_unexplained_signs", "opioid_toxicity_persists", "unfit_for_surgery",
          "peripheral_block_helped")  # fmt: skip


def record_of(patient: Latent, today: date) -> list[Json]:
    """All resources of one patient, the Patient first."""
    chart = Chart(patient.id, datetime(today.year, today.month, today.day, tzinfo=HERE))
    _person(chart, patient)
    _visits(chart)
    _diagnoses(chart, patient)
    _blood(chart, patient)
    _scores(chart, patient)
    if patient.cancer:
        _conventional(chart, patient)
        _form(chart, patient)
    _antithrombotic(chart, patient)
    _allergies(chart, patient)
    return chart.resources


def _person(chart: Chart, patient: Latent) -> None:
    born = chart.today.year - patient.age
    made: Json = {
        "resourceType": "Patient",
        "id": patient.id,
        "meta": {"lastUpdated": chart.at(1), "profile": [US_CORE + "us-core-patient"]},
        "extension": [_race(patient.race)],
        "identifier": [{"system": "urn:oid:2.999.7.2", "value": patient.id}],
        "name": [{"use": "official", "family": "Synthetic", "given": [patient.syndrome]}],
        "gender": patient.sex,
        "birthDate": f"{born}-01-15",
        "communication": [{"language": concept(coding("urn:ietf:bcp:47", patient.language, patient.language))}],
    }
    if patient.deceased:
        made["deceasedDateTime"] = chart.at(0, 3)
    chart.resources.append(made)


def _race(code: str) -> Json:
    return {
        "url": US_CORE + "us-core-race",
        "extension": [
            {"url": "ombCategory", "valueCoding": coding(CDC_RACE, code, RACES[code])},
            {"url": "text", "valueString": RACES[code]},
        ],
    }


def _visits(chart: Chart) -> None:
    for days in (1, 30):
        chart.add(
            "Encounter",
            f"clinic-{days}",
            seen=chart.at(days, 11),
            status="finished",
            **{"class": coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB", "ambulatory")},
            period={"start": chart.at(days, 8), "end": chart.at(days, 10)},
        )


def _diagnoses(chart: Chart, patient: Latent) -> None:
    chart.condition("pressure", "pressure", 3000)
    if not patient.cancer:
        chart.condition("back", "back", 60)
        return
    chart.condition("cancer", patient.cancer, 300)
    chart.condition("cancer-pain", "cancer-pain", 80)
    if patient.kind.get("bone"):
        chart.condition("bone", "bone", 90, bodySite=[site(patient.kind["pain"]["region"], patient.side)])
    for name, syndrome in (
        ("fracture", "vertebral"),
        ("cord", "cord-compression"),
        ("cipn", "cipn"),
        ("plexus", "brachial-plexus"),
    ):
        if patient.syndrome == syndrome:
            chart.condition(name, name, 1 if name == "cord" else 70)
    if patient.infection:
        chart.condition("sepsis", "sepsis", 1)
    if patient.antithrombotic == "aspirin":
        chart.condition("stent", "stent", 1200)


def _blood(chart: Chart, patient: Latent) -> None:
    rng = patient.stream("blood")
    for days in (30, 0):
        chart.measured(
            "laboratory",
            TESTS,
            days,
            7,
            platelets=patient.platelets if days == 0 else patient.platelets + rng.randint(-20, 40),
            inr=patient.inr if days == 0 else 1.0,
            neutrophils=patient.neutrophils,
            haemoglobin=round(rng.uniform(9.5, 13.5), 1),
            creatinine=round(rng.uniform(0.6, 0.9), 1),
            egfr=rng.randint(75, 105),
            bilirubin=round(rng.uniform(0.3, 1.0), 1),
            glucose=rng.randint(85, 130),
            crp=rng.randint(2, 30),
        )
    warm = 38.6 if patient.infection else round(rng.uniform(36.3, 37.2), 1)
    chart.measured("vital-signs", VITALS, 0, 8, temperature=warm, weight=rng.randint(58, 92), height=rng.randint(158, 186))
    low, high = ECOG_OF[patient.prognosis]
    ecog = rng.randint(low, high)
    chart.observe("ecog", "survey", ECOG, chart.at(1, 9), valueInteger=ecog)


def _scores(chart: Chart, patient: Latent) -> None:
    """Scores over time: before the last 10 days a pain that is controlled today was not."""
    rng = patient.stream("scores")
    where: Json = {} if patient.syndrome == "cipn" else {"bodySite": site(patient.kind["pain"]["region"], patient.side)}
    for days in (days for days in SCORE_DAYS if days <= SCORES_UNTIL[patient.course]):
        level = patient.intensity if days <= 9 or patient.control != "controlled" else 6
        if patient.control == "not-assessable":
            value: Json = {"valueString": rng.choice(NOT_A_SCORE)}
        else:
            # A score wavers by one point; no more, or it would tell of a response (30 %) that the patient did not have.
            score = min(10, level + (rng.choice((0, 1)) if level != CONTROLLED_AT_MOST else 0))
            value = {"valueQuantity": quantity(score, "{score}", "{score}")}
        chart.observe(f"pain-{days}", "vital-signs", PAIN, chart.at(days, 9, 15), **where, **value)


# -- conventional treatment ------------------------------------------------------------------------------------


def _conventional(chart: Chart, patient: Latent) -> None:
    chart.order("acetaminophen", "acetaminophen 500", dose(2, "tablet", 8), 75)
    if patient.course == "begun":
        _course(chart, "morphine ER 15", "morphine IR 15", ((4, None, 1),))
    if patient.course != "exhausted":
        return
    _course(chart, "morphine ER 30", "morphine IR 15", ((70, 56, 1),))
    _course(chart, "morphine ER 60", "", ((56, 30, 1),), why="Not effective")
    _course(chart, "oxycodone ER 30", "oxycodone IR 10", ((30, 16, 1),))
    _course(chart, "oxycodone ER 40", "", ((16, None, 1),))
    if patient.kind.get("neuropathic"):
        _adjuvant(chart, patient)
    if patient.kind.get("bone"):
        _bone(chart, patient)
    palliative = concept(coding(SNOMED, "306237005", "Referral to palliative care service (procedure)"))
    when = chart.at(60)
    chart.add("Procedure", "palliative", seen=when, status="completed", code=palliative, performedDateTime=when)
    for days in (56, 28):
        chart.condition(
            f"chemotherapy-{days}",
            "chemotherapy",
            days,
            clinicalStatus=hl7("condition-clinical", "resolved"),
            category=[hl7("condition-category", "encounter-diagnosis")],
            abatementDateTime=chart.at(days)[:10],
        )


def _course(chart: Chart, drug: str, rescue: str, spans: tuple[tuple[int, int | None, int], ...], why: str = "") -> None:
    """An opioid by the clock, dispensed, with its rescue for as long as the drug is taken."""
    for start, stop, count in spans:
        ordered = chart.order(drug.replace(" ", "-").lower(), drug, dose(count, "tablet", 12), start, stop, why)
        for days in range(start, stop or -1, -28):
            chart.handed_over(ordered, drug, days, 56 * count)
        if rescue:
            until = {"morphine ER 30": 30, "oxycodone ER 30": None}.get(drug, stop)
            prn = chart.order(rescue.replace(" ", "-").lower(), rescue, dose(1, "tablet", 4, prn=True), start, until)
            chart.handed_over(prn, rescue, start, 90)


def _adjuvant(chart: Chart, patient: Latent) -> None:
    drug, given, start = "pregabalin 75", dose(2, "capsule", 12), 56
    if patient.syndrome == "cipn":
        drug, given, start = "duloxetine 60", dose(1, "capsule", 24), 60
    ordered = chart.order("adjuvant", drug, given, start)
    for days in range(start, -1, -28):
        chart.handed_over(ordered, drug, days, 112 if drug.startswith("pregabalin") else 28)


def _bone(chart: Chart, patient: Latent) -> None:
    code, display, _ = PRODUCTS["zoledronic acid"]
    for days in (75, 47, 19):
        chart.add(
            "MedicationAdministration",
            f"zoledronic-{days}",
            seen=chart.at(days, 11),
            status="completed",
            medicationCodeableConcept=concept(coding(RXNORM, code, display), text=display),
            effectiveDateTime=chart.at(days, 11),
            dosage={"route": concept(coding(SNOMED, *ROUTES["intravenous"])), "dose": quantity(4, "mg", "mg")},
        )
    chart.add(
        "Procedure",
        "radiotherapy",
        seen=chart.at(46),
        status="completed",
        code=concept(coding(SNOMED, "1287742003", "Radiotherapy (procedure)"), text="Radiotherapy"),
        performedPeriod={"start": chart.at(50, 14), "end": chart.at(46, 14)},
        bodySite=[site(patient.kind["pain"]["region"], patient.side)],
    )


# -- what stands in the way ------------------------------------------------------------------------------------


def _antithrombotic(chart: Chart, patient: Latent) -> None:
    """An order and the drug list of the visit; a drug that was paused has the end of its last day."""
    drug = patient.antithrombotic
    if not drug:
        return
    given = {
        "apixaban": dose(1, "tablet", 12),
        "enoxaparin": dose(80, "mg", 12, route="subcutaneous"),
    }.get(drug, dose(1, "tablet", 24))
    days, hours = divmod(24 - patient.hours_since_dose, 24)
    last = chart.at(-days, hours)
    code, display, _ = PRODUCTS[drug]
    order = chart.order("antithrombotic", drug, given, 40)
    made = chart.resources[-1]
    if patient.paused:
        made["status"] = "stopped"
        made["meta"]["lastUpdated"] = last
        made["dispenseRequest"] = {"validityPeriod": {"start": made["authoredOn"], "end": last}}
    for handed in (40, 12):
        chart.handed_over(order, drug, handed, 56)
    chart.add(
        "MedicationStatement",
        "antithrombotic-list",
        seen=chart.at(0, 11),
        status="completed" if patient.paused else "active",
        medicationCodeableConcept=concept(coding(RXNORM, code, display), text=display),
        effectivePeriod={"start": made["authoredOn"]} | ({"end": last} if patient.paused else {}),
        dateAsserted=chart.at(0, 11),
        dosage=[given],
    )


def _allergies(chart: Chart, patient: Latent) -> None:
    code = concept(coding(SNOMED, "716186003", "No known allergy (situation)"), text="No known allergies")
    if patient.allergy == "local-anaesthetic":
        code = concept(coding(RXNORM, "6387", "lidocaine"), text="Lidocaine")
    chart.add(
        "AllergyIntolerance",
        "allergy",
        seen=chart.at(200),
        clinicalStatus=hl7("allergyintolerance-clinical", "active"),
        verificationStatus=hl7("allergyintolerance-verification", "confirmed"),
        code=code,
        recordedDate=chart.at(200)[:10],
    )


def _form(chart: Chart, patient: Latent) -> None:
    """The clinic's bedside form of yesterday, filled in completely."""
    kind = patient.kind["pain"]
    pain: Json = {"region": kind["region"], "side": patient.side, "mechanism": kind["mechanism"], "cause": kind["cause"]}
    scores: Json = {}
    if patient.control != "not-assessable":
        scores = {"intensity": patient.intensity, "worst": min(10, patient.intensity + 2)}
    told = pain | scores | dict.fromkeys(FINDINGS, False) | patient.kind["features"]
    group = [answer(f"pain_{name}", value) for name, value in told.items()]
    if patient.kind.get("bone"):
        irradiated = patient.course == "exhausted"
        group.append(answer("radiotherapy_to_pain", irradiated))
        group += [answer("days_since_radiotherapy", 45)] if irradiated else []
    facts: Json = dict.fromkeys((*ALARMS, *BEFORE), False) | {
        "irreplaceable_allergy": patient.allergy == "irreplaceable",
        "cause_addressed": CAUSE[patient.course],
        "prognosis_estimate": patient.prognosis,
        "goal_category": patient.goal,
        **patient.kind.get("answers", {}),
    }
    if patient.syndrome == "pancreatic":
        facts |= {"mass_around_celiac_axis": patient.axis_distorted, "celiac_neurolysis_failed": False}
    if patient.syndrome == "long-bone":
        high = patient.fracture_risk == "high"
        facts |= {
            "mirels_site": "lower-limb",
            "mirels_pain": "functional" if high else "mild",
            "mirels_lesion": "lytic" if high else "blastic",
            "mirels_size": "over-two-thirds" if high else "under-third",
        }
    if patient.syndrome == "cipn":
        facts |= {"cancer_progressing": patient.disease == "progressing"}
    chart.add(
        "QuestionnaireResponse",
        "form",
        seen=chart.at(1, 10),
        status="completed",
        questionnaire=QUESTIONNAIRE,
        authored=chart.at(1, 10),
        item=[{"linkId": "pain", "item": group}, *(answer(name, value) for name, value in facts.items())],
    )
