"""Opioid facts: the arithmetic and the trials of `facts/opioids`, asked once per patient."""

from datetime import timedelta
from decimal import Decimal

from fourthstep.events.event import Event
from fourthstep.facts.derive import Facts
from fourthstep.facts.fact import Fact, presence, unknown
from fourthstep.facts.opioids import (
    DayScore,
    DoseThen,
    OpioidDose,
    OpioidTrial,
    Toxicity,
    adequate_trials,
    as_it_was,
    dose_history,
    opioid_dose,
    opioid_tolerant,
    opioid_trials,
    rotation,
    scheduled_dose,
)
from fourthstep.facts.pains import Pain
from fourthstep.ground.dates import AsOf
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth, truth

_TENTH = Decimal("0.1")
TOXICITIES = ("somnolence_stupor", "respiratory_depression", "delirium_due_to_drug", "drug_delirium", "hallucinations",
              "myoclonus", "hyperalgesia", "opioid_adverse_effect")  # fmt: skip
"""Diagnoses that may limit titration; whether they do is unknown from the code alone."""


def opioid_dose_of(facts: Facts) -> OpioidDose:
    """The daily dose, worked out once."""
    return facts.once("opioid_dose", lambda: _dose(facts))


def opioid_trials_of(facts: Facts) -> tuple[OpioidTrial, ...]:
    """The trials of strong opioids, worked out once."""
    return facts.once("opioid_trials", lambda: _trials(facts))


def opioid_history_of(facts: Facts) -> tuple[DoseThen, ...]:
    """The daily dose as it was, for the report."""
    return dose_history(
        _events(facts),
        facts.timeline.as_of,
        facts.knowledge.opioids,
        facts.policy.ome_table,
        vouched=_vouched(facts),
        inpatient=_truth(facts.of("inpatient")),
        windows=facts.knowledge.windows,
    )


def _dose(facts: Facts) -> OpioidDose:
    return opioid_dose(
        _events(facts),
        facts.timeline.as_of,
        facts.knowledge.opioids,
        facts.policy.ome_table,
        vouched=_vouched(facts),
        inpatient=_truth(facts.of("inpatient")),
    )


def _trials(facts: Facts) -> tuple[OpioidTrial, ...]:
    fact = facts.of("prognosis")
    return opioid_trials(
        _events(facts),
        _scores(facts),
        _toxicities(facts),
        facts.timeline.as_of,
        facts.knowledge.opioids,
        facts.policy.ome_table,
        definition=facts.policy.trial_definition,
        prognosis=fact.words[0] if len(fact.words) == 1 else "",
        vouched=_vouched(facts),
    )


def _events(facts: Facts) -> list[Event]:
    """Opioid events (one of each entry: other concepts of the same entry are left out), and unrecognised drugs."""
    return [event for event in facts.timeline.events.events
            if (event.kind == "drug" and event.concept.startswith("opioid:"))
            or (event.kind == "unrecognised" and event.of_kind == "drug")]  # fmt: skip


def _vouched(facts: Facts) -> Truth:
    return truth(facts.timeline.vouched("drug")) if facts.timeline.vouched("drug") else Truth.UNKNOWN


def _scores(facts: Facts) -> list[DayScore]:
    """The worst score of each day over all pains."""
    worst: dict[object, DayScore] = {}
    for pain in facts.pains:
        fact = pain.elements.get("pain_intensity")
        for each in fact.series if fact else ():
            if each.day.is_day:
                known = worst.get(each.day.first)
                if known is None or (each.value.high or 0) > (known.score.high or 0):
                    worst[each.day.first] = DayScore(each.day.first, each.value)
    return sorted(worst.values(), key=lambda each: each.day)


def _toxicities(facts: Facts) -> list[Toxicity]:
    limits = facts.timeline.answers("opioid_toxicity_persists")
    found = [Toxicity(event.start, Truth.TRUE) for event in limits if event.start and event.text == "yes"]
    coded = [event for event in facts.timeline.of(TOXICITIES) if event.start is not None]
    return found + [Toxicity(event.start, Truth.UNKNOWN) for event in coded if event.start is not None]


def _truth(fact: Fact) -> Truth:
    return fact.truth if fact.truth is not None else Truth.UNKNOWN


def _refs(dose: OpioidDose) -> tuple[str, ...]:
    return tuple(sorted({step.ref for step in dose.steps if step.fate == "counted"}))


# -- the facts -------------------------------------------------------------------------------------------------


def opioid_scheduled(facts: Facts, _pain: Pain | None) -> Fact:
    """Scheduled opioids as oral morphine equivalent, mg a day, with default factors."""
    dose = opioid_dose_of(facts)
    if dose.scheduled is None:
        return unknown("opioid_scheduled", dose.reasons[0] if dose.reasons else "dose-not-readable", refs=_refs(dose))
    return Fact(name="opioid_scheduled", number=dose.scheduled, unit="mg/d", refs=_refs(dose), detail=dose.table)


def opioid_dose_fact(facts: Facts, _pain: Pain | None) -> Fact:
    """The range: scheduled with low factors, to every dose as needed with high factors; limits are judged on it."""
    dose = opioid_dose_of(facts)
    if dose.range is None:
        return unknown("opioid_dose", dose.reasons[0] if dose.reasons else "dose-not-readable", refs=_refs(dose))
    return Fact(name="opioid_dose", number=dose.range, unit="mg/d", refs=_refs(dose), detail=dose.table)


def on_opioid(facts: Facts, _pain: Pain | None) -> Fact:
    """Takes an opioid now, as recorded."""
    return _taken("on_opioid", facts, lambda _step: Truth.TRUE)


def on_strong_opioid(facts: Facts, _pain: Pain | None) -> Fact:
    """Takes a strong opioid now, as recorded."""
    strong = {trial.opioid: trial.strong for trial in opioid_trials_of(facts)}
    return _taken("on_strong_opioid", facts, lambda opioid: strong.get(opioid, Truth.FALSE))


def _taken(name: str, facts: Facts, counts: object) -> Fact:
    dose = opioid_dose_of(facts)
    now = [step for step in dose.steps if step.fate in ("counted", "separate", "excluded")]
    unsure = [step for step in dose.steps if step.fate == "unreadable" or "current-unknown" in step.reasons]
    found = [counts(step.opioid) for step in now]  # type: ignore[operator]
    refs = tuple(sorted({step.ref for step in now}))
    if Truth.TRUE in found:
        return presence(name, Truth.TRUE, refs=refs)
    if Truth.UNKNOWN in found or unsure:
        return unknown(name, "not-known-if-current", refs=tuple(sorted({step.ref for step in (*now, *unsure)})))
    if _vouched(facts) is not Truth.TRUE:
        return unknown(name, "not-vouched")
    if facts.timeline.could_be("drug", "opioid"):
        strange = facts.timeline.could_be("drug", "opioid")
        return unknown(name, "unrecognised-could-be", refs=tuple(sorted(event.ref for event in strange)))
    return presence(name, Truth.FALSE, detail="as-recorded")


def opioid_rescue(facts: Facts, _pain: Pain | None) -> Fact:
    """An opioid as needed is ordered."""
    dose = opioid_dose_of(facts)
    why = "not-known-if-current" if dose.rescue is Truth.UNKNOWN else ""
    return presence("opioid_rescue", dose.rescue, refs=_refs(dose), why=why)


def opioid_tolerant_fact(facts: Facts, _pain: Pain | None) -> Fact:
    """Opioid tolerant by the regulator's definition."""
    found, reasons = opioid_tolerant(
        facts.timeline.events.events, facts.timeline.as_of, facts.knowledge.opioids, facts.policy.ome_table,
        vouched=_vouched(facts), inpatient=_truth(facts.of("inpatient")),
    )  # fmt: skip
    why = (reasons[0] if reasons else "dose-not-readable") if found is Truth.UNKNOWN else ""
    return presence("opioid_tolerant", found, refs=_refs(opioid_dose_of(facts)), why=why)


def adequate_opioid_trials(facts: Facts, _pain: Pain | None) -> Fact:
    """How many strong opioids were tried adequately: certain ones, to those that may be."""
    trials = opioid_trials_of(facts)
    return _counted("adequate_opioid_trials", adequate_trials(trials), trials, facts)


def opioid_trials_started(facts: Facts, _pain: Pain | None) -> Fact:
    """How many strong opioids were ever used."""
    trials = opioid_trials_of(facts)
    sure = sum(trial.strong is Truth.TRUE for trial in trials)
    return _counted("opioid_trials_started", Interval(Decimal(sure), Decimal(len(trials))), trials, facts)


def _counted(name: str, number: Interval, trials: tuple[OpioidTrial, ...], facts: Facts) -> Fact:
    """A count; its upper end is open where a drug that is not recorded could add to it."""
    refs = tuple(sorted({ref for trial in trials for ref in trial.refs}))
    complete = _vouched(facts) is Truth.TRUE and not facts.timeline.could_be("drug", "opioid")
    if not complete and number.high == 0:
        return unknown(name, "not-vouched" if _vouched(facts) is not Truth.TRUE else "unrecognised-could-be", refs=refs)
    return Fact(name=name, number=number if complete else Interval(number.low, None), unit="1", refs=refs)


def opioid_route_rotation(facts: Facts, _pain: Pain | None) -> Fact:
    """A change of route and a second strong opioid, tried adequately."""
    trials = opioid_trials_of(facts)
    required = facts.knowledge.opioids.limits.definitions[facts.policy.trial_definition].rotations
    found = rotation(trials, required)
    sure = found is not Truth.FALSE or _counted("", Interval.point(0), trials, facts).known
    why = "not-known-if-current" if found is Truth.UNKNOWN else "" if sure else "not-vouched"
    return presence("opioid_route_rotation", found if sure else Truth.UNKNOWN, why=why)


def days_since_adequate_opioid(facts: Facts, _pain: Pain | None) -> Fact:
    """Days since the start of the first adequate trial."""
    starts = [trial.start for trial in opioid_trials_of(facts) if trial.adequate is Truth.TRUE and trial.start]
    if not starts:
        return unknown("days_since_adequate_opioid", "no-adequate-trial")
    first = min(starts, key=lambda when: when.last)
    fewest, most = facts.timeline.age(first)
    days = Interval(Decimal(fewest), Decimal(most))
    return Fact(name="days_since_adequate_opioid", number=days, unit="d", when=first)


def opioid_rise_30d(facts: Facts, _pain: Pain | None) -> Fact:
    """Scheduled dose now against 30 days ago, in percent above it."""
    today = facts.timeline.as_of
    back = today.day - timedelta(days=facts.knowledge.windows.dose_rise.value)
    now = opioid_dose_of(facts).scheduled
    before = scheduled_dose(
        as_it_was(_events(facts), back, today), AsOf(back, zone=today.zone), facts.knowledge.opioids, facts.policy.ome_table,
        vouched=_vouched(facts), inpatient=_truth(facts.of("inpatient")),
    )  # fmt: skip
    if now is None or before is None or not now.is_point or not before.is_point or before.low in (None, Decimal(0)):
        return unknown("opioid_rise_30d", "dose-not-readable")
    assert now.low is not None and before.low is not None  # noqa: PT018  both are points
    rise = ((now.low / before.low - 1) * 100).quantize(_TENTH)  # doses are rounded, and so is what they make
    return Fact(name="opioid_rise_30d", number=Interval.point(rise), unit="%")
