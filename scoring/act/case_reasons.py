"""What speaks for a case: changes of zone, events, alerts and findings, each as a reason that templates watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from contracts.ids import key_digest
from contracts.rules import CaseTemplate
from contracts.weeks import Week
from contracts.words import Zone
from scoring.act.alerts import AlertDecision, is_of_rule

_ENTRIES = ("moved", "returned", "first_placed")


@dataclass(frozen=True, slots=True)
class CaseReason:
    """What speaks for a case: a change of zone, an event, an alert that opens cases, a finding about a segment.

    `evidence_key` tells one piece of evidence from the next where `key`, the reason, stays the same.
    `template_ids`: only these templates; None: whichever watch it. `segment` is set for a finding.
    """

    customer_id: str
    key: str
    evidence: str
    evidence_key: str = ""
    zone: str = ""
    event_kind: str = ""
    event: Mapping[Any, Any] | None = None
    metric: str = ""
    segment: str = ""
    template_ids: tuple[str, ...] | None = None


def from_transitions(transitions: pd.DataFrame) -> Iterator[CaseReason]:
    mine = transitions.loc[transitions["kind"].isin(_ENTRIES) & (transitions["cause"] == "customer")]
    for row in mine.sort_values("customer_id").to_dict("records"):
        was = Zone(row["from_zone"]).label if isinstance(row["from_zone"], str) else "no zone"
        now = Zone(row["to_zone"]).label
        evidence = f"{was} to {now} in {row['week']}"
        yield CaseReason(str(row["customer_id"]), str(row["episode_id"]), evidence, zone=str(row["to_zone"]))


def from_events(events: pd.DataFrame) -> Iterator[CaseReason]:
    for row in events.sort_values(["customer_id", "event_id"]).to_dict("records"):
        kind, headline = str(row["kind"]), str(row["headline"])
        yield CaseReason(str(row["customer_id"]), str(row["event_id"]), headline, event_kind=kind, event=row)


def from_alerts(alerts: Sequence[AlertDecision]) -> Iterator[CaseReason]:
    for alert in alerts:
        if alert.opens:
            yield CaseReason(alert.customer_id, alert.subject_key, alert.headline, template_ids=alert.opens)


def from_findings(findings: pd.DataFrame | None, week: Week) -> Iterator[CaseReason]:
    """One reason per segment and metric; what each week measured is a piece of evidence of its own."""
    if findings is None:
        return
    for row in findings.sort_values(["segment", "metric"]).to_dict("records"):
        metric, dimension = str(row["metric"]), row.get("dimension")
        segment = f"{dimension}={row['segment']}" if isinstance(dimension, str) else str(row["segment"])
        piece = key_digest("finding", segment, metric, row.get("rule_id"), week)
        yield CaseReason("", metric, str(row["sentence"]), evidence_key=piece, metric=metric, segment=segment)


def opens(template: CaseTemplate, reason: CaseReason) -> bool:
    if reason.template_ids is not None:
        return template.id in reason.template_ids
    if reason.metric:
        wanted = (t for t in template.on_finding if t.metric == reason.metric)
        names = {reason.segment, reason.segment.partition("=")[2]}
        return any(not trigger.segments or names & set(trigger.segments) for trigger in wanted)
    if reason.zone:
        return reason.zone in template.on_zone
    is_ruled = reason.event is not None and is_of_rule(reason.event, template.on_rule)
    return is_ruled or reason.event_kind in template.on_event
