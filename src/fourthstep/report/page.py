"""The assessment as one HTML page: self-contained, printable, readable without a script.

Every word links to the datum (`#d-...`) and to the source (`#s-...`) behind it.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

import msgspec
from markupsafe import Markup, escape

from fourthstep.assessment.result import Assessment, Option
from fourthstep.assessment.words import OPEN, OptionWord
from fourthstep.ground.errors import MissingExtraError
from fourthstep.ground.truth import YES
from fourthstep.knowledge.load import Knowledge
from fourthstep.report import questions, reasons, verdict
from fourthstep.report.figure import Figure, dose_legend, legend
from fourthstep.report.opioids import in_order, together, totals_line
from fourthstep.report.phrases import Phrases, beyond, first_upper, once, shortened, without_tag
from fourthstep.rules.ask import Leaf

FIRST = 3
"""Options, reasons and questions that stand on the first screen, of at most so many pains."""
SHOWN_WORDS = (*OPEN, OptionWord.UNDETERMINED, OptionWord.CONTRAINDICATED)


class First(msgspec.Struct, frozen=True):
    """The first options of a pain, with what stands in their way."""

    number: int
    pain: str
    """Its name, where there are several."""
    options: tuple[Option, ...]
    more: int
    rows: tuple[reasons.Told, ...]
    cautions: tuple[str, ...]
    """Cautions that the record does not rule out, with the options that they concern."""
    waiting: str
    """What must be known before an option can be told, where none can."""
    open: bool
    """Is one of them open?"""


class Cited(msgspec.Struct, frozen=True, order=True):
    """One datum that the page speaks of: its reference, and what it was taken as."""

    ref: str
    says: str
    value: str
    day: str


def page(assessment: Assessment, knowledge: Knowledge) -> str:
    """The page.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    say = Phrases(knowledge, assessment)
    figure, sources = Figure(assessment, say), cites(assessment, knowledge)
    now, past = in_order(assessment.opioids)
    return rendered(
        "page.html.jinja",
        a=assessment,
        say=say,
        links=Links(sources, say),
        sources=sources,
        icon=icon,
        legend=lambda kind: Markup(legend(kind)),  # noqa: S704  our own drawing
        dose_legend=lambda kind: Markup(dose_legend(kind)),  # noqa: S704  our own drawing
        figure=figure,
        svg=Markup(figure.svg()),  # noqa: S704  our own drawing; its texts are escaped there
        verdict=verdict,
        reasons=reasons,
        questions=questions,
        once=once,
        without_tag=without_tag,
        pains={pain.id: say.pain(pain) for pain in assessment.pains},
        cited=data_table(assessment, say),
        confirm=shared_questions(assessment),
        asked=questions.questions(assessment.changes, say),
        first=list(first_options(assessment, say)),
        shown_first=FIRST,
        totals=totals_line(assessment.opioids, say),
        steps=list(together(now, say)),
        past=list(together(past, say)),
        not_used=not_used(assessment),
        held=held(assessment, say),
        background=(*assessment.diagnoses, *beyond(assessment.diagnoses, assessment.background)),
        YES=YES,
    )


def rendered(template: str, **values: Any) -> str:
    """A template of this package, filled; everything that is not ours is escaped."""
    return str(_environment().get_template(template).render(**values))


@lru_cache(maxsize=1)
def _environment() -> Any:
    try:
        import jinja2  # noqa: PLC0415  heavy, and only pages need it
    except ImportError:
        raise MissingExtraError("pages and letters need Jinja: install `fourthstep[html]`") from None
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fourthstep.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["first_upper"] = first_upper
    return environment


# -- marks and links -------------------------------------------------------------------------------------------

_CIRCLE = '<circle cx="8" cy="8" r="6.5"/>'
_DRAWN = {
    "good": _CIRCLE + '<path d="M4.8 8.2l2.2 2.3 4.2-4.8"/>',
    "caution": _CIRCLE + '<path class="fill" d="M8 1.5a6.5 6.5 0 0 1 0 13z"/>',
    "warn": '<path d="M8 1.8l6.6 12H1.4z"/><path d="M8 6.2v3.6M8 11.6v.4"/>',
    "unknown": '<circle class="dashed" cx="8" cy="8" r="6.5"/>'
    '<path d="M6 6.3a2 2 0 1 1 2.6 1.9c-.6.3-.6.7-.6 1.3M8 11.6v.4"/>',
    "bad": '<path d="M2 2h12v12H2z"/><path d="M5 5l6 6M11 5l-6 6"/>',
    "none": _CIRCLE + '<path d="M4.5 8h7"/>',
}
_OF_WORD = {
    OptionWord.CANDIDATE.value: "good",
    OptionWord.WITH_CAUTION.value: "caution",
    OptionWord.AFTER_CORRECTION.value: "warn",
    OptionWord.UNDETERMINED.value: "unknown",
    OptionWord.CONTRAINDICATED.value: "bad",
    OptionWord.NOT_INDICATED.value: "none",
}


def icon(word: str) -> Markup:
    """The mark of a word or a state: every one has a shape of its own."""
    drawn = _DRAWN[_OF_WORD.get(word, word)]
    return Markup(f'<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">{drawn}</svg>')  # noqa: S704  our own drawing


class Links:
    """Links to the data and sources of one page."""

    def __init__(self, sources: dict[str, str], say: Phrases) -> None:
        self._sources = sources
        self._say = say

    def data(self, refs: Iterable[str], most: int = 99) -> Markup:
        """References as links to the table of data; beyond `most` they are counted."""
        names = list(dict.fromkeys(map(resource_of, refs)))
        told = Markup(" ").join(
            Markup('<a class="ref" href="#d-{0}" title="{0}">{1}</a>').format(name, shortened(name)) for name in names[:most]
        )
        if len(names) <= most:
            return told
        more = self._say("report", "and_more", count=len(names) - most)
        return Markup('{} <span class="fine">{}</span>').format(told, more)

    def sources(self, names: Iterable[str]) -> Markup:
        """Source keys as links to the list of sources; the whole citation shows where one points."""
        return Markup(" ").join(self._source(name) for name in names)

    def _source(self, name: str) -> Markup:
        if name not in self._sources:
            return escape(name)
        link = Markup('<a class="src" href="#s-{0}" title="{1}">{2}</a>')
        return link.format(name, self._sources[name], self._say.source(name))


def resource_of(ref: str) -> str:
    """The resource of a reference that may point to one of its elements."""
    return ref.partition("#")[0]


# -- the first screen ------------------------------------------------------------------------------------------


def first_options(assessment: Assessment, say: Phrases) -> Iterator[First]:
    """For the worst pains the first options that are open, else those that cannot be told yet."""
    several = len(assessment.pains) > 1
    for number, pain in enumerate(assessment.pains[:FIRST], 1):
        found = reasons.groups(pain)
        options = found.told[:FIRST]
        waiting = [
            say("report", "folded_all", count=len(each), missing=say.fact(name)) for name, each in found.missing.items()
        ]
        if options or waiting:
            rows = tuple(reasons.told_once(options, say)[:FIRST])
            cautions = tuple(islice(_cautions(options, say), FIRST - len(rows)))
            yield First(number, say.pain(pain) if several else "", options, len(found.told) - len(options), rows, cautions,
                        "" if options else "; ".join(waiting), bool(found.open))  # fmt: skip


def _cautions(options: tuple[Option, ...], say: Phrases) -> Iterator[str]:
    """What is not ruled out, by number where there are several options."""
    for numbers, names in reasons.open_cautions(options, say).items():
        which = f"{reasons.which(numbers, len(options), say)}: " if len(options) > 1 else ""
        yield f"{which}{say('report', 'not_ruled_out', names='; '.join(names))}"


# -- what the page lists ---------------------------------------------------------------------------------------


def cites(assessment: Assessment, knowledge: Knowledge) -> dict[str, str]:
    """Every source that the page names, with its citation: those of the assessment, and of the opioid factors."""
    factors = {name for step in assessment.opioids.steps for name in step.because}
    found = {name: knowledge.sources[name].cite for name in factors if name in knowledge.sources}
    return dict(sorted((found | assessment.sources).items()))


def shared_questions(assessment: Assessment) -> list[str]:
    """What more than one open option asks to confirm: asked once, not on every card."""
    return questions.shared(option for pain in assessment.pains for option in reasons.groups(pain).open)


def not_used(assessment: Assessment) -> dict[str, list[str]]:
    """References of what was not used, by reason."""
    found: dict[str, list[str]] = {}
    for each in assessment.not_used:
        found.setdefault(each.reason, []).append(each.ref)
    return {reason: list(dict.fromkeys(refs)) for reason, refs in sorted(found.items())}


def held(assessment: Assessment, say: Phrases) -> dict[str, dict[str, list[str]]]:
    """For each drug that acts on bleeding, with its last dose: what guidelines ask, and before which options."""
    found: dict[str, dict[str, list[str]]] = {}
    for option in (option for pain in assessment.pains for option in reasons.groups(pain).told):
        for hold in (each.hold for each in (*option.reasons, *option.cleared) if each.hold):
            asks = found.setdefault(f"{hold.drug}: {say.last_dose(hold.taken, hold.last)}", {})
            names = asks.setdefault("; ".join(say.intervals(hold)), [])
            names += [option.name] if option.name not in names else []
    return found


def data_table(assessment: Assessment, say: Phrases) -> dict[str, list[Cited]]:
    """What the page speaks of, by resource; that a score belongs to a pain is told only where nothing else is."""
    found: dict[str, set[Cited]] = {}
    for each in cited(assessment, say):
        found.setdefault(resource_of(each.ref), set()).add(each)
    for pain in assessment.pains:
        for ref in pain.refs:
            found.setdefault(resource_of(ref), {Cited(ref, say("report", "pain"), say.pain(pain), "")})
    return {ref: sorted(rows) for ref, rows in sorted(found.items())}


def cited(assessment: Assessment, say: Phrases) -> Iterator[Cited]:
    """Every datum that the page speaks of."""
    for value in (*assessment.safety, *assessment.diagnoses, *assessment.background):
        for ref in value.refs:
            yield Cited(ref, value.says, say.quantity(value.value, value.unit), say.day(value.day))
    for leaf in leaves(assessment):
        for ref in leaf.refs:
            yield Cited(ref, say.fact(leaf.fact), say.quantity(leaf.value, leaf.unit), say.day(leaf.day))
    for step in assessment.opioids.steps:
        yield Cited(step.ref, step.product or step.opioid, step.strength, "")
    for each in assessment.antithrombotics_told:
        yield from (Cited(ref, each.drug, "", "") for ref in each.refs)
    for row in assessment.history:
        yield Cited(row.ref, row.label, say("kind", row.kind), say.day(row.start))
    for option in (option for pain in assessment.pains for option in pain.options):
        yield from (Cited(each.ref, each.says, say("past", each.outcome or "done"), say.day(each.day) if each.day else "")
                    for each in option.done_before)  # fmt: skip
        yield from (Cited(ref, each.hold.drug, "", "") for each in option.reasons if each.hold for ref in each.hold.refs)


def leaves(assessment: Assessment) -> Iterator[Leaf]:
    """Every comparison whose datum the page shows."""
    for decided in (assessment.uncontrolled, assessment.tolerated):
        yield from decided.leaves
    for flag in assessment.red_flags:
        yield from flag.leaves
    for leg in assessment.legs:
        yield from leg.leaves
    for option in (option for pain in assessment.pains for option in pain.options if option.word in SHOWN_WORDS):
        for reason in option.reasons:
            yield from reason.leaves
