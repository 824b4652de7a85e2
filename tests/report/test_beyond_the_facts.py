"""Nothing is claimed beyond the facts: whoever the patient is, *no* is printed only where a fact is false."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings

from fourthstep.assessment.assess import assess_events
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.report.letter import write_letter
from fourthstep.report.page import leaves, page
from fourthstep.report.phrases import Phrases
from fourthstep.report.text import TextReport
from tests.properties.made_up import MOMENT, patients
from tests.report.examples import KNOWLEDGE, NAMES, WIDE, assessed

say = Phrases(KNOWLEDGE)
OFTEN = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
NO = re.compile(r"(?:^|(?<=[\s(]))[Nn]o ([^;:\[\]()]+?), as (?:recorded|answered)")
ABSENT = re.compile(r"[Nn]o, none recorded: (.*)")


class Words(HTMLParser):
    """The text of a page, an element a line."""

    def __init__(self, content):
        super().__init__()
        self.words, self.hidden = [], False
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.hidden = tag == "style"

    def handle_endtag(self, tag):
        self.hidden = False

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)


def told(found):
    """The same assessment in all forms, each sentence on a line of its own."""
    letter = write_letter(found, KNOWLEDGE, DEFAULT)
    yield TextReport(KNOWLEDGE, full=True, width=WIDE).write(found)
    yield TextReport(KNOWLEDGE, width=WIDE).write(found)
    yield "\n".join(" ".join(each.split()) for each in Words(page(found, KNOWLEDGE)).words)
    yield "\n".join(line for part in letter.parts for line in part.lines)


def false_facts(found):
    """The words of every fact that is false, as recorded or as answered."""
    values = (*found.safety, *found.background)
    names = {value.says for value in values if value.value == "no" and not value.why}
    names |= {say.fact(leaf.fact) for leaf in leaves(found) if leaf.value == "no"}
    options = [option for pain in found.pains for option in pain.options]
    names |= {say.fact(leaf.fact) for option in options for each in (*option.reasons, *option.cleared)
              for leaf in each.leaves if leaf.value == "no"}  # fmt: skip
    return names | {say.fact(name) for pain in found.pains for name, value in pain.elements.items() if value == "no"}


def claims_nothing_more(found):
    allowed = false_facts(found)
    absent = {value.says for value in (*found.safety, *found.background) if value.value == "no" and not value.why}
    unknown = {value.says for value in (*found.safety, *found.background) if value.why}
    for text in told(found):
        for line in text.splitlines():
            assert {name for name in NO.findall(line) if not any(name.endswith(each) for each in allowed)} == set(), line
            for names in ABSENT.findall(line):
                rest = re.sub(r", and \d+ more$", "", names.rstrip("."))
                for says in sorted(absent, key=len, reverse=True):
                    rest = rest.replace(says, "")
                assert not re.search(r"\w", rest), line
                assert not any(re.search(rf"(?:^|, ){re.escape(says)}(?:,|\.|$)", names) for says in unknown - absent), line


@pytest.mark.parametrize("name", NAMES)
def test_of_every_example(name):
    claims_nothing_more(assessed(name))


@OFTEN
@given(patients())
def test_of_anybody(events):
    claims_nothing_more(assess_events(events, as_of=MOMENT))


def test_the_check_can_fail():
    found = assessed("sparse")
    assert "sepsis" not in false_facts(found)
    assert NO.findall("caution: no sepsis, as recorded") == ["sepsis"]
    assert ABSENT.findall("No, none recorded: sepsis.") == ["sepsis."]
    assert NO.findall("taken now, as recorded") == []


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_safety_fact_is_named_as_unknown(name):
    text = next(iter(told(assessed(name))))
    lines = [line for line in text.splitlines() if line.strip().startswith("not known, ")]
    for value in assessed(name).safety:
        if value.why:
            assert any(value.says in line for line in lines)
