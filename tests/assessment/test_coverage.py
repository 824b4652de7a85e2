"""The check of the knowledge tells which criterion no case shows, and nothing where there are no cases at all."""

import shutil
from datetime import date

from fourthstep.assessment.coverage import named_criteria, review
from fourthstep.knowledge.load import knowledge_folder, load_knowledge

TODAY = date(2026, 3, 1)


def test_a_criterion_that_no_case_shows(tmp_path):
    shutil.copytree(knowledge_folder() / "cases" / "red-flags", tmp_path / "cases" / "red-flags")
    shutil.copy(knowledge_folder() / "complete.yaml", tmp_path)
    lines, complete = review(load_knowledge(), tmp_path, TODAY)
    assert not complete
    assert "no case shows `platelets-high` false or true or unknown" in lines


def test_without_cases_there_is_nothing_to_witness(tmp_path):
    shutil.copy(knowledge_folder() / "complete.yaml", tmp_path)
    lines, _ = review(load_knowledge(), tmp_path, TODAY)
    assert not [line for line in lines if line.startswith("no case shows")]
    assert len(list(named_criteria(load_knowledge()))) > 300
