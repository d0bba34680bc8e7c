"""CSV and TSV as text, strictly: a row with too many or too few fields is quarantined, never shifted or padded.

A file without irregularities is read by Arrow. One with odd quotes, blank lines between rows or rows of
another length is read again by Python's csv module, which is slower but names every row.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from config.sources import Source
from contracts.words import Reason
from extract.errors import FileRefused
from extract.sheet import MAX_CELL_CHARACTERS, RefusedRow, Sheet, ignored, positions, text_table

_SEPARATORS = (",", ";", "\t", "|")
_NO_TEXT = re.compile(rb"\xed[\xa0-\xbf]|\xef\xbf[\xbe\xbf]")
_ODD_CHARACTERS = re.compile("[\0\ud800-\udfff\ufffe\uffff]")


def read_delimited(content: bytes, source: Source, notes: Counter[str]) -> Sheet:
    """One CSV or TSV export (UTF-8 bytes) as text.

    Raises: FileRefused for a wrong header, an unterminated quote, or a file in which no row fits the header.
    """
    if b"\n" not in content and b"\r" in content:
        content = content.replace(b"\r", b"\n")
        notes["line ends put right"] += 1
    for _ in range(source.skip_rows):
        content = content[content.find(b"\n") + 1 :]
    separator = source.separator or ("\t" if source.format == "tsv" else _found_separator(content))
    header = _header(content, separator)
    found = positions(header, source)
    for name in ignored(header, found):
        notes[f"ignored column '{name[:60]}'"] += 1
    sheet = None if _is_irregular(content, separator) else _read_fast(content, separator, header, found, notes)
    sheet = sheet or _read_row_by_row(content, separator, header, found, notes)
    if not sheet.columns.num_rows and sheet.refused:
        first = sheet.refused[0]
        raise FileRefused(first.reason, f"no row fits the header: {first.message}", row=first.row)
    return sheet


def _found_separator(content: bytes) -> str:
    line = content[: content.find(b"\n")].decode("utf-8", "surrogatepass")
    counts = {separator: line.count(separator) for separator in _SEPARATORS}
    return max(counts, key=lambda separator: counts[separator]) if any(counts.values()) else ","


def _header(content: bytes, separator: str) -> list[str]:
    head = content[:1_000_000].decode("utf-8", "ignore")
    names = next(csv.reader(io.StringIO(head, newline=""), delimiter=separator), [])
    if not any(name.strip() for name in names):
        raise FileRefused(
            Reason.FILE_HEADER, "the first line is blank; the header must stand there (see `skip_rows`)", row=1
        )
    return names


def _is_irregular(content: bytes, separator: str) -> bool:
    """Whether Arrow would read something else than what is written."""
    tail = content[-4096:]
    end = len(content) - len(tail) + len(tail.rstrip())
    has_blank_row = content.find(b"\n\n", 0, end) >= 0 or content.find(b"\n\r\n", 0, end) >= 0
    if b"\0" in content or has_blank_row or (not content.isascii() and _NO_TEXT.search(content)):
        return True
    if b'"' not in content:
        return False
    mark = re.escape(separator.encode())
    stray = re.compile(b'[^\\r\\n"' + mark + b']"[^\\r\\n"' + mark + b"]")
    return content.count(b'"') % 2 == 1 or stray.search(content) is not None


def _read_fast(
    content: bytes, separator: str, header: list[str], found: dict[str, int], notes: Counter[str]
) -> Sheet | None:
    names = [str(place) for place in range(len(header))]
    wanted = [names[place] for place in found.values()]
    try:
        table = pacsv.read_csv(
            pa.BufferReader(content),
            read_options=pacsv.ReadOptions(column_names=names, skip_rows_after_names=1, block_size=1 << 24),
            parse_options=pacsv.ParseOptions(delimiter=separator, newlines_in_values=b'"' in content),
            convert_options=pacsv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    rows = pa.array(np.arange(2, table.num_rows + 2))
    columns = pa.table(dict(zip(found, table.columns, strict=True)))
    return Sheet(columns=columns, rows=rows, notes=notes)


class _Lines:
    """The lines of a text, remembering those of the record being read."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.record.append(line)
            yield line

    def take(self) -> str:
        record, self.record = "".join(self.record), []
        return record


def _read_row_by_row(
    content: bytes, separator: str, header: list[str], found: dict[str, int], notes: Counter[str]
) -> Sheet:
    lines = _Lines(content.decode("utf-8", "surrogatepass"))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    good: list[list[str]] = [[] for _ in found]
    numbers: list[int] = []
    refused: list[RefusedRow] = []
    number = 0
    while True:
        number += 1
        first_line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as exc:
            if "unexpected end" in str(exc):
                text = f"the quote opened in row {number} (line {first_line}) is never closed"
                raise FileRefused(Reason.FILE_UNREADABLE, text, row=number) from exc
            reason = Reason.TOO_LONG if "field larger" in str(exc) else Reason.BAD_CHARACTER
            refused.append(RefusedRow(number, reason, f"line {first_line}: {exc}", value=_shown(lines.take())))
            continue
        record = lines.take()
        if number == 1:
            continue
        if not any(field.strip() for field in fields):
            notes["blank rows"] += 1
            continue
        fault = _fault(fields, record, len(header), first_line)
        if fault is not None:
            refused.append(RefusedRow(number, fault[0], fault[1], value=_shown(record)))
            continue
        numbers.append(number)
        for cells, place in zip(good, found.values(), strict=True):
            cells.append(fields[place])
    columns = text_table({name: i for i, name in enumerate(found)}, [pa.array(cells, pa.string()) for cells in good])
    return Sheet(columns, pa.array(numbers, pa.int64()), refused=tuple(refused), notes=notes)


def _shown(record: str) -> str:
    return record[:80].encode("utf-8", "backslashreplace").decode()


def _fault(fields: list[str], record: str, width: int, line: int) -> tuple[Reason, str] | None:
    if len(fields) != width:
        return Reason.FIELD_COUNT, f"line {line}: {len(fields)} fields where the header has {width}"
    if _ODD_CHARACTERS.search(record):
        return Reason.BAD_CHARACTER, f"line {line}: a NUL or another character that is no text"
    if any(len(field) > MAX_CELL_CHARACTERS for field in fields):
        return Reason.TOO_LONG, f"line {line}: a cell of more than {MAX_CELL_CHARACTERS} characters"
    quotes = record.count('"')
    if quotes and any('"' in field and quotes < 2 * field.count('"') + 2 for field in fields):
        return Reason.BAD_CHARACTER, f"line {line}: a quote inside a field that is not quoted"
    return None
