"""The report in a real browser: it fits, axe finds nothing in light and dark, it fetches nothing, and paper shows all."""

import io
import shutil

import pytest

from tests.screen.cohort import html

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)"),
]


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
    """Open the report; requests to anywhere fail the test."""
    path = tmp_path / "report.html"
    path.write_text(html(1, "listed-file-is-missing"), encoding="utf-8")
    tabs = []

    def call(*, width=1280, **settings):
        asked = []
        tab = browser.new_page(viewport={"width": width, "height": 800}, **settings)
        tab.on("request", lambda request: asked.append(request.url))
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_is_accessible_folded_and_unfolded(shown, width, scheme):
    tab = shown(width=width, color_scheme=scheme)
    assert violations(tab) == []
    tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert violations(tab) == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_fits(shown, width):
    tab = shown(width=width)
    tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_forced_colours_keep_the_pictures(shown):
    tab = shown(forced_colors="active")
    for selector in ("svg .circle", "svg .band-4", "svg.bars rect"):
        assert tab.locator(selector).first.is_visible()


def test_paper_shows_the_tables_and_says_on_every_sheet_that_it_is_incomplete(shown):
    pypdf = pytest.importorskip("pypdf")
    tab = shown()
    pages = pypdf.PdfReader(io.BytesIO(tab.pdf(prefer_css_page_size=True))).pages
    for page in pages:
        assert "This export is not complete" in " ".join(page.extract_text().split())
    tab.emulate_media(media="print")
    assert tab.evaluate("[...document.querySelectorAll('details > :not(summary)')].every(each => each.checkVisibility())")
