"""Two screenings side by side: who is new on the list, what changed of whom, and why; numbers that are kept."""

import shutil
import stat

import msgspec
import pytest
from typer.testing import CliRunner

from fourthstep.cli.app import app
from fourthstep.ground.errors import RecordError
from fourthstep.screen.compare import Tables, compare, read_tables, write_changes
from fourthstep.screen.numbers import OF_ONE_RUN, Calling
from fourthstep.screen.run import Summary
from tests.screen.test_screen import HOSPITAL, add, run, shown, unpacked

RUN = Summary(complete=True, why_incomplete=[], as_of="2026-03-01", engine="1", knowledge="k" * 64, policy="default",
              policy_digest="p" * 64, called="ids", patients=1, outcomes={}, steps={}, inputs={}, notices={})  # fmt: skip
LISTED = {"patient": "a", "step": "refer", "data": "d1", "why": "pain", "pains": "", "options": "pump (candidate)",
          "blocked_by": "", "missing": "x; y; and 3 more"}  # fmt: skip
UNLISTED = {"patient": "a", "step": "controlled", "data": "d1"}


def compared(old, new, **later):
    tables = [
        Tables(each, {"a": row} if row else {}) for each, row in ((RUN, old), (msgspec.structs.replace(RUN, **later), new))
    ]
    found = compare(*tables)
    return [(each.kind, each.before, each.after, each.what, each.because) for each in found.changes]


DAY = {"as_of": "2026-03-02"}
TABLE = [
    # earlier, later, what differs between the runs, what is told
    (LISTED, LISTED, {}, None),
    (LISTED, LISTED, DAY, None),  # another day alone is no change
    (LISTED, LISTED | {"data": "d2"}, {}, None),  # nor are other data that change nothing
    (UNLISTED, LISTED | {"data": "d2"}, {},
     ("new on the list", "controlled", "refer", "why: +pain; options: +pump (candidate); missing: +x, +y", "data")),
    (None, LISTED, {}, ("new on the list", "", "refer", "why: +pain; options: +pump (candidate); missing: +x, +y",
                        "not in the earlier export")),
    (LISTED, UNLISTED, DAY, ("left the list", "refer", "controlled", "", "day")),
    (LISTED, None, DAY, ("left the list", "refer", "", "", "not in the later export")),
    (LISTED, LISTED | {"step": "refer early"}, {"knowledge": "l" * 64}, ("moved", "refer", "refer early", "", "knowledge")),
    (UNLISTED, UNLISTED | {"step": "cannot tell", "data": "d2"}, DAY, ("moved", "controlled", "cannot tell", "", "data, day")),
    (LISTED, LISTED | {"options": "pump (after correction)", "missing": "y; and 9 more"}, {"policy_digest": "q" * 64},
     ("other details", "refer", "refer", "options: -pump (candidate), +pump (after correction); missing: -x", "policy")),
    (LISTED, LISTED | {"blocked_by": "inr"}, {"engine": "2"}, ("other details", "refer", "refer", "blocked_by: +inr", "engine")),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "later", "told"), TABLE)
def test_a_change_is_told_with_its_reason(old, new, later, told):
    assert compared(old, new, **later) == ([told] if told else [])


def test_who_is_new_on_the_list_stands_first():
    old = {name: UNLISTED | {"patient": name} for name in "abc"} | {"d": LISTED | {"patient": "d"}}
    new = {"a": UNLISTED | {"step": "cannot tell"}, "b": LISTED, "c": UNLISTED, "d": UNLISTED}
    found = compare(Tables(RUN, old), Tables(RUN, new))
    assert [each.patient for each in found.changes] == ["b", "d", "a"]
    assert [found.count(kind) for kind in ("new on the list", "left the list", "moved")] == [1, 1, 1]


@pytest.mark.parametrize(("old", "new"), [("ids", "numbers kept in a file (1)"), (OF_ONE_RUN, OF_ONE_RUN),
                                          ("numbers kept in a file (1)", "numbers kept in a file (2)")])  # fmt: skip
def test_other_names_cannot_be_compared(old, new):
    with pytest.raises(RecordError, match="--numbers FILE"):
        compare(*(Tables(msgspec.structs.replace(RUN, called=each), {}) for each in (old, new)))


# -- end to end ----------------------------------------------------------------------------------------------


def test_every_night_into_the_same_folder(tmp_path):
    """Who was discharged by an export, who came, and nobody changes numbers."""
    export, out, numbers = unpacked(tmp_path / "export"), tmp_path / "out", tmp_path / "key" / "numbers.csv"
    numbers.parent.mkdir()
    command = ["screen", str(export), "-o", str(out), "--as-of", "2026-03-01", "--numbers", str(numbers)]
    assert CliRunner().invoke(app, command).exit_code == 0
    first = {row["patient"]: row["step"] for row in shown(out, "assessments.csv")}
    add(export, "Patient.ndjson", '{"resourceType":"Patient","id":"0-new","birthDate":"1950-01-01","deceasedBoolean":false}')
    told = CliRunner().invoke(app, [*command, "--since", str(out)])
    assert told.exit_code == 0, told.output
    second = {row["patient"]: row["step"] for row in shown(out, "assessments.csv")}
    assert second.items() > first.items()
    (change,) = shown(out, "changes.csv")
    assert (change["patient"], change["kind"], change["because"]) == ("P0000003", "moved", "not in the earlier export")
    assert "0  new on the list" in told.output
    assert stat.S_IMODE(numbers.stat().st_mode) == 0o600


def test_what_a_patient_newly_has_is_told_as_data(tmp_path):
    export = unpacked(tmp_path / "export")
    run(export, tmp_path / "old", calling=Calling(ids=True))
    shutil.rmtree(tmp_path / "old" / ".work", ignore_errors=True)
    add(export, "Condition.ndjson", '{"resourceType":"Condition","id":"c-new","subject":{"reference":"Patient/example-hospital-a"},'
        '"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm",'
        '"code":"G95.20"}]},"recordedDate":"2026-02-28"}')  # fmt: skip
    run(export, tmp_path / "new", calling=Calling(ids=True))
    (change,) = compare(read_tables(tmp_path / "old"), read_tables(tmp_path / "new")).changes
    assert (change.patient, change.because) == ("example-hospital-a", "data")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "number,patient\nP0000001,a\n",
        "number,patient,key\nP0000002,a\n",
        "patient,number,key\na,P0000001\n",
        "number,patient,key\nP0000001\n",
    ],
)
def test_what_is_no_file_of_numbers_is_not_overwritten(tmp_path, content):
    kept = tmp_path / "numbers.csv"
    kept.write_text(content)
    with pytest.raises(RecordError, match="no file of patients' numbers"):
        Calling(kept=kept).numbers(["a"])
    assert kept.read_text() == content


def test_another_file_of_numbers_is_not_taken_for_the_same(tmp_path):
    """Two files may begin with the same patient."""
    for name in ("a", "b"):
        Calling(kept=tmp_path / name).numbers(["x"])
    assert Calling(kept=tmp_path / "a").says() != Calling(kept=tmp_path / "b").says()
    Calling(kept=tmp_path / "a").numbers(["x", "y"])
    assert Calling(kept=tmp_path / "a").says() == Calling(kept=tmp_path / "a").says()


def test_a_file_of_numbers_is_checked_before_any_work(tmp_path):
    (tmp_path / "numbers.csv").write_text("no\n")
    with pytest.raises(RecordError, match="no file of patients' numbers"):
        run(HOSPITAL, tmp_path / "out", calling=Calling(kept=tmp_path / "numbers.csv"))
    assert not (tmp_path / "out").exists()


def test_a_change_to_an_incomplete_export_says_so(tmp_path):
    later = msgspec.structs.replace(RUN, complete=False, why_incomplete=["file-damaged-from-here"])
    found = compare(Tables(RUN, {"a": LISTED}), Tables(later, {"a": UNLISTED | {"data": "d2"}}))
    assert [each.because for each in found.changes] == ["data, export"]
    write_changes(found, tmp_path / "changes.csv")
    assert "INCOMPLETE (file-damaged-from-here)" in (tmp_path / "changes.csv").read_text().splitlines()[1]


def test_an_unfinished_screening_is_not_compared(tmp_path):
    run(HOSPITAL, tmp_path, calling=Calling(ids=True))
    (tmp_path / "run.json").unlink()
    with pytest.raises(RecordError, match="no finished screening"):
        read_tables(tmp_path)
