"""Encounters: where the patient was or is seen, by the class of the encounter."""

from fourthstep.events.event import Event
from fourthstep.events.extraction import Extraction, display_of
from fourthstep.ground.dates import When
from fourthstep.record.resources import Encounter

_CLASSES = {
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "NONAC": "inpatient",
    "OBSENC": "inpatient",
    "SS": "inpatient",
    "EMER": "emergency",
    "AMB": "outpatient",
    "PRENC": "outpatient",
    "HH": "home",
    "VR": "virtual",
    "FLD": "outpatient",
}
"""HL7 v3 ActCode of the encounter's class -> where the patient is seen."""
_REFUSED = {"planned": "draft", "cancelled": "cancelled", "entered-in-error": "entered-in-error"}
_OPEN = frozenset({"arrived", "triaged", "in-progress", "onleave"})


def setting_of(encounter: Encounter) -> str:
    """inpatient, emergency, outpatient, home, virtual, or `other`."""
    return _CLASSES.get(encounter.class_.code, "other") if encounter.class_ is not None else "other"


def extract_encounters(work: Extraction) -> None:
    """Every Encounter of the record."""
    for ref, encounter in work.record.of(Encounter):
        _encounter(work, ref, encounter)


def _encounter(work: Extraction, ref: str, encounter: Encounter) -> None:
    start, end = work.period(encounter.period)
    setting = setting_of(encounter)
    reason = _REFUSED.get(encounter.status) or ("after-as-of" if work.later(start) else "")
    if reason or encounter.modifier_extension:
        work.set_aside(ref, [setting], reason or "modifier-extension")
        return
    event = Event(
        kind="encounter",
        concept=setting,
        ref=ref,
        start=start,
        end=work.known_by_now(end),
        status=encounter.status,
        display=display_of(encounter.type[0]) if encounter.type else "",
        current=_current(work, encounter, end),
    )
    goals = [meaning for each in encounter.type for meaning in work.meanings(("goal",), each)]
    work.use("Encounter", [event, *work.events_of(event, goals)])


def _current(work: Extraction, encounter: Encounter, end: When | None) -> bool | None:
    """Whether the patient is there at the assessed moment."""
    over = work.over(end) if end is not None else None
    if over is not None:
        return not over
    return True if encounter.status in _OPEN else False if encounter.status == "finished" else None
