"""The sentences of every report, from the one catalogue in `knowledge/texts/`."""

from collections.abc import Callable, Iterable, Iterator

from fourthstep.assessment.result import LegView, PainView, Reason, Value
from fourthstep.knowledge.load import Knowledge
from fourthstep.rules.ask import Leaf
from fourthstep.rules.holds import Asked, HoldVerdict


class Phrases:
    """Looks up texts and fills them; a missing text is a mistake of the catalogue and raises."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._texts = knowledge.texts
        self._knowledge = knowledge

    def __call__(self, group: str, key: str, **values: object) -> str:
        """The text of a group and key, filled."""
        return self._texts[group][key].format(**values)

    def has(self, group: str, key: str) -> bool:
        """Is there such a text?"""
        return key in self._texts.get(group, {})

    def fact(self, name: str) -> str:
        """A fact, leg or open question by its words."""
        if name in self._knowledge.facts:
            return self._knowledge.facts[name].says
        kind, colon, rest = name.partition(":")
        if colon and kind == "leg" and rest in self._knowledge.legs:
            return self._knowledge.legs[rest].says
        return self("unknowns", kind, name=rest) if colon and self.has("unknowns", kind) else name

    def name(self, kind: str, name: str) -> str:
        """An intervention, red flag or fact by its words."""
        if kind == "option":
            return self._knowledge.interventions[name].name
        if kind == "red-flag":
            return next(flag.says for flag in self._knowledge.red_flags if flag.id == name)
        if kind == "hint":
            return self._knowledge.rules[name].says
        return self.fact(name)

    def because(self, reason: str) -> str:
        """One reason of the pathway word."""
        kind, _, name = reason.partition(":")
        return self("because", kind, name=self.name(kind, name))

    def why(self, reason: str) -> str:
        """Why a fact is unknown."""
        opioid = self._knowledge.opioids.reasons.get(reason)
        return self("why", reason) if self.has("why", reason) else opioid or reason.replace("-", " ")

    def flag(self, flag: str) -> str:
        """A note of the opioid arithmetic."""
        return self._knowledge.opioids.flags.get(flag) or flag.replace("-", " ")

    def not_used(self, reason: str) -> str:
        """Why a resource was not used."""
        return self("not_used", reason) if self.has("not_used", reason) else reason.replace("-", " ")

    def unit(self, unit: str) -> str:
        """A UCUM unit as a physician writes it."""
        return self("unit", unit) if self.has("unit", unit) else unit

    def quantity(self, value: str, unit: str) -> str:
        """A value with its unit."""
        return f"{value} {self.unit(unit)}".strip() if unit != "1" else value

    def pain(self, pain: PainView) -> str:
        """Where a pain is, and of what kind."""
        known = [each.replace("-", " ") for each in (pain.region, pain.side, pain.mechanism) if each != "unknown"]
        return ", ".join(known) or self("report", "no_site")

    def score(self, pain: PainView) -> str:
        """The latest score of a pain with its kind and day, and the worst."""
        if not pain.intensity:
            return self("report", "no_score")
        worst = f", {self('report', 'worst', score=pain.worst)}" if pain.worst else ""
        return f"{pain.intensity}/10 {pain.intensity_kind} on {pain.intensity_day}{worst}"

    def leg(self, leg: LegView) -> str:
        """Why a leg has its state; for an unknown one, what is open."""
        return self("report", "open", says=leg.says) if leg.state == "unknown" else leg.says

    def value(self, value: Value) -> str:
        """What was found for a fact with its day and age, or why nothing."""
        if value.why:
            return self.why(value.why)
        if value.value == "no" and not value.refs:
            return self("report", "none_recorded")
        when = f" on {value.day}" + (f" ({value.age} d)" if value.age is not None else "") if value.day else ""
        return f"{self.quantity(value.value.replace('-', ' ') if value.unit == '' else value.value, value.unit)}{when}"

    def values(self, values: Iterable[Value], line: Callable[[Value, "Phrases"], str]) -> Iterator[str]:
        """What was found, one line each; then what is absent and what is not known, together."""
        absent: list[str] = []
        unknown: dict[str, list[str]] = {}
        for value in values:
            if value.why:
                unknown.setdefault(self.why(value.why), []).append(value.says)
            elif value.value == "no" and not value.refs:
                absent.append(value.says)
            else:
                yield line(value, self)
        if absent:
            yield self("report", "absent", names=", ".join(absent))
        yield from (self("report", "unknown_because", why=why, names=", ".join(names)) for why, names in unknown.items())

    def leaf(self, leaf: Leaf) -> str:
        """One comparison with its datum: `platelets 38 10*9/L on 2026-02-26 (3 d) [Observation/plt-3]`."""
        words = [self.fact(leaf.fact)]
        if leaf.value:
            words.append(self.quantity(leaf.value, leaf.unit))
        if leaf.detail and self.has("detail", leaf.detail):
            words.append(f"({self('detail', leaf.detail)})")
        if leaf.day:
            words.append(f"on {leaf.day}" + (f" ({leaf.age} d)" if leaf.age is not None else ""))
        if leaf.why:
            words.append(f"- {self.why(leaf.why)}")
        if leaf.refs:
            words.append(f"[{', '.join(leaf.refs[:3])}{', ...' if len(leaf.refs) > 3 else ''}]")
        return " ".join(words)

    def reason(self, reason: Reason) -> str:
        """One stop or caution in words, with its sources."""
        says = self.hold(reason.hold) if reason.hold else reason.says
        notes = [self("truth", "unknown")] if reason.truth == "unknown" else []
        if reason.policy:
            notes.append(self("mark", "P"))
        tail = f" ({'; '.join(notes)})" if notes else ""
        sources = f" [{', '.join(reason.because)}]" if reason.because else ""
        return f"{says}{tail}{sources}"

    def hold(self, verdict: HoldVerdict) -> str:
        """What guidelines ask of one antithrombotic drug; never "stop"."""
        first, beside = verdict.asks[:1], verdict.asks[1:]
        key = "line" if verdict.last else "line_no_last"
        lines = [self("hold", key, source=each.source, asks=self.asks(each), drug=verdict.drug, last=verdict.last)
                 for each in first]  # fmt: skip
        if not first:
            lines = [f"{verdict.drug}: {self.why(verdict.why or 'no-interval-in-the-table')}"]
        lines += [f"{each.source}: {self.asks(each)}" for each in beside]
        if verdict.why and first:
            lines.append(self.why(verdict.why))
        return "; ".join(lines)

    def asks(self, asked: Asked) -> str:
        """One guideline's interval, check and restart."""
        if asked.decision in ("shared", "continue", "unknown", "as_aspirin"):
            words = self("hold", asked.decision)
            words += f" (if stopped: {asked.hours})" if asked.hours and asked.decision == "shared" else ""
        else:
            words = asked.hours
        if asked.lab:
            words += f", {self('hold', 'lab', lab=asked.lab)}"
        if asked.condition:
            words += f" ({asked.condition})"
        return words
