"""Counted events of a run: which verdicts stand after correction for having looked at everybody, and which are new.

An episode begins when a customer's q falls to `false_share` and is left when its p has stood above `leave_above` for
`rearm_weeks` runs. It is one event. Its id hangs on the last good week, after which it began: a look between two weekly
runs and the weekly run itself know the same last good week, so both name it alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from contracts.exchange import event_of
from contracts.frames import conform
from contracts.results import EVENTS, WATCHED
from contracts.rules import CountedRules, DriftRule, SpikeRule
from contracts.words import CustomerStatus
from scoring.measure.events.surprise import adjusted
from scoring.measure.events.verdicts import verdicts

_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Counted:
    """EVENTS frame of the episodes that begin now, and WATCHED frame of those that go on."""

    events: pd.DataFrame
    watched: pd.DataFrame


def counted_events(
    counts: pd.DataFrame,
    norms: pd.DataFrame,
    watched: pd.DataFrame | None,
    facts: pd.DataFrame,
    rules: CountedRules,
    *,
    as_of: datetime,
    week: str,
    after: str | None,
) -> Counted:
    """Spikes and drifts that begin, of the whole book or of some customers.

    Args:
        counts: COUNTS frame of the customers that are judged.
        norms: COUNT_NORMS frame: of this week's whole book in a weekly run, that of the last good week between runs.
        watched: WATCHED frame of the last good week; None before there is one.
        facts: CUSTOMER_FACTS frame of the same customers as `counts`; those who have left have no events.
        rules: what is judged, and how strictly.
        as_of: aware instant, exclusive.
        week: the ISO week that is judged.
        after: the last good week, None before there is one.

    Between two weekly runs only customers with new rows are looked at. All others count as unsurprising, so that the
    correction is at least as strict as with the whole book. Their `watched` is for nobody: only a weekly run keeps it.
    """
    present = set(facts.loc[facts["status"] != CustomerStatus.LEFT.value, "customer_id"])
    found = verdicts(counts.loc[counts["customer_id"].isin(present)], norms, rules)
    family = int(norms["customers"].sum())
    p = found["p"].to_numpy(float)
    found = found.assign(q=adjusted(p, max(family, p.size)))
    stands = (found["q"] <= rules.false_share) & found["is_enough"].astype(bool)
    before = (WATCHED.empty() if watched is None else watched).loc[lambda f: f["customer_id"].isin(present)]
    known = before.set_index(["customer_id", "rule_id"])
    keys = pd.MultiIndex.from_frame(found[["customer_id", "rule_id"]])
    new = found.loc[stands.to_numpy(bool) & ~keys.isin(known.index)]
    by_id = {rule.id: rule for rule in rules.rules}
    rows = [_event(by_id[str(row["rule_id"])], row, as_of, after) for row in new.to_dict("records")]
    begun = pd.DataFrame(
        [
            (r["customer_id"], n["rule_id"], r["event_id"], week, 0)
            for r, n in zip(rows, new.to_dict("records"), strict=True)
        ],
        columns=WATCHED.names,
    )
    events = conform(pd.DataFrame(rows, columns=EVENTS.names), EVENTS)
    still = _still(before, found.assign(stands=stands), rules)
    going = conform(pd.concat([still, begun], ignore_index=True), WATCHED)
    order = ["customer_id", "happened_at", "event_id"]
    return Counted(
        events.sort_values(order, ignore_index=True), going.sort_values(["customer_id", "rule_id"], ignore_index=True)
    )


def _still(before: pd.DataFrame, found: pd.DataFrame, rules: CountedRules) -> pd.DataFrame:
    """Episodes that are not left yet; a customer without a row, or a rule that is gone, is quiet."""
    now = before.merge(found[["customer_id", "rule_id", "p", "stands"]], on=["customer_id", "rule_id"], how="left")
    calm = (now["p"].fillna(1.0) > rules.leave_above) & ~now["stands"].fillna(value=False).astype(bool)
    quiet = np.where(calm, now["quiet_weeks"].astype(int) + 1, 0)
    return now.assign(quiet_weeks=quiet).loc[quiet < rules.rearm_weeks, WATCHED.names]


def _event(rule: SpikeRule | DriftRule, row: dict[Any, Any], as_of: datetime, after: str | None) -> dict[str, object]:
    key = f"after {after or 'the start'}"
    return {
        "event_id": event_of(str(row["customer_id"]), rule.id, rule.table, key),
        "customer_id": row["customer_id"],
        "kind": rule.kind.value,
        "is_hard": rule.is_hard,
        "happened_at": as_of.astimezone(UTC),
        "source": None,
        "table": rule.table,
        "row_key": key,
        "headline": _PLACE.sub(lambda place: _said(place[1], row), rule.headline),
        "quote": None,
        "value": round(float(row["value"]), 6),
    }


def _said(place: str, row: dict[Any, Any]) -> str:
    number = float(row[place])
    if not np.isfinite(number):
        return "many"
    if place == "q":
        return f"{number:.2g}"
    return f"{number:,.1f}".removesuffix(".0")
