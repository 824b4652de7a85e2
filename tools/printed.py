"""Tables of the tests, as Markdown: the chapters on semantics print the specification itself.

    <!-- printed: tests/assessment/test_words.py PATHWAY -->
    <!-- printed: tests/facts/test_silence.py TABLE case=0 fact=1 vouched=3 told=4 -->

The name is that of a table in a test module: a text with `|` between its cells, a square of letters, a list of rows, or a
test function, whose cases are printed.  `head=index` chooses columns of rows, `head=key` of rows that have names.
"""

import importlib
import re
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DIRECTIVE = re.compile(r"(<!-- printed: (\S+) (\S+)((?: [^ =]+=[\w-]+)*) -->\n)((?:\|.*\n)*)")
TRUTH = {"t": "true", "f": "false", "u": "unknown"}
CELLS = {"t": "yes", "f": "no", "u": "not known", "*": "", "tu": "yes or not known", "fu": "no or not known"}


class NotPrintedError(Exception):
    """There is no such table."""


def renewed(text: str) -> str:
    """The chapter with every table printed anew."""
    return DIRECTIVE.sub(lambda found: found[1] + table(found[2], found[3], found[4].split()), text)


def table(path: str, name: str, columns: Sequence[str]) -> str:
    """One table of a test module.

    Raises:
        NotPrintedError: the module or the table does not exist, or is of a kind that cannot be printed.
    """
    value = getattr(_module(path), name, None)
    if value is None:
        raise NotPrintedError(f"{path} has no table {name}")
    marks = getattr(value, "pytestmark", None)
    if marks:
        cases = next(mark for mark in marks if mark.name == "parametrize")
        return _rows(cases.args[1], columns)
    if isinstance(value, str):
        return _grid(value) if "|" in value else _square(value)
    return _rows(value.values() if isinstance(value, dict) else value, columns)


@lru_cache
def _module(path: str) -> ModuleType:
    if not (ROOT / path).is_file():
        raise NotPrintedError(f"there is no {path}")
    for place in (ROOT, (ROOT / path).parent):  # as pytest does, for modules beside the test
        if str(place) not in sys.path:
            sys.path.append(str(place))
    return importlib.import_module(path.removesuffix(".py").replace("/", ".") if _is_package(path) else Path(path).stem)


def _is_package(path: str) -> bool:
    return (ROOT / path).with_name("__init__.py").exists() or path.count("/") == 1


def _grid(text: str) -> str:
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return _markdown(head, [[CELLS.get(cell, cell) for cell in line] for line in lines])


def _square(text: str) -> str:
    head, *lines = [line.split() for line in text.strip().splitlines()]
    said = [[f"**{TRUTH[line[0]]}**", *(TRUTH[cell] for cell in line[1:])] for line in lines]
    return _markdown(["", *(TRUTH[cell] for cell in head)], said)


def _rows(rows: Iterable[Any], columns: Sequence[str]) -> str:
    heads = [column.split("=")[0].replace("_", " ") for column in columns]
    keys = [column.split("=")[1] for column in columns]
    return _markdown(heads, [[_cell(row[key if isinstance(row, dict) else int(key)]) for key in keys] for row in rows])


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return "" if value is None else str(getattr(value, "value", value))


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
