"""The made-up patients of `examples/`, one function each; `examples/README.md` says what they should get."""

import json

from example_chart import (
    LOINC,
    NDC,
    ROUTES,
    RXNORM,
    TESTS,
    Chart,
    Json,
    coding,
    concept,
    daily,
    dose,
    every,
    hl7,
    icd,
    medication,
    pain_of,
    quantity,
    site,
    snomed,
    stamp,
)

NKA = concept(snomed("716186003", "No known allergy (situation)"), text="No known allergies")
ALLERGIC_TO = {
    "naproxen": concept(coding(RXNORM, "7258", "naproxen"), text="Naproxen"),
    "ibuprofen": concept(coding(RXNORM, "5640", "ibuprofen"), text="Ibuprofen"),
    "codeine": concept(coding(RXNORM, "2670", "codeine"), text="Codeine"),
    "tramadol": concept(coding(RXNORM, "10689", "tramadol"), text="Tramadol"),
}
RADIOTHERAPY = concept(snomed("1287742003", "Radiotherapy (procedure)"))
CHEMOTHERAPY = icd("Z51.11", "Encounter for antineoplastic chemotherapy")
IMMUNOTHERAPY = icd("Z51.12", "Encounter for antineoplastic immunotherapy")
CANCER_PAIN = icd("G89.3", "Neoplasm related pain (acute) (chronic)")

# Alignment and posterolateral involvement were not answered: 10 points are certain, 17 are possible.
SINS_OF_T12: Json = {
    "sins_location": "junctional",
    "sins_pain": "mechanical",
    "sins_lesion": "lytic",
    "sins_collapse": "under-half",
}


def pancreatic() -> Chart:
    """Head of the pancreas; morphine failed, oxycodone begun three days ago; everything fresh."""
    me = Chart("pancreatic", ("Pancreas", "male", "1958-08-14"), "America/New_York")
    clinic = me.visit("clinic", "AMB", "2026-02-27 07:30", "2026-02-27 09:10", "Palliative medicine clinic")
    home = me.visit("home", "HH", "2026-03-01 10:00", "2026-03-01 10:45", "Home nursing visit")
    me.condition(
        "cancer",
        [
            icd("C25.0", "Malignant neoplasm of head of pancreas"),
            snomed("372119009", "Primary malignant neoplasm of head of pancreas (disorder)"),
        ],
        "2025-10-20",
        stage=[{"summary": {"text": "Stage IV"}}],
    )
    me.condition(
        "liver",
        [icd("C78.7", "Secondary malignant neoplasm of liver and intrahepatic bile duct")],
        "2026-01-29",
    )
    me.condition("cancer-pain", [CANCER_PAIN], "2025-11")
    me.condition("pressure-disease", [icd("I10", "Essential (primary) hypertension")], "2014")
    me.treated(CHEMOTHERAPY, "2025-12-02", "2025-12-30", "2026-01-27")
    me.referred("2025-12-01")
    me.allergy(ALLERGIC_TO["naproxen"], "Stomach upset", type="intolerance", recordedDate="2019-03-11")
    me.pain(
        site("pancreas", text="epigastrium, through to the back"),
        {
            "2026-01-05 09:20": 6,
            "2026-01-29 10:15": 6,
            "2026-02-11 09:40": 7,
            "2026-02-25 09:05": 7,
            "2026-02-27 08:10": 7,
            "2026-03-01 10:05": 7,
        },
    )
    me.labs("2026-01-27 07:15", platelets=171, haemoglobin=11.4, neutrophils=3.2, creatinine=0.9)
    me.labs(
        "2026-02-27 07:40",
        platelets=212,
        inr=1.0,
        aptt=29,
        fibrinogen=388,
        haemoglobin=10.9,
        neutrophils=4.6,
        leukocytes=6.9,
        creatinine=0.9,
        egfr=92,
        bilirubin=0.8,
        albumin=3.4,
        glucose=118,
        sodium=138,
        potassium=4.1,
    )
    aptt = next(each for each in me.resources if each["id"] == "pancreatic-aptt-20260227-0740")
    aptt["referenceRange"] = [{"low": quantity(25, "s", "s"), "high": quantity(36, "s", "s")}]
    me.labs("2026-02-27 07:40", crp=5)
    me.last()["valueQuantity"]["comparator"] = "<"
    me.observe(
        "tumour-marker",
        "laboratory",
        concept(coding(LOINC, "24108-3", "Cancer Ag 19-9 [Units/volume] in Serum or Plasma")),
        "2026-02-27 07:40",
        valueQuantity=quantity(1840, "U/mL", "[U]/mL"),
        encounter=clinic,
    )
    me.vitals("2026-02-27 08:05", temperature=36.6, weight=68.5, height=176, pulse=84, spo2=97)
    me.pressure("2026-02-27 08:05", 128, 76)
    me.vitals("2026-03-01 10:10", temperature=36.8, pulse=88)
    me.last()["encounter"] = home
    me.pressure("2026-03-01 10:10", 122, 74)
    me.score("ecog", "2026-02-27 08:20", 1)
    me.morphine_before("2025-12-01 10:00", "2026-01-05 09:45", "2026-02-26 09:30", why="Not effective, nausea")
    now = me.order("oxycodone", "oxycodone ER 30", [dose(1, "tablet", every(12))], ("2026-02-26 09:35",))
    rescue = me.order(
        "oxycodone-rescue",
        "oxycodone IR 10",
        [dose(1, "tablet", every(4), prn=True)],
        ("2026-02-26 09:35",),
    )
    me.handed_over(now, "oxycodone ER 30", "2026-02-26")
    me.handed_over(rescue, "oxycodone IR 10", "2026-02-26", count=60)
    me.order("acetaminophen", "acetaminophen 500", [dose(2, "tablet", daily(3))], ("2026-02-11 10:00",))
    me.order("nausea", "ondansetron", [dose(8, "mg", every(8), prn=True)], ("2026-02-11 10:00",))
    me.order(
        "patch-plan",
        "fentanyl 25",
        [dose(1, "patch", every(72), route="transdermal")],
        ("2026-02-26 09:40",),
        intent="plan",
        note=[{"text": "If swallowing fails"}],
    )
    me.form(
        "2026-02-27 08:30",
        pain_of(
            "upper-abdomen",
            "midline",
            "visceral",
            "organ-tumour",
            intensity=7,
            worst=9,
            incident=False,
            focal=True,
            colic=False,
        ),
        prognosis_estimate="months",
        goal_category="function",
        cause_addressed="planned",
        consent_missing=False,
        position_impossible=False,
        entry_site_infected=False,
    )
    me.unrelated()
    return me


def pancreatic_apixaban() -> Chart:
    """Tail of the pancreas, in hospital for pain; apixaban for a thrombosis of ten weeks ago."""
    me = Chart("pancreatic-apixaban", ("Anticoagulated", "female", "1951-11-03"), "America/Chicago")
    ward = me.visit("ward", "IMP", "2026-02-26 14:20", why="Admission for pain control")
    me.condition(
        "cancer",
        [
            icd("C25.2", "Malignant neoplasm of tail of pancreas"),
            snomed("94082003", "Primary malignant neoplasm of tail of pancreas (disorder)"),
        ],
        "2025-09-30",
    )
    me.condition(
        "thrombosis",
        [icd("I82.412", "Acute embolism and thrombosis of left femoral vein")],
        "2025-12-18",
    )
    me.condition(
        "anticoagulant-code",
        [icd("Z79.01", "Long term (current) use of anticoagulants")],
        "2025-12-18",
    )
    me.condition("cancer-pain", [CANCER_PAIN], "2026-01-05")
    me.referred("2026-02-27")
    me.allergy(ALLERGIC_TO["codeine"], "Nausea", type="intolerance", recordedDate="2011")
    where = site("pancreas", text="upper abdomen to the back")
    me.pain(
        where,
        {
            "2026-02-09 11:00": 7,
            "2026-02-26 14:50": 8,
            "2026-02-27 06:00": 7,
            "2026-02-27 18:00": 7,
            "2026-02-28 06:10": 6,
            "2026-02-28 18:05": 7,
            "2026-03-01 06:00": 6,
            "2026-03-01 14:00": 7,
            "2026-03-01 20:00": 7,
        },
    )
    for when, plt, creatinine in (
        ("2026-02-26 15:10", 164, 0.9),
        ("2026-02-28 05:45", 158, 0.8),
        ("2026-03-01 05:40", 161, 0.8),
    ):
        me.labs(when, platelets=plt, inr=1.1, haemoglobin=10.2, neutrophils=5.1, creatinine=creatinine, egfr=76)
    me.labs("2026-03-01 05:40", bilirubin=0.9, albumin=3.1, glucose=131, crp=22, sodium=136, potassium=4.3)
    me.vitals("2026-02-26 15:00", weight=58, height=163)
    for when, warm in (("2026-02-28 06:10", 36.9), ("2026-03-01 06:00", 36.7), ("2026-03-01 20:00", 37.0)):
        me.vitals(when, temperature=warm, pulse=86, spo2=96)
        me.pressure(when, 118, 70)
    me.score("ecog", "2026-02-27 10:00", 2)
    first = me.order(
        "morphine-30",
        "morphine ER 30",
        [dose(1, "tablet", daily(2))],
        ("2026-01-05 11:30", "2026-02-09 11:20"),
    )
    me.handed_over(first, "morphine ER 30", "2026-01-05", "2026-02-02")
    home = me.order(
        "morphine-60-home",
        "morphine ER 60",
        [dose(1, "tablet", daily(2))],
        ("2026-02-09 11:20", "2026-02-26 15:30"),
    )
    me.handed_over(home, "morphine ER 60", "2026-02-09")
    now = me.order(
        "morphine-60",
        "morphine ER 60",
        [dose(60, "mg", every(12))],
        ("2026-02-26 15:30",),
        encounter=ward,
        category=[hl7("medicationrequest-category", "inpatient")],
    )
    rescue = me.order(
        "morphine-rescue",
        "morphine IR 15",
        [dose(15, "mg", every(4), prn=True)],
        ("2026-02-26 15:30",),
        encounter=ward,
        category=[hl7("medicationrequest-category", "inpatient")],
    )
    blood = me.order(
        "apixaban",
        "apixaban 5",
        [dose(1, "tablet", daily(2))],
        ("2026-02-26 15:30",),
        encounter=ward,
        category=[hl7("medicationrequest-category", "inpatient")],
    )
    oral = concept(snomed(*ROUTES["oral"]))
    swallowed = {"route": oral, "dose": quantity(60, "mg", "mg")}
    me.given(
        now,
        "morphine ER 60",
        swallowed,
        "2026-02-26 20:05",
        "2026-02-27 08:00",
        "2026-02-27 20:02",
        "2026-02-28 08:05",
        "2026-02-28 20:10",
        "2026-03-01 08:10",
        "2026-03-01 20:00",
        context=ward,
    )
    swallowed = {"route": oral, "dose": quantity(15, "mg", "mg")}
    me.given(
        rescue,
        "morphine IR 15",
        swallowed,
        "2026-02-28 03:30",
        "2026-02-28 12:15",
        "2026-02-28 19:40",
        "2026-03-01 02:15",
        "2026-03-01 06:40",
        "2026-03-01 12:20",
        "2026-03-01 17:50",
        context=ward,
    )
    swallowed = {"route": oral, "dose": quantity(5, "mg", "mg")}
    me.given(
        blood,
        "apixaban 5",
        swallowed,
        "2026-02-26 20:05",
        "2026-02-27 08:00",
        "2026-02-27 20:02",
        "2026-02-28 08:05",
        "2026-02-28 20:10",
        "2026-03-01 08:10",
        context=ward,
    )
    me.given(
        blood,
        "apixaban 5",
        swallowed,
        "2026-03-01 20:00",
        status="not-done",
        statusReason=[concept(text="Vomiting")],
        context=ward,
    )
    me.taken("apixaban-home", "apixaban 5", [dose(1, "tablet", daily(2))], "2026-02-26 15:20")
    me.form(
        "2026-02-27 10:30",
        pain_of("upper-abdomen", "midline", "visceral", "organ-tumour", intensity=7, worst=9),
        prognosis_estimate="months",
        goal_category="comfort",
    )
    me.unrelated()
    return me


def rib() -> Chart:
    """Breast cancer with one painful rib; radiotherapy six weeks ago did not help enough."""
    me = Chart("rib", ("Rib", "female", "1967-05-22"), "America/New_York")
    clinic = me.visit("clinic", "AMB", "2026-02-26 08:40", "2026-02-26 10:00", "Oncology clinic")
    me.visit("home", "HH", "2026-03-01 09:00", "2026-03-01 09:40", "Home nursing visit")
    left = site("rib", "left", "left 6th rib, lateral")
    me.condition(
        "cancer",
        [icd("C50.912", "Malignant neoplasm of unspecified site of left female breast")],
        "2022-06",
    )
    me.condition(
        "bone",
        [
            icd("C79.51", "Secondary malignant neoplasm of bone"),
            snomed("94521000", "Metastatic malignant neoplasm to rib (disorder)"),
        ],
        "2025-11-06",
        bodySite=[left],
    )
    me.condition(
        "bone-pain",
        [snomed("282743009", "Malignant bone pain (finding)")],
        "2025-11-10",
        bodySite=[left],
    )
    me.treated(IMMUNOTHERAPY, "2026-02-12")
    me.procedure(
        "radiotherapy",
        RADIOTHERAPY,
        "2026-01-12",
        "2026-01-16",
        bodySite=[left],
        note=[{"text": "20 Gy in 5"}],
    )
    me.procedure(
        "block",
        concept(text="Intercostal nerve block"),
        "2026-02-03",
        bodySite=[left],
        outcome=concept(snomed("385670004", "Partially successful (qualifier value)")),
    )
    me.referred("2025-12-15")
    me.allergy(ALLERGIC_TO["tramadol"], "Vomiting", type="intolerance")
    me.pain(
        site("chest wall", "left", "left chest wall"),
        {
            "2025-12-15 09:30": 7,
            "2026-01-12 08:30": 7,
            "2026-01-26 09:10": 7,
            "2026-02-09 09:00": 6,
            "2026-02-26 09:15": 6,
            "2026-03-01 09:05": 6,
        },
    )
    me.labs(
        "2026-02-26 08:55",
        platelets=21,
        inr=1.0,
        haemoglobin=12.1,
        neutrophils=3.9,
        creatinine=0.7,
        egfr=101,
        calcium=9.4,
        albumin=3.9,
        bilirubin=0.5,
        glucose=104,
        crp=8,
    )
    wrong = next(each for each in me.resources if each["id"] == "rib-platelets-20260226-0855")
    wrong["meta"] = {"versionId": "1", "lastUpdated": "2026-02-26T14:20:00.000Z"}
    right = json.loads(json.dumps(wrong)) | {
        "meta": {"versionId": "2", "lastUpdated": "2026-02-26T15:02:00.000Z"},
        "status": "corrected",
        "valueQuantity": quantity(214, "10*3/uL", "10*3/uL"),
        "note": [{"text": "Typing error in the first report"}],
    }
    me.resources.append(right)
    me.vitals("2026-02-26 08:50", temperature=36.5, weight=71.2, height=168, pulse=76, spo2=98)
    me.pressure("2026-02-26 08:50", 124, 78)
    me.vitals("2026-03-01 09:10", temperature=36.6, spo2=97)
    me.score("ecog", "2026-02-26 09:00", 1)
    me.score("bpi", "2026-02-26 09:20", 6)
    me.morphine_before("2025-11-17 11:00", "2025-12-15 10:00", "2026-01-26 09:30", why="Drowsy, pain unchanged")
    first = me.order(
        "oxycodone-30",
        "oxycodone ER 30",
        [dose(1, "tablet", every(12))],
        ("2026-01-26 09:30", "2026-02-09 09:20"),
    )
    now = me.order("oxycodone-40", "oxycodone ER 40", [dose(1, "tablet", every(12))], ("2026-02-09 09:20",))
    rescue = me.order("oxycodone-rescue", "oxycodone IR 10", [dose(1, "tablet", every(4), prn=True)], ("2026-01-26 09:30",))
    me.handed_over(first, "oxycodone ER 30", "2026-01-26")
    me.handed_over(now, "oxycodone ER 40", "2026-02-09")
    me.handed_over(rescue, "oxycodone IR 10", "2026-01-26", "2026-02-16", count=90)
    celecoxib = me.order("celecoxib", "celecoxib 200", [dose(1, "capsule", daily(2))], ("2025-11-17 11:00",))
    me.handed_over(celecoxib, "celecoxib 200", "2026-01-26", "2026-02-23")
    bone = me.order(
        "zoledronic-acid",
        "zoledronic acid",
        [dose(4, "mg", {"repeat": {"frequency": 1, "period": 4, "periodUnit": "wk"}}, route="intravenous")],
        ("2025-12-18 10:00",),
    )
    infused = {"route": concept(snomed(*ROUTES["intravenous"])), "dose": quantity(4, "mg", "mg")}
    me.given(
        bone,
        "zoledronic acid",
        infused,
        "2025-12-18 11:00",
        "2026-01-15 11:10",
        "2026-02-12 10:50",
        context=clinic,
    )
    me.add(
        "Goal",
        "pain-goal",
        lifecycleStatus="active",
        description=concept(text="Pain 3 or less when dressing and walking"),
        startDate="2026-02-09",
        target=[
            {
                "measure": concept(coding(LOINC, "72514-3", "Pain severity - 0-10 verbal numeric rating")),
                "detailQuantity": quantity(3, "{score}", "{score}"),
            }
        ],
    )
    me.form(
        "2026-02-26 09:30",
        pain_of(
            "chest-wall",
            "left",
            "somatic",
            "bone-metastasis",
            intensity=6,
            worst=8,
            incident=True,
            focal=True,
            dermatomes=2,
            below_c5=True,
            trigger_point=False,
        ),
        prognosis_estimate="months",
        goal_category="function",
    )
    me.unrelated()
    return me


def myeloma_fracture() -> Chart:
    """Myeloma, T12 collapsed, pain on loading; platelets 38, once wrongly 138."""
    me = Chart("myeloma-fracture", ("Vertebra", "male", "1954-09-30"), "America/Denver")
    ward = me.visit("ward", "IMP", "2026-02-25 11:00", why="Admission for back pain")
    spine = [site("thoracic vertebra", text="T12")]
    me.condition("cancer", [icd("C90.00", "Multiple myeloma not having achieved remission")], "2024-04")
    me.condition(
        "fracture",
        [
            icd(
                "M84.58XA",
                "Pathological fracture in neoplastic disease, other specified site, initial encounter",
            )
        ],
        "2026-02-23",
        bodySite=spine,
    )
    me.condition(
        "collapse",
        [icd("M48.54XA", "Collapsed vertebra, not elsewhere classified, thoracic region, initial encounter")],
        "2026-02-25",
        bodySite=spine,
    )
    me.condition("low-platelets", [icd("D69.59", "Other secondary thrombocytopenia")], "2026-02-27")
    me.treated(CHEMOTHERAPY, "2026-02-18")
    me.referred("2026-02-26")
    me.allergy(ALLERGIC_TO["ibuprofen"], "Acute kidney injury", type="intolerance")
    me.pain(
        site("thoracic vertebra", text="T12, midline"),
        {
            "2026-02-25 11:30": 9,
            "2026-02-26 08:00": 8,
            "2026-02-27 08:00": 7,
            "2026-02-28 08:10": 7,
            "2026-03-01 08:00": 7,
            "2026-03-01 16:00": 8,
        },
    )
    for when, plt, white in (
        ("2026-02-25 11:45", 52, 2.1),
        ("2026-02-27 05:50", 44, 1.8),
        ("2026-02-28 05:55", 41, 1.7),
        ("2026-03-01 05:50", 38, 1.6),
    ):
        me.labs(when, platelets=plt, neutrophils=white, haemoglobin=8.9, creatinine=1.4, egfr=53)
    me.labs("2026-03-01 05:50", inr=1.1, calcium=9.8, albumin=3.2, glucose=142, crp=14, bilirubin=0.6)
    me.labs("2026-03-01 09:00", platelets=138)
    me.last()["status"] = "entered-in-error"
    me.last()["note"] = [{"text": "Tube of another patient"}]
    me.vitals("2026-02-25 11:20", weight=82, height=178)
    for when, warm in (("2026-02-28 08:00", 36.7), ("2026-03-01 08:00", 36.8)):
        me.vitals(when, temperature=warm, pulse=80, spo2=95)
        me.pressure(when, 136, 82)
    me.score("ecog", "2026-02-26 09:00", 3)
    first = me.order(
        "oxycodone",
        "oxycodone ER 20",
        [dose(1, "tablet", daily(2))],
        ("2026-02-20 10:00", "2026-02-25 12:00"),
        statusReason=concept(text="Changed on admission"),
    )
    me.handed_over(first, "oxycodone ER 20", "2026-02-20", count=10)
    now = me.order(
        "hydromorphone-er",
        "hydromorphone ER 16",
        [dose(16, "mg", daily())],
        ("2026-02-25 12:10",),
        encounter=ward,
    )
    rescue = me.order(
        "hydromorphone",
        "hydromorphone 4",
        [dose(4, "mg", every(4), prn=True)],
        ("2026-02-25 12:10",),
        encounter=ward,
    )
    oral = concept(snomed(*ROUTES["oral"]))
    me.given(
        now,
        "hydromorphone ER 16",
        {"route": oral, "dose": quantity(16, "mg", "mg")},
        "2026-02-25 12:40",
        "2026-02-26 12:00",
        "2026-02-27 12:05",
        "2026-02-28 12:00",
        "2026-03-01 12:10",
        context=ward,
    )
    me.given(
        rescue,
        "hydromorphone 4",
        {"route": oral, "dose": quantity(4, "mg", "mg")},
        "2026-02-28 09:10",
        "2026-02-28 15:30",
        "2026-02-28 21:00",
        "2026-03-01 07:10",
        "2026-03-01 11:20",
        "2026-03-01 16:15",
        context=ward,
    )
    steroid = me.order(
        "dexamethasone",
        "dexamethasone 4",
        [dose(2, "tablet", daily())],
        ("2026-02-25 12:10",),
        encounter=ward,
    )
    me.given(
        steroid,
        "dexamethasone 4",
        {"route": oral, "dose": quantity(8, "mg", "mg")},
        "2026-02-27 08:10",
        "2026-02-28 08:10",
        "2026-03-01 08:10",
        context=ward,
    )
    bone = me.order(
        "zoledronic-acid",
        "zoledronic acid",
        [dose(4, "mg", {"repeat": {"frequency": 1, "period": 4, "periodUnit": "wk"}}, route="intravenous")],
        ("2025-10-01 09:00",),
    )
    infused = {"route": concept(snomed(*ROUTES["intravenous"])), "dose": quantity(4, "mg", "mg")}
    me.given(bone, "zoledronic acid", infused, "2026-01-07 09:30", "2026-02-04 09:20")
    me.form(
        "2026-02-26 09:20",
        pain_of(
            "thoracic-spine",
            "midline",
            "somatic",
            "vertebral-fracture",
            intensity=7,
            worst=9,
            incident=True,
            night=False,
            focal=True,
            radicular=False,
        ),
        prognosis_estimate="long",
        goal_category="function",
        **SINS_OF_T12,
    )
    me.unrelated()
    return me


def pelvic() -> Chart:
    """Cervical cancer in the pelvis, on a fentanyl patch; seen in an open CDS Hooks request."""
    me = Chart("pelvic", ("Pelvis", "female", "1979-12-11"), "America/New_York")
    me.visit("today", "AMB", "2026-03-01 13:00", why="Palliative day unit")
    me.condition("cancer", [icd("C53.9", "Malignant neoplasm of cervix uteri, unspecified")], "2025-05-14")
    me.condition(
        "nodes",
        [icd("C77.5", "Secondary and unspecified malignant neoplasm of intrapelvic lymph nodes")],
        "2025-10-02",
    )
    me.condition("pelvic-pain", [icd("R10.2", "Pelvic and perineal pain")], "2025-09")
    me.condition("cancer-pain", [CANCER_PAIN], "2025-09")
    me.condition("kidney", [icd("N13.30", "Unspecified hydronephrosis")], "2025-12-20")
    me.treated(IMMUNOTHERAPY, "2026-02-10")
    me.procedure(
        "photons",
        concept(snomed("1156506007", "External beam radiation therapy using photons (procedure)")),
        "2025-06-02",
        "2025-07-04",
        bodySite=[site("pelvis")],
    )
    me.procedure(
        "brachytherapy",
        concept(snomed("394902000", "High dose brachytherapy (procedure)")),
        "2025-07-08",
        "2025-07-22",
    )
    me.referred("2025-10-06")
    me.allergy(ALLERGIC_TO["naproxen"], "Rash")
    me.pain(
        site("pelvis", text="deep pelvis, midline"),
        {
            "2025-09-08 09:40": 7,
            "2025-12-08 13:00": 7,
            "2026-01-19 13:20": 7,
            "2026-02-02 13:05": 6,
            "2026-02-16 13:10": 6,
            "2026-02-25 10:30": 6,
            "2026-03-01 13:10": 7,
        },
    )
    me.labs(
        "2026-02-25 10:05",
        platelets=232,
        inr=1.0,
        haemoglobin=9.8,
        neutrophils=4.1,
        leukocytes=6.4,
        creatinine=1.2,
        egfr=57,
        albumin=3.3,
        bilirubin=0.4,
    )
    me.labs("2026-03-01 13:20", crp=18, glucose=96, potassium=4.4, sodium=139)
    me.observe(
        "pregnancy-test",
        "laboratory",
        concept(coding(LOINC, "2118-8", "Choriogonadotropin (pregnancy test) [Presence] in Serum or Plasma")),
        "2026-02-25 10:05",
        valueCodeableConcept=concept(snomed("260385009", "Negative (qualifier value)"), text="Negative"),
    )
    me.vitals("2026-03-01 13:05", temperature=36.9, weight=54.3, height=165, pulse=92, spo2=98)
    me.pressure("2026-03-01 13:05", 112, 68)
    me.score("ecog", "2026-02-25 10:30", 2)
    me.morphine_before("2025-09-08 10:00", "2025-10-06 10:00", "2025-12-08 13:20", why="Not effective")
    first = me.order(
        "fentanyl-50",
        "fentanyl 50",
        [dose(1, "patch", every(72), route="transdermal")],
        ("2025-12-08 13:20", "2026-01-19 13:30"),
    )
    now = me.order(
        "fentanyl-75",
        "fentanyl 75",
        [dose(1, "patch", every(72), route="transdermal")],
        ("2026-01-19 13:30",),
    )
    rescue = me.order("hydromorphone", "hydromorphone 4", [dose(1, "tablet", every(3), prn=True)], ("2025-12-08 13:20",))
    me.handed_over(first, "fentanyl 50", "2025-12-08", "2026-01-05", count=10)
    me.handed_over(now, "fentanyl 75", "2026-01-19", "2026-02-16", count=10)
    me.handed_over(rescue, "hydromorphone 4", "2026-01-19", "2026-02-16", count=120)
    me.order("acetaminophen", "acetaminophen 500", [dose(1000, "mg", every(8))], ("2026-02-16 13:20",))
    me.form(
        "2026-02-25 10:45",
        pain_of(
            "pelvis",
            "midline",
            "visceral",
            "organ-tumour",
            intensity=6,
            worst=8,
            incident=False,
            radicular=False,
            tenesmus=False,
        ),
        prognosis_estimate="months",
        goal_category="comfort",
    )
    me.unrelated()
    return me


def rectal_neutropenia() -> Chart:
    """Rectal cancer back in the perineum; fever with neutrophils of 0.4 on the eleventh day of a cycle."""
    me = Chart("rectal-neutropenia", ("Neutropenia", "male", "1962-04-08"), "America/Chicago")
    me.visit("emergency", "EMER", "2026-02-28 19:10", "2026-02-28 22:30", "Fever")
    ward = me.visit("ward", "IMP", "2026-02-28 22:30", why="Fever with neutropenia")
    me.condition("cancer", [icd("C20", "Malignant neoplasm of rectum")], "2023-02")
    me.condition(
        "recurrence",
        [snomed("452241000124100", "Recurrent malignant neoplastic disease (disorder)")],
        "2025-08",
    )
    me.condition("neutropenia", [icd("D70.1", "Agranulocytosis secondary to cancer chemotherapy")], "2026-02-28")
    me.condition(
        "febrile-neutropenia",
        [snomed("409089005", "Febrile neutropenia (disorder)")],
        "2026-02-28 20:40",
        encounter=ward,
    )
    me.condition("fever", [icd("R50.81", "Fever presenting with conditions classified elsewhere")], "2026-02-28")
    me.condition("stoma", [icd("Z93.3", "Colostomy status")], "2023-06")
    me.condition("cancer-pain", [CANCER_PAIN], "2025-09")
    me.treated(CHEMOTHERAPY, "2026-02-18")
    me.procedure("radiotherapy", RADIOTHERAPY, "2023-03-06", "2023-04-12", bodySite=[site("pelvis")])
    me.referred("2025-09-15")
    me.allergy(ALLERGIC_TO["codeine"], "Itching", type="intolerance")
    me.pain(
        site("perineum", text="perineum, cannot sit"),
        {
            "2026-02-18 09:00": 7,
            "2026-02-28 19:20": 8,
            "2026-03-01 04:00": 8,
            "2026-03-01 12:00": 7,
            "2026-03-01 20:00": 8,
        },
    )
    me.labs("2026-02-18 08:20", platelets=142, neutrophils=2.9, haemoglobin=10.4, creatinine=1.0)
    me.labs(
        "2026-02-28 19:30",
        platelets=64,
        neutrophils=0.4,
        leukocytes=0.9,
        haemoglobin=9.1,
        inr=1.2,
        creatinine=1.3,
        egfr=61,
        lactate=2.4,
        crp=212,
        glucose=155,
        bilirubin=0.9,
    )
    me.labs("2026-03-01 05:30", platelets=58, neutrophils=0.4, leukocytes=0.8, haemoglobin=8.8, creatinine=1.2)
    for when, warm, pulse in (
        ("2026-02-28 19:15", 38.9, 118),
        ("2026-03-01 04:00", 38.4, 110),
        ("2026-03-01 12:00", 38.1, 102),
    ):
        me.vitals(when, temperature=warm, pulse=pulse, breaths=22, spo2=94)
        me.pressure(when, 98, 58)
    me.vitals("2026-02-28 19:15", weight=74)
    me.score("ecog", "2026-02-18 09:10", 2)
    before = me.order(
        "oxycodone",
        "oxycodone ER 40",
        [dose(1, "tablet", daily(2))],
        ("2025-10-06 10:00", "2026-02-28 22:40"),
    )
    me.handed_over(before, "oxycodone ER 40", "2026-01-26", "2026-02-18")
    intravenous = concept(snomed(*ROUTES["intravenous"]))
    now = me.order(
        "morphine-infusion",
        "morphine PCA vial",
        [
            {
                "text": "Continuous infusion 2 mg/h",
                "asNeededBoolean": False,
                "route": intravenous,
                "doseAndRate": [{"rateQuantity": quantity(2, "mg/h", "mg/h")}],
            }
        ],
        ("2026-02-28 22:40",),
        encounter=ward,
    )
    rescue = me.order(
        "morphine-bolus",
        "morphine 2 mg/mL",
        [dose(2, "mg", every(2), prn=True, route="intravenous")],
        ("2026-02-28 22:40",),
        encounter=ward,
    )
    me.given(
        now,
        "morphine PCA vial",
        {"route": intravenous, "rateQuantity": quantity(2, "mg/h", "mg/h")},
        "2026-02-28 23:00",
        status="in-progress",
        context=ward,
    )
    running = me.last()
    running["effectivePeriod"] = {"start": running.pop("effectiveDateTime")}
    me.given(
        rescue,
        "morphine 2 mg/mL",
        {"route": intravenous, "dose": quantity(2, "mg", "mg")},
        "2026-02-28 23:40",
        "2026-03-01 04:10",
        "2026-03-01 12:05",
        "2026-03-01 20:05",
        context=ward,
    )
    me.form(
        "2026-02-18 09:20",
        pain_of(
            "perineum",
            "midline",
            "mixed",
            "organ-tumour",
            intensity=7,
            worst=9,
            incident=True,
            tenesmus=False,
            radicular=False,
        ),
        prognosis_estimate="months",
        goal_category="comfort",
    )
    me.unrelated()
    return me


def pancoast() -> Chart:
    """Right lung apex into the brachial plexus; the arm still works."""
    me = Chart("pancoast", ("Pancoast", "male", "1956-07-19"), "America/Los_Angeles")
    me.visit("clinic", "AMB", "2026-03-01 11:00", "2026-03-01 12:10", "Weekend acute oncology clinic")
    arm = site("brachial plexus", "right", "right shoulder and arm to the little finger")
    me.condition("cancer", [icd("C34.11", "Malignant neoplasm of upper lobe, right bronchus or lung")], "2025-09")
    me.condition("plexus", [icd("G54.0", "Brachial plexus disorders")], "2025-10", bodySite=[arm])
    me.condition(
        "neuropathic-pain",
        [snomed("247398009", "Neuropathic pain (finding)")],
        "2025-10",
        bodySite=[arm],
    )
    me.condition("lungs", [icd("J44.9", "Chronic obstructive pulmonary disease, unspecified")], "2016")
    me.treated(IMMUNOTHERAPY, "2026-02-09")
    me.procedure("radiotherapy", RADIOTHERAPY, "2025-11-03", "2025-11-14", note=[{"text": "30 Gy in 10, apex"}])
    me.referred("2025-10-13")
    me.allergy(ALLERGIC_TO["tramadol"], "Dizziness", type="intolerance")
    me.pain(
        arm,
        {
            "2025-10-13 09:50": 8,
            "2025-12-08 10:20": 8,
            "2025-12-29 10:30": 8,
            "2026-01-26 10:40": 7,
            "2026-02-09 10:20": 7,
            "2026-02-23 10:15": 7,
            "2026-03-01 11:10": 7,
        },
    )
    me.labs(
        "2026-03-01 11:20",
        platelets=188,
        inr=1.0,
        haemoglobin=12.4,
        neutrophils=5.2,
        creatinine=1.0,
        egfr=81,
        potassium=4.2,
        glucose=110,
        crp=31,
        albumin=3.5,
        bilirubin=0.5,
    )
    me.vitals("2026-02-10 09:00", qtc=438)
    me.vitals("2026-03-01 11:05", temperature=36.7, weight=71, height=174, pulse=90, spo2=94)
    me.pressure("2026-03-01 11:05", 134, 80)
    me.score("kps", "2026-02-23 10:20", 70)
    me.morphine_before("2025-10-13 09:00", "2025-11-10 09:00", "2025-12-29 10:40", why="Not effective")
    rescue = me.order(
        "morphine-rescue-now",
        "morphine IR 15",
        [dose(1, "tablet", every(4), prn=True)],
        ("2025-12-29 10:40",),
    )
    me.handed_over(rescue, "morphine IR 15", "2025-12-29", "2026-02-09", count=90)
    low = me.order("methadone-5", "methadone 5", [dose(1, "tablet", every(8))], ("2025-12-29 10:40", "2026-01-26 10:50"))
    me.handed_over(low, "methadone 5", "2025-12-29", count=84)
    now = me.order("methadone-10", "methadone 10", [dose(1, "tablet", every(8))], ("2026-01-26 10:50",))
    inside = me.last()
    inside["contained"] = [
        {
            "resourceType": "Medication",
            "id": "methadone",
            "code": inside.pop("medicationCodeableConcept"),
            "form": concept(snomed("385055001", "Tablet (basic dose form)")),
        }
    ]
    inside["medicationReference"] = {"reference": "#methadone"}
    me.handed_over(now, "methadone 10", "2026-01-26", "2026-02-23", count=84)
    start = me.order(
        "gabapentin-900",
        "gabapentin 300",
        [dose(1, "capsule", daily(3))],
        ("2025-11-10 09:00", "2025-12-08 09:30"),
    )
    more = me.order("gabapentin-2700", "gabapentin 300", [dose(3, "capsule", daily(3))], ("2025-12-08 09:30",))
    me.handed_over(start, "gabapentin 300", "2025-11-10", count=84)
    me.handed_over(more, "gabapentin 300", "2025-12-08", "2026-01-05", "2026-02-02", "2026-02-23", count=252)
    me.form(
        "2026-02-23 10:30",
        pain_of(
            "shoulder-arm",
            "right",
            "neuropathic",
            "plexus-tumour",
            intensity=7,
            worst=9,
            radicular=True,
            dermatomes=2,
            below_c5=True,
            limb_useless=False,
            allodynia=True,
            vasomotor=False,
        ),
        prognosis_estimate="months",
        goal_category="function",
    )
    me.unrelated()
    return me


def post_mastectomy() -> Chart:
    """Cured of breast cancer, a burning scar since; drugs help in part."""
    me = Chart("post-mastectomy", ("Scar", "female", "1973-02-17"), "")
    me.visit("clinic", "AMB", "2026-02-25 14:00", "2026-02-25 14:50", "Survivorship clinic")
    scar = site("chest wall", "left", "left chest wall, mastectomy scar")
    me.condition("history", [icd("Z85.3", "Personal history of malignant neoplasm of breast")], "2024-03")
    me.condition(
        "treatment-pain",
        [
            snomed("788891004", "Chronic pain after cancer treatment (finding)"),
            icd("G89.28", "Other chronic postprocedural pain"),
        ],
        "2024-06",
        bodySite=[scar],
    )
    me.condition(
        "neuropathic-pain",
        [snomed("247398009", "Neuropathic pain (finding)")],
        "2024-06",
        bodySite=[scar],
    )
    me.condition("thyroid", [icd("E03.9", "Hypothyroidism, unspecified")], "2009")
    me.procedure("radiotherapy", RADIOTHERAPY, "2024-02-05", "2024-03-08")
    me.procedure(
        "physiotherapy",
        concept(snomed("91251008", "Physical therapy procedure (regime/therapy)")),
        "2025-09-10",
        "2025-12-03",
    )
    me.allergy(ALLERGIC_TO["codeine"], "Vomiting", type="intolerance")
    me.pain(
        scar,
        {
            "2025-09-03 14:05": 7,
            "2025-11-12 14:10": 5,
            "2026-01-14 14:05": 5,
            "2026-02-11 14:00": 4,
            "2026-02-25 14:05": 5,
        },
    )
    me.labs(
        "2026-02-11 13:40",
        platelets=246,
        inr=1.0,
        haemoglobin=13.2,
        neutrophils=3.6,
        creatinine=0.7,
        egfr=104,
    )
    me.labs("2026-02-11 13:40", tsh=2.1, glucose=92, albumin=4.2, bilirubin=0.4)
    me.vitals("2026-02-25 14:00", temperature=36.4, weight=69.8, height=170, pulse=72, spo2=99)
    me.pressure("2026-02-25 14:00", 118, 72)
    me.score("ecog", "2026-02-25 14:10", 0)
    before = me.order(
        "pregabalin",
        "pregabalin 75",
        [dose(1, "capsule", daily(2))],
        ("2025-03-05 14:30", "2025-05-07 14:30"),
        statusReason=concept(text="Drowsiness"),
    )
    me.handed_over(before, "pregabalin 75", "2025-03-05", "2025-04-02")
    now = me.order("duloxetine", "duloxetine 60", [dose(1, "capsule", daily())], ("2025-09-03 14:30",))
    me.handed_over(now, "duloxetine 60", "2025-09-03", "2025-10-29", "2025-12-24", "2026-01-21", "2026-02-18", count=28)
    patch = me.order("lidocaine", "lidocaine patch", [dose(1, "patch", daily(), route="topical")], ("2025-11-12 14:30",))
    me.handed_over(patch, "lidocaine patch", "2026-01-14", "2026-02-11", count=30)
    me.form(
        "2026-02-25 14:20",
        pain_of(
            "chest-wall",
            "left",
            "neuropathic",
            "breast-treatment",
            intensity=5,
            worst=6,
            focal=True,
            scar_point=True,
            trigger_point=False,
            allodynia=True,
            vasomotor=False,
            dermatomes=2,
            below_c5=True,
        ),
        no_active_disease=True,
        goal_category="function",
    )
    me.unrelated()
    return me


def prostate_hospice() -> Chart:
    """Bone metastases everywhere; dying at home with hospice, and nothing that means leaving it."""
    me = Chart("prostate-hospice", ("Hospice", "male", "1944-10-02"), "America/New_York")
    me.visit("hospice", "HH", "2026-02-09", why="Home hospice")
    me.condition("cancer", [icd("C61", "Malignant neoplasm of prostate")], "2019")
    me.condition("bone", [icd("C79.51", "Secondary malignant neoplasm of bone")], "2021-04")
    me.condition("bone-pain", [snomed("282743009", "Malignant bone pain (finding)")], "2024")
    me.condition("dnr", [icd("Z66", "Do not resuscitate")], "2026-02-09")
    me.condition("hospice-care", [snomed("170935008", "Full care by hospice (finding)")], "2026-02-09")
    me.condition("wasting", [icd("R64", "Cachexia")], "2026-01-12")
    me.procedure("hospice-admission", concept(snomed("305336008", "Admission to hospice (procedure)")), "2026-02-09")
    me.procedure(
        "radiotherapy",
        RADIOTHERAPY,
        "2025-10-13",
        bodySite=[site("lumbar vertebra", text="L2 to L4")],
        note=[{"text": "8 Gy, once"}],
    )
    me.allergy(ALLERGIC_TO["ibuprofen"], "Bleeding ulcer, 2012")
    code = concept(coding(LOINC, "72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"))
    for day, value in (("2026-02-16", 7), ("2026-02-23", 6), ("2026-02-26", 7), ("2026-02-28", 6)):
        me.observe(
            f"pain-{stamp(day)}",
            "vital-signs",
            code,
            day,
            bodySite={"text": "back, pelvis, ribs and both thighs"},
            valueQuantity=quantity(value, "{score}", "{score}"),
        )
    me.labs("2025-12-15", platelets=96, haemoglobin=8.4, neutrophils=2.2, creatinine=1.5, egfr=46, inr=1.1)
    me.labs("2025-12-15", psa=412, calcium=8.6, albumin=2.6)
    me.vitals("2026-02-26", temperature=36.3, pulse=94, breaths=16)
    me.observe(
        "cpr",
        "social-history",
        concept(coding(LOINC, "100822-6", "Cardiopulmonary resuscitation orders")),
        "2026-02-09",
        valueCodeableConcept=concept(snomed("304253006", "Not for resuscitation (finding)")),
    )
    me.score("ecog", "2026-02-23", 4)
    me.add(
        "CarePlan",
        "comfort-plan",
        status="active",
        intent="plan",
        category=[concept(snomed("385763009", "Hospice care (regime/therapy)"))],
        period={"start": "2026-02-09"},
    )
    now = me.order("morphine", "morphine ER 30", [dose(1, "tablet", daily(2))], ("2026-02-09",))
    rescue = me.order("morphine-drops", "morphine 20 mg/mL", [dose(0.5, "mL", every(2), prn=True)], ("2026-02-09",))
    me.handed_over(now, "morphine ER 30", "2026-02-09")
    me.handed_over(rescue, "morphine 20 mg/mL", "2026-02-09", count=30)
    steroid = me.order("dexamethasone", "dexamethasone 4", [dose(1, "tablet", daily())], ("2026-02-09",))
    me.handed_over(steroid, "dexamethasone 4", "2026-02-09", count=28)
    me.order("lorazepam", "lorazepam 0.5", [dose(1, "tablet", every(4), prn=True)], ("2026-02-09",))
    me.order("senna", "senna 8.6", [dose(2, "tablet", daily(2))], ("2026-02-09",))
    me.form(
        "2026-02-23",
        pain_of(
            "multifocal",
            "multifocal",
            "somatic",
            "bone-metastasis",
            intensity=6,
            worst=8,
            incident=True,
            focal=False,
        ),
        prognosis_estimate="weeks",
        goal_category="comfort-at-home-only",
    )
    me.unrelated()
    return me


def controlled() -> Chart:
    """Colon cancer in the liver, pain 1 to 2 for weeks on a little morphine."""
    me = Chart("controlled", ("Controlled", "female", "1965-08-25"), "America/New_York")
    me.visit("clinic", "AMB", "2026-02-26 09:00", "2026-02-26 09:40", "Oncology clinic")
    me.condition("cancer", [icd("C18.7", "Malignant neoplasm of sigmoid colon")], "2024-11-18")
    me.condition(
        "liver",
        [icd("C78.7", "Secondary malignant neoplasm of liver and intrahepatic bile duct")],
        "2025-06-03",
    )
    me.condition("blood-pressure", [icd("I10", "Essential (primary) hypertension")], "2018")
    me.condition("cancer-pain", [CANCER_PAIN], "2025-08")
    me.treated(CHEMOTHERAPY, "2026-01-29", "2026-02-12", "2026-02-26")
    me.referred("2025-09-01")
    me.allergy(NKA)
    me.pain(
        site("right upper quadrant", text="below the right ribs"),
        {
            "2026-01-15 09:10": 3,
            "2026-01-29 09:10": 2,
            "2026-02-12 09:15": 1,
            "2026-02-26 09:10": 2,
        },
    )
    me.score("bpi", "2026-02-26 09:15", 2)
    me.score("ecog", "2026-02-26 09:15", 1)
    for when, plt in (("2026-01-29 08:30", 205), ("2026-02-12 08:30", 190), ("2026-02-26 08:35", 198)):
        me.labs(when, platelets=plt, neutrophils=3.3, haemoglobin=11.8, creatinine=0.8, egfr=86, bilirubin=0.7)
    me.vitals("2026-02-26 09:00", temperature=36.6, weight=64, height=166, pulse=78, spo2=98)
    me.pressure("2026-02-26 09:00", 132, 80)
    now = me.order("morphine", "morphine ER 15", [dose(1, "tablet", daily(2))], ("2025-09-01 10:00",))
    rescue = me.order("morphine-rescue", "morphine IR 15", [dose(1, "tablet", every(4), prn=True)], ("2025-09-01 10:00",))
    me.handed_over(now, "morphine ER 15", "2026-01-15", "2026-02-12")
    me.handed_over(rescue, "morphine IR 15", "2026-01-15", "2026-02-12", count=20)
    for key, drug, doses in (
        ("senna", "senna 8.6", [dose(2, "tablet", daily())]),
        ("omeprazole", "omeprazole 20", [dose(1, "capsule", daily())]),
        ("amlodipine", "amlodipine 5", [dose(1, "tablet", daily())]),
    ):
        me.order(key, drug, doses, ("2025-09-01 10:00",))
    me.form(
        "2026-02-26 09:20",
        pain_of(
            "upper-abdomen",
            "right",
            "visceral",
            "liver-distension",
            intensity=2,
            worst=3,
            relief_insufficient=False,
        ),
        goal_category="longevity",
    )
    me.unrelated()
    return me


def sparse() -> Chart:
    """A record as it should not be: words instead of codes, no dates, no pain score."""
    me = Chart("sparse", ("Sparse", "female", "1970"), "America/New_York")
    me.visit("visit", "AMB", "2026-02-03 16:00", "2026-02-03 16:10")
    for key, text in (
        ("cancer", "breast ca, mets?"),
        ("back", "back trouble"),
        ("surgery-scar", "s/p lumpectomy"),
    ):
        me.add("Condition", key, code=concept(text=text))
    me.add("Condition", "cancer-code", code=concept(icd("C50.919", "")))
    me.add(
        "Condition",
        "local-code",
        code=concept(coding("urn:oid:2.999.7.2", "DX-4471", "Legacy problem 4471")),
    )
    me.add(
        "Condition",
        "refuted",
        code=concept(icd("I26.99", "Other pulmonary embolism without acute cor pulmonale")),
        verificationStatus=hl7("condition-ver-status", "refuted"),
    )
    me.add(
        "MedicationStatement",
        "pain-pill",
        status="unknown",
        medicationCodeableConcept=concept(text="pain pill"),
    )
    me.add(
        "MedicationStatement",
        "oxy",
        status="active",
        medicationCodeableConcept=concept(text="oxycodone"),
        dosage=[{"text": "1-2 as needed"}],
    )
    me.add(
        "MedicationRequest",
        "thinner",
        status="active",
        intent="order",
        medicationCodeableConcept=concept(text="blood thinner from cardiology"),
    )
    me.add(
        "MedicationRequest",
        "new-drug",
        status="active",
        intent="order",
        medicationCodeableConcept=concept(coding(RXNORM, "9999999", "examplinib 100 MG Oral Capsule")),
        authoredOn="2026-01",
    )
    me.add(
        "MedicationRequest",
        "draft",
        status="draft",
        intent="order",
        medicationCodeableConcept=medication("morphine ER 15"),
        authoredOn="2026-02-03",
    )
    me.add("AllergyIntolerance", "allergy-text", code=concept(text="dye?? swelled up"))
    me.add("Procedure", "procedure-text", status="completed", code=concept(text="nerve shot in the back"))
    me.observe(
        "platelets-undated",
        "laboratory",
        concept(coding(LOINC, "777-3", TESTS["platelets"][1])),
        "",
        valueQuantity=quantity(188, "10*3/uL", "10*3/uL"),
    )
    me.observe(
        "inr-strange",
        "laboratory",
        concept(coding(LOINC, "6301-6", TESTS["inr"][1])),
        "2026-02-03",
        valueQuantity=quantity(1.1, "mmol/L", "mmol/L"),
    )
    me.observe(
        "haemoglobin-absent",
        "laboratory",
        concept(coding(LOINC, "718-7", TESTS["haemoglobin"][1])),
        "2026-02-03",
        dataAbsentReason=hl7("data-absent-reason", "error"),
    )
    me.observe(
        "weight-text",
        "vital-signs",
        concept(coding(LOINC, "29463-7", "Body weight")),
        "2026-02",
        valueString="about 130 lbs",
    )
    me.observe(
        "local-score",
        "survey",
        concept(coding("urn:oid:2.999.7.3", "PAINQ", "Pain question")),
        "2026-02-03",
        valueString="bad",
    )
    me.observe("note-only", "exam", concept(text="Looks uncomfortable"), "2026-02-03 16:05")
    me.unrelated()
    return me


def cord_compression() -> Chart:
    """Lung cancer, back pain, legs weak since yesterday."""
    me = Chart("cord-compression", ("Emergency", "female", "1961-06-14"), "America/Chicago")
    here = me.visit("emergency", "EMER", "2026-03-01 15:30", why="Weak legs")
    me.condition("cancer", [snomed("363358000", "Malignant tumor of lung (disorder)")], "2025-04-22")
    me.condition(
        "bone",
        [
            icd("C79.51", "Secondary malignant neoplasm of bone"),
            snomed("94222008", "Metastatic malignant neoplasm to bone (disorder)"),
        ],
        "2025-12-03",
    )
    me.condition(
        "cauda-equina",
        [
            icd("G83.4", "Cauda equina syndrome"),
            snomed("192970008", "Cauda equina syndrome (disorder)"),
        ],
        "2026-02-28",
        verificationStatus=hl7("condition-ver-status", "provisional"),
        encounter=here,
    )
    me.condition(
        "weakness",
        [icd("R29.898", "Other symptoms and signs involving the musculoskeletal system")],
        "2026-02-28",
    )
    me.condition("retention", [icd("R33.9", "Retention of urine, unspecified")], "2026-03-01", encounter=here)
    me.condition("back-pain", [icd("M54.50", "Low back pain, unspecified")], "2026-01")
    me.referred("2026-01-19")
    me.allergy(NKA)
    me.pain(
        site("lumbar vertebra", text="L3, worse lying down"),
        {
            "2026-01-19 10:00": 6,
            "2026-02-16 10:10": 7,
            "2026-02-27 09:00": 7,
            "2026-03-01 15:40": 9,
            "2026-03-01 18:00": 8,
        },
    )
    me.labs(
        "2026-03-01 15:50",
        platelets=264,
        inr=1.0,
        haemoglobin=11.1,
        neutrophils=6.8,
        creatinine=0.8,
        egfr=82,
        calcium=9.6,
        glucose=128,
        crp=24,
        albumin=3.4,
        potassium=4.0,
    )
    me.vitals("2026-03-01 15:35", temperature=36.9, weight=62, height=161, pulse=98, spo2=95)
    me.pressure("2026-03-01 15:35", 148, 86)
    me.score("ecog", "2026-02-16 10:20", 2)
    home = me.order("hydromorphone", "hydromorphone 4", [dose(1, "tablet", every(4))], ("2026-01-19 10:30",))
    rescue = me.order(
        "hydromorphone-rescue",
        "hydromorphone 2",
        [dose(1, "tablet", every(2), prn=True)],
        ("2026-01-19 10:30",),
    )
    me.handed_over(home, "hydromorphone 4", "2026-01-19", "2026-02-16", count=168)
    me.handed_over(rescue, "hydromorphone 2", "2026-01-19", "2026-02-16", count=90)
    steroid = me.order(
        "dexamethasone",
        "dexamethasone 4",
        [dose(4, "tablet", daily())],
        ("2026-03-01 16:10",),
        encounter=here,
    )
    me.given(
        steroid,
        "dexamethasone 4",
        {"route": concept(snomed(*ROUTES["oral"])), "dose": quantity(16, "mg", "mg")},
        "2026-03-01 16:20",
        context=here,
    )
    me.order("omeprazole", "omeprazole 20", [dose(1, "capsule", daily())], ("2026-03-01 16:10",), encounter=here)
    me.order("senna", "senna 8.6", [dose(2, "tablet", daily(2))], ("2026-01-19 10:30",))
    me.unrelated()
    return me


# -- a hospital's export -----------------------------------------------------------------------------------

LOCAL = "urn:oid:2.999.7.10."
"""Code systems of no real hospital: 1 tests, 2 frequencies, 3 routes, 4 drug names, 5 units, 6 methods."""
HOSPITAL_DRUGS = {
    "oxycodone-sr": ("59011041020", "Oxycodone SR"),
    "hydromorphone-iv": ("", "HYDROmorphone (Dilaudid) inj"),
    "enoxaparin": ("00075062040", "Enoxaparin Sodium"),
    "oxycodone-ir": ("66689040150", "Oxycodone (Immediate Release)"),
}
HOSPITAL_NAMES = {"hydromorphone-iv": "HYDROmorphone (Dilaudid)"}


class Ward(Chart):
    """A chart as a hospital exports it: local codes, dates by encounter, dose apart from timing."""

    def __init__(self, name: str, person: tuple[str, str, str], stay: tuple[str, ...]) -> None:
        super().__init__(name, person, "America/New_York")
        start, *end = stay
        self.stay = self.visit("stay", "IMP" if not end else "EMER", start, *end)

    def diagnosis(self, key: str, code: str, display: str) -> None:
        """A diagnosis of the stay: a code without dot, no status and no date of its own."""
        self.add(
            "Condition",
            key,
            category=[hl7("condition-category", "encounter-diagnosis")],
            code=concept(icd(code, display)),
            encounter=self.stay,
        )

    def result(self, key: str, codes: list[Json], when: str, value: float, unit: str) -> None:
        """A result with the laboratory's own unit; without a unit where `unit` is empty."""
        measured: Json = {"value": value}
        if unit:
            measured |= {"unit": unit, "system": LOCAL + "5", "code": unit}
        self.observe(f"{key}-{stamp(when)}", "laboratory", concept(*codes), when, valueQuantity=measured)

    def said(self, when: str, text: str) -> None:
        """A pain score as nurses type it."""
        self.observe(
            f"pain-{stamp(when)}",
            "exam",
            concept(coding(LOINC, "98137-3", "Pain assessment report")),
            when,
            encounter=self.stay,
            valueString=text,
        )

    def written(self, drug: str, amount: float, route: str, timing: str, dates: tuple[str, ...]) -> str:
        """An order with the dose, and its dispense with the frequency."""
        start, *end = dates
        unit = {"unit": "mg", "system": LOCAL + "5", "code": "mg"}
        code = concept(coding(LOCAL + "3", route))
        more: Json = {"dispenseRequest": {"validityPeriod": {"start": self.at(start)}}}
        if end:
            more["dispenseRequest"]["validityPeriod"]["end"] = self.at(end[0])
        order = self.add(
            "MedicationRequest",
            drug,
            status="completed" if end else "active",
            intent="order",
            medicationReference={"reference": f"Medication/hospital-{drug}"},
            encounter=self.stay,
            authoredOn=self.at(start),
            dosageInstruction=[
                {"route": code, "doseAndRate": [{"doseQuantity": {"value": amount} | unit}]},
            ],
            **more,
        )
        self.add(
            "MedicationDispense",
            f"dispense-{drug}",
            status="completed",
            medicationReference={"reference": f"Medication/hospital-{drug}"},
            context=self.stay,
            authorizingPrescription=[{"reference": order}],
            dosageInstruction=[
                {"route": code, "timing": {"code": concept(coding(LOCAL + "2", timing))}},
            ],
        )
        return order

    def charted(self, order: str, amount: float, *times: str, method: str = "Administered") -> None:
        """Administrations: without a route, which stands on the order only."""
        drug = order.rpartition("/")[2].removeprefix(self.name + "-")
        for when in times:
            self.add(
                "MedicationAdministration",
                f"given-{drug}-{stamp(when)}",
                status="completed",
                medicationReference={"reference": f"Medication/hospital-{drug}"},
                context=self.stay,
                request={"reference": order},
                effectiveDateTime=self.at(when),
                dosage={
                    "method": concept(coding(LOCAL + "6", method)),
                    "dose": {"value": amount, "unit": "mg", "system": LOCAL + "5", "code": "mg"},
                },
            )


def hospital_medications() -> list[Json]:
    """The hospital's formulary: a number for the product, the name only among the identifiers."""
    made = []
    for key, (ndc, name) in HOSPITAL_DRUGS.items():
        known = {"code": concept(coding(NDC, ndc))} if ndc else {}
        named = HOSPITAL_NAMES.get(key, name)
        made.append(
            {
                "resourceType": "Medication",
                "id": f"hospital-{key}",
                "identifier": [{"system": LOCAL + "4", "value": named}],
                **(known or {"code": concept(text=named)}),
                "status": "active",
            }
        )
    return made


def hospital_pancreas() -> Chart:
    """In hospital with cancer of the pancreas: pain without a place, platelets under a local code."""
    me = Ward("hospital-a", ("Ward", "male", "1966-10-30"), ("2026-02-24 21:40",))
    me.diagnosis("cancer", "C251", "Malignant neoplasm of body of pancreas")
    me.diagnosis("liver", "C787", "Secondary malignant neoplasm of liver and intrahepatic bile duct")
    me.diagnosis("cancer-pain", "G893", "Neoplasm related pain (acute) (chronic)")
    me.diagnosis("sugar", "E119", "Type 2 diabetes mellitus without complications")
    me.diagnosis("blood-pressure", "I10", "Essential (primary) hypertension")
    for day, plt, creatinine in (
        ("2026-02-25", 201, 1.0),
        ("2026-02-27", 192, 0.9),
        ("2026-03-01", 187, 0.9),
    ):
        when = f"{day} 05:15"
        me.result("platelets", [coding(LOCAL + "1", "PLT", "PLATELET COUNT")], when, plt, "K/uL")
        me.result(
            "inr",
            [coding(LOCAL + "1", "PTINR", "INR(PT)"), coding(LOINC, "6301-6")],
            when,
            1.1,
            "",
        )
        me.result("neutrophils", [coding(LOCAL + "1", "ANC"), coding(LOINC, "751-8")], when, 5.3, "K/uL")
        me.result("haemoglobin", [coding(LOCAL + "1", "HGB"), coding(LOINC, "718-7")], when, 10.7, "g/dL")
        me.result("creatinine", [coding(LOCAL + "1", "CREAT"), coding(LOINC, "2160-0")], when, creatinine, "mg/dL")
        me.result("lipase", [coding(LOCAL + "1", "LIPASE", "LIPASE")], when, 61, "IU/L")
    for when, text in (
        ("2026-02-26 08:10", "8"),
        ("2026-02-26 23:30", "asleep"),
        ("2026-02-27 08:00", "7/10"),
        ("2026-02-28 08:05", "8"),
        ("2026-02-28 15:40", "6"),
        ("2026-03-01 03:10", "asleep"),
        ("2026-03-01 08:15", "7"),
        ("2026-03-01 13:50", "unable"),
        ("2026-03-01 20:10", "8"),
    ):
        me.said(when, text)
    me.vitals("2026-02-24 22:00", temperature=36.8, weight=77)
    me.vitals("2026-03-01 08:10", temperature=36.9, pulse=82)
    slow = me.written("oxycodone-sr", 40, "PO", "Q12H", ("2026-02-24 22:30",))
    fast = me.written("hydromorphone-iv", 0.5, "IV", "Q3H:PRN", ("2026-02-24 22:30", "2026-03-03 22:30"))
    blood = me.written("enoxaparin", 40, "SC", "DAILY", ("2026-02-25 08:00",))
    me.charted(
        slow,
        40,
        "2026-02-25 09:00",
        "2026-02-25 21:05",
        "2026-02-26 09:10",
        "2026-02-26 21:00",
        "2026-02-27 09:00",
        "2026-02-27 21:10",
        "2026-02-28 09:05",
        "2026-02-28 21:00",
        "2026-03-01 09:05",
        "2026-03-01 21:00",
    )
    me.charted(
        fast,
        0.5,
        "2026-02-28 04:20",
        "2026-02-28 16:00",
        "2026-03-01 00:40",
        "2026-03-01 05:30",
        "2026-03-01 08:30",
        "2026-03-01 14:10",
        "2026-03-01 20:30",
    )
    me.charted(fast, 0.5, "2026-03-01 11:45", method="Not Given")
    me.charted(
        blood,
        40,
        "2026-02-25 09:00",
        "2026-02-26 09:10",
        "2026-02-27 09:00",
        "2026-02-28 09:05",
        "2026-03-01 09:12",
    )
    me.allergy(ALLERGIC_TO["naproxen"])
    me.add(
        "Procedure",
        "biopsy",
        status="completed",
        code=concept(
            coding(
                "http://www.cms.gov/Medicare/Coding/ICD10",
                "0FBG3ZX",
                "Excision of Pancreas, Percutaneous, Diagnostic",
            )
        ),
        encounter=me.stay,
        performedDateTime=me.at("2026-01-20 10:00"),
    )
    return me


def hospital_stone() -> Chart:
    """In the emergency department with a kidney stone: strong pain and an opioid, but no cancer."""
    me = Ward("hospital-b", ("Stone", "female", "1985-04-17"), ("2026-02-27 02:10", "2026-02-27 07:50"))
    me.diagnosis("stone", "N200", "Calculus of kidney")
    me.diagnosis("vomiting", "R112", "Nausea with vomiting, unspecified")
    for when, text in (("2026-02-27 02:15", "9"), ("2026-02-27 04:00", "5"), ("2026-02-27 07:20", "2")):
        me.said(when, text)
    me.result("platelets", [coding(LOCAL + "1", "PLT", "PLATELET COUNT")], "2026-02-27 02:40", 274, "K/uL")
    me.result(
        "creatinine",
        [coding(LOCAL + "1", "CREAT"), coding(LOINC, "2160-0")],
        "2026-02-27 02:40",
        0.8,
        "mg/dL",
    )
    me.vitals("2026-02-27 02:15", temperature=36.9, pulse=104, weight=66)
    order = me.written("oxycodone-ir", 5, "PO", "Q6H:PRN", ("2026-02-27 03:00", "2026-02-27 07:50"))
    me.charted(order, 5, "2026-02-27 03:10")
    me.allergy(NKA)
    return me
