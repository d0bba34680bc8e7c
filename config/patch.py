"""Numbers of a TOML file changed in place: comments, order and everything else stay as somebody wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?\s*(#.*)?$")
_ID = re.compile(r"^\s*id\s*=\s*[\"']([^\"']+)[\"']")


@dataclass(frozen=True, slots=True)
class Edit:
    """One number. `table`: "" for the keys before the first table; `entry`: the id of an entry of a [[table]]."""

    file: str
    table: str
    key: str
    value: float
    entry: str | None = None


@dataclass(slots=True)
class _Block:
    """A table as lines of the file: `first` is its header (or the file's first line), `last` is after its end."""

    name: str
    first: int
    last: int
    entry: str | None = None


def patched(text: str, edits: Sequence[Edit]) -> str:
    """The text with these numbers; a key that is not there is added to its table, a table at the end of the file."""
    lines = text.splitlines()
    for edit in edits:
        _set(lines, edit)
    return "\n".join(lines) + "\n"


def _set(lines: list[str], edit: Edit) -> None:
    written = _number(edit.value)
    block = next((b for b in _blocks(lines) if b.name == edit.table and b.entry == edit.entry), None)
    if block is None:
        lines += ["", f"[{edit.table}]", f"{edit.key} = {written}"]
        return
    wanted = re.compile(rf"^(\s*{re.escape(edit.key)}\s*=\s*)([^#]*?)(\s*(#.*)?)$")
    for at in range(block.first, block.last):
        if match := wanted.match(lines[at]):
            lines[at] = f"{match[1]}{written}{match[3]}"
            return
    at = block.last
    while at > block.first + 1 and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#")):
        at -= 1
    lines.insert(at, f"{edit.key} = {written}")


def _blocks(lines: list[str]) -> Iterator[_Block]:
    block = _Block("", 0, len(lines))
    for at, line in enumerate(lines):
        if match := _HEADER.match(line):
            block.last = at
            yield block
            block = _Block(match[2].replace('"', "").replace("'", ""), at, len(lines))
        elif block.entry is None and block.name and (found := _ID.match(line)):
            block.entry = found[1]
    yield block


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
