"""What `make accuracy` counts: tallies over patients, and shares with their intervals."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

YES, LATER, CANNOT, NO = "proposed", "after correction", "not assessable", "not proposed"
"""What the engine says of an option, for one patient."""
OPEN, SHUT = "open", "not open"
"""What is true of it."""
Kind = tuple[str, str, str, str]
"""What is judged, the syndrome, the truth, what the engine says."""


@dataclass
class Tally:
    """Counts over patients; tallies of batches add up."""

    patients: int = 0
    pathway: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Truth, what the engine says."""
    option: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Option, truth, what the engine says."""
    family: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Of options that this family alone blocks: what the engine says."""
    prognosis: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Does the option fit the prognosis in truth, and by the engine."""
    syndrome: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Syndrome, whether it is recognised with certainty."""
    disagreement: Counter[Kind] = field(default_factory=Counter)
    example: dict[Kind, str] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Take in another tally."""
        self.patients += other.patients
        for name in ("pathway", "option", "family", "prognosis", "syndrome", "disagreement"):
            getattr(self, name).update(getattr(other, name))
        self.example = {**other.example, **self.example}


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval after Wilson."""

    count: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper limit.

        >>> [round(limit, 3) for limit in Share(9, 10).interval]
        [0.596, 0.982]
        """
        z, n = 1.959964, self.of
        if not n:
            return 0.0, 1.0
        p = self.count / n
        centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (centre - half) / (1 + z * z / n)), min(1.0, (centre + half) / (1 + z * z / n))

    def __str__(self) -> str:
        if not self.of:
            return "–"
        low, high = self.interval
        return f"{100 * self.count / self.of:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def total(counts: Counter[Any], *start: str) -> int:
    """How many keys begin so."""
    return sum(count for key, count in counts.items() if key[: len(start)] == start)


def share(counts: Counter[Any], answers: tuple[str, ...], *start: str) -> Share:
    """The share of some answers among the keys that begin with `start` and go on with an answer."""
    return Share(sum(total(counts, *start, answer) for answer in answers), total(counts, *start))


def summed(counts: Counter[tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    """The counts without the first part of the key."""
    found: Counter[tuple[str, ...]] = Counter()
    for (_, *rest), count in counts.items():
        found[tuple(rest)] += count
    return found


def right(tally: Tally) -> Share:
    """The patients whose pathway the engine names as it is."""
    return Share(sum(count for (truth, said), count in tally.pathway.items() if truth == said), tally.patients)
