"""Errors of configuration: each names the file, the key, what was expected and what to do."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError


class ConfigRefused(Exception):
    """A configuration file cannot be used; `problems` holds one sentence per fault."""

    def __init__(self, file: Path | str, problems: list[str]) -> None:
        self.file = str(file)
        self.problems = problems
        super().__init__("\n".join(f"{self.file}: {problem}" for problem in problems))

    @classmethod
    def from_validation(cls, file: Path | str, error: ValidationError) -> ConfigRefused:
        return cls(file, [_sentence(dict(fault)) for fault in error.errors()])


def _sentence(fault: dict[str, object]) -> str:
    location = fault["loc"] if isinstance(fault["loc"], tuple) else ()
    where = ".".join(str(part) for part in location) or "the file"
    message = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        return f"{where}: this key is not known; remove it or correct its spelling"
    if fault["type"] == "missing":
        return f"{where}: this key is missing; add it"
    given = fault.get("input")
    shown = f"; got {given!r}" if isinstance(given, str | int | float | bool) else ""
    return f"{where}: {message}{shown}"
