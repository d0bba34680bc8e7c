"""Opens a PDF: page text through the fonts' ToUnicode maps, every string of every object, every stream."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from typing import Any

import pikepdf

_BF_CHAR = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_BF_RANGE = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")
_TRIPLE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f]+)>|\[(.*?)\])", re.DOTALL)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_MOVES = frozenset({"Td", "TD", "T*", "Tm", "BT", "'", '"'})
_SHOWS = frozenset({"Tj", "TJ", "'", '"'})
_STEP = "\x1f"  # the pen moved along the line it writes on
_BLANK_BELOW = -180
_FORMS_DEEP = 8

# Code length in bytes, and text by code.
Coding = tuple[int, dict[int, str]]


def pdf_parts(content: bytes) -> Iterator[tuple[str, str | bytes, str]]:
    """(where, text or embedded file, the text without any move of the pen) for all that the PDF holds, earlier
    revisions of it included.
    """
    ends = [match.end() for match in re.finditer(rb"%%EOF\r?\n?", content)]
    for revision, end in enumerate(ends[:-1], start=1):
        try:
            yield from _parts(content[:end], f"revision {revision}, ")
        except pikepdf.PdfError:
            continue  # the first part of a linearised file ends alike and is no document
    yield from _parts(content, "")


def _parts(content: bytes, revision: str) -> Iterator[tuple[str, str | bytes, str]]:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for number, page in enumerate(pdf.pages, start=1):
            drawn = _text_of(page.obj, page.obj.get("/Resources"), {}, 0)
            text = drawn.replace(_STEP, "\n")
            # Charts draw letter by letter, lines may end inside a word, lines in Arabic come from the other side.
            glued = drawn.replace(_STEP, "")
            turned = "\n".join(line[::-1] for line in text.split("\n") if _RIGHT_TO_LEFT.search(line))
            yield f"{revision}page {number}", "\n".join((text, re.sub(r"[-\u00ad\u2010]\n+", "", text), turned)), glued
        strings: list[str] = []
        for item in pdf.objects:
            _collect(item, strings, 0)
            if isinstance(item, pikepdf.Stream):
                yield from _stream(item, revision)
        yield f"{revision}objects", "\n".join(strings), ""


def _stream(stream: pikepdf.Stream, revision: str) -> Iterator[tuple[str, str | bytes, str]]:
    # Pixels and outlines of glyphs are no text; a program of a font is known by its Length1 or its subtype.
    if stream.get("/Subtype") in ("/Image", "/OpenType", "/Type1C", "/CIDFontType0C") or "/Length1" in stream:
        return
    try:
        content = stream.read_bytes()
    except pikepdf.PdfError:
        content = stream.read_raw_bytes()
    where = f"{revision}stream {stream.objgen[0]}"
    if stream.get("/Type") == "/EmbeddedFile" or content[:4] == b"PK\x03\x04":
        yield f"{where} (attached file) ", content, ""
    else:
        yield where, content.decode("utf-8", "replace"), ""


def _collect(item: Any, strings: list[str], depth: int) -> None:
    """All strings and names in an object; what is referred to comes by itself, as an object of the file."""
    if depth > 50:
        return
    if isinstance(item, pikepdf.String | pikepdf.Name):
        strings.append(str(item))
    elif isinstance(item, pikepdf.Array):
        for value in item:
            _collect_direct(value, strings, depth)
    elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        for key in item.keys():  # noqa: SIM118 - iterating the object itself is not the same
            strings.append(key)
            _collect_direct(item.get(key), strings, depth)


def _collect_direct(value: Any, strings: list[str], depth: int) -> None:
    if isinstance(value, pikepdf.Object) and not value.is_indirect:
        _collect(value, strings, depth + 1)


def _text_of(container: Any, resources: Any, codings: dict[tuple[int, int], Coding], depth: int) -> str:
    """The text drawn by a page or form, in drawing order; a move of the pen is a line end or a `_STEP`."""
    written: list[str] = []
    coding: Coding = (1, {})
    baseline = math.nan
    for instruction in pikepdf.parse_content_stream(container):
        operands, sign = list(instruction.operands), str(instruction.operator)
        if sign in _MOVES:
            height = float(operands[5]) if sign == "Tm" else math.nan
            written.append(_STEP if height == baseline else "\n")
            baseline = height
        if sign == "Tf":
            coding = _coding(_entry(resources, "/Font", operands[0]), codings)
        elif sign in _SHOWS:
            written.append(_shown(operands[-1], coding))
        elif sign == "Do" and depth < _FORMS_DEEP:
            form = _entry(resources, "/XObject", operands[0])
            if isinstance(form, pikepdf.Stream) and form.get("/Subtype") == "/Form":
                written.append("\n" + _text_of(form, form.get("/Resources", resources), codings, depth + 1))
    return "".join(written)


def _shown(operand: Any, coding: Coding) -> str:
    """The text of one Tj, ', " or TJ; a wide gap inside a TJ is a blank."""
    if isinstance(operand, pikepdf.String):
        return _decode(bytes(operand), coding)
    return "".join(
        _decode(bytes(piece), coding) if isinstance(piece, pikepdf.String) else " " * (float(piece) < _BLANK_BELOW)
        for piece in operand
    )


def _entry(resources: Any, kind: str, name: Any) -> Any:
    shelf = resources.get(kind) if resources is not None else None
    return shelf.get(str(name)) if shelf is not None else None


def _coding(font: Any, codings: dict[tuple[int, int], Coding]) -> Coding:
    if font is None or "/ToUnicode" not in font:
        return (1, {})
    if font.objgen not in codings or font.objgen == (0, 0):
        codings[font.objgen] = _to_unicode(font["/ToUnicode"].read_bytes(), is_wide=font.get("/Subtype") == "/Type0")
    return codings[font.objgen]


def _to_unicode(cmap: bytes, *, is_wide: bool) -> Coding:
    """The ToUnicode map of a font (PDF 32000-1, 9.10.3)."""
    texts: dict[int, str] = {}
    for block in _BF_CHAR.findall(cmap):
        for code, text in _PAIR.findall(block):
            texts[int(code, 16)] = _utf16(text)
    for block in _BF_RANGE.findall(cmap):
        for first, last, begin, listed in _TRIPLE.findall(block):
            codes = range(int(first, 16), min(int(last, 16), int(first, 16) + 0xFFFF) + 1)
            if begin:
                head, tail = _utf16(begin)[:-1], ord(_utf16(begin)[-1:] or " ")
                texts.update({code: head + chr(tail + step) for step, code in enumerate(codes)})
            else:
                single = re.findall(rb"<([0-9A-Fa-f]*)>", listed)
                texts.update({code: _utf16(text) for code, text in zip(codes, single, strict=False)})
    return (2 if is_wide else 1, texts)


def _utf16(digits: bytes) -> str:
    return bytes.fromhex(digits.decode("ascii")).decode("utf-16-be", "replace")


def _decode(drawn: bytes, coding: Coding) -> str:
    width, texts = coding
    if not texts:
        return drawn.decode("latin-1")
    codes = (int.from_bytes(drawn[at : at + width], "big") for at in range(0, len(drawn), width))
    return "".join(texts.get(code, "") for code in codes)
