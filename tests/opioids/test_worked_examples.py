"""The 38 worked examples of the dossier, exactly, from FHIR JSON to the daily dose."""

import csv
from decimal import Decimal

import pytest
from bedside import ROOT, measured
from worked import WORKED

with (ROOT / "knowledge" / "tables" / "ome_worked_examples.csv").open(encoding="utf-8") as file:
    EXPECTED = {row["id"]: row for row in csv.DictReader(file)}


def test_every_example_is_built():
    assert sorted(WORKED) == sorted(EXPECTED)


@pytest.mark.parametrize("name", sorted(WORKED))
def test_worked_example(name):
    row = EXPECTED[name]
    dose = measured(WORKED[name])
    if row["total_ome"] == "unknown":
        assert (dose.scheduled, dose.prn_max, dose.range) == (None, None, None)
        assert dose.reasons
        return
    low, _, high = row["total_ome"].partition("..")
    assert dose.reasons == ()
    assert dose.scheduled.is_point
    assert dose.scheduled.low == Decimal(row["scheduled_ome"]) == Decimal(low)
    assert dose.prn_max == Decimal(row["prn_max_ome"])
    assert dose.scheduled.high + dose.prn_max == Decimal(high or low)
    assert dose.range.low <= dose.scheduled.low
    assert dose.range.high >= dose.scheduled.high + dose.prn_max
