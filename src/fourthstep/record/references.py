"""References between resources, in all the ways in which senders write them.

>>> normal_reference("https://ehr.example/fhir/Encounter/7/_history/2")
'Encounter/7'
>>> normal_reference("Practitioner?identifier=a|b")
'Practitioner?identifier=a|b'
"""

import re

_ABSOLUTE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]+)?\Z")


def normal_reference(reference: str) -> str:
    """`Type/id` of a relative, absolute or versioned reference; other forms stay as they are."""
    if not reference or reference[0] == "#" or reference.startswith("urn:") or "?" in reference:
        return reference
    found = _ABSOLUTE.match(reference)
    return f"{found[1]}/{found[2]}" if found else reference


def bare_id(reference: str) -> str:
    """The id alone, of `Patient/7`, `urn:uuid:7` or `7`."""
    reference = normal_reference(reference)
    return reference.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def is_patient(reference: str) -> bool:
    """Could this reference point to a patient?  A group, a device or a place does not."""
    kind = normal_reference(reference).partition("/")[0]
    return kind in (reference, "Patient") or "?" in reference


def conditional(reference: str) -> tuple[str, str, str] | None:
    """Type, identifier system and value of `Type?identifier=system|value`; None for another reference."""
    kind, question, query = reference.partition("?identifier=")
    if not question:
        return None
    system, bar, value = query.partition("|")
    return (kind, system, value) if bar else (kind, "", system)
