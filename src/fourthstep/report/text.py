"""The assessment for a terminal: read in a minute, every word with its datum and source.

By default what decides, each thing once; `full` tells everything, option by option.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence

from fourthstep.assessment.result import Assessment, LegView, Option, PainView, Reason, Value
from fourthstep.assessment.words import OPEN, OptionWord, PathwayWord
from fourthstep.ground.truth import YES
from fourthstep.knowledge.load import Knowledge
from fourthstep.report.opioids import opioid_lines
from fourthstep.report.phrases import Phrases, beyond, first_upper, is_found, once, shortened
from fourthstep.report.questions import Question, questions, tags, to_confirm
from fourthstep.report.reasons import (
    Groups,
    Told,
    beside,
    cites,
    data,
    groups,
    open_cautions,
    sentence,
    syndromes,
    told_once,
    which,
)
from fourthstep.report.verdict import (
    ASKED_FIRST,
    STALE_DAYS,
    Verdict,
    ask_first,
    in_scope,
    leg_groups,
    newest,
    newest_age,
    open_flags,
    pathway_reasons,
    patient,
    strip,
    true_flags,
)
from fourthstep.rules.ask import Leaf

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
_PATHWAY_ROLE = {
    PathwayWord.CONTROLLED.value: "good",
    PathwayWord.RED_FLAG_FIRST.value: "bad",
    PathwayWord.CANNOT_TELL.value: "warn",
}
LISTED = 12
"""Options of a pain that the short report lists; the rest is counted."""
WEIGHED = 2
"""Options of a pain whose benefit and harm the short report tells."""
ROWS = 6
"""Reasons that the short report tells of a pain."""
CHANGED = 5
"""Unknowns that the short report tells."""
ASKED = 5
"""Questions to confirm that the short report tells."""
ABSENT = 12
"""Facts that are absent, as recorded, that the short report names."""
CAUTIONS = 3
"""Cautions not ruled out that the short report names for the same options."""


def plain(text: str, role: str) -> str:  # noqa: ARG001  the shape of a Paint
    """No colour."""
    return text


class TextReport:
    """Writes one assessment as text."""

    def __init__(self, knowledge: Knowledge, *, width: int = 100, full: bool = False, paint: Paint = plain) -> None:
        self.knowledge = knowledge
        self.say = Phrases(knowledge)
        self.width = width
        self.full = full
        self.paint = paint
        self.lines: list[str] = []
        self.told: set[tuple[str, ...]] = set()

    def write(self, assessment: Assessment) -> str:
        """The whole report; of a patient who is out of scope only why, unless all is asked for."""
        self.say = Phrases(self.knowledge, assessment)
        self._head(assessment)
        self._verdict(assessment)
        self._red_flags(assessment)
        for pain in assessment.pains:
            self._pain(pain)
        if not assessment.pains:
            self._heading(self.say("report", "pains"))
            self._put(self.say("report", "no_pain"), 2)
        if self.full or in_scope(assessment):
            self._changes(assessment)
            self._to_confirm(assessment)
            self._legs(assessment)
            self._opioids(assessment)
            self._values("safety", assessment.safety)
            self._values("background", (*assessment.diagnoses, *beyond(assessment.diagnoses, assessment.background)))
        self._data(assessment)
        if self.full:
            self._sources(assessment)
        self._foot(assessment)
        return "\n".join(self.lines) + "\n"

    # -- head and foot ---------------------------------------------------------------------------------------

    def _head(self, assessment: Assessment) -> None:
        say, age = self.say, newest_age(assessment)
        self._put(say("report", "head", engine=assessment.engine, as_of=assessment.as_of, policy=assessment.policy,
                      knowledge=assessment.knowledge[:8]), 0, "dim")  # fmt: skip
        self._put(f"{patient(assessment, say)} · {newest(assessment, say)}", 0)
        if age is not None and age > STALE_DAYS:
            self._put(say("report", "stale", age=age, day=assessment.newest), 0, "warn")

    def _verdict(self, assessment: Assessment) -> None:
        word = assessment.pathway.word
        self.lines += ["", self.paint(word.upper(), _PATHWAY_ROLE.get(word, "heading"))]
        self._put(self.say("pathway", word), 2)
        for line in pathway_reasons(assessment, self.say):
            self._put(f"- {line}", 2)
        for each in strip(assessment, self.say):
            self._strip(each)
        asked = ask_first(assessment, self.say)
        if asked:
            self._put(f"{self.say('verdict', 'ask')}: {'; '.join(asked)}", 2)

    def _strip(self, each: Verdict) -> None:
        self._put(f"{self.say('verdict', each.key)}: {'; '.join(part for part in (each.text, each.detail) if part)}", 2)

    def _foot(self, assessment: Assessment) -> None:
        self.lines.append("")
        self._put(self.say("report", "none"), 0)
        self._put(self.say("report", "disclaimer"), 0, "dim")
        name = assessment.result_id if self.full else assessment.result_id[:16]
        self._put(self.say("report", "result", id=name), 0, "dim")

    def _red_flags(self, assessment: Assessment) -> None:
        """Of a patient who is out of scope only what the record holds; of a deceased one nothing."""
        if assessment.patient.deceased == YES and not self.full:
            return
        true, still_open = true_flags(assessment), open_flags(assessment)
        still_open = still_open if self.full or in_scope(assessment) else []
        if true or still_open:
            self._heading(self.say("report", "red_flags"))
        for flag in true:
            self._put(flag.says, 2, "bad")
            self._put(flag.pathway, 6)
            self._leaves([leaf for leaf in flag.leaves if leaf.truth == YES], 6)
        if still_open and not self.full:
            self._put(self.say("report", "flags_open" if true else "no_flag", count=len(still_open)), 2, "dim")
        for flag in still_open if self.full else ():
            self._put(self.say("report", "flag_open", says=flag.says, names=self.say.facts(flag.open, 6)), 2, "dim")

    # -- a pain ----------------------------------------------------------------------------------------------

    def _pain(self, pain: PainView) -> None:
        say, found = self.say, groups(pain)
        self._heading(f"{say('report', 'pain')}: {say.pain(pain)} · {say.score(pain)}")
        certain, possible = syndromes(pain)
        for each in certain:
            self._put(say("report", "syndrome", name=each.name, status=say("syndrome", each.status),
                          treatment=each.treatment), 2)  # fmt: skip
        for state, which_ones in possible.items():
            self._put(f"{first_upper(say('syndrome', state))}: {'; '.join(which_ones)}", 2)
        if self.full:
            for option in found.told:
                self._option(option)
        else:
            self._listed(found)
        self._folded(found)
        if found.not_indicated:
            names = ", ".join(option.name for option in found.not_indicated)
            count = len(found.not_indicated)
            self._put(say("report", "not_indicated", count=count) + (f": {names}" if self.full else ""), 2, "dim")

    def _listed(self, found: Groups) -> None:
        """Every option in a line, then what stands in the way, told once, then what the first ones bring."""
        shown = found.told[:LISTED]
        for number, option in enumerate(shown, 1):
            self._line(number, option)
        if len(found.told) > LISTED:
            self._put(self.say("report", "and_more", count=len(found.told) - LISTED), 2, "dim")
        self._stands(shown)
        for number, option in enumerate(shown, 1):
            for past in (each for each in option.done_before if each.sure):
                told = self.say("past", "before", told=self.say.past(past))
                self._put(f"{number} {told}{self._refs([past.ref])}", 4)
        opened = [option for option in shown if option.word in OPEN]
        for option in opened[:WEIGHED]:
            self._brings(shown.index(option) + 1, option)
        if len(opened) > WEIGHED:
            self._put(self.say("report", "rest_brings", count=len(opened) - WEIGHED), 2, "dim")

    def _line(self, number: int, option: Option) -> None:
        """`1 candidate · Celiac plexus neurolysis · now · certainty low`; the fit only where it is in doubt."""
        say, word = self.say, say_word(option, self.say)
        tags = [say("timing", option.timing), say("report", "certainty", word=option.certainty)]
        tags += [say("fit", option.fit.word)] if option.fit.word != "fits" else []
        tags += [say("report", "not_offered")] if not option.offered else []
        head, *rest = self._wrapped(f"{word} · {option.name} · {' · '.join(tags)}", 6)
        self.lines.append(f"  {number:>2}  {head.replace(word, self.paint(word, _ROLE[option.word]), 1)}")
        self.lines += [f"      {line}" for line in rest]

    def _stands(self, shown: Sequence[Option]) -> None:
        rows = told_once(shown, self.say)
        still_open = open_cautions(shown, self.say)
        if rows or still_open:
            self._put(self.say("report", "stands"), 2, "heading")
        for row in rows[:ROWS]:
            self._told(row, len(shown))
        if len(rows) > ROWS:
            self._put(self.say("report", "and_more", count=len(rows) - ROWS), 4, "dim")
        for numbers, names in still_open.items():
            more = [self.say("report", "and_more", count=len(names) - CAUTIONS)] if len(names) > CAUTIONS else []
            told = self.say("report", "not_ruled_out", names="; ".join([*names[:CAUTIONS], *more]))
            self._put(f"{which(numbers, len(shown), self.say)}: {told}", 4)

    def _told(self, row: Told, most: int) -> None:
        """A row: what is true with its data and what is asked for it; what is not known with what it decides."""
        numbers = which(row.numbers, most, self.say)
        if row.decides:
            refs = "".join(map(self._new_refs, data(row.reason)))
            self._put(f"{numbers}: {row.text}{refs}", 4)
            told = [self.say("report", "decides", says="; ".join(row.decides))]
            names = [leaf.fact for leaf in beside(row.reason)]
            told += [self.say("report", "beside", names=self.say.facts(names))] if names else []
            self._put("; ".join(told), 8, "dim")
            return
        self._put(f"{numbers}: {row.text}{cites(row.because)}", 4)
        self._leaves(row.data[:3], 8)
        if row.reason.ask and row.reason.effect == "correctable-stop":
            self._put(row.reason.ask, 8)

    def _brings(self, number: int, option: Option) -> None:
        for key, statements in (("benefit", option.benefit[:1]), ("harm", option.harms[:1])):
            for each in statements:
                cites = ", ".join(each.because) or self.say("mark", each.mark)
                self._put(f"{number} {self.say('report', key)}: {each.says} [{cites}]", 4)

    def _folded(self, found: Groups) -> None:
        for name, options in found.missing.items():
            key = "folded" if found.told else "folded_all"
            told = self.say("report", key, count=len(options), missing=self.say.fact(name))
            self._put(f"{told}: {', '.join(option.name for option in options)}" if self.full else told, 2, "dim")

    # -- an option in full -----------------------------------------------------------------------------------

    def _option(self, option: Option) -> None:
        say = self.say
        self.lines += ["", f"  {self.paint(say_word(option, say), _ROLE[option.word])}  {option.name}"]
        tags = [say("timing", option.timing), say("fit", option.fit.word), say("report", "certainty", word=option.certainty)]
        tags += [say("report", "not_offered")] if not option.offered else []
        self._put(" · ".join(tags), 6, "dim")
        for reason in option.reasons:
            self._reason(reason)
        for past in option.done_before:
            self._put(say("past", "before", told=say.past(past)) + self._refs([past.ref]), 6)
        for key, statements in (("benefit", option.benefit), ("harm", option.harms), ("dissent", option.dissent)):
            for each in statements:
                cites = ", ".join(each.because) or say("mark", each.mark)
                self._put(f"{say('report', key)}: {each.says} [{cites}]", 6)
        for grade in option.grades:
            self._put(say("report", "grade", says=grade.says, grade=grade.grade or "-", source=grade.guideline), 6)
        for item in option.to_confirm:
            self._put(say("report", "confirm", says=item), 6)

    def _reason(self, reason: Reason) -> None:
        self._put(sentence(reason, self.say), 6)
        if reason.truth == YES:
            self._leaves(data(reason), 10)
        else:
            self._leaves([leaf for leaf in data(reason) if leaf.refs], 10, [leaf.fact for leaf in beside(reason)])
        if reason.ask:
            self._put(reason.ask, 10)

    def _leaves(self, leaves: Iterable[Leaf], indent: int, with_facts: Sequence[str] = ()) -> None:
        """Data in one paragraph; for an unknown, what was found beside it."""
        told = [f"{self.say.leaf(leaf)}{self._new_refs(leaf)}" for leaf in once(leaves)]
        if told and with_facts:
            told.append(self.say("report", "beside", names=self.say.facts(with_facts)))
        if told:
            self._put("; ".join(told), indent, "dim")

    def _new_refs(self, leaf: Leaf) -> str:
        """The references of a datum; in the short report only the first time that it is told."""
        if leaf.refs in self.told and not self.full:
            return ""
        self.told.add(leaf.refs)
        return self._refs(leaf.refs)

    def _refs(self, refs: Sequence[str]) -> str:
        """References in brackets; in the short report the first, and a long id shortened in its middle."""
        if not refs:
            return ""
        told = refs if self.full else [shortened(refs[0])]
        more = f", +{len(refs) - 1}" if len(refs) > len(told) else ""
        return f" [{', '.join(told)}{more}]"

    # -- the rest --------------------------------------------------------------------------------------------

    def _legs(self, assessment: Assessment) -> None:
        """The legs that decide, a line each; the others by their state."""
        self._heading(self.say("report", "conventional"))
        names = {pain.id: self.say.pain(pain) for pain in assessment.pains} if len(assessment.pains) > 1 else {}
        for leg in assessment.legs:
            if leg.gating or self.full:
                self._leg(leg, names)
        if not self.full:
            others = leg_groups(tuple(leg for leg in assessment.legs if not leg.gating))
            told = "; ".join(f"{self.say('leg_state', state)}: {', '.join(dict.fromkeys(leg.name for leg in legs))}"
                             for state, legs in others.items())  # fmt: skip
            self._put(self.say("report", "shown_only", legs=told), 2, "dim")

    def _leg(self, leg: LegView, names: dict[str, str]) -> None:
        name = f"{leg.name} ({names[leg.pain]})" if leg.pain in names else leg.name
        gate = "" if leg.gating else f" ({self.say('report', 'does_not_gate')})"
        state = self.say("leg_state", leg.state)
        painted = f": {self.paint(state, 'heading')}"
        head, *rest = self._wrapped(f"{name}: {state}{gate} - {self.say.leg(leg)}", 2)
        self.lines += [f"  {line}" for line in (head.replace(f": {state}", painted, 1), *rest)]
        if self.full:
            self._leaves([leaf for leaf in leg.leaves if leaf.truth == YES or leaf.why], 6)

    def _opioids(self, assessment: Assessment) -> None:
        self._heading(self.say("report", "opioids"))
        for line in opioid_lines(assessment.opioids, self.say, full=self.full):
            self._put(line if self.full else brief_refs(line), 2)

    def _values(self, key: str, values: Sequence[Value]) -> None:
        """What was found, by day; then what is absent and what is not known, together.  In full, a line each."""
        self._heading(self.say("report", key))
        found = [value for value in values if is_found(value)]
        for line in map(self._value, found) if self.full else self._by_day(found):
            self._put(line, 2)
        for _, line in self.say.not_found(values, 99 if self.full else ABSENT):
            self._put(line, 2)

    def _by_day(self, values: Sequence[Value]) -> Iterator[str]:
        days: dict[str, list[str]] = {}
        for value in values:
            when = self.say.when(value.day, value.age) or self.say("report", "no_day")
            days.setdefault(when, []).append(self.say.short(value))
        yield from (f"{when}: {', '.join(told)}" for when, told in days.items())

    def _value(self, value: Value) -> str:
        return f"{value.says}: {self.say.value(value)}{self._refs(value.refs)}"

    def _changes(self, assessment: Assessment) -> None:
        """The unknowns; nothing where the verdict has told them all."""
        asked = questions(assessment.changes, self.say)
        if len(asked) <= ASKED_FIRST and not self.full:
            return
        shown = asked if self.full else asked[:CHANGED]
        self._list("changes", map(self._question, shown))
        if len(shown) < len(asked):
            self._put(self.say("report", "and_more", count=len(asked) - len(shown)), 2, "dim")

    def _question(self, question: Question) -> str:
        return " - ".join((question.text, *tags(question, self.say)))

    def _to_confirm(self, assessment: Assessment) -> None:
        """For the first option what the clinician confirms; the rest is counted.  In full, each option has its own."""
        opened = [option for pain in assessment.pains for option in groups(pain).open]
        if not opened or self.full:
            return
        asked, shown = to_confirm(opened), to_confirm(opened[:1])[:ASKED]
        self._heading(self.say("report", "to_confirm"))
        self._put(self.say("report", "before_first", name=opened[0].name), 2)
        for each in shown:
            self._put(f"- {each}", 2)
        if len(shown) < len(asked):
            self._put(self.say("report", "more_to_confirm", count=len(asked) - len(shown)), 2, "dim")

    def _data(self, assessment: Assessment) -> None:
        say = self.say
        kinds = ", ".join(say.word(kind) for kind in assessment.vouched)
        self._heading(say("page", "record"))
        self._put(say("report", "vouched_says", kinds=kinds) if kinds else say("report", "vouched_none"), 2)
        counts: dict[str, int] = {}
        for each in assessment.not_used:
            counts[each.reason] = counts.get(each.reason, 0) + 1
        if counts:
            told = "; ".join(f"{say.not_used(reason)} ({count})" for reason, count in sorted(counts.items()))
            self._put(f"{say('report', 'not_used')}: {told}", 2)
        self._unrecognised(assessment)
        for notice in assessment.notices:
            self._put(notice, 2)
        if assessment.conflicts:
            self._put(f"{say('page', 'conflicts')}: {', '.join(assessment.conflicts)}", 2)

    def _unrecognised(self, assessment: Assessment) -> None:
        told = [f"{kind}{self._refs(refs)}" for kind, refs in self.say.unrecognised(assessment.unrecognised)]
        if told:
            self._put(f"{self.say('report', 'unrecognised')}: {'; '.join(told)}", 2)

    def _sources(self, assessment: Assessment) -> None:
        self._heading(self.say("report", "sources"))
        for name, cite in assessment.sources.items():
            self._put(f"{name}: {cite}", 2, "dim")

    # -- small -----------------------------------------------------------------------------------------------

    def _list(self, key: str, items: Iterable[str]) -> None:
        items = list(items)
        if items:
            self._heading(self.say("report", key))
        for item in items:
            self._put(f"- {item}", 2)

    def _heading(self, text: str) -> None:
        self.lines += ["", self.paint(text, "heading")]

    def _wrapped(self, text: str, indent: int) -> list[str]:
        return textwrap.wrap(text, self.width - indent, subsequent_indent="  ", break_on_hyphens=False) or [""]

    def _put(self, text: str, indent: int, role: str = "") -> None:
        lines = self._wrapped(text, indent)
        self.lines += [" " * indent + (self.paint(line, role) if role else line) for line in lines]


def say_word(option: Option, say: Phrases) -> str:
    """The word of an option."""
    return say("option", option.word)


def brief_refs(line: str) -> str:
    """A line of the opioid arithmetic with its references shortened."""
    text, bracket, refs = line.rpartition(" [")
    if not bracket:
        return line
    first, *rest = refs.removesuffix("]").split(", ")
    return f"{text} [{shortened(first)}{f', +{len(rest)}' if rest else ''}]"
