"""What the server can do, and how a client proves to it who asks."""

from pathlib import Path

import msgspec

from fourthstep.fetch.request import Request
from fourthstep.fetch.token import BackendServices, Given, Key, Tokens
from fourthstep.fetch.wire import Wire, joined
from fourthstep.ground.errors import FourthstepError, RecordError


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How the user gets in: a token, a key, or neither."""

    token: str = ""
    client: str = ""
    key: Path | None = None
    key_id: str = ""
    token_address: str = ""
    """The token endpoint; default: what the server publishes."""
    scope: str = ""
    origins: tuple[str, ...] = ()
    """Origins beside the server's own that may see the token where the manifest asks for it."""

    def check(self) -> None:
        """Refuse a combination that says two things.

        Raises:
            FourthstepError: with what was expected.
        """
        if bool(self.client) != (self.key is not None):
            raise FourthstepError(
                "--client-id and --key belong together: the id under which the public key is registered, and the private key"
            )
        if self.token and self.client:
            raise FourthstepError("--token and --client-id: give one of them (FOURTHSTEP_TOKEN counts as --token)")


class _Configuration(msgspec.Struct):
    token_endpoint: str = ""
    capabilities: list[str] = []


class _Resource(msgspec.Struct):
    type: str = ""


class _Rest(msgspec.Struct):
    resource: list[_Resource] = []


class _Capability(msgspec.Struct, rename="camel"):
    fhir_version: str = ""
    rest: list[_Rest] = []


def tokens_for(access: Access, request: Request, wire: Wire) -> Tokens:
    """Where the tokens of this run come from.

    Raises:
        FourthstepError: the key cannot be read.
        RecordError: the server publishes no token endpoint.
    """
    if access.key is None:
        return Given(access.token)
    key = Key(access.key, access.key_id)
    found = _configuration(request, wire)
    address = access.token_address or joined(f"{request.base.rstrip('/')}/", found.token_endpoint or "")
    if not access.token_address and not found.token_endpoint:
        raise RecordError(
            "The server publishes no token endpoint (.well-known/smart-configuration).  Name it with --token-url."
        )
    wire.check(address)
    right = "rs" if "permission-v2" in found.capabilities else "read"
    types = (*request.types, *(("Group",) if request.group else ()))
    scope = access.scope or " ".join(f"system/{each}.{right}" for each in types)
    return BackendServices(access.client, key, address, scope, wire.post_form)


def _configuration(request: Request, wire: Wire) -> _Configuration:
    answer = wire.ask_patiently(
        "GET",
        f"{request.base.rstrip('/')}/.well-known/smart-configuration",
        headers={"Accept": "application/json"},
        token=False,
    )
    try:
        return msgspec.json.decode(answer.body, type=_Configuration) if answer.status == 200 else _Configuration()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Configuration()


def supported(request: Request, wire: Wire) -> tuple[tuple[str, ...], list[str]]:
    """The types to ask for, and what is to be said of the others.

    A server that tells nothing of itself is asked for all.

    Raises:
        RecordError: it speaks another FHIR version.
    """
    answer = wire.ask(
        "GET", f"{request.base.rstrip('/')}/metadata", headers={"Accept": "application/fhir+json"}, token=False
    )
    try:
        found = msgspec.json.decode(answer.body, type=_Capability) if answer.status == 200 else _Capability()
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = _Capability()
    if found.fhir_version and not found.fhir_version.startswith("4."):
        raise RecordError(
            "The server speaks another version of FHIR (its CapabilityStatement says so); R4 was expected.  Many servers "
            "have another base URL for R4."
        )
    there = {each.type for rest in found.rest for each in rest.resource}
    kept = tuple(each for each in request.types if each in there)
    if not kept or len(kept) == len(request.types):
        return request.types, []
    left = ", ".join(each for each in request.types if each not in there)
    return kept, [f"The server does not hold: {left}.  Silence about it counts as unknown."]
