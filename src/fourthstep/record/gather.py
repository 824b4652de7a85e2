"""Collect the resources of a source, whatever its shape, before anybody asks whose they are."""

import re
from typing import Any

import msgspec

from fourthstep.ground.errors import RecordError
from fourthstep.record.decode import Any_, Decoded, Problem, accept, any_decoder, decode, owner, peek
from fourthstep.record.references import bare_id, is_patient, normal_reference
from fourthstep.record.resources import TYPES, CodeableConcept, Element, Resource
from fourthstep.record.sources import Document, Lines, not_json
from fourthstep.record.versions import FOREIGN_TYPES

KIND_OF = {
    "Condition": "condition",
    "MedicationRequest": "drug",
    "MedicationStatement": "drug",
    "MedicationAdministration": "drug",
    "MedicationDispense": "drug",
    "Medication": "drug",
    "Procedure": "procedure",
    "AllergyIntolerance": "allergy",
    "Encounter": "encounter",
}
"""What a lost resource of a type could have been."""
VOUCHING = {
    "Condition": "condition",
    "MedicationRequest": "drug",
    "MedicationStatement": "drug",
    "Procedure": "procedure",
    "AllergyIntolerance": "allergy",
    "Encounter": "encounter",
}
"""Types whose presence vouches for a kind; what was given or handed out is no list of what is taken."""
PREFETCH = {
    "condition": "condition",
    "problem": "condition",
    "diagnosis": "condition",
    "diagnose": "condition",
    "medicationrequest": "drug",
    "medicationstatement": "drug",
    "medication": "drug",
    "procedure": "procedure",
    "allergy": "allergy",
    "allergie": "allergy",
    "allergyintolerance": "allergy",
    "encounter": "encounter",
}
"""Prefetch keys (without plural and punctuation) that say what was asked for."""
BROKEN = "Lines that are not valid JSON could not be read; the record may be incomplete."
OUTCOME = "The source reports errors (OperationOutcome); what it sent may be incomplete."
_DEEPEST = 3
_TYPES_IN = re.compile(rb'"resourceType"\s*:\s*"(\w{1,64})"')
_OWNERS_IN = re.compile(rb'"(?:subject|patient)"\s*:\s*\{\s*"reference"\s*:\s*"([^"\\?#]{1,200})"')


class _Request(Element):
    method: str = ""


class _Entry(Element):
    full_url: str = ""
    resource: msgspec.Raw = msgspec.Raw()
    request: _Request | None = None


class _Link(Element):
    relation: str = ""
    url: str = ""


class _Bundle(Element):
    type: str = ""
    entry: tuple[_Entry, ...] = ()
    link: tuple[_Link, ...] = ()


class _PlainEntry(Element):
    """An entry whose resource is decoded in the same pass."""

    full_url: str = ""
    resource: Any_ | None = None  # type: ignore[valid-type]  # built from lists of types
    request: _Request | None = None


class _PlainBundle(Element, tag_field="resourceType", tag="Bundle"):
    """A Bundle in which nothing needs a second look: most Bundles."""

    type: str = ""
    entry: tuple[_PlainEntry, ...] = ()
    link: tuple[_Link, ...] = ()


class _Issue(Element):
    severity: str = ""
    code: str = ""
    details: CodeableConcept | None = None


class _Outcome(Element):
    issue: tuple[_Issue, ...] = ()


class _Hook(Element):
    hook: str = ""
    context: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)
    prefetch: dict[str, msgspec.Raw] = msgspec.field(default_factory=dict)


class _Wrapped(Element):
    """An item of CDS Hooks 1.0 prefetch: the resource beside the response's status."""

    resource: msgspec.Raw = msgspec.Raw()


_plain_decoder = msgspec.json.Decoder(_PlainBundle)
_bundle_decoder = msgspec.json.Decoder(_Bundle)
_outcome_decoder = msgspec.json.Decoder(_Outcome)
_hook_decoder = msgspec.json.Decoder(_Hook)
_wrapped_decoder = msgspec.json.Decoder(_Wrapped)
_array_decoder = msgspec.json.Decoder(list[msgspec.Raw])


class Gathering:
    """What came, in one pass: decoded resources, counts of the rest, and what was lost on the way."""

    def __init__(self, wanted: str = "", prefetch_kinds: dict[str, tuple[str, ...]] | None = None) -> None:
        self.decoded: list[Decoded] = []
        self.drafts: list[Decoded] = []
        self.skipped: dict[tuple[str, str], int] = {}
        """Subject and type -> how many."""
        self.types: set[str] = set()
        self.full_urls: dict[str, str] = {}
        self.notices: dict[str, int] = {}
        """Notice -> how often."""
        self.lost: set[str] = set()
        """Kinds of which something was lost, or all."""
        self.broken: list[Problem] = []
        self.broken_of: dict[str, dict[str, str]] = {}
        """Patient -> place of a line of theirs that was cut -> its type."""
        self.shape = "file"
        self.context_patient = ""
        self.satisfied: set[str] = set()
        self.next_links: list[str] = []
        self._wanted = wanted.encode()
        self._prefetch_kinds = prefetch_kinds or {}
        self._drafting = False

    # -- documents ---------------------------------------------------------------------------------------

    def add(self, source: Document | Lines, *, lenient: bool = False) -> None:
        """Take in one document or one file of lines; `lenient` turns "not FHIR" into a notice.

        Raises:
            RecordError: not JSON, not FHIR, too deep, or of another FHIR version.
        """
        if isinstance(source, Lines):
            self._add_lines(source)
            return
        try:
            known = self._add_document(source.data)
        except RecursionError:
            raise RecordError(
                f"{source.name}: nested too deeply to be FHIR, which needs a few dozen levels at most."
            ) from None
        except RecordError as error:
            raise RecordError(f"{source.name}: {error}") from None
        except msgspec.DecodeError as error:
            if "trailing characters" in str(error) and self._is_lines(source.data):
                self._add_lines(Lines(source.name, data=source.data))
                return
            raise not_json(source.name, source.data, error) from None
        if not known and lenient:
            self.notice("A JSON file without any FHIR resource was ignored.")
        elif not known:
            raise RecordError(
                f"{source.name}: JSON, but not FHIR: there is no `resourceType`.  A Bundle, a resource, an "
                "array of resources, NDJSON or a CDS Hooks request was expected."
            )

    def seen(self) -> int:
        """How much was recognised as FHIR so far."""
        others = len(self.broken) + len(self.broken_of) + len(self.satisfied) + bool(self.context_patient)
        return len(self.decoded) + len(self.drafts) + len(self.types) + sum(self.skipped.values()) + others

    def notice(self, text: str) -> None:
        """Note something that a reader should know."""
        self.notices[text] = self.notices.get(text, 0) + 1

    def _is_lines(self, data: bytes) -> bool:
        first = data.lstrip().split(b"\n", 1)[0]
        try:
            return bool(peek(first))
        except msgspec.DecodeError:
            return False

    def _add_document(self, data: bytes) -> bool:
        if data.lstrip()[:1] == b"[":
            items = _array_decoder.decode(data)
            found = [self.add_resource(item) for item in items]
            return any(found)
        kind = peek(data)
        if kind:
            return self.add_resource(data, kind=kind)
        return self._add_hook(data)

    def _add_lines(self, source: Lines) -> None:
        self.shape = "export"
        for number, line in source:
            try:
                known = self.add_line(line)
            except RecordError as error:
                raise RecordError(f"{source.name}:{number}: {error}") from None
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self.add_broken(f"{source.name}:{number}", *told_by(line))
                continue
            if not known:
                self.notice(f"{source.name}: lines that are not FHIR resources were ignored.")

    def add_line(self, line: bytes) -> bool:
        """Take in one resource; False where the line is not FHIR.

        Raises:
            RecordError: it is of another FHIR version.
            msgspec.DecodeError: it is not JSON.
        """
        if self._wanted and self._wanted not in line and self._is_anothers(line):
            return True
        try:
            resource = any_decoder.decode(line)
        except (msgspec.ValidationError, UnicodeDecodeError):
            return self.add_resource(line)
        self._add_decoded(resource, "", line)
        return True

    def _is_anothers(self, line: bytes) -> bool:
        """Is a line without the wanted id whole, and surely another patient's?  Its type is noted."""
        kind = peek(line) if line.endswith(b"}") else ""
        named = kind == "Patient" or b'"subject"' in line or b'"patient"' in line
        if kind not in TYPES or kind in ("Medication", "Device") or not named:
            return False
        self.types.add(kind)
        return True

    def add_broken(self, place: str, kind: str, patient: str) -> None:
        """A line that is not JSON: whatever it could have been is lost, to its patient where it tells whose it was.

        Args:
            place: file and line.
            kind: its resource type; empty where that cannot be told.
            patient: the id of its patient; empty where that cannot be told.
        """
        if kind and patient:
            self.broken_of.setdefault(patient, {})[place] = kind
            return
        if kind in KIND_OF or not kind:
            self.lost.add(KIND_OF.get(kind, "all"))
        self.broken.append(Problem(place, "", "broken-line"))
        self.notice(BROKEN)

    # -- resources ---------------------------------------------------------------------------------------

    def add_resource(self, raw: bytes | msgspec.Raw, full_url: str = "", *, kind: str | None = None, depth: int = 0) -> bool:
        """Take in one resource, or all of a Bundle; False where it is not a FHIR resource.

        Raises:
            RecordError: it is of another FHIR version, or Bundles stand in each other without end.
        """
        kind = peek(raw) if kind is None else kind
        if kind in TYPES:
            self._keep(self._decode(raw, kind, full_url), full_url)
            return True
        if kind == "Bundle":
            return self._add_bundle(raw, depth)
        if kind == "OperationOutcome":
            self._add_outcome(raw)
            return True
        if kind in FOREIGN_TYPES:
            raise RecordError(
                f"{kind} is a resource of FHIR {FOREIGN_TYPES[kind]}, and FHIR R4 was expected.  "
                "Convert the record to R4 (4.0.1) first, or ask the sender for R4."
            )
        if kind:
            key = (owner(raw), kind)
            self.skipped[key] = self.skipped.get(key, 0) + 1
        return bool(kind)

    def _decode(self, raw: bytes | msgspec.Raw, kind: str, full_url: str) -> Decoded:
        """Decode one resource; a draft of another FHIR version is no reason to refuse the record."""
        try:
            return decode(raw, kind, full_url)
        except RecordError:
            if not self._drafting:
                raise
            ref = f"{kind}/~draft"
            return Decoded(kind, ref, None, owner(raw), (Problem(ref, "", "foreign-version"),))

    def _keep(self, found: Decoded, full_url: str) -> None:
        (self.drafts if self._drafting else self.decoded).append(found)
        self.types.add(found.type)
        if full_url:
            self.full_urls[full_url] = min(found.ref, self.full_urls.get(full_url, found.ref))

    def _add_decoded(self, resource: Any, full_url: str, raw: bytes | None = None) -> None:
        if isinstance(resource, Resource):
            self._keep(accept(resource, full_url, raw), full_url)
            return
        found = resource.subject or resource.patient
        key = (found.reference if found is not None else "", type(resource).__name__)
        self.skipped[key] = self.skipped.get(key, 0) + 1

    def _add_plain_bundle(self, raw: bytes | msgspec.Raw) -> bool:
        """The fast way: the whole Bundle in one pass; False where something in it needs a second look."""
        try:
            bundle = _plain_decoder.decode(raw)
        except (msgspec.ValidationError, UnicodeDecodeError):
            return False
        for entry in bundle.entry:
            if entry.resource is not None:
                self._add_decoded(entry.resource, entry.full_url)
            else:
                self._note_deletion(entry.request)
        self._note_links(bundle.link)
        return True

    def _note_deletion(self, request: _Request | None) -> None:
        if request is not None and request.method == "DELETE":
            self.notice("The Bundle asks for deletions; they were not applied.")

    def _note_links(self, links: tuple[_Link, ...]) -> None:
        self.next_links += [link.url for link in links if link.relation == "next"]

    def _add_bundle(self, raw: bytes | msgspec.Raw, depth: int) -> bool:
        if not self._drafting and self._add_plain_bundle(raw):
            return True
        if depth > _DEEPEST:
            raise RecordError("Bundles stand in Bundles more than three deep; send one Bundle of resources.")
        for entry in self._entries(raw):
            if len(entry.resource):
                if not self.add_resource(entry.resource, entry.full_url, depth=depth + 1):
                    self.notice("Bundle entries that are not FHIR resources were ignored.")
                    self.lost.add("all")
            else:
                self._note_deletion(entry.request)
        return True

    def _entries(self, raw: bytes | msgspec.Raw) -> tuple[_Entry, ...]:
        try:
            bundle = _bundle_decoder.decode(raw)
        except msgspec.ValidationError:
            bundle = self._sound_part(raw)
        self._note_links(bundle.link)
        return bundle.entry

    def _sound_part(self, raw: bytes | msgspec.Raw) -> _Bundle:
        """The readable entries of a malformed Bundle."""
        tree = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        found: list[_Entry] = []
        try:
            items = _array_decoder.decode(tree.get("entry", msgspec.Raw(b"[]")))
        except msgspec.ValidationError:
            items = []
            self.lost.add("all")
        for item in items:
            try:
                found.append(msgspec.json.decode(item, type=_Entry))
            except msgspec.ValidationError:
                self.lost.add("all")
                self.broken.append(Problem(f"Bundle.entry[{len(self.broken)}]", "", "malformed-element"))
        self.notice("The Bundle is malformed in parts; the readable entries were used.")
        return _Bundle(entry=tuple(found))

    def _add_outcome(self, raw: bytes | msgspec.Raw) -> None:
        try:
            issues = _outcome_decoder.decode(raw).issue
        except msgspec.ValidationError:
            issues = (_Issue("error"),)
        if any(issue.severity in ("error", "fatal", "") for issue in issues) or not issues:
            self.lost.add("all")
            self.notice(OUTCOME)
        else:
            self.notice("The source reports warnings (OperationOutcome).")

    # -- CDS Hooks ---------------------------------------------------------------------------------------

    def _add_hook(self, data: bytes) -> bool:
        try:
            request = _hook_decoder.decode(data)
        except msgspec.ValidationError:
            return False
        if not request.prefetch and not request.context:
            return False
        self.shape = "prefetch"
        self.context_patient = _text(request.context.get("patientId"))
        for key, value in request.prefetch.items():
            self._add_prefetch(key, value)
        for key, value in request.context.items():
            if key == "draftOrders" or bytes(value).startswith(b"["):
                self._add_context(value)
        return True

    def _add_prefetch(self, key: str, value: msgspec.Raw) -> None:
        kinds = self._prefetch_kinds.get(key) or _asked(key)
        if bytes(value) == b"null":
            self.satisfied.update(kinds)
            return
        kind = peek(value)
        if not kind:
            value = _unwrap(value)
            kind = peek(value) if len(value) else ""
        lost_before, links_before, types_before = set(self.lost), len(self.next_links), set(self.types)
        if not kind or not self.add_resource(value, kind=kind):
            self.notice("Prefetch values that are not FHIR resources were ignored.")
            self.lost.update(kinds or ("all",))
            return
        failed = self.lost - lost_before or len(self.next_links) > links_before
        self.lost = lost_before
        new = {VOUCHING[each] for each in self.types - types_before if each in VOUCHING}
        if failed:
            self.notice("Part of the prefetch is an error or only a first page; it does not vouch for anything.")
            self.lost.update(kinds or new)
        elif kind == "Bundle":
            self.satisfied.update(kinds or new)
        else:
            self.satisfied.update(new)

    def _add_context(self, value: msgspec.Raw) -> None:
        """Draft orders: a Bundle in R4, a list of orders before."""
        self._drafting = True
        try:
            items = [value] if bytes(value).startswith(b"{") else _array_decoder.decode(value)
            for item in items:
                if bytes(item).startswith(b"{"):
                    self.add_resource(item)
        finally:
            self._drafting = False


def told_by(line: bytes) -> tuple[str, str]:
    """Type and patient's id that a line which is not JSON still tells; each empty where it does not.

    The patient is told only by a line of one resource that was cut at its end.  Whatever ends like a whole line could
    be the start of one and the rest of another, and the other one's patient would not know of the loss.
    """
    kinds = _TYPES_IN.findall(line)
    owners = {normal_reference(each.decode("utf-8", "replace")) for each in _OWNERS_IN.findall(line)}
    kind = kinds[0].decode() if kinds else ""
    whole = line.rstrip().endswith(b"}")
    if len(kinds) != 1 or len(owners) != 1 or whole or not is_patient(next(iter(owners))):
        return kind if len(set(kinds)) == 1 else "", ""
    return kind, bare_id(owners.pop())


def _asked(key: str) -> tuple[str, ...]:
    """The kinds that a prefetch key names: `medicationRequests`, `active-conditions`."""
    bare = re.sub(r"[^a-z]", "", key.lower())
    bare = re.sub(r"^(active|all|current)", "", bare)
    found = PREFETCH.get(bare) or PREFETCH.get(bare.removesuffix("s"))
    return (found,) if found else ()


def _unwrap(value: msgspec.Raw) -> msgspec.Raw:
    try:
        return _wrapped_decoder.decode(value).resource
    except msgspec.ValidationError:
        return msgspec.Raw()


def _text(raw: Any) -> str:
    if raw is None:
        return ""
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.ValidationError:
        return ""
