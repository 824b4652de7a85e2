"""Counts by group: who belongs where, and that no number which is withheld can be computed from those that are shown."""

import itertools
import json
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fourthstep import as_of
from fourthstep.screen.equity import COLUMNS, Counts, lines, withheld
from fourthstep.screen.groups import DIMENSIONS, groups_of, not_recorded

DAY = as_of("2026-03-01")
URL = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"


def us_core(name: str, *codes: str) -> dict:
    return {"url": URL + name, "extension": [{"url": "ombCategory", "valueCoding": {"code": code}} for code in codes]}


def spoken(*codes: str, preferred: str = "") -> list[dict]:
    return [
        {"language": {"coding": [{"code": code}]}} | ({"preferred": True} if code == preferred else {}) for code in codes
    ]


GROUPS = [
    # dimension, what the Patient resource holds, group
    ("sex", {"gender": "female"}, "female"),
    ("sex", {"gender": "other"}, "other"),
    ("sex", {"gender": "unknown"}, "not recorded"),
    ("sex", {"gender": ["female"]}, "not recorded"),
    ("sex", {}, "not recorded"),
    ("age", {"birthDate": "1961-03-01"}, "65 to 74"),
    ("age", {"birthDate": "1961-03-02"}, "45 to 64"),
    ("age", {"birthDate": "1941-03-01"}, "85 and over"),
    ("age", {"birthDate": "1961"}, "not recorded"),
    ("age", {"birthDate": "1955"}, "65 to 74"),
    ("age", {"birthDate": "2027-01-01"}, "not recorded"),
    ("age", {"birthDate": "yesterday"}, "not recorded"),
    ("age", {}, "not recorded"),
    ("language", {"communication": spoken("en-US")}, "en"),
    ("language", {"communication": spoken("en", "es")}, "more than one"),
    ("language", {"communication": spoken("en", "es", preferred="es")}, "es"),
    ("language", {"communication": [{"language": {"text": "Spanish"}}]}, "not recorded"),
    ("language", {"communication": "es"}, "not recorded"),
    ("race", {"extension": [us_core("race", "2106-3")]}, "White"),
    ("race", {"extension": [us_core("race", "2106-3", "2028-9")]}, "more than one"),
    ("race", {"extension": [us_core("race", "UNK")]}, "not recorded"),
    ("race", {"extension": [us_core("ethnicity", "2135-2")]}, "not recorded"),
    ("race", {"extension": [7]}, "not recorded"),
    ("ethnicity", {"extension": [us_core("race", "2106-3"), us_core("ethnicity", "2135-2")]}, "Hispanic or Latino"),
]


@pytest.mark.parametrize(("dimension", "held", "group"), GROUPS)
def test_the_group_of_a_patient(dimension: str, held: dict, group: str) -> None:
    line = json.dumps({"resourceType": "Patient", "id": "1", **held}).encode()
    assert groups_of([line], DAY)["1"][dimension] == group


def test_of_two_versions_of_a_patient_the_newest_counts_in_any_order() -> None:
    old, new = (
        json.dumps({"resourceType": "Patient", "id": "1", "gender": sex, "meta": {"lastUpdated": day}}).encode()
        for sex, day in (("male", "2025-01-01T00:00:00Z"), ("female", "2026-01-01T00:00:00Z"))
    )
    assert groups_of([old, new], DAY) == groups_of([new, old], DAY)
    assert groups_of([old, new], DAY)["1"]["sex"] == "female"


def test_no_other_line_is_a_patient() -> None:
    line = b'{"resourceType": "Condition", "id": "1", "subject": {"type": "Patient", "reference": "Patient/1"}}'
    assert groups_of([line], DAY) == {}
    assert set(not_recorded()) == set(DIMENSIONS)


# -- small numbers -----------------------------------------------------------------------------------------------


def counts(patients: int, in_scope: int = 0, not_assessable: int = 0, uncontrolled: int = 0, refer: int = 0) -> Counts:
    return Counts(patients, in_scope, not_assessable, uncontrolled, refer)


SMALL = [
    # patients by group, the groups that are withheld
    ({"a": 11, "b": 11}, ""),
    ({"a": 10, "b": 11, "c": 40}, "ab"),
    ({"a": 10, "b": 1, "c": 40}, "ab"),
    ({"a": 9, "b": 1, "c": 40}, "abc"),
    ({"a": 9, "b": 1, "c": 12, "d": 40}, "abc"),
    ({"a": 10, "b": 40}, "ab"),
    ({"a": 11}, ""),
    ({"a": 10}, "a"),
    (dict.fromkeys("abcdefghijk", 1) | {"l": 12, "m": 40}, "abcdefghijkl"),
]


@pytest.mark.parametrize(("rows", "wanted"), SMALL)
def test_groups_under_eleven_are_withheld_with_enough_others(rows: dict[str, int], wanted: str) -> None:
    assert withheld({name: counts(number) for name, number in rows.items()})["patients"] == set(wanted)


def test_few_in_scope_are_a_small_group_too() -> None:
    rows = {"a": counts(300, 10, 1, 1, 1), "b": counts(300, 60, 5, 9, 4), "c": counts(300, 90, 5, 9, 4)}
    hidden = withheld(rows)
    assert hidden["patients"] == set()
    assert hidden["in_scope"] == hidden["refer"] == {"a", "b"}


def test_where_every_group_is_withheld_none_is_named() -> None:
    total = counts(12, 12, 1, 1, 1)
    found = list(lines(total, {"sex": {"female": counts(8, 8, 1, 0, 0), "male": counts(4, 4, 0, 1, 1)}}))
    assert [(each.dimension, each.group, each.patients) for each in found] == [
        ("all", "all", 12),
        ("sex", "every group", None),
    ]


def test_the_order_does_not_tell_which_withheld_group_is_larger() -> None:
    rows = {"d": counts(9), "a": counts(2), "c": counts(3), "b": counts(30), "e": counts(40)}
    assert [each.group for each in lines(counts(84), {"sex": rows})] == ["all", "e", "b", "a", "c", "d"]


@st.composite
def tables(draw) -> dict[str, Counts]:
    rows = {}
    for name in "abcde"[: draw(st.integers(1, 5))]:
        patients = draw(st.integers(1, 9))
        in_scope = draw(st.integers(0, patients))
        not_assessable = draw(st.integers(0, in_scope))
        refer = draw(st.integers(0, in_scope - not_assessable))
        rows[name] = counts(patients, in_scope, not_assessable, draw(st.integers(0, in_scope)), refer)
    return rows


def possible(each: Counts) -> bool:
    return (
        each.patients >= 1
        and 0 <= each.in_scope <= each.patients
        and min(each.not_assessable, each.uncontrolled, each.refer) >= 0
        and each.not_assessable + each.refer <= each.in_scope
        and each.uncontrolled <= each.in_scope
    )


MOVES = [move for move in itertools.product((0, 1, -1), repeat=len(COLUMNS)) if any(move)]
UPPER = [move for move in MOVES if not any(move[2:])]


def moved(
    rows: dict[str, Counts], hidden: dict[str, set[str]], name: str, moves: list[tuple[int, ...]]
) -> Iterator[dict[str, Counts]]:
    """Tables that differ in a group and another one, with the same totals and the same shown numbers."""
    for other in set(rows) - {name}:
        free = [name in hidden[column] and other in hidden[column] for column in COLUMNS]
        for move in moves:
            if all(free[at] or not step for at, step in enumerate(move)):
                pair = zip(COLUMNS, move, strict=True)
                more, less = zip(
                    *((getattr(rows[name], each) + step, getattr(rows[other], each) - step) for each, step in pair),
                    strict=True,
                )
                if possible(Counts(*more)) and possible(Counts(*less)):
                    yield rows | {name: Counts(*more), other: Counts(*less)}


def could_differ(rows: dict[str, Counts], hidden: dict[str, set[str]], name: str, column: str) -> bool:
    """Is there another table that fits all that is shown, in which this number is another one?"""
    at, told = COLUMNS.index(column), getattr(rows[name], column)
    moves = [move for move in MOVES if move[at]]
    before = itertools.chain([rows], (each for other in rows for each in moved(rows, hidden, other, UPPER)),
                             moved(rows, hidden, name, MOVES))  # fmt: skip
    return any(getattr(after[name], column) != told for each in before for after in moved(each, hidden, name, moves))


def told_by_totals(rows: dict[str, Counts], column: str) -> bool:
    """Nobody or everybody: then the totals tell the number of each group, whatever is withheld."""
    over = "patients" if column == "in_scope" else "in_scope"
    whole, most = (sum(getattr(each, name) for each in rows.values()) for name in (column, over))
    return column != "patients" and whole in (0, most)


@settings(max_examples=300, deadline=None)
@given(tables())
def test_no_withheld_number_can_be_computed(rows: dict[str, Counts]) -> None:
    """Of every withheld number there is another one that fits all that is shown (small groups are those under 3)."""
    hidden = withheld(rows, 3)
    if len(hidden["patients"]) == len(rows):
        return  # the table names no group at all
    for name in rows:
        for column in COLUMNS:
            if name in hidden[column] and not told_by_totals(rows, column):
                assert could_differ(rows, hidden, name, column), (name, column)


@given(tables())
def test_no_small_group_is_shown(rows: dict[str, Counts]) -> None:
    total = Counts()
    for each in rows.values():
        total.add(each)
    for line in lines(total, {"sex": rows}, 3):
        if line.group != "all" and len(rows) > 1:
            assert line.patients is None or line.patients >= 3
            assert line.in_scope is None or line.in_scope >= 3 or total.in_scope in (0, total.patients)
            outcomes = (line.assessed, line.not_assessable, line.uncontrolled, line.refer)
            assert line.in_scope is not None or outcomes == (None,) * 4
            assert len({each is None for each in outcomes}) == 1


def test_the_table_says_what_was_counted() -> None:
    rows = {"a": counts(20, 15, 3, 5, 2), "b": counts(30, 20, 4, 6, 1)}
    (whole, b, a) = lines(counts(50, 35, 7, 11, 3), {"sex": rows})
    assert msgspec.structs.astuple(whole) == ("all", "all", 50, 35, 28, 7, 11, 3)
    assert (b.group, a.group, a.assessed, a.rate("refer"), a.rate("in_scope")) == ("b", "a", 12, "13.3", "75.0")
