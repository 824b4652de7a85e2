"""From one use to its daily amount, and from there to oral morphine.

A factor belongs to one opioid by one route.  Nothing falls back: a parenteral, neuraxial or unlisted opioid
without its own row has no factor, and what has no factor is unknown.
"""

from decimal import Decimal

import msgspec

from fourthstep.events.dosage import form_kind
from fourthstep.events.event import Dose, Drug
from fourthstep.facts.opioids.steps import ZERO, Daily, Use
from fourthstep.ground.interval import Interval, plain
from fourthstep.ground.truth import Truth
from fourthstep.knowledge.opioids import FactorRow, FactorTable, OpioidKnowledge, StrengthUnit

_HOURS = Decimal(24)
_NOISE = Decimal("1e-10")
_THOUSANDTH = Decimal("0.001")
_SOFT = frozenset({"no-dose", "no-timing", "max-dose"})
"""Reasons that matter only where the part they name is needed."""
_TIMING = frozenset({"timing-unread", "timing-contradiction", "dated-events"})
"""For a patch the change interval is not needed."""


def tidy(value: Decimal) -> Decimal:
    """Without the noise that a division leaves in the last digits."""
    return Decimal(plain(value.quantize(_NOISE))) if abs(value) < Decimal("1e15") else value


def settled(value: Decimal) -> Decimal:
    """A total or a limit, rounded to a thousandth of its unit.

    A third of a day has no exact decimal, and what it leaves in the last digits of a sum must never decide.
    """
    return Decimal(plain(value.quantize(_THOUSANDTH))) if abs(value) < Decimal("1e15") else value


def settled_ends(value: Interval) -> Interval:
    """An interval between two known ends, rounded like a total."""
    assert value.low is not None
    assert value.high is not None
    return Interval(settled(value.low), settled(value.high))


def product(left: Interval, right: Interval) -> Interval:
    """The product of two positive intervals whose ends are known."""
    assert left.low is not None
    assert left.high is not None
    assert right.low is not None
    assert right.high is not None
    return Interval(tidy(left.low * right.low), tidy(left.high * right.high))


def scaled(value: Interval, factor: Decimal) -> Interval:
    """The interval times one positive factor."""
    return product(value, Interval.point(factor))


# -- the route -------------------------------------------------------------------------------------------


def route_of(dose: Dose | None, drug: Drug) -> tuple[str, str]:
    """The route class and, where it is not known, the reason.

    Instruction and product must not contradict each other: a tablet that is ordered under the tongue is
    neither of its routes.  An injection may be given into the spine.
    """
    written = dose.route if dose is not None else ""
    if dose is not None and not written and {"route-unread", "route-contradiction"} & set(dose.unread):
        return "", "route-unread"
    into_the_spine = drug.route == "parenteral" and written == "neuraxial"
    if written and drug.route not in ("", "pack", written) and not into_the_spine:
        return "", "route-contradiction"
    route = written or (drug.route if drug.route != "pack" else "")
    return route, "" if route else "route-unknown"


# -- the daily amount ------------------------------------------------------------------------------------


def daily(use: Use, knowledge: OpioidKnowledge) -> Daily:
    """The daily amount of one use, in mg, or in ug/h for a patch.

    Unknown when:
        a part that is needed is missing or unread, the product's strength is needed and not known, or unit
        and form do not go together.
    """
    drug = use.event.drug
    assert drug is not None
    if use.reasons:
        return Daily(reasons=use.reasons)
    if use.dose is None:
        return Daily(reasons=("no-dosage",))
    if use.route == "transdermal":
        return _patch(use.dose, drug, knowledge)
    hard = [each for each in use.dose.unread if each not in _SOFT]
    if hard:
        return Daily(reasons=tuple(hard))
    found = _infusion(use, drug, knowledge) if use.dose.rate is not None else _doses(use, drug, knowledge)
    if use.role == "recorded" and use.dose.rate is None and use.as_needed is not Truth.FALSE:
        return _given(found, use.as_needed)
    return _bounded(found) if use.bounded else found


def _given(found: Daily, as_needed: Truth) -> Daily:
    """A dose that was given as needed is no part of a schedule; one that may have been is part of it or not."""
    if found.scheduled is None:
        return found
    scheduled = ZERO if as_needed is Truth.TRUE else Interval(Decimal(0), found.scheduled.high)
    return msgspec.structs.replace(found, scheduled=scheduled, given=found.scheduled)


def _bounded(found: Daily) -> Daily:
    """From nothing to all: what was dispensed, for example, is the most that can be taken."""
    if found.scheduled is None:
        return found
    return msgspec.structs.replace(found, scheduled=Interval(Decimal(0), found.scheduled.high))


def _patch(dose: Dose, drug: Drug, knowledge: OpioidKnowledge) -> Daily:
    """The rate of the patches worn; the change interval never multiplies."""
    hard = [each for each in dose.unread if each not in _SOFT | _TIMING]
    if hard:
        return Daily(reasons=tuple(hard))
    strength = _strength(drug, knowledge)
    one = None if strength is None or strength[1] != "h" else strength[0] * 1000
    rate = _written_rate(dose, one, knowledge) if dose.rate is not None else _worn(dose, one, drug, knowledge)
    if isinstance(rate, str):
        return Daily(reasons=(rate,))
    if dose.as_needed:
        return Daily(ZERO, rate.high, "ug/h", continuous=True)
    return Daily(rate, Decimal(0), "ug/h", continuous=True)


def _written_rate(dose: Dose, one: Decimal | None, knowledge: OpioidKnowledge) -> Interval | str:
    """The rate as the order writes it, in ug/h; it must be the rate of the product."""
    assert dose.rate is not None
    rate, unit = _plainly(dose.rate, dose.unit, knowledge)
    if unit not in ("mg", "ug"):
        return "patch-not-a-rate"
    rate = rate if unit == "ug" else scaled(rate, Decimal(1000))
    return rate if one is None or rate == Interval.point(one) else "dose-and-rate-differ"


def _worn(dose: Dose, one: Decimal | None, drug: Drug, knowledge: OpioidKnowledge) -> Interval | str:
    """The number of patches times the rate of one, in ug/h."""
    if dose.amount is None:
        return "no-dose"
    if _plainly(dose.amount, dose.unit, knowledge)[1] not in ("1", ""):
        return "patch-not-a-rate"
    if dose.unit == "" and form_kind(drug.form, knowledge.dosage) not in ("patch", None):
        return "unit-form-mismatch"
    return scaled(dose.amount, one) if one is not None else "no-strength"


def _infusion(use: Use, drug: Drug, knowledge: OpioidKnowledge) -> Daily:
    """The rate times 24 hours, or times the hours that it was recorded to run."""
    dose = use.dose
    assert dose is not None
    assert dose.rate is not None
    rate = _mass(dose.rate, dose.unit, drug, knowledge)
    if isinstance(rate, str):
        return Daily(reasons=(rate,))
    amount = product(rate, use.times or Interval.point(_HOURS))
    if dose.as_needed:
        return Daily(ZERO, amount.high, "mg", continuous=True)
    return Daily(amount, Decimal(0), "mg", continuous=True)


def _doses(use: Use, drug: Drug, knowledge: OpioidKnowledge) -> Daily:
    """Amount of one dose times doses a day; as needed from none to the most that the order allows."""
    dose = use.dose
    assert dose is not None
    each = _mass(dose.amount, dose.unit, drug, knowledge) if dose.amount is not None else None
    cap = _cap(dose, drug, knowledge)
    if isinstance(each, str):
        return Daily(reasons=(each,))
    if dose.as_needed and use.role != "recorded":
        return _as_needed(dose, each, cap)
    per_day = use.times or dose.per_day
    if each is None or per_day is None:
        missing = ("no-dose",) if each is None else ()
        return Daily(reasons=_why(dose, missing + (("no-timing",) if per_day is None else ())))
    return Daily(product(each, per_day), Decimal(0), "mg", each.high, times=per_day.high)


def _why(dose: Dose, missing: tuple[str, ...]) -> tuple[str, ...]:
    """The reasons as they were read, else the names of what is missing."""
    return ("text-only",) if "text-only" in dose.unread else missing


def _as_needed(dose: Dose, each: Interval | None, cap: Decimal | None) -> Daily:
    """The largest day: dose times frequency, and no more than the order's own limit."""
    high = None
    if each is not None and dose.per_day is not None:
        high = product(each, dose.per_day).high
    known = [value for value in (high, cap) if value is not None]
    if not known:
        return Daily(reasons=_why(dose, ("prn-without-limit",)))
    single = each.high if each is not None else None
    times = dose.per_day.high if dose.per_day is not None else None
    if dose.max_per_day is not None and dose.max_unit == "1":
        times = dose.max_per_day if times is None else min(times, dose.max_per_day)
    return Daily(ZERO, min(known), "mg", single, times=times)


def _cap(dose: Dose, drug: Drug, knowledge: OpioidKnowledge) -> Decimal | None:
    """The order's own largest amount of a day, in mg; None where there is none or it cannot be read."""
    if dose.max_per_day is None:
        return None
    found = _mass(Interval.point(dose.max_per_day), dose.max_unit, drug, knowledge)
    return None if isinstance(found, str) else found.high


def _mass(amount: Interval, unit: str, drug: Drug, knowledge: OpioidKnowledge) -> Interval | str:
    """An amount in mg of the opioid, or the reason why not."""
    amount, unit = _plainly(amount, unit, knowledge)
    if unit in ("mg", "ug"):
        return amount if unit == "mg" else scaled(amount, Decimal("0.001"))
    strength = _strength(drug, knowledge)
    if strength is None:
        return "no-strength"
    value, per = strength
    if unit == "mL":
        return scaled(amount, value) if per == "mL" else "no-concentration"
    return _uncountable(unit, per, drug, knowledge) or scaled(amount, value)


def _uncountable(unit: str, per: str, drug: Drug, knowledge: OpioidKnowledge) -> str:
    """Why a number does not count units of the product; empty where it does.

    A number without unit counts only a solid form.
    """
    if unit not in ("1", ""):
        return "unit-unread"
    if unit == "" and not _solid(drug, knowledge):
        return "unit-missing"
    return "" if per in ("unit", "actuation") else "unit-form-mismatch"


def _plainly(amount: Interval, unit: str, knowledge: OpioidKnowledge) -> tuple[Interval, str]:
    """Amount and unit as mg, ug, mL or a count, where the unit is another word for one of them."""
    word = knowledge.dosage.units.units.get("".join(unit.split()).replace("{", "").replace("}", "").lower())
    if not unit or word is None or word.per_seconds is not None:
        return amount, unit
    return scaled(amount, word.times), word.unit


def _solid(drug: Drug, knowledge: OpioidKnowledge) -> bool:
    kind = form_kind(drug.form, knowledge.dosage)
    return kind is not None and knowledge.dosage.forms.kinds[kind].solid


def _strength(drug: Drug, knowledge: OpioidKnowledge) -> tuple[Decimal, str] | None:
    """The product's strength in mg, and per what."""
    key = "".join(drug.strength_unit.split()).replace("{", "").replace("}", "").lower()
    unit: StrengthUnit | None = knowledge.dosage.units.strengths.get(key)
    if drug.strength is None or drug.strength <= 0 or unit is None:
        return None
    return drug.strength * unit.mg, unit.per


def is_extended(drug: Drug, knowledge: OpioidKnowledge) -> bool:
    """Whether the product releases its opioid slowly."""
    word = knowledge.dosage.forms.forms.get(drug.form.strip().lower())
    return word is not None and word.extended


# -- the factor ------------------------------------------------------------------------------------------


def factor_row(
    opioid: str, route: str, drug: Drug, table: FactorTable, knowledge: OpioidKnowledge, *, continuous: bool
) -> FactorRow | None:
    """The table's row for an opioid by a route and form; None where the table has none."""
    words = _route_words(route, drug, knowledge, continuous=continuous)
    if route == "neuraxial":
        return next((row for row in table.rows if row.status == "separate"), None)
    own = [row for row in table.rows if row.ingredient == opioid]
    for row in own:
        if "any" in row.routes or words & set(row.routes):
            return row
    apart = [row for row in own if row.status == "excluded"]
    return apart[0] if apart and len(apart) == len(own) else None


def _route_words(route: str, drug: Drug, knowledge: OpioidKnowledge, *, continuous: bool) -> set[str]:
    """What the tables call this route: in the mouth it depends on the form, in a vein on whether it flows."""
    words = knowledge.dosage.routes.words
    if route == "transmucosal":
        kind = form_kind(drug.form, knowledge.dosage)
        return set(knowledge.dosage.forms.kinds[kind].transmucosal) if kind else set()
    found = set(words.get(route, []))
    if route == "parenteral":
        found |= set(words["infusion" if continuous else "bolus"])
    return found


def in_factor_unit(amount: Decimal, row: FactorRow) -> Decimal:
    """An amount in mg (or ug/h for a patch), in the unit that the row's factor multiplies."""
    return amount * 1000 if row.unit == "mcg" else amount


def states_morphine(drug: Drug, row: FactorRow) -> bool:
    """Opium counts only where the product states its content of morphine."""
    return row.unit != "mg of morphine content" or "morphine" in drug.product.lower()


def factor_for(row: FactorRow, amount: Decimal) -> Decimal | None:
    """The default factor, by band where the table has bands of the daily amount."""
    for band in row.bands:
        if band.at_most is None or amount <= band.at_most:
            return band.factor
    return row.factor
