"""The rows a declared link is judged on, at the level that its hypothesis names. y always lies after x.

- ticket, project: each row with its own answer;
- account, team, agent: windows of y laid end to end backwards from `as_of`, each with the window of x that ends `lag`
  weeks before it begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from contracts.frames import Kind
from contracts.rules import Hypothesis, LinkageRules, Measure
from contracts.tables import TABLES
from scoring.arrays import Flags, Numbers, Places
from scoring.explain.weekly import WEEK_MICROS, Weekly, fetch, weekly
from scoring.measure.conditions import DAY_MICROS

_CONSTITUENCY = "constituency_measures"
_FEW_VALUES = 12
_WEEK_SECONDS = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Panel:
    """Rows of one link at one lag.

    Attributes:
        unit: what a row belongs to when it is compared with itself; account at level ticket and project.
        age: weeks between the end of y and `as_of`; y of age 0 ended just now.
        span: weeks that y covers.
        held: what is held fixed beside x, one column each; text and small whole numbers are kinds, others amounts.
    """

    unit: pd.Series
    x: Numbers
    y: Numbers
    age: Numbers
    span: int
    held: pd.DataFrame
    accounts: int

    def __len__(self) -> int:
        return len(self.x)

    def where(self, kept: Flags) -> Panel:
        """The rows that are kept."""
        return Panel(
            self.unit[kept].reset_index(drop=True), self.x[kept], self.y[kept], self.age[kept], self.span,
            self.held[kept].reset_index(drop=True), self.accounts,
        )  # fmt: skip

    def split(self, holdout_weeks: int) -> tuple[Panel, Panel]:
        """Rows whose y ended before the newest weeks, and rows whose y lies wholly in them."""
        return self.where(self.age >= holdout_weeks), self.where(self.age + self.span <= holdout_weeks)


def panels(
    hypothesis: Hypothesis,
    rules: LinkageRules,
    tables: Mapping[str, pa.Table],
    facts: pd.DataFrame,
    *,
    as_of: datetime,
) -> dict[int, Panel]:
    """The rows of a hypothesis, by lag.

    Args:
        hypothesis: one of `rules.hypothesis`.
        rules: the declared measures.
        tables: canonical tables as of the instant.
        facts: CUSTOMER_FACTS frame; segment, region and size come from there.
        as_of: aware instant, exclusive.
    """
    x, y = rules.measured(hypothesis.x), rules.measured(hypothesis.y)
    if hypothesis.level in ("ticket", "project"):
        return {0: _row_by_row(hypothesis, x, y, tables, facts, as_of)}
    units, of_x = _units(hypothesis, x, tables, facts, as_of)
    others, of_y = _units(hypothesis, y, tables, facts, as_of)
    everyone = units.intersection(others).sort_values()
    left, right = weekly(of_x[0], x, everyone, of_x[1]), weekly(of_y[0], y, everyone, of_y[1])
    return {lag: _windows(hypothesis, left, right, facts, lag, as_of) for lag in hypothesis.lags}


def _units(
    hypothesis: Hypothesis, measure: Measure, tables: Mapping[str, pa.Table], facts: pd.DataFrame, as_of: datetime
) -> tuple[pd.Index, tuple[pd.DataFrame, pd.Series]]:
    """All units that may have this measure, its rows, and the unit of each row."""
    if measure.table == _CONSTITUENCY:
        rows = fetch(tables, measure, as_of=as_of, also=("unit",))
        return pd.Index(rows["unit"].unique()), (rows, rows["unit"])
    if hypothesis.level == "agent":
        rows = fetch(tables, measure, as_of=as_of, also=("owner_id",))
        return pd.Index(rows["owner_id"].dropna().unique()), (rows, rows["owner_id"])
    rows = fetch(tables, measure, as_of=as_of, also=("customer_id",))
    if hypothesis.unit is None:
        return pd.Index(facts["customer_id"]), (rows, rows["customer_id"])
    team = facts.set_index("customer_id")[hypothesis.unit]
    return pd.Index(team.dropna().unique()), (rows, rows["customer_id"].map(team))


def _windows(hypothesis: Hypothesis, x: Weekly, y: Weekly, facts: pd.DataFrame, lag: int, as_of: datetime) -> Panel:
    span, before = y.measure.weeks, x.measure.weeks
    cuts: Places = np.arange(span, max(y.reach, x.reach) + 1, span, dtype=np.intp)
    place, cut = (grid.ravel() for grid in np.meshgrid(np.arange(len(x.units)), cuts, indexing="ij"))
    level = x.window(place, cut + lag, before)
    answer = y.window(place, cut - span, span)
    kept = ~np.isnan(level) & ~np.isnan(answer)
    unit = pd.Series(x.units.to_numpy()[place])
    if hypothesis.level == "account" and (x.measure.zero_is_observed or y.measure.zero_is_observed):
        kept &= _was_customer(unit, facts, as_of, cut + lag + before, cut)
    held = pd.DataFrame({"period": cut.astype(str)})
    if hypothesis.level == "account" and hypothesis.compare == "between":
        held = held.join(_standing(unit, facts))
    accounts = len(unit[kept].unique())
    if hypothesis.unit is not None:
        accounts = int(facts[hypothesis.unit].isin(unit[kept].unique()).sum())
    whole = Panel(unit, level, answer, (cut - span).astype(float), span, held, accounts)
    return whole.where(kept)


def _was_customer(unit: pd.Series, facts: pd.DataFrame, as_of: datetime, begin: Places, end: Places) -> Flags:
    """Whether the account was ours from `begin` to `end` weeks before `as_of`: nothing from a stranger is no zero.

    Whoever leaves later, inside the window of y, stays in: leaving is what may follow.
    """
    now = pd.Timestamp(as_of.replace(tzinfo=None))
    known = facts.set_index("customer_id")
    since = ((now - known["since_on"]).dt.total_seconds() / _WEEK_SECONDS).fillna(np.inf)
    ended = ((now - known["ended_on"]).dt.total_seconds() / _WEEK_SECONDS).fillna(-np.inf)
    of = known.index.get_indexer(pd.Index(unit))
    ours: Flags = (since.to_numpy(float)[of] >= begin) & (ended.to_numpy(float)[of] <= end)
    return ours


def _standing(customer: pd.Series, facts: pd.DataFrame) -> pd.DataFrame:
    """Segment, region and size of each row's account. Size is today's: the only one the master gives."""
    known = facts.set_index("customer_id").reindex(customer).reset_index(drop=True)
    amount = known["revenue_amount"].astype(float)
    size = pd.Series(np.log(amount.where(amount > 0)))
    return pd.DataFrame(
        {
            "tier": known["tier"].fillna("unknown"),
            "region": known["region"].fillna("unknown"),
            "has_size": np.where(size.isna(), "no", "yes"),
            "size": size.fillna(size.mean() if size.notna().any() else 0.0).to_numpy(float),
        }
    )


def _row_by_row(
    hypothesis: Hypothesis,
    x: Measure,
    y: Measure,
    tables: Mapping[str, pa.Table],
    facts: pd.DataFrame,
    as_of: datetime,
) -> Panel:
    key = TABLES[x.table].key[0]
    held = tuple(sorted({*hypothesis.hold}))
    rows = fetch(tables, x, as_of=as_of, also=tuple(dict.fromkeys(("customer_id", key, *held))))
    if y.table == x.table:
        answers = fetch(tables, y, as_of=as_of, also=(key,))
        both = rows.merge(answers[[key, "value", "age"]], on=key, suffixes=("", "_y"))
    elif hypothesis.level == "ticket":
        answers = fetch(tables, y, as_of=as_of, also=("ticket_id",)).dropna(subset=["ticket_id"])
        both = rows.merge(
            answers.drop_duplicates("ticket_id")[["ticket_id", "value", "age"]], on=key, suffixes=("", "_y")
        )
    else:
        both = _next_answer(rows, fetch(tables, y, as_of=as_of, also=("customer_id",)), y.weeks)
    standing = pd.DataFrame(index=both.index)
    for name in held:
        standing[name] = _held(both[name], TABLES[x.table].by_name[name].kind)
    if hypothesis.compare == "between":
        standing = standing.join(_standing(both["customer_id"], facts))
    return Panel(
        unit=both["customer_id"],
        x=both["value"].to_numpy(float),
        y=both["value_y"].to_numpy(float),
        age=both["age_y"].to_numpy(float),
        span=1,
        held=standing,
        accounts=both["customer_id"].nunique(),
    )


def _next_answer(rows: pd.DataFrame, answers: pd.DataFrame, weeks: int) -> pd.DataFrame:
    """The customer's first answer after each row, at most so many weeks later."""
    late = answers[["customer_id", "at", "value", "age"]].assign(answered=answers["at"])
    found = pd.merge_asof(
        rows.sort_values(["at", "customer_id"], kind="stable"),
        late.sort_values(["at", "customer_id"], kind="stable"),
        on="at", by="customer_id", direction="forward", allow_exact_matches=False,
        tolerance=weeks * WEEK_MICROS, suffixes=("", "_y"),
    )  # fmt: skip
    return found.dropna(subset=["value_y"]).reset_index(drop=True)


def _held(values: pd.Series, kind: Kind) -> pd.Series:
    if kind in (Kind.INSTANT, Kind.DAY):
        return values / DAY_MICROS
    is_amount = kind in (Kind.NUMBER, Kind.MONEY, Kind.SHARE) or (
        kind is Kind.INTEGER and values.nunique() > _FEW_VALUES
    )
    if not is_amount:
        return values.astype(object).where(values.notna(), "unknown").astype(str)
    amounts = values.astype(float)
    return amounts.fillna(amounts.mean() if amounts.notna().any() else 0.0)
