"""Words, days and units: the smallest sentences, one row each."""

import pytest
from msgspec.structs import replace

from fourthstep.assessment.result import Past, Reason, Value
from fourthstep.report.phrases import Phrases, once, short_numbers, shortened, without_tag
from fourthstep.report.reasons import sentence, which
from fourthstep.rules.ask import Leaf
from fourthstep.rules.holds import Asked, HoldVerdict
from tests.report.examples import KNOWLEDGE, assessed

say = Phrases(KNOWLEDGE)
VALUE = {"fact": "x", "says": "sepsis", "value": "", "unit": "", "day": "", "age": None, "refs": (), "why": ""}


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-03-01", "1 Mar 2026"),
        ("2026-11-23", "23 Nov 2026"),
        ("2026-03", "Mar 2026"),
        ("2026", "2026"),
        ("2026-03-01T08:10-06:00", "1 Mar 2026, 08:10 (UTC-06:00)"),
        ("2026-03-01T08:10:30+00:00", "1 Mar 2026, 08:10 (UTC)"),
        ("", ""),
        ("2026-13-01", "2026-13-01"),
    ],
)
def test_a_day_cannot_be_misread(day, told):
    assert say.day(day) == told


@pytest.mark.parametrize(("days", "told"), [(0, "same day"), (1, "1 d"), (729, "729 d"), (730, "2 y"), (5174, "14 y")])
def test_an_age(days, told):
    assert say.age(days) == told


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("upper-abdomen", "upper abdomen"),
        ("shoulder-arm or hip", "shoulder or arm or hip"),
        ("1-2", "1 to 2 weeks"),
        ("short-months", "1 to 3 months"),
        ("10 to 17", "10 to 17"),
        ("<5", "<5"),
    ],
)
def test_a_coded_value_in_words(word, told):
    assert say.word(word) == told


def test_every_value_of_the_knowledge_has_words():
    for fact in KNOWLEDGE.facts.values():
        for value in fact.values:
            assert "-" not in say.word(value)
            assert "_" not in say.word(value)


LEAVES = [
    (
        {"value": "38", "unit": "10*9/L", "day": "2026-02-26", "age": 3, "truth": "true"},
        "platelets 38 ×10⁹/L, 26 Feb 2026 (3 d)",
    ),
    (
        {
            "value": "180",
            "unit": "10*9/L",
            "day": "2026-02-26",
            "age": 3,
            "why": "too-old",
            "asked": "below 50 10*9/L within 2 d",
        },
        "platelets 180 ×10⁹/L, 26 Feb 2026 (3 d): older than the 2 d asked for here",
    ),
    ({"why": "never-measured"}, "platelets: never measured"),
    (
        {"value": "40 to 60", "unit": "10*9/L", "why": "known-only-so-far", "asked": "below 50 10*9/L within 7 d"},
        "platelets 40 to 60 ×10⁹/L: known only so far; asked: below 50 ×10⁹/L within 7 d",
    ),
    ({"fact": "sepsis", "value": "no", "truth": "false", "detail": "as-recorded"}, "no sepsis, as recorded"),
    ({"fact": "sepsis", "value": "no", "truth": "false", "detail": "answered"}, "no sepsis, as answered"),
    ({"fact": "sepsis", "value": "yes", "truth": "true", "day": "2026-02"}, "sepsis, Feb 2026"),
    ({"fact": "sepsis", "why": "not-vouched"}, "sepsis: not recorded, and the sender does not vouch that all was sent"),
    ({"fact": "pain_region", "value": "upper-abdomen", "truth": "true"}, "region of the pain upper abdomen"),
    ({"fact": "leg:opioid-trial", "value": "not usable", "truth": "true"}, "Strong opioid: not usable"),
]


@pytest.mark.parametrize(("leaf", "told"), LEAVES)
def test_a_datum(leaf, told):
    assert say.leaf(Leaf(**{"fact": "platelet_count", "asked": "", "truth": "unknown"} | leaf)) == told


@pytest.mark.parametrize(
    ("effect", "truth", "policy", "told"),
    [
        ("lasting-stop", "true", False, "contraindication: Ascites [X2020]"),
        ("lasting-stop", "unknown", False, "contraindication not ruled out: Ascites (not known) [X2020]"),
        ("correctable-stop", "true", False, "correct first: Ascites [X2020]"),
        ("correctable-stop", "unknown", False, "to be settled first: Ascites (not known) [X2020]"),
        ("caution", "true", True, "caution: Ascites (policy) [X2020]"),
        ("caution", "unknown", False, "caution not ruled out: Ascites (not known) [X2020]"),
    ],
)
def test_a_reason(effect, truth, policy, told):
    each = Reason(id="x", effect=effect, truth=truth, says="Ascites", because=("X2020",), policy=policy)
    assert sentence(each, say) == told


UNKNOWN_STOPS = [
    ({"why": "never-measured"}, "platelets not known (never measured): measure it; it decides: Platelets below 50"),
    (
        {"why": "too-old", "value": "180", "unit": "10*9/L", "day": "2026-02-26", "age": 3, "asked": "below 50 within 2 d"},
        "platelets 180 ×10⁹/L, 26 Feb 2026 (3 d), older than the 2 d asked for here: measure it again; it decides:",
    ),
    ({"why": "unit-not-readable"}, "platelets not known (no readable unit or number): measure it; it decides: Platelets"),
    (
        {"fact": "sepsis", "why": "not-vouched"},
        "sepsis not known (not recorded, and the sender does not vouch that all was sent); it decides: Platelets below 50",
    ),
]


@pytest.mark.parametrize(("leaf", "told"), UNKNOWN_STOPS)
def test_an_unknown_is_never_told_like_a_finding(leaf, told):
    found = Leaf(**{"fact": "platelet_count", "asked": "", "truth": "unknown"} | leaf)
    each = Reason(id="x", effect="correctable-stop", truth="unknown", says="Platelets below 50", leaves=(found,))
    assert sentence(each, say).startswith(f"to be settled first: {told}")


TRUE = {"truth": "true", "asked": ""}
CHEMOTHERAPY = Leaf(fact="cytotoxic_recent", value="yes", day="2026-02-18", refs=("Condition/1",), **TRUE)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"fact": "cytotoxic_days", "value": "11", "refs": ("Condition/1",)}, ["cytotoxic_days"]),
        ({"fact": "cytotoxic_days", "value": "11", "refs": ("Condition/2",)}, ["cytotoxic_recent", "cytotoxic_days"]),
        ({"fact": "sepsis", "value": "yes", "refs": ("Condition/1",)}, ["cytotoxic_recent", "sepsis"]),
    ],
)
def test_a_yes_is_not_told_beside_the_value_of_the_same_data(other, told):
    assert [leaf.fact for leaf in once([CHEMOTHERAPY, Leaf(**(TRUE | other))])] == told


@pytest.mark.parametrize(
    ("clearance", "told"),
    [({"value": "56.5"}, " (56.5 here)"), ({"why": "no-recent-creatinine"}, " (not known here)")],
)
def test_the_clearance_stands_beside_the_condition(clearance, told):
    values = (Value(**(VALUE | {"fact": "creatinine_clearance"} | clearance)),)
    here = Phrases(KNOWLEDGE, replace(assessed("pancreatic"), safety=values))
    assert here.asks(asked(condition="CrCl >=50")) == f"72 h at a creatinine clearance of 50 mL/min or more{told}"


def asked(**changed):
    plain = {
        "source": "ASRA2018",
        "decision": "hold",
        "hours": "72 h",
        "condition": "",
        "lab": "",
        "restart": "",
        "mark": "V",
        "note": "",
    }
    return Asked(**(plain | changed))


@pytest.mark.parametrize(
    ("asks", "told"),
    [
        (asked(), "72 h"),
        (asked(decision="shared", hours="48 h"), "a shared decision with the prescriber (if paused: 48 h)"),
        (asked(decision="continue", hours=""), "no interruption"),
        (asked(decision="hold_plus_lab", hours="120 h", lab="INR normal"), "120 h, check INR normal"),
        (asked(condition="CrCl <50"), "72 h at a creatinine clearance below 50 mL/min"),
        (asked(condition="CrCl 15-30 (3 doses)"), "72 h, counted as 3 doses, at a creatinine clearance of 15 to 30 mL/min"),
        (asked(condition="CrCl <50 (6-8 doses)"), "72 h, counted as 6-8 doses, at a creatinine clearance below 50 mL/min"),
        (asked(condition="CrCl >=50 (4 doses)"), "72 h, counted as 4 doses, at a creatinine clearance of 50 mL/min or more"),
    ],
)
def test_what_a_guideline_asks(asks, told):
    assert say.asks(asks) == told


def test_an_antithrombotic_is_told_without_an_order():
    verdict = HoldVerdict("apixaban", "true", "2026-02-28", (), (asked(),), "true", "false", "", "V")
    assert say.hold(verdict) == (
        "apixaban: taken now, as recorded, last recorded 28 Feb 2026; ASRA 2018 asks 72 h since the last apixaban; "
        "the prescriber decides"
    )


def test_a_drug_without_a_row_is_never_free():
    verdict = HoldVerdict("novelxaban", "unknown", "", (), (), "unknown", "unknown", "no-interval-in-the-table", "P")
    told = say.hold(verdict)
    assert "not known whether it is taken now, last dose not recorded" in told
    assert "no guideline interval in the table for this drug" in told
    assert told.endswith("the prescriber decides")


@pytest.mark.parametrize(
    ("display", "told"),
    [
        ("Radiotherapy (procedure)", "Radiotherapy"),
        ("Physical therapy procedure (regime/therapy)", "Physical therapy procedure"),
        ("Malignant tumor of lung (disorder)", "Malignant tumor of lung"),
        ("Oxycodone (Roxicodone)", "Oxycodone (Roxicodone)"),
    ],
)
def test_a_tag_of_the_terminology_is_left_out(display, told):
    assert without_tag(display) == told


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("36.66666666666666666666666667", "36.67"),
        ("396.52", "396.52"),
        ("1.5", "1.5"),
        ("13.914", "13.91"),
        ("49.996", "49.996"),
        ("1.4999", "1.4999"),
        ("12.49999968422344", "12.5"),
        ("10.123 to 17", "10.12 to 17"),
        ("<0.1254", "<0.125"),
        ("0.000123", "0.000123"),
    ],
)
def test_numbers_are_short_and_never_rounded_onto_a_limit(number, told):
    assert short_numbers(number) == told


@pytest.mark.parametrize(
    ("numbers", "most", "told"),
    [((1, 2, 3), 3, "all 3"), ((1,), 1, "1"), ((1, 4, 5, 6, 7), 8, "1, 4 to 7"), ((2, 3), 5, "2, 3"), ((1, 3), 5, "1, 3")],
)
def test_options_by_number(numbers, most, told):
    assert which(numbers, most, say) == told


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        ({"why": "not-vouched"}, ["not known, not recorded, and the sender does not vouch that all was sent: sepsis"]),
        ({"value": "no"}, ["no, none recorded: sepsis"]),
        ({"value": "no", "refs": ("Condition/1",)}, []),
        ({"value": "yes"}, []),
    ],
)
def test_only_a_recorded_no_is_a_no(changed, lines):
    assert [line for _, line in say.not_found([Value(**(VALUE | changed))])] == lines


@pytest.mark.parametrize(
    ("ref", "short"),
    [
        ("Observation/db52d9af-99b3-5be0-b30a-5c08c7ee89c9", "Observation/db52d9af…89c9"),
        ("Observation/sixteen-letters1", "Observation/sixteen-letters1"),
        ("answer", "answer"),
    ],
)
def test_a_long_id_is_shortened_where_it_is_shown(ref, short):
    assert shortened(ref) == short


@pytest.mark.parametrize(
    ("past", "told"),
    [
        (Past(says="Intercostal nerve block (procedure)", day="2026-02-03", outcome="", sure=True, ref="Procedure/1"),
         "Intercostal nerve block, 3 Feb 2026"),
        (Past(says="Vertebroplasty", day="", outcome="unsuccessful", sure=True, ref="Procedure/1"),
         "Vertebroplasty, without a day, recorded as unsuccessful"),
        (Past(says="Destructive agent into nerves", day="2026", outcome="", sure=False, ref="Procedure/1"),
         "Destructive agent into nerves, 2026, perhaps this one (the code does not tell which)"),
        (Past(says="", day="2026-02", outcome="", sure=True, ref="Procedure/1"), "Procedure/1, Feb 2026"),
    ],
    ids=["done", "undated and failed", "a code of several", "nameless"],
)  # fmt: skip
def test_an_earlier_procedure(past, told):
    assert say.past(past) == told
