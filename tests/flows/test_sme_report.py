"""The experts' report of a small company: its files, what it says without outcomes, and that it says it twice alike."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest

from contracts.results import RESULTS
from contracts.words import ExitCode
from flows.sme_report import sme_report
from tests.factories.workspaces import Story

pytestmark = pytest.mark.xdist_group("told")


def test_the_experts_get_page_pdf_workbook_and_tables(onward: Story) -> None:
    with onward.run() as run:
        outcome = sme_report(run)
        place = next(onward.root.glob("output/expert/*/sme"))
        first = {path.relative_to(place): path.read_bytes() for path in place.rglob("*") if path.is_file()}
        sme_report(run)
    assert outcome.code is ExitCode.DONE
    assert {path.relative_to(place): path.read_bytes() for path in place.rglob("*") if path.is_file()} == first
    assert {"sme-report.html", "sme-report.pdf", "sme-report.xlsx"} <= {path.name for path in first}
    tables = {path.stem for path in place.glob("tables/*.csv")}
    assert {"swept_zones", "swept_lines", "swept_flips", "swept_grid", "tried_load", "playbook_use"} <= tables
    said = (place / "sme-report.html").read_text(encoding="utf-8")
    assert "No outcome backs another line yet" in said or "Keep both lines" in said, (
        "a young workspace knows no outcome"
    )
    assert all(note in said.replace("&#39;", "'") for note in outcome.lines if "experts should look" in note)
    book = openpyxl.load_workbook(io.BytesIO((place / "sme-report.xlsx").read_bytes()))
    names = pd.read_csv(place / "tables" / "swept_flips.csv")["name"]
    shown = {str(cell.value) for cell in book["First step that moves"]["A"]}
    assert set(names) <= shown


def test_todays_lines_tried_are_the_published_book(onward: Story) -> None:
    with onward.run() as run:
        sme_report(run)
    place = next(onward.root.glob("output/expert/*/sme/tables"))
    zones, swept = pd.read_csv(place / "tried_zones.csv"), pd.read_csv(place / "swept_zones.csv")
    today = zones[(zones["trial"] == "today") & (zones["dimension"] == "all")].set_index("zone")["customers"]
    known = swept[(swept["dimension"] == "all") & (swept["axis"] == "loyalty") & (swept["shift"] == 0)]
    assert today.to_dict() == known.set_index("zone")["customers"].to_dict()
    lines = pd.read_csv(place / "tried_lines.csv").set_index("trial")
    line = pd.read_csv(place / "swept_lines.csv")
    for name, row in lines.iterrows():
        for axis in ("loyalty", "retention"):
            shift = row[f"{axis}_line"] - lines.loc["today", f"{axis}_line"]
            if str(name).startswith(axis):
                same = line[(line["axis"] == axis) & (line["shift"] == shift)].iloc[0]
                assert (row["flips"], row["flip_revenue_amount"]) == (same["flips"], same["flip_revenue_amount"])
                assert row["changes_per_account_year"] == pytest.approx(same["changes_per_account_year"])
                assert row["alerts_per_week"] == pytest.approx(same["alerts_per_week"])
    for name in ("tried_load", "playbook_steps"):
        assert set(RESULTS[name].names) <= set(pd.read_csv(place / f"{name}.csv").columns)
