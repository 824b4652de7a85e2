"""A screening says of every patient what the single assessment says, whatever the order, the workers and the faults."""

import csv
import gzip
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from fourthstep import as_of, assess, read_records
from fourthstep.assessment.assess import SCOPE_TYPES, out_of_scope
from fourthstep.ground.errors import RecordError
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.screen import judge
from fourthstep.screen.judge import told
from fourthstep.screen.numbers import Calling
from fourthstep.screen.run import screen

HOSPITAL = Path(__file__).resolve().parents[2] / "examples" / "hospital"
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
DAY = as_of("2026-03-01")
TABLES = (
    "worklist.csv",
    "assessments.csv",
    "attrition.csv",
    "quality.csv",
    "equity.csv",
    "quarantine.ndjson",
    "report.html",
    "assessments.parquet",
    "worklist.parquet",
)


def tables(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in TABLES}


def unpacked(to: Path) -> Path:
    """The example export as plain files, to be changed."""
    to.mkdir()
    for path in HOSPITAL.glob("*.gz"):
        (to / path.name.removesuffix(".gz")).write_bytes(gzip.decompress(path.read_bytes()))
    return to


def add(export: Path, name: str, *lines: str) -> None:
    with (export / name).open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def run(export: Path, out: Path, **options):
    return screen(export, out, as_of=options.pop("day", DAY), policy=DEFAULT, **options)


def shown(out: Path, name: str) -> list[dict[str, str]]:
    with (out / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# -- the same answer -----------------------------------------------------------------------------------------

SETS = [
    pytest.param(HOSPITAL, "2026-03-01", id="example"),
    *(
        pytest.param(
            DATA / name,
            day,
            id=name,
            marks=[pytest.mark.records, pytest.mark.skipif(not DATA.is_dir(), reason="no records")],
        )
        for name, day in (("synthea-r4-breast-ecqm", "2022-01-01"), ("bulk-export-layout-10", "2024-06-01"))
    ),
]


@pytest.mark.parametrize(("export", "day"), SETS)
def test_every_patient_has_the_assessment_of_the_single_record(export: Path, day: str, tmp_path: Path) -> None:
    run(export, tmp_path / "out", day=as_of(day), calling=Calling(ids=True))
    found = {
        row["patient"]: (row["step"], row["newest"], row["result_id"]) for row in shown(tmp_path / "out", "assessments.csv")
    }
    single = [told(assess(record, as_of=as_of(day))) for record in read_records(export)]
    assert found == {row.patient: (row.step, row.newest, row.result_id) for row in single}


def in_scope(step: str) -> bool:
    return not step.startswith("not in scope")


@pytest.mark.parametrize(("export", "day"), SETS)
def test_the_first_gate_says_what_the_assessment_says(export: Path, day: str) -> None:
    """Of the whole record and of the few types that it reads: out of scope, or nothing at all."""
    for record in read_records(export):
        wanted = assess(record, as_of=as_of(day)).pathway
        few = {kind: found for kind, found in record.resources.items() if kind in SCOPE_TYPES}
        for held in (record, msgspec.structs.replace(record, resources=few)):
            gated = out_of_scope(held, as_of=as_of(day))
            assert (gated.word, gated.because) == (wanted.word, wanted.because) if gated else in_scope(wanted.word)


def test_the_rows_are_whole_with_irrelevant_resources_and_strange_lines(tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    add(export, "Mixed.ndjson",
        '{"resourceType": "Claim", "patient": {"reference": "Patient/example-hospital-a"}}',
        '{"resourceType": "Immunization", "patient": {"reference": "Patient/only-here"}}',
        '{"resourceType": "Observation", "id": "group", "status": "final", "subject": {"reference": "Group/1"}}',
        '{"resourceType": "Procedure", "id": "nobody", "status": "completed"}',
        '{"exportId": "log"}')  # fmt: skip
    run(export, tmp_path / "out", calling=Calling(ids=True))
    found = {row["patient"]: (row["step"], row["result_id"]) for row in shown(tmp_path / "out", "assessments.csv")}
    single = [told(assess(record, as_of=DAY)) for record in read_records(export)]
    assert found == {row.patient: (row.step, row.result_id) for row in single}
    assert "only-here" in found


def test_workers_names_and_order_of_the_files_change_no_byte(tmp_path: Path) -> None:
    run(HOSPITAL, tmp_path / "one")
    run(HOSPITAL, tmp_path / "two", workers=2)
    lines = [line for path in HOSPITAL.glob("*.gz") for line in gzip.decompress(path.read_bytes()).splitlines()]
    random.Random(7).shuffle(lines)
    shuffled = tmp_path / "shuffled"
    shuffled.mkdir()
    for number in range(3):
        (shuffled / f"x{number}.ndjson").write_bytes(b"\n".join(lines[number::3]))
    run(shuffled, tmp_path / "three")
    assert tables(tmp_path / "one") == tables(tmp_path / "two") == tables(tmp_path / "three")


def test_of_two_versions_the_latest_stands(tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    person = json.loads((export / "Patient.ndjson").read_text(encoding="utf-8").splitlines()[0])
    person |= {"deceasedBoolean": True, "meta": {"lastUpdated": "2026-02-28T00:00:00Z"}}
    add(export, "A-earlier.ndjson", json.dumps(person))
    person |= {"deceasedBoolean": False, "meta": {"lastUpdated": "2026-02-28T12:00:00Z"}}
    add(export, "A-later.ndjson", json.dumps(person))
    run(export, tmp_path / "out", calling=Calling(ids=True))
    found = {row["patient"]: row["result_id"] for row in shown(tmp_path / "out", "assessments.csv")}
    single = [told(assess(record, as_of=DAY)) for record in read_records(export)]
    assert found == {row.patient: row.result_id for row in single}
    assert found["example-hospital-a"], "the later version lives"


# -- the tables ----------------------------------------------------------------------------------------------


def test_every_patient_ends_in_exactly_one_step_and_empty_steps_are_shown(tmp_path: Path) -> None:
    summary = run(HOSPITAL, tmp_path / "out")
    steps = {row["step"]: int(row["patients"]) for row in shown(tmp_path / "out", "attrition.csv")}
    assert steps.pop("all") == summary.patients == sum(steps.values()) == 2
    assert steps["red flag first"] == 0


def test_who_cannot_be_told_is_an_outcome_of_its_own(tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    add(export, "Broken.ndjson", '{"resourceType": "Condition", "id": "x')
    summary = run(export, tmp_path / "out")
    assert summary.outcomes == {"assessed": 1, "not assessable": 1, "not in scope": 0}
    outcomes = {row["step"]: row["outcome"] for row in shown(tmp_path / "out", "attrition.csv")}
    assert outcomes["cannot tell"] == outcomes["not assessable: an error of the program"] == "not assessable"
    assert outcomes["controlled"] == outcomes["refer"] == "assessed"


def test_an_error_of_ours_is_counted_and_stops_nobody_else(tmp_path: Path, monkeypatch) -> None:
    real = judge.assess

    def failing(record, **options):
        if record.patient == "example-hospital-a":
            raise ZeroDivisionError
        return real(record, **options)

    monkeypatch.setattr(judge, "assess", failing)
    summary = run(HOSPITAL, tmp_path / "out")
    assert summary.outcomes == {"assessed": 0, "not assessable": 1, "not in scope": 1}
    assert summary.why_incomplete == ["some patients were not assessable"]


def test_small_groups_are_withheld(tmp_path: Path) -> None:
    run(HOSPITAL, tmp_path / "out")
    rows = {(row["by"], row["group"]): row for row in shown(tmp_path / "out", "equity.csv")}
    assert rows["all", "all"]["patients"] == "2"
    assert rows["all", "all"]["in_scope_percent"] == "50.0"
    for dimension in ("sex", "age", "language", "race", "ethnicity"):
        row = rows[dimension, "every group"]
        assert row["patients"] == row["refer"] == "withheld"
        assert row["refer_percent"] == ""


def test_no_id_is_shown_unless_asked(tmp_path: Path) -> None:
    run(HOSPITAL, tmp_path / "out")
    assert not any(b"example-hospital" in content for content in tables(tmp_path / "out").values())
    run(HOSPITAL, tmp_path / "out", calling=Calling(ids=True))
    assert b"example-hospital-a" in tables(tmp_path / "out")["worklist.csv"]


# -- faults --------------------------------------------------------------------------------------------------

FAULTS = [
    ('{"resourceType": "Condition", "id": "SECRET', "not-valid-json"),
    ('{"resourceType": "Bundle", "type": "collection", "id": "SECRET"}', "bundle-in-a-line"),
    ('{"resourceType": "MedicationOrder", "id": "SECRET"}', "other-fhir-version"),
    ('{"resourceType": "Condition", "id": "SECRET", "subject": {"reference": "Patient?identifier=a|SECRET"}}', "patient-named-by-a-search"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "reason"), FAULTS)
def test_a_line_that_cannot_be_used_is_in_quarantine_and_the_lists_say_so(line: str, reason: str, tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    (export / "Broken.ndjson").write_text(f"\n{line}\n", encoding="utf-8")
    summary = run(export, tmp_path / "out")
    assert not summary.complete
    (fault,) = (tmp_path / "out" / "quarantine.ndjson").read_text(encoding="utf-8").splitlines()
    assert json.loads(fault) == {"file": "Broken.ndjson", "line": 2, "reason": reason}
    for name in ("worklist.csv", "assessments.csv", "attrition.csv", "quality.csv"):
        assert all(row["export"] == f"INCOMPLETE: {reason}" for row in shown(tmp_path / "out", name))
    assert not any(b"SECRET" in content for content in tables(tmp_path / "out").values())


def test_what_was_lost_is_no_longer_vouched_for(tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    add(export, "Broken.ndjson", '{"resourceType": "Condition", "id": "x')
    run(export, tmp_path / "out", calling=Calling(ids=True))
    steps = {row["patient"]: row["step"] for row in shown(tmp_path / "out", "assessments.csv")}
    assert steps["example-hospital-b"] == "cannot tell"


def test_a_truncated_file_makes_every_list_incomplete(tmp_path: Path) -> None:
    export = tmp_path / "export"
    shutil.copytree(HOSPITAL, export)
    path = export / "Condition.ndjson.gz"
    path.write_bytes(path.read_bytes()[:-40])
    summary = run(export, tmp_path / "out")
    assert summary.why_incomplete == ["file-damaged-from-here", "no Condition in the export"], "it was cut within the first"


def test_errors_that_the_server_reports_make_every_list_incomplete(tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    add(
        export,
        "errors.ndjson",
        '{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}',
    )
    assert not run(export, tmp_path / "out").complete


def test_a_folder_without_lines_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no NDJSON file"):
        run(tmp_path, tmp_path / "out")


def test_an_output_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x", encoding="utf-8")
    with pytest.raises(RecordError, match="again: it resumes"):
        run(HOSPITAL, tmp_path / "out")


def command(export: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "fourthstep", "screen", str(export), "-o", str(out), "--as-of", "2026-03-01", *more]


@pytest.mark.parametrize(("more", "code"), [((), 1), (("--allow-broken",), 0)])
def test_the_exit_code_tells_whether_the_export_was_complete(more: tuple[str, ...], code: int, tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    add(export, "Broken.ndjson", "{")
    done = subprocess.run(command(export, tmp_path / "out", *more), check=False, capture_output=True, text=True)
    assert done.returncode == code
    assert "INCOMPLETE: not-valid-json" in done.stderr


def test_killed_at_any_moment_it_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    run(HOSPITAL, tmp_path / "whole")
    out, chance = tmp_path / "out", random.Random(3)
    for _ in range(6):
        process = subprocess.Popen(command(HOSPITAL, out), stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.1, 0.7))
        finished = (out / "run.json").exists()
        process.send_signal(signal.SIGKILL)
        process.wait()
        if finished:
            assert msgspec.json.decode((out / "run.json").read_bytes())["finished"]
    subprocess.run(command(HOSPITAL, out), check=True, stdout=subprocess.DEVNULL)
    assert tables(out) == tables(tmp_path / "whole")
    assert sorted(path.name for path in out.iterdir()) == sorted([*TABLES, "run.json"])
