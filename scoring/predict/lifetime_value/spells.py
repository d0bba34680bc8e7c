"""How long customers have been with us, in renewals, and who of them left: what retention is estimated from.

Who left before exports began to tell of it is missing, and only the faithful of those years are left to be seen.
Therefore observation begins the day after the first end on record, and everybody counts from there on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from contracts.words import CustomerStatus
from scoring.arrays import Numbers
from scoring.predict.lifetime_value.sbg import Spells

DAYS_PER_MONTH = 365.25 / 12

_GRACE_MONTHS = 1.0
"""An end up to a month after the renewal date is told as that renewal, not as the next one."""


def spells(
    facts: pd.DataFrame, today: pd.Timestamp, *, renewal_months: int, groups: Sequence[str] | None = None
) -> dict[str, Spells]:
    """Histories per group, "" being the book.

    Args:
        facts: CUSTOMER_FACTS frame; customers without a first day, prospects, and the left without a last day say
            nothing.
        today: the day of the valuation, exclusive.
        renewal_months: time from one renewal to the next.
        groups: name of each customer's group in the order of `facts`; None: the book alone.
    """
    left = facts["status"] == CustomerStatus.LEFT.value
    usable = (
        facts["since_on"].notna() & (facts["since_on"] < today) & (facts["status"] != CustomerStatus.PROSPECT.value)
    )
    usable &= ~left | (facts["ended_on"].notna() & (facts["ended_on"] >= facts["since_on"]))
    rows = pd.DataFrame({
        "since": facts["since_on"],
        "until": facts["ended_on"].where(left, today),
        "left": left,
        "group": list(groups) if groups is not None else "",
    }).loc[usable]  # fmt: skip
    begins = rows.loc[rows["left"], "until"].min() + pd.Timedelta(days=1) if rows["left"].any() else today
    rows = rows.loc[rows["until"] >= begins]
    entered = completed((begins - rows["since"]).dt.days.clip(lower=0), renewal_months)
    ended = completed((rows["until"] - rows["since"]).dt.days, renewal_months) + rows["left"].to_numpy(float)
    counted = (
        pd.DataFrame({"entered": entered, "ended": ended, "left": rows["left"].to_numpy(bool), "group": rows["group"]})
        .groupby(["group", "entered", "ended", "left"], dropna=False)
        .size()
        .reset_index(name="count")
    )
    whole = {"": counted} | {str(name): part for name, part in counted.groupby("group") if name}
    return {name: _counted(part) for name, part in whole.items()}


def completed(days: pd.Series, renewal_months: int) -> Numbers:
    """Renewals that are surely behind after so many days."""
    due: Numbers = np.ceil((days.to_numpy(float) / DAYS_PER_MONTH - _GRACE_MONTHS) / renewal_months) - 1
    return np.maximum(due, 0.0)


def _counted(part: pd.DataFrame) -> Spells:
    summed = part.groupby(["entered", "ended", "left"], as_index=False)["count"].sum()
    return Spells(
        entered=summed["entered"].to_numpy(float),
        ended=summed["ended"].to_numpy(float),
        has_left=summed["left"].to_numpy(bool),
        count=summed["count"].to_numpy(float),
    )
