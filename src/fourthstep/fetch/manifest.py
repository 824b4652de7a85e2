"""The manifest of an export, STU1 to STU4, and the files that it names.

STU1 has `output` and `error`; STU2 adds `deleted`; STU3 `link` to further pages; STU4 calls `error` `outcome`.
Extensions, an object until STU3 and an array since, say nothing that is needed here.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Literal

import msgspec

from fourthstep.fetch.wire import joined
from fourthstep.ground.errors import RecordError

Kind = Literal["output", "outcome", "deleted"]
_TYPE = re.compile(r"[A-Za-z]{1,64}\Z")
DELETED = "deleted"
"""Folder of the Bundles that say what is to be deleted: not to be read as data."""


class _Entry(msgspec.Struct, rename="camel"):
    url: str
    type: str | None = None
    count: int | None = None


class _Link(msgspec.Struct):
    relation: str = ""
    url: str = ""


class Manifest(msgspec.Struct, rename="camel"):
    """One page as the server wrote it."""

    output: list[_Entry]
    transaction_time: str = ""
    requires_access_token: bool = True
    """Where it is missing the server's own origin gets the token, as for every other request."""
    error: list[_Entry] | None = None
    outcome: list[_Entry] | None = None
    deleted: list[_Entry] | None = None
    link: list[_Link] | None = None

    @property
    def next(self) -> str:
        """The address of the next page, or nothing."""
        return next((each.url for each in self.link or () if each.relation == "next"), "")


class Wanted(msgspec.Struct, frozen=True):
    """One file to fetch."""

    name: str
    """Where it goes in the folder, without `.ndjson` and `.gz`."""
    kind: Kind
    type: str
    address: str
    count: int | None
    token: bool
    """Does the manifest ask for the access token?"""

    @property
    def shape(self) -> tuple[str, str, int | None]:
        """What stays the same when the server renews its addresses."""
        return self.name, self.kind, self.count


def read_manifest(body: bytes) -> Manifest:
    """One page.

    Raises:
        RecordError: it is no manifest; the message names the place, never the content.
    """
    try:
        return msgspec.json.decode(body, type=Manifest, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = str(error) if isinstance(error, msgspec.ValidationError) else "not valid JSON"
        raise RecordError(
            f"The export's manifest cannot be read: {what}.  Run the same command again; if it stays so, tell who "
            "runs the server, or give the export up with --abort."
        ) from None


def files_of(pages: Iterable[Manifest], base: str) -> list[Wanted]:
    """The files of all pages, each under a name of its own that depends on nothing but the manifest.

    Args:
        pages: the manifest.
        base: what an address that is not absolute, as the first servers wrote them, belongs to.
    """
    numbers: Counter[str] = Counter()
    found = []
    for page in pages:
        groups: tuple[tuple[Kind, list[_Entry]], ...] = (
            ("output", page.output),
            ("outcome", [*(page.error or ()), *(page.outcome or ())]),
            ("deleted", page.deleted or []),
        )
        for kind, entries in groups:
            for entry in entries:
                written = {"outcome": "OperationOutcome", "deleted": "Bundle"}.get(kind, entry.type or "")
                name = written if _TYPE.match(written) else "resources"
                place = f"{DELETED}/{name}" if kind == "deleted" else name
                number = numbers[place.lower()]
                numbers[place.lower()] += 1
                found.append(
                    Wanted(
                        f"{place}.{number:03d}", kind, name, joined(base, entry.url), entry.count, page.requires_access_token
                    )
                )
    return found
