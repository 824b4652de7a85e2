"""Assess again what was assessed before: the same bytes, or what differs and why."""

import msgspec

from fourthstep.assessment.assess import assess
from fourthstep.assessment.identity import as_json
from fourthstep.assessment.result import Assessment
from fourthstep.events.statements import Answers
from fourthstep.ground.dates import as_of
from fourthstep.ground.errors import FourthstepError
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.policy import Policy, zone_of
from fourthstep.record import Record


def replay(
    before: bytes, record: Record, answers: Answers | None, policy: Policy, knowledge: Knowledge
) -> tuple[bool, list[str]]:
    """Whether the result is the same byte for byte, and what to tell.

    Raises:
        FourthstepError: the bytes are no result of this format.
    """
    try:
        old = msgspec.json.decode(before, type=Assessment)
        moment = as_of(old.as_of, zone_of(policy))
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError):
        raise FourthstepError(
            "RESULT: not a result of `fourthstep assess --format json`, or one of another format"
        ) from None
    new = assess(record, as_of=moment, answers=answers, policy=policy, knowledge=knowledge)
    if as_json(new) == before.strip():
        return True, [f"the same, byte for byte: {old.result_id}"]
    return False, [*_causes(old, new), *_effects(old, new)]


def _causes(old: Assessment, new: Assessment) -> list[str]:
    """What went in differently."""
    lines = []
    for name, says in (("engine", "engine"), ("knowledge", "knowledge"), ("policy_digest", "policy"),
                       ("events_digest", "record or answers")):  # fmt: skip
        if getattr(old, name) != getattr(new, name):
            then, now = (getattr(each, name)[:16] or "none" for each in (old, new))
            lines.append(f"different {says}: {then} then, {now} now")
    return lines or ["nothing went in differently: the result file was changed, or this is a defect"]


def _effects(old: Assessment, new: Assessment) -> list[str]:
    """Which words came out differently."""
    lines = []
    if old.pathway.word != new.pathway.word:
        lines.append(f"pathway: {old.pathway.word} then, {new.pathway.word} now")
    before = {(option.pain, option.id): option.word for pain in old.pains for option in pain.options}
    after = {(option.pain, option.id): option.word for pain in new.pains for option in pain.options}
    changed = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    none = "not listed"
    lines += [f"{name} for {pain}: {before.get((pain, name), none)} then, {after.get((pain, name), none)} now"
              for pain, name in changed]  # fmt: skip
    return lines or ["no word changed"]
