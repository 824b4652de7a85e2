"""What an assessment tells beside its words, for a reader who asks why: on the example of the pancreatic cancer."""

import json

import pytest
from tests.facts.chart import ago, drug, procedure, review
from tests.report.examples import EXAMPLES

from fourthstep import as_of, assess, read_record
from fourthstep.assessment.overview import history
from fourthstep.assessment.reasons import may_stop
from fourthstep.events.event import Drug, Event
from fourthstep.knowledge.load import load_knowledge
from fourthstep.knowledge.policy import DEFAULT, Policy, Signature, all_criteria


@pytest.fixture(scope="module")
def pancreatic():
    return assess(read_record(EXAMPLES / "pancreatic-apixaban.json"), as_of=as_of("2026-03-01"))


def test_the_drugs_behind_a_yes(pancreatic):
    (anticoagulant,) = [value for value in pancreatic.safety if value.fact == "anticoagulant"]
    assert anticoagulant.names == ("apixaban",)


def test_an_antithrombotic_with_its_last_dose(pancreatic):
    (told,) = pancreatic.antithrombotics_told
    assert (told.drug, told.taken, told.last) == ("apixaban", "true", "2026-03-01T08:10-06:00")
    assert pancreatic.antithrombotics == ("apixaban",)


def test_the_window_of_a_leaf(pancreatic):
    leaves = [leaf for option in pancreatic.pains[0].options for reason in (*option.reasons, *option.cleared)
              for leaf in reason.leaves if leaf.fact == "platelet_count"]  # fmt: skip
    assert {leaf.within for leaf in leaves} >= {"2 d"}


def test_the_leaves_that_decided(pancreatic):
    uncontrolled = pancreatic.uncontrolled
    deciding = [uncontrolled.leaves[place] for place in uncontrolled.deciding]
    assert deciding
    assert all(leaf.truth == "true" for leaf in deciding)


def test_the_sources_of_the_opioid_factors(pancreatic):
    assert "CDC2022" in pancreatic.sources


def test_the_day_of_the_worst_score():
    told = assess(read_record(EXAMPLES / "rib.json"), as_of=as_of("2026-03-01")).pains[0]
    assert (told.worst, told.worst_day[:7]) == ("8", "2026-02")


def test_cancer_drugs_and_radiotherapy_stand_in_the_history():
    facts = review(
        drug("antineoplastic:cytotoxic", "oxaliplatin", since=40, source="administration"),
        drug("antineoplastic:other", "bevacizumab", since=30, source="administration", ref="a"),
        drug("antiangiogenic:vegf_antibody", "bevacizumab", since=30, source="administration", ref="a"),
        procedure("radiotherapy", 20),
        Event("allergy", "antineoplastic:cytotoxic", "AllergyIntolerance/1", ago(9), drug=Drug("oxaliplatin")),
    ).inquiry.facts
    assert [(row.label, row.kind) for row in history(facts)] == [
        ("oxaliplatin", "antineoplastic"), ("bevacizumab", "antiangiogenic"), ("radiotherapy", "procedure"),
    ]  # fmt: skip


@pytest.mark.parametrize(("status", "last"), [("stopped", 5), ("completed", 0)])
def test_what_was_handed_out_is_drawn_as_taken_until_its_order_was_stopped(status, last):
    """A completed order says nothing of the tablets at home; a stopped one says that the rest is not taken."""
    facts = review(
        drug("opioid:morphine", "morphine", since=30, until=5, current=False, status=status),
        drug("opioid:morphine", "morphine", since=25, until=-3, source="dispense", current=None),
    ).inquiry.facts
    assert max(row.end for row in history(facts)) == str(ago(last))


def test_a_reason_that_an_order_gives():
    record = json.loads((EXAMPLES / "pancreatic-apixaban.json").read_text(encoding="utf-8"))
    for entry in record["entry"]:
        if entry["resource"]["resourceType"] == "MedicationRequest" and "pixaban" in json.dumps(entry["resource"]):
            entry["resource"]["reasonCode"] = [{"text": "femoral thrombosis"}]
    told = assess(read_record(json.dumps(record).encode()), as_of=as_of("2026-03-01")).antithrombotics_told
    assert told[0].reasons == ("femoral thrombosis",)


def test_a_signed_policy_criterion_may_stop():
    """An unsigned stop of policy only cautions, until the clinical lead signs it."""
    weak = next(each for each in all_criteria(load_knowledge())
                if each.marks.value == "P" and not each.decided and not each.bedside)  # fmt: skip
    signed = Policy(signed=[Signature(criteria=[weak.id], by="the clinical lead", date="2026-01-01")])
    assert not may_stop(weak, DEFAULT)
    assert may_stop(weak, signed)
