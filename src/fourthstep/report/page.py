"""The assessment as one HTML page: self-contained, printable, readable without a script.

Every word links to the datum (`#d-...`) and to the source (`#s-...`) behind it.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec
from markupsafe import Markup, escape

from fourthstep.assessment.result import Assessment, Option, Reason
from fourthstep.assessment.words import OPEN, OptionWord
from fourthstep.ground.errors import FourthstepError
from fourthstep.ground.truth import NOT_KNOWN, YES
from fourthstep.knowledge.load import Knowledge
from fourthstep.report.figure import Figure
from fourthstep.report.opioids import step_text, totals_line
from fourthstep.report.phrases import Phrases
from fourthstep.report.text import STALE_DAYS, newest_age, shared_questions
from fourthstep.rules.ask import Leaf

SHOWN = 8
"""Letters of an id that are shown; the whole stands in the table of data."""


class Cited(msgspec.Struct, frozen=True, order=True):
    """One datum that the page speaks of: its reference, and what it was taken as."""

    ref: str
    says: str
    value: str
    day: str


def page(assessment: Assessment, knowledge: Knowledge) -> str:
    """The page.

    Raises:
        FourthstepError: Jinja is not installed.
    """
    say = Phrases(knowledge)
    figure = Figure(assessment, say)
    age = newest_age(assessment)
    return rendered(
        "page.html.jinja",
        a=assessment,
        say=say,
        links=Links(assessment),
        figure=figure,
        svg=Markup(figure.svg()),  # noqa: S704  our own drawing; its texts are escaped there
        newest_age=age,
        stale=age is not None and age > STALE_DAYS,
        true_flags=[flag for flag in assessment.red_flags if flag.truth == YES],
        pains={pain.id: say.pain(pain) for pain in assessment.pains},
        cited=data_table(assessment, say),
        confirm=shared_questions(assessment),
        groups=groups,
        not_ruled_out=not_ruled_out,
        standing=standing,
        totals=totals_line(assessment.opioids, say),
        step_text=step_text,
        not_used=not_used(assessment),
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
        raise FourthstepError("pages and letters need Jinja: install `fourthstep[html]`") from None
    return jinja2.Environment(
        loader=jinja2.PackageLoader("fourthstep.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Links:
    """Links to the data and sources of one page."""

    def __init__(self, assessment: Assessment) -> None:
        self._sources = assessment.sources

    def data(self, refs: Iterable[str]) -> Markup:
        """References as links to the table of data."""
        return Markup(" ").join(
            Markup('<a class="ref" href="#d-{0}" title="{0}">{1}</a>').format(ref, shortened(ref))
            for ref in dict.fromkeys(map(resource_of, refs))
        )

    def sources(self, names: Iterable[str]) -> Markup:
        """Source keys as links to the list of sources."""
        return Markup(" ").join(
            Markup('<a class="src" href="#s-{0}">{0}</a>').format(name) if name in self._sources else escape(name)
            for name in names
        )


def resource_of(ref: str) -> str:
    """The resource of a reference that may point to one of its elements."""
    return ref.partition("#")[0]


def shortened(ref: str) -> str:
    """`Observation/db52d9af-99b3...` as `Observation/db52d9af…`."""
    kind, slash, name = ref.partition("/")
    return f"{kind}{slash}{name[:SHOWN]}{'…' if len(name) > SHOWN else ''}"


def groups(options: Iterable[Option]) -> dict[str, list[Option]]:
    """Options as they are shown: those with a word, those that cannot be told yet, those not indicated."""
    found: dict[str, list[Option]] = {"told": [], "folded": [], "not_indicated": []}
    for option in options:
        if option.word == OptionWord.NOT_INDICATED.value:
            found["not_indicated"].append(option)
        elif option.word == OptionWord.UNDETERMINED.value and option.fits == NOT_KNOWN:
            found["folded"].append(option)
        else:
            found["told"].append(option)
    return found


def standing(option: Option) -> list[Reason]:
    """What stands in the way: what is true, and stops that nobody could rule out."""
    return [each for each in option.reasons if each.truth == YES or each.effect != "caution"]


def not_ruled_out(option: Option, say: Phrases) -> list[str]:
    """Cautions that the record does not rule out, by the facts that would."""
    open_ = [name for each in option.reasons if each.truth != YES and each.effect == "caution" for name in each.open]
    return [say.fact(name) for name in dict.fromkeys(open_)]


def not_used(assessment: Assessment) -> dict[str, list[str]]:
    """References of what was not used, by reason."""
    found: dict[str, list[str]] = {}
    for each in assessment.not_used:
        found.setdefault(each.reason, []).append(each.ref)
    return {reason: list(dict.fromkeys(refs)) for reason, refs in sorted(found.items())}


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
    for value in (*assessment.safety, *assessment.background):
        for ref in value.refs:
            yield Cited(ref, value.says, say.quantity(value.value, value.unit), value.day)
    for leaf in leaves(assessment):
        for ref in leaf.refs:
            yield Cited(ref, say.fact(leaf.fact), say.quantity(leaf.value, leaf.unit), leaf.day)
    for step in assessment.opioids.steps:
        yield Cited(step.ref, step.product or step.opioid, step.dose, "")
    for row in assessment.history:
        yield Cited(row.ref, row.label, row.kind, row.start)
    for option in (option for pain in assessment.pains for option in pain.options):
        for ref in option.done_before:
            yield Cited(ref, option.name, say("page", "done_before"), "")


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


SHOWN_WORDS = (*OPEN, OptionWord.UNDETERMINED, OptionWord.CONTRAINDICATED)
