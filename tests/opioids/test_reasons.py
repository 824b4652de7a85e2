"""Every reason and every flag has its sentence, and every sentence has something that says it."""

import re

from bedside import ROOT

from fourthstep.knowledge.load import load_knowledge

TEXTS = load_knowledge().texts
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("events", "facts/opioids", "knowledge")
    for path in sorted((ROOT / "src" / "fourthstep" / folder).glob("*.py"))
) + "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "knowledge" / "opioids").glob("*.yaml")))  # fmt: skip


def said(name):
    short = name.removesuffix("-unclear")
    return re.search(rf'["\[\s]{re.escape(name)}["\s}}\]]', CODE) or f'"{short}"' in CODE


def test_every_sentence_is_used():
    unused = [name for name in (*TEXTS["opioid_reason"], *TEXTS["opioid_flag"]) if not said(name)]
    assert unused == []


def test_sentences_are_sentences():
    for name, sentence in (*TEXTS["opioid_reason"].items(), *TEXTS["opioid_flag"].items()):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert sentence[0].isupper()
        assert sentence.endswith(".")


def test_every_reason_that_the_tests_show_has_a_sentence():
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "opioids").glob("test_*.py"))
    shown = {name for name in TEXTS["opioid_reason"] if f'"{name}"' in tests}
    assert set(TEXTS["opioid_reason"]) - shown <= {
        # said of a use that the total does not need, or beside another reason
        "neuraxial", "not-strong", "not-strong-unclear", "no-rescue-unclear", "dose-too-low", "dose-too-low-unclear",
        "not-titrated", "not-titrated-unclear", "outcome-missing-unclear",
    }  # fmt: skip
