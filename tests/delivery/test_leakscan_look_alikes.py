"""What only looks like a token: names that begin others, places of cells."""

from __future__ import annotations

import io

import openpyxl
import pytest
import weasyprint

from delivery.leakscan import Allowed, scan_bytes
from tests.delivery.test_leakscan import ALLOWED, everything


@pytest.mark.parametrize(
    "row",
    [
        "<td>{name}</td><td>Germany</td>",
        "<td>Ben</td><td>{name}</td><td>7</td>",
        "<bdi>{name}</bdi><span>Germany</span>",
        "<c><is><t>{name}</t></is></c><c><is><t>Gold</t></is></c>",
    ],
)
def test_a_name_that_begins_anothers_is_not_seen_in_it_whatever_cell_follows(row: str) -> None:
    tokens = everything(**{"C-4004": "Hansen Maritime 2"})
    both = Allowed(frozenset({"C-4004"}))
    longer, shorter = (
        f"<tr>{row.format(name=name)}</tr>".encode() for name in ("Hansen Maritime 2", "Hansen Maritime")
    )
    assert scan_bytes(longer, "page.html", both, tokens) == []
    for page in (shorter, longer + shorter, shorter + longer):
        # two others are named by it: "Hansen Maritime", and "Hansen"
        assert [hit.token[:4] for hit in scan_bytes(page, "page.html", both, tokens)] == ["Ha…e", "Ha…n"]
    assert [hit.token[:4] for hit in scan_bytes(longer, "page.html", ALLOWED, tokens)] == ["Ha…2"]


@pytest.mark.parametrize(
    "text", ["Hansen Maritime 2026 renewal", "Hansen Maritime 2nd call", "<b>Hansen</b> Maritime 20"]
)
def test_a_name_beside_a_number_is_not_covered_by_the_longer_name_that_it_begins_like(text: str) -> None:
    tokens, both = everything(**{"C-4004": "Hansen Maritime 2"}), Allowed(frozenset({"C-4004"}))
    page = f"<p>{text}</p><p>Hansen Maritime 2</p>"
    assert "Ha…e" in [hit.token[:4] for hit in scan_bytes(page.encode(), "page.html", both, tokens)]
    pdf = weasyprint.HTML(string=page).write_pdf()
    assert "Ha…e" in [hit.token[:4] for hit in scan_bytes(pdf, "brief.pdf", both, tokens)]


def test_a_name_that_begins_anothers_is_not_seen_in_it_in_a_pdf() -> None:
    tokens, both = everything(**{"C-4004": "Hansen Maritime 2"}), Allowed(frozenset({"C-4004"}))
    rows = "<tr><td>Hansen Maritime 2</td><td>Germany</td><td>7</td></tr>" * 3
    pdf = weasyprint.HTML(string=f"<table>{rows}</table>").write_pdf()
    assert scan_bytes(pdf, "brief.pdf", both, tokens) == []


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_the_place_of_a_cell_is_no_customer_and_its_content_may_be_one() -> None:
    tokens = everything(**{"C-12": "Tiny Twelve", "C-1200": "Row Twelve Hundred"})
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["C1200"], sheet["D1200"] = "fine", 7
    sheet.print_title_rows = "1:2"
    sheet.auto_filter.ref = "A1:C1200"
    assert scan_bytes(saved(book), "plan.xlsx", ALLOWED, tokens) == []
    sheet["C1200"] = "see C-1200"
    assert [hit.kind.value for hit in scan_bytes(saved(book), "plan.xlsx", ALLOWED, tokens)] == ["customer_id"]
    sheet["C1200"] = "C1200"
    assert [hit.kind.value for hit in scan_bytes(saved(book), "plan.xlsx", ALLOWED, tokens)] == ["customer_id"]
