"""A wrong knowledge file stops the start: each mistake with its place, on a copy of the real knowledge."""

import shutil
from datetime import date

import pytest

from fourthstep.assessment.coverage import review
from fourthstep.ground.errors import KnowledgeError
from fourthstep.knowledge.load import knowledge_folder, load_knowledge, read_knowledge

CELIAC = "interventions/celiac-plexus-neurolysis-percutaneous.yaml"

TABLE = [
    # file, what is changed into what, the message, the remedy
    ("facts/blood.yaml", "concepts: [platelets]", "concepts: [platelet]", "no code means `platelet`", "platelets"),
    ("facts/blood.yaml", "unit: 10*9/L, take: latest, ties: lowest, readable: [0, 5000]", "readable: [0, 5000]",
     "needs `unit` and `take`", ""),
    ("facts/bedside.yaml", "where: {fact: do_not_resuscitate,", "where: {fact: do_not_resuscitat,",
     "there is no fact `do_not_resuscitat`", "do_not_resuscitate"),
    ("facts/blood.yaml", "platelet_count: {says: platelets,", "platelet_count: {says: platelets, where: {fact: sepsis, is: true},",
     "`platelet_count` is not asked at the bedside", "Only a bedside fact has `where`."),
    ("pains.yaml", "of_cancer: [organ-tumour", "of_cancer: [organ-tumor", "`organ-tumor` is no value of `pain_cause`", "organ-tumour"),
    ("facts/safety.yaml", "episode: 30 d", "episode: 30 days", "not a number of days", ""),
    ("safety/bleeding-labs.yaml", "unit: 10*9/L", "unit: g/L", "platelet_count is counted in 10*9/L", "10*9/L"),
    ("safety/bleeding-labs.yaml", "fact: platelet_count", "fact: platelets_count", "there is no fact `platelets_count`",
     "platelet_count"),
    ("safety/bleeding-labs.yaml", "SIR2019", "SIR2109", "there is no source `SIR2109`", "SIR2019"),
    ("safety/bleeding-labs.yaml", "lab_class:", "lab_clas:", "there is no attribute `lab_clas`", ""),
    ("safety/bleeding-labs.yaml", "[high]", "[highest]", "cannot be `highest`", "high"),
    ("prognosis.yaml", "is: weeks", "is: fortnights", "`fortnights` is no value of prognosis_estimate", "weeks"),
    ("rules/safety.yaml", "rule: antithrombotic_taken", "rule: antithrombotics_taken",
     "there is no rule `antithrombotics_taken`", "antithrombotic_taken"),
    ("rules/treatment.yaml", "leg: rotation, in: [adequate", "leg: rotatoin, in: [adequate",
     "there is no leg `rotatoin`", "rotation"),
    ("rules/treatment.yaml", "leg: rotation, in: [adequate", "leg: rotation, in: [adequat",
     "`adequat` is no state of a leg", "adequate"),
    (CELIAC, "id: celiac-plexus-neurolysis-percutaneous", "id: celiac", "the file is named celiac", ""),
    ("syndromes/syn-pancreatic.yaml", "celiac-plexus-neurolysis-eus", "celiac-plexus-neurolysis-us",
     "there is no intervention `celiac-plexus-neurolysis-us`", "celiac-plexus-neurolysis-eus"),
    ("tables/procedure_bleeding_class.csv", "celiac-plexus-neurolysis-percutaneous,", "celiac-plexus,",
     "has no row in tables/procedure_bleeding_class.csv", ""),
    ("tables/antithrombotic_holds.csv", ",V,", ",W,", "unmarked", ""),
    ("opioids/timing.yaml", "unread: timing-unread", "unread: timing-unreadd", "`timing-unreadd` has no sentence", "timing-unread"),
    ("opioids/ingredients.yaml", "flags: [meperidine]", "flags: [meperidin]", "`meperidin` has no sentence", "meperidine"),
    ("windows.yaml", 'asked for from 12 years of age", mark: P', 'asked for from 12 years of age", mark: P, because: [FDA]',
     "there is no source `FDA`", ""),
    ("windows.yaml", "administered: #", "administred: #", "administred", ""),
    ("codes/conditions.csv", "system,code,match", "system,code", "", ""),
    ("interventions/saddle-block-neurolysis.yaml", "at_most: short-months", "at_most: days", "do not stand in order", ""),
    ("interventions/saddle-block-neurolysis.yaml", "perhaps_to: months", "perhaps_to: years", "`years` is no band", ""),
    ("interventions/pudendal-nerve-block.yaml", "before it.\n", "before it.\n  also_when: {fact: oral_route_lost, is: true}\n",
     "`also_when` adds to a `when`, and there is none", ""),
    ("disagreements.yaml", "because: [VANVEEN2010]", "because: [VANVEEN2001]", "there is no source `VANVEEN2001`", "VANVEEN2010"),
    ("disagreements.yaml", "interventions: [percutaneous-cordotomy]", "interventions: [percutaneous-cordotmy]",
     "there is no intervention `percutaneous-cordotmy`", "percutaneous-cordotomy"),
    ("disagreements.yaml", "drugs: [methadone]", "drugs: [methadon]", "there is no drug `methadon`", "methadone"),
    ("disagreements.yaml", "id: methadone-factor", "id: opioid-factors", "`opioid-factors` is declared twice", "Keep one"),
    ("disagreements.yaml", "one milligram of methadone?", "one milligram of methadone.",
     "a disagreement is asked as a question", "question mark"),
    ("references/local-anaesthetics.yaml", "175 mg (2–2.5 mg/kg), ", "", "the row has 3 cells, the head 4", ""),
    ("references/local-anaesthetics.yaml", "because: [IOWALA, LABELS]", "because: [IOWA, LABELS]", "there is no source `IOWA`",
     "IOWALA"),
    ("references/local-anaesthetics.yaml", "because: [IOWALA], mark", "because: [IOWA], mark", "there is no source `IOWA`", ""),
    ("references/local-anaesthetics.yaml", "- paravertebral-block", "- paravertebral-blok",
     "there is no intervention `paravertebral-blok`", "paravertebral-block"),
    ("references/local-anaesthetics.yaml", "drugs: [lidocaine", "drugs: [lidocain", "there is no drug `lidocain`", "lidocaine"),
    ("references/local-anaesthetics.yaml", "id: local-anaesthetics", "id: local-anesthetics", "named local-anaesthetics", ""),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "knowledge"
    shutil.copytree(knowledge_folder(), copy, ignore=shutil.ignore_patterns(".compiled", "cases"))
    return copy


@pytest.mark.parametrize(("file", "old", "new", "what", "remedy"), TABLE)
def test_each_mistake_stops_the_start(folder, file, old, new, what, remedy):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, "the row no longer changes anything"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError) as caught:
        read_knowledge(folder)
    found = [each for each in caught.value.mistakes if what in each.what and remedy in f"{each.remedy}{each.what}"]
    assert found, str(caught.value)
    assert found[0].line >= 1


@pytest.mark.parametrize(
    "name", ["sources.yaml", "holds.yaml", "pains.yaml", "disagreements.yaml", "prognosis.yaml", "texts/en.yaml", "codes/ingredients.csv",
             "tables/antithrombotic_holds.csv"],
)  # fmt: skip
def test_a_missing_file_is_never_read_as_empty(folder, name):
    (folder / name).unlink()
    with pytest.raises(KnowledgeError, match="missing"):
        read_knowledge(folder)


def test_an_empty_code_table_is_never_no_codes(folder):
    path = folder / "codes" / "ingredients.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(KnowledgeError):
        read_knowledge(folder)


def test_a_rule_that_asks_itself(folder):
    path = folder / "rules" / "pain.yaml"
    with path.open("a", encoding="utf-8") as file:
        file.write("one: {says: a, when: {rule: two}, marks: {value: P}}\n")
        file.write("two: {says: b, when: {rule: one}, marks: {value: P}}\n")
    with pytest.raises(KnowledgeError, match="`one` asks itself"):
        read_knowledge(folder)


def test_a_disagreement_without_a_position(folder):
    entry = "- {id: pumps, name: A pump?, positions: [], here: Shown.}\n"
    with (folder / "disagreements.yaml").open("a", encoding="utf-8") as file:
        file.write(entry)
    with pytest.raises(KnowledgeError, match="`pumps` tells no position"):
        read_knowledge(folder)


def test_a_reference_without_content_and_a_table_without_rows(folder):
    path = folder / "references" / "steroid-injections.yaml"
    kept = "id: steroid-injections\nname: Steroids\nsays: To be read.\n"
    path.write_text(kept, encoding="utf-8")
    with pytest.raises(KnowledgeError, match="holds neither a table nor a statement"):
        read_knowledge(folder)
    path.write_text(f"{kept}tables: [{{title: Doses, head: [drug], rows: []}}]\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="the table `Doses` has no row"):
        read_knowledge(folder)


def test_no_folder(tmp_path):
    with pytest.raises(KnowledgeError, match="no knowledge folder"):
        read_knowledge(tmp_path / "nowhere")


class TestCompiled:
    def test_is_the_same_as_what_was_read(self):
        assert load_knowledge().digest
        read = read_knowledge(knowledge_folder())
        assert read.interventions == load_knowledge().interventions
        assert read.safety == load_knowledge().safety
        assert read.disagreements == load_knowledge().disagreements
        assert read.references == load_knowledge().references

    def test_a_changed_file_is_another_knowledge(self, folder, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        before = load_knowledge(folder)
        path = folder / "safety" / "bleeding-labs.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("below: 50", "below: 40", 1), encoding="utf-8")
        load_knowledge.cache_clear()
        after = load_knowledge(folder)
        load_knowledge.cache_clear()
        assert before.digest != after.digest
        assert before.safety != after.safety

    def test_without_a_place_to_keep_it_every_start_reads(self, folder, monkeypatch):
        folder.joinpath(".compiled").write_text("in the way")
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / ".compiled"))
        assert load_knowledge(folder).digest
        load_knowledge.cache_clear()


class TestComplete:
    """`knowledge check` tells what the dossier holds and the folder does not."""

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("  - syn-wound\n", "  - syn-wound\n  - syn-new\n", "syndromes: the dossier's `syn-new` is missing"),
            ("  - tens\n", "", "comparators: `tens` is not listed in complete.yaml"),
            ("[hypercalcaemia]", "[hypercalcaemia, hypocalcaemia]", "red-flags: the dossier's `hypocalcaemia` is missing"),
            ("[cordotomy-level]", "[cordotomy-height]", "disagreements: the dossier's `cordotomy-height` is missing"),
            ("[cordotomy-level]", "[]", "disagreements: `cordotomy-level` is not listed in complete.yaml"),
            ("[steroid-injections]", "[steroids]", "references: the dossier's `steroids` is missing"),
        ],
    )
    def test_each_gap_is_told(self, folder, old, new, says):
        path = folder / "complete.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        lines, complete = review(read_knowledge(folder), folder, today=date(2026, 3, 1))
        assert says in lines
        assert not complete

    def test_the_folder_as_it_is_has_none(self, folder):
        lines, complete = review(read_knowledge(folder), folder, today=date(2026, 3, 1))
        assert complete, lines

    def test_without_the_list_nothing_is_called_complete(self, folder):
        (folder / "complete.yaml").unlink()
        with pytest.raises(KnowledgeError, match=r"complete\.yaml"):
            review(read_knowledge(folder), folder, today=date(2026, 3, 1))
