"""Does the measuring measure?  One wrong rule in each family of safety, and the measured accuracy must fall."""

import importlib
import shutil
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from fourthstep import load_knowledge
from fourthstep.knowledge.load import knowledge_folder, read_knowledge
from fourthstep.synthetic.cohort import Cohort
from fourthstep.synthetic.mess import Mess

ROOT = Path(__file__).resolve().parents[2]
PATIENTS = Cohort(400, seed=31)


@pytest.fixture(scope="module")
def tools():
    """The tools stand beside the package, not in it."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        yield {name: importlib.import_module(name) for name in ("accuracy", "accuracy_counts", "accuracy_page")}
    finally:
        sys.path.remove(str(ROOT / "tools"))


def with_mistake(folder, file, right, wrong):
    """The shipped knowledge with one mistake."""
    shutil.copytree(knowledge_folder(), folder, ignore=shutil.ignore_patterns(".compiled"))
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert right in text, f"{file} no longer says {right!r}: name another mistake"
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    return msgspec.structs.replace(read_knowledge(folder), digest=load_knowledge().digest)


MISTAKES = {
    "platelets": ("safety/bleeding-labs.yaml", "fact: platelet_count, below: 50", "fact: platelet_count, below: 5"),
    "inr": ("safety/bleeding-labs.yaml", "fact: inr, above: 1", "fact: inr, above: 9"),
    "neutrophils": ("safety/bleeding-labs.yaml", "fact: neutrophil_count, below: 0.5", "fact: neutrophil_count, below: 0.05"),
    "infection": ("safety/infection.yaml", "effect: correctable-stop\n  when: {rule: systemic_infection}",
                  "effect: caution\n  when: {rule: systemic_infection}"),
    "antithrombotic": ("tables/antithrombotic_holds.csv", "hold,72,72", "continue,,"),
    "allergy": ("safety/allergy.yaml", "effect: lasting-stop", "effect: caution"),
}  # fmt: skip


@pytest.mark.parametrize("family", MISTAKES)
def test_a_wrong_rule_of_safety_is_seen(tools, tmp_path, family):
    """With the shipped knowledge nothing that the family blocks is proposed; with the mistake something is."""

    def blocked_by_it(told):
        return any(verdict["why"] == [family] for verdict in told["options"].values())

    measure, proposed = tools["accuracy"].measure, tools["accuracy_counts"].YES
    right = measure(PATIENTS, only=blocked_by_it).family
    wrong = measure(PATIENTS, only=blocked_by_it, knowledge=with_mistake(tmp_path / "knowledge", *MISTAKES[family])).family
    assert sum(right.values()) >= 10, "too few patients to tell"
    assert right[family, proposed] == 0
    assert wrong[family, proposed] > 0


def test_a_wrong_gate_of_prognosis_is_seen(tools, tmp_path):
    """A pump that no longer asks for months is called fitting for patients who have weeks."""
    pump, short = "intrathecal-pump", ("false", "true")
    file, mistake = f"interventions/{pump}.yaml", ("perhaps_from: short-months\n  at_least: months", "at_least: days")
    measure = tools["accuracy"].measure
    right = measure(Cohort(60, seed=31)).prognosis
    wrong = measure(Cohort(60, seed=31), knowledge=with_mistake(tmp_path / "knowledge", file, *mistake)).prognosis
    assert right[pump, "false", "false"] >= 5, "too few patients to tell"
    assert right[pump, *short] == 0
    assert wrong[pump, *short] > 0


def test_without_mess_nothing_is_unclear_that_the_record_says(tools):
    tally = tools["accuracy"].measure(Cohort(60, seed=32))
    assert tally.patients == 60
    assert tools["accuracy_counts"].right(tally).count > 50


def test_mess_makes_options_unclear_and_not_wrong(tools):
    """More mess, more *not assessable*; and hardly ever an option that is blocked in truth."""
    counts = tools["accuracy_counts"]
    clean, messy = (tools["accuracy"].measure(Cohort(60, seed=32, mess=Mess.of(level))).option for level in (0, 0.3))
    clean, messy = counts.summed(clean), counts.summed(messy)
    assert messy[counts.OPEN, counts.YES] < clean[counts.OPEN, counts.YES]
    assert messy[counts.OPEN, counts.CANNOT] > clean[counts.OPEN, counts.CANNOT]
    assert messy[counts.SHUT, counts.YES] <= clean[counts.SHUT, counts.YES]


def test_every_disagreement_without_mess_is_explained(tools):
    """A change of the engine or of the tables that brings a new kind of disagreement says so here."""
    tally = tools["accuracy"].measure(Cohort(200, seed=11))
    _, unexplained, _ = tools["accuracy"].explained(tally, ROOT / "tools" / "accuracy_explained.toml")
    assert unexplained == []


WILSON = [(0, 10, 0.000, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1.000), (0, 0, 0.0, 1.0)]


@pytest.mark.parametrize(("count", "of", "low", "high"), WILSON)
def test_intervals_after_wilson(tools, count, of, low, high):
    assert tools["accuracy_counts"].Share(count, of).interval == pytest.approx((low, high), abs=0.0005)


def test_a_disagreement_without_explanation_is_named(tools, tmp_path):
    counts = tools["accuracy_counts"]
    kind = ("some-option", "syn-rib", counts.OPEN, counts.NO)
    tally = counts.Tally(disagreement=Counter({kind: 3}), example={kind: "synthetic-1-1"})
    said = tmp_path / "explained.toml"
    said.write_text('disagreement = [{what = ["other"], whose = "truth", because = "old"}]\n')
    rows, unexplained, idle = tools["accuracy"].explained(tally, said)
    assert rows == []
    assert unexplained == ["some-option, syn-rib: truth open, engine not proposed (3, such as synthetic-1-1)"]
    assert idle == ["old"]
    said.write_text('disagreement = [{what = ["some-option"], whose = "dossier", because = "it says two things"}]\n')
    rows, unexplained, idle = tools["accuracy"].explained(tally, said)
    assert [(row["what"], row["count"], row["because"]) for row in rows] == [("some-option", 3, "it says two things")]
    assert (unexplained, idle) == ([], [])


def test_the_page_and_the_picture(tools):
    counts, page = tools["accuracy_counts"], tools["accuracy_page"]
    tally = counts.Tally(patients=4, pathway=Counter({("refer", "refer"): 3, ("refer", "cannot tell"): 1}))
    tally.option.update(
        {("x", counts.OPEN, counts.YES): 1, ("x", counts.OPEN, counts.CANNOT): 1, ("x", counts.SHUT, counts.NO): 2}
    )
    text = page.page({0.0: tally, 0.2: tally}, {"none": tally}, [], "the command")
    assert "Written by `the command`" in text
    assert "| x | 2 | 50.0 (9.5–90.5) | 0.0 (0.0–65.8) | 50.0 (9.5–90.5) | 0.0 (0.0–65.8) | 2 | 100.0 (34.2–100.0) |" in text
    assert "| refer | · | · | 1 | · | 3 | · | · |" in text
    picture = page.picture({0.0: tally, 0.2: tally})
    assert picture.startswith("<svg ")
    assert picture.count("<polyline") == 10  # a line and its legend
