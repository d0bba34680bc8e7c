"""Frames of the customer-experience programme: what was observed, quarter by quarter, and what is said of it."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import column
from contracts.rules.programme import PRACTICES, Component

_PRACTICE = Column("practice", choices=tuple(PRACTICES), required=True)
_COMPONENT = Column("component", choices=tuple(Component), required=True)

PROGRAMME_OBSERVED = Frame(
    "programme_observed",
    key=(),
    columns=(
        _PRACTICE,
        column("at", Kind.INSTANT, required=True),
        column("done", Kind.INTEGER, required=True),
        column("of", Kind.INTEGER, required=True),
    ),
)
"""What the system's records tell of a practice at an instant: `done` of `of` things. No customer is named."""

PROGRAMME_QUARTERS = Frame(
    "programme_quarters",
    key=("practice", "quarter"),
    columns=(
        _COMPONENT,
        _PRACTICE,
        column("quarter", required=True),
        column("done", Kind.INTEGER, required=True),
        column("of", Kind.INTEGER, required=True),
        column("share", Kind.SHARE),
    ),
)
"""Every practice in every quarter shown, such as 2026-Q4 in the workspace's time zone; share is null where fewer than
`least` things were observed.
"""

PROGRAMME_PRACTICES = Frame(
    "programme_practices",
    key=("practice",),
    columns=(
        _COMPONENT,
        _PRACTICE,
        column("quarter"),
        column("done", Kind.INTEGER, required=True),
        column("of", Kind.INTEGER, required=True),
        column("share", Kind.SHARE),
        column("goal", Kind.SHARE, required=True),
        Column("measured", choices=("none", "partly", "done", "unknown"), required=True),
        Column("rated", choices=("none", "partly", "done")),
        Column("verdict", choices=("agrees", "contradicted", "not rated", "not measured"), required=True),
    ),
)
"""One row per practice, by the newest quarter that measures it (`quarter`; null where none does). measured: `done` from
the goal on, `none` where nothing was done, else `partly`; verdict: `contradicted` where the company rates it otherwise.
"""
