"""What is true of a made-up patient: pathway, syndrome, and of each option whether it is open, and why not.

Written from the dossier (`tables/`), never from the knowledge of the engine.  A question that the dossier leaves to
judgement has no truth here: such an option is not judged, and counts in no figure.
"""

from collections.abc import Mapping
from typing import Any

from fourthstep.synthetic.patient import Latent, table

BANDS = ("days", "weeks", "short-months", "months", "long")
"""Bands of prognosis, shortest first (safety.md 6.6)."""
OPEN, BLOCKED, NOT_INDICATED = "open", "blocked", "not indicated"
Verdict = dict[str, Any]


def truth_of(patient: Latent) -> dict[str, Any]:
    """The truth about one patient, as one line of `truth.ndjson`."""
    options = {name: verdict for name in table("options") if (verdict := option_truth(name, patient))}
    pathway, because = _pathway(patient, options)
    return {
        "patient": patient.id,
        "pathway": pathway,
        "because": because,
        "syndromes": [patient.kind["row"]] if patient.kind["row"] and in_scope(patient) else [],
        "options": options,
    }


def in_scope(patient: Latent) -> bool:
    """A living adult with cancer; every made-up cancer is active (interventions.md, purpose; design 5)."""
    return bool(patient.cancer) and not patient.deceased and patient.age >= 18


def option_truth(name: str, patient: Latent) -> Verdict | None:
    """Is the option open for this patient, and why not; None where the dossier does not decide."""
    option = table("options")[name]
    if not in_scope(patient):
        return {"verdict": NOT_INDICATED, "why": ["not in scope"]}
    if patient.syndrome in option.get("not_judged_in", ()):
        return None
    fits = all(getattr(patient, key) == wanted for key, wanted in option.get("only_if", {}).items())
    if patient.syndrome not in option["indicated_in"] or not fits:
        return {"verdict": NOT_INDICATED, "why": ["another pain"]}
    lasting, correctable = _lasting(option, patient), _correctable(option, patient)
    made: Verdict = {"verdict": BLOCKED if lasting or correctable else OPEN, "why": [*lasting, *correctable]}
    if lasting:
        made["lasting"] = True
    if patient.paused and "antithrombotic" not in correctable:
        made["cleared"] = ["antithrombotic"]
    if patient.prognosis not in option["not_judged_prognosis"]:
        made["prognosis_fits"] = BANDS.index(patient.prognosis) >= BANDS.index(option["least"])
    return made


def _lasting(option: Mapping[str, Any], patient: Latent) -> list[str]:
    """What no correction removes."""
    found = ["allergy"] if patient.allergy and table("safety")["allergy"][patient.allergy] == "lasting" else []
    return [*found, "syndrome"] if patient.syndrome in option.get("blocked_in", {}) else found


def _correctable(option: Mapping[str, Any], patient: Latent) -> list[str]:
    """The families of safety that block until they are corrected."""
    limits, implant = table("safety"), option.get("implant", False)
    most, least = limits["inr"]["above"].get(option["lab_class"]), limits["platelets"]["below"].get(option["lab_class"])
    most = limits["inr"]["above_implant"] if implant else most
    tests = {
        "platelets": least is not None and patient.platelets < least,
        "inr": most is not None and patient.inr > most,
        "neutrophils": implant and patient.neutrophils < limits["neutrophils"]["below_implant"],
        "infection": patient.infection,
        "antithrombotic": _on_board(option["hold_class"], patient),
    }
    return [family for family, blocks in tests.items() if blocks]


def _on_board(hold_class: str, patient: Latent) -> bool:
    """Was the last dose too recent for this class of procedure?"""
    hold = table("safety")["hold"].get(patient.antithrombotic, {})
    if hold_class not in hold:
        return False
    too_soon = patient.hours_since_dose < hold[hold_class]
    return bool(too_soon or ("inr_at_most" in hold and patient.inr > hold["inr_at_most"]))


# -- pathway (design 5, first match) ---------------------------------------------------------------------------


def _pathway(patient: Latent, options: Mapping[str, Verdict]) -> tuple[str, list[str]]:
    if not in_scope(patient):
        return "not in scope", [name for name, is_so in _outside(patient).items() if is_so]
    if flags := _red_flags(patient):
        return "red flag first", flags
    if patient.control == "not-assessable":
        return "cannot tell", ["pain cannot be scored"]
    if patient.control == "controlled":  # toxicity of opioids is not generated: what is taken is tolerated
        return "controlled", ["average pain at most 3"]
    if not (gaps := conventional_gaps(patient)):
        return "refer", ["conventional treatment is exhausted"]
    early = [name for name, verdict in options.items() if _is_early(name, verdict, patient)]
    return ("refer early", early) if early else ("optimise first", gaps)


def _outside(patient: Latent) -> dict[str, bool]:
    return {"deceased": patient.deceased, "minor": patient.age < 18, "no cancer": not patient.cancer}


def _red_flags(patient: Latent) -> list[str]:
    """Cord compression (3.4.1), Mirels 9 or more (3.4.3), sepsis (design 5; 3.4.4)."""
    tests = {
        "cord compression": patient.syndrome == "cord-compression",
        "impending fracture": patient.syndrome == "long-bone" and patient.fracture_risk == "high",
        "sepsis": patient.infection,
    }
    return [flag for flag, is_so in tests.items() if is_so]


def conventional_gaps(patient: Latent) -> list[str]:
    """Gating parts of conventional treatment that are not adequate (pharmacology.md 3.2, 5.1, 5.2; design 5)."""
    if patient.course == "exhausted":
        return []
    bone, nerve = patient.kind.get("bone", False), patient.kind.get("neuropathic", False)
    return ["opioid trial", "rotation", *(["radiotherapy"] if bone else []), *(["adjuvant"] if nerve else [])]


def _is_early(name: str, verdict: Verdict, patient: Latent) -> bool:
    """Need it not wait until drugs have failed?  What can be corrected counts, a lasting block does not."""
    option = table("options")[name]
    early = option["line"] in {"none", "early"} and patient.syndrome not in option.get("not_early_in", ())
    return early and verdict["verdict"] != NOT_INDICATED and not verdict.get("lasting", False)
