"""What `cem cases` and `cem requests` do: every edit by the ledger's rules, under the name of a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from contracts.casework import team_as_kept
from contracts.results import EVENTS, TRANSITIONS
from contracts.rules import CaseTemplate, Policy
from contracts.words import ExitCode
from flows.books import load_book
from flows.readers import current_readers, last_week
from flows.run import Outcome, Run
from flows.week.record import case_row
from scoring.act.case_reasons import CaseReason
from scoring.act.cases import CaseProposal, propose
from scoring.act.clock import closing_proposals
from scoring.act.retrospect import replay_goals
from store import alert_answers, case_queue, ledger, requests
from store.errors import CaseRefused, NotInStore
from store.session import Session

_SOURCE = "command"


def listed(run: Run, *, owner: str | None, everything: bool) -> Outcome:
    """Open cases by due time, then what waits for an answer or for room, then proposals to close."""
    now = run.clock()
    policy, _, _, people = current_readers(run)
    book = load_book(last_week(run)[1])
    with run.store.read() as session:
        cases, segments = ledger.cases(session), ledger.segment_cases(session)
        silent = {*ledger.unanswered(session, now)["case_id"], *ledger.unanswered_segments(session, now)["case_id"]}
        waiting = case_queue.waiting_cases(session)
        alerts = alert_answers.open_alerts(session, now)
    person = _person(people, owner) if owner else None
    rows = [row for frame in (cases, segments) for row in frame.to_dict("records")]
    rows = [row for row in rows if (everything or row["is_open"]) and person in (None, row["owner_id"])]
    rows.sort(key=lambda row: (not row["is_open"], _due(row["due_at"]), row["case_id"]))
    lines = [_line(row, now, is_silent=row["case_id"] in silent) for row in rows]
    lines += [f"alert {a.subject_key}  {a.headline}: nobody answered by {a.due_at:%Y-%m-%d %H:%M} UTC" for a in alerts]
    lines += [f"waits  {w.template_id} {w.subject_id}: {w.evidence} (no room for {w.owner_id})" for w in waiting]
    gone = closing_proposals(cases, book.frame("history"), policy.case_templates, policy.casework)
    lines += [f"{proposal.case_id}  {proposal.sentence}" for proposal in gone]
    count = sum(bool(row["is_open"]) for row in rows)
    figures: dict[str, float | int | str] = {"open": count, "unanswered": len(silent), "waiting": len(waiting)}
    return Outcome(ExitCode.DONE, f"{count} open cases", tuple(lines), figures)


def shown(run: Run, case_id: str) -> Outcome:
    """A case, its team and its events, oldest first."""
    with run.store.read() as session:
        row = _row(session, case_id)
        team = {**ledger.teams(session), **ledger.teams(session, is_open=False)}[case_id]
        story = ledger.case_history(session, case_id)
    lines = [_line(row, run.clock(), is_silent=False)]
    lines += [f"{seat.role}: {seat.name or seat.person_id or 'vacant'} {seat.department}".rstrip() for seat in team]
    for event in story:
        what = ", ".join(f"{name} = {value}" for name, value in event.after.items()) if event.kind == "edited" else ""
        parts = [f"{event.at:%Y-%m-%d %H:%M}", event.kind, event.who, event.why or "", what, f"({event.source})"]
        lines.append("  ".join(part for part in parts if part))
    return Outcome(ExitCode.DONE, f"{case_id}: {row['title']}", tuple(lines))


def opened_by_hand(run: Run, customer: str, template_id: str, *, why: str, who: str) -> Outcome:
    """A case of a template for a customer, for a reason that a person gives."""
    policy, _, _, people = current_readers(run)
    template = _template(policy, template_id)
    if template is None:
        raise CaseRefused(
            f"template must be one of {', '.join(t.id for t in policy.case_templates)}; got '{template_id}'"
        )
    book = load_book(last_week(run)[1])
    facts = book.frame("customer_facts")
    mine = facts[(facts["customer_id"] == customer) | (facts["name"] == customer)]
    if len(mine) != 1:
        raise NotInStore(f"'{customer}' is the id or exact name of {len(mine)} customers; `cem brief` shows the names")
    author = _person(people, who)
    reason = CaseReason(str(mine["customer_id"].iloc[0]), f"by hand|{why}", why, template_ids=(template_id,))
    with run.store.read() as session:
        standing, segments = ledger.cases(session), ledger.segment_cases(session)
    made = propose(
        TRANSITIONS.empty(),
        EVENTS.empty(),
        facts,
        book.frame("assignments"),
        people,
        [template],
        standing,
        policy.audiences.calendars,
        now=run.clock(),
        segment_cases=segments,
        waiting=[reason],
    )
    if not made:
        return Outcome(ExitCode.USAGE, "The same case is there already, or the template does not fit this customer")
    proposal = made[0]
    if proposal.attach_to:
        return _attached(run, proposal, author)

    def act(session: Session) -> str | None:
        fields = {**case_row(proposal), "segment": proposal.segment}
        return ledger.open_case(
            session,
            fields,
            now=run.clock(),
            who=author,
            source=_SOURCE,
            why=why,
            playbook_id=proposal.playbook_id,
            team=team_as_kept(proposal.seats),
        )

    case_id = run.store.transact(act)
    return Outcome(
        ExitCode.DONE, f"{case_id} is open: {proposal.title}", (f"owner {proposal.owner_id or 'nobody yet'}",)
    )


def _attached(run: Run, proposal: CaseProposal, author: str) -> Outcome:
    case_id = str(proposal.attach_to)

    def act(session: Session) -> bool:
        key, said = proposal.evidence_key, proposal.evidence
        return ledger.attach_evidence(
            session, case_id, key=key, headline=said, source=_SOURCE, now=run.clock(), who=author
        )

    run.store.transact(act)
    return Outcome(ExitCode.DONE, f"{case_id} is open already; what you said is attached to it as evidence")


def edited(run: Run, case_id: str, changes: Mapping[str, Any], *, who: str, why: str | None) -> Outcome:
    """Set fields of a case as it stands now, under the rules of its template."""
    policy, _, _, people = current_readers(run)
    author = _person(people, who)

    def act(session: Session) -> ledger.EditResult:
        row = _row(session, case_id)
        return ledger.edit_case(
            session,
            case_id,
            changes,
            who=author,
            why=why,
            source=_SOURCE,
            base_version=int(row["row_version"]),
            now=run.clock(),
            template=_template(policy, str(row["template_id"])),
        )

    result = run.store.transact(act)
    if not result.applied:
        return Outcome(ExitCode.DONE, f"{case_id}: nothing changed, it stood so already")
    return Outcome(ExitCode.DONE, f"{case_id}: {', '.join(sorted(result.applied))} changed")


def assigned(run: Run, case_id: str, owner: str, *, who: str, why: str | None) -> Outcome:
    """A new owner; one that a case manager names manages the case too."""
    _, _, _, people = current_readers(run)
    return edited(run, case_id, {"owner_id": _person(people, owner)}, who=who, why=why)


def closed(run: Run, case_id: str, *, outcome: str, status: str | None, who: str) -> Outcome:
    """A closing status of the case's template, with how it ended."""
    template = _template_of(run, case_id)
    allowed = template.closed_statuses if template else ["closed"]
    if status is not None and status not in allowed:
        raise CaseRefused(f"{case_id}: a closing status must be one of {', '.join(allowed)}; got '{status}'")
    return edited(run, case_id, {"status": status or allowed[0], "outcome": outcome}, who=who, why=outcome)


def reopened(run: Run, case_id: str, *, who: str, why: str) -> Outcome:
    """The first status of the case's template again."""
    template = _template_of(run, case_id)
    return edited(run, case_id, {"status": template.first_status if template else "open"}, who=who, why=why)


def acknowledged(run: Run, key: str, *, who: str) -> Outcome:
    """A case, or an alert that waits for an answer."""
    _, _, _, people = current_readers(run)
    author, now = _person(people, who), run.clock()

    def act(session: Session) -> bool:
        if key.startswith("CL-"):
            return ledger.acknowledge(session, key, who=author, source=_SOURCE, now=now)
        return alert_answers.acknowledge_alert(session, key, who=author, now=now)

    is_new = run.store.transact(act)
    return Outcome(ExitCode.DONE, f"{key} is acknowledged" if is_new else f"{key} was acknowledged before")


def replayed(run: Run, *, weeks: int) -> Outcome:
    """Goals of the draft beside those in force, over the cases that opened in the last weeks."""
    policy, _, _, people = current_readers(run)
    facts = load_book(last_week(run)[1]).frame("customer_facts")
    with run.store.read() as session:
        cases = pd.concat([ledger.cases(session), ledger.segment_cases(session).drop(columns="segment")])
    after = run.policy.case_templates
    calendars = policy.audiences.calendars
    now = run.clock()
    frame = replay_goals(cases, facts, people, policy.case_templates, after, calendars, now=now, weeks=weeks)
    lines = [
        f"{row['week']}  {row['template_id']}: {row['cases']} cases; met {row['met_before']} -> {row['met_after']}, "
        f"missed {row['missed_before']} -> {row['missed_after']}, {row['running']} running"
        for row in frame.to_dict("records")
    ]
    before, later = int(frame["missed_before"].sum()), int(frame["missed_after"].sum())
    headline = f"{int(frame['cases'].sum())} cases of {weeks} weeks: {before} missed their goal, {later} would have"
    return Outcome(ExitCode.DONE, headline, tuple(lines), {"missed_before": before, "missed_after": later})


def requests_listed(run: Run) -> Outcome:
    """Every request, the open ones first."""
    with run.store.read() as session:
        found = sorted(requests.requests(session), key=lambda r: (r.decision is not None, r.request_id))
    lines = tuple(
        f"{r.request_id}  {r.kind}: {r.what} (asked by {r.asked_by} on {r.asked_at:%Y-%m-%d}); "
        + (f"{r.decision} by {r.decided_by}: {r.reason}" if r.decision else "nobody decided yet")
        for r in found
    )
    count = sum(r.decision is None for r in found)
    return Outcome(ExitCode.DONE, f"{count} open requests of {len(found)}", lines)


def asked(run: Run, kind: str, what: str, *, who: str) -> Outcome:
    """A new request."""
    wanted = _one_of(requests.RequestKind, kind, "kind")
    number = run.store.transact(lambda session: requests.ask(session, wanted, what, who=who, now=run.clock()))
    return Outcome(ExitCode.DONE, f"Request {number} is recorded")


def decided(run: Run, number: int, decision: str, *, who: str, reason: str) -> Outcome:
    """The decision of a request."""
    word = _one_of(requests.Decision, decision, "decision")
    run.store.transact(
        lambda session: requests.decide_request(session, number, word, who=who, reason=reason, now=run.clock())
    )
    return Outcome(ExitCode.DONE, f"Request {number} is {word}")


def _one_of(words: Callable[[str], Any], text: str, what: str) -> Any:
    try:
        return words(text)
    except ValueError as exc:
        known = ", ".join(words)  # type: ignore[arg-type]
        raise CaseRefused(f"{what} must be one of {known}; got '{text}'") from exc


def _person(people: pd.DataFrame, text: str) -> str:
    """A person by id or e-mail. A workspace without people takes the name as it is given."""
    if people.empty:
        return text
    known = people[(people["person_id"] == text) | (people["email"].str.lower() == text.lower())]
    if known.empty:
        raise NotInStore(f"'{text}' is nobody we know: give a person id or e-mail of the people data")
    return str(known["person_id"].iloc[0])


def _row(session: Session, case_id: str) -> dict[Any, Any]:
    for frame in (ledger.cases(session), ledger.segment_cases(session)):
        mine = frame[frame["case_id"] == case_id]
        if len(mine):
            return dict(mine.to_dict("records")[0])
    raise NotInStore(f"there is no case {case_id}; `cem cases list --all` shows those there are")


def _template(policy: Policy, template_id: str) -> CaseTemplate | None:
    return next((template for template in policy.case_templates if template.id == template_id), None)


def _template_of(run: Run, case_id: str) -> CaseTemplate | None:
    policy, _, _, _ = current_readers(run)
    with run.store.read() as session:
        return _template(policy, str(_row(session, case_id)["template_id"]))


def _due(moment: Any) -> pd.Timestamp:
    return pd.Timestamp.max.tz_localize("UTC") if pd.isna(moment) else moment


def _line(row: Mapping[Any, Any], now: Any, *, is_silent: bool) -> str:
    owner = row["owner_id"] if isinstance(row["owner_id"], str) else "nobody"
    due = "no goal" if pd.isna(row["due_at"]) else f"due {row['due_at']:%Y-%m-%d %H:%M} UTC"
    late = ", OVERDUE" if row["is_open"] and not pd.isna(row["due_at"]) and row["due_at"] < now else ""
    silent = ", nobody acknowledged" if is_silent else ""
    return f"{row['case_id']}  {row['severity']}  {row['status']}  {row['title']}; {owner}; {due}{late}{silent}"
