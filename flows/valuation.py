"""What customers, segments and KPIs are worth: reads what the weekly frames lack, and asks scoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from contracts.rules import Policy
from extract.snapshot import read_manifest, read_shared
from flows.inputs import Inputs
from scoring.measure.asof import as_of_view
from scoring.predict.lifetime_value.book import SurvivalCurves, value_customers
from scoring.predict.lifetime_value.kpi import Evidence, value_kpis
from scoring.predict.lifetime_value.segments import value_segments


@dataclass(frozen=True)
class Valued:
    """`frames`: lifetime_values, segment_values, kpi_values, kpi_links; `notes`: how values were reckoned."""

    frames: dict[str, pd.DataFrame]
    notes: tuple[str, ...]


def value_week(
    inputs: Inputs,
    root: Path,
    policy: Policy,
    frames: Mapping[str, pd.DataFrame],
    *,
    signals: pd.DataFrame,
    past_signals: pd.DataFrame | None = None,
    past_outcomes: pd.DataFrame | None = None,
    curves: SurvivalCurves | None = None,
) -> Valued:
    """The frames of lifetime value of one week.

    Args:
        inputs: the frozen inputs of the week.
        root: the workspace.
        policy: the policy in force.
        frames: `customer_facts` and `placements` of the whole book.
        signals: SIGNALS frame of the whole book.
        past_signals: SIGNALS frame as of the test snapshot of the outcome check; None: no KPI is linked to value.
        past_outcomes: labels of that snapshot, frame customer_id, is_churned.
        curves: survival by an adopted retention model.
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
        Evidence(signals, past_signals, past_outcomes),
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
