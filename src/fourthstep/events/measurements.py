"""Observations into measurements and goals: labs, vital signs, scores, pain, wishes."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from fourthstep.events.event import Event, EventKind
from fourthstep.events.extraction import Extraction, Meaning, display_of, written_code
from fourthstep.events.values import number_in, quantity_value, range_value, score_in, unit_of
from fourthstep.ground.dates import When
from fourthstep.ground.interval import Interval
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.codes import NOT_A_RESULT, Hit
from fourthstep.record.resources import CodeableConcept, Coding, Observation, ObservationValue

_KINDS: tuple[EventKind, ...] = ("measurement", "goal")
_REFUSED = {"entered-in-error": "entered-in-error", "cancelled": "cancelled", "registered": "not-final"}
_TEN = frozenset(
    {
        "pain_severity_reported_unscaled",
        "pain_vas",
        "pain_faces",
        "pain_report_free_text_or_number",
    }
)
"""With every `pain_nrs…`, the concepts that are pain from 0 to 10."""
_NO_UNIT = ("", "1", "{score}", "score", "/10", "{NRS}", "points")
_UNREADABLE = frozenset({"clumped", "not-a-number", "unreadable-value"})
"""Reasons that still tell that something was measured on that day: an older value must not stand in for it."""
_NAMED_UNITS = {"weight_lb": ("weight", "[lb_av]")}
"""Local items without a unit whose name says it: what they measure, and in which unit."""
_QUALITATIVE = frozenset(
    {"negative", "positive", "neg", "pos", "detected", "not detected", "reactive", "nonreactive", "yes", "no"}
)
_TEN_LIMIT = Decimal(10)


class _Value(msgspec.Struct, frozen=True):
    """A value as recorded, or the reason why there is none."""

    number: Interval | None = None
    unit: str = ""
    text: str = ""
    coding: Coding | None = None
    reason: str = ""


def extract_measurements(work: Extraction) -> None:
    """Every Observation of the record."""
    for ref, observation in work.record.of(Observation):
        _observation(work, ref, observation)


def _observation(work: Extraction, ref: str, observation: Observation) -> None:
    found = work.meanings(_KINDS, observation.code)
    parts = _parts(work, observation) if observation.component else []
    if not found and not parts:
        work.ignore("Observation")
        return
    concepts = [hit.concept for _, hit, _ in found] + [hit.concept for _, each in parts for _, hit, _ in each]
    reason, start, end = _usable(work, observation)
    if reason:
        work.set_aside(ref, concepts, reason)
        return
    common = _Common(ref, observation, start, end)
    events = _events(work, common, observation, found, has_parts=bool(observation.component))
    for part, meanings in parts:
        events += _events(work, common, part, meanings, has_parts=False)
    if events:
        work.use("Observation", events)


def _parts(work: Extraction, observation: Observation) -> list[tuple[ObservationValue, Sequence[Meaning]]]:
    """The components that mean something to us."""
    found = [(part, work.meanings(_KINDS, part.code)) for part in observation.component]
    return [(part, meanings) for part, meanings in found if meanings]


class _Common(msgspec.Struct, frozen=True):
    """What an observation shares with its components."""

    ref: str
    observation: Observation
    start: When | None
    end: When | None


def _usable(work: Extraction, observation: Observation) -> tuple[str, When | None, When | None]:
    """The reason why an observation cannot be used, or when it was made."""
    if observation.modifier_extension:
        return "modifier-extension", None, None
    if reason := _REFUSED.get(observation.status):
        return reason, None, None
    written = observation.effective_date_time or observation.effective_instant
    start, end = work.day(written), None
    if start is None and observation.effective_period is not None:
        start, end = work.period(observation.effective_period)
        start = start or end
    if start is None:
        if written:
            return "unreadable-date", None, None
        start = work.within(observation.encounter)
    if start is None:
        return "no-date", None, None
    return ("after-as-of" if work.later(start) else ""), start, work.known_by_now(end)


def _events(
    work: Extraction,
    common: _Common,
    part: ObservationValue,
    meanings: Sequence[Meaning],
    *,
    has_parts: bool,
) -> list[Event]:
    events = []
    for kind, hit, coding in meanings:
        if hit.concept == NOT_A_RESULT:
            work.set_aside(common.ref, ["not_a_result"], "not-a-result")
            continue
        value = _value(kind, hit.concept, part, common.observation)
        if value.reason == "no-value" and common.ref in work.lost_values:
            value = _Value(reason="unreadable-value")
        if value.reason == "no-value" and has_parts:
            continue
        if value.reason:
            work.set_aside(common.ref, [hit.concept], value.reason)
        if not value.reason or (value.reason in _UNREADABLE and not is_pain_of_ten(hit.concept)):
            events.append(_event(work, common, kind, hit, coding, value))
    return events


def _event(work: Extraction, common: _Common, kind: EventKind, hit: Hit, coding: Coding, value: _Value) -> Event:
    observation = common.observation
    region = side = ""
    if observation.body_site is not None:
        region, side = work.place((observation.body_site,))
    code = ""
    meant: tuple[str, ...] = ()
    if value.coding is not None:
        code = written_code(work.index, value.coding)
        meant = _meant(work, value.coding)
    concept, implied = _NAMED_UNITS.get(hit.concept, (hit.concept, ""))
    return Event(
        kind=kind,
        concept=concept,
        ref=common.ref,
        start=common.start,
        end=common.end,
        value=value.number,
        text=value.text,
        unit=value.unit or implied,
        status=observation.status,
        site=region,
        side=side,
        code=written_code(work.index, coding),
        display=display_of(observation.code),
        value_code=code,
        value_concepts=meant,
        mark=hit.mark,
    )


def _meant(work: Extraction, coding: Coding) -> tuple[str, ...]:
    kinds: tuple[EventKind, ...] = ("goal", "measurement", "condition")
    return tuple(sorted({each for kind in kinds for each in work.index.concepts(kind, coding.system, coding.code)}))


# -- values ----------------------------------------------------------------------------------------------


def _value(kind: EventKind, concept: str, part: ObservationValue, observation: Observation) -> _Value:
    if _clumped(part, observation):
        return _Value(reason="clumped")
    value = _recorded(kind, concept, part)
    if not value.reason and is_pain_of_ten(concept):
        return _of_ten(value)
    return value


def _recorded(kind: EventKind, concept: str, part: ObservationValue) -> _Value:
    """The value in whichever of its eleven forms it came."""
    if part.value_quantity is not None and part.value_quantity.value is not None:
        number = quantity_value(part.value_quantity)
        return _Value(number, unit_of(part.value_quantity), reason="" if number else "unreadable-value")
    if part.value_integer is not None:
        return _Value(Interval.point(part.value_integer))
    if part.value_string:
        return _text_value(kind, concept, part.value_string)
    if part.value_codeable_concept is not None:
        return _coded(part.value_codeable_concept)
    if part.value_range is not None:
        number, unit = range_value(part.value_range)
        return _Value(number, unit, reason="" if number else "unreadable-value")
    if part.value_boolean is not None:
        return _Value(text="yes" if part.value_boolean else "no")
    return _Value(reason=_missing(part))


def _missing(part: ObservationValue) -> str:
    if part.value_ratio is not None or part.value_date_time or part.value_time or part.value_period is not None:
        return "unreadable-value"
    return "data-absent" if part.data_absent_reason is not None else "no-value"


def _text_value(kind: EventKind, concept: str, text: str) -> _Value:
    number = score_in(text) if is_pain_of_ten(concept) else number_in(text)
    if number is not None:
        return _Value(number, text=text)
    if kind == "goal" or text.strip().lower() in _QUALITATIVE:
        return _Value(text=text)
    return _Value(reason="not-a-number")


def _coded(concept: CodeableConcept) -> _Value:
    coding = next((each for each in concept.coding if each.code), None)
    text = display_of(concept)
    if coding is None and not text:
        return _Value(reason="no-value")
    return _Value(number_in(text), text=text, coding=coding)


def _clumped(part: ObservationValue, observation: Observation) -> bool:
    if not (part.value_string or observation.note or part.data_absent_reason is not None):
        return False
    texts = [
        part.value_string,
        *(note.text for note in observation.note),
        display_of(part.data_absent_reason),
    ]
    return any("clump" in text.lower() for text in texts)


# -- pain ------------------------------------------------------------------------------------------------


def is_pain_of_ten(concept: str) -> bool:
    """Is the concept a pain score on a scale from 0 to 10?"""
    return concept in _TEN or concept.startswith("pain_nrs")


def _of_ten(value: _Value) -> _Value:
    """A pain score from 0 to 10; millimetres of a visual scale are a tenth of it."""
    number, unit = value.number, value.unit
    if number is None:
        return _Value(reason="not-a-number")
    if unit == "mm":
        number, unit = number.scaled(Decimal("0.1")), "1"
    elif unit not in ("cm", *_NO_UNIT):
        return _Value(reason="unreadable-value")
    known = number.below(Decimal(0)) is Truth.FALSE and number.at_most(_TEN_LIMIT) is Truth.TRUE
    if not known:
        return _Value(reason="over-ten")
    return _Value(number, "1", value.text, value.coding)
