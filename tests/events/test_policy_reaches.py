"""A hospital's policy reaches reading and extraction through every door, and a wrong one stops the start."""

import json
from pathlib import Path
from typing import Any

import patients
import pytest
from patients import CUSTOM_LAB, PATIENT, resource
from typer.testing import CliRunner

from fourthstep.assessment.assess import assess
from fourthstep.cli.app import app
from fourthstep.events.extract import extract_events
from fourthstep.ground.dates import as_of
from fourthstep.ground.errors import KnowledgeError
from fourthstep.knowledge.load import load_knowledge
from fourthstep.knowledge.policy import Policy, read_policy
from fourthstep.record import Door, read_record

DRUG = resource(
    "MedicationRequest",
    status="completed",
    intent="order",
    authoredOn="2026-02-28",
    medicationCodeableConcept={"text": "oxycodone"},
)


def test_a_door_and_the_extraction_say_the_same() -> None:
    policy = Policy(vouching={"file": ["allergy"]})
    tables, moment = patients.dosage_tables(), as_of("2026-03-01")
    for door in (Door(vouches=policy.vouching), Door()):
        record = read_record([PATIENT, DRUG], policy_door=door)
        events = extract_events(record, patients.index(), as_of=moment, policy=policy, tables=tables)
        assert events.vouched == {"allergy"}


def test_another_door_is_not_meant() -> None:
    record = read_record([PATIENT, DRUG], policy_door=Door(vouches={"export": ["allergy"]}))
    assert record.vouched == {"drug"}


def test_nobody_vouches_for_what_was_lost_on_the_way() -> None:
    door = Door(vouches={"file": ["drug"]})
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    assert read_record([PATIENT, DRUG, outcome], policy_door=door).vouched == set()


def policy_file(folder: Path, text: str) -> Path:
    path = folder / "hospital.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_command_line_uses_all_of_it(tmp_path: Path) -> None:
    """Vouching, order statuses and local codes; each changes what is said of the same record."""
    record = tmp_path / "patient.json"
    record.write_text(json.dumps([PATIENT, DRUG, CUSTOM_LAB]), encoding="utf-8")
    policy = policy_file(
        tmp_path,
        "vouching: {file: [drug, condition]}\n"
        "order_statuses: [active, completed]\n"
        "code_maps:\n"
        "  - {system: 'http://hospital.example/codes', code: PLT, kind: measurement, concept: platelets,\n"
        "     reviewer: x, date: 2026-01-01}\n",
    )

    def told(*more: str) -> dict[str, Any]:
        arguments = ["assess", str(record), "--as-of", "2026-03-01", "--format", "json", *more]
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.output)
        return found

    def platelets(assessment: dict[str, Any]) -> str:
        return next(str(each["value"]) for each in assessment["safety"] if each["fact"] == "platelet_count")

    without, with_policy = told(), told("--policy", str(policy))
    assert (without["vouched"], with_policy["vouched"]) == (["drug"], ["condition", "drug"])
    assert (platelets(without), platelets(with_policy)) == ("", "180")
    assert without["opioids"]["scheduled"] != with_policy["opioids"]["scheduled"]


def test_windows_reach_the_orders() -> None:
    made = DRUG | {"status": "active", "authoredOn": "2026-01-10"}
    policy = read_policy_text("order_windows: {outpatient: 90, inpatient: 3}")
    for chosen, result in ((Policy(), None), (policy, True)):
        (event,) = patients.extract(made, policy=chosen).events
        assert event.current is result
    assert assess(read_record([PATIENT, made]), as_of=as_of("2026-03-01"), policy=policy).policy == "default"


def read_policy_text(text: str) -> Policy:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return read_policy(policy_file(Path(folder), text), load_knowledge())


WRONG = {
    "a door": ("vouching: {fiel: [drug]}", "there is no door `fiel`"),
    "a kind": ("vouching: {file: [drugs]}", "`drugs` is no kind"),
    "a status": (
        "order_statuses: [active, entered-in-error]",
        "no order with status `entered-in-error` can be current",
    ),
    "a concept": (
        "code_maps: [{system: x, code: y, kind: measurement, concept: platelet, reviewer: x, date: 2026-01-01}]",
        "there is no measurement concept `platelet`",
    ),
    "a drug": (
        "code_maps: [{system: x, code: y, kind: drug, ingredient: asprin, reviewer: x, date: 2026-01-01}]",
        "there is no drug `asprin`",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_policy_stops_the_start(case: str) -> None:
    text, message = WRONG[case]
    with pytest.raises(KnowledgeError, match=message):
        read_policy_text(text)


RIGHT = (
    "code_maps: [{system: x, code: y, kind: drug, ingredient: apixaban, reviewer: x, date: 2026-01-01}]",
    "code_maps: [{system: x, code: y, kind: condition, concept: irrelevant, reviewer: x, date: 2026-01-01}]",
    "code_maps: [{system: x, code: y, kind: allergy, concept: latex_substance, reviewer: x, date: 2026-01-01}]",
)


@pytest.mark.parametrize("text", RIGHT)
def test_a_right_one_does_not(text: str) -> None:
    assert read_policy_text(text).code_maps
