"""Cancer drugs: when were they given?"""

from decimal import Decimal

from fourthstep.events.event import Event
from fourthstep.facts.derive import Facts, taken
from fourthstep.facts.fact import Fact, presence, unknown
from fourthstep.facts.pains import Pain
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth, any_of

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
