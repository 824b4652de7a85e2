"""An export from beginning to end: begin, wait, fetch, delete; resumable, and never half taken for whole."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import msgspec

from fourthstep import __version__
from fourthstep.fetch.access import Access, supported, tokens_for
from fourthstep.fetch.download import File, NotFetchedError, download
from fourthstep.fetch.job import JobFailedError, Page, all_pages, delete, issues_of, kick_off, wait_for
from fourthstep.fetch.manifest import Wanted, files_of
from fourthstep.fetch.request import Request
from fourthstep.fetch.state import SUMMARY, Store, same
from fourthstep.fetch.token import BackendServices
from fourthstep.fetch.wire import Pace, Wire
from fourthstep.ground.errors import FourthstepError, RecordError
from fourthstep.ground.web import NOWHERE, Origin, origin_of, quiet
from fourthstep.record.sources import Lines

MOST_PARALLEL = 5
"""Files at the same time that a server is asked for."""
_MARK = "OperationOutcome.fetch.ndjson"
"""Our own mark in a folder that is not complete: whoever reads the export reads it, too."""


class Missing(msgspec.Struct, frozen=True):
    """A file that did not come."""

    name: str
    why: str


class Summary(msgspec.Struct, kw_only=True):
    """`fetch.json`: what the folder holds."""

    complete: bool
    """False: something is missing, or the server reports errors."""
    why_incomplete: list[str]
    engine: str = __version__
    server: str
    operation: str
    """What was asked of it, below its base URL."""
    types: tuple[str, ...]
    since: str
    transaction_time: str
    """Up to when the server vouches for the export; `--since` of the next one."""
    files: list[File]
    missing: list[Missing]
    issues: dict[str, int]
    """Severity and code of the server's OperationOutcomes -> how many."""
    notices: list[str]


def fetch(request: Request, out: Path, *, access: Access, allow_broken: bool = False,
          say: Callable[[str], None] = lambda _: None,
          pace: Pace | None = None) -> Summary:  # fmt: skip
    """Fetch an export into a folder; a run that was stopped is resumed by the same call.

    Args:
        request: what to ask for.
        out: the folder; everything stands in `OUT.part` until it is whole.
        access: token or key.
        allow_broken: give the folder its name although files are missing; it says so in itself.
        say: told what happens; never a value of a patient.
        pace: how long is waited, and how much is done at once.

    Returns:
        what the folder holds.  Where files are missing and `allow_broken` is not set, the folder has not got its name.

    Raises:
        FourthstepError: the call is wrong.
        RecordError: the server refuses, fails or cannot be reached, or the folder cannot be written.
        MissingExtraError: the HTTP client is not installed.
    """
    with _run(request, out, access, pace) as (wire, store):
        if store.whole:
            summary = msgspec.json.decode((store.part / SUMMARY).read_bytes(), type=Summary)
            store.rename()
            return summary
        return _Fetching(request, access, wire, store, say).run(allow_broken=allow_broken)


def abort(request: Request, out: Path, *, access: Access, pace: Pace | None = None) -> str:
    """Give an unfinished export up: delete the job on the server, and what was fetched of it.

    Returns:
        what the server did not do, or nothing.

    Raises:
        FourthstepError: there is nothing to give up.
        RecordError: no token.
    """
    with _run(request, out, access, pace) as (wire, store):
        if not store.begun:
            raise FourthstepError("--abort: there is no unfinished export for this folder")
        said = ""
        if store.status:
            wire.tokens = tokens_for(access, request, wire)
            said = delete(wire, store.status)
        store.remove()
        return said


@contextmanager
def _run(request: Request, out: Path, access: Access, pace: Pace | None) -> Iterator[tuple[Wire, Store]]:
    request.check()
    access.check()
    store = Store(out, request.key)
    wire = Wire(request.base, frozenset(map(_allowed, access.origins)), pace or Pace())
    try:
        with quiet():
            yield wire, store
    except OSError as error:
        raise RecordError(
            f"{out}: {error.strerror or type(error).__name__}.  Free space or give access, and run the same command "
            "again: it resumes."
        ) from None
    finally:
        wire.close()


def _allowed(text: str) -> Origin:
    origin = origin_of(text)
    if origin == NOWHERE or not origin.private:
        raise FourthstepError("--allow-origin: expected https:// with a host, such as https://files.example")
    return origin


class _Fetching:
    """One export on its way."""

    def __init__(self, request: Request, access: Access, wire: Wire, store: Store, say: Callable[[str], None]) -> None:
        self._request, self._access, self._wire, self._store, self._say = request, access, wire, store, say

    def run(self, *, allow_broken: bool) -> Summary:
        """From wherever an earlier run stopped."""
        self._store.open()
        self._wire.tokens = tokens_for(self._access, self._request, self._wire)
        if not self._store.status:
            self._begin()
        pages = self._store.pages() or self._manifest()
        missing = self._fetch(self._files(pages))
        if any(each.gone for each in missing.values()):
            self._say("addresses of files have expired: asking for the manifest again")
            pages = self._renewed(pages)
            missing = self._fetch(self._files(pages))
        return self._end(pages, missing, allow_broken=allow_broken)

    def _begin(self) -> None:
        types, notices = supported(self._request, self._wire)
        self._store.begin(kick_off(self._wire, self._request, types, self._refusal), types, notices)
        self._say("the server has begun the export")

    @property
    def _refusal(self) -> Path:
        return self._store.part / "refusal.json"

    def _manifest(self) -> list[Page]:
        try:
            first = wait_for(self._wire, self._store.status, self._say, self._refusal)
            pages = all_pages(self._wire, first, self._say, self._refusal)
        except JobFailedError:
            delete(self._wire, self._store.status)
            self._store.begin("", (), [])
            raise
        self._store.keep_pages(pages)
        return pages

    def _files(self, pages: list[Page]) -> list[Wanted]:
        return files_of((page.read for page in pages), self._store.status)

    def _renewed(self, before: list[Page]) -> list[Page]:
        after = self._manifest()
        if not same(self._files(before), self._files(after)):
            raise RecordError(
                "The server's manifest has changed since the export began.  Give it up with --abort, then begin anew."
            )
        return after

    def _fetch(self, wanted: list[Wanted]) -> dict[str, NotFetchedError]:
        """Fetch what is not there yet; what did not come."""
        for each in wanted:
            if each.token and not self._wire.own(each.address):
                raise RecordError(
                    f"The manifest asks for the access token at {origin_of(each.address)}, which is not the server.  If you "
                    "trust it, run the same command again with --allow-origin and that address."
                )
        done = self._store.done()
        pending = [each for each in wanted if each.name not in done]
        self._say(f"{len(wanted)} files, {len(wanted) - len(pending)} of them already here")
        missing: dict[str, NotFetchedError] = {}
        with ThreadPoolExecutor(min(self._wire.pace.parallel, MOST_PARALLEL)) as pool:
            futures = {pool.submit(download, self._wire, each, self._store.part): each for each in pending}
            try:
                for future in as_completed(futures):
                    self._take(future, futures[future], missing)
            except BaseException:
                self._wire.pace.stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return missing

    def _take(self, future: Future[File], wanted: Wanted, missing: dict[str, NotFetchedError]) -> None:
        try:
            file = future.result()
        except NotFetchedError as failure:
            missing[wanted.name] = failure
            self._say(f"{wanted.name}: not fetched: {failure}")
            return
        self._store.note(file)
        self._say(f"{file.name}: {file.lines} resources")

    def _end(self, pages: list[Page], missing: dict[str, NotFetchedError], *, allow_broken: bool) -> Summary:
        done = self._store.done()
        order = [each.name for each in self._files(pages)]
        files = [done[name] for name in order if name in done]
        issues = self._issues(files)
        why = [f"{len(missing)} file{'s' if len(missing) != 1 else ''} did not come"] if missing else []
        if any(each.split("/")[0] in ("error", "fatal", "unknown") for each in issues):
            why.append("the server reports errors (OperationOutcome)")
        tokens = self._wire.tokens
        narrowed = tokens.narrowed if isinstance(tokens, BackendServices) else ()
        summary = Summary(
            complete=not why,
            why_incomplete=why,
            server=self._request.base,
            operation=self._request.address.removeprefix(self._request.base.rstrip("/")).strip("/"),
            types=self._store.types,
            since=self._request.since,
            transaction_time=pages[0].read.transaction_time,
            files=files,
            missing=[Missing(name, str(missing[name])) for name in order if name in missing],
            issues=issues,
            notices=self._store.notices + [f"The server did not grant {each}." for each in narrowed],
        )
        if missing and not allow_broken:
            return summary
        if missing:
            self._mark()
        said = delete(self._wire, self._store.status)
        summary.notices += [said] if said else []
        self._store.finish(msgspec.json.format(msgspec.json.encode(summary), indent=1) + b"\n")
        return summary

    def _issues(self, files: list[File]) -> dict[str, int]:
        """What the server's OperationOutcomes say, by severity and code; their words stay in the files."""
        counted: Counter[str] = Counter()
        for file in files:
            if file.type != "OperationOutcome":
                continue
            for _, line in Lines(file.name, self._store.part / file.name):
                counted.update(f"{severity}/{code}" for severity, code in issues_of(line) or [("unknown", "unknown")])
        return dict(sorted(counted.items()))

    def _mark(self) -> None:
        issue = {"severity": "error", "code": "incomplete", "diagnostics": "Not all files were fetched (fetch.json)."}
        outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
        (self._store.part / _MARK).write_bytes(msgspec.json.encode(outcome) + b"\n")
