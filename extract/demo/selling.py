"""Deals: a renewal per agreement term, expansions and services by chance, and how each moved on its way."""

from __future__ import annotations

import numpy as np
import pandas as pd

from extract.demo.book import Block, labels
from extract.demo.casting import Part
from extract.demo.commerce import REASONS, week_index
from extract.demo.timeline import DAY, HOUR, Indexes, Instants, days, only, rows_where

STAGES = ("Qualification", "Proposal", "Negotiation")
STAGE_PROBABILITY = (0.2, 0.45, 0.7)
_RENEWAL_LEAD_DAYS = 110
_COMPETITORS = ("Northlake Systems", "Zephyr Data", "Quantor", "in-house build")
_SALES = {"expansion": "Capacity expansion", "service": "Migration service", "renewal": "Add-on renewal"}


def build_deals(block: Block, agreements: pd.DataFrame) -> pd.DataFrame:
    """DEALS plus `planned_close` (the first expected close): a renewal per term, expansions and services by chance."""
    deals = pd.concat([_renewals(block, agreements), _sales(block)], ignore_index=True)
    deals = deals[deals.created_at.to_numpy() < block.line.end]
    deals = deals.sort_values(["created_at", "customer_id", "kind"], kind="stable", ignore_index=True)
    rng = block.rng("deal words")
    lost = deals.status.to_numpy() == "lost"
    deals["competitor"] = only(lost & (rng.random(len(deals)) < 0.5), rng.choice(_COMPETITORS, len(deals)))
    deals["lost_reason"] = only(lost, rng.choice(REASONS, len(deals)))
    deals["currency"] = np.asarray(block.customers.currency, dtype=object)[deals.i.to_numpy()]
    owner = block.owners.sales.to_numpy(dtype=object)[deals.i.to_numpy()]
    deals["owner_id"] = owner
    deals.insert(2, "deal_id", labels("D-", block.numbers(len(deals))))
    return deals


def _renewals(block: Block, agreements: pd.DataFrame) -> pd.DataFrame:
    rng = block.rng("renewals")
    latent = block.latent
    rows = agreements.i.to_numpy()
    ends = agreements.end_on.to_numpy()
    created = ends - _RENEWAL_LEAD_DAYS * DAY + 9 * HOUR
    bond = latent.bond[rows, week_index(block, ends - 30 * DAY)].astype(np.float64)
    planned = ends - 13 * DAY
    slip = np.rint(np.maximum(0, rng.normal(-4 - 20 * bond, 6))).astype(np.int64) * DAY
    closed = planned + slip - 9 * HOUR
    leaves = latent.decided[rows] < np.minimum(closed, ends)
    closed = np.where(leaves, np.maximum(latent.decided[rows], created + DAY), closed)
    kept = (created >= np.maximum(block.line.starts[0], latent.since[rows])) & (created < latent.decided[rows])
    stuck = np.isin(block.cast.parts[rows], (Part.SLIDING, Part.DEALS_DYING)) & (ends + 60 * DAY > block.line.end)
    closed = np.where(stuck, block.line.end + 40 * DAY, closed)
    frame = pd.DataFrame(
        {
            "i": rows,
            "customer_id": block.ids[rows],
            "name": "Support renewal",
            "kind": "renewal",
            "status": np.where(leaves, "lost", "won"),
            "amount": (agreements.annual_amount.to_numpy() * (1.03 + 0.02 * bond)).round(2),
            "created_at": created,
            "planned_close": days(planned),
            "closed_at": closed,
        }
    )
    return rows_where(frame, kept)


def _sales(block: Block) -> pd.DataFrame:
    rng = block.rng("sales")
    latent, line = block.latent, block.line
    rate = 0.036 * np.exp(-0.3 * latent.bond) * latent.active(line)
    rows, weeks = np.nonzero(rng.random(rate.shape) < rate)
    size = len(rows)
    bond = latent.bond[rows, np.minimum(weeks + 8, line.count - 1)].astype(np.float64)
    created = line.starts[weeks] + rng.integers(0, 5, size) * DAY + 8 * HOUR
    created += (rng.random(size) * 9 * HOUR).astype(np.int64) // 1_000_000 * 1_000_000
    length = np.rint(rng.normal(80 - 12 * bond, 18).clip(21, 160)).astype(np.int64) * DAY
    slip = np.rint(np.maximum(0, rng.normal(6 - 32 * bond, 10))).astype(np.int64) * DAY
    won = rng.random(size) < 1 / (1 + np.exp(-(0.2 + 2.2 * bond)))
    closed = created + length + slip
    leaves = latent.decided[rows] < closed
    closed = np.where(leaves, latent.decided[rows] + 2 * DAY, closed)
    kind = rng.choice(np.array(["expansion", "service", "renewal"], dtype=object), size, p=[0.55, 0.25, 0.2])
    revenue = np.asarray(block.customers.annual_revenue_amount, dtype=np.float64)[rows]
    return pd.DataFrame(
        {
            "i": rows,
            "customer_id": block.ids[rows],
            "name": pd.Series(kind).map(_SALES).to_numpy(),
            "kind": kind,
            "status": np.where(won & ~leaves, "won", "lost"),
            "amount": (revenue * rng.uniform(0.05, 0.3, size)).round(2),
            "created_at": created,
            "planned_close": days(created + length) + DAY,
            "closed_at": closed,
        }
    )


def stage_of(deals: pd.DataFrame, moments: Instants) -> Indexes:
    """How far an open deal is at an instant: by the share of its planned length that has passed."""
    created = deals.created_at.to_numpy()
    share = (moments - created) / np.maximum(deals.planned_close.to_numpy() - created, DAY)
    return np.asarray(np.select([share < 0.35, share < 0.75], [0, 1], 2), dtype=np.int64)


def expected_close(deals: pd.DataFrame, moment: int) -> Instants:
    """The date that sales believes in at `moment`: moved on by four weeks each time it passes."""
    planned = deals.planned_close.to_numpy()
    late = np.maximum(0, np.ceil((moment - planned) / (28 * DAY))).astype(np.int64)
    return np.asarray(planned + late * 28 * DAY, dtype=np.int64)


def build_deal_history(block: Block, deals: pd.DataFrame) -> pd.DataFrame:
    """DEAL_HISTORY: stage changes, close dates moved and the end, each when it happened."""
    created, planned, closed = (deals[c].to_numpy() for c in ("created_at", "planned_close", "closed_at"))
    length = np.maximum(planned - created, DAY)
    parts = [
        _changes(deals, created + (length * share).astype(np.int64) // 1_000_000 * 1_000_000, "stage", STAGES[k])
        for k, share in enumerate((0.0, 0.35, 0.75))
    ]
    for turn in range(4):
        moved = planned + turn * 28 * DAY
        parts.append(_changes(deals, moved, "expected_close_on", _date_text(moved + 28 * DAY)))
    parts.append(
        _changes(deals, closed, "stage", deals.status.map({"won": "Closed won", "lost": "Closed lost"}).to_numpy())
    )
    closing = len(parts) - 1
    kept = [part[(part.changed_at.to_numpy() < closed) | (k == closing)] for k, part in enumerate(parts)]
    history = pd.concat(kept, ignore_index=True)
    history = history[history.changed_at.to_numpy() < block.line.end]
    history = history.sort_values(["changed_at", "deal_id", "field", "value"], kind="stable", ignore_index=True)
    history.insert(2, "change_id", labels("DH", block.numbers(len(history))))
    return history


def _changes(deals: pd.DataFrame, changed: Instants, field: str, value: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "i": deals.i.to_numpy(),
            "customer_id": deals.customer_id.to_numpy(),
            "deal_id": deals.deal_id.to_numpy(),
            "changed_at": changed,
            "field": field,
            "value": value,
        }
    )


def _date_text(moments: Instants) -> np.ndarray:
    return np.datetime_as_string(moments.astype("datetime64[us]"), unit="D").astype(object)
