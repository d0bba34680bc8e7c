"""Counts and sums per line, from words with one bit per line."""

from __future__ import annotations

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

    Nearly everybody is on the high side of the lowest lines and on the low side of the others: two numbers say where
    each axis turns. The few whom dead-band or confirmation keep otherwise are counted line by line.
    """
    whole = _mask(lines)
    loyal, retained = planes.loyal & whole, planes.retained & whole
    odd = (loyal & (loyal + _ONE)) | (retained & (retained + _ONE))
    turns = np.bitwise_count(loyal).astype(np.int64)
    turns *= lines + 1
    turns += np.bitwise_count(retained)
    apart = odd.nonzero()[0]
    if apart.size:
        turns[apart] = (lines + 1) ** 2
    size = (lines + 1) ** 2 + 1
    count = _by_line(np.bincount(turns, minlength=size).astype(float), lines)
    total = _by_line(np.bincount(turns, weights, minlength=size).astype(float), lines)
    if apart.size:
        bits = np.arange(lines, dtype=np.uint64)
        codes = _codes(loyal[apart, None] >> bits, retained[apart, None] >> bits) + CODES * np.arange(lines)
        weigh = np.repeat(weights[apart], lines)
        count += np.bincount(codes.ravel(), minlength=count.size).reshape(count.shape)
        total += np.bincount(codes.ravel(), weigh, minlength=total.size).reshape(total.shape)
    return count, total


def _by_line(turns: Numbers, lines: int) -> Numbers:
    """Lines x codes from a table of both turns: at line i who turns at i or below is on the low side."""
    table = turns[:-1].reshape(lines + 1, lines + 1).cumsum(axis=0).cumsum(axis=1)
    both, whole = table.diagonal()[:lines], table[-1, -1]
    loyal, retained = table[:lines, -1], table[-1, :lines]
    return np.column_stack([both, loyal - both, retained - both, whole - loyal - retained + both])


def _codes(loyal: Words, retained: Words) -> Codes:
    """2 * loyal + retained of the lowest bit."""
    codes = (loyal & _ONE).view(np.int64)
    codes += codes
    codes += (retained & _ONE).view(np.int64)
    return codes


def _mask(bits: int) -> np.uint64:
    return np.uint64((1 << bits) - 1)


def codes_at(planes: Planes, bit: int) -> Codes:
    """The code of every customer at one line."""
    place = np.uint64(bit)
    return _codes(planes.loyal >> place, planes.retained >> place)


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
