"""Pains as entities: which sources tell of one pain, and which of two."""

import pytest

from fourthstep.events.event import Event
from fourthstep.ground.interval import Interval
from tests.facts.chart import ago, condition, review


def score(value, site="", side="", days=0):
    return Event("measurement", "pain_nrs_0_10", f"Observation/{site}-{side}-{days}-{value}", ago(days), unit="1",
                 site=site, side=side, value=Interval.point(value))  # fmt: skip


def said(concept, text, site="", side=""):
    return Event("answer", concept, f"Form/1#{site}/{concept}", ago(1), text=text, site=site, side=side)


FORM = (
    said("pain_region", "multifocal", "multifocal", "multifocal"),
    said("pain_mechanism", "somatic", "multifocal", "multifocal"),
)


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ([score(7)], ["unknown/unknown/unknown"]),
        ([score(7, "chest-wall", "left")], ["chest-wall/left/unknown"]),
        ([score(7, "chest-wall", "left"), score(6, "chest-wall")], ["chest-wall/left/unknown"]),
        (
            [score(7, "chest-wall", "left"), score(6, "chest-wall", "right")],
            ["chest-wall/left/unknown", "chest-wall/right/unknown"],
        ),
        ([score(7), *FORM], ["multifocal/multifocal/somatic"]),
        ([score(7), condition("malignant_bone_pain"), *FORM], ["multifocal/multifocal/somatic"]),
        (
            [score(7), condition("neuropathic_pain"), *FORM],
            ["multifocal/multifocal/somatic", "unknown/unknown/neuropathic"],
        ),
        (
            [score(7), condition("malignant_bone_pain"), score(5, "chest-wall", "left")],
            ["chest-wall/left/unknown", "unknown/unknown/somatic"],
        ),
        (
            [score(7), score(5, "chest-wall", "left"), *FORM],
            ["chest-wall/left/unknown", "multifocal/multifocal/somatic", "unknown/unknown/unknown"],
        ),
        (
            [said("pain_mechanism", "visceral"), score(5, "chest-wall", "left")],
            ["chest-wall/left/unknown", "unknown/unknown/visceral"],
        ),
        ([condition("neoplasm_related_pain"), score(5, "chest-wall", "left")], ["chest-wall/left/unknown"]),
    ],
)
def test_one_pain_or_two(events, wanted):
    assert [pain.id for pain in review(*events).inquiry.facts.pains] == wanted


def test_a_score_without_a_place_counts_for_the_one_pain_with_a_place():
    (pain,) = review(score(7), *FORM).inquiry.facts.pains
    assert str(pain.elements["pain_intensity"].number) == "7"


@pytest.mark.parametrize(
    ("concept", "text", "wanted"),
    [
        ("pain_side", "left", True),
        ("pain_mechanism", "magical", False),
        ("pain_relief_insufficient", "yes", True),
        ("pain_relief_insufficient", "perhaps", False),
        ("pain_interference", "a lot", False),
    ],
)
def test_an_answer_that_cannot_be_read_is_unknown(concept, text, wanted):
    pains = review(said("pain_region", "chest-wall", "chest-wall"), said(concept, text, "chest-wall")).inquiry.facts.pains
    fact = pains[0].elements[concept]
    assert (fact.known, fact.why) == (wanted, "" if wanted else "answer-not-readable")
