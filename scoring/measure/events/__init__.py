"""What hurt loyalty: rows and dates (rows), counts above what is usual (spikes), slow drifts (drifts)."""

from __future__ import annotations

from scoring.measure.events.counting import weekly_counts
from scoring.measure.events.found import Counted, counted_events
from scoring.measure.events.rows import find_events
from scoring.measure.events.usual import count_norms

__all__ = ["Counted", "count_norms", "counted_events", "find_events", "weekly_counts"]
