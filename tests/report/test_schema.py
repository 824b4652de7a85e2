"""The published JSON Schema is current, and every assessment is valid by it."""

import json

import jsonschema
import pytest

from fourthstep import as_of, assess, read_record
from fourthstep.assessment.identity import as_json
from fourthstep.assessment.result import schema
from tests.report.examples import EXAMPLES, NAMES

FILE = EXAMPLES.parent / "docs" / "schema" / "assessment.schema.json"


def test_is_current():
    assert json.loads(FILE.read_text(encoding="utf-8")) == schema(), "write it anew: python tools/docs.py"


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_valid(name):
    found = as_json(assess(read_record(EXAMPLES / f"{name}.json"), as_of=as_of("2026-03-01")))
    jsonschema.Draft202012Validator(schema()).validate(json.loads(found))
