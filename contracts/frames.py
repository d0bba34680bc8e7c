"""Contracts of frames: names, kinds and units of columns, checked at the borders between rooms.

A `Table` is a canonical table a source is mapped to (Arrow, stored in snapshots). A `Frame` is what
the rooms compute and hand on (pandas). Both are made of `Column`s, so units and visibility are
written once. The check is ours, not pandera's: see docs/decisions/.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import pandas as pd
import pyarrow as pa

from contracts.words import FieldGroup


class Kind(StrEnum):
    """What a value is. `instant` is aware UTC; `day` a calendar date held at midnight without zone."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    SHARE = "share"
    MONEY = "money"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    DAY = "day"


ARROW: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.SHARE: pa.float64(),
    Kind.MONEY: pa.decimal128(18, 2),
    Kind.BOOLEAN: pa.bool_(),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    Kind.DAY: pa.timestamp("us"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `known_from` names the instant or day column before which this value was not yet known:
    an as-of view blanks it until then, and `until_then` (if given) stands in its place. Values in `from_start`
    were true from the row's first day and are never blanked.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    known_from: str | None = None
    until_then: str | None = None
    from_start: tuple[str, ...] = ()
    group: FieldGroup = FieldGroup.BASIC
    about: str = ""


# Every admitted row carries where it came from, and when it happened and became known.
PROVENANCE = (
    Column("source"),
    Column("row_key"),
    Column("row_hash"),
    Column("event_at", Kind.INSTANT),
    Column("known_at", Kind.INSTANT),
)


@dataclass(frozen=True)
class Table:
    """A canonical table. `key` identifies a row; `time` is the column that dates it (`event_at`);
    `per_customer` tables are partitioned by customer and must carry `customer_id`.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    time: str | None = None
    per_customer: bool = True
    about: str = ""
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name.update({column.name: column for column in self.columns})

    @cached_property
    def schema(self) -> pa.Schema:
        return pa.schema([(c.name, ARROW[c.kind]) for c in (*self.columns, *PROVENANCE)])

    def empty(self) -> pa.Table:
        return self.schema.empty_table()


@dataclass(frozen=True)
class Frame:
    """What one room hands to another: a pandas frame with these columns (more are refused)."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @cached_property
    def schema(self) -> pa.Schema:
        return pa.schema([(c.name, ARROW[c.kind]) for c in self.columns])

    def empty(self) -> pd.DataFrame:
        return to_frame(self.schema.empty_table())


class ContractBroken(Exception):
    """A frame crossed a border without the columns, kinds or key its contract promises."""


def _pandas_type(kind: pa.DataType) -> pd.ArrowDtype | None:
    return pd.ArrowDtype(kind) if pa.types.is_decimal(kind) else None


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Arrow to pandas with this project's one choice of types: money stays decimal."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=_pandas_type)
    return frame


def from_frame(frame: pd.DataFrame, contract: Frame) -> pa.Table:
    """Pandas to Arrow under a contract: right order, right types, checked key."""
    check(frame, contract)
    return pa.Table.from_pandas(frame[contract.names], schema=contract.schema, preserve_index=False)


def conform(frame: pd.DataFrame, contract: Frame) -> pd.DataFrame:
    """The frame under its contract: columns in order, missing optional ones null, kinds cast, key checked."""
    absent = [c for c in contract.columns if c.name not in frame.columns]
    needed = [c.name for c in absent if c.required]
    if needed:
        raise ContractBroken(f"{contract.name}: missing {', '.join(sorted(needed))}; has {_listed(frame.columns)}")
    filled = frame.assign(**{c.name: None for c in absent})[contract.names]
    # pandas calls a column without a single value a number, whatever it should hold.
    valueless = [name for name in filled.columns if filled[name].dtype.kind == "f" and filled[name].isna().all()]
    filled = filled.assign(**dict.fromkeys(valueless))
    try:
        arrow = pa.Table.from_pandas(filled, schema=contract.schema, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as exc:
        raise ContractBroken(f"{contract.name}: {exc}") from exc
    tidy = to_frame(arrow)
    check(tidy, contract)
    return tidy


def check(frame: pd.DataFrame, contract: Frame) -> None:
    """Raises ContractBroken naming what is missing, unexpected, null where required, or twice under one key."""
    missing = [name for name in contract.names if name not in frame.columns]
    extra = [name for name in frame.columns if name not in contract.names]
    if missing or extra:
        raise ContractBroken(
            f"{contract.name}: missing {_listed(missing) or 'nothing'}; "
            f"not in the contract: {_listed(extra) or 'nothing'}"
        )
    empty = [c.name for c in contract.columns if c.required and frame[c.name].isna().any()]
    if empty:
        raise ContractBroken(f"{contract.name}: null in {_listed(empty)}, which the contract requires")
    for column in contract.columns:
        if column.choices:
            foreign = sorted(set(frame[column.name].dropna().unique()) - set(column.choices))
            if foreign:
                raise ContractBroken(
                    f"{contract.name}.{column.name}: "
                    f"must be one of {_listed(column.choices)}, got {_listed(foreign[:5])}"
                )
    if contract.key:
        twice = frame.duplicated(list(contract.key))
        if twice.any():
            example = frame.loc[twice, list(contract.key)].iloc[0].to_dict()
            raise ContractBroken(f"{contract.name}: key {contract.key} is not unique, for example {example}")


def _listed(names: Iterable[object]) -> str:
    return ", ".join(str(name) for name in names)
