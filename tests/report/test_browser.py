"""The pages in a real browser: no overflow from 320 px up, nothing axe finds, keyboard, dark, forced colours, paper."""

import io
import shutil

import pytest

from fourthstep.knowledge.policy import DEFAULT
from fourthstep.report.letter import letter_html
from tests.report.examples import KNOWLEDGE, NAMES, assessed, html

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)"),
]
WIDTHS = (320, 390, 1280)
RECORDS = ("pancreatic-apixaban", "cord-compression", "sparse", "controlled")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield found
        found.close()


@pytest.fixture
def shown(browser, tmp_path):
    """Open the page or letter of an example; requests to anywhere fail the test."""
    tabs = []

    def call(name, kind="page", *, width=1280, **settings):
        content = html(name) if kind == "page" else letter_html(assessed(name), KNOWLEDGE, DEFAULT)
        path = tmp_path / f"{name}-{kind}.html"
        path.write_text(content, encoding="utf-8")
        tab = browser.new_page(viewport={"width": width, "height": 800}, **settings)
        tab.on("request", lambda request: asked.append(request.url))
        asked = []
        tab.goto(path.as_uri())
        assert asked == [path.as_uri()]
        tabs.append(tab)
        return tab

    yield call
    for tab in tabs:
        tab.close()


def violations(tab):
    from axe_playwright_python.sync_playwright import Axe

    return [(each["id"], each["nodes"][0]["html"][:120]) for each in Axe().run(tab).response["violations"]]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["page", "letter"])
@pytest.mark.parametrize("name", RECORDS)
def test_fits(shown, name, kind, width):
    tab = shown(name, kind, width=width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_is_accessible_with_all_cards_open(shown, name, scheme):
    tab = shown(name, color_scheme=scheme)
    assert violations(tab) == []
    tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert violations(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280


def test_the_letter_is_accessible(shown):
    assert violations(shown("pancreatic-apixaban", "letter")) == []


@pytest.mark.parametrize("name", NAMES)
def test_all_cards_open_fit_on_the_smallest_screen(shown, name):
    tab = shown(name, width=320)
    assert violations(tab) == []
    tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320


FIRST_SCREEN = ["h1", ".strip", ".first-options ol, .first-options .unknown", ".ask-first"]


@pytest.mark.parametrize("name", ["pancreatic", "pancreatic-apixaban", "myeloma-fracture", "controlled", "post-mastectomy"])
def test_the_first_screen_holds_the_pathway_the_options_and_the_questions(shown, name):
    tab = shown(name)
    for selector in FIRST_SCREEN:
        boxes = [each.bounding_box() for each in tab.locator(selector).all()]
        assert all(box["y"] + box["height"] <= 900 for box in boxes), selector
    assert tab.locator(".strip").count() == 1


@pytest.mark.parametrize(("width", "most"), [(1280, 5000), (390, 7500)])
@pytest.mark.parametrize("name", NAMES)
def test_is_short_until_it_is_unfolded(shown, name, width, most):
    assert shown(name, width=width).evaluate("document.documentElement.scrollHeight") <= most


def test_a_link_of_the_first_screen_opens_its_card(shown):
    tab = shown("pancreatic-apixaban", java_script_enabled=False)
    tab.locator(".first-options ol a").first.click()
    assert tab.locator("#o-1-1").is_visible()


def test_on_a_phone_the_chart_begins_at_its_newest_days_and_says_so(shown):
    tab = shown("pancreatic-apixaban", width=390)
    assert tab.locator(".narrow").is_visible()
    assert tab.evaluate("(chart => chart.scrollWidth > chart.clientWidth)(document.querySelector('.chart'))")
    right = tab.evaluate("document.querySelector('.chart > svg').getBoundingClientRect().right")
    assert right <= 390
    assert not shown("pancreatic-apixaban").locator(".narrow").is_visible()


def test_forced_colours_keep_words_and_marks(shown):
    tab = shown("pancreatic-apixaban", forced_colors="active")
    assert tab.locator(".word").first.is_visible()
    assert tab.evaluate("getComputedStyle(document.querySelector('.word')).borderTopStyle") == "solid"
    assert tab.locator("svg .score").first.is_visible()


def test_the_keyboard_reaches_a_card_and_opens_it(shown):
    tab = shown("pancreatic-apixaban", java_script_enabled=True)
    card = tab.locator("details.option:not([open]) > summary").first
    card.focus()
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.parentElement.open") is True


def test_a_reference_leads_to_its_datum_without_a_script(shown):
    tab = shown("pancreatic-apixaban", java_script_enabled=False)
    tab.locator("nav a[href='#safety']").click()
    link = tab.locator("#safety a.ref").first
    wanted = link.get_attribute("href")
    link.click()
    assert tab.url.endswith(wanted)
    target = tab.locator(":target")
    assert target.inner_text().startswith(wanted.removeprefix("#d-"))
    assert target.is_visible()


def test_a_source_link_leads_to_its_citation(shown):
    tab = shown("pancreatic-apixaban", java_script_enabled=False)
    tab.locator("a.src", has_text="ASRA 2018").first.click()
    assert "Interventional spine and pain procedures" in tab.locator(":target").inner_text()


def test_print_shows_what_is_folded(shown):
    """All but what the page says is only on the screen."""
    tab = shown("pancreatic-apixaban")
    tab.emulate_media(media="print")
    folded = "[...document.querySelectorAll('details:not([open]) > :not(summary)')]"
    assert tab.evaluate(f"{folded}.filter(each => !each.closest('.off-paper') && !each.checkVisibility()).length") == 0
    assert tab.evaluate(f"{folded}.filter(each => !each.closest('.off-paper')).length") > 5
    assert tab.locator(".on-paper").is_visible()


def test_paper_is_numbered_and_dated_on_every_page(shown):
    pypdf = pytest.importorskip("pypdf")
    pages = pypdf.PdfReader(io.BytesIO(shown("pancreatic-apixaban").pdf(prefer_css_page_size=True))).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        told = " ".join(page.extract_text().split())
        assert "as of 1 Mar 2026 · result" in told
        assert f"page {number} / {len(pages)}" in told
    assert round(float(pages[0].mediabox.width)) in (595, 596)
