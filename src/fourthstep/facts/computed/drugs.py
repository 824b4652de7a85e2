"""Drugs other than opioids: were they tried adequately?  Cancer drugs: when were they given?"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from fourthstep.events.event import Dose, Event
from fourthstep.facts.derive import Facts, taken
from fourthstep.facts.fact import Fact, presence, unknown
from fourthstep.facts.opioids.convert import daily, route_of
from fourthstep.facts.opioids.steps import Role, Use
from fourthstep.facts.pains import Pain
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth, all_of, any_of
from fourthstep.knowledge.models import AdequateTrial

_ROLES: dict[str, Role] = {
    "order": "prescribed",
    "statement": "taken",
    "administration": "recorded",
    "dispense": "dispensed",
}
SHORT = ("days", "weeks")
"""Prognosis with which a shorter trial counts (policy; pharmacology dossier 3.2)."""


# -- adequate trials -----------------------------------------------------------------------------------------------


def adjuvant_adequate(facts: Facts, _pain: Pain | None) -> Fact:
    """A first-line neuropathic adjuvant at adequate dose and time."""
    rows = [row for row in facts.knowledge.adjuvants if row.leg == "adjuvant" and row.first_line]
    return _adequate("adjuvant_adequate", rows, facts)


def nonopioid_adequate(facts: Facts, _pain: Pain | None) -> Fact:
    """Acetaminophen or an NSAID at adequate dose and time."""
    return _adequate("nonopioid_adequate", [row for row in facts.knowledge.adjuvants
                                            if row.leg == "acetaminophen-nsaid"], facts)  # fmt: skip


def bone_agent_adequate(facts: Facts, _pain: Pain | None) -> Fact:
    """A bone-modifying agent given often and long enough."""
    return _adequate("bone_agent_adequate", [row for row in facts.knowledge.adjuvants
                                             if row.leg == "bone-modifying"], facts)  # fmt: skip


def _adequate(name: str, rows: list[AdequateTrial], facts: Facts) -> Fact:
    found = any_of(_row_adequate(row, facts) for row in rows)
    refs = tuple(sorted({event.ref for row in rows for event in _events(row, facts)}))
    return presence(name, found, refs=refs, why="dose-or-time-not-known" if found is Truth.UNKNOWN else "")


def _events(row: AdequateTrial, facts: Facts) -> list[Event]:
    return [event for event in facts.timeline.of([row.concept])
            if event.kind == "drug" and event.drug and event.drug.ingredient == row.ingredient]  # fmt: skip


def _row_adequate(row: AdequateTrial, facts: Facts) -> Truth:
    events = _events(row, facts)
    silent = facts.timeline.vouched("drug") and not facts.timeline.could_be("drug", row.concept.partition(":")[0])
    if row.doses_at_least is not None:
        found = _doses_given(row, row.doses_at_least, events, facts)
    else:
        given = [event for event in events if event.drug and event.drug.source == "administration"]
        others = [event for event in events if event not in given]
        found = any_of([*(_course(row, event, events, facts) for event in others), _given_by_day(row, given, facts)])
    return found if found is not Truth.FALSE or silent else Truth.UNKNOWN


def _course(row: AdequateTrial, event: Event, all_events: list[Event], facts: Facts) -> Truth:
    """One order or statement: is its dose enough, is it long enough, and was it taken?"""
    return all_of([_dose_enough(row, event, facts), _long_enough(row, event, facts), _was_taken(event, all_events)])


_SHOWS = ("dispense", "statement", "administration")


def _was_taken(event: Event, all_events: list[Event]) -> Truth:
    """A statement, a dispense or an administration in its time shows it; an order alone shows only the intention."""
    if event.drug and event.drug.source == "statement":
        return Truth.TRUE
    shown = [other for other in all_events if other.drug and other.drug.source in _SHOWS
             and other.start and event.start and other.start.last >= event.start.first
             and (event.end is None or other.start.first <= event.end.last)]  # fmt: skip
    return Truth.TRUE if shown else Truth.UNKNOWN


def _dose_enough(row: AdequateTrial, event: Event, facts: Facts) -> Truth:
    limit, sure = _limit(row, facts)
    if limit is None:  # pragma: no cover  no row of a leg that is judged is without a dose; knowledge may add one
        return Truth.TRUE
    amounts = [_daily(event, index, facts) for index in range(len(event.drug.doses if event.drug else ()))]
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) < len(amounts):
        return Truth.UNKNOWN
    total = Interval(_sum(amount.low for amount in known), _sum(amount.high for amount in known))
    enough = total.at_least(limit)
    return Truth.UNKNOWN if enough is Truth.FALSE and not sure else enough


def _daily(event: Event, index: int, facts: Facts) -> Interval | None:
    """Scheduled milligrams a day of one dosage."""
    assert event.drug is not None
    dose = event.drug.doses[index]
    route, _ = route_of(dose, event.drug)
    role = _ROLES.get(event.drug.source, "prescribed")
    return daily(Use(event, event.drug.ingredient, dose, route, role), facts.knowledge.opioids).scheduled


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), Decimal(0))


def _limit(row: AdequateTrial, facts: Facts) -> tuple[Decimal | None, bool]:
    """The dose that counts for this patient, and whether that is sure."""
    frail = "frailty" in facts.knowledge.facts and facts.of("frailty").truth is Truth.TRUE
    full = row.dose_if_frail if frail and row.dose_if_frail is not None else row.dose_at_least
    if not row.renal:
        return full, True
    clearance = facts.of("creatinine_clearance").number
    if clearance is None:
        return full, False
    rows = [each for each in row.renal
            if all_of([clearance.at_least(each.at_least), clearance.below(each.below)]) is not Truth.FALSE]  # fmt: skip
    limits = [each.dose_at_least for each in rows] or [full or Decimal(0)]
    return max(limits), len(set(limits)) == 1


def _long_enough(row: AdequateTrial, event: Event, facts: Facts) -> Truth:
    if event.start is None:
        return Truth.UNKNOWN
    as_of = facts.timeline.as_of.day
    end = as_of if event.current is True else (event.end.last if event.end else None)
    if end is None:
        return Truth.UNKNOWN
    days = Interval(Decimal((end - event.start.last).days), Decimal((end - event.start.first).days))
    return days.at_least(Decimal(_days(row, facts)))


def _days(row: AdequateTrial, facts: Facts) -> int:
    if row.days_if_short is not None and any(word in SHORT for word in facts.of("prognosis").words):
        return row.days_if_short
    if row.days_if_bone_or_inflammatory is not None and facts.of("bone_metastasis").truth is Truth.TRUE:
        return row.days_if_bone_or_inflammatory
    return row.days_at_least


def _given_by_day(row: AdequateTrial, given: list[Event], facts: Facts) -> Truth:
    """Administrations: on how many days did the sum of the day reach the dose?"""
    limit, sure = _limit(row, facts)
    by_day: dict[date, Decimal] = {}
    unread = False
    for event in given:
        amounts = [_milligrams(dose, facts) for dose in event.drug.doses] if event.drug else []
        readable = amounts and all(amount is not None and amount.low is not None for amount in amounts)
        if event.start is None or not event.start.is_day or not readable:
            unread = True
            continue
        by_day[event.start.first] = by_day.get(event.start.first, Decimal(0)) + _sum(a.low for a in amounts if a)
    enough = sum(limit is None or total >= limit for total in by_day.values())
    if enough >= (row.days_at_dose or _days(row, facts)):
        return Truth.TRUE
    return Truth.UNKNOWN if given and (unread or not sure) else Truth.FALSE


def _milligrams(dose: Dose, facts: Facts) -> Interval | None:
    """The amount of one dose; None where it is not a mass."""
    return facts.codes.convert(dose.amount, dose.unit, "mg") if dose.amount is not None else None


def _doses_given(row: AdequateTrial, wanted: int, events: list[Event], facts: Facts) -> Truth:
    """Single doses that count: enough of them, each large enough, the first long enough ago.

    Unknown when: only an order or a statement says so (how often it was given is not known), or an amount or the
    limit is not known.
    """
    limit, sure = _limit(row, facts)
    found: dict[date, Truth] = {}
    for event in events:
        if event.start is None or event.drug is None or event.drug.source == "dispense":
            continue
        administered = event.drug.source == "administration"
        given = _amount_enough(event, limit, facts, sure=sure) if administered else Truth.UNKNOWN
        found[event.start.last] = any_of([given, found.get(event.start.last, Truth.FALSE)])
    certain = sorted(day for day, given in found.items() if given is Truth.TRUE)
    possible = sorted(day for day, given in found.items() if given is not Truth.FALSE)
    if _reach(certain, wanted, row, facts):
        return Truth.TRUE
    ordered = any(event.drug and event.drug.source in ("order", "statement") for event in events)
    return Truth.UNKNOWN if ordered or _reach(possible, wanted, row, facts) else Truth.FALSE


def _reach(dates: list[date], wanted: int, row: AdequateTrial, facts: Facts) -> bool:
    return len(dates) >= wanted and (facts.timeline.as_of.day - dates[0]).days >= row.days_at_least


def _amount_enough(event: Event, limit: Decimal | None, facts: Facts, *, sure: bool) -> Truth:
    """Was one administration at least the dose that counts?"""
    if limit is None:  # pragma: no cover  as above
        return Truth.TRUE
    amounts = [_milligrams(dose, facts) for dose in event.drug.doses] if event.drug else []
    if not amounts or None in amounts:
        return Truth.UNKNOWN
    total = Interval(_sum(each.low for each in amounts if each), _sum(each.high for each in amounts if each))
    enough = total.at_least(limit)
    return Truth.UNKNOWN if enough is Truth.FALSE and not sure else enough


def adjuvant_not_usable(facts: Facts, _pain: Pain | None) -> Fact:
    """Every first-line class has an allergy or intolerance on record."""
    name = "adjuvant_not_usable"
    classes = ("adjuvant:gabapentinoid", "adjuvant:snri", "adjuvant:tca")
    found = [any(event.kind == "allergy" and event.current is not False for event in facts.timeline.of([each]))
             for each in classes]  # fmt: skip
    if all(found):
        return presence(name, Truth.TRUE)
    if not facts.timeline.vouched("allergy"):
        return unknown(name, "not-vouched")
    if facts.timeline.could_be("allergy", "allergy"):
        return unknown(name, "unrecognised-could-be")
    return presence(name, Truth.FALSE, detail="as-recorded")


# -- cancer drugs ----------------------------------------------------------------------------------------------------

CYTOTOXIC = ("antineoplastic:cytotoxic", "chemo_encounter")


def cytotoxic_chemotherapy(facts: Facts, _pain: Pain | None) -> Fact:
    """Cytotoxic chemotherapy inside the window in which it matters for the blood count."""
    return _within("cytotoxic_chemotherapy", _cytotoxic(facts), facts.knowledge.windows.cytotoxic.value, facts)


def days_since_cytotoxic(facts: Facts, _pain: Pain | None) -> Fact:
    """Days since the last cytotoxic chemotherapy, whatever its age."""
    return _since("days_since_cytotoxic", _cytotoxic(facts), facts)


def late_nadir_chemotherapy(facts: Facts, _pain: Pain | None) -> Fact:
    """Carmustine, lomustine or mitomycin inside their longer window."""
    return _within("late_nadir_chemotherapy", _late(facts), facts.knowledge.windows.late_nadir.value, facts)


def days_since_late_nadir_chemotherapy(facts: Facts, _pain: Pain | None) -> Fact:
    """Days since the last of these."""
    return _since("days_since_late_nadir_chemotherapy", _late(facts), facts)


def _cytotoxic(facts: Facts) -> list[Event]:
    return [event for event in facts.timeline.of(CYTOTOXIC) if event.kind != "allergy"]


def _late(facts: Facts) -> list[Event]:
    late = facts.knowledge.windows.late_nadir_drugs
    return [event for event in facts.timeline.of(["antineoplastic:*"])
            if event.kind == "drug" and event.drug and event.drug.ingredient in late]  # fmt: skip


def _within(name: str, events: list[Event], limit: int, facts: Facts) -> Fact:
    recent = [event for event in events if event.current is True or (
        (seen := facts.timeline.seen(event)) is not None and facts.timeline.age(seen)[1] <= limit)]  # fmt: skip
    if recent:
        return presence(
            name, Truth.TRUE, refs=tuple(sorted(event.ref for event in recent)), when=facts.timeline.seen(recent[0])
        )
    if not (facts.timeline.vouched("drug") and facts.timeline.vouched("condition")):
        return unknown(name, "not-vouched")
    could_be = facts.timeline.could_be("drug", "antineoplastic")
    if could_be:
        return unknown(name, "unrecognised-could-be", refs=tuple(sorted(event.ref for event in could_be)))
    return presence(name, Truth.FALSE, detail="as-recorded")


def _since(name: str, events: list[Event], facts: Facts) -> Fact:
    seen = max((when for event in events if (when := facts.timeline.seen(event))), key=lambda when: when.last, default=None)
    if seen is None:
        return unknown(name, "no-cytotoxic-recorded")
    fewest, most = facts.timeline.age(seen)
    return Fact(name=name, number=Interval(Decimal(max(fewest, 0)), Decimal(most)), unit="d", when=seen,
                refs=tuple(sorted(event.ref for event in events)))  # fmt: skip


def antiangiogenic_not_cleared(facts: Facts, _pain: Pain | None) -> Fact:
    """An antiangiogenic drug or BTK inhibitor is inside its interval before surgery.

    Unknown when: a drug has no row in the table, its last dose is not recorded, or drugs are not vouched for.
    """
    name = "antiangiogenic_not_cleared"
    events = [event for event in facts.timeline.of(["antiangiogenic:*"]) if event.kind == "drug"]
    judged = [_not_cleared(event, facts) for event in events]
    refs = tuple(sorted({event.ref for event in events}))
    found = any_of(judged)
    if found is Truth.UNKNOWN:
        return unknown(name, "last-dose-not-recorded", refs=refs)
    if found is Truth.FALSE and not facts.timeline.vouched("drug"):
        return unknown(name, "not-vouched")
    if found is Truth.FALSE and facts.timeline.could_be("drug", "antiangiogenic"):
        return unknown(name, "unrecognised-could-be")
    return presence(name, found, refs=refs)


def _not_cleared(event: Event, facts: Facts) -> Truth:
    if taken(event, facts.timeline, facts.knowledge.windows) is Truth.TRUE:
        return Truth.TRUE
    ingredient = event.drug.ingredient if event.drug else ""
    code = event.drug.ingredient_code if event.drug else ""
    rows = [row for row in facts.knowledge.tables.antiangiogenic
            if row.drug == ingredient or (code and row.rxcui == code)]  # fmt: skip
    seen = facts.timeline.seen(event)
    given = event.drug is not None and event.drug.source == "administration"
    if not rows or seen is None or (event.current is None and not given):
        return Truth.UNKNOWN
    longest = max(int(row.before.split("-")[-1]) for row in rows)
    fewest, most = facts.timeline.age(seen)
    return Interval(Decimal(fewest), Decimal(most)).below(Decimal(longest))
