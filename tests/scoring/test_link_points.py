"""Pictures of links: dots on the line of the adjusted slope, cells that hide nobody, the same rows the same dots."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from contracts.rules import Hypothesis
from scoring.explain.link_points import _cells
from scoring.explain.panels import Panel
from scoring.explain.slopes import slope


def a_panel(rows: int = 400, *, units: int = 40, seed: int = 5) -> Panel:
    dice = np.random.default_rng(seed)
    unit = pd.Series([f"U{at % units}" for at in range(rows)])
    of = np.arange(rows) % units / 10
    x = dice.normal(size=rows) + of
    y = 2.0 - 0.5 * x + 3 * of + dice.normal(scale=0.3, size=rows)
    held = pd.DataFrame({"period": np.where(np.arange(rows) % 2, "a", "b")})
    return Panel(unit, x, y, np.zeros(rows), 13, held, units)


def a_hypothesis(compare: str) -> Hypothesis:
    return Hypothesis.model_validate(
        {
            "id": "planted", "question": "operational_goals", "kind": "operational", "x": "x", "y": "y",
            "level": "account", "compare": compare, "sign": -1, "owner": "O", "action": "A",
        }
    )  # fmt: skip


@pytest.mark.parametrize("compare", ["within", "between"])
def test_the_dots_lie_on_the_adjusted_slope(compare: str) -> None:
    panel = a_panel()
    found = slope(panel, within=compare == "within")
    assert found is not None
    cells = pd.DataFrame(_cells(a_hypothesis(compare), panel, is_log=False))
    line = np.polyfit(cells["x"], cells["y"], 1, w=np.sqrt(cells["n_rows"]))[0]
    assert line == pytest.approx(found.value, abs=0.05)
    assert cells["n_rows"].sum() == len(panel)
    assert (cells["low"] < cells["y"]).all()
    assert (cells["y"] < cells["high"]).all()


def test_a_cell_of_fewer_than_five_units_is_not_shown() -> None:
    cells = _cells(a_hypothesis("between"), a_panel(40, units=4), is_log=False)
    assert cells == []
