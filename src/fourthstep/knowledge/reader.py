"""YAML into typed entries, with every mistake of a file told at once and at its place.

`msgspec.convert` stops at the first mistake and knows no line numbers; a clinician who writes knowledge needs
all of them, with a caret.  So this module walks the YAML nodes beside the types of `models.py`.
"""

import difflib
import types
import typing
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from fourthstep.ground.errors import KnowledgeError, Mistake

T = TypeVar("T")


class Place(msgspec.Struct, frozen=True):
    """Where a value stands in its file."""

    file: str
    line: int
    column: int
    width: int
    source_line: str

    def mistake(self, what: str, remedy: str = "") -> Mistake:
        """The same place as a mistake."""
        return Mistake(self.file, self.line, self.column, what, remedy, self.source_line, self.width)


class _Broken:
    """Stands for a value that could not be read; the mistake is already noted."""


BROKEN = _Broken()


class Reading:
    """Reads files, notes mistakes, and remembers where each key of each entry stood."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self._places: dict[tuple[int, str], Place] = {}
        self._alive: list[Any] = []
        self._file = ""
        self._lines: list[str] = []

    # -- for the loader and the checker ------------------------------------------------------------------

    def read(self, text: str, file: str, wanted: Any) -> Any:
        """Read one file's text as the type `wanted`; BROKEN where it cannot be read, with mistakes noted."""
        import yaml  # noqa: PLC0415  a start on compiled knowledge reads no YAML

        self._file, self._lines = file, text.splitlines()
        try:
            node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line, mark.column) if mark else (0, 0)
            self.mistakes.append(self._place(line, column, 1).mistake(f"not YAML: {error.problem or error}"))
            return BROKEN
        if node is None:
            self.mistakes.append(self._place(0, 0, 1).mistake("the file is empty"))
            return BROKEN
        return self._convert(node, wanted)

    def read_or_raise(self, text: str, file: str, wanted: type[T]) -> T:
        """As `read`, for a file without which nothing can go on.

        Raises:
            KnowledgeError: with every mistake of the file.
        """
        entry = self.read(text, file, wanted)
        if entry is BROKEN:
            raise KnowledgeError(self.mistakes)
        return typing.cast("T", entry)

    def place(self, entry: Any, key: str = "") -> Place:
        """Where a key of an entry stood (the entry itself, if the key was not written)."""
        found = self._places.get((id(entry), key)) or self._places.get((id(entry), ""))
        return found or Place("knowledge", 1, 0, 1, "")

    def mistake(self, entry: Any, key: str, what: str, remedy: str = "") -> None:
        """Note a mistake at a key of an entry."""
        self.mistakes.append(self.place(entry, key).mistake(what, remedy))

    def finish(self) -> None:
        """Raise all mistakes that were noted, if any."""
        if self.mistakes:
            raise KnowledgeError(self.mistakes)

    # -- the walk ----------------------------------------------------------------------------------------

    def _place(self, line: int, column: int, width: int) -> Place:
        source = self._lines[line] if line < len(self._lines) else ""
        return Place(self._file, line + 1, column, width, source)

    def _at(self, node: Any) -> Place:
        start, end = node.start_mark, node.end_mark
        width = end.column - start.column if end.line == start.line else 1
        return self._place(start.line, start.column, width)

    def _wrong(self, node: Any, what: str, remedy: str = "") -> _Broken:
        self.mistakes.append(self._at(node).mistake(what, remedy))
        return BROKEN

    def _convert(self, node: Any, wanted: Any) -> Any:
        origin = get_origin(wanted)
        if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
            return self._struct(node, wanted)
        if origin is list:
            return self._list(node, get_args(wanted)[0])
        if origin is dict:
            return self._dict(node, get_args(wanted)[1])
        if origin in (types.UnionType, typing.Union):
            return self._union(node, get_args(wanted))
        return self._scalar(node, wanted)

    def _struct(self, node: Any, wanted: type[msgspec.Struct]) -> Any:
        if node.id != "mapping":
            return self._wrong(node, f"expected keys of a {_noun(wanted)}", f"Its keys are {_keys(wanted)}.")
        fields, hints = _shape(wanted)
        values: dict[str, Any] = {}
        places: dict[str, Place] = {}
        broken = False
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key not in fields:
                broken = True
                self._wrong(key_node, f"unknown key `{key}`", _did_you_mean(key, fields))
                continue
            if fields[key] in values:
                broken = True
                self._wrong(key_node, f"`{key}` stands twice")
                continue
            places[key] = self._at(value_node)
            value = self._convert(value_node, hints[fields[key]])
            broken = broken or value is BROKEN
            values[fields[key]] = value
        required = {f.encode_name for f in msgspec.structs.fields(wanted) if f.required}
        missing = [key for key in fields if key in required and fields[key] not in values]
        if missing:
            broken = True
            self._wrong(node, f"a {_noun(wanted)} needs {', '.join(f'`{each}`' for each in missing)}")
        if broken:
            return BROKEN
        entry = wanted(**values)
        self._alive.append(entry)
        self._places[id(entry), ""] = self._at(node)
        self._places.update({(id(entry), key): place for key, place in places.items()})
        return entry

    def _list(self, node: Any, wanted: Any) -> Any:
        if node.id != "sequence":
            return self._wrong(node, "expected a list", "Write `[a, b]`, or one `- item` per line.")
        items = [self._convert(each, wanted) for each in node.value]
        return BROKEN if BROKEN in items else items

    def _dict(self, node: Any, wanted: Any) -> Any:
        if node.id != "mapping":
            return self._wrong(node, "expected keys with values")
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in found:
                return self._wrong(key_node, f"`{key}` stands twice")
            found[key] = self._convert(value_node, wanted)
        return BROKEN if BROKEN in found.values() else found

    def _union(self, node: Any, options: tuple[Any, ...]) -> Any:
        if type(None) in options:
            if node.id == "scalar" and node.tag.endswith(":null"):
                return None
            options = tuple(each for each in options if each is not type(None))
        if len(options) == 1:
            return self._convert(node, options[0])
        if node.id != "scalar":
            return self._wrong(node, "expected a single value")
        for each in options:
            if each is str or _reads(node, each):
                return self._scalar(node, each)
        return self._wrong(node, f"expected {' or '.join(_noun(each) for each in options)}")

    def _scalar(self, node: Any, wanted: Any) -> Any:
        if node.id != "scalar":
            return self._wrong(node, f"expected {_noun(wanted)}")
        text = str(node.value)
        if get_origin(wanted) is Literal:
            choices = [str(each) for each in get_args(wanted)]
            if text in choices:
                return get_args(wanted)[choices.index(text)]
            return self._wrong(node, f"`{text}` is not one of {', '.join(choices)}", _did_you_mean(text, choices))
        if wanted is str:
            return text
        if not _reads(node, wanted):
            return self._wrong(node, f"`{text}` is not {_noun(wanted)}")
        if wanted is bool:
            return text.lower() in ("true", "yes", "on")
        return Decimal(text) if wanted is Decimal else int(text)


def _reads(node: Any, wanted: Any) -> bool:
    """Could this scalar be read as that type?"""
    if wanted is bool:
        return bool(node.tag.endswith(":bool"))
    if wanted is int:
        return bool(node.tag.endswith(":int"))
    try:
        return wanted is Decimal and Decimal(str(node.value)).is_finite()
    except InvalidOperation:
        return False


@cache
def _shape(wanted: type[msgspec.Struct]) -> tuple[dict[str, str], Mapping[str, Any]]:
    """YAML key -> attribute, and attribute -> type."""
    fields = {each.encode_name: each.name for each in msgspec.structs.fields(wanted)}
    return fields, typing.get_type_hints(wanted)


def _noun(wanted: Any) -> str:
    names = {str: "text", int: "a whole number", bool: "yes or no", Decimal: "a number"}
    return names.get(wanted) or getattr(wanted, "__name__", str(wanted)).lower()


def _keys(wanted: type[msgspec.Struct]) -> str:
    return ", ".join(f"`{key}`" for key in _shape(wanted)[0])


def _did_you_mean(text: str, choices: typing.Iterable[str]) -> str:
    near = difflib.get_close_matches(text, list(choices), n=2)
    return f"Did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else ""


def read_file(path: Path, wanted: type[T], name: str | None = None) -> T:
    """Read one YAML file as one entry.

    Raises:
        KnowledgeError: with every mistake of the file.
    """
    return Reading().read_or_raise(path.read_text(encoding="utf-8"), name or path.name, wanted)
