"""Proposal workbooks that are handed back: the proposed values as they stand in their cells. Nothing is judged here."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from contracts.proposals import (
    ANCHOR_HEADERS,
    ANCHOR_SHEET,
    KEY_HEADER,
    PROPOSED,
    SUMMARY_KEYS,
    SUMMARY_SHEET,
    THRESHOLD_SHEET,
    WEIGHT_SHEET,
    ProposedValue,
    ReturnedProposal,
)
from extract.errors import ReturnRefused
from extract.returns import MAX_HEADER_ROW, read_cells

MAX_ROWS = 2_000
MAX_COLUMNS = 26
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHEETS = {
    THRESHOLD_SHEET: {PROPOSED: ""},
    WEIGHT_SHEET: {PROPOSED: "weight."},
    ANCHOR_SHEET: {header: f"{end}." for end, header in ANCHOR_HEADERS.items()},
}
"""By sheet the columns that may be changed, and what their keys begin with."""


def is_proposal(content: bytes) -> bool:
    """Whether a workbook is one of proposed rules, by the names of its sheets; False for what is no workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open("xl/workbook.xml") as listed:
            names = listed.read(1_000_000).decode("utf-8", "replace")
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
        return False
    return all(f'name="{sheet}"' in names for sheet in _SHEETS)


def read_proposal(content: bytes) -> ReturnedProposal:
    """The values of a proposal workbook.

    Raises: ReturnRefused in words for the person who returned it.
    """
    sheets, token = read_cells(content, {*_SHEETS, SUMMARY_SHEET}, rows=MAX_ROWS, columns=MAX_COLUMNS)
    lost = sorted(set(_SHEETS) - set(sheets))
    if lost:
        raise ReturnRefused(f"the sheet {' and '.join(lost)} is lost; make a fresh workbook by `cem policy draft`")
    values = tuple(value for sheet in _SHEETS for value in _values(sheets[sheet], sheet))
    return ReturnedProposal(values, _summary(sheets.get(SUMMARY_SHEET, [])), token)


def _values(rows: list[tuple[Any, ...]], sheet: str) -> Iterator[ProposedValue]:
    header, words = _header(rows, sheet)
    key_at = words.index(KEY_HEADER)
    for column, prefix in _SHEETS[sheet].items():
        if column not in words:
            raise ReturnRefused(f"sheet '{sheet}' has lost the column '{column}'; ask for a fresh workbook")
        at = words.index(column)
        for number, row in enumerate(rows[header + 1 :], start=header + 2):
            key, value = _cell(row, key_at), _cell(row, at)
            if key is None:
                continue
            where = f"sheet {sheet}, row {number}, column {_LETTERS[at]} ({column})"
            yield ProposedValue(f"{prefix}{key}", value, where)


def _header(rows: list[tuple[Any, ...]], sheet: str) -> tuple[int, list[str]]:
    for number, row in enumerate(rows[:MAX_HEADER_ROW]):
        words = [" ".join(str(value).split()) if value is not None else "" for value in row]
        if KEY_HEADER in words:
            return number, words
    raise ReturnRefused(
        f"sheet '{sheet}' has lost the column '{KEY_HEADER}', which says what each row is; ask for a fresh workbook"
    )


def _summary(rows: list[tuple[Any, ...]]) -> dict[str, ProposedValue]:
    """What the first sheet says: key, words, value."""
    found: dict[str, ProposedValue] = {}
    for number, row in enumerate(rows, start=1):
        key = _cell(row, 0)
        if key in SUMMARY_KEYS:
            found[str(key)] = ProposedValue(str(key), _cell(row, 2), f"sheet {SUMMARY_SHEET}, row {number}, column C")
    return found


def _cell(row: tuple[Any, ...], at: int) -> str | float | None:
    value = row[at] if at < len(row) else None
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return float(value)
    if hasattr(value, "date"):
        return str(value.date().isoformat())
    return str(value).strip()
