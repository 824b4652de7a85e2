"""What is asked of the server: the level, the types, since when; as POST with Parameters and as GET."""

import re
from typing import Any, Literal
from urllib.parse import quote, urlencode

import msgspec

from fourthstep.ground.digest import digest
from fourthstep.ground.errors import FourthstepError
from fourthstep.ground.web import NOWHERE, origin_of
from fourthstep.record.references import bare_id
from fourthstep.record.resources import TYPES

_TYPE = re.compile(r"[A-Za-z]{1,64}\Z")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z")
_FILTER = re.compile(r"[A-Za-z]{1,64}\?.+\Z")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One export, as the user asked for it."""

    base: str
    """The FHIR base URL."""
    group: str = ""
    level: Literal["", "patient", "system"] = ""
    """Where no group is named: all patients (also where nothing is said), or everything that the server holds."""
    types: tuple[str, ...] = tuple(TYPES)
    """Resource types; by default those that an assessment reads."""
    since: str = ""
    """Only what changed after this instant."""
    filters: tuple[str, ...] = ()
    """`Type?search`, in the server's own search parameters."""

    def check(self) -> None:
        """Refuse what no server could answer.

        Raises:
            FourthstepError: with the option and what was expected.
        """
        origin = origin_of(self.base)
        if origin == NOWHERE or origin.scheme not in ("http", "https"):
            raise FourthstepError("URL: expected the base URL of a FHIR server, such as https://ehr.example/fhir")
        if not origin.private:
            raise FourthstepError(
                "URL: http:// is refused, because everybody on the way could read the patients' data and the token.  "
                "Use https:// (http:// only on this machine itself)."
            )
        if "@" in self.base or "?" in self.base or "#" in self.base:
            raise FourthstepError("URL: expected a plain base URL, without a user name, `?` or `#`")
        if self.group and self.level:
            raise FourthstepError("--group and --level: give one of them")
        for each in self.types:
            if not _TYPE.match(each):
                raise FourthstepError("--type: expected the name of a resource type, such as Condition")
        if self.since and not _INSTANT.match(self.since):
            raise FourthstepError("--since: expected an instant with its offset, such as 2026-03-01T00:00:00Z")
        for each in self.filters:
            if not _FILTER.match(each):
                raise FourthstepError("--type-filter: expected Type?search, such as 'Observation?category=laboratory'")
            if each.partition("?")[0] not in self.types:
                raise FourthstepError("--type-filter: its type is not among the types asked for; name it with --type")

    @property
    def address(self) -> str:
        """The URL of the operation."""
        place = (
            f"Group/{quote(bare_id(self.group), safe='')}/" if self.group else "" if self.level == "system" else "Patient/"
        )
        return f"{self.base.rstrip('/')}/{place}$export"

    def parameters(self, types: tuple[str, ...]) -> dict[str, Any]:
        """The body of a POST: each value a parameter of its own, as STU4 asks."""
        given = [{"name": "_type", "valueString": each} for each in types]
        given += [{"name": "_since", "valueInstant": self.since}] if self.since else []
        given += [{"name": "_typeFilter", "valueString": each} for each in self.filters]
        return {"resourceType": "Parameters", "parameter": given}

    def query(self, types: tuple[str, ...]) -> str:
        """The URL of a GET, for STU1 to STU3: lists joined by commas, which is all that some servers read."""
        given = {"_type": ",".join(types)}
        if self.since:
            given["_since"] = self.since
        if self.filters:
            given["_typeFilter"] = ",".join(each.replace(",", "%2C") for each in self.filters)
        return f"{self.address}?{urlencode({name: value for name, value in given.items() if value})}"

    @property
    def key(self) -> str:
        """Tells one export from another in the state on disk."""
        return digest([msgspec.json.encode(self)])[:16]
