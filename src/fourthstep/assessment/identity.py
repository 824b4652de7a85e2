"""The name of a result: a hash of everything it came from, so that it can be replayed."""

import msgspec

from fourthstep.assessment.result import Assessment
from fourthstep.events.event import Events
from fourthstep.ground.digest import digest

_encoder = msgspec.json.Encoder(order="sorted")


def events_digest(events: Events) -> str:
    """Name the events by their content; their order does not matter, and neither do counts of what meant nothing."""
    whole = msgspec.structs.replace(events, events=(), not_used=(), irrelevant={}, used={}, unrecognised={}, notices=())
    parts = sorted(_encoder.encode(event) for event in events.events)
    return digest([_encoder.encode(whole), *parts])


def result_id(assessment: Assessment) -> Assessment:
    """The same assessment with its id: events, knowledge, policy, engine and day."""
    named = (assessment.format, assessment.engine, assessment.knowledge, assessment.policy_digest,
             assessment.events_digest, assessment.as_of)  # fmt: skip
    return msgspec.structs.replace(assessment, result_id=digest(part.encode() for part in named))


def as_json(assessment: Assessment) -> bytes:
    """The assessment as canonical JSON: same input, same bytes."""
    return encode(assessment)


def encode(part: msgspec.Struct) -> bytes:
    """Any part of an assessment as canonical JSON."""
    return _encoder.encode(part)
