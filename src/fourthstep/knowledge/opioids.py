"""The opioid knowledge: factor tables, limits, and the closed tables that read a dosage.

Nothing here is a dose to give.  The tables measure exposure; every number stands in `knowledge/opioids/` with
the source it rests on, and a deployment chooses a factor table by its name.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast

import msgspec

from fourthstep.ground.errors import Mistake
from fourthstep.knowledge.models import Entry, Mark
from fourthstep.knowledge.reader import BROKEN, Reading

RouteClass = Literal[
    "oral",
    "parenteral",
    "transdermal",
    "transmucosal",
    "rectal",
    "nasal",
    "topical",
    "neuraxial",
    "implant",
    "other",
]
FormKind = Literal["tablet", "capsule", "lozenge", "film", "patch", "spray", "suppository", "liquid", "injection", "implant"]
FactorUnit = Literal["mg", "mcg", "mcg/h", "mg of morphine content", ""]
FactorStatus = Literal["default", "extension", "excluded", "unknown", "ignore", "separate"]

# -- factor tables ---------------------------------------------------------------------------------------


class Band(Entry, frozen=True, kw_only=True):
    """The factor of one band of the daily amount; a band without `at_most` is the last."""

    at_most: Decimal | None = None
    factor: Decimal


class Beside(Entry, frozen=True, kw_only=True):
    """A published factor that is shown beside the total and never added to it."""

    factor: Decimal
    because: list[str]
    mark: Mark


class FactorRow(Entry, frozen=True, kw_only=True):
    """Oral morphine equivalent of one unit of one opioid by one route.

    `status`: default and extension are counted; excluded is reported apart; unknown makes the total unknown;
    ignore belongs to anaesthesia; separate is listed as recorded and never converted.
    """

    ingredient: str
    rxcui: str = ""
    routes: list[str]
    unit: FactorUnit = ""
    factor: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    bands: list[Band] = msgspec.field(default_factory=list)
    beside: list[Beside] = msgspec.field(default_factory=list)
    status: FactorStatus
    because: list[str] = msgspec.field(default_factory=list)
    mark: Mark
    note: str = ""


class FactorTable(Entry, frozen=True, kw_only=True):
    """One published set of factors; its name is printed next to every number that it made."""

    id: str
    name: str
    says: str
    because: list[str]
    rows: list[FactorRow]


# -- ingredients -----------------------------------------------------------------------------------------


class Opioid(Entry, frozen=True, kw_only=True):
    """What the arithmetic and the trial rules need to know of one opioid."""

    rxcui: str = ""
    names: list[str] = msgspec.field(default_factory=list)
    strength: Literal["strong", "weak", "unclassified"]
    strong_from: Decimal | None = None
    """Smallest mg a day by mouth that counts as a strong opioid."""
    weak_in_combination_below: Decimal | None = None
    """As a combination product below this oral morphine equivalent it counts as a weak opioid."""
    trial_routes: list[RouteClass] = msgspec.field(default_factory=list)
    """Routes by which it can be a trial; empty: every systemic route."""
    tolerance: bool = True
    """Whether its equivalent may prove opioid tolerance."""
    by_dose: bool = True
    """Whether a trial is judged on its oral morphine equivalent."""
    flags: list[str] = msgspec.field(default_factory=list)
    because: list[str] = msgspec.field(default_factory=list)
    mark: Mark = "K"


# -- limits ----------------------------------------------------------------------------------------------


class Limit(Entry, frozen=True, kw_only=True):
    """One threshold with its unit, its words and its source."""

    value: Decimal
    unit: str
    says: str
    mark: Mark
    because: list[str] = msgspec.field(default_factory=list)


class Tolerated(Entry, frozen=True, kw_only=True):
    """Daily amount of one opioid that proves tolerance when taken for a week or longer."""

    ingredient: str
    route: RouteClass
    at_least: Decimal
    unit: Literal["mg", "mcg/h"]
    mark: Mark
    because: list[str] = msgspec.field(default_factory=list)


class TrialWindows(Entry, frozen=True, kw_only=True):
    """Shortest scheduled exposure, in days, before a trial can be judged."""

    immediate: Limit
    extended: Limit
    transdermal: Limit
    methadone: Limit
    buprenorphine_transdermal: Limit


class OutcomeLags(Entry, frozen=True, kw_only=True):
    """Hours after the last change before a pain score says something of the dose."""

    immediate: Limit
    transdermal: Limit
    methadone: Limit


class Definition(Entry, frozen=True, kw_only=True):
    """A named definition of an adequate trial; the report prints which one was used."""

    says: str
    rotations: int
    dose: Decimal
    """Oral morphine equivalent, mg/d, that a trial must reach."""
    shortest: Decimal | None = None
    """No window is shorter than this, in days."""
    hours: Decimal | None = None
    """One window for every form, in hours that must have passed."""
    mark: Mark
    because: list[str] = msgspec.field(default_factory=list)


class Limits(Entry, frozen=True, kw_only=True):
    """Every threshold of the opioid facts."""

    implausible_single: Limit
    implausible_day: Limit
    coverage_outpatient: Limit
    coverage_inpatient: Limit
    recorded_window: Limit
    patch_wear_longest: Limit
    tolerance_days: Limit
    tolerance_dose: Limit
    tolerated: list[Tolerated]
    high_exposure: Limit
    very_high_exposure: Limit
    transmucosal_doses: Limit
    trial_windows: TrialWindows
    outcome_lags: OutcomeLags
    prognosis_windows: dict[str, Limit]
    titration: Limit
    outcome_pain: Limit
    outcome_improvement: Limit
    definitions: dict[str, Definition]


# -- reading a dosage ------------------------------------------------------------------------------------


class TimingCode(Entry, frozen=True, kw_only=True):
    """What a closed timing code means; one with `unread` is known to mean nothing that can be counted."""

    times: Decimal | None = None
    times_max: Decimal | None = None
    hours: Decimal | None = None
    """The period of `times`; 24 where nothing is written."""
    hours_max: Decimal | None = None
    once: bool = False
    continuous: bool = False
    as_needed: bool = False
    unread: str = ""


class Timings(Entry, frozen=True, kw_only=True):
    """The closed tables of timing."""

    as_needed_suffixes: list[str]
    period_seconds: dict[str, Decimal]
    when: dict[str, Decimal]
    codes: dict[str, TimingCode]


class UnitWord(Entry, frozen=True, kw_only=True):
    """What a unit means: so many `times` of `unit`, in `per_seconds` for a rate; forms that it may count."""

    unit: Literal["mg", "ug", "mL", "1", ""] = ""
    times: Decimal = Decimal(1)
    per_seconds: Decimal | None = None
    forms: list[FormKind] = msgspec.field(default_factory=list)
    unread: str = ""


class StrengthUnit(Entry, frozen=True, kw_only=True):
    """What a product's strength unit means, in mg per unit, mL, hour or actuation."""

    mg: Decimal
    per: Literal["unit", "mL", "h", "actuation"]


class Units(Entry, frozen=True, kw_only=True):
    """The closed tables of units."""

    units: dict[str, UnitWord]
    strengths: dict[str, StrengthUnit]


class FormWord(Entry, frozen=True, kw_only=True):
    """What a dose form is."""

    kind: FormKind
    extended: bool = False


class FormKindEntry(Entry, frozen=True, kw_only=True):
    """Whether one unit of the form can be counted, and the route words of the factor tables it stands for."""

    solid: bool
    transmucosal: list[str] = msgspec.field(default_factory=list)


class Forms(Entry, frozen=True, kw_only=True):
    """The closed tables of dose forms."""

    kinds: dict[str, FormKindEntry]
    forms: dict[str, FormWord]


class RouteWord(Entry, frozen=True, kw_only=True):
    """What a route code or word means."""

    route: RouteClass
    word: Literal["", "intravenous", "subcutaneous", "intramuscular"] = ""
    """Which parenteral route; empty where that is not said or does not matter."""
    pca: bool = False
    """Patient-controlled analgesia: a plain dose by this route is the content of the bag."""


class Routes(Entry, frozen=True, kw_only=True):
    """The closed tables of routes; `words` are the names the factor tables use."""

    words: dict[str, list[str]]
    routes: dict[str, RouteWord]


class DosageTables(Entry, frozen=True, kw_only=True):
    """All that is needed to read a dosage of any drug."""

    timing: Timings
    units: Units
    forms: Forms
    routes: Routes


class OpioidKnowledge(Entry, frozen=True, kw_only=True):
    """Everything that is known of opioids, of no patient."""

    tables: dict[str, FactorTable]
    ingredients: dict[str, Opioid]
    limits: Limits
    dosage: DosageTables


def read_opioid_knowledge(folder: Path, reading: Reading) -> OpioidKnowledge:
    """Read the folder `knowledge/opioids`.

    Every mistake is noted in `reading`, whose `finish` raises all of them.  Where a file is broken the result
    lacks that part and must not be used.

    Args:
        folder: holds `factors_*.yaml`, `ingredients`, `limits`, `timing`, `units`, `forms` and `routes`.
        reading: notes mistakes with file, line and caret.
    """
    tables = {each.id: each for each in _tables(folder, reading)}
    parts = {
        name: _read(folder / f"{name}.yaml", wanted, reading)
        for name, wanted in (
            ("timing", Timings), ("units", Units), ("forms", Forms), ("routes", Routes),
            ("ingredients", dict[str, Opioid]), ("limits", Limits),
        )
    }  # fmt: skip
    dosage = DosageTables(**{name: parts.pop(name) for name in ("timing", "units", "forms", "routes")})
    knowledge = OpioidKnowledge(tables=tables, dosage=dosage, **parts)
    if not reading.mistakes:
        _check(knowledge, reading)
    return knowledge


def _tables(folder: Path, reading: Reading) -> list[FactorTable]:
    read = [(path, _read(path, FactorTable, reading)) for path in sorted(folder.glob("factors_*.yaml"))]
    found = [(path, table) for path, table in read if table is not BROKEN]
    for path, table in found:
        if f"factors_{table.id}" != path.stem:
            reading.mistake(table, "id", f"the file is named {path.stem}", "A file carries the name of its table.")
    if not read:
        reading.mistakes.append(Mistake("knowledge/opioids", 1, 0, "there is no factors_*.yaml"))
    return [table for _, table in found]


def _read(path: Path, wanted: Any, reading: Reading) -> Any:
    name = f"knowledge/opioids/{path.name}"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        reading.mistakes.append(Mistake(name, 1, 0, "the file is missing", "Restore it from the release."))
        return BROKEN
    return reading.read(text, name, wanted)


# -- what no type can say --------------------------------------------------------------------------------


def _check(knowledge: OpioidKnowledge, reading: Reading) -> None:
    """Factors inside their bounds, known routes and ingredients, one row per use."""
    for table in knowledge.tables.values():
        _check_table(table, knowledge, reading)
    for tolerated in knowledge.limits.tolerated:
        if tolerated.ingredient not in knowledge.ingredients:
            reading.mistake(tolerated, "ingredient", f"`{tolerated.ingredient}` is not in ingredients.yaml")


def _check_table(table: FactorTable, knowledge: OpioidKnowledge, reading: Reading) -> None:
    known = {"any", *(word for words in knowledge.dosage.routes.words.values() for word in words)}
    known |= {word for kind in knowledge.dosage.forms.kinds.values() for word in kind.transmucosal}
    seen: set[tuple[str, str]] = set()
    for row in table.rows:
        if row.ingredient not in knowledge.ingredients and row.status != "separate":
            reading.mistake(row, "ingredient", f"`{row.ingredient}` is not in ingredients.yaml")
        for route in row.routes:
            if route not in known:
                reading.mistake(row, "routes", f"`{route}` is not a route word of routes.yaml or forms.yaml")
            if (row.ingredient, route) in seen:
                reading.mistake(row, "routes", f"{row.ingredient} by `{route}` stands twice")
            seen.add((row.ingredient, route))
        _check_row(row, reading)


def _check_row(row: FactorRow, reading: Reading) -> None:
    counted = row.status in ("default", "extension")
    if counted and row.factor is None and not row.bands:
        reading.mistake(row, "", "a row that is counted needs `factor` or `bands`")
    if counted and (row.low is None or row.high is None or not row.unit):
        reading.mistake(row, "", "a row that is counted needs `unit`, `low` and `high`")
    factors = [each for each in (row.factor, *(band.factor for band in row.bands)) if each is not None]
    if row.low is not None and row.high is not None and any(not row.low <= each <= row.high for each in factors):
        reading.mistake(row, "factor", "the factor lies outside `low` to `high`")
    limits = [band.at_most for band in row.bands]
    if limits and (limits[-1] is not None or None in limits[:-1] or limits[:-1] != sorted(cast("Any", limits[:-1]))):
        reading.mistake(row, "bands", "bands stand in order, and only the last has no `at_most`")


def opioid_named(knowledge: OpioidKnowledge, name: str, code: str = "") -> str:
    """The name that the tables use for an opioid, by RxNorm ingredient or by name; empty if it is none."""
    plain = name.strip().lower()
    for key, opioid in knowledge.ingredients.items():
        if (code and code == opioid.rxcui) or plain == key or plain in opioid.names:
            return key
    return ""


def sources_used(knowledge: OpioidKnowledge) -> frozenset[str]:
    """Every source id that the opioid knowledge rests on, for the check against the registry of sources."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, msgspec.Struct):
            found.update(getattr(value, "because", []))
            for name in value.__struct_fields__:
                walk(getattr(value, name))
        elif isinstance(value, dict):
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    walk(knowledge)
    return frozenset(found)
