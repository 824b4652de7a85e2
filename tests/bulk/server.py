"""A Bulk Data server: real HTTP on this machine, after STU1 to STU4, with the faults that servers in the field have.

It is strict where the standard is: wrong headers, a list in a POST, a token where none belongs, a job that is gone.
"""

import gzip
import json
import threading
import time
from base64 import urlsafe_b64decode
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

HOSPITAL = Path(__file__).resolve().parents[2] / "examples" / "hospital"
TIME = "2026-03-01T00:00:00Z"


def hospital() -> dict[str, bytes]:
    """Resource type and number -> the lines of the example export."""
    return {
        path.name.removesuffix(".ndjson.gz"): gzip.decompress(path.read_bytes())
        for path in sorted(HOSPITAL.glob("*.ndjson.gz"))
    }


@dataclass
class Behaviour:
    """The switches."""

    stu: int = 2
    polls: int = 0
    """Answers of 202 before the export is complete."""
    retry_after: str = ""
    progress: str = ""
    separate_status: bool = False
    token: str = ""
    """A token that every request needs; or tokens are given out for `keys`."""
    keys: Any = None
    """The public keys of the client (joserfc KeySet)."""
    token_life: float = 300
    grants: str = ""
    """The scope of the tokens; default: what was asked for."""
    requires_token: bool | None = None
    """What the manifest says; default: whether there is a token."""
    compress: bool = True
    counts: bool = True
    pages: int = 1
    per_page_faults: tuple[int, ...] = ()
    outcomes: tuple[dict[str, Any], ...] = ()
    deleted: bool = False
    expires_after: int | None = None
    """File requests until all addresses expire; the next manifest has new ones."""
    foreign: "BulkServer | None" = None
    """Files lie there."""
    redirect: str = ""
    """Files are redirected there (and the name put after it)."""
    pause: float = 0.0
    """Seconds between the pieces of a file."""
    faults: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    """What (`kick-off`, `status`, `token`, a file's name) -> what to do at the next requests for it."""
    manifest: bytes | None = None
    location: str = ""
    """The status address, where it is not as it should be."""
    version: str = "4.0.1"
    no_metadata: bool = False


class BulkServer(ThreadingHTTPServer):
    """Keeps jobs, tokens and a log of all requests."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes] | None = None, **switches: Any) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = hospital() if files is None else files
        self.behaviour = Behaviour(**switches)
        self.jobs: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[str, str, dict[str, str]]] = []
        self.tokens: dict[str, float] = {}
        self.seen: set[str] = set()
        """`jti` of the assertions."""
        self.forms: list[dict[str, str]] = []
        """What came to the token endpoint."""
        self.refused = 0
        self.on: Callable[[str], None] = lambda _: None
        """Told of every request, before a fault is looked for."""
        self.on_piece: Callable[[], None] = lambda: None
        self.fetched = 0
        self.generation = 0
        self.last_asked: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: Any) -> None:
        """A client that is killed is an ordinary day here."""

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def base(self) -> str:
        return f"{self.root}/fhir"

    def asked(self, method: str, start: str) -> list[dict[str, str]]:
        """The headers of the requests for a path that starts so."""
        return [headers for verb, path, headers in self.log if verb == method and path.startswith(start)]

    def next_fault(self, what: str) -> Any:
        self.on(what)
        with self._lock:
            waiting = self.behaviour.faults[what]
            return waiting.pop(0) if waiting else None

    def good(self, token: str) -> bool:
        given = self.behaviour
        good = token == given.token if given.token else time.time() < self.tokens.get(token, 0)
        self.refused += not good
        return good

    @property
    def closed(self) -> bool:
        return bool(self.behaviour.token or self.behaviour.keys)


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: BulkServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        self._route("GET")

    def do_POST(self) -> None:
        self._route("POST")

    def do_DELETE(self) -> None:
        self._route("DELETE")

    def _route(self, method: str) -> None:
        parts = urlsplit(self.path)
        self.server.log.append((method, self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = parts.path
        if path == "/fhir/metadata":
            self._metadata()
        elif path == "/fhir/.well-known/smart-configuration":
            self._json(200, {"token_endpoint": f"{self.server.root}/token", "capabilities": ["permission-v2"]})
        elif path == "/token":
            self._token()
        elif path.startswith("/files/"):
            self._file(path.removeprefix("/files/"))
        elif self.server.closed and not self._admitted():
            self._outcome(401, "login")
        elif path.endswith("/$export"):
            self._kick_off(method, path, parse_qs(parts.query))
        elif path.startswith("/status/"):
            self._status(method, path.removeprefix("/status/"))
        else:
            self._outcome(404, "not-found")

    # -- who asks --------------------------------------------------------------------------------------------

    def _admitted(self) -> bool:
        return self.server.good(self.headers.get("Authorization", "").removeprefix("Bearer "))

    def _token(self) -> None:
        from joserfc import jwt
        from joserfc.errors import JoseError

        if self._act(self.server.next_fault("token")):
            return
        form = {name: values[0] for name, values in parse_qs(self.content.decode()).items()}
        self.server.forms.append(form)
        header = json.loads(urlsafe_b64decode(form["client_assertion"].partition(".")[0] + "=="))
        try:
            token = jwt.decode(form["client_assertion"], self.server.behaviour.keys, algorithms=["RS384", "ES384"])
            claims = token.claims
            assert header["typ"] == "JWT"
            assert header["kid"]
            assert form["grant_type"] == "client_credentials"
            assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            assert claims["iss"] == claims["sub"] == "fourthstep-tests"
            assert claims["aud"] == f"{self.server.root}/token"
            assert time.time() < claims["exp"] <= time.time() + 300
            assert claims["jti"] not in self.server.seen
        except (AssertionError, JoseError, KeyError, ValueError):
            self._json(400, {"error": "invalid_client", "error_description": "Jane Canary is not known"})
            return
        self.server.seen.add(claims["jti"])
        value = f"token-{len(self.server.seen)}"
        self.server.tokens[value] = time.time() + self.server.behaviour.token_life
        life = max(self.server.behaviour.token_life, 0)
        self._json(
            200,
            {
                "access_token": value,
                "token_type": "bearer",
                "expires_in": int(life) or 300,
                "scope": self.server.behaviour.grants or form["scope"],
            },
        )

    # -- the job ---------------------------------------------------------------------------------------------

    def _metadata(self) -> None:
        if self.server.behaviour.no_metadata:
            self._outcome(404, "not-found")
            return
        kinds = [{"type": each} for each in sorted({name.split(".")[0] for name in self.server.files} | {"Goal", "Group"})]
        statement = {"resourceType": "CapabilityStatement", "status": "active", "kind": "instance", "format": ["json"],
                     "fhirVersion": self.server.behaviour.version, "rest": [{"mode": "server", "resource": kinds}]}  # fmt: skip
        self._json(200, statement)

    def _kick_off(self, method: str, path: str, query: dict[str, list[str]]) -> None:
        given = self.server.behaviour
        if (method == "POST" and given.stu == 1) or (method == "GET" and given.stu == 4):
            self._outcome(405, "not-supported")
            return
        if self._act(self.server.next_fault("kick-off")):
            return
        if "respond-async" not in self.headers.get("Prefer", "") or "json" not in self.headers.get("Accept", ""):
            self._outcome(400, "required")
            return
        asked = self._asked(method, query)
        if path not in ("/fhir/$export", "/fhir/Patient/$export", "/fhir/Group/G%207/$export", "/fhir/Group/7/$export"):
            self._outcome(404, "not-found")
            return
        if asked is None or any("," in each for each in asked["_type"] if method == "POST"):
            self._outcome(400, "invalid")
            return
        job = f"job{len(self.server.jobs) + 1}"
        self.server.last_asked = asked
        self.server.jobs[job] = {"polls": given.polls, "asked": asked, "path": path, "method": method}
        self._send(202, b"", {"Content-Location": given.location or f"{self.server.root}/status/{job}"})

    def _asked(self, method: str, query: dict[str, list[str]]) -> dict[str, list[str]] | None:
        asked: dict[str, list[str]] = {"_type": [], "_since": [], "_typeFilter": []}
        if method == "POST":
            body = json.loads(self.content)
            if body["resourceType"] != "Parameters":
                return None
            for each in body["parameter"]:
                value = {"_since": "valueInstant"}.get(each["name"], "valueString")
                asked[each["name"]].append(each[value])
            return asked
        for name, values in query.items():
            if name not in asked:
                return None
            parts = values[0].split(",") if name != "_since" else values
            asked[name] = [each.replace("%2C", ",") for each in parts]
        return asked

    def _status(self, method: str, job: str) -> None:
        name, _, page = job.partition("/")
        found = self.server.jobs.get(name)
        if found is None:
            self._outcome(404, "not-found")
            return
        if method == "DELETE":
            del self.server.jobs[name]
            self._send(202, b"")
            return
        if self._act(self.server.next_fault("status")):
            return
        given = self.server.behaviour
        waiting = {
            name: value for name, value in (("Retry-After", given.retry_after), ("X-Progress", given.progress)) if value
        }
        if found["polls"] > 0:
            found["polls"] -= 1
            status, extra = (200, {"X-Export-Status": "202 Accepted"}) if given.separate_status else (202, {})
            self._send(status, b"", waiting | extra)
            return
        extra = {"X-Export-Status": "200 OK"} if given.separate_status else {}
        self._send(200, given.manifest or json.dumps(self._manifest(name, found, int(page or 0))).encode(),
                   {"Content-Type": "application/json"} | extra)  # fmt: skip

    def _manifest(self, job: str, found: dict[str, Any], page: int) -> dict[str, Any]:
        given = self.server.behaviour
        self.server.generation += given.expires_after is not None
        wanted = found["asked"]["_type"]
        files = {name: data for name, data in self.server.files.items() if not wanted or name.split(".")[0] in wanted}
        names = sorted(files)
        share = -(-len(names) // given.pages)
        mine = names[page * share : (page + 1) * share]
        made: dict[str, Any] = {
            "transactionTime": TIME,
            "requiresAccessToken": self.server.closed if given.requires_token is None else given.requires_token,
            "output": [self._entry(each, files[each]) for each in mine],
        }
        if given.stu <= 3:
            made["request"] = f"{self.server.root}{found['path']}"
            made["extension"] = {"http://example.org/note": True}
        else:
            made["manifestType"], made["extension"] = (
                "bulk-export",
                [{"url": "http://example.org/note", "valueBoolean": True}],
            )
        last = page + 1 == given.pages
        outcomes = [self._entry(f"OperationOutcome.{number}", outcome_lines(each))
                    for number, each in enumerate(given.outcomes if last else ())]  # fmt: skip
        made["outcome" if given.stu == 4 else "error"] = outcomes
        if given.stu >= 2 and given.deleted and last:
            made["deleted"] = [self._entry("Bundle.0", b'{"resourceType":"Bundle","type":"transaction"}\n')]
        if given.pages > 1 and not last:
            made["link"] = [{"relation": "next", "url": f"{self.server.root}/status/{job}/{page + 1}"}]
        return made

    def _entry(self, name: str, data: bytes) -> dict[str, Any]:
        given = self.server.behaviour
        root = (given.foreign or self.server).root
        made = {"type": name.split(".", maxsplit=1)[0], "url": f"{root}/files/{name}?s={self.server.generation}"}
        return made | ({"count": len(data.splitlines())} if given.counts and "OperationOutcome" not in name else {})

    # -- the files -------------------------------------------------------------------------------------------

    def _file(self, name: str) -> None:
        given, name = self.server.behaviour, unquote(name)
        needs = self.server.closed if given.requires_token is None else given.requires_token
        authorization = self.headers.get("Authorization", "")
        if given.redirect:
            self._send(307, b"", {"Location": f"{given.redirect}/{name}"})
            return
        if (needs and not self._admitted()) or (not needs and authorization):
            self._send(401 if needs else 400, b"")
            return
        if given.expires_after is not None and f"s={self.server.generation}" in self.path:
            given.expires_after -= 1
            if given.expires_after < 0:
                given.expires_after = 10_000
                self.server.generation += 1
        if given.expires_after is not None and f"s={self.server.generation}" not in self.path:
            self._send(403, b"expired")
            return
        data = self._data(name)
        if data is None:
            self._outcome(404, "not-found")
            return
        fault = self.server.next_fault(name)
        if self._act(fault):
            return
        self._pieces(data, fault)

    def _data(self, name: str) -> bytes | None:
        if name.startswith("OperationOutcome."):
            return outcome_lines(self.server.behaviour.outcomes[int(name.split(".")[1])])
        if name == "Bundle.0":
            return b'{"resourceType":"Bundle","type":"transaction"}\n'
        return self.server.files.get(name)

    def _pieces(self, data: bytes, fault: Any) -> None:
        self.server.fetched += 1
        compress = self.server.behaviour.compress and "gzip" in self.headers.get("Accept-Encoding", "")
        body = gzip.compress(data, mtime=0) if compress else data
        self.send_response(200)
        self.send_header("Content-Type", "application/fhir+ndjson")
        if compress:
            self.send_header("Content-Encoding", "gzip")
        if fault == "cut quietly":  # a proxy that ends too early and says nothing
            body = body[: len(body) // 2]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault == "cut":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        size = max(1, len(body) // 20) if self.server.behaviour.pause else len(body) or 1
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            self.wfile.flush()
            self.server.on_piece()
            time.sleep(self.server.behaviour.pause)

    # -- answers ---------------------------------------------------------------------------------------------

    def _act(self, fault: Any) -> bool:
        """Do what is asked in place of an answer: a status, or (status, headers, body)."""
        if isinstance(fault, int):
            self._send(fault, b"")
        elif isinstance(fault, tuple):
            self._send(fault[0], fault[2], fault[1])
        elif fault == "hang up":
            self.close_connection = True
        else:
            return False
        return True

    def _outcome(self, status: int, code: str) -> None:
        body = {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": code, "diagnostics": "Jane Canary"}],
        }
        self._json(status, body, "application/fhir+json")

    def _json(self, status: int, body: Any, kind: str = "application/json") -> None:
        self._send(status, json.dumps(body).encode(), {"Content-Type": kind})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def outcome_lines(issue: dict[str, Any]) -> bytes:
    """One line of an `error` or `outcome` file."""
    return json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode() + b"\n"
