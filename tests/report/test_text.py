"""The assessment for a terminal: what it says, in how many lines, each thing once."""

import re

import pytest
from msgspec.structs import replace

from fourthstep.report.phrases import Phrases
from fourthstep.report.text import TextReport
from fourthstep.report.verdict import strip
from tests.report.examples import EXAMPLES, KNOWLEDGE, NAMES, assessed, flat, text

SAYS = [
    ("pancreatic", "Pain: not controlled; treatment tolerated, as recorded"),
    ("pancreatic", "Conventional treatment: gaps in 1 of 5 deciding parts; inadequate: Change of the opioid"),
    ("pancreatic", "Pain: upper abdomen, midline, visceral · 7/10 of unspecified kind on 1 Mar 2026, worst 9/10"),
    ("pancreatic", "1 candidate · Celiac plexus neurolysis by endoscopic ultrasound · now · certainty low"),
    ("pancreatic", "None was found. 13 cannot be excluded from the record"),
    ("pancreatic", "27 Feb 2026 (2 d): platelets 212 ×10⁹/L, INR 1"),
    ("pancreatic", "scheduled 90 mg/d, as needed up to 90 mg/d, range 60 to 240 mg/d of oral morphine (CDC 2022)"),
    ("pancreatic-apixaban", "all 8: correct first: apixaban: taken now, as recorded, last recorded 1 Mar 2026, 08:10"),
    (
        "pancreatic-apixaban",
        "ASRA 2018 asks 72 h since the last apixaban, over on 4 Mar 2026, 08:10 if no further dose is taken",
    ),
    (
        "pancreatic-apixaban",
        "SIR 2019 (1 to 7) asks 48 h, counted as 4 doses, at a creatinine clearance of 50 mL/min or more (56.5 here), over",
    ),
    ("pancreatic-apixaban", "need not wait, once corrected: Celiac plexus neurolysis by endoscopic ultrasound"),
    (
        "pancreatic-apixaban",
        "to correct first: apixaban: ASRA 2018 asks 72 h since the last dose, over on 4 Mar 2026, 08:10",
    ),
    ("pancreatic-apixaban", "Bleeding: apixaban: taken now, as recorded, last recorded 1 Mar 2026, 08:10"),
    (
        "pancreatic",
        "Bleeding: platelets 212 ×10⁹/L (27 Feb 2026); INR 1 (27 Feb 2026); none recorded: anticoagulant, antiplatelet",
    ),
    ("myeloma-fracture", "to correct first: Platelets below 50 × 10⁹/L (platelets 38 ×10⁹/L, 1 Mar 2026 (same day))"),
    ("myeloma-fracture", "platelets 38 ×10⁹/L"),
    ("sparse", "INR not known (no readable unit or number); not known: anticoagulant, antiplatelet"),
    ("pancreatic-apixaban", "the prescriber decides [ASRA2018, SIR2019]"),
    ("pancreatic-apixaban", "Options: 8 to discuss, all after a correction"),
    ("pancreatic-apixaban", "Ask first: Is the cause of the pain treated"),
    ("controlled", "Ask first: Measure: INR, neutrophils, platelets, body temperature - decides 6 options"),
    ("controlled", "it decides: INR above 1.8 [SIR2019]; INR above 1.4 before a neuraxial procedure [LOTHIAN, ASRA2018]"),
    ("post-mastectomy", "none taken now, as recorded: 0 mg/d of oral morphine (CDC 2022)"),
    ("post-mastectomy", "Haemoglobin below 7 g/dL; Haemoglobin below 8 g/dL (not known: haemoglobin)"),
    ("pancreatic-apixaban", "all 8: caution: Deep vein thrombosis or pulmonary embolism in the last 3 months"),
    ("pancreatic-apixaban", "recorded 4 × in the last 24 h, oral: as needed: 4 × 15 mg × 1 = 60 mg"),
    ("pelvic.hook", "1 system, every 3 days, transdermal: 75 µg/h × 2.4 = 180 mg/d"),
    ("rectal-neutropenia", "neutrophils 0.4 ×10⁹/L, 1 Mar 2026 (same day)"),
    ("cord-compression", "judged by scores of unspecified kind (policy)"),
    ("cord-compression", "25 cannot be told until this is known: mechanism of the pain"),
    ("prostate-hospice", "prognosis weeks (under 4)"),
    ("sparse", "Pain: not known whether controlled; not known whether the treatment is tolerated"),
    ("sparse", 'oxycodone, "1-2 as needed": cannot be read (the route is not recorded)'),
    ("sparse", "Strong opioid: not known - to clarify: a strong opioid at adequate dose and time"),
    ("sparse", "not known, never measured: platelets"),
    ("sparse", "Not recognised: allergy [AllergyIntolerance/sparse-a…text]"),
    ("myeloma-fracture", "hydromorphone hydrochloride 4 MG Oral Tablet, 4 mg, recorded 3 × in the last 24 h"),
]


@pytest.mark.parametrize(("name", "sentence"), SAYS)
def test_says(name, sentence):
    assert sentence in flat(text(name))


def test_an_unknown_stop_tells_how_old_the_value_is_and_what_is_asked(case_text):
    told = flat(case_text)
    assert "to be settled first: platelets 180 ×10⁹/L, 26 Feb 2026 (3 d), older than the 2 d asked for here: measure" in told
    assert "it decides: Platelets below 50 × 10⁹/L" in told
    assert "to be settled first: INR not known (never measured): measure it" in told
    assert "to be settled first: INR above" not in told, "an unknown is never told like a finding"
    assert "beside it: anticoagulant" in told


@pytest.fixture
def case_text(tmp_path):
    """A patient on apixaban whose counts are three days old."""
    from fourthstep import as_of
    from fourthstep.assessment.assess import assess_events
    from fourthstep.events.statements import read_case

    path = tmp_path / "case.yaml"
    path.write_text(
        "as_of: 2026-03-01\npatient: {age: 64, sex: female}\nvouched: [condition, drug, procedure, allergy, encounter]\n"
        "facts: {cancer_pancreas: 'yes, 120 d', platelet_count: '180 10*9/L, 3 d'}\n"
        "pains:\n  - {region: upper-abdomen, side: midline, mechanism: visceral, intensity: '7, 1 d; 6, 3 d'}\n"
        "drugs:\n  - {drug: apixaban, dose: 5 mg, times_a_day: 2, route: oral, since: 60 d, last_dose: 20 h}\n",
        encoding="utf-8",
    )
    case, events = read_case(path, KNOWLEDGE)
    return TextReport(KNOWLEDGE).write(assess_events(events, as_of=as_of(case.as_of)))


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("pancreatic", "good"),
        ("pancreatic-apixaban", "warn"),  # a drug
        ("myeloma-fracture", "warn"),  # no drug, platelets 38
        ("controlled", "unknown"),  # no drug, INR never measured
        ("sparse", "unknown"),
    ],
)
def test_bleeding_is_no_green_light_where_a_count_is_low_or_not_known(name, state):
    assert next(each.state for each in strip(assessed(name), Phrases(KNOWLEDGE)) if each.key == "bleeding") == state


@pytest.mark.parametrize("name", ["pancreatic", "cord-compression", "sparse", "controlled"])
def test_a_typical_patient_fits_on_three_screens(name):
    assert len(text(name, width=100).splitlines()) <= 120


@pytest.mark.parametrize("name", NAMES)
class TestEveryExample:
    def test_is_never_longer_than_two_pages(self, name):
        assert len(text(name, width=100).splitlines()) <= 165

    def test_lines_are_as_narrow_as_asked(self, name):
        assert max(map(len, text(name, width=72).splitlines())) <= 72 + max(map(len, re.findall(r"\S+", text(name))))
        assert all(len(line) <= 100 or "[" in line for line in text(name, width=100).splitlines())

    def test_no_reason_is_told_twice_of_a_pain(self, name):
        rows = re.findall(r"^ {4}(?:all \d+|[\d, to]+): (.*)$", text(name), re.MULTILINE)
        assert len(rows) == len(set(rows))

    def test_no_raw_id_in_running_text(self, name):
        told = re.sub(r"\[[^\]]*\]", "", text(name, full=True))
        told = "\n".join(line for line in told.splitlines() if not line.startswith(("Patient ", "Fourthstep ")))
        ids = {*KNOWLEDGE.facts, *KNOWLEDGE.interventions, *KNOWLEDGE.syndromes, *(flag.id for flag in KNOWLEDGE.red_flags)}
        ids |= {
            value
            for fact in KNOWLEDGE.facts.values()
            for value in fact.values
            if value.count("-") == 1 and not value[0].isdigit()
        }
        raw = {
            each
            for each in ids
            if ("_" in each or "-" in each) and re.search(rf"(?<![\w/-]){re.escape(each)}(?![\w-])", told)
        }
        assert raw <= ORDINARY

    def test_in_full_every_option_and_every_source_is_told(self, name):
        told = text(name, full=True)
        for pain in assessed(name).pains:
            assert all(option.name in told for option in pain.options)
        assert all(f"{source}: " in told for source in assessed(name).sources)

    def test_ends_with_the_option_of_doing_none_of_it(self, name):
        assert "Doing none of these is always an option" in text(name)


ORDINARY = {"chest-wall"}
"""Ids that are also words of a sentence."""


def test_colour_comes_only_through_the_painter():
    roles = set()

    def paint(told, role):
        roles.add(role)
        return f"<{role}>{told}</{role}>"

    told = TextReport(KNOWLEDGE, paint=paint).write(assessed("rectal-neutropenia"))
    assert roles >= {"heading", "dim", "bad", "warn"}
    assert re.sub(r"</?(heading|dim|bad|warn|good)>", "", told) == text("rectal-neutropenia", width=100)


def test_an_old_record_proposes_its_own_day():
    old = replace(assessed("pancreatic"), newest="2025-12-01")
    assert "--as-of 2025-12-01" in TextReport(KNOWLEDGE).write(old)
    assert "--as-of" not in text("pancreatic")


def test_examples_are_there():
    assert EXAMPLES.is_dir()
    assert len(NAMES) >= 12
