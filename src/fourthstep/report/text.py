"""The assessment for a terminal: read in a minute, every word with its datum and source."""

import textwrap
from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

from fourthstep.assessment.result import Assessment, LegView, Option, PainView, Value
from fourthstep.assessment.words import OptionWord
from fourthstep.knowledge.load import Knowledge
from fourthstep.report.phrases import Phrases

T = TypeVar("T")
Paint = Callable[[str, str], str]
"""A text and its role (`heading`, `good`, `warn`, `bad`, `dim`) -> the text, coloured where a terminal allows."""

_ROLE = {
    OptionWord.CANDIDATE.value: "good",
    OptionWord.WITH_CAUTION.value: "good",
    OptionWord.AFTER_CORRECTION.value: "warn",
    OptionWord.UNDETERMINED.value: "dim",
    OptionWord.CONTRAINDICATED.value: "bad",
    OptionWord.NOT_INDICATED.value: "dim",
}
STALE_DAYS = 30
"""A newest datum older than this makes a notice that proposes `--as-of`."""


def plain(text: str, role: str) -> str:  # noqa: ARG001  the shape of a Paint
    """No colour."""
    return text


class TextReport:
    """Writes one assessment as text."""

    def __init__(self, knowledge: Knowledge, *, width: int = 100, full: bool = False, paint: Paint = plain) -> None:
        self.say = Phrases(knowledge)
        self.width = width
        self.full = full
        self.paint = paint
        self.lines: list[str] = []

    def write(self, assessment: Assessment) -> str:
        """The whole report."""
        self._head(assessment)
        self._pathway(assessment)
        self._red_flags(assessment)
        for pain in assessment.pains:
            self._pain(pain)
        if not assessment.pains:
            self._heading(self.say("report", "pains"))
            self._put(self.say("report", "no_pain"), 2)
        self._legs(assessment.legs)
        self._opioids(assessment)
        self._values("safety", assessment.safety)
        self._values("background", assessment.background)
        self._changes(assessment)
        self._list("to_confirm", assessment.to_confirm)
        self._data(assessment)
        if self.full:
            self._sources(assessment)
        self._put("", 0)
        self._put(self.say("report", "none"), 0)
        self._put(self.say("report", "disclaimer"), 0, "dim")
        self._put(self.say("report", "result", id=assessment.result_id[:16]), 0, "dim")
        return "\n".join(self.lines) + "\n"

    # -- parts -----------------------------------------------------------------------------------------------

    def _head(self, assessment: Assessment) -> None:
        say, patient = self.say, assessment.patient
        self._put(say("report", "head", engine=assessment.engine, as_of=assessment.as_of, policy=assessment.policy,
                      knowledge=assessment.knowledge[:8]), 0, "dim")  # fmt: skip
        sex = patient.sex or say("report", "not_known_sex")
        key = "patient" if patient.age else "patient_unknown_age"
        newest = say("report", "no_datum")
        age = newest_age(assessment)
        if age is not None:
            newest = say("report", "newest", day=assessment.newest, age=age)
        self._put(f"{say('report', key, id=patient.id, age=patient.age, sex=sex)} · {newest}", 0)
        if age is not None and age > STALE_DAYS:
            self._put(say("report", "stale", age=age, day=assessment.newest), 0, "warn")

    def _pathway(self, assessment: Assessment) -> None:
        word = assessment.pathway.word
        role = {"controlled": "good", "red flag first": "bad", "cannot tell": "warn"}.get(word, "heading")
        self.lines += ["", self.paint(word.upper(), role)]
        self._put(self.say("pathway", word), 2)
        for reason in self._cut(assessment.pathway.because, 6):
            self._put(f"- {self.say.because(reason)}", 2)
        if assessment.pathway.legs and word not in ("not in scope", "controlled"):
            gaps = (each.partition(":") for each in assessment.pathway.legs)
            self._put("gaps: " + ", ".join(f"{self.say.fact(f'leg:{leg}')} ({self.say('leg_state', state)})"
                                           for leg, _, state in gaps), 2)  # fmt: skip

    def _red_flags(self, assessment: Assessment) -> None:
        true = [flag for flag in assessment.red_flags if flag.truth == "true"]
        if true:
            self._heading(self.say("report", "red_flags"))
        for flag in true:
            self._put(self.paint(flag.says, "bad"), 2)
            self._put(flag.pathway, 6)
            for leaf in flag.leaves:
                if leaf.truth == "true":
                    self._put(self.say.leaf(leaf), 6, "dim")

    def _pain(self, pain: PainView) -> None:
        where = ", ".join(each for each in (pain.region.replace("-", " "), pain.side, pain.mechanism) if each != "unknown")
        score = f"{pain.intensity}/10 {pain.intensity_kind} on {pain.intensity_day}" if pain.intensity else "no score"
        worst = f", worst {pain.worst}/10" if pain.worst else ""
        self._heading(f"{self.say('report', 'pain')}: {where or 'site not recorded'} · {score}{worst}")
        for syndrome in pain.syndromes:
            self._put(f"{syndrome.name} ({syndrome.status})", 2)
            self._put(self.say("report", "treated", treatment=syndrome.treatment), 6, "dim")
        told = [option for option in pain.options if option.word != OptionWord.NOT_INDICATED.value]
        folded = [option for option in told if _folds(option)]
        for option in told:
            if option not in folded or self.full:
                self._option(option)
        if folded and not self.full:
            names = dict.fromkeys(name for option in folded for name in option.unknowns)
            missing = ", ".join(self.say.fact(name) for name in list(names)[:4])
            self._put(self.say("report", "folded", count=len(folded), missing=missing), 2, "dim")
        rest = len(pain.options) - len(told)
        if rest:
            self._put(self.say("report", "not_indicated", count=rest), 2, "dim")

    def _option(self, option: Option) -> None:
        say = self.say
        tags = [say("timing", option.timing), say("fit", option.fit.word), f"certainty {option.certainty}"]
        if not option.offered:
            tags.append(say("report", "not_offered"))
        self.lines.append(f"  {self.paint(option.word, _ROLE[option.word])}  {option.name}")
        self._put(" · ".join(tags), 6, "dim")
        for reason in option.reasons:
            if reason.truth == "true" or reason.effect != "caution" or self.full:
                self._put(f"{say('effect', reason.effect)}: {say.reason(reason)}", 6)
                for leaf in reason.leaves if reason.truth == "true" or self.full else ():
                    if leaf.truth == reason.truth:
                        self._put(say.leaf(leaf), 10, "dim")
                if reason.ask and reason.effect == "correctable-stop":
                    self._put(reason.ask, 10)
        unknown = [reason for reason in option.reasons if reason.truth == "unknown" and reason.effect == "caution"]
        if unknown and not self.full:
            names = dict.fromkeys(name for reason in unknown for name in reason.open)
            self._put("not ruled out: " + ", ".join(say.fact(name) for name in self._cut(tuple(names), 5)), 6)
        if option.word in (OptionWord.CANDIDATE.value, OptionWord.WITH_CAUTION.value, OptionWord.AFTER_CORRECTION.value):
            for statement in (*option.benefit[:1], *option.harms[:1]) if not self.full else (*option.benefit, *option.harms):
                self._put(f"{statement.says} [{', '.join(statement.because) or say('mark', statement.mark)}]", 6)
            for statement in option.dissent if self.full else ():
                self._put(f"dissent: {statement.says} [{', '.join(statement.because)}]", 6)

    def _legs(self, legs: Iterable[LegView]) -> None:
        self._heading(self.say("report", "conventional"))
        for leg in legs:
            name = leg.name + (f" ({leg.pain})" if leg.pain else "")
            gate = "" if leg.gating else " (shown, does not gate)"
            self._put(f"{name}: {self.paint(self.say('leg_state', leg.state), 'heading')}{gate} - {leg.says}", 2)

    def _opioids(self, assessment: Assessment) -> None:
        from fourthstep.report.opioids import opioid_lines  # noqa: PLC0415

        self._heading(self.say("report", "opioids"))
        for line in opioid_lines(assessment.opioids, self.say):
            self._put(line, 2)

    def _values(self, key: str, values: Iterable[Value]) -> None:
        self._heading(self.say("report", key))
        for value in values:
            self._put(value_line(value, self.say), 2)

    def _changes(self, assessment: Assessment) -> None:
        self._list("changes", [
            f"{change.says}" + (" - decides the pathway" if change.pathway else "")
            + (f" - {len(change.options)} option{'s' if len(change.options) != 1 else ''}" if change.options else "")
            for change in self._cut(assessment.changes, 8)
        ])  # fmt: skip

    def _data(self, assessment: Assessment) -> None:
        say = self.say
        kinds = ", ".join(assessment.vouched)
        self._heading("Data")
        self._put(say("report", "vouched_says", kinds=kinds) if kinds else say("report", "vouched_none"), 2)
        counts: dict[str, int] = {}
        for each in assessment.not_used:
            counts[each.reason] = counts.get(each.reason, 0) + 1
        if counts:
            told = ", ".join(f"{say.not_used(reason)} ({count})" for reason, count in sorted(counts.items()))
            self._put(f"{say('report', 'not_used')}: {told}", 2)
        for ref, kind, could_be in self._cut(assessment.unrecognised, 6):
            self._put(f"{say('report', 'unrecognised')}: {kind} [{ref}]" + (f" could be {could_be}" if could_be else ""), 2)
        for notice in assessment.notices:
            self._put(notice, 2)

    def _sources(self, assessment: Assessment) -> None:
        self._heading(self.say("report", "sources"))
        for name, cite in assessment.sources.items():
            self._put(f"{name}: {cite}", 2, "dim")

    # -- small ---------------------------------------------------------------------------------------------------

    def _list(self, key: str, items: Iterable[str]) -> None:
        items = list(items)
        if items:
            self._heading(self.say("report", key))
        for item in items:
            self._put(f"- {item}", 2)

    def _heading(self, text: str) -> None:
        self.lines += ["", self.paint(text, "heading")]

    def _put(self, text: str, indent: int, role: str = "") -> None:
        wrapped = textwrap.wrap(text, self.width - indent, subsequent_indent="  ", break_on_hyphens=False) or [""]
        self.lines += [" " * indent + (self.paint(line, role) if role else line) for line in wrapped]

    def _cut(self, items: tuple[T, ...], most: int) -> tuple[T, ...]:
        return items if self.full else items[:most]


def _folds(option: Option) -> bool:
    """Options of a merely possible or open syndrome are told together, under what is missing."""
    return option.word == OptionWord.UNDETERMINED.value and option.fits == "unknown"


def newest_age(assessment: Assessment) -> int | None:
    """Days between the newest datum and the day of the assessment."""
    if len(assessment.newest) != len("2026-03-01"):
        return None
    return (date.fromisoformat(assessment.as_of[:10]) - date.fromisoformat(assessment.newest)).days


def value_line(value: Value, say: Phrases) -> str:
    """One fact with value, day, age and reference."""
    if value.why:
        return f"{value.says}: {say.why(value.why)}"
    unit = "" if value.unit in ("", "1") else f" {value.unit}"
    when = f" on {value.day}" + (f" ({value.age} d)" if value.age is not None else "") if value.day else ""
    refs = f" [{', '.join(value.refs[:2])}{', ...' if len(value.refs) > 2 else ''}]" if value.refs else ""
    return f"{value.says}: {value.value}{unit}{when}{refs}"
