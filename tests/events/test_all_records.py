"""Every file of the developer data set can be read; what must be refused is refused visibly."""

import collections
import gzip
from functools import cache
from pathlib import Path

import msgspec
import patients
import pytest

from fourthstep.events.event import Event, Events
from fourthstep.events.extract import extract_events
from fourthstep.ground.dates import as_of
from fourthstep.ground.errors import RecordError
from fourthstep.knowledge.codes import CodeIndex, read_code_tables
from fourthstep.record import Record, read_record, read_records

DATA = patients.ROOT.parent / "shared" / "data"
pytestmark = [
    pytest.mark.records,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real records are not beside the project"),
]

EXPORTS = {
    "bulk-export-layout-10": 13,
    "mimic-iv-demo-fhir": 50,
    "synthea-r4-breast-ecqm": 25,
    "synthea-r4-bulk": 308,
}
REFUSED = {
    "condition-bundle.json": "FHIR STU3 or DSTU2",
    "csv-clinical-trial-information-bundle.json": "There is no patient",
    "request-opioid-medication-prescribe-dstu2.json": "MedicationOrder is a resource of FHIR DSTU2",
}
"""Other versions, a fragment without patient, and answers of a service; everything else is read."""


def files() -> list[Path]:
    folders = [DATA / "bundles", DATA / "mcode", DATA / "cds-hooks"]
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in found if path.parent.name != "rems-smith-resources"] + [
        DATA / "bundles" / "rems-smith-resources"
    ]


@cache
def index() -> CodeIndex:
    return CodeIndex(read_code_tables(patients.ROOT / "knowledge" / "codes"))


def extracted(record: Record, day: str) -> Events:
    return extract_events(record, index(), as_of=as_of(day), tables=patients.dosage_tables())


@pytest.mark.parametrize("path", files() if DATA.is_dir() else [], ids=lambda path: path.name)
def test_every_file_is_read_or_refused_visibly(path: Path) -> None:
    message = "JSON, but not FHIR" if path.name.endswith(".response.json") else REFUSED.get(path.name)
    if message:
        with pytest.raises(RecordError, match=message):
            read_record(path)
        return
    record = read_record(path)
    events = extracted(record, "2030-01-01")
    resources = sum(len(each) for each in record.resources.values()) + len(record.drafts)
    assert record.patient
    assert resources == 0 or events.events or events.not_used or events.irrelevant


@cache
def export(name: str) -> tuple[Record, ...]:
    return tuple(read_records(DATA / name))


@cache
def export_events(name: str) -> tuple[Events, ...]:
    """As of a day after everything, MIMIC's shifted dates included."""
    return tuple(extracted(record, "2250-01-01") for record in export(name))


def mimic_events() -> list[Event]:
    return [event for events in export_events("mimic-iv-demo-fhir") for event in events.events]


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_is_read_and_each_resource_has_a_fate(name: str) -> None:
    records = export(name)
    assert len(records) == EXPORTS[name]
    assert not any(record.problems or record.unreadable or record.conflicts for record in records)
    for record, events in zip(records, export_events(name), strict=True):
        set_aside = {each.ref for each in events.not_used}
        counted = sum(map(sum, (events.used.values(), events.unrecognised.values(), events.irrelevant.values())))
        held = sum(len(each) for kind, each in record.resources.items() if kind != "Device")
        skipped = sum(record.skipped.values()) + len(record.resources.get("Device", []))
        assert counted <= held + skipped <= counted + len(set_aside)


def test_one_patient_is_the_same_alone_and_among_all() -> None:
    name = "bulk-export-layout-10"
    for among in export(name)[:3]:
        alone = read_record(DATA / name, patient=among.patient)
        assert extracted(alone, "2030-01-01") == extracted(among, "2030-01-01")


def test_a_bundle_and_the_export_of_the_same_patient_tell_the_same() -> None:
    by_patient = {record.patient: record for record in export("synthea-r4-bulk")}
    for path in sorted((DATA / "bundles").glob("synthea-*.json.gz")):
        bundle = read_record(path)
        one, other = extracted(bundle, "2020-01-01"), extracted(by_patient[bundle.patient], "2020-01-01")
        assert one.events == other.events
        assert one.not_used == other.not_used


def test_synthea_has_what_its_readme_says() -> None:
    counts: collections.Counter[str] = collections.Counter()
    for events in export_events("synthea-r4-bulk"):
        concepts = {event.concept for event in events.events}
        counts["pain"] += "pain_nrs_0_10" in concepts
        counts["platelets"] += "platelets" in concepts
        counts["inr"] += "inr" in concepts
        counts["dead"] += bool(events.deceased)
        counts["opioid"] += any(concept.startswith("opioid:opioid_agonist") for concept in concepts)
    assert counts["pain"] == counts["platelets"] == 308
    assert counts["inr"] == 0
    assert counts["dead"] == 66
    assert counts["opioid"] == 36


def test_mimic_orders_get_the_timing_of_their_dispenses() -> None:
    orders = [
        event
        for event in mimic_events()
        if event.concept == "opioid:opioid_agonist" and event.drug is not None and event.drug.source == "order"
    ]
    timed = [event for event in orders if event.drug and any(dose.per_day for dose in event.drug.doses)]
    assert len(orders) > 450
    assert len(timed) > 350
    assert all(event.current is not True for event in orders)


def test_mimic_administrations_that_were_not_given_are_not_used() -> None:
    reasons = collections.Counter(each.reason for events in export_events("mimic-iv-demo-fhir") for each in events.not_used)
    assert reasons["not-given"] > 30
    assert reasons["over-ten"] > 0
    assert reasons["not-a-number"] > 0


def test_mimic_conditions_are_dated_by_their_encounter() -> None:
    events = [event for event in mimic_events() if event.kind == "condition"]
    assert events
    assert all(event.start is not None and event.current is None for event in events)


def test_no_datum_is_newer_than_the_assessed_day() -> None:
    day = as_of("2015-06-30").day
    for record in export("synthea-r4-bulk")[:40]:
        events = extracted(record, "2015-06-30")
        assert all(event.start is None or event.start.first <= day for event in events.events)
        assert events.newest is None or events.newest.last <= day


def test_gzip_and_plain_are_the_same() -> None:
    path = DATA / "bundles" / "synthea-prostate-metastatic-oxycodone.json.gz"
    plain = gzip.decompress(path.read_bytes())
    one, other = read_record(path), read_record(plain)
    assert msgspec.json.encode(one.resources) == msgspec.json.encode(other.resources)
