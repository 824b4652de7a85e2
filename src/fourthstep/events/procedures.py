"""Procedures that were done; orders and plans of them are no procedures."""

from fourthstep.events.event import Event
from fourthstep.events.extraction import Extraction, display_of, written_code
from fourthstep.ground.dates import When
from fourthstep.record.resources import Procedure

_KINDS = ("procedure", "goal")
_REFUSED = {
    "entered-in-error": "entered-in-error",
    "not-done": "not-done",
    "preparation": "not-done",
    "aborted": "not-done",
}


def extract_procedures(work: Extraction) -> None:
    """Every Procedure of the record."""
    for ref, procedure in work.record.of(Procedure):
        _procedure(work, ref, procedure)


def _procedure(work: Extraction, ref: str, procedure: Procedure) -> None:
    found = work.meanings(_KINDS, procedure.code)
    if not found and work.irrelevant_code(_KINDS, procedure.code):
        work.ignore("Procedure")
        return
    concepts = [hit.concept for _, hit, _ in found]
    start, end = _times(work, procedure)
    reason = _REFUSED.get(procedure.status) or ("after-as-of" if work.later(start) else "")
    if reason:
        work.set_aside(ref, concepts, reason)
        return
    region, side = work.place(procedure.body_site)
    common = {
        "ref": ref,
        "start": start,
        "end": end,
        "status": procedure.status,
        "site": region,
        "side": side,
        "display": display_of(procedure.code),
        "current": True if procedure.status == "in-progress" else None,
    }
    if not found or procedure.modifier_extension:
        if procedure.modifier_extension:
            work.set_aside(ref, concepts, "modifier-extension")
        could_be = work.families(procedure.code) if not found else ()
        work.puzzle(
            "Procedure",
            Event(kind="unrecognised", concept="", of_kind="procedure", could_be=could_be, **common),  # type: ignore[arg-type]
        )
        return
    work.use(
        "Procedure",
        [
            Event(
                kind=kind,  # type: ignore[arg-type]
                concept=hit.concept,
                code=written_code(work.index, coding),
                mark=hit.mark,
                **common,  # type: ignore[arg-type]
            )
            for kind, hit, coding in found
        ],
    )


def _times(work: Extraction, procedure: Procedure) -> tuple[When | None, When | None]:
    start = work.day(procedure.performed_date_time)
    end = None
    if start is None:
        start, end = work.period(procedure.performed_period)
        start = start or end
    return start or work.within(procedure.encounter), end
