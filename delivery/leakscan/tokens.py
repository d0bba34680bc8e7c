"""What identifies a customer in a text, indexed so that one pass over a file's words finds all candidates."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

from contracts.book import Book

WORD = re.compile(r"[^\W_]+")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# Scripts that write no blanks between words: a name there is looked for as it stands.
UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_PUBLIC_COLUMNS = {
    "people": ("name", "email"),
    "customers": ("tier", "region", "country", "industry", "product_line", "support_queue"),
    "install_base": ("product",),
}
_LEAST_LENGTH = 3
_LEAST_DIGITS = 5
_WORDS_AT_MOST = 8


class TokenKind(StrEnum):
    CUSTOMER_ID = "customer_id"
    SOURCE_KEY = "source_key"
    EMAIL = "email"
    TICKET_ID = "ticket_id"
    CANARY = "canary"
    NAME = "name"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` as written, `words` its folded words, `owners` the customers it tells of (any of them permits it)."""

    kind: TokenKind
    text: str
    words: tuple[str, ...]
    owners: frozenset[str]
    is_ordinary: bool = False


@dataclass(frozen=True)
class Tokens:
    """All tokens of a book.

    `by_anchor`: tokens by their rarest word, so that a file's words lead to few candidates. `unspaced`: those
    without blanks between words. `covers`: tokens by the words of others inside them ("Acme Logistics" holds "Acme").
    `too_weak`: how many were left out because they would be found everywhere (such as an id "7").
    """

    tokens: tuple[Token, ...]
    by_anchor: Mapping[str, tuple[int, ...]]
    unspaced: tuple[int, ...]
    covers: Mapping[tuple[str, ...], tuple[int, ...]]
    too_weak: int

    def numbers_of(self, text: str) -> list[int]:
        """The tokens that are exactly this text, in any spelling that counts as the same."""
        folded = fold(text)
        near = {number for word in words_of(folded) for number in self.by_anchor.get(word, ())}
        return sorted(number for number in near if fold(self.tokens[number].text) == folded)


@dataclass
class _Gathering:
    owners: dict[tuple[TokenKind, str], set[str]] = field(default_factory=dict)
    written: dict[tuple[TokenKind, str], str] = field(default_factory=dict)
    too_weak: int = 0

    def add(self, kind: TokenKind, pairs: Iterable[tuple[object, object]]) -> None:
        for value, customer_id in pairs:
            if not isinstance(value, str):
                continue
            if is_weak(value):
                self.too_weak += 1
                continue
            key = (kind, fold(value))
            self.written.setdefault(key, value.strip())
            owners = self.owners.setdefault(key, set())
            if isinstance(customer_id, str):
                owners.add(customer_id)


def tokens_of(
    book: Book,
    *,
    crosswalk: pd.DataFrame | None = None,
    canaries: Mapping[str, str] | None = None,
    ordinary_words: Collection[str] = (),
) -> Tokens:
    """The tokens of the whole book: ids, names, contact addresses and ticket ids of every customer.

    What everybody may read although it may look like a customer is public: our organisation, our staff's names
    and addresses, and the values of attributes (regions, industries, product lines).

    Args:
        book: the unscoped book.
        crosswalk: source_key, customer_id: the keys of other systems.
        canaries: planted token -> customer_id.
        ordinary_words: customer names that are ordinary words (Target, Orange, Shell), reviewed by a person.
            They, and names that equal something public, count only where they stand alone as a whole field.
    """
    frames = book.frames
    found = _Gathering()
    customers = frames.get("customers", pd.DataFrame({"customer_id": [], "name": []}))
    # whoever is judged counts, also where the table of customers lacks him
    for known in (customers, frames.get("customer_facts")):
        found.add(TokenKind.CUSTOMER_ID, _pairs(known, "customer_id"))
        found.add(TokenKind.NAME, _pairs(known, "name"))
    found.add(TokenKind.EMAIL, _pairs(frames.get("contacts"), "email"))
    found.add(TokenKind.TICKET_ID, _pairs(frames.get("tickets"), "ticket_id"))
    found.add(TokenKind.SOURCE_KEY, _pairs(crosswalk, "source_key"))
    found.add(TokenKind.CANARY, (canaries or {}).items())
    open_words = {fold(word) for word in _public(book)}
    found.add(TokenKind.PUBLIC, ((word, None) for word in sorted(open_words)))
    ordinary = {fold(word) for word in ordinary_words} | open_words
    # Systems count alike: "C-7" may be one system's key of one customer and another's of a second.
    everybody: dict[str, set[str]] = {}
    for (_, text), owners in found.owners.items():
        everybody.setdefault(text, set()).update(owners)
    # A token that is somebody's and also open (a staff address that stands as a contact) is open.
    tokens = [
        Token(kind, found.written[kind, text], words_of(text), frozenset(everybody[text]), text in ordinary)
        for kind, text in found.owners
        if kind in (TokenKind.NAME, TokenKind.PUBLIC) or text not in open_words
    ]
    return _indexed(tokens, found.too_weak)


def _public(book: Book) -> Iterator[str]:
    yield book.facts.organization
    for name, columns in _PUBLIC_COLUMNS.items():
        frame = book.frames.get(name)
        for column in columns if frame is not None else ():
            if frame is not None and column in frame:
                yield from (
                    value for value in frame[column].dropna().unique() if isinstance(value, str) and not is_weak(value)
                )


def fold(text: str) -> str:
    """How two spellings are the same token: compatibility forms, case and invisible characters do not count."""
    return (
        _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).casefold() if not text.isascii() else text.lower()
    ).strip()


def words_of(folded: str) -> tuple[str, ...]:
    return tuple(WORD.findall(folded))


def words_in(text: str) -> list[str]:
    """What `WORD` finds in a whole page: each character that is no part of a word is made a blank, in a fraction of
    the time of the pattern.
    """
    for character in {c for c in set(text) if not c.isalnum()}:
        text = text.replace(character, " ")
    return text.split()


def is_weak(text: str) -> bool:
    """Whether a token would be found by chance in any text: too short, or a number of few digits."""
    bare = "".join(words_of(fold(text)))
    return len(bare) < (_LEAST_DIGITS if bare.isdigit() else 1 if UNSPACED.search(bare) else _LEAST_LENGTH)


def _pairs(frame: pd.DataFrame | None, column: str) -> Iterator[tuple[object, object]]:
    if frame is None or column not in frame.columns:
        return iter(())
    return zip(frame[column], frame["customer_id"], strict=True)


def _indexed(tokens: list[Token], too_weak: int) -> Tokens:
    frequency = Counter(word for token in tokens for word in set(token.words))
    anchors: dict[str, list[int]] = {}
    unspaced = []
    for number, token in enumerate(tokens):
        if token.kind is TokenKind.PUBLIC:
            continue
        if UNSPACED.search(token.text):
            unspaced.append(number)
            continue
        rarest = min(token.words, key=lambda word: (frequency[word], -len(word), word))
        anchors.setdefault(rarest, []).append(number)
        glued = "".join(token.words)
        if len(token.words) > 1 and token.kind is not TokenKind.NAME:
            anchors.setdefault(glued, []).append(number)
    return Tokens(
        tokens=tuple(tokens),
        by_anchor={anchor: tuple(numbers) for anchor, numbers in anchors.items()},
        unspaced=tuple(unspaced),
        covers=_covers(tokens),
        too_weak=too_weak,
    )


def _covers(tokens: list[Token]) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Tokens by the runs of words inside them that are tokens too."""
    spelt = Counter(token.words for token in tokens)
    covers: dict[tuple[str, ...], list[int]] = {}
    for number, token in enumerate(tokens):
        words = token.words
        for begin in range(len(words)):
            for end in range(begin + 1, min(begin + _WORDS_AT_MOST, len(words)) + 1):
                part = words[begin:end]
                if spelt[part] > (len(part) == len(words)):
                    covers.setdefault(part, []).append(number)
    return {part: tuple(numbers) for part, numbers in covers.items()}
