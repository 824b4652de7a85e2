"""The commands.  Each parses its arguments, calls the engine and prints; nothing is decided here."""

import json
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from fourthstep import __version__
from fourthstep.assessment.assess import assess, assess_events
from fourthstep.assessment.identity import as_json
from fourthstep.assessment.result import Assessment
from fourthstep.cli import fetch as fetching
from fourthstep.cli import screen as screening
from fourthstep.cli import synthesise as synthesising
from fourthstep.events.statements import read_answers, read_case
from fourthstep.fetch.access import Access
from fourthstep.fetch.request import Request
from fourthstep.ground.dates import AsOf, When, as_of, when
from fourthstep.ground.errors import FourthstepError, RecordError
from fourthstep.knowledge.load import Knowledge, load_knowledge
from fourthstep.knowledge.policy import DEFAULT, Policy, read_policy, zone_of
from fourthstep.record import Door, Record, read_from_server, read_record
from fourthstep.screen.numbers import Calling

app = typer.Typer(
    name="fourthstep",
    help="Decision support for the interventional management of cancer pain. For clinicians; not a medical device.",
    epilog="Exit codes: 0 done; 1 it differs, or something is wrong; 2 wrong call; 3 record not readable; 4 an extra is not "
    "installed; 5 wrong knowledge, policy, case or answers. docs/commands.md says more.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
MOST_CLEARANCE = 300
"""mL/min; above it a number is a typing error."""
knowledge_app = typer.Typer(help="Work on the knowledge.", no_args_is_help=True)
app.add_typer(knowledge_app, name="knowledge")


class Format(StrEnum):
    """What an assessment can be told as."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    LETTER = "letter"
    LETTER_HTML = "letter-html"
    PDF = "pdf"


class Plain(StrEnum):
    """What an answer that is no assessment can be told as."""

    TEXT = "text"
    JSON = "json"


RecordPath = Annotated[
    Path | None,
    typer.Argument(
        help="A FHIR R4 file (Bundle, array, resource, CDS Hooks request), or a folder of NDJSON files.",
        show_default=False,
        metavar="RECORD",
    ),
]
AsOfOption = Annotated[
    str,
    typer.Option(
        "--as-of",
        help="Day (2026-03-01), or instant with its offset (2026-03-01T08:00-05:00), of the assessment; default: today.",
        metavar="DATE",
    ),
]
PatientOption = Annotated[str, typer.Option("--patient", help="Patient id, where the source holds several.", metavar="ID")]
PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="One hospital's overlay (docs/policy.md).", metavar="FILE")
]
AnswersOption = Annotated[
    Path | None,
    typer.Option("--answers", help="What was answered at the bedside, in YAML (docs/case.md).", metavar="FILE"),
]
ServerOption = Annotated[str, typer.Option("--server", help="Base URL of a FHIR R4 server.", metavar="URL")]
TokenOption = Annotated[
    str, typer.Option("--token", envvar="FOURTHSTEP_TOKEN", help="Bearer token for the server.", metavar="TOKEN")
]
FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        "-f",
        help="text; json (docs/schema); html: one page; letter, letter-html, pdf: a referral to edit and sign.",
        metavar="FORMAT",
    ),
]
PlainOption = Annotated[Plain, typer.Option("--format", "-f", help="text or json.", metavar="FORMAT")]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.", metavar="FILE")]
FullOption = Annotated[bool, typer.Option("--full", help="Tell everything, with all sources.")]


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Options common to all commands."""
    if version:
        typer.echo(f"fourthstep {__version__}")
        raise typer.Exit


@app.command("assess", epilog="Example: fourthstep assess patient.json --as-of 2026-03-01 --format html -o patient.html")
def assess_command(
    record: RecordPath = None,
    as_of_text: AsOfOption = "",
    patient: PatientOption = "",
    policy: PolicyOption = None,
    answers: AnswersOption = None,
    server: ServerOption = "",
    token: TokenOption = "",
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
    full: FullOption = False,
) -> None:
    """Assess one patient's record: pathway, options, what stands in their way, what is missing to say."""
    knowledge = load_knowledge()
    overlay = read_policy(policy, knowledge) if policy else DEFAULT
    entered = read_answers(answers, knowledge) if answers else None
    source = _record(record, patient, server, token, overlay)
    assessment = assess(source, as_of=_as_of(as_of_text, overlay), answers=entered, policy=overlay, knowledge=knowledge)
    _tell(assessment, knowledge, form, output, full, overlay)


@app.command(
    "screen",
    epilog="Example: fourthstep screen export/ -o out/  docs/screen.md tells how to read the tables.",
)
def screen_command(
    export: screening.ExportPath,
    out: screening.OutPath,
    as_of_text: AsOfOption = "",
    policy: PolicyOption = None,
    workers: screening.WorkersOption = 1,
    allow_broken: screening.BrokenOption = False,
    names: screening.NamesOption = False,
    numbers: screening.NumbersOption = None,
    since: screening.SinceOption = None,
    engine: screening.EngineOption = screening.Engine.LOCAL,
    master: screening.MasterOption = "",
) -> None:
    """Screen a whole hospital's Bulk Data export: worklist, assessments, attrition, groups, data quality, a report."""
    knowledge = load_knowledge()
    overlay = read_policy(policy, knowledge) if policy else DEFAULT
    screening.run(export, out, _as_of(as_of_text, overlay), overlay, workers, allow_broken,
                  Calling(ids=names, kept=numbers), since, engine, master)  # fmt: skip


@app.command(
    "calibrate", epilog="Example: fourthstep calibrate out/ --sample 60 ; fourthstep calibrate out/ --review out/review.csv"
)
def calibrate_command(
    out: Annotated[Path, typer.Argument(help="Folder of a screening.")],
    sample: Annotated[int, typer.Option("--sample", min=0, help="Draw so many for a chart review.", metavar="N")] = 0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed draws the same patients.", metavar="S")] = 1,
    review: Annotated[Path | None, typer.Option("--review", help="The reviewers' sheet: written or read.",
                                                metavar="FILE")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Its key; default review-key.csv in OUT.",
                                             metavar="FILE")] = None,
) -> None:  # fmt: skip
    """Count whom each threshold would flag; draw a sample for chart review; tell the agreement of the filled sheet."""
    screening.run_calibrate(out, sample, seed, review, key)


@app.command("compare", epilog="Example: fourthstep compare out-monday/ out-tuesday/")
def compare_command(
    old: Annotated[Path, typer.Argument(help="Folder of the earlier screening.")],
    new: Annotated[Path, typer.Argument(help="Folder of the later screening.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The table; default: changes.csv in NEW.")
    ] = None,
) -> None:
    """Compare two screenings: who is new on the list, who left it, what changed of whom and why."""
    screening.run_compare(old, new, output)


@app.command(
    "fetch",
    epilog="Example: fourthstep fetch https://ehr.example/fhir --group 7 --client-id ID --key key.jwk -o export/  "
    "docs/fetch.md tells of tokens, origins and resuming.",
)
def fetch_command(
    url: fetching.UrlArgument,
    out: fetching.OutPath,
    group: fetching.GroupOption = "",
    level: fetching.LevelOption = None,
    types: fetching.TypeOption = None,
    since: fetching.SinceOption = "",
    filters: fetching.FilterOption = None,
    token: TokenOption = "",
    client: fetching.ClientOption = "",
    key: fetching.KeyOption = None,
    key_id: fetching.KeyIdOption = "",
    token_url: fetching.TokenUrlOption = "",
    scope: fetching.ScopeOption = "",
    origins: fetching.OriginOption = None,
    parallel: fetching.ParallelOption = 3,
    allow_broken: fetching.BrokenOption = False,
    abort: fetching.AbortOption = False,
) -> None:
    """Fetch a Bulk Data export from a FHIR server into a folder, for `fourthstep screen`; resumable."""
    more = {"types": tuple(types)} if types else {}
    request = Request(base=url, group=group, level=level or "", since=since, filters=tuple(filters or ()), **more)
    access = Access(token=token, client=client, key=key, key_id=key_id, token_address=token_url, scope=scope,
                    origins=tuple(origins or ()))  # fmt: skip
    call = fetching.Call(request, out, access)
    if abort:
        call.abort()
    else:
        call.run(parallel, allow_broken)


@app.command(
    "synthesise",
    epilog="Example: fourthstep synthesise -n 1000 --seed 7 -o cohort/  then: fourthstep screen cohort/export -o out/ "
    "--as-of 2026-03-01.  docs/synthetic-data-card.md tells what the patients are, and what they are not.",
)
def synthesise_command(
    count: synthesising.CountOption,
    folder: synthesising.FolderOption,
    seed: synthesising.SeedOption = 1,
    first: synthesising.FirstOption = 1,
    day: synthesising.DayOption = "",
    bundles: synthesising.BundlesOption = False,
    mess: synthesising.LevelOption = None,
    missing: synthesising.Knob = None,
    late: synthesising.Knob = None,
    text_only: synthesising.Knob = None,
    wrong_unit: synthesising.Knob = None,
    local_code: synthesising.Knob = None,
    duplicates: synthesising.Knob = None,
    contradictory: synthesising.Knob = None,
    unit_less: synthesising.Knob = None,
    split_dose: synthesising.Knob = None,
) -> None:
    """Make a cohort of cancer-pain patients as FHIR R4, with what is true of each; nobody in it exists."""
    knobs = {
        "missing": missing,
        "late": late,
        "text_only": text_only,
        "wrong_unit": wrong_unit,
        "local_code": local_code,
        "duplicates": duplicates,
        "contradictory": contradictory,
        "unit_less": unit_less,
        "split_dose": split_dose,
    }
    cohort = synthesising.cohort_of(count, seed, first, day, synthesising.mess_of(mess, knobs))
    synthesising.run(cohort, folder, bundles)


@app.command(
    "case",
    epilog="The keys: as_of, says, patient (age, sex, deceased), vouched, facts, pains, drugs, refused. "
    "docs/case.md explains each; `fourthstep show list` names the facts. Example: fourthstep case examples/case.yaml",
)
def case_command(
    case: Annotated[Path, typer.Argument(help="A YAML case: one patient in a few lines.", metavar="CASE")],
    policy: PolicyOption = None,
    form: FormatOption = Format.TEXT,
    output: OutputOption = None,
    full: FullOption = False,
) -> None:
    """Assess a short YAML case in place of FHIR."""
    knowledge = load_knowledge()
    overlay = read_policy(policy, knowledge) if policy else DEFAULT
    if not case.is_file():
        raise FourthstepError("CASE: there is no such file; the path of a YAML case was expected (docs/case.md)")
    stated, events = read_case(case, knowledge)
    assessment = assess_events(events, as_of=as_of(stated.as_of), policy=overlay, knowledge=knowledge)
    _tell(assessment, knowledge, form, output, full, overlay)


@app.command(
    "questionnaire",
    epilog="Example: fourthstep questionnaire patient.json --as-of 2026-03-01 -o questions.json. The answers, a "
    "QuestionnaireResponse beside the record, are read with it (docs/questionnaire.md).",
)
def questionnaire_command(
    record: RecordPath = None,
    as_of_text: AsOfOption = "",
    patient: PatientOption = "",
    policy: PolicyOption = None,
    output: OutputOption = None,
) -> None:
    """What no record tells, as a FHIR Questionnaire; with a record, what that one leaves open, most decisive first."""
    from fourthstep.report.questionnaire import form_for, whole_form  # noqa: PLC0415

    knowledge = load_knowledge()
    overlay = read_policy(policy, knowledge) if policy else DEFAULT
    if record is None:
        made = whole_form(knowledge)
    else:
        source = _record(record, patient, "", "", overlay)
        assessment = assess(source, as_of=_as_of(as_of_text, overlay), policy=overlay, knowledge=knowledge)
        made = form_for(assessment, knowledge)
    _write(json.dumps(made, ensure_ascii=False, indent=2) + "\n", output)


@app.command("opioids", epilog="Example: fourthstep opioids patient.json --as-of 2026-03-01")
def opioids_command(
    record: RecordPath = None,
    as_of_text: AsOfOption = "",
    patient: PatientOption = "",
    policy: PolicyOption = None,
    server: ServerOption = "",
    token: TokenOption = "",
    form: PlainOption = Plain.TEXT,
) -> None:
    """Daily oral morphine equivalent, every step. It measures exposure; it is not a dose to give."""
    from fourthstep.assessment.identity import encode  # noqa: PLC0415
    from fourthstep.report.opioids import opioid_lines  # noqa: PLC0415
    from fourthstep.report.phrases import Phrases  # noqa: PLC0415
    from fourthstep.report.verdict import STALE_DAYS, newest, newest_age  # noqa: PLC0415

    knowledge = load_knowledge()
    overlay = read_policy(policy, knowledge) if policy else DEFAULT
    source = _record(record, patient, server, token, overlay)
    assessment = assess(source, as_of=_as_of(as_of_text, overlay), policy=overlay, knowledge=knowledge)
    if form is Plain.JSON:
        typer.echo(encode(assessment.opioids))
        return
    say = Phrases(knowledge)
    typer.echo(f"Opioids on {assessment.as_of} · {newest(assessment, say)}")
    age = newest_age(assessment)
    if age is not None and age > STALE_DAYS:
        typer.echo(say("report", "stale", age=age, day=assessment.newest))
    for line in opioid_lines(assessment.opioids, say):
        typer.echo(f"  {line}")


@app.command("show", epilog="Example: fourthstep show celiac-plexus-neurolysis-percutaneous")
def show_command(
    name: Annotated[
        str,
        typer.Argument(help="An intervention, syndrome, drug, source, rule, fact or score; or `list`.", metavar="NAME"),
    ],
) -> None:
    """What we know of an entry, with its sources."""
    from fourthstep.report.show import show  # noqa: PLC0415

    typer.echo(show(name, load_knowledge(), width=_width()))


@app.command("hold")
def hold_command(
    drug: Annotated[str, typer.Argument(help="An antithrombotic drug, by its generic name.")],
    before: Annotated[str, typer.Option("--for", help="The intervention, by its id.", metavar="ID")],
    dose: Annotated[str, typer.Option("--dose", help="How it is used, where intervals differ by it.", metavar="USE")] = "",
    crcl: Annotated[float | None, typer.Option("--crcl", help="Creatinine clearance, mL/min.", metavar="N")] = None,
    last: Annotated[
        str, typer.Option("--last", help="Last dose: a day, or an instant with its offset.", metavar="TIME")
    ] = "",
    as_of_text: AsOfOption = "",
    form: PlainOption = Plain.TEXT,
) -> None:
    """What guidelines ask of an antithrombotic drug before a procedure; the prescriber decides."""
    from decimal import Decimal  # noqa: PLC0415

    from fourthstep.assessment.hold import hold  # noqa: PLC0415
    from fourthstep.assessment.identity import encode  # noqa: PLC0415
    from fourthstep.report.hold import hold_text  # noqa: PLC0415

    knowledge = load_knowledge()
    clearance = None if crcl is None else Decimal(str(crcl))
    if clearance is not None and not 0 < clearance < MOST_CLEARANCE:
        raise FourthstepError(f"--crcl: expected mL/min, above 0 and below {MOST_CLEARANCE}")
    answer = hold(drug, before=before, as_of=_as_of(as_of_text, DEFAULT), use=dose, clearance=clearance,
                  last=_last(last), knowledge=knowledge)  # fmt: skip
    typer.echo(encode(answer) if form is Plain.JSON else hold_text(answer, knowledge, width=_width()))


@app.command("replay", epilog="Example: fourthstep replay result.json patient.json")
def replay_command(
    result: Annotated[Path, typer.Argument(help="A result written with `--format json`.", metavar="RESULT")],
    record: RecordPath = None,
    patient: PatientOption = "",
    policy: PolicyOption = None,
    answers: AnswersOption = None,
) -> None:
    """Assess again: the same bytes, or what differs and why."""
    from fourthstep.assessment.replay import replay  # noqa: PLC0415

    if not result.is_file():
        raise FourthstepError("RESULT: there is no such file; a result of `fourthstep assess --format json` was expected")
    if record is None:
        raise FourthstepError("RECORD: name the record that the result was made from, after the result")
    _exists(record)
    knowledge = load_knowledge()
    overlay = read_policy(policy, knowledge) if policy else DEFAULT
    entered = read_answers(answers, knowledge) if answers else None
    same, lines = replay(result.read_bytes(), read_record(record, patient=patient or None), entered, overlay, knowledge)
    for line in lines:
        typer.echo(line)
    raise typer.Exit(0 if same else 1)


@knowledge_app.command("check")
def check_command(
    policy: PolicyOption = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="Another knowledge folder.", metavar="DIR")] = None,
) -> None:
    """Check knowledge and policy; the exit code is 0 only where nothing is wrong."""
    from fourthstep.assessment.coverage import review  # noqa: PLC0415
    from fourthstep.knowledge.load import knowledge_folder, read_knowledge  # noqa: PLC0415

    place = folder or knowledge_folder()
    knowledge = read_knowledge(place)
    if policy:
        read_policy(policy, knowledge)
    lines, complete = review(knowledge, place, today=date.today())  # noqa: DTZ011  review-by dates are local days
    for line in lines:
        typer.echo(line)
    raise typer.Exit(0 if complete else 1)


# -- what the commands share -------------------------------------------------------------------------------


def _record(path: Path | None, patient: str, server: str, token: str, policy: Policy) -> Record:
    door = Door(vouches=policy.vouching)
    if server:
        if not patient:
            raise FourthstepError("a server needs `--patient ID`")
        return read_from_server(server, patient, token=token or None, policy_door=door)
    if path is None:
        raise FourthstepError("name a record: `fourthstep assess patient.json`, or `--server URL --patient ID`")
    _exists(path)
    return read_record(path, patient=patient or None, policy_door=door)


def _exists(path: Path) -> None:
    """A missing record, told without its name, which could be a patient's."""
    if not path.exists():
        raise RecordError(
            "RECORD: there is no such file or folder.  The path of a FHIR R4 file, or of a folder of NDJSON files, was "
            "expected; a patient's id goes with `--patient ID`."
        )


def _last(text: str) -> When | None:
    try:
        return when(text) if text else None
    except ValueError:
        raise FourthstepError("--last: expected a day such as 2026-03-01, or an instant with its offset") from None


def _as_of(text: str, policy: Policy) -> AsOf:
    """The day asked for, or today: the only place that looks at the clock."""
    try:
        return as_of(text or date.today().isoformat(), zone_of(policy))  # noqa: DTZ011  the user's own day
    except ValueError:
        raise FourthstepError(f"--as-of {text}: expected a day such as 2026-03-01, or an instant with its offset") from None


def _tell(assessment: Assessment, knowledge: Knowledge, form: Format, output: Path | None, full: bool,
          policy: Policy) -> None:  # fmt: skip
    """Write the assessment in the form asked for, to the file or the terminal."""
    content = _rendered(assessment, knowledge, form, full, to_file=output is not None, policy=policy)
    if form is Format.PDF and output is None and sys.stdout.isatty():
        raise FourthstepError("a PDF is not for a terminal: add `-o letter.pdf`")
    _write(content, output)
    if output is not None:
        typer.echo(f"{assessment.pathway.word}: written to {output}")


def _write(content: str | bytes, output: Path | None) -> None:
    """To the file, or to the terminal."""
    data = content.encode() if isinstance(content, str) else content
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise FourthstepError(f"-o FILE: cannot be written: {error.strerror}") from None


def _rendered(assessment: Assessment, knowledge: Knowledge, form: Format, full: bool, *, to_file: bool,
              policy: Policy) -> str | bytes:  # fmt: skip
    if form is Format.JSON:
        return as_json(assessment) + b"\n"
    if form is Format.TEXT:
        from fourthstep.report.text import TextReport, plain  # noqa: PLC0415

        paint: Any = plain if to_file or not _colour() else _paint
        return TextReport(knowledge, width=_width(), full=full, paint=paint).write(assessment)
    if form is Format.HTML:
        from fourthstep.report.page import page  # noqa: PLC0415

        return page(assessment, knowledge)
    from fourthstep.report import letter  # noqa: PLC0415

    if form is Format.LETTER:
        return letter.letter_text(assessment, knowledge, policy)
    if form is Format.LETTER_HTML:
        return letter.letter_html(assessment, knowledge, policy)
    return letter.letter_pdf(assessment, knowledge, policy)


def _width() -> int:
    import shutil  # noqa: PLC0415

    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 120))


def _colour() -> bool:
    import os  # noqa: PLC0415

    asked = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return asked and (os.name != "nt" or "WT_SESSION" in os.environ or "TERM" in os.environ)


_STYLES: dict[str, dict[str, Any]] = {
    "heading": {"bold": True},
    "good": {"fg": "green", "bold": True},
    "warn": {"fg": "yellow", "bold": True},
    "bad": {"fg": "red", "bold": True},
    "dim": {"dim": True},
}


def _paint(text: str, role: str) -> str:
    return typer.style(text, **_STYLES.get(role, {}))
