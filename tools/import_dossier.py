"""Re-shape the clinical dossier's code lists and tables into the project's own files.

    python tools/import_dossier.py ../shared/clinical
    python tools/import_dossier.py ../shared/clinical --check

The dossier is the source; the files written here are generated and never edited by hand.  What we add to them
stands in other files of the same folders (``additions.csv``, ``irrelevant.csv`` ...), see
``knowledge/codes/README.md``.  The result depends on the dossier alone: the same input gives the same bytes.
"""

import argparse
import csv
import io
import re
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

Row = dict[str, str]

ROOT = Path(__file__).resolve().parent.parent

LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
NDC = "http://hl7.org/fhir/sid/ndc"
ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"
# ICD-9-CM has two code spaces, diseases and procedures.  Without dots they collide (procedure 03.8, sepsis
# 038), and both are written with the one URI above in the wild; procedures carry the OID of volume 3.
ICD9_PROCEDURE = "urn:oid:2.16.840.1.113883.6.104"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
MIMIC = "http://mimic.mit.edu/fhir/mimic/CodeSystem/"

CODE_COLUMNS = ("system", "code", "match", "concept", "display", "mark", "verified")
SITE_COLUMNS = (*CODE_COLUMNS, "region", "side")
INGREDIENT_COLUMNS = (*CODE_COLUMNS, "ingredient")
PRODUCT_COLUMNS = (
    "system",
    "code",
    "ingredient_code",
    "ingredient",
    "strength",
    "unit",
    "form",
    "route",
    "brand",
    "others",
    "display",
    "mark",
    "verified",
)

CONDITION_FILES = (
    "icd10cm_contraindications",
    "icd10cm_malignancy",
    "icd10cm_metastases",
    "icd10cm_opioid_toxicity_psych",
    "icd10cm_pain",
    "icd9cm_conditions",
    "snomed_contraindications",
    "snomed_malignancy",
    "snomed_opioid_toxicity_psych",
    "snomed_pain",
)
GOAL_FILES = ("icd10cm_goals_prognosis", "loinc_goals", "snomed_goals")
MEASUREMENT_FILES = (
    "loinc_labs",
    "loinc_oncology",
    "loinc_pain",
    "loinc_performance",
    "loinc_psych",
    "loinc_vitals",
    "mimic_chartevents",
    "mimic_labitems",
)
PROCEDURE_FILES = ("icd_procedures", "snomed_procedures")

# Which group of the product a list of ingredients is.
GROUPS = {
    "rx_acetaminophen": "acetaminophen",
    "rx_adjuvants": "adjuvant",
    "rx_antiangiogenic": "antiangiogenic",
    "rx_anticoagulants": "anticoagulant",
    "rx_antiplatelets": "antiplatelet",
    "rx_bone_modifying": "bone_modifying",
    "rx_checkpoint_inhibitors": "checkpoint_inhibitor",
    "rx_growth_factor": "growth_factor",
    "rx_neurolytics": "neurolytic",
    "rx_nsaids": "nsaid",
    "rx_opioid_ingredients": "opioid",
    "rx_qt_prolonging_subset": "qt_prolonging",
    "rx_sedatives": "sedative",
    "rx_serotonergic": "serotonergic",
}

# Rows of the dossier that are not taken over: (file, system, code) and why.
DROPPED = {
    ("loinc_labs", LOINC, "13056-7"): (
        "platelets in plasma are not a platelet count of blood (decision 6 of the safety dossier)"
    ),
    ("mimic_chartevents", LOINC, "98137-3"): (
        "the same code stands in loinc_pain as pain_report_free_text_or_number: one code, one concept"
    ),
}

# Rows of the lists of goals that arrive as a Condition, not as a Goal or a note.
CONDITION_LIKE_GOALS = frozenset(
    {
        "adult_failure_to_thrive",
        "bed_confinement",
        "cachexia",
        "chemo_encounter",
        "dnr",
        "for_resuscitation",
        "frailty",
        "hospice_full_care",
        "hospice_seen",
        "immunotherapy_encounter",
        "mucositis_radiation",
        "not_for_resuscitation",
        "palliative_encounter",
        "personal_history_chemo",
        "personal_history_radiation",
        "radiation_proctitis_cystitis",
        "radiotherapy_encounter",
        "terminal_illness",
    },
)

# A code below a `prefix` row means what that row says, too, also where it has a row of its own.  Not these,
# where the narrower meaning replaces the wider one: (prefix, concept).
NARROWED = frozenset(
    {
        ("R10", "abdominal_pain"),
        ("197", "met_respiratory_digestive"),
        ("198", "met_other"),
    },
)

# One name per substance: the tables' spelling first, else RxNorm's.
GENERIC = {
    "acetylsalicylic acid": "aspirin",
    "alendronic acid": "alendronate",
    "calcitonin (salmon synthetic)": "salmon calcitonin",
    "codeine, combinations excl. psycholeptics": "codeine",
    "dabigatran etexilate": "dabigatran",
    "dextropropoxyphene": "propoxyphene",
    "diamorphine": "heroin",
    "dronabinol": "tetrahydrocannabinol",
    "gabapentin (code used before the move to n02bf01)": "gabapentin",
    "glycopyrronium bromide": "glycopyrrolate",
    "ibandronic acid": "ibandronate",
    "indometacin": "indomethacin",
    "mefenamic acid": "mefenamate",
    "metamizole sodium": "metamizole",
    "methadone, combinations excl. psycholeptics": "methadone",
    "methylnaltrexone bromide": "methylnaltrexone",
    "methylthioninium chloride": "methylene blue",
    "morphine, combinations": "morphine",
    "orphenadrine (citrate)": "orphenadrine",
    "pamidronic acid": "pamidronate",
    "paracetamol": "acetaminophen",
    "paracetamol, combinations excl. psycholeptics": "acetaminophen",
    "pethidine": "meperidine",
    "phytomenadione": "vitamin k 1",
    "potassium clorazepate": "clorazepate",
    "pregabalin (code used before the move to n02bf02)": "pregabalin",
    "risedronic acid": "risedronate",
    "valproic acid": "valproate",
}
OTHERS_OF_A_COMBINATION = frozenset({"other non-opioid analgesics"})

# Two substances of combinations that have no ingredient code in the dossier.  A product with one keeps a row
# for it, so that nobody takes the product for its other half alone.
WITHOUT_CODE = ("benzhydrocodone", "tilidine")

# Body sites that fix a region of pain, and those that fix a side.
REGIONS = {
    "anal_canal": "perineum",
    "brachial_plexus": "shoulder-arm",
    "chest_wall": "chest-wall",
    "hip_joint": "hip",
    "humerus": "shoulder-arm",
    "liver": "upper-abdomen",
    "lumbar_spinal_cord": "lumbar-spine",
    "lumbar_vertebra": "lumbar-spine",
    "mandible": "face",
    "pancreas": "upper-abdomen",
    "pelvis": "pelvis",
    "perineum": "perineum",
    "rib": "chest-wall",
    "right_upper_quadrant": "upper-abdomen",
    "sacral_vertebra": "sacrum",
    "thoracic_spinal_cord": "thoracic-spine",
    "thoracic_vertebra": "thoracic-spine",
    "tongue": "face",
    "upper_limb": "shoulder-arm",
}
SIDES = {"right_upper_quadrant": "right"}

TABLES = (
    "antiangiogenic_holds",
    "antithrombotic_holds",
    "lab_thresholds",
    "ome_factors",
    "ome_worked_examples",
    "procedure_bleeding_class",
)


class BrokenDossierError(Exception):
    """A file of the dossier that cannot be read as it should."""


class Dossier:
    """The dossier's folder: hands out rows, and complains about a broken one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def grid(self, path: str) -> list[list[str]]:
        """All rows of a file, the header first, every row of the same width."""
        with (self.folder / path).open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        for number, row in enumerate(rows, start=1):
            if len(row) != len(rows[0]):
                raise BrokenDossierError(f"{path}, row {number}: {len(row)} fields instead of {len(rows[0])}")
        return rows

    def codes(self, name: str) -> list[Row]:
        """The rows of one code list, without the dropped ones; blanks around a value are no part of it."""
        path = f"codes/{name}.csv"
        head, *rows = self.grid(path)
        kept = []
        for values in rows:
            row = {key: " ".join(value.split()) for key, value in zip(head, values, strict=True)}
            if (name, row["system"], row["code"]) in DROPPED:
                continue
            complete = row["system"] and row["code"] and row["concept"]
            if not complete or row["verified"][:1] not in {"V", "K"}:
                raise BrokenDossierError(f"{path}: a row without system, code, concept or mark: {values}")
            kept.append(row)
        return kept


def coded(row: Row, *, concept: str | None = None) -> Row:
    """The seven columns that every list of codes has."""
    system, code = row["system"], row["code"]
    match = row.get("match") or ("prefix" if system == ATC else "exact")
    if system in {ICD9, ICD10, ICD9_PROCEDURE}:
        code = code.replace(".", "")
    return {
        "system": system,
        "code": code,
        "match": match,
        "concept": concept or row["concept"],
        "display": row["display"],
        "mark": row["verified"][:1],
        "verified": row["verified"],
    }


def conditions(dossier: Dossier) -> list[Row]:
    """Diseases, findings, and what of the goals is written as a Condition."""
    found = [coded(row) for name in CONDITION_FILES for row in dossier.codes(name)]
    found += [row for row in goals(dossier) if row["concept"] in CONDITION_LIKE_GOALS]
    return found + inherited(found)


def inherited(rows: Sequence[Row]) -> list[Row]:
    """Rows that give a listed code the meanings of the prefix rows above it."""
    above = [row for row in rows if row["match"] == "prefix"]
    wider = ("concept", "mark", "verified")
    return [
        row | {key: other[key] for key in wider}
        for row in rows
        for other in above
        if row["system"] == other["system"]
        and row["code"] != other["code"]
        and row["code"].startswith(other["code"])
        and (other["code"], other["concept"]) not in NARROWED
    ]


def goals(dossier: Dossier) -> list[Row]:
    """Goals of care, wishes, palliative care."""
    return [coded(row) for name in GOAL_FILES for row in dossier.codes(name)]


def measurements(dossier: Dossier) -> list[Row]:
    """Laboratory, vital signs, scores; and local items that look like a result and are none."""
    found = []
    for name in MEASUREMENT_FILES:
        for row in dossier.codes(name):
            none = row["concept"].startswith("not_a_result:")
            found.append(coded(row, concept="not_a_result" if none else None))
    return found


def procedures(dossier: Dossier) -> list[Row]:
    """What was done, with the procedures of ICD-9-CM in a system of their own."""
    found = []
    for name in PROCEDURE_FILES:
        for row in dossier.codes(name):
            own = {**row, "system": ICD9_PROCEDURE} if row["system"] == ICD9 else row
            found.append(coded(own))
    return found


def sites(dossier: Dossier) -> list[Row]:
    """Body sites, with the region of pain and the side that they fix, if any."""
    return [
        {**coded(row), "region": REGIONS.get(row["concept"], ""), "side": SIDES.get(row["concept"], "")}
        for row in dossier.codes("snomed_body_sites")
    ]


def generic(name: str) -> str:
    """The one name of a substance."""
    return GENERIC.get(name.lower(), name.lower())


def ingredients(dossier: Dossier) -> list[Row]:
    """Substances by RxNorm and ATC, one row per group that a substance belongs to."""
    listed = [(group, row) for name, group in GROUPS.items() for row in dossier.codes(name)]
    concepts: dict[str, str] = {}
    for group, row in listed:
        concepts.setdefault(generic(row["display"]), f"{group}:{row['concept']}")
    found = []
    for group, row in listed:
        parts = row["display"].split(" and ") if row["system"] == ATC else [row["display"]]
        for place, name in enumerate(parts):
            if name in OTHERS_OF_A_COMBINATION:
                continue
            # The first of a combination is what the list is about; the others keep their own group.
            concept = f"{group}:{row['concept']}" if place == 0 else concepts[generic(name)]
            found.append({**coded(row, concept=concept), "ingredient": generic(name)})
    for row in dossier.codes("mimic_medication_codes"):
        if row["concept"].startswith("not_systemic:"):
            own = {**row, "system": local(row["system"])}
            found.append({**coded(own, concept="not_systemic"), "ingredient": ""})
    return found


def local(system: str) -> str:
    """The system under which a local code is filed."""
    return NDC if system == MIMIC + "mimic-medication-ndc" else system


def product(row: Row, **values: str) -> Row:
    """A row of the list of products."""
    base = dict.fromkeys(PRODUCT_COLUMNS, "")
    base |= {key: row[key] for key in ("system", "code", "ingredient_code", "display", "verified")}
    base |= {"ingredient": generic(row.get("ingredient", "")), "mark": row["verified"][:1]}
    return base | values


def dispensable(row: Row) -> Row:
    """A product of RxNorm."""
    values = {
        "strength": row["strength_value"],
        "unit": row["strength_unit"],
        "form": row["dose_form"],
        "route": row["route_class"],
        "brand": row["brand"],
        "others": row["other_components"],
    }
    pack = re.match(r"\{\d+ \((\w+) ", row["display"])
    if row["concept"] == "opioid_product_pack" and pack:
        # The ingredient of a pack stands in its name only; how much one dose is does not: no strength.
        values |= {"ingredient": pack[1].lower()}
    return product(row, **values)


def added_up(rows: Iterable[Row]) -> list[Row]:
    """One row per code and ingredient: two salts of one substance in one product are summed."""
    found: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        key = (row["system"], row["code"], row["ingredient_code"] or row["ingredient"])
        have = found.get(key)
        if have is None:
            found[key] = dict(row)
        elif row["unit"] == have["unit"] and row["strength"] and row != have:
            have["strength"] = str(Decimal(have["strength"]) + Decimal(row["strength"]))
    return list(found.values())


def recovered(rows: Sequence[Row], names: dict[str, str]) -> list[Row]:
    """Rows for substances of ours that a product names among its other components only."""
    have = {(row["system"], row["code"], row["ingredient"]) for row in rows}
    found = []
    for row in rows:
        parts = [part.strip() for part in row["others"].split(";") if part.strip()]
        for part in parts:
            # "hydrocodone bitartrate 7.5 MG": a substance of ours, its salt, a strength.
            split = re.fullmatch(r"(.+?) ([\d.]+) ([A-Z]+(?:/[A-Z]+)?)", part)
            if split is None:
                continue
            words = split[1].lower()
            name = next((n for n in names if words == n or words.startswith(n + " ")), None)
            key = (row["system"], row["code"], name or "")
            if name is None or key in have:
                continue
            have.add(key)
            rest = [f"{row['ingredient']} {row['strength']} {row['unit']}".strip()]
            rest += [other for other in parts if other != part]
            found.append(
                row
                | {
                    "ingredient": name,
                    "ingredient_code": names[name],
                    "strength": split[2],
                    "unit": split[3],
                    "others": "; ".join(rest),
                },
            )
    return found


def infusion(row: Row) -> Row:
    """An item of the ICU's infusions; brand and form stand in the name that RxNorm gives to it."""
    form = r".+? (Injection|Injectable Solution|Prefilled Syringe)(?: \[(.+)\])?"
    named = re.fullmatch(form, row["rxnorm_name"])
    if named is None:
        raise BrokenDossierError(f"codes/mimic_inputevents.csv: no form in {row['rxnorm_name']!r}")
    # Coumadin is charted among the infusions but is a tablet: the mapped form would be a guess.
    known = row["concept"] != "warfarin"
    return product(
        {**row, "ingredient": row["concept"]},
        form=named[1] if known else "",
        route="parenteral" if known else "",
        brand=named[2] or "",
    )


def products(dossier: Dossier) -> list[Row]:
    """Products and local drug codes, one row per ingredient of ours."""
    dispensed = [dispensable(row) for row in dossier.codes("rxnorm_opioid_products")]
    dispensed += [dispensable(row) for row in dossier.codes("rxnorm_other_products")]
    codes: dict[str, str] = {}
    for row in ingredients(dossier):
        if row["system"] == RXNORM and not row["concept"].startswith("neurolytic:"):
            codes[row["ingredient"]] = row["code"]
    for row in dispensed:
        row["ingredient_code"] = row["ingredient_code"] or codes.get(row["ingredient"], "")
    dispensed = added_up(dispensed)
    longest_first = sorted([*codes, *WITHOUT_CODE], key=lambda name: (-len(name), name))
    names = {name: codes.get(name, "") for name in longest_first}
    dispensed += recovered(dispensed, names)

    charted = []
    for row in dossier.codes("mimic_inputevents"):
        item = infusion(row)
        # The records file the same item numbers under a system of their own.
        charted += [item, item | {"system": MIMIC + "mimic-medication-icu"}]
    for row in dossier.codes("mimic_medication_codes"):
        if not row["concept"].startswith("not_systemic:"):
            charted.append(product({**row, "system": local(row["system"])}))
    return dispensed + added_up(charted)


def written(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """A CSV file: sorted, without repetitions."""
    lines = sorted({tuple(row[column] for column in columns) for row in rows})
    return grid_written([list(columns), *map(list, lines)])


def grid_written(rows: Iterable[Sequence[str]]) -> str:
    """A CSV file as it is."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def build(folder: Path) -> dict[str, str]:
    """Every generated file, by its path in the repository."""
    dossier = Dossier(folder)
    files = {
        "codes/conditions.csv": written(CODE_COLUMNS, conditions(dossier)),
        "codes/goals.csv": written(CODE_COLUMNS, goals(dossier)),
        "codes/ingredients.csv": written(INGREDIENT_COLUMNS, ingredients(dossier)),
        "codes/measurements.csv": written(CODE_COLUMNS, measurements(dossier)),
        "codes/procedures.csv": written(CODE_COLUMNS, procedures(dossier)),
        "codes/products.csv": written(PRODUCT_COLUMNS, products(dossier)),
        "codes/sites.csv": written(SITE_COLUMNS, sites(dossier)),
    }
    for table in TABLES:
        files[f"tables/{table}.csv"] = grid_written(dossier.grid(f"tables/{table}.csv"))
    return {f"knowledge/{path}": text for path, text in files.items()}


def differing(files: dict[str, str], root: Path) -> list[str]:
    """The generated files that are missing or say something else on disk."""
    return [
        path for path, text in files.items() if not (root / path).is_file() or (root / path).read_bytes() != text.encode()
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description="Re-shape the clinical dossier's code lists and tables.")
    parser.add_argument("dossier", type=Path, help="the dossier's folder, e.g. ../shared/clinical")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file differs")
    options = parser.parse_args(arguments)
    try:
        files = build(options.dossier)
    except (BrokenDossierError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 2
    if options.check:
        changed = differing(files, ROOT)
        for path in changed:
            print(f"{path} differs from the dossier", file=sys.stderr)
        return 1 if changed else 0
    for path, text in files.items():
        target = ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
