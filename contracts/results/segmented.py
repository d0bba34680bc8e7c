"""Frames of segments and parent accounts."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import CUSTOMER, ZONES, column
from contracts.words import FieldGroup

SEGMENTS = Frame(
    "segments",
    key=("dimension", "segment", "metric"),
    columns=(
        column("dimension", required=True),
        column("segment", required=True),
        column("metric", required=True),
        column("value", Kind.NUMBER),
        column("low", Kind.NUMBER),
        column("high", Kind.NUMBER),
        column("n", Kind.INTEGER),
        column("customers", Kind.INTEGER),
        column("is_suppressed", Kind.BOOLEAN, required=True),
    ),
)
"""One figure of one segment with its 95 % interval. n: customers, or answers, behind it. customers: of the cell.
Suppressed cells (fewer than five customers, and those that would give them away by subtraction) bear no number, so the
frame may be shown to whoever may know figures of the whole book. Dimension and segment 'all' is the book."""

FINDINGS = Frame(
    "findings",
    key=("rule_id", "dimension", "segment"),
    columns=(
        column("rule_id", required=True),
        column("dimension", required=True),
        column("segment", required=True),
        column("metric", required=True),
        column("value", Kind.NUMBER, required=True),
        column("low", Kind.NUMBER, required=True),
        column("high", Kind.NUMBER, required=True),
        column("n", Kind.INTEGER, required=True),
        column("limit", Kind.NUMBER, required=True),
        Column("side", choices=("below", "above"), required=True),
        column("owner"),
        column("sentence", required=True),
    ),
)
"""Segments out of range: the whole interval lies beyond the limit. Made of shown cells only, so as free as SEGMENTS."""

ROLLUPS = Frame(
    "rollups",
    key=("customer_id",),
    columns=(
        CUSTOMER,
        Column("rule", choices=("worst_child", "revenue_weighted", "parent_only"), required=True),
        column("children", Kind.INTEGER, required=True),
        column("placed_members", Kind.INTEGER, required=True),
        column("is_top", Kind.BOOLEAN, required=True),
        column("loyalty", Kind.NUMBER),
        column("retention", Kind.NUMBER),
        Column("zone", choices=ZONES),
        column("rolled_loyalty", Kind.NUMBER),
        column("rolled_retention", Kind.NUMBER),
        Column("rolled_zone", choices=ZONES),
        column("revenue_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("family_revenue_amount", Kind.NUMBER, group=FieldGroup.MONEY),
    ),
)
"""One row per parent account: own scores, and beside them what the family says under `rule`. children: accounts below,
at any depth. is_top: nobody is above it; over these and the accounts without a family each customer counts once.
A roll-up tells of the children: show it only to audiences that hold the whole family (`families`)."""

FAMILIES = Frame(
    "families",
    key=("customer_id", "ancestor_id"),
    columns=(CUSTOMER, column("ancestor_id", required=True), column("depth", Kind.INTEGER, required=True)),
)
"""Every account and every account above it; depth 1 is the direct parent. Links of a circle are left out."""
