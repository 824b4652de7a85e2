"""Is the patient opioid tolerant?  A week or longer at a dose of the FDA's list, or its equivalent.

Source: FDA definition of opioid tolerance; project dossier, pharmacology 1.9, safety decision 4.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from fourthstep.events.event import Event
from fourthstep.facts.opioids.convert import settled
from fourthstep.facts.opioids.dose import opioid_dose
from fourthstep.facts.opioids.past import as_it_was
from fourthstep.facts.opioids.steps import OpioidDose, Step
from fourthstep.ground.dates import AsOf
from fourthstep.ground.truth import Truth, all_of, any_of, truth
from fourthstep.knowledge.opioids import OpioidKnowledge, Tolerated


def opioid_tolerant(
    events: Sequence[Event],
    as_of: AsOf,
    knowledge: OpioidKnowledge,
    table: str = "cdc_2022",
    *,
    vouched: Truth = Truth.UNKNOWN,
    inpatient: Truth = Truth.UNKNOWN,
) -> tuple[Truth, tuple[str, ...]]:
    """Whether the patient has taken a tolerant dose on each of the last seven days, and the reasons.

    Doses as needed count only where they were given.  Equivalents of tramadol, tapentadol and methadone never
    prove tolerance, but where they could, it is not false either.

    Unknown when:
        the record is younger than a week, a part that could decide is unreadable, or low and high factors
        disagree.
    """
    first = as_of.day - timedelta(days=int(knowledge.limits.tolerance_days.value) - 1)
    found = []
    for back in range((as_of.day - first).days + 1):
        day = as_of.day - timedelta(days=back)
        moment = as_of if back == 0 else AsOf(day, zone=as_of.zone)
        then = as_it_was(events, day, as_of)
        dose = opioid_dose(then, moment, knowledge, table, vouched=vouched, inpatient=inpatient)
        found.append(_tolerant_dose(dose, knowledge, vouched))
    result = all_of(each for each, _ in found)
    reasons = tuple(sorted({reason for each, why in found if each is result for reason in why}))
    if result is Truth.FALSE and not _reaches_back(events, first):
        return Truth.UNKNOWN, ("record-too-short", *reasons)
    return result, reasons


def _reaches_back(events: Sequence[Event], first: date) -> bool:
    """Whether the record speaks of the first day of the window: something in it is as old."""
    return any(event.start is not None and event.start.last <= first for event in events)


def _tolerant_dose(dose: OpioidDose, knowledge: OpioidKnowledge, vouched: Truth) -> tuple[Truth, tuple[str, ...]]:
    """Whether the dose of one day is a tolerant one."""
    named = any_of(_reached(row, dose) for row in knowledge.limits.tolerated)
    if named is Truth.TRUE:
        return Truth.TRUE, _confirmed(dose)
    if _equivalent(dose, knowledge) is Truth.TRUE:
        return Truth.TRUE, ("equivalent-dose", *_confirmed(dose))
    return _not_reached(dose, named, knowledge, vouched)


def _confirmed(dose: OpioidDose) -> tuple[str, ...]:
    """A dose that is only ordered is tolerated as prescribed; nobody has recorded that it is taken."""
    taken = any(step.role in ("taken", "recorded") and step.fate in ("counted", "duplicate") for step in dose.steps)
    return () if taken else ("prescribed-only",)


def _counted(dose: OpioidDose) -> list[Step]:
    return [step for step in dose.steps if step.fate == "counted" and step.amount is not None]


def _amounts(dose: OpioidDose, opioid: str, route: str) -> tuple[Decimal, Decimal]:
    """Least and most of one opioid a day, in mg (or ug/h)."""
    own = [step for step in _counted(dose) if step.opioid == opioid and step.route == route]
    taken = [step.given or step.amount for step in own]
    low = sum((each.low or Decimal(0) for each in taken if each), Decimal(0))
    high = sum((each.high or Decimal(0) for each in taken if each), Decimal(0))
    return settled(low), settled(high + sum((step.as_needed or Decimal(0) for step in own), Decimal(0)))


def _reached(row: Tolerated, dose: OpioidDose) -> Truth:
    """Whether one opioid of the list reaches its own amount; no factor is involved."""
    low, high = _amounts(dose, row.ingredient, row.route)
    if low >= row.at_least:
        return Truth.TRUE
    return Truth.UNKNOWN if high >= row.at_least else Truth.FALSE


def _equivalent(dose: OpioidDose, knowledge: OpioidKnowledge) -> Truth:
    """Whether what may prove tolerance reaches the equivalent even with low factors."""
    able = [step for step in _counted(dose) if knowledge.ingredients[step.opioid].tolerance]
    ranges = [step.given_range or step.range for step in able]
    low = sum((each.low or Decimal(0) for each in ranges if each), Decimal(0))
    return truth(settled(low) >= knowledge.limits.tolerance_dose.value)


def _not_reached(
    dose: OpioidDose, named: Truth, knowledge: OpioidKnowledge, vouched: Truth
) -> tuple[Truth, tuple[str, ...]]:
    """False only where everything is readable and even the high end stays below."""
    if dose.range is None or vouched is not Truth.TRUE or "unrecognised-drug" in dose.flags:
        return Truth.UNKNOWN, dose.reasons or ("drugs-not-vouched",)
    if "buprenorphine-present" in dose.flags:
        return Truth.UNKNOWN, ("partial-agonist",)
    could = dose.range.at_least(knowledge.limits.tolerance_dose.value)
    if could is Truth.FALSE and named is Truth.FALSE:
        return Truth.FALSE, ("below-tolerant-dose",)
    barred = any(not knowledge.ingredients[step.opioid].tolerance for step in _counted(dose))
    return Truth.UNKNOWN, ("never-from-this-opioid-alone",) if barred else ("range-spans-limit",)
