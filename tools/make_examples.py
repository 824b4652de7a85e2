"""Write the example records of `examples/`: made-up patients in the shapes that real systems send.

    python tools/make_examples.py
    python tools/make_examples.py --check

Nobody here exists.  Every value is written by hand in `example_patients.py` and nothing is random, so that a
second run gives the same bytes.  The date of assessment of all of them is 2026-03-01.
"""

import argparse
import gzip
import io
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import example_patients as who
from example_chart import LOINC, Chart, Json, coding, concept

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SAME_UUIDS = uuid.UUID("6f1c6a52-3f0e-4f6b-9d0d-5b8a0c1e4a77")
SERVER = "https://fhir.example.org/r4"


# -- the shapes --------------------------------------------------------------------------------------------


def moved(value: Any, names: dict[str, str]) -> Any:
    """The same JSON with every reference renamed."""
    if isinstance(value, dict):
        return {key: names.get(part, part) if key == "reference" else moved(part, names) for key, part in value.items()}
    if isinstance(value, list):
        return [moved(part, names) for part in value]
    return value


def transaction(chart: Chart) -> Json:
    """A Bundle to be written to a server: ids are UUIDs, references are `urn:uuid`."""
    ids = {f"{each['resourceType']}/{each['id']}": str(uuid.uuid5(SAME_UUIDS, each["id"])) for each in chart.resources}
    names = {old: f"urn:uuid:{new}" for old, new in ids.items()}
    entries = []
    for each in chart.resources:
        new = ids[f"{each['resourceType']}/{each['id']}"]
        entries.append(
            {
                "fullUrl": f"urn:uuid:{new}",
                "resource": moved(each, names) | {"id": new},
                "request": {"method": "POST", "url": each["resourceType"]},
            }
        )
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def searchset(chart: Chart) -> Json:
    """What a server answers to `Patient/$everything`."""
    return {
        "resourceType": "Bundle",
        "id": f"everything-{chart.name}",
        "type": "searchset",
        "total": len(chart.resources),
        "link": [
            {
                "relation": "self",
                "url": f"https://fhir.example.org/r4/Patient/example-{chart.name}/$everything",
            }
        ],
        "entry": [
            {
                "fullUrl": f"https://fhir.example.org/r4/{each['resourceType']}/{each['id']}",
                "resource": each,
                "search": {"mode": "match"},
            }
            for each in chart.resources
        ],
    }


def collection(chart: Chart) -> Json:
    """Resources put together by hand."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": "2026-03-01T23:00:00Z",
        "entry": [{"resource": each} for each in chart.resources],
    }


def document(chart: Chart) -> Json:
    """A patient summary: the Composition comes first."""
    first = {
        "resourceType": "Composition",
        "id": f"{chart.name}-summary",
        "status": "final",
        "type": concept(coding(LOINC, "60591-5", "Patient summary Document")),
        "subject": chart.patient,
        "date": "2026-02-26",
        "author": [{"display": "Example Oncology Clinic"}],
        "title": "Patient summary",
    }
    entries = [
        {"fullUrl": f"https://fhir.example.org/r4/{each['resourceType']}/{each['id']}", "resource": each}
        for each in (first, *chart.resources)
    ]
    return {
        "resourceType": "Bundle",
        "identifier": {
            "system": "urn:ietf:rfc:3986",
            "value": f"urn:uuid:{uuid.uuid5(SAME_UUIDS, chart.name)}",
        },
        "type": "document",
        "timestamp": "2026-02-26T15:00:00Z",
        "entry": entries,
    }


def array(chart: Chart) -> list[Json]:
    """Nothing but a list of resources."""
    return chart.resources


PREFETCH = {
    "conditions": ("Condition",),
    "observations": ("Observation",),
    "medications": ("MedicationRequest",),
    "dispenses": ("MedicationDispense",),
    "procedures": ("Procedure",),
    "allergies": ("AllergyIntolerance",),
    "encounters": ("Encounter",),
    "forms": ("QuestionnaireResponse",),
}


def hooks_request(chart: Chart) -> Json:
    """A CDS Hooks request, `patient-view`, with everything in its prefetch; `goals` found nothing."""
    of = {
        key: {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [
                {
                    "fullUrl": f"https://fhir.example.org/r4/{each['resourceType']}/{each['id']}",
                    "resource": each,
                }
                for each in chart.resources
                if each["resourceType"] in kinds
            ],
        }
        for key, kinds in PREFETCH.items()
    }
    return {
        "hook": "patient-view",
        "hookInstance": str(uuid.uuid5(SAME_UUIDS, f"hook {chart.name}")),
        "fhirServer": "https://fhir.example.org/r4",
        "context": {
            "userId": "Practitioner/example",
            "patientId": f"example-{chart.name}",
            "encounterId": f"{chart.name}-today",
        },
        "prefetch": {"patient": chart.resources[0]} | of | {"goals": None},
    }


def text(value: Any) -> bytes:
    """JSON as people can read it."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def lines(resources: list[Json]) -> bytes:
    """NDJSON, compressed; the file says nothing of when or where it was made."""
    plain = "".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n" for each in resources)
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as file:
        file.write(plain.encode())
    return packed.getvalue()


def export() -> dict[str, bytes]:
    """The hospital as a Bulk Data export: a file per type, observations in two parts."""
    everything = [
        *who.hospital_pancreas().resources,
        *who.hospital_stone().resources,
        *who.hospital_medications(),
    ]
    files: dict[str, list[Json]] = {}
    for each in everything:
        kind = each["resourceType"]
        if kind == "Observation":
            lab = each["category"][0]["coding"][0]["code"] == "laboratory"
            kind = "Observation.000" if lab else "Observation.001"
        files.setdefault(kind, []).append(each)
    return {f"hospital/{name}.ndjson.gz": lines(part) for name, part in sorted(files.items())}


POLICY = """\
# What this hospital adds: where its patients live, and what its own code for platelets means.
time_zone: America/New_York
code_maps:
  - system: urn:oid:2.999.7.10.1
    code: PLT
    kind: measurement
    concept: platelets
    reviewer: local informatics team
    date: 2026-01-15
"""

FILES = {
    "pancreatic.json": (who.pancreatic, transaction),
    "pancreatic-apixaban.json": (who.pancreatic_apixaban, searchset),
    "rib.json": (who.rib, searchset),
    "myeloma-fracture.json": (who.myeloma_fracture, collection),
    "pelvic.hook.json": (who.pelvic, hooks_request),
    "rectal-neutropenia.json": (who.rectal_neutropenia, array),
    "pancoast.json": (who.pancoast, transaction),
    "post-mastectomy.json": (who.post_mastectomy, collection),
    "prostate-hospice.json": (who.prostate_hospice, searchset),
    "controlled.json": (who.controlled, document),
    "sparse.json": (who.sparse, array),
    "cord-compression.json": (who.cord_compression, collection),
}


def build() -> dict[str, bytes]:
    """Every file of `examples/` that is written by a program, with its bytes."""
    made = {name: text(shape(patient())) for name, (patient, shape) in FILES.items()}
    return made | export() | {"hospital-policy.yaml": POLICY.encode()}


def content(path: Path) -> bytes:
    """What a file says; compressed files are compared by what they hold, not by how a library packs it."""
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def differing(made: dict[str, bytes], folder: Path) -> list[str]:
    """Names of the files that are missing, or say something else."""
    wrong = []
    for name, raw in made.items():
        path = folder / name
        wanted = gzip.decompress(raw) if path.suffix == ".gz" else raw
        if not path.is_file() or content(path) != wanted:
            wrong.append(name)
    return wrong


def main(arguments: list[str] | None = None) -> int:
    """Write the examples, or check that they are up to date."""
    parser = argparse.ArgumentParser(description="Write the example records of examples/.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file differs")
    made = build()
    if parser.parse_args(arguments).check:
        for name in (wrong := differing(made, EXAMPLES)):
            print(f"out of date: examples/{name}")
        return 1 if wrong else 0
    for name, raw in made.items():
        path = EXAMPLES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    print(f"wrote {len(made)} files to examples/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
