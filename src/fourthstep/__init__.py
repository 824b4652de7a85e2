"""Fourthstep: decision support for the interventional management of cancer pain.

from fourthstep import as_of, assess, read_record

assessment = assess(read_record("patient.json"), as_of=as_of("2026-03-01"))
print(assessment.pathway.word)
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from fourthstep.assessment.assess import assess, assess_events
    from fourthstep.assessment.hold import hold
    from fourthstep.assessment.result import Assessment
    from fourthstep.ground.dates import as_of
    from fourthstep.ground.errors import FourthstepError
    from fourthstep.knowledge.load import load_knowledge
    from fourthstep.knowledge.policy import read_policy
    from fourthstep.record import Record, read_from_server, read_record, read_records

__all__ = [
    "Assessment",
    "FourthstepError",
    "Record",
    "as_of",
    "assess",
    "assess_events",
    "hold",
    "load_knowledge",
    "read_from_server",
    "read_policy",
    "read_record",
    "read_records",
]

_HOMES = {
    "Assessment": "fourthstep.assessment.result",
    "FourthstepError": "fourthstep.ground.errors",
    "as_of": "fourthstep.ground.dates",
    "assess": "fourthstep.assessment.assess",
    "assess_events": "fourthstep.assessment.assess",
    "hold": "fourthstep.assessment.hold",
    "load_knowledge": "fourthstep.knowledge.load",
    "read_policy": "fourthstep.knowledge.policy",
    **dict.fromkeys(("Record", "read_from_server", "read_record", "read_records"), "fourthstep.record"),
}


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that `fourthstep --version` starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'fourthstep' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_HOMES[name]), name)
