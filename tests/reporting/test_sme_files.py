"""The finished files: readable, tagged, typed, without anything fetched, and the same bytes twice."""

from __future__ import annotations

import io

import openpyxl
import pytest

from reporting.sme.compose import compose_sme
from reporting.sme.models import SmeView
from reporting.sme.render import BOOK, PAGE, PDF, faults_of, render_sme
from reporting.sme.sheets import CONTENTS
from tests.factories.sme import a_material


def made(**how: object) -> tuple[SmeView, dict[str, bytes]]:
    material = a_material(**how)  # type: ignore[arg-type]
    view = compose_sme(material)
    frames = dict(material.frames)
    return view, render_sme(view, frames, names=frames["customer_facts"], people=frames["people"])


@pytest.fixture(scope="module")
def report() -> tuple[SmeView, dict[str, bytes]]:
    return made(outcomes=True, losses=40)


def test_nothing_is_wrong_with_them(report: tuple[SmeView, dict[str, bytes]]) -> None:
    assert faults_of(*report) == []


def test_a_company_without_outcomes_gets_sound_files_too() -> None:
    assert faults_of(*made()) == []


def test_a_book_of_one_account_gets_a_report() -> None:
    assert faults_of(*made(customers=1)) == []


def test_the_page_needs_no_script_and_tells_every_picture(report: tuple[SmeView, dict[str, bytes]]) -> None:
    page = report[1][PAGE].decode()
    assert "<script" not in page
    assert page.count("<svg") == page.count('role="img" aria-label="')
    assert 'href="#content"' in page


def test_the_same_material_gives_the_same_bytes(report: tuple[SmeView, dict[str, bytes]]) -> None:
    again = made(outcomes=True, losses=40)[1]
    assert {name: again[name] for name in (PAGE, PDF, BOOK)} == {name: report[1][name] for name in (PAGE, PDF, BOOK)}


def test_the_workbook_holds_typed_named_filtered_tables(report: tuple[SmeView, dict[str, bytes]]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(report[1][BOOK]))
    for sheet in CONTENTS:
        page = book[sheet.title]
        table = page.tables[sheet.frame]
        assert table.autoFilter is not None
        assert page.freeze_panes
        assert [cell.value for cell in page[table.ref][0]] == [header for _, header, _, _ in sheet.columns]
    zones = book["Zones by line"]
    rows = zones[zones.tables["swept_zones"].ref][1:]
    assert all(isinstance(row[6].value, int) for row in rows)
    assert {row[5].value for row in rows} == {"Very Loyal", "Somewhat Loyal", "Neutral", "Critical", "Insufficient"}
