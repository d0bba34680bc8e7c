"""One text read by the lexicon and the taxonomy: its sentiment, and the sentiment of each aspect in its own clause."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from contracts.rules import LexiconEntry, TaxonomyEntry, VoiceRules
from scoring.voice.language import UNKNOWN, language_of
from scoring.voice.lexicon import ANY_LANGUAGE, Lexicon, Read, is_negated, lexicons, tone_of
from scoring.voice.words import COMMA, CONTRAST, JOINT, SENTENCE, Finder, Word, clause_around, words_of

_LONGEST_QUOTE = 240


@dataclass(frozen=True, slots=True)
class AspectRead:
    """An aspect that a text speaks of. `tone` is of the narrowest clause with a charged word, None without one."""

    aspect: str
    tone: float | None
    clause: str


@dataclass(frozen=True, slots=True)
class TextRead:
    """What the experts' words say of a text."""

    tone: float | None
    aspects: tuple[AspectRead, ...]


@dataclass(frozen=True)
class Reader:
    """Lexicon and taxonomy of every language, ready to read."""

    lexicons: Mapping[str, Lexicon]
    aspects: Mapping[str, Finder[TaxonomyEntry]]
    rules: VoiceRules

    def read(self, text: str, language: str) -> TextRead:
        """Reads each sentence in its own language where that is clear, else in the language of the text.

        A text too short to have a language is read in the one language whose lexicon knows a charged word of it.
        """
        if language == UNKNOWN and len(text.strip()) < self.rules.shortest_text:
            tried = [self._read(text, known) for known in sorted(self.lexicons) if known != ANY_LANGUAGE]
            told = [read for read in tried if read.tone is not None]
            if len(told) == 1:
                return told[0]
        return self._read(text, language)

    def _read(self, text: str, language: str) -> TextRead:
        whole = unicodedata.normalize("NFC", text)[: self.rules.longest_text]
        words = words_of(whole)
        tones: list[float] = []
        aspects: list[AspectRead] = []
        spans = _sentences(words)
        for first, last in spans:
            sentence = words[first:last]
            spoken = language
            if len(spans) > 1:
                own = language_of(whole[sentence[0].begin : sentence[-1].end], self.rules)
                spoken = own if own != UNKNOWN else language
            lexicon = self.lexicons.get(spoken, self.lexicons.get(ANY_LANGUAGE))
            if lexicon is None:
                continue
            read = lexicon.read(sentence)
            tone = tone_of(read, 0, len(sentence), whole=True)
            tones += [] if tone is None else [tone]
            if spoken in self.aspects:
                aspects += self._aspects(whole, sentence, read, self.aspects[spoken])
        return TextRead(_mean(tones), _one_each(aspects))

    def _aspects(self, text: str, words: Sequence[Word], read: Read, finder: Finder[TaxonomyEntry]) -> list[AspectRead]:
        found = []
        for begin, end, entry in finder.found(words):
            if entry.negation == "skip" and is_negated(read, begin):
                continue
            tone = None
            for level in (JOINT, COMMA, CONTRAST, SENTENCE):
                first, last = clause_around(read.breaks, begin, end, level)
                tone = tone_of(read, first, last)
                if tone is not None:
                    break
            first, last = clause_around(read.breaks, begin, end, COMMA)
            while first < begin and first in read.joints:
                first += 1
            quote = text[words[first].begin : words[last - 1].end]
            found.append(AspectRead(entry.aspect, tone, quote[:_LONGEST_QUOTE]))
        return found


def reader(lexicon: Sequence[LexiconEntry], taxonomy: Sequence[TaxonomyEntry], rules: VoiceRules) -> Reader:
    finders: dict[str, Finder[TaxonomyEntry]] = {}
    for entry in taxonomy:
        finders.setdefault(entry.language, Finder()).add(entry.pattern, entry)
    return Reader(lexicons(lexicon, taxonomy), finders, rules)


def _sentences(words: Sequence[Word]) -> list[tuple[int, int]]:
    starts = [place for place, word in enumerate(words) if word.break_before == SENTENCE]
    return list(pairwise([*starts, len(words)]))


def _one_each(found: Sequence[AspectRead]) -> tuple[AspectRead, ...]:
    """One row per aspect: the mean tone of its clauses, and the clause that says most."""
    one: dict[str, list[AspectRead]] = {}
    for read in found:
        one.setdefault(read.aspect, []).append(read)
    return tuple(
        AspectRead(
            aspect,
            _mean([read.tone for read in reads if read.tone is not None]),
            max(reads, key=lambda read: abs(read.tone or 0.0)).clause,
        )
        for aspect, reads in sorted(one.items())
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
