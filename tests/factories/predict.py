"""Person-periods for tests of predicting: invented ones by a known rule, and those of a large demo company."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from contracts.results import SIGNALS
from contracts.rules import SignalRule
from extract.demo.book import Block
from extract.demo.casting import Part
from extract.demo.commerce import build_agreements, build_invoices, build_outcomes
from extract.demo.company import build_demo
from extract.demo.fieldwork import build_usage
from extract.demo.latent import _PHI, _SEASON, _STEADY_WANDER, _WANDER, BASE_HAZARD, HAZARD_SLOPE, NOTICE_WEEKS
from extract.demo.selling import build_deals
from scoring.measure.asof import as_of_view
from scoring.measure.signals import measure
from scoring.predict.design import Features
from scoring.predict.periods import SCORECARD, person_periods
from scoring.predict.windows import labels_at
from tests.factories.demo import _table as table_of
from tests.factories.scoring import AS_OF

TABLES_MEASURED = frozenset({"usage", "agreements", "deals", "invoices", "customers"})
"""What a model of the demo company's retention reads; the other tables would only cost time."""


def names(count: int) -> list[str]:
    return [f"c{number:05d}" for number in range(count)]


def periods(columns: dict[str, np.ndarray], left: np.ndarray, *, days_ago: int = 400, scorecard=None) -> pd.DataFrame:
    """Person-periods of customers c00000, c00001, ... at one snapshot."""
    size = len(left)
    return pd.DataFrame(
        {
            "customer_id": names(size),
            "at": AS_OF - timedelta(days=days_ago),
            "is_churned": left,
            "days": np.where(left, 30.0, np.nan),
            SCORECARD: np.full(size, np.nan) if scorecard is None else scorecard,
            **columns,
        }
    )


def signals(values: dict[str, np.ndarray]) -> pd.DataFrame:
    """SIGNALS of customers c00000, ...; NaN is not observed."""
    parts = []
    for signal_id, column in values.items():
        known = ~np.isnan(column)
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": names(len(column)),
                    "signal_id": signal_id,
                    "value": column,
                    "n": known.astype(float),
                    "variance": np.nan,
                    "last_at": pd.NaT,
                    "is_observed": known,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[SIGNALS.names]


def replay(
    seed: int, rules: Sequence[SignalRule], *, customers: int, weeks: int, at_weeks: Sequence[int], horizon_days: int
) -> list[pd.DataFrame]:
    """The demo company measured at the begin of the given weeks by the product's own rules, block by block.

    One frame of person-periods per week, with `best`: the probability that the generator's own levels at the snapshot
    give. Only the tables that `rules` read are made, in memory. The gap is the generator's notice period, so that a label
    is a decision to leave after the snapshot, which nobody can know yet.
    """
    company = build_demo(seed=seed, customers=customers, people=60, weeks=weeks)
    parts: list[list[pd.DataFrame]] = [[] for _ in at_weeks]
    features = Features(tuple(rule.id for rule in rules))
    for number in company.blocks:
        block = company.block(number)
        tables = _tables(block)
        for place, week in enumerate(at_weeks):
            parts[place].append(_measured(block, tables, rules, features, week, horizon_days))
    return [pd.concat(of, ignore_index=True) for of in parts]


def _tables(block: Block) -> dict[str, pa.Table]:
    agreements = build_agreements(block)
    deals = build_deals(block, agreements)
    usage = build_usage(block)
    frames = {
        "customers": block.customers.assign(since_on=block.latent.since),
        "usage": usage[usage.metric == "utilization_pct"],
        "agreements": agreements,
        "deals": deals,
        "invoices": build_invoices(block),
        "outcomes": build_outcomes(block, deals),
    }
    return {name: table_of(name, frame) for name, frame in frames.items()}


def _measured(
    block: Block,
    tables: dict[str, pa.Table],
    rules: Sequence[SignalRule],
    features: Features,
    week: int,
    horizon_days: int,
) -> pd.DataFrame:
    moment = int(block.line.starts[week])
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
    latent = block.latent
    ours = (latent.since <= moment) & (latent.ended > moment)
    recent = pc.greater_equal(
        tables["usage"]["event_at"], pa.scalar(at - timedelta(days=140), pa.timestamp("us", "UTC"))
    )
    view = as_of_view(tables | {"usage": tables["usage"].filter(recent)}, at)
    measured = measure(view, rules, as_of=at, fresh=TABLES_MEASURED)
    labels = labels_at(
        tables["outcomes"],
        sorted(block.ids[ours]),
        as_of=at,
        horizon_days=horizon_days,
        label=None,
        observed_until=at + timedelta(days=2 * horizon_days),
        gap_days=7 * NOTICE_WEEKS,
    )
    nobody = pd.DataFrame({"customer_id": [], "score": []})
    rows = person_periods(measured, labels, features, at=at, scores=nobody, facts=nobody)
    best = dict(zip(block.ids, best_possible(block, week, horizon_days), strict=True))
    return rows.assign(best=rows["customer_id"].map(best))


def best_possible(block: Block, week: int, horizon_days: int) -> np.ndarray:
    """The probability of deciding to leave within the horizon, given the hidden levels up to this week.

    The bond returns to the customer's own level as an AR(1) does; its future noise is averaged out.
    """
    cast, line = block.cast, block.line
    season = _SEASON * np.sin(2 * np.pi * np.arange(line.count) / 52.18)
    center = cast.centers[:, 1]
    away = block.latent.bond[:, week] - center - season[week]
    wander = np.where(cast.parts == Part.DRIFTING, _WANDER[Part.DRIFTING], _STEADY_WANDER)
    stays = np.ones(block.size)
    for ahead in range(horizon_days // 7):
        level = center + away * _PHI**ahead + season[min(week + ahead, line.count - 1)]
        variance = (wander * HAZARD_SLOPE) ** 2 * (1 - _PHI ** (2 * ahead))
        stays *= 1 - BASE_HAZARD * np.exp(-HAZARD_SLOPE * level + variance / 2)
    free = (cast.parts == Part.ORDINARY) | (cast.parts == Part.DRIFTING)
    return np.where(free, 1 - stays, 0.0)
