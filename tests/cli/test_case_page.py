"""The page about cases names every key, and its case is the one of the examples."""

import re
from pathlib import Path

import msgspec
import pytest

from fourthstep.events.statements import Answers, Case, DrugStatement, PatientStatement, read_answers
from fourthstep.knowledge.load import load_knowledge

ROOT = Path(__file__).parents[2]
KNOWLEDGE = load_knowledge()
PAGE = (ROOT / "docs" / "case.md").read_text(encoding="utf-8")
KEYS = [field.name for model in (Case, DrugStatement, PatientStatement, Answers) for field in msgspec.structs.fields(model)
        if not field.name.startswith("_")]  # fmt: skip


@pytest.mark.parametrize("key", sorted(set(KEYS) - {"mark_"}))
def test_every_key_is_named(key):
    assert f"`{key}`" in PAGE


def test_every_key_that_is_named_exists():
    tables = PAGE.split("## The keys")[1].split("## How a fact is written")[0]
    named = {key for line in tables.splitlines() if line.startswith("| `")
             for key in re.findall(r"`(\w+)`", line.split(" | ")[0])}  # fmt: skip
    assert named <= set(KEYS)
    assert len(named) > 15


def test_the_printed_answers_can_be_read(tmp_path):
    path = tmp_path / "answers.yaml"
    path.write_text(PAGE.rpartition("```yaml\n")[2].split("```")[0], encoding="utf-8")
    answers = read_answers(path, KNOWLEDGE)
    assert answers.facts == {"needle_path_blocked": "no"}
    assert answers.refused == ["intrathecal-pump"]


def test_the_printed_case_is_the_example():
    printed = PAGE.split("That is `examples/case.yaml`:")[1].split("```yaml\n")[1].split("```")[0]
    assert printed in (ROOT / "examples" / "case.yaml").read_text(encoding="utf-8")
