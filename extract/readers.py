"""One export to text, whatever its format."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from config.sources import Source
from extract.columnar import read_json_lines, read_parquet
from extract.delimited import read_delimited
from extract.opening import read_bytes, to_utf8
from extract.sheet import Sheet
from extract.transcript_json import read_json_call
from extract.transcripts import read_transcript
from extract.workbooks import read_workbook


def read_export(path: Path, name: str, source: Source) -> Sheet:
    """The rows of one pulled export as text, under the columns that the source needs.

    Args:
        path: the copy in var/raw.
        name: the name it was delivered under.
        source: how to read it.

    Raises: FileRefused with the reason and, where there is one, the row.
    """
    notes: Counter[str] = Counter()
    if source.format == "sql":
        return read_parquet(path.read_bytes(), source, notes)
    content = read_bytes(path, name, source)
    if source.format == "xlsx":
        return read_workbook(content, source, notes)
    if source.format == "parquet":
        return read_parquet(content, source, notes)
    text = to_utf8(content, source, notes)
    if source.format == "jsonl":
        return read_json_lines(text, source, notes)
    if source.format == "vtt":
        return read_transcript(text, name, source, notes)
    if source.format == "json_call":
        return read_json_call(text, name, source, notes)
    return read_delimited(text, source, notes)
