"""The cohort on disk: the same bytes for the same seed, whoever makes it; valid FHIR; nothing that knows the engine."""

import ast
import json
from datetime import date
from pathlib import Path

import pytest
from fhir.resources.R4B import get_fhir_model_class
from typer.testing import CliRunner

from fourthstep.cli.app import app
from fourthstep.ground.errors import FourthstepError
from fourthstep.synthetic.cohort import DAY, Cohort, patients, synthesise
from fourthstep.synthetic.mess import Mess

ROOT = Path(__file__).resolve().parents[2]


def everything(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        synthesise(Cohort(20, seed=7, mess=Mess.of(0.3)), tmp_path / name)
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_another_seed_gives_others(tmp_path):
    first, second = (next(patients(Cohort(1, seed=seed))) for seed in (7, 8))
    assert first.resources != second.resources


def test_a_patient_does_not_depend_on_who_else_is_made():
    whole = list(patients(Cohort(12, seed=5, mess=Mess.of(0.2))))
    alone = [next(patients(Cohort(1, seed=5, first=number, mess=Mess.of(0.2)))) for number in (12, 3)]
    assert alone == [whole[11], whole[2]]


def test_parts_make_the_whole(tmp_path):
    synthesise(Cohort(10, seed=2), tmp_path / "whole")
    synthesise(Cohort(4, seed=2), tmp_path / "a")
    synthesise(Cohort(6, seed=2, first=5), tmp_path / "b")
    for path in sorted((tmp_path / "whole" / "export").iterdir()):
        parts = [tmp_path / part / "export" / path.name for part in "ab"]
        assert path.read_bytes() == b"".join(part.read_bytes() for part in parts if part.exists())


@pytest.mark.parametrize("level", [0, 0.5])
def test_resources_are_valid_fhir(level):
    for made in patients(Cohort(12, seed=4, mess=Mess.of(level))):
        for resource in made.resources:
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def test_references_are_kept():
    for made in patients(Cohort(20, seed=6)):
        ids = {f"{each['resourceType']}/{each['id']}" for each in made.resources}
        assert len(ids) == len(made.resources)
        named = set(_references(made.resources))
        assert named <= ids


def _references(node):
    if isinstance(node, dict):
        if "reference" in node:
            yield node["reference"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def test_bundles_hold_the_same(tmp_path):
    synthesise(Cohort(3, seed=9), tmp_path, bundles=True)
    for made in patients(Cohort(3, seed=9)):
        bundle = json.loads((tmp_path / "export" / f"{made.truth['patient']}.json").read_text(encoding="utf-8"))
        assert [entry["resource"] for entry in bundle["entry"]] == made.resources


def test_nothing_is_written_into_a_folder_that_holds_something(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(FourthstepError, match="not empty"):
        synthesise(Cohort(1, seed=1), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_no_day_of_the_record_lies_after_the_day_of_the_truth():
    """Nothing may be known before it happened; and the cohort can speak of any day."""
    for day in (DAY, date(2024, 2, 29)):
        for made in patients(Cohort(15, seed=3, today=day)):
            assert all(each["meta"]["lastUpdated"][:10] <= day.isoformat() for each in made.resources)


def test_the_command(tmp_path):
    folder = tmp_path / "cohort"
    run = CliRunner().invoke(
        app, ["synthesise", "-n", "3", "--seed", "5", "-o", str(folder), "--mess", "0.2", "--late", "0"]
    )
    assert run.exit_code == 0, run.output
    assert run.output.startswith("3 made-up patients, ")
    told = json.loads((folder / "cohort.json").read_text(encoding="utf-8"))
    assert (told["patients"], told["seed"], told["today"]) == (3, 5, "2026-03-01")
    assert (told["mess"]["missing"], told["mess"]["late"]) == (0.2, 0)
    assert len((folder / "truth.ndjson").read_text(encoding="utf-8").splitlines()) == 3


def test_screening_reads_the_export_as_a_complete_one(tmp_path):
    synthesise(Cohort(12, seed=5), tmp_path / "cohort")
    run = CliRunner().invoke(
        app, ["screen", str(tmp_path / "cohort" / "export"), "-o", str(tmp_path / "out"), "--as-of", "2026-03-01", "--names"]
    )
    assert run.exit_code == 0, run.output
    told = (tmp_path / "out" / "assessments.csv").read_text(encoding="utf-8")
    assert all(f"synthetic-5-{number:07d}" in told for number in range(1, 13))
    assert "INCOMPLETE" not in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--as-of", "yesterday"], "2026-03-01"), (["--mess", "2"], "--mess"), (["-n", "0"], "--patients")],
)
def test_a_wrong_call_says_what_was_expected(tmp_path, arguments, says):
    run = CliRunner().invoke(app, ["synthesise", "-n", "1", "-o", str(tmp_path / "new"), *arguments])
    assert run.exit_code == 2
    assert says in run.output
    assert not (tmp_path / "new").exists()


def test_the_generator_knows_nothing_of_the_engine():
    """Beside the import contract: also no import by name, no path into the knowledge."""
    for path in sorted((ROOT / "src" / "fourthstep" / "synthetic").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if name.startswith("fourthstep"):
                    assert name.split(".")[1] in {"ground", "synthetic"}, path.name
                assert name != "importlib", path.name
