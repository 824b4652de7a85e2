"""Parquet says what the CSV says, in full and with types; it is written in batches, and is an extra."""

import builtins
from pathlib import Path

import pytest
from pyarrow import parquet

from fourthstep.screen import parquet as writing
from fourthstep.screen.parquet import FILES, write_parquet
from tests.screen.cohort import rows
from tests.screen.test_screen import HOSPITAL, add, run, shown, unpacked


def read(path: Path) -> list[dict]:
    return parquet.read_table(path).to_pylist()


def test_it_says_what_the_csv_says(tmp_path: Path) -> None:
    run(HOSPITAL, tmp_path)
    told = read(tmp_path / "assessments.parquet")
    assert [{name: each[name] or "" for name in ("patient", "step", "newest", "result_id")} for each in told] == [
        {name: each[name] for name in ("patient", "step", "newest", "result_id")}
        for each in shown(tmp_path, "assessments.csv")
    ]
    listed = read(tmp_path / "worklist.parquet")
    assert [(each["patient"], each["pathway"], "; ".join(each["why"]), "; ".join(each["pains"])) for each in listed] == [
        (each["patient"], each["pathway"], each["why"], each["pains"]) for each in shown(tmp_path, "worklist.csv")
    ]


def test_lists_are_whole_where_the_csv_names_the_first(tmp_path: Path) -> None:
    run(HOSPITAL, tmp_path)
    (listed,), (short,) = read(tmp_path / "worklist.parquet"), shown(tmp_path, "worklist.csv")
    assert short["missing"].endswith("more")
    assert len(listed["missing"]) == 5 + int(short["missing"].split()[-2])
    assert all(set(each) == {"option", "word"} for each in listed["options"])


def test_what_was_not_asked_is_null(tmp_path: Path) -> None:
    """The first gate asks of the scope only: no score, no dose, and not a pain that is controlled."""
    run(HOSPITAL, tmp_path)
    (outside,) = [each for each in read(tmp_path / "assessments.parquet") if each["outcome"] == "not in scope"]
    assert all(
        outside[name] is None for name in ("uncontrolled", "pain_score", "opioid_mg_per_day", "opioid_told", "result_id")
    )


def test_the_mark_stands_in_every_row(tmp_path: Path) -> None:
    export = unpacked(tmp_path / "export")
    add(export, "Broken.ndjson", "{")
    run(export, tmp_path / "out")
    for name in FILES:
        assert {each["export"] for each in read(tmp_path / "out" / name)} <= {"INCOMPLETE: not-valid-json"}


def test_it_is_written_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BATCH", 40)
    write_parquet(tmp_path, lambda: ((f"P{number}", row) for number, row in enumerate(rows())), "")
    found = parquet.ParquetFile(tmp_path / "assessments.parquet")
    assert found.metadata.num_row_groups == 3
    assert found.metadata.num_rows == len(rows()) == 94
    assert {each["export"] for each in read(tmp_path / "assessments.parquet")} == {None}
    told = read(tmp_path / "worklist.parquet")
    order = list(dict.fromkeys(each["pathway"] for each in told))
    assert order == ["red flag first", "refer", "refer early", "optimise first"]


def test_without_pyarrow_the_rest_is_written_and_nothing_old_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(HOSPITAL, tmp_path)
    real = builtins.__import__
    monkeypatch.setattr(
        builtins,
        "__import__",
        lambda name, *rest: (_ for _ in ()).throw(ImportError) if name.startswith("pyarrow") else real(name, *rest),
    )
    summary = run(HOSPITAL, tmp_path)
    assert summary.complete
    assert "fourthstep[parquet]" in summary.not_written["assessments.parquet, worklist.parquet"]
    assert not any((tmp_path / name).exists() for name in FILES)
    assert (tmp_path / "report.html").is_file()
