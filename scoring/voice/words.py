"""Text as words with the breaks between them, and patterns of experts found in it.

Words are compared in one spelling: small letters, no marks or elongation in Arabic, hyphens and apostrophes between
words, so that `hand-off` is `hand off`, `don't` is `don t`, `l'offerta` is `l offerta`. Patterns are spelled alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Entry = TypeVar("Entry")

# Breaks before a word, from weak to strong; a clause of one level ends at breaks of that level or a stronger one.
NO_BREAK, JOINT, COMMA, CONTRAST, SENTENCE = range(5)

_PLACEHOLDER = re.compile(r"\[(?:NAME|EMAIL|PHONE|URL|IP|CARD|IBAN|SERIAL)\]")
_PICTURE = "\u2600-\u27bf\U0001f300-\U0001faff"
_TOKEN = re.compile(
    rf"[^\W_](?:[^\W_]|[\u064b-\u065f\u0670])*|[{_PICTURE}]|[.!?;:\n\u061f\u061b\u2026\u3002]+|[,\u060c()\u2014\u2013/]|(?<=\s)-(?=\s)"
)
_ENDS_SENTENCE = re.compile(r"[.!?;:\n\u061f\u061b\u2026\u3002]")
_MARKS = re.compile("[\u0640\u064b-\u065f\u0670]")
_ARABIC = str.maketrans("أإآٱىةؤئ", "اااايهوي")
_HAS_ARABIC = re.compile("[\u0620-\u064a]")
# و and ف join a word to the one before; ب ل ك and the article stand before nouns, س before the future of verbs.
_PROCLITICS = ("و", "ف")
_PREFIXES = ("ال", "بال", "كال", "لل", "ب", "ل", "ك", "س")
_SHORTEST_STEM = 3
_WILDCARD_WORDS = 3


@dataclass(frozen=True, slots=True)
class Word:
    """One word in comparable spelling, its place in the text, and the break before it."""

    text: str
    begin: int
    end: int
    break_before: int


def spelled(text: str) -> str:
    """One spelling of the same words, letter for letter as long as the text after NFC."""
    small = unicodedata.normalize("NFC", text).lower()
    return small.translate(_ARABIC)


def words_of(text: str) -> list[Word]:
    """The words of an NFC text in order. A decimal mark or one inside a word breaks nothing."""
    found: list[Word] = []
    pending = SENTENCE
    blanked = _PLACEHOLDER.sub(lambda match: " " * len(match[0]), text)
    for token in _TOKEN.finditer(blanked):
        piece = token[0]
        if piece[0].isalnum() or _is_picture(piece):
            plain = _MARKS.sub("", piece.lower().translate(_ARABIC))
            if plain:
                found.append(Word(plain, token.start(), token.end(), pending))
                pending = NO_BREAK
        elif _ENDS_SENTENCE.search(piece):
            inside = piece in ".:" and blanked[token.end() : token.end() + 1].isalnum()
            pending = pending if inside else SENTENCE
        else:
            pending = max(pending, COMMA)
    return found


def clause_around(breaks: Sequence[int], begin: int, end: int, level: int) -> tuple[int, int]:
    """The first and one past the last word of the clause of `level` that holds the words from begin to end."""
    first = begin
    while first > 0 and breaks[first] < level:
        first -= 1
    last = end
    while last < len(breaks) and breaks[last] < level:
        last += 1
    return first, last


@dataclass
class Finder(Generic[Entry]):
    """Finds patterns in words, looked up by their first word, so that a thousand cost little more than ten."""

    by_word: dict[str, list[tuple[tuple[str, ...], Entry]]] = field(default_factory=lambda: defaultdict(list))
    by_stem: dict[str, list[tuple[tuple[str, ...], Entry]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, pattern: str, entry: Entry) -> None:
        parts = tuple(pattern_words(pattern))
        first = parts[0]
        if first.endswith("*"):
            self.by_stem[first[:-1][:_SHORTEST_STEM]].append((parts, entry))
        else:
            self.by_word[first].append((parts, entry))

    def found(self, words: Sequence[Word]) -> Iterator[tuple[int, int, Entry]]:
        """All occurrences as (first word, one past the last, entry); patterns never reach over a sentence's end."""
        for place, word in enumerate(words):
            for spelling in spellings(word.text):
                known: Iterable[tuple[tuple[str, ...], Entry]] = self.by_word.get(spelling, ())
                stems = [
                    candidate
                    for length in range(1, _SHORTEST_STEM + 1)
                    for candidate in self.by_stem.get(spelling[:length], ())
                    if len(spelling) >= length
                ]
                for parts, entry in [*known, *_unique(stems)]:
                    if _fits(parts[0], spelling):
                        end = _end_of(parts[1:], words, place + 1)
                        if end is not None:
                            yield place, end, entry


def longest(hits: Iterable[tuple[int, int, Entry]]) -> list[tuple[int, int, Entry]]:
    """Hits that do not overlap, from the left, the longer one first: `critical alarm` hides `critical`."""
    taken: list[tuple[int, int, Entry]] = []
    used: set[int] = set()
    for begin, end, entry in sorted(hits, key=lambda hit: (hit[0] - hit[1], hit[0])):
        if used.isdisjoint(range(begin, end)):
            used.update(range(begin, end))
            taken.append((begin, end, entry))
    return sorted(taken, key=lambda hit: hit[0])


def pattern_words(pattern: str) -> list[str]:
    """A pattern in the spelling of words; stars stay where they are."""
    parts = []
    for part in spelled(pattern).split(" "):
        if part == "*":
            parts.append(part)
            continue
        pieces = [word.text for word in words_of(part)] or [part]
        parts += [*pieces[:-1], pieces[-1] + "*" if part.endswith("*") else pieces[-1]]
    return parts


def spellings(word: str) -> list[str]:
    """The word, and in Arabic the word without what is written together with it."""
    if not _HAS_ARABIC.match(word):
        return [word]
    forms = [word]
    if word[0] in _PROCLITICS and len(word) > _SHORTEST_STEM:
        forms.append(word[1:])
    for form in list(forms):
        forms += [form[len(p) :] for p in _PREFIXES if form.startswith(p) and len(form) - len(p) >= _SHORTEST_STEM]
    return list(dict.fromkeys(forms))


def _end_of(parts: tuple[str, ...], words: Sequence[Word], place: int) -> int | None:
    if not parts:
        return place
    if parts[0] == "*":
        for skipped in range(_WILDCARD_WORDS + 1):
            end = _end_of(parts[1:], words, place + skipped)
            if end is not None:
                return end
            if place + skipped >= len(words) or words[place + skipped].break_before == SENTENCE:
                return None
        return None
    if place >= len(words) or words[place].break_before == SENTENCE:
        return None
    fits = any(_fits(parts[0], spelling) for spelling in spellings(words[place].text))
    return _end_of(parts[1:], words, place + 1) if fits else None


def _fits(part: str, spelling: str) -> bool:
    return spelling.startswith(part[:-1]) if part.endswith("*") else spelling == part


def _unique(candidates: list[tuple[tuple[str, ...], Entry]]) -> list[tuple[tuple[str, ...], Entry]]:
    seen: set[int] = set()
    return [c for c in candidates if not (id(c) in seen or seen.add(id(c)))]  # type: ignore[func-returns-value]


def _is_picture(piece: str) -> bool:
    return bool(re.match(f"[{_PICTURE}]", piece))
