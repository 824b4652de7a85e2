"""What an assessment holds.  The JSON output is this, field by field; its schema is made from these types."""

from typing import Any

import msgspec

from fourthstep.events.event import NotUsed
from fourthstep.facts.opioids import DoseThen, OpioidDose, OpioidTrial
from fourthstep.knowledge.models import Grade, Statement
from fourthstep.rules.ask import Leaf
from fourthstep.rules.holds import HoldVerdict


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every part of an assessment."""


class Reason(Part, frozen=True, kw_only=True):
    """One criterion, asked of this patient."""

    id: str
    effect: str
    """What it does: lasting-stop, correctable-stop or caution (an unsigned policy stop only cautions)."""
    truth: str
    says: str
    ask: str = ""
    because: tuple[str, ...] = ()
    marks: str = ""
    """Such as `value V, window P`."""
    policy: bool = False
    """A stop that rests on policy and therefore only cautions."""
    leaves: tuple[Leaf, ...] = ()
    deciding: tuple[int, ...] = ()
    """Places in `leaves` of those that decided: the branch of an *any* that holds, the part of an *all* that fails."""
    open: tuple[str, ...] = ()
    hold: HoldVerdict | None = None


class GoalFit(Part, frozen=True, kw_only=True):
    """How an option fits the prognosis and the goals of care."""

    word: str
    prognosis: str
    """true, false or unknown: is the prognosis long enough?"""
    goals: str
    """true, false or unknown: does it serve the goal of care?"""
    says: str
    mark: str


class Past(Part, frozen=True, kw_only=True):
    """An earlier procedure that was this intervention, or may have been."""

    says: str
    """In the words of the record."""
    day: str
    """Empty where the record has none."""
    outcome: str
    """successful, unsuccessful or partially successful, as recorded; empty where no code says so."""
    sure: bool
    """False: its code does not tell which nerve, bone or device."""
    ref: str


class Option(Part, frozen=True, kw_only=True):
    """One intervention for one pain."""

    id: str
    name: str
    pain: str
    word: str
    timing: str
    line: str
    """The therapy's line condition, read aloud."""
    line_mark: str
    fits: str
    fits_says: str
    syndromes: tuple[str, ...]
    possible_syndromes: tuple[str, ...]
    place: int
    reasons: tuple[Reason, ...]
    """Stops and cautions that are true or unknown; the ones ruled out are counted in `cleared`."""
    cleared: tuple[Reason, ...]
    fit: GoalFit
    certainty: str
    reversible: bool
    offered: bool
    benefit: tuple[Statement, ...]
    harms: tuple[Statement, ...]
    evidence: str
    grades: tuple[Grade, ...]
    dissent: tuple[Statement, ...]
    to_confirm: tuple[str, ...]
    done_before: tuple[Past, ...] = ()
    """Past procedures of this kind, newest first."""
    unknowns: tuple[str, ...] = ()
    """The named unknowns that decide an undetermined word."""


class SyndromeFound(Part, frozen=True, kw_only=True):
    """A syndrome that a pain is, or may be."""

    id: str
    name: str
    status: str
    """certain, possible, or open (cannot be excluded while the pain's features are not recorded)."""
    treatment: str
    missing: tuple[str, ...] = ()


class PainView(Part, frozen=True, kw_only=True):
    """One pain with its syndromes and options."""

    id: str
    region: str
    side: str
    mechanism: str
    intensity: str
    intensity_kind: str
    intensity_day: str
    worst: str
    worst_day: str
    series: tuple[tuple[str, str, str], ...]
    """Day, score and kind of every score, newest first."""
    elements: dict[str, str]
    refs: tuple[str, ...]
    syndromes: tuple[SyndromeFound, ...]
    options: tuple[Option, ...]


class LegView(Part, frozen=True, kw_only=True):
    """One leg of the conventional treatment."""

    id: str
    name: str
    line: int
    gating: bool
    pain: str
    state: str
    says: str
    leaves: tuple[Leaf, ...]
    open: tuple[str, ...]
    because: tuple[str, ...]
    mark: str
    deciding: tuple[int, ...] = ()
    """Places in `leaves` of those that decided: the branch of an *any* that holds, the part of an *all* that fails."""


class RedFlagView(Part, frozen=True, kw_only=True):
    """A red flag that is true, or that the record cannot exclude."""

    id: str
    says: str
    truth: str
    pathway: str
    because: tuple[str, ...]
    marks: str
    leaves: tuple[Leaf, ...]
    open: tuple[str, ...]
    deciding: tuple[int, ...] = ()
    """Places in `leaves` of those that decided: the branch of an *any* that holds, the part of an *all* that fails."""


class Decided(Part, frozen=True, kw_only=True):
    """A named question with its answer."""

    truth: str
    says: str
    leaves: tuple[Leaf, ...] = ()
    deciding: tuple[int, ...] = ()
    """Places in `leaves` of those that decided: the branch of an *any* that holds, the part of an *all* that fails."""
    open: tuple[str, ...] = ()
    policy: bool = True


class Pathway(Part, frozen=True, kw_only=True):
    """The word for the patient's course, and why."""

    word: str
    because: tuple[str, ...]
    """Reason ids of the text catalogue, with names after a colon."""
    legs: tuple[str, ...] = ()
    """Gating legs with a gap."""


class Change(Part, frozen=True, kw_only=True):
    """One unknown that could still change a word."""

    fact: str
    says: str
    ask: str
    options: tuple[str, ...]
    """The options (intervention @ pain) that it could decide."""
    pathway: bool
    alone: int
    """How many options it would decide on its own."""


class Patient(Part, frozen=True, kw_only=True):
    """Who the patient is, as far as needed to recognise the record."""

    id: str
    age: str
    sex: str
    deceased: str


class Value(Part, frozen=True, kw_only=True):
    """A fact that every reader wants to see, with date, age and origin."""

    fact: str
    says: str
    value: str
    unit: str
    day: str
    age: int | None
    refs: tuple[str, ...]
    why: str
    names: tuple[str, ...] = ()
    """The drugs or allergies behind a yes."""
    detail: str = ""


class Antithrombotic(Part, frozen=True, kw_only=True):
    """An antithrombotic drug that the patient takes, may take, or took a short while ago."""

    drug: str
    taken: str
    """true, false or unknown: is it taken now, as recorded?"""
    last: str
    """The last recorded dose, or the end of the order; empty where neither is recorded."""
    reasons: tuple[str, ...]
    """What it is given for, in the words of the record; empty where it does not say."""
    refs: tuple[str, ...]


class Treatment(Part, frozen=True, kw_only=True):
    """A drug or procedure on the time axis of the report."""

    label: str
    kind: str
    start: str
    end: str
    ref: str
    outcome: str = ""
    """Of a procedure: successful, unsuccessful or partially successful, as recorded; empty where no code says so."""


class Assessment(Part, frozen=True, kw_only=True):
    """One patient on one day."""

    format: str
    result_id: str
    engine: str
    knowledge: str
    policy: str
    policy_digest: str
    events_digest: str
    as_of: str
    newest: str
    patient: Patient
    pathway: Pathway
    uncontrolled: Decided
    tolerated: Decided
    pains: tuple[PainView, ...]
    legs: tuple[LegView, ...]
    opioids: OpioidDose
    opioid_trials: tuple[OpioidTrial, ...]
    opioid_history: tuple[DoseThen, ...]
    """The dose as it was, scheduled and at most as needed, oldest first; for the time axis."""
    red_flags: tuple[RedFlagView, ...]
    antithrombotics: tuple[str, ...]
    antithrombotics_told: tuple[Antithrombotic, ...]
    """The same drugs with their last dose and what they are given for."""
    safety: tuple[Value, ...]
    background: tuple[Value, ...]
    """Cancer, prognosis, function, goals."""
    diagnoses: tuple[Value, ...]
    """The cancer diagnoses in the words of the record."""
    history: tuple[Treatment, ...]
    changes: tuple[Change, ...]
    corrections: tuple[str, ...]
    """The smallest corrections that open an option: criterion ids."""
    to_confirm: tuple[str, ...]
    used: dict[str, int]
    not_used: tuple[NotUsed, ...]
    unrecognised: tuple[tuple[str, str, str], ...]
    """Reference, kind and what it could be."""
    vouched: tuple[str, ...]
    notices: tuple[str, ...]
    conflicts: tuple[str, ...]
    sources: dict[str, str]
    """Every source that is named above, with its citation."""


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the JSON output."""
    found = msgspec.json.schema(Assessment)
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Fourthstep assessment", **found}
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))
    return plain
