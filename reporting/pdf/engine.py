"""The PDF engine: HTML in, a tagged and reproducible PDF out, and nothing fetched from outside.

WeasyPrint lays out; this module decides what it may read (the bundled fonts and `data:` only), which
instant stands in the file (the week's `as_of`, never the clock), and that a warning of the layout
engine is a failed render: a brief that lost its font or a rule of its style sheet is not sent.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from fontTools.ttLib import TTFont
from markupsafe import Markup
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from reporting.pdf.ligatures import name_ligatures
from reporting.theme import FONTS, TEMPLATES

FONT_STYLES = FONTS / "fonts.css"
_EAST_ASIAN_STYLES = FONTS / "cjk.css"
_EAST_ASIAN_FONT = FONTS / "DroidSansFallback-CJK.ttf"
VARIANT = "pdf/ua-1"

# The environment and WeasyPrint's font map belong to the whole process.
_ONE_AT_A_TIME = threading.RLock()

# What a reader does not miss when no bundled font has it: pictographs, joiners, variation selectors, bidi marks.
_DECORATION = frozenset({"So", "Sk", "Cf", "Mn", "Me", "Co", "Cs", "Cn", "Cc"})
_FIRST_EAST_ASIAN = "\u2e80"
_UNPRINTABLE_RUN = "[…]"
_LABEL = re.compile(r'^<svg [^>]*aria-label="([^"]*)"[^>]*>')


class PdfRefused(Exception):
    """The document could not be made as designed; `problems` holds what the layout engine said."""

    def __init__(self, title: str, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(f"the PDF '{title}' was not made: " + "; ".join(problems))


class TooLong(Exception):
    """The document needs more pages than it may have; nothing was written."""

    def __init__(self, title: str, pages: int, most: int) -> None:
        self.pages = pages
        super().__init__(f"the PDF '{title}' needs {pages} pages and may have {most}; print fewer rows")


class OutsideReach(FatalURLFetchingError):  # type: ignore[misc]  # weasyprint ships no types
    """A document asked for something that is neither `data:` nor a bundled font."""


class BundledOnly(URLFetcher):  # type: ignore[misc]  # weasyprint ships no types
    """Deny all, but `data:` and files below report_templates/fonts. Anything else ends the render."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"data", "file"}, allow_redirects=False)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        parts = urlsplit(url)
        if parts.scheme == "data":
            return super().fetch(url, headers)
        inside = parts.scheme == "file" and not parts.netloc
        if inside and Path(unquote(parts.path)).resolve().is_relative_to(FONTS):
            return super().fetch(url, headers)
        raise OutsideReach(f"a document may not fetch {url[:80]}; inline it as data: or add it to the bundled fonts")


@dataclass(frozen=True, slots=True)
class Rendered:
    """The bytes of a PDF, and how many runs of characters no bundled font can print were replaced."""

    content: bytes
    replaced: int


def render_pdf(
    html: str, *, styles: tuple[Path, ...], as_of: datetime, title: str, most_pages: int | None = None
) -> Rendered:
    """One document as a tagged PDF/UA-1 file with embedded fonts.

    The bytes are a function of the arguments, the bundled fonts and the library versions: not of the
    clock, the process, the time zone, the hash seed, or what was rendered before.

    Args:
        html: a whole page with <title> and lang; charts inline, nothing linked.
        styles: style sheets of the document, in order; parsed once per process.
        as_of: what the file says about its own age.
        title: how errors name the document.
        most_pages: refuse a longer document before it is written; None: any length.

    Raises:
        TooLong: it needs more than `most_pages`.
        PdfRefused: the layout engine warned; the error holds everything it said.
        OutsideReach: it asked for a file or host.
    """
    text, replaced = printable(html)
    with _ONE_AT_A_TIME, _fixed_instant(as_of), _listening() as heard:
        document = HTML(string=text, base_url=TEMPLATES.as_uri() + "/", url_fetcher=_fetcher())
        fonts = (FONT_STYLES, _EAST_ASIAN_STYLES) if _has_east_asian(text) else (FONT_STYLES,)
        sheets = [_style(path) for path in (*fonts, *styles)]
        laid_out = document.render(stylesheets=sheets, font_config=_fonts(), pdf_variant=VARIANT)
        if most_pages is not None and len(laid_out.pages) > most_pages:
            raise TooLong(title, len(laid_out.pages), most_pages)
        content = laid_out.write_pdf(finisher=_finish, pdf_variant=VARIANT)
    if heard:
        raise PdfRefused(title, heard)
    return Rendered(content, replaced)


def _finish(_document: Any, pdf: Any) -> None:
    _scope_headers(pdf)
    name_ligatures(pdf.objects)


def _scope_headers(pdf: Any) -> None:
    """Says of each header cell whether it names a column or a row: WeasyPrint links cells to headers by id alone,
    and not every reader follows ids.
    """
    for element in pdf.objects:
        if isinstance(element, dict) and element.get("S") == "/TH":
            section = _holder(pdf, _holder(pdf, element))
            element["A"]["Scope"] = "/Column" if section.get("S") == "/THead" else "/Row"


def _holder(pdf: Any, element: Any) -> Any:
    """The structure element that holds this one; its reference reads `12 0 R`."""
    return pdf.objects[int(element["P"].split()[0])]


def printable(text: str) -> tuple[str, int]:
    """`text` with characters that no bundled font has taken out, and how many runs of letters were lost.

    Decoration (emoji and kin) is dropped without a trace; a run of letters becomes a visible mark, so that
    nobody reads an empty box for a name. Searching every system font for one glyph can take a minute.
    """
    covered = coverage()
    if all(ord(character) in covered for character in set(text)):
        return text, 0
    parts: list[str] = []
    lost = 0
    for character in text:
        if ord(character) in covered or character in "\n\r\t":
            parts.append(character)
        elif unicodedata.category(character) in _DECORATION:
            continue
        elif not parts or parts[-1] != _UNPRINTABLE_RUN:
            parts.append(_UNPRINTABLE_RUN)
            lost += 1
    return "".join(parts), lost


def titled(drawing: Markup) -> Markup:
    """The drawing with its sentence as <title>: the engine takes a figure's alternative text from there alone."""
    return Markup(_LABEL.sub(r"\g<0><title>\1</title>", str(drawing), count=1))  # noqa: S704 - the label is escaped already


@cache
def coverage() -> frozenset[int]:
    """Code points that at least one bundled font can print, and the marks that steer bidirectional text."""
    found = {0x200E, 0x200F, 0x2066, 0x2067, 0x2068, 0x2069, 0x00AD}
    for path in (*sorted(FONTS.glob("*.woff2")), _EAST_ASIAN_FONT):
        with TTFont(path, lazy=True) as font:
            found.update(font.getBestCmap())
    return frozenset(found)


def _has_east_asian(text: str) -> bool:
    """Whether the font of 1.6 MB for Chinese, Japanese and Korean is worth its loading."""
    return any(letter >= _FIRST_EAST_ASIAN and unicodedata.east_asian_width(letter) in "WF" for letter in set(text))


@cache
def _fetcher() -> BundledOnly:
    return BundledOnly()


@cache
def _fonts() -> FontConfiguration:
    return FontConfiguration()


@cache
def _style(path: Path) -> CSS:
    return CSS(
        string=path.read_text(encoding="utf-8"),
        base_url=path.parent.as_uri() + "/",
        url_fetcher=_fetcher(),
        font_config=_fonts(),
    )


@contextmanager
def _fixed_instant(as_of: datetime) -> Iterator[None]:
    """The library that subsets fonts stamps them with SOURCE_DATE_EPOCH, else with the clock."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(int(as_of.astimezone(UTC).timestamp()))
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What weasyprint's logger says while the block runs; it does not reach other handlers."""
    logger = logging.getLogger("weasyprint")
    ear, passed_on = _Ear(), logger.propagate
    logger.addHandler(ear)
    logger.propagate = False
    try:
        yield ear.heard
    finally:
        logger.removeHandler(ear)
        logger.propagate = passed_on
