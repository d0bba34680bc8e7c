"""Frames of lines tried out one by one: who stands where, and what owners get. For the experts; no other audience."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import CUSTOMER, ZONES, column
from contracts.results.swept import PLACES
from contracts.words import FieldGroup

_TRIAL = column("trial", required=True)

TRIED_LINES = Frame(
    "tried_lines",
    key=("trial",),
    columns=(
        _TRIAL,
        column("loyalty_line", Kind.NUMBER, required=True),
        column("retention_line", Kind.NUMBER, required=True),
        column("flips", Kind.INTEGER, required=True),
        column("flip_revenue_amount", Kind.NUMBER, required=True, group=FieldGroup.MONEY),
        column("critical", Kind.INTEGER, required=True),
        column("alerts_per_week", Kind.NUMBER),
        column("changes_per_account_year", Kind.NUMBER),
    ),
)
"""One pair of lines each; 'today' is the pair in force. Lines per tier move with the default one. alerts, changes: null
where no week has one to compare with."""

TRIED_ZONES = Frame(
    "tried_zones",
    key=("trial", "dimension", "segment", "zone"),
    columns=(
        _TRIAL,
        column("dimension", required=True),
        column("segment", required=True),
        Column("zone", choices=PLACES, required=True),
        column("customers", Kind.INTEGER, required=True),
        column("revenue_amount", Kind.NUMBER, required=True, group=FieldGroup.MONEY),
    ),
)
"""Customers and revenue per zone; dimension 'all' is the book. A customer may be of several business units."""

TRIED_FLIPS = Frame(
    "tried_flips",
    key=("trial", "customer_id"),
    columns=(
        _TRIAL,
        CUSTOMER,
        Column("from_zone", choices=ZONES, required=True),
        Column("to_zone", choices=ZONES, required=True),
        column("loyalty", Kind.NUMBER, required=True),
        column("retention", Kind.NUMBER, required=True),
        column("owner_id"),
        column("revenue_amount", Kind.NUMBER, group=FieldGroup.MONEY),
    ),
)
"""Everybody who stands in another zone than under today's lines."""

TRIED_LOAD = Frame(
    "tried_load",
    key=("trial", "owner_id"),
    columns=(
        _TRIAL,
        column("owner_id", required=True),
        column("critical", Kind.INTEGER, required=True),
        column("alerts_per_week", Kind.NUMBER),
    ),
)
"""Per owner: customers in Critical in the end, entries into Critical per week over the weeks replayed."""

TRIED_BANDS = Frame(
    "tried_bands",
    key=("trial", "dead_band"),
    columns=(
        _TRIAL,
        column("dead_band", Kind.NUMBER, required=True),
        column("changes_per_account_year", Kind.NUMBER),
    ),
)
"""Changes of zone per account and year under other dead-bands."""
