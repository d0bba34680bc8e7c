"""A workbook written as the survey tool writes it: one sheet, typed cells, the same bytes for the same rows.

openpyxl would stamp the clock into the file and take minutes for 200,000 rows; this needs one pass and no clock.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_OPEN = "http://schemas.openxmlformats.org"
_PACKAGE = f"{_OPEN}/package/2006"
_OFFICE = f"{_OPEN}/officeDocument/2006/relationships"
_MAIN = f'xmlns="{_OPEN}/spreadsheetml/2006/main"'
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet {_MAIN}><fonts count="1"><font/></fonts>'
        '<fills count="2"><fill/><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


AddRows = Callable[[Sequence[Sequence[Any]]], None]


@contextmanager
def open_sheet(path: Path, sheet: str, header: Sequence[str], *, dates: frozenset[str]) -> Iterator[AddRows]:
    """A workbook of one sheet, written while it is open: the function given takes rows as a list of columns.

    Columns named in `dates` hold serial numbers. Rows beyond what a sheet holds (1,048,575) are the caller's care.
    """
    styles = [' s="1"' if name in dates else "" for name in header]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, body in _PARTS.items():
            archive.writestr(_entry(name), _HEAD + body)
        sheets = f'<sheets><sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets>'
        book = f'<workbook {_MAIN} xmlns:r="{_OFFICE}">{sheets}</workbook>'
        archive.writestr(_entry("xl/workbook.xml"), _HEAD + book)
        with archive.open(_entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as part:
            part.write(f"{_HEAD}<worksheet {_MAIN}><sheetData><row>{''.join(map(_text, header))}</row>".encode())

            def add(columns: Sequence[Sequence[Any]]) -> None:
                written = [_cells(column, style) for column, style in zip(columns, styles, strict=True)]
                lines = [f"<row>{''.join(cells)}</row>" for cells in zip(*written, strict=True)]
                part.write("".join(lines).encode("utf-8"))

            yield add
            part.write(b"</sheetData></worksheet>")


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _text(value: str) -> str:
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(_BAD.sub("", value))}</t></is></c>'


def _cells(column: Sequence[Any], style: str) -> list[str]:
    known: dict[str, str] = {}
    cells = []
    for value in column:
        if value is None or value != value:  # noqa: PLR0124  a NaN is the one value that differs from itself
            cells.append("<c/>")
        elif isinstance(value, str):
            cells.append(known.get(value) or known.setdefault(value, _text(value)))
        else:
            cells.append(f"<c{style}><v>{float(value)!r}</v></c>" if style else f"<c><v>{value:g}</v></c>")
    return cells
