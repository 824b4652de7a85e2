"""Procedures that were done; orders and plans of them are no procedures."""

from fourthstep.events.event import Event, EventKind
from fourthstep.events.extraction import Extraction, Meaning, display_of
from fourthstep.ground.dates import When
from fourthstep.knowledge.codes import Hit
from fourthstep.record.resources import CodeableConcept, Coding, Procedure

_KINDS: tuple[EventKind, ...] = ("procedure", "goal")
_REFUSED = {
    "entered-in-error": "entered-in-error",
    "not-done": "not-done",
    "preparation": "not-done",
    "aborted": "not-done",
}
_OUTCOMES = {"385669000": "successful", "385671000": "unsuccessful", "385670004": "partially successful"}
"""SNOMED CT codes of the FHIR value set procedure-outcome: did it resolve the reason for which it was done?"""
_SNOMED = "http://snomed.info/sct"
_ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"
_ICD9_PROCEDURES = "urn:oid:2.16.840.1.113883.6.104"


def extract_procedures(work: Extraction) -> None:
    """Every Procedure of the record."""
    for ref, procedure in work.record.of(Procedure):
        _procedure(work, ref, procedure)


def _procedure(work: Extraction, ref: str, procedure: Procedure) -> None:
    code = _code(work, procedure.code)
    found = work.meanings(_KINDS, code) or _named(work, code)
    if not found and work.irrelevant_code(_KINDS, code):
        work.ignore("Procedure")
        return
    concepts = [hit.concept for _, hit, _ in found]
    start, end = _times(work, procedure)
    reason = _REFUSED.get(procedure.status) or ("after-as-of" if work.later(start) else "")
    if reason:
        work.set_aside(ref, concepts, reason)
        return
    region, side = work.place(procedure.body_site)
    event = Event(
        kind="unrecognised",
        concept="",
        ref=ref,
        start=start,
        end=work.known_by_now(end),
        status=procedure.status,
        site=region,
        side=side,
        text=_outcome(work, procedure.outcome),
        display=display_of(procedure.code),
        current=True if procedure.status == "in-progress" else None,
    )
    if found and not procedure.modifier_extension:
        work.use("Procedure", work.events_of(event, found))
        return
    if procedure.modifier_extension:
        work.set_aside(ref, concepts, "modifier-extension")
    work.puzzle("Procedure", event, "procedure", () if found else work.families(code))


def _named(work: Extraction, code: CodeableConcept | None) -> list[Meaning]:
    """An intervention of ours that the record names without a code of ours; K: a name is no code."""
    codings = code.coding if code is not None else ()
    texts = [(each.display, each) for each in codings] + [(code.text if code is not None else "", Coding())]
    named = {concept: coding for text, coding in texts if (concept := work.index.therapy(text))}
    return [("procedure", Hit(concept, "K"), coding) for concept, coding in sorted(named.items(), key=lambda each: each[0])]


def _outcome(work: Extraction, outcome: CodeableConcept | None) -> str:
    """How it ended, where a code says so; empty where none does, or several disagree."""
    codings = outcome.coding if outcome is not None else ()
    found = {_OUTCOMES.get(each.code, "") for each in codings if work.index.system(each.system) == _SNOMED}
    return found.pop() if len(found) == 1 else ""


def _code(work: Extraction, code: CodeableConcept | None) -> CodeableConcept | None:
    """ICD-9-CM has one URI for diagnoses and procedures; in a Procedure it means the procedures."""
    if code is None or all(work.index.system(coding.system) != _ICD9 for coding in code.coding):
        return code
    coded = [
        Coding(_ICD9_PROCEDURES, coding.code, coding.display) if work.index.system(coding.system) == _ICD9 else coding
        for coding in code.coding
    ]
    return CodeableConcept(coded, code.text)


def _times(work: Extraction, procedure: Procedure) -> tuple[When | None, When | None]:
    start = work.day(procedure.performed_date_time)
    end = None
    if start is None:
        start, end = work.period(procedure.performed_period)
        start = start or end
    return start or work.within(procedure.encounter), end
