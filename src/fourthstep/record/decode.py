"""One resource from its JSON: decode what matters, repair what is only partly wrong.

A malformed element must not lose a resource, and a lost element must not change what the resource means:
where the status, the intent or a negation cannot be read, the whole resource is unreadable; where a part of a
value or of a dosage cannot be read, the whole value or dosage is dropped.
"""

import hashlib
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Union

import msgspec

from fourthstep.ground.errors import RecordError
from fourthstep.record.resources import IRRELEVANT, TYPES, Element, Irrelevant, Resource
from fourthstep.record.versions import foreign_element, foreign_resource

_HEAD = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]{1,64})"')
_PATH = re.compile(r"at `\$\.?(.*)`\Z")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")

_MODIFIERS = frozenset(
    {
        "status",
        "intent",
        "doNotPerform",
        "verificationStatus",
        "lifecycleStatus",
        "modifierExtension",
        "provision",
    }
)
"""Without one of these a resource could be read as its opposite."""
_WHOLE = frozenset({"dosageInstruction", "dosage", "dispenseRequest", "bodySite", "period"})
"""Elements that are dropped as a whole, because a part of them would be read as another amount or place."""
_DRUGS = frozenset({"MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense"})
_LARGEST_EXPONENT = 15
_STRANGE_NUMBER = re.compile(
    rb"""[:\[,]\s*"?\s*[+-]?[0-9._]+[eE][+-]?[0-9]  # a number with an exponent, or a text that is one
    | [0-9]{15}                                    # many digits
    | "\s*[+-]?(?:s?nan[0-9]*|inf(?:inity)?)\s*"   # no number at all
    | \\u | [\x80-\xff]                            # what may spell one of these in another way
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MOST_REPAIRS = 50

Any_ = Union[(*TYPES.values(), *IRRELEVANT)]  # type: ignore[valid-type]  # built from lists
"""Every resource type that is decoded at the first glance."""


class Problem(msgspec.Struct, frozen=True, order=True):
    """Something in the record that could not be read, by place and not by content."""

    ref: str
    path: str
    """FHIR path of the element, empty for the whole resource."""
    what: str
    """`malformed-element`, `unreadable-resource`, `broken-line`."""


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """A resource, or only its type and owner where nothing usable remains."""

    type: str
    ref: str
    resource: Resource | None
    subject: str
    """Reference to the patient as written, or empty."""
    problems: tuple[Problem, ...] = ()


class _Type(Element):
    resource_type: str = ""


_decoders = {name: msgspec.json.Decoder(kind) for name, kind in TYPES.items()}
any_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Any_)
"""Fails on what needs another look: malformed elements, rare or unknown types, no resource at all."""
_type_decoder = msgspec.json.Decoder(_Type)
_owner_decoder = msgspec.json.Decoder(msgspec.defstruct("Owner", [], bases=(Irrelevant,), rename="camel"))
_lax_decoder = msgspec.json.Decoder(float_hook=Decimal)
_number_encoder = msgspec.json.Encoder(decimal_format="number")


def peek(raw: bytes | msgspec.Raw) -> str:
    """The resource type, without decoding the resource; empty where there is none.

    Raises:
        msgspec.DecodeError: the text is not JSON.
    """
    found = _HEAD.match(raw)
    if found:
        return found[1].decode()
    try:
        return _type_decoder.decode(raw).resource_type
    except msgspec.ValidationError:
        return ""


def owner(raw: bytes | msgspec.Raw) -> str:
    """The reference to the patient of a resource that is otherwise irrelevant; empty where there is none."""
    tree = _lax_decoder.decode(raw)
    return _written_subject(tree) if isinstance(tree, dict) else ""


def decode(raw: bytes | msgspec.Raw, kind: str, full_url: str = "") -> Decoded:
    """Decode a resource of one of our types, with repairs where elements are malformed.

    Raises:
        RecordError: the resource is of another FHIR version.
        msgspec.DecodeError: the text is not JSON.
    """
    try:
        resource = _decoders[kind].decode(raw)
    except (msgspec.ValidationError, UnicodeDecodeError):
        return _repaired(raw, kind, full_url)
    return accept(resource, full_url)


def accept(resource: Any, full_url: str = "", raw: bytes | None = None) -> Decoded:
    """A resource that was decoded at the first glance, checked for its version and for absurd numbers.

    `raw`, where it is at hand, spares the search for absurd numbers in a text that holds none.

    Raises:
        RecordError: the resource is of another FHIR version.
    """
    kind = type(resource).__name__
    foreign = foreign_resource(resource)
    if foreign:
        raise wrong_version(kind, foreign)
    if kind in _DRUGS and (raw is None or _STRANGE_NUMBER.search(raw)) and _monstrous(resource):
        return _repaired(msgspec.json.encode(resource), kind, full_url)
    subject = resource.patient if kind in _PATIENTS else getattr(resource, "subject", None)
    identity = resource.id
    ref = f"{kind}/{identity}" if identity else reference_to(resource, full_url)
    return Decoded(kind, ref, resource, subject.reference if subject is not None else "")


_PATIENTS = frozenset({"AllergyIntolerance", "Consent", "Device"})
"""Types that call their patient `patient`."""


def reference_to(resource: Any, full_url: str) -> str:
    """How events point to a resource without id: by its full URL in the Bundle, or by its content."""
    kind = type(resource).__name__
    if full_url:
        return f"{kind}/{full_url.rsplit(':', 1)[-1].rsplit('/', 1)[-1]}"
    return f"{kind}/~{hashlib.sha256(_number_encoder.encode(resource)).hexdigest()[:12]}"


def wrong_version(kind: str, foreign: tuple[str, str]) -> RecordError:
    """The error for a resource of another FHIR version."""
    version, element = foreign
    return RecordError(
        f"{kind}: this looks like FHIR {version} (`{element}`), and FHIR R4 was expected.  "
        "Convert the record to R4 (4.0.1) first, or ask the sender for R4."
    )


# -- repair ----------------------------------------------------------------------------------------------


def _repaired(raw: bytes | msgspec.Raw, kind: str, full_url: str) -> Decoded:
    try:
        tree = _lax_decoder.decode(raw)
    except (UnicodeDecodeError, msgspec.ValidationError):
        tree = _lax_decoder.decode(bytes(raw).decode("utf-8", "replace").encode())
    if not isinstance(tree, dict):
        raise msgspec.DecodeError("a resource is a JSON object")
    foreign = foreign_element(kind, tree)
    if foreign:
        raise wrong_version(kind, foreign)
    subject, bare = _written_subject(tree), _bare(tree, kind)
    paths, resource = _drop_until_readable(tree, kind)
    named = resource if resource is not None and resource.id else bare
    ref = f"{kind}/{named.id}" if named.id else reference_to(named, full_url)
    problems = [Problem(ref, path, "malformed-element") for path in paths]
    if resource is None:
        problems.append(Problem(ref, "", "unreadable-resource"))
    return Decoded(kind, ref, resource, subject, tuple(problems))


def _bare(tree: dict[str, Any], kind: str) -> Any:
    """The resource with nothing but its id."""
    identity = tree.get("id")
    return TYPES[kind](id=identity if isinstance(identity, str) else "")


def _written_subject(tree: dict[str, Any]) -> str:
    for key in ("subject", "patient"):
        found = tree.get(key)
        reference = found.get("reference") if isinstance(found, dict) else None
        if isinstance(reference, str):
            return reference
    return ""


def _drop_until_readable(tree: dict[str, Any], kind: str) -> tuple[list[str], Resource | None]:
    """Drop one offending element after the other; None where a meaning would change or too much is wrong."""
    paths: list[str] = []
    while len(paths) < _MOST_REPAIRS:
        try:
            resource = _decoders[kind].decode(_number_encoder.encode(tree))
            wrong = _monstrous(resource)
            if not wrong:
                return paths, resource
        except msgspec.ValidationError as error:
            found = _PATH.search(str(error))
            wrong = found[1] if found else ""
        steps = _cut(_steps(wrong))
        if not steps or steps[0] in _MODIFIERS or not _drop(tree, steps):
            return [*paths, wrong], None
        paths.append(_written(steps))
    return paths, None


_Steps = list[str | int]


def _steps(path: str) -> _Steps:
    return [int(index) if index else name for name, index in _STEP.findall(path)]


def _written(steps: _Steps) -> str:
    return "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in steps).lstrip(".")


def _cut(steps: _Steps) -> _Steps:
    """How much must go: the element itself, or the whole value or dosage that it is a part of."""
    for at, step in enumerate(steps):
        if isinstance(step, str) and (step in _WHOLE or step.startswith("value")):
            return steps[: at + 2] if len(steps) > at + 1 and isinstance(steps[at + 1], int) else steps[: at + 1]
    return steps


def _drop(tree: Any, steps: _Steps) -> bool:
    """Remove one element; in a list, an empty object takes its place so that nothing else moves."""
    try:
        for step in steps[:-1]:
            tree = tree[step]
        last = steps[-1]
        if isinstance(tree, list) and isinstance(last, int) and tree[last] != {}:
            tree[last] = {}
        else:
            del tree[last]
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _monstrous(resource: Any) -> str:
    """The path of a number that no record can mean (infinite, 1e400); empty where there is none."""
    names = zip(resource.__struct_fields__, resource.__struct_encode_fields__, strict=True)
    return _first(_monstrous_value(getattr(resource, name), path) for name, path in names)


def _monstrous_value(value: Any, path: str) -> str:
    if isinstance(value, Decimal):
        return "" if is_sane(value) else path
    if isinstance(value, msgspec.Struct):
        inner = _monstrous(value)
        return f"{path}.{inner}" if inner else ""
    if isinstance(value, list | tuple):
        return _first(_monstrous_value(each, f"{path}[{at}]") for at, each in enumerate(value))
    return ""


def _first(texts: Iterable[str]) -> str:
    return next((each for each in texts if each), "")


def is_sane(value: Decimal) -> bool:
    """Could a person have meant this number?"""
    return value.is_finite() and (not value or abs(value.adjusted()) <= _LARGEST_EXPONENT)
