"""When the facts behind a signal became known: a row counts by its arrival, not by the date that it bears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.rules import SignalRule
from contracts.tables import TABLES
from scoring.predict.leakage import Availability

_EVER = 36_500
_DAY = 86_400.0


def arrivals(tables: Mapping[str, pa.Table], rules: Sequence[SignalRule], *, at: datetime) -> tuple[Availability, ...]:
    """How many of the rows behind each signal, dated before `at`, had not arrived by then in the form they have now.

    A column that the table's contract blanks until it is settled (`known_from`) cannot leak by a later change, so
    only signals that read some other column count. Rows without either instant say nothing.

    Args:
        tables: canonical tables with provenance, of all customers or a sample of them.
        rules: the signals to look at.
        at: aware instant of a snapshot.
    """
    moment = pd.Timestamp(at.astimezone(UTC))
    found = []
    for rule in rules:
        if rule.table in tables and _may_change(rule):
            rows = tables[rule.table].select(["known_at", _clock(rule)]).to_pandas()
            rows.columns = ["known_at", "dated"]
            dated = pd.to_datetime(rows["dated"], utc=True)
            begins = moment - timedelta(days=rule.window_days or _EVER)
            known = rows.loc[(dated >= begins) & (dated < moment), "known_at"].dropna()
            delay = (known - moment).dt.total_seconds().to_numpy(float) / _DAY
            after = delay[delay >= 0]
            middle = float(np.median(after)) if after.size else float("nan")
            found.append(Availability(rule.id, len(known), after.size, middle))
    return tuple(found)


def _may_change(rule: SignalRule) -> bool:
    """Whether the signal reads a column whose value may have been another one at the time."""
    table = TABLES[rule.table]
    read = {rule.column, rule.time_column, *(part.column for part in (*rule.filter, *rule.hit))}
    return any(table.by_name[name].known_from is None for name in read if name and name != table.time)


def _clock(rule: SignalRule) -> str:
    """The column that dates a fact: the rule's own where it is blank until it has come, else when the row happened."""
    name = rule.time_column
    return name if name and TABLES[rule.table].by_name[name].known_from else "event_at"
