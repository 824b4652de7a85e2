"""JSON files of an export beside its files of lines: Bundles and single resources, and the manifest of the export."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from fourthstep.ground.errors import RecordError
from fourthstep.record.sources import Lines, documents_of

_DEEPEST = 3
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class Listed(msgspec.Struct, frozen=True):
    """One file that a manifest lists."""

    type: str
    name: str
    """The last part of its address, without the ending of a compression."""
    count: int
    """Resources in it; 0 where the manifest does not say, or there are none."""


class Manifest(msgspec.Struct, kw_only=True):
    """What a Bulk Data server says of its export (STU1 to STU4)."""

    files: list[Listed]
    reports: list[Listed]
    """Files of errors (`error`) or outcomes (`outcome`): OperationOutcomes, of which many only warn."""
    goes_on: bool
    """Is there a next page?"""


class Document:
    """One JSON file: its resources one by one, as lines of NDJSON.

    References within a Bundle (`urn:uuid:...`) become `Type/id`, because the lines part from their Bundle.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.manifest: Manifest | None = None
        self.goes_on = False
        """A page of a search, and there is a next one."""
        self.strange = 0
        """Entries that are no resource."""

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Number and JSON of every resource.

        Raises:
            RecordError: the file is not JSON, damaged or too large.
        """
        for source in documents_of(self._path):
            if isinstance(source, Lines):
                yield from source
                continue
            try:
                tree = _decoder.decode(source.data)
            except (msgspec.DecodeError, RecursionError) as error:
                if "trailing characters" not in str(error):
                    raise RecordError(f"{source.name}: not valid JSON; ask for the file again.") from None
                yield from Lines(source.name, data=source.data)
                continue
            self.manifest = manifest_of(tree)
            if self.manifest is None:
                for number, resource in enumerate(self._resources(tree, 0), start=1):
                    yield number, _encoder.encode(resource)

    def _resources(self, tree: Any, depth: int) -> Iterator[dict[str, Any]]:
        if isinstance(tree, list):
            for each in tree:
                yield from self._resources(each, depth)
        elif not isinstance(tree, dict):
            self.strange += 1
        elif tree.get("resourceType") != "Bundle":
            yield tree
        elif depth > _DEEPEST:
            self.strange += 1
        else:
            yield from self._bundle(tree, depth)

    def _bundle(self, tree: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
        self.goes_on |= _goes_on(tree)
        entries = tree.get("entry") or []
        if not isinstance(entries, list):
            self.strange += 1
            return
        names = dict(filter(None, map(_named, entries)))
        for entry in entries:
            if not isinstance(entry, dict):
                self.strange += 1
            elif entry.get("resource") is not None:
                yield from self._resources(_resolved(entry["resource"], names), depth + 1)


def _named(entry: Any) -> tuple[str, str] | None:
    """The full URL of an entry and the reference that it stands for; an id that is missing is taken from the URL."""
    resource = entry.get("resource") if isinstance(entry, dict) else None
    url = entry.get("fullUrl") if isinstance(entry, dict) else None
    if not isinstance(resource, dict) or not isinstance(url, str) or not isinstance(resource.get("resourceType"), str):
        return None
    if "id" not in resource:
        resource["id"] = url.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    return url, f"{resource['resourceType']}/{resource['id']}"


def _resolved(tree: Any, names: dict[str, str]) -> Any:
    """The same with references to full URLs replaced."""
    if isinstance(tree, list):
        return [_resolved(each, names) for each in tree]
    if not isinstance(tree, dict):
        return tree
    return {key: names.get(value, value) if key == "reference" and isinstance(value, str) else _resolved(value, names)
            for key, value in tree.items()}  # fmt: skip


# -- manifests -------------------------------------------------------------------------------------------------


def manifest_of(tree: Any) -> Manifest | None:
    """The manifest that a JSON text is; None where it is something else."""
    if not isinstance(tree, dict) or "request" not in tree or not isinstance(tree.get("output"), list):
        return None
    return Manifest(
        files=[_listed(each) for each in tree["output"] if isinstance(each, dict)],
        reports=[_listed(each) for name in ("error", "outcome") for each in _entries(tree.get(name))],
        goes_on=_goes_on(tree),
    )


def _entries(part: Any) -> list[dict[str, Any]]:
    """The files of a part; what is neither a list nor empty still reports something, under no name."""
    entries = part if isinstance(part, list) else [part] if part else []
    return [each if isinstance(each, dict) else {} for each in entries]


def _listed(each: dict[str, Any]) -> Listed:
    kind, url, count = each.get("type"), each.get("url"), each.get("count")
    return Listed(
        type=kind if isinstance(kind, str) else "",
        name=uncompressed(unquote(urlsplit(url if isinstance(url, str) else "").path.rsplit("/", 1)[-1])),
        count=count if isinstance(count, int) else 0,
    )


def _goes_on(tree: dict[str, Any]) -> bool:
    links = tree.get("link")
    return isinstance(links, list) and any(isinstance(each, dict) and each.get("relation") == "next" for each in links)


def uncompressed(name: str) -> str:
    """A file's name without the ending of a compression."""
    return name.removesuffix(".gz").removesuffix(".zst")
