"""`scoped` is the one way to rows. Default deny: a frame, row or column that is not granted is not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from contracts.book import (
    FAMILY_FRAMES,
    OPEN_FRAMES,
    PEOPLE_FRAMES,
    WHOLE_BOOK_FRAMES,
    Book,
    columns_of,
)
from contracts.ids import key_digest
from contracts.words import BusinessUnit, FieldGroup, Level


@dataclass(frozen=True, slots=True)
class Audience:
    """Named readers of one scope: level x business unit x the person the scope hangs on.

    `readers` are person ids; `customer_ids` the rows, `fields` the column groups they may see.
    `unit` is None above the units. `rule` says in words where the scope comes from.
    """

    level: Level
    unit: BusinessUnit | None
    root: str
    title: str
    readers: tuple[str, ...]
    customer_ids: frozenset[str]
    fields: frozenset[FieldGroup]
    rule: str
    language: str = "en"
    calendar: str = "default"
    is_whole_book: bool = False

    @property
    def audience_id(self) -> str:
        unit = self.unit.value if self.unit else "all"
        return f"{self.level.value}-{unit}-{key_digest(self.level, unit, self.root, length=10)}"

    @property
    def disclosure(self) -> str:
        """Digest of what may be seen: the key of every cache and file made for this audience."""
        return disclosure_digest(self.customer_ids, self.fields)

    def sees(self, group: FieldGroup) -> bool:
        return group is FieldGroup.BASIC or group in self.fields


def disclosure_digest(customer_ids: Iterable[str], fields: Iterable[FieldGroup]) -> str:
    return key_digest(*sorted(customer_ids), "|", *sorted(fields), length=32)


@dataclass(frozen=True)
class ScopedBook(Book):
    """A book that holds only one audience's rows and fields; renderers accept nothing else."""

    audience: Audience


def scoped(book: Book, audience: Audience) -> ScopedBook:
    """The audience's part of the book.

    Rows: only its customers; of a frame with a `scope`, only the rows made for this audience. Columns: ungranted
    groups are null, so that shape stays and content is gone. Any other frame is refused unless it is declared open.
    A roll-up tells of a whole family: who may not see every member does not see it.
    """
    frames = {name: _granted(name, frame, audience) for name, frame in book.frames.items()}
    for name in FAMILY_FRAMES & frames.keys():
        frames[name] = _whole_families(frames[name], frames.get("families"))
    return ScopedBook(facts=book.facts, frames={n: f for n, f in frames.items() if f is not None}, audience=audience)


def _granted(name: str, frame: pd.DataFrame, audience: Audience) -> pd.DataFrame | None:
    if name in OPEN_FRAMES:
        return _without_hidden(name, frame, audience)
    if name in PEOPLE_FRAMES:
        return frame[["person_id", "name", "level", "business_unit", "manager_id"]].copy()
    if name in WHOLE_BOOK_FRAMES:
        return _without_hidden(name, frame, audience) if audience.is_whole_book else None
    if "scope" in frame.columns:
        mine = (frame["scope"] == audience.audience_id).fillna(value=False)
    elif "customer_id" in frame.columns:
        mine = frame["customer_id"].isin(audience.customer_ids).fillna(value=False)
    else:
        return None
    return _without_hidden(name, frame.loc[mine.astype(bool)].reset_index(drop=True), audience)


def _without_hidden(name: str, frame: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    declared = {column.name: column for column in columns_of(name)}
    known = [column for column in frame.columns if column in declared]
    hidden = {column: None for column in known if not audience.sees(declared[column].group)}
    return frame[known].assign(**hidden)


def _whole_families(rollups: pd.DataFrame | None, families: pd.DataFrame | None) -> pd.DataFrame | None:
    """The parents all of whose accounts below are among the rows: as many as the roll-up says it holds."""
    if rollups is None or families is None:
        return None
    held = rollups["customer_id"].map(families["ancestor_id"].value_counts()).fillna(0)
    return rollups.loc[(held == rollups["children"]).to_numpy(dtype=bool)].reset_index(drop=True)
