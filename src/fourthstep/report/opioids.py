"""The opioid arithmetic, step by step, in lines."""

import re
from collections.abc import Iterator
from decimal import Decimal

from fourthstep.facts.opioids import OpioidDose, Step
from fourthstep.facts.opioids.convert import settled, settled_ends
from fourthstep.ground.interval import Interval, plain
from fourthstep.report.phrases import Phrases, short_numbers

PAST = ("not-current", "duplicate", "replaced")
"""Fates that only the full report lists."""
_RARE = re.compile(r"(0?\.\d+) a day\Z")


def opioid_lines(dose: OpioidDose, say: Phrases, *, full: bool = True) -> Iterator[str]:
    """Totals first, then every step with its product, amount, factor, table and reference; past uses only if `full`."""
    yield totals_line(dose, say)
    yield from (f"{say('opioids', 'flag')}: {say.flag(flag)}" for flag in dose.flags)
    now, past = in_order(dose)
    yield from map(_line, together(now, say))
    if past and full:
        yield say("opioids", "not_counted")
        yield from map(_line, together(past, say))
    elif past:
        yield say.counted("opioids", "past", len(past))
    yield say("opioids", "not_a_dose")


def _line(of_text: tuple[str, list[Step]]) -> str:
    text, steps = of_text
    return f"{text} [{', '.join(step.ref for step in steps)}]"


def in_order(dose: OpioidDose) -> tuple[list[Step], list[Step]]:
    """What is used now, the scheduled before what is taken as needed; and what is past, or told by another entry."""
    now = [step for step in dose.steps if step.fate not in PAST]
    return sorted(now, key=_only_as_needed), [step for step in dose.steps if step.fate in PAST]


def _only_as_needed(step: Step) -> bool:
    return step.amount is None or str(step.amount) == "0"


def totals_line(dose: OpioidDose, say: Phrases) -> str:
    """The three results in one line, or why there is none."""
    if dose.scheduled is not None and dose.range is not None and str(dose.range) == "0":
        return say("opioids", "none", table=say("ome_table", dose.table))
    if dose.scheduled is None and dose.range is None:
        reasons = "; ".join(say.why(reason) for reason in dose.reasons)
        return say("opioids", "unknown", reasons=reasons or say.why("not-recorded"))
    prn = "" if dose.prn_max == 0 else say("opioids", "prn", prn=amount(dose.prn_max, say))
    if dose.prn_given is not None:
        prn = say("opioids", "prn_given", given=amount(dose.prn_given, say), prn=amount(dose.prn_max, say))
    return say("opioids", "totals", scheduled=amount(dose.scheduled, say), prn=prn, range=amount(dose.range, say),
               table=say("ome_table", dose.table))  # fmt: skip


def together(steps: list[Step], say: Phrases) -> Iterator[tuple[str, list[Step]]]:
    """Equal uses (a tablet given four times) as one line, each with its steps."""
    equal: dict[str, list[Step]] = {}
    for step in steps:
        equal.setdefault(step_text(step, say), []).append(step)
    for text, found in equal.items():
        yield (text if len(found) == 1 else step_text(found[0], say, count=len(found))), found


def step_text(step: Step, say: Phrases, *, count: int = 1) -> str:
    """One use: what was read, and what it makes, or why it cannot be read."""
    made = step.fate == "counted" and step.scheduled is not None
    return f"{step_use(step, say, count=count)}: {_made(step, say, count) if made else step_fate(step, say)}"


def step_use(step: Step, say: Phrases, *, count: int = 1) -> str:
    """What was read: product, dose, how often, route; free text is quoted."""
    text = f'"{step.text}"' if step.text and not step.dose else ""
    counted = step.role == "recorded" and step.fate == "counted" and step.dose
    given = say("opioids", "given", count=count) if counted else ""
    how_often = ", ".join(part for part in (_dose(step), _times(step, say), given) if part)
    return ", ".join(part for part in (step.product or step.opioid, how_often, step.route, text) if part)


def step_fate(step: Step, say: Phrases) -> str:
    """Why a use is not counted."""
    why = "; ".join(say.why(reason) for reason in step.reasons)
    return say("opioid_fate", step.fate) + (f" ({why})" if why else "")


def _dose(step: Step) -> str:
    """The single dose: an amount, or a number of tablets."""
    number, _, unit = step.dose.partition(" ")
    dose = f"{number} {step.form.split()[-1].lower() if step.form else '×'}" if unit == "1" else step.dose
    return short_numbers(dose)


def _times(step: Step, say: Phrases) -> str:
    """How often: `2 a day`; less than once a day as `every 3 days`."""
    rare = _RARE.match(step.times)
    if not rare:
        return step.times
    return say("opioids", "every", days=plain(round(1 / Decimal(rare[1]), 1)))


def _made(step: Step, say: Phrases, count: int) -> str:
    """Amount times factor: the share of the daily total."""
    many = f"{count} × " if count > 1 else ""
    factor = f" × {plain(step.factor)}" if step.factor is not None else ""
    parts = []
    if step.given is not None and step.prn_given is not None and step.prn_given.high is not None:
        key = "given_as_needed" if str(step.amount) == "0" else "given_unclear"
        given = f"{many}{amount(step.given, say)} {say.unit(step.unit)}{factor}"
        parts.append(say("opioids", key, amount=given, made=amount(step.prn_given.high * count, say)))
    elif step.amount is not None and step.scheduled is not None and str(step.amount) != "0":
        total = amount(step.scheduled.scaled(Decimal(count)), say)
        parts.append(f"{many}{amount(step.amount, say)} {say.unit(step.unit)}{factor} = {total} mg/d")
    if step.as_needed and step.prn_max is not None:
        parts.append(say("opioids", "as_needed", amount=f"{many}{amount(step.as_needed, say)} {say.unit(step.unit)}{factor}",
                         made=amount(step.prn_max * count, say)))  # fmt: skip
    if step.extension:
        parts.append(say("opioids", "extension"))
    return "; ".join(parts) or say("opioid_fate", "counted")


def amount(value: Interval | Decimal | None, say: Phrases) -> str:
    """A number or an interval as text."""
    if value is None:
        return say("truth", "unknown")
    return plain(settled(value)) if isinstance(value, Decimal) else str(settled_ends(value))
