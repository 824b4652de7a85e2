"""Are all groups of patients found alike?  Counts by group, with small numbers withheld so that nothing gives them back.

A group of fewer than 11 patients is not shown.  As the totals are known, the others would give a single one back by
subtraction; so more groups are withheld, the smallest first, until every withheld number could be another one.
"""

from collections.abc import Iterable, Iterator

import msgspec

from fourthstep.screen.groups import DIMENSIONS

LEAST = 11
WHOLE = "all"


class Counts(msgspec.Struct):
    """How the patients of one group fare."""

    patients: int = 0
    in_scope: int = 0
    """All but those who are surely out of scope."""
    not_assessable: int = 0
    """Of those in scope: it cannot be told whether the pain is controlled, or an error of the program."""
    uncontrolled: int = 0
    """Of those in scope: the pain is not controlled."""
    refer: int = 0
    """Of those in scope: refer or refer early."""

    def add(self, other: "Counts") -> None:
        """Add a group, or a patient."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


COLUMNS = Counts.__struct_fields__
OUTCOMES = COLUMNS[2:]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table; None: withheld."""

    dimension: str
    group: str
    patients: int | None
    in_scope: int | None
    assessed: int | None
    not_assessable: int | None
    uncontrolled: int | None
    refer: int | None

    def rate(self, name: str) -> str:
        """Percent of those in scope (of all patients for `in_scope`); empty where it is withheld or nobody is there."""
        part, whole = getattr(self, name), self.patients if name == "in_scope" else self.in_scope
        return "" if part is None or not whole else f"{100 * part / whole:.1f}"


def lines(total: Counts, groups: dict[str, dict[str, Counts]], least: int = LEAST) -> Iterator[Line]:
    """The whole table: everybody, then every group by dimension."""
    yield _line(WHOLE, WHOLE, total, set())
    for dimension in (name for name in DIMENSIONS if name in groups):
        rows = groups[dimension]
        hidden = withheld(rows, least)
        if len(hidden["patients"]) == len(rows):
            yield _line(dimension, "every group", Counts(), set(COLUMNS))
            continue
        for group in sorted(rows, key=lambda name: (name in hidden["patients"], _rank(rows, hidden, name), name)):
            yield _line(dimension, group, rows[group], {name for name in COLUMNS if group in hidden[name]})


def _rank(rows: dict[str, Counts], hidden: dict[str, set[str]], name: str) -> int:
    """The largest group first; of those withheld the order must not tell which is larger."""
    return 0 if name in hidden["patients"] else -rows[name].patients


def _line(dimension: str, group: str, counts: Counts, hidden: set[str]) -> Line:
    told = {name: None if name in hidden else getattr(counts, name) for name in COLUMNS}
    assessed = None if {"in_scope", "not_assessable"} & hidden else counts.in_scope - counts.not_assessable
    return Line(dimension=dimension, group=group, assessed=assessed, **told)


def withheld(rows: dict[str, Counts], least: int = LEAST) -> dict[str, set[str]]:
    """Column -> the groups of one dimension whose number is not shown.

    Whoever is withheld in a column is withheld in every column that is a part of it; the outcomes of a group are shown
    together or not at all, because one bounds the other.
    """
    if len(rows) == 1 and next(iter(rows.values())).patients >= least:
        return {name: set() for name in COLUMNS}
    patients = _closed(rows, _small(rows, "patients", least), ("patients",), least)
    in_scope = _closed(rows, patients | _small(rows, "in_scope", least), ("in_scope",), least)
    outcomes = _closed(rows, in_scope, OUTCOMES, least)
    return {"patients": patients, "in_scope": in_scope, **dict.fromkeys(OUTCOMES, outcomes)}


def _small(rows: dict[str, Counts], column: str, least: int) -> set[str]:
    return {name for name, counts in rows.items() if getattr(counts, column) < least}


def _closed(rows: dict[str, Counts], start: set[str], columns: tuple[str, ...], least: int) -> set[str]:
    """Add groups, the smallest first, until no subtraction from the totals gives a withheld number back."""
    hidden = set(start)
    for name in sorted(rows, key=lambda each: (rows[each].patients, each)):
        if not hidden or all(_safe(rows, hidden, column, least) for column in columns):
            break
        hidden.add(name)
    return hidden


def _safe(rows: dict[str, Counts], hidden: set[str], column: str, least: int) -> bool:
    """Does the sum over the withheld groups, which anybody can compute, leave each of them open?"""
    whole = _sum((rows[name] for name in hidden), column)
    if column == "patients":  # every group that is named has at least one
        return whole >= least and whole > len(hidden)
    over = "patients" if column == "in_scope" else "in_scope"
    if _sum(rows.values(), column) in (0, _sum(rows.values(), over)):
        return True  # nobody or everybody: the totals say so of each
    enough = column != "in_scope" or whole >= least
    return enough and 0 < whole < _sum((rows[name] for name in hidden), over)


def _sum(rows: Iterable[Counts], column: str) -> int:
    return sum(int(getattr(each, column)) for each in rows)
