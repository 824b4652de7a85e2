"""The band of survival, from a clinician's estimate or from scores.

An estimate comes first, then the first score that can be computed.  Where they differ, all are shown and the shorter
gates.  Used asymmetrically: a short estimate may make a pump not fit; a long one never overrides wishes.
Source: `knowledge/prognosis.yaml`.
"""

from fourthstep.facts.derive import Facts
from fourthstep.facts.fact import Fact, unknown
from fourthstep.facts.pains import Pain
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.models import PrognosisRow
from fourthstep.rules.ask import Inquiry, Leaf


def prognosis(facts: Facts, _pain: Pain | None) -> Fact:
    """The band that gates, with every source that gives one.

    Unknown when: there is no fresh estimate and no score that can be computed.
    """
    declared = facts.knowledge.prognosis
    inquiry = Inquiry(facts, lambda _leg, _pain: "unknown")
    found = [*_first(declared.estimate, inquiry), *_first(declared.scores, inquiry)]
    if not found:
        return unknown("prognosis", "no-estimate-or-score")
    row, leaves = min(found, key=lambda each: declared.bands.index(each[0].band))
    refs = tuple(dict.fromkeys(ref for leaf in leaves for ref in leaf.refs))
    told = "; ".join(f"{each.says} ({each.band})" for each, _ in found)
    whens = [fact.when for leaf in leaves if (fact := facts.of(leaf.fact)).when is not None]
    return Fact(name="prognosis", words=(row.band,), when=max(whens, key=lambda when: when.last, default=None),
                refs=refs, detail=told)  # fmt: skip


def _first(rows: list[PrognosisRow], inquiry: Inquiry) -> list[tuple[PrognosisRow, tuple[Leaf, ...]]]:
    """The first row that is true; a row that cannot be computed is passed over."""
    for row in rows:
        answer = inquiry.ask(row.when)
        if answer.truth is Truth.TRUE:
            return [(row, answer.leaves)]
    return []
