"""Facts that are worked out from several events: a row for each branch, both sides of each limit."""

from decimal import Decimal

import msgspec
import pytest

from fourthstep.events.event import Dose, Drug, Event, NotUsed
from fourthstep.facts.computed import COMPUTED
from fourthstep.ground.dates import when
from fourthstep.ground.interval import Interval
from fourthstep.knowledge.load import load_knowledge
from fourthstep.rules.ask import fact_value
from tests.facts.chart import ago, condition, drug, lab, procedure, review, strange, told


def test_every_declared_fact_is_computed_and_no_other():
    declared = {name for name, fact in load_knowledge().facts.items() if fact.kind == "computed"}
    assert declared == {*COMPUTED, "prognosis"}


class TestPatient:
    @pytest.mark.parametrize(
        ("birth", "wanted"),
        [("1960-03-01", "66"), ("1960-03-02", "65"), ("1960", "65 to 66"), ("2027", "unknown: age-missing")],
    )
    def test_age(self, birth, wanted):
        assert told("age", birth=when(birth)) == wanted

    def test_no_birth_date(self):
        assert told("age", birth=None) == "unknown: age-missing"

    @pytest.mark.parametrize(("dead", "wanted"), [(True, "yes"), (False, "no"), (None, "unknown: no-patient-resource")])
    def test_deceased(self, dead, wanted):
        assert told("deceased", deceased=dead) == wanted

    @pytest.mark.parametrize(
        ("start", "end", "wanted"),
        [(3, None, "yes"), (3, 0, "yes"), (3, 1, "no"), (-1, None, "no")],
    )
    def test_inpatient(self, start, end, wanted):
        stay = Event("encounter", "inpatient", "Encounter/1", ago(start), None if end is None else ago(end))
        assert told("inpatient", stay) == wanted

    @pytest.mark.parametrize(
        ("events", "wanted"),
        [
            ([], "unknown: not-asked"),
            ([condition("dnr", 20)], "dnr"),
            ([condition("dnr", None)], "dnr"),
            ([condition("dnr", 20, current=False)], "unknown: not-asked"),
            ([condition("for_resuscitation", 9), condition("dnr", 20)], "full"),
            ([condition("for_resuscitation", 20), condition("dnr", 9)], "dnr"),
            ([condition("for_resuscitation", 9), condition("dnr", 9)], "dnr or full"),
            ([condition("for_resuscitation", 9), condition("dnr", None)], "dnr or full"),
            ([Event("goal", "cpr_orders", "o", ago(3), value_concepts=("not_for_resuscitation",))], "dnr"),
            ([Event("goal", "cpr_orders", "o", ago(3), text="full code, I think")], "unknown: not-asked"),
            ([Event("goal", "cpr_orders", "o", ago(3), text="?"), condition("dnr", 20)], "dnr"),
            ([Event("answer", "code_status", "form/1", ago(0), text="dni"), condition("dnr", 20)], "dni"),
        ],
    )
    def test_code_status(self, events, wanted):
        assert told("code_status", *events, vouched=[]) == wanted

    @pytest.mark.parametrize(
        ("sex", "birth", "wanted"),
        [
            ("male", "1990", "no"),
            ("female", "1990", "yes"),
            ("female", "1975-03-02", "yes"),
            ("female", "1974-03-01", "no"),
            ("female", "2014-03-01", "yes"),
            ("female", "2014-03-02", "no"),
            ("female", "1975", "unknown: age-missing"),
            ("other", "1990", "unknown: sex-missing"),
            ("", "1950", "no"),
        ],
    )
    def test_child_bearing_potential(self, sex, birth, wanted):
        assert told("child_bearing_potential", sex=sex, birth=when(birth)) == wanted

    @pytest.mark.parametrize(
        ("texts", "wanted"),
        [
            ([], "unknown: never-measured"),
            (["Negative"], "negative"),
            (["POSITIVE"], "positive"),
            (["not pregnant"], "negative"),
            (["12"], "unknown: never-measured"),
            (["negative", "positive"], "positive"),
        ],
    )
    def test_pregnancy_test(self, texts, wanted):
        tests = [Event("measurement", "pregnancy_test", f"Observation/{text}", ago(2), text=text) for text in texts]
        assert told("pregnancy_test", *tests) == wanted


KIDNEY = [lab("creatinine", 1.0, "mg/dL", 3), lab("weight", 72, "kg", 10)]


class TestOrgans:
    def test_clearance_of_a_man(self):
        """(140 - 66 years) by 72 kg, divided by 72 times 1.0 mg/dL."""
        assert told("creatinine_clearance", *KIDNEY, sex="male") == "74"

    def test_clearance_of_a_woman(self):
        assert told("creatinine_clearance", *KIDNEY, sex="female") == "62.9"

    @pytest.mark.parametrize(
        ("events", "rest", "wanted"),
        [
            (KIDNEY, {"birth": None}, "age-missing"),
            (KIDNEY, {"sex": "unknown"}, "sex-missing"),
            ([KIDNEY[1]], {}, "creatinine-missing"),
            ([KIDNEY[0]], {}, "weight-missing"),
            ([lab("creatinine", 1.0, "mg/dL", 8), KIDNEY[1]], {}, "creatinine-missing"),
            ([KIDNEY[0], lab("weight", 72, "kg", 31)], {}, "weight-missing"),
        ],
    )
    def test_clearance_unknown(self, events, rest, wanted):
        assert told("creatinine_clearance", *events, **rest) == f"unknown: {wanted}"

    def test_clearance_at_the_last_day_of_each_window(self):
        assert told("creatinine_clearance", lab("creatinine", 1.0, "mg/dL", 7), lab("weight", 72, "kg", 30)) == "62.9"

    @pytest.mark.parametrize(
        ("events", "wanted"),
        [
            ([], "unknown: never-measured"),
            ([lab("ecog_score", 2, "", 3)], "2"),
            ([lab("kps_score", 100, "", 3)], "0"),
            ([lab("kps_score", 60, "", 3)], "2"),
            ([lab("ecog_score", 1, "", 9), lab("kps_score", 60, "", 3)], "1"),
        ],
    )
    def test_ecog(self, events, wanted):
        assert told("ecog", *events) == wanted


GABA = "adjuvant:gabapentinoid"
FIT = (lab("creatinine", 0.8, "mg/dL", 1), lab("weight", 90, "kg", 1))
"""A clearance above 80 mL/min."""


def steps(since, until=0, *, dose=300, strength=None, source="statement"):
    """Gabapentin once a day from so many days ago to so many; `until` None: stopped nobody knows when."""
    found = drug(GABA, "gabapentin", dose, 1, since, until or None, source, current=until == 0)
    what = msgspec.structs.replace(found.drug, strength=Decimal(strength) if strength else None, strength_unit="mg")
    return msgspec.structs.replace(found, drug=what, ref=f"{source}/{since}-{until}-{dose}-{strength}")


def needed(event):
    doses = tuple(msgspec.structs.replace(dose, as_needed=True) for dose in event.drug.doses)
    return msgspec.structs.replace(event, drug=msgspec.structs.replace(event.drug, doses=doses))


SUPPLY = drug(GABA, "gabapentin", None, since=50, source="dispense", current=None)
ADJUVANT = [
    # case, events, told
    ("none, vouched", [], {}, "no"),
    ("none, not vouched", [], {"vouched": []}, "unknown: dose-or-time-not-known"),
    ("none, an unrecognised drug", [strange("drug")], {}, "unknown: dose-or-time-not-known"),
    ("stated, enough, long enough", [drug(GABA, "gabapentin", 300, 3, 14, source="statement"), *KIDNEY], {"sex": "male"},
     "yes"),  # clearance 74: the renal row asks 900 mg as well
    ("stated, enough for a kidney that is known", [drug(GABA, "gabapentin", 300, 3, 14, source="statement"),
     lab("creatinine", 0.8, "mg/dL", 1), lab("weight", 90, "kg", 1)], {"sex": "male"}, "yes"),
    ("one day too short", [drug(GABA, "gabapentin", 300, 3, 13, source="statement"),
     lab("creatinine", 0.8, "mg/dL", 1), lab("weight", 90, "kg", 1)], {"sex": "male"}, "no"),
    ("a little too little", [drug(GABA, "gabapentin", 299, 3, 14, source="statement"),
     lab("creatinine", 0.8, "mg/dL", 1), lab("weight", 90, "kg", 1)], {"sex": "male"}, "no"),
    ("too little, the kidney not known", [drug(GABA, "gabapentin", 200, 3, 14, source="statement")], {},
     "unknown: dose-or-time-not-known"),
    ("too little for any kidney", [drug(GABA, "gabapentin", 149, 1, 14, source="statement")], {}, "no"),
    ("raised: two weeks in all, a week at the dose", [steps(14, 8), steps(7, dose=900), *FIT], {"sex": "male"}, "yes"),
    ("raised: six days at the dose", [steps(14, 7), steps(6, dose=900), *FIT], {"sex": "male"}, "no"),
    ("raised: thirteen days in all", [steps(13, 8), steps(7, dose=900), *FIT], {"sex": "male"}, "no"),
    ("raised after a day without", [steps(20, 9), steps(7, dose=900), *FIT], {"sex": "male"}, "no"),
    ("raised, and nobody knows when the first was stopped", [steps(14, None), steps(7, dose=900), *FIT], {"sex": "male"},
     "unknown: dose-or-time-not-known"),
    ("two strengths beside each other add up", [steps(14, 0, strength=300), steps(14, 0, dose=600, strength=600), *FIT],
     {"sex": "male"}, "yes"),
    ("one strength twice: perhaps one use", [steps(14, 0, dose=450), steps(14, 0, dose=450), *FIT], {"sex": "male"},
     "unknown: dose-or-time-not-known"),
    ("an order and a statement of one use are not added", [steps(14, 0, dose=450), steps(14, 0, dose=450, source="order"),
     *FIT], {"sex": "male"}, "no"),
    ("renewed, the ends not recorded: one use", [*(steps(back, None, dose=300) for back in (90, 60, 30)), *FIT],
     {"sex": "male"}, "no"),
    ("a statement, then a dispense", [steps(20, 11, dose=900), steps(10, 0, dose=900, source="dispense"), *FIT],
     {"sex": "male"}, "unknown: dose-or-time-not-known"),
    ("given fourteen times, a month apart", [*(steps(30 * each, 30 * each, dose=900, source="administration")
                                               for each in range(14)), *FIT],
     {"sex": "male"}, "unknown: dose-or-time-not-known"),
    ("given for a week", [*(steps(day, day, dose=900, source="administration") for day in range(7)), *FIT],
     {"sex": "male"}, "no"),
    ("given for two weeks, the last one at the dose", [*(steps(day, day, dose=900 if day < 7 else 300,
     source="administration") for day in range(14)), *FIT], {"sex": "male"}, "yes"),
    ("given for two weeks, six days at the dose", [*(steps(day, day, dose=900 if day < 6 else 300,
     source="administration") for day in range(14)), *FIT], {"sex": "male"}, "no"),
    ("given for two weeks at a dose that could do for a poor kidney", [*(steps(day, day, dose=300, source="administration")
     for day in range(14))], {}, "unknown: dose-or-time-not-known"),
    ("25 mg: whether frail is not known", [drug("adjuvant:tca", "amitriptyline", 25, 1, 60, source="statement")],
     {"vouched": ["drug"]}, "unknown: dose-or-time-not-known"),
    ("24 mg: too little even if frail", [drug("adjuvant:tca", "amitriptyline", 24, 1, 60, source="statement")],
     {"vouched": ["drug"]}, "no"),
    ("as needed only", [needed(steps(30, 0, dose=900)), *FIT], {"sex": "male"}, "no"),
    ("ordered only", [drug("adjuvant:tca", "amitriptyline", 50, 1, 60)], {}, "unknown: dose-or-time-not-known"),
    ("ordered and handed out", [drug("adjuvant:tca", "amitriptyline", 50, 1, 60),
     drug("adjuvant:tca", "amitriptyline", None, since=50, source="dispense", current=None)], {}, "yes"),
    ("no dose readable", [drug("adjuvant:tca", "amitriptyline", None, 1, 60, source="statement")], {},
     "unknown: dose-or-time-not-known"),
    ("frail: less counts", [drug("adjuvant:tca", "amitriptyline", 25, 1, 60, source="statement"), condition("frailty")],
     {}, "yes"),
    ("the same, not frail", [drug("adjuvant:tca", "amitriptyline", 25, 1, 60, source="statement")], {}, "no"),
    ("second line does not count", [drug("adjuvant:anticonvulsant_other", "carbamazepine", 400, 2, 60, source="statement")],
     {}, "no"),
    ("stopped, end not recorded", [drug("adjuvant:tca", "amitriptyline", 50, 1, 60, source="statement", current=False)],
     {}, "unknown: dose-or-time-not-known"),
    ("stopped after long enough", [drug("adjuvant:tca", "amitriptyline", 50, 1, 90, until=20, source="statement",
     current=False)], {}, "yes"),
    ("taken since nobody knows when", [msgspec.structs.replace(drug("adjuvant:tca", "amitriptyline", 50, 1, 60,
     source="statement"), start=None)], {}, "unknown: dose-or-time-not-known"),
    ("given every day for four weeks", [drug("adjuvant:tca", "amitriptyline", 50, 1, day, source="administration",
     current=None) for day in range(28)], {}, "yes"),
    ("given for one day less", [drug("adjuvant:tca", "amitriptyline", 50, 1, day, source="administration",
     current=None) for day in range(27)], {}, "no"),
    ("given, amounts not readable", [drug("adjuvant:tca", "amitriptyline", None, 1, day, source="administration",
     current=None) for day in range(28)], {}, "unknown: dose-or-time-not-known"),
]  # fmt: skip


@pytest.mark.parametrize(("says", "events", "rest", "wanted"), ADJUVANT, ids=[row[0] for row in ADJUVANT])
def test_adjuvant_adequate(says, events, rest, wanted):
    assert told("adjuvant_adequate", *events, **rest) == wanted


ZOLEDRONATE = "bone_modifying:bisphosphonate"


@pytest.mark.parametrize(
    ("days", "wanted"),
    [((28, 0), "yes"), ((27, 0), "no"), ((60,), "no"), ((), "no")],
)
def test_bone_agent(days, wanted):
    given = [drug(ZOLEDRONATE, "zoledronic acid", 4, 1, day, source="administration", current=None) for day in days]
    assert told("bone_agent_adequate", *given) == wanted


@pytest.mark.parametrize(
    ("events", "rest", "wanted"),
    [
        ([], {}, "no"),
        ([], {"vouched": []}, "unknown: not-vouched"),
        ([strange("allergy", "allergy")], {}, "unknown: unrecognised-could-be"),
        ([Event("allergy", each, f"AllergyIntolerance/{each}", current=True)
          for each in (GABA, "adjuvant:snri", "adjuvant:tca")], {}, "yes"),
        ([Event("allergy", each, f"AllergyIntolerance/{each}", current=True) for each in (GABA, "adjuvant:snri")], {}, "no"),
    ],
)  # fmt: skip
def test_adjuvants_not_usable(events, rest, wanted):
    assert told("adjuvant_not_usable", *events, **rest) == wanted


CYTOTOXIC = "antineoplastic:cytotoxic"


@pytest.mark.parametrize(
    ("events", "rest", "recent", "since"),
    [
        ([], {}, "no", "unknown: no-cytotoxic-recorded"),
        ([], {"vouched": ["drug"]}, "unknown: not-vouched", "unknown: no-cytotoxic-recorded"),
        ([strange("drug")], {}, "unknown: unrecognised-could-be", "unknown: no-cytotoxic-recorded"),
        ([drug(CYTOTOXIC, "cisplatin", since=21, source="administration", current=None)], {}, "yes", "21"),
        ([drug(CYTOTOXIC, "cisplatin", since=22, source="administration", current=None)], {}, "no", "22"),
        ([condition("chemo_encounter", 5)], {}, "yes", "5"),
    ],
)
def test_cytotoxic(events, rest, recent, since):
    assert told("cytotoxic_chemotherapy", *events, **rest) == recent
    assert told("days_since_cytotoxic", *events, **rest) == since


@pytest.mark.parametrize(("days", "wanted"), [(42, "yes"), (43, "no")])
def test_late_nadir(days, wanted):
    given = drug(CYTOTOXIC, "mitomycin", since=days, source="administration", current=None)
    assert told("late_nadir_chemotherapy", given) == wanted
    assert told("days_since_late_nadir_chemotherapy", given) == str(days)


VEGF = "antiangiogenic:vegf_antibody"


@pytest.mark.parametrize(
    ("events", "rest", "wanted"),
    [
        ([], {}, "no"),
        ([], {"vouched": []}, "unknown: not-vouched"),
        ([strange("drug")], {}, "unknown: unrecognised-could-be"),
        ([drug(VEGF, "bevacizumab")], {}, "yes"),
        ([drug(VEGF, "bevacizumab", since=90, until=27, current=False)], {}, "yes"),
        ([drug(VEGF, "bevacizumab", since=90, until=28, current=False)], {}, "no"),
        ([drug(VEGF, "bevacizumab", since=90, current=None)], {}, "unknown: last-dose-not-recorded"),
        ([drug("antiangiogenic:btk_inhibitor", "ibrutinib", since=90, until=6, current=False)], {}, "yes"),
        ([drug("antiangiogenic:btk_inhibitor", "ibrutinib", since=90, until=7, current=False)], {}, "no"),
        ([drug("antiangiogenic:btk_inhibitor", "pirtobrutinib", since=90, until=70, current=False)], {},
         "unknown: last-dose-not-recorded"),
    ],
)  # fmt: skip
def test_antiangiogenic(events, rest, wanted):
    assert told("antiangiogenic_not_cleared", *events, **rest) == wanted


PAIN = Event(
    "measurement", "pain_nrs_0_10", "Observation/pain", ago(1), value=Interval.point(7), site="chest-wall", side="left"
)
NOWHERE = Event("measurement", "pain_nrs_0_10", "Observation/pain", ago(1), value=Interval.point(7))


@pytest.mark.parametrize(
    ("events", "rest", "wanted"),
    [
        ([PAIN], {}, "no"),
        ([PAIN], {"vouched": ["condition"]}, "unknown: not-vouched"),
        ([PAIN, strange("procedure")], {}, "unknown: unrecognised-could-be"),
        ([PAIN, procedure("radiotherapy", 50, site="chest-wall")], {}, "yes"),
        ([PAIN, procedure("radiotherapy", 50, site="pelvis")], {}, "no"),
        ([PAIN, procedure("radiotherapy", 50)], {}, "unknown: site-not-recorded"),
        ([NOWHERE, procedure("radiotherapy", 50, site="pelvis")], {}, "unknown: site-not-recorded"),
        ([PAIN, condition("radiotherapy_encounter", 50)], {}, "unknown: site-not-recorded"),
    ],
)
def test_radiotherapy_to_the_pain(events, rest, wanted):
    assert told("radiotherapy_to_pain", *events, **rest) == wanted
    here = wanted == "yes"
    assert told("days_since_radiotherapy", *events, **rest) == ("50" if here else "unknown: not-recorded")


class TestSessions:
    @pytest.mark.parametrize(
        ("days", "rest", "count", "span"),
        [
            ((), {}, "0", "0"),
            ((), {"vouched": []}, "unknown: not-vouched", "unknown: not-vouched"),
            ((30, 20, 10), {}, "3", "20"),
            ((30, 20, 10), {"vouched": []}, "≥3", "20"),
        ],
    )
    def test_physiotherapy(self, days, rest, count, span):
        events = [procedure("physical_therapy", day) for day in days]
        assert told("physiotherapy_sessions", *events, **rest) == count
        assert told("physiotherapy_span", *events, **rest) == span

    def test_psychological(self):
        assert told("psychological_sessions", procedure("cbt", 3), procedure("cbt", 9)) == "2"


def allergy(ingredient):
    return Event("allergy", "opioid:opioid_agonist", f"AllergyIntolerance/{ingredient}", current=True, drug=Drug(ingredient))


class TestToxicity:
    @pytest.mark.parametrize(
        ("events", "rest", "wanted"),
        [
            ([], {}, "0"),
            ([], {"vouched": []}, "unknown: not-vouched"),
            ([strange("allergy", "allergy")], {}, "unknown: unrecognised-could-be"),
            ([allergy("morphine"), allergy("oxycodone")], {}, "1"),
            ([allergy("morphine"), allergy("fentanyl")], {}, "2"),
            ([allergy("morphine"), allergy("methadone"), allergy("tramadol")], {}, "3"),
            ([allergy("morphine")], {"vouched": []}, "≥1"),
            ([Event("allergy", "narcotic_allergy", "AllergyIntolerance/n", current=True)], {}, "≥1"),
        ],
    )
    def test_classes_not_tolerated(self, events, rest, wanted):
        assert told("opioid_classes_not_tolerated", *events, **rest) == wanted

    @pytest.mark.parametrize(
        ("events", "rest", "wanted"),
        [
            ([], {}, "no"),
            ([], {"vouched": []}, "unknown: not-vouched"),
            (
                [drug("opioid:opioid_antagonist", "naloxone", source="administration", current=None, route="nasal")],
                {},
                "yes",
            ),
            ([drug("opioid:opioid_antagonist", "naloxone", source="administration", current=None)], {}, "no"),
            ([drug("opioid:opioid_antagonist", "naloxone")], {}, "no"),
            ([drug("opioid:opioid_antagonist", "methylnaltrexone", source="administration", current=None)], {}, "no"),
        ],
    )
    def test_naloxone(self, events, rest, wanted):
        assert told("naloxone_given", *events, **rest) == wanted

    @pytest.mark.parametrize(
        ("events", "wanted"),
        [
            ([], "no"),
            ([condition("myoclonus", 20)], "unknown: not-recorded"),
            ([condition("myoclonus", 20), drug("opioid:opioid_agonist", "morphine", 30, 2, 60, 10, current=False)], "yes"),
            ([condition("myoclonus", 20), drug("opioid:opioid_agonist", "morphine", 30, 2, 60, 21, current=False)],
             "unknown: not-recorded"),
        ],
    )  # fmt: skip
    def test_lowered_after_toxicity(self, events, wanted):
        assert told("opioid_lowered_after_toxicity", *events) == wanted

    @pytest.mark.parametrize(
        ("concept", "reason", "wanted"),
        [
            ("radiotherapy", "not-done", "unknown: not-done-reason-not-read"),
            ("imrt", "do-not-perform", "unknown: not-done-reason-not-read"),
            ("radiotherapy", "entered-in-error", "no"),
            ("radiotherapy", "ordered-not-done", "no"),
            ("physical_therapy", "not-done", "no"),
        ],
    )
    def test_radiotherapy_that_was_not_done_may_have_been_declined(self, concept, reason, wanted):
        left = NotUsed("Procedure/x", concept, reason)
        assert told("radiotherapy_declined", not_used=(left,)) == wanted

    @pytest.mark.parametrize(("name", "kind"), [("radiotherapy_declined", "procedure"), ("opioid_declined", "drug"),
                                                ("opioid_rotation_declined", "drug")])  # fmt: skip
    def test_refusals(self, name, kind):
        assert told(name) == "no"
        assert told(name, vouched=[]) == "unknown: not-vouched"
        assert told(name, Event("answer", name, "form/1", ago(1), text="yes"), vouched=[]) == "yes"


def scored(days, value, kind="pain_nrs_0_10"):
    return Event("measurement", kind, f"Observation/{kind}-{days}", ago(days), value=Interval.point(value))


def between(days, low, high):
    return msgspec.structs.replace(scored(days, low), value=Interval(Decimal(low), Decimal(high)))


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [
        ([], "unknown: not-recorded"),
        ([scored(1, 7)], "unknown: too-few-days"),
        ([scored(1, 7), scored(29, 7)], "unknown: too-few-days"),
        ([scored(1, 7), scored(31, 7)], "yes"),
        ([scored(1, 6), scored(31, 7)], "no"),
        ([scored(1, 8), scored(31, 7)], "yes"),
        ([scored(1, 7), scored(31, 7, "pain_nrs_average")], "unknown: too-few-days"),
        ([scored(1, 5), between(31, 6, 8)], "no"),
        ([scored(1, 7), between(31, 6, 8)], "unknown: known-only-so-far"),
        ([scored(1, 8), between(31, 6, 8)], "yes"),
        ([between(1, 6, 8), scored(31, 7)], "unknown: known-only-so-far"),
    ],
)
def test_pain_not_lower(scores, wanted):
    assert told("pain_not_lower_30d", *scores) == wanted


class TestOpioids:
    MORPHINE = drug("opioid:opioid_agonist", "morphine", 30, 2)

    @pytest.mark.parametrize(
        ("events", "rest", "wanted"),
        [
            ([], {}, "no"),
            ([], {"vouched": []}, "unknown: not-vouched"),
            ([strange("drug")], {}, "unknown: unrecognised-could-be"),
            ([MORPHINE], {}, "yes"),
            ([drug("opioid:opioid_agonist", "morphine", 30, 2, current=None)], {}, "unknown: not-known-if-current"),
            ([drug("opioid:opioid_agonist", "morphine", 30, 2, current=False, until=5)], {}, "no"),
        ],
    )
    def test_on_opioid(self, events, rest, wanted):
        assert told("on_opioid", *events, **rest) == wanted

    def test_dose(self):
        assert told("opioid_scheduled", self.MORPHINE) == "60"
        assert told("opioid_dose", self.MORPHINE) == "60"
        assert told("on_strong_opioid", self.MORPHINE) == "yes"
        assert told("opioid_trials_started", self.MORPHINE) == "1"

    def test_dose_not_readable(self):
        event = drug("opioid:opioid_agonist", "morphine", None)
        assert told("opioid_scheduled", event).startswith("unknown")
        assert told("opioid_dose", event).startswith("unknown")

    def test_counts_are_open_where_more_could_be(self):
        assert told("opioid_trials_started", self.MORPHINE, vouched=[]) == "≥1"
        assert told("adequate_opioid_trials", vouched=[]) == "unknown: not-vouched"
        assert told("adequate_opioid_trials", strange("drug")) == "unknown: unrecognised-could-be"

    @pytest.mark.parametrize(
        ("before", "now", "wanted"), [(30, 45, "50"), (30, 30, "0"), (60, 30, "-50")]
    )  # fmt: skip
    def test_rise(self, before, now, wanted):
        events = [
            drug("opioid:opioid_agonist", "morphine", before, 2, 60, 20, current=False, ref="MedicationRequest/1"),
            drug("opioid:opioid_agonist", "morphine", now, 2, 20, ref="MedicationRequest/2"),
        ]
        assert told("opioid_rise_30d", *events) == wanted

    def test_rise_from_nothing(self):
        assert told("opioid_rise_30d", drug("opioid:opioid_agonist", "morphine", 30, 2, 5)).startswith("unknown")

    @pytest.mark.parametrize(
        ("mg", "rest", "wanted"),
        [(30, {}, "yes"), (5, {}, "no"), (5, {"vouched": []}, "unknown: drugs-not-vouched")],
    )
    def test_tolerant(self, mg, rest, wanted):
        old = condition("diabetes", 900)
        assert told("opioid_tolerant", drug("opioid:opioid_agonist", "morphine", mg, 2, 60), old, **rest) == wanted

    def test_a_score_of_a_month_tells_of_no_day(self):
        month = msgspec.structs.replace(scored(1, 7), start=when("2026-02"))
        assert told("opioid_trials_started", self.MORPHINE, month) == "1"

    def test_no_adequate_trial(self):
        assert told("days_since_adequate_opioid", self.MORPHINE) == "unknown: no-adequate-trial"


def test_a_patch_is_not_a_daily_amount_of_an_adjuvant():
    dose = Dose(Interval.point(1), "1", per_day=Interval.point(1), route="topical")
    event = Event("drug", GABA, "MedicationStatement/x", ago(60), current=True,
                  drug=Drug("gabapentin", source="statement", doses=(dose,)))  # fmt: skip
    assert told("adjuvant_adequate", event).startswith("unknown")


@pytest.mark.parametrize(
    ("site", "side", "chest", "pelvis"),
    [
        ("chest-wall", "left", "yes", "unknown"),
        ("chest-wall", "right", "unknown", "unknown"),
        ("pelvis", "", "unknown", "yes"),
        ("", "", "yes", "yes"),
    ],
)
def test_an_answer_about_one_pain_says_nothing_of_another(site, side, chest, pelvis):
    places = [Event("answer", f"pain_{element}", f"Form/{place}/{element}", ago(1), text=text, site=place, side=hand)
              for place, hand in (("chest-wall", "left"), ("pelvis", "midline"))
              for element, text in (("region", place), ("side", hand))]  # fmt: skip
    given = Event("answer", "radiotherapy_to_pain", "Form/given", ago(1), text="yes", site=site, side=side)
    facts = review(*places, given, vouched=()).inquiry.facts
    found = {pain.word("pain_region"): facts.of("radiotherapy_to_pain", pain) for pain in facts.pains}
    assert {region: fact_value(fact) if fact.known else "unknown" for region, fact in found.items()} == {
        "chest-wall": chest, "pelvis": pelvis,
    }  # fmt: skip


CELIAC = "done:celiac-plexus-neurolysis-percutaneous"


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ([], "unknown: not-asked"),
        ([procedure(CELIAC, 40, text="unsuccessful")], "yes"),
        ([procedure("done:celiac-plexus-neurolysis-eus", 40, text="unsuccessful")], "yes"),
        ([procedure(CELIAC, 40, text="successful")], "unknown: not-asked"),
        ([procedure(CELIAC, 40)], "unknown: not-asked"),
        ([procedure("neurolysis_peripheral_or_plexus", 40, text="unsuccessful")], "unknown: not-asked"),
        ([procedure(CELIAC, 40, text="unsuccessful"),
          Event("answer", "celiac_neurolysis_failed", "Form/1", ago(0), text="no")], "no"),
    ],
    ids=["nothing", "failed", "the other route", "it helped", "no outcome", "which nerve is not told", "the clinician says no"],
)  # fmt: skip
def test_a_recorded_failure_answers_the_bedside_question(events, wanted):
    assert told("celiac_neurolysis_failed", *events) == wanted
