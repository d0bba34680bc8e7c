"""The short spelling of a column that the frames beside this share."""

from __future__ import annotations

from contracts.frames import Column, Kind
from contracts.words import FieldGroup, Zone

ZONES = tuple(Zone)


def column(
    name: str, kind: Kind = Kind.TEXT, *, required: bool = False, group: FieldGroup = FieldGroup.BASIC
) -> Column:
    return Column(name, kind, required=required, group=group)


CUSTOMER = column("customer_id", required=True)
WEEK = column("week", required=True)
