"""The small ready values that every view model is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from contracts.words import Zone

Direction = Literal["better", "worse", "same", "unknown"]


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in the reporting currency; `value` None when unknown or not granted, and `text` says which."""

    value: float | None
    text: str


NOTHING = Amount(None, "")


@dataclass(frozen=True, slots=True)
class Mark:
    """A zone as drawn: chip code (`v s n c`, `i` insufficient, `l` left, `x` not there), letter and label."""

    code: str
    letter: str
    label: str
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A figure against the week before. Inside noise `direction` is `same` and `text` has no arrow."""

    before: float | None
    delta: float | None
    text: str
    direction: Direction
    is_noise: bool = False


@dataclass(frozen=True, slots=True)
class ZoneLine:
    """How many customers and how much revenue stand in a zone; the last line is `Insufficient evidence`."""

    mark: Mark
    count: int
    revenue: Amount
    share_text: str
    change: Change
