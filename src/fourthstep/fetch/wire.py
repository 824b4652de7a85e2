"""Requests to the server: patient with it, and careful about who sees the token.

The token goes to the server's own origin.  It goes to another one only where the manifest asks for it *and* the user
allowed that origin; never over a redirect to another origin, and never unencrypted over a network.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

import msgspec

from fourthstep.fetch.token import Given, Tokens
from fourthstep.ground.errors import RecordError
from fourthstep.ground.web import NOWHERE, Origin, http_client, origin_of
from fourthstep.record.sources import MAX_BYTES

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_HOPS = 5
UNREACHABLE = 0
"""Status of a request that got no answer."""
_SHORTEST, _LONGEST = 0.2, 24 * 3600.0
"""Seconds that are waited whatever `Retry-After` asks for."""


class Answer(msgspec.Struct, frozen=True):
    """A small answer, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    address: str = ""

    @property
    def passing(self) -> bool:
        """Could the same request succeed later?"""
        return self.status in (UNREACHABLE, 408, 425, 429) or self.status >= 500

    def __str__(self) -> str:
        return f"HTTP {self.status}" if self.status else self.headers.get("failure", "no answer")


class Pace(msgspec.Struct, kw_only=True):
    """How long is waited, how often something is tried, and how much is done at once."""

    tries: int = 8
    """In a row without success."""
    first: float = 1.0
    most: float = 120.0
    """Seconds of the shortest and longest wait of our own; `Retry-After` may ask for more."""
    parallel: int = 3
    """Files at the same time."""
    pause: Callable[[float], None] | None = None
    stop: threading.Event = msgspec.field(default_factory=threading.Event)
    """Set: nobody waits any longer."""

    def wait(self, attempt: int, retry_after: str = "") -> None:
        """Wait as the server asks, otherwise twice as long each time, with a share of chance."""
        own = min(self.most, self.first * 2 ** min(attempt, 20)) * (0.75 + random.random() / 2)  # noqa: S311  no secret
        asked = self._asked(retry_after)
        seconds = own if asked is None else asked
        if self.pause is not None:
            self.pause(seconds)
        elif self.stop.wait(seconds):
            raise KeyboardInterrupt

    def _asked(self, text: str) -> float | None:
        """`Retry-After` in seconds; a number or a date."""
        text = text.strip()
        if text.isascii() and text.isdigit():
            return min(max(float(text[:9]), _SHORTEST), _LONGEST)
        try:
            return min(max(parsedate_to_datetime(text).timestamp() - time.time(), _SHORTEST), _LONGEST)
        except (ValueError, TypeError, OverflowError):
            return None


class Wire:
    """All requests of one run."""

    def __init__(self, base: str, allowed: frozenset[Origin], pace: Pace, timeout: float = 60.0) -> None:
        self._httpx = http_client("Fetching from a server")
        self._origin = origin_of(base)
        self._allowed = allowed
        self.pace = pace
        self.tokens: Tokens = Given()
        self._client = self._httpx.Client(timeout=timeout, follow_redirects=False, headers={"Accept-Encoding": "gzip"})
        self.errors = (self._httpx.HTTPError, self._httpx.InvalidURL, ValueError)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def ask(self, method: str, address: str, *, headers: dict[str, str] | None = None, content: bytes = b"",
            token: bool = True) -> Answer:  # fmt: skip
        """One small request, answered or not."""
        try:
            with self.stream(method, address, headers=headers, content=content, token=token) as response:
                body = bytearray()
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MAX_BYTES:
                        return Answer(UNREACHABLE, {"failure": f"more than {MAX_BYTES // 1_048_576} MB"})
                return Answer(response.status_code, dict(response.headers), bytes(body), str(response.url))
        except self.errors as error:
            return Answer(UNREACHABLE, {"failure": type(error).__name__})

    def ask_patiently(self, method: str, address: str, **more: Any) -> Answer:
        """The same, tried again while the failure may pass."""
        for attempt in range(self.pace.tries):
            answer = self.ask(method, address, **more)
            if not answer.passing or answer.status == 501:
                break
            if attempt + 1 < self.pace.tries:
                self.pace.wait(attempt, answer.headers.get("retry-after", ""))
        return answer

    def post_form(self, address: str, form: dict[str, str]) -> tuple[int, bytes]:
        """A form to the token endpoint; it carries our signature and no token."""
        self.check(address)
        for attempt in range(self.pace.tries):
            try:
                response = self._client.post(address, data=form, headers={"Accept": "application/json"})
            except self.errors:
                status, body, after = UNREACHABLE, b"", ""
            else:
                status, body, after = response.status_code, response.content, response.headers.get("retry-after", "")
            if status not in (UNREACHABLE, 429) and status < 500:
                break
            if attempt + 1 < self.pace.tries:
                self.pace.wait(attempt, after)
        return status, body

    @contextmanager
    def stream(self, method: str, address: str, *, headers: dict[str, str] | None = None, content: bytes = b"",
               token: bool = True, granted: bool = False) -> Iterator[Any]:  # fmt: skip
        """An answer whose body is still to be read.

        Args:
            method: `GET`, `POST`, `DELETE`.
            address: absolute.
            headers: beside ours.
            content: of a POST.
            token: may the server's own origin see the token?
            granted: does the manifest ask for the token at other origins, too?

        Raises:
            RecordError: an address that is not safe, or a token that cannot be renewed.
        """
        response = self._send(method, address, headers or {}, content, self._sees(address, token=token, granted=granted))
        try:
            yield response
        finally:
            response.close()

    def _send(self, method: str, address: str, headers: dict[str, str], content: bytes, carry: bool) -> Any:
        for _ in range(_MOST_HOPS):
            response = self._once(method, address, headers, content, carry)
            location = response.headers.get("location", "")
            if method != "GET" or response.status_code not in _REDIRECTS or not location:
                return response
            response.close()
            before, address = address, joined(address, location)
            carry = carry and origin_of(before) == origin_of(address)
        raise RecordError(
            f"The server redirects more than {_MOST_HOPS} times.  Check the base URL, and tell who runs the server."
        )

    def _once(self, method: str, address: str, headers: dict[str, str], content: bytes, carry: bool) -> Any:
        """One request; where the token is refused, one more with another."""
        self.check(address)
        token = self.tokens.bearer() if carry else ""
        response = self._open(method, address, headers, content, token)
        if response.status_code != 401 or not carry:
            return response
        response.close()
        return self._open(method, address, headers, content, self.tokens.renew(token))

    def _open(self, method: str, address: str, headers: dict[str, str], content: bytes, token: str) -> Any:
        more = headers | ({"Authorization": f"Bearer {token}"} if token else {})
        request = self._client.build_request(method, address, headers=more, content=content or None)
        return self._client.send(request, stream=True)

    def _sees(self, address: str, *, token: bool, granted: bool) -> bool:
        origin = origin_of(address)
        return token and (origin == self._origin or (granted and origin in self._allowed))

    def own(self, address: str) -> bool:
        """Does an address lie on the server itself, or where the user allowed?"""
        origin = origin_of(address)
        return origin == self._origin or origin in self._allowed

    def check(self, address: str) -> None:
        """Refuse an address that patients' data must not come over.

        Raises:
            RecordError: it is none, or everybody on the way could read along.
        """
        origin = origin_of(address)
        if origin == NOWHERE or origin.scheme not in ("http", "https"):
            raise RecordError("The server names an address that is none (https:// was expected).  Tell who runs the server.")
        if not origin.private or (origin.scheme == "http" and not self._origin.loopback):
            raise RecordError(
                f"The server names an address at {origin}, which is not encrypted or is this machine: refused.  "
                "Tell who runs the server that its addresses must be https://."
            )


def joined(base: str, address: str) -> str:
    """An address that may be relative, made absolute; nothing of what is none."""
    try:
        return urljoin(base, address)
    except ValueError:
        return ""
