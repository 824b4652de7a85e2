"""The generated code lists and tables are the dossier's, and hold together."""

import csv
import importlib.util
import re
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from fourthstep import load_knowledge
from fourthstep.assessment.coverage import read_complete

ROOT = Path(__file__).resolve().parent.parent
DOSSIER = ROOT.parent / "shared" / "clinical"
CODES = ROOT / "knowledge" / "codes"

spec = importlib.util.spec_from_file_location("import_dossier", ROOT / "tools" / "import_dossier.py")
assert spec is not None
assert spec.loader is not None
import_dossier = importlib.util.module_from_spec(spec)
spec.loader.exec_module(import_dossier)

needs_dossier = pytest.mark.skipif(not DOSSIER.is_dir(), reason="../shared/clinical is not beside the project")


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        head, *body = csv.reader(file)
    assert all(len(row) == len(head) for row in body), path.name
    return [dict(zip(head, row, strict=True)) for row in body]


@needs_dossier
def test_generated_files_are_up_to_date():
    assert import_dossier.differing(import_dossier.build(DOSSIER), ROOT) == []


@needs_dossier
def test_a_second_run_gives_the_same_bytes():
    assert import_dossier.build(DOSSIER) == import_dossier.build(DOSSIER)


@needs_dossier
def test_every_code_of_an_intervention_tells_that_it_was_done():
    """The field *Codes* of `interventions.md`: each code means something that this intervention reads."""
    text = (DOSSIER / "interventions.md").read_text(encoding="utf-8")
    parts = re.split(r"^### id: `([a-z0-9-]+)`", text, flags=re.MULTILINE)
    listed = [*rows(CODES / "procedures.csv"), *rows(CODES / "past_interventions.csv")]
    concepts = {row["code"]: row["concept"] for row in listed}
    told = {}
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        codes = re.search(r"^- \*\*Codes\*\*: (.*)$", body, re.MULTILINE)
        for code in re.findall(r"\b(?:[0-9][0-9A-Z]{6}|\d{8})\b", codes[1] if codes else ""):
            each = yaml.safe_load((ROOT / "knowledge" / "interventions" / f"{name}.yaml").read_text(encoding="utf-8"))
            read = (*each.get("procedures", ()), *each.get("perhaps", ()))
            told[name, code] = concepts.get(code) in read
    assert len(told) > 50
    assert [key for key, found in told.items() if not found] == []


def test_a_row_of_the_wrong_width_is_named(tmp_path):
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "x.csv").write_text("system,code\na,b,c\n", encoding="utf-8")
    with pytest.raises(import_dossier.BrokenDossierError, match=r"codes/x\.csv, row 2: 3 fields instead of 2"):
        import_dossier.Dossier(tmp_path).grid("codes/x.csv")


@pytest.mark.parametrize(
    "name", ["conditions", "goals", "measurements", "procedures", "past_interventions", "sites", "ingredients"]
)
def test_every_code_row_is_complete(name):
    for row in rows(CODES / f"{name}.csv"):
        assert row["system"]
        assert row["code"]
        assert row["concept"]
        assert row["match"] in {"exact", "prefix"}
        assert row["mark"] in {"V", "K"}
        assert row["verified"][:1] == row["mark"]


def test_icd_codes_have_no_dot_and_procedures_their_own_system():
    for name in ("conditions", "procedures"):
        for row in rows(CODES / f"{name}.csv"):
            if row["system"] != "http://snomed.info/sct":
                assert "." not in row["code"]
            assert (row["system"] == import_dossier.ICD9) <= (name == "conditions")
            assert (row["system"] == import_dossier.ICD9_PROCEDURE) <= (name == "procedures")


def test_platelets_in_plasma_are_no_platelet_count():
    assert not [row for row in rows(CODES / "measurements.csv") if row["code"] == "13056-7"]


def test_salts_of_one_opioid_are_added_and_the_aspirin_is_kept():
    found = {
        row["ingredient"]: (row["strength"], row["unit"])
        for row in rows(CODES / "products.csv")
        if row["code"] == "637540" and row["system"] == import_dossier.RXNORM
    }
    assert found == {"oxycodone": ("4.88", "MG"), "aspirin": ("325", "MG")}


def test_one_row_per_product_and_ingredient():
    keys = [(row["system"], row["code"], row["ingredient"]) for row in rows(CODES / "products.csv")]
    assert len(keys) == len(set(keys))


def test_a_flush_is_known_and_is_no_anticoagulant():
    flushes = [row for row in rows(CODES / "ingredients.csv") if row["concept"] == "not_systemic"]
    products = {(row["system"], row["code"]) for row in rows(CODES / "products.csv")}
    assert flushes
    assert not products & {(row["system"], row["code"]) for row in flushes}


def test_regions_are_of_the_closed_list():
    regions = {
        "face",
        "neck",
        "shoulder-arm",
        "chest-wall",
        "thoracic-spine",
        "upper-abdomen",
        "lower-abdomen",
        "pelvis",
        "perineum",
        "lumbar-spine",
        "sacrum",
        "hip",
        "leg",
        "multifocal",
    }
    for row in rows(CODES / "sites.csv"):
        assert row["region"] in regions | {""}
        assert row["side"] in {"left", "right", ""}


INTERVENTIONS = DOSSIER / "interventions.md"


@needs_dossier
@pytest.mark.parametrize(
    ("part", "pattern"),
    [
        ("interventions", r"(?m)^### id: `([^`]+)`"),
        ("comparators", r"(?m)^- `([a-z-]+)`: "),
        ("syndromes", r"(?m)^\| (syn-[a-z-]+) \|"),
    ],
)
def test_the_list_of_what_must_be_there_is_the_dossiers(part, pattern):
    wanted = re.findall(pattern, INTERVENTIONS.read_text(encoding="utf-8"))
    assert len(wanted) > 5
    assert getattr(read_complete(ROOT / "knowledge"), part) == wanted


@needs_dossier
def test_every_red_flag_of_the_dossier_has_a_rule():
    text = INTERVENTIONS.read_text(encoding="utf-8")
    table = text[text.index("#### 3.4.4") : text.index("### 3.5")]
    named = [row.split("|")[1].strip() for row in table.splitlines() if row.startswith("| ")][2:]
    listed = list(read_complete(ROOT / "knowledge").red_flags)
    assert listed == ["malignant spinal cord compression", "SINS", "Mirels", *named]


# -- the files reviewed by hand --------------------------------------------------------------------------------

GENERATED = ("conditions", "measurements", "procedures", "goals", "ingredients")
NEW_CONCEPTS = {
    "airway_or_ventilation",
    "antineoplastic:antineoplastic",
    "asthma",
    "cancer_surgery",
    "cardiac_arrest",
    "chest_procedure",
    "heart_procedure",
    "hiv_infection",
    "intracranial_procedure",
    "kidney_procedure",
    "pregnancy_care",
    "pregnancy_end",
    "seizure_disorder",
    "transfusion",
    "vascular_procedure",
    "viral_hepatitis",
}
FAMILIES = {
    "allergy", "bleeding", "bone", "bowel", "chemotherapy", "device", "goals", "heart", "infection", "irrelevant",
    "liver", "mental", "neoplasm", "neuro", "pain", "pregnancy", "radiotherapy", "rehabilitation", "renal",
    "respiratory", "thrombosis", "toxicity",
    # of drugs
    "antibiotic", "interaction", "opioid", "qt_prolonging", "sedative", "serotonergic", "steroid",
}  # fmt: skip
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"


def test_every_table_is_listed_with_its_licence():
    listed = yaml.safe_load((CODES / "codes.yaml").read_text(encoding="utf-8"))
    assert {each["file"] for each in listed["files"]} == {path.name for path in CODES.glob("*.csv")}
    assert all(set(each["licence"]) <= set(listed["licences"]) for each in listed["files"])
    tables = yaml.safe_load((ROOT / "knowledge" / "tables" / "tables.yaml").read_text(encoding="utf-8"))
    assert {each["file"] for each in tables["files"]} == {f"{name}.csv" for name in import_dossier.TABLES}


@pytest.mark.parametrize("path", sorted(CODES.glob("*.csv")), ids=lambda path: path.stem)
def test_no_row_stands_twice(path):
    found = [tuple(row.values()) for row in rows(path)]
    assert found
    assert len(found) == len(set(found))
    assert not any(value != value.strip() for row in found for value in row)


def test_additions_carry_known_concepts():
    known = {row["concept"] for name in GENERATED for row in rows(CODES / f"{name}.csv")}
    for row in rows(CODES / "additions.csv"):
        assert row["concept"] in known | NEW_CONCEPTS, row
        assert row["verified"][:1] == row["mark"]


def test_nothing_irrelevant_is_also_recognised():
    kinds = {"conditions": "condition", "procedures": "procedure"}
    listed = {
        (kinds.get(name, "drug"), row["system"], row["code"])
        for name in ("conditions", "procedures", "ingredients")
        for row in rows(CODES / f"{name}.csv")
    }
    listed |= {("drug", row["system"], row["code"]) for row in rows(CODES / "products.csv")}
    listed |= {(row["kind"], row["system"], row["code"]) for row in rows(CODES / "additions.csv")}
    irrelevant = {(row["kind"], row["system"], row["code"]) for row in rows(CODES / "irrelevant.csv")}
    assert not listed & irrelevant


@pytest.mark.parametrize("code", ["162573006", "92691004"])  # suspected lung cancer, carcinoma in situ
def test_suspected_and_in_situ_are_no_cancer(code):
    assert code in {row["code"] for row in rows(CODES / "irrelevant.csv")}
    assert code not in {row["code"] for row in rows(CODES / "additions.csv")}


def test_a_drug_word_has_one_meaning():
    names = {row["name"] for row in rows(CODES / "names.csv")}
    cancer_drugs = {row["ingredient"] for row in rows(CODES / "antineoplastics.csv")}
    irrelevant = {row["ingredient"] for row in rows(CODES / "irrelevant_ingredients.csv")}
    assert not irrelevant & (names | cancer_drugs)
    known = {row["ingredient"]: "" for row in rows(CODES / "ingredients.csv")} | dict.fromkeys(cancer_drugs, "")
    assert {row["ingredient"] for row in rows(CODES / "names.csv")} <= set(known)
    assert not names & {"phenol", "ethanol", "alcohol", "glycerin"}


def test_a_name_leads_to_the_code_of_its_ingredient():
    codes = {
        (row["ingredient"], row["code"]) for row in rows(CODES / "ingredients.csv") if row["system"] == import_dossier.RXNORM
    }
    for row in rows(CODES / "names.csv"):
        assert not row["ingredient_code"] or (row["ingredient"], row["ingredient_code"]) in codes


def test_ranges_are_ordered_and_of_known_families():
    for row in rows(CODES / "ranges.csv"):
        assert len(row["first"]) == len(row["last"]), row
        assert row["first"] <= row["last"], row
        assert row["family"] in FAMILIES, row


@pytest.mark.parametrize(
    ("code", "families"),
    [
        ("I609", {"bleeding", "neuro"}),
        ("K2921", {"bleeding", "bowel"}),
        ("I10", set()),
        ("N390", {"infection"}),
        ("G8919", {"pain"}),
    ],
)
def test_an_unlisted_code_could_be(code, families):
    found = {
        row["family"]
        for row in rows(CODES / "ranges.csv")
        if row["system"] == ICD_10_CM and row["first"] <= code and code[: len(row["last"])] <= row["last"]
    }
    assert found == families | {"irrelevant"}


def test_ratios_are_exact_and_one_per_pair():
    found = [(row["from"], row["to"], row["concept"]) for row in rows(CODES / "units.csv")]
    assert len(found) == len(set(found))
    assert all(Fraction(row["factor"]) > 0 for row in rows(CODES / "units.csv"))


def test_a_listed_code_keeps_the_meanings_of_the_prefix_above_it():
    found = {(row["code"], row["concept"]) for row in rows(CODES / "conditions.csv")}
    assert {("D6832", "coagulopathy"), ("N184", "renal_impairment"), ("D61810", "pancytopenia")} <= found


LISTS = {"interventions.md": "## 4. Sources", "pharmacology.md": "## 11. Sources", "safety.md": "## 9. Sources"}


def source_rows():
    """Id and cells of every row of the three lists of sources."""
    for name, title in LISTS.items():
        _, _, text = (DOSSIER / name).read_text(encoding="utf-8").partition(f"\n{title}\n")
        for line in text.partition("\n## ")[0].splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) > 4 and re.fullmatch(r"[A-Z][A-Z0-9]+", cells[0]):
                yield cells[0], cells


def letters(text):
    return re.sub(r"[\W_]+", "", text.lower())


@needs_dossier
def test_every_source_of_the_lists_is_in_the_registry_word_by_word():
    """Each word of one of its citations, DOI, PMID and link stand in its fields; nothing is made up that is not there."""
    registry = load_knowledge().sources
    lists = {}
    for name, cells in source_rows():
        lists.setdefault(name, []).append(cells)
    assert len(lists) > 300
    assert sorted(lists.keys() - registry.keys()) == []
    for name, rows_of in lists.items():
        source = registry[name]
        written = letters(f"{source.cite} {source.doi} pmid {source.pmid} {source.pmcid} {source.url}")
        missing = [[word for word in re.findall(r"\w+", cells[1]) if letters(word) not in written] for cells in rows_of]
        assert min(missing, key=len) == [], name
        listed = letters(" ".join(f"{cells[1]} {cells[2]}" for cells in rows_of))
        assert all(letters(each) in listed for each in (source.doi, source.pmid, source.pmcid) if each), name


@needs_dossier
def test_a_citation_that_the_lists_call_incomplete_says_so():
    told = {name for name, cells in source_rows() if "incomplete" in cells[-1]}
    assert told
    assert {name for name, source in load_knowledge().sources.items() if source.incomplete} >= told
