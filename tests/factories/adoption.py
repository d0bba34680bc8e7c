"""A model that may be adopted: trained on planted rows, for signals that the demo company shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from flows.week.models import keep_candidate
from scoring.predict.design import Features
from scoring.predict.model import PASSED_GATE, Model
from scoring.predict.training import train
from tests.factories.predict import periods

FEATURES = Features(("utilization_pct", "contact_silence_days", "open_tickets"))


def a_model(*, passes: bool = True, seed: int = 5, size: int = 600) -> Model:
    """Low use and long silence go with leaving; about one in six leaves."""
    rng = np.random.default_rng(seed)
    use, silence = rng.normal(65, 18, size), rng.exponential(20, size)
    left = rng.random(size) < 1 / (1 + np.exp(2.2 + 0.06 * (use - 65) - 0.03 * (silence - 20)))
    rows = periods({"utilization_pct": use, "contact_silence_days": silence}, left)
    model = train(rows, Features(FEATURES.numbers[:2]), horizon_days=182)
    tested = ((PASSED_GATE, float(passes)), ("auc", 0.8), ("auc_low", 0.75), ("auc_high", 0.85))
    return replace(model, metrics=tested)


def a_candidate(root: Path, *, passes: bool = True, seed: int = 5) -> Model:
    """The model, kept in the workspace as a weekly run keeps the one it tried."""
    model = a_model(passes=passes, seed=seed)
    keep_candidate(root, model)
    return model
