"""Every case of `knowledge/cases/`: a patient in a few lines, with the words it must get."""

import pytest

from fourthstep.assessment.cases import failures, patient, read_cases
from fourthstep.knowledge.load import knowledge_folder, load_knowledge

FILES = read_cases(knowledge_folder() / "cases")
ROWS = [pytest.param(file, row, id=f"{name}: {row.says}") for name, file in FILES.items() for row in file.rows]


@pytest.mark.parametrize(("file", "row"), ROWS)
def test_case(file, row):
    assert not failures(patient(file.base, row), row.expect, load_knowledge())


def test_a_wrong_expectation_fails():
    file = FILES["safety/bleeding-labs.yaml"]
    row = file.rows[0]
    wrong = {"word": {"celiac-plexus-neurolysis-percutaneous": "contraindicated"}}
    import msgspec

    assert failures(patient(file.base, row), msgspec.convert(wrong, type(row.expect)), load_knowledge())
