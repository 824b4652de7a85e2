"""One made-up patient as he is: the latent state from which both the record and the truth are made.

Every choice is drawn from the patient's own stream of random numbers, named by seed and number, so that neither the
order of patients nor the number of processes changes anybody.
"""

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent / "tables"
DOSING = ("usual", "paused-briefly", "paused")
"""Columns of the hours since the last dose in `tables/rates.toml`."""


@cache
def table(name: str) -> Mapping[str, Any]:
    """One of the tables; a mistake in it stops the program."""
    with (TABLES / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """All that is true of one patient on the day; a record tells part of it."""

    number: int
    seed: int
    sex: str
    age: int
    deceased: bool
    race: str
    language: str
    syndrome: str
    cancer: str
    """Empty: no cancer."""
    side: str
    course: str
    """none, begun, exhausted: how far conventional treatment has come."""
    control: str
    """controlled, uncontrolled, not-assessable."""
    intensity: int
    """Average pain of the last days, 0 to 10."""
    axis_distorted: bool
    fracture_risk: str
    disease: str
    platelets: int
    inr: float
    neutrophils: float
    infection: bool
    allergy: str
    antithrombotic: str
    paused: bool
    """The antithrombotic was stopped for the procedure."""
    hours_since_dose: int
    prognosis: str
    goal: str

    @property
    def id(self) -> str:
        """The patient's id in the record."""
        return f"synthetic-{self.seed}-{self.number:07d}"

    @property
    def splanchnic_case(self) -> bool:
        """Tumour of body or tail, or a distorted celiac axis."""
        return self.axis_distorted or self.cancer in {"pancreas-body", "pancreas-tail"}

    @property
    def kind(self) -> Mapping[str, Any]:
        """The entry of the syndrome."""
        found: Mapping[str, Any] = table("syndromes")[self.syndrome]
        return found

    def stream(self, purpose: str) -> random.Random:
        """Random numbers for one purpose; what another purpose draws does not shift them."""
        return random.Random(f"{self.seed}:{self.number}:{purpose}")  # noqa: S311 (a simulation, not a secret)


def draw(seed: int, number: int) -> Latent:
    """Draw the latent state of patient `number` of the cohort `seed`."""
    rng = random.Random(f"{seed}:{number}:state")  # noqa: S311
    syndrome = _one("syndrome", rng)
    kind = table("syndromes")[syndrome]
    cancer = rng.choice(kind["cancers"]) if kind["cancers"] else ""
    sex = {"cervix": "female", "breast": "female", "prostate": "male"}.get(cancer) or rng.choice(["female", "male"])
    control = "uncontrolled" if syndrome == "cord-compression" else _one("pain", rng)
    finding, drug = _one("safety", rng), _one("antithrombotic", rng)
    dosing = DOSING.index(_one("dosing", rng))
    value = table("rates")["value"]
    inr = value[finding] if finding.startswith("inr") else value["inr"]
    taken = drug if finding == "antithrombotic" else ""
    if taken == "warfarin":
        inr = value["inr-on-warfarin"][dosing]
    return Latent(
        number=number,
        seed=seed,
        sex=sex,
        age=rng.randint(14, 17) if _share("minor", rng) else rng.randint(38, 84),
        deceased=_share("deceased", rng),
        race=_one("race", rng),
        language=_one("language", rng),
        syndrome=syndrome,
        cancer=cancer,
        side=rng.choice(kind["pain"]["sides"]),
        course=_one("course", rng),
        control=control,
        intensity=rng.randint(1, 3) if control == "controlled" else rng.randint(5, 9),
        axis_distorted=_share("axis_distorted", rng) and syndrome == "pancreatic",
        fracture_risk="high" if _share("fracture_risk_high", rng) else "low",
        disease="stable" if _share("stable_disease", rng) else "progressing",
        platelets=int(value[finding]) if finding.startswith("platelets") else rng.randint(150, 380),
        inr=inr,
        neutrophils=value[finding] if finding == "neutrophils-low" else round(rng.uniform(2.2, 7.0), 1),
        infection=finding == "infection",
        allergy=finding.removeprefix("allergy-") if finding.startswith("allergy") else "",
        antithrombotic=taken,
        paused=bool(taken) and drug != "aspirin" and dosing > 0,
        hours_since_dose=table("rates")["hours_since_dose"][drug][dosing] if taken else 0,
        prognosis=_one("prognosis", rng),
        goal=_one("goal", rng),
    )


def _one(name: str, rng: random.Random) -> str:
    shares: Mapping[str, float] = table("rates")[name]
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def _share(name: str, rng: random.Random) -> bool:
    return bool(rng.random() < table("rates")["share"][name])
