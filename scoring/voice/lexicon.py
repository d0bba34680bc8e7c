"""Sentiment by a lexicon of experts: charged words, turned round by negators, strengthened by boosters.

The sum s of the weights of a stretch of words becomes s / sqrt(s² + 15), so that it stays between -1 and 1.
Source of the form: Hutto, Gilbert, VADER (ICWSM 2014); the words, weights and rules are this project's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.rules import LexiconEntry, TaxonomyEntry
from scoring.voice.words import COMMA, CONTRAST, JOINT, Finder, Word, longest

ANY_LANGUAGE = "mul"
"""ISO 639-2 for several languages: rows that hold in all of them, such as pictures."""
_ALPHA = 15.0
_NEGATION_REACH = 4
_BOOST_REACH = 2
_JOINING = frozenset({"joint", "contrast"})


@dataclass(frozen=True, slots=True)
class Charge:
    """One charged expression of a text: its words and its weight after negation and boosting."""

    begin: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Read:
    """The words of a text as the lexicon sees them. `breaks` holds those of the text, with joints and contrasts added;
    `negators`, `joints` are the places of words that turn round and that join; `emphasis` is each word's factor.
    """

    charges: tuple[Charge, ...]
    breaks: tuple[int, ...]
    negators: frozenset[int]
    joints: frozenset[int]
    emphasis: tuple[float, ...]


@dataclass
class Lexicon:
    """The entries of one language, ready to be found."""

    finder: Finder[LexiconEntry] = field(default_factory=Finder)

    def read(self, words: Sequence[Word]) -> Read:
        hits = longest(self.finder.found(words))
        breaks = [word.break_before for word in words]
        # Nothing else can overlap a hit, so joints and contrasts are words of their own.
        for begin, _, entry in hits:
            if entry.kind in _JOINING:
                breaks[begin] = max(breaks[begin], CONTRAST if entry.kind == "contrast" else JOINT)
        negators = [(begin, entry.weight) for begin, _, entry in hits if entry.kind == "negator"]
        boosters = [(end, entry.weight) for _, end, entry in hits if entry.kind == "booster"]
        charges = []
        for begin, end, entry in hits:
            if entry.kind != "term":
                continue
            weight = entry.weight
            for place, factor in boosters:
                if 0 <= begin - place < _BOOST_REACH and not _is_cut(breaks, place, begin, COMMA):
                    weight *= factor
            for place, factor in negators:
                if 0 < begin - place <= _NEGATION_REACH and not _is_cut(breaks, place + 1, begin, COMMA):
                    weight *= factor
            charges.append(Charge(begin, end, weight))
        return Read(
            tuple(charges),
            tuple(breaks),
            frozenset(place for place, _ in negators),
            frozenset(place for begin, end, entry in hits if entry.kind in _JOINING for place in range(begin, end)),
            _emphasis(hits, breaks),
        )


def lexicons(entries: Sequence[LexiconEntry], taxonomy: Sequence[TaxonomyEntry]) -> Mapping[str, Lexicon]:
    """A lexicon per language. Rows of `mul` belong to each; taxonomy rows with a tone of their own are terms too."""
    toned = [LexiconEntry(language=e.language, pattern=e.pattern, weight=e.tone) for e in taxonomy if e.tone]
    made: dict[str, Lexicon] = {language: Lexicon() for language in sorted({e.language for e in entries})}
    for entry in [*entries, *toned]:
        for language, lexicon in made.items():
            if entry.language in {language, ANY_LANGUAGE}:
                lexicon.finder.add(entry.pattern, entry)
    return made


def tone_of(read: Read, begin: int, end: int, *, whole: bool = False) -> float | None:
    """Sentiment from -1 to 1 of the words from begin to end; None where no word among them is charged.

    Args:
        read: the text.
        begin: first word.
        end: one past the last.
        whole: weigh clauses after and before a contrast as the reader of a whole text does.
    """
    inside = [charge for charge in read.charges if begin <= charge.begin and charge.end <= end and charge.weight]
    if not inside:
        return None
    total = sum(c.weight * (read.emphasis[c.begin] if whole else 1.0) for c in inside)
    return total / math.sqrt(total * total + _ALPHA)


def is_negated(read: Read, begin: int) -> bool:
    """Whether a negator stands close before a word in the same clause."""
    return any(
        0 < begin - place <= _NEGATION_REACH and not _is_cut(list(read.breaks), place + 1, begin, COMMA)
        for place in read.negators
    )


def _is_cut(breaks: list[int], after: int, until: int, level: int) -> bool:
    return any(strength >= level for strength in breaks[after : until + 1])


def _emphasis(hits: list[tuple[int, int, LexiconEntry]], breaks: list[int]) -> tuple[float, ...]:
    """1, but what follows a contrast in a sentence counts `weight` times, and what stands before it 2 - weight."""
    factors = [1.0] * len(breaks)
    for begin, _, entry in hits:
        if entry.kind != "contrast" or not entry.weight:
            continue
        first, last = begin, begin
        while first > 0 and breaks[first] <= CONTRAST:
            first -= 1
        while last + 1 < len(breaks) and breaks[last + 1] <= CONTRAST:
            last += 1
        for place in range(first, last + 1):
            factors[place] *= entry.weight if place >= begin else 2 - entry.weight
    return tuple(factors)
