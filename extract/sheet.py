"""What a reader gives: text columns with row numbers, the rows it could not read, and what it put right."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

import pyarrow as pa

from config.sources import Source
from contracts.words import Reason
from extract.errors import FileRefused

MAX_COLUMNS = 1_000
MAX_CELL_CHARACTERS = 100_000
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2007"), " ") | dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u2060"))


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that a reader or a contract refused; row 1 is the header."""

    row: int
    reason: Reason
    message: str
    column: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one export as text. `rows` holds each row's number in the file, the header being row 1."""

    columns: pa.Table
    rows: pa.Array
    name: str | None = None
    refused: tuple[RefusedRow, ...] = ()
    notes: Counter[str] = field(default_factory=Counter)


def tidy_header(names: Sequence[object]) -> list[str]:
    """Column names without byte order mark, odd spaces or decomposed accents."""
    return [" ".join(unicodedata.normalize("NFC", str(name or "")).translate(_SPACES).split()) for name in names]


def positions(header: Sequence[object], source: Source) -> dict[str, int]:
    """Where each column that the source needs stands in this header.

    Raises: FileRefused if the header is doubled, holds formulas or markup, is too wide, or lacks a column.
    """
    names = tidy_header(header)
    if len(names) > MAX_COLUMNS:
        raise FileRefused(Reason.FILE_HEADER, f"{len(names)} columns; at most {MAX_COLUMNS} are read", row=1)
    odd = [name for name in names if name[:1] in {"=", "@"} or ("<" in name and ">" in name)]
    if odd:
        raise FileRefused(Reason.FILE_HEADER, f"the header holds a formula or markup: {odd[0][:40]!r}", row=1)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise FileRefused(Reason.FILE_HEADER, f"column {', '.join(twice)} stands twice in the header", row=1)
    found: dict[str, int] = {}
    for column in sorted(source.reads):
        spellings = [name for name in (column, *source.aliases.get(column, [])) if name in names]
        if len(spellings) > 1:
            text = f"{' and '.join(spellings)} are two spellings of one column; keep one of them"
            raise FileRefused(Reason.FILE_HEADER, text, row=1, column=column)
        if spellings:
            found[column] = names.index(spellings[0])
    absent = sorted(source.reads - set(found))
    if absent:
        raise FileRefused(Reason.FILE_HEADER, _missing(absent, names, source), row=1, column=absent[0])
    return found


def _missing(absent: list[str], names: list[str], source: Source) -> str:
    if len(names) == 1 and source.format in {"csv", "tsv"}:
        return f"one column found ({names[0][:60]!r}); the separator is another one: set `separator`"
    by_fold = {name.casefold(): name for name in names if name}
    near = {n: get_close_matches(n.casefold(), by_fold, n=1, cutoff=0.6) for n in absent}
    said = [
        f"'{name}'" + (f" (did you mean '{by_fold[near[name][0]]}'? add it to aliases)" if near[name] else "")
        for name in absent
    ]
    return f"the header lacks {', '.join(said)}; it has {', '.join(names[:30])}"


def ignored(header: Sequence[object], found: dict[str, int]) -> list[str]:
    """The columns that nobody asked for: listed, never stored."""
    used = set(found.values())
    return [name for place, name in enumerate(tidy_header(header)) if place not in used and name]


def text_table(found: dict[str, int], values: Sequence[pa.ChunkedArray | pa.Array]) -> pa.Table:
    """The needed columns of a table given by position, in the order of their names."""
    return pa.table({name: values[place] for name, place in found.items()})
