"""Frames of the review of playbooks: who owns them, whether anybody uses them. For the experts; no other audience."""

from __future__ import annotations

from contracts.frames import Frame, Kind
from contracts.results.columns import column

PLAYBOOK_USE = Frame(
    "playbook_use",
    key=("playbook_id",),
    columns=(
        column("playbook_id", required=True),
        column("name", required=True),
        column("owner", required=True),
        column("review_by", Kind.DAY, required=True),
        column("overdue_days", Kind.INTEGER, required=True),
        column("suggested", Kind.INTEGER, required=True),
        column("cases", Kind.INTEGER, required=True),
        column("steps_done", Kind.INTEGER, required=True),
        column("steps_skipped", Kind.INTEGER, required=True),
    ),
)
"""suggested: customers to whom a step of it is suggested this week. cases, steps: of all time. overdue_days: 0 until
the day after review_by."""

PLAYBOOK_STEPS = Frame(
    "playbook_steps",
    key=("playbook_id", "step"),
    columns=(
        column("playbook_id", required=True),
        column("step", Kind.INTEGER, required=True),
        column("action", required=True),
        column("done", Kind.INTEGER, required=True),
        column("skipped", Kind.INTEGER, required=True),
    ),
)
"""Steps that teams decided about, over all customers; `action` as the playbook says it."""
