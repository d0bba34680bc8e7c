"""What stands when alerts are decided, from the store and the snapshot; and the list of what was not told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import pandas as pd

from contracts.alerting import OpenPlan, Standing
from contracts.casework import Seat
from contracts.frames import to_frame
from contracts.ids import bucket_of
from contracts.rules import Policy
from contracts.weeks import Week
from contracts.words import MessageKind
from extract.snapshot import read_bucket, read_manifest
from flows.inputs import Inputs
from flows.run import Run
from scoring.act.alerts import AlertDecision
from scoring.act.suppression import suppress
from store import ledger, outbox, quiet
from store.session import Session

ALERT_KINDS = (MessageKind.ALERT_CRITICAL, MessageKind.ALERT_EVENT, MessageKind.NOTICE)
_LISTED = 20


def quieted(
    run: Run, inputs: Inputs, decisions: Sequence[AlertDecision], cases: pd.DataFrame, policy: Policy
) -> list[AlertDecision]:
    """The decisions with those who are not told of them, by the policy's rules and what stands now.

    Args:
        run: for the store and the clock.
        inputs: name the snapshot, whose maintenance windows count.
        decisions: of this run.
        cases: CASES frame, as the ledger has it before this run.
        policy: of this run.
    """
    if not decisions:
        return []
    rules, subjects = policy.alerts.suppression, [decision.subject_key for decision in decisions]
    now, zone = run.clock(), run.settings.zone
    with run.store.read() as session:
        told = frozenset().union(*(outbox.already_told(session, kind, subjects) for kind in ALERT_KINDS))
        standing = Standing(
            snoozes={c: replace(s, until=s.until.astimezone(zone)) for c, s in quiet.snoozes_at(session, now).items()},
            plans=_plans(cases, ledger.teams(session), {decision.customer_id for decision in decisions}),
            maintenance=_windows(run, inputs, [d for d in decisions if d.event_kind in rules.maintenance]),
            told=quiet.mails_since(session, ALERT_KINDS, Week.containing(now, zone).starts_at(zone)),
            told_pairs=told,
            listed=quiet.listed_of(session, subjects),
        )
    return suppress(decisions, rules, standing)


def record_suppressed(
    session: Session,
    run: Run,
    decisions: Sequence[AlertDecision],
    *,
    with_case: Collection[tuple[str, str]],
    source: str,
) -> None:
    """List who was not told; what no case of its own follows up becomes evidence of the open one.

    `with_case`: customer and subject of alerts that a proposal of this run follows up.
    """
    for decision in decisions:
        if decision.silenced:
            quiet.list_suppressed(
                session,
                decision.kind,
                decision.subject_key,
                customer_id=decision.customer_id,
                headline=decision.headline,
                silenced=decision.silenced,
                now=run.clock(),
            )
        if decision.evidence_for and (decision.customer_id, decision.subject_key) not in with_case:
            ledger.attach_evidence(
                session,
                decision.evidence_for,
                key=decision.subject_key,
                headline=decision.headline,
                source=source,
                now=run.clock(),
            )


def quiet_lines(run: Run) -> list[str]:
    """For the operator: which snoozes run, and which alerts of this week and the last were listed instead of told."""
    now, zone = run.clock(), run.settings.zone
    with run.store.read() as session:
        snoozes = quiet.snoozes_at(session, now)
        listed = quiet.suppressed_since(session, Week.containing(now, zone).shift(-1).starts_at(zone))
    lines = [
        f"snooze of {s.customer_id} until {s.until.astimezone(zone):%Y-%m-%d} by {s.who}: {s.why}"
        for _, s in sorted(snoozes.items())
    ]
    if listed:
        counts = Counter(row.reason.value for row in listed)
        lines.append(
            "alerts not told: " + ", ".join(f"{number} by {reason}" for reason, number in sorted(counts.items()))
        )
    lines += [f"  {row.customer_id} not to {row.person_id}: {row.headline} ({row.words})" for row in listed[:_LISTED]]
    if len(listed) > _LISTED:
        lines.append(f"  and {len(listed) - _LISTED} more")
    return lines


def _plans(cases: pd.DataFrame, teams: dict[str, list[Seat]], customers: Collection[str]) -> dict[str, OpenPlan]:
    """The longest open case of each customer, with its owner and team."""
    running = cases[cases["is_open"].astype(bool) & cases["customer_id"].isin(customers)]
    plans: dict[str, OpenPlan] = {}
    for row in running.sort_values(["opened_at", "case_id"]).to_dict("records"):
        owner = [row["owner_id"]] if isinstance(row["owner_id"], str) else []
        seats = [seat.person_id for seat in teams.get(row["case_id"], []) if seat.person_id]
        plan = OpenPlan(str(row["case_id"]), tuple(dict.fromkeys((*owner, *seats))))
        plans.setdefault(str(row["customer_id"]), plan)
    return plans


def _windows(
    run: Run, inputs: Inputs, decisions: Sequence[AlertDecision]
) -> dict[str, tuple[tuple[datetime, datetime], ...]]:
    """Declared maintenance of the customers of these decisions."""
    if not decisions:
        return {}
    manifest = run.workspace.root / inputs.manifest
    customers = {decision.customer_id for decision in decisions}
    buckets = read_manifest(manifest).buckets
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for bucket in sorted({bucket_of(customer, buckets) for customer in customers}):
        windows = to_frame(read_bucket(manifest, bucket, ["maintenance_windows"])["maintenance_windows"])
        for row in windows[windows["customer_id"].isin(customers)].to_dict("records"):
            found.setdefault(str(row["customer_id"]), []).append((row["starts_at"], row["ends_at"]))
    return {customer: tuple(sorted(pairs)) for customer, pairs in found.items()}
