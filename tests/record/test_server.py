"""A FHIR server: pages, refusals, origins, and nothing of the patient in a log."""

import json
import logging
import sys
from typing import Any

import pytest

from fourthstep.ground.errors import MissingExtraError, RecordError
from fourthstep.record import read_from_server
from fourthstep.record.resources import Condition, Medication

httpx = pytest.importorskip("httpx", reason="the extra `remote` is not installed")

BASE = "https://ehr.example/fhir"
PATIENT = {"resourceType": "Patient", "id": "7"}


def bundle(*resources: Any, following: str = "") -> dict[str, Any]:
    links = [{"relation": "next", "url": following}] if following else []
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": links,
        "entry": [{"resource": each} for each in resources],
    }


def condition(identity: str) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": identity, "subject": {"reference": "Patient/7"}}


class Server:
    """Answers by the type that is asked for; 200 and an empty page for what is not listed."""

    def __init__(self, **answers: Any) -> None:
        self.answers = {"Patient/7": PATIENT} | answers
        self.asked: list[str] = []

    def __call__(self, request: Any) -> Any:
        path = request.url.path.removeprefix("/fhir/")
        self.asked.append(f"{request.url.host}/{path}")
        answer = self.answers.get(request.url.params.get("page") or path, bundle())
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx.Response(answer)
        if isinstance(answer, bytes):
            return httpx.Response(200, content=answer)
        return httpx.Response(200, content=json.dumps(answer))

    def read(self, **more: Any) -> Any:
        return read_from_server(BASE, "Patient/7", transport=httpx.MockTransport(self), **more)


def test_everything_is_asked_for_and_vouched() -> None:
    record = Server(Condition=bundle(condition("a"))).read()
    assert len(record.of(Condition)) == 1
    assert record.vouched == {"condition", "drug", "procedure", "allergy", "encounter"}
    assert record.vouched_by == "server"


def test_pages_are_followed_on_the_same_origin() -> None:
    server = Server(
        Condition=bundle(condition("a"), following=f"{BASE}/Condition?page=two"),
        two=bundle(condition("b")),
    )
    record = server.read()
    assert [ref for ref, _ in record.of(Condition)] == ["Condition/a", "Condition/b"]
    assert "condition" in record.vouched


def test_a_page_on_another_origin_is_not_followed() -> None:
    server = Server(Condition=bundle(condition("a"), following="https://evil.example/fhir/Condition?page=two"))
    record = server.read(token="secret")
    assert "condition" not in record.vouched
    assert any("another origin" in notice for notice in record.notices)
    assert not any(asked.startswith("evil") for asked in server.asked)


def test_pages_without_end_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fourthstep.record.server.MAX_PAGES", 3)
    endless = bundle(condition("a"), following=f"{BASE}/Condition?page=again")
    record = Server(Condition=endless, again=endless).read()
    assert any("more than 3 pages" in notice for notice in record.notices)
    assert "condition" not in record.vouched


FAILURES = {
    "refused": 403,
    "not JSON": b"<html>",
    "no Bundle": PATIENT,
    "an error": {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]},
    "a page that tells of an error": bundle({"resourceType": "OperationOutcome", "issue": [{"severity": "fatal"}]}),
    "no answer": httpx.ReadTimeout("secret 7"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_fails_is_said_and_not_vouched(case: str) -> None:
    record = Server(Procedure=FAILURES[case]).read()
    assert "procedure" not in record.vouched
    assert "condition" in record.vouched
    assert any("refused Procedure" in notice and "counts as unknown" in notice for notice in record.notices)


def test_a_warning_does_not_hurt() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}
    assert "procedure" in Server(Procedure=bundle(outcome)).read().vouched


PATIENT_FAILURES = {
    "refused": (404, r"The server refused the Patient \(HTTP 404\)"),
    "unreachable": (httpx.ConnectError("secret"), r"could not be reached.*ConnectError"),
    "not FHIR": (b"hello", "did not answer in FHIR"),
}


@pytest.mark.parametrize("case", PATIENT_FAILURES)
def test_without_the_patient_there_is_no_record(case: str) -> None:
    answer, message = PATIENT_FAILURES[case]
    with pytest.raises(RecordError, match=message) as caught:
        Server(**{"Patient/7": answer}).read()
    assert "secret" not in str(caught.value)


def test_products_that_did_not_come_are_fetched() -> None:
    order = {
        "resourceType": "MedicationRequest",
        "id": "r",
        "subject": {"reference": "Patient/7"},
        "medicationReference": {"reference": "Medication/m"},
    }
    server = Server(
        MedicationRequest=bundle(order),
        **{"Medication/m": {"resourceType": "Medication", "id": "m", "code": {"text": "morphine"}}},
    )
    assert server.read().find("Medication/m", Medication) is not None
    server.answers["Medication/m"] = 403
    assert any("a Medication that an order points to" in notice for notice in server.read().notices)


def test_the_base_is_a_url() -> None:
    with pytest.raises(RecordError, match="base URL starts with https"):
        read_from_server("ehr.example", "7")


def test_without_the_extra_the_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'fourthstep\[remote\]'"):
        read_from_server(BASE, "7")


def test_no_log_line_holds_the_patient(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("httpx").setLevel(logging.INFO)
    with caplog.at_level(logging.INFO):
        Server().read()
    assert "patient=7" not in caplog.text
    assert logging.getLogger("httpx").level == logging.INFO
