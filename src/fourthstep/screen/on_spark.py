"""A screening on a Spark cluster: the gather and assess functions of the local engine, carried there and back by Spark.

`mapInArrow` reads the files, a file a task, into blocks of lines with the bucket that they belong to;
`groupBy("bucket").applyInArrow` brings the lines of a bucket together and assesses its patients; the driver writes the
tables.  The result has the same bytes as that of the local engine.  Only the DataFrame interface is used, no RDD.

The files must lie where every worker sees them under the same path; the tables are written by the driver.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from fourthstep import __version__
from fourthstep.ground.dates import AsOf
from fourthstep.ground.errors import FourthstepError, MissingExtraError, RecordError
from fourthstep.knowledge.load import load_knowledge
from fourthstep.knowledge.policy import Policy
from fourthstep.screen.judge import Task, judged
from fourthstep.screen.numbers import Calling
from fourthstep.screen.row import mixed
from fourthstep.screen.run import BY_NUMBER, Summary, buckets_for, conclude, files_of, together
from fourthstep.screen.spread import COMMON, Gathered, Spreading, home_of

try:
    import pyarrow as pa
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.storagelevel import StorageLevel
except ModuleNotFoundError:
    raise MissingExtraError("Screening on Spark needs an extra: pip install 'fourthstep[spark]'") from None

_BLOCK = 4 * 1024 * 1024
"""Bytes of lines that a gathering worker holds before it hands them on; a row a line would cost more than reading it."""
_MOST_BUCKETS = 4096
_SHARED, _ASIDE = -1, -2
"""In place of a bucket: lines that all buckets need; what a file gave beside its lines."""
_PLACED = "bucket int, name string, lines binary"
_ROWS = "mixed string, row binary"
_JAVA = 17
_LAST_ERROR = re.compile(r"^(?:[\w.]+\.)?(\w*(?:Error|Exception)): (.+)$", re.MULTILINE)


class _Aside(msgspec.Struct, kw_only=True):
    """What a worker says of one file beside its lines, and what it is itself."""

    gathered: Gathered
    engine: str
    knowledge: str


def screen_on_spark(
    export: Path, out: Path, *, as_of: AsOf, policy: Policy, calling: Calling = BY_NUMBER, spark: SparkSession | str = ""
) -> Summary:
    """Screen an export of NDJSON files and Bundles on Spark; the tables are those of `screen`.

    Args:
        export: the folder of a Bulk Data export, under a path that driver and workers share.
        out: where the driver writes the tables.
        as_of: the day of all assessments.
        policy: one hospital's overlay.
        calling: how the tables call a patient.
        spark: a session, which stays open (in a notebook); or the address of a cluster (`spark://host:7077`, `yarn`,
            `local[2]`); empty: what Spark's settings name.

    Raises:
        RecordError: the export cannot be read, or the folder cannot be written.
        MissingExtraError: there is no Java for Spark, or an extra is missing on a worker.
        FourthstepError: the cluster cannot be reached, does not see the files, or runs another version than the driver.
    """
    files, others = files_of(export)
    calling.check()
    borrowed = not isinstance(spark, str) or SparkSession.getActiveSession() is not None
    session = open_session(spark) if isinstance(spark, str) else spark

    def ask(gathered: list[Gathered]) -> Task:
        return Task(around=together(gathered, others), origin=export.name, as_of=as_of, policy=policy)

    work = out / ".work" / "spark"
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        (out / "run.json").unlink(missing_ok=True)
        rows, gathered, asked = _passes(session, files, work, ask)
        summary = conclude(out, [rows], gathered, asked, calling)
        shutil.rmtree(out / ".work")
    except (PySparkException, Py4JError) as error:
        raise _told(str(error)) from None
    except OSError as error:
        raise RecordError(f"{error.filename or out}: {error.strerror}.  Free space or give access, and run the same command "
                          "again.") from None  # fmt: skip
    finally:
        shutil.rmtree(work, ignore_errors=True)
        with contextlib.suppress(OSError):  # it does not exist, or the local engine was stopped here
            work.parent.rmdir()
        if not borrowed:
            session.stop()
    return summary


def open_session(master: str = "") -> SparkSession:
    """A session with a cluster, its settings those of Spark (`spark-defaults.conf`, `spark-submit`).

    Raises:
        MissingExtraError: there is no Java, or an old one.
        FourthstepError: the cluster cannot be reached.
    """
    _check_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("fourthstep screen")
    try:
        session: SparkSession = (builder.master(master) if master else builder).getOrCreate()
    except (PySparkException, Py4JError):
        where = master or "the master that Spark's settings name"
        raise FourthstepError(f"Spark did not start with {where}; what it says stands above.  Is the address right, and is "
                              "it the same version of Spark as this Python's pyspark?") from None  # fmt: skip
    return session


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    remedy = f"Spark needs Java {_JAVA} or newer: apt-get install openjdk-{_JAVA}-jre-headless, or set JAVA_HOME."
    try:
        told = subprocess.run([java or "java", "-version"], capture_output=True, text=True, check=True).stderr  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        raise MissingExtraError(f"No Java was found ({'JAVA_HOME' if home else 'PATH'}).  {remedy}") from None
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    if version and int(version[1]) < _JAVA:
        raise MissingExtraError(f"Java {version[1]} was found.  {remedy}")


# -- the two passes ------------------------------------------------------------------------------------------


def _passes(spark: SparkSession, files: list[Path], work: Path, ask: Callable[[list[Gathered]], Task]
            ) -> tuple[Path, list[Gathered], Task]:  # fmt: skip
    """Gather and assess; the file of rows in `work`, what was gathered beside the lines, and what was asked."""
    paths = [str(each.absolute()) for each in files]
    sizes = [each.stat().st_size for each in files]
    buckets = min(_MOST_BUCKETS, buckets_for(files))
    one_each = spark.range(0, len(files), numPartitions=len(files))
    placed = one_each.mapInArrow(_gathering(paths, sizes, buckets), _PLACED).persist(StorageLevel.DISK_ONLY)
    kept = [placed]
    try:
        beside = placed.where("bucket < 0").collect()
        gathered = _gathered([bytes(each.lines) for each in beside if each.bucket == _ASIDE], files)
        task = ask(gathered)
        task.held = {COMMON: [line for each in beside if each.bucket == _SHARED for line in bytes(each.lines).split(b"\n")]}
        spread = placed.where("bucket >= 0").repartition(buckets, "bucket")
        rows = spread.groupBy("bucket").applyInArrow(_assessing(task), _ROWS)
        kept.append(rows.persist(StorageLevel.DISK_ONLY))
        rows.count()
        return _fetched(rows, work), gathered, task
    finally:
        for each in kept:
            each.unpersist()


def _gathering(paths: list[str], sizes: list[int], buckets: int) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """The function that Spark gives numbers of files, and that gives blocks of lines."""

    def gather(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from _blocks(Path(paths[number]), sizes[number], buckets)

    return gather


def _blocks(path: Path, size: int, buckets: int, most: int = _BLOCK) -> Iterator[pa.RecordBatch]:
    """The lines of one file in blocks, then what it gave beside them.

    Raises:
        RecordError: the driver saw another file here.
    """
    if not path.is_file() or path.stat().st_size != size:
        raise RecordError(f"{path.name}: a worker does not see the file that the driver sees.  Put the export where all "
                          "have it under the same path (a shared file system, or a mounted object store).")  # fmt: skip
    spreading = Spreading(path, buckets)
    held: dict[str, list[bytes]] = {}
    bytes_held = 0
    for name, line in spreading:
        held.setdefault(name, []).append(line)
        bytes_held += len(line)
        if bytes_held >= most:
            yield _batch(held)
            held, bytes_held = {}, 0
    if held:
        yield _batch(held)
    aside = _Aside(gathered=spreading.gathered(), engine=__version__, knowledge=load_knowledge().digest)
    yield _table(_PLACED, [_ASIDE], [path.name], [msgspec.json.encode(aside)])


def _batch(held: dict[str, list[bytes]]) -> pa.RecordBatch:
    homes = [home_of(name) for name in held]
    lines = [b"\n".join(each) for each in held.values()]
    return _table(_PLACED, [_SHARED if home is None else home for home in homes], list(held), lines)


def _table(columns: str, *values: list[Any]) -> pa.RecordBatch:
    kinds = {"int": pa.int32(), "string": pa.string(), "binary": pa.binary()}
    schema = [(name, kinds[kind]) for name, kind in (each.split() for each in columns.split(", "))]
    return pa.record_batch(list(values), schema=pa.schema(schema))


def _gathered(told: list[bytes], files: list[Path]) -> list[Gathered]:
    """What the files gave beside their lines, in the order of the files.

    Raises:
        FourthstepError: a worker runs another version of the engine or of the knowledge.
    """
    decoder = msgspec.json.Decoder(_Aside)
    found = {}
    for each in map(decoder.decode, told):
        _same("engine", each.engine, __version__)
        _same("knowledge", each.knowledge, load_knowledge().digest)
        found[each.gathered.name] = each.gathered
    return [found[each.name] for each in files]


def _same(what: str, theirs: str, ours: str) -> None:
    if theirs != ours:
        raise FourthstepError(f"A worker has another version of the {what} ({theirs}) than the driver ({ours}).  Install "
                              "the same package on all.")  # fmt: skip


def _assessing(task: Task) -> Callable[[Any], Any]:
    """The function that Spark gives all lines of a bucket, and that gives its rows."""

    def assess(table: pa.Table) -> pa.Table:
        bucket = table.column("bucket")[0].as_py()
        held = dict(task.held)
        for name, lines in zip(table.column("name").to_pylist(), table.column("lines"), strict=True):
            held.setdefault(name, []).extend(lines.as_py().split(b"\n"))
        rows = judged(msgspec.structs.replace(task, bucket=bucket, held=held))
        told = _table(_ROWS, [mixed(each.patient) for each in rows], [msgspec.json.encode(each) for each in rows])
        return pa.Table.from_batches([told])

    return assess


def _fetched(rows: DataFrame, work: Path) -> Path:
    """The rows in their mixed order as a file beside the driver, which holds one part of the cluster's at a time."""
    path = work / "rows.ndjson"
    with path.open("wb") as file:
        for each in rows.orderBy("mixed").toLocalIterator():
            file.write(each.row + b"\n")
    return path


# -- what went wrong -----------------------------------------------------------------------------------------


def _last_error(text: str) -> tuple[str, str]:
    """Class and message of the innermost error in what Spark tells."""
    found: list[tuple[str, str]] = _LAST_ERROR.findall(text)
    return found[-1] if found else ("", text.strip().partition("\n")[0])


def _told(text: str) -> FourthstepError:
    """The error of the engine that a worker met, or another one with what to look at."""
    kind, message = _last_error(text)
    if kind in ("RecordError", "MissingExtraError"):
        return (RecordError if kind == "RecordError" else MissingExtraError)(message)
    if kind == "ModuleNotFoundError":
        return FourthstepError(f"The Python of a worker: {message}.  Install the same fourthstep[spark] there, and name "
                               "that Python in PYSPARK_PYTHON.")  # fmt: skip
    reason = ": ".join(filter(None, (kind, message))) or "it gave no reason"
    return FourthstepError(f"Spark stopped: {reason}.  The log of the application says more.")
