"""The state of `scoring.place.placement.place`, replayed for up to 63 lines at once: one bit per line.

Bit i of a word says on which side of line i a customer stands. The rules of placing are the same for every line, so
one logical operation on words moves a customer on for all lines together. Words are oriented so that Critical is
(0, 0), whichever corner bears that name:

    candidate = beyond | (zone & near)           near: value >= line - band, beyond: value >= line + band
    d         = candidate ^ zone                 per axis
    waits     = (d is not what was pending, or too few weeks have seen it) & the candidate is not Critical
    pending   = d & waits,   zone = candidate ^ pending

Every comparison is the one that `place` makes, with the same doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from contracts.words import Axis
from scoring.arrays import Flags
from scoring.place.sensitivity.lookup import Sides, Words, spread
from scoring.place.sensitivity.tracks import Happening, Tracks, critical_sides

_NOBODY = np.empty(0, dtype=np.intp)
_CHUNK = 12_288
"""Customers at a time: their words stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Planes:
    """Per customer one bit per line, after the last week: on the high side of loyalty, of retention."""

    loyal: Words
    retained: Words


@dataclass(frozen=True, slots=True)
class Step:
    """One week of some customers: sides of both axes before and after it, oriented so that Critical is (0, 0).

    `is_judged`: who had a zone before and after; the others did not move, they came or went.
    """

    week: int
    customers: slice
    before: tuple[Words, Words]
    after: tuple[Words, Words]
    is_judged: Flags


@dataclass(slots=True)
class _State:
    loyal: Words
    retained: Words
    pending: tuple[Words, Words]
    seen: list[Words]


def replay(
    book: Tracks,
    axis: Axis,
    shifts: Sequence[float],
    *,
    other_shift: float = 0.0,
    watch: Callable[[Step], None] | None = None,
) -> Planes:
    """Final sides of every customer, when the line of `axis` is moved by each of `shifts`.

    Args:
        book: the weeks; customers without a zone at the end have sides that mean nothing.
        axis: whose line is moved.
        shifts: points, ascending, at most 63; bit i is shift i, higher bits mean nothing.
        other_shift: points by which the line of the other axis is moved, the same for all.
        watch: sees every week of every chunk of customers.
    """
    loyal, retained = np.empty(len(book.customers), np.uint64), np.empty(len(book.customers), np.uint64)
    flipped = dict(zip(Axis, critical_sides(book.thresholds), strict=True))
    moved = {a: tuple(shifts) if a is axis else (other_shift,) for a in Axis}
    for group in book.groups:
        sides = {
            a: Sides.of(
                [book.lines[a][group.start] + shift for shift in moved[a]],
                band=book.thresholds.band(a),
                is_flipped=flipped[a],
            )
            for a in Axis
        }
        for chunk in _chunks(group):
            state = _replayed(book, chunk, sides, flipped, watch)
            loyal[chunk], retained[chunk] = state.loyal, state.retained
    if flipped[Axis.LOYALTY]:
        loyal = ~loyal
    if flipped[Axis.RETENTION]:
        retained = ~retained
    return Planes(loyal, retained)


def _chunks(group: slice) -> Iterator[slice]:
    for first in range(group.start, group.stop, _CHUNK):
        yield slice(first, min(first + _CHUNK, group.stop))


def _replayed(
    book: Tracks,
    chunk: slice,
    sides: dict[Axis, Sides],
    flipped: dict[Axis, bool],
    watch: Callable[[Step], None] | None,
) -> _State:
    state = _begin(book, chunk, flipped)
    for week in range(len(book.weeks)):
        loyalty, retention = book.scores[Axis.LOYALTY][week, chunk], book.scores[Axis.RETENTION][week, chunk]
        happening = book.happenings[week, chunk]
        before = state.loyal, state.retained
        others = np.flatnonzero(happening) if happening.any() else _NOBODY
        if others.size < happening.size:
            _judge(state, sides[Axis.LOYALTY].of_values(loyalty), sides[Axis.RETENTION].of_values(retention), book)
        if others.size:
            is_first = happening[others] == Happening.FIRST
            _set_apart(state, before, others, is_first)
            first = others[is_first]
            state.loyal[first] = sides[Axis.LOYALTY].raw(loyalty[first])
            state.retained[first] = sides[Axis.RETENTION].raw(retention[first])
        if watch is not None:
            watch(Step(week, chunk, before, (state.loyal, state.retained), happening == Happening.JUDGED))
    return state


def _begin(book: Tracks, chunk: slice, flipped: dict[Axis, bool]) -> _State:
    start, weeks = book.start, book.thresholds.confirmation_weeks
    loyal = spread(start.is_loyal[chunk] ^ flipped[Axis.LOYALTY])
    retained = spread(start.is_retained[chunk] ^ flipped[Axis.RETENTION])
    is_pending = spread(start.is_pending[chunk])
    pending = (
        is_pending & (spread(start.pending_is_loyal[chunk] ^ flipped[Axis.LOYALTY]) ^ loyal),
        is_pending & (spread(start.pending_is_retained[chunk] ^ flipped[Axis.RETENTION]) ^ retained),
    )
    # seen[j]: the pending zone was seen in at least j + 2 weeks
    seen = [is_pending & spread(start.pending_weeks[chunk] >= least) for least in range(2, weeks)]
    return _State(loyal, retained, pending, seen)


def _judge(state: _State, loyalty: tuple[Words, Words], retention: tuple[Words, Words], book: Tracks) -> None:
    """Moves everybody on by one week; see the module for the formulas. Works in place on words that nobody else holds:
    the fresh ones of the scores, and those that were pending.
    """
    to_loyal, beyond = loyalty
    to_loyal &= state.loyal
    to_loyal |= beyond
    to_retained, beyond = retention
    to_retained &= state.retained
    to_retained |= beyond
    if book.thresholds.confirmation_weeks == 1:
        state.loyal, state.retained = to_loyal, to_retained
        return
    off_loyal, off_retained = to_loyal ^ state.loyal, to_retained ^ state.retained
    is_new, other = state.pending
    is_new ^= off_loyal
    other ^= off_retained
    is_new |= other
    waits = np.bitwise_or(to_loyal, to_retained, out=other)
    if state.seen:
        again = waits & ~is_new & ~state.seen[-1]
        waits &= is_new
        waits |= again
        state.seen = [again, *(again & older for older in state.seen[:-1])]
    else:
        waits &= is_new
    off_loyal &= waits
    off_retained &= waits
    state.pending = (off_loyal, off_retained)
    to_loyal ^= off_loyal
    to_retained ^= off_retained
    state.loyal, state.retained = to_loyal, to_retained


def _set_apart(
    state: _State, before: tuple[Words, Words], others: np.ndarray[Any, np.dtype[np.intp]], is_first: Flags
) -> None:
    """Nobody judged this week keeps a pending move; who waits for evidence keeps the sides of his zone."""
    if state.loyal is before[0]:
        state.loyal, state.retained = state.loyal.copy(), state.retained.copy()
    held = others[~is_first]
    state.loyal[held], state.retained[held] = before[0][held], before[1][held]
    for words in (*state.pending, *state.seen):
        words[others] = 0
