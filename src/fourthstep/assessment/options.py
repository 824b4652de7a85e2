"""The options for one pain: which interventions, with which word, in which order."""

from collections.abc import Iterable

from fourthstep.assessment.fit import goal_fit
from fourthstep.assessment.reasons import combined, hold_reason, reasons_for, shared_rules
from fourthstep.assessment.result import Option, Past, Reason
from fourthstep.assessment.syndromes import Recognised
from fourthstep.assessment.words import OPEN, Fit, OptionWord, Timing, option_word, timing_word
from fourthstep.events.statements import REFUSED
from fourthstep.facts.derive import Facts
from fourthstep.facts.pains import Pain
from fourthstep.ground.truth import NO, NOT_KNOWN, YES, Truth, all_of, any_of
from fourthstep.knowledge.codes import DONE
from fourthstep.knowledge.models import BleedingClass, Intervention
from fourthstep.knowledge.models import Fact as Declaration
from fourthstep.knowledge.policy import Policy
from fourthstep.rules.ask import Answer, Inquiry, Leaf
from fourthstep.rules.holds import hold_verdicts

_WORDS = [word.value for word in OptionWord]
_FITS = [Fit.FITS.value, Fit.PERHAPS.value, Fit.DOES_NOT_FIT.value]
_TIMINGS = [timing.value for timing in Timing]
_CERTAINTIES = ["high", "moderate", "low", "very low"]
LAST = 99
"""Place of an option that stands in no list."""


def options_for(pain: Pain, recognised: tuple[Recognised, ...], inquiry: Inquiry, policy: Policy) -> tuple[Option, ...]:
    """Every intervention that some syndrome of this pain lists, best first."""
    knowledge = inquiry.facts.knowledge
    listed: dict[str, list[tuple[Recognised, int]]] = {}
    for each in recognised:
        if each.truth is not Truth.FALSE:
            for place, equals in enumerate(each.syndrome.options):
                for name in equals.ids:
                    listed.setdefault(name, []).append((each, place))
    options = [_option(knowledge.interventions[name], found, pain, inquiry, policy)
               for name, found in listed.items() if name in knowledge.interventions]  # fmt: skip
    return tuple(sorted(options, key=_order))


def _option(each: Intervention, listed: list[tuple[Recognised, int]], pain: Pain, inquiry: Inquiry, policy: Policy
            ) -> Option:  # fmt: skip
    knowledge = inquiry.facts.knowledge
    bleeding = knowledge.tables.bleeding[each.id]
    own = inquiry.ask(each.fits, pain) if each.fits else Answer(Truth.TRUE)
    fits = all_of([any_of(found.truth for found, _ in listed), own.truth])
    reasons = reasons_for(each, bleeding, pain, inquiry, policy)
    reasons += refusals(each, inquiry)
    reasons += [hold_reason(verdict) for verdict in hold_verdicts(bleeding.holds, bleeding.sir, inquiry.facts)]
    reasons += unrecorded_antithrombotics(bleeding.holds, inquiry)
    word = option_word(
        fits=fits,
        lasting_stop=combined(reasons, "lasting-stop"),
        correctable_stop=combined(reasons, "correctable-stop"),
        caution=combined(reasons, "caution"),
    )
    line = _line(each, pain, inquiry)
    certain = tuple(found.syndrome.id for found, _ in listed if found.status == "certain")
    return Option(
        id=each.id,
        name=each.name,
        pain=pain.id,
        word=word.value,
        timing=timing_word(line, each.line.otherwise).value,
        line=each.line.says,
        line_mark=each.line.mark,
        fits=fits.value,
        fits_says=each.fits_says,
        syndromes=certain,
        possible_syndromes=tuple(found.syndrome.id for found, _ in listed if found.status == "possible"),
        place=min((place for found, place in listed if found.status == "certain" or not certain), default=LAST),
        reasons=tuple(reason for reason in reasons if reason.truth != NO),
        cleared=tuple(reason for reason in reasons if reason.truth == NO),
        fit=goal_fit(each, inquiry.facts),
        certainty=each.evidence.certainty,
        reversible=each.attributes.reversible,
        offered=each.id not in policy.not_offered,
        benefit=tuple(each.benefit),
        harms=tuple(each.harms),
        evidence=each.evidence.says,
        grades=tuple(each.evidence.grades),
        dissent=tuple(each.evidence.dissent),
        to_confirm=_to_confirm(each, inquiry),
        done_before=_done_before(each, inquiry),
        unknowns=_unknowns(word, fits, listed, own, reasons),
    )


def _line(each: Intervention, pain: Pain, inquiry: Inquiry) -> Truth | None:
    """Is the therapy's own line condition met?  A bedside finding that also meets it counts once it is answered yes."""
    if each.line.when is None:
        return None
    if each.line.also_when is not None and inquiry.ask(each.line.also_when, pain).truth is Truth.TRUE:
        return Truth.TRUE
    return inquiry.ask(each.line.when, pain).truth


def refusals(each: Intervention, inquiry: Inquiry) -> list[Reason]:
    """The patient's refusal of this very intervention: it stops, at any time, until talked over again."""
    refs = tuple(event.ref for event in inquiry.facts.timeline.of([REFUSED]) if event.text == each.id)
    says = inquiry.facts.knowledge.facts["refused"].says
    leaf = Leaf(fact="refused", asked="is present", truth=YES, value="yes", refs=refs)
    return [Reason(id="refused-option", effect="lasting-stop", truth=YES, says=says, leaves=(leaf,))] if refs else []


_HELD: dict[BleedingClass, tuple[str, ...]] = {
    "none": (),
    "low": ("anticoagulant", "fibrinolytic"),
    "intermediate": ("anticoagulant", "fibrinolytic", "antiplatelet"),
    "high": ("anticoagulant", "fibrinolytic", "antiplatelet", "nsaid"),
}
"""Drugs with an interval before a procedure of the class: not to know whether one is taken leaves the word open."""


def unrecorded_antithrombotics(risk: BleedingClass, inquiry: Inquiry) -> list[Reason]:
    """Drugs that could be taken and are not on record: nobody vouches for the list, or an entry was not recognised."""
    return inquiry.once(("unrecorded", risk), lambda: [_unrecorded(name, inquiry.facts) for name in _HELD[risk]
                                                       if inquiry.facts.of(name).why in _SILENT])  # fmt: skip


_SILENT = ("not-vouched", "unrecognised-could-be")


def _unrecorded(name: str, facts: Facts) -> Reason:
    fact, says = facts.of(name), facts.knowledge.facts[name]
    leaf = Leaf(fact=name, asked="is absent", truth=NOT_KNOWN, refs=fact.refs, why=fact.why)
    return Reason(id=f"unrecorded:{name}", effect="correctable-stop", truth=NOT_KNOWN, says=says.says, ask=says.ask,
                  leaves=(leaf,), open=(name,))  # fmt: skip


def _unknowns(word: OptionWord, fits: Truth, listed: list[tuple[Recognised, int]], own: Answer, reasons: list[Reason]
              ) -> tuple[str, ...]:  # fmt: skip
    """The facts that decide an undetermined word, or could still lift a caution."""
    names: list[str] = []
    if fits is Truth.UNKNOWN:
        names += [name for found, _ in listed for name in found.missing]
        names += own.open
    if word in (OptionWord.UNDETERMINED, OptionWord.WITH_CAUTION, OptionWord.AFTER_CORRECTION):
        names += [name for reason in reasons if reason.truth == NOT_KNOWN for name in reason.open]
    return tuple(dict.fromkeys(names))


def _to_confirm(each: Intervention, inquiry: Inquiry) -> tuple[str, ...]:
    """What the clinician confirms at the bedside: the therapy's own list, and bedside facts not yet answered."""
    knowledge = inquiry.facts.knowledge
    return (*each.to_confirm, *(knowledge.facts[name].ask for name in bedside_facts(each, inquiry)))


def bedside_facts(each: Intervention, inquiry: Inquiry) -> Iterable[str]:
    """Bedside facts that concern an intervention and are not answered."""
    knowledge = inquiry.facts.knowledge
    bleeding = knowledge.tables.bleeding[each.id]
    shared = shared_rules(each, bleeding, knowledge.safety)
    questions = [criterion.when for criterion in (*each.criteria, *shared) if criterion.bedside]
    questions += [each.line.also_when] if each.line.also_when is not None else []
    asked = [leaf.fact for question in questions for leaf in inquiry.ask(question).leaves if leaf.truth == NOT_KNOWN]
    return dict.fromkeys(name for name in asked if _concerns(knowledge.facts[name], inquiry))


def _concerns(fact: Declaration, inquiry: Inquiry) -> bool:
    """Does a question concern this patient: is what it speaks of so, or not known?"""
    return fact.where is None or inquiry.ask(fact.where).truth is not Truth.FALSE


def _done_before(each: Intervention, inquiry: Inquiry) -> tuple[Past, ...]:
    """What was, or may have been, this intervention; the timeline gives it newest first."""
    sure, timeline = [f"{DONE}{each.id}", *each.procedures], inquiry.facts.timeline
    return tuple(Past(says=event.display, day=str(event.start or ""), outcome=event.text, sure=event.concept in sure,
                      ref=event.ref)
                 for event in timeline.of([*sure, *each.perhaps]) if event.kind == "procedure")  # fmt: skip


def _order(option: Option) -> tuple[bool, bool, int, int, int, int, int, bool, str]:
    """The word, fit with goals, timing, place in the syndrome's list, certainty, reversible first, id.

    A salvage option stands behind all others that are open: it is for when those failed or are blocked (ADR 6).
    """
    opened = option.word in OPEN
    return (
        not opened,
        opened and option.timing == Timing.SALVAGE,
        _WORDS.index(option.word),
        _FITS.index(option.fit.word),
        _TIMINGS.index(option.timing),
        option.place,
        _CERTAINTIES.index(option.certainty),
        not option.reversible,
        option.id,
    )
