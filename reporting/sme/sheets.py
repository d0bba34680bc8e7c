"""Which sheets the experts' workbook has, and which columns of which frame each shows."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.workbook.cells import Look

Column = tuple[str, str, Look, float]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One frame as a sheet: its table's name is the frame's. Columns: of the frame, header, look, width."""

    title: str
    frame: str
    says: str
    columns: tuple[Column, ...]


_AXIS: Column = ("axis", "Axis", "text", 11)
_SHIFT: Column = ("shift", "Moved by", "change", 9)
_LINE: Column = ("line", "Line", "score", 8)
_ACCOUNT: Column = ("name", "Account", "wrapped", 34)
_ID: Column = ("customer_id", "Account id", "text", 14)
_TRIAL: Column = ("trial", "Lines tried", "text", 14)
_REVENUE: Column = ("revenue_amount", "Yearly revenue", "money", 15)
CONTENTS = (
    Sheet(
        "Proposed lines",
        "proposed_lines",
        "Which lines are proposed, on which basis, and what they would save.",
        (
            _AXIS,
            ("current", "Now", "score", 8),
            ("proposed", "Proposed", "score", 10),
            ("basis", "Basis", "text", 12),
            ("cheapest", "Lowest cost at", "score", 10),
            ("cheapest_low", "from (95 %)", "score", 10),
            ("cheapest_high", "to (95 %)", "score", 10),
            ("saving_amount", "Saves", "money", 12),
            ("saving_low_amount", "from (95 %)", "money", 12),
            ("saving_high_amount", "to (95 %)", "money", 12),
            ("youden_line", "Youden's J, not adopted", "score", 12),
            ("sentence", "In words", "wrapped", 80),
        ),
    ),
    Sheet(
        "Who flips when proposed",
        "tried_flips",
        "Everybody who stands elsewhere under the lines tried.",
        (
            _ACCOUNT,
            _TRIAL,
            ("from_zone", "From zone", "text", 16),
            ("to_zone", "To zone", "text", 16),
            ("loyalty", "Loyalty", "score", 9),
            ("retention", "Retention", "score", 10),
            _REVENUE,
            ("owner", "Owner", "text", 24),
            _ID,
        ),
    ),
    Sheet(
        "First step that moves",
        "swept_flips",
        "Per account the smallest move of each line that changes its zone.",
        (
            _ACCOUNT,
            _AXIS,
            _SHIFT,
            ("from_zone", "From zone", "text", 16),
            ("to_zone", "To zone", "text", 16),
            ("score", "Score", "score", 8),
            ("distance", "Above the line", "change", 9),
            _REVENUE,
            ("lifetime_value_amount", "Lifetime value", "money", 15),
            _ID,
        ),
    ),
    Sheet(
        "Lines tried",
        "tried_lines",
        "Each pair of lines tried, replayed with dead-band and confirmation.",
        (
            _TRIAL,
            ("loyalty_line", "Loyalty line", "score", 9),
            ("retention_line", "Retention line", "score", 10),
            ("flips", "Flips", "number", 8),
            ("flip_revenue_amount", "Their revenue", "money", 15),
            ("critical", "In Critical", "number", 10),
            ("alerts_per_week", "Alerts a week", "rate", 10),
            ("changes_per_account_year", "Changes per account and year", "rate", 14),
        ),
    ),
    Sheet(
        "Owners",
        "tried_load",
        "Per owner: accounts in Critical, and alerts a week over the weeks replayed.",
        (
            ("owner", "Owner", "text", 26),
            _TRIAL,
            ("critical", "In Critical", "number", 10),
            ("alerts_per_week", "Alerts a week", "rate", 10),
        ),
    ),
    Sheet(
        "Stability",
        "tried_bands",
        "Changes of zone per account and year under other dead-bands.",
        (
            _TRIAL,
            ("dead_band", "Dead-band", "score", 10),
            ("changes_per_account_year", "Changes per account and year", "rate", 14),
        ),
    ),
    Sheet(
        "Tiers and units",
        "tried_zones",
        "Accounts and revenue per zone for each segment under each pair of lines.",
        (
            ("segment", "Segment", "text", 28),
            ("dimension", "Kind", "text", 16),
            _TRIAL,
            ("zone", "Zone", "text", 16),
            ("customers", "Accounts", "number", 10),
            _REVENUE,
        ),
    ),
    Sheet(
        "Line by line",
        "swept_lines",
        "Every position of each line: flips, fence, alerts, accounts per owner.",
        (
            _AXIS,
            _SHIFT,
            _LINE,
            ("flips", "Flips", "number", 8),
            ("flip_revenue_amount", "Their revenue", "money", 15),
            ("fence_share", "On the fence", "share", 9),
            ("changes_per_account_year", "Changes per account and year", "rate", 14),
            ("alerts_per_week", "Alerts a week", "rate", 10),
            ("owners", "Owners", "number", 9),
            ("alerts_per_owner_week", "Alerts per owner and week", "rate", 12),
            ("busiest_owner_week", "Busiest owner a week", "rate", 12),
            ("critical_per_owner", "In Critical per owner", "rate", 12),
            ("extra_critical_per_owner", "More per owner than now", "rate", 12),
            ("extra_alerts_per_owner_week", "More alerts per owner and week", "rate", 12),
        ),
    ),
    Sheet(
        "Zones by line",
        "swept_zones",
        "Accounts and revenue per zone and segment at every position.",
        (
            _AXIS,
            _SHIFT,
            _LINE,
            ("segment", "Segment", "text", 28),
            ("dimension", "Kind", "text", 16),
            ("zone", "Zone", "text", 16),
            ("customers", "Accounts", "number", 10),
            _REVENUE,
        ),
    ),
    Sheet(
        "Both lines",
        "swept_grid",
        "The map: accounts and revenue per zone for each pair of lines.",
        (
            ("loyalty_line", "Loyalty line", "score", 9),
            ("retention_line", "Retention line", "score", 10),
            ("zone", "Zone", "text", 16),
            ("customers", "Accounts", "number", 10),
            _REVENUE,
        ),
    ),
    Sheet(
        "Back-test",
        "swept_outcomes",
        "Critical then against who left since; intervals are Wilson 95 %.",
        (
            _AXIS,
            _SHIFT,
            _LINE,
            ("customers", "Accounts", "number", 10),
            ("flagged", "Flagged", "number", 9),
            ("lost", "Left", "number", 8),
            ("hits", "Flagged and left", "number", 9),
            ("recall", "Recall", "share", 9),
            ("recall_low", "from", "share", 8),
            ("recall_high", "to", "share", 8),
            ("precision", "Precision", "share", 9),
            ("precision_low", "from", "share", 8),
            ("precision_high", "to", "share", 8),
            ("lift", "Lift", "score", 8),
            ("lift_low", "from", "score", 8),
            ("lift_high", "to", "score", 8),
            ("lead_days", "Median lead, days", "number", 9),
            ("cost_amount", "Expected cost", "money", 13),
            ("youden", "Youden's J, not adopted", "rate", 11),
        ),
    ),
    Sheet(
        "Signals",
        "nudged_signals",
        "One weight or anchor moved at a time, all else as it is.",
        (
            ("signal", "Signal", "wrapped", 38),
            _AXIS,
            ("what", "Moved", "text", 14),
            ("mean_change", "Mean change of score", "rate", 12),
            ("largest_change", "Largest", "rate", 10),
            ("flips", "Flips", "number", 8),
            ("flip_revenue_amount", "Their revenue", "money", 15),
        ),
    ),
    Sheet(
        "All weights",
        "rank_stability",
        "All weights drawn anew: do ranks and zones stay?",
        (
            _AXIS,
            ("draws", "Draws", "number", 8),
            ("concentration", "Concentration", "number", 13),
            ("customers", "Accounts", "number", 10),
            ("tau", "Kendall's tau", "rate", 10),
            ("tau_low", "from (95 %)", "rate", 10),
            ("tau_high", "to (95 %)", "rate", 10),
            ("stay_share", "Keep their zone", "share", 10),
        ),
    ),
    Sheet(
        "Least sure zones",
        "zone_stability",
        "Per account the share of draws in which its zone stays.",
        (
            _ACCOUNT,
            ("zone", "Zone", "text", 16),
            ("stay_share", "Keeps its zone", "share", 10),
            _ID,
        ),
    ),
    Sheet(
        "Playbooks",
        "playbook_use",
        "Owner, review, use of each playbook.",
        (
            ("name", "Playbook", "wrapped", 32),
            ("owner", "Owner", "wrapped", 28),
            ("review_by", "Review by", "day", 12),
            ("overdue_days", "Days overdue", "number", 9),
            ("suggested", "Suggested to", "number", 10),
            ("cases", "Cases", "number", 8),
            ("steps_done", "Steps done", "number", 8),
            ("steps_skipped", "Steps skipped", "number", 9),
            ("playbook_id", "Playbook id", "text", 22),
        ),
    ),
    Sheet(
        "Playbook steps",
        "playbook_steps",
        "What teams made of each step, over all accounts.",
        (
            ("playbook", "Playbook", "wrapped", 32),
            ("step", "Step", "number", 7),
            ("action", "What it says", "wrapped", 80),
            ("done", "Done", "number", 8),
            ("skipped", "Skipped", "number", 9),
        ),
    ),
    Sheet(
        "Effect of playbooks",
        "effects",
        "Cases against comparable accounts without one; 95 % intervals.",
        (
            ("playbook", "Playbook", "wrapped", 32),
            _AXIS,
            ("verdict", "Verdict", "text", 24),
            ("effect", "Effect", "change", 9),
            ("low", "from", "change", 8),
            ("high", "to", "change", 8),
            ("n_treated", "Cases", "number", 8),
            ("n_control", "Comparable", "number", 11),
            ("sentence", "In words", "wrapped", 80),
        ),
    ),
)
