"""Real records: each is read and assessed, and what is said of some was compared by hand with their JSON.

The folder lies beside the project (`../shared/data`) and is not part of it.  A row says what a reader of the JSON
sees: scores, platelets, orders, death; the columns of the engine must say the same, or why they cannot.
"""

import importlib.util
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from fourthstep import as_of
from fourthstep.assessment.assess import SCOPE_TYPES, out_of_scope
from fourthstep.assessment.result import Assessment
from fourthstep.ground.errors import RecordError
from fourthstep.record import Record, read_record, read_records

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
pytestmark = [
    pytest.mark.records,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real records are not beside the project"),
]

MIMIC, BULK = "mimic-iv-demo-fhir", "synthea-r4-bulk"
EXPORTS = {MIMIC: 50, BULK: 308, "synthea-r4-breast-ecqm": 25, "bulk-export-layout-10": 13}
REFUSED = {
    "condition-bundle.json": "STU3 or DSTU2",
    "csv-clinical-trial-information-bundle.json": "There is no patient",
    "request-opioid-medication-prescribe-dstu2.json": "MedicationOrder is a resource of FHIR DSTU2",
}
"""Another version, and a fragment without patient; the answers of a service (`.response.json`) are no FHIR."""


def _tool() -> ModuleType:
    """`tools/records.py`, which reads and assesses in the same way for its table."""
    spec = importlib.util.spec_from_file_location("records_tool", ROOT / "tools" / "records.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tool() -> ModuleType:
    return _tool()


@pytest.fixture(scope="session")
def exports() -> dict[str, dict[str, Record]]:
    """Every data set, read once: patient -> record."""
    return {name: {each.patient: each for each in read_records(DATA / name)} for name in EXPORTS}


# -- nothing is dropped, nothing raises ----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "patients"), EXPORTS.items())
def test_every_patient_is_read_and_assessed(
    name: str, patients: int, exports: dict[str, dict[str, Record]], tool: ModuleType
) -> None:
    assert len(exports[name]) == patients
    for patient, record in exports[name].items():
        events, assessment = tool.assessed(record)
        assert assessment.patient.id == patient
        assert_the_gate_agrees(record, assessment)
        assert assessment.pathway.word
        known = sum(sum(each.values()) for each in (events.used, events.irrelevant, events.unrecognised))
        held = sum(len(each) for kind, each in record.resources.items() if kind != "Device")
        assert known + len({each.ref for each in events.not_used}) >= held


def assert_the_gate_agrees(record: Record, assessment: Assessment) -> None:
    """The first gate of a screening reads few types; it says out of scope where the assessment does, or nothing."""
    few = {kind: found for kind, found in record.resources.items() if kind in SCOPE_TYPES}
    gated = out_of_scope(msgspec.structs.replace(record, resources=few), as_of=as_of(assessment.as_of))
    outside = assessment.pathway.word == "not in scope"
    assert (gated is not None) == outside
    assert gated is None or gated.because == assessment.pathway.because


def files() -> Iterator[Path]:
    if DATA.is_dir():
        for folder in ("bundles", "mcode", "cds-hooks"):
            yield from _tool().files(DATA / folder)


@pytest.mark.parametrize("path", list(files()), ids=lambda path: path.name)
def test_every_file_is_assessed_or_refused_visibly(path: Path, tool: ModuleType) -> None:
    message = "JSON, but not FHIR" if path.name.endswith(".response.json") else REFUSED.get(path.name)
    if message:
        with pytest.raises(RecordError, match=message):
            read_record(path)
        return
    record = read_record(path)
    _, assessment = tool.assessed(record)
    assert assessment.patient.id == record.patient
    assert_the_gate_agrees(record, assessment)


# -- by hand -------------------------------------------------------------------------------------------------

MIMIC_TABLE = """
    patient  | on         | dead | score        | days | platelets      | INR            | anticoagulant        | cancer | bone | pathway
    27980ad8 | 2134-10-26 | no   | 8 2134-10-26 |    4 | 270 2134-08-14 |                | no                   | yes    | no   | optimise first
    27980ad8 | 2135-08-20 | no   | 0 2135-01-24 |    6 | 248 2135-08-20 | 1.4 2135-02-06 | not-known-if-current | yes    | no   | cannot tell
    3886cafb | 2130-11-02 | no   | 3 2130-10-29 |    2 | 150 2130-11-02 | 1.7 2130-11-02 | yes                  | yes    | no   | cannot tell
    3bbb6aec | 2137-10-17 | no   | 5 2137-10-17 |    5 | 226 2137-10-17 |                | yes                  | yes    | yes  | red flag first
    3bbb6aec | 2137-10-31 | yes  | 5 2137-10-17 |    5 | 350 2137-10-24 | 1.6 2137-10-24 | unrecognised-could-be| yes    | yes  | not in scope
    568cb149 | 2196-06-22 | no   | 0 2196-02-29 |    5 | 362 2196-06-22 | 1.1 2196-06-22 | yes                  | yes    | no   | cannot tell
    5f74c4bf | 2137-06-18 | no   | 4 2137-06-14 |    2 | 196 2137-06-18 | 1.7 2137-06-18 | yes                  | yes    | no   | optimise first
    77e10fd0 | 2137-08-31 | no   | 8 2137-08-31 |   30 | 58 2137-08-31  | 1.4 2137-08-31 | yes                  | yes    | no   | red flag first
    77e10fd0 | 2137-09-02 | yes  | 3 2137-09-02 |   32 | 61 2137-09-01  | 1.4 2137-09-01 | not-known-if-current | yes    | no   | not in scope
    86bce885 | 2113-08-30 | no   | 6 2113-08-26 |    1 | 228 2113-08-30 | 1.3 2113-08-27 | unrecognised-could-be| yes    | no   | optimise first
    a2605b15 | 2135-01-19 | yes  | 4 2135-01-18 |   18 | 136 2135-01-19 | 1.2 2135-01-19 | yes                  | yes    | no   | not in scope
    cb70e6ae | 2150-07-02 | no   | 9 2150-07-02 |   42 | 182 2150-07-02 | 1 2150-07-02   | not-known-if-current | yes    | no   | optimise first
    cb70e6ae | 2151-01-15 | no   | 9 2150-07-02 |   42 | 156 2150-10-08 | 1 2150-07-02   | not-known-if-current | yes    | no   | cannot tell
    f77a5b72 | 2177-07-11 | no   | 8 2177-07-11 |   12 | 329 2177-07-11 | 1.1 2176-12-03 | not-known-if-current | yes    | no   | optimise first
    f77a5b72 | 2177-11-04 | no   | 8 2177-07-11 |   12 | 292 2177-11-04 | 1.1 2176-12-03 | not-known-if-current | yes    | no   | cannot tell
    fa5fbf9c | 2184-07-21 | no   | 8 2183-11-28 |   14 | 394 2184-07-21 | 0.9 2184-07-17 | yes                  | yes    | no   | cannot tell
"""
"""All patients of the MIMIC demo with a cancer code; nine of them have pain of 4 or more and an opioid (not
568cb149 and 5f74c4bf).  `score`: the worst of the newest day with one.  `not-known-if-current`: a home list of the
emergency department (status `unknown`) names one, or one was handed out within the month and nothing says when it
ended.  `unrecognised-could-be`: heparin flushes only, beside drugs that are not recognised.  3886cafb: the newest
score is low and nothing is said of toxicity."""

SYNTHEA_TABLE = """
    patient  | on         | dead | score           | platelets         | anticoagulant         | opioids            | cancer | pathway
    7e44533c | 1982-11-16 | no   | 5.32 1982-11-16 |                   | no                    | current-unknown    | yes    | cannot tell
    7e44533c | newest     | yes  | 1.00 1991-10-21 | 302.21 1988-10-03 | no                    | current-unknown    | no     | not in scope
    b465d605 | 1997-09-05 | no   | 8.78 1997-09-05 | 281.49 1997-01-05 | no                    | 0                  | yes    | cannot tell
    b465d605 | newest     | yes  | 0.24 2002-12-15 | 420.87 2002-12-15 | no                    | 0                  | no     | not in scope
    a9fb0d0f | 2011-09-07 | no   | 5.19 2011-09-07 | 195.94 2011-08-31 | no                    | 0                  | yes    | cannot tell
    a9fb0d0f | newest     | yes  | 2.07 2017-03-15 | 283.28 2017-03-15 | no                    | 0                  | no     | not in scope
    d00b766a | 2021-03-02 | no   | 5.13 2021-03-02 | 205.62 2021-02-11 | no                    | 0                  | yes    | cannot tell
    d00b766a | 2021-03-18 | no   | 2.83 2021-03-18 | 311.82 2021-03-18 | no                    | 0                  | yes    | controlled
    ffb8ae8f | newest     | yes  | 2.53 2011-10-04 | 404.99 2009-09-22 | not-known-if-current  | 0                  | yes    | not in scope
    9efca32a | newest     | yes  | 0.84 1979-09-24 | 182.13 1978-01-09 | no                    | current-unknown    | yes    | not in scope
    d39173c2 | newest     | yes  | 0.51 2006-04-18 | 230.96 2004-04-06 | no                    | 0                  | yes    | not in scope
    61845b03 | 2004-09-01 | no   | 2.23 2004-08-26 | 234.54 2002-08-15 | no                    | 0                  | yes    | controlled
    d00b080d | newest     | no   | 1.85 2020-06-14 | 294.05 2020-09-06 | no                    | 0                  | no     | not in scope
    a8cd3462 | newest     | no   | 1.76 2020-08-23 | 370.34 2018-01-14 | no                    | 0                  | no     | not in scope
    6e412edd | newest     | no   | 0.74 2021-01-30 | 314.48 2017-01-07 | no                    | 0                  | no     | not in scope
"""
"""The first three are the patients with cancer, pain of 4 or more and an opioid; each cancer was later resolved.
`current-unknown`: an order that is still `active`, written decades before.  d00b080d has a carcinoma in situ."""

FILES_TABLE = """
    file                                      | on         | age | pains | opioids             | pathway
    synthea-lung-small-cell-warfarin.json.gz  | newest     | 75  |   1   | 0                   | not in scope
    mcode-breast-abby752.json.gz              | newest     | 63  |   1   | 0                   | cannot tell
    mcode-breast-ada662.json.gz               | newest     | 43  |   1   | 0                   | cannot tell
    pathways-maryam-resource-array.json       | newest     | 60  |   1   | 0                   | cannot tell
    pain-brenda-jackson.json                  | newest     | 62  |   1   | current-unknown     | cannot tell
    pain-sharon-decision-complete-bundle.json | 2022-07-28 | 66  |   1   | 60                  | cannot tell
    rems-smith-resources                      | newest     | 32  |   0   | current-unknown     | not in scope
    trial-matching-patient01.bundle.json      | newest     | 60  |   0   | 0                   | cannot tell
"""
"""Sharon: two tablets of oxycodone 60 mg in three days, times 1.5."""


def rows(table: str) -> list[Any]:
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return [pytest.param(dict(zip(head, line, strict=True)), id=f"{line[0]} {line[1]}") for line in lines]


def day_of(row: dict[str, str]) -> date | None:
    return None if row["on"] == "newest" else date.fromisoformat(row["on"])


def found(exports: dict[str, dict[str, Record]], name: str, start: str) -> Record:
    (record,) = (each for patient, each in exports[name].items() if patient.startswith(start))
    return record


def value(assessment: Assessment, fact: str, digits: int | None = None) -> str:
    """Value and day; or yes, no, or why it is not known."""
    (each,) = (each for each in (*assessment.safety, *assessment.background) if each.fact == fact)
    if each.value in ("yes", "no") or not each.value:
        return "" if each.why == "never-measured" else each.value or each.why
    return f"{each.value if digits is None else f'{float(each.value):.{digits}f}'} {each.day}"


def score(assessment: Assessment, digits: int | None = None) -> str:
    (pain,) = assessment.pains
    intensity = pain.intensity if digits is None else f"{float(pain.intensity):.{digits}f}"
    return f"{intensity} {pain.intensity_day}"


def opioids(assessment: Assessment) -> str:
    total = assessment.opioids.scheduled
    return assessment.opioids.reasons[0] if total is None or total.low is None else f"{float(total.low):.6g}"


@pytest.mark.parametrize("row", rows(MIMIC_TABLE))
def test_mimic(row: dict[str, str], exports: dict[str, dict[str, Record]], tool: ModuleType) -> None:
    _, assessment = tool.assessed(found(exports, MIMIC, row["patient"]), day_of(row))
    said = {
        "patient": row["patient"],
        "on": assessment.as_of,
        "dead": assessment.patient.deceased,
        "score": score(assessment),
        "days": str(len(assessment.pains[0].series)),
        "platelets": value(assessment, "platelet_count"),
        "INR": value(assessment, "inr") if row["INR"] else "",
        "anticoagulant": value(assessment, "anticoagulant"),
        "cancer": value(assessment, "active_cancer"),
        "bone": value(assessment, "bone_metastasis"),
        "pathway": assessment.pathway.word,
    }
    assert said == row


@pytest.mark.parametrize("row", rows(SYNTHEA_TABLE))
def test_synthea(row: dict[str, str], exports: dict[str, dict[str, Record]], tool: ModuleType) -> None:
    _, assessment = tool.assessed(found(exports, BULK, row["patient"]), day_of(row))
    said = {
        "patient": row["patient"],
        "on": row["on"] if row["on"] == "newest" else assessment.as_of,
        "dead": assessment.patient.deceased,
        "score": score(assessment, 2),
        "platelets": value(assessment, "platelet_count", 2),
        "anticoagulant": value(assessment, "anticoagulant"),
        "opioids": opioids(assessment),
        "cancer": value(assessment, "active_cancer"),
        "pathway": assessment.pathway.word,
    }
    assert said == row


@pytest.mark.parametrize("row", rows(FILES_TABLE))
def test_files(row: dict[str, str], tool: ModuleType) -> None:
    (path,) = (path for path in files() if path.name == row["file"])
    _, assessment = tool.assessed(read_record(path), day_of(row))
    said = {
        "file": row["file"],
        "on": row["on"] if row["on"] == "newest" else assessment.as_of,
        "age": assessment.patient.age,
        "pains": str(len(assessment.pains)),
        "opioids": opioids(assessment),
        "pathway": assessment.pathway.word,
    }
    assert said == row


def test_one_of_the_nine_has_no_opioid_by_silence(exports: dict[str, dict[str, Record]], tool: ModuleType) -> None:
    """5f74c4bf has 4 of 10 and no opioid anywhere in the record: the total is zero, and not unknown."""
    _, assessment = tool.assessed(found(exports, MIMIC, "5f74c4bf"))
    assert opioids(assessment) == "0"


def test_a_code_of_hydrocodone_named_captopril_is_neither(exports: dict[str, dict[str, Record]], tool: ModuleType) -> None:
    """Seen in five patients; without it 36 patients have an opioid, as the README of the data says."""
    with_opioid = with_doubt = 0
    for record in exports[BULK].values():
        events = tool.events_on(record, tool._FAR)
        with_opioid += any(event.concept == "opioid:opioid_agonist" for event in events.events)
        with_doubt += any(each.reason == "code-contradicts-name" for each in events.not_used)
    assert (with_opioid, with_doubt) == (36, 5)
