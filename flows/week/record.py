"""Make a judged week true: history to Parquet, then one short transaction with everything it decides.

Placements, transitions, events, cases and the alerts that tell of them become visible together; the
bodies of the mails are rendered before the transaction opens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from contracts.casework import team_as_kept
from contracts.exchange import Message
from contracts.frames import conform
from contracts.results import CASES
from contracts.rules import Policy
from contracts.weeks import Week
from contracts.words import RunState
from contracts.working_time import add_working_hours
from flows.alerting.mails import alert_messages, withdrawal_messages
from flows.alerting.suppression import quieted, record_suppressed
from flows.inputs import Inputs
from flows.lease import Lease
from flows.run import Run
from flows.sending.tell import enqueue
from flows.week.assess import Assessed
from scoring.act.alerts import AlertDecision, decide
from scoring.act.case_reasons import CaseReason
from scoring.act.cases import CaseProposal, propose
from scoring.act.seats import calendar_of
from store import alert_answers, case_queue, episodes, ledger
from store.history import write_week
from store.session import Session

HISTORY_FRAMES = (
    "customer_facts",
    "norms",
    "scores",
    "contributions",
    "placements",
    "transitions",
    "events",
    "count_norms",
    "watched",
)


@dataclass(frozen=True)
class Decided:
    """What a comparison leads to, before it is recorded; `cases` already holds those it will open.

    `answer_by`: until when each alert, by its subject, is to be acknowledged; empty where none has to be.
    """

    alerts: list[AlertDecision]
    proposals: list[CaseProposal]
    cases: pd.DataFrame
    answer_by: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    case_event: int
    alerts: int
    cases: int


def keep_history(run: Run, inputs: Inputs, assessed: Assessed, sources: pd.DataFrame) -> None:
    """Scores, contributions and placements of the week, and what its sources were, as immutable Parquet."""
    frames = {name: assessed.frames[name] for name in (*HISTORY_FRAMES, *assessed.kept)}
    frames["sources"] = sources
    history = assessed.frames["history"]
    frames["history_row"] = history[history["week"] == inputs.week]
    write_week(run.workspace.history, inputs.week, inputs.revision, frames)


def decide_week(run: Run, inputs: Inputs, assessed: Assessed) -> Decided:
    """Alerts and cases that the week's transitions and new events call for.

    A baseline week tells nobody: Critical accounts are listed, not announced. In a week whose rules or identities
    changed no figure tells anybody either; what hard events of that week itself call for is told all the same.
    """
    frames, policy = assessed.frames, assessed.policy
    with run.store.read() as session:
        open_cases = ledger.cases(session)
        segment_cases = ledger.segment_cases(session)
        waiting = case_queue.waiting_cases(session)
        concerned = sorted(set(frames["events"]["customer_id"]))
        known = set(episodes.events(session, customer_ids=concerned)["event_id"])
    fresh_events = frames["events"][~frames["events"]["event_id"].isin(known)].reset_index(drop=True)
    is_baseline = inputs.is_baseline or inputs.cause == "baseline"
    is_told_by_figures = inputs.cause == "customer"
    if not is_told_by_figures:
        week_starts = Week.parse(inputs.week).starts_at(run.settings.zone)
        # a new rule finds old events too: only what happened since the week before is news
        is_news = fresh_events["is_hard"] & (fresh_events["happened_at"] >= week_starts)
        fresh_events = fresh_events[is_news].reset_index(drop=True)
    alerts = decide(
        frames["transitions"],
        fresh_events,
        frames["customer_facts"],
        frames["assignments"],
        assessed.people,
        policy.alerts,
        is_baseline=is_baseline,
        as_of=run.clock().astimezone(run.settings.zone).date(),
        placements=frames["placements"] if is_told_by_figures else None,
    )
    alerts = quieted(run, inputs, alerts, open_cases, policy)
    proposals = []
    if not is_baseline:
        proposals = propose(
            frames["transitions"],
            fresh_events,
            frames["customer_facts"],
            frames["assignments"],
            assessed.people,
            policy.case_templates,
            open_cases,
            policy.audiences.calendars,
            now=run.clock(),
            rules=policy.casework,
            alerts=alerts,
            findings=frames.get("findings") if is_told_by_figures else None,
            segment_cases=segment_cases,
            waiting=[_reason(case) for case in waiting],
        )
    new = [p for p in proposals if p.attach_to is None and not p.is_waiting and p.segment is None]
    opened = [case_row(proposal) for proposal in new]
    cases = open_cases
    if opened:
        cases = conform(pd.concat([open_cases, pd.DataFrame(opened)], ignore_index=True), CASES)
    return Decided(alerts, proposals, cases, _answer_by(alerts, assessed.people, policy, now=run.clock()))


def _answer_by(
    alerts: list[AlertDecision], people: pd.DataFrame, policy: Policy, *, now: datetime
) -> dict[str, datetime]:
    """The working hours are those of whoever is told and can answer first: Cairo is at work on Sunday, Rome is not."""
    hours, calendars = policy.alerts.answer_within_hours, policy.audiences.calendars
    if hours is None:
        return {}
    return {
        alert.subject_key: min(
            add_working_hours(calendar_of(person, people, calendars, "default"), now, hours)
            for person in alert.told_ids
        )
        for alert in alerts
        if alert.told_ids
    }


def case_row(proposal: CaseProposal) -> dict[str, object]:
    """A proposal as the row of CASES that the ledger will open."""
    return {
        "case_id": proposal.case_id,
        "customer_id": proposal.subject_id,
        "template_id": proposal.template_id,
        "reason_key": proposal.reason_key,
        "title": proposal.title,
        "category": proposal.category,
        "severity": proposal.severity,
        "status": proposal.status,
        "is_open": True,
        "owner_id": proposal.owner_id,
        "opened_at": proposal.opened_at,
        "first_response_due_at": proposal.first_response_due_at,
        "due_at": proposal.due_at,
        "closed_at": None,
        "outcome": None,
        "note": None,
        "escalation_step": 0,
        "row_version": 1,
        "playbook_id": proposal.playbook_id,
    }


def _reason(case: case_queue.WaitingCase) -> CaseReason:
    """A case that waits, as a reason to propose it again."""
    return CaseReason(
        case.customer_id,
        case.metric or case.evidence_key,
        case.evidence,
        evidence_key=case.evidence_key,
        metric=case.metric,
        segment=case.subject_id if case.metric else "",
        template_ids=(case.template_id,),
    )


def record_cases(session: Session, run: Run, decided: Decided, *, source: str) -> int:
    """Open the proposed cases, attach evidence to those that are open already, list those that have no room;
    returns how many opened.
    """
    ids: dict[str, str] = {}
    for proposal in decided.proposals:
        if proposal.is_waiting:
            case_queue.list_waiting(session, _waiting(proposal, run))
            continue
        place = (proposal.subject_id, proposal.template_id, proposal.evidence_key)
        case_queue.mark_opened(session, *place, now=run.clock())
        if proposal.attach_to is not None:
            ledger.attach_evidence(
                session,
                # a case whose id a closed one bears opened under another
                ids.get(proposal.attach_to, proposal.attach_to),
                key=proposal.evidence_key,
                headline=proposal.evidence,
                source=source,
                now=run.clock(),
            )
            continue
        case = ledger.open_case(
            session,
            {**case_row(proposal), "segment": proposal.segment},
            now=run.clock(),
            source=source,
            why=proposal.evidence,
            playbook_id=proposal.playbook_id,
            team=team_as_kept(proposal.seats),
        )
        if case is not None:
            ids[proposal.case_id] = case
    with_case = {(proposal.customer_id, proposal.evidence_key) for proposal in decided.proposals}
    record_suppressed(session, run, decided.alerts, with_case=with_case, source=source)
    _expect_answers(session, run, decided, with_case)
    return len(ids)


def _expect_answers(session: Session, run: Run, decided: Decided, with_case: set[tuple[str, str]]) -> None:
    """Alerts that lead to no case must be acknowledged; those that do are acknowledged with their case."""
    for alert in decided.alerts:
        due_at = decided.answer_by.get(alert.subject_key)
        if alert.is_notice or due_at is None or (alert.customer_id, alert.subject_key) in with_case:
            continue
        alert_answers.expect(
            session,
            alert.subject_key,
            customer_id=alert.customer_id,
            headline=alert.headline,
            person_ids=alert.told_ids,
            due_at=due_at,
            now=run.clock(),
        )


def _waiting(proposal: CaseProposal, run: Run) -> case_queue.WaitingCase:
    return case_queue.WaitingCase(
        subject_id=proposal.subject_id,
        template_id=proposal.template_id,
        evidence_key=proposal.evidence_key,
        customer_id=proposal.customer_id,
        reason_key=proposal.reason_key,
        metric=proposal.reason_key if not proposal.customer_id else "",
        evidence=proposal.evidence,
        owner_id=proposal.owner_id,
        listed_at=run.clock(),
    )


def record_week(
    run: Run, lease: Lease, inputs: Inputs, assessed: Assessed, decided: Decided, due: list[Message]
) -> Recorded:
    """The transaction: everything the week decides, and the alerts that tell of it, or nothing."""
    frames = assessed.frames
    with run.store.read() as session:
        provisional = episodes.provisional(session)
    stays = set(frames["placements"]["episode_id"].dropna())
    holds = provisional["episode_id"].isin(stays)
    withdrawn = provisional[~holds]
    sealed = alert_messages(run, due, run.workspace.runs / inputs.run_name / "book")
    sealed += withdrawal_messages(run, withdrawn)

    def act(session: Session) -> Recorded:
        lease.advance(session, RunState.RECORDED)
        episodes.save_placements(session, frames["placements"], inputs.week)
        episodes.save_transitions(session, frames["transitions"], inputs.week, revision=inputs.revision)
        episodes.save_events(session, frames["events"], now=run.clock())
        episodes.confirm(session, provisional.loc[holds, "episode_id"], now=run.clock())
        episodes.withdraw(session, withdrawn["episode_id"], now=run.clock())
        alert_answers.take_back(session, list(withdrawn["episode_id"]), now=run.clock())
        opened = record_cases(session, run, decided, source=f"run {inputs.run_name}")
        alerts = enqueue(session, run, sealed)
        run.at_step("record week")
        return Recorded(ledger.last_event_number(session), alerts, opened)

    recorded = run.store.transact(act)
    run.at_step("week recorded")
    run.say(f"recorded transitions={len(frames['transitions'])} cases={recorded.cases} alerts={recorded.alerts}")
    return recorded
