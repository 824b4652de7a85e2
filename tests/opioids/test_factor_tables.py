"""The factor tables: the default equals the dossier's table, and the tables differ where their sources do."""

import csv
from decimal import Decimal

import msgspec
import pytest
import yaml
from bedside import ROOT, dosage, every, knowledge, measured, order, quantity, tablets
from worked import PATCH, WORKED

from fourthstep.ground.errors import KnowledgeError
from fourthstep.ground.interval import Interval
from fourthstep.knowledge.opioids import OpioidKnowledge, read_opioid_knowledge, sources_used
from fourthstep.knowledge.reader import Reading


def number(text):
    return Decimal(text) if text else None


def test_the_default_table_is_the_dossiers_table():
    with (ROOT / "knowledge" / "tables" / "ome_factors.csv").open(encoding="utf-8") as file:
        wanted = [
            (r["ingredient"], r["rxcui"], r["route"], r["dose_unit_per_day"], number(r["factor_default"]),
             number(r["factor_low"]), number(r["factor_high"]), r["tag"], r["status"])
            for r in csv.DictReader(file)
        ]  # fmt: skip
    found = [
        (r.ingredient, r.rxcui, "|".join(r.routes), r.unit, r.factor, r.low, r.high, r.mark, r.status)
        for r in knowledge().tables["cdc_2022"].rows
    ]
    assert found == wanted


def test_every_source_is_registered():
    registered = yaml.safe_load((ROOT / "knowledge" / "sources.yaml").read_text(encoding="utf-8"))
    assert sources_used(knowledge()) <= set(registered)


def test_it_can_be_compiled():
    compiled = msgspec.msgpack.encode(knowledge())
    assert msgspec.msgpack.decode(compiled, type=OpioidKnowledge) == knowledge()


FOUR = [
    # drug                | cdc_2022 | cdc_2016 | eapc_2012 | esmo_2018
    ("W03", "60", "60", "60", "60"),
    ("W10", "120", "96", "120", "180"),
    ("W12", "70.5", "60", None, None),
    ("W13", "282", "600", None, None),
    ("W17", "80", "40", None, "80"),
    ("W18", "160", "160", None, None),
    ("W06", "60", "60", "60", "60"),
    ("W24", "180", None, "180", "180"),
    ("W22", "192", None, None, None),
]


@pytest.mark.parametrize("row", FOUR, ids=lambda row: row[0])
def test_four_tables(row):
    for table, wanted in zip(("cdc_2022", "cdc_2016", "eapc_2012", "esmo_2018"), row[1:], strict=True):
        dose = measured(WORKED[row[0]], table)
        assert dose.scheduled == (None if wanted is None else Interval.point(wanted)), table
        assert dose.table == table


BANDS = [
    ("20", "80"),
    ("21", "168"),
    ("40", "320"),
    ("41", "410"),
    ("60", "600"),
    ("61", "732"),
    ("20.5", "164"),
]


@pytest.mark.parametrize(("amount", "wanted"), BANDS)
def test_methadone_bands_of_2016(amount, wanted):
    dose = measured([order("6813", dosage(quantity(float(amount) / 4, "mg"), every(6), route="oral"))], "cdc_2016")
    assert dose.scheduled == Interval.point(wanted)


def test_the_band_is_picked_by_the_whole_day():
    two = [
        order("864706", dosage(tablets(1), every(12)), id="a"),
        order("864718", dosage(tablets(1), every(6)), id="b"),
    ]
    assert measured(two, "cdc_2016").scheduled == Interval.point(320)
    needed = [
        order("864706", dosage(tablets(1), every(12)), id="a"),
        order("864718", dosage(tablets(1), every(6), prn=True), id="b"),
    ]
    dose = measured(needed, "cdc_2016")
    assert (dose.scheduled, dose.prn_max) == (Interval.point(80), Decimal(240))


def test_methadone_has_bounds_only_where_no_default_is_published():
    dose = measured([order("864706", dosage(tablets(1), every(12)))], "esmo_2018")
    assert (dose.scheduled, dose.range) == (None, Interval(Decimal(80), Decimal(240)))
    assert dose.reasons == ("no-default-factor",)


def test_a_table_that_is_not_there_is_a_mistake_of_the_call():
    with pytest.raises(KeyError):
        measured([], "cdc_1999")


def test_a_patch_is_never_multiplied_by_its_change():
    for change in (every(48), every(72), every(7, "d"), None):
        assert measured([order("197696", dosage(PATCH, change))]).scheduled == Interval.point(180)


# -- a wrong file stops the start ------------------------------------------------------------------------

MISTAKES = [
    ("factors_cdc_2022.yaml", "factor: 4.7\n", "factor: 47\n", "outside `low` to `high`"),
    ("factors_cdc_2022.yaml", "id: cdc_2022", "id: cdc_2021", "the file is named"),
    ("factors_cdc_2022.yaml", "ingredient: tapentadol", "ingredient: tapentadoll", "not in ingredients.yaml"),
    ("factors_cdc_2022.yaml", "routes: [nasal]", "routes: [noze]", "not a route word"),
    ("factors_cdc_2022.yaml", "routes: [rectal]", "routes: [oral]", "stands twice"),
    ("factors_cdc_2022.yaml", "unit: mcg/h\n    factor: 2.4\n", "unit: mcg/h\n", "needs `factor` or `bands`"),
    (
        "factors_cdc_2022.yaml",
        "    low: 3\n    high: 12\n",
        "    high: 12\n",
        "needs `unit`, `low` and `high`",
    ),
    ("factors_cdc_2016.yaml", "{at_most: 40, factor: 8}", "{at_most: 10, factor: 8}", "bands stand in order"),
    ("limits.yaml", "ingredient: oxymorphone", "ingredient: oxymorfone", "not in ingredients.yaml"),
    ("limits.yaml", "value: 200,", "valu: 200,", "unknown key `valu`"),
]


@pytest.mark.parametrize(("file", "right", "wrong", "message"), MISTAKES)
def test_a_wrong_file_is_told_with_its_place(tmp_path, file, right, wrong, message):
    for path in (ROOT / "knowledge" / "opioids").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if path.name == file:
            assert right in text
            text = text.replace(right, wrong, 1)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    reading = Reading()
    read_opioid_knowledge(tmp_path, reading)
    with pytest.raises(KnowledgeError, match=message) as told:
        reading.finish()
    assert f"knowledge/opioids/{file}:" in str(told.value)


def test_missing_files_are_told(tmp_path):
    reading = Reading()
    read_opioid_knowledge(tmp_path, reading)
    with pytest.raises(KnowledgeError, match="the file is missing"):
        reading.finish()
