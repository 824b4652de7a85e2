"""From any source to one patient's record: read everything, then decide whose it is and what it vouches for.

>>> record = read_record({"resourceType": "Patient", "id": "7", "birthDate": "1950-01-01"})
>>> record.patient, sorted(record.vouched)
('7', [])
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from fourthstep.ground.errors import RecordError
from fourthstep.record.decode import Decoded, Problem
from fourthstep.record.gather import VOUCHING, Gathering
from fourthstep.record.record import KINDS, Door, Record, Unreadable
from fourthstep.record.references import bare_id, is_patient, normal_reference
from fourthstep.record.resources import Medication, Patient, Resource
from fourthstep.record.sources import MAX_BYTES, Document, Lines, document, documents_of, strangers

Source = str | Path | bytes | bytearray | memoryview | dict[str, Any] | Sequence[Any]
_SHARED = ("Medication", "Device")
"""Types that may belong to nobody: an order points to them."""


def read_record(
    source: Source,
    *,
    patient: str | None = None,
    policy_door: Door | None = None,
    max_bytes: int = MAX_BYTES,
) -> Record:
    """Read one patient's FHIR R4 record.

    Args:
        source: path of a Bundle of any type, of an array of resources, of one resource, of a CDS Hooks
            request or of NDJSON (also gzip or zstd); a folder of them; a list of paths; or the JSON itself as
            bytes, text, dict or list.
        patient: whose record, where the source holds several patients; `Patient/7` or `7`.
        policy_door: what the hospital's policy says of this way in; by default the source vouches for what it
            holds.
        max_bytes: largest single document.

    Raises:
        RecordError: the source cannot be read as one patient's FHIR R4 record; the message says what to do.
        MissingExtraError: the source needs a part that is not installed.
    """
    wanted = bare_id(patient) if patient else ""
    door = policy_door or Door()
    gathering = Gathering(wanted, door.prefetch)
    origin = _gather(source, gathering, max_bytes)
    return record_of(gathering, wanted, door, origin)


def read_records(
    source: Source, *, policy_door: Door | None = None, max_bytes: int = MAX_BYTES
) -> Iterator[Record]:
    """Read the records of all patients of an export in one pass, in the order of their ids.

    Raises:
        RecordError: as `read_record`.
    """
    door = policy_door or Door()
    gathering = Gathering(prefetch_kinds=door.prefetch)
    origin = _gather(source, gathering, max_bytes)
    sorting = _Sorting(gathering)
    for patient in sorted(sorting.by_patient):
        yield _record(gathering, sorting, patient, door, origin)


def record_of(gathering: Gathering, wanted: str, door: Door, origin: str) -> Record:
    """The record of one patient of what was gathered.

    Raises:
        RecordError: it is not clear whose record this is, or it holds another patient's resources.
    """
    sorting = _Sorting(gathering)
    patient = wanted or bare_id(gathering.context_patient)
    if wanted:
        _must_hold(sorting, wanted)
    else:
        patient = _only_patient(sorting, patient, gathering.shape)
    return _record(gathering, sorting, patient, door, origin)


# -- sources ---------------------------------------------------------------------------------------------


def _gather(source: Source, gathering: Gathering, max_bytes: int) -> str:
    """Read everything into the gathering; the name of the source, without its path."""
    if isinstance(source, str) and source.lstrip()[:1] in ("{", "["):
        source = source.encode()
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        raise RecordError(
            "A server is read with `read_from_server` (command line: `--server`), not as a file."
        )
    if isinstance(source, str | Path):
        return _gather_path(Path(source), gathering, max_bytes)
    if isinstance(source, bytes | bytearray | memoryview):
        gathering.add(_within(bytes(source), max_bytes))
        return "input"
    if isinstance(source, Sequence) and source and all(isinstance(each, str | Path) for each in source):
        names = [_gather_path(Path(each), gathering, max_bytes) for each in sorted(source, key=str)]
        return ", ".join(names)
    gathering.add(document("input", msgspec.json.encode(source)))
    return "input"


def _within(data: bytes, max_bytes: int) -> Document | Lines:
    if len(data) > max_bytes:
        raise RecordError(
            f"input: larger than {max_bytes // 1_048_576} MB, too large for one patient's record.  For an "
            "export of many patients use `fourthstep screen`; for one patient, send less or raise the limit."
        )
    return document("input", data)


def _gather_path(path: Path, gathering: Gathering, max_bytes: int) -> str:
    folder = path.is_dir()
    if folder:
        for name in strangers(path):
            gathering.notice(f"{name} was ignored: not a JSON or NDJSON file.")
    for each in documents_of(path, max_bytes):
        before = gathering.seen()
        gathering.add(each, lenient=folder)
        if isinstance(each, Lines) and gathering.seen() == before and not folder:
            raise RecordError(
                f"{each.name}: no line of this file is a FHIR resource; NDJSON of FHIR R4 was expected."
            )
    if not gathering.seen():
        raise RecordError(f"{path.name}: no FHIR resource was found; FHIR R4 JSON or NDJSON was expected.")
    return path.name


# -- whose is it? ----------------------------------------------------------------------------------------


class _Sorting:
    """What was gathered, by patient."""

    def __init__(self, gathering: Gathering) -> None:
        self.by_patient: dict[str, list[Decoded]] = {}
        self.skipped: dict[str, dict[str, int]] = {}
        self.nobodys: list[Decoded] = []
        """Resources that name no patient."""
        self.shared = _Held()
        self.persons: set[str] = set()
        self._full_urls = gathering.full_urls
        self._keys: dict[str, str | None] = {"": None}
        for each in gathering.decoded:
            self._place(each)
        self.shared.settle()
        self.medications = cast("dict[str, Medication]", dict(self.shared.resources.pop("Medication", [])))
        self.drafts = [(self._key(each.subject), each) for each in gathering.drafts]
        for (subject, kind), count in gathering.skipped.items():
            key = self._key(subject) if is_patient(subject) else None
            if key is not None:
                self.by_patient.setdefault(key, [])
            counts = self.skipped.setdefault(key or "", {})
            counts[kind] = counts.get(kind, 0) + count

    def _place(self, each: Decoded) -> None:
        if each.type == "Patient":
            patient = bare_id(each.ref)
            self.persons.add(patient)
            self.by_patient.setdefault(patient, []).append(each)
            return
        key = self._key(each.subject)
        if key is not None:
            self.by_patient.setdefault(key, []).append(each)
        elif each.type in _SHARED:
            self.shared.add(each)
        elif not each.subject:
            self.nobodys.append(each)

    def _key(self, subject: str) -> str | None:
        """The patient's id of a reference; None where it points to no patient."""
        if subject in self._keys:
            return self._keys[subject]
        target = self._full_urls.get(subject) or normal_reference(subject)
        key = bare_id(target) if is_patient(target) and not target.startswith("#") else None
        self._keys[subject] = key
        return key


_GIVE_PATIENT = "Say whose record is wanted with `patient=` (command line: `--patient`)"


def _must_hold(sorting: _Sorting, wanted: str) -> None:
    if wanted not in sorting.by_patient:
        raise RecordError(
            "The wanted patient is not in the source.  Check the id; it is the `id` of the Patient resource."
        )


def _only_patient(sorting: _Sorting, context: str, shape: str) -> str:
    """The one patient of the source.

    Raises:
        RecordError: none, or more than one: mixing two patients is the worst mistake a reader can make.
    """
    if len(sorting.persons) > 1:
        where = "The export" if shape == "export" else "The source"
        raise RecordError(
            f"{where} holds {len(sorting.persons)} patients, and one was expected.  {_GIVE_PATIENT}, "
            "or use `fourthstep screen` for all of them."
        )
    owners = set(sorting.by_patient)
    patient = context or next(iter(sorting.persons or owners), "")
    strangers_found = owners - {patient}
    if patient and strangers_found:
        raise RecordError(
            f"The source holds resources of {len(strangers_found)} other patient"
            f"{'s' if len(strangers_found) != 1 else ''}: their subject is not the patient of this record.  "
            f"{_GIVE_PATIENT}, or ask the sender to separate them."
        )
    if not patient:
        raise RecordError(
            "There is no patient: no Patient resource, and no resource names its subject.  "
            "Add the Patient resource, or the `subject` of each resource."
        )
    return patient


# -- the record ------------------------------------------------------------------------------------------


def _record(gathering: Gathering, sorting: _Sorting, patient: str, door: Door, origin: str) -> Record:
    own = list(sorting.by_patient.get(patient, ()))
    notices = [text if count == 1 else f"{text} ({count} times)" for text, count in gathering.notices.items()]
    alone = len(sorting.by_patient) <= 1 and gathering.shape != "export"
    if sorting.nobodys and alone:
        own += sorting.nobodys
        notices.append("Resources that name no patient were taken as this patient's.")
    elif sorting.nobodys:
        notices.append("Resources that name no patient were not used.")
    held, shared = _Held(), sorting.shared
    for each in own:
        held.add(each)
    held.settle()
    drafts = [each for key, each in sorting.drafts if key in (None, patient)]
    if len(drafts) < len(sorting.drafts):
        notices.append("Draft orders that name another patient were not used.")
    problems = {*held.problems, *shared.problems, *gathering.broken}
    problems.update(problem for each in drafts for problem in each.problems)
    persons = held.resources.pop("Patient", [])
    if not persons:
        notices.append("There is no Patient resource: age, sex and whether the patient lives are unknown.")
    lost = set(KINDS) if "all" in gathering.lost else set(gathering.lost)
    if gathering.next_links:
        lost = set(KINDS)
        notices.append("A Bundle is only one page of a search; it does not vouch for anything.")
    vouched, vouched_by = _vouched(gathering, door, lost)
    return Record(
        patient=patient,
        person=cast("Patient", persons[0][1]) if persons else None,
        resources=held.resources | _devices(held, shared),
        drafts=sorted((each.type, each.ref) for each in drafts),
        unreadable=sorted(held.unreadable),
        problems=sorted(problems),
        conflicts=tuple(sorted(held.conflicts | shared.conflicts)),
        skipped=_skipped(sorting, patient, alone=alone),
        vouched=vouched,
        vouched_by=vouched_by,
        lost=frozenset(lost),
        notices=tuple(sorted(notices)),
        origin=origin,
        full_urls=gathering.full_urls,
        medications=sorting.medications,
    )


def _devices(held: "_Held", shared: "_Held") -> dict[str, list[tuple[str, Resource]]]:
    """Devices of nobody stand beside the patient's: a statement of use may point to them."""
    devices = [*held.resources.get("Device", []), *shared.resources.get("Device", [])]
    return {"Device": devices} if devices else {}


def _skipped(sorting: _Sorting, patient: str, *, alone: bool) -> dict[str, int]:
    counts = dict(sorting.skipped.get(patient, {}))
    if alone:
        for kind, count in sorting.skipped.get("", {}).items():
            counts[kind] = counts.get(kind, 0) + count
    return dict(sorted(counts.items()))


def _vouched(gathering: Gathering, door: Door, lost: set[str]) -> tuple[frozenset[str], str]:
    by = gathering.shape
    if by in door.vouches:
        found = set(door.vouches[by])
    elif by in ("prefetch", "server"):
        found = set(gathering.satisfied)
    else:
        found = {VOUCHING[kind] for kind in gathering.types if kind in VOUCHING}
    return frozenset(found & set(KINDS) - lost), by


class _Held:
    """One patient's resources, each reference once; what differs without a newer version is a conflict."""

    def __init__(self) -> None:
        self.resources: dict[str, list[tuple[str, Resource]]] = {}
        self.unreadable: set[Unreadable] = set()
        self.problems: set[Problem] = set()
        self.conflicts: set[str] = set()
        self._seen: dict[str, list[Resource]] = {}

    def add(self, each: Decoded) -> None:
        """Take in one resource."""
        if each.problems:
            self.problems.update(each.problems)
        if each.resource is None:
            self.unreadable.add(Unreadable(each.type, each.ref))
            return
        known = self._seen.get(each.ref)
        if known is None:
            self._seen[each.ref] = [each.resource]
            self.resources.setdefault(each.type, []).append((each.ref, each.resource))
        else:
            self._add_again(each.type, each.ref, each.resource, known)

    def settle(self) -> None:
        """Put conflicting resources into an order that does not depend on how they came."""
        for kind in {ref.partition("/")[0] for ref in self.conflicts}:
            self.resources[kind].sort(key=lambda pair: (pair[0], msgspec.json.encode(pair[1])))

    def _add_again(self, kind: str, ref: str, resource: Resource, known: list[Resource]) -> None:
        order = _compare(_updated(resource), _updated(known[0]))
        if order < 0 or any(_same(resource, each) for each in known):
            return
        if order > 0:
            known.clear()
            self.conflicts.discard(ref)
            self.resources[kind] = [pair for pair in self.resources[kind] if pair[0] != ref]
        else:
            self.conflicts.add(ref)
        known.append(resource)
        self.resources[kind].append((ref, resource))


def _updated(resource: Resource) -> str:
    return resource.meta.last_updated if resource.meta is not None else ""


def _compare(one: str, other: str) -> int:
    """Which was changed later: 1, -1, or 0 where that cannot be said."""
    if not one or not other or one == other:
        return 0
    try:
        first, second = datetime.fromisoformat(one), datetime.fromisoformat(other)
        return (first > second) - (first < second)
    except (ValueError, TypeError):
        return 0


def _same(one: Resource, other: Resource) -> bool:
    return bool(msgspec.structs.replace(one, meta=None) == msgspec.structs.replace(other, meta=None))
