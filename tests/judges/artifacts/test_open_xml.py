"""Microsoft's OpenXmlValidator finds no error in any workbook, published or attached to a mail."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openpyxl


def errors(judges: Path, paths: Sequence[Path]) -> list[str]:
    program = judges / "node_modules" / "@xarsh" / "ooxml-validator-linux-x64" / "ooxml-validator"
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda path: _errors(program, path), paths)
    return [line for lines in found for line in lines]


def _errors(program: Path, path: Path) -> list[str]:
    done = subprocess.run([str(program), str(path)], capture_output=True, text=True, timeout=120, check=False)
    said = json.loads(done.stdout)
    assert said["ok"] is (not said["errors"])
    return [f"{path.parent.name}/{path.name}: {error['path']} {error['description']}" for error in said["errors"]]


def test_the_validator_sees_a_wrong_workbook(judges: Path, tmp_path: Path) -> None:
    """What openpyxl writes unaided has the parts of a font in an order that the format does not allow."""
    openpyxl.Workbook().save(tmp_path / "plain.xlsx")
    assert errors(judges, [tmp_path / "plain.xlsx"]) != []


def test_workbooks(judges: Path, published) -> None:
    assert errors(judges, published.workbooks) == []
