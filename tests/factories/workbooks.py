"""Workbooks as managers hand them back: opened, edited by header, saved."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from contracts.workbook import HEADER_ROW


def columns_of(sheet: Worksheet, header_row: int = HEADER_ROW) -> dict[str, int]:
    """Where each header stands, from 1."""
    return {str(cell.value): int(cell.column) for cell in sheet[header_row] if cell.value}


def row_of(sheet: Worksheet, row_id: str) -> int:
    """The row with this id."""
    at = columns_of(sheet)["Row id"]
    found = [row for row in range(HEADER_ROW + 1, sheet.max_row + 1) if sheet.cell(row, at).value == row_id]
    assert found, f"{sheet.title} has no row {row_id}"
    return found[0]


def write(sheet: Worksheet, row: int, **cells: object) -> None:
    """Writes cells by their header, with _ for a blank: write(sheet, 6, Status="done")."""
    columns = columns_of(sheet)
    for name, value in cells.items():
        sheet.cell(row, columns[name.replace("_", " ")]).value = value


@contextmanager
def edited(source: Path | bytes, target: Path) -> Iterator[Workbook]:
    """The workbook as a manager opens, edits and saves it."""
    book = openpyxl.load_workbook(io.BytesIO(source) if isinstance(source, bytes) else source)
    yield book
    target.parent.mkdir(parents=True, exist_ok=True)
    book.save(target)


def through_libreoffice(source: Path, folder: Path, kind: str = "xlsx") -> Path:
    """The file as LibreOffice opens and saves it again."""
    program = shutil.which("soffice")
    assert program, "LibreOffice is not installed"
    folder.mkdir(parents=True, exist_ok=True)
    profile = (folder / "profile").resolve().as_uri()
    command = [program, "--headless", f"-env:UserInstallation={profile}", "--convert-to", kind, "--outdir", str(folder)]
    subprocess.run([*command, str(source)], check=True, capture_output=True, timeout=240)
    return folder / f"{source.stem}.{kind}"
