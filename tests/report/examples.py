"""The example records as the report tests use them: assessed once, on the day that they were made for."""

from functools import lru_cache
from pathlib import Path

from fourthstep import as_of, assess, load_knowledge, read_record
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.report.letter import letter_text
from fourthstep.report.page import page
from fourthstep.report.text import TextReport

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMES = sorted(path.name.removesuffix(".json") for path in EXAMPLES.glob("*.json"))
KNOWLEDGE = load_knowledge()
WIDE = 100_000
"""A width at which no sentence is broken."""


@lru_cache
def assessed(name):
    return assess(read_record(EXAMPLES / f"{name}.json"), as_of=as_of("2026-03-01"))


@lru_cache
def text(name, *, full=False, width=WIDE):
    return TextReport(KNOWLEDGE, full=full, width=width).write(assessed(name))


@lru_cache
def html(name):
    return page(assessed(name), KNOWLEDGE)


@lru_cache
def letter(name, policy=DEFAULT):
    return letter_text(assessed(name), KNOWLEDGE, policy)


def flat(told):
    """In one line, whatever the width."""
    return " ".join(told.split())
