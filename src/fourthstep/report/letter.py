"""The referral letter: a draft that a physician edits and signs.  It states what the record says, and what it does not.

One list of parts feeds the text, the HTML and the PDF, so that they cannot differ.
"""

from collections.abc import Iterator
from textwrap import wrap

import msgspec

from fourthstep.assessment.result import Assessment, Option, PainView
from fourthstep.assessment.words import OPEN, PathwayWord
from fourthstep.facts.opioids import OpioidTrial
from fourthstep.ground.dates import When
from fourthstep.ground.errors import FourthstepError
from fourthstep.ground.truth import YES, Truth
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.policy import Policy
from fourthstep.report.opioids import step_text, totals_line
from fourthstep.report.page import rendered, standing
from fourthstep.report.phrases import Phrases

WIDTH = 78
MOST_OPTIONS = 5
"""Options that a letter names for one pain; the page holds them all."""
CONTACT = "interventional"
"""Key of the policy's contacts."""
CANCER = ("active_cancer", "metastatic_disease", "bone_metastasis", "treatment_related_pain")
GOALS = ("goal_category", "prognosis", "ecog", "code_status", "hospice")


class Part(msgspec.Struct, frozen=True):
    """One section of the letter: a heading and its lines."""

    heading: str
    lines: tuple[str, ...]


class Letter(msgspec.Struct, frozen=True):
    """The whole letter in words."""

    title: str
    draft: str
    to: str
    about: str
    parts: tuple[Part, ...]
    closing: str
    sign: str
    result: str


def letter_text(assessment: Assessment, knowledge: Knowledge, policy: Policy) -> str:
    """The letter as plain text."""
    letter = write_letter(assessment, knowledge, policy)
    lines = [letter.title.upper(), "", *_wrapped(letter.draft), "", letter.to, letter.about]
    for part in letter.parts:
        lines += ["", part.heading]
        lines += [line for each in part.lines for line in wrap(each, WIDTH, initial_indent="- ", subsequent_indent="  ")]
    lines += ["", *_wrapped(letter.closing), "", letter.sign, "", letter.result]
    return "\n".join(lines) + "\n"


def letter_html(assessment: Assessment, knowledge: Knowledge, policy: Policy) -> str:
    """The letter as an HTML page whose text can be edited in the browser."""
    return rendered("letter.html.jinja", letter=write_letter(assessment, knowledge, policy))


def letter_pdf(assessment: Assessment, knowledge: Knowledge, policy: Policy) -> bytes:
    """The letter as a PDF.

    Raises:
        FourthstepError: WeasyPrint, or a library that it needs, is not installed.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415  heavy, and only the PDF needs it
    except (ImportError, OSError):
        raise FourthstepError(
            "a PDF needs WeasyPrint and Pango: install `fourthstep[pdf]` and the system package libpango-1.0-0 "
            "with libpangoft2-1.0-0, or print the letter of `--format letter-html` from a browser"
        ) from None
    content: bytes = HTML(string=letter_html(assessment, knowledge, policy)).write_pdf()
    return content


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH)


# -- writing it ------------------------------------------------------------------------------------------------


def write_letter(assessment: Assessment, knowledge: Knowledge, policy: Policy) -> Letter:
    """The letter: question, cancer, pains, treatment so far, safety, options, what is missing, goals."""
    say = Phrases(knowledge)
    patient, contact = assessment.patient, policy.contacts.get(CONTACT, "")
    parts = {
        "question": _question(assessment, say),
        "cancer": _cancer(assessment, say),
        "pains": _pains(assessment, say),
        "treatment": _treatment(assessment, say),
        "safety": _safety(assessment, say),
        "options": _options(assessment, say),
        "missing": _missing(assessment, say),
        "goals": _values(assessment, GOALS, say),
    }
    return Letter(
        title=say("letter", "title"),
        draft=say("letter", "draft", as_of=assessment.as_of),
        to=say("letter", "to", contact=contact) if contact else say("letter", "to_unknown"),
        about=say(
            "letter",
            "re",
            id=patient.id,
            age=say("letter", "age", age=patient.age) if patient.age else say("letter", "age_unknown"),
            sex=patient.sex or say("report", "not_known_sex"),
        ),
        parts=tuple(Part(say("letter", key), tuple(lines)) for key, lines in parts.items()),
        closing=say("letter", "closing"),
        sign=say("letter", "sign"),
        result=say("report", "result", id=assessment.result_id[:16]),
    )


def _question(assessment: Assessment, say: Phrases) -> Iterator[str]:
    flags = [flag.says for flag in assessment.red_flags if flag.truth == YES]
    if flags:
        yield say("letter", "urgent", flags="; ".join(flags))
    if assessment.pathway.word == PathwayWord.NOT_IN_SCOPE.value:
        yield say("pathway", assessment.pathway.word)
        return
    where = "; ".join(say.pain(pain) for pain in assessment.pains)
    yield say("letter", "asks", where=where) if where else say("letter", "asks_none")
    yield say("letter", "pathway", text=say("pathway", assessment.pathway.word))


def _values(assessment: Assessment, names: tuple[str, ...], say: Phrases) -> Iterator[str]:
    """Facts with their dates; what is not known is said as such."""
    values = {value.fact: value for value in (*assessment.background, *assessment.safety)}
    for name in names:
        if name in values:
            yield f"{values[name].says}: {say.value(values[name])}"


def _cancer(assessment: Assessment, say: Phrases) -> Iterator[str]:
    """The diagnoses in the words of the record, then what was made of them."""
    for each in assessment.diagnoses:
        yield each.says + (f" ({say('letter', 'recorded', day=each.day)})" if each.day else "")
    yield from _values(assessment, CANCER, say)


def _pains(assessment: Assessment, say: Phrases) -> Iterator[str]:
    if not assessment.pains:
        yield say("report", "no_pain")
    for pain in assessment.pains:
        syndromes = ", ".join(f"{each.name} ({each.status})" for each in pain.syndromes)
        yield f"{say.pain(pain)}: {say.score(pain)}" + (f"; {syndromes}" if syndromes else "")


def _treatment(assessment: Assessment, say: Phrases) -> Iterator[str]:
    dose = assessment.opioids
    taken = [step_text(step, say) for step in dose.steps if step.fate in ("counted", "separate", "excluded", "unreadable")]
    yield say("letter", "opioid_now", products="; ".join(taken)) if taken else say("letter", "opioid_none")
    if taken:
        yield say("letter", "opioid_ome", totals=totals_line(dose, say))
    trials = [_trial(trial, assessment.as_of, say) for trial in assessment.opioid_trials if trial.strong is Truth.TRUE]
    if trials:
        yield say("letter", "trials", trials="; ".join(trials))
    for leg in assessment.legs:
        if leg.state != "not applicable":
            yield f"{leg.name}: {say('leg_state', leg.state)} - {say.leg(leg)}"


def _trial(trial: OpioidTrial, as_of: str, say: Phrases) -> str:
    """One strong opioid with its time; how it ended is told only of an adequate trial."""
    outcome = {"no-relief": "trial_no_relief", "toxicity": "trial_toxicity"}.get(trial.failure or "")
    if trial.adequate is not Truth.TRUE:
        outcome = "trial_short" if trial.long_enough is Truth.FALSE else None
    end = _day(trial.end)
    return say("letter", "trial_running" if end == as_of[:10] else "trial", opioid=trial.opioid, start=_day(trial.start),
               end=end, outcome=say("letter", outcome) if outcome else "")  # fmt: skip


def _day(when: When | None) -> str:
    return str(when) if when else "?"


def _safety(assessment: Assessment, say: Phrases) -> Iterator[str]:
    return say.values(assessment.safety, lambda value, say: f"{value.says}: {say.value(value)}")


def _options(assessment: Assessment, say: Phrases) -> Iterator[str]:
    named = [(pain, option) for pain in assessment.pains for option in pain.options
             if option.word in OPEN and option.offered]  # fmt: skip
    if not named:
        yield say("letter", "options_none")
    for pain in assessment.pains:
        of_pain = [option for owner, option in named if owner is pain]
        for option in of_pain[:MOST_OPTIONS]:
            yield _option(pain, option, say, several=len(assessment.pains) > 1)
        if len(of_pain) > MOST_OPTIONS:
            yield say("report", "and_more", count=len(of_pain) - MOST_OPTIONS)


def _option(pain: PainView, option: Option, say: Phrases, *, several: bool) -> str:
    said = say("letter", "option", name=option.name, word=say("option", option.word), timing=say("timing", option.timing),
               fit=say("fit", option.fit.word), certainty=option.certainty)  # fmt: skip
    where = f"{say.pain(pain)}: " if several else ""
    reasons = "; ".join(f"{say('effect', each.effect)}: {say.reason(each)}" for each in standing(option))
    return f"{where}{said}" + (f" - {reasons}" if reasons else "")


def _missing(assessment: Assessment, say: Phrases) -> Iterator[str]:
    if not assessment.changes:
        yield say("letter", "missing_none")
    yield from (change.ask or change.says for change in assessment.changes)


__all__ = ["Letter", "Part", "letter_html", "letter_pdf", "letter_text", "write_letter"]
