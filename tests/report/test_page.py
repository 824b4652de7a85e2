"""The page: every link leads somewhere, nothing of a record becomes markup, no script, no outside world, accessible."""

import re
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fourthstep import as_of, assess, load_knowledge, read_record
from fourthstep.report.page import page, shortened

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.glob("*.json"))


@lru_cache
def shown(name):
    return page(assess(read_record(EXAMPLES / name), as_of=as_of("2026-03-01")), load_knowledge())


class Seen(HTMLParser):
    """Tags, ids, links and text of a page."""

    def __init__(self, content):
        super().__init__()
        self.tags, self.ids, self.links, self.outside, self.words = set(), [], [], [], []
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.append(value)
            if key == "href":
                (self.links if value.startswith("#") else self.outside).append(value)
            if key == "src" or key.startswith("on"):
                self.outside.append(f"{key}={value}")

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("name", NAMES)
class TestEveryExample:
    def test_every_link_leads_somewhere(self, name):
        seen = Seen(shown(name))
        assert {link.removeprefix("#") for link in seen.links} <= set(seen.ids)
        assert len(seen.ids) == len(set(seen.ids))

    def test_needs_no_script_and_nothing_from_outside(self, name):
        seen = Seen(shown(name))
        assert not {"script", "iframe", "link", "img", "form"} & seen.tags
        assert seen.outside == []

    def test_says_who_when_and_which_version(self, name):
        words = " ".join(Seen(shown(name)).words)
        assert "assessment of 2026-03-01" in words
        assert re.search(r"result [0-9a-f]{64}", words)
        assert "Doing none of these is always an option" in words
        assert "Not a medical device" in words


def test_words_of_a_record_never_become_markup():
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    record = (EXAMPLES / "rib.json").read_text(encoding="utf-8")
    content = re.sub(r'"(display|text)": ?"[^"]*"', lambda found: f'"{found[1]}":"{evil}"', record)
    found = assess(read_record(content.encode()), as_of=as_of("2026-03-01"))
    seen = Seen(page(found, load_knowledge()))
    assert not {"script", "img"} & seen.tags
    assert "alert(1)" in " ".join(seen.words), "the words are still shown"


@pytest.mark.parametrize(
    ("ref", "short"),
    [
        ("Observation/db52d9af-99b3-5be0-b30a-5c08c7ee89c9", "Observation/db52d9af…"),
        ("Observation/short", "Observation/short"),
        ("Observation/exactly8", "Observation/exactly8"),
        ("answer", "answer"),
    ],
)
def test_a_long_id_is_shortened_where_it_is_shown(ref, short):
    assert shortened(ref) == short


def test_the_axis_stands_as_a_table_too():
    words = " ".join(" ".join(Seen(shown("pancreatic.json")).words).split())
    assert "The same as a table" in words
    for told in ("7/10 average", "6/10 unspecified", "2026-01-06", "morphine", "oxycodone"):
        assert told in words
