"""What to ask: most decisive first, measurements in one line."""

import pytest

from fourthstep.assessment.result import Change
from fourthstep.report.phrases import Phrases
from fourthstep.report.questions import NAMED, questions, told
from tests.report.examples import KNOWLEDGE

say = Phrases(KNOWLEDGE)


def change(fact, *options, ask="", pathway=False, says=""):
    return Change(fact=fact, says=says or say.fact(fact), ask=ask, options=options, pathway=pathway, alone=0)


WHERE = change("pain_region", "a", "b", ask="Where is the pain?", pathway=True)
INR, PLATELETS = change("inr", "a", "b"), change("platelet_count", "b", "c")
SEPSIS, DIABETES = change("sepsis", "a", "b", "c"), change("diabetes", "a")
HOSPICE = change("hospice", "a", ask="Is the patient enrolled in hospice?")
LISTS = [
    # changes, lines
    ([], []),
    ([WHERE], ["Where is the pain? - decides the pathway - decides 2 options"]),
    ([INR, PLATELETS], ["Measure: INR, platelets - decides 3 options"]),
    ([HOSPICE], ["Is the patient enrolled in hospice? - decides 1 option"]),
    ([SEPSIS, HOSPICE, DIABETES], ["Look up or clarify: sepsis, diabetes - decides 3 options",
                                   "Is the patient enrolled in hospice? - decides 1 option"]),
    ([change("sepsis", "a"), HOSPICE], ["Is the patient enrolled in hospice? - decides 1 option",
                                        "Look up or clarify: sepsis - decides 1 option"]),
    ([HOSPICE, WHERE], ["Where is the pain? - decides the pathway - decides 2 options",
                        "Is the patient enrolled in hospice? - decides 1 option"]),
    ([change("inr", pathway=True), PLATELETS], ["Measure: INR - decides the pathway", "Measure: platelets - decides 2 options"]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "lines"), LISTS)
def test_lines(changes, lines):
    assert [told(each, say) for each in questions(changes, say)] == lines


def test_a_long_list_is_counted():
    many = [change(f"x{number}", "a", says=f"x{number}") for number in range(NAMED + 3)]
    (line,) = questions(many, say)
    assert line.text.endswith("x7, and 3 more")
