"""What was published, what waits, what went wrong: one screen for the operator."""

from __future__ import annotations

from contracts.words import ExitCode, OutboxState
from flows.run import Outcome, Run
from store import ledger, outbox, runs

_SHOWN_RUNS = 5


def status(run: Run) -> Outcome:
    """A summary of the store; code 5 while mail waits, 3 when mails were refused or are in doubt."""
    with run.store.read() as session:
        weeks = [week for week in runs.published_weeks(session) if not week.is_reconstructed]
        recent = runs.runs(session, _SHOWN_RUNS)
        counts = outbox.counts(session)
        overdue = ledger.overdue(session, run.clock())
        cases = ledger.cases(session)
        failed = outbox.rows(session, states=[OutboxState.FAILED, OutboxState.UNKNOWN], limit=10)
    lines = [
        "mails: " + (", ".join(f"{number} {state}" for state, number in counts.items() if number) or "none yet"),
        f"cases: {int(cases['is_open'].sum())} open, {len(overdue)} overdue",
    ]
    for record in recent:
        ended = f"{record.finished_at:%Y-%m-%d %H:%M} UTC" if record.finished_at else "running"
        lines.append(f"run {record.kind} {record.subject}: {record.state}, {ended}")
        if record.state in {"failed", "held"} and record.summary:
            lines.append(f"  {'; '.join(str(value) for value in record.summary.values())}")
    lines += [f"not delivered to {row.recipient}: {row.kind}, {row.last_text or row.why}" for row in failed]
    code = ExitCode.DONE
    if failed:
        code = ExitCode.DATA_PROBLEMS
    elif counts[OutboxState.PENDING] or counts[OutboxState.SENDING]:
        code = ExitCode.MAIL_PENDING
    newest = weeks[-1] if weeks else None
    headline = (
        f"{newest.week} is published (revision {newest.revision}): {newest.path}"
        if newest
        else "No week is published yet"
    )
    figures: dict[str, float | int | str] = {
        "open_cases": int(cases["is_open"].sum()),
        "overdue_cases": len(overdue),
        "weeks": len(weeks),
    }
    return Outcome(code, headline, tuple(lines), figures)
