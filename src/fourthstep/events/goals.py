"""Goals, care plans, consents and orders that tell what the patient wants and who cares for the patient."""

from collections.abc import Iterable

import msgspec

from fourthstep.events.event import Event
from fourthstep.events.extraction import Extraction, display_of
from fourthstep.ground.dates import When
from fourthstep.record.resources import (
    CarePlan,
    CodeableConcept,
    Consent,
    Goal,
    QuestionnaireResponse,
    ServiceRequest,
)

FORM = "http://fourthstep.org/fhir/Questionnaire/bedside"
"""Our own form; `events/form.py` reads it."""
_REFUSED = {
    "entered-in-error": "entered-in-error",
    "cancelled": "cancelled",
    "rejected": "rejected",
    "revoked": "cancelled",
    "draft": "draft",
    "proposed": "draft",
}
_CURRENT = frozenset({"active", "accepted", "planned", "on-hold", "completed"})
_INTENTS = frozenset({"proposal", "plan", "option"})


def extract_goals(work: Extraction) -> None:
    """Goals, care plans, consents, service requests and forms of the record."""
    for ref, goal in work.record.of(Goal):
        start = work.day(goal.start_date) or work.day(goal.status_date)
        _goal(work, "Goal", ref, [goal.description, *goal.category], goal.lifecycle_status, start)
    for ref, plan in work.record.of(CarePlan):
        _care_plan(work, ref, plan)
    for ref, consent in work.record.of(Consent):
        _consent(work, ref, consent)
    for ref, request in work.record.of(ServiceRequest):
        _service_request(work, ref, request)
    for ref, response in work.record.of(QuestionnaireResponse):
        if response.questionnaire.partition("|")[0] != FORM:
            work.set_aside(ref, [], "questionnaire")


def _goal(  # noqa: PLR0913  what four resource types have in common
    work: Extraction,
    kind: str,
    ref: str,
    codes: Iterable[CodeableConcept | None],
    status: str,
    start: When | None,
    end: When | None = None,
) -> None:
    """One resource whose codes may tell a goal."""
    found = [(meaning, code) for code in codes for meaning in work.meanings(("goal",), code)]
    if not found:
        work.ignore(kind)
        return
    reason = _REFUSED.get(status) or ("after-as-of" if work.later(start) else "")
    if reason:
        work.set_aside(ref, [hit.concept for (_, hit, _), _ in found], reason)
        return
    over = end is not None and work.over(end) is True
    event = Event(
        kind="goal",
        concept="",
        ref=ref,
        start=start,
        end=end,
        status=status,
        current=False if over else True if status in _CURRENT else None,
    )
    events = []
    for meaning, code in found:
        events += work.events_of(msgspec.structs.replace(event, display=display_of(code)), [meaning])
    work.use(kind, events)


def _care_plan(work: Extraction, ref: str, plan: CarePlan) -> None:
    """A plan's categories and activities can tell a goal; a planned activity is not a procedure."""
    start, end = work.period(plan.period)
    details = [each.detail for each in plan.activity if each.detail is not None and not each.detail.do_not_perform]
    for detail in details:
        if planned := work.meanings(("procedure",), detail.code):
            work.set_aside(ref, [hit.concept for _, hit, _ in planned], "ordered-not-done")
    codes = [*plan.category, *(detail.code for detail in details)]
    _goal(work, "CarePlan", ref, codes, plan.status, start or work.day(plan.created), end=end)


def _consent(work: Extraction, ref: str, consent: Consent) -> None:
    provision = consent.provision
    codes = [consent.scope, *consent.category, *(provision.code if provision is not None else ())]
    if provision is not None and provision.type == "deny":
        _goal(work, "Consent", ref, codes, "rejected", work.day(consent.date_time))
        return
    _goal(work, "Consent", ref, codes, consent.status, work.day(consent.date_time))


def _service_request(work: Extraction, ref: str, request: ServiceRequest) -> None:
    """A referral or a resuscitation order is a goal; an ordered procedure was not done by being ordered."""
    ordered = work.meanings(("procedure",), request.code)
    concepts = [hit.concept for _, hit, _ in (*ordered, *work.meanings(("goal",), request.code))]
    if concepts and (request.do_not_perform or request.intent in _INTENTS):
        reason = "do-not-perform" if request.do_not_perform else f"intent-{request.intent}"
        work.set_aside(ref, concepts, reason)
        return
    if ordered:
        work.set_aside(ref, [hit.concept for _, hit, _ in ordered], "ordered-not-done")
    start = (
        work.day(request.authored_on)
        or work.day(request.occurrence_date_time)
        or work.period(request.occurrence_period)[0]
        or work.within(request.encounter)
    )
    if not ordered or work.meanings(("goal",), request.code):
        _goal(work, "ServiceRequest", ref, [request.code], request.status, start)
