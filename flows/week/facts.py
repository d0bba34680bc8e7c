"""What is true of the whole week and stands on every page: names, lines, notes on trust."""

from __future__ import annotations

import pandas as pd

from contracts.book import WeekFacts
from flows.inputs import Inputs
from flows.week.assess import Assessed


def week_facts(inputs: Inputs, assessed: Assessed, sources: pd.DataFrame) -> WeekFacts:
    thresholds = assessed.policy.thresholds
    return WeekFacts(
        week=inputs.week,
        as_of=inputs.instant,
        time_zone=inputs.time_zone,
        organization=inputs.organization,
        currency=inputs.currency,
        run_name=inputs.run_name,
        policy_label=f"v{inputs.policy_sequence}",
        previous_week=inputs.previous[0] if inputs.previous else None,
        is_baseline=inputs.is_baseline,
        is_reconstructed=inputs.is_reconstructed,
        dead_band=thresholds.dead_band,
        loyalty_line=thresholds.lines.loyalty,
        retention_line=thresholds.lines.retention,
        case_statuses=tuple(dict.fromkeys(s for t in assessed.policy.case_templates for s in t.statuses)),
        feedback_days=assessed.policy.casework.ask_feedback_after_days,
        axis_notes=assessed.axis_notes,
        trust_notes=tuple(_source_notes(sources)) + assessed.trust_notes,
        retention_label=assessed.retention_label,
        retention_band=thresholds.retention_dead_band,
        value_notes=assessed.value_notes,
        expert_notes=assessed.expert_notes,
        gross_target=assessed.policy.targets.retention.gross_revenue,
        net_target=assessed.policy.targets.retention.net_revenue,
    )


def _source_notes(sources: pd.DataFrame) -> list[str]:
    """One sentence per source that is not fresh; a gap is never hidden behind a zero."""
    notes = []
    for row in sources.to_dict("records"):
        if row["state"] in {"stale", "carried"}:
            notes.append(f"{row['source']}: {row['age_days']:.0f} days old (limit {row['limit_days']:.0f}).")
        elif row["state"] in {"absent", "refused", "held"}:
            notes.append(f"{row['source']}: {row['message'] or row['state']}.")
    return notes
