"""What a link looks like: means of y in cells of x, both freed of what is held fixed.

The slope of the freed columns is the adjusted slope itself (Frisch, Waugh 1933), so that dots and line tell the same.
Interval of a cell: mean +- 1.96 standard errors, clustered by unit as for slopes (scoring.explain.slopes).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import conform
from contracts.results import LINK_POINTS
from contracts.rules import Hypothesis, LinkageRules
from scoring.arrays import Numbers
from scoring.explain.panels import Panel, panels
from scoring.explain.slopes import freed

_CELLS = 8
_ROWS_A_CELL = 8
_FEWEST_UNITS = 5
_Z = 1.959964


def link_points(
    links: pd.DataFrame, rules: LinkageRules, tables: Mapping[str, pa.Table], facts: pd.DataFrame, *, as_of: datetime
) -> pd.DataFrame:
    """The picture of every link that could be estimated, at the lag that speaks for it.

    Args:
        links: LINKS frame.
        rules: the measures and hypotheses it was made by.
        tables: canonical tables as of the instant.
        facts: CUSTOMER_FACTS frame.
        as_of: aware instant, exclusive.

    Returns:
        LINK_POINTS frame.
    """
    declared = {hypothesis.id: hypothesis for hypothesis in rules.hypothesis}
    drawn = links[links["is_best_lag"].astype(bool) & links["slope"].notna()]
    found: list[dict[str, Any]] = []
    for row in drawn.to_dict("records"):
        hypothesis = declared.get(str(row["link_id"]))
        if hypothesis is None:
            continue
        panel = panels(hypothesis, rules, tables, facts, as_of=as_of)[int(row["lag_weeks"])]
        found += _cells(
            hypothesis, panel.split(rules.holdout_weeks)[0], is_log=rules.measured(row["x"]).scale == "log2"
        )
    return conform(pd.DataFrame(found, columns=LINK_POINTS.names), LINK_POINTS)


def _cells(hypothesis: Hypothesis, panel: Panel, *, is_log: bool) -> list[dict[str, Any]]:
    free = freed(panel, np.column_stack([panel.x, panel.y]), within=hypothesis.compare == "within")
    x, y = free.columns.T
    x, y = x - x.mean() + panel.x.mean(), y - y.mean() + panel.y.mean()
    wanted = max(2, min(_CELLS, len(x) // _ROWS_A_CELL))
    edges = np.unique(np.quantile(x, np.linspace(0, 1, wanted + 1)))
    edges[-1] = math.inf
    rows = []
    for cell, (low, high) in enumerate(pairwise(edges)):
        inside = (x >= low) & (x < high)
        units = np.unique(free.cluster[inside])
        if len(units) < _FEWEST_UNITS:
            continue
        mean, half = float(y[inside].mean()), _half(y[inside], free.cluster[inside])
        middle = float(x[inside].mean())
        rows.append(
            {
                "link_id": hypothesis.id, "cell": cell, "x": 2.0**middle if is_log else middle,
                "y": mean, "low": mean - half, "high": mean + half, "n_rows": int(inside.sum()), "n_units": len(units),
            }
        )  # fmt: skip
    return rows


def _half(values: Numbers, cluster: Numbers | Any) -> float:
    groups, place = np.unique(cluster, return_inverse=True)
    score = np.bincount(place, weights=values - values.mean())
    small = len(groups) / (len(groups) - 1)
    return _Z * math.sqrt(small * float(score @ score)) / len(values)
