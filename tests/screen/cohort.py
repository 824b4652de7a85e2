"""A cohort for the pictures: the assessments of the example records, each for several patients of different groups."""

from functools import cache
from itertools import cycle, islice

import msgspec

from fourthstep.screen.groups import NOT_RECORDED
from fourthstep.screen.judge import told
from fourthstep.screen.report import Told, report_html
from fourthstep.screen.row import Row
from fourthstep.screen.tally import Tally, tally_of
from tests.report.examples import KNOWLEDGE, NAMES, assessed

GROUPS = [
    {"sex": sex, "age": age, "language": language, "race": race, "ethnicity": NOT_RECORDED}
    for sex, age, language, race in zip(
        cycle(["female", "male", "female"]),
        cycle(["45 to 64", "65 to 74", "75 to 84", "65 to 74", "85 and over"]),
        cycle(["en"] * 12 + ["es"] * 6 + ["zh"]),
        ["White"] * 60 + ["Black or African American"] * 22 + ["Asian"] * 9 + [NOT_RECORDED] * 3,
        strict=False,
    )
]


@cache
def rows(times: int = 1) -> list[Row]:
    """The examples, 94 patients, so many times."""
    own = [told(assessed(name)) for name in NAMES]
    outside = [Row(patient="", step="not in scope: none-recorded:active_cancer", pathway="not in scope")] * 5
    many = list(islice(cycle([*own, *outside]), len(GROUPS)))
    return [msgspec.structs.replace(row, groups=group) for row, group in zip(many, GROUPS, strict=True)] * times


@cache
def tally(times: int = 1) -> Tally:
    return tally_of(rows(times))


def run(*why: str) -> Told:
    return Told(as_of="2026-03-01", engine="0.1.0", knowledge=KNOWLEDGE.digest, policy="default", why_incomplete=list(why),
                seen={"Patient": 94, "Observation": 4021})  # fmt: skip


def html(times: int = 1, *why: str) -> str:
    return report_html(tally(times), run(*why), KNOWLEDGE)
