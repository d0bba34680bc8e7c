"""Searches one finished file for tokens of customers that its audience may not see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from contracts.exchange import Artifact
from contracts.ids import key_digest
from contracts.scope import ScopedBook
from contracts.words import FieldGroup
from delivery.leakscan.opening import View, views
from delivery.leakscan.tokens import UNSPACED, WORD, Token, TokenKind, Tokens, fold

_HITS_AT_MOST = 50
_JOINT = r"[\W_]{1,3}"
_EDGE_BEFORE, _EDGE_AFTER = r"(?<![^\W_])", r"(?![^\W_])"
_FLEXIBLE_FROM = 5
_BLANKS = re.compile(r"\s+")
_ALONE = r"""(?:(?<!calcid=)(?<!<row r=)["']|(?<!<v)(?<!<formula1)>)\s*"""
"""What opens a number that stands alone; not the value of a cell, the number of its row, the limit of
a date, the version of a calculator."""
# The end is looked at, not taken: it may be the beginning of the next number.
_WHOLE_NUMBER = re.compile(_ALONE + r"""(\d+)(?=\s*["'<])|#(\d+)(?![^\W_])""")
_LOOKS = ("xl/theme/theme1.xml", "xl/styles.xml")
"""Parts of a workbook that hold sizes and colours and no word of a cell: ids that are plain numbers would be found
there by chance."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an audience may see.

    Its customers, whether contact data is among its field groups, and the numbers of single tokens that its own
    rows name by right (the id of a parent account).
    """

    customer_ids: frozenset[str]
    has_contacts: bool = True
    single: frozenset[int] = frozenset()

    def permits(self, number: int, token: Token) -> bool:
        if token.kind is TokenKind.PUBLIC or number in self.single:
            return True
        if token.kind is TokenKind.EMAIL and not self.has_contacts:
            return False
        return not token.owners.isdisjoint(self.customer_ids)


def allowed_of(book: ScopedBook, everything: Tokens) -> Allowed:
    """What the audience of a scoped book may see."""
    audience = book.audience
    customers = book.frames.get("customers")
    parents: set[str] = set()
    if customers is not None and "parent_id" in customers:
        parents.update(customers["parent_id"].dropna())
    single = frozenset(number for parent in parents for number in everything.numbers_of(parent))
    return Allowed(audience.customer_ids, audience.sees(FieldGroup.CONTACTS), single)


@dataclass(frozen=True, slots=True)
class Hit:
    """A token that must not be there: in which file, where inside it, of which kind; the token itself redacted."""

    file: str
    where: str
    kind: TokenKind
    token: str

    def __str__(self) -> str:
        return f"{self.file}, {self.where}: {self.kind.value} {self.token}"


def scan(artifact: Artifact, allowed: Allowed, everything: Tokens) -> list[Hit]:
    """The foreign tokens in one artifact; see `scan_bytes`."""
    return scan_bytes(artifact.content, artifact.path, allowed, everything)


def scan_bytes(content: bytes, name: str, allowed: Allowed, everything: Tokens) -> list[Hit]:
    """The foreign tokens in one file, at most 50, in a stable order; an empty list lets it pass.

    Args:
        content: the final bytes: HTML, XLSX, PDF, .eml, PNG, CSV or text, known by magic bytes, else by name.
        name: the file's name; it is scanned too.
        allowed: what the audience may see.
        everything: the tokens of the whole book.
    """
    hits: dict[tuple[str, int], Hit] = {}
    for view in views(content, name):
        folded = fold(view.text)
        joined = [fold(text) for text in view.joined]
        words = set(WORD.findall(folded)).union(*(WORD.findall(text) for text in joined[1:]))
        # Line ends and indents between two words are one blank to a reader.
        spellings = [_BLANKS.sub(" ", text) for text in dict.fromkeys((folded, *joined))]
        runs = _Runs.of(spellings)
        for number in sorted(_candidates(words, folded, everything)):
            token = everything.tokens[number]
            if allowed.permits(number, token) or (view.where, number) in hits:
                continue
            # tokens share words: only where a token's words stand side by side is it worth a search
            if _is_number(token):
                if view.where.endswith(_LOOKS) or not runs.hold_number(token.words[0]):
                    continue
            elif not any(runs.hold(written) for written in _writings(token)):
                continue
            if _stands_in(token, view, spellings, allowed, everything):
                hits[view.where, number] = Hit(name, view.where, token.kind, redacted(token.text))
        if len(hits) >= _HITS_AT_MOST:
            break
    return list(hits.values())[:_HITS_AT_MOST]


def redacted(text: str) -> str:
    """Enough for an operator to recognise it, too little to tell it on: first and last characters and a digest."""
    shown = f"{text[:2]}…{text[-1:]}" if len(text) > 4 else "…"
    return f"{shown} [{key_digest(text, length=8)}]"


def _writings(token: Token) -> Iterator[tuple[str, ...]]:
    """The words of which one must follow another where the token stands: an id may lack some of its separators."""
    words = token.words
    yield words
    if token.kind in (TokenKind.NAME, TokenKind.EMAIL):
        return
    for glued in range(1, 2 ** (len(words) - 1)):
        parts = [words[0]]
        for at, word in enumerate(words[1:]):
            if glued >> at & 1:
                parts[-1] += word
            else:
                parts.append(word)
        yield tuple(parts)


@dataclass(frozen=True, slots=True)
class _Runs:
    """The words of a text in each of its spellings, and where each word stands."""

    sequences: list[list[str]]
    places: list[dict[str, list[int]]]
    numbers: frozenset[str]

    @classmethod
    def of(cls, spellings: list[str]) -> _Runs:
        sequences = [WORD.findall(text) for text in spellings]
        places: list[dict[str, list[int]]] = []
        for sequence in sequences:
            found: dict[str, list[int]] = {}
            for at, word in enumerate(sequence):
                found.setdefault(word, []).append(at)
            places.append(found)
        return cls(sequences, places, frozenset(number for text in spellings for number in _whole_numbers(text)))

    def hold_number(self, digits: str) -> bool:
        """Whether the number stands alone somewhere, as `_number` wants it."""
        return digits in self.numbers

    def hold(self, words: tuple[str, ...]) -> bool:
        """Whether these words follow each other. Looked up from the word that stands in the fewest places."""
        if UNSPACED.search("".join(words)):
            return True
        run = list(words)
        for sequence, places in zip(self.sequences, self.places, strict=True):
            if any(word not in places for word in run):
                continue
            rarest = min(range(len(run)), key=lambda at: len(places[run[at]]))
            if any(sequence[at - rarest : at - rarest + len(run)] == run for at in places[run[rarest]] if at >= rarest):
                return True
        return False


def _is_number(token: Token) -> bool:
    is_digits = len(token.words) == 1 and token.words[0].isdigit() and fold(token.text) == token.words[0]
    return is_digits and token.kind not in (TokenKind.NAME, TokenKind.PUBLIC)


def _whole_numbers(text: str) -> Iterator[str]:
    """Every number that `_number` may find, in one pass over the text: a book can have a million of them."""
    for match in _WHOLE_NUMBER.finditer(text):
        yield match[1] or match[2]


def _candidates(words: set[str], folded: str, everything: Tokens) -> set[int]:
    found = {number for word in words if word in everything.by_anchor for number in everything.by_anchor[word]}
    found.update(n for n in everything.unspaced if fold(everything.tokens[n].text) in folded)
    return found


def _stands_in(token: Token, view: View, spellings: list[str], allowed: Allowed, everything: Tokens) -> bool:
    """Whether the token really stands there, outside longer tokens that this audience may read."""
    if token.is_ordinary:
        return _whole_field(token.text).search(view.text) is not None
    for text in spellings:
        found = list(_spans(token, text))
        if not found:
            continue
        longer = list(_longer(token, allowed, everything))
        covered = [span for other in longer for span in _spans(other, text)]
        is_own_start = any(other.words[: len(token.words)] == token.words for other in longer)
        for begin, end in found:
            # a label cut short is the beginning of a name the audience may read
            is_cut = is_own_start and text.startswith(("...", "…"), end)
            if not is_cut and not any(first <= begin and end <= last for first, last in covered):
                return True
    return False


def _longer(token: Token, allowed: Allowed, everything: Tokens) -> Iterator[Token]:
    for number in everything.covers.get(token.words, ()):
        longer = everything.tokens[number]
        if longer is not token and allowed.permits(number, longer):
            yield longer


def _spans(token: Token, text: str) -> Iterator[tuple[int, int]]:
    """Where the token stands. Its literal head is looked up first: a plain search costs a fraction of a pattern's."""
    written = fold(token.text)
    shape = pattern(token.kind, written, token.words)
    is_name = token.kind in (TokenKind.NAME, TokenKind.PUBLIC)
    is_number = written.isdigit() and not is_name
    is_spelt_out = is_name or (token.kind is not TokenKind.EMAIL and not is_number)
    head = token.words[0] if token.words and is_spelt_out else written
    at = text.find(head)
    while at >= 0:
        # a number counts only with what encloses it, so its pattern begins before the digits
        match = shape.search(text, max(0, at - 2), at + len(head) + 4) if is_number else shape.match(text, at)
        if match:
            yield match.span()
        at = text.find(head, at + 1)


@lru_cache(maxsize=100_000)
def pattern(kind: TokenKind, folded: str, words: tuple[str, ...]) -> re.Pattern[str]:
    """How a token may be written: see the functions below; anything without words, as it stands."""
    if not words:
        return re.compile(re.escape(folded))
    if kind is TokenKind.EMAIL:
        return re.compile(rf"(?<![\w.+-]){re.escape(folded)}(?![\w-]|\.\w)")
    if kind in (TokenKind.NAME, TokenKind.PUBLIC):
        return re.compile(_name(words))
    return re.compile(_number(folded) if folded.isdigit() else _id(folded, words))


def _name(words: tuple[str, ...]) -> str:
    """Its words, whole, with anything short between them; in scripts without blanks wherever they stand."""
    inner = _JOINT.join(map(re.escape, words))
    return inner if UNSPACED.search(inner) else _EDGE_BEFORE + inner + _EDGE_AFTER


def _id(folded: str, words: tuple[str, ...]) -> str:
    """With or without its separators, if it is long enough that chance does not make it."""
    is_long = sum(map(len, words)) >= _FLEXIBLE_FROM
    inner = r"[\W_]?".join(map(re.escape, words)) if is_long else re.escape(folded)
    return _EDGE_BEFORE + inner + _EDGE_AFTER


def _number(digits: str) -> str:
    """Only as a whole quoted value or text, or after `#`: any amount has digits too.

    `#` before 6 or 8 digits is a colour.
    """
    whole = rf"{_ALONE}{digits}\s*[\"'<]"
    return whole if len(digits) in (6, 8) else rf"{whole}|#{digits}{_EDGE_AFTER}"


@lru_cache(maxsize=10_000)
def _whole_field(name: str) -> re.Pattern[str]:
    """An ordinary word as a name: alone in a cell, a string, an attribute or a line, but not as a heading cell."""
    return re.compile(
        rf"""(?:(?<!<th)>|["']|^)[ \t]*{re.escape(name)}[ \t]*(?:<(?!/th)|["']|$)""",
        re.MULTILINE,
    )
