"""Rivals of the logistic model, judged on the same later customers. They are evidence; coefficients are what is kept.

Boosted trees see curves and interactions that a line does not; the monthly hazard uses when somebody left. If a rival
is clearly better, the card says so, and the experts may look for the feature that the logistic model lacks.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.ids import seed_of
from scoring.arrays import Numbers
from scoring.predict.design import Features, code, columns, folds, training_columns

_TREES = 100
_LEARNING_RATE = 0.05
_LEAVES = 15
_FEWEST_IN_LEAF = 20


def boosted(earlier: pd.DataFrame, later: pd.DataFrame, features: Features) -> Numbers:
    """Probabilities for `later` rows by histogram gradient boosting on `earlier` ones; unknown stays unknown."""
    # scikit-learn takes a second to import, and most weeks of a small book never come here
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

    left = earlier["is_churned"].to_numpy(bool)
    words = code(earlier, left, Features((), features.words))
    varying = [coding.feature for coding in code(earlier, left, Features(features.numbers)) if not coding.is_gap]
    if not (varying or words):
        return np.full(len(later), left.mean())
    fold = folds(earlier["customer_id"].astype(str).tolist())

    def grid(rows: pd.DataFrame, coded: Numbers) -> Numbers:
        return np.hstack([rows[varying].to_numpy(float, na_value=np.nan), coded])

    model = HistGradientBoostingClassifier(
        max_iter=_TREES,
        learning_rate=_LEARNING_RATE,
        max_leaf_nodes=_LEAVES,
        min_samples_leaf=_FEWEST_IN_LEAF,
        early_stopping=False,
        random_state=seed_of("boosted") % 2**31,
    )
    # threads that wait for each other on a busy machine cost more than they save
    with threadpool_limits(limits=1):
        model.fit(grid(earlier, training_columns(earlier, left, words, fold)), left)
        probability: Numbers = model.predict_proba(grid(later, columns(later, words)))[:, 1]
    return probability
