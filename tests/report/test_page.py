"""The page: every link leads somewhere, nothing of a record becomes markup, no script, no outside world."""

import re
from html.parser import HTMLParser

import pytest

from fourthstep import as_of, assess, read_record
from fourthstep.report.page import icon, page
from tests.report.examples import EXAMPLES, KNOWLEDGE, NAMES, assessed, flat, html

VOID = {"meta", "br", "line", "path", "circle", "rect", "polyline"}


class Seen(HTMLParser):
    """Tags, ids, links and text of a page; and whether every element is closed."""

    def __init__(self, content):
        super().__init__()
        self.tags, self.ids, self.links, self.outside, self.words, self.open, self.classes = set(), [], [], [], [], [], set()
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.append(value)
            if key == "href":
                (self.links if value.startswith("#") else self.outside).append(value)
            if key == "class":
                self.classes.update(value.split())
            if key in ("src", "style") or key.startswith("on"):
                self.outside.append(f"{key}={value}")

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return flat(" ".join(self.words))


@pytest.mark.parametrize("name", NAMES)
class TestEveryExample:
    def test_every_element_is_closed_and_every_link_leads_somewhere(self, name):
        seen = Seen(html(name))
        assert seen.open == []
        assert {link.removeprefix("#") for link in seen.links} <= set(seen.ids)
        assert len(seen.ids) == len(set(seen.ids))

    def test_needs_no_script_and_nothing_from_outside(self, name):
        seen = Seen(html(name))
        assert not {"script", "iframe", "link", "img", "form", "object", "base"} & seen.tags
        assert seen.outside == []
        assert html(name).count("<style>") == 1
        assert not re.search(r"@import|url\((?!#)", html(name))

    def test_says_who_when_and_which_version(self, name):
        words, found = Seen(html(name)).text, assessed(name)
        assert "As of 1 Mar 2026 · newest datum" in words
        for each in (
            found.patient.id,
            found.result_id,
            found.knowledge,
            f"policy {found.policy}",
            f"Fourthstep {found.engine}",
        ):
            assert each in words
        assert "Doing none of these is always an option" in words
        assert "Not a medical device" in words

    def test_paper_names_day_and_result_on_every_page(self, name):
        assert f"as of 1 Mar 2026 · result {assessed(name).result_id[:16]}" in html(name)
        assert "counter(page)" in html(name)

    def test_every_option_with_its_word_evidence_and_sources(self, name):
        words = Seen(html(name)).text
        for pain in assessed(name).pains:
            for option in pain.options:
                assert flat(option.name) in words
                if option.word in ("candidate", "after correction"):
                    assert flat(option.evidence) in words
                    assert all(flat(each.says) in words for each in (*option.benefit, *option.harms, *option.dissent))

    def test_unknown_looks_like_nothing_else(self, name):
        assert "unknown" in Seen(html(name)).classes

    def test_dates_are_unambiguous(self, name):
        outside = re.sub(r'(id|href|title)="[^"]*"|<td>[A-Z]\w+/[^<]*</td>|>[A-Z][A-Za-z]+/[^<]*<', "", html(name))
        assert not re.search(r"\b\d{4}-\d{2}-\d{2}\b", outside.replace(assessed(name).patient.id, ""))


SAYS = [
    ("pancreatic-apixaban", "Gaps in 2 of 5 deciding parts not tried: Change of the opioid; not known: Treatment of what"),
    ("pancreatic-apixaban", "8 to discuss, all after a correction"),
    ("pancreatic-apixaban", "Drugs that act on bleeding apixaban: taken now, as recorded, last recorded 1 Mar 2026, 08:10"),
    ("pancreatic-apixaban", "before: Celiac plexus neurolysis by endoscopic ultrasound"),
    ("pancreatic-apixaban", "Correct first: apixaban"),
    ("rectal-neutropenia", "Neutropenia with fever Emergency: same-day pathway"),
    ("rectal-neutropenia", "EQUI"),
    ("cord-compression", "25 cannot be told until this is known: mechanism of the pain"),
    ("sparse", "No pain is recorded."),
    ("sparse", "Whether pain is controlled cannot be told from this record."),
    ("prostate-hospice", "clinician's estimate of weeks (under 4)"),
    ("pancreatic", "Nothing that the record holds stands in the way."),
]


@pytest.mark.parametrize(("name", "sentence"), SAYS)
def test_says(name, sentence):
    assert sentence in Seen(html(name)).text


def test_words_of_a_record_never_become_markup():
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    record = (EXAMPLES / "rib.json").read_text(encoding="utf-8")
    content = re.sub(r'"(display|text)": ?"[^"]*"', lambda found: f'"{found[1]}":"{evil}"', record)
    found = assess(read_record(content.encode()), as_of=as_of("2026-03-01"))
    seen = Seen(page(found, KNOWLEDGE))
    assert not {"script", "img"} & seen.tags
    assert "alert(1)" in seen.text, "the words are still shown"


def test_the_axis_stands_as_a_table_too():
    words = Seen(html("pancreatic")).text
    assert "The same as a table" in words
    for told in (
        "7/10 average",
        "9/10 worst",
        "6/10 of unspecified kind",
        "6 Jan 2026",
        "morphine",
        "oxycodone",
        "120 mg/d",
    ):
        assert told in words


def test_the_axis_tells_in_words_what_it_shows():
    assert '<title id="axis-title">' in html("pancreatic")
    assert "7 pain scores and 3 treatments" in html("pancreatic")


def test_every_word_has_a_shape_of_its_own():
    words = ("candidate", "candidate, with caution", "after correction", "undetermined", "contraindicated", "not indicated")
    assert len({str(icon(word)) for word in words}) == len(words)
