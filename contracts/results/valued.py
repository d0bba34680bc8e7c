"""Frames of lifetime value: per customer, per segment, and what a step of a KPI is worth.

SEGMENT_VALUES, KPI_VALUES and KPI_LINKS hold no customer: they are sums over at least five customers, or nothing.
"""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import CUSTOMER, column
from contracts.words import BusinessUnit, FieldGroup

BASES = ("margin", "revenue")
VERDICTS = ("proven", "not proven", "not enough observations")

_VALUE = FieldGroup.LIFETIME_VALUE
_AMOUNTS = (
    column("value_amount", Kind.NUMBER, group=_VALUE),
    column("low", Kind.NUMBER, group=_VALUE),
    column("high", Kind.NUMBER, group=_VALUE),
)

LIFETIME_VALUES = Frame(
    "lifetime_values",
    key=("customer_id",),
    columns=(
        CUSTOMER,
        *_AMOUNTS,
        Column("basis", choices=BASES, group=_VALUE),
        column("horizon_months", Kind.INTEGER, required=True),
        column("sensitivity_amount", Kind.NUMBER, group=_VALUE),
        column("why_missing", group=_VALUE),
    ),
)
"""Every customer once, in the workspace's currency. basis `revenue`: the margin is not known, say "discounted revenue".
low, high: 95 % interval of the expected value, from the uncertainty of retention. sensitivity_amount: change of value
per unit of log-odds of renewing, the key by which a KPI's value is shared out (see KPI_VALUES)."""

SEGMENT_VALUES = Frame(
    "segment_values",
    key=("dimension", "segment", "basis"),
    columns=(
        column("dimension", required=True),
        column("segment", required=True),
        Column("basis", choices=BASES, required=True),
        column("customers", Kind.INTEGER),
        column("missing", Kind.INTEGER),
        *_AMOUNTS,
        column("why_missing"),
    ),
)
"""dimension `all` is the book. Margins and revenues are never added together. customers, missing: active customers
with and without a value on that basis. Null figures: under five customers, or a cell that would betray such a one."""

KPI_VALUES = Frame(
    "kpi_values",
    key=("signal_id",),
    columns=(
        column("signal_id", required=True),
        column("unit", required=True),
        column("step", Kind.NUMBER),
        column("goal", Kind.NUMBER),
        Column("business_unit", choices=tuple(BusinessUnit)),
        *_AMOUNTS,
        Column("basis", choices=BASES, group=_VALUE),
        column("customers", Kind.INTEGER),
        column("sensitivity_amount", Kind.NUMBER, group=_VALUE),
        Column("verdict", choices=VERDICTS, required=True),
        column("sentence", required=True, group=_VALUE),
    ),
)
"""Value of one `step` for all `customers` of the book together. The part of some customers is
value_amount x sum(their sensitivity_amount) / sensitivity_amount, low and high alike; parts add up to the whole."""

KPI_LINKS = Frame(
    "kpi_links",
    key=("signal_id", "position"),
    columns=(
        column("signal_id", required=True),
        column("position", Kind.INTEGER, required=True),
        column("from_id", required=True),
        column("to_id", required=True),
        column("slope", Kind.NUMBER),
        column("low", Kind.NUMBER),
        column("high", Kind.NUMBER),
        column("customers", Kind.INTEGER, required=True),
        column("events", Kind.INTEGER),
    ),
)
"""The chain link by link: change of `to_id` per unit of `from_id` with 95 % interval. to_id `retention`: log-odds of
staying; events: customers who left."""
