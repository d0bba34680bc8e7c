"""Cells of a workbook that hold no value: formulas that were never calculated, and errors such as #REF!.

Calamine gives an empty cell for both, which would look like a missing value; so the sheet's XML is asked.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

_CELL = re.compile(rb"<c\b([^>]*[^/>])>(.*?)</c>", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_VALUE = re.compile(rb"<v>([^<]*)</v>")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def uncalculated(content: bytes, sheet: str) -> dict[tuple[int, int], str]:
    """(row from 1, column from 0) -> what the cell shows, for every cell of a sheet that holds no value.

    Raises: ValueError if the workbook's own list of sheets cannot be read.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        try:
            xml = archive.read(_part_of(archive, sheet))
        except (KeyError, ParseError, DefusedXmlException) as exc:
            raise ValueError(f"the sheet '{sheet}' cannot be found in the workbook ({type(exc).__name__})") from exc
    if b"<f" not in xml and b't="e"' not in xml:
        return {}
    found = {}
    for cell in _CELL.finditer(xml):
        attributes, body = cell[1], cell[2]
        value = _VALUE.search(body)
        is_error = b't="e"' in attributes
        place = _PLACE.search(attributes)
        if place and (is_error or (b"<f" in body and not (value and value[1]) and b't="str"' not in attributes)):
            shown = value[1].decode("utf-8", "replace") if value and value[1] else "formula without a value"
            found[int(place[2]), _column(place[1])] = shown
    return found


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The path of a sheet's XML inside the archive."""
    book = fromstring(archive.read("xl/workbook.xml"), forbid_dtd=True)
    relation = next(node.get(f"{_RELATIONS}id") for node in book.iter(f"{_MAIN}sheet") if node.get("name") == sheet)
    links = fromstring(archive.read("xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    target = next(str(node.get("Target")) for node in links if node.get("Id") == relation)
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
