"""Frames of measuring: facts of a customer, signals, norms."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import CUSTOMER, column
from contracts.words import Axis, FieldGroup, KpiTier

CUSTOMER_FACTS = Frame(
    "customer_facts",
    key=("customer_id",),
    columns=(
        CUSTOMER,
        column("name", required=True),
        column("tier"),
        column("region"),
        column("country"),
        column("industry"),
        column("product_line"),
        column("support_queue"),
        column("parent_id"),
        column("is_key_account", Kind.BOOLEAN),
        column("status", required=True),
        column("since_on", Kind.DAY),
        column("ended_on", Kind.DAY),
        column("revenue_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("original_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("original_currency", group=FieldGroup.MONEY),
        column("renewal_on", Kind.DAY),
        column("renewal_amount", Kind.NUMBER, group=FieldGroup.MONEY),
    ),
)
"""revenue_amount: yearly revenue in the workspace's currency; null when there is no rate (listed, never summed)."""

SIGNALS = Frame(
    "signals",
    key=("customer_id", "signal_id"),
    columns=(
        CUSTOMER,
        column("signal_id", required=True),
        column("value", Kind.NUMBER),
        column("n", Kind.NUMBER, required=True),
        column("variance", Kind.NUMBER),
        column("last_at", Kind.INSTANT),
        column("is_observed", Kind.BOOLEAN, required=True),
    ),
)
"""n: effective number of facts (Kish, under half-life weights); variance: of one fact; null value: not observed."""

NORMS = Frame(
    "norms",
    key=("signal_id", "segment"),
    columns=(
        column("signal_id", required=True),
        column("segment", required=True),
        column("mean", Kind.NUMBER),
        column("between_variance", Kind.NUMBER),
        column("within_variance", Kind.NUMBER),
        column("customers", Kind.INTEGER, required=True),
        column("reference_score", Kind.NUMBER),
    ),
)
"""What the book says of a signal: the prior of shrinkage, the reference of contributions. Frozen per week. segment: ""
for the whole book; a segment with enough customers has a row of its own, whose mean and variances are its prior."""

SIGNAL_WORDS = Frame(
    "signal_words",
    key=("signal_id",),
    columns=(
        column("signal_id", required=True),
        column("name", required=True),
        column("unit", required=True),
        Column("axis", choices=tuple(Axis), required=True),
        Column("tier", choices=tuple(KpiTier), required=True),
        column("sentence"),
        column("bad", Kind.NUMBER, required=True),
        column("good", Kind.NUMBER, required=True),
    ),
)
"""How a signal is said to people."""
