"""Pain, opioid dose and treatments on one time axis, as inline SVG; the same data stand as a table beside it.

Colours come from the page's style, kinds of score have shapes of their own, and what is not known is hatched: nothing
is told by colour alone.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from html import escape

import msgspec

from fourthstep.assessment.result import Assessment, PainView, Treatment
from fourthstep.facts.opioids import DoseThen
from fourthstep.ground.interval import plain
from fourthstep.report.phrases import Phrases, short_numbers, without_tag

WIDTH, LEFT, RIGHT = 760, 40, 20
BAND = 110
"""Height of the plots of pain and of dose."""
GAP = 34
ROW = 30
EDGE = 0.08
"""Share of the height that is hatched where the most as needed is not known."""
SHORTEST_DAYS = 28
LONGEST_DAYS = 365
TICKS = 4
SHAPES = {
    "average": '<circle class="score" cx="{x}" cy="{y}" r="4.5"/>',
    "worst": '<path class="score" d="M{x} {y}m0 -6l5.5 9.5h-11z"/>',
    "now": '<path class="score" d="M{x} {y}m-4.5 -4.5h9v9h-9z"/>',
    "least": '<path class="score" d="M{x} {y}m0 6l5.5 -9.5h-11z"/>',
    "": '<path class="score" d="M{x} {y}m0 -6l6 6l-6 6l-6 -6z"/>',
}
"""Kind of score -> its mark; the last one is for scores of unspecified kind."""


class Score(msgspec.Struct, frozen=True, order=True):
    """One score of one pain on one day."""

    day: date
    score: float
    kind: str
    pain: str


def scores_of(pain: PainView) -> Iterator[Score]:
    """The scores of a pain, and the worst where it is not among them."""
    told = [Score(_day(day), float(score), kind, pain.id) for day, score, kind in pain.series if _plain(score)]
    yield from told
    if _plain(pain.worst) and pain.worst_day:
        worst = Score(_day(pain.worst_day), float(pain.worst), "worst", pain.id)
        if (worst.day, worst.score) not in {(each.day, each.score) for each in told}:
            yield worst


class Bar(msgspec.Struct):
    """One treatment over time: all entries of one name and kind that touch each other."""

    label: str
    kind: str
    start: date
    end: date
    refs: list[str]


class Figure:
    """The time axis of one assessment."""

    def __init__(self, assessment: Assessment, say: Phrases) -> None:
        self.say = say
        self.last = _day(assessment.as_of)
        self.pains = {pain.id: say.pain(pain) for pain in assessment.pains}
        scores = sorted({score for pain in assessment.pains for score in scores_of(pain)})
        all_bars = bars(assessment.history, self.last)
        self.doses = steps(assessment.opioid_history)
        days = [*(row.day for row in scores), *(each.day for each in self.doses), *(bar.start for bar in all_bars)]
        oldest = min((day for day in days if (self.last - day).days <= LONGEST_DAYS), default=self.last)
        self.first = min(oldest, self.last - timedelta(days=SHORTEST_DAYS))
        self.told = scores
        self.scores = [row for row in scores if row.day >= self.first]
        self.bars = [bar for bar in all_bars if bar.end >= self.first]
        self.older = len(scores) + len(all_bars) - len(self.scores) - len(self.bars)

    @property
    def empty(self) -> bool:
        """Is there nothing to draw?"""
        return not (self.scores or self.doses or self.bars)

    @property
    def kinds(self) -> list[str]:
        """The kinds of score that are drawn."""
        return sorted({row.kind for row in self.scores})

    @property
    def dose_told(self) -> bool:
        """Can the scheduled dose be told on at least one day?"""
        return any(each.scheduled is not None for each in self.doses)

    @property
    def needed_told(self) -> bool:
        """Is anything drawn that may be taken as needed?"""
        return any(each.scheduled is not None and each.as_needed for each in self.doses)

    def svg(self) -> str:
        """The drawing."""
        top = 26.0
        parts: list[str] = []
        if self.scores:
            parts += self._pain(top)
            top += BAND + GAP
        if self.dose_told:
            parts += self._dose(top)
            top += BAND + GAP
        if self.bars:
            parts += self._bars(top)
            top += ROW * len(self.bars) + 8
        title, told = escape(self.say("page", "axis")), escape(self.describe())
        return "\n".join([
            f'<svg viewBox="0 0 {WIDTH} {top + 22:g}" role="img" aria-labelledby="axis-title axis-desc">',
            f'<title id="axis-title">{title}</title><desc id="axis-desc">{told}</desc>', _HATCH,
            *self._axis(top - GAP / 2), *parts, "</svg>",
        ])  # fmt: skip

    def describe(self) -> str:
        """What the drawing shows, in words."""
        first, last = self.say.day(self.first.isoformat()), self.say.day(self.last.isoformat())
        return self.say("page", "axis_desc", first=first, last=last, scores=len(self.scores), bars=len(self.bars))

    def _x(self, day: date) -> float:
        share = (day - self.first).days / max((self.last - self.first).days, 1)
        return round(LEFT + min(max(share, 0), 1) * (WIDTH - LEFT - RIGHT), 1)

    def _axis(self, bottom: float) -> Iterator[str]:
        days = (self.last - self.first).days
        for step in range(TICKS):
            day = self.first + timedelta(days=round(days * step / (TICKS - 1)))
            anchor = "start" if step == 0 else "end" if step == TICKS - 1 else "middle"
            yield f'<line class="grid" x1="{self._x(day)}" y1="14" x2="{self._x(day)}" y2="{bottom:g}"/>'
            yield _text(self._x(day), bottom + 16, self.say.day(day.isoformat()), "tick", anchor)

    def _pain(self, top: float) -> Iterator[str]:
        yield _text(LEFT, top - 10, self.say("page", "axis_pain"), "label")
        yield from _scale(((0, "0"), (5, "5"), (10, "10")), 10, top)
        for pain in sorted({row.pain for row in self.scores}):
            rows = [row for row in self.scores if row.pain == pain and row.kind != "worst"]
            if not rows:
                continue
            points = " ".join(f"{self._x(row.day)},{_y(row.score, 10, top)}" for row in rows)
            yield f'<polyline class="trend" points="{points}"/>'
            if len(self.pains) > 1:
                yield _text(self._x(rows[-1].day) - 8, _y(rows[-1].score, 10, top) - 8, self.pains[pain], "tick", "end")
        for row in self.scores:
            shape = SHAPES.get(row.kind, SHAPES[""]).format(x=self._x(row.day), y=_y(row.score, 10, top))
            yield f"<g>{shape}<title>{escape(self._score(row))}</title></g>"

    def _score(self, row: Score) -> str:
        return f"{self.say.day(row.day.isoformat())}: {row.score:g}/10 {self.say.word(row.kind)}"

    def _dose(self, top: float) -> Iterator[str]:
        """Steps of what is scheduled, and on top, outlined, of what may be taken as needed; what is not known is hatched."""
        most = max([*(_high(each) + float(each.as_needed or 0) for each in self.doses), 1.0])
        yield _text(LEFT, top - 10, self.say("page", "axis_dose"), "label")
        yield from _scale(((0, "0"), (most, f"{most:g}")), most, top)
        ends = [*(each.day for each in self.doses[1:]), self.last]
        for each, end in zip(self.doses, ends, strict=True):
            x, width = self._x(each.day), self._x(end) - self._x(each.day)
            x, width = (x - 2, 2.0) if width < 2 else (x, width)
            title = f"<title>{escape(self.dose_then(each))}</title>"
            for kind, low, high in _parts(each, most):
                y, bottom = _y(high, most, top), _y(low, most, top)
                yield (f'<rect class="{kind}" x="{x}" y="{y}" width="{width:.1f}" height="{bottom - y:.1f}">'
                       f"{title}</rect>")  # fmt: skip

    def dose_then(self, each: DoseThen) -> str:
        """The dose from one day on, in words."""
        return f"{self.say.day(each.day.isoformat())}: {self.amounts(each)}"

    def amounts(self, each: DoseThen) -> str:
        """What is scheduled, and what may be taken as needed where anything may."""
        unknown = self.say("truth", "unknown")
        if each.scheduled is None:
            return unknown
        told = f"{short_numbers(str(each.scheduled))} mg/d"
        if each.as_needed == 0:
            return told
        most = unknown if each.as_needed is None else f"{plain(each.as_needed)} mg/d"
        return f"{told}, {self.say('page', 'axis_as_needed', most=most)}"

    def _bars(self, top: float) -> Iterator[str]:
        for index, bar in enumerate(self.bars):
            y = top + index * ROW
            x, width = self._x(bar.start), max(self._x(bar.end) - self._x(bar.start), 3)
            late = x > WIDTH / 2
            label = bar.label if len(bar.label) <= 60 else bar.label[:59] + "…"
            yield _text(self._x(bar.end) if late else x, y + 8, label, "label", "end" if late else "start")
            yield f"<g>{self._mark(bar, x, y + 12, width)}<title>{escape(self.span(bar))}</title></g>"

    def _mark(self, bar: Bar, x: float, y: float, width: float) -> str:
        """A bar for what lasts; a mark for a procedure of one day."""
        if bar.kind == "procedure" and bar.start == bar.end:
            return f'<path class="bar procedure" d="M{x} {y}l6 6l-6 6l-6 -6z"/>'
        return f'<rect class="bar {escape(bar.kind)}" x="{x}" y="{y}" width="{width:.1f}" height="10" rx="2"/>'

    def span(self, bar: Bar) -> str:
        """A treatment with its days."""
        days = dict.fromkeys(self.say.day(day.isoformat()) for day in (bar.start, bar.end))
        return f"{bar.label}: {' – '.join(days)}"


_HATCH = (
    '<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="hatch" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>'
)


DOSES = {"scheduled": "dose", "as-needed": "dose-needed"}


def dose_legend(kind: str) -> str:
    """The mark of one part of the dose, for the legend."""
    drawn = f'<rect class="{DOSES[kind]}" x="1" y="3" width="14" height="11"/>'
    return f'<svg class="key" viewBox="0 0 16 16" aria-hidden="true">{drawn}</svg>'


def legend(kind: str) -> str:
    """The mark of one kind of score, for the legend."""
    return f'<svg class="key" viewBox="0 0 16 16" aria-hidden="true">{SHAPES.get(kind, SHAPES[""]).format(x=8, y=8)}</svg>'


def steps(doses: Iterable[DoseThen]) -> list[DoseThen]:
    """The days on which the dose changed."""
    found: list[DoseThen] = []
    for each in doses:
        if not found or (found[-1].scheduled, found[-1].as_needed) != (each.scheduled, each.as_needed):
            found.append(each)
    return found


def bars(history: Iterable[Treatment], last: date) -> list[Bar]:
    """Entries of one treatment joined where they touch (an order and its dispenses are one bar), up to the last day."""
    found: list[Bar] = []
    newest: dict[tuple[str, str], Bar] = {}
    for each in sorted(history, key=lambda row: (row.start, row.end)):
        label = without_tag(each.label)
        start, end, key = _day(each.start), min(_day(each.end), last), (label, each.kind)
        bar = newest.get(key)
        if bar is not None and start <= bar.end + timedelta(days=1):
            bar.end = max(bar.end, end)
            bar.refs.append(each.ref)
        else:
            bar = newest[key] = Bar(label, each.kind, start, max(start, end), [each.ref])
            found.append(bar)
    return found


def _parts(each: DoseThen, most: float) -> Iterator[tuple[str, float, float]]:
    """What is drawn of a dose: its kind, from where, to where.

    The upper end paler behind the lower end, what may be taken as needed on top.  Nothing known: the whole height,
    hatched; only the most as needed not known: a hatched edge.
    """
    value = each.scheduled
    if value is None or value.low is None or value.high is None:
        yield "dose-unknown", 0, most
        return
    low, high = float(value.low), float(value.high)
    yield "dose-high", 0, high
    yield "dose", 0, low
    if each.as_needed is None:
        yield "dose-unknown", high, min(high + most * EDGE, most)
    elif each.as_needed:
        yield "dose-needed", high, high + float(each.as_needed)


def _high(each: DoseThen) -> float:
    """The upper end of what is scheduled; nothing where it is not known."""
    return float(each.scheduled.high) if each.scheduled is not None and each.scheduled.high is not None else 0.0


def _day(text: str) -> date:
    """The first day of a date that may be a year or a month."""
    day = text[:10]
    return date.fromisoformat(day + "-01-01"[len(day) - 4 :] if len(day) < len("2026-01-01") else day)


def _plain(score: str) -> bool:
    return score.replace(".", "", 1).isdigit()


def _scale(marks: Iterable[tuple[float, str]], most: float, top: float) -> Iterator[str]:
    for mark, label in marks:
        y = _y(mark, most, top)
        yield f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>'
        yield _text(LEFT - 6, y + 4, label, "tick", "end")


def _y(value: float, most: float, top: float) -> float:
    return round(top + BAND - value / most * BAND, 1)


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'
