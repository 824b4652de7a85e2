"""The map of the whole walk: record, events, facts, rules, assessment.

One plain function assesses the patient of a terminal, a web form, a worker process and a Spark partition.
"""

from fourthstep import __version__
from fourthstep.assessment.explain import changes, corrections
from fourthstep.assessment.identity import events_digest, result_id
from fourthstep.assessment.legs import Review, gaps, gating_adequate
from fourthstep.assessment.options import options_for
from fourthstep.assessment.overview import antithrombotic, background, diagnoses, history, not_used, safety_values
from fourthstep.assessment.reasons import marks_text
from fourthstep.assessment.result import Assessment, Decided, LegView, PainView, Pathway, Patient, RedFlagView
from fourthstep.assessment.syndromes import found, recognise
from fourthstep.assessment.words import OPEN, OptionWord, PathwayWord, Timing, pathway_word
from fourthstep.events.event import Events
from fourthstep.events.extract import extract_events
from fourthstep.events.form import with_forms
from fourthstep.events.statements import Answers, with_answers
from fourthstep.facts.computed import COMPUTED, opioid_dose_of, opioid_history_of, opioid_trials_of
from fourthstep.facts.derive import Facts
from fourthstep.facts.opioids import OpioidDose
from fourthstep.facts.pains import Pain
from fourthstep.facts.timeline import Timeline
from fourthstep.ground.dates import AsOf
from fourthstep.ground.truth import NO, NOT_KNOWN, YES, Truth, any_of
from fourthstep.knowledge.load import Knowledge, code_index, load_knowledge
from fourthstep.knowledge.policy import DEFAULT, Policy, overlaid
from fourthstep.record import Record
from fourthstep.rules.ask import Inquiry, Leaf, fact_value
from fourthstep.rules.holds import exposures
from fourthstep.rules.prognosis import prognosis

FORMAT = "fourthstep-assessment/1"
NONE = "no"
"""A leaf's value where the fact is absent, as recorded."""


def assess(
    record: Record,
    *,
    as_of: AsOf,
    answers: Answers | None = None,
    policy: Policy = DEFAULT,
    knowledge: Knowledge | None = None,
) -> Assessment:
    """Assess one patient's record on one day.

    Args:
        record: as `read_record` gives it.
        as_of: the day (its end) or the instant that the assessment speaks of; never taken from the clock here.
        answers: what a clinician entered at the bedside; marked as entered, and counted.
        policy: one hospital's overlay.
        knowledge: another knowledge than the shipped one.
    """
    knowledge = knowledge or load_knowledge()
    events = _events(record, as_of, policy, knowledge)
    return assess_events(events, as_of=as_of, answers=answers, policy=policy, knowledge=knowledge)


SCOPE_TYPES = ("Patient", "Condition", "Encounter", "Procedure", "AllergyIntolerance", "Device", "DeviceUseStatement",
               "QuestionnaireResponse")  # fmt: skip
"""The resource types that can decide whether a patient is in scope: lives, is adult, has a cancer or is treated for one."""


def out_of_scope(record: Record, *, as_of: AsOf, policy: Policy = DEFAULT, knowledge: Knowledge | None = None
                 ) -> Pathway | None:  # fmt: skip
    """The pathway of a patient who is certainly out of scope; None for everybody else.

    The first gate of a screening: it asks what `assess` asks first, and nothing else.  A record that holds no other
    types than `SCOPE_TYPES` gets the same answer as the whole one.
    """
    knowledge = overlaid(knowledge or load_knowledge(), policy)
    scope = _decided("in_scope", inquire(_events(record, as_of, policy, knowledge), as_of, policy, knowledge).inquiry)
    if scope.truth != NO:
        return None
    return Pathway(word=PathwayWord.NOT_IN_SCOPE.value, because=tuple(dict.fromkeys(_outside(scope))))


def _events(record: Record, as_of: AsOf, policy: Policy, knowledge: Knowledge) -> Events:
    index, tables = code_index(knowledge.digest), knowledge.opioids.dosage
    events = extract_events(record, index, as_of=as_of, policy=policy, tables=tables)
    return with_forms(events, record, as_of, knowledge)


def assess_events(
    events: Events,
    *,
    as_of: AsOf,
    answers: Answers | None = None,
    policy: Policy = DEFAULT,
    knowledge: Knowledge | None = None,
) -> Assessment:
    """Assess one patient's events: the one engine behind every door."""
    knowledge = overlaid(knowledge or load_knowledge(), policy)
    events = with_answers(events, answers, as_of, knowledge) if answers else events
    review = inquire(events, as_of, policy, knowledge)
    inquiry, facts = review.inquiry, review.inquiry.facts

    scope = _decided("in_scope", inquiry)
    propose = scope.truth != NO
    pains = tuple(_pain(pain, inquiry, policy, propose=propose) for pain in by_worst_score(facts.pains))
    legs = review.views(facts.pains)
    flags = _red_flags(inquiry)
    uncontrolled = _any_pain("pain_uncontrolled", inquiry)
    tolerated = _decided("treatment_tolerated", inquiry)
    probably = _any_pain("pain_probably_uncontrolled", inquiry)
    pathway = _pathway((scope, uncontrolled, probably, tolerated), flags, legs, pains)
    taken, opioids = exposures(facts), opioid_dose_of(facts)

    assessment = Assessment(
        format=FORMAT,
        result_id="",
        engine=__version__,
        knowledge=knowledge.digest,
        policy=policy.name,
        policy_digest=policy.digest,
        events_digest=events_digest(events),
        as_of=str(as_of),
        newest=str(events.newest) if events.newest else "",
        patient=_patient(facts),
        pathway=pathway,
        uncontrolled=uncontrolled,
        tolerated=tolerated,
        pains=pains,
        legs=legs,
        opioids=opioids,
        opioid_trials=opioid_trials_of(facts),
        opioid_history=opioid_history_of(facts) if propose else (),
        red_flags=flags,
        antithrombotics=tuple(each.drug for each in taken),
        antithrombotics_told=tuple(map(antithrombotic, taken)),
        safety=safety_values(facts),
        background=background(facts),
        diagnoses=diagnoses(facts),
        history=history(facts),
        changes=changes(pains, (scope, uncontrolled, tolerated), legs, flags, facts),
        corrections=corrections(pains),
        to_confirm=tuple(dict.fromkeys(item for pain in pains for option in pain.options
                                       if option.word in OPEN for item in option.to_confirm)),
        used=dict(sorted(events.used.items())),
        not_used=not_used(facts),
        unrecognised=tuple(sorted((event.ref, event.of_kind, " ".join(event.could_be))
                                  for event in events.events if event.kind == "unrecognised")),
        vouched=tuple(sorted(events.vouched)),
        notices=events.notices,
        conflicts=events.conflicts,
        sources=_sources(pains, legs, flags, opioids, knowledge),
    )  # fmt: skip
    return result_id(assessment)


def inquire(events: Events, as_of: AsOf, policy: Policy, knowledge: Knowledge) -> Review:
    """One patient's facts, ready to be asked; the review answers questions about conventional treatment."""
    computed = {**COMPUTED, "prognosis": prognosis}
    facts = Facts(Timeline(events, as_of), knowledge, code_index(knowledge.digest), policy, computed)
    return Review(facts)


# -- pains ---------------------------------------------------------------------------------------------------


def by_worst_score(pains: tuple[Pain, ...]) -> list[Pain]:
    """Pains with the highest score first; those without a score last."""

    def key(pain: Pain) -> tuple[int, str]:
        scores = [fact.number for name in ("pain_worst", "pain_intensity") if (fact := pain.elements.get(name))]
        high = max((number.high for number in scores if number and number.high is not None), default=None)
        return (1 if high is None else -int(high), pain.id)

    return sorted(pains, key=key)


def _pain(pain: Pain, inquiry: Inquiry, policy: Policy, *, propose: bool) -> PainView:
    """One pain with what could help it; for a patient out of scope nothing is proposed."""
    recognised = recognise(pain, inquiry) if propose else ()
    intensity, worst = pain.elements.get("pain_intensity"), pain.elements.get("pain_worst")
    shown = {name: fact_value(fact) for name, fact in pain.elements.items() if fact.known and not fact.series}
    return PainView(
        id=pain.id,
        region=pain.word("pain_region"),
        side=pain.word("pain_side"),
        mechanism=pain.word("pain_mechanism"),
        intensity=fact_value(intensity) if intensity else "",
        intensity_kind=intensity.detail if intensity else "",
        intensity_day=str(intensity.when) if intensity else "",
        worst=fact_value(worst) if worst else "",
        worst_day=str(worst.when) if worst and worst.when else "",
        series=tuple((str(each.day), str(each.value), each.kind) for each in intensity.series) if intensity else (),
        elements=shown,
        refs=pain.refs,
        syndromes=found(recognised),
        options=options_for(pain, recognised, inquiry, policy),
    )


# -- pathway -------------------------------------------------------------------------------------------------


def _decided(name: str, inquiry: Inquiry) -> Decided:
    rule = inquiry.facts.knowledge.rules[name]
    answer = inquiry.rule(name)
    return Decided(truth=answer.truth.value, says=rule.says, leaves=answer.leaves, deciding=answer.deciding,
                   open=answer.open, policy=rule.marks.value == "P")  # fmt: skip


def _any_pain(name: str, inquiry: Inquiry) -> Decided:
    """A question about pains: true if it is true of one of them."""
    rule = inquiry.facts.knowledge.rules[name]
    pains = inquiry.facts.pains
    answers = [inquiry.rule(name, pain) for pain in pains] or [inquiry.rule(name)]
    truth = any_of(answer.truth for answer in answers)
    leaves: list[Leaf] = []
    deciding: list[int] = []
    for answer in answers:
        if answer.truth is truth:
            before = len(leaves)
            deciding += [before + place for place in answer.deciding]
        leaves += answer.leaves
    return Decided(
        truth=truth.value,
        says=rule.says,
        leaves=tuple(leaves),
        deciding=tuple(deciding),
        open=tuple(dict.fromkeys(name for answer in answers for name in answer.open)),
        policy=rule.marks.value == "P",
    )


def _pathway(decided: tuple[Decided, Decided, Decided, Decided], flags: tuple[RedFlagView, ...],
             legs: tuple[LegView, ...], pains: tuple[PainView, ...]) -> Pathway:  # fmt: skip
    scope, uncontrolled, probably, tolerated = decided
    early = [option.id for pain in pains for option in pain.options
             if option.word in OPEN and option.timing in (Timing.NOW, Timing.EARLY)]  # fmt: skip
    true_flags = [flag.id for flag in flags if flag.truth == YES]
    word = pathway_word(
        in_scope=Truth(scope.truth),
        red_flag=Truth.TRUE if true_flags else Truth.FALSE,
        uncontrolled=Truth(uncontrolled.truth),
        tolerated=Truth(tolerated.truth),
        gating_adequate=gating_adequate(legs),
        early_option=bool(early),
    )
    hints = ["hint:pain_probably_uncontrolled"] if probably.truth == YES else []
    because = {
        PathwayWord.NOT_IN_SCOPE: _outside(scope),
        PathwayWord.RED_FLAG_FIRST: [f"red-flag:{name}" for name in true_flags],
        PathwayWord.CANNOT_TELL: [*hints, *(f"unknown:{name}" for each in (scope, uncontrolled, tolerated)
                                            if each.truth == NOT_KNOWN for name in each.open)],
        PathwayWord.REFER_EARLY: [f"option:{name}" for name in dict.fromkeys(early)],
    }.get(word, [])  # fmt: skip
    return Pathway(word=word.value, because=tuple(dict.fromkeys(because)), legs=gaps(legs))


def _outside(scope: Decided) -> list[str]:
    """What puts a patient out of scope."""
    return [f"{'none-recorded' if leaf.value == NONE else 'out-of-scope'}:{leaf.fact}"
            for leaf in (scope.leaves[place] for place in scope.deciding)]  # fmt: skip


def _red_flags(inquiry: Inquiry) -> tuple[RedFlagView, ...]:
    found = []
    for flag in inquiry.facts.knowledge.red_flags:
        answers = [inquiry.ask(flag.when, pain) for pain in inquiry.facts.pains] or [inquiry.ask(flag.when)]
        truth = any_of(answer.truth for answer in answers)
        if truth is Truth.FALSE:
            continue
        deciding = next(answer for answer in answers if answer.truth is truth)
        found.append(
            RedFlagView(
                id=flag.id,
                says=flag.says,
                truth=truth.value,
                pathway=flag.pathway,
                because=tuple(flag.because),
                marks=marks_text(flag.marks),
                leaves=deciding.leaves,
                deciding=deciding.deciding,
                open=deciding.open,
            )
        )
    return tuple(sorted(found, key=lambda flag: flag.truth))


# -- the rest --------------------------------------------------------------------------------------------------


def _patient(facts: Facts) -> Patient:
    age, deceased = facts.of("age"), facts.of("deceased")
    events = facts.timeline.events
    return Patient(id=events.patient, age=fact_value(age), sex=events.sex, deceased=fact_value(deceased) or "unknown")


def _sources(pains: tuple[PainView, ...], legs: tuple[LegView, ...], flags: tuple[RedFlagView, ...],
             opioids: OpioidDose, knowledge: Knowledge) -> dict[str, str]:  # fmt: skip
    named = {name for step in opioids.steps for name in step.because}
    for option in (option for pain in pains for option in pain.options):
        for reason in (*option.reasons, *option.cleared):
            named.update(reason.because)
        for statement in (*option.benefit, *option.harms, *option.dissent):
            named.update(statement.because)
        named.update(grade.guideline for grade in option.grades)
    named.update(name for leg in legs for name in leg.because)
    named.update(name for flag in flags for name in flag.because)
    return {name: knowledge.sources[name].cite for name in sorted(named) if name in knowledge.sources}


__all__ = ["FORMAT", "OptionWord", "assess", "assess_events"]
