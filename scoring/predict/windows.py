"""Label windows: which snapshots train and which one tests, who could still leave, and who did within the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa

from contracts.words import CustomerStatus
from scoring.predict.labels import CHURNED

_ACTIVE = (CustomerStatus.ACTIVE, CustomerStatus.NOTICE, CustomerStatus.RETURNED)


class HorizonNotObserved(ValueError):
    """A label was asked for a window whose end nobody has seen: "has not churned yet" is no outcome."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Past snapshots, oldest first. Every label window of `train_at` has ended when that of `test_at` may begin to be
    foretold: train_at + gap + horizon <= test_at (the embargo is the horizon).
    """

    train_at: tuple[datetime, ...]
    test_at: datetime
    observed_until: datetime
    horizon_days: int
    gap_days: int

    def window(self, at: datetime) -> tuple[datetime, datetime]:
        """The label window of a snapshot: [at + gap, at + gap + horizon)."""
        begins = at + timedelta(days=self.gap_days)
        return begins, begins + timedelta(days=self.horizon_days)


def schedule(
    as_of: datetime, *, horizon_days: int, gap_days: int = 0, snapshots: int = 1, step_days: int = 91
) -> Schedule:
    """The newest snapshot whose label window has been observed whole by `as_of`, and those that may train for it.

    Pass `as_of` in the workspace's zone: a window is that many calendar days, also across a change of the clock.
    """
    reach = timedelta(days=gap_days + horizon_days)
    test_at = as_of - reach
    newest = test_at - reach
    train = tuple(newest - timedelta(days=step_days * turn) for turn in reversed(range(snapshots)))
    return Schedule(train, test_at, as_of, horizon_days, gap_days)


def active(facts: pd.DataFrame) -> list[str]:
    """Customers of a CUSTOMER_FACTS frame who could still leave, sorted."""
    return sorted(facts.loc[facts["status"].isin([status.value for status in _ACTIVE]), "customer_id"])


def labels_at(
    outcomes: pa.Table,
    customers: Sequence[str],
    *,
    as_of: datetime,
    horizon_days: int,
    label: str | None,
    observed_until: datetime,
    gap_days: int = 0,
) -> pd.DataFrame:
    """Who of `customers` churned in [as_of + gap, as_of + gap + horizon).

    Args:
        outcomes: canonical OUTCOMES table; rows without a date say nothing here.
        customers: those active at `as_of`.
        as_of: aware instant of the snapshot.
        horizon_days: length of the window.
        label: only outcomes of this label (empty: of none); None: all.
        observed_until: instant up to which outcomes are known, exclusive.
        gap_days: who leaves within so many days after `as_of` is left out: no label, for nobody could still act.

    Returns:
        Frame customer_id, is_churned, days (from the window's begin to the churn; NaN for those who stayed) in the
        order of `customers`.

    Raises:
        HorizonNotObserved: if the window ends after `observed_until`.
    """
    begins = as_of + timedelta(days=gap_days)
    ends = begins + timedelta(days=horizon_days)
    if ends.astimezone(UTC) > observed_until.astimezone(UTC):
        raise HorizonNotObserved(
            f"the label window of {horizon_days} days from {begins:%Y-%m-%d} ends on {ends:%Y-%m-%d}, "
            f"but outcomes are known only until {observed_until:%Y-%m-%d}; take an earlier snapshot"
        )
    too_soon = churned_between(outcomes, as_of, begins, label=label) if gap_days else frozenset()
    kept = [customer for customer in customers if customer not in too_soon]
    first = _first_churn(outcomes, begins, ends, label)
    days = pd.Series(kept, dtype=object).map(first)
    return pd.DataFrame({"customer_id": kept, "is_churned": days.notna().to_numpy(), "days": days.to_numpy(float)})


def churned_between(outcomes: pa.Table, begin: datetime, end: datetime, *, label: str | None) -> frozenset[str]:
    """Customers with a dated churn in [begin, end) under this label; None: under any."""
    return frozenset(_first_churn(outcomes, begin, end, label))


def _first_churn(outcomes: pa.Table, begin: datetime, end: datetime, label: str | None) -> dict[str, float]:
    """Days from `begin` to the first churn of each customer in [begin, end)."""
    rows = outcomes.select(["customer_id", "kind", "label", "event_at", "happened_on"]).to_pandas()
    counts = (rows["kind"] == CHURNED) & rows["happened_on"].notna()
    counts &= (rows["event_at"] >= begin.astimezone(UTC)) & (rows["event_at"] < end.astimezone(UTC))
    if label is not None:
        counts &= rows["label"].fillna("") == label
    churn = rows.loc[counts]
    days = (churn["event_at"] - begin.astimezone(UTC)) / pd.Timedelta(days=1)
    return {str(name): float(day) for name, day in days.groupby(churn["customer_id"]).min().items()}
