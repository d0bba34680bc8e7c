"""Frames of predicting: what is said of each customer's leaving, and the card of the model that says it."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import CUSTOMER, column

PREDICTIONS = Frame(
    "predictions",
    key=("customer_id",),
    columns=(
        CUSTOMER,
        column("version", required=True),
        column("horizon_days", Kind.INTEGER, required=True),
        column("probability", Kind.SHARE),
        column("why_up"),
        column("why_down"),
    ),
)
"""The adopted model's word on each active customer: probability of leaving within the horizon, and up to three
reasons each way, strongest first. No rows, and so no probability, while the axis is the index."""

CARD_SECTIONS = (
    "verdict",
    "period",
    "minimums",
    "metrics",
    "features",
    "refused",
    "calibration",
    "lines",
    "drift",
    "limits",
)

MODEL_CARD = Frame(
    "model_card",
    key=("position",),
    columns=(
        column("position", Kind.INTEGER, required=True),
        Column("section", choices=CARD_SECTIONS, required=True),
        column("item", required=True),
        column("value", Kind.NUMBER),
        column("n", Kind.INTEGER),
        column("low", Kind.NUMBER),
        column("high", Kind.NUMBER),
        column("words"),
    ),
)
"""What a reader must know of the model, in the order to print it. A figure has value, n and its 95 % interval; a
statement has words. About the whole book, never about a cell of fewer than 5 customers: everybody may read it."""
