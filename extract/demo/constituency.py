"""What our own people and our partners say, by quarter: engagement of each support queue, satisfaction of partners.

Both follow the mood of the customers they work for, so a link is there to be found: with a dozen queues it can be, with
five regions nothing may be claimed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from extract.demo.timeline import DAY, NEVER, dice

if TYPE_CHECKING:
    from extract.demo.company import DemoCompany

ENGAGEMENT_PER_MOOD = 8.0
"""Points of engagement of a queue per unit of its customers' mean mood; noise of one survey: 2 points."""
_NOISE = 2.0
_QUARTER_WEEKS = 13
# constituency, metric, column of the customers that names the unit, value at mood 0
_ASKED = (
    ("employee", "engagement", "support_queue", 62.0),
    ("partner", "satisfaction", "region", 70.0),
)


def build_constituency(company: DemoCompany, moment: int = NEVER) -> pd.DataFrame:
    """CONSTITUENCY_MEASURES known at `moment` (microseconds UTC, exclusive); from the first block of customers."""
    block, line = company.block(0), company.line
    weeks = np.arange(_QUARTER_WEEKS - 1, line.count, _QUARTER_WEEKS)
    mood = block.latent.mood.astype(np.float64)
    quarters = np.stack([mood[:, week - _QUARTER_WEEKS + 1 : week + 1].mean(axis=1) for week in weeks], axis=1)
    parts = []
    for constituency, metric, column, middle in _ASKED:
        rng = dice(company.seed, "constituency", constituency)
        by_unit = pd.DataFrame(quarters).groupby(block.customers[column].to_numpy(dtype=object)).mean()
        noise = rng.normal(0, _NOISE, by_unit.shape)
        value = (middle + ENGAGEMENT_PER_MOOD * by_unit.to_numpy() + noise).clip(0, 100).round(1)
        units = np.repeat(by_unit.index.to_numpy(dtype=object), len(weeks))
        turn = np.tile(np.arange(len(weeks)), len(by_unit))
        parts.append(
            pd.DataFrame(
                {
                    "measure_id": [f"{constituency}-{u}-{t + 1}" for u, t in zip(units, turn.tolist(), strict=True)],
                    "constituency": constituency,
                    "unit": units,
                    "measured_on": line.starts[weeks][turn] // DAY * DAY + 4 * DAY,
                    "metric": metric,
                    "value": value.ravel(),
                    "n": rng.integers(8, 40, len(units)),
                }
            )
        )
    whole = pd.concat(parts, ignore_index=True)
    return whole[whole.measured_on.to_numpy() < moment].reset_index(drop=True)
