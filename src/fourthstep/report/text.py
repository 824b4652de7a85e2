"""The assessment for a terminal: read in a minute, every word with its datum and source."""

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

from fourthstep.assessment.result import Assessment, Change, Option, PainView, Reason, Value
from fourthstep.assessment.words import OPEN, OptionWord
from fourthstep.ground.truth import NOT_KNOWN, YES
from fourthstep.knowledge.load import Knowledge
from fourthstep.report.opioids import opioid_lines
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
SEVERAL = 2
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
        self._legs(assessment)
        self._opioids(assessment)
        self._values("safety", assessment.safety)
        self._values("background", assessment.background)
        self._changes(assessment)
        self._to_confirm(assessment)
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
            told = ", ".join(f"{self.say.fact(f'leg:{leg}')} ({self.say('leg_state', state)})" for leg, _, state in gaps)
            self._put(self.say("report", "gaps", names=told), 2)

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
        self._heading(f"{self.say('report', 'pain')}: {self.say.pain(pain)} · {self.say.score(pain)}")
        for syndrome in pain.syndromes:
            self._put(f"{syndrome.name} ({syndrome.status})", 2)
            self._put(self.say("report", "treated", treatment=syndrome.treatment), 6, "dim")
        told = [option for option in pain.options if option.word != OptionWord.NOT_INDICATED.value]
        folded = [] if self.full else [option for option in told if _folds(option)]
        shown = [option for option in told if option not in folded]
        common = self._common(shown)
        for option in shown:
            self._option(option, common)
        if folded:
            names = dict.fromkeys(name for option in folded for name in option.unknowns)
            missing = ", ".join(self.say.fact(name) for name in list(names)[:4])
            self._put(self.say("report", "folded", count=len(folded), missing=missing), 2, "dim")
        rest = len(pain.options) - len(told)
        if rest:
            self._put(self.say("report", "not_indicated", count=rest), 2, "dim")

    def _common(self, options: list[Option]) -> set[str]:
        """Tell once what stands in the way of every option that follows; the ids of what was told."""
        if self.full or len(options) < SEVERAL:
            return set()
        shared = set.intersection(*({reason.id for reason in option.reasons if reason.truth == YES} for option in options))
        reasons = [reason for reason in options[0].reasons if reason.id in shared and reason.hold is None]
        if reasons:
            self._put(self.say("report", "for_all", count=len(options)), 2)
        for reason in reasons:
            self._reason(reason)
        return {reason.id for reason in reasons}

    def _reason(self, reason: Reason) -> None:
        self._put(f"{self.say('effect', reason.effect)}: {self.say.reason(reason)}", 6)
        for leaf in reason.leaves if reason.truth == YES or self.full else ():
            if leaf.truth == reason.truth:
                self._put(self.say.leaf(leaf), 10, "dim")
        if reason.ask and reason.effect == "correctable-stop":
            self._put(reason.ask, 10)

    def _option(self, option: Option, common: set[str]) -> None:
        say = self.say
        tags = [say("timing", option.timing), say("fit", option.fit.word), say("report", "certainty", word=option.certainty)]
        if not option.offered:
            tags.append(say("report", "not_offered"))
        self.lines.append(f"  {self.paint(option.word, _ROLE[option.word])}  {option.name}")
        self._put(" · ".join(tags), 6, "dim")
        for reason in option.reasons:
            if reason.id not in common and (reason.truth == YES or reason.effect != "caution" or self.full):
                self._reason(reason)
        unknown = [reason for reason in option.reasons if reason.truth == NOT_KNOWN and reason.effect == "caution"]
        if unknown and not self.full:
            names = dict.fromkeys(name for reason in unknown for name in reason.open)
            self._put(
                say("report", "not_ruled_out", names=", ".join(say.fact(name) for name in self._cut(tuple(names), 5))), 6
            )
        if option.word in OPEN:
            for statement in (*option.benefit[:1], *option.harms[:1]) if not self.full else (*option.benefit, *option.harms):
                self._put(f"{statement.says} [{', '.join(statement.because) or say('mark', statement.mark)}]", 6)
            for statement in option.dissent if self.full else ():
                self._put(say("report", "dissent", says=statement.says, names=", ".join(statement.because)), 6)

    def _legs(self, assessment: Assessment) -> None:
        pains = {pain.id: self.say.pain(pain) for pain in assessment.pains}
        self._heading(self.say("report", "conventional"))
        for leg in assessment.legs:
            name = leg.name + (f" ({pains[leg.pain]})" if len(pains) > 1 and leg.pain in pains else "")
            gate = "" if leg.gating else f" ({self.say('report', 'does_not_gate')})"
            state = self.paint(self.say("leg_state", leg.state), "heading")
            self._put(f"{name}: {state}{gate} - {self.say.leg(leg)}", 2)

    def _opioids(self, assessment: Assessment) -> None:
        self._heading(self.say("report", "opioids"))
        for line in opioid_lines(assessment.opioids, self.say, full=self.full):
            self._put(line, 2)

    def _to_confirm(self, assessment: Assessment) -> None:
        """Once for all options what several of them ask; what only one asks stands on the page, and in the full text."""
        shared = assessment.to_confirm if self.full else shared_questions(assessment)
        self._list("to_confirm", shared)
        if len(shared) < len(assessment.to_confirm):
            self._put(self.say("report", "more_to_confirm", count=len(assessment.to_confirm) - len(shared)), 2, "dim")

    def _values(self, key: str, values: Iterable[Value]) -> None:
        """What was found, line by line; then what is absent and what is not known, together."""
        self._heading(self.say("report", key))
        for line in self.say.values(values, value_line):
            self._put(line, 2)

    def _changes(self, assessment: Assessment) -> None:
        self._list("changes", (self._change(change) for change in self._cut(assessment.changes, 8)))

    def _change(self, change: Change) -> str:
        parts = [change.ask or change.says]
        if change.pathway:
            parts.append(self.say("page", "decides_pathway"))
        if change.options:
            parts.append(self.say("page", "decides_options", count=len(change.options)))
        return " - ".join(parts)

    def _data(self, assessment: Assessment) -> None:
        say = self.say
        kinds = ", ".join(assessment.vouched)
        self._heading(self.say("page", "record"))
        self._put(say("report", "vouched_says", kinds=kinds) if kinds else say("report", "vouched_none"), 2)
        counts: dict[str, int] = {}
        for each in assessment.not_used:
            counts[each.reason] = counts.get(each.reason, 0) + 1
        if counts:
            told = ", ".join(f"{say.not_used(reason)} ({count})" for reason, count in sorted(counts.items()))
            self._put(f"{say('report', 'not_used')}: {told}", 2)
        for ref, kind, could_be in self._cut(assessment.unrecognised, 6):
            self._put(
                f"{say('report', 'unrecognised')}: {kind} [{ref}]"
                + (f" {say('report', 'could_be', names=could_be)}" if could_be else ""),
                2,
            )
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
    refs = f" [{', '.join(value.refs[:2])}{', ...' if len(value.refs) > 2 else ''}]" if value.refs and not value.why else ""
    return f"{value.says}: {say.value(value)}{refs}"


def shared_questions(assessment: Assessment) -> list[str]:
    """What is to be confirmed for more than one open option: asked once."""
    asked = Counter(item for pain in assessment.pains for option in pain.options if option.word in OPEN
                    for item in option.to_confirm)  # fmt: skip
    return [item for item in assessment.to_confirm if asked[item] > 1]
