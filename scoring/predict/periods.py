"""Person-periods: what was known of each customer at a snapshot, and whether it left within the window after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from contracts.rules import RetentionRules, SignalRule
from contracts.words import Axis
from scoring.predict.design import Features

SCORECARD = "scorecard"
"""The column with the experts' retention score as of the snapshot."""


def declared(rules: Sequence[SignalRule], retention: RetentionRules) -> Features:
    """The features that the policy allows, the most trusted first.

    Without a list: the signals of the retention axis with weight, the heaviest first. Declared signals that are not
    among `rules` are left out.
    """
    known = {rule.id for rule in rules}
    if retention.features:
        numbers = tuple(name for name in retention.features if name in known)
    else:
        weighted = [rule for rule in rules if rule.axis is Axis.RETENTION and rule.weight > 0]
        numbers = tuple(rule.id for rule in sorted(weighted, key=lambda rule: -rule.weight))
    return Features(numbers, tuple(retention.attributes))


def person_periods(
    signals: pd.DataFrame,
    labels: pd.DataFrame,
    features: Features,
    *,
    at: datetime,
    scores: pd.DataFrame,
    facts: pd.DataFrame,
) -> pd.DataFrame:
    """One row per labelled customer of one snapshot.

    Args:
        signals: SIGNALS frame as of the snapshot; what was not observed is NaN.
        labels: frame of `labels_at`.
        features: columns to make.
        at: the snapshot's instant.
        scores: frame customer_id, score: the experts' retention score then (null: unknown).
        facts: CUSTOMER_FACTS frame then, for words.

    Returns:
        Frame customer_id, at, is_churned, days, scorecard, and the features, sorted by customer.
    """
    known = rows_of(signals, list(labels["customer_id"]), features, facts=facts)
    ours = labels.assign(at=pd.Timestamp(at)).merge(known, on="customer_id", how="left", validate="one_to_one")
    ours[SCORECARD] = ours["customer_id"].map(dict(zip(scores["customer_id"], scores["score"], strict=True)))
    ours[SCORECARD] = ours[SCORECARD].astype(float)
    return ours.sort_values("customer_id", ignore_index=True)


def rows_of(
    signals: pd.DataFrame, customers: Sequence[str], features: Features, *, facts: pd.DataFrame
) -> pd.DataFrame:
    """The features of customers at one instant: customer_id and one column per feature, without any outcome."""
    seen = signals.loc[signals["is_observed"].astype(bool) & signals["signal_id"].isin(features.numbers)]
    wide = seen.pivot_table(index="customer_id", columns="signal_id", values="value", aggfunc="first", observed=True)
    grid = wide.reindex(index=list(customers), columns=list(features.numbers)).to_numpy(float, na_value=np.nan)
    made = pd.DataFrame(grid, columns=list(features.numbers))
    made.insert(0, "customer_id", list(customers))
    by_customer = facts.set_index("customer_id")
    for name in features.words:
        made[name] = by_customer[name].reindex(list(customers)).to_numpy(object)
    return made
