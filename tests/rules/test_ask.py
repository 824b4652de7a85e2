"""One comparison of one fact: words in their order, windows, days, and the leaves that decide."""

import pytest

from fourthstep.events.event import Event
from fourthstep.facts.fact import DayValue, Fact
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.load import load_knowledge
from fourthstep.knowledge.models import Question
from fourthstep.rules.ask import compare
from tests.facts.chart import NOW, ago, lab, review

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
FACTS = load_knowledge().facts


def asked(question, fact, name):
    return compare(question, fact, FACTS[name], lambda when: when.age_on(NOW.day))[:2]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("weeks",), (F, "")),
        (("short-months",), (T, "")),
        (("months",), (T, "")),
        (("weeks", "months"), (U, "known-only-so-far")),
    ],
)
def test_words_with_an_order(words, wanted):
    """`values` of the fact are their order: at least short-months."""
    question = Question(fact="prognosis", at_least="short-months")
    assert asked(question, Fact(name="prognosis", words=words), "prognosis") == wanted


DAYS = [
    # scores of days, newest first; 4 or more on two days within 7
    ([(1, 5), (3, 6)], (T, "")),
    ([(1, 5), (8, 6)], (U, "too-few-days")),
    ([(1, 5), (3, 2)], (F, "")),
    ([(1, 3), (3, 6)], (F, "")),
    ([(1, (3, 5)), (3, 6)], (U, "known-only-so-far")),
    ([(1, 5), (3, (3, 5))], (U, "known-only-so-far")),
    ([(8, 5)], (U, "too-old")),
]


@pytest.mark.parametrize(("scores", "wanted"), DAYS)
def test_days(scores, wanted):
    series = tuple(
        DayValue(ago(day), Interval(*value) if isinstance(value, tuple) else Interval.point(value), f"o/{day}")
        for day, value in scores
    )
    fact = Fact(name="pain_intensity", number=series[0].value, when=series[0].day, series=series)
    question = Question(fact="pain_intensity", at_least="4", unit="1", on_days=2, within="7 d")
    assert asked(question, fact, "pain_intensity") == wanted


@pytest.mark.parametrize(("low", "high", "wanted"), [(None, 37, U), (None, 36, U), (38, None, T), (37, None, U)])
def test_the_extreme_of_a_window_that_has_an_open_end(low, high, wanted):
    """The highest temperature: a value without an upper end is the highest of all."""
    value = DayValue(ago(1), Interval(low, high), "o/1")
    fact = Fact(name="temperature", number=value.value, when=value.day, series=(value,))
    question = Question(fact="temperature", at_least="38", unit="Cel", within="2 d")
    found = asked(question, fact, "temperature")[0]
    assert found is (F if (low, high) == (None, 37) or (low, high) == (None, 36) else wanted)


def test_the_leaves_that_decide():
    inquiry = review(lab("platelets", 40, "10*9/L"), lab("inr", 1.1, "1")).inquiry
    low = Question(fact="platelet_count", below="50", unit="10*9/L", within="7 d")
    high = Question(fact="inr", above="1.5", unit="1")
    silent = Question(fact="haemoglobin", below="8", unit="g/dL")
    both = inquiry.ask(Question(any=[high, low, silent]))
    assert (both.truth, both.deciding) == (T, (1,))
    assert both.leaves[1].within == "7 d"
    fails = inquiry.ask(Question(all=[low, high, silent]))
    assert (fails.truth, fails.deciding) == (F, (1,))
    still = inquiry.ask(Question(any=[high, silent]))
    assert (still.truth, still.deciding, still.open) == (U, (1,), ("haemoglobin",))
    every = inquiry.ask(Question(all=[low, Question(none=[high])]))
    assert (every.truth, every.deciding) == (T, (0, 1))
    nested = inquiry.ask(Question(any=[Question(all=[high, silent]), Question(all=[silent, low]), low]))
    assert (nested.truth, nested.deciding) == (T, (4,))


def test_a_rule_tells_the_branch_that_decided():
    """Relief said to be insufficient decides; the scores beside it do not."""
    said = Event("answer", "pain_relief_insufficient", "form/1", ago(0), text="yes")
    score = Event("measurement", "pain_nrs_0_10", "Observation/1", ago(1), unit="1", value=Interval.point(2))
    inquiry = review(said, score).inquiry
    (pain,) = inquiry.facts.pains
    found = inquiry.rule("pain_uncontrolled", pain)
    assert (found.truth, [found.leaves[place].fact for place in found.deciding]) == (T, ["pain_relief_insufficient"])
