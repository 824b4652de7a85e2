"""The anticoagulation question on its own: every drug and class of the table, and what is missing to choose."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fourthstep import hold
from fourthstep.assessment.identity import encode
from fourthstep.ground.dates import When, as_of, when
from fourthstep.ground.errors import FourthstepError
from fourthstep.knowledge.load import load_knowledge
from fourthstep.report.hold import hold_text

KNOWLEDGE = load_knowledge()
DAY = as_of("2026-03-02")
BY_CLASS = {"high": "intrathecal-pump", "intermediate": "paravertebral-block", "low": "trigger-point-injection"}
NAMED = sorted({(row.drug, row.risk_class) for row in KNOWLEDGE.tables.holds
                if row.source == KNOWLEDGE.holds.decides and row.rxcui})  # fmt: skip


def asked(drug, before="vertebroplasty", **stated):
    return hold(drug, before=before, as_of=DAY, **stated)


@pytest.mark.parametrize(("drug", "risk"), NAMED)
def test_every_row_of_the_deciding_guideline_is_told(drug, risk):
    """Nothing stated but the drug: every row that could apply stands there, and what would choose is asked."""
    answer = asked(drug, BY_CLASS[risk])
    rows = [row for row in KNOWLEDGE.tables.holds
            if (row.drug, row.risk_class, row.source) == (drug, risk, KNOWLEDGE.holds.decides)]  # fmt: skip
    told = [each for each in answer.verdict.asks if each.source == KNOWLEDGE.holds.decides]
    assert {(each.decision, each.condition) for each in told} == {(row.decision, row.condition) for row in rows}
    assert bool(answer.missing) or len(rows) == 1


ROWS = [
    # drug, stated, hours by source, missing
    ("apixaban", {"clearance": Decimal(35)}, ["ASRA2018 72 h", "SIR2019 72 h"], []),
    ("apixaban", {"clearance": Decimal(50)}, ["ASRA2018 72 h", "SIR2019 48 h"], []),
    ("apixaban", {}, ["ASRA2018 72 h", "SIR2019 48 h", "SIR2019 72 h"], ["creatinine_clearance"]),
    ("dabigatran", {"clearance": Decimal(50)}, ["ASRA2018 96 h", "SIR2019 48 h"], []),
    ("dabigatran", {"clearance": Decimal("49.9")}, ["ASRA2018 120-144 h", "SIR2019 72-96 h"], []),
    ("dabigatran", {}, ["ASRA2018 96 h", "ASRA2018 120-144 h", "SIR2019 48 h", "SIR2019 72-96 h"], ["creatinine_clearance"]),
    ("enoxaparin", {"use": "therapeutic", "clearance": Decimal(60)}, ["ASRA2018 24 h", "SIR2019 24 h"], []),
    ("enoxaparin", {"use": "prophylactic", "clearance": Decimal(60)}, ["ASRA2018 12 h", "SIR2019 12 h"], []),
    ("aspirin", {"use": "primary prevention"}, ["ASRA2018 144 h", "SIR2019 72-120 h"], []),
    ("heparin", {"use": "intravenous"}, ["ASRA2018 6 h", "SIR2019 4-6 h"], []),
    ("heparin", {"use": "subcutaneous low dose"}, ["ASRA2018 24 h", "SIR2019 6 h"], []),
    ("warfarin", {}, ["ASRA2018 120 h", "SIR2019 120 h"], []),
]


@pytest.mark.parametrize(("drug", "stated", "hours", "missing"), ROWS)
def test_what_is_asked(drug, stated, hours, missing):
    answer = asked(drug, **stated)
    assert [f"{each.source} {each.hours}" for each in answer.verdict.asks] == hours
    assert [each.fact for each in answer.missing] == missing


def test_a_missing_use_is_asked_with_its_values():
    (use, kidney) = asked("enoxaparin").missing
    assert (use.fact, use.values) == ("use", ("prophylactic", "therapeutic"))
    assert kidney.fact == "creatinine_clearance"


@pytest.mark.parametrize(
    ("last", "moment", "passed"),
    [
        ("2026-02-27T08:10:00+00:00", "2026-03-02T08:10:00+00:00", "true"),  # 72 h to the minute
        ("2026-02-27T08:10:00+00:00", "2026-03-02T08:09:00+00:00", "false"),
        ("2026-02-27T08:10:00+00:00", "2026-03-02", "unknown"),  # it passes on that day; a day alone is no time
        ("2026-02-27T00:00:00+00:00", "2026-03-02", "true"),  # already at its beginning
        ("2026-02-26", "2026-03-02", "true"),  # even if taken late on that day
        ("2026-02-27", "2026-03-02", "unknown"),
        ("2026-02-28", "2026-03-03T12:00:00+00:00", "unknown"),  # a day alone: at its beginning or at its end
        ("2026-03-01", "2026-03-02", "false"),
        ("", "2026-03-02", ""),  # no last dose: nothing is said
    ],
)
def test_whether_the_interval_has_passed(last, moment, passed):
    answer = hold("apixaban", before="vertebroplasty", as_of=as_of(moment), clearance=Decimal(80),
                  last=when(last) if last else None)  # fmt: skip
    assert answer.passed == passed


@pytest.mark.parametrize(
    ("clearance", "until", "missing"),
    [
        (Decimal(25), True, []),
        (
            Decimal("24.9"),
            False,
            [],
        ),  # the interval is a longer one: no end of the shorter is told, and nothing is asked again
        (None, False, ["creatinine_clearance"]),
    ],
)
def test_until_when_is_told_only_where_the_kidney_does_not_change_it(clearance, until, missing):
    answer = hold(
        "apixaban", before="vertebroplasty", as_of=DAY, clearance=clearance, last=when("2026-02-28T08:00:00+00:00")
    )
    assert [bool(each.until) for each in answer.verdict.asks] == [until] * len(answer.verdict.asks)
    assert [each.fact for each in answer.missing] == missing


@pytest.mark.parametrize(("drug", "counts_doses"), [("apixaban", True), ("warfarin", False), ("aspirin", False)])
def test_doses_are_counted_only_where_the_row_does(drug, counts_doses):
    assert ("counts the doses that are left out" in hold_text(asked(drug, clearance=Decimal(60)), KNOWLEDGE)) is counts_doses


def test_who_must_agree_is_named():
    assert {"thrombotic-risk-valve", "thrombotic-risk-stent", "thrombotic-risk-vte"} <= set(
        asked("apixaban").thrombotic_risks
    )


@pytest.mark.parametrize(("clearance", "passed"), [(Decimal(25), "true"), (Decimal("24.9"), "unknown"), (None, "unknown")])
def test_below_the_limit_of_the_kidney_nothing_has_surely_passed(clearance, passed):
    dose = datetime(2026, 2, 20, 8, tzinfo=UTC)
    last = When(dose.date(), dose.date(), dose)
    answer = hold("apixaban", before="vertebroplasty", as_of=DAY, clearance=clearance, last=last)
    assert answer.passed == passed


def test_a_drug_without_a_row_is_never_free():
    answer = asked("phenprocoumon")
    assert answer.verdict.asks == ()
    assert "no guideline interval in the table for this drug" in hold_text(answer, KNOWLEDGE)


def test_an_antiangiogenic_drug_has_an_interval_around_surgery():
    assert "28 days before surgery" in hold_text(asked("bevacizumab", "intrathecal-pump"), KNOWLEDGE)


def test_a_use_that_does_not_matter_is_said():
    assert "does not change its interval" in hold_text(asked("apixaban", use="therapeutic"), KNOWLEDGE)


@pytest.mark.parametrize(
    ("drug", "before", "use", "told"),
    [
        ("apixabn", "vertebroplasty", "", "apixabn is no drug of the tables of intervals; near: apixaban"),
        ("morphine", "vertebroplasty", "", "morphine is no drug of the tables of intervals"),
        ("apixaban", "vertebroplast", "", "vertebroplast is no intervention; near: vertebroplasty"),
        (
            "enoxaparin",
            "vertebroplasty",
            "full",
            "--dose full: the intervals of enoxaparin differ by: prophylactic | therapeutic",
        ),
    ],
)
def test_what_is_not_known_is_helped(drug, before, use, told):
    with pytest.raises(FourthstepError, match=r".") as raised:
        hold(drug, before=before, as_of=DAY, use=use)
    assert told in str(raised.value)


@pytest.mark.parametrize("name", sorted(KNOWLEDGE.interventions))
def test_before_every_intervention(name):
    """A text and a JSON for each; it never tells anyone to stop, and who decides is said."""
    answer = asked("rivaroxaban", name)
    told = hold_text(answer, KNOWLEDGE)
    assert "stop" not in told.lower().replace("cannot simply be stopped", "")
    assert "The prescriber decides" in told
    assert encode(answer)
    assert all(name in {rule.id for rule in KNOWLEDGE.safety} for name in answer.thrombotic_risks)
