"""What customers, segments and KPIs are worth: reads what the weekly frames lack, and asks scoring."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from contracts.results import CUSTOMER_FACTS, SIGNALS
from contracts.rules import Policy
from extract.snapshot import read_manifest, read_shared
from flows.fan_out import FanOut
from flows.inputs import Inputs
from flows.week.measure import MeasureTask, gather, measure_bucket
from scoring.measure.asof import as_of_view
from scoring.predict.hazard import survival
from scoring.predict.labels import used_label
from scoring.predict.lifetime_value.book import SurvivalCurves, value_customers
from scoring.predict.lifetime_value.kpi import Evidence, value_kpis
from scoring.predict.lifetime_value.segments import value_segments
from scoring.predict.model import Model
from scoring.predict.windows import active, churned_between, labels_at


@dataclass(frozen=True)
class Valued:
    """`frames`: lifetime_values, segment_values, kpi_values, kpi_links; `notes`: how values were reckoned."""

    frames: dict[str, pd.DataFrame]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Past:
    """SIGNALS as of an earlier day, and what became of the then active (customer_id, is_churned)."""

    signals: pd.DataFrame
    outcomes: pd.DataFrame


def past_of(inputs: Inputs, root: Path, policy: Policy, *, fan_out: FanOut, into: Path) -> Past | None:
    """What links KPIs to retention: the signals of one horizon ago, and who left since.

    Measures the book once more. None where no chain is declared, or fewer customers left than a link needs.

    Args:
        inputs: the frozen inputs of the week.
        root: the workspace.
        policy: the policy in force.
        fan_out: spreads the buckets.
        into: folder for working files, removed again.
    """
    rules, horizon = policy.lifetime_value, policy.thresholds.outcome.horizon_days
    manifest = root / inputs.manifest
    outcomes = read_manifest(manifest).whole("outcomes")
    label = used_label(outcomes, policy.thresholds.outcome.label)
    now = inputs.instant.astimezone(ZoneInfo(inputs.time_zone))
    then = now - timedelta(days=horizon)
    if not rules.link or len(churned_between(outcomes, then, now, label=label)) < rules.minimum_link_events:
        return None
    tasks = [
        MeasureTask(
            manifest=manifest,
            bucket=bucket,
            as_of=then,
            policy=root / inputs.policy,
            fresh=frozenset(inputs.fresh),
            only=None,
            into=into / f"bucket-{bucket:04d}",
        )
        for bucket in range(read_manifest(manifest).buckets)
    ]
    try:
        folders = fan_out.map(measure_bucket, tasks)
        facts, signals = gather(folders, CUSTOMER_FACTS), gather(folders, SIGNALS)
    finally:
        shutil.rmtree(into, ignore_errors=True)
    labelled = labels_at(
        outcomes, active(facts), as_of=then, horizon_days=horizon, label=label, observed_until=now
    )  # fmt: skip
    return Past(signals, labelled)


def curves_of(hazard: Model, rows: pd.DataFrame, policy: Policy) -> SurvivalCurves:
    """Survival by a hazard model, as far as values look ahead."""
    months = policy.lifetime_value.horizon_months
    return SurvivalCurves(survival(hazard, rows, months=months), hazard.events)


def value_week(
    inputs: Inputs,
    root: Path,
    policy: Policy,
    frames: Mapping[str, pd.DataFrame],
    *,
    past: Past | None = None,
    curves: SurvivalCurves | None = None,
) -> Valued:
    """The frames of lifetime value of one week.

    Args:
        inputs: the frozen inputs of the week.
        root: the workspace.
        policy: the policy in force.
        frames: `customer_facts`, `placements` and `signals` of the whole book.
        past: of `past_of`; None: no KPI is linked to retention.
        curves: of `curves_of`, by a retention model that has proved itself; None: survival by tenure.
    """
    rules = policy.lifetime_value
    as_of = inputs.instant.astimezone(ZoneInfo(inputs.time_zone))
    names = ["customers", "agreements", "invoices", "deals"] + (["tickets"] if rules.cost_per_ticket else [])
    tables = as_of_view(_tables(root / inputs.manifest, names), as_of)
    facts = frames["customer_facts"]
    valued = value_customers(facts, tables, rules, policy.money, as_of=as_of, week=inputs.week, curves=curves)
    zones = frames["placements"].set_index("customer_id")["zone"]
    segments = value_segments(valued, facts.assign(zone=facts["customer_id"].map(zones)), rules.segments)
    kpis, links = value_kpis(
        valued.valuation,
        Evidence(frames["signals"], past.signals if past else None, past.outcomes if past else None),
        rules,
        policy.targets,
        policy.signals,
        week=inputs.week,
        currency=inputs.currency,
    )
    found = {"lifetime_values": valued.frame, "segment_values": segments, "kpi_values": kpis, "kpi_links": links}
    return Valued(found, valued.notes)


def _tables(manifest: Path, names: list[str]) -> dict[str, pa.Table]:
    snapshot = read_manifest(manifest)
    return {name: snapshot.whole(name) for name in names} | {"exchange_rates": read_shared(manifest)["exchange_rates"]}
