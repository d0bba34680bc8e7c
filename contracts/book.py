"""A Book: everything one run knows about one week, before anybody's scope is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from contracts.frames import Column
from contracts.results import RESULTS
from contracts.tables import TABLES


@dataclass(frozen=True, slots=True)
class WeekFacts:
    """What is true of the whole week and may stand on every page. Free of customer rows.

    previous_week: what this week is compared with. last_pack: the week of the pack that the audience got last; None
    when it got none yet. retention_label: what the retention axis is when it is a probability, "" for the experts'
    index; retention_band: its dead-band, where that is its own. Targets: shares of a year's opening revenue to be
    kept, without and with growth.
    """

    week: str
    as_of: datetime
    time_zone: str
    organization: str
    currency: str
    run_name: str
    policy_label: str
    previous_week: str | None
    is_baseline: bool
    is_reconstructed: bool
    dead_band: float
    loyalty_line: float
    retention_line: float
    axis_notes: tuple[str, ...] = ()
    trust_notes: tuple[str, ...] = ()
    value_notes: tuple[str, ...] = ()
    expert_notes: tuple[str, ...] = ()
    case_statuses: tuple[str, ...] = ("open", "pending", "closed")
    feedback_days: int = 90
    last_pack: str | None = None
    retention_label: str = ""
    retention_band: float | None = None
    gross_target: float | None = None
    net_target: float | None = None

    @property
    def retention_noise(self) -> float:
        """The dead-band of the retention axis: a change inside it is no news."""
        return self.dead_band if self.retention_band is None else self.retention_band


@dataclass(frozen=True)
class Book:
    """Frames by name: canonical tables (as of the week) and results. `previous_placements`,
    `previous_contributions` are the last good week's, under the same contracts.
    """

    facts: WeekFacts
    frames: Mapping[str, pd.DataFrame]

    def frame(self, name: str) -> pd.DataFrame:
        return self.frames[name]


ALIASES = {
    "previous_placements": "placements",
    "previous_contributions": "contributions",
    "aged_signals": "signals",
}

# Frames without customer rows that every audience may read whole.
OPEN_FRAMES = frozenset(
    {
        "signal_words",
        "sources",
        "calendars",
        "model_card",
        "segment_values",
        "kpi_values",
        "kpi_links",
        "drivers",
        "links",
        "linkage_answers",
        "text_quality",
        "segments",
        "findings",
    }
)

# Figures of the whole book, small cells left out: for those who may see the whole book.
WHOLE_BOOK_FRAMES = frozenset({"segments", "findings"})

# Rows about a parent account that tell of the accounts below it.
FAMILY_FRAMES = frozenset({"rollups"})

# Rows about our own people: names of owners must be readable; levels and e-mails carry no customer.
PEOPLE_FRAMES = frozenset({"people"})


def columns_of(name: str) -> tuple[Column, ...]:
    """The contract columns of a frame of the book, canonical or computed; KeyError for a name nobody declared."""
    known = ALIASES.get(name, name)
    return RESULTS[known].columns if known in RESULTS else TABLES[known].columns
