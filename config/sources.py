"""Sources as configuration: which exports come in, and how their columns become canonical tables.

config/sources.toml holds `[[source]]` entries, each with `[[source.map]]` targets:

    [[source]]
    name = "helpdesk_tickets"
    location = "helpdesk/tickets_*.csv"      # glob in the inbox, or s3://..., sftp://...
    format = "csv"
    separator = ";"
    dates = ["%d/%m/%Y %H:%M"]
    time_zone = "Europe/Rome"
    kind = "changes"                         # full | append | changes
    key = ["Ticket"]
    changed_at = "Updated"
    key_system = "helpdesk"                  # whose customer keys these are; see crosswalk.csv
    max_age_days = 8

    [[source.map]]
    table = "tickets"
    [source.map.columns]
    customer_id = "Organisation"             # rename
    ticket_id = "Ticket"
    opened_at = "Created"
    channel = { constant = "portal" }
    severity = { from = "Priority", values = { urgent = "1", high = "2", normal = "3", low = "4" } }

The operators are a closed set (`Cell`); there is no SQL and no code in a map. docs/sources.md explains each.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from config.crosswalk import CROSSWALK_COLUMNS, read_crosswalk
from config.errors import ConfigRefused
from config.settings import read_toml
from config.source_map import Cell, SourceModel, Target, known_zone
from contracts.rules import Filter
from contracts.words import ExportKind

Format = Literal["csv", "tsv", "xlsx", "parquet", "jsonl", "vtt", "json_call", "sql"]


class SqlQuery(SourceModel):
    """A query that is read whole in one repeatable-read transaction. `{inbox}` in the URL is the inbox folder."""

    url: str | None = None
    url_env: str | None = Field(default=None, description="name of the environment variable that holds the URL")
    query: str

    @model_validator(mode="after")
    def _one_url_without_secret(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("give either url or url_env")
        if self.url and urlsplit(self.url).password:
            raise ValueError(
                "a password never stands in a file; put the URL into an environment variable and name it in url_env"
            )
        return self


class ContentDate(SourceModel):
    """Where the date of an export is found; without it, the time the file was last changed."""

    file_name: str | None = Field(default=None, description="date format inside the file name, such as %Y-%m-%d")
    column: str | None = Field(default=None, description="a column; its newest value counts")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.file_name is None) == (self.column is None):
            raise ValueError("give either file_name or column")
        return self


class Source(SourceModel):
    """One export of one system."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    format: Format
    location: str | None = Field(default=None, description="glob in the inbox, or a URL such as s3://bucket/path/*.csv")
    sql: SqlQuery | None = None
    owner: str = Field(default="", description="mail address of who is asked when the export is wrong")
    encoding: str = "utf-8"
    separator: Literal[",", ";", "\t", "|"] | None = Field(
        default=None, description="default: found in the header line"
    )
    skip_rows: Annotated[int, Field(ge=0)] = Field(default=0, description="lines above the header")
    header_rows: Annotated[int, Field(ge=1, le=9)] = Field(default=1, description="the first one names the columns")
    sheet: str | None = None
    aliases: dict[str, list[str]] = Field(default={}, description="column -> other spellings that are accepted")
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", " ", "'"] | None = None
    dates: list[str] = Field(default=["iso"], description="formats of dates and times, tried in this order")
    date_formats: dict[str, str] = Field(default={}, description="column of the source -> its own format")
    time_zone: str | None = Field(default=None, description="zone of times without offset; default: the workspace's")
    missing: list[str] = Field(default=[], description="texts that mean 'no value', beside the empty one")
    kind: ExportKind = ExportKind.FULL
    pick: Literal["newest", "all"] | None = Field(default=None, description="default: newest file when full, else all")
    key: list[str] = Field(default=[], description="columns that identify a row")
    changed_at: str | None = Field(default=None, description="column that says when a row became known or changed")
    deleted_when: list[Filter] = Field(default=[], description="rows that say that their key is gone")
    data_date: ContentDate | None = None
    max_age_days: Annotated[float, Field(gt=0)] = 8
    required: bool = False
    master: bool = Field(default=False, description="its customers are the customers; exactly one source")
    key_system: str | None = Field(default=None, description="namespace of its customer keys; default: the master's")
    customer_name_column: str | None = Field(default=None, description="helps to suggest a match for an unknown key")
    customer_email_column: str | None = Field(default=None, description="helps to suggest a match for an unknown key")
    match_by_domain: bool = Field(
        default=False, description="accept a contact's mail domain that only one customer has"
    )
    ignore_case: bool = Field(default=False, description="customer keys that differ only by case are the same")
    shrink_limit_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    growth_limit: Annotated[float, Field(gt=1)] | None = 3.0
    refused_limit_share: Annotated[float, Field(ge=0, le=1)] = 0.05
    max_megabytes: Annotated[int, Field(gt=0)] = 4096
    agents: list[str] = Field(
        default=[], description="vtt, json_call: speaker names that are ours; every other one is the customer"
    )
    also_read: list[str] = Field(default=[], description="further columns, for look-ups of other sources; filled in")
    map: Annotated[list[Target], Field(min_length=1)]

    @field_validator("dates", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, name: str | None) -> str | None:
        return known_zone(name)

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, name: str) -> str:
        try:
            "".encode(name)
        except LookupError as exc:
            raise ValueError("not an encoding; usual ones are utf-8, utf-16, cp1252, iso-8859-1, mac-roman") from exc
        return name

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if (self.format == "sql") != (self.sql is not None) or (self.sql is None) == (self.location is None):
            raise ValueError('give `location` for files, or format = "sql" with a [source.sql] table; not both')
        if self.kind is ExportKind.CHANGES and not self.key:
            raise ValueError("kind 'changes' keeps the last row per key: name the key columns in `key`")
        if self.master and not any(target.table == "customers" for target in self.map):
            raise ValueError('the master source must have a [[source.map]] with table = "customers"')
        return self

    @property
    def reads(self) -> set[str]:
        """Every column of the export that this source needs; all others are ignored and never stored."""
        own = {self.changed_at, self.customer_name_column, self.customer_email_column}
        dated = {self.data_date.column} if self.data_date else set()
        named = own | dated | set(self.key) | set(self.also_read) | {f.column for f in self.deleted_when}
        return {str(name) for name in named if name} | {column for target in self.map for column in target.reads}

    @property
    def takes_all_files(self) -> bool:
        return self.pick == "all" or (self.pick is None and (self.kind is not ExportKind.FULL or self.is_one_call))

    @property
    def is_one_call(self) -> bool:
        """Whether each file is one call, so that a newer file does not replace an older one."""
        return self.format in {"vtt", "json_call"}


def read_sources(folder: Path) -> list[Source]:
    """The sources in `folder`/sources.toml.

    Raises: ConfigRefused naming the file, source and key, and what is allowed; all faults at once.
    """
    path = folder / "sources.toml"
    sources = read_sources_file(path)
    masters = [source.name for source in sources if source.master]
    if len(masters) != 1:
        text = f"exactly one source must say master = true; found {', '.join(masters) or 'none'}"
        raise ConfigRefused(path, [text])
    strangers = [s.name for s in sources if not s.master and any(target.table == "customers" for target in s.map)]
    if strangers:
        raise ConfigRefused(path, [f"source '{name}': only the master may fill customers" for name in strangers])
    return sources


def read_sources_file(path: Path) -> list[Source]:
    """Like `read_sources`, for any file and with or without a master source: a preset, for example."""
    body = read_toml(path)
    foreign = sorted(set(body) - {"source"})
    if foreign:
        raise ConfigRefused(path, [f"{', '.join(foreign)}: not known here; this file holds [[source]] entries"])
    entries = body.get("source", [])
    if not isinstance(entries, list):
        raise ConfigRefused(path, ["source: write [[source]] with two brackets, once per source"])
    try:
        sources = TypeAdapter(list[Source]).validate_python(entries)
    except ValidationError as exc:
        raise ConfigRefused(path, _named(exc, path, entries)) from exc
    problems = _disagreements(sources)
    if problems:
        raise ConfigRefused(path, problems)
    return sources


def with_lookups(sources: Sequence[Source]) -> list[Source]:
    """The sources, each told which of its columns the look-ups of others need."""
    wanted: dict[str, set[str]] = {source.name: set(source.also_read) for source in sources}
    for source in sources:
        for target in source.map:
            for cell in [*target.columns.values(), *([target.known_at] if target.known_at else [])]:
                if cell.lookup in wanted:
                    wanted[cell.lookup].update({str(cell.on or cell.match), str(cell.take)})
    return [source.model_copy(update={"also_read": sorted(wanted[source.name])}) for source in sources]


def _named(error: ValidationError, path: Path, entries: list[Any]) -> list[str]:
    """Sentences with the source's name in place of its position."""
    sentences = []
    for fault, sentence in zip(error.errors(), ConfigRefused.from_validation(path, error).problems, strict=True):
        place = fault["loc"][0] if fault["loc"] else None
        name = (
            entries[place].get("name", f"number {place + 1}")
            if isinstance(place, int) and isinstance(entries[place], dict)
            else None
        )
        sentences.append(
            f"source '{name}': {sentence.removeprefix(f'{place}.').removeprefix(f'{place}: ')}" if name else sentence
        )
    return sentences


def _disagreements(sources: list[Source]) -> list[str]:
    names = [source.name for source in sources]
    problems = [f"source '{name}': the name is used twice" for name in sorted({n for n in names if names.count(n) > 1})]
    for source in sources:
        for target in source.map:
            for column, cell in target.columns.items():
                if cell.lookup and cell.lookup not in names:
                    known = ", ".join(sorted(names))
                    where = f"source '{source.name}': {target.table}.{column}"
                    problems.append(f"{where}: lookup must be one of {known}; got '{cell.lookup}'")
    return problems


__all__ = [
    "CROSSWALK_COLUMNS",
    "Cell",
    "Source",
    "Target",
    "read_crosswalk",
    "read_sources",
    "read_sources_file",
    "with_lookups",
]
