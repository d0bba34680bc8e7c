from __future__ import annotations

import base64
import hashlib
import io
from datetime import UTC, datetime

import openpyxl
import pikepdf
import pytest

from reporting.pdf.engine import render_pdf
from reporting.verify import verify_page, verify_pdf, verify_workbook

BODY = "<h1>Four customers turned Critical</h1>" + "<p>Plain words of a page.</p>" * 20


def a_pdf(body: str = BODY) -> bytes:
    html = f'<!doctype html><html lang="en"><head><title>A brief</title></head><body>{body}</body></html>'
    return render_pdf(html, styles=(), as_of=datetime(2026, 11, 23, tzinfo=UTC), title="A brief").content


def faults(content: bytes, *, pages: range = range(1, 2), words: tuple[str, ...] = (), title: str = "A brief") -> str:
    return "\n".join(verify_pdf(content, pages=pages, must_contain=words, title=title))


def edited(content: bytes, change: str) -> bytes:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        if change == "untagged":
            del pdf.Root.StructTreeRoot
        elif change == "no language":
            del pdf.Root.Lang
        elif change == "no bookmarks":
            del pdf.Root.Outlines
        elif change == "fonts taken out":
            for found in pdf.objects:
                if isinstance(found, pikepdf.Dictionary) and found.get("/Type") == "/FontDescriptor":
                    for key in ("/FontFile2", "/FontFile3"):
                        if key in found:
                            del found[key]
        elif change == "a blank page":
            pdf.add_blank_page()
        target = io.BytesIO()
        pdf.save(target)
    return target.getvalue()


def test_a_good_brief_has_no_fault() -> None:
    assert faults(a_pdf(), words=("Four customers turned Critical", "Plain words")) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("untagged", "not tagged"),
        ("no language", "no language"),
        ("no bookmarks", "no bookmarks"),
        ("fonts taken out", "is not embedded"),
        ("a blank page", "page 2 is blank"),
    ],
)
def test_what_is_wrong_with_a_pdf_is_said(change: str, said: str) -> None:
    assert said in faults(edited(a_pdf(), change), pages=range(1, 3))


def test_words_pages_and_title_are_checked() -> None:
    content = a_pdf()
    assert "'Five customers' cannot be read" in faults(content, words=("Five customers",))
    assert "1 pages; expected 2 to 3" in faults(content, pages=range(2, 4))
    assert "its title is 'A brief'; expected 'Another'" in faults(content, title="Another")
    assert "no readable PDF" in faults(content[:400])


def test_words_are_found_across_lines_and_ligatures() -> None:
    content = a_pdf(f'{BODY}<p style="width: 120px; margin: 0">An office of flowing fjords</p>')
    assert faults(content, words=("An office of flowing fjords",)) == ""


def test_words_are_compared_as_they_can_be_printed() -> None:
    content = a_pdf(f"{BODY}<p>Blue 🐳 Whale ქართული</p>".replace("🐳 ", "").replace("ქართული", "[…]"))
    assert faults(content, words=("Blue 🐳 Whale ქართული",)) == ""


def test_latin_words_beside_arabic_ones_are_compared() -> None:
    content = a_pdf(f'{BODY}<p lang="ar" dir="rtl" style="font-family: IBM Plex Sans Arabic">شركة Halden</p>')
    assert faults(content, words=("شركة Halden",)) == ""
    assert "cannot be read" in faults(content, words=("شركة Castellan",))


def a_workbook(*, formula: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Cases"
    sheet["A1"] = "=1+1" if formula else "plain"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_what_is_wrong_with_a_workbook_is_said() -> None:
    found = verify_workbook(
        a_workbook(formula=True), sheets=["Cases", "Actions"], tables=["cases"], validated=["Cases"]
    )
    assert found == [
        "the sheet 'Actions' is missing",
        "the table 'cases' is missing",
        "the sheet 'Cases' has no input checks",
        "Cases!A1 is a formula",
    ]
    assert "cannot open it" in verify_workbook(b"PK nonsense", sheets=[], tables=[], validated=[])[0]
    assert verify_workbook(a_workbook(), sheets=["Cases"], tables=[], validated=[]) == []


def a_page(*, script: str = "go()", policy: str | None = None, body: str = "") -> bytes:
    digest = base64.b64encode(hashlib.sha256(b"go()").digest()).decode()
    allowed = policy if policy is not None else f"default-src 'none'; script-src 'sha256-{digest}'"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{allowed}">' if allowed else ""
    rows = '<script type="application/json">{"a": 1}</script>'
    return f"<!doctype html><html><head>{meta}</head><body>{rows}{body}<script>{script}</script></body></html>".encode()


def test_a_good_page_has_no_fault() -> None:
    assert (
        verify_page(
            a_page(
                body='<a href="accounts/x.html">x</a><a href="https://borealis.example">y</a><style>b{src:url("../assets/Inter.woff2")}</style>'
            )
        )
        == []
    )


@pytest.mark.parametrize(
    ("page", "said"),
    [
        pytest.param(a_page(script="evil()"), "script 1 is not the one that the policy allows", id="another script"),
        pytest.param(a_page(policy=""), "no content security policy", id="no policy"),
        pytest.param(
            a_page(body='<img src="https://x.example/1.png">'), "loads from outside: img src", id="remote picture"
        ),
        pytest.param(a_page(body='<script src="//x.example/a.js"></script>'), "loads from outside", id="remote script"),
        pytest.param(
            a_page(body='<link rel="stylesheet" href="https://x.example/a.css">'), "link href", id="remote style"
        ),
        pytest.param(a_page(body="<b onclick=go()>x</b>"), "inline handler: b onclick", id="inline handler"),
        pytest.param(a_page(body='<a href="javascript:go()">x</a>'), "a href=javascript", id="script in a link"),
        pytest.param(a_page(body="<style>@import 'x'</style>"), "a style imports", id="import in a style"),
        pytest.param(
            a_page(body="<style>b{background:url('https://x.example/1')}</style>"),
            "a style fetches",
            id="remote in a style",
        ),
        pytest.param(
            a_page(body="<style>b{background:url(//x.example/1)}</style>"), "a style fetches", id="host in a style"
        ),
        pytest.param(b"\xff\xfe", "is not UTF-8", id="encoding"),
    ],
)
def test_what_is_wrong_with_a_page_is_said(page: bytes, said: str) -> None:
    assert any(said in fault for fault in verify_page(page))
