"""To which groups a patient belongs, for the question whether all are found alike: sex, age, language, race, ethnicity.

They are read for `equity.csv` only and decide nothing.  What is not recorded, or cannot be read, is a group of its own.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from fourthstep.ground.dates import AsOf, when, years_between
from fourthstep.record.decode import peek
from fourthstep.record.references import bare_id

NOT_RECORDED = "not recorded"
SEVERAL = "more than one"
DIMENSIONS = ("sex", "age", "language", "race", "ethnicity")
AGES = ((0, 17), (18, 44), (45, 64), (65, 74), (75, 84), (85, 150))
"""Bands for the table, both ends included; no rule rests on them."""
_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
"""US Core Race and Ethnicity extensions; `ombCategory` is a code of the value sets OMB Race and Ethnicity Categories."""
_CATEGORIES = {
    "1002-5": "American Indian or Alaska Native",
    "2028-9": "Asian",
    "2054-5": "Black or African American",
    "2076-8": "Native Hawaiian or Other Pacific Islander",
    "2106-3": "White",
    "2131-1": "Other Race",
    "2135-2": "Hispanic or Latino",
    "2186-5": "Not Hispanic or Latino",
}
_SEXES = ("female", "male", "other")

Groups = dict[str, str]
"""Dimension -> group."""


class _Person(msgspec.Struct, rename="camel"):
    """What is read of a Patient here; any shape, because nothing of it may stop a screening."""

    id: Any = ""
    meta: Any = None
    gender: Any = ""
    birth_date: Any = ""
    communication: Any = None
    extension: Any = None


_decoder = msgspec.json.Decoder(_Person)


def groups_of(lines: Iterable[bytes], as_of: AsOf) -> dict[str, Groups]:
    """The groups of every patient of whom there is a Patient resource among the lines; the newest version counts."""
    found: dict[str, tuple[str, bytes]] = {}
    persons: dict[str, _Person] = {}
    for line in lines:
        if b'"Patient"' not in line or peek(line) != "Patient":
            continue
        try:
            person = _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        patient, version = bare_id(_text(person.id)), (_text(_of(person.meta, "lastUpdated")), line)
        if patient not in found or found[patient] < version:
            found[patient], persons[patient] = version, person
    return {patient: _groups(person, as_of) for patient, person in persons.items()}


def not_recorded() -> Groups:
    """The groups of a patient of whom there is no Patient resource."""
    return dict.fromkeys(DIMENSIONS, NOT_RECORDED)


def _groups(person: _Person, as_of: AsOf) -> Groups:
    return {
        "sex": person.gender if person.gender in _SEXES else NOT_RECORDED,
        "age": _age(_text(person.birth_date), as_of),
        "language": _language(person.communication),
        "race": _category(person.extension, "race"),
        "ethnicity": _category(person.extension, "ethnicity"),
    }


def _age(birth: str, as_of: AsOf) -> str:
    """The band of the age; not recorded where a birth date that is not a day leaves it open."""
    try:
        born = when(birth)
    except ValueError:
        return NOT_RECORDED
    youngest, oldest = years_between(born.last, as_of.day), years_between(born.first, as_of.day)
    bands = [f"{first} to {last}" for first, last in AGES if first <= youngest and oldest <= last]
    return bands[0].replace(" to 150", " and over") if bands else NOT_RECORDED


def _language(communication: Any) -> str:
    """The preferred language, or the only one, by its BCP 47 code without the region."""
    spoken = _list(communication)
    chosen = [each for each in spoken if _of(each, "preferred") is True] or spoken
    codes = {_text(_of(coding, "code")).partition("-")[0].lower()
             for each in chosen for coding in _list(_of(_of(each, "language"), "coding"))}  # fmt: skip
    return _one({code for code in codes if code.isalpha() and len(code) in (2, 3)})


def _category(extensions: Any, name: str) -> str:
    codes = {
        _text(_of(_of(part, "valueCoding"), "code"))
        for each in _list(extensions)
        if _of(each, "url") == _US_CORE + name
        for part in _list(_of(each, "extension"))
        if _of(part, "url") == "ombCategory"
    }
    return _one({_CATEGORIES[code] for code in codes if code in _CATEGORIES})


def _one(names: set[str]) -> str:
    return SEVERAL if len(names) > 1 else next(iter(names), NOT_RECORDED)


def _of(tree: Any, key: str) -> Any:
    return tree.get(key) if isinstance(tree, dict) else None


def _list(tree: Any) -> list[Any]:
    return tree if isinstance(tree, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
