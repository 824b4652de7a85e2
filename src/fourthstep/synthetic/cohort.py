"""A cohort on disk: FHIR R4, one NDJSON file a type or one Bundle a patient, and the truth beside it.

Patients are made and written one after the other; nothing is held but open files.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import IO, NamedTuple

from fourthstep.ground.errors import FourthstepError
from fourthstep.synthetic.fhir import Json
from fourthstep.synthetic.mess import Mess, messed
from fourthstep.synthetic.patient import draw
from fourthstep.synthetic.record import record_of
from fourthstep.synthetic.truth import truth_of

DAY = date(2026, 3, 1)
"""The day that the cohort and its truth speak of, where none is asked for."""


class Cohort(NamedTuple):
    """What makes a cohort; the same five give the same bytes."""

    patients: int
    seed: int
    first: int = 1
    """Number of the first patient: a cohort can be made in parts, by several processes."""
    today: date = DAY
    mess: Mess = Mess()


class Made(NamedTuple):
    """One patient: the resources as a hospital would export them, and the truth."""

    resources: list[Json]
    truth: Json


def patients(cohort: Cohort) -> Iterator[Made]:
    """Make the patients one after the other; a patient depends on seed and number alone, whoever else is made.

    >>> [each.truth["patient"] for each in patients(Cohort(2, seed=7))]
    ['synthetic-7-0000001', 'synthetic-7-0000002']
    """
    for number in range(cohort.first, cohort.first + cohort.patients):
        latent = draw(cohort.seed, number)
        yield Made(messed(record_of(latent, cohort.today), latent, cohort.mess, cohort.today), truth_of(latent))


def synthesise(cohort: Cohort, folder: Path, *, bundles: bool = False) -> int:
    """Write a cohort; gives the number of resources.

    `folder/export/` holds what a hospital would export, `folder/truth.ndjson` what is true, `folder/cohort.json` how it
    was made (written last).

    Raises:
        FourthstepError: the folder is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FourthstepError(f"the folder {folder} is not empty; a cohort is written to a new one")
    export = folder / "export"
    export.mkdir(parents=True, exist_ok=True)
    written = 0
    with ExitStack() as open_files, (folder / "truth.ndjson").open("w", encoding="utf-8", newline="\n") as truth:
        types: dict[str, IO[str]] = {}
        for made in patients(cohort):
            written += len(made.resources)
            truth.write(_line(made.truth))
            if bundles:
                _bundle(export, made)
                continue
            for resource in made.resources:
                kind = resource["resourceType"]
                if kind not in types:
                    place = export / f"{kind}.ndjson"
                    types[kind] = open_files.enter_context(place.open("w", encoding="utf-8", newline="\n"))
                types[kind].write(_line(resource))
    told = cohort._asdict() | {"today": cohort.today.isoformat(), "mess": cohort.mess._asdict()}
    (folder / "cohort.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return written


def _bundle(export: Path, made: Made) -> None:
    entries = [
        {"fullUrl": f"urn:synthetic:{each['resourceType']}/{each['id']}", "resource": each} for each in made.resources
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    (export / f"{made.truth['patient']}.json").write_text(json.dumps(bundle, ensure_ascii=False), encoding="utf-8")


def _line(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
