from __future__ import annotations

import io
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest

from reporting.pdf.engine import OutsideReach, PdfRefused, TooLong, printable, render_pdf
from reporting.pdf.text import page_texts

AS_OF = datetime(2026, 11, 23, tzinfo=UTC)


def page(body: str, *, title: str = "A brief") -> str:
    return f'<!doctype html><html lang="en"><head><title>{title}</title></head><body>{body}</body></html>'


def pdf_of(body: str, *, most_pages: int | None = None) -> bytes:
    return render_pdf(page(body), styles=(), as_of=AS_OF, title="A brief", most_pages=most_pages).content


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('<img src="http://127.0.0.1:9/x.png" alt="">', id="a host"),
        pytest.param('<img src="file:///etc/passwd" alt="">', id="a local file"),
        pytest.param('<link rel="attachment" href="file:///etc/hostname">', id="an attached file"),
        pytest.param('<img src="../tokens.css" alt="">', id="a file beside the templates"),
        pytest.param('<p style="background: url(//127.0.0.1:9/x)">x</p>', id="a style"),
        pytest.param('<img src="fonts/../../LICENSE" alt="">', id="out of the fonts by dots"),
    ],
)
def test_nothing_is_fetched_but_data_and_bundled_fonts(body: str) -> None:
    with pytest.raises(OutsideReach):
        pdf_of(f"<h1>x</h1>{body}")


def test_data_urls_are_drawn() -> None:
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    assert pdf_of(f'<h1>x</h1><img alt="a dot" src="data:image/png;base64,{dot}">').startswith(b"%PDF")


def test_a_warning_of_the_layout_engine_is_a_refusal() -> None:
    with pytest.raises(PdfRefused, match="colour"):
        pdf_of('<p style="colour: red">x</p>')
    assert not logging.getLogger("weasyprint").handlers or all(
        type(handler).__name__ != "_Ear" for handler in logging.getLogger("weasyprint").handlers
    )


def test_a_document_that_is_too_long_is_refused_before_it_is_written() -> None:
    with pytest.raises(TooLong, match="needs 2 pages and may have 1") as refusal:
        pdf_of('<h1>x</h1><p style="break-before: page">y</p>', most_pages=1)
    assert refusal.value.pages == 2


def test_the_clock_of_the_file_is_the_data_week_and_the_environment_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    first = pdf_of("<h1>Same</h1>")
    pdf_of("<h1>Something else in between, with Ελληνικά and العربية</h1>")
    assert pdf_of("<h1>Same</h1>") == first
    assert "SOURCE_DATE_EPOCH" not in os.environ


def test_the_file_is_tagged_titled_and_its_fonts_are_embedded() -> None:
    with pikepdf.open(io.BytesIO(pdf_of("<h1>Heading</h1><p>Words</p>"))) as pdf:
        assert pdf.Root.Lang == "en"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.docinfo["/Title"]) == "A brief"
        assert pdf.Root.Outlines.First.Title == "Heading"
        descriptors = [
            o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"
        ]
        assert descriptors
        assert all("/FontFile2" in found or "/FontFile3" in found for found in descriptors)


@pytest.mark.parametrize(
    ("text", "shown", "lost"),
    [
        pytest.param("Halden Maritime", "Halden Maritime", 0, id="latin"),
        pytest.param("Société Überland Łódź", "Société Überland Łódź", 0, id="accents"),
        pytest.param("شركة الاتصالات", "شركة الاتصالات", 0, id="arabic"),
        pytest.param("Газпром Ελλάδα", "Газпром Ελλάδα", 0, id="cyrillic and greek"),
        pytest.param("Happy 😀 Ltd", "Happy  Ltd", 0, id="emoji is decoration"),
        pytest.param("ქართული Tanaka", "[…] Tanaka", 1, id="letters that no bundled font has are marked"),
        pytest.param("a\U000f0000b\ue000c", "abc", 0, id="private use"),
    ],
)
def test_no_reader_sees_an_empty_box(text: str, shown: str, lost: int) -> None:
    assert printable(text) == (shown, lost)


def test_text_is_read_back_from_the_bytes() -> None:
    with pikepdf.open(io.BytesIO(pdf_of("<h1>Offices &amp; flow</h1><p>EUR\u00a02.3\u00a0M −13</p>"))) as pdf:
        said = "".join(page_texts(pdf))
    assert "Offices & flow" in said
    assert "EUR\u00a02.3\u00a0M −13" in said


def test_templates_are_found_from_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert pdf_of("<h1>x</h1>").startswith(b"%PDF")
