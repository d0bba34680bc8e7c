"""Why the model says what it says of one customer: additive in log-odds, told in words.

    log-odds = base + sum over features of coefficient * (x - mean) / deviation

exactly, so that reasons can be added up; exp(reason) is the factor on the odds of leaving. A reason says what the
customer's value goes with in the past, not what it causes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scoring.predict.design import columns
from scoring.predict.model import Model

_MOST = 3
_WORTH_TELLING = 0.05
"""A factor below exp(.05), 5 % on the odds, is no reason."""


def log_odds_parts(model: Model, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by features: each feature's part of the log-odds; with the intercept they sum to `model.log_odds`."""
    parts = columns(rows, model.codings) * np.asarray(model.coefficients)
    names = np.array([coding.feature for coding in model.codings])
    return pd.DataFrame(
        {name: parts[:, names == name].sum(axis=1) for name in model.features}, index=rows["customer_id"]
    )


def told(model: Model, rows: pd.DataFrame, names: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """Frame customer_id, why_up, why_down: up to three reasons each, strongest first, null where there is none.

    Args:
        model: the model that judged `rows`.
        rows: customer_id and the features' columns, one row per customer.
        names: how a feature is said, and its unit.
    """
    parts = log_odds_parts(model, rows)
    grid = parts.to_numpy(float)
    means = {coding.feature: coding.mean for coding in model.codings if not coding.is_gap and not coding.is_word}
    order = np.argsort(-np.abs(grid), axis=1, kind="stable")
    records = rows[list(model.features)].to_dict("records")
    up, down = [], []
    for number, record in enumerate(records):
        said: tuple[list[str], list[str]] = ([], [])
        for place in order[number]:
            part = float(grid[number, place])
            side = said[0] if part > 0 else said[1]
            if abs(part) >= _WORTH_TELLING and len(side) < _MOST:
                feature = model.features[place]
                side.append(_sentence(feature, record[feature], means.get(feature), part, names))
        up.append("; ".join(said[0]) or None)
        down.append("; ".join(said[1]) or None)
    return pd.DataFrame({"customer_id": rows["customer_id"].to_numpy(), "why_up": up, "why_down": down}, dtype=object)


def _sentence(
    feature: str, value: object, mean: float | None, part: float, names: Mapping[str, tuple[str, str]]
) -> str:
    name, unit = names.get(feature, (feature.replace("_", " "), ""))
    factor = f"odds of leaving x {np.exp(part):.2f}"
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN is the one value unequal to itself
        return f"{name} unknown: {factor}"
    if mean is None:
        return f"{name} {value}: {factor}"
    return f"{name} {_figure(float(str(value)), unit)} (mean {_figure(mean, unit)}): {factor}"


def _figure(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.0%}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()
