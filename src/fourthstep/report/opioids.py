"""The opioid arithmetic, step by step, in lines."""

from collections.abc import Iterator
from decimal import Decimal

from fourthstep.facts.opioids import OpioidDose, Step
from fourthstep.ground.interval import Interval, plain
from fourthstep.report.phrases import Phrases

PAST = ("not-current", "duplicate", "replaced")
"""Fates that only the full report lists."""


def opioid_lines(dose: OpioidDose, say: Phrases, *, full: bool = True) -> Iterator[str]:
    """Totals first, then every step with its product, amount, factor, table and reference; past uses only if `full`."""
    yield totals_line(dose, say)
    yield from (f"{say('opioids', 'flag')}: {say.flag(flag)}" for flag in dose.flags)
    told = [step for step in dose.steps if full or step.fate not in PAST]
    yield from (step_line(step, say) for step in told)
    if len(told) < len(dose.steps):
        yield say("opioids", "past", count=len(dose.steps) - len(told))
    yield say("opioids", "not_a_dose")


def totals_line(dose: OpioidDose, say: Phrases) -> str:
    """The three results in one line, or why there is none."""
    if dose.scheduled is None and dose.range is None:
        reasons = ", ".join(say.why(reason) for reason in dose.reasons)
        return say("opioids", "unknown", reasons=reasons or say.why("not-recorded"))
    return say(
        "opioids",
        "totals",
        scheduled=amount(dose.scheduled),
        prn=plain(dose.prn_max) if dose.prn_max is not None else say("truth", "unknown"),
        range=amount(dose.range),
        table=say("ome_table", dose.table),
    )


def step_line(step: Step, say: Phrases) -> str:
    """One use: what was read, what it makes, or why it cannot be read, with its reference."""
    return f"{step_text(step, say)} [{step.ref}]"


def step_text(step: Step, say: Phrases) -> str:
    """One use: what was read, and what it makes, or why it cannot be read."""
    told = f'"{step.text}"' if step.text and not step.dose else ""
    dose = f"{step.dose.removesuffix(' 1')} ×" if step.dose.endswith(" 1") and step.times else step.dose
    head = ", ".join(
        part for part in (step.product or step.opioid, f"{dose} {step.times}".strip(), step.route, told) if part
    )
    if step.fate == "counted" and step.scheduled is not None:
        body = f"{amount(step.amount)} {step.unit}" if step.amount is not None else ""
        if step.as_needed:
            body = f"{body}, as needed up to {plain(step.as_needed)} {step.unit}".removeprefix(f"0 {step.unit}, ")
        factor = f" × {plain(step.factor)}" if step.factor is not None else ""
        prn = f", as needed up to {plain(step.prn_max)}" if step.prn_max else ""
        tail = f"{body}{factor} = {amount(step.scheduled)}{prn} mg/d"
        if step.extension:
            tail += f" ({say('opioids', 'extension')})"
    else:
        why = ", ".join(say.why(reason) for reason in step.reasons)
        tail = say("opioid_fate", step.fate) + (f": {why}" if why else "")
    return f"{head}: {tail}"


def amount(value: Interval | Decimal | None) -> str:
    """A number or an interval as text."""
    if value is None:
        return "?"
    return plain(value) if isinstance(value, Decimal) else str(value)
