"""Conditions: diagnoses, problems, findings; and devices, which facts ask for in the same way."""

from fourthstep.events.event import Event, EventKind
from fourthstep.events.extraction import Extraction, display_of
from fourthstep.ground.dates import When
from fourthstep.record.references import normal_reference
from fourthstep.record.resources import CodeableConcept, Condition, Device, DeviceUseStatement

_KINDS: tuple[EventKind, ...] = ("condition", "goal")
_DEVICE_KINDS: tuple[EventKind, ...] = ("condition", "procedure")
_PRESENT = frozenset({"active", "recurrence", "relapse"})
_PAST = frozenset({"inactive", "remission", "resolved"})
_DOUBTFUL = frozenset({"unconfirmed", "provisional", "differential"})
_NOT_CARRIED = frozenset({"inactive", "entered-in-error", "completed", "not-done", "intended"})


def code_of(concept: CodeableConcept | None) -> str:
    """The first code of a status."""
    if concept is None:
        return ""
    return next((coding.code for coding in concept.coding if coding.code), concept.text)


def extract_conditions(work: Extraction) -> None:
    """Every Condition and Device of the record."""
    for ref, condition in work.record.of(Condition):
        _condition(work, ref, condition)
    _devices(work)


def _condition(work: Extraction, ref: str, condition: Condition) -> None:
    found = work.meanings(_KINDS, condition.code)
    concepts = [hit.concept for _, hit, _ in found]
    if not found and work.irrelevant_code(_KINDS, condition.code):
        work.ignore("Condition")
        return
    start, end = _times(work, condition)
    verification = code_of(condition.verification_status)
    reason = _refused(work, verification, start)
    if reason:
        work.set_aside(ref, concepts, reason)
        return
    region, side = work.place(condition.body_site)
    status = code_of(condition.clinical_status)
    event = Event(
        kind="unrecognised",
        concept="",
        ref=ref,
        start=start,
        end=work.known_by_now(end),
        status=status,
        site=region,
        side=side,
        display=display_of(condition.code),
        current=_current(work, condition, status, end),
        verification=verification if verification in _DOUBTFUL else "",
    )
    if found and not condition.modifier_extension:
        work.use("Condition", work.events_of(event, found))
        return
    if condition.modifier_extension:
        work.set_aside(ref, concepts, "modifier-extension")
    work.puzzle("Condition", event, "condition", () if found else work.families(condition.code))


def _times(work: Extraction, condition: Condition) -> tuple[When | None, When | None]:
    """Onset, else the day of recording, else the encounter; and the end, where it lies in the past."""
    start = (
        work.day(condition.onset_date_time)
        or work.period(condition.onset_period)[0]
        or work.day(condition.recorded_date)
        or work.within(condition.encounter)
    )
    end = work.day(condition.abatement_date_time) or work.period(condition.abatement_period)[1]
    return start, end


def _refused(work: Extraction, verification: str, start: When | None) -> str:
    if verification in ("entered-in-error", "refuted"):
        return verification
    return "after-as-of" if work.later(start) else ""


def _current(work: Extraction, condition: Condition, status: str, end: When | None) -> bool | None:
    """Whether the condition holds at the assessed moment; None where the record does not say.

    An end that is only known as a month or a year around the assessed day leaves it to the status.
    """
    if end is not None and (work.later(end) or end.last <= work.today):
        return work.later(end)
    if condition.abatement_string or condition.abatement_age is not None or status in _PAST:
        return False
    return True if status in _PRESENT else None


# -- devices ---------------------------------------------------------------------------------------------


def _devices(work: Extraction) -> None:
    """Devices that are the patient's, by their own word or by a statement of use."""
    used = {
        normal_reference(statement.device.reference): (ref, statement)
        for ref, statement in sorted(work.record.of(DeviceUseStatement), key=lambda pair: pair[0])
        if statement.device is not None
    }
    for ref, device in work.record.of(Device):
        statement_ref, statement = used.get(ref, ("", None))
        if device.patient is not None or statement is not None:
            _device(work, ref, device, statement_ref, statement)


def _device(work: Extraction, ref: str, device: Device, statement_ref: str, statement: DeviceUseStatement | None) -> None:
    found = work.meanings(_DEVICE_KINDS, device.type)
    if not found and work.irrelevant_code(_DEVICE_KINDS, device.type):
        work.ignore("Device")
        return
    status, start = device.status, None
    if statement is not None:
        status, start = statement.status, work.day(statement.timing_date_time or statement.recorded_on)
    reason = "after-as-of" if work.later(start) else ""
    if status in _NOT_CARRIED:
        reason = "entered-in-error" if status == "entered-in-error" else "not-done"
    if reason:
        work.set_aside(ref, [hit.concept for _, hit, _ in found], reason, statement_ref)
        return
    event = Event(
        kind="unrecognised",
        concept="",
        ref=ref,
        start=start,
        status=status,
        display=display_of(device.type),
        current=True if status == "active" else None,
    )
    if not found:
        work.puzzle("Device", event, "condition", work.families(device.type) or ("device",))
        return
    work.use("Device", work.events_of(event, found))
