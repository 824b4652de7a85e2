"""The daily opioid dose as oral morphine equivalent, with every step.

This measures exposure.  It is not a dose to switch to, and no limit of a guideline is applied to it.

Source: CDC 2022 and the extensions of the project dossier, pharmacology 1.2 to 1.8.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from fourthstep.events.event import Event
from fourthstep.facts.opioids.convert import (
    daily,
    factor_for,
    factor_row,
    in_factor_unit,
    is_extended,
    settled,
    settled_ends,
    states_morphine,
    tidy,
)
from fourthstep.facts.opioids.given import is_pump
from fourthstep.facts.opioids.steps import ZERO, Daily, OpioidDose, Step, Totals, Use
from fourthstep.facts.opioids.uses import current_uses
from fourthstep.ground.dates import AsOf
from fourthstep.ground.interval import Interval, plain
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.opioids import FactorRow, FactorTable, OpioidKnowledge

_NOTHING = Decimal(0)


def opioid_dose(  # noqa: PLR0913  what the answer depends on, each by its name
    events: Sequence[Event],
    as_of: AsOf,
    knowledge: OpioidKnowledge,
    table: str = "cdc_2022",
    *,
    vouched: Truth = Truth.UNKNOWN,
    inpatient: Truth = Truth.UNKNOWN,
    ventilated: Truth = Truth.UNKNOWN,
) -> OpioidDose:
    """Add up what a patient takes of opioids in a day, as milligrams of oral morphine.

    Args:
        events: all events of the patient, in any order.
        as_of: the moment that is asked about.
        knowledge: tables and limits.
        table: name of the factor table.
        vouched: whether the sender vouches that silence about drugs means none.
        inpatient: whether the patient is in hospital.
        ventilated: whether the patient is under anaesthesia or ventilated; then fentanyl into a vein is
            sedation.

    Unknown when:
        any part is unreadable, implausible, of unknown route or without a factor; a partial agonist is the
        only opioid; the record does not say whether an order is current; or there is no opioid and nobody
        vouches.  A partial sum is never returned, because it would be read as a low dose.

    Raises:
        KeyError: there is no table of that name (a mistake in the call).

    Source:
        CDC Clinical Practice Guideline 2022, MMWR 71(3). doi:10.15585/mmwr.rr7103a1
    """
    chosen = knowledge.tables[table]
    uses = current_uses(events, as_of, knowledge, inpatient)
    steps = steps_of(uses, chosen, knowledge, ventilated)
    silent = _silent(events, vouched)
    whole = total(steps, silent, knowledge)
    flags = _flags(steps, whole, events, knowledge)
    if any(use.fate == "replaced" and use.as_needed is Truth.TRUE and not is_pump(use.event) for use in uses):
        flags.add("as-needed-limit-unknown")  # an order whose limit can be read stays beside what was given
    limits = knowledge.limits
    high = _at_least(whole.range, limits.high_exposure.value)
    very = _at_least(whole.range, limits.very_high_exposure.value)
    levels = (("high-exposure", high), ("very-high-exposure", very))
    flags |= {name for name, level in levels if level is Truth.TRUE}
    flags |= {f"{name}-unclear" for name, level in levels if level is Truth.UNKNOWN and whole.range is not None}
    return OpioidDose(
        scheduled=whole.scheduled,
        prn_max=whole.prn_max,
        prn_given=whole.prn_given,
        range=whole.range,
        reasons=whole.reasons,
        table=table,
        steps=steps,
        flags=tuple(sorted(flags)),
        prescribed=_apart(uses, ("prescribed",), chosen, knowledge, ventilated),
        taken=_apart(uses, ("taken", "recorded"), chosen, knowledge, ventilated),
        rescue=_rescue(steps, uses, silent),
        around_the_clock=_around_the_clock(steps, silent),
        high_exposure=high,
        very_high_exposure=very,
    )


def scheduled_dose(
    events: Sequence[Event],
    as_of: AsOf,
    knowledge: OpioidKnowledge,
    table: str,
    *,
    vouched: Truth,
    inpatient: Truth,
) -> Interval | None:
    """What is scheduled a day, alone: the same number as of `opioid_dose`, where nothing else is asked."""
    return totals(events, as_of, knowledge, table, vouched=vouched, inpatient=inpatient).scheduled


def totals(
    events: Sequence[Event],
    as_of: AsOf,
    knowledge: OpioidKnowledge,
    table: str,
    *,
    vouched: Truth,
    inpatient: Truth,
) -> Totals:
    """What is scheduled a day and what may be taken as needed, alone: the same numbers as of `opioid_dose`."""
    steps = steps_of(current_uses(events, as_of, knowledge, inpatient), knowledge.tables[table], knowledge)
    return total(steps, _silent(events, vouched), knowledge)


def _at_least(value: Interval | None, limit: Decimal) -> Truth:
    return Truth.UNKNOWN if value is None else value.at_least(limit)


def _silent(events: Sequence[Event], vouched: Truth) -> Truth:
    """What silence about opioids means: no, only where it is vouched and no unknown drug could be one."""
    return Truth.UNKNOWN if vouched is not Truth.TRUE or any(map(_could_be_opioid, events)) else Truth.TRUE


def _could_be_opioid(event: Event) -> bool:
    if event.kind != "unrecognised" or event.of_kind != "drug" or event.current is False:
        return False
    return not event.could_be or any("opioid" in family for family in event.could_be)


# -- steps -----------------------------------------------------------------------------------------------


def steps_of(
    uses: Iterable[Use], table: FactorTable, knowledge: OpioidKnowledge, ventilated: Truth = Truth.UNKNOWN
) -> tuple[Step, ...]:
    """Every use with all that was done to it; where a factor has bands, the sum picks the band."""
    read = [(use, daily(use, knowledge)) for use in uses]
    sums = _banded(read, table, knowledge)
    return tuple(_step(use, amount, table, knowledge, sums, ventilated) for use, amount in read)


def _banded(
    read: list[tuple[Use, Daily]], table: FactorTable, knowledge: OpioidKnowledge
) -> dict[str, tuple[Interval, Decimal]]:
    """Of each opioid whose factor has bands: what is scheduled a day, and the most that is, or was given, as needed."""
    sums: dict[str, tuple[Interval, Decimal]] = {}
    given: dict[str, Decimal] = {}
    for use, amount in read:
        row = _row(use, amount, table, knowledge)
        if use.fate != "counted" or row is None or not row.bands or amount.scheduled is None:
            continue
        scheduled, needed = sums.get(use.opioid, (ZERO, _NOTHING))
        sums[use.opioid] = (_plus(scheduled, amount.scheduled), needed + (amount.as_needed or _NOTHING))
        if use.as_needed is Truth.TRUE and amount.given is not None:
            given[use.opioid] = given.get(use.opioid, _NOTHING) + (amount.given.high or _NOTHING)
    return {name: (scheduled, max(needed, given.get(name, _NOTHING))) for name, (scheduled, needed) in sums.items()}


def _row(use: Use, amount: Daily, table: FactorTable, knowledge: OpioidKnowledge) -> FactorRow | None:
    assert use.event.drug is not None
    flows = amount.continuous or (use.dose is not None and use.dose.rate is not None)
    return factor_row(use.opioid, use.route, use.event.drug, table, knowledge, continuous=flows)


def _plus(left: Interval, right: Interval) -> Interval:
    assert left.low is not None
    assert left.high is not None
    assert right.low is not None
    assert right.high is not None
    return Interval(left.low + right.low, left.high + right.high)


def _step(
    use: Use,
    amount: Daily,
    table: FactorTable,
    knowledge: OpioidKnowledge,
    sums: dict[str, tuple[Interval, Decimal]],
    ventilated: Truth,
) -> Step:
    step = _described(use, amount, table)
    row = _row(use, amount, table, knowledge)
    if use.fate != "counted":
        return step
    replace = msgspec.structs.replace
    sedation = ventilated is Truth.TRUE and use.opioid == "fentanyl" and use.route == "parenteral"
    if sedation or (row is not None and row.status == "ignore"):
        return replace(step, fate="ignored", reasons=("anaesthesia",), note=row.note if row and not sedation else "")
    if row is not None and row.status == "separate":
        return replace(step, fate="separate", reasons=("neuraxial",), note=row.note)
    if row is not None and row.status == "excluded":
        return replace(
            step, fate="excluded", reasons=("partial-agonist",), beside=_beside(row, amount), note=row.note,
            because=tuple(row.because), mark=row.mark,
        )  # fmt: skip
    reasons = _obstacles(use, amount, row)
    if reasons or row is None:
        return replace(step, fate="unreadable", reasons=reasons)
    return _converted(step, use, amount, row, knowledge, sums)


def _described(use: Use, amount: Daily, table: FactorTable) -> Step:
    """What the record says of a use, and what was read of it."""
    drug, dose = use.event.drug, use.dose
    assert drug is not None
    strength = f"{plain(drug.strength)} {drug.strength_unit}" if drug.strength is not None else ""
    said, times = "", ""
    if dose is not None and dose.rate is not None:
        said = f"{dose.rate} {dose.unit}/h"
    elif dose is not None and dose.amount is not None:
        said = f"{dose.amount} {dose.unit}".strip()
    if dose is not None and dose.per_day is not None and use.role != "recorded":
        times = f"{'as needed, up to ' if dose.as_needed else ''}{dose.per_day} a day"
    return Step(
        ref=use.event.ref,
        opioid=use.opioid,
        product=drug.product or use.event.display,
        strength=strength,
        form=drug.form,
        route=use.route,
        role=use.role,
        fate=use.fate,
        dose=said,
        times=times,
        amount=amount.scheduled,
        as_needed=amount.as_needed,
        unit=amount.unit,
        doses=amount.times,
        given=amount.given,
        table=table.id,
        reasons=use.reasons,
        text=dose.text if dose is not None else "",
    )


def _beside(row: FactorRow, amount: Daily) -> tuple[tuple[Decimal, Decimal], ...]:
    """What published alternates would give; shown, never added."""
    if amount.scheduled is None or amount.scheduled.high is None:
        return ()
    most = amount.scheduled.high + (amount.as_needed or _NOTHING)
    return tuple((each.factor, tidy(each.factor * most)) for each in row.beside)


def _obstacles(use: Use, amount: Daily, row: FactorRow | None) -> tuple[str, ...]:
    """Why a counted use cannot be converted."""
    found = list(amount.reasons)
    bounds_missing = row is not None and row.status == "unknown" and (row.low is None or row.high is None)
    if (row is None and use.route) or bounds_missing:
        found.append("no-factor")
    elif row is not None and use.event.drug is not None and not states_morphine(use.event.drug, row):
        found.append("opium-content-unknown")
    return tuple(dict.fromkeys(found))


def _converted(
    step: Step,
    use: Use,
    amount: Daily,
    row: FactorRow,
    knowledge: OpioidKnowledge,
    sums: dict[str, tuple[Interval, Decimal]],
) -> Step:
    """The amount times the factor; a row with bounds only gives a range and no default."""
    assert amount.scheduled is not None
    assert amount.scheduled.low is not None
    assert amount.scheduled.high is not None
    assert row.low is not None
    assert row.high is not None
    needed = amount.as_needed or _NOTHING
    all_scheduled, all_needed = sums.get(use.opioid, (amount.scheduled, needed)) if row.bands else (amount.scheduled, needed)
    assert all_scheduled.low is not None
    assert all_scheduled.high is not None
    low_factor, factor = factor_for(row, all_scheduled.low), factor_for(row, all_scheduled.high)
    most_factor = factor_for(row, all_scheduled.high + all_needed)
    low, high = in_factor_unit(amount.scheduled.low, row), in_factor_unit(amount.scheduled.high, row)
    prn = in_factor_unit(needed, row)
    step = msgspec.structs.replace(
        step,
        factor=factor,
        factor_low=row.low,
        factor_high=row.high,
        extension=row.status == "extension",
        range=Interval(tidy(low * (row.low if not row.bands else low_factor or row.low)),
                       tidy((high + prn) * (row.high if not row.bands else most_factor or row.high))),
        because=tuple(row.because),
        mark=row.mark,
        note=row.note,
    )  # fmt: skip
    if factor is None or low_factor is None or most_factor is None:
        return msgspec.structs.replace(step, reasons=("no-default-factor",))
    step = msgspec.structs.replace(
        step,
        scheduled=Interval(tidy(low * low_factor), tidy(high * factor)),
        prn_max=tidy((high + prn) * most_factor - high * factor),
    )
    if amount.given is not None:
        step = _given(step, use, amount.given, row, most_factor)
    if _too_large(use, amount, row, factor, knowledge):
        return msgspec.structs.replace(step, fate="unreadable", reasons=("implausible-dose",))
    return step


def _given(step: Step, use: Use, given: Interval, row: FactorRow, factor: Decimal) -> Step:
    """What was given as needed, or perhaps so, beside what is scheduled."""
    assert given.low is not None
    assert given.high is not None
    assert row.low is not None
    assert row.high is not None
    low, high = in_factor_unit(given.low, row), in_factor_unit(given.high, row)
    sure = use.as_needed is Truth.TRUE
    return msgspec.structs.replace(
        step,
        prn_given=Interval(tidy(low * factor) if sure else _NOTHING, tidy(high * factor)),
        given_range=Interval(tidy(low * min(row.low, factor)), tidy(high * max(row.high, factor))),
    )


def _too_large(use: Use, amount: Daily, row: FactorRow, factor: Decimal, knowledge: OpioidKnowledge) -> bool:
    """A single immediate-release dose that nobody would believe: mostly a wrong unit or concentration."""
    assert use.event.drug is not None
    if amount.single is None or is_extended(use.event.drug, knowledge):
        return False
    return in_factor_unit(amount.single, row) * factor > knowledge.limits.implausible_single.value


# -- totals ----------------------------------------------------------------------------------------------


def total(steps: Sequence[Step], silent: Truth, knowledge: OpioidKnowledge) -> Totals:
    """The sum of the counted steps; unknown, with every reason, if one part is."""
    broken = [step for step in steps if step.fate == "unreadable"]
    if broken:
        return Totals(reasons=_distinct(reason for step in broken for reason in step.reasons))
    counted = [step for step in steps if step.fate == "counted"]
    if not counted:
        return _none(steps, silent)
    spread = _sum(step.range for step in counted)
    if any(step.scheduled is None for step in counted):
        return Totals(range=spread, reasons=_distinct(reason for step in counted for reason in step.reasons))
    scheduled = _sum(step.scheduled for step in counted)
    needed, more = _as_needed(counted)
    assert scheduled.high is not None
    if scheduled.high + needed > knowledge.limits.implausible_day.value:
        return Totals(reasons=("implausible-day",))
    given = [step.prn_given for step in counted if step.prn_given is not None]
    return Totals(scheduled, needed, _sum(given) if given else None, _sum([spread, more]))


def _as_needed(counted: Sequence[Step]) -> tuple[Decimal, Interval]:
    """The most as needed, and what doses add to the range that were given beyond their orders.

    By opioid and route: what the orders allow, or what was given, whichever is more.
    """
    allowed: dict[tuple[str, str], list[Step]] = {}
    given: dict[tuple[str, str], list[Step]] = {}
    for step in counted:
        sure = step.given is not None and step.amount == ZERO
        (given if sure else allowed).setdefault((step.opioid, step.route), []).append(step)
    most = beyond = _NOTHING
    for key in allowed.keys() | given.keys():
        own, doses = allowed.get(key, []), given.get(key, [])
        ordered = sum((step.prn_max or _NOTHING for step in own), _NOTHING)
        most += max(ordered, sum((_high(step.prn_given) for step in doses), _NOTHING))
        room = sum((_high(step.range) for step in own if step.as_needed), _NOTHING)
        beyond += max(sum((_high(step.given_range) for step in doses), _NOTHING) - room, _NOTHING)
    return settled(most), Interval(_NOTHING, beyond)


def _high(value: Interval | None) -> Decimal:
    return (value.high if value is not None else None) or _NOTHING


def _none(steps: Sequence[Step], silent: Truth) -> Totals:
    """No opioid that counts: zero where that is vouched, unknown otherwise."""
    if any(step.fate == "excluded" for step in steps):
        return Totals(reasons=("partial-agonist",))
    if silent is not Truth.TRUE:
        return Totals(reasons=("no-opioid-recorded",))
    return Totals(ZERO, _NOTHING, None, ZERO)


def _sum(values: Iterable[Interval | None]) -> Interval:
    result = ZERO
    for each in values:
        assert each is not None
        result = _plus(result, each)
    return settled_ends(result)


def _distinct(reasons: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(reasons)))


def _apart(
    uses: Sequence[Use],
    roles: tuple[str, ...],
    table: FactorTable,
    knowledge: OpioidKnowledge,
    ventilated: Truth,
) -> Totals:
    """The total of some sources alone, as if the others had not been recorded; never zero by silence."""
    back = ("counted", "duplicate", "replaced")
    own = [
        _revived(use) if use.fate in back else use
        for use in uses
        if use.role in roles and not (use.role == "recorded" and use.fate == "duplicate")
    ]
    return total(steps_of(own, table, knowledge, ventilated), Truth.UNKNOWN, knowledge)


def _revived(use: Use) -> Use:
    """A use that another source had replaced, counted again."""
    reasons = tuple(reason for reason in use.reasons if reason != "duplicate-unclear")
    return msgspec.structs.replace(use, fate="counted", reasons=reasons)


# -- flags -----------------------------------------------------------------------------------------------


def _flags(steps: Sequence[Step], whole: Totals, events: Sequence[Event], knowledge: OpioidKnowledge) -> set[str]:
    """What to know about the total, as ids of the text catalogue (`opioid_flag`)."""
    now = [step for step in steps if step.fate in ("counted", "unreadable", "excluded", "separate", "ignored")]
    found = {flag for step in now for flag in knowledge.ingredients[step.opioid].flags}
    fates = {step.fate for step in steps}
    found |= {
        flag
        for fate, flag in (
            ("separate", "neuraxial-opioid-present"), ("ignored", "anaesthetic-opioid-ignored"),
            ("on-hold", "opioid-on-hold"), ("duplicate", "two-sources-one-use"),
            ("replaced", "given-instead-of-ordered"),
        )
        if fate in fates
    }  # fmt: skip
    if any(step.extension for step in now):
        found.add("extension-factor")
    if any("implausible" in reason for reason in (*whole.reasons, *(each for step in now for each in step.reasons))):
        found.add("implausible-dose")
    allowed = sum((step.doses or _NOTHING for step in now if _transmucosal(step) and step.given is None), _NOTHING)
    taken = sum((step.doses or _NOTHING for step in now if _transmucosal(step) and step.given is not None), _NOTHING)
    if max(allowed, taken) > knowledge.limits.transmucosal_doses.value:
        found.add("transmucosal-often")
    if any(step.role == "dispensed" and step.fate == "counted" for step in steps):
        found.add("dispensed-only")
    if any(step.fate == "counted" and step.given is not None and step.amount != ZERO for step in steps):
        found.add("given-unclear")
    if any(map(_could_be_opioid, events)):
        found.add("unrecognised-drug")
    return found


def _transmucosal(step: Step) -> bool:
    return step.opioid == "fentanyl" and step.route in ("transmucosal", "nasal")


def _rescue(steps: Sequence[Step], uses: Sequence[Use], silent: Truth) -> Truth:
    """An opioid as needed is ordered, whether or not its amount can be read."""
    now = [use for use in uses if use.fate in ("counted", "replaced", "duplicate") and "current-unknown" not in use.reasons]
    if any(use.dose is not None and use.dose.as_needed for use in now):
        return Truth.TRUE
    return Truth.UNKNOWN if silent is not Truth.TRUE or _unread(steps) else Truth.FALSE


def _around_the_clock(steps: Sequence[Step], silent: Truth) -> Truth:
    """An opioid is scheduled: ordered so, or flowing; a dose that was given once shows no schedule."""
    if any(_scheduled(step) and (step.role != "recorded" or step.dose.endswith("/h")) for step in steps):
        return Truth.TRUE
    return Truth.UNKNOWN if silent is not Truth.TRUE or _unread(steps) else Truth.FALSE


def _scheduled(step: Step) -> bool:
    now = step.fate in ("counted", "excluded", "replaced")
    return now and step.amount is not None and step.amount.above(_NOTHING) is Truth.TRUE


def _unread(steps: Sequence[Step]) -> bool:
    return any(step.fate == "unreadable" for step in steps)
