"""Discrete-time hazard: the chance of leaving month by month, for curves and for customers seen only in part.

    ln(-ln(1 - h_j)) = baseline_j + sum of coefficients * features      complementary log-log, or logit
    S(m) = product over j <= m of (1 - h_j)

Each customer of a snapshot gives one row per month under observation, the last of them with the event if it left.
Beyond the window the hazard stays at the window's mean baseline: a longer curve is an extrapolation.

Source: Singer and Willett, Journal of Educational Statistics 18, 1993; Prentice and Gloeckler, Biometrics 34, 1978;
Kaplan and Meier, JASA 53, 1958.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from scoring.arrays import Flags, Numbers, Places
from scoring.predict.calibration import Calibration
from scoring.predict.design import Features, code, columns, folds, training_columns
from scoring.predict.glm import Link, fit, probability_of
from scoring.predict.model import Model
from scoring.predict.training import NothingToLearn, snapshot_days, training_digest

MONTH_DAYS = 365.25 / 12


def train_hazard(
    rows: pd.DataFrame,
    features: Features,
    *,
    horizon_days: int,
    gap_days: int = 0,
    penalty: float = 10.0,
    link: Link = "cloglog",
) -> Model:
    """A hazard model of the months of the label window.

    Args:
        rows: person-periods: customer_id, at, is_churned, days (from the window's begin to the churn), features.
        features: which columns to use.
        horizon_days: length of the window; months begun count.
        gap_days: between snapshot and window.
        penalty: as in `glm.fit`, on features and on how far a month stands from the mean month.
        link: `cloglog` or `logit`.

    Raises: NothingToLearn if nobody left, or everybody did.
    """
    tidy = rows.sort_values(["customer_id", "at"], ignore_index=True)
    left = tidy["is_churned"].to_numpy(bool)
    if left.all() or not left.any():
        raise NothingToLearn(f"{int(left.sum())} of {left.size} training rows left; both kinds are needed")
    codings = code(tidy, left, features)
    x = training_columns(tidy, left, codings, folds(tidy["customer_id"].astype(str).tolist()))
    months = max(1, math.ceil(round(horizon_days / MONTH_DAYS, 2)))
    row, month, event = _months(tidy["days"].to_numpy(float), left, months)
    baseline = np.eye(months)[month] - 1.0 / months
    fitted = fit(np.hstack([x[row], baseline]), event, penalty=penalty, link=link)
    steps = fitted.coefficients[x.shape[1] :]
    return Model(
        kind="hazard",
        link=link,
        codings=codings,
        intercept=0.0,
        coefficients=tuple(fitted.coefficients[: x.shape[1]].tolist()),
        calibration=Calibration(),
        horizon_days=horizon_days,
        gap_days=gap_days,
        penalty=penalty,
        trained_on=snapshot_days(tidy),
        rows=left.size,
        events=int(left.sum()),
        base_rate=float(left.mean()),
        training_digest=training_digest(tidy, features),
        months=tuple((fitted.intercept + steps - steps.mean()).tolist()),
    )


def _months(days: Numbers, left: Flags, months: int) -> tuple[Places, Places, Flags]:
    """Row, month and event of every person-month: all months of those who stayed, those up to the churn of others."""
    last = np.where(left, np.minimum(np.nan_to_num(days) // MONTH_DAYS, months - 1), months - 1).astype(np.intp)
    row = np.repeat(np.arange(left.size), last + 1)
    month = np.concatenate([np.arange(n + 1) for n in last.tolist()]) if left.size else np.empty(0, dtype=np.intp)
    return row, month, left[row] & (month == last[row])


def survival(model: Model, rows: pd.DataFrame, *, months: int) -> pd.DataFrame:
    """Survival curves: customer_id, month (1 .. months), survival; survival is 1 at the begin of month 1, which is
    `gap_days` after the snapshot.

    Args:
        model: a hazard model.
        rows: customer_id and the features' columns, one row per customer.
        months: how far; beyond the model's window the hazard stays at its mean baseline.
    """
    linear = columns(rows, model.codings) @ np.asarray(model.coefficients)
    known = np.asarray(model.months)
    baseline = np.concatenate([known, np.full(max(0, months - known.size), known.mean())])[:months]
    hazard = probability_of(linear[:, None] + baseline[None, :], model.link)
    curve = np.cumprod(1.0 - hazard, axis=1)
    return pd.DataFrame(
        {
            "customer_id": np.repeat(rows["customer_id"].to_numpy(), months),
            "month": np.tile(np.arange(1, months + 1), len(rows)),
            "survival": curve.ravel(),
        }
    )


def probability_within(model: Model, rows: pd.DataFrame) -> Numbers:
    """The probability of leaving within the model's window: 1 - S at its end."""
    months = len(model.months)
    curves = survival(model, rows, months=months)["survival"].to_numpy(float)
    gone: Numbers = 1.0 - curves.reshape(len(rows), months)[:, -1]
    return gone


def kaplan_meier(durations: Numbers, left: Flags) -> pd.DataFrame:
    """The product-limit estimate: time, at_risk, events, survival at each time somebody left.

    Those who were lost from sight at a time count as at risk then.
    """
    times = np.unique(durations[left])
    at_risk = np.array([int((durations >= time).sum()) for time in times], dtype=np.int64)
    events = np.array([int((left & (durations == time)).sum()) for time in times], dtype=np.int64)
    return pd.DataFrame(
        {"time": times, "at_risk": at_risk, "events": events, "survival": np.cumprod(1.0 - events / at_risk)}
    )
