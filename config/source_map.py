"""How the columns of an export become those of a canonical table: the closed set of operators, as models."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from contracts.rules import Filter
from contracts.tables import TABLES

WHOLE_ROW = "*"


def known_zone(name: str | None) -> str | None:
    try:
        return name if name is None else ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise ValueError("not a time zone; write an IANA name such as Europe/Rome or UTC") from exc


class SourceModel(BaseModel):
    """Base of every model of a source: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Cell(SourceModel):
    """How one target column gets its value: exactly one origin, then refinements in the order listed here."""

    # origins
    column: str | None = Field(default=None, alias="from", description="a column of the source")
    constant: str | None = None
    concat: list[str] = []
    first_of: list[str] = []
    key_of: list[str] = Field(
        default=[], description="a synthetic key: hash of these columns, or ['*'] for the whole row"
    )
    lookup: str | None = Field(default=None, description="another source, joined by `match` = its `on`, taking `take`")
    # details of an origin
    between: str = ""
    match: str | None = None
    on: str | None = None
    take: str | None = None
    # refinements
    missing: list[str] = []
    when: list[Filter] = Field(default=[], description="null where these conditions do not hold")
    split_at: str | None = None
    part: int = 1
    strip: list[str] = Field(default=[], description="texts removed before reading: a currency or % sign")
    values: dict[str, str] = {}
    otherwise: Literal["keep", "missing", "refuse"] = "keep"
    format: list[str] | None = None
    zone: str | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'"] | None = None
    scale: float | None = None
    times: str | float | None = None
    divided_by: str | float | None = None
    plus: str | float | None = None
    minus: str | float | None = None
    since: str | None = Field(
        default=None, description="a column of instants: how long `from` came after it, in `unit`"
    )
    unit: Literal["minutes", "hours", "days"] | None = Field(
        default=None, description="unit of `since`, and of `plus` and `minus` on a date or time"
    )

    @field_validator("format", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("constant", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, int | float) else value

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, name: str | None) -> str | None:
        return known_zone(name)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = {
            "from": self.column,
            "constant": self.constant,
            "concat": self.concat,
            "first_of": self.first_of,
            "key_of": self.key_of,
            "lookup": self.lookup,
        }
        named = [name for name, value in origins.items() if value not in (None, [])]
        if len(named) != 1:
            raise ValueError(f"needs exactly one of {', '.join(origins)}; got {', '.join(named) or 'none'}")
        if self.lookup and not (self.match and self.take):
            raise ValueError("lookup needs `match` (own column) and `take` (column of the other source)")
        if self.since and not self.unit:
            raise ValueError("since needs `unit`: minutes, hours or days")
        if self.part == 0:
            raise ValueError("part counts from 1 (first), or from -1 (last)")
        return self

    @property
    def arithmetic(self) -> dict[str, str | float]:
        """The arithmetic refinements that are set, in the order in which they apply."""
        given = {"times": self.times, "divided_by": self.divided_by, "plus": self.plus, "minus": self.minus}
        steps: dict[str, str | float] = {} if self.scale is None else {"scale": self.scale}
        return steps | {name: value for name, value in given.items() if value is not None}

    @property
    def reads(self) -> set[str]:
        """The columns of the source that this cell needs."""
        named = {self.column, self.match, self.since, *self.concat, *self.first_of, *self.key_of} - {None, WHOLE_ROW}
        operands = {value for value in self.arithmetic.values() if isinstance(value, str)}
        return {str(name) for name in named} | operands | {f.column for f in self.when}


def _short_form(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


CellOrName = Annotated[Cell, BeforeValidator(_short_form)]


class Target(SourceModel):
    """One canonical table that a source feeds."""

    table: str
    columns: dict[str, CellOrName]
    where: list[Filter] = Field(default=[], description="only rows for which all of these hold")
    distinct: bool = Field(default=False, description="equal target rows become one")
    latest_per: list[str] = Field(default=[], description="only the last row known at as_of per these source columns")
    latest_by: str | None = Field(default=None, description="which is last; without it, the order in the file")
    known_at: CellOrName | None = Field(
        default=None, description="when a row became known; default: the source's changed_at"
    )

    @model_validator(mode="after")
    def _fits_its_table(self) -> Self:
        if self.table not in TABLES:
            raise ValueError(f"table must be one of {', '.join(sorted(TABLES))}; got '{self.table}'")
        table = TABLES[self.table]
        for name in self.columns:
            if name not in table.by_name:
                raise ValueError(f"{self.table} has no column '{name}'; it has {', '.join(table.by_name)}")
        absent = [c.name for c in table.columns if c.required and c.name not in self.columns]
        if absent:
            raise ValueError(f"{self.table} needs {', '.join(absent)}; map each of them (or give a constant)")
        return self

    @property
    def reads(self) -> set[str]:
        cells = [*self.columns.values(), *([self.known_at] if self.known_at else [])]
        named = {column for cell in cells for column in cell.reads}
        return (
            named
            | {f.column for f in self.where}
            | set(self.latest_per)
            | ({self.latest_by} if self.latest_by else set())
        )
