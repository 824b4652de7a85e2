"""What codes mean: the tables under `knowledge/codes/`, and a fast index over them.

A table that is missing, empty or malformed is a mistake that stops the start: an empty list of anticoagulants
would otherwise be read as "no anticoagulant".

>>> tables = CodeTables(codes=[("condition", ICD_10_CM, "C25", "prefix", "pancreas", "V", "")])
>>> CodeIndex(tables).concepts("condition", ICD_10_CM, "C25.0")
('pancreas',)
"""

import copy
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec

from fourthstep.ground.errors import KnowledgeError, Mistake
from fourthstep.ground.interval import Interval

ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_9_PROCEDURES = "urn:oid:2.16.840.1.113883.6.104"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"
ATC = "http://www.whocc.no/atc"

NOT_A_RESULT = "not_a_result"
NOT_SYSTEMIC = "not_systemic"
SKIPPED = (NOT_A_RESULT, NOT_SYSTEMIC)
"""Concepts of codes that are known and mean that nothing may be read from them."""

DONE = "done:"
"""Before the id of an intervention: the concept of a procedure that was just this one."""

IRRELEVANT_FAMILY = "irrelevant"
"""Family of a range of codes that are known to mean nothing to us."""

CodeRow = tuple[str, str, str, str, str, str, str]
"""Kind, system, code, match, concept, mark, extra."""
ProductRow = tuple[str, str, str, str, str, str, str, str, str]
"""System, code, ingredient code, ingredient, strength, unit, form, route, others."""


class CodeTables(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of all code tables, in plain lists, so that they can be kept in one compiled file."""

    codes: list[CodeRow] = []
    products: list[ProductRow] = []
    sites: list[tuple[str, str, str, str, str]] = []
    """System, code, concept, region, side."""
    ingredients: list[tuple[str, str, str]] = []
    """Ingredient, RxNorm code (or empty), concept."""
    antineoplastics: list[tuple[str, str]] = []
    """Ingredient, whether it is cytotoxic."""
    names: list[tuple[str, str, str]] = []
    """Name, ingredient, ingredient code."""
    irrelevant: list[tuple[str, str, str]] = []
    """System, code, kind."""
    irrelevant_ingredients: list[str] = []
    other_ingredients: list[tuple[str, str, str]] = []
    """Name, `word` or `whole`, and the families that a drug of this name could belong to."""
    ranges: list[tuple[str, str, str, str]] = []
    """System, first, last, family."""
    systems: list[tuple[str, str]] = []
    """Alias, system."""
    therapies: list[tuple[str, str]] = []
    """Name of a procedure, and its concept `done:` with the intervention's id."""
    units: list[tuple[str, str, str, str, str]] = []
    """From, to, factor, concept (or empty), what is taken off before the factor (or empty)."""


class Hit(msgspec.Struct, frozen=True, gc=False):
    """What a code means: a concept, how sure the row is, and what the table adds."""

    concept: str
    mark: str = "V"
    extra: str = ""


class Product(msgspec.Struct, frozen=True, gc=False):
    """One ingredient of ours in a drug product, as far as the code says."""

    ingredient: str
    ingredient_code: str = ""
    strength: Decimal | None = None
    strength_unit: str = ""
    """UCUM: `mg`, `mg/mL`, `ug/h`, `mg/{actuat}`."""
    form: str = ""
    route: str = ""
    others: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    """`group:concept` of the ingredient."""


class Site(msgspec.Struct, frozen=True, gc=False):
    """A body site: its concept, the region of the body, and the side where the code fixes it."""

    concept: str
    region: str = ""
    side: str = ""


# -- the index -------------------------------------------------------------------------------------------


class CodeIndex:
    """Fast questions to the code tables; built once a process in a few milliseconds."""

    def __init__(self, tables: CodeTables) -> None:
        self._systems = dict(tables.systems)
        self._exact, self._prefix = _code_maps(tables.codes)
        self._products: dict[tuple[str, str], list[ProductRow]] = {}
        for row in tables.products:
            self._products.setdefault((row[0], normal_code(row[0], row[1])), []).append(row)
        self._ingredients, self._by_code = _ingredient_maps(tables)
        self._sites = {(row[0], normal_code(row[0], row[1])): Site(*row[2:]) for row in tables.sites}
        self._irrelevant = {(kind, system, normal_code(system, code)) for system, code, kind in tables.irrelevant}
        self._ranges: dict[str, list[tuple[str, str, str]]] = {}
        for system, first, last, family in tables.ranges:
            span = (normal_code(system, first), normal_code(system, last), family)
            self._ranges.setdefault(system, []).append(span)
        self._names = _Names([(name, (ingredient, code)) for name, ingredient, code in _all_names(tables)])
        self._harmless = _Names([(name, ("", "")) for name in tables.irrelevant_ingredients])
        self._other = _Names([(name, (families, "")) for name, how, families in tables.other_ingredients if how == "word"])
        self._carriers = {_plain(name): families for name, how, families in tables.other_ingredients if how == "whole"}
        self._therapies = {_plain(name): concept for name, concept in tables.therapies}
        self._units = _unit_map(tables.units)
        self._found: dict[tuple[str, str, str], tuple[Hit, ...]] = {}
        self._found_products: dict[tuple[str, str], tuple[Product, ...]] = {}
        self._found_names: dict[str, tuple[Product, ...]] = {}
        self._overlays: dict[tuple[CodeRow, ...], CodeIndex] = {}

    def overlaid(self, maps: Iterable[CodeRow]) -> "CodeIndex":
        """The same index with a hospital's local codes on top; for drugs, `extra` is the ingredient.

        A concept `irrelevant` makes the code known to mean nothing.  The same maps give the same index again.
        """
        rows = tuple(maps)
        known = self._overlays.get(rows)
        if known is None:
            known = self._overlays[rows] = copy.copy(self)
            known._lay_over(rows)  # noqa: SLF001  a copy of this very object
        return known

    def _lay_over(self, maps: Iterable[CodeRow]) -> None:
        self._exact, self._irrelevant = dict(self._exact), set(self._irrelevant)
        self._products = dict(self._products)
        self._found, self._found_products = {}, {}
        for kind, written, code, _, concept, mark, extra in maps:
            system = self.system(written)
            key = (kind, system, normal_code(system, code))
            if concept == IRRELEVANT_FAMILY:
                self._irrelevant.add(key)
                continue
            self._exact[key] = [Hit(concept, mark, extra)]
            self._products.pop(key[1:], None)

    # -- codes -------------------------------------------------------------------------------------------

    def system(self, system: str) -> str:
        """The one name of a code system: `urn:oid:2.16.840.1.113883.6.96` is SNOMED CT."""
        return self._systems.get(system, system)

    def hits(self, kind: str, system: str, code: str) -> tuple[Hit, ...]:
        """What a code means for a kind: the rows of the exact code, else those of its longest prefix."""
        key = (kind, system, code)
        found = self._found.get(key)
        if found is None:
            found = self._look_up(kind, self.system(system), code)
            _remember(self._found, key, found)
        return found

    def concepts(self, kind: str, system: str, code: str) -> tuple[str, ...]:
        """The concepts of a code for a kind; empty where the code is not known.

        `not_a_result` and `not_systemic` are answers too: known, and nothing may be read from it.
        """
        return tuple(hit.concept for hit in self.hits(kind, system, code))

    def _look_up(self, kind: str, system: str, code: str) -> tuple[Hit, ...]:
        code = normal_code(system, code)
        if found := self._exact.get((kind, system, code)):
            return tuple(found)
        prefixes = self._prefix.get((kind, system), {})
        for end in range(len(code), 0, -1):
            if found := prefixes.get(code[:end]):
                return tuple(found)
        return ()

    def irrelevant(self, kind: str, system: str, code: str) -> bool:
        """Is the code known to mean nothing to us?"""
        system = self.system(system)
        code = normal_code(system, code)
        if (kind, system, code) in self._irrelevant or ("", system, code) in self._irrelevant:
            return True
        return self.could_be(system, code) == (IRRELEVANT_FAMILY,)

    def could_be(self, system: str, code: str) -> tuple[str, ...]:
        """The families that an unknown code could belong to, by the chapter it stands in.

        Empty means any: the chapter is not known.
        """
        system = self.system(system)
        code = normal_code(system, code)
        found = {
            family for first, last, family in self._ranges.get(system, ()) if first <= code and code[: len(last)] <= last
        }
        real = found - {IRRELEVANT_FAMILY}
        return tuple(sorted(real or found))

    def site(self, system: str, code: str) -> Site | None:
        """The body site of a code, or None."""
        system = self.system(system)
        return self._sites.get((system, normal_code(system, code)))

    # -- drugs -------------------------------------------------------------------------------------------

    def products(self, system: str, code: str) -> tuple[Product, ...]:
        """The ingredients of ours in a product, ingredient or ATC code; empty where it is not known."""
        key = (system, code)
        found = self._found_products.get(key)
        if found is None:
            found = self._look_up_product(self.system(system), code)
            _remember(self._found_products, key, found)
        return found

    def _look_up_product(self, system: str, code: str) -> tuple[Product, ...]:
        rows = self._products.get((system, normal_code(system, code)))
        if rows:
            return tuple(self._product(row) for row in rows)
        hits = [hit for hit in self.hits("drug", system, code) if hit.concept not in SKIPPED]
        named = tuple(self.ingredient(each) for each in sorted({hit.extra for hit in hits if hit.extra}))
        nameless = tuple(sorted({hit.concept for hit in hits if not hit.extra}))
        return (*named, Product("", concepts=nameless)) if nameless else named

    def _product(self, row: ProductRow) -> Product:
        _, _, code, name, strength, unit, form, route, others = row
        value, ucum = strength_of(strength, unit)
        return Product(
            ingredient=name or self._by_code.get(code, ""),
            ingredient_code=code,
            strength=value,
            strength_unit=ucum,
            form=form,
            route=route,
            others=tuple(each.strip() for each in others.split(";") if each.strip()),
            concepts=self.ingredient_concepts(name, code),
        )

    def ingredient(self, name: str, code: str = "") -> Product:
        """An ingredient of which nothing but the name is known."""
        code = code or next((each for each, known in self._by_code.items() if known == name), "")
        return Product(name, code, concepts=self.ingredient_concepts(name, code))

    def ingredient_concepts(self, name: str, code: str = "") -> tuple[str, ...]:
        """`group:concept` of an ingredient, by its RxNorm code or its name; empty where it has none."""
        name = self._by_code.get(code, name).lower()
        return self._ingredients.get(name, ())

    def not_systemic(self, system: str, code: str) -> bool:
        """Is this product known never to reach the circulation, such as a heparin flush?"""
        return any(hit.concept == NOT_SYSTEMIC for hit in self.hits("drug", system, code))

    def named(self, text: str) -> tuple[Product, ...]:
        """The ingredients whose names stand in a text as whole words."""
        found = self._found_names.get(text)
        if found is None:
            found = tuple(self.ingredient(name, code) for name, code in self._names.found(text))
            _remember(self._found_names, text, found)
        return found

    def harmless_name(self, text: str) -> bool:
        """Does a product name hold, in each part of a combination, an ingredient that means nothing to us?"""
        parts = _parts(text)
        return bool(parts) and all(self._harmless.found(part) for part in parts)

    def other_families(self, text: str) -> tuple[str, ...]:
        """The families that an identified drug of none of our groups could belong to; empty where it is not identified.

        Every part of a combination must be identified.
        """
        families: set[str] = set()
        for part in _parts(text):
            found = {family for names, _ in self._other.found(part) for family in names.split()}
            found |= set(self._carriers.get(_plain(part), "").split())
            if not found and not self._harmless.found(part):
                return ()
            families |= found
        return tuple(sorted(families))

    # -- procedures --------------------------------------------------------------------------------------

    def therapy(self, text: str) -> str:
        """The concept of the intervention that is named by the whole text (a terminology's tag aside), or empty."""
        return self._therapies.get(_plain(_TAG.sub("", text)), "")

    # -- units -------------------------------------------------------------------------------------------

    def convert(self, value: Interval, from_unit: str, to_unit: str, concept: str = "") -> Interval | None:
        """A value in another unit by an exact ratio, after what the table takes off (degrees Fahrenheit: 32).

        Unknown when:
            the table of units has no row for this pair (and this concept): None.
        """
        if from_unit == to_unit:
            return value
        row = self._units.get((from_unit, to_unit, concept)) or self._units.get((from_unit, to_unit, ""))
        if row is None:
            return None
        return Interval(_times(value.low, *row), _times(value.high, *row), value.low_open, value.high_open)


def _parts(text: str) -> list[str]:
    """The parts of a combination."""
    return [part for part in re.split(r"\s/\s|\s&\s|;|\+", text) if part.strip()]


_TAG = re.compile(r" \((?:procedure|regime/therapy)\)\Z")


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def normal_code(system: str, code: str) -> str:
    """A code as it is compared: ICD without dots and in capitals, NDC as eleven digits, one blank for many.

    >>> normal_code("http://hl7.org/fhir/sid/icd-10-cm", "c25.0")
    'C250'
    >>> normal_code("http://hl7.org/fhir/sid/ndc", "63459-502-30")
    '63459050230'
    >>> normal_code("http://example.org/local-name", "Heparin  Sodium ")
    'Heparin Sodium'
    """
    if " " in code or not code.isprintable():
        code = " ".join(code.split())
    if "icd" in system or "ICD" in system or system == ICD_9_PROCEDURES:
        return code.replace(".", "").upper()
    if "-" in code and system == NDC:
        parts = code.split("-")
        widths = (5, 4, 2)
        if len(parts) == len(widths):
            return "".join(part.zfill(width) for part, width in zip(parts, widths, strict=True))
    return code


def _remember(cache: dict[Any, Any], key: object, value: object) -> None:
    """Keep an answer; a record with endless different codes must not fill the memory."""
    if len(cache) > 50_000:
        cache.clear()
    cache[key] = value


_CodeMaps = tuple[dict[tuple[str, str, str], list[Hit]], dict[tuple[str, str], dict[str, list[Hit]]]]


def _code_maps(rows: Iterable[CodeRow]) -> _CodeMaps:
    exact: dict[tuple[str, str, str], list[Hit]] = {}
    prefix: dict[tuple[str, str], dict[str, list[Hit]]] = {}
    for kind, system, written, match, concept, mark, extra in rows:
        code, hit = normal_code(system, written), Hit(concept, mark, extra)
        exact.setdefault((kind, system, code), []).append(hit)
        if match == "prefix":
            prefix.setdefault((kind, system), {}).setdefault(code, []).append(hit)
    return exact, prefix


def _ingredient_maps(tables: CodeTables) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Ingredient -> its concepts, and RxNorm ingredient code -> ingredient."""
    concepts: dict[str, set[str]] = {}
    by_code: dict[str, str] = {}
    for ingredient, code, concept in tables.ingredients:
        concepts.setdefault(ingredient.lower(), set()).add(concept)
        if code:
            by_code[code] = ingredient
    for ingredient, cytotoxic in tables.antineoplastics:
        found = concepts.setdefault(ingredient.lower(), set())
        found.add("antineoplastic:antineoplastic")
        if cytotoxic == "yes":
            found.add("antineoplastic:cytotoxic")
    return {name: tuple(sorted(found)) for name, found in concepts.items()}, by_code


def _all_names(tables: CodeTables) -> Iterator[tuple[str, str, str]]:
    """The names of the table, and every ingredient under its own name."""
    yield from tables.names
    codes: dict[str, str] = {}
    for ingredient, code, _ in tables.ingredients:
        codes[ingredient] = code or codes.get(ingredient, "")
    codes.update({ingredient: codes.get(ingredient, "") for ingredient, _ in tables.antineoplastics})
    for ingredient, code in codes.items():
        if ingredient not in _ALSO_EXCIPIENTS:
            yield ingredient, ingredient, code


_ALSO_EXCIPIENTS = frozenset({"alcohol", "ethanol", "glycerin", "phenol"})
"""Neurolytics by code only: as words they are excipients, wipes and lozenges."""


_WORD = re.compile(r"[a-z0-9]+")


class _Names:
    """Finds names of one or more whole words in a text; longer names win over those inside them."""

    def __init__(self, names: Iterable[tuple[str, tuple[str, str]]]) -> None:
        self._first: dict[str, list[tuple[list[str], tuple[str, str]]]] = {}
        for name, meaning in names:
            words = _WORD.findall(name.lower())
            if words:
                self._first.setdefault(words[0], []).append((words, meaning))
        for found in self._first.values():
            found.sort(key=lambda each: -len(each[0]))

    def found(self, text: str) -> list[tuple[str, str]]:
        words = _WORD.findall(text.lower())
        meanings: dict[tuple[str, str], None] = {}
        at = 0
        while at < len(words):
            step = 1
            for name, meaning in self._first.get(words[at], ()):
                if words[at : at + len(name)] == name:
                    meanings[meaning] = None
                    step = len(name)
                    break
            at += step
        return sorted(meanings)


_UCUM = {"MG": "mg", "MG/ML": "mg/mL", "MG/ACTUAT": "mg/{actuat}", "MG/MG": "mg/mg", "UNT": "[U]",
         "UNT/ML": "[U]/mL", "MEQ": "meq", "MEQ/ML": "meq/mL", "MCG": "ug", "MCG/ML": "ug/mL"}  # fmt: skip


def strength_of(value: str, unit: str) -> tuple[Decimal | None, str]:
    """A strength as RxNorm writes it, in UCUM; patches per hour in micrograms."""
    if not value:
        return None, ""
    number, unit = Decimal(value), unit.upper()
    if unit == "MG/HR":
        return number * 1000, "ug/h"
    if unit == "MCG/HR":
        return number, "ug/h"
    return number, _UCUM.get(unit, unit)


_Factor = Decimal | Fraction
_Conversion = tuple[_Factor, Decimal]
"""The factor, and what is taken off before it."""


def _unit_map(rows: Iterable[tuple[str, str, str, str, str]]) -> dict[tuple[str, str, str], _Conversion]:
    return {(source, target, concept): (_factor(text), Decimal(minus or 0)) for source, target, text, concept, minus in rows}


def _factor(text: str) -> _Factor:
    """An exact ratio: `1000`, `0.001`, or `1/3`."""
    if "/" in text:
        above, _, below = text.partition("/")
        return Fraction(Decimal(above)) / Fraction(Decimal(below))
    return Decimal(text)


def _times(value: Decimal | None, factor: _Factor, minus: Decimal) -> Decimal | None:
    if value is None:
        return None
    if isinstance(factor, Decimal):
        return (value - minus) * factor
    exact = Fraction(value - minus) * factor
    return Decimal(exact.numerator) / Decimal(exact.denominator)


# -- reading the tables ----------------------------------------------------------------------------------

_CODES = ("system", "code", "match", "concept", "display", "mark", "verified")
_KINDS = {
    "conditions": "condition",
    "measurements": "measurement",
    "procedures": "procedure",
    "past_interventions": "procedure",
    "goals": "goal",
}


def read_code_tables(folder: Path) -> CodeTables:
    """Read and check every table of the folder.

    Raises:
        KnowledgeError: a table is missing, empty or malformed; every mistake with file and line.
    """
    reader = _Tables(folder)
    codes = [_code_row(kind, row) for name, kind in _KINDS.items() for row in reader.rows(name, _CODES)]
    codes += [_code_row(row["kind"], row) for row in reader.rows("additions", ("kind", *_CODES), empty=True)]
    drugs = list(reader.rows("ingredients", (*_CODES, "ingredient")))
    codes += [_code_row("drug", row, row["ingredient"]) for row in drugs]
    tables = CodeTables(
        codes=codes,
        products=[_product_row(row) for row in reader.rows("products", _PRODUCT, _check_product)],
        sites=[
            (row["system"], row["code"], row["concept"], row["region"], row["side"])
            for row in reader.rows("sites", (*_CODES, "region", "side"))
        ],
        ingredients=[
            (row["ingredient"], row["code"] if row["system"] == RXNORM else "", row["concept"])
            for row in drugs
            if row["concept"] not in SKIPPED
        ],
        antineoplastics=[
            (row["ingredient"], row["cytotoxic"])
            for row in reader.rows("antineoplastics", ("ingredient", "cytotoxic", "mark"), _check_cytotoxic)
        ],
        names=[
            (row["name"], row["ingredient"], row["ingredient_code"])
            for row in reader.rows("names", ("name", "ingredient", "ingredient_code"))
        ],
        irrelevant=[
            (row["system"], row["code"], row["kind"])
            for row in reader.rows("irrelevant", ("system", "code", "kind", "display"))
        ],
        irrelevant_ingredients=[row["ingredient"] for row in reader.rows("irrelevant_ingredients", ("ingredient",))],
        other_ingredients=[
            (row["ingredient"], row["how"], row["could_be"])
            for row in reader.rows("other_ingredients", ("ingredient", "how", "could_be", "remark"))
        ],
        ranges=[
            (row["system"], row["first"], row["last"], row["family"])
            for row in reader.rows("ranges", ("system", "first", "last", "family", "remark"))
        ],
        systems=[(row["alias"], row["system"]) for row in reader.rows("systems", ("alias", "system"))],
        units=[
            (row["from"], row["to"], row["factor"], row.get("concept", ""), row.get("minus", ""))
            for row in reader.rows("units", ("from", "to", "factor"), _check_factor)
        ],
    )
    if reader.mistakes:
        raise KnowledgeError(reader.mistakes)
    return tables


_PRODUCT = ("system", "code", "ingredient_code", "ingredient", "strength", "unit", "form", "route", "brand",
            "others", "display", "mark", "verified")  # fmt: skip
_Row = dict[str, str]


def _code_row(kind: str, row: _Row, extra: str | None = None) -> CodeRow:
    return (
        kind,
        row["system"],
        row["code"],
        row["match"],
        row["concept"],
        row["mark"],
        row.get("extra", "") if extra is None else extra,
    )


def _product_row(row: _Row) -> ProductRow:
    return (
        row["system"],
        row["code"],
        row["ingredient_code"],
        row["ingredient"],
        row["strength"],
        row["unit"],
        row["form"],
        row["route"],
        row["others"],
    )


def _check_product(row: _Row) -> str:
    if not row["ingredient"]:
        return "a product needs an ingredient"
    return "" if not row["strength"] or _is_number(row["strength"]) else "`strength` is not a number"


def _check_cytotoxic(row: _Row) -> str:
    return "" if row["cytotoxic"] in ("yes", "no") else "`cytotoxic` is yes or no"


def _check_factor(row: _Row) -> str:
    above, _, below = row["factor"].partition("/")
    if not _is_number(above) or not _is_number(below or "1"):
        return "`factor` is not a positive number"
    return "" if _is_number(row.get("minus") or "1") else "`minus` is not a positive number"


def _is_number(text: str) -> bool:
    try:
        return Decimal(text) > 0
    except InvalidOperation:
        return False


def _check_nothing(row: _Row) -> str:  # noqa: ARG001  the shape of a check
    return ""


class _Tables:
    """Reads the CSV files of a folder and notes what is wrong in them."""

    def __init__(self, folder: Path) -> None:
        self.mistakes: list[Mistake] = []
        self._folder = folder

    def rows(
        self,
        name: str,
        columns: tuple[str, ...],
        check: Callable[[_Row], str] = _check_nothing,
        *,
        empty: bool = False,
    ) -> Iterator[_Row]:
        """The good rows of a table; the others become mistakes."""
        file = f"codes/{name}.csv"
        text = self._text(name, file)
        if text is None:
            return
        lines = csv.reader(io.StringIO(text, newline=""))
        header = next(lines, [])
        missing = [column for column in columns if column not in header]
        if missing:
            self._wrong(file, 1, f"the header lacks {', '.join(f'`{each}`' for each in missing)}")
            return
        count = 0
        for cells in lines:
            count += 1
            row = dict(zip(header, cells, strict=False))
            what = _ragged(header, cells) or _unfilled(row, columns) or check(row)
            if what:
                self._wrong(file, lines.line_num, what)
            else:
                yield row
        if not count and not empty:
            self._wrong(file, 1, "the table is empty")

    def _text(self, name: str, file: str) -> str | None:
        path = self._folder / f"{name}.csv"
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            self._wrong(file, 1, "the table is missing")
        except UnicodeDecodeError:
            self._wrong(file, 1, "the table is not UTF-8")
        return None

    def _wrong(self, file: str, line: int, what: str) -> None:
        remedy = "Restore the file from the release, or correct the row."
        self.mistakes.append(Mistake(f"knowledge/{file}", line, 0, what, remedy))


def _ragged(header: list[str], cells: list[str]) -> str:
    if len(cells) == len(header):
        return ""
    return f"{len(cells)} cells where the header has {len(header)}"


_FILLED = ("system", "code", "concept", "kind", "name", "alias", "from", "to", "first", "last")


def _unfilled(row: _Row, columns: tuple[str, ...]) -> str:
    for column in columns:
        if column in _FILLED and not row[column].strip():
            return f"`{column}` is empty"
    if "match" in columns and row["match"] not in ("exact", "prefix"):
        return "`match` is exact or prefix"
    if "mark" in columns and row["mark"] not in ("V", "K", "P"):
        return "`mark` is V, K or P"
    return ""
