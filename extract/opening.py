"""From bytes to text: compression, magic numbers, encodings. Nothing is guessed and nothing is replaced."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from pathlib import Path

from config.sources import Source
from contracts.words import Reason
from extract.errors import FileRefused

_CHUNK = 1 << 20
_MAX_RATIO = 500
_GZIP = b"\x1f\x8b"
_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_PARQUET = b"PAR1"
_CONTROLS = bytes([*range(1, 9), 11, 12, *range(14, 32), 127])
_TWICE_ENCODED = re.compile(rb"\xc3[\x82\x83]\xc2[\x80-\xbf]")
_TEXT_FORMATS = frozenset({"csv", "tsv", "jsonl", "vtt", "json_call"})


def read_bytes(path: Path, name: str, source: Source) -> bytes:
    """The content of an export, unpacked when it is gzip.

    Raises: FileRefused for an empty, too large, truncated or wrongly named file.
    """
    limit = source.max_megabytes * 1_000_000
    if path.stat().st_size > limit:
        raise FileRefused(Reason.FILE_TOO_LARGE, f"larger than {source.max_megabytes} MB (`max_megabytes`)")
    content = path.read_bytes()
    if content[:2] == _GZIP:
        content = _unzip(content, limit)
    elif name.endswith(".gz"):
        raise FileRefused(Reason.FILE_FORMAT, "named .gz but is not gzip")
    if not content:
        raise FileRefused(Reason.FILE_EMPTY, "the file is empty")
    _check_magic(content[:512], source)
    return content


def _unzip(packed: bytes, limit: int) -> bytes:
    """All members of a gzip file, never more than the limit or a ratio that only a bomb has."""
    parts: list[bytes] = []
    size, place = 0, 0
    member = zlib.decompressobj(wbits=31)
    try:
        while place < len(packed) or member.unconsumed_tail:
            pending = member.unconsumed_tail
            if not pending:
                pending, place = packed[place : place + _CHUNK], place + _CHUNK
            parts.append(member.decompress(pending, 16 * _CHUNK))
            size += len(parts[-1])
            if size > limit or (size > 50 * _CHUNK and size > _MAX_RATIO * len(packed)):
                raise FileRefused(Reason.FILE_TOO_LARGE, f"unpacks to more than {min(limit, size) // 1_000_000} MB")
            if member.eof:
                place -= len(member.unused_data)
                if not packed[place:].strip(b"\0"):
                    return b"".join(parts)
                member = zlib.decompressobj(wbits=31)
    except zlib.error as exc:
        raise FileRefused(Reason.FILE_UNREADABLE, f"the .gz file is damaged: {exc}") from exc
    raise FileRefused(Reason.FILE_UNREADABLE, "the .gz file ends too early; copy it again")


def _check_magic(head: bytes, source: Source) -> None:
    if head[:4] == _OLE and source.format == "xlsx":
        raise FileRefused(Reason.FILE_UNREADABLE, "encrypted, save without a password (or an old .xls: save as .xlsx)")
    is_zip, is_parquet = head[:4] == _ZIP, head[:4] == _PARQUET
    wanted = {"xlsx": is_zip, "parquet": is_parquet}.get(source.format, not (is_zip or is_parquet or head[:4] == _OLE))
    if not wanted:
        raise FileRefused(Reason.FILE_FORMAT, f"this is no {source.format} file; it begins with {head[:8]!r}")
    if source.format in _TEXT_FORMATS and head.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html")):
        raise FileRefused(Reason.FILE_FORMAT, f"this is a web page, not a {source.format} file; export it again")


def to_utf8(content: bytes, source: Source, notes: Counter[str]) -> bytes:
    """The same text as UTF-8 without byte order mark and with control characters stripped; both counted.

    Bytes that are not in the declared encoding refuse the file; they are never replaced. NUL and lone
    surrogates stay in, because the reader quarantines their rows.
    """
    declared = source.encoding.lower().replace("_", "-")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") and not declared.startswith(("utf-16", "utf16")):
        raise FileRefused(Reason.FILE_ENCODING, 'the file is UTF-16; set encoding = "utf-16"')
    if declared not in {"utf-8", "utf8", "utf-8-sig"}:
        content = _decoded(content, source.encoding).encode("utf-8", "surrogatepass")
    else:
        if not content.isascii():
            _decoded(content, "utf-8")
        if b"\0" in content[:4096] and content[:4096].count(b"\0") > len(content[:4096]) // 4:
            raise FileRefused(Reason.FILE_ENCODING, "every other byte is NUL: UTF-16 without a mark; set `encoding`")
    content = content.removeprefix(b"\xef\xbb\xbf")
    cleaned = content.translate(None, delete=_CONTROLS)
    if len(cleaned) != len(content):
        notes["control characters stripped"] += len(content) - len(cleaned)
    doubled = len(_TWICE_ENCODED.findall(cleaned)) if b"\xc3\x83\xc2" in cleaned or b"\xc3\x82\xc2" in cleaned else 0
    if doubled:
        notes["characters that look encoded twice"] += doubled
    return cleaned


def _decoded(content: bytes, encoding: str) -> str:
    """Raises: FileRefused with the place of the first byte that is not in this encoding."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as exc:
        if encoding == "utf-8" and content[exc.start : exc.start + 1] == b"\xed":
            return _with_surrogates(content, exc)
        line = content.count(b"\n", 0, exc.start) + 1
        text = (
            f"byte {exc.start} (line {line}) is not {encoding}; set `encoding` to what the system writes, often cp1252"
        )
        raise FileRefused(Reason.FILE_ENCODING, text, row=line) from exc


def _with_surrogates(content: bytes, error: UnicodeDecodeError) -> str:
    try:
        return content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise FileRefused(Reason.FILE_ENCODING, f"byte {exc.start} (line {line}) is not utf-8", row=line) from error
