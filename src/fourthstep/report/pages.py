"""One page for every entry of the knowledge, as content without form.

The terminal (`fourthstep show`) and the book (`make docs`) print the same pages, so they cannot say different things.
A page knows what it names (its references); `named_by` turns that round.
"""

from collections.abc import Iterable, Iterator

import msgspec


class Ref(msgspec.Struct, frozen=True):
    """Another entry, by kind and id, with the words that stand in the sentence."""

    kind: str
    id: str
    says: str


class Marked(msgspec.Struct, frozen=True):
    """How sure a statement is: `V`, `K`, `P`, or part by part, such as `value V, window P`."""

    says: str


Part = str | Ref | Marked


class Line(msgspec.Struct, frozen=True):
    """One sentence; level 0 is a paragraph, deeper ones are items of a list. `key` lets others point at it."""

    parts: tuple[Part, ...]
    level: int = 0
    key: str = ""


class Table(msgspec.Struct, frozen=True):
    """Rows of cells under a heading."""

    head: tuple[str, ...]
    rows: tuple[tuple[tuple[Part, ...], ...], ...]


class Section(msgspec.Struct, frozen=True):
    """Lines or a table under one title."""

    title: str
    lines: tuple[Line, ...] = ()
    table: Table | None = None


class Page(msgspec.Struct, frozen=True):
    """One entry: what it is called, what kind it is, and what is known of it."""

    kind: str
    id: str
    name: str
    sections: tuple[Section, ...]

    def parts(self) -> Iterator[Part]:
        """Everything that the page says, in order."""
        for section in self.sections:
            for line in section.lines:
                yield from line.parts
            if section.table is not None:
                yield from (part for row in section.table.rows for cell in row for part in cell)

    def refs(self) -> tuple[tuple[str, str], ...]:
        """What the page names, each once, in order."""
        return tuple(dict.fromkeys((part.kind, part.id) for part in self.parts() if isinstance(part, Ref)))

    def sources(self) -> tuple[str, ...]:
        """The sources that the page rests on, in order."""
        return tuple(name for kind, name in self.refs() if kind == "source")


def words(parts: Iterable[Part]) -> str:
    """The parts as plain text; marks in round brackets, sources in square ones."""
    return "".join(_word(part) for part in parts)


def _word(part: Part) -> str:
    if isinstance(part, Marked):
        return f"({part.says})"
    if isinstance(part, Ref):
        return f"[{part.id}]" if part.kind == "source" else part.says
    return part


def named_by(pages: Iterable[Page]) -> dict[tuple[str, str], tuple[Page, ...]]:
    """Which pages name an entry: the way back along every reference."""
    found: dict[tuple[str, str], list[Page]] = {}
    for page in pages:
        for ref in page.refs():
            if ref != (page.kind, page.id):
                found.setdefault(ref, []).append(page)
    return {ref: tuple(named) for ref, named in found.items()}
