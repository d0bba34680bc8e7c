"""Arabic ligatures in a PDF, so that their letters are read back in the order in which they are written.

A font joins lam and alef to one glyph, and the engine names both letters behind it. Readers that turn a line drawn
from right to left round turn these two round as well: `لا` comes out as `ال`. A ligature that Unicode has a character
for is named by it instead, and compatibility normalization (NFKC) gives the letters in their order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any

_PAIR = re.compile(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]{8,})>")
_PRESENTED = (*range(0xFB50, 0xFDD0), *range(0xFE70, 0xFEFD))


def name_ligatures(objects: Iterable[Any]) -> None:
    """Rewrites the ToUnicode maps among the objects of a PDF that is about to be written."""
    for each in objects:
        lines = getattr(each, "stream", None)
        if isinstance(lines, list) and any(isinstance(line, bytes) and b"beginbfchar" in line for line in lines):
            each.stream = [_PAIR.sub(_named, line) if isinstance(line, bytes) else line for line in lines]


def _named(pair: re.Match[bytes]) -> bytes:
    letters = bytes.fromhex(pair[2].decode()).decode("utf-16-be", "replace")
    ligature = _ligatures().get(letters)
    return pair[0] if ligature is None else b"<%s> <%04x>" % (pair[1], ord(ligature))


@cache
def _ligatures() -> dict[str, str]:
    """Letters -> the character that stands for them joined; the first, which is the isolated form."""
    found: dict[str, str] = {}
    for code in _PRESENTED:
        letters = unicodedata.normalize("NFKC", chr(code))
        if len(letters) > 1 and all(unicodedata.bidirectional(letter) == "AL" for letter in letters):
            found.setdefault(letters, chr(code))
    return found
