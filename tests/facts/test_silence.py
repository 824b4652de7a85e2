"""What an empty record means, fact by fact: no only where the sender vouches, and never while something could be it."""

import msgspec
import pytest

from fourthstep.events.event import Event
from fourthstep.ground.dates import When
from fourthstep.ground.truth import Truth
from tests.facts.chart import ago, condition, drug, lab, procedure, review, strange, told

OBSTRUCTION = "bowel_obstruction"
TABLE = [
    # case                                            fact                 events                       vouched          told
    ("nothing, vouched",                              OBSTRUCTION, [], ["condition"], "no"),
    ("nothing, not vouched",                          OBSTRUCTION, [], [], "unknown: not-vouched"),
    ("nothing, another kind vouched",                 OBSTRUCTION, [], ["drug"], "unknown: not-vouched"),
    ("unrecognised, could be anything",               OBSTRUCTION, [strange("condition")], ["condition"],
     "unknown: unrecognised-could-be"),
    ("unrecognised, of its family",                   OBSTRUCTION, [strange("condition", "bowel")], ["condition"],
     "unknown: unrecognised-could-be"),
    ("unrecognised, of another family",               OBSTRUCTION, [strange("condition", "renal")], ["condition"], "no"),
    ("unrecognised drug does not matter",             OBSTRUCTION, [strange("drug")], ["condition"], "no"),
    ("recorded, not vouched",                         OBSTRUCTION, [condition("bowel_obstruction", 5)], [], "yes"),
    ("resolved",                                      OBSTRUCTION, [condition("bowel_obstruction", 5, current=False)],
     ["condition"], "no"),
    ("resolved, not vouched",                         OBSTRUCTION, [condition("bowel_obstruction", 5, current=False)], [],
     "unknown: not-vouched"),
    ("no status, last day of the episode",            OBSTRUCTION, [condition("bowel_obstruction", 30)], ["condition"], "yes"),
    ("no status, one day longer: history",            OBSTRUCTION, [condition("bowel_obstruction", 31)], ["condition"], "no"),
    ("said to be active for longer than that",        OBSTRUCTION, [condition("bowel_obstruction", 31, current=True)],
     ["condition"], "unknown: not-known-if-current"),
    ("no date at all counts as present",              OBSTRUCTION, [condition("bowel_obstruction", None)], ["condition"], "yes"),
    ("chronic, years ago, no status",                 "diabetes", [condition("diabetes", 2000)], ["condition"], "yes"),
    ("drug taken",                                    "anticoagulant", [drug("anticoagulant:doac_xa", "apixaban")], ["drug"], "yes"),
    ("drug stopped",                                  "anticoagulant",
     [drug("anticoagulant:doac_xa", "apixaban", current=False, until=40)], ["drug"], "no"),
    ("drug, not known if current",                    "anticoagulant", [drug("anticoagulant:doac_xa", "apixaban", current=None)],
     ["drug"], "unknown: not-known-if-current"),
    ("drug given yesterday",                          "anticoagulant",
     [drug("anticoagulant:doac_xa", "apixaban", since=1, source="administration", current=None)], ["drug"], "yes"),
    ("drug given on the last day that counts",        "anticoagulant",
     [drug("anticoagulant:doac_xa", "apixaban", since=3, source="administration", current=None)], ["drug"], "yes"),
    ("drug given a day before that",                  "anticoagulant",
     [drug("anticoagulant:doac_xa", "apixaban", since=4, source="administration", current=None)], ["drug"], "no"),
    ("an infusion that still runs, begun a week ago", "anticoagulant",
     [drug("anticoagulant:unfractionated_heparin", "heparin", since=7, source="administration", current=True)], ["drug"], "yes"),
    ("an infusion that ended a week ago",             "anticoagulant",
     [drug("anticoagulant:unfractionated_heparin", "heparin", since=9, until=7, source="administration", current=None)], ["drug"], "no"),
    ("unrecognised drug",                             "anticoagulant", [strange("drug")], ["drug"], "unknown: unrecognised-could-be"),
    ("a procedure, however long ago",                 "radiotherapy", [procedure("radiotherapy", 4000)], ["procedure"], "yes"),
    ("no procedure, vouched",                         "radiotherapy", [], ["procedure"], "no"),
    ("a measurement nobody made, everything vouched", "platelet_count", [], ["condition", "drug"], "unknown: never-measured"),
    ("a bedside finding nobody was asked",            "needle_path_blocked", [], ["condition"], "unknown: not-asked"),
    ("an answer counts",                              "needle_path_blocked",
     [Event("answer", "needle_path_blocked", "form/1", ago(0), text="yes")], [], "yes"),
    ("the newest answer counts",                      "needle_path_blocked",
     [Event("answer", "needle_path_blocked", "form/1", ago(9), text="yes"),
      Event("answer", "needle_path_blocked", "form/2", ago(1), text="no")], [], "no"),
    ("an answer that is no answer",                   "goal_category",
     [Event("answer", "goal_category", "form/1", ago(1), text="happiness")], [], "unknown: answer-not-readable"),
    ("a coded answer known only so far",              "goal_category",
     [Event("answer", "goal_category", "form/1", ago(1), text="comfort|function")], [], "comfort or function"),
]  # fmt: skip


@pytest.mark.parametrize(("says", "fact", "events", "vouched", "wanted"), TABLE, ids=[row[0] for row in TABLE])
def test_silence(says, fact, events, vouched, wanted):
    assert told(fact, *events, vouched=vouched) == wanted


VALUES = [
    ("one value", [lab("platelets", 180, "10*9/L", 3)], "180"),
    ("the latest counts", [lab("platelets", 180, "10*9/L", 3), lab("platelets", 40, "10*9/L", 9)], "180"),
    (
        "two of one day: the worst for safety",
        [lab("platelets", 180, "10*9/L", 3, "Observation/a"), lab("platelets", 40, "10*9/L", 3, "Observation/b")],
        "40",
    ),
    (
        "two versions of one result: the worst for safety",
        [lab("platelets", 180, "10*9/L", 3, "Observation/a"), lab("platelets", 40, "10*9/L", 3, "Observation/a")],
        "40",
    ),
    (
        "in the other order, too",
        [lab("platelets", 40, "10*9/L", 3, "Observation/a"), lab("platelets", 180, "10*9/L", 3, "Observation/a")],
        "40",
    ),
    (
        "the worst of INR is the highest",
        [lab("inr", 1.1, "1", 3, "Observation/a"), lab("inr", 2.4, "1", 3, "Observation/b")],
        "2.4",
    ),
    ("another spelling of the unit", [lab("platelets", 180, "10*3/uL", 3)], "180"),
    ("a hospital's spelling", [lab("platelets", 180, "K/uL", 3)], "180"),
    ("no unit", [lab("platelets", 180, "", 3)], "unknown: unit-not-readable"),
    ("a unit that cannot be a count", [lab("platelets", 180, "g/L", 3)], "unknown: unit-not-readable"),
    ("a number that cannot be true", [lab("platelets", 5001, "10*9/L", 3)], "unknown: unit-not-readable"),
    (
        "a newer unreadable value hides an older good one",
        [lab("platelets", 180, "10*9/L", 3), lab("platelets", None, "10*9/L", 1)],
        "unknown: unit-not-readable",
    ),
    ("an INR without unit", [lab("inr", 1.1, "", 3)], "1.1"),
    ("an INR with an annotation for a unit", [lab("inr", 1.1, "{INR}", 3)], "1.1"),
    ("grams per litre", [lab("haemoglobin", 98, "g/L", 3)], "9.8"),
]


@pytest.mark.parametrize(("says", "events", "wanted"), VALUES, ids=[row[0] for row in VALUES])
def test_quantities(says, events, wanted):
    name = {"platelets": "platelet_count", "haemoglobin": "haemoglobin"}.get(events[0].concept, events[0].concept)
    assert told(name, *events) == wanted


def test_nothing_is_seen_after_the_day_of_the_assessment():
    """An order runs to a day in the future: so far it was seen today."""
    lasting = drug("anticoagulant:doac_xa", "apixaban", since=60, until=-90)
    fact = review(lasting).inquiry.facts.of("anticoagulant")
    assert (fact.truth, str(fact.when)) == (Truth.TRUE, "2026-03-01")
    year = msgspec.structs.replace(lasting, end=When(ago(59).first, ago(-300).last))
    assert str(review(year).inquiry.facts.of("anticoagulant").when.last) == "2026-03-01"


def test_a_yes_names_the_drugs_and_allergies_behind_it():
    drugs = [drug("anticoagulant:doac_xa", "apixaban"), drug("anticoagulant:lmwh", "enoxaparin")]
    assert review(*drugs).inquiry.facts.of("anticoagulant").names == ("apixaban", "enoxaparin")
    allergy = Event("allergy", "contrast_allergy", "AllergyIntolerance/1", ago(9), display="iohexol")
    assert review(allergy).inquiry.facts.of("contrast_allergy").names == ("iohexol",)
