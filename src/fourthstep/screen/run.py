"""A screening from beginning to end: gather, assess, write; resumable, and never half taken for whole."""

import csv
import hashlib
import io
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from fourthstep import __version__
from fourthstep.assessment.words import PathwayWord
from fourthstep.ground.dates import AsOf
from fourthstep.ground.digest import digest
from fourthstep.ground.errors import RecordError
from fourthstep.knowledge.load import load_knowledge
from fourthstep.knowledge.policy import Policy
from fourthstep.record.gather import OUTCOME
from fourthstep.record.read import Around
from fourthstep.record.sources import strangers
from fourthstep.screen.complete import absent_types, faults_of_manifests, lost_by_manifests, missing_types
from fourthstep.screen.judge import FAILED, Row, Task, judge
from fourthstep.screen.spread import Fault, Gathered, spread

T = TypeVar("T")
R = TypeVar("R")
_BUCKET = 3 * 1024 * 1024
"""Bytes of packed input that a bucket holds; about ten times as much unpacked."""
_FEWEST_BUCKETS, _MOST_BUCKETS = 8, 256
WORKLIST = (PathwayWord.RED_FLAG_FIRST, PathwayWord.REFER, PathwayWord.REFER_EARLY, PathwayWord.OPTIMISE_FIRST)
"""Pathway words that stand on the worklist, in its order."""


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
    patients: int
    steps: dict[str, int]
    inputs: dict[str, str]
    """File name -> SHA-256."""
    notices: dict[str, int]


def screen(export: Path, out: Path, *, as_of: AsOf, policy: Policy, workers: int = 1, names: bool = False) -> Summary:
    """Screen an export of NDJSON files and Bundles.

    Args:
        export: the folder of a Bulk Data export.
        out: where the tables go; a run that was killed is resumed from here.
        as_of: the day of all assessments.
        policy: one hospital's overlay.
        workers: processes; the result does not depend on them.
        names: show the patients' ids in place of numbers.

    Raises:
        RecordError: the export cannot be read, or the folder cannot be written.
    """
    files, others = _files(export)
    knowledge = load_knowledge()
    stats = [f"{each.name} {each.stat().st_size} {each.stat().st_mtime_ns}" for each in files]
    key = digest(
        part.encode() for part in (*stats, str(as_of), str(as_of.zone), policy.digest, knowledge.digest, __version__)
    )
    buckets = min(_MOST_BUCKETS, _FEWEST_BUCKETS + sum(each.stat().st_size for each in files) // _BUCKET)
    work = out / ".work" / key[:16]
    try:
        work.mkdir(parents=True, exist_ok=True)
        (out / "run.json").unlink(missing_ok=True)
        parts = [work / f"{number:05d}" for number in range(len(files))]
        gathered = list(_each(partial(_spread_one, buckets=buckets), list(zip(files, parts, strict=True)), workers))
        around = _together(gathered, others)
        tasks = [
            Task(
                parts=[str(part) for part in parts],
                bucket=bucket,
                around=around,
                origin=export.name,
                as_of=as_of,
                policy=policy,
                target=str(work / f"rows-{bucket:04d}.ndjson"),
            )
            for bucket in range(buckets)
        ]
        targets = list(_each(judge, tasks, workers))
        rows = sorted((row for target in targets for row in _rows(Path(target))), key=lambda each: _mixed(each.patient))
        faults = sorted([*(fault for each in gathered for fault in each.faults), *faults_of_manifests(gathered)])
        summary = _summary(rows, gathered, around, faults, as_of, policy)
        _write_all(out, rows, gathered, faults, summary, names=names)
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


def _files(export: Path) -> tuple[list[Path], list[str]]:
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


def _together(gathered: list[Gathered], others: list[str]) -> Around:
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


def _rows(path: Path) -> Iterable[Row]:
    decoder = msgspec.json.Decoder(Row)
    return map(decoder.decode, path.read_bytes().splitlines())


def _mixed(patient: str) -> str:
    """An order that says nothing of the id."""
    return hashlib.sha256(patient.encode()).hexdigest()


# -- the tables ----------------------------------------------------------------------------------------------


def _summary(rows: list[Row], gathered: list[Gathered], around: Around, faults: list[Fault], as_of: AsOf,
             policy: Policy) -> Summary:  # fmt: skip
    why = sorted({fault.reason for fault in faults})
    if OUTCOME in around.notices:
        why.append("the source reports errors (OperationOutcome)")
    if any(each.step == FAILED for each in rows):
        why.append("some patients were not assessable")
    why += [f"no {name} in the export" for name in missing_types(gathered)]
    steps = {word.value: 0 for word in PathwayWord if word is not PathwayWord.NOT_IN_SCOPE} | {FAILED: 0}
    steps |= dict(sorted(Counter(each.step for each in rows).items()))
    return Summary(
        complete=not why,
        why_incomplete=why,
        as_of=str(as_of),
        engine=__version__,
        knowledge=load_knowledge().digest,
        policy=policy.name,
        policy_digest=policy.digest,
        patients=len(rows),
        steps=steps,
        inputs={each.name: each.sha256 for each in gathered},
        notices=around.notices | dict.fromkeys(absent_types(gathered), 1),
    )


def _write_all(out: Path, rows: list[Row], gathered: list[Gathered], faults: list[Fault], summary: Summary, *,
               names: bool) -> None:  # fmt: skip
    """Every table under another name first; `run.json` last."""
    who = {each.patient: each.patient if names else f"P{number:07d}" for number, each in enumerate(rows, start=1)}
    mark = "" if summary.complete else "INCOMPLETE: " + ", ".join(summary.why_incomplete)
    shown = ("pathway", "why", "pains", "options", "blocked_by", "missing", "newest", "result_id")
    listed = sorted(
        (each for each in rows if each.pathway in WORKLIST), key=lambda each: WORKLIST.index(PathwayWord(each.pathway))
    )
    _write_csv(out / "worklist.csv", ("patient", *shown, "export"),
               [(who[each.patient], *(getattr(each, name) for name in shown), mark) for each in listed])  # fmt: skip
    _write_csv(out / "assessments.csv", ("patient", "step", "newest", "result_id", "export"),
               [(who[each.patient], each.step, each.newest, each.result_id, mark) for each in rows])  # fmt: skip
    steps = [(step, count, mark) for step, count in (*summary.steps.items(), ("all", summary.patients))]
    _write_csv(out / "attrition.csv", ("step", "patients", "export"), steps)
    _write_csv(
        out / "quality.csv", ("what", "name", "count", "export"), [(*each, mark) for each in _quality(rows, gathered)]
    )
    _write(out / "quarantine.ndjson", b"".join(msgspec.json.encode(each) + b"\n" for each in faults))
    _write(out / "run.json", msgspec.json.format(msgspec.json.encode(summary), indent=1) + b"\n")


def _quality(rows: list[Row], gathered: list[Gathered]) -> Iterator[tuple[str, str, int]]:
    counted: dict[str, Counter[str]] = {
        "lines": Counter(),
        "used": Counter(),
        "not used": Counter(),
        "unrecognised": Counter(),
    }
    for each in gathered:
        counted["lines"].update(each.seen)
    for row in rows:
        counted["used"].update(row.used)
        counted["not used"].update(row.not_used)
        counted["unrecognised"].update(row.unrecognised)
    for what, counts in counted.items():
        for name, count in sorted(counts.items()):
            yield what, name, count


def _write_csv(path: Path, head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    _write(path, text.getvalue().encode())


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)
