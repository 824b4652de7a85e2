"""Pain, opioid dose and treatments on one time axis, as inline SVG; the same data stand as a table beside it."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from html import escape

from fourthstep.assessment.result import Assessment, Treatment
from fourthstep.ground.interval import Interval
from fourthstep.report.phrases import Phrases

WIDTH, LEFT, RIGHT = 960, 210, 40
BAND = 110
"""Height of the plots of pain and of dose."""
ROW = 22
SHORTEST_DAYS = 28
LONGEST_DAYS = 365
TICKS = 6


class Bar:
    """One treatment over time: all entries of one name and kind that touch each other."""

    def __init__(self, label: str, kind: str, start: date, end: date, refs: list[str]) -> None:
        self.label, self.kind, self.start, self.end, self.refs = label, kind, start, end, refs


class Figure:
    """The time axis of one assessment."""

    def __init__(self, assessment: Assessment, say: Phrases) -> None:
        self.say = say
        self.last = _day(assessment.as_of)
        self.scores = sorted({(_day(day), float(score), kind, pain.id) for pain in assessment.pains
                              for day, score, kind in pain.series if _plain(score)})  # fmt: skip
        self.doses = steps((each.day, each.scheduled) for each in assessment.opioid_history)
        self.bars = bars(assessment.history)
        days = [*(row[0] for row in self.scores), *(day for day, _ in self.doses), *(bar.start for bar in self.bars)]
        oldest = min((day for day in days if (self.last - day).days <= LONGEST_DAYS), default=self.last)
        self.first = min(oldest, self.last - timedelta(days=SHORTEST_DAYS))
        self.scores = [row for row in self.scores if row[0] >= self.first]
        self.bars = [bar for bar in self.bars if bar.end >= self.first]

    @property
    def empty(self) -> bool:
        """Is there nothing to draw?"""
        return not (self.scores or self.doses or self.bars)

    def svg(self) -> str:
        """The drawing."""
        top = 10.0
        parts: list[str] = []
        parts += self._pain(top)
        top += BAND + 30
        if any(value is not None for _, value in self.doses):
            parts += self._dose(top)
            top += BAND + 30
        parts += self._bars(top)
        top += ROW * len(self.bars)
        height = top + 34
        title = escape(self.say("page", "axis"))
        return "\n".join([
            f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}" xmlns="http://www.w3.org/2000/svg">',
            f"<title>{title}</title>", *self._axis(top), *parts, "</svg>",
        ])  # fmt: skip

    def _x(self, day: date) -> float:
        share = (day - self.first).days / max((self.last - self.first).days, 1)
        return round(LEFT + min(max(share, 0), 1) * (WIDTH - LEFT - RIGHT), 1)

    def _axis(self, top: float) -> Iterator[str]:
        days = (self.last - self.first).days
        for step in range(TICKS):
            day = self.first + timedelta(days=round(days * step / (TICKS - 1)))
            x = self._x(day)
            yield f'<line class="grid" x1="{x}" y1="10" x2="{x}" y2="{top + 6}"/>'
            yield f'<text class="tick" x="{x}" y="{top + 24}" text-anchor="middle">{day.isoformat()}</text>'

    def _pain(self, top: float) -> Iterator[str]:
        yield _label(self.say("page", "axis_pain"), top + BAND / 2)
        for mark in (0, 5, 10):
            y = _y(mark, 10, top)
            yield f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>'
            yield f'<text class="tick" x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{mark}</text>'
        for pain in sorted({row[3] for row in self.scores}):
            rows = [row for row in self.scores if row[3] == pain]
            points = " ".join(f"{self._x(day)},{_y(score, 10, top)}" for day, score, _, _ in rows)
            yield f'<polyline class="pain" points="{points}"/>'
        for day, score, kind, _ in self.scores:
            yield (f'<circle class="pain" cx="{self._x(day)}" cy="{_y(score, 10, top)}" r="4">'
                   f"<title>{day.isoformat()}: {score:g}/10 {escape(kind)}</title></circle>")  # fmt: skip

    def _dose(self, top: float) -> Iterator[str]:
        """Steps; where a day's dose is not known, nothing is drawn."""
        known = [float(value.high) for _, value in self.doses if value is not None and value.high is not None]
        most = max([*known, 1.0])
        yield _label(self.say("page", "axis_dose"), top + BAND / 2)
        for share in (0.0, 1.0):
            y = _y(share * most, most, top)
            yield f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>'
            yield f'<text class="tick" x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{share * most:g}</text>'
        ends = [*(day for day, _ in self.doses[1:]), self.last]
        for (day, value), end in zip(self.doses, ends, strict=True):
            if value is None or value.low is None or value.high is None:
                continue
            x, width = self._x(day), max(self._x(end) - self._x(day), 2)
            for kind, height in (("dose high", value.high), ("dose", value.low)):
                y = _y(float(height), most, top)
                yield (f'<rect class="{kind}" x="{x}" y="{y}" width="{width:.1f}" height="{top + BAND - y:.1f}">'
                       f"<title>{day.isoformat()}: {value} mg/d</title></rect>")  # fmt: skip

    def _bars(self, top: float) -> Iterator[str]:
        for index, bar in enumerate(self.bars):
            y = top + index * ROW
            x, width = self._x(bar.start), max(self._x(bar.end) - self._x(bar.start), 4)
            yield _label(bar.label if len(bar.label) <= 28 else bar.label[:27] + "…", y + 11)
            yield (f'<rect class="bar {bar.kind}" x="{x}" y="{y + 3}" width="{width:.1f}" height="12" rx="2">'
                   f"<title>{escape(bar.label)}: {bar.start} – {bar.end}</title></rect>")  # fmt: skip


def steps(doses: Iterable[tuple[date, Interval | None]]) -> list[tuple[date, Interval | None]]:
    """The days on which the dose changed."""
    found: list[tuple[date, Interval | None]] = []
    for day, value in doses:
        if not found or found[-1][1] != value:
            found.append((day, value))
    return found


def bars(history: Iterable[Treatment]) -> list[Bar]:
    """Entries of one treatment joined where they touch: an order and its dispenses are one bar."""
    found: list[Bar] = []
    newest: dict[tuple[str, str], Bar] = {}
    for each in sorted(history, key=lambda row: (row.start, row.end)):
        start, end, key = _day(each.start), _day(each.end), (each.label, each.kind)
        bar = newest.get(key)
        if bar is not None and start <= bar.end + timedelta(days=1):
            bar.end = max(bar.end, end)
            bar.refs.append(each.ref)
        else:
            bar = newest[key] = Bar(each.label, each.kind, start, max(start, end), [each.ref])
            found.append(bar)
    return found


def _day(text: str) -> date:
    """The first day of a date that may be a year or a month."""
    day = text[:10]
    return date.fromisoformat(day + "-01-01"[len(day) - 4 :] if len(day) < len("2026-01-01") else day)


def _plain(score: str) -> bool:
    return score.replace(".", "", 1).isdigit()


def _y(value: float, most: float, top: float) -> float:
    return round(top + BAND - value / most * BAND, 1)


def _label(text: str, y: float) -> str:
    return f'<text class="label" x="{LEFT - 34}" y="{y}" text-anchor="end">{escape(text)}</text>'
