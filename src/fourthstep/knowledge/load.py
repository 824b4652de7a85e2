"""Find, read, compile and keep the knowledge.

Reading all YAML takes a second; so the checked result is kept as one msgpack file whose name is the digest of
every byte that it was made from (the knowledge files and the code that reads them).  Change any of them and the
name changes: a stale copy cannot be loaded.
"""

import os
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from fourthstep.ground.digest import digest
from fourthstep.ground.errors import FourthstepError, KnowledgeError, Mistake
from fourthstep.knowledge.codes import DONE, CodeIndex, CodeTables, read_code_tables
from fourthstep.knowledge.models import (
    AdequateTrial,
    Comparator,
    Disagreement,
    Fact,
    HoldRules,
    Intervention,
    Leg,
    Pains,
    PerformanceRow,
    Prognosis,
    RedFlag,
    Reference,
    Rule,
    SafetyRule,
    Score,
    Source,
    Syndrome,
    Windows,
)
from fourthstep.knowledge.opioids import OpioidKnowledge, read_opioid_knowledge
from fourthstep.knowledge.reader import BROKEN, Reading
from fourthstep.knowledge.tables import SafetyTables, read_safety_tables


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the engine knows, of no patient."""

    facts: dict[str, Fact]
    rules: dict[str, Rule]
    legs: dict[str, Leg]
    red_flags: tuple[RedFlag, ...]
    safety: tuple[SafetyRule, ...]
    scores: dict[str, Score]
    prognosis: Prognosis
    pains: Pains
    holds: HoldRules
    windows: Windows
    performance: list[PerformanceRow]
    adjuvants: list[AdequateTrial]
    review: dict[str, str]
    interventions: dict[str, Intervention]
    comparators: dict[str, Comparator]
    syndromes: dict[str, Syndrome]
    references: dict[str, Reference]
    disagreements: dict[str, Disagreement]
    sources: dict[str, Source]
    texts: dict[str, dict[str, str]]
    tables: SafetyTables
    opioids: OpioidKnowledge
    codes: CodeTables
    digest: str = ""


def knowledge_folder() -> Path:
    """The folder that ships with the package, or the one of a checkout, or `FOURTHSTEP_KNOWLEDGE`."""
    if chosen := os.environ.get("FOURTHSTEP_KNOWLEDGE"):
        return Path(chosen)
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_knowledge"
    return shipped if shipped.is_dir() else package.parents[1] / "knowledge"


@lru_cache(maxsize=4)
def load_knowledge(folder: Path | None = None) -> Knowledge:
    """The checked knowledge, compiled if it was compiled before.

    Raises:
        KnowledgeError: the knowledge holds mistakes; all are listed, and nothing starts.
    """
    folder = folder or knowledge_folder()
    name = name_of(folder)
    for place in _places(folder):
        kept = place / f"{name}.msgpack"
        if kept.is_file():
            return msgspec.msgpack.decode(kept.read_bytes(), type=Knowledge)
    knowledge = msgspec.structs.replace(read_knowledge(folder), digest=name)
    _keep(msgspec.msgpack.encode(knowledge), name, folder)
    return knowledge


def name_of(folder: Path) -> str:
    """The digest of every byte that the knowledge is made from."""
    return digest(part for path, content in _contents(folder) for part in (path.encode(), content))


@lru_cache(maxsize=4)
def code_index(knowledge_digest: str, folder: Path | None = None) -> CodeIndex:
    """The code index of the knowledge with that digest; built once a process."""
    knowledge = load_knowledge(folder) if folder else load_knowledge()  # `None` said in words would be loaded once more
    if knowledge.digest != knowledge_digest:
        raise FourthstepError("the knowledge changed while it was in use; start again")
    return CodeIndex(knowledge.codes)


def read_knowledge(folder: Path, reading: Reading | None = None) -> Knowledge:
    """Read and check the YAML and CSV files of a knowledge folder.

    Raises:
        KnowledgeError: with every mistake of every file.
    """
    if not folder.is_dir():
        raise KnowledgeError([Mistake(str(folder), 1, 0, "there is no knowledge folder here")])
    reading = reading or Reading()
    merged: dict[str, Any] = {part: _merge(folder / part, wanted, reading) for part, wanted in _MERGED.items()}
    listed = {part: _concat(folder / part, wanted, reading) for part, wanted in _LISTED.items()}
    by_id: dict[str, Any] = {part: _by_id(folder / part, wanted, reading) for part, wanted in _BY_ID.items()}
    singles: dict[str, Any] = {name: _read(folder / f"{name}.yaml", wanted, reading) for name, wanted in _SINGLE.items()}
    disagreements = _disagreements(folder / "disagreements.yaml", reading)
    opioids = read_opioid_knowledge(folder / "opioids", reading)
    tables = read_safety_tables(folder / "tables", reading.mistakes)
    codes = read_code_tables(folder / "codes")
    reading.finish()
    codes = msgspec.structs.replace(codes, therapies=_therapies(by_id["interventions"]))
    knowledge = Knowledge(
        **merged,
        **by_id,
        **{name.partition("/")[0]: entry for name, entry in singles.items()},
        disagreements=disagreements,
        red_flags=tuple(listed["red-flags"]),
        safety=tuple(listed["safety"]),
        tables=tables,
        opioids=opioids,
        codes=codes,
    )
    from fourthstep.knowledge.check import check_references  # noqa: PLC0415  it needs the type defined above

    check_references(knowledge, reading)
    reading.finish()
    return knowledge


def _disagreements(path: Path, reading: Reading) -> dict[str, Disagreement]:
    """By id, in the order of the file; `BROKEN` where it cannot be read."""
    listed = _read(path, list[Disagreement], reading)
    found: dict[str, Disagreement] = {}
    for each in () if listed is BROKEN else listed:
        if each.id in found:
            reading.mistake(each, "id", f"`{each.id}` is declared twice", "Keep one of them.")
        found[each.id] = each
    return found


def _therapies(interventions: dict[str, Intervention]) -> list[tuple[str, str]]:
    """The names that tell one intervention from all others; abbreviations mean too many things to be read."""
    owners: dict[str, set[str]] = {}
    for each in interventions.values():
        for name in (each.name, *each.names):
            owners.setdefault(name.lower(), set()).add(each.id)
    return [(name, f"{DONE}{min(ids)}") for name, ids in sorted(owners.items())
            if len(ids) == 1 and (" " in name or len(name) > _ABBREVIATION)]  # fmt: skip


_ABBREVIATION = 7
"""Letters of a single word that may still be an abbreviation."""
_MERGED: dict[str, Any] = {"facts": dict[str, Fact], "rules": dict[str, Rule], "legs": dict[str, Leg],
                           "scores": dict[str, Score]}  # fmt: skip
_LISTED: dict[str, Any] = {"red-flags": list[RedFlag], "safety": list[SafetyRule]}
_BY_ID: dict[str, Any] = {"interventions": Intervention, "comparators": Comparator, "syndromes": Syndrome,
                          "references": Reference}  # fmt: skip
_SINGLE: dict[str, Any] = {
    "prognosis": Prognosis,
    "pains": Pains,
    "holds": HoldRules,
    "windows": Windows,
    "performance": list[PerformanceRow],
    "adjuvants": list[AdequateTrial],
    "review": dict[str, str],
    "sources": dict[str, Source],
    "texts/en": dict[str, dict[str, str]],
}


# -- the kept copy -----------------------------------------------------------------------------------------


def _contents(folder: Path) -> list[tuple[str, bytes]]:
    """Every file that decides what is loaded: the knowledge, and the code of the floors that read it."""
    package = Path(__file__).resolve().parent
    code = sorted(path for part in (package, package.parent / "ground") for path in part.glob("*.py"))
    paths = [*_knowledge_files(folder), *code]
    return [(path.name if path in code else str(path.relative_to(folder)), path.read_bytes()) for path in paths]


def _knowledge_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".csv") and "cases" not in path.parts:
            yield path


def _places(folder: Path) -> Iterator[Path]:
    yield folder / ".compiled"
    base = os.environ.get("XDG_CACHE_HOME")
    yield (Path(base) if base else Path.home() / ".cache") / "fourthstep"


def _keep(content: bytes, name: str, folder: Path) -> None:
    """Write the compiled copy where it is allowed; without such a place every start reads the YAML."""
    for place in _places(folder):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=place, delete=False) as file:
                file.write(content)
            Path(file.name).chmod(0o644)  # whoever installed it, others start from it too
            Path(file.name).replace(place / f"{name}.msgpack")
        except OSError:
            continue
        return


# -- the parts ---------------------------------------------------------------------------------------------


def _files(folder: Path, reading: Reading) -> list[Path]:
    found = sorted(folder.glob("*.yaml"))
    if not found:
        reading.mistakes.append(Mistake(folder.name, 1, 0, "the folder holds no YAML file"))
    return found


def _read(path: Path, wanted: Any, reading: Reading) -> Any:
    name = f"knowledge/{path.parent.name}/{path.name}" if path.parent.name != "knowledge" else f"knowledge/{path.name}"
    try:
        return reading.read(path.read_text(encoding="utf-8"), name, wanted)
    except FileNotFoundError:
        reading.mistakes.append(Mistake(name, 1, 0, "the file is missing", "Restore it from the release."))
        return BROKEN


def _merge(folder: Path, wanted: Any, reading: Reading) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for path in _files(folder, reading):
        part = _read(path, wanted, reading)
        for key, entry in ({} if part is BROKEN else part).items():
            if key in merged:
                reading.mistake(entry, "", f"`{key}` is declared twice", "Keep one of them.")
            merged[key] = entry
    return merged


def _concat(folder: Path, wanted: Any, reading: Reading) -> list[Any]:
    parts = [_read(path, wanted, reading) for path in _files(folder, reading)]
    return [entry for part in parts if part is not BROKEN for entry in part]


def _by_id(folder: Path, wanted: Any, reading: Reading) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in _files(folder, reading):
        entry = _read(path, wanted, reading)
        if entry is BROKEN:
            continue
        if entry.id != path.stem:
            reading.mistake(entry, "id", f"the file is named {path.stem}", "A file carries the name of its entry.")
        found[entry.id] = entry
    return found
