"""The access token: given by hand, or fetched by SMART Backend Services and renewed in time.

Source:
    SMART App Launch 2.2, Backend Services and Client Authentication: Asymmetric (private_key_jwt).
"""

import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from fourthstep.ground.errors import FourthstepError, MissingExtraError, RecordError

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFE = 240
"""Seconds that an assertion is good for; the standard allows five minutes."""
_EARLY = 30.0
"""Seconds before its end at which a token is renewed."""
ALGORITHMS = {"RSA": "RS384", "EC": "ES384"}
"""The two that SMART asks of every client."""


Post = Callable[[str, dict[str, str]], tuple[int, bytes]]


class Tokens(Protocol):
    """Where access tokens come from."""

    def bearer(self) -> str:
        """A token that is good now; empty where none is used."""

    def renew(self, refused: str) -> str:
        """Another token in place of one that the server refused.

        Raises:
            RecordError: there is no other.
        """


class Given:
    """A token that the user passed, or none."""

    def __init__(self, token: str = "") -> None:
        self._token = token

    def bearer(self) -> str:
        """The token, as it was given."""
        return self._token

    def renew(self, refused: str) -> str:
        """Nobody can renew it.

        Raises:
            RecordError: always.
        """
        what = "refused the token, or it has expired" if refused else "asks for a token"
        raise RecordError(
            f"The server {what} (HTTP 401).  Give a valid one with --token, or let Fourthstep fetch and renew tokens with "
            "--client-id and --key; then run the same command again: it resumes."
        )


class Key:
    """The private key of a client that is registered with the server."""

    def __init__(self, path: Path, identity: str = "") -> None:
        """Read a JWK, a JWK Set or a PEM file.

        Args:
            path: the file.
            identity: the `kid`; default: what the JWK says.

        Raises:
            FourthstepError: no private RSA or P-384 key in the file.
            MissingExtraError: the library for signatures is not installed.
        """
        try:
            from joserfc import errors, jwk, jwt  # noqa: PLC0415  an extra
        except ImportError:
            raise MissingExtraError("--key needs a library for signatures: pip install 'fourthstep[remote]'") from None
        self._jwt = jwt
        try:
            text = path.read_bytes()
        except OSError as error:
            raise FourthstepError(f"--key: cannot be read: {error.strerror}") from None
        try:
            found = [each for each in _keys(text, jwk) if _signs(each)]
        except (errors.JoseError, ValueError, TypeError, KeyError, AttributeError):
            found = []  # many ways to be no key
        if identity:
            found = [each for each in found if each.kid in (identity, None)]
        if not found:
            raise FourthstepError(
                "--key: expected a JWK, a JWK Set or a PEM file with a private RSA key (RS384) or P-384 key "
                "(ES384), and with the --key-id where one is named"
            )
        self._key = found[0]
        self._algorithm = ALGORITHMS[self._key.key_type]
        self._identity = identity or self._key.kid or ""

    def assertion(self, client: str, audience: str, now: float) -> str:
        """The signed statement of who asks."""
        header = {"alg": self._algorithm, "typ": "JWT"} | ({"kid": self._identity} if self._identity else {})
        claims = {"iss": client, "sub": client, "aud": audience, "jti": str(uuid.uuid4()), "exp": int(now) + _LIFE}
        return str(self._jwt.encode(header, claims, self._key, algorithms=[self._algorithm]))


def _keys(text: bytes, jwk: Any) -> list[Any]:
    if text.lstrip().startswith(b"{"):
        tree = msgspec.json.decode(text)  # its errors are ValueErrors
        return [jwk.import_key(each) for each in tree.get("keys", [tree]) if each.get("kty") in ALGORITHMS]
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415  comes with the extra
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    key = load_pem_private_key(text, password=None)
    kind = {rsa.RSAPrivateKey: "RSA", ec.EllipticCurvePrivateKey: "EC"}
    return [jwk.import_key(text, name) for each, name in kind.items() if isinstance(key, each)]


def _signs(key: Any) -> bool:
    """A private key of one of the two kinds, and not reserved for another algorithm or use."""
    wanted = ALGORITHMS[key.key_type]
    curve = key.key_type != "EC" or key.curve_name == "P-384"
    return bool(key.is_private and curve and key.get("alg", wanted) == wanted and key.get("use", "sig") == "sig")


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float = 300
    scope: str = ""


class BackendServices:
    """Tokens by the client's own key, renewed before their end and when the server refuses one."""

    def __init__(self, client: str, key: Key, address: str, scope: str, post: Post) -> None:
        """Nothing is asked yet.

        Args:
            client: the id that the server knows us by.
            key: our private key.
            address: the token endpoint.
            scope: what to ask for.
            post: sends a form; status and body.
        """
        self._client, self._key, self._address, self._scope = client, key, address, scope
        self._post = post
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0
        self.narrowed: tuple[str, ...] = ()
        """Scopes that were asked for and not granted."""

    def bearer(self) -> str:
        """A token that is good for a while yet."""
        with self._lock:
            if time.time() >= self._until:
                self._ask()
            return self._token

    def renew(self, refused: str) -> str:
        """Another token, unless another thread has already fetched one."""
        with self._lock:
            if self._token == refused:
                self._ask()
            return self._token

    def _ask(self) -> None:
        now = time.time()
        status, body = self._post(
            self._address,
            {
                "grant_type": "client_credentials",
                "scope": self._scope,
                "client_assertion_type": _ASSERTION,
                "client_assertion": self._key.assertion(self._client, self._address, now),
            },
        )
        try:
            granted = msgspec.json.decode(body, type=_Granted, strict=False) if status == 200 else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            granted = None
        if granted is None or not granted.access_token.isascii() or not granted.access_token.isprintable():
            raise RecordError(
                f"The server gave no access token (HTTP {status}{_code(body)}).  Check --client-id, that the public key is "
                "registered there, the clock of this machine, and --scope."
            )
        self._token = granted.access_token
        self._until = now + granted.expires_in - min(_EARLY, granted.expires_in / 4)
        have = set(granted.scope.split())
        self.narrowed = tuple(each for each in self._scope.split() if have and each not in have)


class _Refused(msgspec.Struct):
    error: str = ""


_CODES = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
}


def _code(body: bytes) -> str:
    """The OAuth error code; only the words of the standard are repeated."""
    try:
        found = msgspec.json.decode(body, type=_Refused).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return f", {found}" if found in _CODES else ""
