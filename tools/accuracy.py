"""`make accuracy`: the engine against made-up patients whose truth is known.

    python tools/accuracy.py [-n 1000] [--knob-patients 200] [--seed 11] [--workers 2] [--docs docs]

Writes `docs/accuracy.md` and `docs/accuracy.svg`.  Each cohort is written as a Bulk Data export and read as one, at several
levels of mess, and once with each knob alone.  Every kind of disagreement without mess needs its explanation in
`tools/accuracy_explained.toml`; one that has none, and an explanation that no longer meets anything, end with 1.
"""

import argparse
import json
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from accuracy_counts import CANNOT, LATER, NO, OPEN, SHUT, YES, Kind, Tally
from accuracy_page import page, picture

from fourthstep import as_of, assess, load_knowledge, read_records
from fourthstep.assessment.result import Assessment, Option
from fourthstep.assessment.words import OptionWord
from fourthstep.knowledge.load import Knowledge
from fourthstep.synthetic.cohort import Cohort, synthesise
from fourthstep.synthetic.mess import KNOBS, Mess

ROOT = Path(__file__).resolve().parents[1]
LEVELS = (0.0, 0.05, 0.1, 0.2, 0.4)
ALONE = 0.4
"""Level of a knob that is turned alone."""
BATCH = 200
"""Patients of one export; bounds memory."""
FAMILIES = ("platelets", "inr", "neutrophils", "infection", "antithrombotic", "allergy")
ANSWERS = {
    OptionWord.CANDIDATE: YES,
    OptionWord.WITH_CAUTION: YES,
    OptionWord.AFTER_CORRECTION: LATER,
    OptionWord.UNDETERMINED: CANNOT,
    OptionWord.CONTRAINDICATED: NO,
    OptionWord.NOT_INDICATED: NO,
}
PAUSED = ", antithrombotic paused"
"""Added to the truth where a drug was paused long enough: the record must tell that."""
KNOWN = {"open": OPEN, "blocked": SHUT, "not indicated": SHUT}


# -- measuring -------------------------------------------------------------------------------------------------


def measure(
    cohort: Cohort, *, knowledge: Knowledge | None = None, only: Callable[[dict[str, Any]], bool] | None = None
) -> Tally:
    """Make one export, assess it, and count against the truth; `only` chooses patients by their truth."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "cohort"
        synthesise(cohort, folder)
        told = [json.loads(line) for line in (folder / "truth.ndjson").read_text(encoding="utf-8").splitlines()]
        truth = {each["patient"]: each for each in told if only is None or only(each)}
        for record in read_records(folder / "export"):
            if record.patient in truth:
                found = assess(record, as_of=as_of(cohort.today.isoformat()), knowledge=knowledge)
                compare(truth[record.patient], found, tally)
    return tally


def compare(told: dict[str, Any], assessment: Assessment, tally: Tally) -> None:
    """Count one patient."""
    tally.patients += 1
    syndrome = told["syndromes"][0] if told["syndromes"] else "-"
    said = assessment.pathway.word
    tally.pathway[told["pathway"], said] += 1
    if said != told["pathway"]:
        paused = any("cleared" in verdict for verdict in told["options"].values())
        _note(tally, told, ("pathway", syndrome, told["pathway"] + PAUSED * paused, said))
    certain = {each.id for pain in assessment.pains for each in pain.syndromes if each.status == "certain"}
    for each in told["syndromes"]:
        tally.syndrome[each, "certain" if each in certain else "not certain"] += 1
    options: dict[str, list[Option]] = {}
    for option in (option for pain in assessment.pains for option in pain.options):
        options.setdefault(option.id, []).append(option)
    for name, verdict in told["options"].items():
        truth, said = KNOWN[verdict["verdict"]], answer(options.get(name, []))
        tally.option[name, truth, said] += 1
        if (truth == OPEN and said != YES) or (truth == SHUT and said in {YES, CANNOT}):
            _note(tally, told, (name, syndrome, truth + PAUSED * ("cleared" in verdict), said))
        if len(verdict["why"]) == 1 and verdict["why"][0] in FAMILIES:
            tally.family[verdict["why"][0], said] += 1
        if "prognosis_fits" in verdict:
            fit = options[name][0].fit.prognosis if name in options else "not listed"
            tally.prognosis[name, str(verdict["prognosis_fits"]).lower(), fit] += 1


def _note(tally: Tally, told: dict[str, Any], kind: Kind) -> None:
    tally.disagreement[kind] += 1
    tally.example.setdefault(kind, told["patient"])


def answer(options: list[Option]) -> str:
    """What the engine says of an option: the best word over the patient's pains; not proposed where it is not listed."""
    said = {ANSWERS[OptionWord(option.word)] for option in options}
    return next((each for each in (YES, LATER, CANNOT) if each in said), NO)


def measured(cohort: Cohort, pool: ProcessPoolExecutor) -> Tally:
    """The same in batches, over processes; the result does not depend on their number."""
    last = cohort.first + cohort.patients
    batches = [cohort._replace(first=first, patients=min(BATCH, last - first)) for first in range(cohort.first, last, BATCH)]
    tally = Tally()
    for part in pool.map(measure, batches):
        tally.add(part)
    return tally


# -- disagreements ---------------------------------------------------------------------------------------------


def explained(tally: Tally, path: Path) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """Rows of disagreement with their explanation; kinds without one; explanations that met nothing."""
    known = tomllib.loads(path.read_text(encoding="utf-8"))["disagreement"]
    met: set[int] = set()
    rows, open_kinds = [], []
    for kind, count in sorted(tally.disagreement.items()):
        what, syndrome, truth, said = kind
        place = next((place for place, each in enumerate(known) if _meets(each, kind)), None)
        if place is None:
            open_kinds.append(f"{what}, {syndrome}: truth {truth}, engine {said} ({count}, such as {tally.example[kind]})")
            continue
        met.add(place)
        told = {"what": what, "syndrome": syndrome, "truth": truth, "said": said, "count": count}
        rows.append(known[place] | told | {"example": tally.example[kind]})
    return rows, open_kinds, [each["because"] for place, each in enumerate(known) if place not in met]


def _meets(explanation: dict[str, Any], kind: Kind) -> bool:
    keys = ("what", "syndrome", "truth", "said")
    return all(part in explanation[key] for key, part in zip(keys, kind, strict=True) if key in explanation)


def main(arguments: Iterable[str] | None = None) -> int:
    """Measure, write the page and the picture, and say what nobody explained."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=1000, help="patients at each level of mess")
    parser.add_argument("--knob-patients", type=int, default=200, help="patients for each knob alone")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    asked = parser.parse_args(None if arguments is None else list(arguments))
    load_knowledge()
    whole, few = Cohort(asked.n, asked.seed), Cohort(asked.knob_patients, asked.seed)
    levels = {}
    with ProcessPoolExecutor(asked.workers) as pool:
        for level in LEVELS:
            levels[level] = measured(whole._replace(mess=Mess.of(level)), pool)
            print(f"mess {level}: {levels[level].patients} patients", flush=True)
        alone = {"none": measured(few, pool)}
        for knob in KNOBS:
            alone[knob] = measured(few._replace(mess=Mess()._replace(**{knob: ALONE})), pool)
            print(f"{knob} {ALONE} alone: {alone[knob].patients} patients", flush=True)
    rows, open_kinds, idle = explained(levels[0.0], ROOT / "tools" / "accuracy_explained.toml")
    command = f"python tools/accuracy.py -n {asked.n} --knob-patients {asked.knob_patients} --seed {asked.seed}"
    asked.docs.mkdir(parents=True, exist_ok=True)
    (asked.docs / "accuracy.md").write_text(page(levels, alone, rows, command), encoding="utf-8")
    (asked.docs / "accuracy.svg").write_text(picture(levels), encoding="utf-8")
    for kind in open_kinds:
        print(f"NOT EXPLAINED: {kind}")
    for because in idle:
        print(f"explains nothing any more: {because}")
    return 1 if open_kinds or idle else 0


if __name__ == "__main__":
    sys.exit(main())
