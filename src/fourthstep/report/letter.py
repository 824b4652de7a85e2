"""The referral letter: a draft that a physician edits and signs.  It states what the record says, and what it does not.

One list of parts feeds the text, the HTML and the PDF, so that they cannot differ.
"""

from collections.abc import Iterable, Iterator
from textwrap import wrap

import msgspec

from fourthstep.assessment.result import Assessment, Option, PainView, Treatment, Value
from fourthstep.assessment.words import PathwayWord
from fourthstep.facts.opioids import OpioidTrial
from fourthstep.ground.errors import MissingExtraError
from fourthstep.ground.interval import plain
from fourthstep.ground.truth import NOT_KNOWN, YES, Truth
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.policy import Policy
from fourthstep.report.opioids import PAST, step_use, together, totals_line
from fourthstep.report.page import rendered
from fourthstep.report.phrases import Phrases, beyond, first_upper, is_found, without_tag
from fourthstep.report.questions import questions
from fourthstep.report.reasons import Told, groups, syndromes, told_once, which
from fourthstep.report.verdict import leg_groups, true_flags
from fourthstep.rules.ask import Leaf

WIDTH = 76
MOST_OPTIONS = 4
"""Options that a letter names for one pain; the page holds them all."""
MOST_SCORES = 4
"""Earlier scores of a pain that a letter tells."""
MOST_MISSING, MOST_ROWS, MOST_POSSIBLE = 6, 6, 4
"""Unknowns, treatments of a kind (newest first), and syndromes that are only possible."""
CONTACT = "interventional"
"""Key of the policy's contacts."""
SPREAD = ("metastatic_disease", "bone_metastasis", "lung_metastasis", "treatment_related_pain")
STABILITY = ("sins", "mirels")
"""Scores of the stability of bone; told where they were scored, and asked for where bone may hurt."""
BONE = ("skull", "cervical-spine", "thoracic-spine", "lumbar-spine", "sacrum", "hip", "shoulder-arm", "leg")
"""Regions whose pain may come from a bone that bears load."""
LABORATORY = ("platelet_count", "inr", "haemoglobin", "neutrophil_count", "creatinine", "egfr", "creatinine_clearance",
              "c_reactive_protein", "temperature")  # fmt: skip
STATES = ("anticoagulant", "antiplatelet", "nsaid", "antiangiogenic", "cytotoxic_recent", "sepsis", "local_infection",
          "neutropenia_coded", "contrast_allergy", "local_anaesthetic_allergy", "opioid_allergy", "pacemaker",
          "icd_defibrillator", "bowel_obstruction", "spinal_cord_compression", "raised_intracranial_pressure",
          "pregnancy")  # fmt: skip
GOALS = ("ecog", "prognosis", "goal_category", "code_status", "do_not_resuscitate", "hospice", "home_preference")


class Part(msgspec.Struct, frozen=True):
    """One section of the letter: a heading and its lines."""

    heading: str
    lines: tuple[str, ...]


class Letter(msgspec.Struct, frozen=True):
    """The whole letter in words."""

    title: str
    draft: str
    head: tuple[str, ...]
    """To, from, about, urgency."""
    parts: tuple[Part, ...]
    closing: str
    sign: tuple[str, ...]
    result: str


def letter_text(assessment: Assessment, knowledge: Knowledge, policy: Policy) -> str:
    """The letter as plain text."""
    letter = write_letter(assessment, knowledge, policy)
    lines = [letter.title.upper(), "", *_wrapped(letter.draft), ""]
    lines += [line for each in letter.head for line in _wrapped(each)]
    for part in letter.parts:
        lines += ["", part.heading.upper()]
        lines += [line for each in part.lines for line in _wrapped(each, "- ")]
    lines += ["", *_wrapped(letter.closing), "", *letter.sign, "", *_wrapped(letter.result)]
    return "\n".join(lines) + "\n"


def letter_html(assessment: Assessment, knowledge: Knowledge, policy: Policy) -> str:
    """The letter as a self-contained HTML page.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    return rendered("letter.html.jinja", letter=write_letter(assessment, knowledge, policy), say=Phrases(knowledge))


def letter_pdf(assessment: Assessment, knowledge: Knowledge, policy: Policy) -> bytes:
    """The letter as a PDF: the same bytes for the same letter, with the day of the assessment as its only date.

    Raises:
        MissingExtraError: Jinja or WeasyPrint, or a library that it needs, is not installed.
    """
    html = letter_html(assessment, knowledge, policy)
    try:
        from weasyprint import HTML  # noqa: PLC0415  heavy, and only the PDF needs it
    except (ImportError, OSError):
        raise MissingExtraError(
            "a PDF needs WeasyPrint and Pango: install `fourthstep[pdf]` and the system package libpango-1.0-0 "
            "with libpangoft2-1.0-0, or print the letter of `--format letter-html` from a browser"
        ) from None
    content: bytes = HTML(string=html, url_fetcher=_nothing_from_outside).write_pdf(
        pdf_identifier=assessment.result_id.encode()
    )
    return content


def _nothing_from_outside(url: str) -> dict[str, object]:
    """The letter names no resource; whatever text of a record came in, nothing is fetched."""
    raise ValueError(f"the letter loads nothing, and so not {url.partition(':')[0]}")


def _wrapped(text: str, bullet: str = "") -> list[str]:
    return wrap(text, WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet), break_on_hyphens=False)


# -- writing it ------------------------------------------------------------------------------------------------


def write_letter(assessment: Assessment, knowledge: Knowledge, policy: Policy) -> Letter:
    """The letter: question, cancer, pains, treatment so far, safety, options, goals, what is missing."""
    say = Phrases(knowledge, assessment)
    in_scope = assessment.pathway.word != PathwayWord.NOT_IN_SCOPE.value
    parts = {
        "question": _question(assessment, say),
        "cancer": _cancer(assessment, say),
        "pains": _pains(assessment, say),
        "treatment": _treatment(assessment, say),
        "safety": _safety(assessment, say),
        "options": _options(assessment, say) if in_scope else iter(()),
        "goals": _values(assessment, GOALS, say),
        "missing": _missing(assessment, say),
    }
    told = [(key, tuple(lines)) for key, lines in parts.items()]
    return Letter(
        title=say("letter", "title"),
        draft=say("letter", "draft", as_of=say.day(assessment.as_of)),
        head=tuple(_head(assessment, policy, say)),
        parts=tuple(Part(say("letter", key), lines) for key, lines in told if lines),
        closing=say("letter", "closing"),
        sign=(say("letter", "sign"), say("letter", "sign_date")),
        result=say("letter", "basis", result=assessment.result_id[:16], engine=assessment.engine,
                   knowledge=assessment.knowledge[:8], policy=assessment.policy),
    )  # fmt: skip


def _head(assessment: Assessment, policy: Policy, say: Phrases) -> Iterator[str]:
    contact, who = policy.contacts.get(CONTACT, ""), assessment.patient
    yield say("letter", "to", contact=contact) if contact else say("letter", "to_unknown")
    yield say("letter", "from")
    age = say("report", "age", age=who.age) if who.age else say("report", "age_unknown")
    yield say("letter", "re", id=who.id, age=age, sex=who.sex or say("report", "not_known_sex"))
    if assessment.pathway.word != PathwayWord.NOT_IN_SCOPE.value:
        yield say("letter", "urgency", words=say("letter", _urgency(assessment)))


def _urgency(assessment: Assessment) -> str:
    """Which wording of urgency is proposed: a red flag the same day, uncontrolled pain with priority (policy)."""
    if true_flags(assessment):
        return "same_day"
    return {YES: "priority", NOT_KNOWN: "urgency_open"}.get(assessment.uncontrolled.truth, "routine")


def _question(assessment: Assessment, say: Phrases) -> Iterator[str]:
    flags = [f"{flag.says}{_found(flag.leaves, say)}" for flag in true_flags(assessment)]
    if flags:
        yield say("letter", "urgent", flags="; ".join(flags))
    if assessment.pathway.word == PathwayWord.NOT_IN_SCOPE.value:
        yield say("pathway", assessment.pathway.word)
        return
    where = "; ".join(say.pain(pain) for pain in assessment.pains if pain.region != "unknown")
    yield say("letter", "asks", where=where) if where else say("letter", "asks_none")
    yield say("letter", "pathway", text=say("pathway", assessment.pathway.word))


def _found(leaves: Iterable[Leaf], say: Phrases) -> str:
    """The data behind a red flag, in brackets."""
    told = dict.fromkeys(say.leaf(leaf) for leaf in leaves if leaf.truth == YES)
    return f" ({'; '.join(told)})" if told else ""


# -- cancer and pain -------------------------------------------------------------------------------------------


def _cancer(assessment: Assessment, say: Phrases) -> Iterator[str]:
    """The diagnoses in the words of the record, then the spread; what was done to it comes under treatment."""
    for each in assessment.diagnoses:
        yield without_tag(each.says) + (f" ({say('letter', 'recorded', day=say.day(each.day))})" if each.day else "")
    told = beyond(assessment.diagnoses, _of(assessment, ("active_cancer", *SPREAD)))
    bone = _of(assessment, STABILITY)
    yield from _in_lines((*told, *(value for value in bone if is_found(value) or _in_bone(assessment))), say)


def _in_bone(assessment: Assessment) -> bool:
    """May a pain come from a bone that bears load?"""
    spread = any(value.fact == "bone_metastasis" and value.value == "yes" for value in assessment.background)
    return spread or any(pain.region in BONE for pain in assessment.pains)


def _of(assessment: Assessment, names: Iterable[str]) -> list[Value]:
    """Facts by name, in the order asked for."""
    values = {value.fact: value for value in (*assessment.background, *assessment.safety)}
    return [values[name] for name in names if name in values]


def _values(assessment: Assessment, names: Iterable[str], say: Phrases) -> Iterator[str]:
    return _in_lines(_of(assessment, names), say)


def _in_lines(values: Iterable[Value], say: Phrases) -> Iterator[str]:
    """What was found, a line for each day; then what is absent as recorded; then what is not known."""
    values = list(values)
    found = [value for value in values if is_found(value)]
    days: dict[str, list[Value]] = {}
    for value in found:
        days.setdefault(value.day, []).append(value)
    for day, of_day in days.items():
        told = "; ".join(f"{say.short(each)}{_brackets(_detail(each, say))}" for each in of_day)
        yield _sentence(f"{say.day(day)}: {told}" if day else told)
    yield from (_sentence(line) for _, line in say.not_found(values))


def _detail(value: Value, say: Phrases) -> str:
    return say.detail(value.detail) if value.fact == "prognosis" else ""


def _brackets(*parts: str) -> str:
    told = "; ".join(part for part in parts if part)
    return f" ({told})" if told else ""


def _sentence(text: str) -> str:
    """With a capital and a full stop; the rest as it is."""
    return f"{first_upper(text).rstrip('.')}."


def _pains(assessment: Assessment, say: Phrases) -> Iterator[str]:
    if not assessment.pains:
        yield say("report", "no_pain")
    for pain in assessment.pains:
        yield _sentence(f"{say.pain(pain)}: {'; '.join(_pain(pain, say))}")


def _pain(pain: PainView, say: Phrases) -> Iterator[str]:
    """Scores with their days, features, and what it is recognised as."""
    yield from _scores(pain, say)
    features = [_feature(name, value, say) for name, value in pain.elements.items()
                if name not in ("pain_region", "pain_side", "pain_mechanism")]  # fmt: skip
    if features:
        yield ", ".join(features)
    certain, possible = syndromes(pain)
    if certain:
        yield say(
            "letter", "recognised", names=", ".join(f"{each.name} ({say('syndrome', each.status)})" for each in certain)
        )
    for status, names in possible.items():
        yield f"{say('syndrome', status)}: {_some(names, MOST_POSSIBLE, say)}"


def _scores(pain: PainView, say: Phrases) -> Iterator[str]:
    if not pain.intensity:
        yield say("report", "no_score")
    else:
        kind, day = say.word(pain.intensity_kind), say.day(pain.intensity_day)
        yield say("report", "score", score=pain.intensity, kind=kind, day=day)
    if pain.worst:
        yield say("report", "worst", score=pain.worst) + _brackets(say.day(pain.worst_day))
    earlier = [f"{score} ({say.day(day)})" for day, score, _ in pain.series[1 : MOST_SCORES + 1]]
    if earlier:
        yield say("letter", "earlier", scores=", ".join(earlier))


def _feature(name: str, value: str, say: Phrases) -> str:
    if value == "yes":
        return say.fact(name)
    return say("report", "no_answered", name=say.fact(name)) if value == "no" else f"{say.fact(name)}: {say.word(value)}"


# -- treatment -------------------------------------------------------------------------------------------------


def _treatment(assessment: Assessment, say: Phrases) -> Iterator[str]:
    dose = assessment.opioids
    now = list(_uses_now(assessment, say))
    yield say("letter", "opioid_now", products="; ".join(now)) if now else say("letter", "opioid_none")
    if now:
        yield say("letter", "opioid_ome", totals=totals_line(dose, say))
        yield from (say.flag(flag) for flag in dose.flags if flag != "two-sources-one-use")
    trials = [_trial(trial, assessment, say) for trial in assessment.opioid_trials if trial.strong is Truth.TRUE]
    if trials:
        yield say("letter", "trials", trials="; ".join(trials))
    for kind in ("adjuvant", "antineoplastic", "antiangiogenic", "procedure"):
        newest = [row for row in reversed(assessment.history) if row.kind == kind]
        rows = list(_courses(newest, assessment.as_of, say))
        if rows:
            yield say("letter", kind, rows=_some(rows, MOST_ROWS, say, "; "))
    for state, legs in leg_groups(tuple(assessment.legs)).items():
        if state != "not applicable":
            names = "; ".join(dict.fromkeys(leg.name for leg in legs))
            yield _sentence(say("letter", "legs", state=say("leg_state", state), names=names))


def _uses_now(assessment: Assessment, say: Phrases) -> Iterator[str]:
    """What is used now, equal uses together; what cannot be read is said so."""
    steps = [step for step in assessment.opioids.steps if step.fate not in (*PAST, "ignored", "on-hold")]
    for _, equal in together(steps, say):
        first = equal[0]
        fate = "" if first.fate == "counted" else f" - {say('opioid_fate', first.fate)}"
        yield step_use(first, say, count=len(equal)) + fate


def _some(names: list[str], most: int, say: Phrases, between: str = ", ") -> str:
    """The first ones; the rest is counted."""
    more = [say("report", "and_more", count=len(names) - most)] if len(names) > most else []
    return between.join([*names[:most], *more])


def _trial(trial: OpioidTrial, assessment: Assessment, say: Phrases) -> str:
    """One strong opioid with its doses and its time; how it ended is told only of an adequate trial."""
    outcome = {"no-relief": "trial_no_relief", "toxicity": "trial_toxicity"}.get(trial.failure or "")
    if trial.adequate is not Truth.TRUE:
        outcome = "trial_short" if trial.long_enough is Truth.FALSE else None
    told = say("letter", outcome) if outcome else ""
    doses = _doses(trial.opioid, assessment)
    told = f", {doses}{told}" if doses else told
    if trial.start is None or trial.end is None:
        return say("letter", "trial_undated", opioid=trial.opioid, outcome=told)
    start, end = say.day(str(trial.start)), say.day(str(trial.end))
    key = "trial_running" if str(trial.end) == assessment.as_of[:10] else "trial"
    return say("letter", key, opioid=trial.opioid, start=start, end=end, outcome=told)


def _doses(opioid: str, assessment: Assessment) -> str:
    """What was ordered of an opioid by the clock, as the record gives it: `60 and 120 mg a day`."""
    steps = [step for step in assessment.opioids.steps if step.opioid == opioid and step.role != "recorded"]
    amounts = {step.amount.high for step in steps if step.amount and step.amount.high and step.unit == "mg"}
    return f"{' and '.join(map(plain, sorted(amounts)))} mg a day" if amounts else ""


def _courses(rows: Iterable[Treatment], as_of: str, say: Phrases) -> Iterator[str]:
    """Each treatment once, from its first to its last day."""
    spans: dict[str, list[Treatment]] = {}
    for row in rows:
        outcome = f", {say('past', 'outcome', outcome=row.outcome)}" if row.outcome else ""
        spans.setdefault(without_tag(row.label) + outcome, []).append(row)
    for label, found in spans.items():
        start, end = min(row.start for row in found), max(row.end for row in found)
        running = found[0].kind != "procedure" and end >= as_of[:10]
        if running:
            yield say("letter", "since", name=label, start=say.day(start))
        elif start == end:
            yield f"{label} ({say.day(start)})"
        else:
            yield say("letter", "span", name=label, start=say.day(start), end=say.day(end))


# -- safety ----------------------------------------------------------------------------------------------------


def _safety(assessment: Assessment, say: Phrases) -> Iterator[str]:
    """Counts and chemistry with their days, every drug that acts on bleeding, then what else decides about a needle."""
    yield from _values(assessment, LABORATORY, say)
    for each in assessment.antithrombotics_told:
        why = ", ".join(each.reasons) or say("letter", "no_indication")
        yield _sentence(say("letter", "antithrombotic", drug=each.drug, last=say.last_dose(each.taken, each.last), why=why))
    told = {each.drug for each in assessment.antithrombotics_told}
    states = [value for value in _of(assessment, STATES) if not value.names or not told.issuperset(value.names)]
    yield from _in_lines(states, say)


# -- options ---------------------------------------------------------------------------------------------------


def _options(assessment: Assessment, say: Phrases) -> Iterator[str]:
    named = [(pain, [option for option in groups(pain).open if option.offered]) for pain in assessment.pains]
    if not any(options for _, options in named):
        yield say("letter", "options_none")
    for pain, options in named:
        shown = options[:MOST_OPTIONS]
        where = f"{say.pain(pain)}: " if len(assessment.pains) > 1 else ""
        for number, option in enumerate(shown, 1):
            yield _sentence(f"{where}({number}) {_option(option, say)}")
        yield from (_sentence(where + _against(row, len(shown), say)) for row in told_once(shown, say))
        if len(options) > len(shown):
            yield _sentence(say("report", "and_more", count=len(options) - len(shown)))


def _option(option: Option, say: Phrases) -> str:
    """What it is, its word, and one line of evidence for and against."""
    said = say("letter", "option", name=option.name, word=say("option", option.word), timing=say("timing", option.timing),
               fit=say("fit", option.fit.word))  # fmt: skip
    told = [*(("benefit", each) for each in option.benefit[:1]), *(("harm", each) for each in option.harms[:1])]
    evidence = [f"{say('report', key)}: {each.says.rstrip('.')}{_cites(each.because, say)}" for key, each in told]
    certainty = say("report", "certainty", word=option.certainty)
    return ". ".join((f"{said}, {certainty}", *map(first_upper, evidence)))


def _cites(names: Iterable[str], say: Phrases) -> str:
    return _brackets(", ".join(say.source(name) for name in names))


def _against(row: Told, most: int, say: Phrases) -> str:
    """What stands in the way of which options, with its data and sources."""
    told = "; ".join(say.leaf(leaf) for leaf in row.data[:3])
    which_ones = say("letter", "of", which=which(row.numbers, most, say))
    return f"{which_ones}, {row.text}{_brackets(told)}{_cites(row.because, say)}"


# -- what is missing -------------------------------------------------------------------------------------------


def _missing(assessment: Assessment, say: Phrases) -> Iterator[str]:
    asks = [each.text for each in questions(assessment.changes, say)]
    yield from asks[:MOST_MISSING]
    if len(asks) > MOST_MISSING:
        yield _sentence(say("report", "and_more", count=len(asks) - MOST_MISSING))
    unread = len(assessment.unrecognised)
    if unread:
        yield say("letter", "unread", count=unread)
    yield say("letter", "please_add")


__all__ = ["Letter", "Part", "letter_html", "letter_pdf", "letter_text", "write_letter"]
