"""Kidney function, clotting ratio, performance status."""

from decimal import Decimal

from fourthstep.facts.derive import Facts
from fourthstep.facts.fact import Fact, unknown
from fourthstep.facts.pains import Pain
from fourthstep.ground.interval import Interval


def creatinine_clearance(facts: Facts, _pain: Pain | None) -> Fact:
    """Creatinine clearance by Cockcroft and Gault, with the actual weight, in mL/min.

    Unknown when: age, sex, or a creatinine or a weight inside its window is missing.
    """
    name = "creatinine_clearance"
    years, creatinine, weight = facts.of("age").number, facts.of("creatinine"), facts.of("weight")
    sex = facts.timeline.events.sex
    if years is None or years.low is None or years.high is None:
        return unknown(name, "age-missing")
    if sex not in ("male", "female"):
        return unknown(name, "sex-missing")
    windows = facts.knowledge.windows
    serum, mass = _recent(creatinine, windows.creatinine.value, facts), _recent(weight, windows.weight.value, facts)
    if serum is None:
        return unknown(name, "creatinine-missing", refs=creatinine.refs)
    if mass is None:
        return unknown(name, "weight-missing", refs=weight.refs)
    factor = Decimal("0.85") if sex == "female" else Decimal(1)
    low = (140 - years.high) * mass[0] * factor / (72 * serum[1])
    high = (140 - years.low) * mass[1] * factor / (72 * serum[0])
    tenth = Decimal("0.1")
    return Fact(name=name, number=Interval(low.quantize(tenth), high.quantize(tenth)), unit="mL/min",
                when=creatinine.when, refs=(*creatinine.refs, *weight.refs), detail="cockcroft-gault")  # fmt: skip


def _recent(fact: Fact, limit: int, facts: Facts) -> tuple[Decimal, Decimal] | None:
    """Both ends of a value that is fresh enough and known at both ends."""
    if fact.number is None or fact.when is None or facts.timeline.age(fact.when)[1] > limit:
        return None
    low, high = fact.number.low, fact.number.high
    return None if low is None or high is None else (low, high)


def aptt_ratio(_facts: Facts, _pain: Pain | None) -> Fact:
    """APTT as a multiple of its own upper limit.  Unknown: reference ranges are not read yet."""
    return unknown("aptt_ratio", "reference-range-missing")


def ecog(facts: Facts, _pain: Pain | None) -> Fact:
    """ECOG as recorded, else from KPS or PPS by the published mappings; an interval where they differ."""
    recorded = [event for event in facts.timeline.of(["ecog_score"]) if event.value is not None]
    if recorded:
        same = [event for event in recorded if event.start == recorded[0].start]
        worst = max(same, key=lambda event: (_high(event.value), event.ref))
        return Fact(name="ecog", number=worst.value, unit="1", when=worst.start, refs=(worst.ref,))
    for name in ("kps", "pps"):
        fact = facts.of(name)
        if fact.number is None or fact.number.low is None or fact.number.high is None:
            continue
        fits = [row.ecog for row in facts.knowledge.performance
                if row.source == "MA2010" and row.kps_from <= fact.number.high
                and row.kps_to >= fact.number.low]  # fmt: skip
        if fits:
            return Fact(name="ecog", number=Interval(min(fits), max(fits)), unit="1", when=fact.when, refs=fact.refs,
                        detail=name)  # fmt: skip
    return unknown("ecog", "never-measured")


def _high(value: Interval | None) -> Decimal:
    return value.high if value is not None and value.high is not None else Decimal("Infinity")
