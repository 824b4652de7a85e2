"""The catalogue of sentences: every key that is used exists, and every key is used."""

import re
import string
from pathlib import Path

import pytest

from tests.report.examples import KNOWLEDGE

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "src" / "fourthstep"
TEXTS = KNOWLEDGE.texts
SOURCES = {path: path.read_text(encoding="utf-8") for path in CODE.rglob("*") if path.suffix in (".py", ".jinja", ".css")}
ASKED = re.compile(r"""(?:say|self|self\.say)\(\s*["'](\w+)["'],\s*["']([^"'{}]+)["']""")
USED = {found for path, text in SOURCES.items() if "report" in path.parts for found in ASKED.findall(text)}
DATA = "\n".join(
    path.read_text(encoding="utf-8")
    for path in (ROOT / "knowledge").rglob("*")
    if path.suffix in (".yaml", ".csv") and not {"texts", "cases"} & set(path.parts)
)


def test_the_search_finds_what_it_looks_for():
    assert {("report", "disclaimer"), ("letter", "title"), ("page", "axis"), ("show", "near")} <= USED


@pytest.mark.parametrize(("group", "key"), sorted(USED))
def test_every_sentence_that_is_used_exists(group, key):
    assert key in TEXTS[group]


@pytest.mark.parametrize(("group", "key"), [(group, key) for group, keys in TEXTS.items() for key in keys])
def test_every_sentence_of_the_catalogue_is_used(group, key):
    short = key.removesuffix("-unclear") if group.startswith("opioid_") else key.removesuffix("_one")
    spelled = re.compile(rf"""(?<![\w-]){re.escape(short)}(?![\w-])""")
    assert (group, key) in USED or any(map(spelled.search, SOURCES.values())) or spelled.search(DATA)


@pytest.mark.parametrize("group", TEXTS)
def test_every_sentence_can_be_filled(group):
    for text in TEXTS[group].values():
        assert all(name is None or name.isidentifier() for _, name, _, _ in string.Formatter().parse(text))


def test_nobody_is_told_to_stop_or_to_give():
    told = "\n".join(text for keys in TEXTS.values() for text in keys.values())
    assert not re.search(r"\b(stop|discontinue|withhold|give \d|start with)\b", told, re.IGNORECASE)
