"""Column types that both databases keep alike: aware instants, closed words, weeks, row numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer, String, TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as UTC. SQLite has no zones: there it is naive UTC text, which sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the store keeps aware instants only; {value.isoformat()} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def word(kind: type[StrEnum], name: str) -> Enum:
    """A closed list of words as text with a CHECK: readable in any SQL tool, refused when foreign."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


# Weeks are compared with < and >; a PostgreSQL database may be made with a locale that skips the hyphen.
WEEK = String(8).with_variant(String(8, collation="C"), "postgresql")
# SQLite numbers rows by itself only when the key is exactly INTEGER.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")
JSON_VALUE = JSON(none_as_null=True)
