"""What opens and closes an option beside the criteria of the knowledge: drugs nobody knows of, allergies, scope."""

import pytest
from msgspec.structs import replace
from tests.facts.chart import ALL, BIRTH, NOW, ago, condition, drug, lab, strange

from fourthstep.assessment.assess import assess_events
from fourthstep.events.event import Drug, Event, Events
from fourthstep.ground.dates import as_of
from fourthstep.knowledge.load import load_knowledge

CELIAC, PUMP, BLOCK = "celiac-plexus-neurolysis-percutaneous", "intrathecal-pump", "trigger-point-injection"
PAIN = [Event("answer", f"pain_{name}", f"Form/1#pain_{name}", ago(1), text=text, site="upper-abdomen", side="midline")
        for name, text in (("region", "upper-abdomen"), ("mechanism", "visceral"), ("cause", "organ-tumour"))]  # fmt: skip
FRESH = [
    condition("pancreas", 100, current=True),
    lab("platelets", 180, "10*9/L", 0),
    lab("inr", 1, "1", 0),
    lab("anc", 4, "10*9/L", 0),
    lab("haemoglobin", 12, "g/dL", 0),
    lab("egfr", 90, "mL/min/{1.73_m2}", 0),
    lab("temperature", 36.8, "Cel", 0),
    Event("answer", "hospice_enrolled", "Form/1#hospice_enrolled", ago(1), text="no"),
    *PAIN,
]


def assessed(*events, vouched=ALL, **rest):
    person = {"birth": BIRTH, "sex": "male", "deceased": False} | rest
    return assess_events(
        Events("p", events=(*FRESH, *events), vouched=frozenset(vouched), **person),
        as_of=NOW,
        knowledge=load_knowledge(),
    )


def option(result, name=CELIAC):
    return {each.id: each for each in result.pains[0].options}[name]


def allergy(concept, ingredient):
    return Event(
        "allergy", concept, f"AllergyIntolerance/{ingredient}", ago(900), current=True, drug=Drug(ingredient, route="")
    )


def test_the_base_is_a_candidate():
    assert option(assessed()).word == "candidate"


@pytest.mark.parametrize(
    ("events", "vouched", "word", "unknown"),
    [
        ([], ALL - {"drug"}, "undetermined", ["anticoagulant", "fibrinolytic", "antiplatelet"]),
        ([strange("drug")], ALL, "undetermined", ["anticoagulant", "fibrinolytic", "antiplatelet"]),
        ([strange("condition")], ALL, "undetermined", []),
    ],
)
def test_a_drug_list_that_nobody_knows_leaves_the_word_open(events, vouched, word, unknown):
    """Silence about anticoagulants is no answer where nobody vouches, or where an entry could be one."""
    found = option(assessed(*events, vouched=vouched))
    assert found.word == word
    assert [each.id.partition(":")[2] for each in found.reasons if each.id.startswith("unrecorded:")] == unknown
    assert set(unknown) <= set(found.unknowns)


def test_before_a_pump_an_nsaid_is_asked_for_as_well():
    found = option(assessed(vouched=ALL - {"drug"}), PUMP)
    assert "unrecorded:nsaid" in [each.id for each in found.reasons]


def test_a_drug_without_an_interval_in_the_table_is_never_a_candidate():
    """Safety dossier, decision 3: unknown, shown as such; never "continue"."""
    taken = drug("anticoagulant:vitamin_k_antagonist", "phenprocoumon")
    assert option(assessed(taken)).word == "undetermined"


@pytest.mark.parametrize(
    ("concept", "ingredient", "fact"),
    [
        ("nsaid:nsaid_nonselective", "naproxen", "nsaid"),
        ("anticoagulant:lmwh", "enoxaparin", "anticoagulant"),
        ("adjuvant:corticosteroid", "dexamethasone", "systemic_steroid"),
    ],
)
def test_an_allergy_is_no_sign_that_the_drug_is_taken(concept, ingredient, fact):
    result = assessed(allergy(concept, ingredient))
    leaves = [
        leaf for option in result.pains[0].options for each in (*option.reasons, *option.cleared) for leaf in each.leaves
    ]
    assert {leaf.value for leaf in leaves if leaf.fact == fact} <= {"no"}
    assert result.antithrombotics == ()


def test_a_drug_that_is_taken_is_no_allergy():
    values = {each.fact: each.value for each in assessed(drug("adjuvant:local_anaesthetic", "lidocaine")).safety}
    assert values["local_anaesthetic_allergy"] == "no"


@pytest.mark.parametrize(
    ("days", "pump", "celiac"),
    [
        (20, "after correction", "candidate, with caution"),
        (27, "after correction", "candidate, with caution"),
        (28, "candidate", "candidate"),
    ],
)
def test_bevacizumab_counts_between_two_infusions(days, pump, celiac):
    """Its label asks for 28 days before surgery; needles: talk it over with oncology (safety dossier 3.4)."""
    given = drug(
        "antiangiogenic:vegf_antibody", "bevacizumab", since=days, source="administration", current=None, route="parenteral"
    )
    result = assessed(given)
    assert (option(result, PUMP).word, option(result).word) == (pump, celiac)


@pytest.mark.parametrize(
    ("moment", "days", "word"),
    [
        ("2026-03-01", 3, "candidate"),
        ("2026-03-01", 2, "after correction"),
        ("2026-03-01T01:00:00+00:00", 3, "undetermined"),
    ],
)
def test_a_last_dose_known_by_the_day(moment, days, word):
    """72 hours after apixaban: a dose of the day three days ago may have been given late in it."""
    stopped = drug("anticoagulant:doac_xa", "apixaban", since=30, until=days, current=False)
    stopped = replace(stopped, drug=replace(stopped.drug, ingredient_code="1364430"))
    kidney = [lab("creatinine", 0.9, "mg/dL", 0), lab("weight", 70, "kg", 0)]
    events = Events("p", birth=BIRTH, sex="male", deceased=False, events=(*FRESH, stopped, *kidney), vouched=ALL)
    assert option(assess_events(events, as_of=as_of(moment), knowledge=load_knowledge())).word == word


def test_of_two_scores_of_one_day_the_worse_counts():
    values = {each.fact: each.value for each in assessed(lab("ecog_score", 1, "1", 2, ref="Observation/b"),
                                                         lab("ecog_score", 3, "1", 2, ref="Observation/a")).background}  # fmt: skip
    assert values["ecog"] == "3"


def test_an_allergy_is_no_treatment():
    assert assessed(allergy("opioid:opioid_agonist", "codeine")).history == ()


def test_out_of_scope_nothing_is_proposed():
    result = assessed(birth=NOW_CHILD)
    assert result.pathway.word == "not in scope"
    assert [pain.options for pain in result.pains] == [()]
    assert result.changes == ()


NOW_CHILD = ago(365 * 10)


def test_what_nobody_could_convert_is_told():
    result = assessed(lab("inr", 1.1, "mmol/L", 0, ref="Observation/strange"))
    assert [(each.ref, each.reason) for each in result.not_used] == [("Observation/strange", "unit-not-readable")]


class TestWhatWouldChangeThis:
    def test_where_it_hurts_comes_before_what_it_decides(self):
        bare = [event for event in FRESH if event not in PAIN]
        score = lab("pain_nrs_0_10", 7, "1", 0)
        events = Events("p", birth=BIRTH, sex="male", deceased=False, events=(*bare, score), vouched=ALL)
        result = assess_events(events, as_of=NOW, knowledge=load_knowledge())
        assert result.changes[0].fact == "pain_region"

    def test_a_score_that_is_half_answered_asks_for_what_is_missing(self):
        items = (
            ("sins_location", "junctional"),
            ("sins_pain", "mechanical"),
            ("sins_lesion", "lytic"),
            ("sins_collapse", "under-half"),
        )
        said = [Event("answer", name, f"Form/1#{name}", ago(1), text=text) for name, text in items]
        pain = lab("pain_nrs_average", 7, "1", 0)
        result = assessed(condition("met_bone", 30, current=True), *said, pain)
        assert [each.fact for each in result.changes][:2] == ["sins_alignment", "sins_posterolateral"]

    def test_a_red_flag_leaves_nothing_of_the_pathway_to_ask(self):
        flagged = assessed(condition("spinal_cord_compression", 1, current=True), vouched=ALL - {"drug"})
        assert flagged.pathway.word == "red flag first"
        assert not any(each.pathway for each in flagged.changes)
