"""Frames of counted events: weekly counts, what is usual in the book, episodes that last."""

from __future__ import annotations

from contracts.frames import Frame, Kind
from contracts.results.columns import CUSTOMER, column

COUNTED_WEEKS = 40

COUNTS = Frame(
    "counts",
    key=("customer_id", "rule_id"),
    columns=(
        CUSTOMER,
        column("rule_id", required=True),
        *(column(f"n{ago:02d}", Kind.NUMBER, required=True) for ago in range(COUNTED_WEEKS)),
        *(column(f"v{ago:02d}", Kind.NUMBER) for ago in range(COUNTED_WEEKS)),
    ),
)
"""Rows per window of seven days, n00 the newest. v: for counts the exposure (systems installed, or 1; 0 before the
customer was ours); for a drift of a mean the week's mean, null without a row. Customers without a row have none."""

COUNT_NORMS = Frame(
    "count_norms",
    key=("rule_id",),
    columns=(
        column("rule_id", required=True),
        column("customers", Kind.INTEGER, required=True),
        column("covered", required=True),
        column("season", Kind.NUMBER, required=True),
        column("dispersion", Kind.NUMBER, required=True),
        column("spread", Kind.NUMBER),
    ),
)
"""What the whole book says, frozen per week. customers: how many are judged. covered: one sign per week, newest first,
1 where the book has any row. season: level of the last weeks against the baseline. dispersion: variance/mean, pooled.
spread: standard deviation of a customer's weekly mean about its own mean, pooled."""

WATCHED = Frame(
    "watched",
    key=("customer_id", "rule_id"),
    columns=(
        CUSTOMER,
        column("rule_id", required=True),
        column("event_id", required=True),
        column("began", required=True),
        column("quiet_weeks", Kind.INTEGER, required=True),
    ),
)
"""Episodes that have begun and are not yet left: one event each. began: the ISO week in which it was first seen."""
