"""From what is known of a customer to the columns of a model: numbers standardised, words as shrunken log-odds.

    number     (value - training mean) / training deviation, cut at +-4; unknown stands at the mean, and where values
               are often unknown, "unknown" is a column of its own
    word       ln odds of leaving among training rows of this word, shrunk toward all: (events + m base) / (n + m),
               m = 10; a word never seen stands at the base. Training rows see a word's odds without their own fold

Source: Micci-Barreca, SIGKDD Explorations 3(1), 2001, for words; Efron and Morris 1975 for the shrinkage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.ids import key_digest
from scoring.arrays import Flags, Numbers, Places, Words

WIDEST = 4.0
"""Standardised values are cut here, so that one extreme value does not decide a customer."""

_OFTEN_UNKNOWN = 0.05
_WORD_STRENGTH = 10.0
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Features:
    """Columns of a frame that a model may use: numbers (missing: unknown) and words (missing: the word "")."""

    numbers: tuple[str, ...]
    words: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return self.numbers + self.words


@dataclass(frozen=True, slots=True)
class Coding:
    """How one feature becomes one column. `log_odds`: by word, relative to all; empty for numbers.
    `is_gap`: the column says that the value is unknown.
    """

    feature: str
    mean: float
    deviation: float
    is_gap: bool = False
    log_odds: tuple[tuple[str, float], ...] = ()
    is_word: bool = False


def folds(customers: Sequence[str], count: int = FOLDS) -> Places:
    """The fold of each row: all rows of a customer share one, by hash and not by chance."""
    names, place = np.unique(np.asarray(customers, dtype=object).astype(str), return_inverse=True)
    by_name = np.array([int(key_digest("fold", name, length=8), 16) % count for name in names], dtype=np.intp)
    return np.asarray(by_name[place], dtype=np.intp)


def code(rows: pd.DataFrame, left: Flags, features: Features) -> tuple[Coding, ...]:
    """The columns that vary among these training rows, with what standardises them."""
    found = [coding for name in features.numbers for coding in _of_number(name, _numbers(rows, name))]
    found += [_of_word(name, _words(rows, name), left) for name in features.words]
    return tuple(coding for coding in found if coding.deviation > 0)


def columns(rows: pd.DataFrame, codings: Sequence[Coding]) -> Numbers:
    """Rows by columns, standardised."""
    made = [_column(rows, coding) for coding in codings]
    return np.column_stack(made) if made else np.empty((len(rows), 0))


def training_columns(rows: pd.DataFrame, left: Flags, codings: Sequence[Coding], fold: Places) -> Numbers:
    """As `columns`, but each row's words are coded without the outcomes of its own fold."""
    x = columns(rows, codings)
    for place, coding in enumerate(codings):
        if coding.is_word:
            words = _words(rows, coding.feature)
            for number in np.unique(fold):
                mine = fold == number
                table = _log_odds(words[~mine], left[~mine])
                x[mine, place] = _scaled(_looked_up(words[mine], table), coding)
    return x


def _of_number(name: str, values: Numbers) -> list[Coding]:
    known = values[~np.isnan(values)]
    mean = math.fsum(known) / known.size if known.size else 0.0
    deviation = math.sqrt(math.fsum((known - mean) ** 2) / known.size) if known.size else 0.0
    if deviation <= 1e-12 * max(abs(mean), 1.0):
        deviation = 0.0
    unknown = 1.0 - known.size / max(values.size, 1)
    found = [Coding(name, mean, deviation)]
    if _OFTEN_UNKNOWN <= unknown <= 1.0 - _OFTEN_UNKNOWN:
        found.append(Coding(name, unknown, math.sqrt(unknown * (1.0 - unknown)), is_gap=True))
    return found


def _of_word(name: str, words: Words, left: Flags) -> Coding:
    table = _log_odds(words, left)
    coded = _looked_up(words, table)
    mean = math.fsum(coded) / max(coded.size, 1)
    deviation = math.sqrt(math.fsum((coded - mean) ** 2) / max(coded.size, 1))
    return Coding(name, mean, deviation if deviation > 1e-12 else 0.0, log_odds=tuple(table.items()), is_word=True)


def _log_odds(words: Words, left: Flags) -> dict[str, float]:
    base = min(max(float(left.mean()), 1e-6), 1 - 1e-6) if left.size else 0.5
    place, names = pd.factorize(words, sort=True)
    n, events = np.bincount(place), np.bincount(place, weights=left.astype(float))
    share = (events + _WORD_STRENGTH * base) / (n + _WORD_STRENGTH)
    odds = np.log(share / (1 - share)) - math.log(base / (1 - base))
    return dict(zip(names.tolist(), odds.tolist(), strict=True))


def _looked_up(words: Words, table: dict[str, float]) -> Numbers:
    place, names = pd.factorize(words)
    found: Numbers = np.array([table.get(name, 0.0) for name in names.tolist()])[place]
    return found


def _column(rows: pd.DataFrame, coding: Coding) -> Numbers:
    if coding.is_word:
        return _scaled(_looked_up(_words(rows, coding.feature), dict(coding.log_odds)), coding)
    values = _numbers(rows, coding.feature)
    if coding.is_gap:
        return _scaled(np.isnan(values).astype(float), coding)
    return np.clip(np.nan_to_num(_scaled(values, coding)), -WIDEST, WIDEST)


def _scaled(values: Numbers, coding: Coding) -> Numbers:
    scaled: Numbers = (values - coding.mean) / coding.deviation
    return scaled


def _numbers(rows: pd.DataFrame, name: str) -> Numbers:
    values: Numbers = rows[name].to_numpy(float, na_value=np.nan)
    return values


def _words(rows: pd.DataFrame, name: str) -> Words:
    """The words as plain text; unknown is the empty word."""
    words: Words = rows[name].astype(object).where(rows[name].notna(), "").astype(str).to_numpy(object)
    return words
