"""On a Spark cluster a screening gives the bytes of the local engine, whatever the export; the cluster is a real one."""

import gzip
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fourthstep import as_of
from fourthstep.cli.app import app
from fourthstep.ground.errors import FourthstepError, MissingExtraError, RecordError
from fourthstep.knowledge.load import load_knowledge
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.screen.numbers import Calling
from fourthstep.screen.run import screen
from fourthstep.screen.spread import Spreading

ROOT = Path(__file__).resolve().parents[2]
HOSPITAL = ROOT / "examples" / "hospital"
DATA = ROOT.parent / "shared" / "data"
DAY = as_of("2026-03-01")
JAVA = Path(os.environ["JAVA_HOME"], "bin", "java").is_file() if os.environ.get("JAVA_HOME") else shutil.which("java")


def on_spark(test):
    """A test that needs the extra and Java."""
    missing = importlib.util.find_spec("pyspark") is None
    test = pytest.mark.skipif(missing, reason="pyspark is not in this environment: make spark")(test)
    test = pytest.mark.skipif(not JAVA, reason="no Java: apt-get install openjdk-17-jre-headless, then make spark")(test)
    return pytest.mark.spark(test)


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory):
    """The address of a master with two workers; both end with the tests."""
    spec = importlib.util.spec_from_file_location("spark_cluster", ROOT / "tools" / "spark_cluster.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    folder = tmp_path_factory.mktemp("cluster")
    java = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # starts sooner, and runs no longer than a test
    with pytest.MonkeyPatch.context() as patch, tool.cluster(folder, java=java) as address:
        for name, value in tool.settings(folder, java).items():
            patch.setenv(name, value)
        yield address


@pytest.fixture(scope="module")
def session(master: str):
    from fourthstep.screen.on_spark import open_session

    spark = open_session(master)
    yield spark
    spark.stop()


def written(out: Path) -> dict[str, bytes]:
    """Every file of a result."""
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def unpacked(to: Path) -> Path:
    """The example export as plain files, to be changed."""
    to.mkdir()
    for path in HOSPITAL.glob("*.gz"):
        (to / path.name.removesuffix(".gz")).write_bytes(gzip.decompress(path.read_bytes()))
    return to


def messy(to: Path) -> Path:
    """The example with all that can be wrong with an export, or that is only strange."""
    export = unpacked(to)
    bundle = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "id": "in-a-bundle"}}]}
    (export / "more.json").write_text(json.dumps(bundle), encoding="utf-8")
    manifest = {"request": "Patient/$export", "output": [{"type": "Condition", "url": "https://x/Condition.7.ndjson"}]}
    (export / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (export / "readme.txt").write_text("no FHIR", encoding="utf-8")
    (export / "Empty.ndjson").write_text("", encoding="utf-8")
    (export / "Mixed.ndjson").write_bytes(b"\r\n".join([
        b'\xef\xbb\xbf{"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/only-here"}}',
        b'{"resourceType": "Observation", "id": "cut", "subject": {"reference": "Patient/example-hospital-a"}, "val',
        b'{"resourceType": "Condition", "id": ',
        b"\xff\xfe not even text",
        b'{"resourceType": "MedicationOrder", "id": "old"}',
        b'{"resourceType": "Claim", "patient": {"reference": "Patient/example-hospital-b"}}',
        b'{"resourceType": "Procedure", "id": "nobody", "status": "completed"}',
        b'{"resourceType": "Medication", "id": "shared", "code": {"text": "morphine"}}',
        b'{"exportId": "log"}']))  # fmt: skip
    whole = gzip.compress((export / "Observation.000.ndjson").read_bytes())
    (export / "Observation.001.ndjson.gz").write_bytes(whole[:-40])
    return export


# -- the calls that need no cluster --------------------------------------------------------------------------

CALLS = [
    (["--engine", "spark", "--workers", "2"], 2, "docs/spark.md"),
    (["--master", "spark://host:7077"], 2, "--engine spark"),
    (["--engine", "other"], 2, "'--engine'"),
]


@pytest.mark.parametrize(("more", "code", "says"), CALLS)
def test_a_call_that_cannot_be_meant_is_refused(more: list[str], code: int, says: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["screen", str(HOSPITAL), "-o", str(tmp_path / "out"), *more])
    assert done.exit_code == code
    assert says in done.output
    assert not (tmp_path / "out").exists()


def test_without_the_extra_the_message_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.delitem(sys.modules, "fourthstep.screen.on_spark", raising=False)
    done = CliRunner().invoke(app, ["screen", str(HOSPITAL), "-o", str(tmp_path / "out"), "--engine", "spark"])
    assert isinstance(done.exception, MissingExtraError)
    assert "pip install 'fourthstep[spark]'" in str(done.exception)


JAVAS = [("", "No Java was found (PATH)"), ('echo \'openjdk version "11.0.2"\' >&2', "Java 11 was found"),
         ('echo \'java version "1.8.0_402"\' >&2', "Java 8 was found"), ("exit 1", "No Java was found (PATH)")]  # fmt: skip


@on_spark
@pytest.mark.parametrize(("says", "why"), JAVAS)
def test_without_java_the_message_names_it(says: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fourthstep.screen.on_spark import screen_on_spark

    if says:
        (tmp_path / "java").write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
        (tmp_path / "java").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(MissingExtraError, match="openjdk-17-jre-headless") as error:
        screen_on_spark(HOSPITAL, tmp_path / "out", as_of=DAY, policy=DEFAULT)
    assert str(error.value).startswith(why)


@on_spark
@pytest.mark.parametrize("most", [1, 500, 1 << 30])
def test_blocks_hold_every_line_once_in_its_bucket(most: int, tmp_path: Path) -> None:
    from fourthstep.screen.on_spark import _blocks

    for path in sorted(messy(tmp_path / "export").glob("*.ndjson")):
        *blocks, aside = _blocks(path, path.stat().st_size, 8, most)
        found = [(row["name"], line) for batch in blocks for row in batch.to_pylist() for line in row["lines"].split(b"\n")]
        assert sorted(found) == sorted(Spreading(path, 8))
        assert aside.column("bucket").to_pylist() == [-2]


@on_spark
def test_a_file_that_a_worker_sees_otherwise_is_refused() -> None:
    from fourthstep.screen.on_spark import _blocks

    path = HOSPITAL / "Patient.ndjson.gz"
    for wrong, size in ((path, path.stat().st_size + 1), (path.with_name("none"), 0)):
        with pytest.raises(RecordError, match="a worker does not see"):
            next(_blocks(wrong, size, 8))


# -- on the cluster ------------------------------------------------------------------------------------------


@on_spark
def test_the_command_gives_the_same_bytes_and_exit_code_on_a_cluster(master: str, tmp_path: Path) -> None:
    export = messy(tmp_path / "export")
    for name, more in (("local", []), ("spark", ["--engine", "spark", "--master", master])):
        done = subprocess.run([sys.executable, "-m", "fourthstep", "screen", export, "-o", tmp_path / name, "--as-of",
                               "2026-03-01", *more], capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 1, "lines were lost"
        assert "INCOMPLETE: " in done.stderr
        assert "patients on 2026-03-01" in done.stdout
    found = written(tmp_path / "spark")
    assert found == written(tmp_path / "local")
    assert b'"Mixed.ndjson","line":2,"reason":"not-valid-json"' in found["quarantine.ndjson"]
    assert found["quarantine.ndjson"].count(b"\n") == 5


@on_spark
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyspark leaves a pipe open here
def test_an_address_that_is_none_is_told(master: str, tmp_path: Path) -> None:
    from fourthstep.screen.on_spark import screen_on_spark

    with pytest.raises(FourthstepError, match="Spark did not start with nowhere:7077.* Is the address right"):
        screen_on_spark(HOSPITAL, tmp_path / "out", as_of=DAY, policy=DEFAULT, spark="nowhere:7077")
    assert not (tmp_path / "out").exists()


SETS = [
    pytest.param(HOSPITAL, "2026-03-01", id="example"),
    *(
        pytest.param(
            DATA / name,
            day,
            id=name,
            marks=[pytest.mark.records, pytest.mark.skipif(not DATA.is_dir(), reason="no records")],
        )
        for name, day in (("synthea-r4-breast-ecqm", "2022-01-01"), ("bulk-export-layout-10", "2024-06-01"))
    ),
]


@on_spark
@pytest.mark.parametrize(("export", "day"), SETS)
def test_the_result_is_that_of_the_local_engine(export: Path, day: str, session, tmp_path: Path) -> None:
    from fourthstep.screen.on_spark import screen_on_spark

    options = {"as_of": as_of(day), "policy": DEFAULT, "calling": Calling(ids=True)}
    wanted = screen(export, tmp_path / "local", **options)
    assert screen_on_spark(export, tmp_path / "spark", spark=session, **options) == wanted
    assert written(tmp_path / "spark") == written(tmp_path / "local")
    assert wanted.patients > 0


@on_spark
def test_both_workers_take_part_and_load_the_knowledge_once_a_process(session, tmp_path: Path) -> None:
    import pyarrow as pa

    from fourthstep.screen.on_spark import screen_on_spark

    def ask(batches):
        time.sleep(0.5)
        for _ in batches:
            told = {"place": [str(Path.cwd())], "process": [os.getpid()], "loads": [load_knowledge.cache_info().misses]}
            yield pa.RecordBatch.from_pydict(told)

    screen_on_spark(HOSPITAL, tmp_path / "out", as_of=DAY, policy=DEFAULT, spark=session)
    rows = session.range(0, 8, numPartitions=8).mapInArrow(ask, "place string, process long, loads long").collect()
    assert len({row.place for row in rows}) == 2
    assert {row.loads for row in rows} == {1}


@on_spark
def test_workers_of_another_version_are_refused(session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fourthstep.screen import on_spark as module

    monkeypatch.setattr(module, "__version__", "0.0.0")
    with pytest.raises(FourthstepError, match=r"another version of the engine \(.+\) than the driver \(0.0.0\)"):
        module.screen_on_spark(HOSPITAL, tmp_path / "out", as_of=DAY, policy=DEFAULT, spark=session)
    assert not list((tmp_path / "out").iterdir())


@on_spark
def test_workers_that_do_not_see_the_export_are_told(session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fourthstep.screen.on_spark import screen_on_spark

    unpacked(tmp_path / "export")
    monkeypatch.chdir(tmp_path)
    elsewhere = Path("/proc/self/cwd/export")  # a path that means another place in every process
    with pytest.raises(RecordError, match=r"ndjson: a worker does not see the file .* under the same path"):
        screen_on_spark(elsewhere, tmp_path / "out", as_of=DAY, policy=DEFAULT, spark=session)
    assert not list((tmp_path / "out").iterdir())


@on_spark
def test_a_result_stands_until_another_run_begins_and_no_longer(session, tmp_path: Path, monkeypatch) -> None:
    from fourthstep.screen import on_spark as module

    screen(HOSPITAL, tmp_path / "out", as_of=DAY, policy=DEFAULT)
    (tmp_path / "other").mkdir()
    with pytest.raises(RecordError, match="no NDJSON file"):
        module.screen_on_spark(tmp_path / "other", tmp_path / "out", as_of=DAY, policy=DEFAULT, spark=session)
    assert (tmp_path / "out" / "run.json").exists(), "the call was refused before anything was begun"
    monkeypatch.setattr(module, "__version__", "0.0.0")
    with pytest.raises(FourthstepError, match="another version"):
        module.screen_on_spark(HOSPITAL, tmp_path / "out", as_of=DAY, policy=DEFAULT, spark=session)
    assert not (tmp_path / "out" / "run.json").exists(), "what is left is not taken for a result"


STOPS = [
    ("", "Spark stopped: it gave no reason."),
    ("Job aborted\nby somebody", "Spark stopped: Job aborted."),
    ("x\njava.lang.OutOfMemoryError: Java heap space\n\tat y", "Spark stopped: OutOfMemoryError: Java heap space."),
    ("Traceback\nMemoryError: \n", "Spark stopped: Traceback."),
    ("x\nfourthstep.ground.errors.RecordError: told so\n\tat y", "told so"),
    ("x\nfourthstep.ground.errors.MissingExtraError: an extra\n", "an extra"),
    ("x\nModuleNotFoundError: No module named 'msgspec'\n", "The Python of a worker: No module named 'msgspec'."),
]


@on_spark
@pytest.mark.parametrize(("text", "says"), STOPS)
def test_of_what_spark_says_the_last_error_is_told(text: str, says: str) -> None:
    from fourthstep.screen.on_spark import _told

    assert str(_told(text)).startswith(says)
