"""Who the patient is: age, death, hospital stay, possible pregnancy."""

from decimal import Decimal

from fourthstep.facts.derive import Facts
from fourthstep.facts.fact import Fact, presence, unknown
from fourthstep.facts.pains import Pain
from fourthstep.ground.dates import years_between
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth, all_of


def age(facts: Facts, _pain: Pain | None) -> Fact:
    """Completed years; an interval where the birth date is not a day.  Unknown when there is none, or it lies ahead."""
    birth = facts.timeline.events.birth
    if birth is None:
        return unknown("age", "age-missing")
    day = facts.timeline.as_of.day
    low, high = years_between(birth.last, day), years_between(birth.first, day)
    if low < 0:
        return unknown("age", "age-missing")
    return Fact(name="age", number=Interval(Decimal(low), Decimal(high)), unit="a", refs=(_ref(facts),))


def deceased(facts: Facts, _pain: Pain | None) -> Fact:
    """Dead at `as_of`, as the Patient resource says.  Unknown when none was sent."""
    events = facts.timeline.events
    if events.deceased is None:
        return unknown("deceased", "no-patient-resource")
    truth = Truth.TRUE if events.deceased else Truth.FALSE
    return presence("deceased", truth, refs=(_ref(facts),), when=events.deceased_on)


def inpatient(facts: Facts, _pain: Pain | None) -> Fact:
    """In hospital on the day of the assessment: an inpatient encounter covers it.  Silence means no where vouched."""
    day = facts.timeline.as_of.day
    inside = [event for event in facts.timeline.of(["inpatient"]) if event.kind == "encounter"
              and event.start and event.start.first <= day
              and (event.end is None or event.end.last >= day)]  # fmt: skip
    if not inside and not facts.timeline.vouched("encounter"):
        return unknown("inpatient", "not-vouched")
    if not inside:
        return presence("inpatient", Truth.FALSE, detail="as-recorded")
    return presence("inpatient", Truth.TRUE, refs=tuple(sorted(event.ref for event in inside)), when=inside[0].start)


def child_bearing_potential(facts: Facts, _pain: Pain | None) -> Fact:
    """Female and of an age in which pregnancy is asked for.  Unknown when sex or age does not tell."""
    name, sex, years = "child_bearing_potential", facts.timeline.events.sex, facts.of("age").number
    first, last = (Decimal(each.value) for each in (facts.knowledge.windows.pregnancy_from,
                                                    facts.knowledge.windows.pregnancy_to))  # fmt: skip
    inside = Truth.UNKNOWN if years is None else all_of([years.at_least(first), years.at_most(last)])
    female = {"male": Truth.FALSE, "female": Truth.TRUE}.get(sex, Truth.UNKNOWN)
    truth = all_of([female, inside])
    why = "" if truth is not Truth.UNKNOWN else "sex-missing" if female is Truth.UNKNOWN else "age-missing"
    return presence(name, truth, refs=(_ref(facts),), why=why)


_STATUSES = {"dnr": "dnr", "not_for_resuscitation": "dnr", "for_resuscitation": "full"}
"""What a diagnosis, an order, or the coded value of a resuscitation observation says of the status."""


def code_status(facts: Facts, _pain: Pain | None) -> Fact:
    """The resuscitation status as coded: Z66, a resuscitation order, or the value of an observation about it.

    The newest entry counts; entries of one day that differ, or without a day, leave it known only so far.
    Unknown when: nothing coded tells (then it is asked); words are not interpreted.

    Source: safety dossier 7.1.
    """
    found = [
        (event, {_STATUSES[each] for each in (event.concept, *event.value_concepts) if each in _STATUSES})
        for event in facts.timeline.of([*_STATUSES, "cpr_orders", "dnr_observation"])
        if event.current is not False
    ]
    told = [(event, words) for event, words in found if words]
    if not told:
        return unknown("code_status", "not-asked")
    newest = next((event.start for event, _ in told if event.start), None)
    same = [(event, words) for event, words in told
            if event.start is None or (newest and event.start.last >= newest.first)]  # fmt: skip
    return Fact(name="code_status", words=tuple(sorted({word for _, words in same for word in words})), when=newest,
                refs=tuple(sorted({event.ref for event, _ in same})))  # fmt: skip


def pregnancy_test(facts: Facts, _pain: Pain | None) -> Fact:
    """The newest pregnancy test or status that says positive or negative in words; a number is not a result."""
    results = [(event, _positive(event.text)) for event in facts.timeline.of(["pregnancy_test", "pregnancy_status"])
               if event.start is not None and _positive(event.text) is not None]  # fmt: skip
    if not results:
        return unknown("pregnancy_test", "never-measured")
    newest = results[0][0].start
    same = [(event, positive) for event, positive in results
            if event.start and newest and event.start.last >= newest.first]  # fmt: skip
    positive = any(found for _, found in same)
    return Fact(name="pregnancy_test", words=("positive" if positive else "negative",), when=newest,
                refs=tuple(sorted(event.ref for event, _ in same)))  # fmt: skip


def _positive(text: str) -> bool | None:
    words = text.lower()
    if "not pregnant" in words or "negative" in words:
        return False
    return True if "positive" in words or "pregnant" in words else None


def _ref(facts: Facts) -> str:
    return f"Patient/{facts.timeline.events.patient}"
