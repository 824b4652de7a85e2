"""Earlier interventions: by code, by name, with their outcome; what a name or a code does not tell is not guessed."""

import pytest
from patients import SNOMED, extract, resource

from fourthstep.knowledge.load import code_index, load_knowledge

KNOWLEDGE = load_knowledge()
INDEX = code_index(KNOWLEDGE.digest)
PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
LOCAL = "http://example.org/procedures"


def done(code, **more):
    return extract(resource("Procedure", status="completed", performedDateTime="2026-01-20", code=code, **more), codes=INDEX)


def coded(code, system=PCS, display=""):
    return {"coding": [{"system": system, "code": code, "display": display}]}


@pytest.mark.parametrize(
    ("code", "concept"),
    [
        (coded("3E0S3TZ"), "neurolysis_epidural"),
        (coded("01HY3MZ"), "peripheral_neurostimulator_lead"),
        (coded("0W9B30Z"), "pleural_drainage"),
        (coded("91602002", SNOMED), "pleural_drainage"),
        (coded("005W3ZZ"), "cordotomy"),
        (coded("008X0ZZ"), "cordotomy_open"),
        ({"text": "Celiac plexus neurolysis, percutaneous"}, "done:celiac-plexus-neurolysis-percutaneous"),
        ({"text": "neurolytic celiac plexus block"}, "done:celiac-plexus-neurolysis-percutaneous"),
        (coded("77", LOCAL, "Intercostal nerve block (procedure)"), "done:intercostal-nerve-block"),
        (coded("4711", SNOMED, "Vertebroplasty (procedure)"), "done:vertebroplasty"),
    ],
)
def test_recognised(code, concept):
    (event,) = done(code).events
    assert (event.kind, event.concept) == ("procedure", concept)


@pytest.mark.parametrize(
    "text",
    [
        "Consultation for celiac plexus neurolysis, percutaneous",
        "Removal of intrathecal pump",
        "SGB",
        "chemical rhizotomy",
        "nerve block",
    ],
    ids=["more than the name", "its removal", "an abbreviation", "a name of two interventions", "no name of one"],
)
def test_what_is_not_the_whole_name_of_one_stays_unrecognised(text):
    (event,) = done({"text": text}).events
    assert event.kind == "unrecognised"


def test_a_known_code_wins_over_a_name():
    (event,) = done(coded("3E0T3TZ", display="Vertebroplasty")).events
    assert event.concept == "neurolysis_peripheral_or_plexus"


def test_not_done_is_not_done():
    found = extract(resource("Procedure", status="not-done", code={"text": "Vertebroplasty"}), codes=INDEX)
    assert not found.events
    assert [each.reason for each in found.not_used] == ["not-done"]


@pytest.mark.parametrize(
    ("outcome", "wanted"),
    [
        ({"outcome": coded("385669000", SNOMED)}, "successful"),
        ({"outcome": coded("385671000", SNOMED)}, "unsuccessful"),
        ({"outcome": coded("385670004", SNOMED)}, "partially successful"),
        ({"outcome": coded("385671000", LOCAL)}, ""),
        ({"outcome": {"text": "unsuccessful"}}, ""),
        ({"outcome": {"coding": [*coded("385669000", SNOMED)["coding"], *coded("385671000", SNOMED)["coding"]]}}, ""),
        ({}, ""),
    ],
    ids=["successful", "unsuccessful", "partly", "a local code", "text only", "both", "none"],
)
def test_the_outcome(outcome, wanted):
    (event,) = done({"text": "Vertebroplasty"}, **outcome).events
    assert event.text == wanted


def test_a_hospital_maps_its_own_code_to_an_intervention():
    index = INDEX.overlaid([("procedure", LOCAL, "CPN", "exact", "done:celiac-plexus-neurolysis-eus", "V", "")])
    (event,) = extract(resource("Procedure", status="completed", code=coded("CPN", LOCAL)), codes=index).events
    assert event.concept == "done:celiac-plexus-neurolysis-eus"
