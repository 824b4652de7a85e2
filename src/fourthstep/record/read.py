"""From any source to one patient's record: read everything, then decide whose it is and what it vouches for.

>>> record = read_record({"resourceType": "Patient", "id": "7", "birthDate": "1950-01-01"})
>>> record.patient, sorted(record.vouched)
('7', [])
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from fourthstep.ground.errors import RecordError
from fourthstep.record.decode import Decoded, Problem
from fourthstep.record.gather import BROKEN, KIND_OF, VOUCHING, Gathering
from fourthstep.record.record import KINDS, Door, Record, Unreadable
from fourthstep.record.references import bare_id, conditional, is_patient, normal_reference
from fourthstep.record.resources import Medication, Patient, Resource
from fourthstep.record.sources import MAX_BYTES, Document, Lines, document, documents_of, strangers

Source = str | Path | bytes | bytearray | memoryview | dict[str, Any] | Sequence[Any]
SHARED = ("Medication", "Device")
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


def read_records(source: Source, *, policy_door: Door | None = None, max_bytes: int = MAX_BYTES) -> Iterator[Record]:
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


class Around(msgspec.Struct, kw_only=True):
    """What of an export concerns every patient that it holds, where the patients are read bucket by bucket."""

    types: set[str] = set()
    lost: set[str] = set()
    notices: dict[str, int] = {}
    broken: list[Problem] = []
    broken_of: dict[str, dict[str, str]] = {}
    """Patient -> place of a line of theirs that was cut -> its type."""
    nobodys: set[str] = set()
    """Types of which a resource names no patient, and may be anybody's."""
    others: int = 0
    """How many belong to a group, a device or a place."""


def read_bucket(lines: Iterable[bytes], around: Around, door: Door, origin: str) -> Iterator[Record]:
    """The records of the patients of one bucket, as `read_records` reads them out of the whole export.

    Args:
        lines: every line of these patients, and the products and devices that belong to nobody.
        around: what the whole export holds beside them.
        door: what the hospital's policy says of this way in.
        origin: the name of the export.
    """
    gathering = Gathering(prefetch_kinds=door.prefetch)
    for line in lines:
        gathering.add_line(line)
    gathering.shape = "export"
    gathering.types, gathering.lost, gathering.notices = around.types, around.lost, around.notices
    gathering.broken, gathering.broken_of = around.broken, around.broken_of
    sorting = _Sorting(gathering)
    sorting.nobodys = [Decoded(kind, "", None, "") for kind in sorted(around.nobodys)]
    sorting.others = around.others
    for patient in sorted(sorting.by_patient):
        yield _record(gathering, sorting, patient, door, origin)


def place_of(each: Decoded) -> str | None:
    """The id of the patient that a resource of an export belongs to; None where it names none."""
    if each.type == "Patient":
        return bare_id(each.ref)
    return owner_of(each.subject)


def owner_of(subject: str) -> str | None:
    """The patient's id of a reference; None where it points to no patient."""
    target = normal_reference(subject)
    if not target or target.startswith("#") or not is_patient(target):
        return None
    return bare_id(target)


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
        raise RecordError("A server is read with `read_from_server` (command line: `--server`), not as a file.")
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
            f"input: larger than {max_bytes // 1_048_576} MB, too large for one patient's record.  "
            "Send less or raise the limit."
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
            raise RecordError(f"{each.name}: no line of this file is a FHIR resource; NDJSON of FHIR R4 was expected.")
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
        self.others = 0
        """How many belong to a group, a device or a place."""
        self.persons: set[str] = set()
        self._full_urls = gathering.full_urls
        self._keys: dict[str, str | None] = {"": None}
        self._identifiers = _identifiers(gathering.decoded)
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
        elif each.type in SHARED:
            self.shared.add(each)
        elif not each.subject or each.subject.startswith("#"):
            self.nobodys.append(each)
        else:
            self.others += 1

    def _key(self, subject: str) -> str | None:
        """The patient's id of a reference; None where it points to no patient."""
        if subject in self._keys:
            return self._keys[subject]
        target = self._full_urls.get(subject) or normal_reference(subject)
        key = None
        if is_patient(target) and not target.startswith("#"):
            wanted = conditional(target)
            key = (self._identifiers.get(wanted[1:]) if wanted else None) or bare_id(target)
        self._keys[subject] = key
        return key


def _identifiers(decoded: Sequence[Decoded]) -> dict[tuple[str, str], str]:
    """System and value of the patients' identifiers, for references such as `Patient?identifier=...`."""
    return {
        (identifier.system, identifier.value): bare_id(each.ref)
        for each in decoded
        if isinstance(each.resource, Patient)
        for identifier in each.resource.identifier
    }


_GIVE_PATIENT = "Say whose record is wanted with `patient=` (command line: `--patient`)"


def _must_hold(sorting: _Sorting, wanted: str) -> None:
    if wanted not in sorting.by_patient:
        raise RecordError("The wanted patient is not in the source.  Check the id; it is the `id` of the Patient resource.")


def _only_patient(sorting: _Sorting, context: str, shape: str) -> str:
    """The one patient of the source.

    Raises:
        RecordError: none, or more than one: mixing two patients is the worst mistake a reader can make.
    """
    if len(sorting.persons) > 1:
        where = "The export" if shape == "export" else "The source"
        raise RecordError(
            f"{where} holds {len(sorting.persons)} patients, and one was expected.  {_GIVE_PATIENT}, "
            "or assess them one by one."
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
        notices.append("Resources that name no patient were not used; silence about their kinds counts as unknown.")
    if sorting.others:
        notices.append("Resources about a group, a device or a place were not used.")
    held, shared = _Held(), sorting.shared
    for each in own:
        held.add(each)
    held.settle()
    drafts = [each for key, each in sorting.drafts if key in (None, patient)]
    if len(drafts) < len(sorting.drafts):
        notices.append("Draft orders that name another patient were not used.")
    cut = gathering.broken_of.get(patient, {})
    problems = {*held.problems, *shared.problems, *gathering.broken, *(Problem(place, "", "broken-line") for place in cut)}
    problems.update(problem for each in drafts for problem in each.problems)
    persons = held.resources.pop("Patient", [])
    if not persons:
        notices.append("There is no Patient resource: age, sex and whether the patient lives are unknown.")
    lost = set(KINDS) if "all" in gathering.lost else set(gathering.lost)
    lost |= {KIND_OF[kind] for kind in cut.values() if kind in KIND_OF}
    if cut and BROKEN not in gathering.notices:
        notices.append(BROKEN)
    if not alone:
        lost |= {KIND_OF[each.type] for each in sorting.nobodys if each.type in KIND_OF}
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
    """One patient's resources, each reference once; what differs without a newer version is a conflict.

    Versions that differ are all kept, in an order of their own, so that the arrival decides nothing.
    """

    def __init__(self) -> None:
        self.resources: dict[str, list[tuple[str, Resource]]] = {}
        self.unreadable: set[Unreadable] = set()
        self.problems: set[Problem] = set()
        self.conflicts: set[str] = set()
        self._first: dict[str, Resource] = {}
        self._again: dict[str, list[Resource]] = {}

    def add(self, each: Decoded) -> None:
        """Take in one resource."""
        if each.problems:
            self.problems.update(each.problems)
        if each.resource is None:
            self.unreadable.add(Unreadable(each.type, each.ref))
        elif each.ref in self._first:
            self._again.setdefault(each.ref, [self._first[each.ref]]).append(each.resource)
        else:
            self._first[each.ref] = each.resource
            self.resources.setdefault(each.type, []).append((each.ref, each.resource))

    def settle(self) -> None:
        """Decide which of several versions stand, when all have come."""
        standing = {ref: _standing(versions) for ref, versions in self._again.items()}
        self.conflicts = {ref for ref, versions in standing.items() if len(versions) > 1}
        for kind in {type(versions[0]).__name__ for versions in standing.values()}:
            single = [pair for pair in self.resources[kind] if pair[0] not in standing]
            several = [(ref, each) for ref in sorted(standing) for each in standing[ref] if type(each).__name__ == kind]
            self.resources[kind] = single + several


def _standing(versions: list[Resource]) -> list[Resource]:
    """The versions that no newer one replaces, each content once; a version without a date is never replaced."""
    dated = [(_updated(each), each) for each in versions]
    newest = max((moment for moment, _ in dated if moment is not None), default=None)
    standing: list[Resource] = []
    for moment, each in dated:
        if moment in (None, newest) and not any(_same(each, known) for known in standing):
            standing.append(each)
    return sorted(standing, key=_content)


def _updated(resource: Resource) -> datetime | None:
    """When it was changed last, as an instant; None where that is not said, or not to be compared."""
    try:
        moment = datetime.fromisoformat(resource.meta.last_updated if resource.meta is not None else "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _content(resource: Resource) -> tuple[bool, bytes]:
    """An order of versions; of a person, the one that says death comes first."""
    alive = isinstance(resource, Patient) and not (resource.deceased_boolean or resource.deceased_date_time)
    return alive, msgspec.json.encode(msgspec.structs.replace(resource, meta=None))


def _same(one: Resource, other: Resource) -> bool:
    return bool(msgspec.structs.replace(one, meta=None) == msgspec.structs.replace(other, meta=None))
