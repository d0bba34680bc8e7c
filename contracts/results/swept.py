"""Frames of the threshold sensitivity. For the experts who own the lines, who see the whole book; no other audience."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import CUSTOMER, ZONES, column
from contracts.words import Axis, FieldGroup

PLACES = (*ZONES, "insufficient")
_AXIS = Column("axis", choices=tuple(Axis), required=True)
_SHIFT = column("shift", Kind.NUMBER, required=True)

SWEPT_ZONES = Frame(
    "swept_zones",
    key=("dimension", "segment", "axis", "shift", "zone"),
    columns=(
        column("dimension", required=True),
        column("segment", required=True),
        _AXIS,
        _SHIFT,
        column("line", Kind.NUMBER, required=True),
        Column("zone", choices=PLACES, required=True),
        column("customers", Kind.INTEGER, required=True),
        column("revenue_amount", Kind.NUMBER, required=True, group=FieldGroup.MONEY),
    ),
)
"""Customers and revenue per zone when the line of `axis` is moved by `shift` points; dimension 'all' is the book.
line: the default line so moved; lines per tier move with it."""

SWEPT_LINES = Frame(
    "swept_lines",
    key=("axis", "shift"),
    columns=(
        _AXIS,
        _SHIFT,
        column("line", Kind.NUMBER, required=True),
        column("flips", Kind.INTEGER, required=True),
        column("flip_revenue_amount", Kind.NUMBER, required=True, group=FieldGroup.MONEY),
        column("fence_share", Kind.SHARE, required=True),
        column("changes_per_account_year", Kind.NUMBER),
        column("alerts_per_week", Kind.NUMBER),
        column("owners", Kind.INTEGER, required=True),
        column("alerts_per_owner_week", Kind.NUMBER),
        column("busiest_owner_week", Kind.NUMBER),
        column("critical_per_owner", Kind.NUMBER),
        column("extra_critical_per_owner", Kind.NUMBER),
        column("extra_alerts_per_owner_week", Kind.NUMBER),
    ),
)
"""flips: customers in another zone than today's lines give. fence_share: placed customers whose score is within 1.96
standard errors of the moved line. changes, alerts (entries into Critical): over the weeks replayed; null for a single
week. alerts_per_owner_week: mean over owners; busiest: the most loaded owner. critical_per_owner: standing cases."""

SWEPT_GRID = Frame(
    "swept_grid",
    key=("loyalty_shift", "retention_shift", "zone"),
    columns=(
        column("loyalty_shift", Kind.NUMBER, required=True),
        column("retention_shift", Kind.NUMBER, required=True),
        column("loyalty_line", Kind.NUMBER, required=True),
        column("retention_line", Kind.NUMBER, required=True),
        Column("zone", choices=PLACES, required=True),
        column("customers", Kind.INTEGER, required=True),
        column("revenue_amount", Kind.NUMBER, required=True, group=FieldGroup.MONEY),
    ),
)
"""Both lines moved at once."""

SWEPT_FLIPS = Frame(
    "swept_flips",
    key=("customer_id", "axis", "shift"),
    columns=(
        CUSTOMER,
        _AXIS,
        _SHIFT,
        Column("from_zone", choices=ZONES, required=True),
        Column("to_zone", choices=ZONES, required=True),
        column("score", Kind.NUMBER, required=True),
        column("distance", Kind.NUMBER, required=True),
        column("revenue_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("lifetime_value_amount", Kind.NUMBER, group=FieldGroup.LIFETIME_VALUE),
    ),
)
"""The smallest shift in each direction that moves the customer, and where to; distance = score - its line of today."""

SWEPT_OUTCOMES = Frame(
    "swept_outcomes",
    key=("axis", "shift"),
    columns=(
        _AXIS,
        _SHIFT,
        column("line", Kind.NUMBER, required=True),
        column("customers", Kind.INTEGER, required=True),
        column("flagged", Kind.INTEGER, required=True),
        column("lost", Kind.INTEGER, required=True),
        column("hits", Kind.INTEGER, required=True),
        *(
            column(f"{name}{end}", Kind.NUMBER)
            for name in ("precision", "recall", "lift")
            for end in ("", "_low", "_high")
        ),
        column("lead_days", Kind.NUMBER),
        column("cost_amount", Kind.NUMBER, required=True, group=FieldGroup.MONEY),
        column("youden", Kind.NUMBER),
    ),
)
"""Critical then, against who left within the horizon since. Intervals: Wilson 95 %; lift is precision by the base rate,
whose own error is not in the interval. lead_days: median from the week judged to the loss, over the hits. youden:
TPR - FPR, shown and not adopted: it assumes equal costs at half the book lost."""

PROPOSED_LINES = Frame(
    "proposed_lines",
    key=("axis",),
    columns=(
        _AXIS,
        column("current", Kind.NUMBER, required=True),
        column("proposed", Kind.NUMBER, required=True),
        Column("basis", choices=("outcomes", "capacity"), required=True),
        column("cheapest", Kind.NUMBER),
        column("cheapest_low", Kind.NUMBER),
        column("cheapest_high", Kind.NUMBER),
        column("saving_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("saving_low_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("saving_high_amount", Kind.NUMBER, group=FieldGroup.MONEY),
        column("youden_line", Kind.NUMBER),
        column("sentence", required=True),
    ),
)
"""cheapest: where expected cost is least, with the middle 95 % of its bootstrap; saving: cost at the current line less
cost at the cheapest. The current line stays proposed while the saving's interval reaches 0."""

NUDGED_SIGNALS = Frame(
    "nudged_signals",
    key=("axis", "signal_id", "what"),
    columns=(
        _AXIS,
        column("signal_id", required=True),
        Column(
            "what", choices=("weight_down", "weight_up", "bad_down", "bad_up", "good_down", "good_up"), required=True
        ),
        column("customers", Kind.INTEGER, required=True),
        column("mean_change", Kind.NUMBER, required=True),
        column("largest_change", Kind.NUMBER, required=True),
        column("flips", Kind.INTEGER, required=True),
        column("flip_revenue_amount", Kind.NUMBER, required=True, group=FieldGroup.MONEY),
    ),
)
"""One weight times 1 -/+ nudge, or one anchor moved by -/+ nudge of the span between the two, all else as it is.
mean_change: mean absolute change of the axis' score. flips: customers whose raw zone changes."""

RANK_STABILITY = Frame(
    "rank_stability",
    key=("axis",),
    columns=(
        _AXIS,
        column("draws", Kind.INTEGER, required=True),
        column("concentration", Kind.NUMBER, required=True),
        column("customers", Kind.INTEGER, required=True),
        column("tau", Kind.NUMBER),
        column("tau_low", Kind.NUMBER),
        column("tau_high", Kind.NUMBER),
        column("stay_share", Kind.SHARE),
    ),
)
"""Weights drawn from a Dirichlet about those of the policy. tau: Kendall's between the ranking drawn and that of today,
median and middle 95 %. stay_share: mean chance of a placed customer to keep its raw zone."""

ZONE_STABILITY = Frame(
    "zone_stability",
    key=("customer_id",),
    columns=(CUSTOMER, Column("zone", choices=ZONES, required=True), column("stay_share", Kind.SHARE, required=True)),
)
"""Per placed customer: the share of draws (both axes at once) in which its raw zone stays what it is."""
