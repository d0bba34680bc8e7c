"""Frames that the rooms compute and hand on: measured, scored, placed, compared, decided."""

from __future__ import annotations

from contracts.frames import Frame
from contracts.results.acted import ACTIONS, CASES, EVENTS
from contracts.results.admitted import QUARANTINE, SOURCES
from contracts.results.measured import CUSTOMER_FACTS, NORMS, SIGNAL_WORDS, SIGNALS
from contracts.results.placed import CHANGES, CONTRIBUTIONS, HISTORY, PLACEMENTS, SCORES, TRANSITIONS
from contracts.results.predicted import MODEL_CARD, PREDICTIONS
from contracts.results.valued import KPI_LINKS, KPI_VALUES, LIFETIME_VALUES, SEGMENT_VALUES
from contracts.results.voiced import CALLS, COMMENT_ASPECTS, COMMENTS, EMERGING_TERMS, TEXT_QUALITY, THEMES

RESULTS: dict[str, Frame] = {
    frame.name: frame
    for frame in (
        CUSTOMER_FACTS,
        SIGNALS,
        NORMS,
        SIGNAL_WORDS,
        SCORES,
        CONTRIBUTIONS,
        CHANGES,
        PLACEMENTS,
        TRANSITIONS,
        HISTORY,
        EVENTS,
        CASES,
        ACTIONS,
        SOURCES,
        QUARANTINE,
        LIFETIME_VALUES,
        SEGMENT_VALUES,
        KPI_VALUES,
        KPI_LINKS,
        PREDICTIONS,
        MODEL_CARD,
        COMMENTS,
        COMMENT_ASPECTS,
        CALLS,
        THEMES,
        EMERGING_TERMS,
        TEXT_QUALITY,
    )
}

__all__ = [
    "ACTIONS",
    "CALLS",
    "CASES",
    "CHANGES",
    "COMMENTS",
    "COMMENT_ASPECTS",
    "CONTRIBUTIONS",
    "CUSTOMER_FACTS",
    "EMERGING_TERMS",
    "EVENTS",
    "HISTORY",
    "KPI_LINKS",
    "KPI_VALUES",
    "LIFETIME_VALUES",
    "MODEL_CARD",
    "NORMS",
    "PLACEMENTS",
    "PREDICTIONS",
    "QUARANTINE",
    "RESULTS",
    "SCORES",
    "SEGMENT_VALUES",
    "SIGNALS",
    "SIGNAL_WORDS",
    "SOURCES",
    "TEXT_QUALITY",
    "THEMES",
    "TRANSITIONS",
]
