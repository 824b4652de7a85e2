"""Three values in words: the whole squares of Kleene's logic, written by hand, cell by cell."""

import itertools

import pytest

from fourthstep.ground.truth import Truth, all_of, any_of, none_of, truth

LETTER = {"t": Truth.TRUE, "f": Truth.FALSE, "u": Truth.UNKNOWN}

AND = """
      t f u
    t t f u
    f f f f
    u u f u
"""
OR = """
      t f u
    t t t t
    f t f u
    u t u u
"""


def square(text):
    head, *rows = [line.split() for line in text.strip().splitlines()]
    return {(LETTER[row[0]], LETTER[column]): LETTER[cell]
            for row in rows for column, cell in zip(head, row[1:], strict=True)}  # fmt: skip


@pytest.mark.parametrize(("connective", "table"), [(all_of, AND), (any_of, OR)])
def test_every_cell(connective, table):
    cells = square(table)
    assert len(cells) == 9
    for (left, right), wanted in cells.items():
        assert connective([left, right]) is wanted, (left, right)


@pytest.mark.parametrize("three", list(itertools.product(Truth, repeat=3)))
def test_order_and_grouping_do_not_matter(three):
    for connective in (all_of, any_of):
        assert connective(three) is connective(reversed(three))
        assert connective(three) is connective([connective(three[:2]), three[2]])


@pytest.mark.parametrize("pair", list(itertools.product(Truth, repeat=2)))
def test_none_is_the_negation_of_any(pair):
    assert none_of(pair) is ~any_of(pair)


@pytest.mark.parametrize("value", list(Truth))
def test_double_negation(value):
    assert ~~value is value


def test_of_nothing():
    assert all_of([]) is Truth.TRUE
    assert any_of([]) is Truth.FALSE
    assert none_of([]) is Truth.TRUE


def test_a_bool_becomes_a_truth():
    assert truth(True) is Truth.TRUE
    assert truth(False) is Truth.FALSE


@pytest.mark.parametrize("value", list(Truth))
def test_refuses_to_be_a_bool(value):
    with pytest.raises(TypeError, match="three values"):
        bool(value)
    with pytest.raises(TypeError, match="three values"):
        if value:
            pass


def test_shows_itself():
    assert repr(Truth.UNKNOWN) == "Truth.UNKNOWN"
