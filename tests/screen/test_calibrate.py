"""Whom a threshold would flag, a sample that is random and blind, and agreement that is counted as the textbook does."""

import csv

import msgspec
import pytest

from fourthstep.ground.errors import RecordError
from fourthstep.screen.calibrate import agreement, count, draw, strata, write_review
from fourthstep.screen.compare import Tables
from tests.screen.test_compare import RUN


def patient(step="refer", score="", day="", dose="", result="r"):
    return {"step": step, "score": score, "score_day": day, "dose": dose, "result_id": result}


def tables(*rows, names=None):
    return Tables(
        msgspec.structs.replace(RUN, as_of="2026-03-01"), dict(zip(names or map(str, range(len(rows))), rows, strict=False))
    )


SCORED = [
    # score, day of it, counted at 4 within 7 days, at 4 within 90, at 6 within 90
    ("4", "2026-03-01", 1, 1, 0),
    ("3.9", "2026-03-01", 0, 0, 0),
    ("6", "2026-02-22", 1, 1, 1),  # seven days old
    ("6", "2026-02-21", 0, 1, 1),  # eight days old
    ("10", "2025-12-01", 0, 1, 1),  # ninety days old
    ("10", "2025-11-30", 0, 0, 0),  # ninety-one
    ("8", "2026-02", 0, 0, 0),  # a month is no day
    ("", "", 0, 0, 0),  # never measured
]


@pytest.mark.parametrize(("score", "day", "recent", "old", "severe"), SCORED)
def test_whom_a_score_and_a_look_back_flag(score, day, recent, old, severe):
    found = count(tables(patient(score=score, day=day)))
    assert (found.by_score[4][7], found.by_score[4][90], found.by_score[6][90]) == (recent, old, severe)


def test_who_has_no_score_is_counted_apart_and_who_is_out_of_scope_is_not():
    found = count(tables(patient(), patient(score="5", day="2026-03-01"), patient("not in scope: x", result="")))
    assert found.without_score == 1


@pytest.mark.parametrize(
    ("dose", "score", "sixty"), [("60", "3", 1), ("59.9", "3", 0), ("60", "2", 0), ("60", "", 0), ("", "9", 0)]
)
def test_whom_a_dose_flags(dose, score, sixty):
    assert count(tables(patient(score=score, day="2026-03-01", dose=dose))).by_dose[60] == sixty


STEPS = ["refer"] * 50 + ["controlled"] * 5 + ["cannot tell"] * 100 + ["not in scope: none-recorded:active_cancer"] * 200
HOSPITAL = tables(*map(patient, STEPS))


def test_equally_many_of_each_stratum_as_far_as_there_are():
    drawn = draw(HOSPITAL, 65, seed=7)
    assert {name: len(of) for name, of in drawn.items()} == {
        "on the worklist": 20, "assessed, not on the worklist": 5, "not assessable": 20, "not in scope": 20,
    }  # fmt: skip
    assert drawn == draw(HOSPITAL, 65, seed=7) != draw(HOSPITAL, 65, seed=8)
    assert all(set(of) <= set(strata(HOSPITAL)[name]) for name, of in drawn.items())


def test_no_more_are_drawn_than_there_are():
    assert sum(map(len, draw(HOSPITAL, 10_000, seed=1).values())) == len(STEPS)


def test_the_sheet_is_blind_and_never_overwritten(tmp_path):
    sheet, key = tmp_path / "review.csv", tmp_path / "key.csv"
    assert write_review(HOSPITAL, sheet, key, 12, seed=1) == 12
    assert all(
        row["reviewer_a"] == row["reviewer_b"] == "" and len(row) == 3
        for row in csv.DictReader(sheet.read_text().splitlines())
    )
    with pytest.raises(RecordError, match="could hold a review"):
        write_review(HOSPITAL, sheet, key, 12, seed=1)


def filled(tmp_path, rows, keys):
    sheet, key = tmp_path / "review.csv", tmp_path / "key.csv"
    sheet.write_text("patient,reviewer_a,reviewer_b\n" + "".join(f"{at},{a},{b}\n" for at, (a, b) in enumerate(rows)))
    key.write_text("patient,stratum,of\n" + "".join(f"{at},{stratum},{of}\n" for at, (stratum, of) in enumerate(keys)))
    return agreement(sheet, key)


LIST, REST = ("on the worklist", 10), ("not assessable", 100)


def test_kappa_of_a_worked_table(tmp_path):
    """20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: 70 % alike, 50 % by chance, kappa 0.40."""
    rows = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "Yes ")] * 10 + [("no", "no")] * 15 + [("yes", "")]
    found = filled(tmp_path, rows, [LIST] * 51)
    assert found.both == 50
    assert found.kappa == pytest.approx(0.40)
    assert (found.kappa_low, found.kappa_high) == (pytest.approx(0.146, abs=0.001), pytest.approx(0.654, abs=0.001))
    assert found.not_judged == 16


@pytest.mark.parametrize("rows", [[("", "")], [("yes", "yes")] * 3])
def test_kappa_that_cannot_be_told(tmp_path, rows):
    assert filled(tmp_path, rows, [LIST] * len(rows)).kappa is None


def test_the_list_is_weighed_by_the_strata(tmp_path):
    """Of 10 listed half were seen and all needed it; of 100 others two were seen and one did: 10 of 60 were found."""
    found = filled(tmp_path, [("yes", "yes")] * 5 + [("yes", "yes"), ("no", "no")], [LIST] * 5 + [REST] * 2)
    assert found.sensitivity == pytest.approx(10 / 60)
    assert found.specificity == 1


@pytest.mark.parametrize("content", ["", "patient,a,b\n", "patient,reviewer_a,reviewer_b\n1,perhaps,no\n"])
def test_another_sheet_is_refused(tmp_path, content):
    sheet, key = tmp_path / "review.csv", tmp_path / "key.csv"
    sheet.write_text(content)
    key.write_text("patient,stratum,of\n")
    with pytest.raises(RecordError):
        agreement(sheet, key)
