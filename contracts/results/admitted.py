"""Frames about the exports themselves: sources and what was set aside."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import column
from contracts.words import FieldGroup

SOURCES = Frame(
    "sources",
    key=("source",),
    columns=(
        column("source", required=True),
        column("table", required=True),
        Column("state", choices=("fresh", "stale", "carried", "absent", "refused", "held"), required=True),
        column("rows_in", Kind.INTEGER, required=True),
        column("admitted", Kind.INTEGER, required=True),
        column("quarantined", Kind.INTEGER, required=True),
        column("unmatched", Kind.INTEGER, required=True),
        column("unmatched_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("data_at", Kind.INSTANT),
        column("age_days", Kind.NUMBER),
        column("limit_days", Kind.NUMBER),
        column("message"),
    ),
)
"""One row per source: the data-trust line. rows_in = admitted + quarantined; unmatched is part of quarantined."""

QUARANTINE = Frame(
    "quarantine",
    key=(),
    columns=(
        column("source", required=True),
        column("file", required=True),
        column("sheet"),
        column("row_number", Kind.INTEGER),
        column("table"),
        column("column"),
        column("value"),
        column("reason", required=True),
        column("message", required=True),
        column("sha256"),
        column("source_key"),
    ),
)
"""value is clipped to 80 characters; row_number counts from 1 with the header as row 1."""
