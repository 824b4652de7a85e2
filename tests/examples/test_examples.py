"""The example records say what `examples/README.md` promises, row by row; and the page's files are current."""

import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from fourthstep import as_of, assess, load_knowledge, read_policy, read_records
from fourthstep.knowledge.policy import DEFAULT, zone_of
from tests.examples.expected import ROWS

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
DAY = "2026-03-01"


@lru_cache
def assessed(name):
    if name.startswith("hospital"):
        policy = read_policy(EXAMPLES / "hospital-policy.yaml", load_knowledge())
        records = {record.patient: record for record in read_records(EXAMPLES / "hospital")}
        record = records[f"example-{name}"]
    else:
        policy = DEFAULT
        (record,) = read_records(EXAMPLES / f"{name}.json")
    return assess(record, as_of=as_of(DAY, zone_of(policy)), policy=policy)


def option(result, name):
    return {each.id: each for each in result.pains[0].options}.get(name)


def reasons(result, name):
    return [f"{each.id} {each.truth}" for each in option(result, name).reasons]


def hold(result, name):
    (found,) = [each.hold for each in (*option(result, name).reasons, *option(result, name).cleared) if each.hold]
    return found


ASK = {
    "pathway": lambda a: a.pathway.word,
    "because": lambda a: list(a.pathway.because),
    "gaps": lambda a: list(a.pathway.legs),
    "pains": lambda a: [pain.id for pain in a.pains],
    "uncontrolled": lambda a: a.uncontrolled.truth,
    "tolerated": lambda a: a.tolerated.truth,
    "red flags": lambda a: [flag.id for flag in a.red_flags if flag.truth == "true"],
    "scheduled": lambda a: str(a.opioids.prescribed.scheduled),
    "scheduled total": lambda a: str(a.opioids.scheduled),
    "as needed": lambda a: f"{a.opioids.prescribed.prn_max:f}",
    "range": lambda a: str(a.opioids.prescribed.range),
    "taken": lambda a: str(
        a.opioids.taken.scheduled.low + (a.opioids.taken.prn_given.low if a.opioids.taken.prn_given else 0)
    ),
    "antithrombotics": lambda a: list(a.antithrombotics),
    "corrections": lambda a: list(a.corrections),
    "conflicts": lambda a: len(a.conflicts),
    "unrecognised": lambda a: len(a.unrecognised),
    "not used": lambda a: sorted({(each.ref, each.reason) for each in a.not_used}),
}
ASK_OF = {
    "syndrome": lambda a, of: {each.id: each.status for each in a.pains[0].syndromes}[of],
    "leg": lambda a, of: {leg.id: leg.state for leg in a.legs}[of],
    "word": lambda a, of: option(a, of).word if option(a, of) else "not indicated",
    "timing": lambda a, of: option(a, of).timing,
    "done before": lambda a, of: [(each.day, each.outcome) for each in option(a, of).done_before],
    "fits": lambda a, of: option(a, of).fits,
    "fit": lambda a, of: (option(a, of).fit.word, option(a, of).fit.prognosis, option(a, of).fit.goals),
    "stops": lambda a, of: sorted(each.id for each in option(a, of).reasons
                                  if each.effect != "caution" and each.truth == "true"),
    "dissent": lambda a, of: sorted({name for each in option(a, of).dissent for name in each.because}),
    "hold": lambda a, of: [" ".join(part for part in (each.source, each.decision, each.hours) if part)
                           for each in hold(a, of).asks],
    "safety": lambda a, of: {each.fact: each.value for each in a.safety}[of],
    "background": lambda a, of: {each.fact: each.value for each in a.background}[of],
}  # fmt: skip


def _last_dose(result, of):
    return {each.hold.last for pain in result.pains for opt in pain.options for each in opt.reasons
            if each.hold and each.hold.drug == of}  # fmt: skip


HOLDS = {
    "reason": lambda a, of, row: row in reasons(a, of),
    "only reason": lambda a, of, row: reasons(a, of) == [row],
    "no reason": lambda a, of, row: not any(each.startswith(row) for each in reasons(a, of)),
    "cleared": lambda a, of, row: row in [each.id for each in option(a, of).cleared],
    "behind": lambda a, of, row: (ids := [each.id for each in a.pains[0].options]).index(of) < ids.index(row),
    "last dose": lambda a, of, row: _last_dose(a, of) == {row},
    "no opioid from": lambda a, of, row: not any(step.opioid == row and step.ref.startswith(of)
                                                 for step in a.opioids.steps),
    "dissent": lambda a, of, row: set(row) <= {name for each in option(a, of).dissent for name in each.because},
}  # fmt: skip
HOLDS_AT_ALL = {
    "first": lambda a, row: [each.id for each in a.pains[0].options][: len(row) or 1] == row,
    "changes first": lambda a, row: [each.fact for each in a.changes][: len(row) or 1] == row,
    "confirm": lambda a, row: any(each.startswith(row) for each in a.to_confirm),
    "flag unknown": lambda a, row: row in [flag.id for flag in a.red_flags if flag.truth == "unknown"],
    "safety unknown": lambda a, row: {each.fact: bool(each.why) for each in a.safety}[row],
    "opioid flag": lambda a, row: row in a.opioids.flags,
    "gap": lambda a, row: row in a.pathway.legs,
}


@pytest.mark.parametrize(
    ("name", "row"), [pytest.param(name, row, id=f"{name}: {row[:-1]}") for name, rows in ROWS.items() for row in rows]
)
def test_the_page_and_the_program_agree(name, row):
    result, (what, *of, expected) = assessed(name), row
    if what in HOLDS:
        assert HOLDS[what](result, of[0], expected), reasons(result, of[0]) if option(result, of[0]) else result
    elif what in HOLDS_AT_ALL:
        assert HOLDS_AT_ALL[what](result, expected), [change.fact for change in result.changes]
    elif what == "not used":
        found = sorted((ref.partition("/")[0], reason) for ref, reason in ASK[what](result))
        assert found == sorted(expected)
    else:
        assert (ASK_OF[what](result, *of) if of else ASK[what](result)) == expected


def test_every_example_of_the_page_has_its_rows():
    files = {path.name.removesuffix(".json") for path in EXAMPLES.glob("*.json")}
    patients = {record.patient.removeprefix("example-") for record in read_records(EXAMPLES / "hospital")}
    assert files | patients == set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_at_the_spine_nothing_is_open_while_the_cord_may_be_compressed(name):
    result = assessed(name)
    if "cord-compression" not in ASK["red flags"](result):
        return
    spinal = (
        "epidural",
        "intrathecal",
        "neuraxial",
        "vertebro",
        "kypho",
        "rhizotomy",
        "spinal-cord",
        "myelotomy",
        "cordotomy",
    )
    touched = [each for pain in result.pains for each in pain.options if any(word in each.id for word in spinal)]
    assert touched
    assert all(each.word in ("after correction", "undetermined", "not indicated") for each in touched)


def test_without_its_policy_the_hospital_has_no_platelets():
    record = next(each for each in read_records(EXAMPLES / "hospital") if each.patient == "example-hospital-a")
    result = assess(record, as_of=as_of(DAY))
    assert {each.fact: each.value for each in result.safety}["platelet_count"] == ""


def test_pain_words_that_are_no_scores_never_count():
    scores = [value for _, value, _ in assessed("hospital-a").pains[0].series]
    assert scores == ["8", "8", "7", "8"]  # the worst of each day, newest first; neither "asleep" nor "unable"


# -- the files and the demonstration -----------------------------------------------------------------------------


def test_the_files_are_what_the_generator_writes():
    done = subprocess.run(
        [sys.executable, ROOT / "tools/make_examples.py", "--check"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_demonstration_runs(tmp_path):
    pytest.importorskip("fourthstep.report.page")
    done = subprocess.run(
        [sys.executable, ROOT / "tools/demo.py", "--out", tmp_path], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.glob("*.json")} >= {"pancreatic.json", "sparse.json"}
