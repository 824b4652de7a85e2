"""One patient's record from a FHIR R4 server: paging followed, and what the server refused is said."""

from typing import Any
from urllib.parse import quote, urljoin

import msgspec

from fourthstep.ground.errors import RecordError
from fourthstep.ground.web import NOWHERE, http_client, origin_of, quiet
from fourthstep.record.decode import peek
from fourthstep.record.gather import VOUCHING, Gathering
from fourthstep.record.read import record_of
from fourthstep.record.record import Door, Record
from fourthstep.record.references import bare_id, normal_reference
from fourthstep.record.resources import Drugged, Element
from fourthstep.record.sources import MAX_BYTES

SEARCHES = (
    "Condition",
    "Observation",
    "MedicationRequest",
    "MedicationStatement",
    "MedicationAdministration",
    "MedicationDispense",
    "Procedure",
    "AllergyIntolerance",
    "Encounter",
    "Goal",
    "CarePlan",
    "Consent",
    "ServiceRequest",
    "Device",
    "QuestionnaireResponse",
)
"""Types that are searched by `patient`, which is in the common subset that servers support."""
MAX_PAGES = 500
_MAX_MEDICATIONS = 500


class _Link(Element):
    relation: str = ""
    url: str = ""


class _Page(Element):
    link: tuple[_Link, ...] = ()


def read_from_server(
    base: str,
    patient: str,
    *,
    token: str | None = None,
    policy_door: Door | None = None,
    timeout: float = 30.0,
    transport: Any = None,
) -> Record:
    """Read one patient's record from a FHIR R4 server.

    A page is followed only on the same origin, so that a token never leaves it.  A type that the server
    refuses is not vouched for, and a notice says so.

    Args:
        base: the FHIR base URL, such as `https://ehr.example/fhir`.
        patient: `7` or `Patient/7`.
        token: bearer token.
        policy_door: what the hospital's policy says of this way in.
        timeout: seconds to wait for each answer.
        transport: an `httpx` transport in place of the network, for tests.

    Raises:
        RecordError: the server cannot be reached, refuses the patient, or answers in another FHIR version.
        MissingExtraError: the HTTP client is not installed.
    """
    httpx = http_client("Reading from a server")
    if not base.startswith(("http://", "https://")):
        raise RecordError("A server's base URL starts with https:// (or http:// inside a test network).")
    if origin_of(base) == NOWHERE:
        raise RecordError("The server's base URL has no host, or a port that is no number.")
    wanted, door = bare_id(patient), policy_door or Door()
    headers = {"Accept": "application/fhir+json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    gathering = Gathering("", door.prefetch)
    gathering.shape = "server"
    client = httpx.Client(headers=headers, timeout=timeout, follow_redirects=False, transport=transport)
    with quiet(), client:
        server = _Server(client, base, gathering, (httpx.HTTPError, httpx.InvalidURL))
        server.patient(wanted)
        for kind in SEARCHES:
            server.search(kind, wanted)
        server.medications()
    return record_of(gathering, wanted, door, "server")


class _Server:
    """Talks to one server."""

    def __init__(self, client: Any, base: str, gathering: Gathering, errors: tuple[type[Exception], ...]) -> None:
        self._client = client
        self._base = base.rstrip("/") + "/"
        self._origin = origin_of(self._base)
        self._gathering = gathering
        self._errors = errors

    def patient(self, wanted: str) -> None:
        """The Patient resource.

        Raises:
            RecordError: the server cannot be reached, or refuses it.
        """
        content, failure = self._get(f"Patient/{quote(wanted, safe='')}")
        if failure.startswith("HTTP"):
            raise RecordError(f"The server refused the Patient ({failure}).  Check the id, the token and its scope.")
        failure = failure or self._add(content, "Patient")
        if failure:
            raise RecordError(
                f"The server could not be reached or did not answer in FHIR ({failure}).  "
                "Check the base URL, the network and the token, and try again."
            )

    def search(self, kind: str, patient: str) -> None:
        """All pages of one type; vouched for only if every page came."""
        address, pages = f"{kind}?patient={quote(patient, safe='')}&_count=200", 0
        while address:
            content, failure = self._get(address)
            failure = failure or self._add(content, "Bundle")
            if failure:
                self._lose(kind, f"The server refused {kind} ({failure})")
                return
            pages += 1
            address = _next(content)
            if address and not self._own(address):
                self._lose(kind, f"{kind}: the next page lies on another origin and was not followed")
                return
            if address and pages >= MAX_PAGES:
                self._lose(kind, f"{kind}: more than {MAX_PAGES} pages; the rest was not read")
                return
        if kind in VOUCHING:
            self._gathering.satisfied.add(VOUCHING[kind])

    def medications(self) -> None:
        """The products that orders point to and that did not come with them."""
        held = {each.ref for each in self._gathering.decoded if each.type == "Medication"}
        wanted = {
            normal_reference(each.resource.medication_reference.reference)
            for each in self._gathering.decoded
            if isinstance(each.resource, Drugged)
            and each.resource.medication_reference is not None
            and self._own(each.resource.medication_reference.reference)
        }
        missing = sorted(each for each in wanted - held if each.startswith("Medication/"))
        for reference in missing[:_MAX_MEDICATIONS]:
            content, failure = self._get(reference)
            if failure or self._add(content, "Medication"):
                self._gathering.notice("The server refused a Medication that an order points to.")
        if len(missing) > _MAX_MEDICATIONS:
            self._gathering.notice(f"More than {_MAX_MEDICATIONS} Medications; the rest was not read.")

    def _own(self, address: str) -> bool:
        """Does an address lie on this server?  A token never goes anywhere else."""
        try:
            return origin_of(urljoin(self._base, address)) == self._origin
        except ValueError:
            return False

    def _get(self, path: str) -> tuple[bytes, str]:
        """The answer's content, or why there is none."""
        parts, size = [], 0
        try:
            with self._client.stream("GET", urljoin(self._base, path)) as answer:
                if answer.status_code != 200:
                    return b"", f"HTTP {answer.status_code}"
                for part in answer.iter_bytes():
                    parts.append(part)
                    size += len(part)
                    if size > MAX_BYTES:
                        return b"", f"more than {MAX_BYTES // 1_048_576} MB"
        except self._errors as error:
            return b"", type(error).__name__
        return b"".join(parts), ""

    def _add(self, content: bytes, expected: str) -> str:
        """Take in an answer; why it is not what was expected, or nothing."""
        gathering = self._gathering
        before = set(gathering.lost)
        try:
            kind = peek(content)
            known = bool(kind) and gathering.add_resource(content, kind=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return "not readable as FHIR JSON"
        failed = gathering.lost != before
        gathering.lost = before
        gathering.next_links.clear()
        if not known or kind not in (expected, "OperationOutcome"):
            return f"no {expected}"
        return "an OperationOutcome" if failed or kind != expected else ""

    def _lose(self, kind: str, why: str) -> None:
        self._gathering.notice(f"{why}; silence about it counts as unknown.")
        if kind in VOUCHING:
            self._gathering.lost.add(VOUCHING[kind])


def _next(content: bytes) -> str:
    try:
        links = msgspec.json.decode(content, type=_Page).link
    except msgspec.DecodeError:
        return ""
    return next((link.url for link in links if link.relation == "next"), "")
