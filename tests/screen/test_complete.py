"""What makes an export incomplete, whom a broken line concerns, and in which forms an export may come."""

import gzip
import json
from pathlib import Path

import pytest
import zstandard

from fourthstep import as_of, assess, read_records
from fourthstep.screen.judge import told
from fourthstep.screen.numbers import Calling
from tests.screen.test_screen import DATA, HOSPITAL, run, shown, unpacked

A, B = "example-hospital-a", "example-hospital-b"


def manifest(export: Path, name: str = "manifest.json", **changes) -> None:
    """A manifest of just the files in the folder, changed."""
    files = [
        {
            "type": path.name.partition(".")[0],
            "url": f"https://ehr.example/files/{path.name}",
            "count": len(path.read_bytes().splitlines()),
        }
        for path in sorted(export.glob("*.ndjson"))
    ]
    whole = {
        "transactionTime": "2026-03-01T00:00:00Z",
        "request": "https://ehr.example/$export",
        "output": files,
        "error": [],
    }
    (export / name).write_text(json.dumps(whole | changes), encoding="utf-8")


def listed(*files: tuple[str, str]) -> list[dict[str, str]]:
    return [{"type": kind, "url": f"https://ehr.example/{name}"} for kind, name in files]


MANIFESTS = [
    # what the manifest says                                                                 why the lists are incomplete
    ({}, []),
    ({"outcome": []}, []),
    ({"error": listed(("OperationOutcome", "errors.ndjson"))}, ["manifest-reports-errors"]),
    ({"outcome": listed(("OperationOutcome", "outcome.ndjson"))}, ["manifest-reports-errors"]),
    ({"link": [{"relation": "next", "url": "https://ehr.example/2"}]}, ["manifest-has-a-next-page"]),
    ({"link": [{"relation": "self", "url": "https://ehr.example/1"}]}, []),
    ({"output": listed(("Patient", "Patient.ndjson"))}, []),
    ({"output": listed(("Patient", "Patient.ndjson"), ("Condition", "more.ndjson"))}, ["listed-file-is-missing"]),
    ({"output": listed(("Patient", "Patient.ndjson.gz?signed=1"))}, []),
    ({"output": [{"type": "Patient", "url": "Patient.ndjson", "count": 3}]}, ["fewer-resources-than-listed"]),
    ({"output": [{"type": "Patient", "url": "Patient.ndjson", "count": 2}]}, []),
    # a client that gave every file a name of its own
    ({"output": listed(("Patient", "1a2b"), ("Observation", "3c4d"), ("Observation", "5e6f"))}, []),
    ({"output": listed(("Patient", "1a2b"), ("Patient", "3c4d"))}, ["listed-file-is-missing"]),
    ({"output": listed(("Goal", "1a2b"))}, ["listed-file-is-missing"]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "why"), MANIFESTS)
def test_a_manifest_tells_what_is_missing(changes: dict, why: list[str], tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    manifest(export, **changes)
    assert run(export, tmp_path / "out").why_incomplete == why
    mark = f"INCOMPLETE: {', '.join(why)}" if why else ""
    for name in ("worklist.csv", "assessments.csv", "attrition.csv", "quality.csv"):
        rows = shown(tmp_path / "out", name)
        assert rows
        assert all(row["export"] == mark for row in rows), name


def test_the_last_page_of_a_manifest_settles_the_others(tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    manifest(export, "one.json", link=[{"relation": "next", "url": "https://ehr.example/2"}])
    manifest(export, "two.json")
    assert run(export, tmp_path / "out").complete


def test_a_missing_file_of_conditions_is_not_read_as_no_conditions(tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    manifest(export, output=listed(("Patient", "Patient.ndjson"), ("Condition", "more.ndjson")))
    run(export, tmp_path / "out", calling=Calling(ids=True))
    assert steps(tmp_path / "out")[B] == "cannot tell"


TYPES = [
    ("Patient", ["no Patient in the export"]),
    ("Condition", ["no Condition in the export"]),
    ("Observation", ["no Observation in the export"]),
    ("MedicationRequest", ["no MedicationRequest or MedicationStatement in the export"]),
    ("Procedure", ["no Procedure in the export"]),
    ("AllergyIntolerance", []),
    ("Encounter", []),
    ("MedicationDispense", []),
]


@pytest.mark.parametrize(("kind", "why"), TYPES)
def test_a_type_that_screening_needs_is_missed(kind: str, why: list[str], tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    for path in export.glob(f"{kind}.*"):
        path.unlink()
    summary = run(export, tmp_path / "out")
    assert summary.why_incomplete == why
    assert any(f"No {kind}" in notice for notice in summary.notices) == (kind in ("AllergyIntolerance", "Encounter"))


# -- whom a broken line concerns -------------------------------------------------------------------------------


def steps(out: Path) -> dict[str, str]:
    return {row["patient"]: row["step"] for row in shown(out, "assessments.csv")}


OUT = "not in scope: none-recorded:active_cancer"
BROKEN = [
    # file, line (@A: patient a), and the step of patient b, who has no cancer on record
    ("Condition.ndjson", '{"resourceType": "Condition", "subject": {"reference": "Patient/@A"}, "co', OUT),
    ("Condition.ndjson", '{"resourceType": "Condition", "subject": {"reference": "Patient/@B"}, "co', "cannot tell"),
    ("Condition.ndjson", '{"resourceType": "Condition", "subject": {"reference": "https://ehr.example/Patient/@B"}, "co', "cannot tell"),
    # whose it was cannot be told: cut within the id; two lines in one; the start of one and the end of another
    ("Condition.ndjson", '{"resourceType": "Condition", "subject": {"reference": "Patient/@A', "cannot tell"),
    ("Condition.ndjson", '{"resourceType": "Condition", "subject": {"reference": "Patient/@A"}, "co{"resourceType": "Condition", "co', "cannot tell"),
    ("Condition.ndjson", '{"resourceType": "Condition", "subject": {"reference": "Patient/@A"}, "code": "x", "id": 7}}', "cannot tell"),
    ("Condition.ndjson", '{"resourceType": "Condition", "subject": {"reference": "Patient?identifier=@A"}, "co', "cannot tell"),
    # its type: told by the line, or by a file of one type
    ("Condition.ndjson", '{"id": "x', "cannot tell"),
    ("Procedure.ndjson", '{"id": "x', OUT),
    ("Procedure.ndjson", '{"resourceType": "Condition", "id": "x', "cannot tell"),
    ("anything.ndjson", '{"resourceType": "Procedure", "id": "x', OUT),
    ("anything.ndjson", '{"id": "x', "cannot tell"),
    ("Procedure-alone.ndjson", '{"id": "x', "cannot tell"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "line", "step"), BROKEN)
def test_a_broken_line_counts_only_against_its_own(name: str, line: str, step: str, tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    with (export / name).open("a", encoding="utf-8") as file:
        file.write(line.replace("@A", A).replace("@B", B) + "\n")
    summary = run(export, tmp_path / "out", calling=Calling(ids=True))
    assert summary.why_incomplete == ["not-valid-json"]
    assert steps(tmp_path / "out")[B] == step


def test_a_broken_line_says_the_same_to_the_single_assessment(tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    with (export / "Condition.ndjson").open("a", encoding="utf-8") as file:
        file.write('{"resourceType": "Condition", "subject": {"reference": "Patient/@B"}, "co\n'.replace("@B", B))
    run(export, tmp_path / "out", calling=Calling(ids=True))
    single = {record.patient: told(assess(record, as_of=as_of("2026-03-01"))).step for record in read_records(export)}
    assert steps(tmp_path / "out") == single
    assert single[B] == "cannot tell"


def test_a_truncated_file_of_one_type_leaves_the_others_alone(tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    lines = [f'{{"resourceType": "Procedure", "id": "{number}"}}\n' for number in range(20_000)]
    packed = gzip.compress("".join(lines).encode())
    (export / "Procedure.ndjson").unlink()
    (export / "Procedure.ndjson.gz").write_bytes(packed[:-2000])
    summary = run(export, tmp_path / "out", calling=Calling(ids=True))
    assert summary.why_incomplete == ["file-damaged-from-here"]
    assert steps(tmp_path / "out")[B] == OUT


# -- forms -----------------------------------------------------------------------------------------------------


def test_a_file_packed_with_zstd_is_read(tmp_path: Path) -> None:
    run(HOSPITAL, tmp_path / "one")
    export = unpacked(tmp_path / "export")
    for path in list(export.glob("*.ndjson")):
        path.with_name(f"{path.name}.zst").write_bytes(zstandard.compress(path.read_bytes()))
        path.unlink()
    summary = run(export, tmp_path / "two", workers=2)
    assert summary.complete
    assert all(name.endswith(".zst") for name in summary.inputs)
    assert (tmp_path / "one" / "assessments.csv").read_bytes() == (tmp_path / "two" / "assessments.csv").read_bytes()


SKIPPABLE = b"\x50\x2a\x4d\x18\x04\x00\x00\x00note"
FRAMES = [
    (lambda packed: packed, []),
    (lambda packed: packed + packed, []),
    (lambda packed: SKIPPABLE + packed + SKIPPABLE, []),
    (lambda packed: packed[:-1], ["file-damaged-from-here"]),
    (lambda packed: packed[:-30], ["file-damaged-from-here"]),
    (lambda packed: packed + packed[:10], ["file-damaged-from-here"]),
    (lambda packed: packed + b"none", ["file-damaged-from-here"]),
]


@pytest.mark.parametrize(("change", "why"), FRAMES)
def test_a_zstd_file_is_whole_where_its_last_frame_is(change, why: list[str], tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    path = export / "Observation.000.ndjson"
    (export / f"{path.name}.zst").write_bytes(change(zstandard.compress(path.read_bytes())))
    path.unlink()
    assert run(export, tmp_path / "out").why_incomplete == why


def lines_of(export: Path) -> list[dict]:
    return [
        json.loads(line)
        for path in sorted(export.glob("*.ndjson"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def bundled(to: Path, *, urn: bool) -> Path:
    """The example as one Bundle, its references as `Type/id` or as the entries' full URLs."""
    resources = lines_of(unpacked(to))
    for path in to.glob("*.ndjson"):
        path.unlink()
    entries = [{"fullUrl": f"urn:uuid:{each['resourceType']}-{each['id']}", "resource": each} for each in resources]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}, indent=1)
    if urn:
        for each in resources:
            text = text.replace(f'"{each["resourceType"]}/{each["id"]}"', f'"urn:uuid:{each["resourceType"]}-{each["id"]}"')
    (to / "all.json").write_text(text, encoding="utf-8")
    return to


@pytest.mark.parametrize("urn", [False, True])
def test_a_bundle_is_read_as_the_same_lines(urn: bool, tmp_path: Path) -> None:
    run(HOSPITAL, tmp_path / "one")
    summary = run(bundled(tmp_path / "export", urn=urn), tmp_path / "two")
    assert summary.complete
    assert (tmp_path / "one" / "assessments.csv").read_bytes() == (tmp_path / "two" / "assessments.csv").read_bytes()


JSON = [
    ('{"exported": 7}', []),
    ('{"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE", "url": "Patient/1"}}]}', []),
    ('{"resourceType": "Bundle", "entry": [{"resource": "SECRET"}]}', ["entries-that-are-no-resource"]),
    ('{"resourceType": "Bundle", "entry": "SECRET"}', ["entries-that-are-no-resource"]),
    ('{"resourceType": "Bundle", "link": [{"relation": "next", "url": "SECRET"}]}', ["only-one-page-of-a-search"]),
    ('{"resourceType": "MedicationOrder", "id": "SECRET"}', ["other-fhir-version"]),
    ('{"resourceType": "Condition", "id": "SECRET', ["file-damaged-from-here"]),
    ("<SECRET/>", ["file-damaged-from-here"]),
    ("", ["file-damaged-from-here"]),
]


@pytest.mark.parametrize(("content", "why"), JSON)
def test_a_json_file_that_cannot_be_used_is_told(content: str, why: list[str], tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    (export / "more.json").write_text(content, encoding="utf-8")
    assert run(export, tmp_path / "out").why_incomplete == why
    assert not any(b"SECRET" in path.read_bytes() for path in (tmp_path / "out").iterdir())


@pytest.mark.records
@pytest.mark.skipif(not DATA.is_dir(), reason="no records")
def test_real_bundles_have_the_assessments_of_the_single_records(tmp_path: Path) -> None:
    found = sorted((DATA / "bundles").glob("*.json.gz"))
    assert found
    for path in found:
        (tmp_path / path.name).symlink_to(path)
    run(tmp_path, tmp_path / "out", day=as_of("2022-01-01"), calling=Calling(ids=True))
    screened = {row["patient"]: row["step"] for row in shown(tmp_path / "out", "assessments.csv")}
    single = [told(assess(record, as_of=as_of("2022-01-01"))) for record in read_records(found)]
    assert {row.patient: row.step for row in single} == screened
