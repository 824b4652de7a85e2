"""The sentences of every report, from the one catalogue in `knowledge/texts/`.

Nothing here decides: a value is told with its unit, its day and its age; a *no* only where the record, or somebody who
answered, says no; an unknown with the reason.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from fourthstep.assessment.result import Assessment, LegView, PainView, Past, Value
from fourthstep.ground.interval import plain
from fourthstep.ground.truth import NOT_KNOWN
from fourthstep.knowledge.load import Knowledge
from fourthstep.rules.ask import Leaf
from fourthstep.rules.holds import Asked, HoldVerdict

A_YEAR = 730
"""Days from which an age is told in years."""
REF = 16
"""Letters of an id that are told whole."""
NOISE = Decimal("1e-6")
"""Share of a number that is an error of conversion, not a measurement."""
_LONG = re.compile(r"\d+\.\d{3,}")
_TAG = re.compile(r" \((?:procedure|regime/therapy|disorder|finding|situation|morphologic abnormality)\)\Z")
_WITHIN = re.compile(r"within (\S+ \S+)\Z")
_SOURCE = re.compile(r"([A-Z]{3,})(\d{4})([A-Z]*)\Z")
_CODED = re.compile(r"[a-z][a-z-]*\Z")
_CLEARANCE = re.compile(r"CrCl ?(<|>=)? ?(\d+)(?:-(\d+))?(?: \((?:([\d-]+) doses|[^)]*)\))?\Z")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T")


class Phrases:
    """Looks up texts and fills them; a missing text is a mistake of the catalogue and raises."""

    def __init__(self, knowledge: Knowledge, assessment: Assessment | None = None) -> None:
        self._texts = knowledge.texts
        self._knowledge = knowledge
        self._here = {value.fact: value for value in assessment.safety} if assessment else {}

    def __call__(self, group: str, key: str, **values: object) -> str:
        """The text of a group and key, filled."""
        return self._texts[group][key].format(**values)

    def counted(self, group: str, key: str, count: int, **values: object) -> str:
        """The text for a number of things: `key_one` for one of them, else `key`."""
        one = f"{key}_one"
        return self(group, one if count == 1 and self.has(group, one) else key, count=count, **values)

    def has(self, group: str, key: str) -> bool:
        """Is there such a text?"""
        return key in self._texts.get(group, {})

    # -- names -------------------------------------------------------------------------------------------------

    def fact(self, name: str) -> str:
        """A fact, leg or open question by its words."""
        if name in self._knowledge.facts:
            return self._knowledge.facts[name].says
        kind, colon, rest = name.partition(":")
        if colon and kind == "leg" and rest in self._knowledge.legs:
            return self._knowledge.legs[rest].says
        return self("unknowns", kind, name=rest) if colon and self.has("unknowns", kind) else name.replace("_", " ")

    def facts(self, names: Iterable[str], most: int = 99) -> str:
        """Facts by their words, in one list; the rest is counted."""
        words = list(dict.fromkeys(self.fact(name) for name in names))
        more = [self("report", "and_more", count=len(words) - most)] if len(words) > most else []
        return ", ".join([*words[:most], *more])

    def name(self, kind: str, name: str) -> str:
        """An intervention, red flag or fact by its words."""
        if kind == "option":
            return self._knowledge.interventions[name].name
        if kind == "red-flag":
            return next(flag.says for flag in self._knowledge.red_flags if flag.id == name)
        if kind == "hint":
            return self._knowledge.rules[name].says
        return self.fact(name)

    def source(self, name: str) -> str:
        """A source by its short name: `ASRA2018` as ASRA 2018."""
        found = _SOURCE.match(name)
        return " ".join(part for part in found.groups() if part) if found else name

    def because(self, reason: str) -> str:
        """One reason of the pathway word."""
        kind, _, name = reason.partition(":")
        return self("because", kind, name=self.name(kind, name))

    def why(self, reason: str) -> str:
        """Why a fact is unknown."""
        if self.has("why", reason):
            return self("why", reason)
        opioid = self("opioid_reason", reason) if self.has("opioid_reason", reason) else ""
        return opioid[:1].lower() + opioid[1:].rstrip(".") if opioid else reason.replace("-", " ")

    def flag(self, flag: str) -> str:
        """A note of the opioid arithmetic."""
        return self("opioid_flag", flag) if self.has("opioid_flag", flag) else flag.replace("-", " ")

    def unrecognised(self, entries: Iterable[tuple[str, str, str]]) -> list[tuple[str, list[str]]]:
        """Entries that were not recognised: equal ones once, by kind and what they could be, with their references."""
        found: dict[str, list[str]] = {}
        for ref, kind, could_be in entries:
            names = ", ".join(name.replace("_", " ") for name in could_be.split())
            told = f"{self.word(kind)} ({self('report', 'could_be', names=names)})" if names else self.word(kind)
            found.setdefault(told, []).append(ref)
        return list(found.items())

    def not_used(self, reason: str) -> str:
        """Why a resource was not used."""
        return self("not_used", reason) if self.has("not_used", reason) else reason.replace("-", " ")

    # -- words, numbers, days ----------------------------------------------------------------------------------

    def word(self, value: str) -> str:
        """Coded values as words: `upper-abdomen or pelvis` as upper abdomen or pelvis."""
        return " or ".join(self._word(each) for each in value.split(" or "))

    def _word(self, value: str) -> str:
        if self.has("value", value):
            return self("value", value)
        return value.replace("-", " ") if _CODED.match(value) else value

    def unit(self, unit: str) -> str:
        """A UCUM unit as a physician writes it."""
        return self("unit", unit) if self.has("unit", unit) else unit

    def quantity(self, value: str, unit: str) -> str:
        """A value with its unit; a coded value in words."""
        if unit == "":
            return self.word(value)
        value = short_numbers(value)
        return value if unit == "1" else f"{value} {self.unit(unit)}".strip()

    def day(self, text: str) -> str:
        """A day that nobody can misread: `2026-03-01` as 1 Mar 2026; a year, a month, or an instant with its offset."""
        if _INSTANT.match(text):
            return self._instant(text)
        parts = text.split("-")
        if len(parts) == 1 or not all(part.isdigit() for part in parts) or not self.has("month", parts[1]):
            return text
        month = f"{self('month', parts[1])} {parts[0]}"
        return f"{int(parts[2])} {month}" if len(parts) > 2 else month

    def _local(self, text: str) -> str:
        """An instant on the clock of the place where it stands beside one that names the zone."""
        return self.day(text).partition(" (")[0]

    def _instant(self, text: str) -> str:
        zone = datetime.fromisoformat(text).tzname() or ""
        return f"{self.day(text[:10])}, {text[11:16]}{f' ({zone})' if zone else ''}"

    def age(self, days: int) -> str:
        """How old a datum is at the day of the assessment."""
        if days == 0:
            return self("report", "same_day")
        return self("report", "age_years", years=days // 365) if days >= A_YEAR else self("report", "age_days", days=days)

    def when(self, day: str, age: int | None) -> str:
        """A day with its age; empty where there is none."""
        if not day:
            return ""
        return f"{self.day(day)} ({self.age(age)})" if age is not None else self.day(day)

    def detail(self, detail: str) -> str:
        """What a reader should know of a value; empty where there is nothing to add."""
        if self.has("detail", detail):
            return self("detail", detail)
        return "; ".join(map(self._bracket, detail.split("; "))) if " " in detail else ""

    def _bracket(self, part: str) -> str:
        """`ECOG 2 to 3 (months)` as ECOG 2 to 3 (3 to 12 months); dropped where the words stand before it."""
        said, _, coded = part.rpartition(" (")
        code = coded.removesuffix(")")
        if not said or not self.has("value", code):
            return part
        return said if self.word(code) in said else f"{said} ({self.word(code)})"

    # -- what was found ----------------------------------------------------------------------------------------

    def pain(self, pain: PainView) -> str:
        """Where a pain is, and of what kind."""
        known = [self.word(each) for each in (pain.region, pain.side, pain.mechanism) if each not in ("unknown", "")]
        return ", ".join(dict.fromkeys(known)) or self("report", "no_site")

    def score(self, pain: PainView) -> str:
        """The latest score of a pain with its kind and day, and the worst."""
        parts = []
        if pain.intensity:
            kind = self.word(pain.intensity_kind)
            score, day = short_numbers(pain.intensity), self.day(pain.intensity_day)
            parts.append(self("report", "score", score=score, kind=kind, day=day))
        if pain.worst:
            parts.append(self("report", "worst", score=short_numbers(pain.worst)))
        return ", ".join(parts) or self("report", "no_score")

    def past(self, past: Past) -> str:
        """An earlier procedure: its name in the record, its day, its outcome, and whether its code tells enough."""
        told = [without_tag(past.says) or past.ref, self.day(past.day) if past.day else self("past", "undated")]
        told += [self("past", "outcome", outcome=past.outcome)] if past.outcome else []
        told += [] if past.sure else [self("past", "unsure")]
        return ", ".join(told)

    def leg(self, leg: LegView) -> str:
        """Why a leg has its state; for an unknown one, what is open."""
        return self("report", "open", says=leg.says) if leg.state == NOT_KNOWN else leg.says

    def value(self, value: Value) -> str:
        """What was found for a fact with its day and age, or why nothing."""
        if value.why:
            return self.why(value.why)
        if value.value == "no" and not value.refs:
            return self("report", "none_recorded")
        return ", ".join(part for part in (self.quantity(value.value, value.unit), self.when(value.day, value.age)) if part)

    def short(self, value: Value) -> str:
        """A fact that was found, without its day: `platelets 161 ×10⁹/L`; a presence by its name alone."""
        if value.value == "no":
            return self("report", "no_recorded", name=value.says)
        if value.value == "yes":
            says = without_tag(value.says)
            return f"{says} ({', '.join(value.names)})" if value.names else says
        return f"{value.says} {self.quantity(value.value, value.unit)}"

    def not_found(self, values: Iterable[Value], most: int = 99) -> Iterator[tuple[str, str]]:
        """What is absent, as recorded, in one line; what is not known in one line for each reason, with that reason.

        Of what is absent `most` are named; the rest is counted.
        """
        absent: list[str] = []
        unknown: dict[str, list[str]] = {}
        for value in values:
            if value.why:
                unknown.setdefault(self.why(value.why), []).append(value.says)
            elif not is_found(value):
                absent.append(value.says)
        if absent:
            more = [self("report", "and_more", count=len(absent) - most)] if len(absent) > most else []
            yield "", self("report", "absent", names=", ".join([*absent[:most], *more]))
        for why, names in unknown.items():
            yield why, self("report", "unknown_because", why=why, names=", ".join(names))

    def leaf(self, leaf: Leaf) -> str:
        """One comparison with its datum: `platelets 38 ×10⁹/L, 26 Feb 2026 (3 d)`; an unknown with the reason."""
        if leaf.fact.startswith("leg:"):
            return f"{self.fact(leaf.fact)}: {self('leg_state', leaf.value)}"
        found = ", ".join(part for part in (self._found(leaf), self.when(leaf.day, leaf.age)) if part)
        return f"{found}: {self.unknown(leaf)}" if leaf.why else found

    def _found(self, leaf: Leaf) -> str:
        """Fact and value; *no* only where the fact is false."""
        name = self.fact(leaf.fact)
        if leaf.value in ("", "yes"):
            return f"{name} ({', '.join(leaf.names)})" if leaf.names else name
        if leaf.value == "no":
            return self("report", "no_answered" if leaf.detail in ("answered", "stated") else "no_recorded", name=name)
        kind = f" ({self('detail', leaf.detail)})" if self.has("detail", leaf.detail) else ""
        return f"{name} {self.quantity(leaf.value, leaf.unit)}{kind}"

    def settle(self, leaf: Leaf) -> str:
        """An unknown told as one, with what would settle it: `INR not known (never measured): measure it`."""
        name, measured = self.fact(leaf.fact), self.is_measured(leaf.fact)
        if leaf.fact.startswith("leg:"):
            return self.leaf(leaf)
        if leaf.value and leaf.day and leaf.why == "too-old":
            found = f"{name} {self.quantity(leaf.value, leaf.unit)}, {self.when(leaf.day, leaf.age)}"
            todo = f": {self('todo', 'again')}" if measured else ""
            return f"{found}, {self.unknown(leaf)}{todo}"
        if leaf.value and leaf.why == "known-only-so-far":
            return self.leaf(leaf)
        todo = f": {self('todo', 'measure')}" if measured else ""
        return f"{self('report', 'not_known', name=name, why=self.unknown(leaf))}{todo}"

    def is_measured(self, name: str) -> bool:
        """Is this a laboratory value or a vital sign, so that measuring settles it?"""
        return name in self._knowledge.facts and self._knowledge.facts[name].kind == "measurement"

    def unknown(self, leaf: Leaf) -> str:
        """Why a comparison is unknown: how old the value is and how old it may be, or what is asked beyond it."""
        within = _WITHIN.search(leaf.asked)
        if leaf.why == "too-old" and within:
            return self("report", "too_old", within=within[1])
        if leaf.why == "known-only-so-far":
            return self("report", "so_far", asked=self.asked(leaf))
        return self.why(leaf.why)

    def asked(self, leaf: Leaf) -> str:
        """What was asked, in words: `below 50 ×10⁹/L within 7 d`."""
        return " ".join(self.word(self.unit(part)) for part in leaf.asked.split(" "))

    # -- antithrombotics ---------------------------------------------------------------------------------------

    def hold(self, verdict: HoldVerdict) -> str:
        """What guidelines ask of one antithrombotic drug; never "stop"."""
        return f"{verdict.drug}: {'; '.join((self.last_dose(verdict.taken, verdict.last), *self.intervals(verdict)))}"

    def last_dose(self, taken: str, last: str) -> str:
        """Whether a drug is taken now and when last, as recorded."""
        told = self("hold", "last", last=self.day(last)) if last else self("hold", "no_last")
        return f"{self('hold_taken', taken)}, {told}"

    def intervals(self, verdict: HoldVerdict) -> Iterator[str]:
        """Every guideline's interval, the deciding one first; why it is not settled; and who decides."""
        for index, each in enumerate(verdict.asks):
            yield self.interval(each, verdict.drug if index == 0 else "")
        yield from self.not_settled(verdict)

    def not_settled(self, verdict: HoldVerdict) -> Iterator[str]:
        """Why an interval is not settled, where it is not; and who decides."""
        if verdict.why or not verdict.asks:
            yield self.why(verdict.why or "no-interval-in-the-table")
        yield self("hold", "decides")

    def interval(self, each: Asked, drug: str = "", which: str = "") -> str:
        """One guideline's interval and when it has passed; the drug is named where it is counted from its last dose."""
        key = "asks" if drug else "beside"
        told = self("hold", key, source=self.source(each.source), asks=self.asks(each), drug=drug, which=which)
        return f"{told}, {self('hold', 'until', until=self._local(each.until))}" if each.until else told

    def asks(self, asked: Asked) -> str:
        """One guideline's interval, check and condition."""
        if self.has("hold", asked.decision):
            words = self("hold", asked.decision)
            words += f" ({self('hold', 'paused', hours=asked.hours)})" if asked.hours and asked.decision == "shared" else ""
        else:
            words = asked.hours
        lab = f", {self('hold', 'lab', lab=asked.lab)}" if asked.lab else ""
        return f"{words}{lab}{self._condition(asked.condition)}"

    def _condition(self, condition: str) -> str:
        """`CrCl>=50 (4 doses)` as: counted as 4 doses, at a creatinine clearance of 50 mL/min or more (56.5 here)."""
        clearance = _CLEARANCE.match(condition)
        if not clearance:
            words = condition.replace(">=", "≥").replace("CrCl", self("hold", "clearance"))
            return f" ({words})" if words else ""
        sign, low, high, doses = clearance.groups()
        key = {"<": "clearance_below", ">=": "clearance_from"}.get(sign or "", "clearance_between")
        counted = f", {self('hold', 'doses', count=doses)}," if doses else ""
        return f"{counted} {self('hold', key, low=low, high=high)}{self._clearance()}"

    def _clearance(self) -> str:
        """The patient's creatinine clearance, where one is assessed."""
        here = self._here.get("creatinine_clearance")
        if here is None:
            return ""
        return f" ({self('hold', 'here', value=here.value) if not here.why else self('hold', 'not_here')})"


def first_upper(text: str) -> str:
    """With a capital; the rest as it is."""
    return text[:1].upper() + text[1:]


def without_tag(display: str) -> str:
    """The words of a record without SNOMED's semantic tag: `Radiotherapy (procedure)` as Radiotherapy."""
    return _TAG.sub("", display)


def short_numbers(text: str) -> str:
    """Numbers with at most two decimals; more only where rounding would lift one onto a rounder number."""
    return _LONG.sub(lambda found: _rounded(Decimal(found[0])), text)


def _rounded(number: Decimal) -> str:
    for places in range(max(2, 2 - number.adjusted()), -int(number.as_tuple().exponent)):
        near = round(number, places)
        if near != near.quantize(Decimal(1).scaleb(1 - places)) or abs(near - number) <= abs(number) * NOISE:
            return plain(near)
    return str(number)


def once(leaves: Iterable[Leaf]) -> list[Leaf]:
    """Comparisons of one datum told once, the most telling first (an unknown keeps its reason)."""
    found: dict[tuple[str, str, str, str], Leaf] = {}
    for leaf in leaves:
        found.setdefault((leaf.fact, leaf.value, leaf.day, leaf.why), leaf)
    telling = {leaf.refs for leaf in found.values() if leaf.value not in ("", "yes", "no")}
    return [leaf for leaf in found.values() if leaf.value != "yes" or not leaf.refs or leaf.refs not in telling]


def shortened(ref: str) -> str:
    """A long id with its middle left out: `Observation/db52d9af…89c9`; the table of data and `--full` give the whole."""
    kind, slash, name = ref.partition("/")
    return ref if len(name) <= REF else f"{kind}{slash}{name[:8]}…{name[-4:]}"


def is_found(value: Value) -> bool:
    """Does the record say something of this fact, more than that nothing was recorded?"""
    return not value.why and (value.value != "no" or bool(value.refs))


def beyond(told: Iterable[Value], values: Iterable[Value]) -> tuple[Value, ...]:
    """The values that say more than was told: not the same entries by a broader name."""
    refs = {ref for value in told for ref in value.refs}
    return tuple(value for value in values if not (value.refs and value.value == "yes" and refs.issuperset(value.refs)))
