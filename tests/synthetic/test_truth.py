"""What is true of a patient?  Everybody has visceral pain from a tumour of the pancreas body, treated in vain; a row names
what differs.  Written from the dossier, limit by limit: both sides of each."""

from dataclasses import replace

import pytest

from fourthstep.synthetic.patient import Latent, draw, table
from fourthstep.synthetic.truth import BANDS, in_scope, option_truth, truth_of

CELIAC, ESP, PUMP = "celiac-plexus-neurolysis-percutaneous", "erector-spinae-plane-block", "intrathecal-pump"
IMPAR, FIXATION, STIMULATION = "ganglion-impar-neurolysis", "prophylactic-fixation", "spinal-cord-stimulation"
PANCREAS = Latent(
    number=1, seed=1, sex="female", age=60, deceased=False, race="2106-3", language="en", syndrome="pancreatic",
    cancer="pancreas-body", side="midline", course="exhausted", control="uncontrolled", intensity=7, axis_distorted=False,
    fracture_risk="low", disease="stable", platelets=200, inr=1.0, neutrophils=4.0, infection=False, allergy="",
    antithrombotic="", paused=False, hours_since_dose=0, prognosis="months", goal="comfort",
)  # fmt: skip
RIB = {"syndrome": "rib", "cancer": "breast", "side": "left"}
PERINEAL = {"syndrome": "perineal", "cancer": "rectum"}

BLOCKS = [
    # what differs                                                     option    why it is blocked
    ({}, CELIAC, []),
    ({"platelets": 50}, CELIAC, []),
    ({"platelets": 49}, CELIAC, ["platelets"]),
    ({"platelets": 49, **RIB}, ESP, []),                               # low class: only a caution
    ({"platelets": 49, **PERINEAL}, IMPAR, []),                        # intermediate class: only a caution
    ({"inr": 1.8}, CELIAC, []),
    ({"inr": 1.9}, CELIAC, ["inr"]),
    ({"inr": 1.4}, PUMP, []),
    ({"inr": 1.5}, PUMP, ["inr"]),                                     # implants: 1.4
    ({"inr": 2.5, **RIB}, ESP, []),
    ({"neutrophils": 0.5}, PUMP, []),
    ({"neutrophils": 0.4}, PUMP, ["neutrophils"]),
    ({"neutrophils": 0.4}, CELIAC, []),                                # no implant: only a caution
    ({"infection": True}, CELIAC, ["infection"]),
    ({"infection": True, **RIB}, ESP, ["infection"]),
    ({"allergy": "irreplaceable"}, CELIAC, ["allergy"]),
    ({"allergy": "local-anaesthetic"}, CELIAC, []),                    # another class is used
    ({"antithrombotic": "apixaban", "hours_since_dose": 71}, CELIAC, ["antithrombotic"]),
    ({"antithrombotic": "apixaban", "hours_since_dose": 72}, CELIAC, []),
    ({"antithrombotic": "apixaban", "hours_since_dose": 2, **RIB}, ESP, []),       # low class: shared decision
    ({"antithrombotic": "enoxaparin", "hours_since_dose": 23, **RIB}, ESP, ["antithrombotic"]),
    ({"antithrombotic": "enoxaparin", "hours_since_dose": 24, **RIB}, ESP, []),
    ({"antithrombotic": "clopidogrel", "hours_since_dose": 167}, CELIAC, ["antithrombotic"]),
    ({"antithrombotic": "clopidogrel", "hours_since_dose": 168}, CELIAC, []),
    ({"antithrombotic": "warfarin", "hours_since_dose": 120, "inr": 1.2}, CELIAC, []),
    ({"antithrombotic": "warfarin", "hours_since_dose": 120, "inr": 1.3}, CELIAC, ["antithrombotic"]),
    ({"antithrombotic": "warfarin", "hours_since_dose": 119, "inr": 1.0}, CELIAC, ["antithrombotic"]),
    ({"antithrombotic": "aspirin", "hours_since_dose": 1}, PUMP, []),              # secondary prevention: shared decision
    ({"platelets": 20, "infection": True}, CELIAC, ["platelets", "infection"]),
]  # fmt: skip


@pytest.mark.parametrize(("differs", "option", "why"), BLOCKS)
def test_what_blocks_an_option(differs, option, why):
    found = option_truth(option, replace(PANCREAS, **differs))
    assert (found["verdict"], found["why"]) == ("blocked" if why else "open", why)


FITS = [
    ({}, CELIAC, "open"),
    (RIB, CELIAC, "not indicated"),
    ({}, "splanchnic-nerve-neurolysis", "open"),
    ({"cancer": "pancreas-head"}, "splanchnic-nerve-neurolysis", "not indicated"),
    ({"cancer": "pancreas-head", "axis_distorted": True}, "splanchnic-nerve-neurolysis", "open"),
    ({"syndrome": "long-bone", "cancer": "breast", "fracture_risk": "high"}, FIXATION, "open"),
    ({"syndrome": "long-bone", "cancer": "breast", "fracture_risk": "low"}, FIXATION, "not indicated"),
    ({"syndrome": "cipn", "cancer": "colon"}, STIMULATION, "open"),
    ({"syndrome": "cipn", "cancer": "colon", "disease": "progressing"}, STIMULATION, "not indicated"),
    ({"syndrome": "cord-compression", "cancer": "lung"}, "vertebroplasty", "blocked"),
    ({"cancer": "", "syndrome": "no-cancer"}, CELIAC, "not indicated"),
    ({"deceased": True}, CELIAC, "not indicated"),
    ({"age": 17}, CELIAC, "not indicated"),
    ({"age": 18}, CELIAC, "open"),
]


@pytest.mark.parametrize(("differs", "option", "verdict"), FITS)
def test_whom_an_option_treats(differs, option, verdict):
    assert option_truth(option, replace(PANCREAS, **differs))["verdict"] == verdict


def test_what_the_dossier_leaves_open_is_not_judged():
    assert option_truth("rfa-bone-metastasis", replace(PANCREAS, syndrome="vertebral", cancer="breast")) is None


@pytest.mark.parametrize(
    ("band", "fits"), [("days", False), ("weeks", False), ("short-months", None), ("months", True), ("long", True)]
)
def test_a_pump_wants_three_months(band, fits):
    assert option_truth(PUMP, replace(PANCREAS, prognosis=band)).get("prognosis_fits") is fits


PATHWAYS = [
    ({}, "refer"),
    ({"course": "begun"}, "refer early"),                                        # celiac neurolysis need not wait
    ({"course": "begun", "platelets": 20}, "refer early"),                       # what can be corrected does not close it
    ({"course": "begun", "allergy": "irreplaceable"}, "optimise first"),
    ({"course": "begun", "syndrome": "brachial-plexus", "cancer": "breast"}, "optimise first"),
    ({"control": "controlled", "intensity": 3}, "controlled"),
    ({"control": "not-assessable"}, "cannot tell"),
    ({"infection": True}, "red flag first"),
    ({"syndrome": "cord-compression", "cancer": "lung"}, "red flag first"),
    ({"syndrome": "long-bone", "cancer": "lung", "fracture_risk": "high"}, "red flag first"),
    ({"syndrome": "long-bone", "cancer": "lung", "fracture_risk": "low"}, "refer"),
    ({"deceased": True, "infection": True}, "not in scope"),
    ({"age": 17}, "not in scope"),
    ({"syndrome": "no-cancer", "cancer": ""}, "not in scope"),
]  # fmt: skip


@pytest.mark.parametrize(("differs", "pathway"), PATHWAYS)
def test_pathway(differs, pathway):
    assert truth_of(replace(PANCREAS, **differs))["pathway"] == pathway


def test_the_tables_name_only_what_exists():
    syndromes, options = table("syndromes"), table("options")
    assert set(table("rates")["syndrome"]) == set(syndromes)
    for name, option in options.items():
        named = {*option["indicated_in"], *option.get("not_judged_in", ()), *option.get("blocked_in", ())}
        assert named <= set(syndromes), name
        assert not set(option["indicated_in"]) & set(option.get("not_judged_in", ())), name
        assert {option["least"], *option["not_judged_prognosis"]} <= set(BANDS), name


def test_every_cell_of_the_truth_is_drawn():
    """2,000 patients hold every syndrome, pathway, and for each option both open and not open."""
    drawn = [draw(3, number) for number in range(1, 2001)]
    told = [truth_of(each) for each in drawn]
    assert {each.syndrome for each in drawn} == set(table("syndromes"))
    assert {each["pathway"] for each in told} == {
        "not in scope", "red flag first", "cannot tell", "controlled", "refer", "refer early", "optimise first"}  # fmt: skip
    for name in table("options"):
        assert {each["options"][name]["verdict"] == "open" for each in told if name in each["options"]} == {True, False}, (
            name
        )
    assert sum(not in_scope(each) for each in drawn) > 100
