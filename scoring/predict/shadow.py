"""A model in its shadow weeks: where it would put customers, beside where they stand. It decides nothing yet."""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.rules import ProbabilityLine, Thresholds
from contracts.words import CustomerStatus, PlacementState, Zone
from scoring.place.placement import zone_names
from scoring.predict.axis import stay_label, stay_line
from scoring.predict.model import Model


def shadow_sentence(
    model: Model, rows: pd.DataFrame, placements: pd.DataFrame, thresholds: Thresholds, rule: ProbabilityLine
) -> str:
    """How many accounts would stand in which zone, and how many elsewhere than today.

    Args:
        model: the model in shadow.
        rows: features of active customers (`periods.rows_of`).
        placements: PLACEMENTS frame of the week; loyalty and its line are taken as they stand.
        thresholds: corners.
        rule: the line that the policy means.
    """
    stays = dict(zip(rows["customer_id"], 100.0 * (1.0 - model.probability(rows)), strict=True))
    placed = placements.loc[
        (placements["state"] == PlacementState.PLACED.value) & (placements["status"] != CustomerStatus.LEFT.value)
    ]
    placed = placed.loc[placed["customer_id"].isin(stays)]
    line = stay_line(model, rows, rule)
    score = placed["customer_id"].map(stays).to_numpy(float)
    loyal = (placed["loyalty"] >= placed["loyalty_line"]).to_numpy(bool)
    zones = zone_names(loyal, score >= line, thresholds.corners)
    now = placed["zone"].to_numpy(object)
    counted = {zone.label: (int((zones == zone.value).sum()), int((now == zone.value).sum())) for zone in Zone}
    counts = ", ".join(f"{name} {then} ({today})" for name, (then, today) in counted.items())
    moved = int(np.count_nonzero(zones != now))
    return (
        f"Shadow of model {model.version}: with the {stay_label(model.horizon_days)} as the axis and its line at "
        f"{line:.1f}, {moved:,} of {len(placed):,} placed accounts would stand in another zone; "
        f"by zone (today): {counts}."
    )
