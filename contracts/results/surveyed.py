"""Frames of survey statistics."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import column
from contracts.words import Arrow

SURVEY_FIGURES = Frame(
    "survey_figures",
    key=("kind", "window_weeks", "dimension", "segment"),
    columns=(
        column("scope"),
        Column("kind", choices=("nps", "csat", "ces"), required=True),
        column("window_weeks", Kind.INTEGER, required=True),
        column("dimension", required=True),
        column("segment", required=True),
        column("customers", Kind.INTEGER, required=True),
        column("accounts", Kind.INTEGER, required=True),
        column("n", Kind.INTEGER, required=True),
        column("value", Kind.NUMBER),
        column("low", Kind.NUMBER),
        column("high", Kind.NUMBER),
        column("method", required=True),
        column("n_before", Kind.INTEGER, required=True),
        column("change", Kind.NUMBER),
        column("change_low", Kind.NUMBER),
        column("change_high", Kind.NUMBER),
        column("p_value", Kind.NUMBER),
        Column("arrow", choices=tuple(Arrow), required=True),
        column("invited", Kind.INTEGER),
        column("response_rate", Kind.SHARE),
        column("accounts_invited", Kind.INTEGER),
        column("account_response_rate", Kind.SHARE),
    ),
)
"""Aggregates of a whole book, or of one audience's rows: then `scope` is its id, and nobody else sees them.
value: NPS -100..100, CSAT percent, CES 1-7; null with too few answers or in a cell of too few customers, as `method`
says. customers: in the cell; accounts: of them with an answer that counts; n: answers, one per contact. change: against
the window of equal length before. Invitations are null when the source tells answers alone. Without customer_id: shown
whole, or made again from an audience's own rows."""
