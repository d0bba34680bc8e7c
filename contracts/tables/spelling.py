"""How columns of canonical tables are written: one short word per kind."""

from __future__ import annotations

from contracts.frames import Column, Kind
from contracts.words import FieldGroup

CUSTOMER_ID = Column("customer_id", required=True, about="our id of the account")
CURRENCY = Column("currency", about="ISO 4217", group=FieldGroup.MONEY)


def text(
    name: str, *, required: bool = False, group: FieldGroup = FieldGroup.BASIC, known_from: str | None = None
) -> Column:
    return Column(name, Kind.TEXT, required=required, group=group, known_from=known_from)


def at(name: str, *, required: bool = False, known_from: str | None = None) -> Column:
    return Column(name, Kind.INSTANT, required=required, known_from=known_from)


def on(name: str, *, required: bool = False, known_from: str | None = None) -> Column:
    return Column(name, Kind.DAY, required=required, known_from=known_from)


def money(name: str, *, required: bool = False, group: FieldGroup = FieldGroup.MONEY) -> Column:
    return Column(name, Kind.MONEY, required=required, group=group)
