"""The promises of the design, held on the example records and on patients made up at random."""

import json
import logging
import re
from copy import deepcopy
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fourthstep import FourthstepError, as_of, assess, load_knowledge, read_policy, read_record, read_records
from fourthstep.assessment.identity import as_json
from fourthstep.assessment.replay import replay
from fourthstep.events.event import Event
from fourthstep.ground.errors import KnowledgeError
from fourthstep.ground.interval import Interval
from fourthstep.knowledge.policy import DEFAULT, Policy
from fourthstep.report.text import TextReport
from tests.examples.expected import ROWS
from tests.examples.test_examples import DAY
from tests.examples.test_examples import assessed as example_assessed
from tests.properties.made_up import MOMENT, ago, patients
from tests.properties.rewritten import (
    DAYS,
    YEARS,
    converted,
    later,
    renamed,
    resources,
    shuffled,
    source,
    twice,
    walk,
    with_extras,
    words,
)
from tests.properties.taking_away import assessed, deciding_facts, example, is_known, without, worse_promises

FILES = [name for name in ROWS if not name.startswith("hospital")]
BUNDLES = [name for name in FILES if name != "pelvic.hook"]
OFTEN = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


# -- 1. less to go on is never more favourable -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ROWS)
def test_taking_a_fact_away_never_helps(name):
    events, moment, policy = example(name)
    before, known, broken = assessed(events, moment, policy), {}, []
    for fact in deciding_facts(before):
        less = without(events, fact)
        key = (less.events, less.vouched, less.sex, less.birth, less.deceased)
        if key not in known:
            known[key] = list(worse_promises(before, assessed(less, moment, policy)))
        broken += [f"{fact}: {each}" for each in known[key]]
        broken += [f"{fact} is still known"] if is_known(less, moment, policy, fact) else []
    assert broken == []


EXCEPTIONS = ("pain_above_goal", "pain_breakthrough_excess", "pain_relief_insufficient", "pain_interference", "pain_worst",
              "opioid_toxicity_persists", "opioid_lowered_after_toxicity")  # fmt: skip
"""What says yes beside a score that says no; see `TestTheTwoRulesThatReadYesFirst`."""


def _told_more(events, more):
    """An example's events with those of somebody made up beside them."""
    mine = {event.ref for event in events.events}
    return replace(events, events=(*events.events, *(event for event in more.events if event.ref not in mine)),
                   vouched=events.vouched & more.vouched)  # fmt: skip


anybody = st.one_of(patients(), st.builds(_told_more, st.sampled_from(FILES).map(lambda name: example(name)[0]), patients()))
"""Somebody made up, or an example with a made-up chart beside it: these have more that is open."""


@OFTEN
@given(anybody, st.data())
def test_taking_a_fact_away_never_helps_anybody(events, data):
    before, facts = assessed(events, MOMENT), load_knowledge().facts
    asked = [name for name in deciding_facts(before) if name not in EXCEPTIONS and facts[name].kind != "bedside"]
    for fact in data.draw(st.lists(st.sampled_from(asked), max_size=4, unique=True)):
        less = without(events, fact)
        assert not is_known(less, MOMENT, DEFAULT, fact), fact
        assert list(worse_promises(before, assessed(less, MOMENT))) == [], fact


@OFTEN
@given(anybody)
def test_an_entry_that_nobody_can_read_never_helps(events):
    strange = tuple(
        Event("unrecognised", "", f"{kind}/x", of_kind=kind) for kind in ("condition", "drug", "procedure", "allergy")
    )
    before, after = assessed(events, MOMENT), assessed(replace(events, events=(*events.events, *strange)), MOMENT)
    assert list(worse_promises(before, after)) == []


@OFTEN
@given(anybody)
def test_vouching_for_less_never_helps(events):
    before, after = assessed(events, MOMENT), assessed(replace(events, vouched=frozenset()), MOMENT)
    assert list(worse_promises(before, after)) == []


class TestTheTwoRulesThatReadYesFirst:
    """`pain_uncontrolled` and `opioid_intolerable`: the intended exceptions, written down so that nobody is surprised.

    Both ask for a yes first and then for a no.  Where something that says yes is taken away, the no of a fresh low score
    (or of silence about side effects) is left.  Demanding a no of each before a pain is called controlled would leave
    every record without a bedside form at "cannot tell".
    """

    CALM = ("controlled", "pain_relief_insufficient")

    def test_pain_with_an_answer_that_relief_is_not_enough(self):
        events, moment, policy = example(self.CALM[0])
        said = tuple(replace(each, text="yes") if each.concept == self.CALM[1] else each for each in events.events)
        events = replace(events, events=said)
        assert assessed(events, moment, policy).uncontrolled.truth == "true"
        assert assessed(without(events, self.CALM[1]), moment, policy).pathway.word == "controlled"

    def test_a_toxicity_that_persists_by_answer(self):
        events, moment, policy = example(self.CALM[0])
        said = Event("answer", "opioid_toxicity_persists", "Form/1", ago(1), text="yes")
        events = replace(events, events=(*events.events, said))
        assert assessed(events, moment, policy).tolerated.truth == "false"
        assert assessed(without(events, "opioid_toxicity_persists"), moment, policy).pathway.word == "controlled"


# -- 2. the same bytes -----------------------------------------------------------------------------------------------


def bytes_of(data, day=DAY):
    return as_json(assess(read_record(deepcopy(data)), as_of=as_of(day)))


@lru_cache
def usual(name):
    return bytes_of(source(name))


@pytest.mark.parametrize("name", FILES)
def test_same_input_same_bytes(name):
    assert bytes_of(source(name)) == usual(name)


@pytest.mark.parametrize("name", FILES)
def test_replay_says_same(name):
    same, told = replay(usual(name), read_record(source(name)), None, DEFAULT, load_knowledge())
    assert same
    assert told == [f"the same, byte for byte: {example_assessed(name).result_id}"]


def test_replay_names_the_policy():
    other = Policy(name="elsewhere", digest="0" * 64)
    same, told = replay(usual("rib"), read_record(source("rib")), None, other, load_knowledge())
    assert not same
    assert [line for line in told if line.startswith("different")] == [f"different policy: none then, {'0' * 16} now"]


def test_replay_names_the_record_and_the_words():
    data = source("rib")
    for entry in data["entry"]:
        if entry["resource"].get("status") == "corrected":
            entry["resource"]["valueQuantity"]["value"] = 41
    same, told = replay(usual("rib"), read_record(data), None, DEFAULT, load_knowledge())
    assert not same
    assert any(line.startswith("different record or answers") for line in told)
    assert any(line.startswith("rfa-bone-metastasis") and line.endswith("after correction now") for line in told)


def test_replay_names_the_pathway():
    dead = {**source("rib"), "entry": [_died(entry) for entry in source("rib")["entry"]]}
    told = replay(usual("rib"), read_record(dead), None, DEFAULT, load_knowledge())[1]
    assert "pathway: refer then, not in scope now" in told


def _died(entry):
    resource = entry["resource"]
    return entry if resource["resourceType"] != "Patient" else {**entry, "resource": {**resource, "deceasedBoolean": True}}


@OFTEN
@given(anybody, st.randoms(use_true_random=False))
def test_the_order_of_events_is_nothing(events, chance):
    mixed = list(events.events)
    chance.shuffle(mixed)
    one, other = assessed(events, MOMENT), assessed(replace(events, events=tuple(mixed)), MOMENT)
    assert one.result_id == other.result_id
    assert as_json(one) == as_json(other)


# -- 3. written another way ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUNDLES)
@pytest.mark.parametrize("seed", [1, 2])
def test_order_of_resources(name, seed):
    assert bytes_of(shuffled(source(name), seed)) == usual(name)


@pytest.mark.parametrize("name", BUNDLES)
def test_duplicates(name):
    assert bytes_of(twice(source(name))) == usual(name)


@pytest.mark.parametrize("name", BUNDLES)
def test_irrelevant_extras(name):
    assert bytes_of(with_extras(source(name))) == usual(name)


@pytest.mark.parametrize("name", [name for name in BUNDLES if name not in ("pancreatic", "pancoast")])  # these use urn:uuid
def test_renamed_ids(name):
    assert words(assess(read_record(renamed(source(name))), as_of=as_of(DAY))) == words(example_assessed(name))


@pytest.mark.parametrize("name", FILES)
def test_four_hundred_years_later(name):
    day = f"{int(DAY[:4]) + YEARS}{DAY[4:]}"
    assert (as_of(day).day - as_of(DAY).day).days == DAYS
    assert words(assess(read_record(later(source(name))), as_of=as_of(day))) == words(example_assessed(name))


@pytest.mark.parametrize("name", FILES)
def test_other_units(name):
    assert words(assess(read_record(converted(source(name))), as_of=as_of(DAY))) == words(example_assessed(name))


@OFTEN
@given(anybody, st.sampled_from([("10*9/L", "10*3/uL", 1), ("g/dL", "g/L", 10), ("mg/dL", "g/L", "0.01")]))
def test_other_units_of_anybody(events, units):
    old, new, factor = units
    other = tuple(replace(each, unit=new, value=_scaled(each.value, factor)) if each.kind == "measurement" and each.unit == old
                  else each for each in events.events)  # fmt: skip
    assert words(assessed(replace(events, events=other), MOMENT)) == words(assessed(events, MOMENT))


def _scaled(value, factor):
    return Interval(*(type(end)(factor) * end if end is not None else None for end in (value.low, value.high)))


# -- 4. one patient's data never reach another -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"), [("pancreatic-apixaban", "rib"), ("sparse", "rectal-neutropenia"), ("controlled", "pancoast")]
)
def test_one_after_the_other(one, other):
    first = bytes_of(source(one))
    bytes_of(source(other))
    assert bytes_of(source(one)) == first


def test_two_patients_in_one_export(tmp_path):
    """Together and alone: the same bytes, where the exports hold the same types."""
    names = ("rib", "pancreatic-apixaban")
    alone = {name: _export(tmp_path / name, name) for name in names}
    together = _export(tmp_path / "both", *names)
    assert len(together) == 2
    for name in names:
        assert together[f"example-{name}"] == alone[name][f"example-{name}"]
        assert json.loads(together[f"example-{name}"])["pathway"]["word"] == example_assessed(name).pathway.word


def _export(folder, *names):
    folder.mkdir()
    lines = {}
    for each in (each for name in names for each in resources(name)):
        lines.setdefault(each["resourceType"], []).append(json.dumps(each))
    for kind in ("Goal", "CarePlan"):  # an empty file vouches as much as a full one
        lines.setdefault(kind, [])
    for kind, written in lines.items():
        (folder / f"{kind}.ndjson").write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
    return {record.patient: as_json(assess(record, as_of=as_of(DAY))) for record in read_records(folder)}


# -- 5. no patient value in a log line or an exception ---------------------------------------------------------------

CANARIES = ("Canaryname", "canary-4711", "MRN-canary", "canary street", "1911-11-11")


def _canary():
    data = source("rib")
    entries = data["entry"]
    patient = next(each["resource"] for each in entries if each["resource"]["resourceType"] == "Patient")
    old = patient["id"]
    patient |= {"id": CANARIES[1], "name": [{"family": CANARIES[0]}], "birthDate": CANARIES[4],
                "identifier": [{"value": CANARIES[2]}], "address": [{"line": [CANARIES[3]]}]}  # fmt: skip
    return walk(
        data, lambda key, node: f"Patient/{CANARIES[1]}" if key == "reference" and node == f"Patient/{old}" else node
    )


def _break_type(data):
    return data | {"resourceType": "Parcel"}


def _break_patient(data):
    data["entry"].append({"resource": {"resourceType": "Patient", "id": "second", "name": [{"family": CANARIES[0]}]}})
    return data


def _break_entries(data):
    return data | {"entry": CANARIES[0]}


def _break_dates(data):
    return walk(data, lambda key, node: CANARIES[0] if key.endswith(("DateTime", "Date", "start")) else node)


def _break_numbers(data):
    return walk(data, lambda key, node: CANARIES[0] if key == "value" and isinstance(node, int | float) else node)


def _break_codes(data):
    return walk(data, lambda key, node: CANARIES[0] if key == "code" and isinstance(node, str) else node)


def _no_break(data):
    return data


@pytest.mark.parametrize(
    "damage", [_no_break, _break_type, _break_patient, _break_entries, _break_dates, _break_numbers, _break_codes]
)
def test_no_patient_value_in_logs_or_exceptions(damage, caplog, capsys):
    text = ""
    with caplog.at_level(logging.DEBUG):
        try:
            assess(read_record(damage(_canary())), as_of=as_of(DAY))
        except FourthstepError as error:
            text = f"{error} {error.__cause__} {error.__context__ if not error.__suppress_context__ else ''}"
    out = capsys.readouterr()
    for canary in CANARIES:
        assert canary not in f"{text} {caplog.text} {out.out} {out.err}"


@pytest.mark.parametrize(
    "line", ['{"resourceType": "Patient", "id": "canary-4711", "name": [{"family": "Canaryname"', "Canaryname", "[1, "]
)
def test_no_patient_value_of_a_broken_line(tmp_path, line, caplog):
    (tmp_path / "Patient.ndjson").write_text(f'{line}\n{{"resourceType": "Patient", "id": "p"}}\n', encoding="utf-8")
    text = ""
    with caplog.at_level(logging.DEBUG):
        try:
            for record in read_records(tmp_path):
                assess(record, as_of=as_of(DAY))
        except FourthstepError as error:
            text = str(error)
    assert not any(canary in text + caplog.text for canary in CANARIES)


# -- 6. strange records, wrong policies ------------------------------------------------------------------------------

JUNK = st.sampled_from(["", "x", -1, 0, 10**30, 1e300, float("1e-9"), True, None, [], {}, [None], {"value": "x"}, "2026-13-45",
                        "9999-12-31", "0001-01-01", "https://x/Patient/1", "\u0000", "🙂"])  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(FILES), st.data())
def test_a_strange_record_is_an_ordinary_day(name, data):
    record = source(name)
    for _ in range(data.draw(st.integers(1, 4))):
        _damage(record, data)
    try:
        told = assess(read_record(record), as_of=as_of(DAY))
    except FourthstepError:
        return
    TextReport(load_knowledge()).write(told)


def _damage(node, data):
    """Put junk somewhere into a document."""
    while True:
        keys = sorted(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or data.draw(st.integers(0, 9)) == 0:
            node[key] = deepcopy(data.draw(JUNK))
            return
        node = node[key]


@pytest.mark.parametrize(
    ("text", "line", "says", "remedy"),
    [
        ("time_zone: Mars/Olympus\n", 1, "Mars/Olympus", "Europe/Zurich"),
        ("name: ward\nome_table: guessed\n", 2, "guessed", "cdc_2022"),
        ("name: ward\n\nnot_offered: [crystal-healing]\n", 3, "crystal-healing", ""),
        ("vouching: {post: [drug]}\n", 1, "post", "prefetch"),
        ("vouching: {file: [weather]}\n", 1, "weather", "condition"),
        ("thresholds: {no-such-criterion: 3}\n", 1, "no-such-criterion", ""),
        ("order_statuses: [imagined]\n", 1, "imagined", "active"),
        ("name: ward\nunknown_key: 1\n", 2, "unknown_key", ""),
        ("name: [\n", 2, "", ""),
    ],
)
def test_a_wrong_policy_stops_with_file_line_and_remedy(tmp_path, text, line, says, remedy):
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeError) as raised:
        read_policy(path, load_knowledge())
    (mistake,) = raised.value.mistakes
    assert (mistake.file, mistake.line) == ("policy.yaml", line)
    assert says in mistake.what
    assert remedy in mistake.remedy


# -- 7. it never doses and never tells anyone to stop a drug ---------------------------------------------------------

NEVER = (
    r"\bstop (taking|your|all)\b",
    r"\bstop the (drug|opioid|anticoagulant|antiplatelet|aspirin|medicine)",
    r"\bdiscontinu(e|ing)\b",
    r"\b(increase|raise|titrate|double|halve) the (opioid )?dose\b",
    r"\b(give|start with|prescribe|administer|switch to|convert to) [\d.]+ ?(mg|ug|mcg|ml|tablet)",
)
EXPOSURE = re.compile(r"of oral morphine|× ?[\d.]+ ?=|as needed up to|= ?\d|oral morphine equivalent")


def told(result):
    return TextReport(load_knowledge(), full=True, width=400).write(result)


@pytest.mark.parametrize("name", ROWS)
def test_no_word_that_orders(name):
    text = f"{told(example_assessed(name))}\n{as_json(example_assessed(name)).decode()}"
    for pattern in NEVER:
        assert not re.search(pattern, text, re.IGNORECASE), pattern


@pytest.mark.parametrize("name", ROWS)
def test_a_daily_dose_is_only_ever_an_exposure(name):
    for line in told(example_assessed(name)).splitlines():
        if "mg/d " in f"{line} " and "mg/dL" not in line:
            assert EXPOSURE.search(line), line


def test_the_lint_finds_what_it_looks_for():
    for text in (
        "Stop taking apixaban",
        "discontinue it",
        "increase the dose",
        "give 5 mg",
        "switch to 30 mg",
        "stop the opioid",
    ):
        assert any(re.search(pattern, text, re.IGNORECASE) for pattern in NEVER), text
