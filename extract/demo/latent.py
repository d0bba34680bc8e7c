"""What no system shows: how each customer feels, week by week, and when it decides to go.

`mood` (attitude, behind loyalty) and `bond` (tie, behind retention) run on a scale where +1 is a happy and -1 an
unhappy customer. Both are AR(1) around the customer's own level, with a yearly season; stories bend them.
The truth about churn is a weekly hazard `BASE_HAZARD * exp(-HAZARD_SLOPE * bond)`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extract.demo.casting import Cast, Part
from extract.demo.timeline import DAY, NEVER, Indexes, Instants, Timeline, dice

Levels = NDArray[np.float32]

BASE_HAZARD = 0.0008
HAZARD_SLOPE = 1.1
NOTICE_WEEKS = 9
"""From the decision to leave to the last day."""
_PHI = 0.92
_WANDER = {Part.DRIFTING: 0.3}
_STEADY_WANDER = 0.06
_SEASON = 0.05

DRIVERS: dict[str, tuple[float, float]] = {
    # name: (strength in the survey score, loading on mood)
    "resolve_time": (0.40, 0.85),
    "project_delay": (0.28, 0.75),
    "handoffs": (0.22, 0.75),
    "availability": (0.16, 0.70),
    "first_response": (0.10, 0.75),
    "invoice_disputes": (0.0, 0.40),
}
"""Survey satisfaction is linear in these; `invoice_disputes` is planted with no effect."""


@dataclass(frozen=True, slots=True)
class Latent:
    """Per customer of one block. `mood`, `bond`: customers x weeks. `traits`: one fixed deviation per driver.
    `since`, `decided`, `ended`: instants of arrival, decision to leave and end (NEVER: stays).
    """

    mood: Levels
    bond: Levels
    traits: dict[str, NDArray[np.float64]]
    since: Instants
    decided: Instants
    gives_notice: NDArray[np.bool_]
    ended: Instants

    def driver(self, name: str, rows: Indexes, weeks: Indexes) -> NDArray[np.float64]:
        """The level of a driver where the customer feels it: high is good."""
        loading = DRIVERS[name][1]
        return loading * self.mood[rows, weeks].astype(np.float64) + self.traits[name][rows]

    def active(self, line: Timeline) -> NDArray[np.bool_]:
        """Customers x weeks: whether the customer is ours for the whole week."""
        starts = line.starts[None, :]
        return (starts >= self.since[:, None]) & (starts + 7 * DAY <= self.ended[:, None])


def build_latent(cast: Cast, since: Instants, line: Timeline, *, seed: int, block: int) -> Latent:
    """The latent levels of one block; `since` are the instants from which each customer is ours."""
    rng = dice(seed, "latent", block)
    size = len(cast.parts)
    wander = np.full(size, _STEADY_WANDER)
    for part, scale in _WANDER.items():
        wander[cast.parts == part] = scale
    mood = _paths(rng, cast.centers[:, 0], wander, line)
    bond = _paths(rng, cast.centers[:, 1], wander, line)
    for part in Part:
        if part in _BENDS:
            rows = np.flatnonzero(cast.parts == part)
            mood[rows], bond[rows] = _bent(part, line)
    traits = {
        name: rng.normal(0.0, 0.25, size)
        * np.where((cast.parts == Part.ORDINARY) | (cast.parts == Part.DRIFTING), 1.0, 0.2)
        for name in DRIVERS
    }
    decided, gives_notice, ended = _leaving(rng, cast, bond, line)
    return Latent(mood, bond, traits, since, decided, gives_notice, ended)


def _paths(
    rng: np.random.Generator, center: NDArray[np.float64], wander: NDArray[np.float64], line: Timeline
) -> Levels:
    size = len(center)
    noise = rng.standard_normal((line.count, size), dtype=np.float32) * (wander * np.sqrt(1 - _PHI**2)).astype(
        np.float32
    )
    level = noise[0] / np.float32(np.sqrt(1 - _PHI**2))
    path = np.empty((size, line.count), dtype=np.float32)
    phase = 2 * np.pi * np.arange(line.count) / 52.18
    for week in range(line.count):
        level = level * np.float32(_PHI) + noise[week] if week else level
        path[:, week] = center + level + _SEASON * np.sin(phase[week])
    return path


def _leaving(
    rng: np.random.Generator, cast: Cast, bond: Levels, line: Timeline
) -> tuple[Instants, NDArray[np.bool_], Instants]:
    """First week in which the hazard strikes; stories are spared, the notice story leaves by its script."""
    size = len(bond)
    hazard = BASE_HAZARD * np.exp(-HAZARD_SLOPE * bond)
    struck = rng.random(bond.shape, dtype=np.float32) < hazard
    struck[:, :8] = False
    free = (cast.parts == Part.ORDINARY) | (cast.parts == Part.DRIFTING)
    struck[~free] = False
    leaves = struck.any(axis=1)
    week = struck.argmax(axis=1)
    hour = rng.integers(8, 18, size) * 3_600_000_000 + rng.integers(0, 5, size) * DAY
    decided = np.where(leaves, line.starts[week] + hour, NEVER)
    gives_notice = rng.random(size) < 0.7
    scripted = cast.parts == Part.NOTICE
    decided[scripted] = line.at(-2, day=1, hour=10)
    gives_notice[scripted] = True
    ended = np.where(decided == NEVER, NEVER, (np.minimum(decided, line.end) // DAY + NOTICE_WEEKS * 7) * DAY)
    return decided, gives_notice, ended


# part -> knots (weeks before the end, mood, bond); straight lines between, level before the first
_BENDS: dict[Part, tuple[tuple[int, float, float], ...]] = {
    Part.SLIDING: ((8, 0.75, 0.6), (6, 0.3, 0.4), (3, -0.5, 0.1), (1, -1.8, -0.2), (0, -2.4, -0.3)),
    Part.DEALS_DYING: ((26, 1.0, 0.9), (14, 1.0, 0.1), (0, 1.0, -0.5)),
    Part.RECOVERING: ((12, -1.3, -1.4), (8, 1.3, -1.2), (0, 1.6, -0.6)),
    Part.NOTICE: ((20, 0.5, 0.4), (4, 0.3, -0.8), (0, 0.2, -1.2)),
}


def _bent(part: Part, line: Timeline) -> tuple[Levels, Levels]:
    knots = _BENDS[part]
    ago = np.arange(line.count)[::-1]
    weeks = [-knot[0] for knot in knots]
    mood = np.interp(-ago, weeks, [knot[1] for knot in knots]).astype(np.float32)
    bond = np.interp(-ago, weeks, [knot[2] for knot in knots]).astype(np.float32)
    return mood, bond


def satisfaction(latent: Latent, rows: Indexes, weeks: Indexes, *, middle: float, spread: float) -> NDArray[np.float64]:
    """The noiseless answer of customers in given weeks: linear in the drivers; `middle` at mood 0, `spread` a unit."""
    scale = sum(strength * loading for strength, loading in DRIVERS.values())
    total = np.zeros(len(rows))
    for name, (strength, _) in DRIVERS.items():
        if strength:
            total += strength * latent.driver(name, rows, weeks)
    return middle + spread * total / scale
