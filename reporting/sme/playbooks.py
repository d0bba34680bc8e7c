"""The review of playbooks: overdue, unused, steps nobody takes, and what each is known to change."""

from __future__ import annotations

from types import SimpleNamespace

from reporting import formats
from reporting.reading import calendar_day
from reporting.sme.material import Material
from reporting.sme.models import PlaybookLine, Playbooks

_FEWEST = 3
"""So many teams must have decided about a step before "always skipped" is said."""


def playbooks(of: Material) -> Playbooks:
    """Every playbook of the policy: the overdue first, then those due next."""
    use = sorted(of.rows("playbook_use"), key=lambda row: (-row.overdue_days, row.review_by, row.playbook_id))
    effects: dict[str, list[SimpleNamespace]] = {}
    for row in of.rows("effects"):
        effects.setdefault(row.playbook_id, []).append(row)
    late = [row for row in use if row.overdue_days]
    unused = [row for row in use if not (row.cases or row.steps_done or row.steps_skipped)]
    names = {row.playbook_id: row.name for row in use}
    skipped = [row for row in of.rows("playbook_steps") if row.done == 0 and row.skipped >= _FEWEST]
    return Playbooks(
        title=(
            f"{formats.capital(formats.counted(len(late), 'playbook'))} overdue for review"
            if late
            else "No playbook is overdue for review"
        ),
        sentences=_sentences(late, unused, skipped, use),
        rows=tuple(_line(row, effects.get(row.playbook_id, [])) for row in use),
        skipped=tuple(
            (names.get(row.playbook_id, row.playbook_id), f"{row.step}. {row.action}", formats.number(row.skipped))
            for row in skipped
        ),
    )


def _sentences(
    late: list[SimpleNamespace],
    unused: list[SimpleNamespace],
    skipped: list[SimpleNamespace],
    use: list[SimpleNamespace],
) -> tuple[str, ...]:
    made = [
        f"{row.name}: {row.owner or 'nobody'} owes the review since {formats.day_year(calendar_day(row.review_by))} "
        f"({formats.figures(row.overdue_days, 'day')})."
        for row in late
    ]
    if unused:
        idle = [row.name for row in unused if not row.suggested]
        ignored = [row.name for row in unused if row.suggested]
        if ignored:
            made.append(
                f"Suggested this week, but no case names it and no step was ever touched: {formats.listed(ignored)}."
            )
        if idle:
            made.append(f"Never used and suggested to nobody this week: {formats.listed(idle)}.")
    elif use:
        made.append("Every playbook has been used.")
    decided = sum(row.steps_done + row.steps_skipped for row in use)
    if not skipped:
        made.append(
            "No step is always skipped."
            if decided
            else "No team has marked a step as done or skipped yet, so nothing is said about skipped steps."
        )
    return tuple(made)


def _line(row: SimpleNamespace, effects: list[SimpleNamespace]) -> PlaybookLine:
    due = formats.day_year(calendar_day(row.review_by))
    state, tone = ("overdue", "bad") if row.overdue_days else ("current", "flat")
    decided = row.steps_done + row.steps_skipped
    return PlaybookLine(
        name=row.name,
        owner=row.owner or "nobody",
        review_by=due,
        state=f"{state} {formats.figures(row.overdue_days, 'day')}" if row.overdue_days else state,
        tone=tone,
        suggested=formats.number(row.suggested),
        cases=formats.number(row.cases),
        steps=f"{formats.number(row.steps_done)} / {formats.number(row.steps_skipped)}" if decided else "none",
        effect=_effect(effects),
    )


def _effect(effects: list[SimpleNamespace]) -> str:
    if not effects:
        return "no closed case yet"
    said = []
    for row in effects:
        interval = ""
        if row.effect is not None and row.low is not None:
            interval = (
                f", {formats.signed(row.effect, 1)} ({formats.signed(row.low, 1)} to {formats.signed(row.high, 1)})"
            )
        said.append(f"{row.axis} {row.verdict}{interval}")
    return "; ".join(said)
