"""What is used now: from all opioid events to the dosages that count, each by its most trusted source.

Order of trust: what was given in the last 24 hours, what is said to be taken, what was ordered, and what was
dispensed, as an upper bound only.  Prescribed and taken stay apart; two sources of one use are one use; two
orders add.  Nothing is dropped: what does not count keeps its fate and its reason.

Source: project dossier, pharmacology 1.8.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from fourthstep.events.event import Dose, Event
from fourthstep.facts.opioids.convert import daily, route_of
from fourthstep.facts.opioids.given import Orders, is_pump, same_product
from fourthstep.facts.opioids.steps import Role, Use
from fourthstep.ground.dates import AsOf
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth, truth
from fourthstep.knowledge.opioids import OpioidKnowledge, opioid_named


def opioid_events(events: Iterable[Event], knowledge: OpioidKnowledge) -> list[tuple[Event, str]]:
    """All drug events of an opioid with the name that the tables use, always in the same order.

    One entry of the record may have several concepts (an opioid is serotonergic, too): it is one event here.
    """
    found = []
    for event in events:
        if event.drug is not None and event.kind == "drug":
            name = opioid_named(knowledge, event.drug.ingredient, event.drug.ingredient_code)
            if name:
                found.append((event, name))
    found.sort(key=lambda pair: (pair[1], pair[0].ref, pair[0].concept, msgspec.json.encode(pair[0])))
    once: dict[tuple[str, str], tuple[Event, str]] = {}
    for event, name in found:
        once.setdefault((event.ref, name), (event, name))
    return list(once.values())


def current_uses(
    events: Sequence[Event], as_of: AsOf, knowledge: OpioidKnowledge, inpatient: Truth = Truth.UNKNOWN
) -> tuple[Use, ...]:
    """Every opioid dosage of the record, with its fate at `as_of`.

    Args:
        events: all events of the patient.
        as_of: the moment that is asked about.
        knowledge: limits and names.
        inpatient: whether the patient is in hospital, where everything that is given is recorded.

    Returns:
        One use for each dosage of each event; `fate` "counted" belongs to what is taken now, and `reasons`
        names what makes it unreadable.
    """
    found = opioid_events(events, knowledge)
    orders = Orders(found)
    uses: list[Use] = []
    for event, name in found:
        if _source(event) == "administration":
            uses += _recorded(event, name, orders.as_needed(event, name), as_of, knowledge)
        else:
            uses += _standing(event, name, as_of.day)
    return tuple(_bounds(_twice(_replaced(_patches(uses), inpatient, knowledge))))


def _source(event: Event) -> str:
    assert event.drug is not None
    return event.drug.source


# -- orders, statements, dispenses -----------------------------------------------------------------------


_ROLES: dict[str, Role] = {"statement": "taken", "dispense": "dispensed"}


def _standing(event: Event, name: str, day: date) -> list[Use]:
    """An order, statement or dispense: one use for each dosage, with its fate on that day."""
    drug = event.drug
    assert drug is not None
    role = _ROLES.get(drug.source, "prescribed")
    uses = []
    for dose, window in _active(drug.doses, day) if drug.doses else [(None, "")]:
        route, why = route_of(dose, drug)
        needed = truth(dose is not None and dose.as_needed)
        use = Use(
            event, name, dose, route, role, reasons=(why,) if why else (), as_needed=needed, bounded=role == "dispensed"
        )
        uses.append(_fate(use, window))
    return uses


def _fate(use: Use, window: str) -> Use:
    """Whether the event and the dosage hold; `Event.current` None makes the use unreadable."""
    event = use.event
    if event.current is False or window == "over":
        return replace(use, fate="not-current", reasons=())
    if event.status == "on-hold":
        return replace(use, fate="on-hold", reasons=())
    if event.current is None:
        return replace(use, reasons=("current-unknown", *use.reasons))
    return replace(use, reasons=(window, *use.reasons)) if window else use


def _active(doses: tuple[Dose, ...], day: date) -> list[tuple[Dose | None, str]]:
    """Each dosage with "" where it covers the day, "over" where not, or the reason why nobody can tell."""
    several = len({dose.sequence for dose in doses if dose.sequence is not None}) > 1
    return [(dose, _window(dose, day, consecutive=several and dose.sequence is not None)) for dose in doses]


def _window(dose: Dose, day: date, *, consecutive: bool) -> str:
    start, end = dose.start, dose.end
    if consecutive and start is None and end is None:
        return "sequence-undated"
    if (start is not None and day < start.first) or (end is not None and day > end.last):
        return "over"
    if (start is not None and day < start.last) or (end is not None and day > end.first):
        return "course-uncertain"
    return ""


# -- administrations -------------------------------------------------------------------------------------


def _recorded(event: Event, name: str, needed: Truth, as_of: AsOf, knowledge: OpioidKnowledge) -> list[Use]:
    """What was given in the last 24 hours: one use for each dose, counted as often as it was given."""
    drug = event.drug
    assert drug is not None
    inside = _inside(event, as_of, knowledge)
    uses = []
    for dose in drug.doses or (None,):
        route, why = route_of(dose, drug)
        once = Interval.point(1)
        use = Use(event, name, dose, route, "recorded", reasons=(why,) if why else (), times=once, as_needed=needed)
        if drug.given is False or (route != "transdermal" and inside is Truth.FALSE):
            use = replace(use, fate="not-current", reasons=())
        elif drug.given is None:
            use = replace(use, reasons=("given-unknown", *use.reasons))
        elif route == "transdermal":
            use = _worn(use, inside, as_of, knowledge)
        elif inside is Truth.UNKNOWN:
            use = replace(use, reasons=("administration-time-unknown", *use.reasons))
        elif dose is not None and dose.rate is not None:
            use = _ran(use, as_of, knowledge)
        uses.append(use)
    return uses


def _inside(event: Event, as_of: AsOf, knowledge: OpioidKnowledge) -> Truth:
    """Whether an administration lies, or ended, in the last 24 hours."""
    start, last = event.start, event.end or event.start
    if start is None or last is None:
        return Truth.UNKNOWN
    if _runs(event) and start.last <= as_of.day:
        return Truth.TRUE
    if start.instant is not None and last.instant is not None:
        end = as_of.moment(last.instant)
        begin = end - timedelta(hours=int(knowledge.limits.recorded_window.value))
        return truth(start.instant <= end and last.instant > begin)
    if start.first > as_of.day:
        return Truth.FALSE
    if as_of.instant is None and last.is_day:
        return truth(last.first == as_of.day)
    return Truth.FALSE if last.last < as_of.day - timedelta(days=1) else Truth.UNKNOWN


def _runs(event: Event) -> bool:
    """An infusion that has not ended."""
    assert event.drug is not None
    return event.current is True and event.end is None and any(dose.rate is not None for dose in event.drug.doses)


def _worn(use: Use, inside: Truth, as_of: AsOf, knowledge: OpioidKnowledge) -> Use:
    """A patch that was applied in the last 24 hours is worn; an older one may have been taken off."""
    start = use.event.start
    if inside is Truth.TRUE:
        return use
    longest = knowledge.limits.patch_wear_longest.value
    if start is not None and start.age_on(as_of.day)[0] > longest:
        return replace(use, fate="not-current", reasons=())
    return replace(use, reasons=("patch-wear-unknown", *use.reasons))


def _ran(use: Use, as_of: AsOf, knowledge: OpioidKnowledge) -> Use:
    """An infusion counts the hours that it ran in the window; one that still runs counts a whole day."""
    event = use.event
    if _runs(event):
        return replace(use, times=Interval.point(knowledge.limits.recorded_window.value))
    if event.start is None or event.end is None or event.start.instant is None or event.end.instant is None:
        return replace(use, reasons=("infusion-hours-unknown", *use.reasons))
    end = as_of.moment(event.end.instant)
    begin = end - timedelta(hours=int(knowledge.limits.recorded_window.value))
    ran = min(event.end.instant, end) - max(event.start.instant, begin)
    hours = Decimal(int(ran.total_seconds())) / Decimal(3600)
    return replace(use, times=Interval.point(max(hours, Decimal(0))))


# -- one use, several sources ----------------------------------------------------------------------------


def _counts(use: Use, *roles: str) -> bool:
    return use.fate == "counted" and use.role in roles


def _patches(uses: list[Use]) -> list[Use]:
    """A patch that was applied is a sign of an order that is worn now, not a second patch."""
    worn = {
        (use.opioid, "transdermal") for use in uses if use.route == "transdermal" and _counts(use, "prescribed", "taken")
    }
    return [
        replace(use, fate="duplicate")
        if use.role == "recorded" and use.fate == "counted" and (use.opioid, use.route) in worn
        else use
        for use in uses
    ]


def _replaced(uses: list[Use], inpatient: Truth, knowledge: OpioidKnowledge) -> list[Use]:
    """What was given replaces what was ordered: dose for dose, infusion for infusion.

    Doses as needed stand beside their order, which still tells the most that is allowed; they replace it where that
    cannot be read.  Doses make a whole day only where all doses are recorded: for an inpatient, and for a pump.  Elsewhere a
    dose that was given is a sign that the order is taken.  An unclear one makes the total unknown by itself.
    """
    standing = {_key(use) for use in uses if _counts(use, "prescribed", "taken")}
    pumps = {key[:2] for key in standing if key[2]}
    result = []
    for use in uses:
        if _counts(use, "recorded") and not use.reasons and _key(use) in standing and not _whole(use, inpatient, pumps):
            result.append(replace(use, fate="duplicate"))
        else:
            result.append(use)
    given: dict[tuple[str, str, bool], set[Truth]] = {}
    for use in result:
        if _counts(use, "recorded") and use.route != "transdermal" and not use.reasons:
            given.setdefault(_key(use), set()).add(use.as_needed)
    return [
        _beside(use, given[_key(use)], knowledge) if _counts(use, "prescribed", "taken") and _key(use) in given else use
        for use in result
    ]


def _beside(use: Use, given: set[Truth], knowledge: OpioidKnowledge) -> Use:
    """An order beside what was given: scheduled doses, doses as needed, and doses that may be either."""
    ordered = Truth.FALSE if is_pump(use.event) else use.as_needed
    unread = bool(daily(use, knowledge).reasons)
    if ordered in given or (unread and Truth.UNKNOWN in given):
        kept = ordered is Truth.TRUE and not unread
        return use if kept else replace(use, fate="replaced")
    return replace(use, bounded=True) if ordered is Truth.FALSE and Truth.UNKNOWN in given else use


def _key(use: Use) -> tuple[str, str, bool]:
    return use.opioid, use.route, use.dose is not None and use.dose.rate is not None


def _whole(use: Use, inpatient: Truth, pumps: set[tuple[str, str]]) -> bool:
    """Whether what was recorded is all that was given of it in the window."""
    if use.dose is not None and use.dose.per_day is not None:
        return False
    return inpatient is Truth.TRUE or (use.opioid, use.route) in pumps


def _twice(uses: list[Use]) -> list[Use]:
    """A statement and an order of the same opioid, strength and route are one use; the statement is kept.

    A statement without any dosage says only that the order is taken: then the order is kept.
    """
    stated = [use for use in uses if _counts(use, "taken")]
    ordered = [use for use in uses if _counts(use, "prescribed")]
    result = []
    for use in uses:
        if use in ordered:
            result.append(_against(use, [other for other in stated if other.opioid == use.opioid]))
        elif use in stated and use.dose is None and any(_same(use, other) is Truth.TRUE for other in ordered):
            result.append(replace(use, fate="duplicate"))
        else:
            result.append(use)
    return result


def _against(use: Use, stated: list[Use]) -> Use:
    """An order beside what is said to be taken."""
    same = [(_same(use, other), other) for other in stated]
    if any(each is Truth.TRUE and other.dose is not None for each, other in same):
        return replace(use, fate="duplicate")
    if any(each is Truth.UNKNOWN for each, _ in same):
        return replace(use, reasons=("duplicate-unclear", *use.reasons))
    return use


def _same(left: Use, right: Use) -> Truth:
    """Whether two uses are of one opioid, strength and route."""
    if left.opioid != right.opioid:
        return Truth.FALSE
    return same_product(left.event, left.route, right.event, right.route)


def _bounds(uses: list[Use]) -> list[Use]:
    """What was dispensed counts, as a bound, only where no better source tells of the same use.

    An order that was stopped after the drug was handed over is such a source: it tells that the rest is not taken.
    """
    better = [use for use in uses if _counts(use, "prescribed", "taken", "recorded") or use.fate == "replaced"]
    result = []
    for use in uses:
        if not _counts(use, "dispensed"):
            result.append(use)
        elif any(_alike(use, other) for other in better):
            result.append(replace(use, fate="duplicate"))
        elif any(_stopped_after(use, other) for other in uses):
            result.append(replace(use, fate="not-current", reasons=()))
        else:
            result.append(use)
    return result


def _alike(left: Use, right: Use) -> bool:
    return left.opioid == right.opioid and (not left.route or not right.route or left.route == right.route)


def _stopped_after(dispensed: Use, order: Use) -> bool:
    """Was the order of the same opioid, strength and route stopped on the day of the dispense or later?"""
    begun, end = dispensed.event.start, order.event.end
    if order.role != "prescribed" or order.event.status != "stopped" or begun is None or end is None:
        return False
    return _same(dispensed, order) is Truth.TRUE and end.first >= begun.last
