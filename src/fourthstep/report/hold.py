"""The answer to the anticoagulation question, in lines."""

import textwrap
from collections.abc import Iterable, Iterator

from fourthstep.assessment.hold import HoldAnswer
from fourthstep.knowledge.load import Knowledge
from fourthstep.report.phrases import Phrases
from fourthstep.rules.holds import Asked


def hold_text(answer: HoldAnswer, knowledge: Knowledge, *, width: int = 100) -> str:
    """Classes, intervals, what is missing, who must agree, restart, sources; the prescriber decides."""
    lines = []
    for indent, text in _lines(answer, knowledge, Phrases(knowledge)):
        space = " " * indent
        lines += textwrap.wrap(text, width, initial_indent=space, subsequent_indent=f"{space}  ", break_on_hyphens=False)
    return "\n".join(lines)


def _lines(answer: HoldAnswer, knowledge: Knowledge, say: Phrases) -> Iterator[tuple[int, str]]:
    name = knowledge.interventions[answer.intervention].name
    yield 0, say("hold", "head", drug=answer.drug, name=name)
    yield 0, say("hold", "classes", risk=answer.bleeding_class, asra=answer.asra, sir=answer.sir)
    sources: dict[str, None] = {}
    for row in answer.antiangiogenic:
        sources.setdefault(row.source)
        yield 2, say("hold", "surgery", before=row.before, resume=row.resume, mark=say("mark", row.mark), note=row.note,
                     source=row.source)  # fmt: skip
    verdict = answer.verdict
    for each in verdict.asks if verdict else ():
        sources.setdefault(each.source)
        yield from _asked(each, knowledge, say)
    if verdict and (verdict.why or not verdict.asks):
        told = verdict.why if verdict.asks else "no-interval-in-the-table"
        if told != "last-dose-not-recorded":
            yield 2, say("hold", "unsettled", why=say.why(told))
    if verdict is None and not answer.antiangiogenic:
        yield 2, say("hold", "no_class")
    if answer.passed:
        yield 2, say("hold_passed", answer.passed)
    if answer.use_alike:
        yield 2, say("hold", "use_alike", drug=answer.drug)
    if answer.renal_below:
        yield 2, say("hold", "renal", limit=answer.renal_below)
    yield from _listed("missing", (_missing(each.fact, each.values, say) for each in answer.missing), say)
    rules = {rule.id: rule for rule in knowledge.safety}
    risks = [rules[name] for name in answer.thrombotic_risks]
    yield from _listed("agree", (f"{rule.says}: {rule.ask}" for rule in risks), say)
    for rule in risks:
        sources.update(dict.fromkeys(rule.because))
    yield 0, say("hold", "closing")
    yield from _listed("sources", (f"{each}: {knowledge.sources[each].cite}" for each in sources
                                   if each in knowledge.sources), say)  # fmt: skip


def _asked(each: Asked, knowledge: Knowledge, say: Phrases) -> Iterator[tuple[int, str]]:
    """One guideline: the interval, what it counts, until when it runs, and when the drug is taken again."""
    until = f", {say('hold', 'until', until=say.day(each.until))}" if each.until else ""
    yield 2, f"{say('hold', 'one', source=say.source(each.source), asks=say.asks(each))}{until} ({say('mark', each.mark)})"
    means = say("hold", "left_out") if "doses" in each.condition else knowledge.holds.means.get(each.source)
    if means and each.hours:
        yield 4, means
    if each.restart:
        yield 4, say("hold", "restart", hours=each.restart)
    if each.note:
        yield 4, each.note


def _missing(fact: str, values: Iterable[str], say: Phrases) -> str:
    return say("hold_missing", fact, values=" | ".join(values))


def _listed(key: str, items: Iterable[str], say: Phrases) -> Iterator[tuple[int, str]]:
    items = list(items)
    if items:
        yield 0, say("hold", key)
    yield from ((2, f"- {each}") for each in items)
