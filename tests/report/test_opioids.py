"""The opioid arithmetic in words: what was read, what it makes, and that nothing unread is summed."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fourthstep.facts.opioids import Step
from fourthstep.ground.interval import Interval
from fourthstep.report.opioids import opioid_lines, step_text, together, totals_line
from fourthstep.report.phrases import Phrases
from tests.report.examples import KNOWLEDGE, assessed

say = Phrases(KNOWLEDGE)
TABLET = Step(
    ref="MedicationRequest/1", opioid="morphine", product="morphine sulfate 30 MG Oral Tablet", strength="30 mg", form="Oral Tablet",
    route="oral", role="prescribed", fate="counted", dose="1 1", times="2 a day", amount=Interval.point(60), as_needed=Decimal(0),
    unit="mg", factor=Decimal(1), scheduled=Interval.point(60), prn_max=Decimal(0),
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "morphine sulfate 30 MG Oral Tablet, 1 tablet, 2 a day, oral: 60 mg × 1 = 60 mg/d"),
        (
            {"amount": Interval.point(0), "scheduled": Interval.point(0), "as_needed": Decimal(90), "prn_max": Decimal(90)},
            "as needed up to 90 mg × 1 = 90 mg/d",
        ),
        ({"dose": "5 mg", "role": "recorded", "times": ""}, "5 mg, recorded 1 × in the last 24 h, oral"),
        ({"role": "recorded", "fate": "not-current"}, "1 tablet, 2 a day, oral: not current"),
        ({"form": "Transdermal System", "times": "0.3333333333 a day"}, "1 system, every 3 days"),
        ({"form": ""}, "1 ×, 2 a day"),
        ({"extension": True}, "factor not in the table itself"),
        ({"fate": "unreadable", "scheduled": None, "reasons": ("no-dose",)}, "cannot be read (the dosage has no amount)"),
        (
            {"fate": "unreadable", "dose": "", "times": "", "text": "as told", "scheduled": None},
            'oral, "as told": cannot be read',
        ),
        ({"product": ""}, "morphine, 1 tablet"),
    ],
)
def test_a_use(changed, told):
    assert told in step_text(replace(TABLET, **changed), say)


def test_equal_uses_are_told_once_and_added():
    given = replace(TABLET, role="recorded", dose="15 mg", times="", amount=Interval.point(15), scheduled=Interval.point(15))
    ((told, uses),) = together([given, replace(given, ref="X/2"), replace(given, ref="X/3")], say)
    assert told.endswith("15 mg, recorded 3 × in the last 24 h, oral: 3 × 15 mg × 1 = 45 mg/d")
    assert len(uses) == 3


def test_without_a_total_the_reason_is_told_and_no_number():
    unread = replace(assessed("pancreatic").opioids, scheduled=None, range=None, reasons=("no-dose",))
    assert totals_line(unread, say) == "daily dose not known: the dosage has no amount"


def test_past_uses_are_counted_or_in_full_listed():
    dose = assessed("pancreatic").opioids
    brief, full = list(opioid_lines(dose, say, full=False)), list(opioid_lines(dose, say))
    assert any("left out here" in line for line in brief)
    assert len(full) > len(brief)
    assert full[-1] == "This measures exposure. It is not a dose to give or to switch to."


def test_nothing_as_needed_is_not_told_as_a_number():
    assert "as needed" not in totals_line(replace(assessed("pancreatic").opioids, prn_max=Decimal(0)), say)
    assert "as needed up to not known" in totals_line(replace(assessed("pancreatic").opioids, prn_max=None), say)
