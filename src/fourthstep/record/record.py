"""One patient's record: the resources as they came, what is vouched for, and what was wrong with them."""

from typing import TypeVar, cast

import msgspec

from fourthstep.record.decode import Problem
from fourthstep.record.references import conditional, normal_reference
from fourthstep.record.resources import Medication, Patient, Resource

R = TypeVar("R", bound=Resource)

KINDS = ("condition", "drug", "procedure", "allergy", "encounter")
"""Kinds whose silence can mean no, where the sender vouches for them."""


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What a hospital's policy says of one way in; by default a door vouches for what it holds."""

    vouches: dict[str, list[str]] = {}
    """Door (file, export, prefetch, server) -> kinds that it vouches for, in place of its default."""
    prefetch: dict[str, tuple[str, ...]] = {}
    """CDS Hooks prefetch key -> kinds for which its answer is complete."""


class Unreadable(msgspec.Struct, frozen=True, order=True):
    """A resource of one of our types of which nothing usable remained."""

    type: str
    ref: str


class Record(msgspec.Struct, kw_only=True):
    """Everything that was sent of one patient, and nothing of anybody else."""

    patient: str
    """Id without `Patient/`."""
    person: Patient | None = None
    resources: dict[str, list[tuple[str, Resource]]] = {}
    """Resource type -> reference and resource; two entries of one reference are a conflict."""
    drafts: list[tuple[str, str]] = []
    """Type and reference of the draft orders of a CDS Hooks call: not what the patient takes."""
    unreadable: list[Unreadable] = []
    problems: list[Problem] = []
    conflicts: tuple[str, ...] = ()
    skipped: dict[str, int] = {}
    """Resource type that means nothing to us -> how many."""
    vouched: frozenset[str] = frozenset()
    vouched_by: str = ""
    """The door: file, export, prefetch or server."""
    lost: frozenset[str] = frozenset()
    """Kinds of which something was lost on the way; nobody can vouch for them."""
    notices: tuple[str, ...] = ()
    origin: str = ""
    """Name of the file or kind of the source, without any path."""
    full_urls: dict[str, str] = {}
    """Full URL in a Bundle -> `Type/id`."""
    medications: dict[str, Medication] = {}
    """`Medication/id` -> product; exports share them between patients."""
    _index: dict[str, Resource] | None = None
    _identifiers: dict[tuple[str, str], Medication] | None = None

    def of(self, kind: type[R]) -> list[tuple[str, R]]:
        """Reference and resource of every resource of a type."""
        return cast("list[tuple[str, R]]", self.resources.get(kind.__name__, []))

    def find(self, reference: str, kind: type[R]) -> R | None:
        """The resource of a type that a reference points to; None where the record does not hold it."""
        if not reference:
            return None
        if self._index is None:
            self._index = self._build_index()
        found = self._index.get(self.full_urls.get(reference) or normal_reference(reference))
        if found is None and kind is Medication:
            found = self._by_identifier(reference) or self.medications.get(
                self.full_urls.get(reference) or normal_reference(reference)
            )
        return found if isinstance(found, kind) else None

    def _build_index(self) -> dict[str, Resource]:
        return {
            ref: resource
            for kind in ("Encounter", "MedicationRequest", "Device", "Condition")
            for ref, resource in self.resources.get(kind, ())
        }

    def _by_identifier(self, reference: str) -> Medication | None:
        wanted = conditional(reference)
        if wanted is None:
            return None
        if self._identifiers is None:
            self._identifiers = {
                (each.system, each.value): medication
                for medication in self.medications.values()
                for each in medication.identifier
            }
        return self._identifiers.get(wanted[1:])
