"""The export job on the server: begin it, wait for it, read its manifest, delete it."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from fourthstep.fetch.manifest import Manifest, read_manifest
from fourthstep.fetch.request import Request
from fourthstep.fetch.wire import Answer, Wire, joined
from fourthstep.ground.errors import RecordError

_NO_POST = (400, 404, 405, 406, 415, 422, 501)
"""What servers before STU4 say to a POST."""
_TRANSIENT = {"transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"}
"""Issue types that say: try again later (FHIR R4, IssueType, `transient` and what is below it)."""
_MOST_PAGES = 10_000
_PERCENT = re.compile(r"(?<!\d)(\d{1,3}(?:\.\d{1,2})?)\s*%")
Say = Callable[[str], None]


class JobGoneError(RecordError):
    """The server does not know the job any more."""


class JobFailedError(RecordError):
    """The export itself failed on the server."""


class Page(msgspec.Struct, frozen=True):
    """One page of the manifest, as it came and as it was read."""

    raw: bytes
    read: Manifest


def kick_off(wire: Wire, request: Request, types: tuple[str, ...], refusal: Path) -> str:
    """Begin the export; the address at which to ask for its status.

    POST first, which STU4 requires, then GET, which is all that STU1 knows.

    Raises:
        RecordError: the server does not begin it; its own words are kept in `refusal`.
    """
    headers = {"Accept": "application/fhir+json", "Prefer": "respond-async"}
    answer = wire.ask_patiently(
        "POST",
        request.address,
        headers=headers | {"Content-Type": "application/fhir+json"},
        content=msgspec.json.encode(request.parameters(types)),
    )
    if answer.status in _NO_POST:
        answer = wire.ask_patiently("GET", request.query(types), headers=headers)
    location = answer.headers.get("content-location", "")
    if answer.status == 202 and location:
        address = joined(answer.address, location)
        if not wire.own(address):
            raise RecordError(
                "The server names a status address on another origin, where its token must not go.  Use the base URL "
                "under which the server knows itself, or name that origin with --allow-origin."
            )
        return address
    _keep(answer, refusal)
    if answer.status in (200, 202):
        raise RecordError(
            f"The server took the request ({answer}) and named no address for its status: it does not support "
            "Bulk Data exports."
        )
    raise RecordError(
        f"The server did not begin the export ({answer}{_issue(answer)}).  Check the base URL, the group, the token "
        f"and its scope; a type or parameter that it does not know can be left out.{_kept(answer, refusal)}"
    )


def wait_for(wire: Wire, address: str, say: Say, refusal: Path) -> Answer:
    """Ask for the status until the export is complete; the answer that holds the manifest.

    Raises:
        JobGoneError: the server does not know it any more.
        JobFailedError: it failed; the server's own words are kept in `refusal`.
        RecordError: the server cannot be reached.
    """
    failures = polls = 0
    told = ""
    while True:
        answer = wire.ask("GET", address, headers={"Accept": "application/json"})
        status = _export_status(answer)
        after = answer.headers.get("retry-after", "")
        if status == 200:
            return answer
        if status == 202:
            progress = _progress(answer.headers.get("x-progress", ""))
            if progress != told:
                say(f"the server prepares the export{progress}")
            polls = 0 if progress != told else polls + 1
            told, failures = progress, 0
            wire.pace.wait(polls, after)
            continue
        failures += 1
        if not _transient(answer) or failures >= wire.pace.tries:
            raise _failure(answer, refusal)
        wire.pace.wait(failures, after)


def all_pages(wire: Wire, first: Answer, say: Say, refusal: Path) -> list[Page]:
    """The manifest with all its pages.

    Raises:
        RecordError: a page cannot be read, lies on another origin, or leads back.
    """
    pages, seen, answer = [Page(first.body, read_manifest(first.body))], {first.address}, first
    while following := pages[-1].read.next:
        address = joined(answer.address, following)
        if not wire.own(address):
            raise RecordError(
                "The manifest's next page lies on another origin.  Name it with --allow-origin if you trust it."
            )
        if address in seen or len(pages) >= _MOST_PAGES:
            raise RecordError("The manifest's pages lead in a circle.  Tell who runs the server.")
        seen.add(address)
        answer = wait_for(wire, address, say, refusal)
        pages.append(Page(answer.body, read_manifest(answer.body)))
    return pages


def delete(wire: Wire, address: str) -> str:
    """Tell the server that its files are no longer needed; what it did not do, or nothing."""
    answer = wire.ask("DELETE", address, headers={"Accept": "application/fhir+json"})
    done = 200 <= answer.status < 300 or answer.status in (404, 410)
    return "" if done else f"The server did not delete the export ({answer}); it keeps the files until they expire."


# -- what an answer means ------------------------------------------------------------------------------------


def _export_status(answer: Answer) -> int:
    """The status of the job, also where the server keeps it apart from the status of the request (STU4)."""
    found = re.match(r"\s*(\d{3})\b", answer.headers.get("x-export-status", ""))
    return int(found[1]) if found and answer.status == 200 else answer.status


def _progress(text: str) -> str:
    """How far it is.  Only a percentage is repeated: the rest is the server's free text."""
    found = _PERCENT.search(text)
    return f": {found[1]} %" if found else ""


class _Issue(msgspec.Struct):
    code: str = ""
    severity: str = ""


class _Outcome(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    issue: list[_Issue] = []


def issues_of(body: bytes) -> list[tuple[str, str]] | None:
    """Severity and code of an OperationOutcome; nothing where it is none."""
    try:
        outcome = msgspec.json.decode(body, type=_Outcome)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if outcome.resource_type != "OperationOutcome":
        return None
    return [(_word(each.severity), _word(each.code)) for each in outcome.issue]


def _word(text: str) -> str:
    """A code of the standard; anything else could be free text."""
    return text if re.fullmatch(r"[a-z][a-z-]{1,19}", text) else "unknown"


def _transient(answer: Answer) -> bool:
    """Is it the question about the status that failed, and not the export?"""
    status = _export_status(answer)
    if status in (0, 408, 425, 429, 502, 503, 504):
        return True
    issues = issues_of(answer.body)
    if issues is None:
        return status >= 500
    return any(code in _TRANSIENT for _, code in issues)


def _failure(answer: Answer, refusal: Path) -> RecordError:
    status = _export_status(answer)
    if status in (404, 410):
        return JobGoneError(
            "The server does not know this export any more (it has expired, or was deleted).  Give it up with "
            "--abort, then begin anew."
        )
    if status in (401, 403):
        return RecordError(
            f"The server refused the question about the export ({answer}).  Check the token and its scope; then run the "
            "same command again: it resumes."
        )
    if _transient(answer):
        return RecordError(
            f"The server cannot be reached or is too busy ({answer}).  Run the same command later: it resumes."
        )
    _keep(answer, refusal)
    return JobFailedError(
        f"The export failed on the server (HTTP {status}{_issue(answer)}).{_kept(answer, refusal)}  Ask for fewer "
        "types or a smaller group, or tell who runs the server."
    )


def _issue(answer: Answer) -> str:
    found = issues_of(answer.body)
    return "".join(f", {severity} {code}" for severity, code in (found or [])[:3])


def _keep(answer: Answer, refusal: Path) -> None:
    if answer.body:
        refusal.write_bytes(answer.body)


def _kept(answer: Answer, refusal: Path) -> str:
    """Where the server's words are: they are free text, and could name a patient."""
    return f"  The server's own words are in {refusal}." if answer.body else ""
