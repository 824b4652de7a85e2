"""The code tables: what a code means, and that a damaged table stops the start."""

import csv
import time
from decimal import Decimal
from pathlib import Path

import msgspec
import patients
import pytest

from fourthstep.ground.errors import KnowledgeError
from fourthstep.ground.interval import Interval
from fourthstep.knowledge.codes import ATC, ICD_10_CM, NDC, RXNORM, CodeIndex, CodeTables, normal_code, read_code_tables

CONCEPTS = f"""
    condition   | {ICD_10_CM}                    | C25.0      | pancreas
    condition   | {ICD_10_CM}                    | C25        | pancreas
    condition   | {ICD_10_CM}                    | c250       | pancreas
    condition   | {ICD_10_CM}                    | C26        |
    condition   | {ICD_10_CM}                    | D68.4      | coagulopathy acquired_factor_deficiency
    condition   | {ICD_10_CM}                    | D68.41     |
    condition   | http://local/icd10             | C250       | pancreas
    condition   | urn:oid:2.16.840.1.113883.6.96 | 363418001  | pancreas
    measurement | http://snomed.info/sct         | 363418001  |
    condition   | http://elsewhere               | 363418001  |
"""


@pytest.mark.parametrize("row", CONCEPTS.strip().splitlines())
def test_what_a_code_means(row: str) -> None:
    kind, system, code, concepts = (cell.strip() for cell in row.split("|"))
    assert " ".join(patients.index().concepts(kind, system, code)) == concepts
    assert " ".join(patients.index().concepts(kind, system, code)) == concepts  # from the memory of answers


def test_the_longest_prefix_wins() -> None:
    rows = [("condition", ICD_10_CM, code, "prefix", concept, "V", "") for code, concept in (("K59.0", "a"), ("K59", "b"))]
    index = CodeIndex(CodeTables(codes=rows))
    assert index.concepts("condition", ICD_10_CM, "K59.03") == ("a",)
    assert index.concepts("condition", ICD_10_CM, "K59.1") == ("b",)


def test_a_row_keeps_its_mark() -> None:
    assert patients.index().hits("condition", ICD_10_CM, "I85.0")[0].mark == "K"


COULD_BE = [("C80.1", ("neoplasm",)), ("A41.9", ("infection",)), ("J20.9", ("irrelevant",)), ("V01", ("irrelevant",))]


@pytest.mark.parametrize(("code", "families"), COULD_BE)
def test_what_an_unlisted_code_could_be(code: str, families: tuple[str, ...]) -> None:
    assert patients.index().could_be(ICD_10_CM, code) == families
    assert patients.index().irrelevant("condition", ICD_10_CM, code) is (families == ("irrelevant",))


def test_an_unknown_system_could_be_anything() -> None:
    assert patients.index().could_be(patients.LOCAL, "x") == ()
    assert not patients.index().irrelevant("condition", patients.LOCAL, "x")


def test_irrelevant_codes_are_irrelevant_for_their_kind() -> None:
    assert patients.index().irrelevant("condition", patients.SNOMED, "59621000")
    assert not patients.index().irrelevant("procedure", patients.SNOMED, "59621000")


def test_products() -> None:
    index = patients.index()
    oxycodone, aspirin = sorted(index.products(RXNORM, "1011"), key=lambda each: -len(each.ingredient))
    assert (oxycodone.ingredient, str(oxycodone.strength), oxycodone.strength_unit) == ("oxycodone", "4.8355", "mg")
    assert aspirin.concepts == ("antiplatelet:aspirin", "nsaid:nsaid_nonselective")
    assert aspirin.others == ("oxycodone 4.8355 MG",)
    (patch,) = index.products(RXNORM, "245134")
    assert (patch.strength, patch.strength_unit, patch.route) == (Decimal(25), "ug/h", "transdermal")
    (by_atc,) = index.products(ATC, "B01AF02")
    assert (by_atc.ingredient, by_atc.ingredient_code, by_atc.strength) == ("apixaban", "1364430", None)
    assert index.products(RXNORM, "0") == ()
    assert index.not_systemic(NDC, "08290-0360-05")


def test_names_are_whole_words() -> None:
    index = patients.index()
    assert [each.ingredient for each in index.named("OxyCODONE (Immediate Release) / Aspirin")] == [
        "aspirin",
        "oxycodone",
    ]
    assert [each.ingredient for each in index.named("Aspir-81")] == ["aspirin"]
    assert index.named("oxycodones") == ()
    assert index.harmless_name("metFORMIN 500 MG Oral Tablet")
    assert index.harmless_name("metformin / sodium chloride")
    assert not index.harmless_name("metformin / dapagliflozin")
    assert not index.harmless_name("")


def test_antineoplastics() -> None:
    index = patients.index()
    assert index.ingredient_concepts("docetaxel") == ("antineoplastic:antineoplastic", "antineoplastic:cytotoxic")
    assert index.ingredient_concepts("abemaciclib") == ("antineoplastic:antineoplastic",)
    assert index.ingredient_concepts("unheard-of") == ()


UNITS = """
    150000 | /uL   | 10*9/L | platelets | 150
    150    | K/uL  | 10*9/L | platelets | 150
    4      | mEq/L | mmol/L | potassium | 4
    4      | mEq/L | mmol/L | calcium   |
    4      | g/L   | 10*9/L | platelets |
    4      | g/L   | g/L    |           | 4
    3      | x     | y      |           | 1
    100.4  | [degF] | Cel   |           | 38
"""


@pytest.mark.parametrize("row", UNITS.strip().splitlines())
def test_units_convert_by_exact_ratios_or_not_at_all(row: str) -> None:
    value, source, target, concept, result = (cell.strip() for cell in row.split("|"))
    found = patients.index().convert(Interval.point(value), source, target, concept)
    assert str(found or "") == result


def test_open_ends_stay_open() -> None:
    found = patients.index().convert(Interval(None, Decimal(5000), high_open=True), "/uL", "10*9/L")
    assert found == Interval(None, Decimal(5), high_open=True)


def test_local_codes_lie_on_top() -> None:
    index = patients.index().overlaid(
        [
            ("condition", patients.LOCAL, "cancer", "exact", "pancreas", "V", ""),
            ("condition", patients.SNOMED, "363418001", "exact", "irrelevant", "V", ""),
            ("drug", patients.LOCAL, "oxy", "exact", "", "V", "oxycodone"),
            ("drug", patients.LOCAL, "blood thinner", "exact", "anticoagulant:doac_xa", "V", ""),
        ]
    )
    assert index.concepts("condition", patients.LOCAL, "cancer") == ("pancreas",)
    assert index.irrelevant("condition", patients.SNOMED, "363418001")
    assert index.products(patients.LOCAL, "oxy")[0].ingredient_code == "7804"
    assert index.products(patients.LOCAL, "blood thinner")[0].concepts == ("anticoagulant:doac_xa",)
    assert patients.index().concepts("condition", patients.LOCAL, "cancer") == ()


def test_the_memory_of_answers_is_bounded() -> None:
    index = CodeIndex(CodeTables())
    for number in range(50_010):
        index.concepts("condition", patients.LOCAL, str(number))
    assert len(index._found) < 50_005


def test_codes_are_compared_without_dots_and_hyphens() -> None:
    assert normal_code(NDC, "63459-502-30") == "63459050230"
    assert normal_code(NDC, "63459-50230") == "63459-50230"
    assert normal_code(patients.SNOMED, "1.2") == "1.2"


# -- the tables ------------------------------------------------------------------------------------------

FOLDER = patients.ROOT / "knowledge" / "codes"


def test_the_shipped_tables_are_sound_and_quick() -> None:
    tables = read_code_tables(FOLDER)
    best = min(_seconds(tables) for _ in range(5))
    assert best < 0.05, "the index is built at every start"
    packed = msgspec.msgpack.encode(tables)
    assert msgspec.msgpack.decode(packed, type=CodeTables) == tables


def _seconds(tables: CodeTables) -> float:
    start = time.perf_counter()
    CodeIndex(tables)
    return time.perf_counter() - start


def copied(folder: Path) -> Path:
    for path in FOLDER.glob("*.csv"):
        rows = path.read_text(encoding="utf-8").splitlines(keepends=True)[:3]
        (folder / path.name).write_text("".join(rows), encoding="utf-8")
    return folder


DAMAGED = {
    "missing": (None, "conditions.csv:1: the table is missing"),
    "empty": ("", "conditions.csv:1: the header lacks `system`"),
    "only a header": ("system,code,match,concept,display,mark,verified\n", "conditions.csv:1: the table is empty"),
    "another header": ("system,code\na,b\n", "conditions.csv:1: the header lacks `match`, `concept`"),
    "a ragged row": (
        "system,code,match,concept,display,mark,verified\ns,c,exact,x,d,V\n",
        "conditions.csv:2: 6 cells where the header has 7",
    ),
    "no code": (
        "system,code,match,concept,display,mark,verified\ns,,exact,x,d,V,V:a\n",
        "conditions.csv:2: `code` is empty",
    ),
    "another match": (
        "system,code,match,concept,display,mark,verified\ns,c,like,x,d,V,V:a\n",
        "conditions.csv:2: `match` is exact or prefix",
    ),
    "another mark": (
        "system,code,match,concept,display,mark,verified\ns,c,exact,x,d,,V:a\n",
        "conditions.csv:2: `mark` is V, K or P",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_table_stops_the_start(case: str, tmp_path: Path) -> None:
    content, message = DAMAGED[case]
    path = copied(tmp_path) / "conditions.csv"
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with pytest.raises(KnowledgeError, match=message):
        read_code_tables(tmp_path)


OTHERS = {
    "products": ("strength", "strong", "`strength` is not a number"),
    "units": ("factor", "-1", "`factor` is not a positive number"),
    "antineoplastics": ("cytotoxic", "maybe", "`cytotoxic` is yes or no"),
    "names": ("name", "", "`name` is empty"),
    "systems": ("alias", "", "`alias` is empty"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_damaged_cell_is_named(name: str, tmp_path: Path) -> None:
    column, cell, message = OTHERS[name]
    path = copied(tmp_path) / f"{name}.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0][column] = cell
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(KnowledgeError, match=f"{name}.csv:2: {message}"):
        read_code_tables(tmp_path)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    copied(tmp_path)
    (tmp_path / "sites.csv").unlink()
    (tmp_path / "units.csv").write_bytes(b"\xff")
    with pytest.raises(KnowledgeError, match=r"(?s)2 mistakes.*sites.csv:1.*units.csv:1: the table is not UTF-8"):
        read_code_tables(tmp_path)


def test_no_additions_are_no_mistake(tmp_path: Path) -> None:
    copied(tmp_path)
    (tmp_path / "additions.csv").write_text("kind,system,code,match,concept,display,mark,verified,extra\n")
    assert read_code_tables(tmp_path).codes
