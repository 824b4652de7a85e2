"""The book's pages of the knowledge: a hook of MkDocs (`make docs`, `mkdocs.yml`).

Each entry of the knowledge becomes a page, made from what `fourthstep show` prints (`fourthstep.report.entries`), so the
two cannot say different things.  The chapters are the files of `docs/`; a link that leads nowhere stops the build.
"""

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from fourthstep import load_knowledge
from fourthstep.report.entries import Entries
from fourthstep.report.pages import Line, Marked, Page, Part, Ref, Section, Table

ROOT = Path(__file__).resolve().parents[1]
KINDS = {
    "intervention": (
        "Interventions",
        "Each intervention with what it fits, what stands in its way, benefit, harm and evidence.",
    ),
    "comparator": ("Noninvasive comparators", "What an intervention is weighed against."),
    "syndrome": ("Syndromes", "Kinds of cancer pain: how each is recognised, and the options in their order."),
    "leg": ("Conventional treatment", "The parts of conventional treatment, and what is adequate in each."),
    "red flag": ("Red flags", "What comes before any option."),
    "safety": ("Safety rules", "Rules that concern many interventions: bleeding, infection, lungs, allergy, consent."),
    "drug": ("Drugs", "Oral morphine equivalents, intervals before a procedure, adequate trials."),
    "factor table": ("Opioid tables", "Tables of oral morphine equivalents; a deployment chooses one."),
    "disagreement": ("Disagreements", "Where guidelines, trials or customs differ: what each says, what Fourthstep does."),
    "reference": ("Reference texts", "To look up; no rule reads them, and no dose comes from them."),
    "score": ("Scores", "Scores that are computed, item by item."),
    "rule": ("Shared questions", "Questions that several criteria ask."),
    "fact": ("Facts", "Everything that is asked of a record or at the bedside, and what silence means."),
    "source": ("Sources", "Every source, with its mark and what rests on it."),
}
"""Title and first sentence of the list of each kind."""
BOOST = {"intervention": 4, "syndrome": 3, "drug": 3, "fact": 0.5, "source": 0.5}
"""What a search shows first."""
BESIDE = {"glossary.md": "GLOSSARY.md", "changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
"""Chapters that stand beside the project's README, not in `docs/`."""
SPECIAL = re.compile(r"([\\`*_{}\[\]#~^])")
CLASSES = {
    "V": "checked against a public copy",
    "K": "known from the source, to be re-checked",
    "P": "policy of the project",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the knowledge, and the chapters that stand beside the README."""
    entries = Entries(load_knowledge())
    pages = list(entries.pages())
    written = {place(page.kind, page.id): entry_page(page, entries) for page in pages}
    written |= {f"{folder(kind)}/index.md": index_page(kind, entries) for kind in entries.kinds}
    written |= {name: beside(source) for name, source in BESIDE.items()} | {"adr/index.md": decisions()}
    for name, content in written.items():
        files.append(File.generated(config, name, content=content))
    return files


def beside(name: str) -> str:
    """A chapter from the root of the project; its links into `docs/` become the book's."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.sub(r"\]\(docs/", "](", text)


def decisions() -> str:
    """The list of decisions, by their titles."""
    titles = {path.name: path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
              for path in sorted((ROOT / "docs" / "adr").glob("*.md"))}  # fmt: skip
    return "\n".join(["# Decisions\n", *(f"- [{title}]({name})" for name, title in titles.items())]) + "\n"


def folder(kind: str) -> str:
    """The folder of a kind."""
    return kind.replace(" ", "-")


def place(kind: str, name: str) -> str:
    """Where the page of an entry stands."""
    return f"{folder(kind)}/{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}.md"


# -- pages ---------------------------------------------------------------------------------------------------------


def entry_page(page: Page, entries: Entries) -> str:
    """One entry in Markdown, with its sources in full and what names it."""
    parts = [f"---\nsearch:\n  boost: {BOOST.get(page.kind, 1)}\n---", f"# {safe(page.name)}"]
    parts += [f"[{KINDS[page.kind][0]}](index.md){{ .kind }} <code>{html.escape(page.id)}</code>"]
    parts += [part for section in page.sections for part in section_text(section)]
    parts += naming(page, entries) + citations(page, entries)
    return "\n\n".join(parts) + "\n"


def section_text(section: Section) -> Iterator[str]:
    """Heading, then paragraphs, a list or a table."""
    if section.title:
        yield f"## {safe(section.title)}"
    if section.table is not None:
        yield table_text(section.table)
        return
    yield from (told(line.parts) for line in section.lines if line.level == 0)
    yield "\n".join(item(line) for line in section.lines if line.level)


def item(line: Line) -> str:
    """A line of a list, at its depth."""
    words = re.sub(r"\A(\d+)\. ", r"\1\\. ", told(line.parts))  # "1. " is part of the sentence, not a list in the list
    return f"{'    ' * (line.level - 1)}- {words}"


def table_text(table: Table) -> str:
    """A table; columns that are empty in every row are left out."""
    kept = [at for at in range(len(table.head)) if any(told(row[at]) for row in table.rows)]
    rows = [[told(row[at]) for at in kept] for row in table.rows]
    lines = [[safe(table.head[at]) for at in kept], ["---"] * len(kept), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def naming(page: Page, entries: Entries) -> list[str]:
    """The way back: every page that names this one, by kind."""
    pages = sorted(entries.naming.get((page.kind, page.id), ()), key=lambda each: each.name.lower())
    if not pages:
        return []
    parts = [f"## {entries.say('show', 'named_by')}"]
    for kind in dict.fromkeys(each.kind for each in pages):
        parts.append(f"**{KINDS[kind][0]}**")
        parts.append("\n".join(f"- {link(Ref(kind, each.id, each.name))}" for each in pages if each.kind == kind))
    return parts


def citations(page: Page, entries: Entries) -> list[str]:
    """The sources in full."""
    names = [] if page.kind == "source" else page.sources()
    if not names:
        return []
    items = [
        f"- {link(Ref('source', name, entries.say.source(name)))}: {safe(entries.knowledge.sources[name].cite)}"
        for name in names
    ]
    return [f"## {entries.say('show', 'sources')}", "\n".join(items)]


def index_page(kind: str, entries: Entries) -> str:
    """All entries of a kind, in groups where there are groups."""
    title, says = KINDS[kind]
    groups: dict[str, list[Page]] = {}
    for name in entries.kinds[kind]:
        for group in group_of(kind, name, entries):
            groups.setdefault(group, []).append(entries.page(kind, name))
    parts = [f"# {title}", says]
    for group, pages in sorted(groups.items()):
        parts += [f"## {safe(group)}"] if group else []
        parts.append("\n".join(f"- {listed(page, entries)}" for page in sorted(pages, key=lambda each: each.name.lower())))
    return "\n\n".join(parts) + "\n"


def listed(page: Page, entries: Entries) -> str:
    """One line of a list: a source by its citation, others by name."""
    named = f"[{safe(page.name)}]({Path(place(page.kind, page.id)).name})"
    return f"{named}: {safe(entries.knowledge.sources[page.id].cite)}" if page.kind == "source" else named


def group_of(kind: str, name: str, entries: Entries) -> Iterable[str]:
    """The headings under which an entry is listed."""
    entry = entries.kinds[kind][name]
    if kind == "intervention":
        return [f"{entry.class_}. {entries.say('class', entry.class_)}"]
    if kind == "fact":
        return [entry.kind.capitalize()]
    if kind == "safety":
        return [entries.say("effect", entry.effect).capitalize()]
    if kind == "drug":
        concepts = {concept for drug, _, concept in entries.knowledge.codes.ingredients if drug == name}
        return sorted({each.partition(":")[0].replace("_", " ").capitalize() for each in concepts}) or ["Other"]
    return [""]


# -- words ---------------------------------------------------------------------------------------------------------


def told(parts: Iterable[Part]) -> str:
    """Words, marks and links as Markdown."""
    return "".join(word(part) for part in parts).strip()


def word(part: Part) -> str:
    """One part of a sentence."""
    if isinstance(part, Marked):
        meaning = CLASSES.get(part.says, "how sure each part is: V checked, K known from the source, P policy")
        return f'<span class="mark" title="{meaning}">{html.escape(part.says)}</span>'
    return link(part) if isinstance(part, Ref) else safe(part)


def link(ref: Ref) -> str:
    """A link from one entry's page to another's."""
    return f"[{safe(ref.says)}](../{place(ref.kind, ref.id)})"


def safe(text: str) -> str:
    """Text of which Markdown reads nothing as its own."""
    return SPECIAL.sub(r"\\\1", html.escape(text, quote=False)).replace("|", "&#124;").replace("\n", " ")
