"""Rows for tests of drivers and links: R's swiss, answers of the demo's own survey equation, simulated panels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from contracts.rules import LinkageRules
from extract.demo import build_demo
from extract.demo.commerce import week_index
from extract.demo.latent import DRIVERS
from extract.demo.voice import build_surveys
from scoring.explain.panels import Panel
from scoring.explain.resampled import Answers

SWISS_COLUMNS = ("Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality", "Fertility")
SWISS = np.array(
    [
        [17, 15, 12, 9.96, 22.2, 80.2],
        [45.1, 6, 9, 84.84, 22.2, 83.1],
        [39.7, 5, 5, 93.4, 20.2, 92.5],
        [36.5, 12, 7, 33.77, 20.3, 85.8],
        [43.5, 17, 15, 5.16, 20.6, 76.9],
        [35.3, 9, 7, 90.57, 26.6, 76.1],
        [70.2, 16, 7, 92.85, 23.6, 83.8],
        [67.8, 14, 8, 97.16, 24.9, 92.4],
        [53.3, 12, 7, 97.67, 21, 82.4],
        [45.2, 16, 13, 91.38, 24.4, 82.9],
        [64.5, 14, 6, 98.61, 24.5, 87.1],
        [62, 21, 12, 8.52, 16.5, 64.1],
        [67.5, 14, 7, 2.27, 19.1, 66.9],
        [60.7, 19, 12, 4.43, 22.7, 68.9],
        [69.3, 22, 5, 2.82, 18.7, 61.7],
        [72.6, 18, 2, 24.2, 21.2, 68.3],
        [34, 17, 8, 3.3, 20, 71.7],
        [19.4, 26, 28, 12.11, 20.2, 55.7],
        [15.2, 31, 20, 2.15, 10.8, 54.3],
        [73, 19, 9, 2.84, 20, 65.1],
        [59.8, 22, 10, 5.23, 18, 65.5],
        [55.1, 14, 3, 4.52, 22.4, 65],
        [50.9, 22, 12, 15.14, 16.7, 56.6],
        [54.1, 20, 6, 4.2, 15.3, 57.4],
        [71.2, 12, 1, 2.4, 21, 72.5],
        [58.1, 14, 8, 5.23, 23.8, 74.2],
        [63.5, 6, 3, 2.56, 18, 72],
        [60.8, 16, 10, 7.72, 16.3, 60.5],
        [26.8, 25, 19, 18.46, 20.9, 58.3],
        [49.5, 15, 8, 6.1, 22.5, 65.4],
        [85.9, 3, 2, 99.71, 15.1, 75.5],
        [84.9, 7, 6, 99.68, 19.8, 69.3],
        [89.7, 5, 2, 100, 18.3, 77.3],
        [78.2, 12, 6, 98.96, 19.4, 70.5],
        [64.9, 7, 3, 98.22, 20.2, 79.4],
        [75.9, 9, 9, 99.06, 17.8, 65],
        [84.6, 3, 3, 99.46, 16.3, 92.2],
        [63.1, 13, 13, 96.83, 18.1, 79.3],
        [38.4, 26, 12, 5.62, 20.3, 70.4],
        [7.7, 29, 11, 13.79, 20.5, 65.7],
        [16.7, 22, 13, 11.22, 18.9, 72.7],
        [17.6, 35, 32, 16.92, 23, 64.4],
        [37.6, 15, 7, 4.97, 20, 77.6],
        [18.7, 25, 7, 8.65, 19.5, 67.6],
        [1.2, 37, 53, 42.34, 18, 35],
        [46.6, 16, 29, 50.43, 18.2, 44.7],
        [27.7, 22, 29, 58.33, 19.3, 42.8],
    ]
)
"""47 Swiss provinces, 1888, in the order of SWISS_COLUMNS (Mosteller, Tukey, Data Analysis and Regression, 1977)."""

DRIVER_NAMES = tuple(DRIVERS)


def swiss() -> np.ndarray:
    """Covariance of the swiss rows, the answer (Fertility) last, as a stack of one."""
    return np.cov(SWISS.T)[None]


def demo_answers(seed: int, *, customers: int) -> Answers:
    """A demo company's answers to the recommendation question with the true level of each planted driver behind them.

    The generator's own survey equation, before stories set the answers of a dozen customers by hand; tickets and
    texts, which take nearly all of its time, are not made.
    """
    company = build_demo(seed=seed, customers=customers, people=13)
    block = company.block(0)
    none = pd.DataFrame(columns=["i", "resolved_at", "actual_end_on", "contact_id", "ticket_id"]).astype("int64")
    surveys = build_surveys(block, none, none)
    given = surveys[surveys.answered_at < company.line.end]
    rows, weeks = given.i.to_numpy(np.int64), week_index(block, given.answered_at.to_numpy(np.int64))
    levels = np.stack([block.latent.driver(name, rows, weeks) for name in DRIVER_NAMES], axis=1)
    return Answers(rows.astype(np.intp), levels, given.score.to_numpy(float))


def panel(x: Any, y: Any, unit: Any = None, *, held: pd.DataFrame | None = None) -> Panel:
    """A panel of these rows, each its own unit unless told; all old enough to be no hold-out."""
    x = np.asarray(x, dtype=float)
    names = pd.Series(np.arange(len(x)) if unit is None else unit)
    return Panel(
        unit=names,
        x=x,
        y=np.asarray(y, dtype=float),
        age=np.full(len(x), 100.0),
        span=1,
        held=pd.DataFrame(index=range(len(x))) if held is None else held,
        accounts=names.nunique(),
    )


def linkage_rules(**changes: Any) -> LinkageRules:
    """Hand-offs against the ticket's own satisfaction, and nothing else."""
    measure: dict[str, Any] = {"table": "tickets", "time": "resolved_at", "step_words": "each step", "words": "points"}
    base: dict[str, Any] = {
        "measure": [
            measure | {"id": "handoffs", "name": "Hand-offs", "column": "handoff_count", "bad": 3, "good": 0},
            measure | {"id": "csat", "name": "Satisfaction", "column": "csat_score"},
        ],
        "hypothesis": [
            {
                "id": "handoffs_csat",
                "question": "operational_goals",
                "kind": "operational",
                "x": "handoffs",
                "y": "csat",
                "level": "ticket",
                "compare": "within",
                "sign": -1,
                "owner": "Support",
                "action": "Route better",
            }
        ],
    }
    return LinkageRules.model_validate(base | changes)
