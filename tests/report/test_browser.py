"""The pages in a real browser, at desktop and phone width: no overflow, no accessibility violation, keyboard and print."""

import shutil

import pytest

from fourthstep import as_of, assess, load_knowledge, read_record
from fourthstep.knowledge.policy import DEFAULT
from fourthstep.report.letter import letter_html
from fourthstep.report.page import page
from tests.report.test_page import EXAMPLES

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)")
WIDTHS = {"desktop": 1280, "phone": 360}
RECORDS = ["pancreatic-apixaban.json", "cord-compression.json", "sparse.json", "controlled.json"]


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield found
        found.close()


def written(name, folder):
    found = assess(read_record(EXAMPLES / name), as_of=as_of("2026-03-01"))
    knowledge = load_knowledge()
    paths = {"page": folder / "page.html", "letter": folder / "letter.html"}
    paths["page"].write_text(page(found, knowledge), encoding="utf-8")
    paths["letter"].write_text(letter_html(found, knowledge, DEFAULT), encoding="utf-8")
    return paths


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", RECORDS)
def test_fits_and_is_accessible(browser, tmp_path, name, width):
    from axe_playwright_python.sync_playwright import Axe

    for path in written(name, tmp_path).values():
        tab = browser.new_page(viewport={"width": WIDTHS[width], "height": 800}, java_script_enabled=True)
        tab.goto(path.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]
        violations = Axe().run(tab).response["violations"]
        assert [each["id"] for each in violations] == []
        tab.close()


def test_a_reference_leads_to_its_datum(browser, tmp_path):
    tab = browser.new_page(java_script_enabled=False)
    tab.goto(written(RECORDS[0], tmp_path)["page"].as_uri())
    link = tab.locator("#safety a.ref").first
    wanted = link.get_attribute("href")
    link.click()
    assert tab.url.endswith(wanted)
    assert tab.locator(":target").inner_text().startswith(wanted.removeprefix("#d-"))


def test_print_shows_what_is_folded(browser, tmp_path):
    tab = browser.new_page()
    tab.goto(written(RECORDS[0], tmp_path)["page"].as_uri())
    tab.emulate_media(media="print")
    hidden = "[...document.querySelectorAll('details:not([open]) > :not(summary)')].filter(e => !e.checkVisibility()).length"
    assert tab.evaluate(hidden) == 0
