"""Which bedside questions are asked: those that concern the patient, and those that nobody can rule out."""

import pytest
from tests.assessment.test_options import assessed, option
from tests.facts.chart import ALL, condition, drug, strange

from fourthstep.knowledge.load import load_knowledge

ASK = {name: fact.ask for name, fact in load_knowledge().facts.items()}
CELIAC, PUMP, RADIOFREQUENCY = (
    "celiac-plexus-neurolysis-percutaneous", "intrathecal-pump", "splanchnic-nerve-neurolysis",
)  # fmt: skip
APIXABAN = drug("anticoagulant:doac_xa", "apixaban", 5, 2)
CHECKPOINT = drug("checkpoint_inhibitor:immune_checkpoint_inhibitor", "pembrolizumab")
QUESTIONS = [
    # question, option, events, vouched, asked
    ("antithrombotic_must_continue", CELIAC, [], ALL, False),
    ("antithrombotic_must_continue", CELIAC, [APIXABAN], ALL, True),
    ("antithrombotic_must_continue", CELIAC, [], ALL - {"drug"}, True),
    ("antithrombotic_must_continue", CELIAC, [strange("drug")], ALL, True),
    ("immune_adverse_event", CELIAC, [], ALL, False),
    ("immune_adverse_event", CELIAC, [CHECKPOINT], ALL, True),
    ("immune_adverse_event", CELIAC, [], ALL - {"drug"}, True),
    ("device_not_checked", RADIOFREQUENCY, [], ALL, False),
    ("device_not_checked", RADIOFREQUENCY, [condition("pacemaker")], ALL, True),
    ("device_not_checked", RADIOFREQUENCY, [], ALL - {"condition"}, True),
    ("resuscitation_not_discussed", CELIAC, [], ALL, False),
    ("resuscitation_not_discussed", CELIAC, [condition("dnr")], ALL, True),
    ("resuscitation_not_discussed", CELIAC, [], ALL - {"condition"}, True),
    ("bacteraemia_not_cleared", PUMP, [], ALL, False),
    ("bacteraemia_not_cleared", PUMP, [condition("bacteraemia")], ALL, True),
    ("bacteraemia_not_cleared", PUMP, [], ALL - {"condition"}, True),
    ("needle_path_blocked", CELIAC, [], ALL, True),
]


@pytest.mark.parametrize(("question", "of", "events", "vouched", "asked"), QUESTIONS)
def test_a_question_is_left_out_only_where_the_record_rules_it_out(question, of, events, vouched, asked):
    told = option(assessed(*events, vouched=vouched), of).to_confirm
    assert (ASK[question] in told) is asked
