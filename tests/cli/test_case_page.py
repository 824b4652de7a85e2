"""The page about cases names every key, and its case is the one of the examples."""

from pathlib import Path

import msgspec
import pytest

from fourthstep.events.statements import Answers, Case, DrugStatement, PatientStatement

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "case.md").read_text(encoding="utf-8")
KEYS = [field.name for model in (Case, DrugStatement, PatientStatement, Answers) for field in msgspec.structs.fields(model)
        if not field.name.startswith("_")]  # fmt: skip


@pytest.mark.parametrize("key", sorted(set(KEYS) - {"mark_"}))
def test_every_key_is_named(key):
    assert f"`{key}`" in PAGE


def test_the_printed_case_is_the_example():
    printed = PAGE.split("That is `examples/case.yaml`:")[1].split("```yaml\n")[1].split("```")[0]
    assert printed in (ROOT / "examples" / "case.yaml").read_text(encoding="utf-8")
