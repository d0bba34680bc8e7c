"""Looking at a finished artifact as its reader would: a list of faults, empty when it may be sent.

Each check reads the final bytes, not what went into them: the text of a PDF is taken back out of its
content streams through the ToUnicode maps of its fonts, a workbook is opened again, a page is parsed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import openpyxl
import pikepdf
from defusedxml.ElementTree import fromstring, iterparse
from openpyxl.xml import DEFUSEDXML

from reporting.pdf.engine import printable
from reporting.pdf.text import page_texts

# A page whose marks are fewer than this is blank but for its running header and footer.
_MARKS_OF_A_PAGE = 20


def verify_pdf(content: bytes, *, pages: range, must_contain: Iterable[str], title: str) -> list[str]:
    """Faults of a PDF: structure, fonts, page count, blank pages, and words that must be readable in it.

    Words are compared without white space and in compatibility form, so that a line break or a
    ligature does not hide them. Right-to-left letters are left out of the comparison: the bundled Arabic font
    draws the dots of a letter as separate glyphs, so that no reader gets the letters back exactly. Characters
    that the engine takes out, because no bundled font has them, are taken out of the words too.
    """
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            texts = page_texts(pdf)
            faults = [*_structure(pdf, title), *_font_faults(pdf)]
            blank = [n for n, page in enumerate(pdf.pages, 1) if _mark_count(page) < _MARKS_OF_A_PAGE]
    except pikepdf.PdfError as exc:
        return [f"this is no readable PDF: {exc}"]
    if len(texts) not in pages:
        faults.append(f"{len(texts)} pages; expected {pages.start} to {pages.stop - 1}")
    faults.extend(f"page {number} is blank" for number in blank)
    said = _squeezed("".join(texts))
    absent = [token for token in must_contain if _squeezed(printable(token)[0]) not in said]
    return [*faults, *(f"the text '{token[:60]}' cannot be read in it" for token in absent)]


def _structure(pdf: pikepdf.Pdf, title: str) -> list[str]:
    root, faults = pdf.Root, []
    shown = str(pdf.docinfo.get("/Title", ""))
    if _squeezed(shown) != _squeezed(printable(title)[0]):
        faults.append(f"its title is '{shown[:60]}'; expected '{title[:60]}'")
    if "/Lang" not in root:
        faults.append("it names no language")
    if not bool(root.get("/MarkInfo", pikepdf.Dictionary()).get("/Marked", False)) or "/StructTreeRoot" not in root:
        faults.append("it is not tagged")
    if "/Outlines" not in root:
        faults.append("it has no bookmarks")
    if "/Names" in root and "/EmbeddedFiles" in root.Names:
        faults.append("it carries an embedded file")
    return [*faults, *_untold_figures(pdf), *_headless_tables(pdf)]


def _headless_tables(pdf: pikepdf.Pdf) -> list[str]:
    """Tables without a header cell: a reader that speaks cannot say what a column means."""
    rows = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Table"]
    headless = sum(1 for table in rows if not _holds(table, "/TH"))
    return [f"{headless} of {len(rows)} tables have no header cell"] if headless else []


def _holds(element: pikepdf.Object | None, kind: str) -> bool:
    if not isinstance(element, pikepdf.Dictionary):
        return False
    if element.get("/S") == kind:
        return True
    inside = element.get("/K")
    children = inside if isinstance(inside, pikepdf.Array) else [inside]
    return any(_holds(child, kind) for child in children)


def _untold_figures(pdf: pikepdf.Pdf) -> list[str]:
    figures = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"]
    untold = sum(1 for figure in figures if not str(figure.get("/Alt", "")).strip())
    return [f"{untold} of {len(figures)} figures have no alternative text"] if untold else []


def _font_faults(pdf: pikepdf.Pdf) -> list[str]:
    faults = []
    for item in pdf.objects:
        is_font = isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor"
        if is_font and not any(key in item for key in ("/FontFile", "/FontFile2", "/FontFile3")):
            faults.append(f"font {item.get('/FontName', '?')} is not embedded")
    return sorted(faults)


def _mark_count(page: pikepdf.Page) -> int:
    operators = (str(instruction.operator) for instruction in pikepdf.parse_content_stream(page))
    return sum(operator in {"Tj", "TJ", "f", "f*", "S", "B", "Do"} for operator in operators)


def _squeezed(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    silent = {"R", "AL", "NSM"}
    return "".join(
        c
        for c in plain
        if not c.isspace() and unicodedata.category(c) != "Cf" and unicodedata.bidirectional(c) not in silent
    )


def verify_workbook(
    content: bytes, *, sheets: Iterable[str], tables: Iterable[str], validated: Iterable[str]
) -> list[str]:
    """Faults of a workbook: absent sheets or tables, sheets that lost their validations, any live formula."""
    if not DEFUSEDXML:
        return ["openpyxl runs without defusedxml; install it before reading workbooks"]
    try:
        parts = _sheet_parts(content)
        found = {name: _inside(part) for name, part in parts.items()}
        held = _tables(content)
    except Exception as exc:  # noqa: BLE001 - the parsers raise what they raise; the fault is told, not hidden
        return [f"openpyxl cannot open it: {exc}"]
    faults = [f"the sheet '{name}' is missing" for name in sheets if name not in parts]
    faults += [f"the table '{name}' is missing" for name in tables if name not in held]
    faults += [
        f"the sheet '{name}' has no input checks"
        for name in validated
        if name in found and not found[name].has_validations
    ]
    return faults + [f"{name}!{cell} is a formula" for name, inside in found.items() for cell in inside.formulas]


_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass
class _Inside:
    formulas: list[str] = field(default_factory=list)
    has_validations: bool = False


def _sheet_parts(content: bytes) -> dict[str, bytes]:
    """The XML of each sheet by its name, as openpyxl finds it; read-only, it does not build their cells."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {sheet.title: archive.read(sheet._worksheet_path) for sheet in book.worksheets}  # type: ignore[attr-defined]  # noqa: SLF001 - the only one who knows


def _inside(part: bytes) -> _Inside:
    """One pass over a sheet: building all its cells again took as long as writing them."""
    inside = _Inside()
    for _, element in iterparse(io.BytesIO(part)):
        if element.tag == f"{_MAIN}c":
            if element.find(f"{_MAIN}f") is not None:
                inside.formulas.append(element.get("r", "?"))
            element.clear()
        elif element.tag == f"{_MAIN}dataValidation":
            inside.has_validations = True
    return inside


def _tables(content: bytes) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [archive.read(name) for name in archive.namelist() if name.startswith("xl/tables/")]
    return {fromstring(part).get("displayName", "") for part in parts}


_REMOTE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//|^\s*(?:javascript|vbscript|file):", re.IGNORECASE)
_STYLE_URL = re.compile(r"url\(\s*['\"]?([^'\")]*)", re.IGNORECASE)
# Fonts lie beside the page, so a relative address is at home; a scheme, host or root is not.
_OUTSIDE = re.compile(r"^(?!data:)(?:[a-z][a-z0-9+.-]*:|/)", re.IGNORECASE)
_LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background"}
_HASH = re.compile(r"'sha256-([A-Za-z0-9+/=]+)'")


class _Page(HTMLParser):
    """Collects what a page would load, run, or allow."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.remote: list[str] = []
        self.inline_handlers: list[str] = []
        self.policy: str | None = None
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inline_handlers += [f"{tag} {name}" for name in given if name.startswith("on")]
        loading = _LOADING | ({"href"} if tag in {"link", "use", "image", "base"} else set())
        self.remote += [
            f"{tag} {name}={value[:60]}" for name, value in given.items() if name in loading and _REMOTE.match(value)
        ]
        if tag == "a" and re.match(r"\s*(?:javascript|vbscript|data):", given.get("href", ""), re.IGNORECASE):
            self.remote.append(f"a href={given['href'][:60]}")
        if tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = given.get("content", "")
        if tag == "style":
            self._inside = "style"
            self.styles.append("")
        if tag == "script" and given.get("type", "text/javascript") in {"text/javascript", "module", ""}:
            self._inside = "script"
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside == "style":
            self.styles[-1] += data


def verify_page(content: bytes) -> list[str]:
    """Faults of a page: anything fetched, an inline handler, no content security policy, a script it does not allow."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as exc:
        return [f"byte {exc.start} is not UTF-8"]
    page = _Page()
    page.feed(text)
    page.close()
    faults = [f"it loads from outside: {what}" for what in page.remote]
    faults += [f"it has an inline handler: {what}" for what in page.inline_handlers]
    fetched = [address for css in page.styles for address in _STYLE_URL.findall(css)]
    faults += [f"a style fetches from outside: {address[:60]}" for address in fetched if _OUTSIDE.match(address)]
    faults += ["a style imports another" for css in page.styles if "@import" in css]
    if page.policy is None:
        return [*faults, "it has no content security policy"]
    allowed = set(_HASH.findall(page.policy))
    for number, script in enumerate(page.scripts, 1):
        digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode()
        if digest not in allowed:
            faults.append(f"script {number} is not the one that the policy allows (sha256-{digest})")
    return faults
