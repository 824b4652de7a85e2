"""`fourthstep fetch` at the prompt: what it prints, and its exit codes."""

import pytest
from typer.testing import CliRunner

from tests.bulk.server import BulkServer

SMALL = {"Patient": b'{"resourceType":"Patient","id":"canary"}\n', "Condition": b'{"resourceType":"Condition","id":"2"}\n'}
ERROR = {"severity": "error", "code": "processing", "diagnostics": "Jane Canary"}


@pytest.fixture
def fetch(tmp_path):
    pytest.importorskip("httpx", reason="the extra `remote` is not installed")
    from fourthstep.cli.app import app

    def call(*arguments, token="", out=None):
        return CliRunner().invoke(app, ["fetch", *arguments, "-o", str(out or tmp_path / "export")],
                                  env={"FOURTHSTEP_TOKEN": token, "FOURTHSTEP_CLIENT_ID": ""})  # fmt: skip

    return call


def test_a_complete_export_ends_with_0(fetch, tmp_path):
    with BulkServer(SMALL, token="secret-1") as server:
        done = fetch(server.base, "--group", "7", "--type", "Patient", "--type", "Condition", token="secret-1")
    assert done.exit_code == 0
    assert done.stdout == f"2 resources in 2 files, as of 2026-03-01T00:00:00Z: written to {tmp_path / 'export'}\n"
    assert "Patient.000.ndjson.gz: 1 resources" in done.stderr
    assert "secret-1" not in done.output
    assert "canary" not in done.output.lower()


@pytest.mark.parametrize(("more", "code"), [((), 1), (("--allow-broken",), 0)])
def test_errors_of_the_server_end_with_1_unless_allowed(fetch, more, code):
    with BulkServer(SMALL, outcomes=(ERROR,)) as server:
        done = fetch(server.base, *more)
    assert done.exit_code == code
    assert "the server reports error/processing: 1 (OperationOutcome files in the folder)" in done.stderr
    assert "INCOMPLETE: the server reports errors (OperationOutcome)." in done.stderr
    assert "Canary" not in done.output


@pytest.mark.parametrize(("more", "code", "where"), [((), 1, "export.part"), (("--allow-broken",), 0, "export")])
def test_missing_files_end_with_1_unless_allowed(fetch, tmp_path, more, code, where):
    with BulkServer(SMALL) as server:
        server.behaviour.faults["Patient"] += [400]
        done = fetch(server.base, *more)
    assert done.exit_code == code
    assert "Patient.000: not fetched: HTTP 400" in done.stderr
    assert "INCOMPLETE: 1 file did not come" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == [where]


WRONG = [
    (["http://ehr.example/fhir"], "http:// is refused"),
    (["nonsense"], "expected the base URL"),
    (["https://ehr.example/fhir", "--since", "yesterday"], "--since: expected an instant"),
    (["https://ehr.example/fhir", "--since", "2026-03-01"], "--since: expected an instant"),
    (["https://ehr.example/fhir", "--type", "Patient,Condition"], "--type: expected the name"),
    (["https://ehr.example/fhir", "--type-filter", "status=active"], "--type-filter: expected Type.search"),
    (["https://ehr.example/fhir", "--type-filter", "Account?x=1"], "not among the types"),
    (["https://ehr.example/fhir", "--client-id", "x"], "belong together"),
    (["https://ehr.example/fhir", "--allow-origin", "http://files.example"], "--allow-origin: expected"),
    (["https://ehr.example/fhir", "--abort"], "no unfinished export"),
    (["https://ehr.example/fhir", "--group", "7", "--level", "system"], "--group and --level"),
]


@pytest.mark.parametrize(("arguments", "says"), WRONG)
def test_a_wrong_call_is_said_before_anything_is_asked(fetch, tmp_path, arguments, says):
    import re

    from fourthstep.ground.errors import FourthstepError

    done = fetch(*arguments)
    assert type(done.exception) is FourthstepError
    assert re.search(says, str(done.exception))
    assert list(tmp_path.iterdir()) == []
