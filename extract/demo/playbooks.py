"""A year of positions with three playbooks in it, of which only one helps: what the case-effect report must find.

Straight positions, not facts that are scored: level, slow drift and passing noise of each customer on both axes. One
playbook lifts loyalty by EFFECT points, one changes nothing and goes to anybody, one changes nothing and goes to
accounts that have just fallen well below what is usual for them, most of which come back by themselves. In each week a
lot decides which of the fitting accounts gets a
case: the capacity of the team, and the reason why accounts without a case are comparable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.frames import conform
from contracts.results import CASES, CUSTOMER_FACTS, HISTORY
from contracts.weeks import Week
from contracts.words import PlacementState, Zone
from extract.demo.timeline import DAY, HOUR, Timeline, dice, timeline

LAST_WEEK = Week(2026, 47)
HELPS, DOES_NOTHING, COMES_BACK_BY_ITSELF = "faster_support", "renewal_defence", "executive_rescue"
EFFECT = 6.0
"""Points of loyalty from the third week after opening on; two thirds and one third of it before."""

PLANTED = {HELPS: EFFECT, DOES_NOTHING: 0.0, COMES_BACK_BY_ITSELF: 0.0}

_RAMP = 3
_DRIFT, _DRIFT_SD, _NOISE, _NOISE_SD = 0.95, 5.0, 0.5, 4.0
_PAUSE = 22
"""Weeks that a customer stays without another case."""
_FALL = 7.0
_USUAL_WEEKS = 8
_LINE = 50.0

Levels = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlayedPlaybooks:
    """HISTORY, CASES and CUSTOMER_FACTS frames; what was planted is PLANTED: playbook -> effect on loyalty."""

    history: pd.DataFrame
    cases: pd.DataFrame
    facts: pd.DataFrame


def play_playbooks(
    *, seed: int = 7, customers: int = 500, weeks: int = 60, last_week: Week = LAST_WEEK, zone: str = "Europe/Rome"
) -> PlayedPlaybooks:
    """The same for the same arguments."""
    line = timeline(weeks=weeks, last=last_week, zone=zone)
    rng = dice(seed, "playbooks")
    ids = np.array([f"C{number:05d}" for number in range(1, customers + 1)], dtype=object)
    loyalty, retention = _scores(rng, customers, weeks), _scores(rng, customers, weeks)
    opened = _deal_out(rng, loyalty)
    for customer, week, playbook in opened:
        if playbook == HELPS:
            since = np.arange(weeks) - week
            loyalty[customer] += EFFECT * np.clip(since / _RAMP, 0.0, 1.0)
    facts = _facts(rng, ids)
    return PlayedPlaybooks(_history(ids, line, loyalty, retention), _cases(rng, ids, line, opened), facts)


def _scores(rng: np.random.Generator, customers: int, weeks: int) -> Levels:
    """Level, drift and what passes within weeks."""
    center = rng.normal(58.0, 11.0, (customers, 1))
    drift = _wander(rng, customers, weeks, _DRIFT, _DRIFT_SD)
    passing = _wander(rng, customers, weeks, _NOISE, _NOISE_SD)
    scores: Levels = center + drift + passing
    return scores


def _wander(rng: np.random.Generator, customers: int, weeks: int, keeps: float, spread: float) -> Levels:
    shocks = rng.normal(0.0, spread * np.sqrt(1 - keeps**2), (customers, weeks))
    path = np.empty((customers, weeks))
    path[:, 0] = shocks[:, 0] / np.sqrt(1 - keeps**2)
    for week in range(1, weeks):
        path[:, week] = keeps * path[:, week - 1] + shocks[:, week]
    return path


def _deal_out(rng: np.random.Generator, loyalty: Levels) -> list[tuple[int, int, str]]:
    """(customer, last week before the case, playbook). Scores are those without any effect: the lot does not see it."""
    free_from = np.zeros(len(loyalty), dtype=int)
    found: list[tuple[int, int, str]] = []
    for week in range(16, loyalty.shape[1] - 1):
        free = free_from <= week
        fell = loyalty[:, week - _USUAL_WEEKS : week].mean(axis=1) - loyalty[:, week] >= _FALL
        fits = {
            HELPS: (loyalty[:, week] < _LINE) & ~fell,
            DOES_NOTHING: np.ones(len(loyalty), dtype=bool),
            COMES_BACK_BY_ITSELF: fell,
        }
        for playbook, chance in ((HELPS, 0.025), (DOES_NOTHING, 0.004), (COMES_BACK_BY_ITSELF, 0.12)):
            chosen = np.flatnonzero(fits[playbook] & free & (rng.random(len(loyalty)) < chance))
            found += [(int(customer), week, playbook) for customer in chosen]
            free_from[chosen] = week + _PAUSE
            free[chosen] = False
    return found


def _facts(rng: np.random.Generator, ids: NDArray[np.object_]) -> pd.DataFrame:
    tiers = np.array(["gold", "silver", "bronze"], dtype=object)[rng.choice(3, len(ids), p=[0.2, 0.3, 0.5])]
    rows = {
        "customer_id": ids,
        "name": ids,
        "tier": tiers,
        "status": "active",
        "revenue_amount": np.round(rng.lognormal(11.0, 0.8, len(ids)), 2),
    }
    return conform(pd.DataFrame(rows), CUSTOMER_FACTS)


def _history(ids: NDArray[np.object_], line: Timeline, loyalty: Levels, retention: Levels) -> pd.DataFrame:
    names = [str(week) for week in line.weeks]
    low, poor = loyalty.ravel() < _LINE, retention.ravel() < _LINE
    zones = np.select(
        [low & poor, low, poor], [Zone.CRITICAL.value, Zone.NEUTRAL.value, Zone.SOMEWHAT_LOYAL.value], "very_loyal"
    )
    rows = {
        "customer_id": np.repeat(ids, len(names)),
        "week": names * len(ids),
        "state": PlacementState.PLACED.value,
        "zone": zones,
        "loyalty": loyalty.ravel().clip(0, 100),
        "retention": retention.ravel().clip(0, 100),
        "is_reconstructed": False,
    }
    return conform(pd.DataFrame(rows), HISTORY)


def _cases(
    rng: np.random.Generator, ids: NDArray[np.object_], line: Timeline, opened: list[tuple[int, int, str]]
) -> pd.DataFrame:
    """Opened on the Monday after the week that led to them; closed after some days, one in twelve never."""
    rows: list[dict[str, Any]] = []
    for customer, week, playbook in opened:
        at = int(line.starts[week]) + 7 * DAY + 9 * HOUR
        closed = at + int(rng.integers(2, 25)) * DAY if rng.random() > 1 / 12 else None
        rows.append(
            {
                "case_id": f"CL-{ids[customer]}-{week}",
                "customer_id": ids[customer],
                "template_id": "critical_customer",
                "reason_key": f"played-{week}",
                "title": f"{ids[customer]}: {playbook}",
                "status": "open" if closed is None else "closed",
                "is_open": closed is None,
                "opened_at": pd.Timestamp(at, unit="us", tz="UTC"),
                "closed_at": pd.NaT if closed is None else pd.Timestamp(closed, unit="us", tz="UTC"),
                "escalation_step": 0,
                "row_version": 1 if closed is None else 2,
                "playbook_id": playbook,
            }
        )
    return conform(pd.DataFrame(rows), CASES)
