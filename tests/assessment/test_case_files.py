"""A case that does not come out as it says is told; one that names what is not there is a mistake."""

import pytest

from fourthstep.assessment.cases import Expect, failures, read_cases
from fourthstep.events.statements import Case
from fourthstep.ground.errors import KnowledgeError
from fourthstep.knowledge.load import load_knowledge

CASE = Case(as_of="2026-03-01", vouched=["condition", "drug", "procedure", "allergy", "encounter"],
            facts={"cancer_pancreas": "yes, 120 d"}, pains=[{"region": "upper-abdomen", "mechanism": "visceral"}])  # fmt: skip


def test_the_first_option_is_told():
    (told,) = failures(CASE, Expect(first="none"), load_knowledge())
    assert told.startswith("first option: expected none, got ")


def test_a_criterion_that_is_not_there():
    with pytest.raises(KnowledgeError, match="there is no criterion `platelet-high`"):
        failures(CASE, Expect(criterion={"platelet-high": "true"}), load_knowledge())


def test_a_broken_file(tmp_path):
    (tmp_path / "broken.yaml").write_text("says: [", encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text("says: x\nbase: {as_of: 2026-03-01}\nrow: []\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="knowledge/cases/broken.yaml"):
        read_cases(tmp_path)
