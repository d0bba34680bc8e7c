"""Frames of explaining: drivers of an answer, links between measures, and the questions they answer.

None of them holds a customer. Each row is of the whole book, rests on at least ten accounts, teams or agents
(`minimum_units`), and may be read by every audience.
"""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import column

DRIVERS = Frame(
    "drivers",
    key=("driver_id",),
    columns=(
        column("driver_id", required=True),
        column("name", required=True),
        column("outcome", required=True),
        column("share", Kind.SHARE),
        column("low", Kind.SHARE),
        column("high", Kind.SHARE),
        column("explained", Kind.SHARE),
        column("noise_floor", Kind.SHARE),
        column("p_top3", Kind.SHARE),
        column("slope", Kind.NUMBER),
        column("slope_low", Kind.NUMBER),
        column("slope_high", Kind.NUMBER),
        column("johnson_share", Kind.SHARE),
        column("first", Kind.SHARE),
        column("last", Kind.SHARE),
        column("performance", Kind.NUMBER),
        Column("quadrant", choices=("improve_first", "keep_up", "watch", "no_hurry")),
        Column("verdict", choices=("stands_out", "counts", "not_proven", "not_enough"), required=True),
        column("n", Kind.INTEGER, required=True),
        column("n_answers", Kind.INTEGER, required=True),
        column("coverage", Kind.SHARE, required=True),
        column("sentence", required=True),
    ),
)
"""One row per driver, strongest first. share: part of the explained variance (LMG), shares sum to 1; low, high: 95 %
bootstrap interval; explained: R2 of all drivers together; slope: points of the outcome per natural unit, all others
held; performance: 0 (bad anchor) to 100 (good anchor), mean over accounts; n: accounts."""

LINKS = Frame(
    "links",
    key=("link_id", "lag_weeks"),
    columns=(
        column("link_id", required=True),
        column("lag_weeks", Kind.INTEGER, required=True),
        column("question", required=True),
        Column("kind", choices=("financial", "operational", "constituency"), required=True),
        column("x", required=True),
        column("y", required=True),
        column("x_name", required=True),
        column("y_name", required=True),
        column("level", required=True),
        Column("compare", choices=("within", "between"), required=True),
        column("expected_sign", Kind.INTEGER, required=True),
        column("n_units", Kind.INTEGER, required=True),
        column("n_rows", Kind.INTEGER, required=True),
        column("n_accounts", Kind.INTEGER, required=True),
        column("pearson", Kind.NUMBER),
        column("pearson_low", Kind.NUMBER),
        column("pearson_high", Kind.NUMBER),
        column("spearman", Kind.NUMBER),
        column("spearman_low", Kind.NUMBER),
        column("spearman_high", Kind.NUMBER),
        column("slope", Kind.NUMBER),
        column("slope_low", Kind.NUMBER),
        column("slope_high", Kind.NUMBER),
        column("p_value", Kind.SHARE),
        column("q_value", Kind.SHARE),
        column("family_size", Kind.INTEGER, required=True),
        column("holdout_slope", Kind.NUMBER),
        column("holdout_low", Kind.NUMBER),
        column("holdout_high", Kind.NUMBER),
        column("holdout_rows", Kind.INTEGER, required=True),
        Column("shape", choices=("linear", "quadratic", "hinge")),
        column("knot", Kind.NUMBER),
        column("knot_low", Kind.NUMBER),
        column("knot_high", Kind.NUMBER),
        column("range_low", Kind.NUMBER),
        column("range_high", Kind.NUMBER),
        column("best_quarter", Kind.NUMBER),
        column("goal"),
        column("is_best_lag", Kind.BOOLEAN, required=True),
        Column("verdict", choices=("proven", "not_proven", "not_enough"), required=True),
        column("why"),
        column("sentence", required=True),
        column("caveat"),
        column("owner", required=True),
        column("action", required=True),
    ),
)
"""One row per declared hypothesis and lag. Estimates are of the training period; the hold-out is the newest weeks.
slope: change of y (its words) per natural unit of x; q_value: Benjamini-Hochberg over all rows tested. knot, range and
best_quarter are in units of x."""

LINKAGE_ANSWERS = Frame(
    "linkage_answers",
    key=("question",),
    columns=(
        column("question", required=True),
        column("words", required=True),
        Column("verdict", choices=("proven", "not_proven", "not_enough"), required=True),
        column("link_id"),
        column("lag_weeks", Kind.INTEGER),
        column("proven_links", Kind.INTEGER, required=True),
        column("tested_links", Kind.INTEGER, required=True),
        column("n_units", Kind.INTEGER),
        column("n_rows", Kind.INTEGER),
        column("slope", Kind.NUMBER),
        column("slope_low", Kind.NUMBER),
        column("slope_high", Kind.NUMBER),
        column("knot", Kind.NUMBER),
        column("goal"),
        column("sentence", required=True),
    ),
)
"""One row per named question, answered by its strongest link; `goal` proposes an operational goal in natural units."""

LINK_POINTS = Frame(
    "link_points",
    key=("link_id", "cell"),
    columns=(
        column("link_id", required=True),
        column("cell", Kind.INTEGER, required=True),
        column("x", Kind.NUMBER, required=True),
        column("y", Kind.NUMBER, required=True),
        column("low", Kind.NUMBER, required=True),
        column("high", Kind.NUMBER, required=True),
        column("n_rows", Kind.INTEGER, required=True),
        column("n_units", Kind.INTEGER, required=True),
    ),
)
"""A link as a picture: rows in cells by x, each with the mean of y and its 95 % interval, everything held fixed taken
out and the means put back. x in natural units. A cell rests on at least five units (accounts, teams, agents)."""
