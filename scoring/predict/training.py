"""The one training path: person-periods in, a calibrated L2 logistic model out. Choices are made inside training time.

Cross-validation keeps all rows of a customer in one fold, because a model that has met a customer recognises him.
The penalty is the one of a short list with the least cross-validated log loss; the calibration is fitted on the same
out-of-fold scores.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from contracts.ids import key_digest
from scoring.arrays import Flags, Numbers, Places
from scoring.predict.calibration import calibrate
from scoring.predict.design import Features, code, columns, folds, training_columns
from scoring.predict.drift import reference_bins
from scoring.predict.glm import covariance, fit, probability_of
from scoring.predict.model import Model
from scoring.predict.reliability import log_loss

PENALTIES = (1.0, 10.0, 100.0)
"""Over standardised features; 10 means coefficients with a prior deviation of 0.32."""


class NothingToLearn(ValueError):
    """Training rows of one kind only: nobody left, or everybody did."""


def few(features: Features, events: int, *, events_per_feature: int, most: int) -> Features:
    """The first features that so many events can carry; words come after numbers."""
    room = max(1, min(most, events // events_per_feature))
    kept = features.names[:room]
    return Features(
        tuple(name for name in kept if name in features.numbers), tuple(n for n in kept if n in features.words)
    )


def train(
    rows: pd.DataFrame, features: Features, *, horizon_days: int, gap_days: int = 0, penalty: float | None = None
) -> Model:
    """A logistic model of `is_churned`.

    Args:
        rows: person-periods: customer_id, at (instant of the snapshot), is_churned, and the features' columns.
        features: which columns to use; those that never vary are left out.
        horizon_days: length of the label window.
        gap_days: between snapshot and window.
        penalty: none: chosen by cross-validation.

    Raises: NothingToLearn if the rows know one kind of outcome only.
    """
    tidy = rows.sort_values(["customer_id", "at"], ignore_index=True)
    left = tidy["is_churned"].to_numpy(bool)
    if left.all() or not left.any():
        raise NothingToLearn(f"{int(left.sum())} of {left.size} training rows left; both kinds are needed")
    fold = folds(tidy["customer_id"].astype(str).tolist())
    choices = PENALTIES if penalty is None else (penalty,)
    scores = _out_of_fold(tidy, left, features, fold, choices)
    best = min(choices, key=lambda choice: (round(log_loss(left, probability_of(scores[choice])), 9), -choice))
    codings = code(tidy, left, features)
    learned = training_columns(tidy, left, codings, fold)
    fitted = fit(learned, left, penalty=best)
    whose, _ = pd.factorize(tidy["customer_id"])
    spread = covariance(learned, left, fitted, penalty=best, groups=np.asarray(whose, dtype=np.intp))
    return Model(
        kind="logistic",
        link="logit",
        codings=codings,
        intercept=fitted.intercept,
        coefficients=tuple(fitted.coefficients.tolist()),
        calibration=calibrate(left, scores[best]),
        horizon_days=horizon_days,
        gap_days=gap_days,
        penalty=best,
        trained_on=snapshot_days(tidy),
        rows=left.size,
        events=int(left.sum()),
        base_rate=float(left.mean()),
        training_digest=training_digest(tidy, features),
        reference=tuple(reference_bins(name, tidy[name].to_numpy(float)) for name in features.numbers),
        covariance=tuple(tuple(row) for row in spread.tolist()),
    )


def snapshot_days(rows: pd.DataFrame) -> tuple[str, ...]:
    """The days of the snapshots among person-periods, oldest first."""
    return tuple(sorted({str(day) for day in pd.to_datetime(rows["at"]).dt.strftime("%Y-%m-%d").unique()}))


def training_digest(rows: pd.DataFrame, features: Features) -> str:
    """A digest of the rows that a model learned from."""
    told = rows[["customer_id", "at", "is_churned", *features.names]]
    return key_digest(told.to_csv(index=False, float_format="%.9g"), length=32)


def _out_of_fold(
    rows: pd.DataFrame, left: Flags, features: Features, fold: Places, penalties: Sequence[float]
) -> dict[float, Numbers]:
    """Per penalty the log-odds of each row by a model that has not met its customer; at the base rate where a fold
    cannot learn.
    """
    base = float(left.mean())
    scores = {penalty: np.full(left.size, np.log(base / (1 - base))) for penalty in penalties}
    for number in np.unique(fold):
        there, here = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        if not left[there].any() or left[there].all():
            continue
        others = rows.iloc[there]
        codings = code(others, left[there], features)
        learned, asked = training_columns(others, left[there], codings, fold[there]), columns(rows.iloc[here], codings)
        for penalty in penalties:
            fitted = fit(learned, left[there], penalty=penalty)
            scores[penalty][here] = fitted.intercept + asked @ fitted.coefficients
    return scores
