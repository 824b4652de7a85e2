"""One hospital's overlay: what it offers, which limits it uses, what its senders vouch for, its local codes.

A policy never edits the knowledge; it lies on top of it, is checked against it, and is named in every output.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from fourthstep.ground.digest import digest
from fourthstep.ground.errors import RecordError
from fourthstep.knowledge.codes import DONE
from fourthstep.knowledge.load import Knowledge
from fourthstep.knowledge.models import Criterion, Entry, Question
from fourthstep.knowledge.reader import Reading

C = TypeVar("C", bound=Criterion)
CodedKind = Literal["condition", "measurement", "drug", "procedure", "allergy", "goal"]


class CodeMap(Entry, frozen=True, kw_only=True):
    """What a local code means; `concept: irrelevant` says that it means nothing here."""

    system: str
    code: str
    kind: CodedKind
    concept: str = ""
    ingredient: str = ""
    """For drugs: the generic name in place of a concept."""
    reviewer: str
    date: str


class Signature(Entry, frozen=True, kw_only=True):
    """Criteria with policy values that this hospital's clinical lead lets stop, not only caution."""

    criteria: list[str]
    by: str
    date: str


class OrderWindows(Entry, frozen=True, kw_only=True):
    """How long an order without an end counts as current, in days, since it was last written, filled or given."""

    outpatient: int = 30
    inpatient: int = 3


class Policy(Entry, frozen=True, kw_only=True):
    """One hospital's overlay over the knowledge."""

    name: str = "default"
    time_zone: str = ""
    """IANA name; empty: times count as they are written."""
    ome_table: str = "cdc_2022"
    trial_definition: Literal["default", "strict", "early"] = "default"
    not_offered: list[str] = []
    """Interventions that this hospital and its partners do not offer; shown, and said so."""
    vouching: dict[str, list[str]] = {}
    """Door (file, export, server, prefetch) -> kinds whose silence means no; replaces the default of that door."""
    order_statuses: list[str] = msgspec.field(default_factory=lambda: ["active", "on-hold"])
    order_windows: OrderWindows = OrderWindows()
    code_maps: list[CodeMap] = []
    thresholds: dict[str, Decimal] = {}
    """Criterion id -> the limit that this hospital uses in place of the one in the knowledge."""
    signed: list[Signature] = []
    contacts: dict[str, str] = {}
    digest: str = ""


DEFAULT = Policy()
DOORS = ("file", "export", "server", "prefetch")
VOUCHED = ("condition", "drug", "procedure", "allergy", "encounter")
ORDER_STATUSES = ("active", "on-hold", "completed", "stopped", "unknown")


def read_policy(path: Path, knowledge: Knowledge) -> Policy:
    """Read a policy and check it against the knowledge.

    Raises:
        KnowledgeError: with every mistake of the file; nothing starts on a wrong policy.
        RecordError: the file is not there.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RecordError(f"{path}: the policy cannot be read: {error.strerror}") from None
    reading = Reading()
    policy = reading.read_or_raise(text, path.name, Policy)
    _check(policy, knowledge, reading)
    reading.finish()
    return msgspec.structs.replace(policy, digest=digest([text.encode()]))


def _check(policy: Policy, knowledge: Knowledge, reading: Reading) -> None:
    _check_site(policy, knowledge, reading)
    _check_criteria(policy, knowledge, reading)
    _check_vouching(policy, reading)
    _check_code_maps(policy, knowledge, reading)


def _check_site(policy: Policy, knowledge: Knowledge, reading: Reading) -> None:
    """Time zone, dose table, services, order statuses."""
    if policy.time_zone and policy.time_zone not in available_timezones():
        reading.mistake(policy, "time_zone", f"`{policy.time_zone}` is no IANA time zone", "Write `Europe/Zurich`.")
    if policy.ome_table not in knowledge.opioids.tables:
        remedy = f"Choose {', '.join(sorted(knowledge.opioids.tables))}."
        reading.mistake(policy, "ome_table", f"there is no table `{policy.ome_table}`", remedy)
    for each in policy.not_offered:
        if each not in knowledge.interventions:
            reading.mistake(policy, "not_offered", f"there is no intervention `{each}`")
    for each in policy.order_statuses:
        if each not in ORDER_STATUSES:
            remedy = f"Choose from {', '.join(ORDER_STATUSES)}."
            reading.mistake(policy, "order_statuses", f"no order with status `{each}` can be current", remedy)


def _check_criteria(policy: Policy, knowledge: Knowledge, reading: Reading) -> None:
    """Limits that are changed and criteria that are signed must exist."""
    criteria = {each.id: each for each in all_criteria(knowledge)}
    for each in (*policy.thresholds, *(one for signature in policy.signed for one in signature.criteria)):
        if each not in criteria:
            reading.mistake(policy, "thresholds", f"there is no criterion `{each}`")
    for each, limit in policy.thresholds.items():
        if each in criteria and with_limit(criteria[each].when, limit) is None:
            reading.mistake(policy, "thresholds", f"criterion `{each}` does not compare one number with one limit")


def _check_vouching(policy: Policy, reading: Reading) -> None:
    for door, kinds in policy.vouching.items():
        if door not in DOORS:
            reading.mistake(policy, "vouching", f"there is no door `{door}`", f"Doors are {', '.join(DOORS)}.")
        for each in kinds:
            if each not in VOUCHED:
                reading.mistake(policy, "vouching", f"`{each}` is no kind", f"Kinds are {', '.join(VOUCHED)}.")


def _check_code_maps(policy: Policy, knowledge: Knowledge, reading: Reading) -> None:
    """A local code must lead to something known, on a day that somebody reviewed it."""
    known = _concepts(knowledge)
    for mapped in policy.code_maps:
        if mapped.concept not in ("", "irrelevant") and (mapped.kind, mapped.concept) not in known:
            reading.mistake(mapped, "concept", f"there is no {mapped.kind} concept `{mapped.concept}`")
        if mapped.ingredient and ("ingredient", mapped.ingredient.lower()) not in known:
            reading.mistake(mapped, "ingredient", f"there is no drug `{mapped.ingredient}`", "Use its generic name.")
        if not mapped.concept and not mapped.ingredient:
            reading.mistake(mapped, "", "a code map needs a `concept` or, for drugs, an `ingredient`")
        try:
            date.fromisoformat(mapped.date)
        except ValueError:
            reading.mistake(mapped, "date", "expected the day of the review, such as 2026-03-01")


def _concepts(knowledge: Knowledge) -> set[tuple[str, str]]:
    """Kind and concept of everything that a code can mean, and the names of all drugs."""
    tables = knowledge.codes
    found = {(row[0], row[4]) for row in tables.codes} | {("drug", row[2]) for row in tables.ingredients}
    found |= {("procedure", f"{DONE}{name}") for name in knowledge.interventions}
    found |= {("allergy", concept) for kind, concept in found if kind == "condition"}
    found |= {("ingredient", row[0].lower()) for row in (*tables.ingredients, *tables.antineoplastics)}
    return found


def zone_of(policy: Policy) -> str | None:
    """The policy's time zone for reading dates."""
    return str(ZoneInfo(policy.time_zone)) if policy.time_zone else None


def all_criteria(knowledge: Knowledge) -> list[Criterion]:
    """Every criterion of interventions, safety and red flags."""
    own = [criterion for each in knowledge.interventions.values() for criterion in each.criteria]
    return [*own, *knowledge.safety, *knowledge.red_flags]


def with_limit(question: Question, limit: Decimal) -> Question | None:
    """The same question with another limit; None unless exactly one leaf compares a number."""
    for key in ("below", "at_most", "at_least", "above"):
        if getattr(question, key) is not None and question.unit is not None:
            return msgspec.structs.replace(question, **{key: str(limit)})
    for key in ("all", "any", "none"):
        parts: list[Question] = getattr(question, key) or []
        changed = [(index, new) for index, part in enumerate(parts) if (new := with_limit(part, limit))]
        if len(changed) == 1:
            index, new = changed[0]
            return msgspec.structs.replace(question, **{key: [*parts[:index], new, *parts[index + 1 :]]})
    return None


def overlaid(knowledge: Knowledge, policy: Policy) -> Knowledge:
    """The knowledge with this hospital's limits in place."""
    if not policy.thresholds:
        return knowledge

    def changed(criteria: list[Criterion]) -> list[Criterion]:
        return [_changed(each, policy.thresholds) for each in criteria]

    interventions = {
        key: msgspec.structs.replace(
            each,
            lasting_stops=changed(each.lasting_stops),
            correctable_stops=changed(each.correctable_stops),
            cautions=changed(each.cautions),
        )
        for key, each in knowledge.interventions.items()
    }
    return msgspec.structs.replace(
        knowledge,
        interventions=interventions,
        safety=tuple(_changed(each, policy.thresholds) for each in knowledge.safety),
        red_flags=tuple(_changed(each, policy.thresholds) for each in knowledge.red_flags),
    )


def _changed(criterion: C, thresholds: dict[str, Decimal]) -> C:
    if criterion.id not in thresholds:
        return criterion
    question = with_limit(criterion.when, thresholds[criterion.id])
    return criterion if question is None else msgspec.structs.replace(criterion, when=question)
