"""What was published, what waits, what went wrong: one screen for the operator."""

from __future__ import annotations

from contracts.words import CustomerStatus, ExitCode, MessageKind, OutboxState
from flows.alerting.suppression import quiet_lines
from flows.books import load_facts, load_frame
from flows.readers import current_readers, last_week
from flows.run import Outcome, Run
from scoring.org import all_told, org_chart
from store import ledger, outbox, runs

_SHOWN_RUNS = 5
_NAMED = 5
_ALERTS = (MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT)


def status(run: Run) -> Outcome:
    """A summary of the store; code 5 while mail waits, 3 when mails were refused or are in doubt, an alert is held,
    or an account has nobody who would get its alerts.
    """
    with run.store.read() as session:
        weeks = [week for week in runs.published_weeks(session) if not week.is_reconstructed]
        recent = runs.runs(session, _SHOWN_RUNS)
        counts = outbox.counts(session)
        overdue = ledger.overdue(session, run.clock())
        cases = ledger.cases(session)
        failed = outbox.rows(session, states=[OutboxState.FAILED, OutboxState.UNKNOWN], limit=10)
        kept = outbox.rows(session, states=[OutboxState.HELD], kinds=_ALERTS, limit=10)
    held = [row for row in kept if row.why]
    lines = [
        "mails: " + (", ".join(f"{number} {state}" for state, number in counts.items() if number) or "none yet"),
        f"cases: {int(cases['is_open'].sum())} open, {len(overdue)} overdue",
    ]
    for record in recent:
        ended = f"{record.finished_at:%Y-%m-%d %H:%M} UTC" if record.finished_at else "running"
        lines.append(f"run {record.kind} {record.subject}: {record.state}, {ended}")
        if record.state in {"failed", "held"} and record.summary:
            lines.append(f"  {'; '.join(str(value) for value in record.summary.values())}")
    lines += quiet_lines(run)
    lines += _for_experts(run) if weeks else []
    unread = _nobody_reads(run) if weeks else []
    lines += unread
    lines += [f"held for {row.recipient}: {row.kind}, {row.why}" for row in held]
    lines += [f"not delivered to {row.recipient}: {row.kind}, {row.last_text or row.why}" for row in failed]
    code = ExitCode.DONE
    if failed or unread or held:
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


def _for_experts(run: Run) -> list[str]:
    """What the last week found about the lines themselves: zones that hold nobody or nearly everybody, a shadow."""
    _, book = last_week(run)
    return [f"for the experts: {note}" for note in load_facts(book).expert_notes]


def _nobody_reads(run: Run) -> list[str]:
    """Accounts whose alerts would reach nobody of an account team: an error, not a note."""
    policy, addressing, _, people = current_readers(run)
    if people.empty:
        return []
    _, book = last_week(run)
    facts, assignments = load_frame(book, "customer_facts"), load_frame(book, "assignments")
    roles = {role.value for role in policy.alerts.roles}
    named = assignments[assignments["role"].isin(roles)]
    reached = {person for person, reader in addressing.readers.items() if reader.address is not None}
    chart = org_chart(people, assignments, as_of=run.clock().astimezone(run.settings.zone).date())
    told = {person: any(p in reached for p in all_told(chart, person)) for person in set(named["person_id"])}
    active = set(facts.loc[facts["status"] != CustomerStatus.LEFT.value, "customer_id"])
    without = sorted(active - set(named["customer_id"]))
    unreached = sorted(active - set(without) - set(named.loc[named["person_id"].map(told).astype(bool), "customer_id"]))
    return [*_error("no account team", without), *_error("a team that no alert reaches", unreached)]


def _error(what: str, customers: list[str]) -> list[str]:
    if not customers:
        return []
    more = ", ..." if len(customers) > _NAMED else ""
    return [f"ERROR: {len(customers)} accounts have {what}: {', '.join(customers[:_NAMED])}{more}; mend assignments"]
