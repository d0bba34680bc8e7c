"""What a probability was worth on customers of a later time: one record per contender, all on the same customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.arrays import Flags, Numbers
from scoring.predict.discrimination import Flagging, Interval, auc, average_precision, flagging, riskiest
from scoring.predict.reliability import (
    Bin,
    brier,
    calibration_error,
    gain,
    in_the_large,
    log_loss,
    quantile_bins,
    slope,
    width_bins,
)

_RANK_DECIMALS = 9
"""Probabilities are rounded before they are ranked: the last bits depend on the machine's linear algebra."""

TOP_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Quality:
    """`gain_base`: fall of the Brier score against the training period's share; `gain_scorecard`: against the
    experts' score read as a probability, where there is one. `top`: the tenth of customers at the highest risk.
    """

    n: int
    events: int
    auc: Interval
    average_precision: float
    brier: float
    brier_base: float
    log_loss: float
    gain_base: Interval
    gain_scorecard: Interval | None
    calibration_error: float
    calibration_error_width: float
    in_the_large: float
    slope: float | None
    top: Flagging | None
    bins: tuple[Bin, ...]

    @property
    def skill(self) -> float:
        """Brier skill: the share of the base rate's error that is gone."""
        return 1.0 - self.brier / self.brier_base if self.brier_base else 0.0

    @property
    def is_better_than_chance(self) -> bool:
        return self.auc.low > 0.5 and self.brier < self.brier_base

    @property
    def beats_scorecard(self) -> bool:
        return self.gain_scorecard is None or self.gain_scorecard.value > 0


def assess(left: Flags, probability: Numbers, *, base_rate: float, scorecard: Numbers | None = None) -> Quality | None:
    """The quality of probabilities.

    Args:
        left: what happened, one flag per customer, each once.
        probability: what was foretold before.
        base_rate: share who left in the training period, foretold for everybody by the simplest rival.
        scorecard: probabilities by the experts' score, calibrated in the training period.

    Returns: None with fewer than two of either kind.
    """
    ranked = np.round(probability, _RANK_DECIMALS)
    discrimination = auc(left, ranked)
    if discrimination is None:
        return None
    bins = quantile_bins(left, probability)
    return Quality(
        n=left.size,
        events=int(left.sum()),
        auc=discrimination,
        average_precision=average_precision(left, ranked),
        brier=brier(left, probability),
        brier_base=brier(left, base_rate),
        log_loss=log_loss(left, probability),
        gain_base=gain(left, probability, base_rate),
        gain_scorecard=None if scorecard is None else gain(left, probability, scorecard),
        calibration_error=calibration_error(bins),
        calibration_error_width=calibration_error(width_bins(left, probability)),
        in_the_large=in_the_large(left, probability),
        slope=slope(left, probability),
        top=flagging(left, riskiest(ranked, TOP_SHARE)),
        bins=bins,
    )
