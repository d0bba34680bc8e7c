"""The commercial side: agreements by term, deals, invoices, what is installed, and who left."""

from __future__ import annotations

import numpy as np
import pandas as pd

from extract.demo.book import Block, labels
from extract.demo.casting import Part
from extract.demo.timeline import DAY, HOUR, NEVER, Indexes, Instants, Numbers, days

STAGES = ("Qualification", "Proposal", "Negotiation")
STAGE_PROBABILITY = (0.2, 0.45, 0.7)
_RENEWAL_LEAD_DAYS = 110
_COMPETITORS = ("Northlake Systems", "Zephyr Data", "Quantor", "in-house build")
_REASONS = ("price", "competitor", "no budget", "service quality", "project stopped")
_SALES = {"expansion": "Capacity expansion", "service": "Migration service", "renewal": "Add-on renewal"}
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


def build_deals(block: Block, agreements: pd.DataFrame) -> pd.DataFrame:
    """DEALS plus `planned_close` (the first expected close): a renewal per term, expansions and services by chance."""
    deals = pd.concat([_renewals(block, agreements), _sales(block)], ignore_index=True)
    deals = deals[deals.created_at.to_numpy() < block.line.end]
    deals = deals.sort_values(["created_at", "customer_id", "kind"], kind="stable", ignore_index=True)
    rng = block.rng("deal words")
    lost = deals.status.to_numpy() == "lost"
    deals["competitor"] = np.where(lost & (rng.random(len(deals)) < 0.5), rng.choice(_COMPETITORS, len(deals)), None)
    deals["lost_reason"] = np.where(lost, rng.choice(_REASONS, len(deals)), None)
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
    kept = (created >= block.line.starts[0]) & (created < latent.decided[rows])
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
    return frame[kept]


def _sales(block: Block) -> pd.DataFrame:
    rng = block.rng("sales")
    latent, line = block.latent, block.line
    rate = 0.036 * np.exp(-0.3 * latent.bond) * latent.active(line)
    rows, weeks = np.nonzero(rng.random(rate.shape) < rate)
    dying = block.rows_of(Part.DEALS_DYING)
    if len(dying) and line.count > 20:
        rows = np.concatenate([rows, np.repeat(dying, 5)])
        weeks = np.concatenate([weeks, np.tile(line.count - np.array([19, 17, 15, 13, 11]), len(dying))])
    size = len(rows)
    bond = latent.bond[rows, np.minimum(weeks + 8, line.count - 1)].astype(np.float64)
    created = line.starts[weeks] + rng.integers(0, 5, size) * DAY + 8 * HOUR
    created += (rng.random(size) * 9 * HOUR).astype(np.int64) // 1_000_000 * 1_000_000
    length = np.rint(rng.normal(80 - 12 * bond, 18).clip(21, 160)).astype(np.int64) * DAY
    slip = np.rint(np.maximum(0, rng.normal(6 - 32 * bond, 10))).astype(np.int64) * DAY
    won = rng.random(size) < 1 / (1 + np.exp(-(0.2 + 2.2 * bond)))
    scripted = np.isin(rows, dying) & (weeks >= line.count - 20)
    length = np.where(scripted, 60 * DAY, length)
    slip = np.where(scripted, 14 * DAY, slip)
    won &= ~scripted
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


def build_invoices(block: Block) -> pd.DataFrame:
    """INVOICES: one a quarter, in step with the business done; margin by customer with some noise."""
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
    reasons = block.rng("reasons").choice(_REASONS, len(lost))
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
