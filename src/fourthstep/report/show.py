"""`fourthstep show`: the page of an entry in the terminal, with its sources and with what names it."""

import textwrap
from collections.abc import Iterator
from difflib import get_close_matches

from fourthstep.ground.errors import FourthstepError
from fourthstep.knowledge.load import Knowledge
from fourthstep.report.entries import Entries
from fourthstep.report.pages import Line, Page, Ref, Section, Table, words

NEAR = 5
"""Names that are proposed for one that is not known."""
BEGINNING, ENDING = 4, 3
"""Letters that a proposed name shares at least, and letters of an ending that may differ."""
WAY_BACK = ("source", "fact", "rule", "score", "leg", "factor table")
"""Kinds of which it is told what names them; the others name their neighbours themselves."""
Lines = Iterator[tuple[int, str]]
"""Indent and text."""


def show(name: str, knowledge: Knowledge, *, width: int = 100) -> str:
    """The entry as text; `list` names every entry.

    Raises:
        FourthstepError: there is no such entry; near ones are named.
    """
    entries = Entries(knowledge)
    if name == "list":
        return "\n".join(_listed(entries))
    found = entries.named(name)
    if not found:
        raise FourthstepError(_not_found(name, entries))
    return "\n\n".join(printed(entries.page(kind, each), entries, width) for kind, each in found)


def _listed(entries: Entries) -> Iterator[str]:
    for kind, of_kind in entries.kinds.items():
        yield f"{kind} ({len(of_kind)})"
        yield from (f"  {name}" for name in sorted(of_kind))


def _not_found(name: str, entries: Entries) -> str:
    say = entries.say
    near = _near(name.lower(), [each for of_kind in entries.kinds.values() for each in of_kind])
    told = [
        say("show", "unknown", name=name),
        say("show", "near", names=", ".join(near)) if near else say("show", "list_hint"),
    ]
    return "; ".join(told)


def _near(wanted: str, names: list[str]) -> list[str]:
    """Names that hold what was written, or its beginning (`cordotomi`), or that look like it."""
    beginning = wanted[: max(BEGINNING, len(wanted) - ENDING)]
    holding = [each for part in (wanted, beginning) for each in names if part in each.lower()]
    return list(dict.fromkeys([*holding, *get_close_matches(wanted, names, NEAR, 0.6)]))[:NEAR]


# -- a page as text ------------------------------------------------------------------------------------------------


def printed(page: Page, entries: Entries, width: int) -> str:
    """A page for a terminal of that width."""
    lines: list[str] = []
    for indent, text in _lines(page, entries):
        space = " " * indent
        lines += textwrap.wrap(text, width, initial_indent=space, subsequent_indent=f"{space}  ", break_on_hyphens=False)
    return "\n".join(lines)


def _lines(page: Page, entries: Entries) -> Lines:
    yield 0, f"{page.name} · {page.kind}"
    if page.id.lower() != page.name.lower():
        yield 2, page.id
    for section in page.sections:
        yield from _section(section)
    if page.kind in WAY_BACK:
        yield from _way_back(page, entries)
    sources = [name for name in page.sources() if name in entries.knowledge.sources]
    if sources:
        yield 0, entries.say("show", "sources")
    for name in sources:
        source = entries.knowledge.sources[name]
        yield 2, f"{name}: {source.cite} {source.link}".strip()


def _section(section: Section) -> Lines:
    if section.table is not None:
        yield 0, section.title
        yield from _rows(section.table)
        return
    first, *rest = section.lines
    if first.level == 0:
        yield 0, ": ".join(part for part in (section.title, words(first.parts)) if part)
    else:
        yield 0, section.title
        rest = [first, *rest]
    yield from (_item(line) for line in rest)


def _item(line: Line) -> tuple[int, str]:
    only = line.parts[0] if len(line.parts) == 1 else ""
    name = f" ({only.id})" if isinstance(only, Ref) and only.kind != "source" else ""
    return 2 * max(line.level, 1), f"{'- ' if line.level else ''}{words(line.parts).strip()}{name}"


def _rows(table: Table) -> Lines:
    """Each row in one line; an empty cell is left out."""
    for row in table.rows:
        cells = [words(cell).strip() for cell in row]
        yield 2, "- " + ", ".join(f"{head} {cell}" if head in _HEADED else cell
                                  for head, cell in zip(table.head, cells, strict=True) if cell)  # fmt: skip


_HEADED = ("bleeding class", "restart after", "range", "points", "for", "with poor kidneys")
"""Heads that a cell needs to be understood in a line."""


def _way_back(page: Page, entries: Entries) -> Lines:
    naming = entries.naming.get((page.kind, page.id), ())
    if naming:
        yield 0, entries.say("show", "named_by")
    yield from ((2, f"- {each.name} · {each.kind} ({each.id})") for each in naming)
