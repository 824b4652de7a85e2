"""The words: every truth table whole, each cell against the rows of the design, written here a second time.

`*` means any value.  The first row that matches gives the word.
"""

import itertools

import pytest

from fourthstep.assessment.options import _order
from fourthstep.assessment.result import GoalFit, Option
from fourthstep.assessment.words import Fit, OptionWord, PathwayWord, Timing, option_word, pathway_word, timing_word
from fourthstep.ground.truth import Truth

LETTER = {"t": (Truth.TRUE,), "f": (Truth.FALSE,), "u": (Truth.UNKNOWN,), "*": tuple(Truth),
          "tu": (Truth.TRUE, Truth.UNKNOWN), "fu": (Truth.FALSE, Truth.UNKNOWN)}  # fmt: skip

OPTION = """
    fits | lasting | correctable | caution | word
    f    | *       | *           | *       | not indicated
    *    | t       | *           | *       | contraindicated
    u    | *       | *           | *       | undetermined
    *    | u       | *           | *       | undetermined
    *    | *       | t           | *       | after correction
    *    | *       | u           | *       | undetermined
    *    | *       | *           | tu      | candidate, with caution
    *    | *       | *           | *       | candidate
"""

PATHWAY = """
    in scope | red flag | uncontrolled | tolerated | gating adequate | early option | word
    f        | *        | *            | *         | *               | *            | not in scope
    *        | t        | *            | *         | *               | *            | red flag first
    u        | *        | *            | *         | *               | *            | cannot tell
    *        | *        | u            | *         | *               | *            | cannot tell
    *        | *        | f            | t         | *               | *            | controlled
    *        | *        | f            | u         | *               | *            | cannot tell
    *        | *        | *            | *         | t               | *            | refer
    *        | *        | *            | *         | *               | t            | refer early
    *        | *        | *            | *         | *               | *            | optimise first
"""


def rows(text):
    _, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [(tuple(LETTER[cell] for cell in line[:-1]), line[-1]) for line in lines]


def wanted(table, values):
    return next(word for cells, word in table if all(value in cell for value, cell in zip(values, cells, strict=True)))


@pytest.mark.parametrize("values", list(itertools.product(Truth, repeat=4)))
def test_option(values):
    fits, lasting, correctable, caution = values
    found = option_word(fits=fits, lasting_stop=lasting, correctable_stop=correctable, caution=caution)
    assert found == wanted(rows(OPTION), values)


@pytest.mark.parametrize("values", list(itertools.product(Truth, repeat=5)))
@pytest.mark.parametrize("early", [True, False])
def test_pathway(values, early):
    in_scope, red_flag, uncontrolled, tolerated, gating = values
    found = pathway_word(in_scope=in_scope, red_flag=red_flag, uncontrolled=uncontrolled, tolerated=tolerated,
                         gating_adequate=gating, early_option=early)  # fmt: skip
    assert found == wanted(rows(PATHWAY), (*values, Truth.TRUE if early else Truth.FALSE))


@pytest.mark.parametrize("table", [OPTION, PATHWAY])
def test_every_row_of_the_table_is_needed(table):
    """Take a row away, and some cell changes: no row is there for show."""
    whole = rows(table)
    width = len(whole[0][0])
    for index in range(len(whole) - 1):
        without = [*whole[:index], *whole[index + 1 :]]
        assert any(wanted(whole, values) != wanted(without, values) for values in itertools.product(Truth, repeat=width))


FAVOURABLE = {OptionWord.CANDIDATE: 3, OptionWord.WITH_CAUTION: 2, OptionWord.AFTER_CORRECTION: 1}


@pytest.mark.parametrize("values", list(itertools.product(Truth, repeat=4)))
@pytest.mark.parametrize("lost", range(4))
def test_losing_an_input_never_makes_an_option_more_favourable(values, lost):
    names = ("fits", "lasting_stop", "correctable_stop", "caution")
    before = option_word(**dict(zip(names, values, strict=True)))
    fewer = tuple(Truth.UNKNOWN if index == lost else value for index, value in enumerate(values))
    after = option_word(**dict(zip(names, fewer, strict=True)))
    assert FAVOURABLE.get(after, 0) <= FAVOURABLE.get(before, 0)


@pytest.mark.parametrize(
    ("met", "otherwise", "word"),
    [
        (None, None, Timing.NOW),
        (Truth.TRUE, "early", Timing.NOW),
        (Truth.TRUE, "salvage", Timing.NOW),
        (Truth.FALSE, "early", Timing.EARLY),
        (Truth.FALSE, "after conventional treatment", Timing.AFTER_CONVENTIONAL),
        (Truth.FALSE, "salvage", Timing.SALVAGE),
        (Truth.UNKNOWN, "early", Timing.UNKNOWN),
        (Truth.UNKNOWN, "salvage", Timing.UNKNOWN),
    ],
)
def test_timing(met, otherwise, word):
    assert timing_word(met, otherwise) == word


def test_the_sets_are_closed():
    assert len(OptionWord) == 6
    assert len(Timing) == 5
    assert len(PathwayWord) == 7
    assert len(Fit) == 3


ORDER = [
    # words and timings, in the order in which they must stand
    (("candidate", "now"), ("candidate, with caution", "now")),
    (("candidate, with caution", "now"), ("candidate", "salvage")),  # decision 6: salvage behind what is open
    (("after correction", "after conventional treatment"), ("candidate", "salvage")),
    (("candidate", "salvage"), ("after correction", "salvage")),
    (("candidate", "salvage"), ("undetermined", "now")),  # it is open, and an undetermined one is not
    (("undetermined", "now"), ("contraindicated", "now")),
]


@pytest.mark.parametrize(("first", "second"), ORDER)
def test_which_option_stands_first(first, second):
    common = dict.fromkeys(Option.__struct_fields__, "") | {"place": 1, "certainty": "low", "reversible": True,
                                                               "fit": GoalFit(word="fits", prognosis="", goals="", says="", mark="V")}  # fmt: skip
    one, two = (Option(**(common | {"id": "x", "word": word, "timing": timing})) for word, timing in (first, second))
    assert _order(one) < _order(two)
