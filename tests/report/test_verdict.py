"""The strip of the verdict: what its marks and numbers say."""

import pytest
from msgspec.structs import replace

from fourthstep.assessment.words import OptionWord
from fourthstep.report.phrases import Phrases
from fourthstep.report.verdict import strip
from tests.report.examples import KNOWLEDGE, assessed

say = Phrases(KNOWLEDGE)


def told(found, key):
    return next(each for each in strip(found, say) if each.key == key)


BLEEDING = [
    # record, mark, words
    ("pancreatic", "good", "platelets 212"),
    ("pancreatic-apixaban", "warn", "apixaban: taken now"),
    ("myeloma-fracture", "warn", "platelets 38"),
    ("controlled", "unknown", "platelets 198 ×10⁹/L (26 Feb 2026); INR not known (never measured)"),
    ("prostate-hospice", "unknown", "platelets 96 ×10⁹/L (15 Dec 2025)"),
    ("sparse", "unknown", "platelets not known (never measured)"),
]


@pytest.mark.parametrize(("name", "mark", "words"), BLEEDING)
def test_bleeding(name, mark, words):
    found = told(assessed(name), "bleeding")
    assert found.state == mark
    assert found.text.startswith(words)


def counted(*words):
    """The pancreatic record with options of these words only."""
    found = assessed("pancreatic")
    options = tuple(replace(found.pains[0].options[0], word=word.value) for word in words)
    return told(replace(found, pains=(replace(found.pains[0], options=options),)), "options")


C, A, U, X = OptionWord.CANDIDATE, OptionWord.AFTER_CORRECTION, OptionWord.UNDETERMINED, OptionWord.CONTRAINDICATED
OPTIONS = [
    # words of the options, mark, text, detail
    ((C,), "good", "1 to discuss", ""),
    ((C, A), "good", "2 to discuss", "1 of them after a correction"),
    ((A,), "warn", "1 to discuss, after a correction", ""),
    ((A, A, U), "warn", "2 to discuss, all after a correction", "1 undetermined"),
    ((U, U), "unknown", "0 to discuss", "2 undetermined"),
    ((X,), "warn", "0 to discuss", "1 contraindicated"),
    ((), "warn", "0 to discuss", ""),
]


@pytest.mark.parametrize(("words", "mark", "text", "detail"), OPTIONS)
def test_options(words, mark, text, detail):
    found = counted(*words)
    assert (found.state, found.text, found.detail) == (mark, text, detail)


def test_without_a_pain_no_option_is_counted():
    found = told(assessed("sparse"), "options")
    assert (found.state, found.text) == ("unknown", "none can be told while no pain is recorded")
