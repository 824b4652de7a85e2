"""The referral letter: what it says, and that it never says more than the record."""

import io
import re
import sys

import pytest
from msgspec.structs import replace

from fourthstep.ground.errors import MissingExtraError
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.report.letter import WIDTH, letter_html, letter_pdf, letter_text, write_letter
from tests.report.examples import KNOWLEDGE, NAMES, assessed, flat, letter

SAYS = [
    ("pancreatic", "advise on interventional treatment of this pain: upper abdomen, midline, visceral?"),
    ("pancreatic", "Secondary malignant neoplasm of liver and intrahepatic bile duct (recorded 29 Jan 2026)"),
    ("pancreatic", "7/10 of unspecified kind on 1 Mar 2026; worst 9/10 (27 Feb 2026); earlier scores 7 (27 Feb 2026)"),
    ("pancreatic", "this fits: Pancreatic (celiac) pain (certain, as recorded)"),
    ("pancreatic", "12 HR oxycodone hydrochloride 30 MG Extended Release Oral Tablet, 1 tablet, 2 a day, oral"),
    ("pancreatic", "scheduled 90 mg/d, as needed up to 90 mg/d, range 60 to 240 mg/d of oral morphine (CDC 2022)"),
    ("pancreatic", "morphine (1 Dec 2025 to 26 Feb 2026, 60 and 120 mg a day, without enough relief)"),
    ("pancreatic", "oxycodone (since 26 Feb 2026, 60 mg a day, too short to judge)"),
    ("pancreatic", "27 Feb 2026: platelets 212 ×10⁹/L; INR 1;"),
    (
        "pancreatic",
        "(2) Celiac plexus neurolysis, percutaneous: candidate; now; fits prognosis and goals, certainty low",
    ),
    ("pancreatic", "Benefit: Six randomised trials, 358 patients"),
    ("pancreatic", "prognosis 3 to 12 months (clinician's estimate of 3 to 12 months)"),
    ("pancreatic", "[imaging of the target, with date] [capacity and consent to the referral]"),
    ("pancreatic", "Urgency (policy, please choose): priority, within 2 weeks"),
    ("controlled", "Urgency (policy, please choose): routine"),
    (
        "pancreatic-apixaban",
        "Apixaban: taken now, as recorded, last recorded 1 Mar 2026, 08:10 (UTC-06:00); given for: [not recorded].",
    ),
    ("pancreatic-apixaban", "Of all 4, correct first: apixaban: taken now"),
    ("pancreatic-apixaban", "ASRA 2018 asks 72 h since the last apixaban"),
    ("pancreatic-apixaban", "the prescriber decides"),
    ("rib", "Not known, no item of the score is recorded: spinal instability neoplastic score (SINS), Mirels score."),
    ("cord-compression", "ECOG 2 to 3 (3 to 12 months)"),
    ("pancoast", "Adjuvant analgesics: gabapentin (since 10 Nov 2025)"),
    ("pancoast", "Radiotherapy (3 Nov 2025 to 14 Nov 2025)"),
    ("pancoast", "Methadone has no single factor"),
    ("cord-compression", "Urgency (policy, please choose): same day, for the red flag below"),
    ("cord-compression", "To be worked up first, before any procedure: Compression of the spinal cord"),
    ("prostate-hospice", "goal of care comfort at home only"),
    ("sparse", "Urgency (policy, please choose): [not known from this record whether the pain is controlled]"),
    ("sparse", "The record does not say where the pain is."),
    ("sparse", "No option can be named from this record. The question is open."),
    ("sparse", 'Opioids now: oxycodone, "1-2 as needed" - cannot be read.'),
    ("sparse", "Strong opioids tried: oxycodone (start or end not recorded)."),
    ("sparse", "Not known, never measured: platelets"),
    ("sparse", "How strong is the pain on average, from 0 to 10?"),
    ("sparse", "Entries of the record that were not recognised: 9."),
]


@pytest.mark.parametrize(("name", "sentence"), SAYS)
def test_says(name, sentence):
    assert sentence in flat(letter(name))


@pytest.mark.parametrize("name", NAMES)
class TestEveryExample:
    def test_is_a_draft_that_leaves_the_decision_open(self, name):
        told = flat(letter(name))
        assert "Draft, to be edited and signed" in told
        assert "The patient decides; doing none of these is always an option." in told
        assert "[name, role, contact]" in told

    def test_never_orders(self, name):
        told = flat(letter(name))
        assert not re.search(r"\b(stop|discontinue|withhold)\b (the|taking|your|it)\b", told, re.IGNORECASE)
        assert not re.search(
            r"\b(give|start with|prescribe|administer|switch to) [\d.]+ ?(mg|ug|mcg|ml|tablet)", told, re.IGNORECASE
        )

    def test_is_as_wide_as_a_page(self, name):
        assert max(map(len, letter(name).splitlines())) <= WIDTH

    def test_dates_are_unambiguous(self, name):
        assert not re.search(r"\d{4}-\d{2}-\d{2}", letter(name).replace(assessed(name).patient.id, ""))

    def test_html_says_the_same(self, name):
        html = letter_html(assessed(name), KNOWLEDGE, DEFAULT)
        assert "<script" not in html
        assert not re.search(r"(src|href)=|url\(|@import", html)
        assert html.count("<li>") == sum(len(part.lines) for part in write_letter(assessed(name), KNOWLEDGE, DEFAULT).parts)


NOT_SAID = [
    # record, words, why not
    ("pancreatic", "Mirels", "no bone of this patient may hurt"),
    ("pancreatic-apixaban", "Anticoagulant (apixaban)", "the drug stands in a line of its own"),
    ("pancreatic", "(months)", "a code is no word"),
]


@pytest.mark.parametrize(("name", "words", "why"), NOT_SAID)
def test_does_not_say(name, words, why):
    assert words not in flat(letter(name)), why


def test_an_antithrombotic_is_told_with_its_indication_where_no_option_is_open():
    found = assessed("pancreatic-apixaban")
    known = replace(found.antithrombotics_told[0], reasons=("Deep vein thrombosis",))
    told = flat(letter_text(replace(found, pains=(), antithrombotics_told=(known,)), KNOWLEDGE, DEFAULT))
    assert "Apixaban: taken now, as recorded, last recorded 1 Mar 2026, 08:10 (UTC-06:00); given for: Deep vein" in told


def test_addresses_the_contact_of_the_policy():
    assert "To: [interventional pain service]" in letter("pancreatic")
    named = replace(DEFAULT, contacts={"interventional": "Pain clinic, ext. 100"})
    assert "To: Pain clinic, ext. 100" in letter_text(assessed("pancreatic"), KNOWLEDGE, named)


def test_what_is_not_offered_is_not_proposed():
    found = assessed("pancreatic")
    name = "Celiac plexus neurolysis, percutaneous"
    options = tuple(replace(each, offered=each.name != name) for each in found.pains[0].options)
    without = replace(found, pains=(replace(found.pains[0], options=options), *found.pains[1:]))
    assert f"{name}: " in flat(letter("pancreatic"))
    assert f"{name}: " not in flat(letter_text(without, KNOWLEDGE, DEFAULT))


def test_several_pains_are_told_apart():
    found = assessed("pancreatic")
    other = replace(found.pains[0], id="leg/left/somatic", region="leg", side="left", mechanism="somatic")
    told = flat(letter_text(replace(found, pains=(found.pains[0], other)), KNOWLEDGE, DEFAULT))
    assert "upper abdomen, midline, visceral; leg, left, somatic?" in told
    assert "Leg, left, somatic: (1) Celiac plexus" in told


def test_words_of_a_record_never_become_markup():
    found = replace(
        assessed("pancreatic"), diagnoses=(replace(assessed("pancreatic").diagnoses[0], says="<script>x</script>"),)
    )
    assert "<script" not in letter_html(found, KNOWLEDGE, DEFAULT)


class TestPdf:
    @pytest.fixture(autouse=True)
    def _needs(self):
        pytest.importorskip("weasyprint", reason="WeasyPrint or Pango is not installed", exc_type=OSError)

    @pytest.mark.parametrize("name", NAMES)
    def test_holds_every_line_on_at_most_two_pages(self, name):
        import pypdf

        pages = pypdf.PdfReader(io.BytesIO(letter_pdf(assessed(name), KNOWLEDGE, DEFAULT))).pages
        printed = "".join("".join(page.extract_text() for page in pages).split())
        assert len(pages) <= 2
        assert "page1/" in printed
        for part in write_letter(assessed(name), KNOWLEDGE, DEFAULT).parts:
            for line in part.lines:
                start = "".join(line.split())[:30]
                assert start in printed, line

    def test_is_the_same_bytes_again(self):
        once, again = (letter_pdf(assessed("pancreatic"), KNOWLEDGE, DEFAULT) for _ in range(2))
        assert once == again
        assert b"CreationDate" not in once

    def test_names_the_install_where_it_is_missing(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "weasyprint", None)
        with pytest.raises(MissingExtraError, match=r"fourthstep\[pdf\]"):
            letter_pdf(assessed("pancreatic"), KNOWLEDGE, DEFAULT)


def test_names_the_install_of_jinja_where_it_is_missing(monkeypatch):
    from fourthstep.report import page

    page._environment.cache_clear()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"fourthstep\[html\]"):
        letter_html(assessed("pancreatic"), KNOWLEDGE, DEFAULT)
    page._environment.cache_clear()
