"""Takes everything away that a record says of one fact, and compares what an assessment then says."""

from functools import lru_cache

from msgspec.structs import replace

from fourthstep import as_of, load_knowledge, read_policy, read_records
from fourthstep.assessment.assess import assess_events, inquire
from fourthstep.events.extract import extract_events
from fourthstep.events.form import with_forms
from fourthstep.knowledge.load import code_index
from fourthstep.knowledge.policy import DEFAULT, zone_of
from tests.examples.test_examples import DAY, EXAMPLES

KINDS = frozenset({"condition", "drug", "procedure", "allergy", "encounter"})
OPEN = ("candidate", "candidate, with caution", "after correction")
OPIOIDS = (("opioid:*",), {"drug"})
CANCER_DRUGS = (("antineoplastic:*", "chemo_encounter"), {"drug", "condition"})
RADIOTHERAPY = (("radiotherapy", "external_beam_radiotherapy", "brachytherapy"), {"procedure", "condition"})
OF_COMPUTED = {
    "inpatient": (("inpatient",), {"encounter"}),
    "creatinine_clearance": (("creatinine",), set()),
    "ecog": (("ecog_score", "kps", "pps", "kps_score", "pps_score"), set()),
    "pregnancy_test": (("pregnancy_test", "pregnancy_status"), set()),
    "opioid_declined": (("opioid_declined",), {"drug"}),
    "opioid_rotation_declined": (("opioid_rotation_declined",), {"drug"}),
    "opioid_classes_not_tolerated": (("opioid:*", "narcotic_allergy"), {"allergy"}),
    "adjuvant_not_usable": (("adjuvant:*",), {"allergy"}),
    "adjuvant_adequate": (("adjuvant:*",), {"drug"}),
    "nonopioid_adequate": (("nsaid:*", "adjuvant:*", "nonopioid:*"), {"drug"}),
    "bone_agent_adequate": (("bone_modifying:*",), {"drug"}),
    "antiangiogenic_not_cleared": (("antiangiogenic:*",), {"drug"}),
    **dict.fromkeys(("opioid_scheduled", "opioid_dose", "on_opioid", "on_strong_opioid", "opioid_tolerant", "opioid_rescue",
                     "adequate_opioid_trials", "opioid_trials_started", "opioid_route_rotation", "naloxone_given",
                     "days_since_adequate_opioid", "opioid_rise_30d"), OPIOIDS),
    **dict.fromkeys(("cytotoxic_chemotherapy", "days_since_cytotoxic", "late_nadir_chemotherapy",
                     "days_since_late_nadir_chemotherapy"), CANCER_DRUGS),
    **dict.fromkeys(("psychological_sessions",), (("cbt",), {"procedure"})),
    **dict.fromkeys(("physiotherapy_sessions", "physiotherapy_span"), (("physical_therapy",), {"procedure"})),
}  # fmt: skip


@lru_cache
def example(name):
    """An example's events, its day and its policy."""
    knowledge, policy = load_knowledge(), DEFAULT
    if name.startswith("hospital"):
        policy = read_policy(EXAMPLES / "hospital-policy.yaml", knowledge)
        record = {each.patient: each for each in read_records(EXAMPLES / "hospital")}[f"example-{name}"]
    else:
        (record,) = read_records(EXAMPLES / f"{name}.json")
    moment = as_of(DAY, zone_of(policy))
    events = extract_events(
        record, code_index(knowledge.digest), as_of=moment, policy=policy, tables=knowledge.opioids.dosage
    )
    return with_forms(events, record, moment, knowledge), moment, policy


def assessed(events, moment, policy=DEFAULT):
    return assess_events(events, as_of=moment, policy=policy, knowledge=load_knowledge())


def deciding_facts(result):
    """Every fact that some answer of the assessment rests on."""
    reasons = [each for pain in result.pains for option in pain.options for each in (*option.reasons, *option.cleared)]
    judged = [*reasons, *result.legs, *result.red_flags, result.uncontrolled, result.tolerated]
    found = {leaf.fact for each in judged for leaf in each.leaves if leaf.truth != "unknown"}
    return sorted({*found, "active_cancer", "age", "deceased"} & set(load_knowledge().facts))


# -- taking away --------------------------------------------------------------------------------------------------


def without(events, name):
    """The events without all that says something of the fact, and without the vouching for its kind."""
    if name == "age":
        return replace(events, birth=None)
    if name == "deceased":
        return replace(events, deceased=None)
    if name == "child_bearing_potential":
        return replace(events, sex="", birth=None)
    declared = load_knowledge().facts[name]
    if declared.kind == "pain":
        return _without_element(events, name)
    concepts, kinds = _evidence(name, declared)
    left = tuple(event for event in events.events if not _says(event, name, concepts, declared))
    return replace(events, events=left, vouched=events.vouched - kinds, stated=events.stated - {name})


def _evidence(name, declared):
    knowledge = load_knowledge()
    if name in OF_COMPUTED:
        return OF_COMPUTED[name]
    if name.startswith(("radiotherapy_", "days_since_radiotherapy")):
        return (*knowledge.facts["radiotherapy"].concepts, *knowledge.facts["radiotherapy_coded"].concepts), {
            "procedure",
            "condition",
        }
    if name == "opioid_lowered_after_toxicity":
        toxic = [each for fact, it in knowledge.facts.items() if fact.startswith("toxicity_") for each in it.concepts]
        return (*toxic, "opioid:*"), {"condition", "drug"}
    if name in knowledge.scores:
        return tuple(item.fact for item in knowledge.scores[name].items), set()
    if name == "prognosis":
        return ("prognosis_estimate", "no_active_disease", "ecog_score", "kps_score", "pps_score"), set(KINDS)
    return tuple(declared.concepts), {declared.kind} if declared.kind != "goal" else set(KINDS)


def _says(event, name, concepts, declared):
    if event.kind == "unrecognised":
        return False
    if event.kind == "answer" and event.concept == name:
        return True
    if (event.kind == "allergy") != (
        declared.kind == "allergy" or name in ("opioid_classes_not_tolerated", "adjuvant_not_usable")
    ):
        return False
    group = event.concept.partition(":")[0] + ":*"
    return event.concept in concepts or group in concepts


def _without_element(events, name):
    """Of a pain: its place, its side, its kind, its scores, or an answer."""
    pains = load_knowledge().pains
    if name == "pain_region":
        left = [
            replace(event, site="")
            for event in events.events
            if not (event.concept in pains.coded and pains.coded[event.concept].region)
        ]
        left = [event for event in left if event.concept != name]
    elif name == "pain_side":
        left = [replace(event, side="") for event in events.events if event.concept != name]
    elif name == "pain_mechanism":
        left = [event for event in events.events
                if event.concept != name and not (event.concept in pains.coded and pains.coded[event.concept].mechanism)]  # fmt: skip
    elif name in ("pain_intensity", "pain_worst"):
        kinds = ("worst",) if name == "pain_worst" else ("average", "unspecified")
        left = [event for event in events.events if event.concept != name and pains.scores.get(event.concept) not in kinds]
    else:
        left = [event for event in events.events if event.concept != name]
    return replace(events, events=tuple(left))


def is_known(events, moment, policy, name):
    facts = inquire(events, moment, policy, load_knowledge()).inquiry.facts
    return any(facts.of(name, pain).known for pain in facts.pains or (None,))


# -- comparing ----------------------------------------------------------------------------------------------------


def worse_promises(before, after):
    """Every way in which an assessment with less to go on says something more favourable."""
    return [*_words(before, after), *_pathway(before, after), *_flags(before, after), *_stops(before, after)]


def _best(result):
    best = {}
    for option in (option for pain in result.pains for option in pain.options):
        place = OPEN.index(option.word) if option.word in OPEN else len(OPEN)
        best[option.id] = min(best.get(option.id, len(OPEN)), place)
    return best


def _words(before, after):
    if before.pathway.word == "not in scope":  # nothing was proposed, so nothing can be compared
        return
    old = _best(before)
    for name, place in _best(after).items():
        if place < old.get(name, len(OPEN)):
            yield f"word of {name} became {OPEN[place]}"


def _pathway(before, after):
    if after.pathway.word in ("controlled", "not in scope") and after.pathway.word != before.pathway.word:
        yield f"pathway {before.pathway.word} became {after.pathway.word}"


def _flags(before, after):
    left = {flag.id: flag.truth for flag in after.red_flags}
    for flag in before.red_flags:
        if flag.id not in left:
            yield f"red flag {flag.id} ({flag.truth}) became clear"


def _stops(before, after):
    cleared = {
        (option.pain, option.id, each.id): each for pain in after.pains for option in pain.options for each in option.cleared
    }
    for option in (option for pain in before.pains for option in pain.options):
        for each in option.reasons:
            if (option.pain, option.id, each.id) in cleared:
                yield f"{each.effect} {each.id} of {option.id} ({each.truth}) became clear"
