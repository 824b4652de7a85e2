"""The generated code lists and tables are the dossier's, and hold together."""

import csv
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOSSIER = ROOT.parent / "shared" / "clinical"
CODES = ROOT / "knowledge" / "codes"

spec = importlib.util.spec_from_file_location("import_dossier", ROOT / "tools" / "import_dossier.py")
assert spec is not None
assert spec.loader is not None
import_dossier = importlib.util.module_from_spec(spec)
spec.loader.exec_module(import_dossier)

needs_dossier = pytest.mark.skipif(
    not DOSSIER.is_dir(), reason="../shared/clinical is not beside the project"
)


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


def test_a_row_of_the_wrong_width_is_named(tmp_path):
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "x.csv").write_text("system,code\na,b,c\n", encoding="utf-8")
    with pytest.raises(
        import_dossier.BrokenDossierError, match=r"codes/x\.csv, row 2: 3 fields instead of 2"
    ):
        import_dossier.Dossier(tmp_path).grid("codes/x.csv")


@pytest.mark.parametrize(
    "name", ["conditions", "goals", "measurements", "procedures", "sites", "ingredients"]
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
