"""A mistake in a YAML file is told with file, line, caret and remedy, and all of them at once."""

from decimal import Decimal
from typing import Literal

import msgspec
import pytest

from fourthstep.ground.errors import KnowledgeError
from fourthstep.knowledge.models import Criterion, Entry, Fact, SafetyRule
from fourthstep.knowledge.reader import Reading, read_file


class Inner(Entry, kw_only=True):
    size: Literal["small", "large"]
    count: int = 0


class Outer(Entry, kw_only=True):
    name: str
    limit: Decimal | None = None
    sure: bool = False
    either: bool | str | None = None
    parts: list[Inner] = []
    by_name: dict[str, Inner] = {}


def mistakes(text, wanted=Outer):
    reading = Reading()
    reading.read(text, "a.yaml", wanted)
    return reading.mistakes


def test_a_good_file():
    text = "name: x\nlimit: 1.50\nsure: yes\neither: maybe\nparts: [{size: small}]\nby_name: {a: {size: large, count: 2}}\n"
    reading = Reading()
    entry = reading.read(text, "a.yaml", Outer)
    assert not reading.mistakes
    assert entry == Outer(name="x", limit=Decimal("1.50"), sure=True, either="maybe", parts=[Inner(size="small")],
                          by_name={"a": Inner(size="large", count=2)})  # fmt: skip
    assert reading.place(entry, "limit").line == 2


TABLE = [
    ("", "the file is empty"),
    ("name: [", "not YAML"),
    ("- a", "expected keys of a outer"),
    ("limit: 1", "a outer needs `name`"),
    ("name: x\nlimt: 1", "unknown key `limt`"),
    ("name: x\nname: y", "`name` stands twice"),
    ("name: x\nlimit: lots", "`lots` is not a number"),
    ("name: x\nlimit: .inf", "`.inf` is not a number"),
    ("name: x\nsure: perhaps", "`perhaps` is not yes or no"),
    ("name: x\nparts: {}", "expected a list"),
    ("name: x\nparts: [{size: middle}]", "`middle` is not one of small, large"),
    ("name: x\nparts: [{size: small, count: 1.5}]", "`1.5` is not a whole number"),
    ("name: x\nby_name: [1]", "expected keys with values"),
    ("name: x\nby_name: {a: {size: small}, a: {size: large}}", "`a` stands twice"),
    ("name: {a: b}", "expected text"),
    ("name: x\neither: [1]", "expected a single value"),
]


@pytest.mark.parametrize(("text", "what"), TABLE)
def test_each_mistake(text, what):
    found = mistakes(text)
    assert [each for each in found if what in each.what], [each.what for each in found]


def test_all_at_once_and_sorted():
    found = mistakes("name: x\nlimt: 1\nsure: perhaps\nparts: [{size: middle}, {sise: small}]")
    assert len(found) == 5
    error = KnowledgeError(found)
    assert [each.line for each in error.mistakes] == [2, 3, 4, 4, 4]
    assert str(error).startswith("5 mistakes")


def test_the_caret_stands_under_the_word():
    found = mistakes("name: x\nparts:\n  - {size: middle}")[0]
    assert str(found) == (
        "a.yaml:3: `middle` is not one of small, large\n"
        "    - {size: middle}\n"
        "             ^^^^^^"
    )  # fmt: skip


def test_a_near_word_is_suggested():
    assert mistakes("name: x\nlimt: 1")[0].remedy == "Did you mean `limit`?"
    assert "small" in mistakes("name: x\nparts: [{size: smal}]")[0].remedy


def test_a_file_that_cannot_be_read_raises(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("name: x\nlimt: 1")
    with pytest.raises(KnowledgeError, match=r"a.yaml:2: unknown key `limt`"):
        read_file(path, Outer)


def test_numbers_are_exact():
    rule = "{id: a, says: b, when: {fact: inr, above: 1.10, unit: '1'}, marks: {value: V}, effect: caution}"
    reading = Reading()
    found = reading.read(rule, "a.yaml", SafetyRule)
    assert not reading.mistakes
    assert found.when.above == "1.10"
    assert reading.read("{says: a, kind: measurement, readable: [0.10, 5]}", "a.yaml", Fact).readable[0] == Decimal("0.10")


def test_entries_survive_the_compiled_copy():
    """The kept copy is msgpack: what goes in must come out."""
    criterion = Reading().read(
        "{id: a, says: b, when: {any: [{fact: x, is: true}, {fact: y, in: [p, q]}]}, marks: {value: K, class: P}}",
        "a.yaml",
        Criterion,
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(criterion), type=Criterion) == criterion
