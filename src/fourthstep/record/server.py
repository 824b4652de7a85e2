"""One patient's record from a FHIR R4 server: paging followed, and what the server refused is said."""

from typing import Any
from urllib.parse import urljoin, urlsplit

from fourthstep.ground.errors import MissingExtraError, RecordError
from fourthstep.record.gather import VOUCHING, Gathering
from fourthstep.record.read import record_of
from fourthstep.record.record import Door, Record
from fourthstep.record.references import bare_id

SEARCHES = {
    "Condition": "patient",
    "Observation": "patient",
    "MedicationRequest": "patient",
    "MedicationStatement": "patient",
    "MedicationAdministration": "patient",
    "MedicationDispense": "patient",
    "Procedure": "patient",
    "AllergyIntolerance": "patient",
    "Encounter": "patient",
    "Goal": "patient",
    "CarePlan": "patient",
    "Consent": "patient",
    "QuestionnaireResponse": "patient",
}
"""Type -> search parameter; all are in the common subset that servers support."""
MAX_PAGES = 500


def read_from_server(
    base: str, patient: str, *, token: str | None = None, policy_door: Door | None = None, timeout: float = 30.0
) -> Record:
    """Read one patient's record from a FHIR R4 server.

    A page is followed only on the same origin, so that a token never leaves it.  A type that the server refuses is not
    vouched for, and a notice says so.

    Raises:
        RecordError: the server cannot be reached, or refuses the patient.
        MissingExtraError: the HTTP client is not installed.
    """
    try:
        import httpx  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError("Reading from a server needs an HTTP client: pip install 'fourthstep[remote]'") from None
    wanted, door = bare_id(patient), policy_door or Door()
    headers = {"Accept": "application/fhir+json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    gathering = Gathering("", door.prefetch)
    gathering.shape = "server"
    with httpx.Client(headers=headers, timeout=timeout, follow_redirects=False) as client:
        server = _Server(client, base.rstrip("/") + "/", gathering)
        try:
            server.fetch(f"Patient/{wanted}", "Patient")
            for kind, parameter in SEARCHES.items():
                server.search(kind, parameter, wanted)
        except httpx.HTTPError as error:
            raise RecordError(f"The server could not be reached or stopped answering ({type(error).__name__}).  "
                              "Check the base URL, the network and the token, and try again.") from None  # fmt: skip
    return record_of(gathering, wanted, door, "server")


class _Server:
    """Talks to one server."""

    def __init__(self, client: Any, base: str, gathering: Gathering) -> None:
        self.client = client
        self.base = base
        self.origin = urlsplit(base)[:2]
        self.gathering = gathering

    def fetch(self, path: str, kind: str) -> dict[str, Any] | None:
        """One resource or page into the gathering; None with a notice where the server refuses."""
        answer = self.client.get(urljoin(self.base, path))
        if answer.status_code != 200:
            self._refused(kind, answer.status_code)
            return None
        try:
            body = answer.json()
        except ValueError:
            self._refused(kind, answer.status_code)
            return None
        self.gathering.add_resource(answer.content)
        self.gathering.next_links.clear()
        return body if isinstance(body, dict) else None

    def search(self, kind: str, parameter: str, patient: str) -> None:
        """All pages of one type."""
        page = self.fetch(f"{kind}?{parameter}={patient}&_count=200", kind)
        held = page is not None
        for _ in range(MAX_PAGES):
            link = _next(page)
            if not link:
                break
            if urlsplit(urljoin(self.base, link))[:2] != self.origin:
                self.gathering.notice(f"{kind}: the next page lies on another origin and was not followed.")
                held = False
                break
            page = self.fetch(link, kind)
            held = held and page is not None
        else:
            self.gathering.notice(f"{kind}: more than {MAX_PAGES} pages; the rest was not read.")
            held = False
        if held and kind in VOUCHING:
            self.gathering.satisfied.add(VOUCHING[kind])

    def _refused(self, kind: str, status: int) -> None:
        if kind == "Patient":
            raise RecordError(f"The server refused the Patient (HTTP {status}).  Check the id, the token and its scope.")
        self.gathering.notice(f"The server refused {kind} (HTTP {status}); silence about it counts as unknown.")


def _next(page: dict[str, Any] | None) -> str:
    links = page.get("link") if page else None
    if not isinstance(links, list):
        return ""
    return next((str(link.get("url")) for link in links if isinstance(link, dict) and link.get("relation") == "next"), "")
