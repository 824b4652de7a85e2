"""The gather pass: one file of an export, its resources spread by patient into buckets on disk.

What means nothing to us leaves only its type and its patient; what belongs to nobody (products, devices) goes to a
bucket that all patients share.  One call works on one file and shares nothing, so that any pool can make it.
"""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from fourthstep.assessment.assess import SCOPE_TYPES
from fourthstep.ground.errors import RecordError
from fourthstep.record.decode import peek
from fourthstep.record.gather import KIND_OF, Gathering, told_by
from fourthstep.record.read import SHARED, Around, owner_of
from fourthstep.record.references import conditional
from fourthstep.record.sources import Lines, is_lines
from fourthstep.screen.documents import Document, Manifest

COMMON = "shared.ndjson"
"""Where all patients' lines go."""
DECIDING = ".ndjson"
"""What decides whether a patient is in scope, after the number of the bucket."""
MORE = "-more.tsv"
"""What only an assessment reads, each line after the mark of its patient."""
_HOMES = 50_000
"""Patients whose bucket is remembered."""
DONE = "done.json"

OUTCOMES = "OperationOutcome"


class Fault(msgspec.Struct, frozen=True, order=True):
    """A line, or a file, that could not be used: by its place, never by its content."""

    file: str
    line: int
    """In a JSON file the number of the resource; 0: the file as a whole."""
    reason: str


class Gathered(msgspec.Struct, kw_only=True):
    """What one file gave beside its lines."""

    name: str
    sha256: str
    lines: int
    seen: dict[str, int]
    """Resource type -> lines."""
    around: Around
    faults: list[Fault]
    manifest: Manifest | None = None


def bucket_of(patient: str, buckets: int) -> int:
    """The bucket of a patient: the same on every machine and in every run."""
    return int.from_bytes(hashlib.sha256(patient.encode()).digest()[:8]) % buckets


def home_of(name: str) -> int | None:
    """The bucket that a line goes to by the name that stands before it; None for what all buckets share."""
    return None if name == COMMON else int(name.removesuffix(MORE).removesuffix(DECIDING))


def mark_of(patient: str) -> bytes:
    """What stands before a patient's lines: the same length for every id, and nothing that could end a line."""
    return hashlib.sha256(patient.encode()).hexdigest()[:24].encode()


def spread(path: Path, out: Path, buckets: int) -> Gathered:
    """Spread one file into `out`; what was done before is not done again.

    Raises:
        OSError: the folder cannot be written.
    """
    done = out / DONE
    if done.is_file():
        return msgspec.json.decode(done.read_bytes(), type=Gathered)
    part = out.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    spreading = Spreading(path, buckets)
    files: dict[str, IO[bytes]] = {}
    try:
        for name, line in spreading:
            file = files.get(name)
            if file is None:
                file = files[name] = (part / name).open("wb")
            file.write(line + b"\n")
    finally:
        for each in files.values():
            each.close()
    gathered = spreading.gathered()
    (part / DONE).write_bytes(msgspec.json.encode(gathered))
    shutil.rmtree(out, ignore_errors=True)
    part.rename(out)
    return gathered


class Spreading:
    """One file on its way into the buckets: lines, each after the name of where it goes; then what was gathered beside them.

    The name is that of a file here, and a key on a cluster; both read it with `home_of`.
    """

    def __init__(self, path: Path, buckets: int) -> None:
        self._path, self._buckets = path, buckets
        self._gathering = Gathering()
        self._faults: list[Fault] = []
        self._seen: dict[str, int] = {}
        self._nobodys: set[str] = set()
        self._untyped: list[str] = []
        """Places of broken lines that do not tell their type."""
        self._lines = self._others = 0
        self._manifest: Manifest | None = None
        self._homes: dict[str, tuple[str, bytes] | None] = {}

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Read every resource; a damaged file ends early and is a fault."""
        name = self._path.name
        source = Lines(name, self._path) if is_lines(name) else Document(self._path)
        number = 0
        try:
            for number, line in source:
                self._lines += 1
                placed = self._add(number, line)
                if placed is not None:
                    yield placed
        except RecordError as error:
            self._fault(number + 1, "file-damaged-from-here", self._lost_here())
            self._gathering.notice(str(error))
        for place in self._untyped:
            self._gathering.add_broken(place, self._only_type(), "")
        self._manifest = self._told_by(source) if isinstance(source, Document) else None

    def gathered(self) -> Gathered:
        """What the file gave beside its lines, after the last of them."""
        gathering = self._gathering
        around = Around(types=gathering.types, lost=gathering.lost, notices=gathering.notices, broken=gathering.broken,
                        broken_of=gathering.broken_of, nobodys=self._nobodys, others=self._others)  # fmt: skip
        with self._path.open("rb") as raw:
            sha256 = hashlib.file_digest(raw, "sha256").hexdigest()
        return Gathered(name=self._path.name, sha256=sha256, lines=self._lines, seen=self._seen, around=around,
                        faults=self._faults, manifest=self._manifest)  # fmt: skip

    def _told_by(self, document: Document) -> Manifest | None:
        """What a JSON file says beside its resources."""
        if document.strange:
            self._fault(0, "entries-that-are-no-resource", "all")
        if document.goes_on:
            self._fault(0, "only-one-page-of-a-search", "all")
        return document.manifest

    def _only_type(self) -> str:
        """The type of which this file holds nothing but, by its name and by all its lines; empty where there is none."""
        kinds = [kind for kind in self._seen if kind.lower() in self._path.name.lower()]
        return kinds[0] if len(self._seen) == 1 and kinds else ""

    def _lost_here(self) -> str:
        kind = self._only_type()
        return KIND_OF.get(kind, "") if kind else "all"

    def _add(self, number: int, line: bytes) -> tuple[str, bytes] | None:
        gathering = self._gathering
        try:
            if b'"Bundle"' in line and peek(line) == "Bundle":
                self._fault(number, "bundle-in-a-line", "all")
                return None
            known = gathering.add_line(line)
        except RecordError:
            self._fault(number, "other-fhir-version", KIND_OF.get(peek(line), "all"))
            return None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            place, (kind, patient) = f"{self._path.name}:{number}", told_by(line)
            if kind:
                gathering.add_broken(place, kind, patient)
            else:
                self._untyped.append(place)
            self._faults.append(Fault(self._path.name, number, "not-valid-json"))
            return None
        if not known:
            gathering.notice(f"{self._path.name}: lines that are not FHIR resources were ignored.")
        elif gathering.decoded:
            return self._place(number, line)
        elif gathering.skipped:
            (subject, kind), _ = gathering.skipped.popitem()
            self._seen[kind] = self._seen.get(kind, 0) + 1
            home = self._home(subject)
            if home is not None:
                return _more(home, msgspec.json.encode({"resourceType": kind, "subject": {"reference": subject}}))
        elif peek(line) == OUTCOMES:
            self._seen[OUTCOMES] = self._seen.get(OUTCOMES, 0) + 1
        return None

    def _home(self, subject: str) -> tuple[str, bytes] | None:
        """Bucket and mark of the patient of a reference; remembered, for a file names the same patients again and again."""
        if subject not in self._homes:
            if len(self._homes) >= _HOMES:
                self._homes.clear()
            owner = owner_of(subject)
            self._homes[subject] = None if owner is None else (str(bucket_of(owner, self._buckets)), mark_of(owner))
        return self._homes[subject]

    def _place(self, number: int, line: bytes) -> tuple[str, bytes] | None:
        each = self._gathering.decoded.pop()
        self._seen[each.type] = self._seen.get(each.type, 0) + 1
        if each.type != "Patient" and "?" in each.subject and conditional(each.subject):
            self._fault(number, "patient-named-by-a-search", KIND_OF.get(each.type, ""))
            return None
        home = self._home(each.ref if each.type == "Patient" else each.subject)
        if home is not None:
            return (home[0] + DECIDING, line) if each.type in SCOPE_TYPES else _more(home, line)
        if each.type in SHARED:
            return COMMON, line
        if not each.subject or each.subject.startswith("#"):
            self._nobodys.add(each.type)
        else:
            self._others += 1
        return None

    def _fault(self, number: int, reason: str, lost: str) -> None:
        self._faults.append(Fault(self._path.name, number, reason))
        if lost:
            self._gathering.lost.add(lost)


def _more(home: tuple[str, bytes], line: bytes) -> tuple[str, bytes]:
    return home[0] + MORE, home[1] + b"\t" + line
