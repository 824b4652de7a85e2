"""Facts that are worked out from several events.

Each is declared in `knowledge/facts/` with `kind: computed`, and its definition stands there as a comment; a test
holds this table against those declarations.
"""

from fourthstep.facts.computed import drugs, opioid, organs, pain, patient, procedures, trials
from fourthstep.facts.computed.opioid import opioid_dose_of, opioid_history_of, opioid_trials_of
from fourthstep.facts.derive import Compute, Facts
from fourthstep.facts.fact import Fact, unknown
from fourthstep.facts.pains import Pain
from fourthstep.facts.scores import score


def _score(name: str) -> Compute:
    return lambda facts, _pain: score(name, facts)


def asked(name: str) -> Compute:
    """A fact that only an answer gives."""

    def not_asked(_facts: Facts, _pain: Pain | None) -> Fact:
        return unknown(name, "not-asked")

    return not_asked


COMPUTED: dict[str, Compute] = {
    "age": patient.age,
    "deceased": patient.deceased,
    "inpatient": patient.inpatient,
    "child_bearing_potential": patient.child_bearing_potential,
    "code_status": patient.code_status,
    "pregnancy_test": patient.pregnancy_test,
    "creatinine_clearance": organs.creatinine_clearance,
    "aptt_ratio": organs.aptt_ratio,
    "ecog": organs.ecog,
    "goal_category": asked("goal_category"),
    **{name: _score(name) for name in ("sins", "mirels", "ppi", "pap")},
    "cancer_cause_told": pain.cancer_cause_told,
    "cancer_perhaps": pain.cancer_perhaps,
    "opioid_scheduled": opioid.opioid_scheduled,
    "opioid_dose": opioid.opioid_dose_fact,
    "on_opioid": opioid.on_opioid,
    "on_strong_opioid": opioid.on_strong_opioid,
    "opioid_tolerant": opioid.opioid_tolerant_fact,
    "adequate_opioid_trials": opioid.adequate_opioid_trials,
    "opioid_trials_started": opioid.opioid_trials_started,
    "opioid_rescue": opioid.opioid_rescue,
    "opioid_route_rotation": opioid.opioid_route_rotation,
    "days_since_adequate_opioid": opioid.days_since_adequate_opioid,
    "opioid_rise_30d": opioid.opioid_rise_30d,
    "opioid_declined": procedures.opioid_declined,
    "opioid_rotation_declined": procedures.opioid_rotation_declined,
    "opioid_classes_not_tolerated": procedures.opioid_classes_not_tolerated,
    "opioid_lowered_after_toxicity": procedures.opioid_lowered_after_toxicity,
    "naloxone_given": procedures.naloxone_given,
    "adjuvant_adequate": trials.adjuvant_adequate,
    "adjuvant_not_usable": trials.adjuvant_not_usable,
    "nonopioid_adequate": trials.nonopioid_adequate,
    "bone_agent_adequate": trials.bone_agent_adequate,
    "cytotoxic_chemotherapy": drugs.cytotoxic_chemotherapy,
    "days_since_cytotoxic": drugs.days_since_cytotoxic,
    "late_nadir_chemotherapy": drugs.late_nadir_chemotherapy,
    "days_since_late_nadir_chemotherapy": drugs.days_since_late_nadir_chemotherapy,
    "antiangiogenic_not_cleared": drugs.antiangiogenic_not_cleared,
    "radiotherapy_to_pain": procedures.radiotherapy_to_pain,
    "days_since_radiotherapy": procedures.days_since_radiotherapy,
    "radiotherapy_declined": procedures.radiotherapy_declined,
    "psychological_sessions": procedures.psychological_sessions,
    "physiotherapy_sessions": procedures.physiotherapy_sessions,
    "physiotherapy_span": procedures.physiotherapy_span,
    "pain_not_lower_30d": pain.pain_not_lower_30d,
}
OF_A_PAIN = ("radiotherapy_to_pain", "days_since_radiotherapy", "pain_not_lower_30d")
"""Computed facts that belong to one pain."""

__all__ = ["COMPUTED", "OF_A_PAIN", "opioid_dose_of", "opioid_history_of", "opioid_trials_of"]
