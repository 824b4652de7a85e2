"""An event: what one resource says of one concept of one patient, and when.

Facts, hospital screening and forms all work on events; nothing above this floor sees FHIR.
"""

from decimal import Decimal
from typing import Literal

import msgspec

from fourthstep.ground.dates import When
from fourthstep.ground.interval import Interval

EventKind = Literal[
    "measurement", "condition", "drug", "procedure", "allergy", "goal", "encounter", "answer", "unrecognised"
]


class Dose(msgspec.Struct, frozen=True):
    """One dosage instruction, read as far as it can be read; what could not be read says why.

    `amount` is per administration, in `unit` (UCUM `mg`, `ug`, `mL`; `1` for a count of tablets, patches,
    puffs).  `rate` is per hour in `unit`.  `per_day` is how many administrations a day.
    """

    amount: Interval | None = None
    unit: str = ""
    rate: Interval | None = None
    per_day: Interval | None = None
    as_needed: bool = False
    route: str = ""
    """Route class, as in `Drug.route`."""
    route_word: str = ""
    """`intravenous`, `subcutaneous` or `intramuscular`, where the parenteral route is known so far."""
    max_per_day: Decimal | None = None
    """Largest amount in a day, in `max_unit`, where the order states one."""
    max_unit: str = ""
    sequence: int | None = None
    start: When | None = None
    end: When | None = None
    text: str = ""
    unread: tuple[str, ...] = ()
    """Why a part could not be read, as reason ids of the text catalogue."""


class Drug(msgspec.Struct, frozen=True):
    """What is known of a drug order, statement, administration or dispense."""

    ingredient: str
    ingredient_code: str = ""
    product: str = ""
    """The product as the record names it."""
    strength: Decimal | None = None
    strength_unit: str = ""
    """UCUM of one unit of the product: `mg`, `mg/mL`, `ug/h`, `mg/{actuat}`."""
    form: str = ""
    route: str = ""
    """Route class: oral, parenteral, transdermal, transmucosal, rectal, nasal, topical, ...; or empty."""
    others: tuple[str, ...] = ()
    source: Literal["order", "statement", "administration", "dispense", ""] = ""
    doses: tuple[Dose, ...] = ()
    by_name: bool = False
    """Recognised by its name, not by a code."""
    given: bool | None = None
    """For administrations: whether the drug was really given."""
    order: str = ""
    """For administrations: the order that it was given on, as `MedicationRequest/1`."""
    reason: str = ""
    """What it is given for, in the words of the record."""


class Event(msgspec.Struct, frozen=True):
    """What one resource says of one concept."""

    kind: EventKind
    concept: str
    ref: str
    start: When | None = None
    end: When | None = None
    value: Interval | None = None
    text: str = ""
    """A coded or textual value, as recorded; never printed in a log."""
    unit: str = ""
    status: str = ""
    site: str = ""
    side: str = ""
    code: str = ""
    """`system|code` that was recognised; empty for a name."""
    display: str = ""
    drug: Drug | None = None
    current: bool | None = None
    """Whether it holds at `as_of`: True, False, or None where the record does not say."""
    could_be: tuple[str, ...] = ()
    """For unrecognised events: the families it could belong to; empty means any of its kind."""
    of_kind: str = ""
    """For unrecognised events: condition, drug, procedure or allergy."""
    verification: str = ""
    """For conditions and allergies that are not confirmed: unconfirmed, provisional or differential."""
    value_code: str = ""
    """`system|code` of a coded value."""
    value_concepts: tuple[str, ...] = ()
    """What the coded value means, where its code is known."""
    mark: str = "V"
    """How sure the row of the code table is; K recognises, and never blocks."""


class NotUsed(msgspec.Struct, frozen=True, order=True):
    """A resource, or a part of one, that has a concept of ours but cannot be used, and why."""

    ref: str
    concept: str
    reason: str
    """Reason id of the text catalogue, for example `entered-in-error`, `unit`, `no-date`."""
    detail: str = ""


class Events(msgspec.Struct, frozen=True):
    """All that a record says, with what could not be used and the counts of what meant nothing."""

    patient: str
    birth: When | None = None
    sex: str = ""
    deceased: bool | None = None
    """True, False, or None where no Patient resource was sent."""
    deceased_on: When | None = None
    events: tuple[Event, ...] = ()
    not_used: tuple[NotUsed, ...] = ()
    irrelevant: dict[str, int] = {}
    """Resource type -> how many meant nothing to us."""
    used: dict[str, int] = {}
    unrecognised: dict[str, int] = {}
    vouched: frozenset[str] = frozenset()
    """Kinds for which silence means no, as recorded: condition, drug, procedure, allergy, encounter."""
    stated: frozenset[str] = frozenset()
    """Facts that a case or a form states to be absent."""
    conflicts: tuple[str, ...] = ()
    """References that came twice with different content."""
    newest: When | None = None
    notices: tuple[str, ...] = ()
