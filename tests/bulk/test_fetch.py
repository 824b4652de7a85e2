"""A Bulk Data export from a server into a folder: STU1 to STU4, patience, faults, and that nothing half is taken for whole."""

import gzip
import json
import stat
from email.utils import formatdate

import pytest

from fourthstep import as_of
from fourthstep.fetch.access import Access
from fourthstep.fetch.request import Request
from fourthstep.fetch.run import abort
from fourthstep.ground.errors import FourthstepError, RecordError
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.screen.run import screen
from tests.bulk.server import HOSPITAL, TIME, BulkServer, hospital

SMALL = {"Patient": b'{"resourceType":"Patient","id":"1"}\n', "Condition": b'{"resourceType":"Condition","id":"2"}\n'}
NOTE = {"severity": "information", "code": "informational", "diagnostics": "Jane Canary"}
ERROR = {"severity": "error", "code": "processing", "diagnostics": "Jane Canary"}


def text(run, name):
    return gzip.decompress((run.out / f"{name}.ndjson.gz").read_bytes())


# -- the four versions of the standard -----------------------------------------------------------------------


@pytest.mark.parametrize(("stu", "methods"), [(1, ["POST", "GET"]), (2, ["POST"]), (3, ["POST"]), (4, ["POST"])])
@pytest.mark.parametrize("pages", [1, 3])
def test_every_version_gives_the_same_files(run, stu, methods, pages):
    with BulkServer(stu=stu, pages=pages, polls=2, deleted=True, outcomes=(NOTE,)) as server:
        made = run(server, group="7", types=("Patient", "Condition", "Observation"))
        assert [verb for verb, path, _ in server.log if "$export" in path] == methods
        assert server.jobs == {}, "the job is deleted"
    whole = hospital()
    assert text(run, "Observation.000") == whole["Observation.000"]
    assert text(run, "Observation.001") == whole["Observation.001"]
    assert text(run, "Patient.000") == whole["Patient"]
    manifests = ["manifest.json", *(f"manifest.{number:03d}.json" for number in range(1, pages))]
    assert run.names() == sorted(
        ["Condition.000.ndjson.gz", "Observation.000.ndjson.gz", "Observation.001.ndjson.gz", "OperationOutcome.000.ndjson.gz",
         "Patient.000.ndjson.gz", "fetch.json", *manifests]
        + (["deleted/Bundle.000.ndjson.gz"] if stu >= 2 else [])
    )  # fmt: skip
    assert (made.complete, made.transaction_time, made.issues) == (True, TIME, {"information/informational": 1})
    assert not run.part.exists()


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"group": "G 7"}, "/fhir/Group/G%207/$export"),
        ({"group": "Group/7"}, "/fhir/Group/7/$export"),
        ({}, "/fhir/Patient/$export"),
        ({"level": "system"}, "/fhir/$export"),
    ],
)
@pytest.mark.parametrize("stu", [1, 4])
def test_what_is_asked_arrives(run, asked, path, stu):
    with BulkServer(SMALL, stu=stu) as server:
        run(server, types=("Patient", "Condition"), since="2026-01-01T00:00:00+01:00",
            filters=("Condition?category=a,b", "Condition?code=c"), **asked)  # fmt: skip
        wanted = {"_type": ["Patient", "Condition"], "_since": ["2026-01-01T00:00:00+01:00"],
                  "_typeFilter": ["Condition?category=a,b", "Condition?code=c"]}  # fmt: skip
        verb, _, headers = next(entry for entry in reversed(server.log) if "$export" in entry[1])
        assert verb == ("GET" if stu == 1 else "POST")
        assert (headers["prefer"], headers["accept"]) == ("respond-async", "application/fhir+json")
        assert server.log[-1][0] == "DELETE"
    assert json.loads((run.out / "fetch.json").read_bytes())["operation"] == path.removeprefix("/fhir/")
    assert server.last_asked == wanted


def test_types_that_the_server_does_not_hold_are_not_asked_for_and_said(run):
    with BulkServer(SMALL) as server:
        made = run(server, types=("Patient", "Condition", "Procedure"))
        assert server.last_asked["_type"] == ["Patient", "Condition"]
    assert made.notices == ["The server does not hold: Procedure.  Silence about it counts as unknown."]
    assert made.complete


def test_a_server_that_tells_nothing_of_itself_is_asked_for_all(run):
    with BulkServer(SMALL, no_metadata=True) as server:
        run(server, types=("Patient", "Condition", "Procedure"))
        assert server.last_asked["_type"] == ["Patient", "Condition", "Procedure"]


def test_another_version_of_fhir_is_refused_before_the_export(run):
    with BulkServer(SMALL, version="3.0.2") as server:
        with pytest.raises(RecordError, match="another version of FHIR"):
            run(server)
        assert server.jobs == {}


def test_screening_the_folder_gives_what_screening_the_original_gives(run, tmp_path):
    with BulkServer() as server:
        run(server)
    tables = []
    for number, folder in enumerate((run.out, HOSPITAL)):
        out = tmp_path / f"out{number}"
        assert screen(folder, out, as_of=as_of("2026-03-01"), policy=DEFAULT).complete
        tables.append((out / "worklist.csv").read_bytes())
    assert tables[0] == tables[1]


@pytest.mark.parametrize("compress", [True, False])
def test_files_are_kept_as_they_come(run, compress):
    with BulkServer(SMALL, compress=compress) as server:
        made = run(server)
    ending = ".ndjson.gz" if compress else ".ndjson"
    assert [each.name for each in made.files] == [f"Condition.000{ending}", f"Patient.000{ending}"]


def test_the_folder_is_for_nobody_else_to_read(run):
    with BulkServer(SMALL) as server:
        run(server)
    assert stat.S_IMODE(run.out.stat().st_mode) == 0o700


# -- patience ------------------------------------------------------------------------------------------------


def test_retry_after_is_obeyed_in_seconds(run):
    with BulkServer(SMALL, polls=3, retry_after="7") as server:
        run(server)
    assert run.waits == [7, 7, 7]


@pytest.mark.parametrize(("asked", "waited"), [("0", 0.2), ("999999999999", 86400), ("86401", 86400), ("86400", 86400)])
def test_retry_after_has_bounds(run, asked, waited):
    with BulkServer(SMALL, polls=1, retry_after=asked) as server:
        run(server)
    assert run.waits == [waited]


@pytest.mark.parametrize("asked", ["soon", "-5", "1.5", ""])
def test_a_retry_after_that_says_nothing_is_as_none(run, asked):
    with BulkServer(SMALL, polls=1, retry_after=asked) as server:
        run(server)
    assert 1.5 <= run.waits[0] <= 2.5


def test_retry_after_is_obeyed_as_a_date(run):
    import time

    with BulkServer(SMALL, polls=1, retry_after=formatdate(time.time() + 90, usegmt=True)) as server:
        run(server)
    assert 80 < run.waits[0] < 92


def test_without_retry_after_the_waits_grow(run):
    with BulkServer(SMALL, polls=5) as server:
        run(server)
    assert all(0.75 * 2**each <= wait <= 1.25 * 2**each for each, wait in enumerate(run.waits, start=1))
    assert len(run.waits) == 5


@pytest.mark.parametrize(
    ("progress", "told"),
    [("34% complete", ": 34 %"), ("working on Jane Canary", ""), ("", ""), ("99.5 % of Jane Canary", ": 99.5 %")],
)
def test_of_the_progress_only_the_percentage_is_repeated(run, progress, told):
    with BulkServer(SMALL, polls=1, progress=progress) as server:
        run(server)
    assert "the server has begun the export" in run.said
    assert [each for each in run.said if "prepares" in each] == ([f"the server prepares the export{told}"] if told else [])


def test_a_status_apart_from_the_requests_is_understood(run):
    with BulkServer(SMALL, polls=2, separate_status=True) as server:
        assert run(server).complete
    assert len(run.waits) == 2


TRANSIENT = json.dumps({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "throttled"}]}).encode()
FATAL = json.dumps({"resourceType": "OperationOutcome", "issue": [{"severity": "fatal", "code": "exception2"}]}).encode()
PASSING = [
    # what, faults, waits
    ("kick-off", [429], 1),
    ("kick-off", [(429, {"Retry-After": "3"}, b"")], 1),
    ("kick-off", [503, 503], 2),
    ("kick-off", ["hang up"], 1),
    ("status", [429, 429], 2),
    ("status", [503], 1),
    ("status", [500], 1),
    ("status", [(500, {}, TRANSIENT)], 1),
    ("status", ["hang up"], 1),
    ("Patient", [500, 429], 2),
    ("Patient", ["cut"], 1),
    ("Patient", ["cut quietly"], 1),
    ("Patient", ["hang up", 503], 2),
    ("Patient", [(200, {}, b"<html>log in</html>")], 1),
    ("Patient", [(200, {}, b'{"resourceType":"Pat')], 1),
    ("Patient", [(200, {}, b"")], 1),
]


@pytest.mark.parametrize(("what", "faults", "waits"), PASSING)
def test_what_passes_is_waited_for(run, what, faults, waits):
    with BulkServer(SMALL) as server:
        server.behaviour.faults[what] += faults
        made = run(server)
    assert made.complete
    assert len(run.waits) == waits
    assert text(run, "Patient.000") == SMALL["Patient"]


LASTING = [
    # what, faults, what is said, is the job still there?
    ("kick-off", [400, 400], "did not begin the export", False),
    ("kick-off", [403], "did not begin the export", False),
    ("kick-off", [429] * 4, "did not begin the export", False),
    ("kick-off", [(200, {}, b"{}")], "does not support", False),
    ("kick-off", [(202, {}, b"")], "does not support", False),
    ("status", [(500, {}, FATAL)], r"failed on the server \(HTTP 500, fatal unknown\)", False),
    ("status", [400], "failed on the server", False),
    ("status", [429] * 4, "too busy", True),
    ("status", ["hang up"] * 4, "cannot be reached", True),
    ("status", [404], "does not know this export", True),
    ("status", [(200, {}, b"{}")], "manifest cannot be read: Object missing required field `output`", True),
    (
        "status",
        [(200, {}, b'{"output": [{"type": "Patient"}]}')],
        r"missing required field `url` - at `\$.output\[0\]`",
        True,
    ),
    ("status", [(200, {}, b"<html>Jane Canary")], "not valid JSON", True),
]


@pytest.mark.parametrize(("what", "faults", "says", "kept"), LASTING)
def test_what_does_not_pass_is_said_and_can_be_resumed(run, what, faults, says, kept):
    with BulkServer(SMALL) as server:
        server.behaviour.faults[what] += faults
        with pytest.raises(RecordError, match=says) as caught:
            run(server)
        assert "Canary" not in str(caught.value)
        assert bool(server.jobs) is kept
        assert not run.out.exists()
        before = len(server.jobs)
        assert run(server).complete, "the same command succeeds once the server does"
        assert len(server.asked("POST", "/fhir")) == (1 if before else 2) + (what == "kick-off" and len(faults) == 4) * 3


def test_the_servers_own_words_are_kept_in_a_file_and_not_told(run):
    with BulkServer(SMALL) as server, pytest.raises(RecordError, match="not-found.*refusal.json") as caught:
        run(server, group="8")
    assert "Canary" not in str(caught.value)
    assert b"Canary" in (run.part / "refusal.json").read_bytes()


# -- files that do not come ----------------------------------------------------------------------------------

LOST = [
    # faults of one file, why
    ([500] * 4, "HTTP 500"),
    ([501] * 4, "HTTP 501"),
    ([400], "HTTP 400"),
    (["cut"] * 4, "the connection broke (RemoteProtocolError)"),
    (["cut quietly"] * 4, "damaged or truncated"),
    ([(200, {}, b'{"id":1}\n{"id":2}\n')] * 4, "2 resources, and the manifest says 1"),
    ([(200, {}, b"<html>")] * 4, "not NDJSON"),
    ([(200, {"Content-Encoding": "br"}, b"?")], "compressed in a way that was not asked for"),
]


@pytest.mark.parametrize(("faults", "why"), LOST)
def test_a_file_that_does_not_come_keeps_the_folder_from_its_name(run, faults, why):
    with BulkServer(SMALL) as server:
        server.behaviour.faults["Patient"] += faults
        made = run(server)
        assert (made.complete, [(each.name, each.why) for each in made.missing]) == (False, [("Patient.000", why)])
        assert not run.out.exists()
        assert server.jobs, "the job stays, so that the rest can be fetched"
        server.behaviour.faults["Patient"].clear()
        fetched = server.fetched
        assert run(server).complete
        assert server.fetched == fetched + 1, "what was there is not fetched again"
    assert text(run, "Patient.000") == SMALL["Patient"]


def test_a_folder_that_is_taken_although_files_are_missing_says_so_wherever_it_is_read(run, tmp_path):
    with BulkServer() as server:
        server.behaviour.faults["Procedure"] += [500] * 4
        made = run(server, allow_broken=True)
        assert server.jobs == {}
    assert (made.complete, made.why_incomplete) == (False, ["1 file did not come"])
    summary = screen(run.out, tmp_path / "out", as_of=as_of("2026-03-01"), policy=DEFAULT)
    assert summary.why_incomplete[:2] == ["listed-file-is-missing", "the source reports errors (OperationOutcome)"]


@pytest.mark.parametrize("stu", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("issue", "complete"), [(NOTE, True), (ERROR, False), ({"severity": "warning", "code": "value"}, True)]
)
def test_errors_of_the_manifest_are_kept_said_and_read_by_the_screening(run, tmp_path, stu, issue, complete):
    with BulkServer(stu=stu, outcomes=(issue,)) as server:
        made = run(server)
    assert made.complete is complete
    assert made.issues == {f"{issue['severity']}/{issue['code']}": 1}
    assert "Canary" not in " ".join(run.said) + (run.out / "fetch.json").read_text()
    assert screen(run.out, tmp_path / "out", as_of=as_of("2026-03-01"), policy=DEFAULT).complete is complete


def test_without_counts_a_file_that_ends_within_a_line_is_noticed(run):
    with BulkServer(SMALL, counts=False, compress=False) as server:
        server.behaviour.faults["Patient"] += ["cut quietly"]
        assert run(server).complete
    assert (run.out / "Patient.000.ndjson").read_bytes() == SMALL["Patient"]


def test_empty_lines_and_crlf_do_not_count(run):
    lines = b'\xef\xbb\xbf{"resourceType":"Patient","id":"1"}\r\n\r\n{"resourceType":"Patient","id":"2"}\r\n'
    manifest = {
        "transactionTime": TIME,
        "requiresAccessToken": False,
        "output": [{"type": "Patient", "url": "", "count": "2"}],
    }
    with BulkServer({"Patient": lines}) as server:
        manifest["output"][0]["url"] = f"{server.root}/files/Patient"
        server.behaviour.manifest = json.dumps(manifest).encode()
        assert run(server).files[0].lines == 2


def test_addresses_that_are_not_absolute_belong_to_the_server(run):
    with BulkServer(SMALL, token="t") as server:
        page = {
            "transactionTime": TIME,
            "requiresAccessToken": True,
            "output": [{"type": "Patient", "url": "/files/Patient"}],
        }
        server.behaviour.manifest = json.dumps(page).encode()
        assert run(server).complete


def test_names_from_the_manifest_do_not_leave_the_folder(run):
    with BulkServer(SMALL) as server:
        entries = [
            {"type": each, "url": f"{server.root}/files/Patient"} for each in ("../../evil", "patient", "Patient", None)
        ]
        server.behaviour.manifest = json.dumps(
            {"transactionTime": TIME, "requiresAccessToken": False, "output": entries}
        ).encode()
        run(server)
    assert [each for each in run.names() if "ndjson" in each] == [
        "Patient.001.ndjson.gz", "patient.000.ndjson.gz", "resources.000.ndjson.gz", "resources.001.ndjson.gz"
    ]  # fmt: skip
    assert [each.name for each in run.out.parent.iterdir()] == ["export"]


# -- resuming and giving up ----------------------------------------------------------------------------------


def test_expired_addresses_are_renewed_by_the_manifest(run):
    with BulkServer(expires_after=4) as server:
        made = run(server)
        assert made.complete
        assert server.fetched == len(server.files), "nothing is fetched twice"
    assert "addresses of files have expired: asking for the manifest again" in run.said


def test_a_manifest_that_names_other_files_after_all_is_refused(run):
    with BulkServer(expires_after=1) as server:
        server.on = lambda what: server.files.pop("Patient", None) if what == "status" and server.fetched else None
        with pytest.raises(RecordError, match="manifest has changed"):
            run(server)


def test_an_unfinished_export_with_other_options_is_not_mixed_in(run):
    with BulkServer(SMALL) as server:
        server.behaviour.faults["Patient"] += [400]
        run(server)
        with pytest.raises(FourthstepError, match="other options"):
            run(server, group="7")


def test_a_folder_that_is_there_is_never_written_into(run):
    run.out.mkdir()
    (run.out / "own.txt").write_text("mine")
    with BulkServer(SMALL) as server:
        with pytest.raises(FourthstepError, match="folder of its own"):
            run(server)
        assert server.log == []
    (run.out / "own.txt").rename(run.out.parent / "own.txt")
    run.part.mkdir()
    (run.part / "own.txt").write_text("mine")
    with BulkServer(SMALL) as server, pytest.raises(FourthstepError, match="holds something else"):
        run(server)


def test_an_empty_folder_is_taken(run):
    run.out.mkdir()
    with BulkServer(SMALL) as server:
        assert run(server).complete


def test_abort_deletes_the_job_and_what_was_fetched(run):
    with BulkServer(SMALL) as server:
        server.behaviour.faults["Patient"] += [400]
        run(server)
        assert server.jobs
        assert abort(Request(base=server.base), run.out, access=Access(), pace=run.pace()) == ""
        assert server.jobs == {}
        assert not run.part.exists()
        with pytest.raises(FourthstepError, match="no unfinished export"):
            abort(Request(base=server.base), run.out, access=Access(), pace=run.pace())


def test_a_full_disk_is_said_with_what_to_do(run, monkeypatch):
    import errno
    from pathlib import Path

    opened = Path.open

    def full(self, mode="r", *more, **options):
        if self.name == "Patient.000.part" and mode == "wb":
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(self, mode, *more, **options)

    with BulkServer(SMALL) as server:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", full)
            with pytest.raises(RecordError, match="No space left on device.*resumes"):
                run(server)
        assert run(server).complete
