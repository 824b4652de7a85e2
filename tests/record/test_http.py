"""A real HTTP server on this machine: paging, a refused type, a foreign next link, and where the token goes."""

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from fourthstep.ground.errors import RecordError
from fourthstep.record import Door, read_from_server
from fourthstep.record import server as record_server
from fourthstep.record.resources import Condition, Medication, MedicationRequest

pytest.importorskip("httpx", reason="the extra `remote` is not installed")

TOKEN = "token-4711"
PATIENT = {"resourceType": "Patient", "id": "7", "birthDate": "1950-01-01"}


class Site(ThreadingHTTPServer):
    """Answers by path; notes what was asked and with which token."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.answers: dict[str, Any] = {"Patient/7": PATIENT}
        self.asked: list[tuple[str, str]] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/fhir"


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Site

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        name = parts.path.removeprefix("/fhir/")
        page = parse_qs(parts.query).get("page", [""])[0]
        self.server.asked.append((self.path, self.headers.get("Authorization", "")))
        answer = self.server.answers.get(f"{name}#{page}" if page else name, bundle())
        status = answer if isinstance(answer, int) else 200
        body = b"" if isinstance(answer, int) else gzip.compress(json.dumps(answer).encode())
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", self.server.answers["redirect"])
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


def bundle(*resources: dict[str, Any], following: str = "") -> dict[str, Any]:
    links = [{"relation": "next", "url": following}] if following else []
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": links,
        "entry": [{"resource": each} for each in resources],
    }


def owned(kind: str, identity: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": identity, "subject": {"reference": "Patient/7"}, **more}


def serve() -> Iterator[Site]:
    with Site() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve()


@pytest.fixture
def stranger() -> Iterator[Site]:
    yield from serve()


def test_pages_are_followed_and_the_token_goes_with_them(site: Site) -> None:
    site.answers["Condition"] = bundle(owned("Condition", "a"), following=f"{site.base}/Condition?page=2")
    site.answers["Condition#2"] = bundle(owned("Condition", "b"), following="Condition?page=3")
    site.answers["Condition#3"] = bundle(owned("Condition", "c"))
    record = read_from_server(site.base, "Patient/7", token=TOKEN)
    assert [each.id for _, each in record.of(Condition)] == ["a", "b", "c"]
    assert record.vouched == {"condition", "drug", "procedure", "allergy", "encounter"}
    assert {token for _, token in site.asked} == {f"Bearer {TOKEN}"}


def test_a_refused_type_is_not_vouched_for(site: Site) -> None:
    site.answers["Procedure"] = 403
    record = read_from_server(site.base, "7")
    assert "procedure" not in record.vouched
    assert "condition" in record.vouched
    assert any("refused Procedure (HTTP 403)" in each for each in record.notices)


def test_a_next_page_elsewhere_is_not_followed_and_sees_no_token(site: Site, stranger: Site) -> None:
    site.answers["Condition"] = bundle(owned("Condition", "a"), following=f"{stranger.base}/Condition?page=2")
    record = read_from_server(site.base, "7", token=TOKEN)
    assert [each.id for _, each in record.of(Condition)] == ["a"]
    assert "condition" not in record.vouched
    assert not stranger.asked
    assert any("another origin" in each for each in record.notices)


@pytest.mark.parametrize("status", [301, 302])
def test_a_redirect_is_not_followed(site: Site, stranger: Site, status: int) -> None:
    site.answers |= {"Condition": status, "redirect": f"{stranger.base}/Condition"}
    record = read_from_server(site.base, "7", token=TOKEN)
    assert not stranger.asked
    assert "condition" not in record.vouched


def test_a_product_elsewhere_is_not_asked_for_here_or_there(site: Site, stranger: Site) -> None:
    """The same id on our server would be another product."""
    elsewhere = {"reference": f"{stranger.base}/Medication/m"}
    site.answers["MedicationRequest"] = bundle(owned("MedicationRequest", "o", medicationReference=elsewhere))
    site.answers["Medication/m"] = {"resourceType": "Medication", "id": "m", "code": {"text": "morphine"}}
    record = read_from_server(site.base, "7", token=TOKEN)
    assert len(record.of(MedicationRequest)) == 1
    assert not record.medications
    assert not stranger.asked
    assert not [path for path, _ in site.asked if "Medication/m" in path]


def test_a_product_here_is_fetched(site: Site) -> None:
    site.answers["MedicationRequest"] = bundle(
        owned("MedicationRequest", "o", medicationReference={"reference": "Medication/m"})
    )
    site.answers["Medication/m"] = {"resourceType": "Medication", "id": "m", "code": {"text": "morphine"}}
    found = read_from_server(site.base, "7").find("Medication/m", Medication)
    assert found is not None
    assert found.code is not None
    assert found.code.text == "morphine"


def test_an_answer_without_end_is_cut(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_server, "MAX_BYTES", 100_000)
    site.answers["Condition"] = bundle(*[owned("Condition", f"c{each}", code={"text": "x" * 1000}) for each in range(500)])
    record = read_from_server(site.base, "7")
    assert not record.of(Condition)
    assert "condition" not in record.vouched


def test_another_patient_on_the_server_stays_out(site: Site) -> None:
    other = {"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/8"}}
    site.answers["Condition"] = bundle(owned("Condition", "a"), other)
    assert [each.id for _, each in read_from_server(site.base, "7").of(Condition)] == ["a"]


def test_the_policy_decides_for_this_door(site: Site) -> None:
    record = read_from_server(site.base, "7", policy_door=Door(vouches={"server": ["drug"]}))
    assert record.vouched == {"drug"}


def test_a_server_of_another_version(site: Site) -> None:
    site.answers["MedicationRequest"] = bundle({"resourceType": "MedicationOrder", "id": "x"})
    with pytest.raises(RecordError, match="DSTU2"):
        read_from_server(site.base, "7")


def test_no_server(site: Site) -> None:
    base = site.base.replace("127.0.0.1", "127.0.0.1").rsplit(":", 1)[0] + ":9/fhir"
    with pytest.raises(RecordError, match="could not be reached") as caught:
        read_from_server(base, "Zebra-4711", timeout=2)
    assert "Zebra" not in str(caught.value)


@pytest.mark.parametrize("base", ["http://[::1", "http://127.0.0.1:notaport/fhir"])
def test_a_base_that_is_no_url(base: str) -> None:
    with pytest.raises(RecordError):
        read_from_server(base, "7", timeout=2)
