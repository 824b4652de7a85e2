"""Which orders hold on 1 March 2026?  Every order is for oxycodone; only what a row shows differs."""

from typing import Any

import pytest
from patients import extract, resource

from fourthstep.knowledge.policy import OrderWindows, Policy

TABLE = """
    status    | authored   | validity                | dosage  | done on it             | current
    ----------+------------+-------------------------+---------+------------------------+--------
    active    | 2026-02-20 |                         |         |                        | True
    active    | 2026-01-30 |                         |         |                        | True
    active    | 2026-01-29 |                         |         |                        | None
    active    | 2020-01-01 |                         |         |                        | None
    active    |            |                         |         |                        | None
    on-hold   | 2026-02-20 |                         |         |                        | True
    active    | 2020-01-01 |                         |         | dispensed 2026-02-10   | True
    active    | 2020-01-01 |                         |         | dispensed 2025-02-10   | None
    active    | 2020-01-01 |                         |         | given 2026-02-10       | True
    active    | 2020-01-01 |                         |         | renewed 2026-02-10     | True
    active    | 2020-01-01 |                         |         | dispensed 2026-03-10   | None
    active    | 2020-01-01 | 2020-01-01 2026-03-01   |         |                        | True
    active    | 2020-01-01 | 2020-01-01 2026-02-28   |         |                        | False
    active    | 2020-01-01 | 2020-01-01 2026         |         |                        | None
    active    | 2026-02-20 | 2026-03-05 2026-04-05   |         |                        | False
    active    | 2026-02-20 | 2026-03-05              |         |                        | False
    active    | 2020-01-01 |                         | 2026    |                        | None
    active    | 2020-01-01 |                         | 2026-03 |                        | True
    active    | 2020-01-01 |                         | 2026-04 |                        | True
    active    | 2020-01-01 |                         | 2026-02 |                        | False
    completed | 2026-02-28 |                         |         |                        | False
    stopped   | 2026-02-28 |                         |         |                        | False
    completed | 2020-01-01 | 2020-01-01 2026-04-01   |         |                        | True
    stopped   | 2020-01-01 | 2020-01-01 2026-02-01   |         |                        | False
    completed | 2020-01-01 | 2020-01-01 2026         |         |                        | None
    completed | 2020-01-01 |                         |         | given 2026-03-01       | True
    completed | 2020-01-01 |                         |         | given 2026-02-20       | False
    unknown   | 2026-02-28 |                         |         |                        | None
    unknown   | 2020-01-01 | 2020-01-01 2026-02-01   |         |                        | False
"""


def rows() -> list[list[str]]:
    lines = TABLE.strip("\n").splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def order(status: str, authored: str, validity: str, dosage: str, **more: Any) -> dict[str, Any]:
    start, _, end = validity.partition(" ")
    made = resource(
        "MedicationRequest",
        "x",
        status=status,
        intent="order",
        authoredOn=authored,
        medicationCodeableConcept={"text": "oxycodone"},
        **more,
    )
    if validity:
        made["dispenseRequest"] = {"validityPeriod": {"start": start, "end": end.strip()}}
    if dosage:
        made["dosageInstruction"] = [{"timing": {"repeat": {"boundsPeriod": {"start": "2020-01-01", "end": dosage}}}}]
    return made


def sign(done: str) -> list[dict[str, Any]]:
    what, _, day = done.partition(" ")
    drug = {"medicationCodeableConcept": {"text": "oxycodone"}}
    target = {"reference": "MedicationRequest/x"}
    return {
        "dispensed": [
            resource(
                "MedicationDispense",
                "d",
                status="completed",
                whenHandedOver=day,
                authorizingPrescription=[target],
                **drug,
            )
        ],
        "given": [
            resource("MedicationAdministration", "a", status="completed", effectiveDateTime=day, request=target, **drug)
        ],
        "renewed": [
            resource(
                "MedicationRequest",
                "y",
                status="stopped",
                intent="order",
                authoredOn=day,
                priorPrescription=target,
                **drug,
            )
        ],
        "": [],
    }[what]


def current(made: dict[str, Any], *others: dict[str, Any], **more: Any) -> str:
    events = extract(made, *others, **more).events
    (found,) = {event.current for event in events if event.ref == "MedicationRequest/x"}
    return str(found)


@pytest.mark.parametrize("row", rows(), ids=" ".join)
def test_which_orders_hold(row: list[str]) -> None:
    status, authored, validity, dosage, done, result = row
    assert current(order(status, authored, validity, dosage), *sign(done)) == result


def test_an_inpatient_order_lapses_after_days() -> None:
    inpatient = {"category": [{"coding": [{"code": "inpatient"}]}]}
    assert current(order("active", "2026-02-26", "", "", **inpatient)) == "True"
    assert current(order("active", "2026-02-25", "", "", **inpatient)) == "None"
    stay = resource("Encounter", "e", status="finished", **{"class": {"code": "IMP"}})
    within = {"encounter": {"reference": "Encounter/e"}}
    assert current(order("active", "2026-02-25", "", "", **within), stay) == "None"
    visit = stay | {"class": {"code": "AMB"}}
    assert current(order("active", "2026-02-25", "", "", **within), visit) == "True"
    discharge = {"category": [{"coding": [{"code": "discharge"}]}]}
    assert current(order("active", "2026-02-25", "", "", **within, **discharge), stay) == "True"


def test_statuses_and_windows_are_the_hospitals() -> None:
    policy = Policy(order_statuses=["active", "completed"], order_windows=OrderWindows(outpatient=10, inpatient=1))
    assert current(order("completed", "2026-02-20", "", ""), policy=policy) == "True"
    assert current(order("active", "2026-02-18", "", ""), policy=policy) == "None"
    assert current(order("on-hold", "2026-02-20", "", ""), policy=policy) == "False"


def test_hours_count_where_an_instant_is_assessed() -> None:
    made = order("active", "2026-02-01", "2026-02-01 2026-03-01T10:00:00Z", "")
    assert current(made, day="2026-03-01T09:00:00+00:00") == "True"
    assert current(made, day="2026-03-01T11:00:00+00:00") == "False"
    assert current(made) == "True"


def test_a_sign_in_error_is_no_sign() -> None:
    (filled,) = sign("dispensed 2026-02-10")
    assert current(order("active", "2020-01-01", "", ""), filled | {"status": "entered-in-error"}) == "None"
    (given,) = sign("given 2026-02-10")
    assert current(order("active", "2020-01-01", "", ""), given | {"status": "not-done"}) == "None"
