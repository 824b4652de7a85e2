"""Radiotherapy to a pain, sessions of treatment, refusals, side effects and what followed."""

from decimal import Decimal

from fourthstep.events.event import Event
from fourthstep.facts.derive import Facts
from fourthstep.facts.fact import Fact, presence, unknown
from fourthstep.facts.pains import Pain
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth

# -- radiotherapy ----------------------------------------------------------------------------------------------------


def radiotherapy_to_pain(facts: Facts, pain: Pain | None) -> Fact:
    """A course of radiotherapy whose site lies in the region of this pain.

    Unknown when: the course or the pain has no site, procedures are not vouched for, or one was not recognised.
    """
    name = "radiotherapy_to_pain"
    courses = _courses(facts)
    here = _here(courses, pain)
    if here:
        return presence(name, Truth.TRUE, refs=tuple(sorted(event.ref for event in here)), when=facts.timeline.seen(here[0]))
    refs = tuple(sorted(event.ref for event in courses))
    nowhere = pain is None or pain.word("pain_region") == "unknown"
    if any(not event.site for event in courses) or (courses and nowhere):
        return unknown(name, "site-not-recorded", refs=refs)
    if facts.of("radiotherapy_coded").truth is not Truth.FALSE:
        coded = facts.of("radiotherapy_coded")
        return unknown(name, coded.why or "site-not-recorded", refs=coded.refs)
    known = facts.of("radiotherapy")
    if not courses and known.truth is not Truth.FALSE:
        return unknown(name, known.why or "not-vouched")
    return presence(name, Truth.FALSE, refs=refs, detail="as-recorded")


def days_since_radiotherapy(facts: Facts, pain: Pain | None) -> Fact:
    """Days since the end of the latest course to the site of this pain."""
    name = "days_since_radiotherapy"
    seen = [when for event in _here(_courses(facts), pain) if (when := facts.timeline.seen(event)) is not None]
    if not seen:
        return unknown(name, "not-recorded")
    newest = max(seen, key=lambda when: when.last)
    fewest, most = facts.timeline.age(newest)
    return Fact(name=name, number=Interval(Decimal(fewest), Decimal(most)), unit="d", when=newest)


def _courses(facts: Facts) -> list[Event]:
    concepts = facts.knowledge.facts["radiotherapy"].concepts
    return [event for event in facts.timeline.of(concepts) if event.kind == "procedure"]


def _here(courses: list[Event], pain: Pain | None) -> list[Event]:
    region = pain.word("pain_region") if pain else "unknown"
    return [event for event in courses if event.site and event.site == region]


def radiotherapy_declined(facts: Facts, _pain: Pain | None) -> Fact:
    """Refused or impossible.  A record rarely says so, and reasons are not read: a course that was not done is unknown."""
    name = "radiotherapy_declined"
    concepts = facts.knowledge.facts["radiotherapy"].concepts
    left = [each.ref for each in facts.timeline.events.not_used
            if each.concept in concepts and each.reason in ("not-done", "do-not-perform")]  # fmt: skip
    return unknown(name, "not-done-reason-not-read", refs=tuple(sorted(set(left)))) if left else _asked_only(name, facts)


def opioid_declined(facts: Facts, _pain: Pain | None) -> Fact:
    """The patient declines opioids.  No, as recorded, where drugs are vouched for and none was refused."""
    return _asked_only("opioid_declined", facts)


def opioid_rotation_declined(facts: Facts, _pain: Pain | None) -> Fact:
    """A change of the opioid is declined or contraindicated."""
    return _asked_only("opioid_rotation_declined", facts)


def _asked_only(name: str, facts: Facts) -> Fact:
    """Only an answer says so; without one, no where the kind is vouched for."""
    kind = "procedure" if name.startswith("radiotherapy") else "drug"
    if not facts.timeline.vouched(kind):
        return unknown(name, "not-vouched")
    return presence(name, Truth.FALSE, detail="as-recorded")


# -- sessions --------------------------------------------------------------------------------------------------------


def psychological_sessions(facts: Facts, _pain: Pain | None) -> Fact:
    """Days with psychological treatment."""
    return _sessions("psychological_sessions", "cbt", facts)


def physiotherapy_sessions(facts: Facts, _pain: Pain | None) -> Fact:
    """Days with physiotherapy."""
    return _sessions("physiotherapy_sessions", "physical_therapy", facts)


def _sessions(name: str, concept: str, facts: Facts) -> Fact:
    events = facts.timeline.of([concept])
    days = {event.start.first for event in events if event.start is not None}
    refs = tuple(sorted(event.ref for event in events))
    if facts.timeline.vouched("procedure") and not facts.timeline.could_be("procedure", "rehabilitation"):
        return Fact(name=name, number=Interval.point(len(days)), unit="1", refs=refs)
    if not days:
        return unknown(name, "not-vouched")
    return Fact(name=name, number=Interval(Decimal(len(days)), None), unit="1", refs=refs)


def physiotherapy_span(facts: Facts, _pain: Pain | None) -> Fact:
    """Days from the first to the last session."""
    days = [event.start.first for event in facts.timeline.of(["physical_therapy"]) if event.start is not None]
    count = facts.of("physiotherapy_sessions")
    if not days and not count.known:
        return unknown("physiotherapy_span", count.why)
    span = (max(days) - min(days)).days if days else 0
    return Fact(name="physiotherapy_span", number=Interval.point(span), unit="d", refs=count.refs)


# -- side effects ----------------------------------------------------------------------------------------------------


def opioid_classes_not_tolerated(facts: Facts, _pain: Pain | None) -> Fact:
    """Structural classes of opioids with an allergy or intolerance on record."""
    name = "opioid_classes_not_tolerated"
    named = [event for event in facts.timeline.of(["opioid:*"])
             if event.kind == "allergy" and event.current is not False]  # fmt: skip
    bare = [event for event in facts.timeline.of(["narcotic_allergy"]) if event.current is not False]
    classes = {_opioid_class(event.drug.ingredient) for event in named if event.drug}
    refs = tuple(sorted(event.ref for event in (*named, *bare)))
    if bare:
        return Fact(name=name, number=Interval(Decimal(max(len(classes), 1)), None), unit="1", refs=refs)
    complete = facts.timeline.vouched("allergy") and not facts.timeline.could_be("allergy", "allergy")
    if not complete and not classes:
        return unknown(name, "not-vouched" if not facts.timeline.vouched("allergy") else "unrecognised-could-be")
    high = Decimal(len(classes)) if complete else None
    return Fact(name=name, number=Interval(Decimal(len(classes)), high), unit="1", refs=refs)


_CLASSES = {
    "phenylpiperidine": ("fentanyl", "meperidine", "sufentanil", "alfentanil", "remifentanil"),
    "diphenylheptane": ("methadone", "propoxyphene"),
    "phenylpropylamine": ("tramadol", "tapentadol"),
}


def _opioid_class(ingredient: str) -> str:
    """Structural class of an opioid; the morphine-like ones are one class."""
    return next((name for name, members in _CLASSES.items() if ingredient in members), "phenanthrene")


def naloxone_given(facts: Facts, _pain: Pain | None) -> Fact:
    """Naloxone was really given by needle or nose; in a tablet or film beside an opioid it treats nothing."""
    name = "naloxone_given"
    given = [event for event in facts.timeline.of(["opioid:opioid_antagonist"])
             if event.drug and event.drug.ingredient == "naloxone" and event.drug.source == "administration"
             and not event.drug.others and event.drug.route not in ("oral", "transmucosal")]  # fmt: skip
    if given:
        dated = [when for event in given if (when := facts.timeline.seen(event)) is not None]
        newest = max(dated, key=lambda when: when.last, default=None)
        return presence(name, Truth.TRUE, refs=tuple(sorted(event.ref for event in given)), when=newest)
    if not facts.timeline.vouched("drug"):
        return unknown(name, "not-vouched")
    return presence(name, Truth.FALSE, detail="as-recorded")


def opioid_lowered_after_toxicity(facts: Facts, _pain: Pain | None) -> Fact:
    """An opioid was stopped or replaced after a side effect began.

    Unknown when: there is a side effect on record and no stop of an opioid after it, because a reduction inside one
    order cannot be read.
    """
    name = "opioid_lowered_after_toxicity"
    concepts = [each for fact in facts.knowledge.facts if fact.startswith("toxicity_")
                for each in facts.knowledge.facts[fact].concepts]  # fmt: skip
    began = [event.start for event in facts.timeline.of(concepts) if event.start is not None]
    if not began and not facts.timeline.vouched("condition"):
        return unknown(name, "not-vouched")
    if not began and facts.timeline.could_be("condition", "toxicity"):
        return unknown(name, "unrecognised-could-be")
    if not began:
        return presence(name, Truth.FALSE, detail="as-recorded")
    first = min(began, key=lambda when: when.first)
    stopped = [event for event in facts.timeline.of(["opioid:*"]) if event.kind == "drug" and event.current is False
               and event.end is not None and event.end.first >= first.last]  # fmt: skip
    if stopped:
        return presence(name, Truth.TRUE, refs=tuple(sorted(event.ref for event in stopped)))
    return unknown(name, "not-recorded")
