"""Opens a finished file the way a curious reader could: every part, every encoding, as plain text."""

from __future__ import annotations

import base64
import binascii
import html
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import default
from functools import lru_cache
from urllib.parse import unquote, unquote_to_bytes

_DEPTH_AT_MOST = 4
_PART_BYTES_AT_MOST = 200_000_000
_MARKUP = re.compile(r"<[^<>]*>")
_LINKED = re.compile(r"""data:([\w.+-]+/[\w.+-]+)?((?:;[\w=.+-]+)*),([^"'\s<>)]*)""", re.IGNORECASE)
# looked for where a run of characters begins, not at each of them
_PERCENT = re.compile(r"(?<![^\s\"'<>])(?=[^\s\"'<>]*%[0-9A-Fa-f]{2})[^\s\"'<>]+")
_ESCAPED = re.compile(r"(?:[^\"<>\\]|\\.)*\\u[0-9A-Fa-f]{4}(?:[^\"<>\\]|\\.)*")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}){8,}(?![0-9A-Za-z])")
_PRINTABLE = re.compile(rb"[\x09\x0a\x0d\x20-\x7e\x80-\xff]{4,}")
_WIDE = re.compile(rb"(?:[\x20-\x7e\xa0-\xff][\x00-\x06]){4,}")
# `&C` centres what follows in a worksheet's header, `&"Arial,Bold"` and `&12` set its font (ECMA-376, 18.3.1.46).
_HEADER_CODE = re.compile(r"&(?:[A-Za-z]|\"[^\"]*\"|\d+)")
_BLOCK = re.compile(r"<(style|script)\b[^>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
# Places of cells, which only look like ids: `C10000` is no customer.
_CELLS = re.compile(rb"\b(?:r|ref|sqref)=\"[A-Z$:0-9 ]+\"|\$[A-Z]{1,3}\$\d+")
_TEXTUAL = (".html", ".htm", ".svg", ".xml", ".rels", ".json", ".css", ".js", ".vml")


@dataclass(frozen=True, slots=True)
class View:
    """Text found somewhere in a file.

    `joined`: the same as a reader sees it. `glued`: the same with nothing where tags or moves of the pen were: a name
    that runs across them stands there whole, and neighbours stand without a blank.
    `recurs`: other files are likely to hold just this text (the style and the scripts of every page).
    """

    where: str
    text: str
    joined: tuple[str, ...] = ()
    glued: str = ""
    recurs: bool = False


def views(content: bytes, name: str) -> Iterator[View]:
    """Everything readable in the file, its name included."""
    yield View("file name", name)
    yield from _open(content, name, "", 0)


def _open(content: bytes, name: str, inside: str, depth: int) -> Iterator[View]:
    lowered = name.lower()
    if depth > _DEPTH_AT_MOST:
        return
    if content.startswith(b"%PDF-"):
        yield from _pdf(content, inside, depth)
    elif content.startswith(b"PK\x03\x04") and zipfile.is_zipfile(io.BytesIO(content)):
        yield from _zip(content, inside, depth)
    elif content.startswith(b"\x89PNG\r\n"):
        yield from _png(content, inside)
    elif lowered.endswith(".eml"):
        yield from _mail(content, inside, depth)
    elif lowered.endswith(_TEXTUAL) or content.lstrip()[:1] == b"<":
        yield from _markup(_decoded(content), inside or "text", depth)
    elif lowered.endswith((".csv", ".txt", ".md")) or _is_text(content):
        yield from _plain(_decoded(content), inside or "text", depth)
    else:
        yield from _binary(content, inside or "bytes")


def _markup(text: str, where: str, depth: int) -> Iterator[View]:
    """HTML, SVG, XML, with or without scripts: raw and unescaped, across tags, and what it carries encoded."""
    for block in _BLOCK.finditer(text):
        yield from _recurring(block[0], where, depth)
    yield from _marked_up(_BLOCK.sub(" ", text), where, depth)


@lru_cache(maxsize=8)
def _recurring(block: str, where: str, depth: int) -> tuple[View, ...]:
    return tuple(replace(view, recurs=True) for view in _marked_up(block, where, depth))


def _marked_up(text: str, where: str, depth: int) -> Iterator[View]:
    yield from _carried(text, where, depth)
    plain = html.unescape(_LINKED.sub(" ", text))
    joined = [_MARKUP.sub(" ", plain)]
    if "Header>" in plain or "Footer>" in plain:
        joined.append(_HEADER_CODE.sub(" ", plain))
    yield View(where, plain, tuple(joined), glued=_MARKUP.sub("", plain))
    yield from _encoded(plain, where)


def _plain(text: str, where: str, depth: int, *, glued: str = "") -> Iterator[View]:
    yield from _carried(text, where, depth)
    bare = _LINKED.sub(" ", text)
    yield View(where, bare, glued=glued)
    yield from _encoded(bare, where)


def _carried(text: str, where: str, depth: int) -> Iterator[View]:
    """Opens data: URIs; fonts are passed by."""
    for match in _LINKED.finditer(text):
        mime, options, body = (match[1] or "text/plain").lower(), match[2].lower(), html.unescape(match[3])
        if mime.startswith("font/") or "font" in mime:
            continue
        raw = unquote_to_bytes(body)
        content = _from_base64(raw.decode("ascii", "ignore")) if ";base64" in options else raw
        ending = ".html" if mime.startswith("text/") or "xml" in mime or "json" in mime else ""
        yield from _open(content, f"data{ending}", f"{where}, data: {mime}", depth + 1)


def _encoded(text: str, where: str) -> Iterator[View]:
    """What stands there percent-encoded, escaped as in JSON, in base64 or in hex, where it decodes to text."""
    found = []
    if "%" in text:
        found += [unquote(chunk) for chunk in _PERCENT.findall(text)]
    if "\\u" in text:
        found += [_unescaped(chunk) for chunk in _ESCAPED.findall(text)]
    for chunk in _BASE64.findall(text):
        found += _texts(_from_base64(chunk))
    for chunk in _HEX.findall(text):
        found += _texts(bytes.fromhex(chunk))
    if found:
        yield View(f"{where}, encoded", "\n".join(found))


def _zip(content: bytes, inside: str, depth: int) -> Iterator[View]:
    """Every part of a workbook (or any archive), decompressed: visible or not, cell, name, comment or property."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield View(f"{inside}archive", "\n".join([archive.comment.decode("latin-1"), *archive.namelist()]))
        for part in archive.infolist():
            if part.is_dir():
                continue
            if part.file_size > _PART_BYTES_AT_MOST:
                raise ValueError(f"{part.filename}: {part.file_size:,} bytes is more than any part of ours may have")
            held = archive.read(part)
            if part.filename.startswith("xl/") and part.filename.endswith(".xml"):
                held = _CELLS.sub(b"", held)
            yield from _open(held, part.filename, f"{inside}{part.filename}", depth + 1)


def _png(content: bytes, inside: str) -> Iterator[View]:
    """The text chunks of a picture (PNG specification, 11.3.3); its pixels are checked where they are drawn."""
    position = 8
    while position + 8 <= len(content):
        length, kind = struct.unpack(">I4s", content[position : position + 8])
        body = content[position + 8 : position + 8 + length]
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf"):
            keyword, _, rest = body.partition(b"\x00")
            packed = re.sub(rb"^[\x00\x01]{1,2}[^\x00]*\x00?[^\x00]*\x00?", b"", rest)
            unpacked = [_inflated(rest[1:]), _inflated(packed), rest]
            text = b"\n".join([keyword, *unpacked]).decode("utf-8", "replace")
            yield View(f"{inside or 'picture'}, {kind.decode()}", text)
        position += 12 + length


def _mail(content: bytes, inside: str, depth: int) -> Iterator[View]:
    """Headers, both texts, and every attachment opened in its turn."""
    mail = message_from_bytes(content, policy=default)
    for number, part in enumerate(mail.walk()):
        headers = "\n".join(f"{key}: {value}" for key, value in part.items())
        yield View(f"{inside}headers of part {number}", headers)
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        name = part.get_filename() or f"part{number}.{part.get_content_subtype()}"
        where = f"{inside}{part.get_filename() or part.get_content_type()}"
        yield from _open(payload if isinstance(payload, bytes) else b"", name, f"{where} ", depth + 1)


def _pdf(content: bytes, inside: str, depth: int) -> Iterator[View]:
    from delivery.leakscan.pdf import pdf_parts  # pikepdf loads slowly, and most files are pages

    for where, part, glued in pdf_parts(content):
        if isinstance(part, str):
            yield from _plain(part, f"{inside}{where}", depth, glued=glued)
        else:
            yield from _open(part, "", f"{inside}{where}", depth + 1)


def _binary(content: bytes, where: str) -> Iterator[View]:
    narrow = b"\n".join(_PRINTABLE.findall(content)).decode("utf-8", "replace")
    wide = "\n".join(run.decode("utf-16-le", "replace") for run in _WIDE.findall(content))
    yield View(where, f"{narrow}\n{wide}")


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    if content[:200].count(b"\x00") > len(content[:200]) // 4:
        return content.decode("utf-16-le" if content[1:2] == b"\x00" else "utf-16-be", "replace")
    return content.decode("utf-8-sig", "replace")


def _is_text(content: bytes) -> bool:
    head = content[:4096]
    return not head or sum(byte < 9 or 13 < byte < 32 for byte in head) < len(head) // 50 + 1


def _texts(content: bytes) -> list[str]:
    """The bytes as text, if that is what they are."""
    texts = []
    for coding in ("utf-8", "utf-16-le"):
        try:
            text = content.decode(coding)
        except UnicodeDecodeError:
            continue
        if text and sum(character.isprintable() or character.isspace() for character in text) > 0.9 * len(text):
            texts.append(text)
    return texts


def _from_base64(text: str) -> bytes:
    bare = re.sub(r"\s+", "", text).rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(bare[: len(bare) - (len(bare) % 4 == 1)] + "=" * (-len(bare) % 4 % 3))
    except (binascii.Error, ValueError):
        return b""


def _unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda match: chr(int(match[1], 16)), text)


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error:
        return b""
