"""How many pages a brief will take, said before it is laid out: half a second of the engine against a hundredth here.

The rules of brief.css as sums: lines of words x line height, rows of tables, drawings by their height. Widths of words
are those of the bundled font, without kerning. The engine has the last word: a wrong guess costs one more layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from xml.etree.ElementTree import Element

from fontTools.ttLib import TTFont
from weasyprint import HTML

from reporting.theme import FONTS

PAGE_WIDTH, PAGE_HEIGHT = 698.0, 960.0
_DRAWING = re.compile(r'<svg [^>]*?height="([\d.]+)".*?</svg>', re.DOTALL)
_WIDTH = re.compile(r"width:(\d+)px")
_PAD = re.compile(r"padding-left:(\d+)px")
_ROW = 14.74
_BLOCK = 18.0
_GAP, _WIDE = 28.0, 512.0

# tag or class -> (font size, line height, space around); brief.css, the tight setting
_TEXT = {
    "h1": (18.0, 22.3, 8.0),
    "lead": (16.0, 20.8, 0.0),
    "h2": (13.0, 16.9, 0.0),
    "sub": (11.0, 15.4, 0.0),
    "note": (10.0, 14.0, 0.0),
    "said": (11.0, 15.62, 7.0),
    "li": (11.0, 15.62, 11.0),
    "dd": (11.0, 15.62, 0.0),
    "dt": (11.0, 15.62, 0.0),
}


def expected_pages(html: str) -> int:
    """Pages of a brief as rendered to HTML."""
    plain = _DRAWING.sub(r'<hr title="\1">', html)
    body = HTML(string=plain).etree_element.find("body/main")
    pages, used = 1, 0.0
    for block in body:
        kinds = _kinds(block)
        tall = _height(block, PAGE_WIDTH)
        if "starts" in kinds and used:
            pages, used = pages + 1, 0.0
        if used + tall <= PAGE_HEIGHT:
            used += tall
        elif "whole" in kinds or tall - _breakable(block) > PAGE_HEIGHT - used:
            pages, used = pages + 1, tall - _BLOCK
        else:
            pages, used = pages + 1, used + tall - PAGE_HEIGHT + 2 * _ROW
    return pages


def _breakable(block: Element) -> float:
    """The rows beyond the first two: what may stand on the next page."""
    rows = [_row(row, widths) for table in block.iter("table") for widths in [_columns(table, PAGE_WIDTH)]
            for row in table.findall("tbody/tr")]  # fmt: skip
    return sum(rows[2:])


def _kinds(element: Element) -> frozenset[str]:
    return frozenset(element.get("class", "").split())


def _height(element: Element, width: float) -> float:
    kinds = _kinds(element)
    if element.tag == "hr":
        return float(element.get("title", "0"))
    if element.tag == "table":
        return _table(element, width)
    if "kpis" in kinds:
        return _tiles(element, width)
    if "trust" in kinds:
        return _trust(element, width)
    named = "lead" if "lead" in kinds else next((kind for kind in (*sorted(kinds), element.tag) if kind in _TEXT), "")
    if named:
        size, line, around = _TEXT[named]
        return around + line * _lines(element, width, size, is_bold=named in ("h1", "lead", "h2"))
    if "two" in kinds:
        left = _WIDE if "wide" in kinds else (width - _GAP) / 2
        right = width - 20 - _WIDE if "wide" in kinds else left
        return _BLOCK + max(_height(part, wide) for part, wide in zip(element, (left, right), strict=True))
    own = _BLOCK if "section" in kinds and not kinds & {"first", "starts"} else 0.0
    return own + sum(_height(part, width) for part in element)


def _table(table: Element, width: float) -> float:
    widths = _columns(table, width)
    is_matrix = "matrix" in _kinds(table)
    heads = table.findall("thead/tr/th")
    if is_matrix:
        rows = sum(1.15 * 10 + 1.2 * 11.5 + 8 if row.find("td/span") is not None else 21.0
                   for row in table.findall("tbody/tr"))  # fmt: skip
        return 7 + 46 + rows
    head = max(_lines(cell, wide - 8, 11) for cell, wide in zip(heads, widths, strict=True)) * 13.75 + 5
    return 7 + head + sum(_row(row, widths) for row in table.findall("tbody/tr"))


def _columns(table: Element, width: float) -> list[float]:
    given = [_WIDTH.search(cell.get("style", "")) for cell in table.findall("thead/tr/th")]
    known = [float(found[1]) if found else None for found in given]
    free = known.count(None)
    rest = max(width - sum(each or 0.0 for each in known), 40.0)
    return [rest / free if each is None else each for each in known]


def _row(row: Element, widths: list[float]) -> float:
    return 7 + max(_cell(cell, wide) for cell, wide in zip(row, widths, strict=False))


def _cell(cell: Element, width: float) -> float:
    pad = _PAD.search(cell.get("style", ""))
    room = width - 8 - (float(pad[1]) if pad else 0.0)
    tail = sum(13.4 * _lines(part, room, 10) for part in cell.findall("span") if "tail" in _kinds(part))
    return tail + _ROW * _lines(cell, room, 11, skip="tail")


def _tiles(element: Element, width: float) -> float:
    wide = (width - 16 * (len(element) - 1)) / max(len(element), 1)
    return 4 + max((_tile(tile, wide) for tile in element), default=0.0)


def _tile(tile: Element, wide: float) -> float:
    tall = 7.0
    for part in tile:
        kinds = _kinds(part)
        drawn = part.find("hr")
        if drawn is not None:
            tall += float(drawn.get("title", "0"))
        elif "v" in kinds:
            tall += 27.5
        elif "d" in kinds:
            tall += 4 + max(43.0, 14.2 * sum(_lines(line, wide, 10.5) for line in part))
        else:
            tall += 14.5 * _lines(part, wide, 10.3)
    return tall


def _trust(element: Element, width: float) -> float:
    columns = element.find("dl")
    assert columns is not None
    shares = (1.25 / 3.25, 1 / 3.25, 1 / 3.25)
    parts = zip(columns, shares, strict=True)
    tall = max(sum(_height(line, share * (width - 48)) for line in part) for part, share in parts)
    return 16.9 + 4 + tall + sum(_height(note, width) for note in element.findall("p"))


# --- words ----------------------------------------------------------------------------------------


def _lines(element: Element, width: float, size: float, *, is_bold: bool = False, skip: str = "") -> int:
    """Lines that the words of an element take, breaking at spaces and where the template breaks."""
    whole = "".join(_said(element, skip))
    return sum(_wrapped(part, width, size, is_bold=is_bold) for part in whole.split("\n") if part.strip()) or 1


def _said(element: Element, skip: str) -> Iterator[str]:
    r"""The words with `\n` where a line ends for certain: after <br> and a name over a second line."""
    if element.tag == "br":
        yield "\n"
    if element.tag == "hr":
        return
    # white space of the source is one space, but never the hard one
    yield re.sub(r"[ \n\t]+", " ", element.text or "")
    for part in element:
        if skip and skip in _kinds(part):
            yield "\n"
        elif part.tag == "i" and "chip" in _kinds(element):
            yield "\u2003"
        else:
            yield from _said(part, skip)
        yield re.sub(r"[ \n\t]+", " ", part.tail or "")


def _wrapped(words: str, width: float, size: float, *, is_bold: bool) -> int:
    lines, used = 1, 0.0
    space = _wide(" ", size, is_bold=is_bold)
    for word in words.strip().split(" "):
        wide = _wide(word, size, is_bold=is_bold)
        if used and used + space + wide > width:
            lines, used = lines + 1, wide
        else:
            used += (space if used else 0.0) + wide
        if used > width:
            lines, used = lines + int(used // width), used % width
    return lines


def _wide(words: str, size: float, *, is_bold: bool) -> float:
    advances = _advances("Inter-SemiBold" if is_bold else "Inter-Regular")
    return sum(advances.get(ord(letter), 0.62) for letter in words) * size


@cache
def _advances(name: str) -> dict[int, float]:
    with TTFont(FONTS / f"{name}.woff2", lazy=True) as font:
        metrics, units = font["hmtx"], font["head"].unitsPerEm
        return {code: metrics[glyph][0] / units for code, glyph in font.getBestCmap().items()}
