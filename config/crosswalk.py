"""config/crosswalk.csv: which customer a key of another system stands for, approved by a person."""

from __future__ import annotations

import csv
from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd

from config.errors import ConfigRefused

CROSSWALK_COLUMNS = ("system", "source_key", "customer_id", "approved_by", "valid_from", "valid_to", "note")
_CROSSWALK_NEEDS = ("system", "source_key", "customer_id", "approved_by")


def read_crosswalk(path: Path) -> pd.DataFrame:
    """Approved pairs of foreign keys and customers, all as text; an absent file is an empty crosswalk.

    Raises: ConfigRefused if the header or a row is wrong.
    """
    if not path.exists():
        return pd.DataFrame(columns=list(CROSSWALK_COLUMNS), dtype="string")
    facts = path.stat()
    return _read(path, facts.st_mtime_ns, facts.st_size).copy(deep=False)


@lru_cache(maxsize=2)
def _read(path: Path, _written: int, _size: int) -> pd.DataFrame:
    """Read once as long as the file stands: an alert asks for it at every mail."""
    rows, problems = [], []
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(line for line in file if not line.startswith("#"))
        absent = [name for name in _CROSSWALK_NEEDS if name not in (lines.fieldnames or [])]
        if absent:
            text = f"the header lacks {', '.join(absent)}; it must be {','.join(CROSSWALK_COLUMNS)}"
            raise ConfigRefused(path, [text])
        for number, row in enumerate(lines, start=2):
            pair = {name: (row.get(name) or "").strip() or None for name in CROSSWALK_COLUMNS}
            problems += [f"row {number}: {fault}" for fault in _faults_of_pair(pair)]
            rows.append(pair)
    if problems:
        raise ConfigRefused(path, problems)
    return pd.DataFrame(rows, columns=list(CROSSWALK_COLUMNS), dtype="string")


def _faults_of_pair(pair: dict[str, str | None]) -> list[str]:
    blank = [name for name in _CROSSWALK_NEEDS if pair[name] is None]
    faults = [f"{', '.join(blank)} is empty; every pair needs a person who approved it"] if blank else []
    for name in ("valid_from", "valid_to"):
        try:
            date.fromisoformat(pair[name] or "2000-01-01")
        except ValueError:
            faults.append(f"{name} '{pair[name]}' is no date; write it like 2026-11-23")
    return faults
