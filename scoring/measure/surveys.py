"""NPS, CSAT and CES of a book, each with n and a 95% interval that stays honest for few answers.

NPS: adjusted Wald (Rocks 2016, The American Statistician 70(4)): add 3 answers, 3/4 promoters, 3/4 detractors, 3/2
passives. CSAT: share of the best two boxes, Wilson 1927. CES: mean on 7 points, Student's t. Fewer than 5 answers
give no figure: the raw answers say more. The last answer of each contact counts, so that a weekly panel does not
count the same person thirteen times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import special

from contracts.frames import to_frame
from scoring.arrays import Numbers

Z95 = 1.959963984540054
FEWEST_ANSWERS = 5

_CES_POINTS = 7.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% interval and the number of answers behind it; NaN where there are too few."""

    value: float
    low: float
    high: float
    n: int


def summarise(surveys: pd.DataFrame | pa.Table, *, as_of: datetime, weeks: int = 13) -> pd.DataFrame:
    """Frame of metric (`nps`, `csat`, `ces`), value, low, high, n: answers of the last `weeks` before `as_of`.

    Args:
        surveys: canonical `surveys`, as of the week.
        as_of: aware instant, exclusive.
        weeks: length of the window.
    """
    frame = to_frame(surveys) if isinstance(surveys, pa.Table) else surveys
    answered = pd.to_datetime(frame["answered_at"], utc=True)
    recent = (answered >= as_of - timedelta(weeks=weeks)) & (answered < as_of) & frame["score"].notna()
    answers = frame.assign(answered_at=answered).loc[recent].sort_values(["answered_at", "response_id"])
    contact = answers["contact_id"].fillna(answers["response_id"])
    answers = answers.assign(contact=contact).drop_duplicates(["kind", "customer_id", "contact"], keep="last")
    rows = []
    for metric, estimate in (("nps", _nps_of), ("csat", _csat_of), ("ces", _ces_of)):
        found = estimate(answers.loc[answers["kind"] == metric])
        few = found.n < FEWEST_ANSWERS
        values = (math.nan, math.nan, math.nan) if few else (found.value, found.low, found.high)
        rows.append((metric, *values, found.n))
    return pd.DataFrame(rows, columns=["metric", "value", "low", "high", "n"])


def nps(scores: Numbers) -> Estimate:
    """Net promoter score of answers 0-10."""
    return nps_of_counts(int((scores >= 9).sum()), int(((scores > 6) & (scores < 9)).sum()), int((scores <= 6).sum()))


def nps_of_counts(promoters: int, passives: int, detractors: int) -> Estimate:
    """NPS = 100 (p - d); the interval is the adjusted-Wald one, clipped to -100..100.

    Its centre is pulled toward 0 and may differ from the value: with 10 promoters of 10 the plain interval would
    have no width.
    """
    n = promoters + passives + detractors
    if not n:
        return Estimate(math.nan, math.nan, math.nan, 0)
    centre, half = adjusted_wald(promoters, passives, detractors)
    value = 100.0 * (promoters - detractors) / n
    return Estimate(value, max(-100.0, centre - half), min(100.0, centre + half), n)


def adjusted_wald(promoters: float, passives: float, detractors: float) -> tuple[float, float]:
    """Centre and half width of the adjusted-Wald interval of an NPS, before clipping."""
    p, a, d = promoters + 0.75, passives + 1.5, detractors + 0.75
    n = p + a + d
    return 100.0 * (p - d) / n, Z95 * nps_standard_error(p, a, d)


def nps_standard_error(promoters: float, passives: float, detractors: float) -> float:
    """100 sqrt((p + d - (p - d)^2) / n)."""
    n = promoters + passives + detractors
    p, d = promoters / n, detractors / n
    return 100.0 * math.sqrt(max(0.0, p + d - (p - d) ** 2) / n)


def wilson(successes: float, n: float) -> tuple[float, float]:
    """95% score interval of a share; never leaves 0-1 and has width at 0 and 1."""
    share, z2 = successes / n, Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def _nps_of(answers: pd.DataFrame) -> Estimate:
    return nps(answers["score"].to_numpy(float))


def _csat_of(answers: pd.DataFrame) -> Estimate:
    top = answers["scale_max"].fillna(5.0).to_numpy(float) - 1.0
    n = len(answers)
    if not n:
        return Estimate(math.nan, math.nan, math.nan, 0)
    satisfied = int((answers["score"].to_numpy(float) >= top).sum())
    low, high = wilson(satisfied, n)
    return Estimate(100.0 * satisfied / n, 100.0 * low, 100.0 * high, n)


def _ces_of(answers: pd.DataFrame) -> Estimate:
    low = answers["scale_min"].fillna(1.0).to_numpy(float)
    high = answers["scale_max"].fillna(_CES_POINTS).to_numpy(float)
    points = 1.0 + (answers["score"].to_numpy(float) - low) / np.where(high > low, high - low, 1.0) * (
        _CES_POINTS - 1.0
    )
    n = points.size
    if n < 2:
        return Estimate(float(points.mean()) if n else math.nan, math.nan, math.nan, n)
    half = float(special.stdtrit(n - 1, 0.975)) * float(points.std(ddof=1)) / math.sqrt(n)
    mean = float(points.mean())
    return Estimate(mean, max(1.0, mean - half), min(_CES_POINTS, mean + half), n)
