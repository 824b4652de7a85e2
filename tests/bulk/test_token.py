"""Who may see the token, and where tokens come from."""

import json
import threading
import time

import pytest

from fourthstep.fetch.access import Access
from fourthstep.fetch.request import Request
from fourthstep.fetch.token import Given
from fourthstep.fetch.wire import Pace, Wire
from fourthstep.ground.errors import FourthstepError, RecordError
from fourthstep.ground.web import origin_of
from tests.bulk.server import TIME, BulkServer

jose = pytest.importorskip("joserfc", reason="the extra `remote` is not installed")
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey  # noqa: E402

SMALL = {"Patient": b'{"resourceType":"Patient","id":"1"}\n', "Condition": b'{"resourceType":"Condition","id":"2"}\n'}
TOKEN = "token-4711"


def tokens_at(server, start="/files"):
    return {headers.get("authorization", "") for headers in server.asked("GET", start)}


# -- where the token goes ------------------------------------------------------------------------------------


def test_the_servers_own_origin_sees_the_token_and_what_is_public_does_not(run):
    with BulkServer(SMALL, token=TOKEN, polls=1) as server:
        assert run(server).complete
        assert tokens_at(server) == tokens_at(server, "/status") == {f"Bearer {TOKEN}"}
        assert tokens_at(server, "/fhir/metadata") == {""}
    for file in run.out.rglob("*"):
        assert TOKEN.encode() not in file.read_bytes()
    assert TOKEN not in " ".join(run.said)


def test_files_that_need_no_token_get_none(run):
    with BulkServer(SMALL, token=TOKEN, requires_token=False) as server:
        assert run(server).complete
        assert tokens_at(server) == {""}


ELSEWHERE = [
    # the manifest asks for the token there, the user allowed it, fetched, the token seen there
    (False, False, True, {""}),
    (False, True, True, {""}),
    (True, True, True, {f"Bearer {TOKEN}"}),
    (True, False, False, set()),
]


@pytest.mark.parametrize(("asks", "allowed", "fetched", "seen"), ELSEWHERE)
def test_another_origin_sees_the_token_only_where_both_say_so(run, asks, allowed, fetched, seen):
    with (
        BulkServer(SMALL, token=TOKEN if asks else "") as elsewhere,
        BulkServer(SMALL, token=TOKEN, foreign=elsewhere, requires_token=asks) as server,
    ):
        access = Access(token=TOKEN, origins=(elsewhere.root,) if allowed else ())
        if fetched:
            assert run(server, access=access).complete
        else:
            with pytest.raises(RecordError, match=f"asks for the access token at {elsewhere.root}.*--allow-origin"):
                run(server, access=access)
        assert tokens_at(elsewhere) == seen


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("allowed", [True, False])
def test_a_redirect_does_not_carry_the_token_to_another_origin(run, asks, allowed):
    with (
        BulkServer(SMALL) as elsewhere,
        BulkServer(SMALL, token=TOKEN, redirect=f"{elsewhere.root}/files", requires_token=asks) as server,
    ):
        assert run(server, access=Access(token=TOKEN, origins=(elsewhere.root,) if allowed else ())).complete
        assert tokens_at(elsewhere) == {""}
        assert tokens_at(server) == ({f"Bearer {TOKEN}"} if asks else {""})


def test_a_redirect_back_to_the_server_does_not_bring_the_token_back(run):
    with BulkServer(SMALL) as elsewhere, BulkServer(SMALL, token=TOKEN, redirect=f"{elsewhere.root}/files") as server:
        elsewhere.behaviour.redirect = f"{server.root}/open"
        run(server)
        assert tokens_at(server, "/open") == {""}


BAD = [
    # an address from the server, what is said
    ("http://192.0.2.1/files/Patient", "not encrypted"),
    ("http://files.example/Patient", "not encrypted"),
    ("ftp://files.example/Patient", "none"),
    ("file:///etc/passwd", "none"),
    ("https://[::1", "none"),
]


@pytest.mark.parametrize(("address", "says"), BAD)
def test_an_address_that_others_could_read_is_refused(run, address, says):
    with BulkServer(SMALL) as server:
        page = {"transactionTime": TIME, "requiresAccessToken": False, "output": [{"type": "Patient", "url": address}]}
        server.behaviour.manifest = json.dumps(page).encode()
        with pytest.raises(RecordError, match=says):
            run(server)


@pytest.mark.parametrize(("address", "says"), BAD[:4])
def test_a_redirect_to_where_others_could_read_is_refused(run, address, says):
    with BulkServer(SMALL) as server:
        server.behaviour.faults["Patient"] += [(302, {"Location": address}, b"")]
        with pytest.raises(RecordError, match=says):
            run(server)


def test_a_server_on_the_network_cannot_send_us_to_this_machine():
    wire = Wire("https://ehr.example/fhir", frozenset(), Pace())
    wire.check("https://files.example/x")
    with pytest.raises(RecordError, match="is this machine"):
        wire.check("http://127.0.0.1:8080/admin")
    wire.close()


def test_redirects_in_a_circle_end(run):
    with BulkServer(SMALL) as server:
        server.behaviour.redirect = f"{server.root}/files"
        with pytest.raises(RecordError, match="redirects more than"):
            run(server)


def test_a_status_address_on_another_origin_is_not_asked(run):
    with BulkServer(SMALL) as elsewhere, BulkServer(SMALL, token=TOKEN, location=f"{elsewhere.root}/status/job1") as server:
        with pytest.raises(RecordError, match="status address on another origin"):
            run(server)
        assert elsewhere.log == []


def test_a_next_page_on_another_origin_is_not_asked(run):
    with BulkServer(SMALL) as elsewhere, BulkServer(SMALL, token=TOKEN) as server:
        page = {"transactionTime": TIME, "requiresAccessToken": True, "output": []}
        page["link"] = [{"relation": "next", "url": f"{elsewhere.root}/status/job1"}]
        server.behaviour.manifest = json.dumps(page).encode()
        with pytest.raises(RecordError, match="next page lies on another origin"):
            run(server)
        assert elsewhere.log == []


def test_a_next_page_on_an_allowed_origin_is_asked_without_the_token(run):
    with BulkServer(SMALL) as elsewhere, BulkServer(SMALL, token=TOKEN) as server:
        elsewhere.jobs["job9"] = {"polls": 0, "asked": {"_type": []}, "path": "", "method": ""}
        page = {"transactionTime": TIME, "requiresAccessToken": False, "output": []}
        page["link"] = [{"relation": "next", "url": f"{elsewhere.root}/status/job9"}]
        server.behaviour.manifest = json.dumps(page).encode()
        assert run(server, access=Access(token=TOKEN, origins=(elsewhere.root,))).complete
        assert tokens_at(elsewhere, "/status") == tokens_at(elsewhere) == {""}


SEES = [
    # may see it at all, the manifest asks, allowed, there, the token seen
    (True, False, False, "here", True),
    (False, True, True, "here", False),
    (True, False, True, "elsewhere", False),
    (True, True, False, "elsewhere", False),
    (True, True, True, "elsewhere", True),
    (False, True, True, "elsewhere", False),
]


@pytest.mark.parametrize(("token", "granted", "allowed", "where", "seen"), SEES)
def test_every_request_asks_who_may_see_the_token(token, granted, allowed, where, seen):
    with BulkServer(SMALL) as here, BulkServer(SMALL) as elsewhere:
        there = {"here": here, "elsewhere": elsewhere}[where]
        wire = Wire(here.base, frozenset({origin_of(elsewhere.root)} if allowed else ()), Pace())
        wire.tokens = Given(TOKEN)
        with wire.stream("GET", f"{there.root}/files/Patient", token=token, granted=granted):
            pass
        wire.close()
        assert tokens_at(there) == {f"Bearer {TOKEN}" if seen else ""}


def test_pages_in_a_circle_end(run):
    with BulkServer(SMALL) as server:
        page = {"transactionTime": TIME, "requiresAccessToken": True, "output": []}
        page["link"] = [{"relation": "next", "url": "/status/job1"}]
        server.behaviour.manifest = json.dumps(page).encode()
        with pytest.raises(RecordError, match="in a circle"):
            run(server)


BASES = [
    ("https://ehr.example/fhir", ""),
    ("https://ehr.example:8443/fhir/", ""),
    ("http://localhost:8080/fhir", ""),
    ("http://127.0.0.1/fhir", ""),
    ("http://[::1]:8080/fhir", ""),
    ("http://ehr.example/fhir", "http:// is refused"),
    ("http://10.0.0.1/fhir", "http:// is refused"),
    ("http://127.0.0.1.evil.example/fhir", "http:// is refused"),
    ("http://localhost.evil.example/fhir", "http:// is refused"),
    ("ftp://ehr.example/fhir", "expected the base URL"),
    ("ehr.example/fhir", "expected the base URL"),
    ("", "expected the base URL"),
    ("https://", "expected the base URL"),
    ("https://ehr.example:port/fhir", "expected the base URL"),
    ("https://me:secret@ehr.example/fhir", "without a user name"),
    ("https://ehr.example/fhir?x=1", "without a user name"),
]


@pytest.mark.parametrize(("base", "says"), BASES)
def test_the_base_url(base, says):
    if not says:
        Request(base=base).check()
        return
    with pytest.raises(FourthstepError, match=says) as caught:
        Request(base=base).check()
    assert "secret" not in str(caught.value)


# -- where tokens come from ----------------------------------------------------------------------------------


def key_file(path, keys, form="jwks"):
    if form == "jwk":
        path.write_text(json.dumps(keys[0].as_dict(private=True)))
    elif form == "jwks":
        path.write_text(json.dumps({"keys": [each.as_dict(private=True) for each in keys]}))
    else:
        path.write_bytes(keys[0].as_pem(private=True))
    return path


RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"}, private=True)
P384 = ECKey.generate_key("P-384", {"kid": "ec-1"}, private=True)
P256 = ECKey.generate_key("P-256", {"kid": "ec-2"}, private=True)
PUBLIC = KeySet([RSA, P384])
GOOD = [
    ("RS384", [RSA], "jwk", ""),
    ("ES384", [P384], "jwk", ""),
    ("RS384", [RSA, P384], "jwks", ""),
    ("ES384", [RSA, P384], "jwks", "ec-1"),
    ("ES384", [P256, P384], "jwks", ""),
    ("RS384", [RSA], "pem", "rsa-1"),
    ("ES384", [P384], "pem", "ec-1"),
]


@pytest.mark.parametrize(("algorithm", "keys", "form", "key_id"), GOOD)
def test_a_token_by_backend_services(run, tmp_path, algorithm, keys, form, key_id):
    from base64 import urlsafe_b64decode

    key = key_file(tmp_path / "key", keys, form)
    with BulkServer(SMALL, keys=PUBLIC) as server:
        assert run(server, access=Access(client="fourthstep-tests", key=key, key_id=key_id)).complete
        assert tokens_at(server) == tokens_at(server, "/status") == {"Bearer token-1"}
        head = server.forms[0]["client_assertion"].partition(".")[0]
        assert json.loads(urlsafe_b64decode(head + "=="))["alg"] == algorithm
        assert server.forms[0]["scope"].split()[:2] == ["system/Patient.rs", "system/Condition.rs"]


NO_KEY = {
    "empty": (b"", ""),
    "cut": (b"{", ""),
    "text": (b"not a key", ""),
    "no keys": (b'{"keys": []}', ""),
    "a list": (b"[1]", ""),
    "public only": (json.dumps(RSA.as_dict(private=False)).encode(), ""),
    "another curve": (json.dumps(P256.as_dict(private=True)).encode(), ""),
    "symmetric": (json.dumps(OctKey.generate_key(256).as_dict(private=True)).encode(), ""),
    "for another algorithm": (json.dumps(RSA.as_dict(private=True) | {"alg": "RS256"}).encode(), ""),
    "for encryption": (json.dumps(RSA.as_dict(private=True) | {"use": "enc"}).encode(), ""),
    "another id": (json.dumps(RSA.as_dict(private=True)).encode(), "another"),
}


@pytest.mark.parametrize(("content", "key_id"), NO_KEY.values(), ids=NO_KEY)
def test_a_file_without_a_usable_key_is_refused(run, tmp_path, content, key_id):
    key = tmp_path / "key"
    key.write_bytes(content)
    with BulkServer(SMALL, keys=PUBLIC) as server, pytest.raises(FourthstepError, match="--key: expected a JWK"):
        run(server, access=Access(client="fourthstep-tests", key=key, key_id=key_id))


def test_a_key_file_that_is_not_there_is_said(run, tmp_path):
    with (
        BulkServer(SMALL, keys=PUBLIC) as server,
        pytest.raises(FourthstepError, match="--key: cannot be read: No such file"),
    ):
        run(server, access=Access(client="x", key=tmp_path / "none"))


@pytest.fixture
def services(tmp_path):
    return Access(client="fourthstep-tests", key=key_file(tmp_path / "key", [P384], "jwk"))


def test_a_token_is_renewed_before_it_ends(run, services, monkeypatch):
    real, passed = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + passed[0])
    run.waits = type("Clock", (list,), {"append": lambda _, seconds: passed.__setitem__(0, passed[0] + seconds)})()
    with BulkServer(SMALL, keys=PUBLIC, polls=6, retry_after="100") as server:
        assert run(server, access=services).complete
        assert len(server.forms) == 3
        assert server.refused == 0


def test_a_token_that_is_refused_is_renewed_once(run, services):
    with BulkServer(SMALL, keys=PUBLIC, polls=2, retry_after="1") as server:
        server.on = lambda what: server.tokens.clear() if what == "status" else None
        assert run(server, access=services).complete
        assert server.refused >= 3, "after each status, twice where two files were asked for at once"
        assert len(server.forms) == 4


def test_a_token_that_is_refused_again_stops(run, services):
    with BulkServer(SMALL, keys=PUBLIC, token_life=-1) as server:
        with pytest.raises(RecordError, match="did not begin the export .HTTP 401"):
            run(server, access=services)
        assert len(server.forms) == 2


@pytest.mark.parametrize("token", ["", "expired"])
def test_a_given_token_cannot_be_renewed(run, token):
    says = "refused the token, or it has expired" if token else "asks for a token"
    with BulkServer(SMALL, token=TOKEN) as server, pytest.raises(RecordError, match=says):
        run(server, access=Access(token=token))


@pytest.mark.parametrize("faults", [[503], [429], ["hang up"], [500, 503]])
def test_the_token_endpoint_is_tried_again(run, services, faults):
    with BulkServer(SMALL, keys=PUBLIC) as server:
        server.behaviour.faults["token"] += faults
        assert run(server, access=services).complete
    assert len(run.waits) == len(faults)


NO_TOKEN = [
    ((400, {}, b'{"error": "invalid_client", "error_description": "Jane Canary"}'), r"\(HTTP 400, invalid_client\)"),
    ((400, {}, b'{"error": "Jane Canary"}'), r"\(HTTP 400\)"),
    ((200, {}, b'{"token_type": "bearer"}'), r"\(HTTP 200\)"),
    ((200, {}, b"<html>"), r"\(HTTP 200\)"),
    ((200, {}, b'{"access_token": "a\\r\\nb"}'), r"\(HTTP 200\)"),
]


@pytest.mark.parametrize(("answer", "says"), NO_TOKEN)
def test_no_token_is_said_in_the_words_of_the_standard(run, services, answer, says):
    with BulkServer(SMALL, keys=PUBLIC) as server:
        server.behaviour.faults["token"] += [answer]
        with pytest.raises(RecordError, match=says) as caught:
            run(server, access=services)
    assert "Canary" not in str(caught.value)


def test_a_narrower_grant_is_said(run, services):
    with BulkServer(SMALL, keys=PUBLIC) as server:
        server.behaviour.grants = "system/Patient.rs"
        made = run(server, access=services, types=("Patient", "Condition"))
    assert made.notices == ["The server did not grant system/Condition.rs."]


@pytest.mark.parametrize("address", ["http://192.0.2.1/token", "http://auth.example/token"])
def test_the_signed_statement_goes_nowhere_unencrypted(run, services, address):
    import msgspec

    with BulkServer(SMALL, keys=PUBLIC) as server, pytest.raises(RecordError, match="not encrypted"):
        run(server, access=msgspec.structs.replace(services, token_address=address))


@pytest.mark.parametrize(
    ("access", "says"),
    [
        (Access(client="x"), "belong together"),
        (Access(key="x"), "belong together"),
        (Access(client="x", key="x", token="t"), "give one of them"),
    ],
)
def test_half_an_access_is_refused(run, access, says):
    with BulkServer(SMALL) as server, pytest.raises(FourthstepError, match=says):
        run(server, access=access)


@pytest.mark.parametrize("origin", ["files.example", "http://files.example", "", "ftp://files.example"])
def test_an_origin_that_cannot_be_allowed(run, origin):
    with BulkServer(SMALL) as server, pytest.raises(FourthstepError, match="--allow-origin: expected https://"):
        run(server, access=Access(origins=(origin,)))


def test_many_threads_renew_a_token_once(tmp_path):
    from fourthstep.fetch.token import BackendServices, Key

    asked = []

    def post(address, form):
        asked.append(form["client_assertion"])
        time.sleep(0.02)
        return 200, json.dumps({"access_token": f"t{len(asked)}", "expires_in": 300}).encode()

    tokens = BackendServices("x", Key(key_file(tmp_path / "key", [P384], "jwk")), "https://auth.example/token", "", post)
    first = tokens.bearer()
    threads = [threading.Thread(target=tokens.renew, args=(first,)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (first, tokens.bearer(), len(set(asked))) == ("t1", "t2", 2)


def test_an_origin_is_scheme_host_and_port():
    assert origin_of("https://A.example/x") == origin_of("https://a.example:443")
    assert len({origin_of(f"{scheme}://a.example:{port}") for scheme in ("http", "https") for port in (1, 2)}) == 4
