"""The archive behind an XLSX file: the same bytes for the same cells, and element order as the schema wants it.

openpyxl stamps the clock into docProps/core.xml and into every zip entry, and writes the children of
<font> in an order that Microsoft's validator refuses. Both are mended here, after the workbook is saved.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

from lxml import etree

_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TERMS = "http://purl.org/dc/terms/"

# ECMA-376 part 1, 18.8.22 (CT_Font) in the order the validator checks.
_FONT_ORDER = (
    "b",
    "i",
    "strike",
    "condense",
    "extend",
    "outline",
    "shadow",
    "u",
    "vertAlign",
    "sz",
    "color",
    "name",
    "family",
    "charset",
    "scheme",
)

# Readers sniff the type of an archive from its first entries.
_FIRST = ("[Content_Types].xml", "_rels/.rels")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def repacked(content: bytes, *, as_of: datetime) -> bytes:
    """The same workbook as reproducible bytes: fixed order, times and attributes; dates from `as_of`."""
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    parts["docProps/core.xml"] = _dated(parts["docProps/core.xml"], as_of)
    parts["xl/styles.xml"] = _ordered_fonts(parts["xl/styles.xml"])
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(parts, key=lambda part: (part not in _FIRST, part)):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # else the platform of the run stands in every entry
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, parts[name])
    return target.getvalue()


def _dated(core: bytes, as_of: datetime) -> bytes:
    root = etree.fromstring(core)
    stamp = as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for element in (*root.iter(f"{{{_TERMS}}}created"), *root.iter(f"{{{_TERMS}}}modified")):
        element.text = stamp
    return _written(root)


def _ordered_fonts(styles: bytes) -> bytes:
    root = etree.fromstring(styles)
    place = {f"{{{_SHEET}}}{name}": number for number, name in enumerate(_FONT_ORDER)}
    for font in root.iter(f"{{{_SHEET}}}font"):
        font[:] = sorted(font, key=lambda child: place.get(str(child.tag), len(place)))
    return _written(root)


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
