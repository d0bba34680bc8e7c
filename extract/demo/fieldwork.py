"""What runs at the customer: projects of our consultants, and weekly telemetry of the installed systems."""

from __future__ import annotations

import numpy as np
import pandas as pd

from extract.demo.book import Block, labels
from extract.demo.commerce import week_index
from extract.demo.timeline import DAY, days

_KINDS = ("migration", "upgrade", "roll-out", "health check")


def build_projects(block: Block) -> pd.DataFrame:
    """PROJECTS; `actual_end_on` may lie after the last week. Delay grows as the driver `project_delay` falls."""
    rng = block.rng("projects")
    line, latent = block.line, block.latent
    rate = np.full((block.size, line.count), 0.016) * latent.active(line)
    rows, weeks = np.nonzero(rng.random(rate.shape) < rate)
    size = len(rows)
    started = days(line.starts[weeks] + DAY)
    planned = started + np.rint(rng.normal(95, 25, size).clip(28, 200)).astype(np.int64) * DAY
    level = latent.driver("project_delay", rows, week_index(block, planned))
    late = np.rint(14 - 34 * level + rng.normal(0, 6, size)).clip(-10, 120).astype(np.int64)
    actual = np.minimum(planned + late * DAY, np.maximum(latent.ended[rows], started + 28 * DAY))
    kind = np.array(_KINDS, dtype=object)[rng.integers(0, len(_KINDS), size)]
    budget = np.asarray(block.customers.annual_revenue_amount, dtype=np.float64)[rows] * rng.uniform(0.03, 0.2, size)
    frame = pd.DataFrame(
        {
            "i": rows,
            "customer_id": block.ids[rows],
            "name": kind + " of " + np.asarray(block.customers.product_line, dtype=object)[rows],
            "kind": kind,
            "started_on": started,
            "planned_end_on": planned,
            "actual_end_on": actual,
            "budget_amount": budget.round(-2),
            "overrun_share": (late / 200 + rng.normal(0, 0.04, size)).clip(-0.15, 0.8),
            "currency": np.asarray(block.customers.currency, dtype=object)[rows],
            "owner_id": block.owners.gps.to_numpy(dtype=object)[rows],
        }
    )
    frame = frame.sort_values(["started_on", "customer_id"], kind="stable", ignore_index=True)
    frame.insert(2, "project_id", labels("PR-", block.numbers(size)))
    return frame


def build_usage(block: Block) -> pd.DataFrame:
    """USAGE: availability and use of the bought capacity, one value per customer and week, dated to the Sunday."""
    rng = block.rng("usage")
    line, latent = block.line, block.latent
    rows, weeks = np.nonzero(latent.active(line))
    size = len(rows)
    reliable = latent.driver("availability", rows, weeks)
    down = 0.06 * np.exp(-1.8 * reliable + rng.normal(0, 0.4, size))
    bond = latent.bond[rows, weeks].astype(np.float64)
    used = 60 + 19 * bond + rng.normal(0, 2.5, size)
    frame = pd.DataFrame(
        {
            "i": np.repeat(rows, 2),
            "customer_id": block.ids[np.repeat(rows, 2)],
            "used_on": np.repeat(line.starts[weeks] // DAY * DAY + 7 * DAY, 2),
            "metric": np.tile(np.array(["availability_pct", "utilization_pct"], dtype=object), size),
            "value": np.stack([(100 - down).clip(90, 100).round(4), used.clip(2, 100).round(2)], axis=1).ravel(),
        }
    )
    frame.insert(2, "usage_id", labels("U", block.numbers(len(frame))))
    return frame
