"""`fourthstep show`: everything that can be named is told, with its sources; a wrong name is helped."""

import pytest

from fourthstep.ground.errors import FourthstepError
from fourthstep.report.show import _entries, show
from tests.report.examples import KNOWLEDGE

ENTRIES = _entries(KNOWLEDGE)
ALL = [(kind, name) for kind, names in ENTRIES.items() for name in names]


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_entry_of_a_kind_can_be_told(kind):
    for name in ENTRIES[kind]:
        told = show(name, KNOWLEDGE, width=80)
        assert f" · {kind}" in told
        assert len(told.splitlines()) > 1, name


def test_list_names_everything():
    told = show("list", KNOWLEDGE).splitlines()
    assert all(f"  {name}" in told for _, name in ALL)


SAYS = [
    ("percutaneous-cordotomy", "Contraindications"),
    ("celiac-plexus-neurolysis-percutaneous", "[COCHRANE2011CPB]"),
    ("celiac-plexus-neurolysis-percutaneous", "Paraplegia or permanent loss of bowel or bladder function"),
    ("tens", "· comparator"),
    ("syn-pancreatic", "1. Celiac plexus neurolysis"),
    ("apixaban", "high bleeding class, interval, 72 h (K) [ASRA2018]"),
    ("apixaban", "low bleeding class, a shared decision with the prescriber, 48 h"),
    ("morphine", "Oral morphine equivalent"),
    ("SIR2019", "J Vasc Interv Radiol"),
    ("sir2019", "J Vasc Interv Radiol"),
    ("platelet_count", "silence of the record is unknown"),
    ("sepsis", "silence is no, as recorded, where the sender vouches for this kind"),
    ("cord-compression", "What changes, and where to go: Cord pathway"),
    ("opioid-trial", "adequate: a strong opioid at adequate dose and time"),
    ("sins", "7 to 12"),
    ("pain_uncontrolled", "pain not controlled"),
]


@pytest.mark.parametrize(("name", "sentence"), SAYS)
def test_says(name, sentence):
    assert sentence in show(name, KNOWLEDGE)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("celiac-plexus", "celiac-plexus-neurolysis-percutaneous"),
        ("apixabn", "apixaban"),
        ("cordotomi", "percutaneous-cordotomy"),
        ("cordotomi", "open-thoracic-cordotomy"),
        ("zzzzzz", "fourthstep show list"),
    ],
)
def test_an_unknown_name_is_helped(name, near):
    with pytest.raises(FourthstepError) as raised:
        show(name, KNOWLEDGE)
    assert f"nothing is known under this name: {name}" in str(raised.value)
    assert near in str(raised.value)


@pytest.mark.parametrize(("kind", "name"), [("intervention", "intrathecal-pump"), ("source", "ASRA2018")])
def test_is_as_narrow_as_asked(kind, name):
    assert kind in show(name, KNOWLEDGE, width=60)
    assert max(map(len, show(name, KNOWLEDGE, width=60).splitlines())) <= 60
