"""Frames that the rooms compute and hand on: measured, scored, placed, compared, decided."""

from __future__ import annotations

from contracts.frames import Frame
from contracts.results.acted import ACTION_STATUS, ACTIONS, CASES, EVENTS, GOAL_REPLAY, SEGMENT_CASES
from contracts.results.admitted import QUARANTINE, SOURCES
from contracts.results.counted import COUNT_NORMS, COUNTS, WATCHED
from contracts.results.linked import DRIVERS, LINKAGE_ANSWERS, LINKS
from contracts.results.measured import CUSTOMER_FACTS, NORMS, SIGNAL_WORDS, SIGNALS
from contracts.results.placed import CHANGES, CONTRIBUTIONS, HISTORY, PLACEMENTS, SCORES, TRANSITIONS
from contracts.results.predicted import MODEL_CARD, PREDICTIONS
from contracts.results.segmented import FAMILIES, FINDINGS, ROLLUPS, SEGMENTS
from contracts.results.surveyed import SURVEY_FIGURES
from contracts.results.swept import (
    NUDGED_SIGNALS,
    PROPOSED_LINES,
    RANK_STABILITY,
    SWEPT_FLIPS,
    SWEPT_GRID,
    SWEPT_LINES,
    SWEPT_OUTCOMES,
    SWEPT_ZONES,
    ZONE_STABILITY,
)
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
        COUNTS,
        COUNT_NORMS,
        WATCHED,
        CASES,
        SEGMENT_CASES,
        ACTIONS,
        ACTION_STATUS,
        GOAL_REPLAY,
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
        DRIVERS,
        LINKS,
        LINKAGE_ANSWERS,
        SURVEY_FIGURES,
        SEGMENTS,
        FINDINGS,
        ROLLUPS,
        FAMILIES,
        SWEPT_ZONES,
        SWEPT_LINES,
        SWEPT_GRID,
        SWEPT_FLIPS,
        SWEPT_OUTCOMES,
        PROPOSED_LINES,
        NUDGED_SIGNALS,
        RANK_STABILITY,
        ZONE_STABILITY,
    )
}

__all__ = [
    "ACTIONS",
    "ACTION_STATUS",
    "CALLS",
    "CASES",
    "CHANGES",
    "COMMENTS",
    "COMMENT_ASPECTS",
    "CONTRIBUTIONS",
    "COUNTS",
    "COUNT_NORMS",
    "CUSTOMER_FACTS",
    "DRIVERS",
    "EMERGING_TERMS",
    "EVENTS",
    "FAMILIES",
    "FINDINGS",
    "GOAL_REPLAY",
    "HISTORY",
    "KPI_LINKS",
    "KPI_VALUES",
    "LIFETIME_VALUES",
    "LINKAGE_ANSWERS",
    "LINKS",
    "MODEL_CARD",
    "NORMS",
    "NUDGED_SIGNALS",
    "PLACEMENTS",
    "PREDICTIONS",
    "PROPOSED_LINES",
    "QUARANTINE",
    "RANK_STABILITY",
    "RESULTS",
    "ROLLUPS",
    "SCORES",
    "SEGMENTS",
    "SEGMENT_CASES",
    "SEGMENT_VALUES",
    "SIGNALS",
    "SIGNAL_WORDS",
    "SOURCES",
    "SURVEY_FIGURES",
    "SWEPT_FLIPS",
    "SWEPT_GRID",
    "SWEPT_LINES",
    "SWEPT_OUTCOMES",
    "SWEPT_ZONES",
    "TEXT_QUALITY",
    "THEMES",
    "TRANSITIONS",
    "WATCHED",
    "ZONE_STABILITY",
]
