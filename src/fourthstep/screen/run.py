"""A screening from beginning to end: gather, assess, write; resumable, and never half taken for whole."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import msgspec

from fourthstep import __version__
from fourthstep.ground.dates import AsOf
from fourthstep.ground.digest import digest
from fourthstep.ground.errors import MissingExtraError, RecordError
from fourthstep.knowledge.load import load_knowledge
from fourthstep.knowledge.policy import Policy
from fourthstep.record.gather import OUTCOME
from fourthstep.record.read import Around
from fourthstep.record.sources import strangers
from fourthstep.screen.complete import absent_types, faults_of_manifests, lost_by_manifests, missing_types
from fourthstep.screen.judge import Task, judge
from fourthstep.screen.numbers import OF_ONE_RUN, Calling
from fourthstep.screen.parquet import FILES, write_parquet
from fourthstep.screen.report import Told, report_html
from fourthstep.screen.row import FAILED, Row, rows_of
from fourthstep.screen.spread import Fault, Gathered, spread
from fourthstep.screen.tables import Rows, seen_lines, write_tables
from fourthstep.screen.tally import Tally, tally_of

T = TypeVar("T")
R = TypeVar("R")
_BUCKET = 3 * 1024 * 1024
"""Bytes of packed input that a bucket holds; about ten times as much unpacked."""
REPORT = "report.html"
_FEWEST_BUCKETS, _MOST_BUCKETS = 8, 256

BY_NUMBER = Calling()


class Summary(msgspec.Struct, kw_only=True):
    """`run.json`: written last; without it the other files are not a result."""

    finished: bool = True
    complete: bool
    """False: something of the export was lost, and a patient may be missing from the list."""
    why_incomplete: list[str]
    as_of: str
    engine: str
    knowledge: str
    policy: str
    policy_digest: str
    called: str = OF_ONE_RUN
    """What the patients are called in the tables (`numbers.py`)."""
    patients: int
    outcomes: dict[str, int]
    """Assessed, not assessable, not in scope."""
    steps: dict[str, int]
    inputs: dict[str, str]
    """File name -> SHA-256."""
    notices: dict[str, int]
    not_written: dict[str, str] = {}
    """Files that need an extra which is not installed, with the message that names it."""


def screen(export: Path, out: Path, *, as_of: AsOf, policy: Policy, workers: int = 1,
           calling: Calling = BY_NUMBER) -> Summary:  # fmt: skip
    """Screen an export of NDJSON files and Bundles.

    Args:
        export: the folder of a Bulk Data export.
        out: where the tables go; a run that was killed is resumed from here.
        as_of: the day of all assessments.
        policy: one hospital's overlay.
        workers: processes; the result does not depend on them.
        calling: how the tables call a patient.

    Raises:
        RecordError: the export or the file of numbers cannot be read, or the folder cannot be written.
    """
    files, others = files_of(export)
    calling.check()
    knowledge = load_knowledge()
    stats = [f"{each.name} {each.stat().st_size} {each.stat().st_mtime_ns}" for each in files]
    key = digest(
        part.encode() for part in (*stats, str(as_of), str(as_of.zone), policy.digest, knowledge.digest, __version__)
    )
    buckets = min(_MOST_BUCKETS, buckets_for(files))
    work = out / ".work" / key[:16]
    try:
        work.mkdir(parents=True, exist_ok=True)
        (out / "run.json").unlink(missing_ok=True)
        parts = [work / f"{number:05d}" for number in range(len(files))]
        gathered = list(_each(partial(_spread_one, buckets=buckets), list(zip(files, parts, strict=True)), workers))
        around = together(gathered, others)
        asked = Task(parts=[str(part) for part in parts], around=around, origin=export.name, as_of=as_of, policy=policy)
        tasks = [
            msgspec.structs.replace(asked, bucket=bucket, target=str(work / f"rows-{bucket:04d}.ndjson"))
            for bucket in range(buckets)
        ]
        rows_in = [Path(target) for target in _each(judge, tasks, workers)]
        summary = conclude(out, rows_in, gathered, asked, calling)
        shutil.rmtree(out / ".work")
    except OSError as error:
        raise RecordError(f"{error.filename or out}: {error.strerror}.  Free space or give access, and run the same command "
                          "again: it resumes.") from None  # fmt: skip
    return summary


# -- the two passes ------------------------------------------------------------------------------------------


def _spread_one(pair: tuple[Path, Path], buckets: int) -> Gathered:
    return spread(*pair, buckets)


def _each(work: Callable[[T], R], items: list[T], workers: int) -> Iterator[R]:
    """The results in the order of the items, from this process or from several."""
    if workers <= 1 or len(items) <= 1:
        yield from map(work, items)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, items)


def buckets_for(files: list[Path]) -> int:
    """How many buckets keep each of them small; the result does not depend on it."""
    return _FEWEST_BUCKETS + sum(each.stat().st_size for each in files) // _BUCKET


def files_of(export: Path) -> tuple[list[Path], list[str]]:
    """The files of resources, and the names of what stands beside them."""
    if not export.is_dir():
        raise RecordError(f"{export}: there is no such folder; a folder of NDJSON files (Bulk Data export) was expected.")
    others = strangers(export)
    found = sorted(each for each in export.iterdir() if each.name not in others)
    if not found:
        raise RecordError(
            f"{export}: no NDJSON file (.ndjson, .jsonl, also .gz or .zst) and no Bundle (.json) in this folder."
        )
    return found, others


def together(gathered: list[Gathered], others: list[str]) -> Around:
    """What all files gave beside their lines, and the names of what was ignored beside them."""
    notices: Counter[str] = Counter()
    for name in others:
        notices[f"{name} was ignored: not a JSON or NDJSON file."] += 1
    whole = Around()
    for each in gathered:
        whole.types |= each.around.types
        whole.lost |= each.around.lost
        whole.broken += each.around.broken
        for patient, places in each.around.broken_of.items():
            whole.broken_of.setdefault(patient, {}).update(places)
        whole.nobodys |= each.around.nobodys
        whole.others += each.around.others
        notices.update(each.around.notices)
    whole.lost |= lost_by_manifests(gathered)
    whole.notices = dict(sorted(notices.items()))
    return whole


# -- the tables ----------------------------------------------------------------------------------------------


def conclude(out: Path, rows_in: list[Path], gathered: list[Gathered], asked: Task, calling: Calling) -> Summary:
    """Write everything.

    Args:
        out: where the tables go.
        rows_in: the files of rows, each in its mixed order, whoever made them.
        gathered: what the files of the export gave beside their lines.
        asked: any task of this run, for the day, the policy and what stands around.
        calling: how the tables call a patient.

    Raises:
        OSError: the folder cannot be written.
    """
    faults = sorted([*(fault for each in gathered for fault in each.faults), *faults_of_manifests(gathered)])
    tally = tally_of(rows_of(rows_in))
    summary = _summary(tally, gathered, faults, asked)
    numbers = calling.numbers(row.patient for row in rows_of(rows_in))
    summary.called = calling.says()
    _write_all(out, partial(_called, rows_in, calling, numbers), tally, gathered, faults, summary)
    return summary


def _summary(tally: Tally, gathered: list[Gathered], faults: list[Fault], asked: Task) -> Summary:
    why = sorted({fault.reason for fault in faults})
    if OUTCOME in asked.around.notices:
        why.append("the source reports errors (OperationOutcome)")
    if tally.steps[FAILED]:
        why.append("some patients were not assessable")
    why += [f"no {name} in the export" for name in missing_types(gathered)]
    return Summary(
        complete=not why,
        why_incomplete=why,
        as_of=str(asked.as_of),
        engine=__version__,
        knowledge=load_knowledge().digest,
        policy=asked.policy.name,
        policy_digest=asked.policy.digest,
        patients=tally.total.patients,
        outcomes=tally.outcomes,
        steps=tally.steps,
        inputs={each.name: each.sha256 for each in gathered},
        notices=asked.around.notices | dict.fromkeys(absent_types(gathered), 1),
    )


def _called(files: list[Path], calling: Calling, numbers: dict[str, str]) -> Iterator[tuple[str, Row]]:
    """All patients with the name under which the tables show them."""
    for at, row in enumerate(rows_of(files), start=1):
        yield calling.name(row.patient, at, numbers), row


def _write_all(out: Path, rows: Rows, tally: Tally, gathered: list[Gathered], faults: list[Fault],
               summary: Summary) -> None:  # fmt: skip
    """Everything; `run.json` last."""
    mark = "" if summary.complete else "INCOMPLETE: " + ", ".join(summary.why_incomplete)
    write_tables(out, rows, tally, gathered, mark)
    _with_extra(out, FILES, summary, partial(write_parquet, out, rows, mark))
    _with_extra(out, (REPORT,), summary, partial(_write_report, out / REPORT, tally, gathered, summary))
    _write(out / "quarantine.ndjson", b"".join(msgspec.json.encode(each) + b"\n" for each in faults))
    _write(out / "run.json", msgspec.json.format(msgspec.json.encode(summary), indent=1) + b"\n")


def _write_report(path: Path, tally: Tally, gathered: list[Gathered], summary: Summary) -> None:
    told = Told(
        as_of=summary.as_of,
        engine=summary.engine,
        knowledge=summary.knowledge,
        policy=summary.policy,
        why_incomplete=summary.why_incomplete,
        seen=seen_lines(gathered),
    )
    _write(path, report_html(tally, told, load_knowledge()).encode())


def _with_extra(out: Path, names: tuple[str, ...], summary: Summary, write: Callable[[], None]) -> None:
    """Write what needs an extra; without it the summary says so, and nothing of an earlier run stays under these names."""
    try:
        write()
    except MissingExtraError as error:
        for name in names:
            (out / name).unlink(missing_ok=True)
        summary.not_written[", ".join(names)] = str(error)


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)
