"""Means drawn to the book: the reference numbers, segments, and whether the noise told is the noise there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from contracts.frames import check
from contracts.results import NORMS, SIGNALS
from contracts.rules import SignalRule
from scoring.measure.norms import Segments, norms, segments_of
from scoring.place.axes import score
from scoring.place.shrinkage import Prior, shrunk
from tests.factories.scoring import facts, frame, rule, thresholds

MEAN = rule(id="mean", aggregate="mean", column="csat_score", bad=0, good=10)

# Efron and Morris, Data Analysis Using Stein's Estimator and its Generalizations, JASA 70, 1975, table 1: 18 batters of
# 1970, the average of their first 45 at bats and that of the rest of the season, as printed. (Copies give the sixteenth,
# Campaneris, .286 for the rest: errors .0755 and .0216.)
BATTERS = [
    (0.400, 0.346), (0.378, 0.298), (0.356, 0.276), (0.333, 0.222), (0.311, 0.273), (0.311, 0.270), (0.289, 0.263),
    (0.267, 0.210), (0.244, 0.269), (0.244, 0.230), (0.222, 0.264), (0.222, 0.256), (0.222, 0.303), (0.222, 0.264),
    (0.222, 0.226), (0.200, 0.285), (0.178, 0.316), (0.156, 0.200),
]  # fmt: skip
AT_BATS = 45


def stein(values: np.ndarray, variance: np.ndarray | float) -> tuple[np.ndarray, float]:
    """James-Stein toward the mean through the product's own formula: v = 1 - (k - 3) variance / sum of squares."""
    factor = 1 - (len(values) - 3) * float(np.mean(variance)) / float(((values - values.mean()) ** 2).sum())
    between = np.mean(variance) * factor / (1 - factor)
    prior = Prior(np.float64(values.mean()), np.float64(between), np.float64(np.mean(variance)))
    drawn, own = shrunk(values, np.ones(len(values)), prior, prior_strength=0.0)
    assert own == pytest.approx(factor)
    return drawn, factor


def test_the_batters_of_efron_and_morris() -> None:
    first, rest = (np.array(column) for column in zip(*BATTERS, strict=True))
    # their scale, on which every batter has variance 1
    angle = np.sqrt(AT_BATS) * np.arcsin(2 * first - 1)
    drawn, factor = stein(angle, 1.0)
    estimate = (np.sin(drawn / np.sqrt(AT_BATS)) + 1) / 2
    assert round(factor, 3) == 0.209
    assert (first[0], round(estimate[0], 3), round(estimate[-1], 3)) == (0.4, 0.290, 0.239)
    errors = [((guess - rest) ** 2).sum() for guess in (first, estimate)]
    assert [round(error, 4) for error in errors] == [0.0754, 0.0215]
    assert round(errors[0] / errors[1], 2) == 3.50


def test_the_batters_on_the_raw_scale() -> None:
    first = np.array([average for average, _ in BATTERS])
    estimate, factor = stein(first, first.mean() * (1 - first.mean()) / AT_BATS)
    assert round(factor, 4) == 0.2124
    assert (round(estimate[0], 3), round(estimate[-1], 3)) == (0.294, 0.242)


@pytest.mark.parametrize(("n", "drawn", "own"), [(1, 6.0, 0.2), (3, 4.8571, 0.4286), (10, 3.4286, 0.7143)])
def test_a_normal_mean_of_the_reference(n: int, drawn: float, own: float) -> None:
    prior = Prior(np.float64(7.0), np.float64(1.0), np.float64(4.0))
    found, share = shrunk(np.array([2.0]), np.array([float(n)]), prior, prior_strength=0.0)
    assert (round(found[0], 4), round(share[0], 4)) == (drawn, own)


@pytest.mark.parametrize(("hits", "n", "drawn"), [(0, 1, 0.6364), (0, 3, 0.5385), (3, 3, 0.7692), (18, 20, 0.8333)])
def test_a_share_of_the_reference(hits: int, n: int, drawn: float) -> None:
    """Beta-binomial with a + b = 10: within / between = 10."""
    prior = Prior(np.float64(0.7), np.float64(0.1), np.float64(1.0))
    found, _ = shrunk(np.array([hits / n]), np.array([float(n)]), prior, prior_strength=0.0)
    assert round(found[0], 4) == drawn


def measured(values: np.ndarray, n: np.ndarray, variance: np.ndarray | float) -> pd.DataFrame:
    """SIGNALS of customers C0, C1, ..."""
    spread = np.broadcast_to(variance, values.shape)
    rows: list[dict[str, Any]] = [
        {"customer_id": f"C{i:05d}", "signal_id": "mean", "value": v, "n": k, "variance": s, "is_observed": True}
        for i, (v, k, s) in enumerate(zip(values, n, spread, strict=True))
    ]
    return frame(SIGNALS, rows)


def book_of(*segments: str | None) -> pd.DataFrame:
    return facts(*({"customer_id": f"C{i:05d}", "tier": tier} for i, tier in enumerate(segments)))


def test_a_segment_that_is_big_enough_speaks_for_its_own() -> None:
    values = np.array([2.0] * 6 + [4.0] * 6 + [8.0] * 6 + [6.0] * 6)
    book = book_of(*["gold"] * 12, *["iron"] * 11, None)
    limits = thresholds(prior_segment="tier", prior_segment_customers=12, prior_strength=1.0)
    segments = segments_of(book, limits)
    signals = measured(values, np.ones(24), np.nan)
    found = norms(signals, [MEAN], segments=segments)
    check(found, NORMS)
    assert dict(zip(found.segment, found["mean"], strict=True)) == {"": 5.0, "gold": 3.0}
    points = score(signals, found, [MEAN], limits, segments=segments).contributions.signal_score.to_list()
    # half its own value, half the mean of gold; iron is too small and is drawn to the book
    assert points[0] == pytest.approx(25)
    assert points[6] == pytest.approx(35)
    assert points[12] == pytest.approx(65)
    assert points[23] == pytest.approx(55)


def test_without_a_prior_segment_everybody_is_drawn_to_the_book() -> None:
    assert segments_of(book_of("gold", "iron"), thresholds()).of == {}


def test_segments_change_neither_what_is_told_of_the_book_nor_the_reference() -> None:
    rng = np.random.default_rng(1)
    signals = measured(rng.normal(5, 2, 60), rng.integers(1, 9, 60).astype(float), 1.5)
    plain = norms(signals, [MEAN])
    split = norms(signals, [MEAN], segments=Segments({f"C{i:05d}": "ab"[i % 2] for i in range(60)}, 10))
    pd.testing.assert_frame_equal(plain, split[split.segment == ""].reset_index(drop=True))
    assert split.segment.tolist() == ["", "a", "b"]


def true_and_drawn(seed: int, rules: list[SignalRule], between: float, within: float) -> tuple[Any, Any, Any]:
    """Customers whose true means vary, seen through few facts; the true, the drawn and its standard error."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(5.0, np.sqrt(between), 400)
    n = rng.integers(1, 12, 400)
    facts_of = [rng.normal(mean, np.sqrt(within), k) for mean, k in zip(truth, n, strict=True)]
    variance = np.array([f.var(ddof=1) if f.size > 1 else np.nan for f in facts_of])
    signals = measured(np.array([f.mean() for f in facts_of]), n.astype(float), variance)
    found = score(signals, norms(signals, rules), rules, thresholds())
    scores = found.scores[found.scores.axis == "loyalty"]
    return truth, scores.score.to_numpy() / 10, scores.standard_error.to_numpy() / 10


def test_the_standard_error_holds_the_truth_as_often_as_it_says() -> None:
    inside = []
    for seed in range(10):
        truth, drawn, error = true_and_drawn(seed, [MEAN], between=0.5, within=2.0)
        inside.append(np.abs(truth - drawn) <= 1.96 * error)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)


def test_drawn_means_are_nearer_to_the_truth_than_the_bare_ones() -> None:
    rng = np.random.default_rng(5)
    truth = rng.normal(5, 0.7, 300)
    bare = rng.normal(truth, 1.4)
    signals = measured(bare, np.ones(300), np.nan)
    # variances need more than one fact a customer: taken as known here
    book = frame(NORMS, [{"signal_id": "mean", "segment": "", "mean": bare.mean(), "between_variance": 0.49,
                          "within_variance": 1.96, "customers": 300}])  # fmt: skip
    drawn = score(signals, book, [MEAN], thresholds()).scores
    found = drawn[drawn.axis == "loyalty"].score.to_numpy() / 10
    assert ((found - truth) ** 2).mean() < 0.4 * ((bare - truth) ** 2).mean()


def test_norms_move_with_the_unit_of_the_values() -> None:
    rng = np.random.default_rng(2)
    values, n = rng.normal(5, 1, 50), rng.integers(2, 9, 50).astype(float)
    one, ten = (norms(measured(k * values, n, k * k * 2.0), [MEAN]).iloc[0] for k in (1.0, 10.0))
    assert ten["mean"] == pytest.approx(10 * one["mean"])
    assert ten["between_variance"] == pytest.approx(100 * one["between_variance"])
    assert ten["within_variance"] == pytest.approx(100 * one["within_variance"])


def test_a_score_drawn_to_the_book_by_its_coverage() -> None:
    weights, scores = np.array([0.30, 0.25, 0.20, 0.15, 0.10]), np.array([80, 60, np.nan, 40, 90])
    known = ~np.isnan(scores)
    coverage = weights[known].sum()
    score_of_known = (weights[known] * scores[known]).sum() / coverage
    # what is not covered weighs like facts of the book: n facts against one
    n = coverage / (1 - coverage)
    prior = Prior(np.float64(65.0), np.float64(1.0), np.float64(1.0))
    drawn, own = shrunk(np.array([score_of_known]), np.array([n]), prior, prior_strength=0.0)
    assert score_of_known == pytest.approx(67.5)
    assert own[0] == pytest.approx(0.80)
    assert drawn[0] == pytest.approx(67.0)
