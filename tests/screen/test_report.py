"""The report of a hospital: every number of it is in a table, nobody is in it, and it does not grow with the patients."""

import builtins
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fourthstep.screen.report import Told, report_html
from fourthstep.screen.row import Row
from fourthstep.screen.tally import DOSE_BANDS, SCORE_BANDS, Tally, dose_band, score_band, tally_of
from tests.report.examples import KNOWLEDGE, NAMES, assessed
from tests.screen.cohort import html, rows, run, tally
from tests.screen.test_screen import HOSPITAL
from tests.screen.test_screen import run as screened


class Tables(HTMLParser):
    """Section -> the rows of its tables, each with the texts of its cells."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.sections: dict[str, list[list[str]]] = {}
        self.pictures: dict[str, int] = {}
        self._section, self._cell = "", False
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        if tag == "section" or (tag == "div" and "inside" in (held.get("class") or "")):
            self._section = held.get("id") or "alarm"
        elif tag == "tr":
            self.sections.setdefault(self._section, []).append([])
        elif tag in ("td", "th"):
            self._cell = True
            self.sections[self._section][-1].append("")
        elif tag == "svg" and held.get("role") == "img":
            self.pictures[self._section] = self.pictures.get(self._section, 0) + 1

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data):
        if self._cell:
            self.sections[self._section][-1][-1] += data.strip()

    def of(self, section: str) -> dict[str, list[str]]:
        return {row[0]: row[1:] for row in self.sections[section] if row}


TABLES = Tables(html())


def test_every_patient_is_in_one_step_of_the_funnel():
    told = {name: int(cells[0]) for name, cells in TABLES.of("funnel").items() if cells[0].isdigit()}
    left = {"Patients", "In scope, or not told", "Assessed", "On the worklist"}
    assert told["Patients"] == 94
    assert sum(count for name, count in told.items() if name not in left) == 94
    assert (
        told["Assessed"] + told["Cannot tell"] + told["Not assessable: an error of the program"]
        == told["In scope, or not told"]
    )
    assert told["On the worklist"] == sum(
        told[name] for name in ("Red flag first", "Refer", "Refer early", "Optimise first")
    )


def test_the_picture_of_pain_and_dose_holds_everybody_in_scope():
    cells = [int(cell) for row in TABLES.sections["grid"][1:] for cell in row[1:]]
    assert sum(cells) == tally().total.in_scope
    assert len(cells) == len(DOSE_BANDS) * len(SCORE_BANDS)


def test_the_options_are_counted_once_a_patient():
    own = [row for row in rows() if "intrathecal-pump" in row.opened]
    assert own
    assert TABLES.of("options")["Intrathecal pump"][3] == str(len(own))


def test_the_months_are_those_with_scores_and_all_between():
    months = [row[0] for row in TABLES.sections["trend"][1:]]
    assert months == ["Sep 2025", "Oct 2025", "Nov 2025", "Dec 2025", "Jan 2026", "Feb 2026", "Mar 2026"]
    assert all(sum(map(int, row[1:-1])) == int(row[-1]) for row in TABLES.sections["trend"][1:])


def test_a_table_stands_behind_every_picture():
    assert set(TABLES.pictures) == {"grid", "trend"}
    assert set(TABLES.sections) >= {"funnel", "grid", "options", "blocks", "lacking", "trend", "equity", "quality"}


def test_small_groups_are_withheld():
    groups = TABLES.of("equity")
    assert groups["Female"][0] == "63"
    assert groups["Asian"] == ["withheld"] * 5
    assert groups["Black or African American"][0] == "22"


def test_nobody_is_in_it_and_nothing_is_fetched():
    content = html()
    for name in NAMES:
        found = assessed(name)
        assert found.patient.id not in content
        assert found.result_id not in content
    assert not re.search(r"(src|href)=[\"'](?!#)|url\((?!#)|@import|<script|<link", content)


def test_the_size_does_not_depend_on_the_number_of_patients():
    assert tally(50).total.patients == 50 * 94
    assert abs(len(html(50)) - len(html())) < 2500, "only digits, and groups that are no longer withheld"


def test_an_incomplete_export_is_said_first_and_on_paper():
    content = html(1, "listed-file-is-missing")
    assert content.index("Listed file is missing") < content.index('id="funnel"')
    assert "This export is not complete&#34;" in content or 'not complete";' in content
    assert "not complete" not in html()


def test_of_nobody_it_says_so():
    empty = Tables(report_html(tally_of([]), run(), KNOWLEDGE))
    assert "funnel" not in empty.sections
    assert not empty.pictures


def test_names_from_the_record_are_escaped():
    evil = Row(patient="1", step="refer", pathway="refer", not_used={"Condition: <b>": 1}, unrecognised={"<script>": 1},
               groups={"language": "<i>"})  # fmt: skip
    content = report_html(tally_of([evil]), run(), KNOWLEDGE)
    assert not re.search(r"<script|<b>:|<i>", content.partition("<main>")[2].replace("<dd><b>", ""))


BANDS = [(None, "unknown"), (0, "0"), (0.5, "1 to 3"), (3, "1 to 3"), (3.5, "4 to 6"), (4, "4 to 6"), (6, "4 to 6"), (7, "7 to 10"), (10, "7 to 10"), (11, "unknown")]  # fmt: skip


@pytest.mark.parametrize(("score", "band"), BANDS)
def test_bands_of_the_score(score, band):
    assert score_band(score) == band


DOSES = [(None, "none", "none"), (None, "unknown", "unknown"), (0, "told", "under 30"), (29.9, "told", "under 30"), (30, "told", "30 to under 60"),
         (119, "told", "60 to under 120"), (239.9, "told", "120 to under 240"), (240, "told", "240 and over")]  # fmt: skip


@pytest.mark.parametrize(("dose", "told", "band"), DOSES)
def test_bands_of_the_dose(dose, told, band):
    assert dose_band(Row(patient="1", step="refer", dose=dose, dose_told=told)) == band


def test_the_page_of_a_screening_is_the_same_for_any_number_of_workers(tmp_path: Path):
    for workers in (1, 2):
        screened(HOSPITAL, tmp_path / str(workers), workers=workers)
    one, two = ((tmp_path / name / "report.html").read_bytes() for name in "12")
    assert one == two
    assert b"example-hospital" not in one


def test_without_jinja_the_tables_are_written_and_an_old_report_does_not_stay(tmp_path: Path, monkeypatch):
    from fourthstep.report import page

    screened(HOSPITAL, tmp_path)
    assert (tmp_path / "report.html").is_file()
    page._environment.cache_clear()
    real = builtins.__import__
    monkeypatch.setattr(
        builtins,
        "__import__",
        lambda name, *rest: (_ for _ in ()).throw(ImportError) if name == "jinja2" else real(name, *rest),
    )
    summary = screened(HOSPITAL, tmp_path)
    page._environment.cache_clear()
    assert not (tmp_path / "report.html").exists()
    assert "fourthstep[html]" in summary.not_written["report.html"]
    assert (tmp_path / "worklist.csv").is_file()


def test_the_counts_are_of_the_rows():
    assert isinstance(tally(), Tally)
    assert isinstance(run(), Told)
    assert tally().total.patients == len(rows())
