"""The verdict in a few lines: pathway, pain, conventional treatment, options.  Text, page and letter share it."""

from datetime import date

import msgspec

from fourthstep.assessment.result import Antithrombotic, Assessment, LegView, RedFlagView, Value
from fourthstep.assessment.words import OptionWord, PathwayWord
from fourthstep.ground.truth import NO, NOT_KNOWN, YES
from fourthstep.report.phrases import Phrases
from fourthstep.report.reasons import correction

STALE_DAYS = 30
"""A newest datum older than this makes a notice that proposes `--as-of`."""
NAMED = 6
"""Reasons of the pathway that are named; `What would change this` lists the unknowns."""
COUNTS = ("platelet_count", "inr")
"""Measurements told beside the drugs that act on bleeding."""
ANTITHROMBOTICS = ("anticoagulant", "antiplatelet", "anticoagulant_long_term")
SETTLED = ("adequate", "not usable", "not applicable")
"""States of a leg that leave no gap."""


READY = (OptionWord.CANDIDATE.value, OptionWord.WITH_CAUTION.value)
"""Words of an option that nothing holds up."""


class Verdict(msgspec.Struct, frozen=True):
    """One line of the strip: what it speaks of, how it stands (good, warn, bad, unknown), and the words."""

    key: str
    state: str
    text: str
    detail: str = ""


def strip(assessment: Assessment, say: Phrases) -> list[Verdict]:
    """Pain, conventional treatment and options, in neutral lines."""
    if assessment.pathway.word == PathwayWord.NOT_IN_SCOPE.value:
        return []
    return [_pain(assessment, say), _treatment(assessment, say), _bleeding(assessment, say), _options(assessment, say)]


def _pain(assessment: Assessment, say: Phrases) -> Verdict:
    """Is pain controlled, and the treatment tolerated?"""
    state = {YES: "warn", NO: "good"}.get(assessment.uncontrolled.truth, "unknown")
    tolerated = say("tolerated", assessment.tolerated.truth)
    unqualified = say("verdict", "unspecified") if by_policy(assessment) else ""
    return Verdict("pain", state, say("uncontrolled", assessment.uncontrolled.truth),
                   "; ".join(part for part in (tolerated, unqualified) if part))  # fmt: skip


def by_policy(assessment: Assessment) -> bool:
    """Do only scores of no stated kind decide that pain is not controlled?"""
    deciding = [leaf for leaf in assessment.uncontrolled.leaves if leaf.truth == YES and leaf.fact != "inpatient"]
    return assessment.uncontrolled.truth == YES and all(leaf.detail == "unspecified" for leaf in deciding)


def _treatment(assessment: Assessment, say: Phrases) -> Verdict:
    """Gaps of the legs that decide."""
    gating = [leg for leg in assessment.legs if leg.gating]
    gaps = [leg for leg in gating if leg.state not in SETTLED]
    if not gaps:
        return Verdict("treatment", "good", say("verdict", "no_gap"))
    state = "unknown" if all(leg.state == NOT_KNOWN for leg in gaps) else "warn"
    names = "; ".join(dict.fromkeys(f"{leg.name} ({say('leg_state', leg.state)})" for leg in gaps))
    return Verdict("treatment", state, say("verdict", "gaps", count=len(gaps), of=len(gating)), names)


def _bleeding(assessment: Assessment, say: Phrases) -> Verdict:
    """Drugs that act on bleeding, with the last dose, and the counts that decide most procedures."""
    found = {value.fact: value for value in assessment.safety}
    counts = "; ".join(_count(found[name], say) for name in COUNTS if name in found)
    drugs = [_antithrombotic(each, say) for each in assessment.antithrombotics_told]
    asked = [found[name] for name in ANTITHROMBOTICS if name in found]
    coded = [say.short(value) for value in asked if value.value == "yes"]
    if drugs or coded:
        return Verdict("bleeding", "warn", "; ".join(drugs or coded), counts)
    still_open = [value.says for value in asked if value.why]
    detail = (say("verdict", "antithrombotic_open", names=", ".join(still_open)) if still_open
              else say("report", "absent", names=", ".join(value.says for value in asked)))  # fmt: skip
    unsettled = still_open or any(found[name].why for name in COUNTS if name in found)
    state = "warn" if _count_stands(assessment) else "unknown" if unsettled else "good"
    return Verdict("bleeding", state, counts, detail)


def _count_stands(assessment: Assessment) -> bool:
    """Does a platelet count or an INR stand in the way of an option?"""
    options = [option for pain in assessment.pains for option in pain.options]
    return any(leaf.truth == YES and leaf.fact in COUNTS
               for option in options for reason in option.reasons if reason.truth == YES
               for leaf in reason.leaves)  # fmt: skip


def _count(value: Value, say: Phrases) -> str:
    """A measurement with its day, or why there is none."""
    return f"{value.says}: {say.why(value.why)}" if value.why else f"{say.short(value)} ({say.day(value.day)})"


def _antithrombotic(each: Antithrombotic, say: Phrases) -> str:
    last = say("hold", "last", last=say.day(each.last)) if each.last else say("hold", "no_last")
    return f"{each.drug}: {say('hold_taken', each.taken)}, {last}"


def _options(assessment: Assessment, say: Phrases) -> Verdict:
    """How many options there are to discuss, and how many cannot be told."""
    counts = option_counts(assessment)
    opened = sum(counts[word] for word in ("open", "after correction"))
    state = "good" if counts["open"] else "unknown" if counts["undetermined"] and not opened else "warn"
    parts = [say("verdict", key, count=counts[word])
             for key, word in (("after_correction", "after correction"), ("contraindicated", "contraindicated"),
                               ("undetermined", "undetermined")) if counts[word]]  # fmt: skip
    return Verdict("options", state, say("verdict", "to_discuss", count=opened), "; ".join(parts))


def option_counts(assessment: Assessment) -> dict[str, int]:
    """Options by their word; `open` are the candidates, with and without caution."""
    words = [option.word for pain in assessment.pains for option in pain.options]
    others = {word.value: words.count(word.value) for word in OptionWord if word.value not in READY}
    return {"open": sum(words.count(word) for word in READY), **others}


def true_flags(assessment: Assessment) -> list[RedFlagView]:
    """Red flags that the record holds."""
    return [flag for flag in assessment.red_flags if flag.truth == YES]


def open_flags(assessment: Assessment) -> list[RedFlagView]:
    """Red flags that the record cannot exclude."""
    return [flag for flag in assessment.red_flags if flag.truth == NOT_KNOWN]


def pathway_reasons(assessment: Assessment, say: Phrases) -> list[str]:
    """Why the pathway has its word; several options or unknowns in one sentence."""
    by_kind: dict[str, list[str]] = {}
    first = _corrections(assessment, say)
    for each in assessment.pathway.because:
        kind, _, name = each.partition(":")
        corrected = kind == "option" and name in first
        by_kind.setdefault("option-after" if corrected else kind, []).append(say.name(kind, name))
        if corrected:
            by_kind.setdefault("correct-first", []).extend(first[name])
    return [say("because", kind, name=_some(names, say)) for kind, names in by_kind.items()]


def _corrections(assessment: Assessment, say: Phrases) -> dict[str, list[str]]:
    """What must be corrected before each intervention that is open only after it, for every pain."""
    options = [option for pain in assessment.pains for option in pain.options]
    ready = {option.id for option in options if option.word in READY}
    return {option.id: [correction(each, say) for each in option.reasons
                        if each.truth == YES and each.effect == "correctable-stop"]
            for option in options
            if option.word == OptionWord.AFTER_CORRECTION.value and option.id not in ready}  # fmt: skip


def _some(names: list[str], say: Phrases) -> str:
    """The first names; the rest is counted."""
    once = list(dict.fromkeys(names))
    more = [say("report", "and_more", count=len(once) - NAMED)] if len(once) > NAMED else []
    return "; ".join([*once[:NAMED], *more])


def newest_age(assessment: Assessment) -> int | None:
    """Days between the newest datum and the day of the assessment."""
    if len(assessment.newest) != len("2026-03-01"):
        return None
    return (date.fromisoformat(assessment.as_of[:10]) - date.fromisoformat(assessment.newest)).days


def newest(assessment: Assessment, say: Phrases) -> str:
    """The newest datum with its age."""
    if not assessment.newest:
        return say("report", "no_datum")
    return say("report", "newest", when=say.when(assessment.newest, newest_age(assessment)))


def patient(assessment: Assessment, say: Phrases) -> str:
    """Id, age and sex, each as recorded."""
    who = assessment.patient
    age = say("report", "age", age=who.age) if who.age else say("report", "age_unknown")
    return say("report", "patient", id=who.id, age=age, sex=who.sex or say("report", "not_known_sex"))


def leg_groups(legs: tuple[LegView, ...]) -> dict[str, list[LegView]]:
    """Legs by their state, in the order of the states."""
    found: dict[str, list[LegView]] = {}
    for state in ("adequate", "inadequate", "not tried", "not usable", NOT_KNOWN, "not applicable"):
        of_state = [leg for leg in legs if leg.state == state]
        if of_state:
            found[state] = of_state
    return found
