"""Errors of configuration: each names the file, the key, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError


class ConfigRefused(Exception):
    """A configuration file cannot be used; `problems` holds one sentence per fault."""

    def __init__(self, file: Path | str, problems: list[str]) -> None:
        self.file = str(file)
        self.problems = problems
        super().__init__("\n".join(f"{self.file}: {problem}" for problem in problems))

    @classmethod
    def from_validation(
        cls, file: Path | str, error: ValidationError, *, entries: Sequence[object] = ()
    ) -> ConfigRefused:
        """`entries`: those of a file that is a list; a fault then names the entry by its id beside its number."""
        return cls(file, [_sentence(dict(fault), entries) for fault in error.errors()])


def _sentence(fault: dict[str, object], entries: Sequence[object]) -> str:
    location = fault["loc"] if isinstance(fault["loc"], tuple) else ()
    where = ".".join(str(part) for part in location) or "the file"
    if location and isinstance(location[0], int) and location[0] < len(entries):
        where = ".".join([_entry(location[0], entries), *(str(part) for part in location[1:])])
    message = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        return f"{where}: this key is not known; remove it or correct its spelling"
    if fault["type"] == "missing":
        return f"{where}: this key is missing; add it"
    given = fault.get("input")
    shown = f"; got {given!r}" if isinstance(given, str | int | float | bool) else ""
    return f"{where}: {message}{shown}"


def _entry(number: int, entries: Sequence[object]) -> str:
    """`entry 6 'nps'`: as people count, and by its id if it has one."""
    entry = entries[number]
    name = entry.get("id") if isinstance(entry, Mapping) else None
    return f"entry {number + 1} '{name}'" if name else f"entry {number + 1}"
