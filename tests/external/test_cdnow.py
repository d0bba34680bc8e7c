"""The 2,357 customers of the CDNOW sample give the published parameters. Reads the data set in place."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scoring.predict.lifetime_value import bg_nbd, gamma_gamma

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("CEM_SHARED_DATA", str(ROOT.parent / "shared" / "data")))


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "reference" / "cdnow_sample_summary.csv")
    assert (len(frame), int((frame["x"] > 0).sum())) == (2357, 946)
    return frame.astype(float)


def test_purchases(sample):
    purchases = bg_nbd.Purchases(*(sample[name].to_numpy() for name in ("x", "t_x", "T")), np.ones(len(sample)))
    model = bg_nbd.fit(purchases)
    assert (model.r, model.alpha, model.a, model.b) == pytest.approx(
        (0.242593, 4.413532, 0.792886, 2.425754), abs=2e-6
    )  # fmt: skip
    assert model.log_likelihood == pytest.approx(-9582.4256, abs=6e-5)
    rounded = bg_nbd.log_likelihood((0.243, 4.414, 0.793, 2.426), purchases)
    assert rounded == pytest.approx(-9582.4268, abs=6e-5)


def test_amounts(sample):
    model = gamma_gamma.fit(sample["x"].to_numpy(), sample["zbar"].to_numpy())
    assert (model.p, model.q, model.v) == pytest.approx((6.2488, 3.7446, 15.4478), abs=1e-4)
    assert model.log_likelihood == pytest.approx(-4055.92, abs=6e-3)
    assert model.correlation == pytest.approx(0.1139, abs=6e-5)
    assert model.p * model.v / (model.q - 1) == pytest.approx(35.171, abs=6e-4)
