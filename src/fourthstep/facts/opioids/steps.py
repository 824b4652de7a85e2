"""What the opioid arithmetic works on and what it shows: uses, steps and totals."""

from decimal import Decimal
from typing import Literal

import msgspec

from fourthstep.events.event import Dose, Event
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth

Fate = Literal[
    "counted",
    "separate",
    "excluded",
    "ignored",
    "on-hold",
    "not-current",
    "duplicate",
    "replaced",
    "unreadable",
]
Role = Literal["prescribed", "taken", "recorded", "dispensed"]

ZERO = Interval.point(0)


class Use(msgspec.Struct, frozen=True):
    """One dosage of one opioid event, and whether it is part of what is taken now.

    `role`: prescribed (an order), taken (somebody says so), recorded (given in the last 24 hours, or still
    running), dispensed (a bound only).
    """

    event: Event
    opioid: str
    """The name that the tables use."""
    dose: Dose | None
    route: str
    """Route class; empty where the record does not say."""
    role: Role
    fate: Fate = "counted"
    reasons: tuple[str, ...] = ()
    """Why it cannot be read, or why it is not counted."""
    times: Interval | None = None
    """For what was recorded: how often the dose was given, or how many hours the rate ran."""
    as_needed: Truth = Truth.FALSE
    """Ordered as needed; for what was recorded, by its order, and unknown where nothing tells."""
    bounded: bool = False
    """Counts from nothing to all: it may be the same as another use, or less than that was taken."""


class Daily(msgspec.Struct, frozen=True):
    """The daily amount of one use before any factor; None where it cannot be read, with reasons."""

    scheduled: Interval | None = None
    as_needed: Decimal | None = None
    """The largest amount a day as needed; the smallest is nothing."""
    unit: str = ""
    """`mg`, or `ug/h` for a patch."""
    single: Decimal | None = None
    """The largest single dose, where it is not a rate."""
    continuous: bool = False
    times: Decimal | None = None
    """The most doses a day."""
    given: Interval | None = None
    """What was given of it, as needed or perhaps as needed."""
    reasons: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """Every step from one use to its share of the total, so that a reader can do the sum again."""

    ref: str
    opioid: str
    product: str
    strength: str
    form: str
    route: str
    role: Role
    fate: Fate
    dose: str = ""
    times: str = ""
    amount: Interval | None = None
    """Scheduled amount a day, in `unit`; for a patch the rate."""
    as_needed: Decimal | None = None
    unit: str = ""
    doses: Decimal | None = None
    """The most doses a day."""
    given: Interval | None = None
    """What was given in the last 24 hours as needed, or perhaps as needed; no part of a schedule."""
    table: str = ""
    factor: Decimal | None = None
    factor_low: Decimal | None = None
    factor_high: Decimal | None = None
    extension: bool = False
    """The factor stands beside the published table, with its own source."""
    beside: tuple[tuple[Decimal, Decimal], ...] = ()
    """Published alternates that are never added: factor and what it would give."""
    scheduled: Interval | None = None
    """mg of oral morphine a day, default factor."""
    prn_max: Decimal | None = None
    prn_given: Interval | None = None
    """mg of oral morphine, default factor, of `given`; from nothing where it may have been scheduled."""
    given_range: Interval | None = None
    """mg of oral morphine of `given`, with the low and the high factor."""
    range: Interval | None = None
    reasons: tuple[str, ...] = ()
    text: str = ""
    """Free text of the instruction, quoted."""
    because: tuple[str, ...] = ()
    mark: str = ""
    note: str = ""


class Totals(msgspec.Struct, frozen=True):
    """Oral morphine equivalent, mg a day; None is unknown, and `reasons` says why."""

    scheduled: Interval | None = None
    prn_max: Decimal | None = None
    """The most as needed: what orders allow, or what was given where that is more or their limit is not known."""
    prn_given: Interval | None = None
    """What was given as needed in the last 24 hours; None where nothing is recorded, which is not zero."""
    range: Interval | None = None
    """Scheduled with low factors, to scheduled and every dose as needed with high factors."""
    reasons: tuple[str, ...] = ()


class OpioidDose(msgspec.Struct, frozen=True):
    """What a patient takes of opioids a day.  A measure of exposure; never a dose to give or to switch to."""

    scheduled: Interval | None
    prn_max: Decimal | None
    prn_given: Interval | None
    range: Interval | None
    reasons: tuple[str, ...]
    table: str
    steps: tuple[Step, ...]
    flags: tuple[str, ...]
    prescribed: Totals
    """Orders alone."""
    taken: Totals
    """What was given, or is said to be taken, alone."""
    rescue: Truth
    """An opioid as needed is ordered."""
    around_the_clock: Truth
    """An opioid is scheduled."""
    high_exposure: Truth
    very_high_exposure: Truth
