"""The text of a PDF, read back from its bytes: glyph codes through each font's ToUnicode map.

Enough for files with embedded composite fonts of two-byte codes, which is what the engine in
reporting/pdf/engine.py writes; a font without such a map contributes nothing, and so its words are missed.
Arabic comes back in visual order and without its dots, which the bundled font draws as glyphs of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pikepdf

_CHARACTERS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")
_TRIPLE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_CODE_BYTES = 2


def page_texts(pdf: pikepdf.Pdf) -> list[str]:
    """The text of each page in the order in which it is drawn; no layout, no added spaces."""
    maps: dict[tuple[int, int], dict[int, str]] = {}
    return ["".join(_shown(page.obj, page.get("/Resources"), maps)) for page in pdf.pages]


def _shown(
    stream: pikepdf.Object, resources: pikepdf.Object | None, maps: dict[tuple[int, int], dict[int, str]]
) -> Iterator[str]:
    fonts = _entries(resources, "/Font")
    forms = _entries(resources, "/XObject")
    current: dict[int, str] = {}
    for instruction in pikepdf.parse_content_stream(stream):
        operator, operands = str(instruction.operator), instruction.operands
        if operator == "Tf":
            font = fonts[str(operands[0])]
            if font.objgen not in maps or font.objgen == (0, 0):
                maps[font.objgen] = _unicode_map(font)
            current = maps[font.objgen]
        elif operator == "Tj":
            yield _decoded(bytes(operands[0]), current)
        elif operator == "TJ":
            for part in operands[0]:
                if isinstance(part, pikepdf.String):
                    yield _decoded(bytes(part), current)
        elif operator == "Do" and forms[str(operands[0])].get("/Subtype") == "/Form":
            form = forms[str(operands[0])]
            yield from _shown(form, form.get("/Resources") or resources, maps)


def _entries(resources: pikepdf.Object | None, kind: str) -> dict[str, pikepdf.Object]:
    held = resources.get(kind) if resources is not None else None
    return dict(held.items()) if held is not None else {}


def _unicode_map(font: pikepdf.Object) -> dict[int, str]:
    if "/ToUnicode" not in font:
        return {}
    source = font.ToUnicode.read_bytes()
    found: dict[int, str] = {}
    for block in _CHARACTERS.findall(source):
        for code, text in _PAIR.findall(block):
            found[int(code, 16)] = _utf16(text)
    for block in _RANGES.findall(source):
        for first, last, text in _TRIPLE.findall(block):
            start = int(text, 16)
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + step] = chr(start + step)
    return found


def _utf16(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be", "replace")


def _decoded(codes: bytes, current: dict[int, str]) -> str:
    pairs = range(0, len(codes) - 1, _CODE_BYTES)
    return "".join(current.get(int.from_bytes(codes[at : at + _CODE_BYTES], "big"), "") for at in pairs)
