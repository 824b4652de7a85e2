"""Hostile and absurd sources: they cost little, they end in an error that helps, and no message holds a value."""

import gzip
import io
import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fourthstep.ground.errors import RecordError
from fourthstep.record import read_record
from fourthstep.record import sources as record_sources
from fourthstep.record.resources import TYPES, Condition, Observation

CANARY = "Zebra-4711"
PATIENT = {"resourceType": "Patient", "id": "7"}
SUBJECT = {"reference": "Patient/7"}


class Counting(io.FileIO):
    """A file that counts what is read of it."""

    total = 0

    def readinto(self, buffer: Any, /) -> int:
        size = super().readinto(buffer)
        Counting.total += size
        return size


def sparse(path: Path, start: bytes, size: int) -> Path:
    """A large file that takes no room: a start, and nothing after it."""
    with path.open("wb") as stream:
        stream.write(start)
        stream.truncate(size)
    return path


NONSENSE = {
    "a document": ("a.json", b'{"x":"' + b"a" * 3_000_000),
    "lines": ("a.ndjson", b'{"x":1}\n' * 400_000),
    "zeros": ("a.json", b""),
    "a picture": ("a.json", b"\x89PNG\r\n"),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_two_hundred_megabytes_of_nonsense_are_refused_by_their_start(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, start = NONSENSE[case]
    path = sparse(tmp_path / name, start, 200_000_000)
    Counting.total = 0

    def opened(each: Path, mode: str = "r", **_: Any) -> Any:
        assert mode == "rb"
        return io.BufferedReader(Counting(each), 1 << 16)

    monkeypatch.setattr(Path, "open", opened)
    begun = time.perf_counter()
    with pytest.raises(RecordError, match="not FHIR|not UTF-8"):
        read_record(path)
    assert Counting.total < 2_500_000
    assert time.perf_counter() - begun < 2


def test_a_bomb_stops_before_it_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_sources, "_BOMB_FROM", 4_000_000)
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b'{"resourceType":"Bundle","x":"' + b" " * 100_000_000))
    with pytest.raises(RecordError, match=r"expands to more than 400 times its size"):
        read_record(path)


def nested(depth: int) -> bytes:
    inner = json.dumps({"resourceType": "Bundle", "entry": []})
    for _ in range(depth):
        inner = f'{{"resourceType":"Bundle","entry":[{{"resource":{inner}}}]}}'
    return inner.encode()


def test_bundles_in_bundles_end() -> None:
    with pytest.raises(RecordError, match="more than three deep"):
        read_record(nested(40))


# -- no value in any message ---------------------------------------------------------------------------------

HIDDEN = {
    "id": {"resourceType": "Condition", "id": CANARY, "subject": SUBJECT, "clinicalStatus": 5},
    "subject": {"resourceType": "Condition", "subject": {"reference": f"Patient/{CANARY}"}},
    "text": {"resourceType": "Observation", "subject": SUBJECT, "status": {"x": CANARY}},
    "number": {"resourceType": "Observation", "subject": SUBJECT, "valueQuantity": {"value": CANARY}},
    "type": {"resourceType": CANARY, "subject": SUBJECT},
    "version": {"resourceType": "Condition", "subject": SUBJECT, "assertedDate": CANARY},
    "order": {"resourceType": "MedicationOrder", "note": CANARY},
    "nothing": {"a": CANARY},
    "list": [{"a": CANARY}],
}


def said(source: Any) -> str:
    """What a reader is told: the error, or the notices."""
    try:
        return " ".join(read_record(source).notices)
    except RecordError as error:
        return f"{error} {error.__cause__!r}"


@pytest.mark.parametrize("case", HIDDEN)
def test_neither_errors_nor_logs_nor_notices_hold_a_value(case: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for source in (HIDDEN[case], [PATIENT, HIDDEN[case]], json.dumps(HIDDEN[case])[:-3]):
        assert CANARY not in said(source)
    assert CANARY not in caplog.text


# -- whatever comes ------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KNOWN = sorted(
    {name for kind in TYPES.values() for name in kind.__struct_encode_fields__}
    | {"reference", "coding", "code", "value", "unit", "system", "text", "start", "end"}
)
RESOURCES = st.dictionaries(st.sampled_from(KNOWN), JSON, max_size=8).flatmap(
    lambda tree: st.sampled_from([*TYPES, "Bundle", "OperationOutcome", "Claim"]).map(
        lambda kind: tree | {"resourceType": kind}
    )
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RESOURCES | JSON)
def test_any_json_is_read_or_refused(tree: Any) -> None:
    try:
        record = read_record([PATIENT, tree])
    except RecordError:
        return
    assert record.patient == "7"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 200))
def test_any_bytes_are_read_or_refused(noise: bytes, at: int) -> None:
    whole = json.dumps([PATIENT, {"resourceType": "Condition", "id": "c", "subject": SUBJECT}]).encode()
    for source in (noise, whole[:at] + noise + whole[at:]):
        try:
            read_record(source)
        except RecordError:
            continue


# -- versions, lines, identifiers ----------------------------------------------------------------------------


def version(text: str, updated: str) -> dict[str, Any]:
    meta = {"meta": {"lastUpdated": updated}} if updated else {}
    return {"resourceType": "Condition", "id": "c", "subject": SUBJECT, "code": {"text": text}} | meta


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"])),
        min_size=1,
        max_size=6,
    ),
    st.randoms(),
)
def test_the_arrival_of_versions_decides_nothing(pairs: list[tuple[str, str]], dice: Any) -> None:
    made = [version(*pair) for pair in pairs]
    shuffled = list(made)
    dice.shuffle(shuffled)
    first, second = read_record([PATIENT, *made]), read_record([*shuffled, PATIENT])
    assert [each.code for _, each in first.of(Condition)] == [each.code for _, each in second.of(Condition)]
    assert first.conflicts == second.conflicts


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_persons_the_dead_one_counts(turned: bool) -> None:
    both = [PATIENT, PATIENT | {"deceasedBoolean": True}]
    record = read_record(both[::-1] if turned else both)
    assert record.person is not None
    assert record.person.deceased_boolean is True
    assert record.conflicts == ("Patient/7",)


def test_a_subject_by_identifier_is_the_patient_who_has_it() -> None:
    person = PATIENT | {"identifier": [{"system": "http://h.example/mrn", "value": "12"}]}
    subject = {"reference": "Patient?identifier=http://h.example/mrn|12"}
    record = read_record([person, {"resourceType": "Condition", "id": "c", "subject": subject}])
    assert [ref for ref, _ in record.of(Condition)] == ["Condition/c"]
    other = {"reference": "Patient?identifier=http://h.example/mrn|13"}
    with pytest.raises(RecordError, match="1 other patient"):
        read_record([person, {"resourceType": "Condition", "id": "c", "subject": other}])


def test_a_cut_line_could_be_the_wanted_patients(tmp_path: Path) -> None:
    whole = json.dumps({"resourceType": "Condition", "id": "c", "subject": SUBJECT})
    path = tmp_path / "a.ndjson"
    path.write_text(f"{json.dumps(PATIENT)}\n{whole[:30]}\n", encoding="utf-8")
    record = read_record(path, patient="7")
    assert "condition" not in record.vouched
    assert [each.what for each in record.problems] == ["broken-line"]


def test_what_names_no_patient_in_an_export_could_be_anybodys(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    lines = [PATIENT, {"resourceType": "Patient", "id": "8"}, {"resourceType": "Condition", "id": "c"}]
    path.write_text("".join(f"{json.dumps(each)}\n" for each in lines), encoding="utf-8")
    record = read_record(path, patient="7")
    assert not record.of(Condition)
    assert "condition" not in record.vouched


def test_what_is_about_a_group_is_said() -> None:
    made = {"resourceType": "Observation", "id": "o", "subject": {"reference": "Group/1"}}
    record = read_record([PATIENT, made])
    assert not record.of(Observation)
    assert any("a group, a device or a place" in each for each in record.notices)
