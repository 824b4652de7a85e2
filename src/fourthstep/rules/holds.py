"""What guidelines ask about antithrombotic drugs before a procedure, and whether that time has passed.

Never "stop": each verdict says which interval the guideline gives, when the last dose was, whether the interval has
passed, what to check, and that the prescriber decides.  Hours count from the last dose (ASRA 2018).
Source: `knowledge/tables/antithrombotic_holds.csv`, `knowledge/holds.yaml`.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

import msgspec

from fourthstep.events.event import Event
from fourthstep.facts.derive import Facts, taken
from fourthstep.facts.fact import Fact
from fourthstep.ground.dates import When, days
from fourthstep.ground.interval import Interval, plain
from fourthstep.ground.truth import Truth, all_of, any_of, truth
from fourthstep.knowledge.models import BleedingClass, DoseClass
from fourthstep.knowledge.tables import Hold

USES = ("primary prevention", "secondary prevention", "prophylactic", "therapeutic", "intravenous")
"""Conditions of the table that speak of the use of a drug; the subcutaneous ones stand in `use_of`."""


class Exposure(msgspec.Struct, frozen=True):
    """One antithrombotic drug that the patient takes, may take, or took a short while ago."""

    drug: str
    code: str
    concept: str
    taken: Truth
    """Is it taken now, as recorded?"""
    assumed_today: bool
    """An active order or statement is assumed taken today, whatever the last recorded dose, and so is an infusion that
    still runs; an order on hold is not."""
    perhaps: bool
    """An order, statement or dispense does not tell whether it is taken now."""
    last: When | None
    """The last recorded dose, or the end of the order; None where neither is recorded."""
    latest: When | None
    """The last time at which a dose may have been taken: an order that ended later than the last recorded dose."""
    refs: tuple[str, ...]
    events: tuple[Event, ...]
    use: str = ""
    """What it is taken for and how, where somebody states it: one of `uses`; the doses then decide nothing."""


class Asked(msgspec.Struct, frozen=True):
    """What one guideline asks for one drug and one bleeding class."""

    source: str
    decision: str
    hours: str
    condition: str
    lab: str
    restart: str
    mark: str
    note: str
    until: str = ""
    """When the longest time asked has passed since the last dose; empty where that dose is not known to the minute."""


class HoldVerdict(msgspec.Struct, frozen=True):
    """One drug before one procedure."""

    drug: str
    taken: str
    last: str
    refs: tuple[str, ...]
    asks: tuple[Asked, ...]
    """The deciding guideline first, others beside it."""
    stop: Truth
    """Correctable stop: true while the interval has not passed, false once it has, unknown where it cannot be told."""
    caution: Truth
    """The guideline asks for a shared decision."""
    why: str
    """Why it is unknown, as a reason id."""
    mark: str
    open: tuple[str, ...] = ()
    """Facts that would settle it."""
    unsure: tuple[str, ...] = ()
    """Facts that would tell which of the intervals above applies."""


def exposures(facts: Facts) -> tuple[Exposure, ...]:
    """All antithrombotic drugs of the patient that may matter, by name."""
    rules = facts.knowledge.holds
    by_drug: dict[str, list[Event]] = {}
    for event in facts.timeline.of(rules.groups):
        if event.kind == "drug" and event.drug is not None and _matters(event, facts):
            by_drug.setdefault(event.drug.ingredient, []).append(event)
    return tuple(_exposure(drug, events, facts) for drug, events in sorted(by_drug.items()))


def _matters(event: Event, facts: Facts) -> bool:
    """Taken, perhaps taken, or last seen inside the longest interval."""
    if taken(event, facts.timeline, facts.knowledge.windows) is not Truth.FALSE:
        return True
    seen = facts.timeline.seen(event)
    return seen is not None and facts.timeline.age(seen)[0] <= days(facts.knowledge.holds.lookback)


def _exposure(drug: str, events: list[Event], facts: Facts) -> Exposure:
    given = [event for event in events if event.drug and event.drug.source == "administration"]
    others = [event for event in events if event.drug and event.drug.source != "administration"]
    over = [
        event
        for event in others
        if event.end is not None and taken(event, facts.timeline, facts.knowledge.windows) is Truth.FALSE
    ]
    doses, ended = ([when for event in part if (when := facts.timeline.seen(event)) is not None] for part in (given, over))
    last = _newest(doses or ended)
    first = events[0]
    return Exposure(
        drug=drug,
        code=first.drug.ingredient_code if first.drug else "",
        concept=first.concept,
        taken=any_of(taken(event, facts.timeline, facts.knowledge.windows) for event in events),
        assumed_today=any(event.current is True and event.status != "on-hold" for event in events),
        perhaps=any(taken(event, facts.timeline, facts.knowledge.windows) is Truth.UNKNOWN for event in others),
        last=last,
        latest=last and _newest([last, *ended]),
        refs=tuple(sorted({event.ref for event in events})),
        events=tuple(events),
    )


def _newest(times: list[When]) -> When | None:
    return max(times, key=lambda when: (when.last, when.instant is not None, str(when.instant)), default=None)


def hold_verdicts(risk: BleedingClass, sir: str, facts: Facts) -> tuple[HoldVerdict, ...]:
    """What is asked of every antithrombotic drug before a procedure of this bleeding class."""
    if risk == "none":
        return ()
    return tuple(hold_verdict(each, risk, sir, facts) for each in exposures(facts))


def hold_verdict(exposure: Exposure, risk: BleedingClass, sir: str, facts: Facts) -> HoldVerdict:
    """What is asked of one drug before a procedure of this bleeding class, by ASRA and, beside it, by SIR."""
    deciding, unsure = _rows(exposure, risk, facts, decides=True)
    # A procedure that the other guideline does not name gets no interval of it: never the low-risk one.
    beside, unsure_beside = _rows(exposure, "high" if sir.startswith("high") else sir, facts, decides=False)
    least = _least(exposure, risk, deciding, facts)
    # While the kidney may make the interval a longer one, no end of the shorter one is told.
    counted = exposure.latest if _renal(exposure, facts) is Truth.FALSE else None
    stop, caution, why, still_open = _judge(exposure, deciding, unsure, facts)
    return HoldVerdict(
        drug=exposure.drug,
        taken=exposure.taken.value,
        last=moment(exposure.last),
        refs=exposure.refs,
        asks=tuple(_ask(row, counted) for row in (*least, *(row for row in deciding if row not in least), *beside)),
        stop=stop,
        caution=caution,
        why=why,
        mark=max((row.mark for row in least or deciding or beside), default="P", key="VKP".index),
        open=still_open,
        unsure=tuple(dict.fromkeys((*unsure, *unsure_beside))),
    )


def _least(exposure: Exposure, risk: str, deciding: list[Hold], facts: Facts) -> list[Hold]:
    """What the guideline asks for a lower dose by the same route, where a policy row decides and not even this passed."""
    routes = {row.condition.partition(" ")[0] for row in deciding if row.mark == "P"}
    lower = [row for row in _table(exposure, risk, facts)
             if row.source == facts.knowledge.holds.decides and row.condition.partition(" ")[0] in routes]  # fmt: skip
    return [] if any(_passed(exposure, row, facts) is not Truth.FALSE for row in lower) else lower


def moment(when: When | None) -> str:
    """A time as exactly as it was recorded, to the minute; empty where none is."""
    if when is None:
        return ""
    return when.instant.isoformat(timespec="minutes") if when.instant else str(when)


def _ask(row: Hold, latest: When | None) -> Asked:
    return Asked(row.source, row.decision, _span(row.hours, row.hours_max), row.condition, row.lab,
                 _span(row.restart, row.restart_max), row.mark, row.note, _until(row, latest))  # fmt: skip


def _until(row: Hold, latest: When | None) -> str:
    """When the interval has passed, counted from a dose known to the minute; only what a guideline asks, never a plan."""
    hours = row.hours_max or row.hours
    if latest is None or latest.instant is None or hours is None or row.decision not in ("hold", "hold_plus_lab"):
        return ""
    return (latest.instant + timedelta(hours=float(hours))).isoformat(timespec="minutes")


def _span(low: Decimal | None, high: Decimal | None) -> str:
    if low is None:
        return ""
    return f"{plain(low)} h" if high is None or high == low else f"{plain(low)}-{plain(high)} h"


# -- which row applies -----------------------------------------------------------------------------------------


def _rows(exposure: Exposure, risk: str, facts: Facts, *, decides: bool) -> tuple[list[Hold], tuple[str, ...]]:
    """The rows that apply or could apply, and the facts that would tell which.

    Args:
        exposure: the drug.
        risk: the bleeding class by the source that is asked.
        facts: of the patient.
        decides: the rows that decide, not those of the sources that only stand beside.
    """
    found, unsure = [], []
    for row in _table(exposure, risk, facts):
        if (row.source in facts.knowledge.holds.beside) is decides:
            continue
        applies, needs = _applies(row, exposure, facts)
        if applies is not Truth.FALSE:
            found.append(row)
        if applies is Truth.UNKNOWN:
            unsure += needs
    return found, tuple(dict.fromkeys(unsure))


def _table(exposure: Exposure, risk: str, facts: Facts) -> list[Hold]:
    """All rows of a drug before a procedure of this class, of every source."""
    names = (exposure.drug, facts.knowledge.holds.class_row.get(exposure.concept, ""))
    return [row for row in facts.knowledge.tables.holds
            if row.risk_class == risk
            and (row.drug in names or (exposure.code and exposure.code in row.rxcui and "+" not in row.drug))]  # fmt: skip


def _applies(row: Hold, exposure: Exposure, facts: Facts) -> tuple[Truth, list[str]]:
    """Does the row's condition hold for this patient?"""
    rules, condition = facts.knowledge.holds, row.condition
    if exposure.use and (use := use_of(condition)):
        return truth(use == exposure.use), []
    if condition.startswith("CrCl"):
        return _clearance(condition, facts)
    if condition.endswith("prevention"):
        found = any_of(_truth(facts.of(name)) for name in rules.secondary_prevention if name in facts.knowledge.facts)
        return (found if condition.startswith("secondary") else ~found), list(rules.secondary_prevention)
    if condition in ("prophylactic", "therapeutic"):
        low = _dose_within(exposure, rules.enoxaparin_prophylactic)
        return (low if condition == "prophylactic" else ~low), [f"dose:{exposure.drug}"]
    if condition == "intravenous" or condition.startswith("subcutaneous"):
        return _heparin(condition, exposure, rules.heparin_low_dose), [f"dose:{exposure.drug}"]
    return Truth.TRUE, []


def use_of(condition: str) -> str:
    """What a row's condition says of the use, in one word for all guidelines; empty where it says nothing of it."""
    if condition.startswith("subcutaneous"):
        return "subcutaneous above 5000 units" if ">5000" in condition else "subcutaneous low dose"
    return condition if condition in USES else ""


def uses(drug: str, facts: Facts) -> tuple[str, ...]:
    """The uses between which the intervals of a drug differ."""
    rows = [row for row in facts.knowledge.tables.holds if row.drug == drug]
    return tuple(dict.fromkeys(use for row in rows if (use := use_of(row.condition))))


def _clearance(condition: str, facts: Facts) -> tuple[Truth, list[str]]:
    """`CrCl >=50 (4 doses)`, `CrCl <50 ...`, `CrCl 15-30 ...`."""
    fact = facts.of("creatinine_clearance")
    if fact.number is None:
        return Truth.UNKNOWN, ["creatinine_clearance"]
    words = condition.split()[1]
    if words.startswith(">="):
        return fact.number.at_least(Decimal(words[2:])), ["creatinine_clearance"]
    if words.startswith("<"):
        return fact.number.below(Decimal(words[1:])), ["creatinine_clearance"]
    low, high = words.split("-")
    inside = all_of([fact.number.at_least(Decimal(low)), fact.number.below(Decimal(high))])
    return inside, ["creatinine_clearance"]


def _truth(fact: Fact) -> Truth:
    return fact.truth if fact.truth is not None else Truth.UNKNOWN


def _dose_within(exposure: Exposure, limit: DoseClass) -> Truth:
    """Is every dose of the drug at most the prophylactic dose?  Unknown where no dose can be read."""
    doses = list(_doses(exposure, limit.unit))
    often: list[Interval | None] = [per_day for _, per_day in doses if per_day is not None]
    return agreed([_prophylactic(amount, each, limit) for amount, per_day in doses
                    for each in ([per_day] if per_day is not None else often or [None])])  # fmt: skip


def _prophylactic(amount: Interval, per_day: Interval | None, limit: DoseClass) -> Truth:
    """Is a dose prophylactic?  How often a day decides between the two limits; unknown where that matters."""
    if limit.a_day is None or limit.per_dose_twice is None:  # pragma: no cover  enoxaparin's limits hold both
        return Truth.UNKNOWN
    once, twice = amount.at_most(limit.a_day), amount.at_most(limit.per_dose_twice)
    often = per_day.above(Decimal(1)) if per_day is not None else Truth.UNKNOWN
    if often is Truth.UNKNOWN:
        return agreed([once, twice])
    return twice if often is Truth.TRUE else once


def agreed(found: list[Truth]) -> Truth:
    """What all of them say; unknown where they differ, or where there is none."""
    return found[0] if found and all(each is found[0] for each in found) else Truth.UNKNOWN


def _heparin(condition: str, exposure: Exposure, limit: DoseClass) -> Truth:
    routes = {dose.route_word or dose.route or event.drug.route
              for event in exposure.events if event.drug for dose in event.drug.doses}  # fmt: skip
    if not routes or not routes <= {"intravenous", "subcutaneous"}:
        return Truth.UNKNOWN
    if condition == "intravenous":
        return truth("intravenous" in routes)
    if "subcutaneous" not in routes:
        return Truth.FALSE
    low = agreed([amount.at_most(limit.per_dose) for amount, _ in _doses(exposure, limit.unit)
                   if limit.per_dose is not None])  # fmt: skip
    return ~low if ">5000" in condition else low


def _doses(exposure: Exposure, unit: str) -> Iterable[tuple[Interval, Interval | None]]:
    for event in exposure.events:
        for dose in event.drug.doses if event.drug else ():
            if dose.amount is not None and dose.unit == unit:
                yield dose.amount, dose.per_day


# -- has the time passed -----------------------------------------------------------------------------------------


def _judge(exposure: Exposure, rows: list[Hold], unsure: tuple[str, ...], facts: Facts
           ) -> tuple[Truth, Truth, str, tuple[str, ...]]:  # fmt: skip
    """Stop, caution, why unknown, and what would settle it."""
    if not rows or all(row.decision == "unknown" for row in rows):
        return Truth.UNKNOWN, Truth.UNKNOWN, "no-interval-in-the-table", ()
    shared = any_of(truth(row.decision in ("shared", "as_aspirin")) for row in rows)
    holds = [row for row in rows if row.decision in ("hold", "hold_plus_lab")]
    if not holds:
        return Truth.FALSE, shared, *_shared_with_the_kidney(exposure, shared, facts)
    passed = [_passed(exposure, row, facts) for row in holds]
    if len(holds) < len(rows):
        passed.append(Truth.TRUE)
    stop, renal = ~agreed(passed), _renal(exposure, facts)
    if renal is Truth.TRUE:  # the interval is longer: while the normal one has not passed, that has not either
        longer = Truth.TRUE if stop is Truth.TRUE else Truth.UNKNOWN
        return longer, Truth.TRUE, "renal-function-changes-the-interval", ("creatinine_clearance",)
    if stop is Truth.FALSE and renal is Truth.UNKNOWN:
        return Truth.UNKNOWN, shared, "renal-function-not-known", ("creatinine_clearance",)
    if stop is not Truth.UNKNOWN:
        return stop, shared, "", ()
    if unsure:
        return stop, shared, "several-intervals-possible", unsure
    long_enough = all(_hours_passed(exposure, row, facts) is Truth.TRUE for row in holds)
    return stop, shared, "last-dose-not-recorded", ("inr" if long_enough else f"last-dose:{exposure.drug}",)


def _shared_with_the_kidney(exposure: Exposure, shared: Truth, facts: Facts) -> tuple[str, tuple[str, ...]]:
    """A decision that is shared is told of the kidney too: the hours in the table are those of a normal one."""
    renal = _renal(exposure, facts)
    if shared is Truth.FALSE or renal is Truth.FALSE:
        return "", ()
    why = "renal-function-changes-the-interval" if renal is Truth.TRUE else "renal-function-not-known"
    return why, ("creatinine_clearance",)


def _renal(exposure: Exposure, facts: Facts) -> Truth:
    """Does the kidney make the interval another one, or ask for a drug level too?  The table holds neither."""
    limit = facts.knowledge.holds.renal.get(exposure.drug)
    if limit is None:
        return Truth.FALSE
    clearance = facts.of("creatinine_clearance").number
    return Truth.UNKNOWN if clearance is None else clearance.below(limit)


def _passed(exposure: Exposure, row: Hold, facts: Facts) -> Truth:
    """Have the hours passed since the last dose, and is the laboratory value normal where the row asks for it?"""
    passed = _hours_passed(exposure, row, facts)
    if row.decision == "hold_plus_lab" and row.lab.startswith("INR"):
        return all_of([passed, _inr_normal(facts)])
    return passed


def _hours_passed(exposure: Exposure, row: Hold, facts: Facts) -> Truth:
    if exposure.assumed_today:
        return Truth.FALSE
    hours = row.hours_max or row.hours
    if exposure.last is None or exposure.latest is None or hours is None:
        return Truth.UNKNOWN
    passed = agreed([_since(exposure.last, hours, facts), _since(exposure.latest, hours, facts)])
    return Truth.UNKNOWN if passed is Truth.TRUE and exposure.perhaps else passed


def _since(last: When, hours: Decimal, facts: Facts) -> Truth:
    as_of = facts.timeline.as_of
    if last.instant is not None:
        return truth(last.instant + timedelta(hours=float(hours)) <= as_of.moment(last.instant))
    fewest, most = facts.timeline.age(last)
    if as_of.instant is not None:  # a dose of a day may have been given in its last hour
        fewest -= 1
    if fewest * 24 >= hours:
        return Truth.TRUE
    return Truth.FALSE if (most + 1) * 24 <= hours else Truth.UNKNOWN


def _inr_normal(facts: Facts) -> Truth:
    rule = facts.knowledge.holds.inr_normal
    fact = facts.of("inr")
    if fact.number is None or fact.when is None or facts.timeline.age(fact.when)[1] > days(rule.within):
        return Truth.UNKNOWN
    return fact.number.at_most(rule.at_most)
