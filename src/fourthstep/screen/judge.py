"""The assess pass: one bucket, patient by patient, through the one engine."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import msgspec

from fourthstep.assessment.assess import assess, out_of_scope
from fourthstep.assessment.result import Assessment, Option, Pathway
from fourthstep.assessment.words import OPEN, OptionWord, PathwayWord
from fourthstep.ground.dates import AsOf
from fourthstep.ground.digest import digest
from fourthstep.ground.truth import NO, YES
from fourthstep.knowledge.load import load_knowledge
from fourthstep.knowledge.policy import Policy
from fourthstep.record import Door, Record
from fourthstep.record.read import Around, read_bucket
from fourthstep.screen.groups import Groups, groups_of, not_recorded
from fourthstep.screen.row import FAILED, Row, mixed
from fourthstep.screen.spread import COMMON, DECIDING, MORE, mark_of

_encode = msgspec.json.Encoder(order="sorted").encode
_MOST = 5
"""Options, blocks and missing facts that a row names; the assessment has all."""


class Task(msgspec.Struct, kw_only=True):
    """All that one bucket needs; nothing else is shared between processes."""

    around: Around
    origin: str
    as_of: AsOf
    policy: Policy
    bucket: int = 0
    parts: list[str] = []
    """Folders that hold the lines of all buckets."""
    target: str = ""
    """The file of the rows."""
    held: dict[str, list[bytes]] = {}
    """The lines themselves by the names of their files, where a cluster brings them instead."""


def judge(task: Task) -> str:
    """Assess the patients of a bucket into a file; what was done before is not done again.

    Raises:
        OSError: the file cannot be written.
    """
    target = Path(task.target)
    if not target.is_file():
        part = target.with_suffix(".part")
        part.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in judged(task)))
        part.rename(target)
    return task.target


def judged(task: Task) -> list[Row]:
    """The rows of a bucket in their mixed order."""
    groups = groups_of(_read(task, f"{task.bucket}{DECIDING}"), task.as_of)
    return sorted(_judged(task, groups), key=lambda each: mixed(each.patient))


def _judged(task: Task, groups: dict[str, Groups]) -> Iterator[Row]:
    """First whoever is surely out of scope, by few types of resources; all other lines are read for the others only."""
    out = {}
    for record in _records(task, _lines(task)):
        if gated := gate(record, task.as_of, task.policy):
            out[record.patient] = gated
    for each in out.values():
        yield _grouped(each, groups)
    marks = {mark_of(patient) for patient in out}
    for record in _records(task, chain(_lines(task), _more(task, marks))):
        if record.patient not in out:
            yield _grouped(row(record, task.as_of, task.policy), groups)


def _grouped(row: Row, groups: dict[str, Groups]) -> Row:
    return msgspec.structs.replace(row, groups=groups.get(row.patient) or not_recorded())


def _records(task: Task, lines: Iterator[bytes]) -> Iterator[Record]:
    door = Door(vouches=task.policy.vouching)
    return read_bucket(lines, task.around, door, task.origin)


def _lines(task: Task) -> Iterator[bytes]:
    return chain(_read(task, f"{task.bucket}{DECIDING}"), _read(task, COMMON))


def _more(task: Task, out: set[bytes]) -> Iterator[bytes]:
    """The lines that only an assessment reads, of everybody but those who are out."""
    for each in _read(task, f"{task.bucket}{MORE}"):
        mark, _, line = each.partition(b"\t")
        if mark not in out:
            yield line


def _read(task: Task, name: str) -> Iterator[bytes]:
    yield from task.held.get(name, ())
    for part in task.parts:
        path = Path(part) / name
        if path.is_file():
            with path.open("rb") as lines:
                yield from lines


def gate(record: Record, as_of: AsOf, policy: Policy) -> Row | None:
    """The row of a patient who is surely out of scope; None for all others, and where an error of ours stands in the way.

    It has no day and no result: nothing but the scope was asked.
    """
    try:
        pathway = out_of_scope(record, as_of=as_of, policy=policy, knowledge=load_knowledge())
    except Exception:  # noqa: BLE001  the assessment that follows tells of it
        return None
    return None if pathway is None else outside(record.patient, pathway)


def outside(patient: str, pathway: Pathway) -> Row:
    """The row of a patient out of scope, with the reason."""
    return Row(patient=patient, step=step_of(pathway), pathway=pathway.word, why="; ".join(pathway.because))


def step_of(pathway: Pathway) -> str:
    """The step of the attrition table: the pathway word, for one out of scope with the reason."""
    return f"{pathway.word}: {pathway.because[0]}" if pathway.word == "not in scope" and pathway.because else pathway.word


def row(record: Record, as_of: AsOf, policy: Policy) -> Row:
    """One patient's row; an error of ours is counted as its own outcome and stops nobody else."""
    try:
        found = assess(record, as_of=as_of, policy=policy, knowledge=load_knowledge())
    except Exception as error:  # noqa: BLE001  the others are still assessed, and the run says so
        return Row(patient=record.patient, step=FAILED, why=type(error).__name__)
    return msgspec.structs.replace(told(found), data=data_of(record))


def data_of(record: Record) -> str:
    """Name the data of one patient by their content, whatever their order and the day that is asked about."""
    pairs = chain.from_iterable(record.resources.values())
    return digest([_encode(record.person), *sorted(_encode(pair) for pair in pairs)])[:16]


def told(found: Assessment) -> Row:
    """What the tables say of an assessment."""
    if found.pathway.word == PathwayWord.NOT_IN_SCOPE:
        return outside(found.patient.id, found.pathway)
    options = [option for pain in found.pains for option in pain.options]
    opened = [f"{option.id} ({option.word})" for option in options if option.word in OPEN]
    blocks = list(dict.fromkeys(blocking(options)))
    missing = list(dict.fromkeys(change.fact for change in found.changes))
    because = "; ".join((*found.pathway.because, *(f"leg:{leg}" for leg in found.pathway.legs)))
    dose, taken = dose_of(found)
    score, day = highest(found)
    return Row(
        patient=found.patient.id,
        step=step_of(found.pathway),
        pathway=found.pathway.word,
        why=because,
        pains="; ".join(" ".join(filter(None, (pain.id, pain.intensity, pain.intensity_day))) for pain in found.pains),
        options=_first(opened),
        blocked_by=_first(blocks),
        missing=_first(missing),
        newest=found.newest,
        result_id=found.result_id,
        uncontrolled={YES: True, NO: False}.get(found.uncontrolled.truth),
        score=score,
        score_day=day,
        dose=dose,
        dose_told=taken,
        opened=best_words(options),
        blocks=blocks,
        lacking=missing,
        months=highest_by_month(found),
        used=found.used,
        not_used=_counted([f"{each.ref.partition('/')[0]}: {each.reason}" for each in found.not_used]),
        unrecognised=_counted([kind for _, kind, _ in found.unrecognised]),
    )


def blocking(options: Iterable[Option]) -> Iterator[str]:
    """The criteria that keep options shut; one of an intervention's own with its id, for others use the same name."""
    interventions = load_knowledge().interventions
    for option in options:
        if option.word in (OptionWord.CONTRAINDICATED, OptionWord.AFTER_CORRECTION):
            own = {each.id for each in interventions[option.id].criteria}
            yield from (f"{option.id}: {reason.id}" if reason.id in own else reason.id for reason in option.reasons
                        if reason.truth == YES and reason.effect != "caution")  # fmt: skip


def best_words(options: Iterable[Option]) -> dict[str, str]:
    """Every open option with the best of its words over the patient's pains."""
    found: dict[str, str] = {}
    for option in options:
        if option.word in OPEN and (
            option.id not in found or OPEN.index(OptionWord(option.word)) < OPEN.index(OptionWord(found[option.id]))
        ):
            found[option.id] = option.word
    return found


def dose_of(found: Assessment) -> tuple[float | None, str]:
    """The scheduled opioid dose (its upper end), and whether it is told, none is recorded, or it is not known."""
    scheduled = found.opioids.scheduled
    if scheduled is not None and scheduled.high is not None:
        return float(scheduled.high), "told"
    return None, "none" if "no-opioid-recorded" in found.opioids.reasons else "unknown"


def highest(found: Assessment) -> tuple[float | None, str]:
    """The highest of the newest scores of all pains, and its day; of equal ones the latest."""
    scores = [(score, pain.intensity_day) for pain in found.pains if (score := number(pain.intensity)) is not None]
    return max(scores, default=(None, ""))


def highest_by_month(found: Assessment) -> dict[str, float]:
    """The highest score of each of the twelve months up to the day of the assessment."""
    last = found.as_of[:7]
    first = f"{int(last[:4]) - 1:04d}{last[4:]}"
    months: dict[str, float] = {}
    for day, text, _ in (score for pain in found.pains for score in pain.series):
        month, score = day[:7], number(text)
        if len(month) == len(last) and first < month <= last and score is not None:
            months[month] = max(score, months.get(month, score))
    return months


def number(text: str) -> float | None:
    """A score as a number; None where it is none, or a range."""
    return float(text) if text.replace(".", "", 1).isdigit() else None


def _first(names: list[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = [f"and {len(distinct) - _MOST} more"] if len(distinct) > _MOST else []
    return "; ".join([*distinct[:_MOST], *more])


def _counted(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}
