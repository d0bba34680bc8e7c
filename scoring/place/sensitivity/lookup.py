"""From a score to the lines it reaches, as bits: by table, with an exact comparison where a bin holds a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring.arrays import Flags, Numbers, Places

Words = np.ndarray[Any, np.dtype[np.uint64]]

MOST_LINES = 63
_BINS = 1 << 14
_SCALE = (_BINS - 1) / 100.0
_LOWEST = (np.uint64(1) << np.arange(MOST_LINES + 1, dtype=np.uint64)) - np.uint64(1)
"""Words whose lowest 0, 1, 2, ... bits are set."""


def spread(flags: Flags) -> Words:
    """A flag for every line alike: -1 as a signed number has all bits set."""
    words: Words = (-flags.view(np.int8)).astype(np.int64).view(np.uint64)
    return words


_UNSURE = np.uint64(1) << np.uint64(63)


@dataclass(frozen=True, slots=True)
class _Reached:
    """Lines ascending. `words[bin]`: the lines that every score of the bin reaches; of a bin with a line in it the
    highest bit is set, and its scores are compared.
    """

    lines: Numbers
    words: Words

    @classmethod
    def of(cls, lines: Numbers) -> _Reached:
        bins = np.clip(lines * _SCALE, 0, _BINS - 1).astype(np.int32)
        words = _LOWEST.take(np.searchsorted(bins, np.arange(_BINS), side="left"))
        words[bins] |= _UNSURE
        return cls(lines, words)

    def of_values(self, values: Numbers, bins: Places) -> Words:
        words = np.empty(values.size, np.uint64)
        # bins of scores are in range; "clip" spares numpy a copy
        self.words.take(bins, out=words, mode="clip")
        unsure = (words.view(np.int64) < 0).nonzero()[0]
        if unsure.size:
            words[unsure] = _LOWEST.take(np.searchsorted(self.lines, values[unsure], side="right"))
        return words


@dataclass(frozen=True, slots=True)
class Sides:
    """Both edges of the dead-band about each line of one axis, and the lines themselves.

    A single line answers with all bits alike, so that it goes with any number of lines of the other axis. Where the
    upper edges are lower edges of lines further up, as with a band that is a multiple of the step, one table over all
    edges serves both: the upper ones are `offset` bits further.
    """

    near: _Reached
    beyond: _Reached | None
    offset: int
    middle: Numbers
    upper: Numbers
    is_flipped: bool

    @classmethod
    def of(cls, lines: Sequence[float], *, band: float, is_flipped: bool) -> Sides:
        middle = np.array(lines, dtype=float)
        near, beyond = middle - band, middle + band
        offset = int(np.searchsorted(near, beyond[0]))
        together = np.concatenate([near, beyond[near.size - offset :]])
        is_one = (
            offset <= near.size
            and together.size <= MOST_LINES
            and (near[offset:] == beyond[: near.size - offset]).all()
        )
        if is_one:
            return cls(_Reached.of(together), None, offset, middle, beyond, is_flipped)
        return cls(_Reached.of(near), _Reached.of(beyond), 0, middle, beyond, is_flipped)

    def of_values(self, values: Numbers) -> tuple[Words, Words]:
        """Words of value >= line - band and of value >= line + band; flipped, low is high."""
        if self.middle.size == 1:
            near, beyond = spread(values >= self.near.lines[0]), spread(values >= self.upper[0])
        else:
            bins = (values * _SCALE).astype(np.int32).astype(np.intp)
            near = self.near.of_values(values, bins)
            beyond = near >> np.uint64(self.offset) if self.beyond is None else self.beyond.of_values(values, bins)
        return (~beyond, ~near) if self.is_flipped else (near, beyond)

    def raw(self, values: Numbers) -> Words:
        """Words of value >= line; flipped likewise."""
        if self.middle.size == 1:
            words = spread(values >= self.middle[0])
        else:
            words = _LOWEST.take(np.searchsorted(self.middle, values, side="right"))
        return ~words if self.is_flipped else words
