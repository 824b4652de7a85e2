"""The page and the picture of `make accuracy`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from accuracy_counts import CANNOT, LATER, NO, OPEN, SHUT, YES, Share, Tally, right, share, summed, total

HEAD = """# How good is it

Written by `{command}` (`make accuracy`); do not edit.
{count} made-up patients, the same at every level; what they are stands in the [data card](synthetic-data-card.md).
**These figures say how the engine agrees with the dossier on complete and on damaged records. They say nothing about
benefit to patients, and no real hospital was measured.**

An option is *open* in truth where the dossier indicates it and nothing blocks it. The engine *proposes* it with the words
`candidate` and `candidate, with caution`. *After correction* is right where something correctable blocks in truth; of an
open option it is an error to the safe side. *Not assessable* is `undetermined`; it counts against sensitivity and
specificity, and has its own column. *Missed* is every other word, and no word: the silent error.
Shares are percent with 95 % intervals (Wilson). Mess is the level of all nine knobs at once, from 0 to 1.

![Sensitivity, specificity and not assessable against the level of mess](accuracy.svg)
"""
LOOKED_AT = """Each kind was looked at. Nothing in the generator was changed to make the engine look better; what was wrong
in the truth tables was corrected from the dossier, and is named in the data card. *Whose*: the engine's, the dossier's (it
says two things, or leaves a judgement), or the record's (what was sent does not tell it)."""
LOST = """Patients who in truth need something (not *not in scope*, not *controlled*), and whom the engine sends away. A
diagnosis that is missing in an export that vouches for its diagnoses reads as *no*, unless treatment of the last
year or a cause that a clinician told speaks of a cancer."""
WORDS = ("not in scope", "red flag first", "cannot tell", "controlled", "refer", "refer early", "optimise first")
SENT_AWAY = ("not in scope", "controlled")
OPEN_COLUMNS = ("sensitivity: open, proposed", "open, after correction", "open, not assessable", "open, missed")
SHUT_COLUMNS = ("specificity: not open, not proposed", "not open, not assessable", "not open, proposed")

ALL_COLUMNS = (*OPEN_COLUMNS, *SHUT_COLUMNS, "pathway right")


def page(levels: Mapping[float, Tally], alone: Mapping[str, Tally], rows: list[dict[str, Any]], command: str) -> str:
    """The whole page."""
    clean = levels[0.0]
    parts = [
        HEAD.format(command=command, count=f"{clean.patients:,}"),
        "## All options, by mess",
        _table(
            ("mess", *OPEN_COLUMNS, *SHUT_COLUMNS, "pathway right"),
            ([f"{at:g}", *_sums(each)] for at, each in levels.items()),
        ),
        "## One knob alone",
        "The level is 0.4 for the named knob and 0 for the others.",
        _table(("knob", *ALL_COLUMNS), ([name.replace("_", " "), *_sums(each)] for name, each in alone.items())),
        "## Lost without a word",
        LOST,
        _lost(levels, "mess"),
        _lost(alone, "knob alone, at 0.4"),
        "## Families of safety",
        "Options that one family alone blocks, in truth, and that the engine proposed all the same: the dangerous mistake.",
        _families(levels),
        "## Pathway",
        "Without mess: rows are the truth, columns what the engine says.",
        _confusion(clean.pathway),
        *_each_pathway(levels),
        "## Prognosis",
        "Does the engine see that an option does not fit a short prognosis, and that it fits a long one?",
        _prognosis(levels),
        "## Syndromes",
        _syndromes(levels),
        "## Each option",
        *_each_option(levels),
        "## Every kind of disagreement without mess",
        LOOKED_AT,
        _disagreements(rows) if rows else "None.",
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _sums(tally: Tally) -> list[str]:
    counts = summed(tally.option)
    return [*_open(counts), *_shut(counts), str(right(tally))]


def _open(counts: Counter[tuple[str, ...]], *start: str) -> list[str]:
    return [str(share(counts, (answer,), *start, OPEN)) for answer in (YES, LATER, CANNOT, NO)]


def _shut(counts: Counter[tuple[str, ...]], *start: str) -> list[str]:
    return [str(share(counts, answers, *start, SHUT)) for answers in ((NO, LATER), (CANNOT,), (YES,))]


def _each_option(levels: Mapping[float, Tally]) -> Iterator[str]:
    head = ("option", "truly open", *OPEN_COLUMNS, "truly not open", *SHUT_COLUMNS)
    for level, tally in levels.items():
        names = sorted({name for name, *_ in tally.option})
        rows = [[name, *_truly(OPEN, tally, name), *_truly(SHUT, tally, name)] for name in names]
        yield f"### Mess {level:g}\n\n{_table(head, rows)}"


def _truly(truth: str, tally: Tally, name: str) -> list[str]:
    columns = _open if truth == OPEN else _shut
    return [str(total(tally.option, name, truth)), *columns(tally.option, name)]


def _confusion(counts: Counter[tuple[str, ...]]) -> str:
    rows = [[truth, *(str(counts.get((truth, said), 0) or "·") for said in WORDS)] for truth in WORDS]
    return _table(("truth", *WORDS), rows)


def _each_pathway(levels: Mapping[float, Tally]) -> Iterator[str]:
    for level, tally in levels.items():
        rows = []
        for word in WORDS:
            others = {key: count for key, count in tally.pathway.items() if key[0] != word}
            false = sum(count for (_, said), count in others.items() if said == word)
            unclear = () if word == "cannot tell" else ("cannot tell",)
            rows.append(
                [
                    word,
                    str(share(tally.pathway, (word,), word)),
                    str(share(tally.pathway, unclear, word)),
                    str(Share(sum(others.values()) - false, sum(others.values()))),
                ]
            )
        yield f"### Pathway, mess {level:g}\n\n" + _table(("word", "sensitivity", "cannot tell", "specificity"), rows)


def _lost(tallies: Mapping[Any, Tally], what: str) -> str:
    rows = []
    for name, tally in tallies.items():
        needing = Counter({key: count for key, count in tally.pathway.items() if key[0] not in SENT_AWAY})
        sent = [sum(count for (_, said), count in needing.items() if said == word) for word in SENT_AWAY]
        rows.append([str(name).replace("_", " "), str(sum(needing.values())),
                     *(str(Share(count, sum(needing.values()))) for count in sent)])  # fmt: skip
    return _table((what, "patients", *(f"called *{word}*" for word in SENT_AWAY)), rows)


def _families(levels: Mapping[float, Tally]) -> str:
    families = sorted({family for tally in levels.values() for family, _ in tally.family})
    head = ("family", "blocked options", *(f"proposed, mess {level:g}" for level in levels))
    rows = [
        [
            family,
            str(total(levels[0.0].family, family)),
            *(str(share(each.family, (YES,), family)) for each in levels.values()),
        ]
        for family in families
    ]
    return _table(head, rows)


def _prognosis(levels: Mapping[float, Tally]) -> str:
    head = ("mess", "too short: seen", "too short: called long enough", "too short: unknown or not listed")
    head += ("long enough: called too short", "long enough: seen", "long enough: unknown or not listed")
    answers = (("false",), ("true",), ("unknown", "not listed"))
    rows = []
    for level, tally in levels.items():
        counts = summed(tally.prognosis)
        rows.append([f"{level:g}", *(str(share(counts, said, truth)) for truth in ("false", "true") for said in answers)])
    return _table(head, rows)


def _syndromes(levels: Mapping[float, Tally]) -> str:
    names = sorted({name for tally in levels.values() for name, _ in tally.syndrome})
    rows = [[name, *(str(share(tally.syndrome, ("certain",), name)) for tally in levels.values())] for name in names]
    return _table(("syndrome, recognised with certainty", *(f"mess {level:g}" for level in levels)), rows)


def _disagreements(rows: list[dict[str, Any]]) -> str:
    """One line an explanation, with every kind that it meets."""
    by_reason: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_reason.setdefault(row["because"], []).append(row)
    lines = []
    for because, met in by_reason.items():
        kinds = (f"{row['what']}, {row['syndrome']}: {row['count']}, such as {row['example']}" for row in met)
        truths = " / ".join(dict.fromkeys(row["truth"] for row in met))
        said = " / ".join(dict.fromkeys(row["said"] for row in met))
        lines.append([met[0]["whose"], because, truths, said, str(sum(row["count"] for row in met)), "; ".join(kinds)])
    return _table(("whose", "why", "truth", "engine", "times", "what, syndrome: times, such as"), lines)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(head)
    lines = [heads, ["---"] * len(heads), *map(list, rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines)


# -- picture ---------------------------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 760, 360, 56, 24, 48, 250
MARKS = {
    "open: proposed": ("#1b5e9e", "", "circle"),
    "open: not assessable": ("#1b5e9e", "5 4", "circle"),
    "not open: not proposed": ("#9a4a00", "", "square"),
    "not open: not assessable": ("#9a4a00", "5 4", "square"),
    "pathway right": ("#2f6b2f", "", "triangle"),
}
STYLE = "text{font:13px system-ui,sans-serif;fill:#222}line{stroke:#ccc}polyline{fill:none;stroke-width:2}"
TOLD = "Share in percent of options and of pathways, by level of mess; the same figures stand in the table of the page."


def picture(levels: Mapping[float, Tally]) -> str:
    """Lines over the level of mess; each series has a shape and a dash of its own, the table tells the same."""
    across, most = WIDTH - LEFT - RIGHT, max(levels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t d">',
        f'<title id="t">Accuracy against mess</title><desc id="d">{TOLD}</desc><style>{STYLE}</style>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for tick in range(0, 101, 20):
        y = _up(tick / 100)
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + across}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{tick} %", "end"))
    places = [LEFT + across * level / most for level in levels]
    parts += [_text(x, HEIGHT - 26, f"{level:g}", "middle") for x, level in zip(places, levels, strict=True)]
    parts.append(_text(LEFT + across / 2, HEIGHT - 8, "mess: level of all nine knobs", "middle"))
    for row, (name, (colour, dash, shape)) in enumerate(MARKS.items()):
        points = [(x, _up(_height(name, tally))) for x, tally in zip(places, levels.values(), strict=True)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" stroke="{colour}" stroke-dasharray="{dash or "none"}"/>')
        legend = (WIDTH - RIGHT + 30, TOP + 12 + row * 24)
        parts.append(
            f'<polyline points="{legend[0] - 18},{legend[1]} {legend[0] + 18},{legend[1]}" stroke="{colour}" '
            f'stroke-dasharray="{dash or "none"}"/>'
        )
        parts += [_mark(shape, x, y, colour) for x, y in (*points, legend)]
        parts.append(_text(legend[0] + 26, legend[1] + 4, name, "start"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _height(name: str, tally: Tally) -> float:
    counts = summed(tally.option)
    found = {
        "open: proposed": share(counts, (YES,), OPEN),
        "open: not assessable": share(counts, (CANNOT,), OPEN),
        "not open: not proposed": share(counts, (NO, LATER), SHUT),
        "not open: not assessable": share(counts, (CANNOT,), SHUT),
        "pathway right": right(tally),
    }[name]
    return found.count / (found.of or 1)


def _up(part: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - part)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _mark(shape: str, x: float, y: float, colour: str) -> str:
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
    if shape == "square":
        return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"/>'
    return f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10z" fill="{colour}"/>'
