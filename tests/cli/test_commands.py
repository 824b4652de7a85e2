"""The front door: every command of the README, and what a user sees when something is wrong.

In process, so that the whole chapter takes seconds; the installed command itself is run once.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fourthstep import __version__
from fourthstep.cli import main

ROOT = Path(__file__).resolve().parents[2]
RECORD = str(ROOT / "examples" / "pancreatic.json")
AS_OF = ("--as-of", "2026-03-01")


@pytest.fixture
def run(capfdbinary, monkeypatch):
    """Run `fourthstep ARGUMENTS`: exit code, standard output, standard error."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["fourthstep", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "100")
        with pytest.raises(SystemExit) as left:
            main()
        out = capfdbinary.readouterr()
        code = left.value.code
        return (0 if code is None else code), out.out.decode(), out.err.decode()

    return call


class TestAssess:
    def test_text(self, run):
        code, out, err = run("assess", RECORD, *AS_OF)
        assert (code, err) == (0, "")
        assert out.startswith(f"Fourthstep {__version__} · assessment of 2026-03-01")
        assert "REFER EARLY" in out
        assert "Doing none of these is always an option" in out
        assert "\x1b[" not in out, "coloured only where a terminal allows"

    def test_json(self, run):
        code, out, _ = run("assess", RECORD, *AS_OF, "--format", "json")
        found = json.loads(out)
        assert code == 0
        assert found["format"] == "fourthstep-assessment/1"
        assert found["pathway"]["word"] == "refer early"
        assert re.fullmatch(r"[0-9a-f]{64}", found["result_id"])

    @pytest.mark.parametrize(("form", "start"), [("html", b"<!doctype html>"), ("letter", b""), ("pdf", b"%PDF")])
    def test_to_a_file(self, run, tmp_path, form, start):
        target = tmp_path / f"x.{form}"
        code, out, _ = run("assess", RECORD, *AS_OF, "--format", form, "-o", target)
        assert code == 0
        assert out.startswith("refer early: written to")
        assert target.read_bytes().lower().startswith(start.lower())

    def test_the_default_day_is_today_and_old_data_propose_another(self, run):
        _, out, _ = run("assess", RECORD, "--as-of", "2026-06-01")
        assert "--as-of 2026-03-" in out

    def test_answers_count_and_are_marked(self, run, tmp_path):
        answers = tmp_path / "a.yaml"
        answers.write_text("facts: {consent_missing: yes}\nrefused: [celiac-plexus-neurolysis-eus]\n")
        _, out, _ = run("assess", RECORD, *AS_OF, "--answers", answers, "--format", "json")
        options = {option["id"]: option for pain in json.loads(out)["pains"] for option in pain["options"]}
        assert options["celiac-plexus-neurolysis-eus"]["word"] == "contraindicated"
        assert options["celiac-plexus-neurolysis-percutaneous"]["word"] == "after correction"

    def test_policy_is_named(self, run):
        policy = ROOT / "examples" / "hospital-policy.yaml"
        folder = ROOT / "examples" / "hospital"
        code, out, _ = run("assess", folder, "--patient", "example-hospital-a", "--policy", policy, *AS_OF)
        assert code == 0
        assert "OPTIMISE FIRST" in out


class TestOtherCommands:
    def test_opioids(self, run):
        code, out, _ = run("opioids", RECORD, *AS_OF)
        assert code == 0
        assert "It is not a dose to give" in out

    def test_show(self, run):
        code, out, _ = run("show", "celiac-plexus-neurolysis-percutaneous")
        assert code == 0
        assert "ASPN2021" in out

    def test_show_suggests_near_names(self, run):
        code, _, err = run("show", "celiac-plexus-neurolisis-percutaneous")
        assert code == 2
        assert "celiac-plexus-neurolysis-percutaneous" in err

    def test_case(self, run, tmp_path):
        case = tmp_path / "c.yaml"
        case.write_text("as_of: 2026-03-01\npatient: {age: 17}\nvouched: [condition]\nfacts: {cancer_pancreas: yes}\n")
        code, out, _ = run("case", case)
        assert code == 0
        assert "NOT IN SCOPE" in out

    def test_knowledge_check(self, run):
        code, out, _ = run("knowledge", "check")
        assert code == 0
        assert out.rstrip().endswith("nothing wrong")

    def test_version(self, run):
        assert run("--version")[1].strip() == f"fourthstep {__version__}"

    def test_replay(self, run, tmp_path):
        result = tmp_path / "r.json"
        run("assess", RECORD, *AS_OF, "--format", "json", "-o", result)
        code, out, _ = run("replay", result, RECORD)
        assert code == 0
        assert out.startswith("the same, byte for byte")
        answers = tmp_path / "a.yaml"
        answers.write_text("refused: [celiac-plexus-neurolysis-eus]\n")
        code, out, _ = run("replay", result, RECORD, "--answers", answers)
        assert code == 1
        assert "different record or answers" in out
        assert "celiac-plexus-neurolysis-eus" in out


WRONG = [
    # arguments, exit code, what the message says
    (("assess",), 2, "name a record"),
    (("assess", "no-such.json"), 3, "RECORD: there is no such file or folder"),
    (("assess", "patient-4711"), 3, "a patient's id goes with `--patient ID`"),
    (("opioids", "no-such.json"), 3, "RECORD: there is no such file or folder"),
    (("opioids", RECORD, "--format", "html"), 2, "not one of 'text', 'json'"),
    (("assess", RECORD, "-o", "no-such-folder/patient-4711.html"), 2, "-o FILE: cannot be written: No such file"),
    (("assess", RECORD, "--as-of", "yesterday"), 2, "expected a day such as 2026-03-01"),
    (("assess", RECORD, "--as-of", "2026-03-01T08:00:00"), 2, "offset"),
    (("assess", RECORD, "--policy", "gone.yaml"), 3, "policy cannot be read"),
    (("assess", "--server", "http://127.0.0.1:9", "--patient", "1"), 3, "could not be reached"),
    (("assess", "--server", "http://127.0.0.1:9"), 2, "--patient"),
    (("case", "no-such.yaml"), 2, "CASE: there is no such file"),
    (("replay", "no-such.json", RECORD), 2, "RESULT: there is no such file"),
    (("replay", RECORD, RECORD), 2, "RESULT: not a result"),
    (("replay", RECORD), 2, "RECORD: name the record"),
    (("replay", RECORD, "patient-4711"), 3, "RECORD: there is no such file or folder"),
]


@pytest.mark.parametrize(("arguments", "exit_code", "says"), WRONG, ids=lambda value: str(value)[:60])
def test_what_is_wrong_is_said_without_a_traceback(run, arguments, exit_code, says):
    code, _, err = run(*arguments)
    assert code == exit_code
    assert says in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err
    assert not re.search(r"4711|no-such", err), "what was typed could be a patient's id"


COMMANDS = ["assess", "screen", "questionnaire", "case", "opioids", "show", "hold", "replay", "knowledge", "knowledge check"]


def test_the_questionnaire_whole_and_for_one_record(run, tmp_path):
    code, out, err = run("questionnaire")
    whole = json.loads(out)
    target = tmp_path / "questions.json"
    assert (code, err) == (0, "")
    assert run("questionnaire", RECORD, *AS_OF, "-o", target) == (0, "", "")
    own = json.loads(target.read_text(encoding="utf-8"))
    assert [item["linkId"] for item in whole["item"]][:3] == ["pain", "group-person", "group-alarm"]
    assert own["item"][0]["linkId"] == "pain/1"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help_and_its_place_in_the_manual(run, command):
    code, out, _ = run(*command.split(), "--help")
    assert code == 0
    manual = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert f"fourthstep {command}" in manual
    assert all(f"`{option}" in manual for option in re.findall(r"(--[a-z][a-z-]+)", out) if option != "--help")


def test_help_names_every_exit_code(run):
    from fourthstep.ground import errors

    _, out, _ = run("--help")
    told = " ".join(out.split())
    manual = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    codes = {0, 1} | {each.exit_code for each in vars(errors).values() if hasattr(each, "exit_code")}
    for code in codes:
        assert f"{code} " in told.partition("Exit codes:")[2]
        assert f"| {code} |" in manual


def test_the_help_of_a_case_names_every_key(run):
    import msgspec

    from fourthstep.events.statements import Case

    told = " ".join(run("case", "--help")[1].split()).partition("The keys:")[2]
    assert all(field.name in told for field in msgspec.structs.fields(Case) if not field.name.startswith(("_", "mark")))


@pytest.mark.parametrize("arguments", [("show", "platelet_count"), ("opioids", RECORD, *AS_OF), ("assess", RECORD, *AS_OF)])
def test_output_is_utf8_under_any_code_page(arguments):
    import os

    done = subprocess.run([sys.executable, "-m", "fourthstep", *arguments], check=False, capture_output=True,
                          env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"})  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert "·" in done.stdout.decode("utf-8")


def test_a_wrong_policy_stops_the_start(run, tmp_path):
    policy = tmp_path / "p.yaml"
    policy.write_text("time_zone: Mars/Olympus\nnot_offered: [celiac]\nthresholds: {nothing: 1}\nsgned: []\n")
    code, _, err = run("assess", RECORD, "--policy", policy)
    assert code == 5
    assert "p.yaml:4: unknown key `sgned`" in err
    policy.write_text("time_zone: Mars/Olympus\nnot_offered: [celiac]\nthresholds: {nothing: 1}\nome_table: cdc\n")
    _, _, err = run("assess", RECORD, "--policy", policy)
    for says in ("no IANA time zone", "no intervention `celiac`", "no criterion `nothing`", "no table `cdc`"):
        assert says in err


def test_the_installed_command():
    done = subprocess.run([sys.executable, "-m", "fourthstep", "assess", RECORD, *AS_OF], check=True, text=True,
                          capture_output=True)  # fmt: skip
    assert "REFER EARLY" in done.stdout


def test_three_lines_of_python():
    from fourthstep import as_of, assess, read_record

    assessment = assess(read_record(RECORD), as_of=as_of("2026-03-01"))
    assert assessment.pathway.word == "refer early"


def test_an_unknown_public_name():
    import fourthstep

    with pytest.raises(AttributeError, match="no attribute"):
        fourthstep.nothing  # noqa: B018
