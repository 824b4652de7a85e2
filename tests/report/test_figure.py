"""The time axis: what is drawn, and what is not known is not drawn as if it were."""

import re
from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from fourthstep.assessment.result import Treatment
from fourthstep.facts.opioids import DoseThen
from fourthstep.ground.interval import Interval
from fourthstep.report.figure import SHAPES, Figure, bars, scores_of, steps
from fourthstep.report.phrases import Phrases
from tests.report.examples import KNOWLEDGE, assessed

say = Phrases(KNOWLEDGE)
LAST = date(2026, 3, 1)


def drawn(**changed):
    return Figure(replace(assessed("pancreatic"), **changed), say)


def course(start, end, label="morphine", kind="opioid"):
    return Treatment(label=label, kind=kind, start=start, end=end, ref=f"X/{start}")


@pytest.mark.parametrize(
    ("rows", "spans"),
    [
        ([("2026-01-01", "2026-01-10"), ("2026-01-11", "2026-02-01")], [("2026-01-01", "2026-02-01")]),
        (
            [("2026-01-01", "2026-01-10"), ("2026-01-12", "2026-02-01")],
            [("2026-01-01", "2026-01-10"), ("2026-01-12", "2026-02-01")],
        ),
        ([("2026-02-01", "2026-04-01")], [("2026-02-01", "2026-03-01")]),
        ([("2026", "2026")], [("2026-01-01", "2026-01-01")]),
        ([("2026-02", "2026-02")], [("2026-02-01", "2026-02-01")]),
    ],
)
def test_entries_that_touch_are_one_bar_up_to_the_day(rows, spans):
    assert [(str(bar.start), str(bar.end)) for bar in bars([course(*row) for row in rows], LAST)] == spans


def test_a_dose_that_is_not_known_is_hatched():
    history = (DoseThen(date(2026, 1, 1), Interval.point(60)), DoseThen(date(2026, 2, 1), None))
    svg = drawn(opioid_history=history).svg()
    assert 'class="dose-unknown"' in svg
    assert "1 Feb 2026: not known" in svg


def test_a_dose_known_between_two_ends_shows_both():
    history = (DoseThen(date(2026, 1, 1), Interval(Interval.point(60).low, Interval.point(90).high)),)
    svg = drawn(opioid_history=history).svg()
    assert 'class="dose-high"' in svg
    assert "1 Jan 2026: 60 to 90 mg/d, as needed at most not known" in svg


@pytest.mark.parametrize(
    ("scheduled", "as_needed", "told", "kinds"),
    [
        (Interval.point(60), Decimal(90), "60 mg/d, as needed at most 90 mg/d", ["dose-high", "dose", "dose-needed"]),
        (Interval.point(60), Decimal(0), "60 mg/d", ["dose-high", "dose"]),
        (Interval.point(60), None, "60 mg/d, as needed at most not known", ["dose-high", "dose", "dose-unknown"]),
        (None, Decimal(90), "not known", ["dose-unknown"]),
        (None, None, "not known", ["dose-unknown"]),
    ],
)
def test_what_may_be_taken_as_needed_stands_on_what_is_scheduled(scheduled, as_needed, told, kinds):
    known = DoseThen(date(2026, 1, 1), Interval.point(30), Decimal(0))
    figure = drawn(opioid_history=(known, DoseThen(LAST, scheduled, as_needed)))
    assert figure.amounts(figure.doses[-1]) == told
    assert re.findall(r'class="(dose[\w-]*)"', figure.svg())[2:] == kinds
    assert f"1 Mar 2026: {told}</title>" in figure.svg()


def test_the_worst_score_is_drawn_once():
    pain = assessed("pancreatic").pains[0]
    assert [(row.score, row.kind) for row in scores_of(pain) if row.kind == "worst"] == [(9, "worst")]
    told = replace(pain, series=((pain.worst_day, "9", "average"), *pain.series))
    assert not [row for row in scores_of(told) if row.kind == "worst"]


def test_several_pains_are_named_in_the_drawing():
    pain = assessed("pancreatic").pains[0]
    svg = drawn(pains=(pain, replace(pain, id="leg/left", region="leg", side="left"))).svg()
    assert ">leg, left, visceral<" in svg
    assert ">upper abdomen, midline, visceral<" not in drawn().svg()


def test_without_a_known_dose_nothing_is_drawn_of_it():
    figure = drawn(opioid_history=(DoseThen(date(2026, 1, 1), None),))
    assert not figure.dose_told
    assert 'class="dose' not in figure.svg()


def test_nothing_to_draw():
    figure = drawn(pains=(), opioid_history=(), history=())
    assert figure.empty


def test_kinds_of_score_differ_in_shape():
    assert len(set(SHAPES.values())) == len(SHAPES)


def test_what_is_older_than_a_year_is_counted():
    assert drawn(history=(course("2020-01-01", "2020-02-01"),)).older == 1


def test_only_changes_of_the_dose_are_steps():
    days = [DoseThen(date(2026, 1, day), Interval.point(60), Decimal(0)) for day in (1, 2)]
    days += [DoseThen(date(2026, 1, 3), None), DoseThen(date(2026, 1, 4), None, Decimal(10))]
    assert [each.day.day for each in steps(days)] == [1, 3, 4]


def test_words_of_a_record_are_escaped():
    assert "<b>" not in drawn(history=(course("2026-02-01", "2026-02-02", label="<b>x</b>"),)).svg()
