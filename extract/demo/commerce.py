"""The commercial side: agreements by term, invoices, what is installed, and who left."""

from __future__ import annotations

import numpy as np
import pandas as pd

from extract.demo.book import Block, labels
from extract.demo.casting import Part
from extract.demo.timeline import DAY, NEVER, Indexes, Instants, Numbers, days

REASONS = ("price", "competitor", "no budget", "service quality", "project stopped")
_ASSET_SITES = ("Main data centre", "Recovery site", "Branch", "Campus")


def build_agreements(block: Block) -> pd.DataFrame:
    """AGREEMENTS: one row per term, so that what is planned at any instant stands in the row of that instant's term."""
    rng = block.rng("agreements")
    line, latent = block.line, block.latent
    term = np.where(rng.random(block.size) < 0.75, 52 * 7, 156 * 7) * DAY
    anchor = days(line.end - (rng.random(block.size) * term).astype(np.int64))
    anchor = np.maximum(anchor, days(latent.since))
    for part, ago in _TERM_STARTED_WEEKS_AGO.items():
        rows = block.rows_of(part)
        term[rows] = 52 * 7 * DAY
        anchor[rows] = days(np.full(len(rows), line.end)) - ago * 7 * DAY
    reach = int(line.count * 7 * DAY // (52 * 7 * DAY)) + 2
    step = np.arange(-reach, 2)
    start = anchor[:, None] + step[None, :] * term[:, None]
    begin = np.maximum(start, days(latent.since)[:, None])
    exists = (start + term[:, None] > np.maximum(line.starts[0], latent.since)[:, None]) & (
        start < line.end + 26 * 7 * DAY
    )
    exists &= begin < latent.decided[:, None]
    rows, terms = np.nonzero(exists)
    starts, ends = begin[rows, terms], (start + term[:, None])[rows, terms]
    revenue = np.asarray(block.customers.annual_revenue_amount, dtype=np.float64)
    week = week_index(block, starts)
    amount = revenue[rows] * 0.7 * _level(block)[rows, week]
    last = (ends > latent.decided[rows]) & (starts <= latent.decided[rows])
    noticed = last & latent.gives_notice[rows] & (latent.decided[rows] != NEVER)
    ended = np.where(latent.ended[rows] < ends, latent.ended[rows], ends)
    return pd.DataFrame(
        {
            "i": rows,
            "customer_id": block.ids[rows],
            "agreement_id": [f"AG-{c[2:]}-{t}" for c, t in zip(block.ids[rows], (terms + 1).tolist(), strict=True)],
            "kind": "support",
            "plan": np.where(np.asarray(block.customers.tier)[rows] == "gold", "24x7", "next business day"),
            "seats": np.maximum(5, np.rint(revenue[rows] / 2500)),
            "start_on": starts,
            "end_on": ends,
            "ended_on": ended,
            "renewal_on": ends,
            "notice_on": np.where(noticed, days(latent.decided[rows]), NEVER),
            "annual_amount": amount.round(2),
            "currency": np.asarray(block.customers.currency, dtype=object)[rows],
            "billing": np.where(term[rows] > 60 * 7 * DAY, "annual", "quarterly"),
        }
    )


# where a story needs its renewal: weeks since the running 52-week term began
_TERM_STARTED_WEEKS_AGO = {
    Part.SLIDING: 46,
    Part.DEALS_DYING: 50,
    Part.OUTAGE: 20,
    Part.SILENT: 24,
    Part.FLAPPING: 26,
    Part.RECOVERING: 8,
    Part.NOTICE: 40,
    Part.KEY_DETRACTOR: 30,
}


def week_index(block: Block, moments: Instants) -> Indexes:
    """The week of each instant, held inside the timeline."""
    found = np.searchsorted(block.line.starts, moments, side="right") - 1
    return np.asarray(found.clip(0, block.line.count - 1), dtype=np.int64)


def _level(block: Block) -> Numbers:
    """Business done with each customer by week, 1 at the end: it grows with the bond."""
    growth = np.cumsum(0.004 * block.latent.bond.astype(np.float64) + 0.0004, axis=1)
    return np.asarray(np.exp(growth - growth[:, -1:]), dtype=np.float64)


def build_invoices(block: Block) -> pd.DataFrame:
    """INVOICES: one a quarter, in step with the business done; margin by customer with some noise.

    Disputes are a driver without effect on what customers answer.
    """
    rng = block.rng("invoices")
    line = block.line
    phase = rng.integers(0, 13, block.size)
    weeks = np.arange(line.count)
    due = ((weeks[None, :] - phase[:, None]) % 13 == 0) & block.latent.active(line)
    rows, week = np.nonzero(due)
    revenue = np.asarray(block.customers.annual_revenue_amount, dtype=np.float64)
    amount = revenue[rows] / 4 * _level(block)[rows, week] * np.exp(rng.normal(0, 0.03, len(rows)))
    margin = np.asarray(block.customers.margin_share, dtype=np.float64)[rows] + rng.normal(0, 0.02, len(rows))
    frame = pd.DataFrame(
        {
            "i": rows,
            "customer_id": block.ids[rows],
            "issued_on": line.starts[week] // DAY * DAY + 2 * DAY,
            "amount": amount.round(2),
            "margin_amount": (amount * margin).round(2),
            "currency": np.asarray(block.customers.currency, dtype=object)[rows],
            "is_disputed": block.rng("disputes").random(len(rows))
            < 0.12 * np.exp(-1.2 * block.latent.driver("invoice_disputes", rows, week)),
        }
    )
    frame.insert(2, "invoice_id", labels("INV", block.numbers(len(frame))))
    return frame


def build_install_base(block: Block) -> pd.DataFrame:
    """INSTALL_BASE: two to six systems per customer; older ones where reliability is poor."""
    rng = block.rng("install base")
    line = block.line
    count = rng.integers(2, 7, block.size)
    rows = np.repeat(np.arange(block.size), count)
    size = len(rows)
    reliability = 0.7 * block.cast.centers[rows, 0] + block.latent.traits["availability"][rows]
    age = (rng.gamma(3.0, 420.0, size) * np.exp(-0.25 * reliability - 0.25 * block.cast.centers[rows, 1])).clip(
        60, 2600
    )
    installed = np.maximum(days(line.end - (age * DAY).astype(np.int64)), days(block.latent.since[rows]))
    support = installed + rng.integers(6, 9, size) * 365 * DAY
    ended = block.latent.ended[rows]
    products = np.asarray(block.customers.product_line, dtype=object)[rows]
    return pd.DataFrame(
        {
            "i": rows,
            "customer_id": block.ids[rows],
            "asset_id": [f"SN{number:09d}" for number in (block.numbers(size) * 37 + 1_000_003).tolist()],
            "product": products + np.array([" S", " M", " L", " X"], dtype=object)[rng.integers(0, 4, size)],
            "site": np.array(_ASSET_SITES, dtype=object)[rng.integers(0, 4, size)],
            "quantity": rng.integers(1, 5, size),
            "installed_on": installed,
            "removed_on": ended,
            "contract_end_on": installed + (rng.integers(3, 6, size) * 365 + 365) * DAY,
            "end_of_support_on": support,
        }
    )


def build_outcomes(block: Block, deals: pd.DataFrame) -> pd.DataFrame:
    """OUTCOMES: renewals when their deal is won, and customers lost when their last day has come."""
    renewed = deals[(deals.kind.to_numpy() == "renewal") & (deals.status.to_numpy() == "won")]
    lost = np.flatnonzero(block.latent.ended != NEVER)
    revenue = np.asarray(block.customers.annual_revenue_amount, dtype=np.float64)
    reasons = block.rng("reasons").choice(REASONS, len(lost))
    frame = pd.DataFrame(
        {
            "i": np.concatenate([renewed.i.to_numpy(), lost]),
            "customer_id": np.concatenate([renewed.customer_id.to_numpy(dtype=object), block.ids[lost]]),
            "kind": ["renewed"] * len(renewed) + ["churned"] * len(lost),
            "happened_on": np.concatenate([days(renewed.closed_at.to_numpy()), block.latent.ended[lost]]),
            "reason": [None] * len(renewed) + list(reasons),
            "amount": np.concatenate([renewed.amount.to_numpy(), revenue[lost]]).round(2),
        }
    )
    frame["currency"] = np.asarray(block.customers.currency, dtype=object)[frame.i.to_numpy()]
    frame = frame.sort_values(["happened_on", "customer_id"], kind="stable", ignore_index=True)
    frame.insert(2, "outcome_id", labels("O-", block.numbers(len(frame))))
    return frame
