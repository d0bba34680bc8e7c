"""Free text of one customer loses the names of all others: `[CUSTOMER]` stands in their place for every reader.

A name of several words counts in any case; a name of one word where it is written like a name. One that is an
ordinary word as well (Target, Orange; config/ordinary_words.csv) counts inside a sentence with a capital letter, and
at its beginning only where what follows makes it a subject: any word has a capital there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pyarrow as pa

PLACEHOLDER = "[CUSTOMER]"
_WORD = re.compile(r"[^\W_]+")
_SENTENCE_ENDS = '.!?:;\n\u061f\u2026"“«'
# What follows a name that is the subject of a sentence; `Target is 95 %` is about a goal.
_SUBJECT = re.compile(r"['’]s\b|\s+(?:has|had|told|said|says|asked|asks|also|called|uses|complained|wants)\b")
_LEGAL = frozenset(("ab", "ag", "as", "bv", "co", "corp", "corporation", "gmbh", "inc", "kg", "limited", "llc", "llp",
                    "ltd", "nv", "oy", "plc", "pte", "pty", "sa", "sarl", "sas", "spa", "srl"))  # fmt: skip
_LEAST = 3
_MOST_WORDS = 8
_MOST_BETWEEN = 3


@dataclass(frozen=True, slots=True)
class _Name:
    words: tuple[str, ...]
    owners: set[str]
    is_ordinary: bool


@dataclass
class CustomerNames:
    """Names of all customers. `ordinary`: those that are ordinary words too, casefolded."""

    ordinary: Collection[str] = frozenset()
    _by_first: dict[str, dict[tuple[str, ...], _Name]] = field(default_factory=dict)
    _own: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)

    def add(self, pairs: Iterable[tuple[str | None, str | None]]) -> None:
        """Learns (customer_id, name) pairs; the name counts with and without what only says its legal form."""
        for customer, name in pairs:
            words = tuple(_WORD.findall((name or "").casefold()))
            for form in {words, _without_legal_form(words)}:
                if customer and form and len("".join(form)) >= _LEAST:
                    known = self._by_first.setdefault(form[0], {})
                    is_ordinary = " ".join(form) in self.ordinary
                    known.setdefault(form, _Name(form, set(), is_ordinary)).owners.add(customer)
                    self._own.setdefault(customer, set()).add(form)

    def mask(self, texts: pa.ChunkedArray, customers: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
        """The column without the names of customers other than each row's own, and how many names that were."""
        encoded = pa.chunked_array(texts, pa.string()).combine_chunks().dictionary_encode()
        found = {n: names for n, text in enumerate(encoded.dictionary.to_pylist()) if (names := self._found(text))}
        if not found:
            return texts, 0
        values, places, masked = texts.to_pylist(), encoded.indices.to_pylist(), 0
        for row, (place, customer) in enumerate(zip(places, customers.to_pylist(), strict=True)):
            foreign = [span for *span, name in found.get(place, ()) if not self._is_own(name, customer)]
            for start, end in reversed(foreign):
                values[row] = f"{values[row][:start]}{PLACEHOLDER}{values[row][end:]}"
            masked += len(foreign)
        return pa.chunked_array([pa.array(values, pa.string())]), masked

    def _is_own(self, name: _Name, customer: str) -> bool:
        """Its own name, or a part of it: who is called `Acme Italy` writes of itself as Acme."""
        if customer in name.owners:
            return True
        length = len(name.words)
        return any(
            own[start : start + length] == name.words
            for own in self._own.get(customer, ())
            for start in range(len(own) - length + 1)
        )

    def _found(self, text: str) -> list[tuple[int, int, _Name]]:
        words = list(_WORD.finditer(text))
        folded = [word[0].casefold() for word in words]
        if self._by_first.keys().isdisjoint(folded):
            return []
        spans: list[tuple[int, int, _Name]] = []
        place = 0
        while place < len(words):
            name = next(
                (n for n in self._at(folded, place) if _stands(n, text, words[place : place + len(n.words)])), None
            )
            if name is not None:
                spans.append((words[place].start(), words[place + len(name.words) - 1].end(), name))
            place += len(name.words) if name else 1
        return spans

    def _at(self, folded: list[str], place: int) -> Iterator[_Name]:
        """The names that may begin here, the longest first."""
        known = self._by_first.get(folded[place])
        if known:
            for length in range(min(_MOST_WORDS, len(folded) - place), 0, -1):
                if name := known.get(tuple(folded[place : place + length])):
                    yield name


def _without_legal_form(words: tuple[str, ...]) -> tuple[str, ...]:
    # `S.p.A.` is three words of one letter
    end = len(words)
    while end > 1 and (words[end - 1] in _LEGAL or len(words[end - 1]) == 1):
        end -= 1
    return words[:end]


def _stands(name: _Name, text: str, words: list[re.Match[str]]) -> bool:
    """Whether these words are the name: close to each other and, where the words alone prove little, written so."""
    gaps = (after.start() - before.end() for before, after in pairwise(words))
    if any(gap > _MOST_BETWEEN for gap in gaps):
        return False
    first, last = words[0], words[-1]
    if len(name.words) > 1 and not name.is_ordinary:
        return True
    # scripts without capitals write every name like a name
    if first[0][0].islower():
        return False
    if not name.is_ordinary:
        return True
    before = text[: first.start()].rstrip()
    begins = not before or before[-1] in _SENTENCE_ENDS
    return bool(_SUBJECT.match(text, last.end())) if begins else not text.isupper()
