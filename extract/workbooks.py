"""XLSX as text through calamine, which computes and runs nothing; packed size and width are capped first."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from config.sources import Source
from contracts.words import Reason
from extract.errors import FileRefused
from extract.formulas import uncalculated
from extract.sheet import MAX_CELL_CHARACTERS, MAX_COLUMNS, RefusedRow, Sheet, ignored, positions, text_table

MAX_ENTRIES = 2_000
MAX_UNPACKED = 1_000_000_000
MAX_RATIO = 100
_RATIO_FLOOR = 20_000_000


def check_archive(content: bytes, *, max_unpacked: int = MAX_UNPACKED) -> None:
    """Refuses an archive that unpacks to more than any export does, or that names files outside itself.

    Raises: FileRefused.
    """
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as exc:
        raise FileRefused(Reason.FILE_UNREADABLE, "the workbook is truncated or damaged; save it again") from exc
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or size > max_unpacked or (size > _RATIO_FLOOR and size > MAX_RATIO * len(content)):
        raise FileRefused(
            Reason.FILE_TOO_LARGE, f"the workbook unpacks to {size // 1_000_000} MB in {len(entries)} parts"
        )
    if any(entry.filename.startswith("/") or ".." in entry.filename.split("/") for entry in entries):
        raise FileRefused(Reason.FILE_FORMAT, "the workbook names files outside itself")


def read_workbook(content: bytes, source: Source, notes: Counter[str]) -> Sheet:
    """One sheet of a workbook: the one named in `sheet`, else the only one that has rows.

    Raises: FileRefused.
    """
    check_archive(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        name = _sheet_name(book, source)
        sheet = book.get_sheet_by_name(name)
        if sheet.end is not None and sheet.end[1] >= MAX_COLUMNS:
            text = f"a cell stands in column {sheet.end[1] + 1}; at most {MAX_COLUMNS} are read"
            raise FileRefused(Reason.FILE_HEADER, text)
        top, left = sheet.start or (0, 0)
        cells = sheet.to_python(skip_empty_area=True)
        empty = {(row, column - left): shown for (row, column), shown in uncalculated(content, name).items()}
    except (CalamineError, ValueError) as exc:
        raise FileRefused(Reason.FILE_UNREADABLE, f"the workbook cannot be read: {exc}") from exc
    skipped = max(source.skip_rows - top, 0)
    cells = cells[skipped:]
    if not cells:
        raise FileRefused(Reason.FILE_EMPTY, f"sheet '{name}' is empty")
    header = [_text(value) for value in cells[0]]
    found = positions(header, source)
    for column in ignored(header, found):
        notes[f"ignored column '{column[:60]}'"] += 1
    return _sheet(cells[1:], top + skipped + 2, name, found, empty, notes)


def _sheet_name(book: CalamineWorkbook, source: Source) -> str:
    if source.sheet is not None:
        if source.sheet not in book.sheet_names:
            text = f"there is no sheet '{source.sheet}'; it has {', '.join(book.sheet_names)}"
            raise FileRefused(Reason.FILE_HEADER, text)
        return source.sheet
    filled = [name for name in book.sheet_names if book.get_sheet_by_name(name).height]
    if len(filled) > 1:
        raise FileRefused(Reason.FILE_HEADER, f"several sheets have rows ({', '.join(filled)}); name one in `sheet`")
    if not filled:
        raise FileRefused(Reason.FILE_EMPTY, "no sheet has rows")
    return filled[0]


def _sheet(
    cells: list[list[Any]],
    first: int,
    name: str,
    found: dict[str, int],
    empty: dict[tuple[int, int], str],
    notes: Counter[str],
) -> Sheet:
    """The rows as text. A cell without a calculated value refuses its row."""
    good: list[list[str]] = [[] for _ in found]
    numbers: list[int] = []
    refused: list[RefusedRow] = []
    for number, row in enumerate(cells, start=first):
        texts = [_text(row[place]) for place in found.values()]
        missing = [(column, empty[number, place]) for column, place in found.items() if (number, place) in empty]
        if not missing and not any(text.strip() for text in texts):
            notes["blank rows"] += 1
            continue
        fault = _fault(number, dict(zip(found, texts, strict=True)), missing)
        if fault is not None:
            refused.append(fault)
            continue
        numbers.append(number)
        for column, text in zip(good, texts, strict=True):
            column.append(text)
    columns = text_table({n: i for i, n in enumerate(found)}, [pa.array(column, pa.string()) for column in good])
    return Sheet(columns, pa.array(np.array(numbers, dtype="int64")), name=name, refused=tuple(refused), notes=notes)


def _fault(number: int, texts: dict[str, str], missing: list[tuple[str, str]]) -> RefusedRow | None:
    for column, shown in missing:
        return RefusedRow(number, Reason.NOT_CALCULATED, f"not calculated: the cell holds {shown}", column, shown)
    for column, text in texts.items():
        if len(text) > MAX_CELL_CHARACTERS:
            return RefusedRow(number, Reason.TOO_LONG, f"more than {MAX_CELL_CHARACTERS} characters", column, text[:80])
        if "\0" in text:
            return RefusedRow(number, Reason.BAD_CHARACTER, "a NUL character", column, text[:80])
    return None


def _text(value: Any) -> str:
    """A cell as text: dates as ISO, whole numbers without `.0`, booleans as true and false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    return str(value)
