"""Support tickets and their history: how many, how bad, how long, and how they were judged."""

from __future__ import annotations

import numpy as np
import pandas as pd

from extract.demo.book import Block, labels
from extract.demo.casting import Part
from extract.demo.customers import PRODUCT_LINES
from extract.demo.latent import satisfaction
from extract.demo.phrases import LANGUAGES, POOL, description_pool, subject_pool
from extract.demo.timeline import DAY, HOUR, MINUTE, NEVER, Indexes, Numbers, work_moments

_PER_WEEK = 0.48
_RESOLVE_HOURS = np.array([7.0, 14.0, 30.0, 48.0])
_RESPONSE_MINUTES = np.array([22.0, 60.0, 150.0, 280.0])
_CHANNELS = ("portal", "email", "phone", "chat")
_CATEGORIES = ("hardware", "software", "performance", "licence", "how-to")
QUIET_WEEKS = 6
"""Ordinary customers have no severity-1 ticket in the last weeks: they are the steady ones."""

HANDOFF_EFFECT, RESOLVE_EFFECT = -0.25, -0.2
"""On a ticket's satisfaction (1-5): per hand-off, and per doubling of the time to resolve, against the expected."""


def build_tickets(block: Block) -> pd.DataFrame:
    """TICKETS columns plus `escalated_at`; instants in microseconds, NEVER when it does not come."""
    rng = block.rng("tickets")
    rows, weeks = _arrivals(block, rng)
    size = len(rows)
    opened = work_moments(rng, block.line.starts[weeks])
    mood = block.latent.mood[rows, weeks].astype(np.float64)
    severity = _severities(rng, mood)
    quiet = (block.cast.parts[rows] != Part.DRIFTING) & (weeks >= block.line.count - QUIET_WEEKS)
    severity[quiet & (severity == 1)] = 2
    order = severity - 1
    resolve_level = block.latent.driver("resolve_time", rows, weeks)
    expected_hours = _RESOLVE_HOURS[order] * np.exp(-0.8 * resolve_level)
    hours = expected_hours * np.exp(rng.normal(0, 0.6, size))
    response_level = block.latent.driver("first_response", rows, weeks)
    minutes = np.minimum(
        _RESPONSE_MINUTES[order] * np.exp(-0.8 * response_level + rng.normal(0, 0.5, size)), hours * 50
    )
    expected_handoffs = np.exp(-0.1 - 0.8 * block.latent.driver("handoffs", rows, weeks))
    handoffs = rng.poisson(expected_handoffs)
    reopened = (rng.random(size) < 0.07 * np.exp(-1.0 * mood)).astype(np.int64)
    escalated = rng.random(size) < 0.035 * np.exp(-1.3 * mood) * np.where(severity <= 2, 2.0, 1.0)
    first_response = opened + (minutes * MINUTE).astype(np.int64) // 1_000_000 * 1_000_000
    resolved = opened + (hours * HOUR).astype(np.int64) // 1_000_000 * 1_000_000
    feeling = (
        satisfaction(block.latent, rows, weeks, middle=4.0, spread=0.62)
        + HANDOFF_EFFECT * (handoffs - expected_handoffs)
        + RESOLVE_EFFECT * np.log2(hours / expected_hours)
        + rng.normal(0, 0.55, size)
    )
    judged = rng.random(size) < 0.3
    frame = pd.DataFrame(
        {
            "i": rows,
            "customer_id": block.ids[rows],
            "contact_id": block.some_contact(rng, rows),
            "opened_at": opened,
            "first_response_at": first_response,
            "resolved_at": resolved,
            "closed_at": resolved + 2 * DAY,
            "escalated_at": np.where(escalated, opened + (resolved - opened) // 3, NEVER),
            "severity": severity,
            "product": np.asarray(block.customers.product_line, dtype=object)[rows],
            "channel": np.array(_CHANNELS, dtype=object)[rng.choice(4, size, p=[0.5, 0.25, 0.15, 0.1])],
            "category": np.array(_CATEGORIES, dtype=object)[rng.choice(5, size, p=[0.25, 0.3, 0.2, 0.1, 0.15])],
            "reopened_count": reopened,
            "handoff_count": handoffs,
            "csat_score": np.where(judged, np.rint(feeling).clip(1, 5), np.nan),
            **_texts(block, rng, rows),
        }
    )
    frame = frame.sort_values(["opened_at", "customer_id"], kind="stable", ignore_index=True)
    frame.insert(2, "ticket_id", labels("", block.numbers(size)))
    return frame


def _arrivals(block: Block, rng: np.random.Generator) -> tuple[Indexes, Indexes]:
    """Customer and week of each ticket: Poisson, more when the mood is low and in the busy season."""
    line = block.line
    own = _PER_WEEK * np.exp(rng.normal(-0.12, 0.5, block.size))
    season = 1 + 0.2 * np.cos(2 * np.pi * np.arange(line.count) / 52.18)
    rate = own[:, None] * season * np.exp(-0.45 * (block.latent.mood - 0.5))
    counts = rng.poisson(rate * block.latent.active(line))
    rows, weeks = np.nonzero(counts)
    times = counts[rows, weeks]
    return np.repeat(rows, times), np.repeat(weeks, times)


def _severities(rng: np.random.Generator, mood: Numbers) -> Indexes:
    worst = 0.02 * np.exp(-1.2 * mood)
    second = worst + 0.13 * np.exp(-0.3 * mood)
    draw = rng.random(len(mood))
    return np.select([draw < worst, draw < second, draw < second + 0.5], [1, 2, 3], 4).astype(np.int64)


def _texts(block: Block, rng: np.random.Generator, rows: Indexes) -> dict[str, np.ndarray]:
    """Subject and description in the customer's language more often than not, else in English."""
    size = len(rows)
    tongue = np.where(rng.random(size) < 0.6, block.languages()[rows], 0)
    product = np.asarray(block.customers.product_line.map({p: k for k, p in enumerate(PRODUCT_LINES)}))[rows]
    form, told = rng.integers(0, 1 << 20, size), rng.integers(0, POOL, size)
    subject, description = np.empty(size, dtype=object), np.empty(size, dtype=object)
    for code, language in enumerate(LANGUAGES):
        here = np.flatnonzero(tongue == code)
        subjects = subject_pool(language, PRODUCT_LINES)
        subject[here] = subjects[product[here], form[here] % subjects.shape[1]]
        description[here] = description_pool(language)[told[here]]
    return {"subject": subject, "description": description}


def build_ticket_history(block: Block, tickets: pd.DataFrame) -> pd.DataFrame:
    """TICKET_HISTORY: one row per hand-off, evenly spread between opening and solution, and one per escalation."""
    moved = tickets.loc[tickets.handoff_count.to_numpy() > 0]
    times = moved.handoff_count.to_numpy()
    spread = moved.loc[moved.index.repeat(times)]
    turn = np.concatenate([np.arange(1, n + 1) for n in times.tolist()]) if len(times) else np.array([], dtype=np.int64)
    share = turn / (np.repeat(times, times) + 1)
    length = (spread.resolved_at - spread.opened_at).to_numpy()
    queue = np.asarray(block.customers.support_queue, dtype=object)
    handed = pd.DataFrame(
        {
            "i": spread.i.to_numpy(),
            "ticket_id": spread.ticket_id.to_numpy(),
            "changed_at": spread.opened_at.to_numpy() + (share * length).astype(np.int64) // 1_000_000 * 1_000_000,
            "field": "group",
            "value": queue[spread.i.to_numpy()] + "-l" + pd.Series(turn % 3 + 1).astype(str).to_numpy(dtype=object),
        }
    )
    raised = tickets.loc[tickets.escalated_at.to_numpy() != NEVER]
    escalations = pd.DataFrame(
        {
            "i": raised.i.to_numpy(),
            "ticket_id": raised.ticket_id.to_numpy(),
            "changed_at": raised.escalated_at.to_numpy(),
            "field": "escalated",
            "value": "yes",
        }
    )
    both = pd.concat([handed, escalations], ignore_index=True)
    both = both.sort_values(["changed_at", "ticket_id", "field"], kind="stable", ignore_index=True)
    both.insert(1, "customer_id", block.ids[both.i.to_numpy()])
    both.insert(2, "change_id", labels("H", block.numbers(len(both))))
    return both
