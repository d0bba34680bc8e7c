"""One link of a chain: how far a measure moves with the one before it, with bootstrap draws that all links share.

    between signals   least squares
    to retention      logistic regression of staying; the slope is a change of log-odds

Each link holds the earlier members of its chain constant, so that the product of the links is the part of the effect
that goes through them (Baron and Kenny, J. Personality and Social Psychology 51, 1986). Draws give customers Poisson
weights (Hanley and MacGibbon, Computer Methods and Programs in Biomedicine 83, 2006): one weight per customer and draw,
in every link. A logistic draw is one Newton step from the estimate, in small books two more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.arrays import Numbers, Places
from scoring.predict.lifetime_value.estimates import interval

RETENTION = "retention"

_LARGE_BOOK = 10_000
_REFINED = 1_000_000
"""Customers times draws: up to so many, further Newton steps cost little and small samples need them."""

_SETTLED = 1e-10

_RIDGE = 0.05
"""Precision of a prior on standardised slopes: a signal that parts leavers from stayers without error stays finite."""


@dataclass(frozen=True)
class Observed:
    """Rows of one link without gaps: `people` are places in the shared weights; columns of `causes`: the measure that
    moves, then what is held constant. `effect` is a measure, or 1 for who stayed.
    """

    people: Places
    causes: Numbers
    effect: Numbers
    is_retention: bool

    @property
    def events(self) -> int | None:
        return int((self.effect == 0).sum()) if self.is_retention else None


@dataclass(frozen=True)
class Slope:
    """Change of the effect per natural unit of the cause: the estimate first, then the draws."""

    draws: Numbers

    @property
    def value(self) -> float:
        return float(self.draws[0])

    @property
    def ends(self) -> tuple[float, float]:
        low, high = interval(self.draws[1:])
        return float(low), float(high)

    @property
    def error(self) -> float:
        return float(self.draws[1:].std(ddof=1))


def can_be_measured(link: Observed) -> bool:
    """Both sides vary."""
    return bool((link.causes.std(axis=0) > 0).all() and link.effect.std() > 0)


def slopes(links: list[Observed], *, people: int, draws: int, rng: np.random.Generator) -> list[Slope]:
    """The slope of each link's first cause, all under the same draws of customers.

    The estimate is the draw in which everybody weighs one. What a draw needs of a link are weighted sums over
    customers, so all links stand side by side in one product of matrices.
    """
    steps = [_Step.of(link) for link in links]
    if not steps:
        return []
    edges = np.cumsum([0, *(step.terms.shape[1] for step in steps)])
    terms = np.zeros((people, int(edges[-1])))
    for step, begin, end in zip(steps, edges, edges[1:], strict=False):
        terms[step.link.people, begin:end] = step.terms
    if people > _LARGE_BOOK:
        sums = _normal_sums(terms, draws, rng)
        parts = [step.moved(sums[:, begin:end]) for step, begin, end in zip(steps, edges, edges[1:], strict=False)]
    else:
        weights = rng.poisson(1.0, (draws, people)).astype(float)
        sums = weights @ terms
        parts = [
            step.refined(step.moved(sums[:, begin:end]), weights[:, step.link.people])
            for step, begin, end in zip(steps, edges, edges[1:], strict=False)
        ]
    return [Slope(np.append(step.start[1], part[:, 1]) * step.scale) for step, part in zip(steps, parts, strict=True)]


def _normal_sums(terms: Numbers, draws: int, rng: np.random.Generator) -> Numbers:
    """Sums under Poisson weights, of so many customers that they are normal: mean sum(t), covariance sum(t t')."""
    values, vectors = np.linalg.eigh(terms.T @ terms)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    sums: Numbers = terms.sum(axis=0) + rng.standard_normal((draws, values.size)) @ root.T
    return sums


@dataclass(frozen=True)
class _Step:
    """A link around its estimate `start`, on standardised measures: per customer the terms of slope and curvature."""

    link: Observed
    design: Numbers
    start: Numbers
    terms: Numbers
    scale: float

    @classmethod
    def of(cls, link: Observed) -> _Step:
        spread = link.causes.std(axis=0)
        design = np.column_stack([np.ones(len(link.causes)), (link.causes - link.causes.mean(axis=0)) / spread])
        if link.is_retention:
            start = _logistic(design, link.effect)
            chance = _chance(design, start[None, :])[0]
            rest, curve, scale = link.effect - chance, chance * (1 - chance), 1 / spread[0]
        else:
            effect = (link.effect - link.effect.mean()) / link.effect.std()
            start = np.linalg.lstsq(design, effect, rcond=None)[0]
            rest, curve, scale = effect - design @ start, np.ones(len(design)), link.effect.std() / spread[0]
        return cls(link, design, start, np.hstack([design * rest[:, None], _products(design) * curve[:, None]]), scale)

    @property
    def width(self) -> int:
        return int(self.design.shape[1])

    @property
    def penalty(self) -> Numbers:
        return _penalty(self.width) if self.link.is_retention else np.zeros(self.width)

    def moved(self, sums: Numbers) -> Numbers:
        """Where a Newton step from the estimate leads, per draw of weighted sums."""
        slope, curve = sums[:, : self.width], sums[:, self.width :].reshape(-1, self.width, self.width)
        moved: Numbers = self.start + _newton(slope - self.penalty * self.start, curve, self.penalty)
        return moved

    def refined(self, at: Numbers, weights: Numbers) -> Numbers:
        """Two more steps of a logistic link in a small book."""
        if not self.link.is_retention or at.shape[0] * len(self.design) > _REFINED:
            return at
        products = _products(self.design)
        for _ in range(2):
            chance = _chance(self.design, at)
            slope = (weights * (self.link.effect - chance)) @ self.design - self.penalty * at
            curve = ((weights * chance * (1 - chance)) @ products).reshape(-1, self.width, self.width)
            at = at + _newton(slope, curve, self.penalty)
        return at


def _logistic(design: Numbers, effect: Numbers) -> Numbers:
    at, penalty, products = np.zeros((1, design.shape[1])), _penalty(design.shape[1]), _products(design)
    for _ in range(30):
        chance = _chance(design, at)
        curve = ((chance * (1 - chance)) @ products).reshape(-1, *[design.shape[1]] * 2)
        step = _newton((effect - chance) @ design - penalty * at, curve, penalty)
        at = at + step
        if np.abs(step).max() < _SETTLED:
            break
    found: Numbers = at[0]
    return found


def _newton(slope: Numbers, curve: Numbers, penalty: Numbers) -> Numbers:
    # a draw may leave a measure without any variance: a hair on the diagonal keeps it solvable
    hair = (1e-9 * np.trace(curve, axis1=1, axis2=2) + 1e-12)[:, None, None] * np.eye(curve.shape[1])
    step: Numbers = np.clip(np.linalg.solve(curve + np.diag(penalty) + hair, slope[:, :, None])[:, :, 0], -3, 3)
    return step


def _chance(design: Numbers, at: Numbers) -> Numbers:
    chance: Numbers = 1 / (1 + np.exp(-np.clip(at @ design.T, -30, 30)))
    return chance


def _products(design: Numbers) -> Numbers:
    return (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)


def _penalty(width: int) -> Numbers:
    return np.append(0.0, np.full(width - 1, _RIDGE))
