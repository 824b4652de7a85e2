"""The anticoagulation question on its own: which interval does each guideline ask of a drug before a procedure?

The rows and the function are those of an assessment (`rules/holds.py`), asked for one drug and one intervention.  It
is never a plan and never "stop": the prescriber decides.
"""

from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches

import msgspec

from fourthstep.assessment.assess import inquire
from fourthstep.events.event import Event, Events
from fourthstep.events.statements import ingredient
from fourthstep.facts.derive import Facts
from fourthstep.ground.dates import AsOf, When
from fourthstep.ground.errors import FourthstepError
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.load import Knowledge, load_knowledge
from fourthstep.knowledge.models import SafetyRule
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.knowledge.tables import AntiangiogenicHold
from fourthstep.rules.holds import Exposure, HoldVerdict, agreed, hold_verdict, uses

NEAR = 5
THROMBOTIC = "thrombotic-risk-"
"""Safety rules of those who must not simply be left without the drug."""


class Missing(msgspec.Struct, frozen=True):
    """What would tell which interval applies: the fact, and the values that would answer."""

    fact: str
    values: tuple[str, ...] = ()


class HoldAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What guidelines ask of one drug before one intervention."""

    drug: str
    intervention: str
    bleeding_class: str
    """Class that decides the interval."""
    asra: str
    """Class in the words of ASRA 2018, with its mark."""
    sir: str
    """Class in the words of SIR 2019, with its mark."""
    verdict: HoldVerdict | None
    """None for a drug that only has an interval around surgery (antiangiogenic)."""
    passed: str
    """true, false or unknown: has what the deciding guideline asks passed?  Empty where no last dose was given."""
    renal_below: str
    """Creatinine clearance (mL/min) below which no interval of the table is enough alone; empty: no such limit."""
    use_alike: bool
    """A use was stated, and the intervals of this drug do not differ by it."""
    missing: tuple[Missing, ...]
    thrombotic_risks: tuple[str, ...]
    """Ids of the safety rules that name who must agree."""
    antiangiogenic: tuple[AntiangiogenicHold, ...] = ()


def hold(  # noqa: PLR0913  each is one thing that a clinician states; all but two have a default
    drug: str,
    *,
    before: str,
    as_of: AsOf,
    use: str = "",
    clearance: Decimal | None = None,
    last: When | None = None,
    knowledge: Knowledge | None = None,
) -> HoldAnswer:
    """The interval that each guideline asks, what is missing to choose it, and who must agree.

    Args:
        drug: generic name, as in the code sets.
        before: id of an intervention.
        as_of: the moment of the procedure; only asked where `last` is given.  A day means any time of it: what has not
            passed at its beginning and has at its end is unknown.
        use: `therapeutic`, `secondary prevention` ...: needed where the intervals of the drug differ by it.
        clearance: creatinine clearance in mL/min, by Cockcroft-Gault.
        last: the last dose; without it nothing is said of whether the interval has passed.
        knowledge: another knowledge than the shipped one.

    Raises:
        FourthstepError: the drug, the intervention or the use is not known; near ones are named.
    """
    knowledge = knowledge or load_knowledge()
    if before not in knowledge.interventions:
        raise _unknown("intervention", before, list(knowledge.interventions))
    bleeding = knowledge.tables.bleeding[before]
    start, end = (_facts(clearance, moment, knowledge) for moment in _moments(as_of))
    surgery = tuple(row for row in knowledge.tables.antiangiogenic if row.drug == drug)
    verdict, passed, known_uses = None, "", uses(drug, end)
    if use and known_uses and use not in known_uses:
        raise FourthstepError(f"--dose {use}: the intervals of {drug} differ by: {' | '.join(known_uses)}")
    if not surgery and bleeding.holds != "none":
        exposure = _exposure(drug, use, last, knowledge)
        verdict = hold_verdict(exposure, bleeding.holds, bleeding.sir, end)
        before_it = hold_verdict(exposure, bleeding.holds, bleeding.sir, start)
        passed = (~agreed([verdict.stop, before_it.stop])).value if last else ""
    return HoldAnswer(
        drug=drug,
        intervention=before,
        bleeding_class=bleeding.holds,
        asra=f"{bleeding.asra} ({bleeding.asra_mark})",
        sir=f"{bleeding.sir} ({bleeding.sir_mark})",
        verdict=verdict,
        passed=passed,
        renal_below=str(knowledge.holds.renal.get(drug, "")),
        use_alike=bool(use) and not known_uses,
        missing=_missing(drug, verdict, known_uses, end),
        thrombotic_risks=tuple(rule.id for rule in _risks(knowledge) if verdict and bleeding.holds in _classes(rule)),
        antiangiogenic=surgery,
    )


def _moments(as_of: AsOf) -> tuple[AsOf, AsOf]:
    """The instant, or the beginning and the end of the day: nobody is told that an interval passed that ends at noon."""
    if as_of.instant is not None:
        return as_of, as_of
    return msgspec.structs.replace(as_of, day=as_of.day - timedelta(days=1)), as_of


def _facts(clearance: Decimal | None, as_of: AsOf, knowledge: Knowledge) -> Facts:
    """Facts of nobody: only what was stated."""
    stated = () if clearance is None else (
        Event("answer", "creatinine_clearance", "stated/creatinine_clearance", When(as_of.day, as_of.day),
              value=Interval.point(clearance), unit="mL/min"),)  # fmt: skip
    return inquire(Events("", events=stated), as_of, DEFAULT, knowledge).inquiry.facts


def _exposure(drug: str, use: str, last: When | None, knowledge: Knowledge) -> Exposure:
    """The drug as it was stated: with a last dose nothing is taken after it; without, it may have been taken today."""
    code, concepts = ingredient(drug, knowledge)
    groups = tuple(group.removesuffix("*") for group in knowledge.holds.groups)
    concept = next((each for each in concepts if each.startswith(groups)), "")
    if not concept and not any(row.drug == drug for row in knowledge.tables.holds):
        raise _unknown("drug of the tables of intervals", drug, _drugs(knowledge))
    return Exposure(drug, code, concept, Truth.TRUE, last is None, False, last, last, (), (), use)


def _drugs(knowledge: Knowledge) -> list[str]:
    tables = knowledge.tables
    return list(dict.fromkeys([*(row.drug for row in tables.holds), *(row.drug for row in tables.antiangiogenic)]))


def _missing(drug: str, verdict: HoldVerdict | None, known_uses: tuple[str, ...], facts: Facts) -> tuple[Missing, ...]:
    """What was not stated and decides between intervals; the facts behind a use are asked as the use."""
    if verdict is None:
        return ()
    kidney = ["creatinine_clearance"] if drug in facts.knowledge.holds.renal else []
    stated = {f"last-dose:{drug}"} | (
        {"creatinine_clearance"} if facts.of("creatinine_clearance").number is not None else set()
    )
    names = [name for name in (*verdict.unsure, *verdict.open, *kidney) if name not in stated]
    asked = dict.fromkeys(name if name in ("creatinine_clearance", "inr") else "use" for name in names)
    return tuple(Missing(name, known_uses if name == "use" else ()) for name in asked)


def _risks(knowledge: Knowledge) -> list[SafetyRule]:
    return [rule for rule in knowledge.safety if rule.id.startswith(THROMBOTIC)]


def _classes(rule: SafetyRule) -> list[str]:
    return rule.applies_to.get("holds_class", [])


def _unknown(what: str, name: str, names: list[str]) -> FourthstepError:
    near = [each for each in names if name.lower() in each.lower()] or get_close_matches(name.lower(), names, NEAR, 0.5)
    return FourthstepError(f"{name} is no {what}" + (f"; near: {', '.join(near[:NEAR])}" if near else ""))
