"""Addresses of servers: where they lie, whether they can be trusted with a secret, and who reads along."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from types import ModuleType
from typing import NamedTuple
from urllib.parse import urlsplit

from fourthstep.ground.errors import MissingExtraError


class Origin(NamedTuple):
    """Scheme, host and port: what a token belongs to."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Is it this machine?"""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def private(self) -> bool:
        """Can nobody read along: TLS, or no network at all?"""
        return self.scheme == "https" or (self.scheme == "http" and self.loopback)


NOWHERE = Origin("", "", 0)
"""Of what is no address."""


def origin_of(address: str) -> Origin:
    """The origin of an absolute address; `NOWHERE` for what is none.

    >>> str(origin_of("https://EHR.example/fhir"))
    'https://ehr.example:443'
    """
    try:
        parts = urlsplit(address)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        return NOWHERE
    return Origin(parts.scheme, parts.hostname, port) if parts.hostname and port else NOWHERE


def http_client(purpose: str) -> ModuleType:
    """The HTTP client, which is an extra.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import httpx  # noqa: PLC0415  an extra: only talking to a server needs it
    except ImportError:
        raise MissingExtraError(f"{purpose} needs an HTTP client: pip install 'fourthstep[remote]'") from None
    return httpx


@contextmanager
def quiet() -> Iterator[None]:
    """The HTTP client logs every URL, and a URL can hold a patient's id or a secret."""
    loggers = [logging.getLogger(name) for name in ("httpx", "httpcore")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(max(each.getEffectiveLevel(), logging.WARNING))
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
