"""The book: a page for every entry, every link leads somewhere, and search, phone and dark work from a disk without a network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fourthstep.report.entries import Entries
from tests.report.examples import KNOWLEDGE
from tests.report.test_browser import browser, violations  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = Entries(KNOWLEDGE)
needs_browser = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="Chromium is not installed (apt-get install chromium)"
)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The whole book, built as `make docs` does; a warning (a link that leads nowhere) is an error."""
    site = tmp_path_factory.mktemp("book")
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", site], cwd=ROOT, text=True,
                          capture_output=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return site


def text_of(page):
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ENTRIES.kinds)
def test_every_entry_has_a_page_and_stands_in_the_list_of_its_kind(book, kind):
    folder = book / kind.replace(" ", "-")
    written = {path.stem for path in folder.glob("*.html")} - {"index"}
    assert len(written) == len(ENTRIES.kinds[kind])
    listed = text_of(folder / "index.html")
    assert all(f'href="{name}.html"' in listed for name in written)


SAID = [
    ("intervention/celiac-plexus-neurolysis-percutaneous.html", "Six randomised trials, 358 patients"),
    ("intervention/celiac-plexus-neurolysis-percutaneous.html", 'href="../source/COCHRANE2011CPB.html"'),
    ("source/COCHRANE2011CPB.html", 'href="../intervention/celiac-plexus-neurolysis-percutaneous.html"'),
    ("source/APJCC2015.html", "must be completed before it is quoted"),
    ("drug/apixaban.html", "72 h"),
    ("safety/platelets-high.html", 'href="../fact/platelet_count.html"'),
    ("fact/platelet_count.html", "silence of the record is unknown"),
    ("semantics.html", "nothing, not vouched"),
    ("words.html", "contraindicated"),
    ("adr/index.html", "0006-salvage-behind-open.html"),
]


@pytest.mark.parametrize(("page", "words"), SAID)
def test_says(book, page, words):
    assert words in text_of(book / page)


@pytest.fixture
def opened(book, browser):  # noqa: F811
    """Open a page from the disk; a request to anywhere else fails the test."""
    tabs = []

    def call(page, width=1280, **settings):
        tab = browser.new_page(viewport={"width": width, "height": 900}, **settings)
        tabs.append(tab)
        tab.on("request", lambda request: elsewhere.append(request.url) if request.url.startswith("http") else None)
        elsewhere = tab.elsewhere = []
        tab.goto((book / page).as_uri())
        return tab

    yield call
    for tab in tabs:
        assert tab.elsewhere == []
        tab.close()


PAGES = ("index.html", "intervention/celiac-plexus-neurolysis-percutaneous.html", "drug/apixaban.html", "source/index.html")


@needs_browser
@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_is_accessible_and_fits(opened, page, width, scheme):
    tab = opened(page, width, color_scheme=scheme)
    tab.wait_for_timeout(300)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(tab) == []


@needs_browser
@pytest.mark.browser
@pytest.mark.parametrize(
    ("words", "found"), [("cordotomy", "cordotomy"), ("COCHRANE2011CPB", "source/COCHRANE2011CPB.html")]
)
def test_search_works_from_a_disk(opened, words, found):
    tab = opened("index.html")
    tab.click(".md-search__input")
    tab.keyboard.type(words)
    link = tab.wait_for_selector(f'.md-search-result__link[href*="{found}"]', state="attached", timeout=20_000)
    assert link is not None
