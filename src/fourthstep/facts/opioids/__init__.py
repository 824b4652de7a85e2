"""Opioids: what is used now, the daily dose as oral morphine, tolerance, and the trials so far."""

from fourthstep.facts.opioids.dose import opioid_dose, scheduled_dose
from fourthstep.facts.opioids.history import DoseThen, dose_history
from fourthstep.facts.opioids.past import as_it_was
from fourthstep.facts.opioids.steps import OpioidDose, Step, Totals, Use
from fourthstep.facts.opioids.tolerance import opioid_tolerant
from fourthstep.facts.opioids.trials import (
    DayScore,
    OpioidTrial,
    Toxicity,
    adequate_trials,
    opioid_trials,
    rotation,
)
from fourthstep.facts.opioids.uses import current_uses

__all__ = [
    "DayScore",
    "DoseThen",
    "OpioidDose",
    "OpioidTrial",
    "Step",
    "Totals",
    "Toxicity",
    "Use",
    "adequate_trials",
    "as_it_was",
    "current_uses",
    "dose_history",
    "opioid_dose",
    "opioid_tolerant",
    "opioid_trials",
    "rotation",
    "scheduled_dose",
]
