"""One text as it is searched for tokens, and how a token may be written in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from delivery.leakscan.opening import View
from delivery.leakscan.tokens import UNSPACED, Token, TokenKind, fold, words_in

_JOINT = r"[\W_]{1,3}"
_EDGE_BEFORE, _EDGE_AFTER = r"(?<![^\W_])", r"(?![^\W_])"
_FLEXIBLE_FROM = 5
_ALONE = r"""(?:(?<!calcid=)(?<!<row r=)["']|(?<!<v)(?<!<formula1)>)\s*"""
"""What opens a number that stands alone; not the value of a cell, the number of its row, the limit of
a date, the version of a calculator."""
# The end is looked at, not taken: it may be the beginning of the next number.
_WHOLE_NUMBER = re.compile(_ALONE + r"""(\d+)(?=\s*["'<])|#(\d+)(?![^\W_])""")
_LOOKS = ("xl/theme/theme1.xml", "xl/styles.xml")
"""Parts of a workbook that hold sizes and colours and no word of a cell: ids that are plain numbers would be found
there by chance."""


@dataclass(frozen=True)
class Folded:
    """One view as it is searched: its words, and only for the few tokens whose words it holds the rest.

    `folded`: the text as it stands. `spellings`: it and what it is without markup, blanks made one: line ends and
    indents between two words are one blank to a reader. `glued`: the number of the one whose neighbours have none.
    """

    where: str
    folded: str
    spellings: tuple[str, ...]
    glued: int | None

    @classmethod
    def of(cls, view: View) -> Folded:
        folded = fold(view.text)
        spellings = dict.fromkeys((folded, *(fold(text) for text in view.joined)))
        glued = fold(view.glued)
        is_other = bool(glued) and glued not in spellings
        texts = tuple(" ".join(text.split()) for text in (*spellings, *([glued] if is_other else [])))
        return cls(view.where, folded, texts, len(spellings) if is_other else None)

    @cached_property
    def sequences(self) -> list[list[str]]:
        """The words of each spelling in their order."""
        return [words_in(text) for text in self.spellings]

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset().union(*self.sequences)

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Which word follows which: a book of 10,000 customers has a hundred thousand tokens to ask for."""
        return frozenset(pair for words in self.sequences for pair in pairwise(words))

    @cached_property
    def places(self) -> list[tuple[dict[str, list[int]], list[int]]]:
        """Per spelling: which words are which (by their number), and where each begins."""
        found = []
        for text, words in zip(self.spellings, self.sequences, strict=True):
            numbers: dict[str, list[int]] = {}
            begins, at = [], 0
            for number, word in enumerate(words):
                numbers.setdefault(word, []).append(number)
                at = text.index(word, at)
                begins.append(at)
                at += len(word)
            found.append((numbers, begins))
        return found

    def spans(self, token: Token, spelling: int) -> Iterator[tuple[int, int]]:
        """Where the token stands in one spelling of the text."""
        text, written = self.spellings[spelling], fold(token.text)
        shape = pattern(token.kind, written, token.words)
        if _is_spelt_out(token, written):
            for words in _writings(token.kind, token.words):
                for at in self._runs(list(words), spelling):
                    if match := shape.match(text, at):
                        yield match.span()
            return
        is_name = token.kind in (TokenKind.NAME, TokenKind.PUBLIC)
        is_number = written.isdigit() and not is_name
        head = token.words[0] if token.words and is_name else written
        at = text.find(head)
        while at >= 0:
            # a number counts only with what encloses it, so its pattern begins before the digits
            match = shape.search(text, max(0, at - 2), at + len(head) + 4) if is_number else shape.match(text, at)
            if match:
                yield match.span()
            at = text.find(head, at + 1)

    def _runs(self, words: list[str], spelling: int) -> Iterator[int]:
        """Where these words begin to follow each other; looked up from the one that stands in the fewest places."""
        numbers, begins = self.places[spelling]
        if any(word not in numbers for word in words):
            return
        rarest = min(range(len(words)), key=lambda number: len(numbers[words[number]]))
        sequence = self.sequences[spelling]
        for number in numbers[words[rarest]]:
            first = number - rarest
            if first >= 0 and sequence[first : first + len(words)] == words:
                yield begins[first]

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Every number that stands alone, as `_number` wants it: one pass, as a book can have a million of them."""
        found = (match for text in self.spellings for match in _WHOLE_NUMBER.finditer(text))
        return frozenset(match[1] or match[2] for match in found)

    def may_hold(self, token: Token) -> bool:
        """Whether a search for the token is worth its cost: tokens share words, and only where those of one stand
        side by side can it stand.
        """
        if _is_number(token):
            return not self.where.endswith(_LOOKS) and token.words[0] in self.words and token.words[0] in self.numbers
        if UNSPACED.search("".join(token.words)):
            return True
        return any(
            self.words.issuperset(written) and all(pair in self.pairs for pair in pairwise(written))
            for written in _writings(token.kind, token.words)
        )


folded_once = lru_cache(maxsize=8)(Folded.of)


@lru_cache(maxsize=200_000)
def _writings(kind: TokenKind, words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The words of which one must follow another where the token stands: an id may lack some of its separators."""
    writings = [words]
    if kind in (TokenKind.NAME, TokenKind.EMAIL):
        return (words,)
    for glued in range(1, 2 ** (len(words) - 1)):
        parts = [words[0]]
        for at, word in enumerate(words[1:]):
            if glued >> at & 1:
                parts[-1] += word
            else:
                parts.append(word)
        writings.append(tuple(parts))
    return tuple(writings)


def _is_number(token: Token) -> bool:
    is_digits = len(token.words) == 1 and token.words[0].isdigit() and fold(token.text) == token.words[0]
    return is_digits and token.kind not in (TokenKind.NAME, TokenKind.PUBLIC)


def _is_spelt_out(token: Token, written: str) -> bool:
    """Whether it stands where its words stand, however they are joined; an address or a number as it is written."""
    if not token.words or token.kind is TokenKind.EMAIL or UNSPACED.search(written):
        return False
    return token.kind in (TokenKind.NAME, TokenKind.PUBLIC) or not written.isdigit()


@lru_cache(maxsize=100_000)
def pattern(kind: TokenKind, folded: str, words: tuple[str, ...], *, is_loose: bool = False) -> re.Pattern[str]:
    """How a token may be written: see the functions below; anything without words, as it stands. `is_loose`: a name
    or an id also within a longer word.
    """
    if not words:
        return re.compile(re.escape(folded))
    if kind is TokenKind.EMAIL:
        return re.compile(rf"(?<![\w.+-]){re.escape(folded)}(?![\w-]|\.\w)")
    if kind in (TokenKind.NAME, TokenKind.PUBLIC):
        return re.compile(_name(words, is_loose=is_loose))
    return re.compile(_number(folded) if folded.isdigit() else _id(folded, words, is_loose=is_loose))


def _name(words: tuple[str, ...], *, is_loose: bool = False) -> str:
    """Its words, whole, with anything short between them; in scripts without blanks wherever they stand."""
    inner = _JOINT.join(map(re.escape, words))
    return inner if is_loose or UNSPACED.search(inner) else _EDGE_BEFORE + inner + _EDGE_AFTER


def _id(folded: str, words: tuple[str, ...], *, is_loose: bool = False) -> str:
    """With or without its separators, if it is long enough that chance does not make it."""
    is_long = sum(map(len, words)) >= _FLEXIBLE_FROM
    inner = r"[\W_]?".join(map(re.escape, words)) if is_long else re.escape(folded)
    return inner if is_loose else _EDGE_BEFORE + inner + _EDGE_AFTER


def _number(digits: str) -> str:
    """Only as a whole quoted value or text, or after `#`: any amount has digits too.

    `#` before 6 or 8 digits is a colour.
    """
    whole = rf"{_ALONE}{digits}\s*[\"'<]"
    return whole if len(digits) in (6, 8) else rf"{whole}|#{digits}{_EDGE_AFTER}"


@lru_cache(maxsize=10_000)
def whole_field(name: str) -> re.Pattern[str]:
    """An ordinary word as a name: alone in a cell, a string, an attribute or a line, but not as a heading cell."""
    return re.compile(
        rf"""(?:(?<!<th)>|["']|^)[ \t]*{re.escape(name)}[ \t]*(?:<(?!/th)|["']|$)""",
        re.MULTILINE,
    )
