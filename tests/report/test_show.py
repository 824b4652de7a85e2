"""`fourthstep show`: everything that can be named is told, with its sources; a wrong name is helped."""

import pytest

from fourthstep.ground.errors import FourthstepError
from fourthstep.report.entries import Entries
from fourthstep.report.show import printed, show
from tests.report.examples import KNOWLEDGE

ENTRIES = Entries(KNOWLEDGE)
ALL = [(kind, name) for kind, names in ENTRIES.kinds.items() for name in names]


@pytest.mark.parametrize("kind", ENTRIES.kinds)
def test_every_entry_of_a_kind_can_be_told(kind):
    for name in ENTRIES.kinds[kind]:
        told = printed(ENTRIES.page(kind, name), ENTRIES, width=80)
        assert f"· {kind} " in " ".join(told.split())
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
    ("apixaban", "[ASRA2018] (K), bleeding class high, interval, 72 h, restart after 24 h"),
    ("apixaban", "bleeding class low, a shared decision with the prescriber, 48 h"),
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
