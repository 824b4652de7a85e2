"""A FHIR dosage instruction, read as far as closed tables reach.

Amount, rate, times a day, as needed, the largest amount of a day, and the days of a course.  What cannot be
read is named in `Dose.unread` and never guessed; free text is quoted, not parsed.  Nothing here knows what a
drug is: the strength of a product comes later.

Source: HL7 FHIR R4, Dosage and Timing; project dossier, pharmacology 1.8.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec

from fourthstep.events.event import Dose
from fourthstep.ground.dates import When, when
from fourthstep.ground.interval import Interval
from fourthstep.knowledge.opioids import DosageTables, FormKind, TimingCode, UnitWord
from fourthstep.record.resources import (
    CodeableConcept,
    Dosage,
    DoseAndRate,
    Quantity,
    Range,
    Ratio,
    Timing,
    TimingRepeat,
)

_DAY = Decimal(86_400)
_HOUR = Decimal(3_600)
_WEEK = Decimal(7)
_MARGIN = Decimal("1e-10")


def read_dosages(
    dosages: Sequence[Dosage],
    tables: DosageTables,
    written: When | None = None,
    form: str = "",
    zone: str | None = None,
) -> tuple[Dose, ...]:
    """Read all instructions of one order, with consecutive sequences laid one after the other.

    A later `sequence` that says only how long it lasts begins when the one before it ends.

    Args:
        dosages: the order's instructions.
        tables: the closed tables of `knowledge/opioids`.
        written: when the order begins; courses that say only how long they last are counted from it.
        form: the product's dose form, to notice a unit that cannot count it.
        zone: the patient's time zone.
    """
    doses: list[Dose] = []
    begins, last, previous = written, None, None
    for dosage in sorted(dosages, key=lambda each: each.sequence if each.sequence is not None else Decimal(0)):
        follows = previous is not None and dosage.sequence not in (None, previous)
        if follows:
            begins = _day_after(last)
        dose = read_dosage(dosage, tables, begins, form, zone)
        if follows and dose.start is None:
            dose = msgspec.structs.replace(dose, start=begins)
        last, previous = dose.end or last, dosage.sequence
        doses.append(dose)
    return tuple(doses)


def read_dosage(
    dosage: Dosage,
    tables: DosageTables,
    written: When | None = None,
    form: str = "",
    zone: str | None = None,
) -> Dose:
    """Read one instruction.

    Args:
        dosage: as it came; an administration's through `AdministrationDosage.as_dosage`.
        tables: the closed tables of `knowledge/opioids`.
        written: when the order begins; None where the record does not say.
        form: the product's dose form, to notice a unit that cannot count it.
        zone: the patient's time zone.

    Returns:
        The dose; `unread` holds a reason for every part that is there and cannot be read, `no-dose` and
        `no-timing` for parts that are missing, `text-only` where there is nothing but words.
    """
    notes: list[str] = []
    route, route_word, pca = _route(dosage.route, tables, notes)
    amount, rate, unit = _amounts(dosage, tables, form, notes)
    schedule = _schedule(dosage.timing, tables, notes)
    per_day = schedule.per_day
    if pca and amount is not None and per_day is None:
        notes.append("pca-bag-content")
        amount = None
    if amount is None and rate is not None and unit == "1":
        amount, per_day, rate = Interval.point(1), rate.scaled(Decimal(24)), None
    if schedule.continuous and rate is None:
        notes.append("infusion-without-rate")
    start, end = _course(dosage.timing, schedule, written, zone, tables, notes)
    max_per_day, max_unit = _max_per_day(dosage, tables, unit, notes)
    _missing(dosage, amount, rate, per_day, notes)
    return Dose(
        amount=_capped(amount, unit, dosage.max_dose_per_administration, tables),
        unit=unit,
        rate=rate,
        per_day=per_day,
        as_needed=bool(dosage.as_needed_boolean) or dosage.as_needed_codeable_concept is not None or schedule.as_needed,
        route=route,
        route_word=route_word,
        max_per_day=max_per_day,
        max_unit=max_unit,
        sequence=None if dosage.sequence is None else int(dosage.sequence),
        start=start,
        end=end,
        text=dosage.text or dosage.patient_instruction,
        unread=tuple(dict.fromkeys(notes)),
    )


def _missing(
    dosage: Dosage, amount: Interval | None, rate: Interval | None, per_day: Interval | None, notes: list[str]
) -> None:
    """Name the parts that are not there; words alone are one reason."""
    nothing = not dosage.dose_and_rate and dosage.timing is None
    if nothing and (dosage.text or dosage.patient_instruction):
        notes.append("text-only")
        return
    if amount is None and rate is None and not dosage.dose_and_rate:
        notes.append("no-dose")
    if per_day is None and rate is None and not any(each in _TIMING_REASONS for each in notes):
        notes.append("no-timing")


_TIMING_REASONS = frozenset(
    {"timing-unread", "timing-contradiction", "titrated-to-effect", "dated-events", "infusion-without-rate"}
)


# -- quantities ------------------------------------------------------------------------------------------


class _Read(msgspec.Struct, frozen=True):
    """A quantity in mg, ug, mL or a count; `per_hour` tells that it is a rate."""

    value: Interval
    unit: str
    per_hour: bool = False


def unit_word(quantity: Quantity, tables: DosageTables) -> UnitWord | str | None:
    """What the unit of a quantity means: a word, a reason why it is unread, or None where none is written."""
    found = [tables.units.units.get(_plain(text)) for text in (quantity.code, quantity.unit) if text.strip()]
    known = [each for each in found if each is not None]
    if not found:
        return None
    if not known:
        return "unit-unread"
    if len({(each.unit, each.times, each.per_seconds, each.unread) for each in known}) > 1:
        return "unit-contradiction"
    best = max(known, key=lambda each: len(each.forms))
    return best.unread or best


def _plain(text: str) -> str:
    return "".join(text.split()).replace("{", "").replace("}", "").lower()


def _quantity(quantity: Quantity, tables: DosageTables, form: str, notes: list[str]) -> _Read | None:
    """One quantity; None with a reason noted where it cannot be read."""
    reason = _unusable(quantity)
    if reason:
        notes.append(reason)
        return None
    assert quantity.value is not None
    word = unit_word(quantity, tables)
    if isinstance(word, str):
        notes.append(word)
        return None
    if word is None:
        return _Read(Interval.point(quantity.value), "")
    kind = form_kind(form, tables)
    if word.forms and kind and kind not in word.forms:
        notes.append("unit-form-mismatch")
        return None
    value = quantity.value * word.times
    if word.per_seconds is None:
        return _Read(Interval.point(value), word.unit)
    return _Read(Interval.point(_tidy(value * _HOUR / word.per_seconds)), word.unit, per_hour=True)


def _unusable(quantity: Quantity) -> str:
    if quantity.value is None:
        return "no-value"
    if quantity.comparator:
        return "comparator"
    return "" if quantity.value.is_finite() and quantity.value > 0 else "not-positive"


def form_kind(form: str, tables: DosageTables) -> FormKind | None:
    """The kind of a dose form (tablet, patch, ...); None where the form is not in the table."""
    word = tables.forms.forms.get(form.strip().lower())
    return word.kind if word else None


def _between(span: Range, tables: DosageTables, form: str, notes: list[str]) -> _Read | None:
    """A range with both ends; an end without unit has the unit of the other."""
    if span.low is None or span.high is None:
        notes.append("range-open")
        return None
    low = _quantity(span.low, tables, form, notes)
    high = _quantity(span.high, tables, form, notes)
    if low is None or high is None:
        return None
    if low.unit == "" or high.unit == "":
        unit = low.unit or high.unit
    elif low.unit != high.unit or low.per_hour != high.per_hour:
        low, high, unit = _as_ug(low), _as_ug(high), "ug"
    else:
        unit = low.unit
    if low.unit not in ("", unit) or high.unit not in ("", unit) or _low(low) > _high(high):
        notes.append("range-contradiction")
        return None
    return _Read(Interval(low.value.low, high.value.high), unit, low.per_hour or high.per_hour)


def _as_ug(read: _Read) -> _Read:
    return _Read(read.value.scaled(Decimal(1000)), "ug", read.per_hour) if read.unit == "mg" else read


def _low(read: _Read) -> Decimal:
    return read.value.low or Decimal(0)


def _high(read: _Read) -> Decimal:
    return read.value.high or Decimal(0)


def _tidy(value: Decimal) -> Decimal:
    """Without the noise that a division leaves in the last digits."""
    return value.quantize(_MARGIN).normalize() if value.is_finite() and abs(value) < Decimal("1e15") else value


# -- dose and rate ---------------------------------------------------------------------------------------


def _amounts(
    dosage: Dosage, tables: DosageTables, form: str, notes: list[str]
) -> tuple[Interval | None, Interval | None, str]:
    """The amount of one administration and the rate per hour, in one unit."""
    chosen = _chosen(dosage.dose_and_rate)
    doses = _distinct(_dose(each, tables, form, notes) for each in chosen)
    rates = _distinct(_rate(each, tables, form, notes) for each in chosen)
    if len(doses) > 1 or len(rates) > 1:
        notes.append("several-doses")
        return None, None, ""
    rates += [each for each in doses if each.per_hour]
    doses = [each for each in doses if not each.per_hour]
    if len(rates) > 1:
        notes.append("several-doses")
        return None, None, ""
    return _joined(doses, rates, dosage.timing, tables, notes)


def _joined(
    doses: list[_Read], rates: list[_Read], timing: Timing | None, tables: DosageTables, notes: list[str]
) -> tuple[Interval | None, Interval | None, str]:
    """One unit for both: a rate decides, unless it counts tablets beside a dose (1 tablet a day)."""
    if not rates:
        return (doses[0].value, None, doses[0].unit) if doses else (None, None, "")
    rate = rates[0]
    if not doses:
        return None, rate.value, rate.unit
    dose = doses[0]
    if rate.unit == "1":
        if _agree(dose, rate, _schedule(timing, tables, []).per_day):
            return dose.value, None, dose.unit
        notes.append("dose-and-rate-differ")
        return None, None, ""
    if dose.unit in ("", "1") and dose.value != Interval.point(1):
        notes.append("dose-and-rate-differ")
    if {rate.unit, dose.unit} == {"mg", "ug"}:
        rate, dose = _as_ug(rate), _as_ug(dose)
    return (dose.value if rate.unit == dose.unit else None), rate.value, rate.unit


def _agree(dose: _Read, rate: _Read, per_day: Interval | None) -> bool:
    """A dose of tablets and a rate of tablets that say the same."""
    if per_day is None or dose.unit not in ("", "1"):
        return False
    return _times(dose.value, per_day) == rate.value.scaled(Decimal(24))


def _times(left: Interval, right: Interval) -> Interval:
    assert left.low is not None
    assert left.high is not None
    assert right.low is not None
    assert right.high is not None
    return Interval(_tidy(left.low * right.low), _tidy(left.high * right.high))


def _chosen(entries: list[DoseAndRate]) -> list[DoseAndRate]:
    """What was ordered is preferred over what a system calculated; both say one amount."""
    ordered = [each for each in entries if "calculated" not in _codes(each.type)]
    return ordered or entries


def _codes(concept: CodeableConcept | None) -> list[str]:
    return [each.code for each in concept.coding] if concept else []


def _distinct(reads: Iterable[_Read | None]) -> list[_Read]:
    found: list[_Read] = []
    for each in reads:
        if each is not None and each not in found:
            found.append(each)
    return found


def _dose(entry: DoseAndRate, tables: DosageTables, form: str, notes: list[str]) -> _Read | None:
    if entry.dose_quantity is not None:
        return _quantity(entry.dose_quantity, tables, form, notes)
    return _between(entry.dose_range, tables, form, notes) if entry.dose_range is not None else None


def _rate(entry: DoseAndRate, tables: DosageTables, form: str, notes: list[str]) -> _Read | None:
    """A rate per hour; a quantity whose unit is no rate is unread."""
    if entry.rate_ratio is not None:
        return _ratio(entry.rate_ratio, tables, form, notes)
    if entry.rate_quantity is not None:
        read = _quantity(entry.rate_quantity, tables, form, notes)
    elif entry.rate_range is not None:
        read = _between(entry.rate_range, tables, form, notes)
    else:
        return None
    if read is not None and not read.per_hour:
        notes.append("rate-unit")
        return None
    return read


def _ratio(ratio: Ratio, tables: DosageTables, form: str, notes: list[str]) -> _Read | None:
    seconds = _seconds(ratio.denominator, tables)
    if ratio.numerator is None or seconds is None:
        notes.append("rate-unit")
        return None
    top = _quantity(ratio.numerator, tables, form, notes)
    if top is None or top.per_hour:
        return None
    return _Read(top.value.scaled(_HOUR / seconds), top.unit or "1", per_hour=True)


def _seconds(quantity: Quantity | None, tables: DosageTables) -> Decimal | None:
    """A duration in seconds."""
    if quantity is None or quantity.value is None or quantity.value <= 0:
        return None
    for text in (quantity.code, quantity.unit):
        if (unit := tables.timing.period_seconds.get(_plain(text))) is not None:
            return quantity.value * unit
    return None


# -- limits ----------------------------------------------------------------------------------------------


def _max_per_day(dosage: Dosage, tables: DosageTables, unit: str, notes: list[str]) -> tuple[Decimal | None, str]:
    """The largest amount of a day: a limit per 4 h is multiplied, one per week is spread over its days."""
    found: list[tuple[Decimal, str]] = []
    ratio = dosage.max_dose_per_period
    if ratio is not None:
        seconds = _seconds(ratio.denominator, tables)
        top = _limit(ratio.numerator, tables, unit)
        if seconds is None or top is None:
            notes.append("max-dose")
        else:
            found.append((_tidy(top[0] * _DAY / seconds), top[1]))
    if dosage.max_dose_per_lifetime is not None:
        lifetime = _limit(dosage.max_dose_per_lifetime, tables, unit)
        if lifetime is not None and (not found or found[0][1] == lifetime[1]):
            found.append(lifetime)
    return min(found) if found else (None, "")


def _limit(quantity: Quantity | None, tables: DosageTables, unit: str) -> tuple[Decimal, str] | None:
    """A limit in mg, ug, mL or a count; without a unit it counts what a counted dose counts."""
    read = _quantity(quantity, tables, "", []) if quantity is not None else None
    if read is None or read.per_hour or (read.unit == "" and unit not in ("", "1")):
        return None
    return _high(read), read.unit or "1"


def _capped(amount: Interval | None, unit: str, limit: Quantity | None, tables: DosageTables) -> Interval | None:
    """No administration is larger than the order allows."""
    found = _limit(limit, tables, unit)
    if amount is None or found is None or amount.high is None or amount.low is None:
        return amount
    value, limit_unit = found
    same = {"": "1"}.get(unit, unit)
    factor = {("mg", "ug"): Decimal("0.001"), ("ug", "mg"): Decimal(1000)}.get((same, limit_unit))
    if same != limit_unit and factor is None:
        return amount
    cap = value * (factor or Decimal(1))
    return Interval(min(amount.low, cap), min(amount.high, cap))


# -- route -----------------------------------------------------------------------------------------------


def _route(concept: CodeableConcept | None, tables: DosageTables, notes: list[str]) -> tuple[str, str, bool]:
    """The class of the route, its word, and whether it is a PCA pump; two classes are a contradiction."""
    if concept is None:
        return "", "", False
    texts = [text for each in concept.coding for text in (each.code, each.display)] + [concept.text]
    words = [tables.routes.routes.get(" ".join(text.split()).lower()) for text in texts if text.strip()]
    known = [each for each in words if each is not None]
    if len({each.route for each in known}) != 1:
        if words:
            notes.append("route-contradiction" if known else "route-unread")
        return "", "", False
    said = {each.word for each in known if each.word}
    return known[0].route, said.pop() if len(said) == 1 else "", any(each.pca for each in known)


# -- timing ----------------------------------------------------------------------------------------------


class _Schedule(msgspec.Struct, frozen=True):
    """How often a day; `doses` is the number of doses of the whole course, where it has one."""

    per_day: Interval | None = None
    as_needed: bool = False
    once: bool = False
    continuous: bool = False
    doses: Decimal | None = None
    days: tuple[When, When] | None = None


def _schedule(timing: Timing | None, tables: DosageTables, notes: list[str]) -> _Schedule:
    """Times a day from the repetition, else from the code, else from dated events."""
    if timing is None:
        return _Schedule()
    own: list[str] = []
    repeated = _repeated(timing.repeat, tables, own) if timing.repeat is not None else None
    code, as_needed = _code(timing.code, tables)
    coded = _coded(code)
    doses = None if timing.repeat is None else timing.repeat.count_max or timing.repeat.count
    if code == "timing-unread":
        if repeated is None:
            own.append("timing-unread")
    elif code == "timing-contradiction" or (repeated is not None and coded is not None and repeated != coded):
        own.append("timing-contradiction")
        repeated = coded = None
    elif isinstance(code, TimingCode) and code.unread:
        own.append(code.unread)
        repeated = None
    notes.extend(own)
    once = isinstance(code, TimingCode) and code.once
    if once and coded is not None:
        doses = coded.high
    continuous = isinstance(code, TimingCode) and code.continuous
    as_needed = as_needed or (isinstance(code, TimingCode) and code.as_needed)
    if timing.event and repeated is None and coded is None:
        return _dated(timing.event, notes)
    return _Schedule(repeated or coded, as_needed, once, continuous, doses)


def _code(concept: CodeableConcept | None, tables: DosageTables) -> tuple[TimingCode | str | None, bool]:
    """The closed timing code, and whether it says "as needed"."""
    if concept is None:
        return None, False
    texts = [each.code for each in concept.coding if each.code] + [concept.text]
    found: list[TimingCode | None] = []
    needed = False
    for text in texts:
        if not text.strip():
            continue
        code, suffix = _without_suffix("".join(text.split()).upper(), tables)
        needed = needed or suffix
        found.append(tables.timing.codes.get(code))
    known = [each for each in found if each is not None]
    if not known:
        return ("timing-unread" if found else None), needed
    return (known[0] if all(each == known[0] for each in known) else "timing-contradiction"), needed


def _without_suffix(text: str, tables: DosageTables) -> tuple[str, bool]:
    for suffix in tables.timing.as_needed_suffixes:
        if text.endswith(suffix) and text != suffix:
            return text.removesuffix(suffix), True
    return text, False


def _coded(code: TimingCode | str | None) -> Interval | None:
    if not isinstance(code, TimingCode) or code.times is None:
        return None
    hours = code.hours or Decimal(24)
    times_max = code.times_max or code.times
    return Interval(_tidy(code.times * 24 / (code.hours_max or hours)), _tidy(times_max * 24 / hours))


def _repeated(repeat: TimingRepeat, tables: DosageTables, notes: list[str]) -> Interval | None:
    """Times a day of a repetition, or None; a contradiction is noted."""
    named = _named(repeat, tables, notes)
    regular = _regular(repeat, named, tables, notes)
    if repeat.day_of_week and repeat.period is None and named is None and repeat.frequency is not None:
        if repeat.frequency <= 0:
            notes.append("timing-unread")
            return None
        regular = Interval.point(repeat.frequency)
    if named is not None and regular is not None and regular != Interval.point(named):
        notes.append("timing-contradiction")
        return None
    per_day = regular or (Interval.point(named) if named is not None else None)
    return _on_weekdays(repeat, per_day, notes)


def _named(repeat: TimingRepeat, tables: DosageTables, notes: list[str]) -> Decimal | None:
    """Named times of a day: clock times, or events such as MORN and HS."""
    if repeat.time_of_day:
        return Decimal(len(set(repeat.time_of_day)))
    counts = [tables.timing.when.get(each) for each in dict.fromkeys(repeat.when)]
    if None in counts:
        notes.append("timing-unread")
        return None
    return sum((each for each in counts if each is not None), Decimal(0)) if counts else None


def _regular(repeat: TimingRepeat, named: Decimal | None, tables: DosageTables, notes: list[str]) -> Interval | None:
    """`frequency` (to max) per `period` (to max); the fewest and the most times a day."""
    numbers = (repeat.frequency, repeat.frequency_max, repeat.period, repeat.period_max)
    if repeat.period is None or (repeat.frequency is None and named is None):
        if repeat.period is not None or (repeat.frequency is not None and not repeat.day_of_week):
            notes.append("timing-unread")
        return None
    seconds = tables.timing.period_seconds.get(repeat.period_unit)
    if seconds is None or any(each is not None and each <= 0 for each in numbers):
        notes.append("timing-unread")
        return None
    if repeat.day_of_week and seconds == _WEEK * _DAY:
        return None
    fewest = repeat.frequency if repeat.frequency is not None else named
    assert fewest is not None
    most = max(repeat.frequency_max or fewest, fewest)
    longest = max(repeat.period, repeat.period_max or repeat.period)
    return Interval(_tidy(fewest * _DAY / (longest * seconds)), _tidy(most * _DAY / (repeat.period * seconds)))


def _on_weekdays(repeat: TimingRepeat, per_day: Interval | None, notes: list[str]) -> Interval | None:
    """Spread what happens only on some days over the week."""
    if not repeat.day_of_week:
        return per_day
    days = Decimal(len(set(repeat.day_of_week)))
    if repeat.period_unit == "wk":
        if repeat.period == 1 and repeat.frequency in (None, days) and repeat.frequency_max in (None, days):
            return Interval.point(_tidy(days / _WEEK))
        notes.append("timing-contradiction")
        return None
    share = days / _WEEK
    if per_day is None:
        return Interval.point(_tidy(share)) if not notes else None
    assert per_day.low is not None
    assert per_day.high is not None
    return Interval(_tidy(per_day.low * share), _tidy(per_day.high * share))


def _dated(events: list[str], notes: list[str]) -> _Schedule:
    """Dated events on one day, or equally many on days without a gap."""
    try:
        days = sorted((when(each) for each in events), key=lambda each: each.first)
    except ValueError:
        notes.append("dated-events")
        return _Schedule()
    counts: dict[When, int] = {}
    for day in days:
        plain_day = When(day.first, day.last)
        counts[plain_day] = counts.get(plain_day, 0) + 1
    listed = list(counts)
    gap = any((right.first - left.last).days != 1 for left, right in pairwise(listed))
    if gap or len(set(counts.values())) != 1 or not all(each.is_day for each in listed):
        notes.append("dated-events")
        return _Schedule()
    return _Schedule(Interval.point(counts[listed[0]]), days=(listed[0], listed[-1]))


# -- courses ---------------------------------------------------------------------------------------------


def _course(
    timing: Timing | None,
    schedule: _Schedule,
    written: When | None,
    zone: str | None,
    tables: DosageTables,
    notes: list[str],
) -> tuple[When | None, When | None]:
    """First and last day of the course; an uncertain end is a span of days."""
    if schedule.days:
        return schedule.days
    repeat = timing.repeat if timing is not None else None
    if repeat is not None and repeat.bounds_period is not None:
        return _bounds_period(repeat.bounds_period.start, repeat.bounds_period.end, zone, notes)
    lasts = _lasts(repeat, schedule, tables, notes)
    if lasts is None:
        return None, None
    if written is None:
        notes.append("course-undated")
        return None, None
    fewest, most = lasts
    begins = When(written.first, written.last)
    try:
        return begins, When(begins.first + timedelta(days=fewest - 1), begins.last + timedelta(days=most - 1))
    except OverflowError:
        notes.append("course-undated")
        return None, None


def _bounds_period(start: str, end: str, zone: str | None, notes: list[str]) -> tuple[When | None, When | None]:
    try:
        return (when(start, zone) if start else None), (when(end, zone) if end else None)
    except ValueError:
        notes.append("course-undated")
        return None, None


def _lasts(
    repeat: TimingRepeat | None, schedule: _Schedule, tables: DosageTables, notes: list[str]
) -> tuple[int, int] | None:
    """Fewest and most days of a course that says only how long it lasts."""
    if schedule.once:
        return 1, 1
    if repeat is not None and (repeat.bounds_duration or repeat.bounds_range):
        span = repeat.bounds_range or Range(repeat.bounds_duration, repeat.bounds_duration)
        low, high = _seconds(span.low or span.high, tables), _seconds(span.high, tables)
        if low is None or high is None:
            notes.append("course-undated")
            return None
        return max(math.ceil(low / _DAY), 1), max(math.ceil(high / _DAY), 1)
    if schedule.doses is not None and schedule.per_day is not None:
        assert schedule.per_day.low is not None
        assert schedule.per_day.high is not None
        return (
            max(math.ceil(schedule.doses / schedule.per_day.high), 1),
            max(math.ceil(schedule.doses / schedule.per_day.low), 1),
        )
    return None


def _day_after(day: When | None) -> When | None:
    """The day after the end of a course; None where that is not known."""
    try:
        return day and When(day.first + timedelta(days=1), day.last + timedelta(days=1))
    except OverflowError:
        return None
