"""Frames that the rooms compute and hand on: measured, scored, placed, compared, decided."""

from __future__ import annotations

from contracts.frames import Frame
from contracts.results.acted import ACTIONS, CASES, EVENTS
from contracts.results.admitted import QUARANTINE, SOURCES
from contracts.results.measured import CUSTOMER_FACTS, NORMS, SIGNAL_WORDS, SIGNALS
from contracts.results.placed import CONTRIBUTIONS, HISTORY, PLACEMENTS, SCORES, TRANSITIONS

RESULTS: dict[str, Frame] = {
    frame.name: frame
    for frame in (
        CUSTOMER_FACTS,
        SIGNALS,
        NORMS,
        SIGNAL_WORDS,
        SCORES,
        CONTRIBUTIONS,
        PLACEMENTS,
        TRANSITIONS,
        HISTORY,
        EVENTS,
        CASES,
        ACTIONS,
        SOURCES,
        QUARANTINE,
    )
}

__all__ = [
    "ACTIONS",
    "CASES",
    "CONTRIBUTIONS",
    "CUSTOMER_FACTS",
    "EVENTS",
    "HISTORY",
    "NORMS",
    "PLACEMENTS",
    "QUARANTINE",
    "RESULTS",
    "SCORES",
    "SIGNALS",
    "SIGNAL_WORDS",
    "SOURCES",
    "TRANSITIONS",
]
