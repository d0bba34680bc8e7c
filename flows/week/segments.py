"""Segments of the week and parent accounts: figures, findings, roll-ups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from contracts.rules import Policy
from contracts.words import CustomerStatus
from scoring.measure.segments import segment_figures, segment_members
from scoring.measure.surveys import survey_figures
from scoring.place.parents import roll_up


@dataclass(frozen=True, slots=True)
class SegmentsOfWeek:
    """Frames by name: segments, findings, rollups, families; and sentences for the data-trust page."""

    frames: dict[str, pd.DataFrame]
    notes: tuple[str, ...]


def divide(
    frames: Mapping[str, pd.DataFrame], policy: Policy, *, as_of: datetime, surveys: pd.DataFrame | None = None
) -> SegmentsOfWeek:
    """The judged week by segment.

    Args:
        frames: placements, customer_facts, contributions, assignments, people of the week.
        policy: `segments`, lines, survey windows.
        as_of: instant of the week, exclusive.
        surveys: canonical `surveys` of all buckets as of the week; None: no answers are pooled.
    """
    facts, placements, rules = frames["customer_facts"], frames["placements"], policy.segments
    members = segment_members(facts, frames["assignments"], frames["people"], rules.dimensions)
    pooled = None
    if surveys is not None:
        present = facts.loc[facts["status"] != CustomerStatus.LEFT.value, "customer_id"].tolist()
        windows = policy.surveys.model_copy(update={"windows_weeks": [rules.survey_weeks]})
        pooled = survey_figures(surveys, as_of=as_of, rules=windows, customers=present, members=members)
    found = segment_figures(placements, frames["contributions"], members, rules, surveys=pooled)
    rolled = roll_up(placements, facts, rules.parents, policy.thresholds)
    return SegmentsOfWeek(
        {
            "segments": found.segments,
            "findings": found.findings,
            "rollups": rolled.rollups,
            "families": rolled.families,
        },
        rolled.notes,
    )
