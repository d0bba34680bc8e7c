"""Label windows: which customers could still leave at a snapshot, and who of them did within the horizon."""

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
class Split:
    """Two snapshots whose label windows [train_at, test_at) and [test_at, observed_until) do not overlap."""

    train_at: datetime
    test_at: datetime
    observed_until: datetime


def split(as_of: datetime, horizon_days: int) -> Split:
    """The two newest snapshots whose label windows have been observed whole by `as_of`.

    Pass `as_of` in the workspace's zone: a window is that many calendar days, also across a change of the clock.
    """
    return Split(as_of - timedelta(days=2 * horizon_days), as_of - timedelta(days=horizon_days), as_of)


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
) -> pd.DataFrame:
    """Who of `customers` churned in [as_of, as_of + horizon).

    Args:
        outcomes: canonical OUTCOMES table; rows without a date say nothing here.
        customers: those active at `as_of`.
        as_of: aware instant of the snapshot.
        horizon_days: length of the window.
        label: only outcomes of this label (empty: of none); None: all.
        observed_until: instant up to which outcomes are known, exclusive.

    Returns:
        Frame customer_id, is_churned in the order of `customers`.

    Raises:
        HorizonNotObserved: if the window ends after `observed_until`.
    """
    ends = as_of + timedelta(days=horizon_days)
    if ends.astimezone(UTC) > observed_until.astimezone(UTC):
        raise HorizonNotObserved(
            f"the label window of {horizon_days} days from {as_of:%Y-%m-%d} ends on {ends:%Y-%m-%d}, "
            f"but outcomes are known only until {observed_until:%Y-%m-%d}; take an earlier snapshot"
        )
    churned = churned_between(outcomes, as_of, ends, label=label)
    return pd.DataFrame({"customer_id": list(customers), "is_churned": [c in churned for c in customers]})


def churned_between(outcomes: pa.Table, begin: datetime, end: datetime, *, label: str | None) -> frozenset[str]:
    """Customers with a dated churn in [begin, end) under this label; None: under any."""
    rows = outcomes.select(["customer_id", "kind", "label", "event_at", "happened_on"]).to_pandas()
    counts = (rows["kind"] == CHURNED) & rows["happened_on"].notna()
    counts &= (rows["event_at"] >= begin.astimezone(UTC)) & (rows["event_at"] < end.astimezone(UTC))
    if label is not None:
        counts &= rows["label"].fillna("") == label
    return frozenset(rows.loc[counts, "customer_id"])
