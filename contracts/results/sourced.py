"""Frames for whoever owns a source: how its columns drifted, and what its absence would do to scores."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import column
from contracts.words import Axis

COLUMN_DRIFT = Frame(
    "column_drift",
    key=("table", "column"),
    columns=(
        column("table", required=True),
        column("column", required=True),
        column("n_now", Kind.INTEGER, required=True),
        column("n_before", Kind.INTEGER, required=True),
        column("missing_now", Kind.SHARE),
        column("missing_before", Kind.SHARE),
        column("psi", Kind.NUMBER),
        Column("verdict", choices=("steady", "moved", "drifted", "too few"), required=True),
    ),
)
"""psi: population stability index of the column's values, what is missing being a value of its own; null for free text,
of which only the missing share is compared. No value is shown, so no customer is named.
"""

SOURCE_EFFECT = Frame(
    "source_effect",
    key=("axis",),
    columns=(
        Column("axis", choices=tuple(Axis), required=True),
        column("signals", Kind.INTEGER, required=True),
        column("customers", Kind.INTEGER, required=True),
        column("weight_share", Kind.SHARE),
        column("mean_move", Kind.NUMBER),
        column("largest_move", Kind.NUMBER),
        column("unjudged", Kind.INTEGER, required=True),
        column("crossing", Kind.INTEGER, required=True),
    ),
)
"""What one source carries: customers with a signal of it, its mean share of their score's weight, and how far the score
would move (points, 0-100) if its data were absent and the other signals stood alone. unjudged: customers with nothing
else to judge by; crossing: those whose score would come to lie on the other side of their line.
"""
