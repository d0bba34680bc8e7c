"""One block of customers with all that its facts are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from extract.demo.casting import Cast, Part
from extract.demo.latent import Latent
from extract.demo.timeline import Indexes, Timeline, dice


@dataclass(frozen=True, slots=True)
class Block:
    """Customers `first` .. `first + size`; every table of a block is made from it alone, in any order."""

    seed: int
    number: int
    customers: pd.DataFrame
    contacts: pd.DataFrame
    contact_start: Indexes
    cast: Cast
    latent: Latent
    line: Timeline
    assignments: pd.DataFrame
    owners: pd.DataFrame
    staff_names: dict[str, str]

    @property
    def size(self) -> int:
        return len(self.customers)

    @property
    def ids(self) -> NDArray[np.object_]:
        return np.asarray(self.customers.customer_id, dtype=object)

    def rng(self, purpose: str) -> np.random.Generator:
        return dice(self.seed, purpose, self.number)

    def numbers(self, count: int) -> Indexes:
        """`count` numbers that no other block uses."""
        return np.arange(count) + 1 + self.number * 20_000_000

    def rows_of(self, *parts: Part) -> Indexes:
        return np.flatnonzero(np.isin(self.cast.parts, parts))

    def languages(self) -> Indexes:
        """0 English, 1 Italian, 2 Arabic."""
        return np.asarray(self.customers.language.map({"en": 0, "it": 1, "ar": 2}), dtype=np.int64)

    def some_contact(self, rng: np.random.Generator, rows: Indexes) -> NDArray[np.object_]:
        """A contact of each of these customers."""
        start, stop = self.contact_start[rows], self.contact_start[rows + 1]
        pick = start + (rng.random(len(rows)) * (stop - start)).astype(np.int64)
        return np.asarray(self.contacts.contact_id, dtype=object)[pick]


def labels(prefix: str, numbers: Indexes) -> NDArray[np.object_]:
    """`T-1`, `T-2`, ... as text."""
    return np.array([f"{prefix}{number}" for number in numbers.tolist()], dtype=object)
