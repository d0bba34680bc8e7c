"""Counts and sums per line, from words with one bit per line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from scoring.arrays import Flags, Numbers
from scoring.place.sensitivity.lookup import Words
from scoring.place.sensitivity.planes import Planes

Codes = np.ndarray[Any, np.dtype[np.int64]]
_ONE = np.uint64(1)
CODES = 4
"""2 * loyal + retained."""


def tally(planes: Planes, lines: int, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Customers and sum of weights, lines x codes.

    Codes of neighbouring lines differ for few customers: the first line is counted, then only the differences.
    """
    count, total = np.zeros((lines, CODES)), np.zeros((lines, CODES))
    code = _codes(planes, np.zeros(weights.size, np.uint64))
    _add(count, total, np.zeros(weights.size, np.int64), code, weights, 1.0)
    loyal, retained = planes.loyal ^ (planes.loyal >> _ONE), planes.retained ^ (planes.retained >> _ONE)
    steps = np.bitwise_or(loyal, retained) & _mask(lines - 1)
    for rows, bit in _set_bits(steps):
        here = Planes(planes.loyal[rows], planes.retained[rows])
        after = bit.astype(np.int64) + 1
        _add(count, total, after, _codes(here, bit), weights[rows], -1.0)
        _add(count, total, after, _codes(here, bit + _ONE), weights[rows], 1.0)
    return count.cumsum(axis=0), total.cumsum(axis=0)


def _add(count: Numbers, total: Numbers, line: Codes, code: Codes, weights: Numbers, sign: float) -> None:
    key = line * CODES + code
    count += sign * np.bincount(key, minlength=count.size).reshape(count.shape)
    total += sign * np.bincount(key, weights, minlength=count.size).reshape(count.shape)


def _codes(planes: Planes, bit: Words) -> Codes:
    loyal, retained = (planes.loyal >> bit) & _ONE, (planes.retained >> bit) & _ONE
    codes: Codes = (loyal + loyal + retained).astype(np.int64)
    return codes


def _set_bits(words: Words) -> Iterator[tuple[np.ndarray[Any, np.dtype[np.intp]], Words]]:
    """Rows and their lowest set bit, then rows and their next, until none is left."""
    rows = words.nonzero()[0]
    left = words[rows]
    while rows.size:
        lowest = left & (~left + _ONE)
        yield rows, np.bitwise_count(lowest - _ONE).astype(np.uint64)
        left = left ^ lowest
        some = left.nonzero()[0]
        rows, left = rows[some], left[some]


def _mask(bits: int) -> np.uint64:
    return np.uint64((1 << bits) - 1)


def codes_at(planes: Planes, bit: int) -> Codes:
    """The code of every customer at one line."""
    return _codes(planes, np.full(planes.loyal.size, bit, np.uint64))


def differs(planes: Planes, bit: int) -> Words:
    """Bits of the lines at which a customer stands elsewhere than at line `bit`."""
    place = np.uint64(bit)

    def off(words: Words) -> Words:
        return words ^ (np.uint64(0) - ((words >> place) & _ONE))

    return off(planes.loyal) | off(planes.retained)


def per_line(words: Words, lines: int, weights: Numbers) -> Numbers:
    """Sum of the weights of the rows whose bit is set, per line."""
    rows = words.nonzero()[0]
    some, weigh = words[rows], weights[rows]
    return np.array([weigh[((some >> np.uint64(line)) & _ONE).astype(bool)].sum() for line in range(lines)])


def nearest(words: Words, bit: int, lines: int) -> tuple[Codes, Codes]:
    """The nearest set bit below `bit` and above it; -1 where there is none."""
    above = words & ~_mask(bit + 1) & _mask(lines)
    below = words & _mask(bit)
    first = np.where(above == 0, -1, np.bitwise_count((above & (~above + _ONE)) - _ONE).astype(np.int64))
    for step in (1, 2, 4, 8, 16, 32):
        below = below | (below >> np.uint64(step))
    return np.bitwise_count(below).astype(np.int64) - 1, first


def take(planes: Planes, rows: Flags | np.ndarray[Any, np.dtype[np.intp]]) -> Planes:
    return Planes(planes.loyal[rows], planes.retained[rows])
