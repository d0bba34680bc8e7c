"""Features that know the future are refused by name, with the evidence in words.

    late        it became known only after the snapshot in more than a small share of rows (availability, not the
                date of the event, is what counts)
    after_end   it is filled where the matter has ended and nowhere else
    alone       it alone ranks later customers better than anything honest does, with its whole 95 % interval

Source: Kaufman, Rosset, Perlich and Stitelman, ACM TKDD 6(4), 2012 (leakage: no-time-machine rule).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from scoring.arrays import Flags
from scoring.predict.design import Features, code, columns, folds, training_columns
from scoring.predict.discrimination import Interval, auc
from scoring.predict.glm import fit

_FEWEST = 10
"""With fewer of either kind an interval of an AUC says nothing about leaks."""

_HALF = 0.5
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Availability:
    """Of `n` facts behind a feature, `late` became known only after their snapshot, by `days` in the middle."""

    feature: str
    n: int
    late: int
    days: float = math.nan


@dataclass(frozen=True, slots=True)
class Refused:
    feature: str
    reason: Literal["late", "after_end", "alone"]
    sentence: str


def availability(known_at: pd.DataFrame, at: pd.Series) -> tuple[Availability, ...]:
    """How much of each feature was known in time.

    Args:
        known_at: rows by features, the instant each value became known; null: known from the start.
        at: the instant of each row's snapshot.
    """
    found = []
    for name in known_at.columns:
        delay = (known_at[name] - at).dt.total_seconds().to_numpy(float) / _DAY
        after = delay[delay > 0]
        middle = float(np.median(after)) if after.size else math.nan
        found.append(Availability(str(name), len(at), after.size, middle))
    return tuple(found)


def late(facts: Iterable[Availability], *, late_share: float) -> tuple[Refused, ...]:
    """Those of which more than `late_share` was not known yet at the snapshot."""
    return tuple(
        Refused(
            one.feature,
            "late",
            f"'{one.feature}' is refused: {one.late:,} of {one.n:,} of its values ({one.late / one.n:.0%}) became "
            f"known only after the snapshot{_delay(one.days)}; a model must not use what nobody knew.",
        )
        for one in facts
        if one.n and one.late / one.n > late_share
    )


def after_end(filled: pd.DataFrame, has_ended: Flags) -> tuple[Refused, ...]:
    """Those that are filled where the matter has ended and nowhere else.

    Args:
        filled: rows by features, whether there is a value, as of one day.
        has_ended: whether each row's matter had ended by that day.
    """
    ended, running = int(has_ended.sum()), int((~has_ended).sum())
    if min(ended, running) < _FEWEST:
        return ()
    found = []
    for name in filled.columns:
        flags = filled[name].to_numpy(bool)
        there, elsewhere = int(flags[has_ended].sum()), int(flags[~has_ended].sum())
        if there / ended >= _HALF and elsewhere == 0:
            sentence = (
                f"'{name}' is refused: it is filled in {there:,} of {ended:,} rows that have ended and in none of "
                f"{running:,} that still run; it is written when the matter ends."
            )
            found.append(Refused(str(name), "after_end", sentence))
    return tuple(found)


def alone(
    earlier: pd.DataFrame, later: pd.DataFrame, features: Features, *, limit: float, matter: str = "customers"
) -> tuple[Refused, ...]:
    """Those that alone, learned on `earlier` rows, rank `later` ones above the limit with their whole interval.

    Args:
        earlier: person-periods to learn from.
        later: person-periods after those, one per customer.
        features: what to try, one by one.
        limit: the AUC that nothing known in time is thought to reach.
        matter: what a row is, for the sentence.
    """
    found = []
    for name in features.names:
        reached = alone_auc(earlier, later, name, is_word=name in features.words)
        if reached is not None and reached.low > limit:
            found.append(
                Refused(
                    name,
                    "alone",
                    f"'{name}' is refused: alone it ranks later {matter} with AUC {reached.value:.2f} "
                    f"({reached.low:.2f} to {reached.high:.2f}), above the limit of {limit:.2f} for anything known "
                    "in time; it probably tells the outcome itself.",
                )
            )
    return tuple(found)


def alone_auc(earlier: pd.DataFrame, later: pd.DataFrame, feature: str, *, is_word: bool = False) -> Interval | None:
    """How well one feature, learned on earlier rows, ranks later ones; None with too few of either kind."""
    left, gone = earlier["is_churned"].to_numpy(bool), later["is_churned"].to_numpy(bool)
    if min(left.sum(), (~left).sum(), gone.sum(), (~gone).sum()) < _FEWEST:
        return None
    features = Features((), (feature,)) if is_word else Features((feature,))
    codings = code(earlier, left, features)
    if not codings:
        return None
    fold = folds(earlier["customer_id"].astype(str).tolist())
    fitted = fit(training_columns(earlier, left, codings, fold), left, penalty=1.0)
    return auc(gone, np.round(columns(later, codings) @ fitted.coefficients, 9))


def _delay(days: float) -> str:
    if math.isnan(days):
        return ""
    return f", half of them more than {days:.0f} days later" if days >= 2 else f", half of them {days * 24:.0f} h later"
