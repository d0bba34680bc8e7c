"""Tables that experts keep as CSV beside the TOML files: one model per row, errors with row and column."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from config.errors import ConfigRefused
from contracts.rules import Rule

RuleType = TypeVar("RuleType", bound=Rule)


def read_entries(path: Path, model: type[RuleType]) -> list[RuleType]:
    """The rows of a CSV file under a model. Lines that begin with # are remarks; an empty cell is the default.

    Raises: ConfigRefused with every wrong row, by its number as a spreadsheet shows it.
    """
    known = list(model.model_fields)
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as exc:
        raise ConfigRefused(path, [f"the file is not UTF-8 (byte {exc.start}); save it as CSV UTF-8"]) from exc
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if not numbered:
        raise ConfigRefused(path, [f"the file is empty; its first line must be {','.join(known)}"])
    header, *rows = csv.reader(line for _, line in numbered)
    faults = _faults_of_header([name.strip() for name in header], known, needed)
    if faults:
        raise ConfigRefused(path, faults)
    entries: list[RuleType] = []
    for (number, _), row in zip(numbered[1:], rows, strict=False):
        cells = {name.strip(): cell.strip() for name, cell in zip(header, row, strict=False) if cell.strip()}
        if len(row) > len(header):
            faults.append(f"row {number}: {len(row)} cells, the header has {len(header)}; put quotes around a comma")
            continue
        try:
            entries.append(model.model_validate(cells))
        except ValidationError as exc:
            faults += [f"row {number}, {problem}" for problem in ConfigRefused.from_validation(path, exc).problems]
    if faults:
        raise ConfigRefused(path, faults)
    return entries


def _faults_of_header(header: list[str], known: list[str], needed: list[str]) -> list[str]:
    absent = [name for name in needed if name not in header]
    foreign = [name for name in header if name not in known]
    faults = [f"the header lacks {', '.join(absent)}; it must be {','.join(known)}"] if absent else []
    if foreign:
        faults.append(f"the header has {', '.join(foreign)}, which is not known; allowed: {', '.join(known)}")
    return faults
