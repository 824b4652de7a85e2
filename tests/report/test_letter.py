"""The referral letter: what it says, and that it never says more than the record."""

import io

import pytest
from msgspec.structs import replace

from fourthstep import as_of, assess, load_knowledge, read_record
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.report.letter import letter_html, letter_pdf, letter_text
from tests.report.test_page import EXAMPLES


def text(name, policy=DEFAULT):
    found = assess(read_record(EXAMPLES / f"{name}.json"), as_of=as_of("2026-03-01"), policy=policy)
    return " ".join(letter_text(found, load_knowledge(), policy).split())


SAYS = [
    ("pancreatic", "advise on interventional treatment of this pain: upper abdomen, midline, visceral?"),
    ("pancreatic", "metastatic disease: yes on 2026-01-29"),
    ("pancreatic", "7/10 unspecified on 2026-03-01, worst 9/10; Pancreatic (celiac) pain (certain)"),
    ("pancreatic", "Exposure: scheduled 90 mg/d, as needed up to 90 mg/d, range 60 to 240 mg/d of oral morphine (CDC 2022)"),
    ("pancreatic", "morphine (2025-12-01 to 2026-02-26, without enough relief)"),
    ("pancreatic", "oxycodone (since 2026-02-26, too short to judge)"),
    ("pancreatic", "platelets: 212 ×10⁹/L on 2026-02-27 (2 d)"),
    ("pancreatic", "Celiac plexus neurolysis, percutaneous (candidate; now; fits prognosis and goals; certainty very low)"),
    ("pancreatic-apixaban", "ASRA2018 asks 72 h since the last apixaban"),
    ("pancreatic-apixaban", "the prescriber decides"),
    ("cord-compression", "To be worked up first, before any procedure:"),
    ("sparse", "The record does not say where the pain is."),
    ("sparse", "No option can be named from this record. The question is open."),
    ("sparse", "not known, never measured: platelets"),
    ("sparse", "How strong is the pain on average, from 0 to 10?"),
]


@pytest.mark.parametrize(("name", "sentence"), SAYS)
def test_says(name, sentence):
    assert sentence in text(name)


@pytest.mark.parametrize("name", ["pancreatic", "pancreatic-apixaban", "sparse", "cord-compression", "prostate-hospice"])
def test_is_a_draft_that_leaves_the_decision_open(name):
    found = text(name)
    assert "Draft, to be edited and signed" in found
    assert "The patient decides; doing none of these is always an option." in found


def test_addresses_the_contact_of_the_policy():
    assert "To: [interventional pain service]" in text("pancreatic")
    assert "To: Pain clinic, ext. 100" in text(
        "pancreatic", replace(DEFAULT, contacts={"interventional": "Pain clinic, ext. 100"})
    )


def test_what_is_not_offered_is_not_proposed():
    policy = replace(DEFAULT, not_offered=("celiac-plexus-neurolysis-percutaneous",))
    assert "Celiac plexus neurolysis, percutaneous (" not in text("pancreatic", policy)


def test_html_and_pdf_say_the_same():
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("weasyprint", reason="WeasyPrint or Pango is not installed", exc_type=OSError)
    found = assess(read_record(EXAMPLES / "pancreatic.json"), as_of=as_of("2026-03-01"))
    html = letter_html(found, load_knowledge(), DEFAULT)
    pages = pypdf.PdfReader(io.BytesIO(letter_pdf(found, load_knowledge(), DEFAULT))).pages
    printed = " ".join(" ".join(page.extract_text() for page in pages).split())
    for sentence in ("Referral: interventional treatment of cancer pain", "Options to discuss", "The patient decides"):
        assert sentence in html
        assert sentence in printed
