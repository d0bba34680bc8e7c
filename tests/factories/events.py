"""Books for tests of counted events: weekly counts written by hand, and demo companies without a story."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from contracts.frames import conform
from contracts.results import COUNTS
from contracts.rules import CountedRules, Money
from contracts.weeks import Week
from extract.demo.company import DemoCompany, build_demo
from scoring.measure.asof import as_of_view
from scoring.measure.events import Counted, count_norms, counted_events, weekly_counts
from scoring.measure.events.counting import N_COLUMNS, V_COLUMNS
from scoring.measure.facts import customer_facts
from tests.factories.demo import canonical


def counts(rows: Mapping[str, Sequence[float]], rule_id: str = "spike", *, exposure: float = 1.0) -> pd.DataFrame:
    """COUNTS of one rule: per customer its weeks, the newest first; weeks not given are 0."""
    grid = np.zeros((len(rows), len(N_COLUMNS)))
    for place, weeks in enumerate(rows.values()):
        grid[place, : len(weeks)] = weeks
    frame = pd.DataFrame(grid, columns=N_COLUMNS).assign(customer_id=list(rows), rule_id=rule_id)
    return conform(frame.assign(**dict.fromkeys(V_COLUMNS, exposure)), COUNTS)


@dataclass(frozen=True, slots=True)
class CountedWeek:
    week: Week
    found: Counted


def counted_weeks(
    company: DemoCompany, rules: CountedRules, money: Money, *, weeks: int, only: frozenset[str] | None = None
) -> Iterator[CountedWeek]:
    """The last weeks of a company, judged one after the other as weekly runs would; `only` these customers."""
    zone = company.line.zone
    whole = canonical(company, company.line.last.ends_at(zone))
    if only is not None:
        wanted = pa.array(sorted(only), pa.string())
        whole = {n: _of(t, wanted) for n, t in whole.items()}
    watched, after = None, None
    for ago in range(weeks - 1, -1, -1):
        week = company.line.last.shift(-ago)
        as_of = week.ends_at(zone).astimezone(zone)
        tables = as_of_view(whole, as_of)
        facts = customer_facts(tables, money, as_of)
        counted = weekly_counts(tables, rules, facts, as_of=as_of)
        norms = count_norms(counted, facts, rules)
        found = counted_events(counted, norms, watched, facts, rules, as_of=as_of, week=str(week), after=after)
        watched, after = found.watched, str(week)
        yield CountedWeek(week, found)


def steady_book(seed: int) -> tuple[DemoCompany, frozenset[str]]:
    """A company, and those of its customers who play no story, do not drift and never leave."""
    company = build_demo(seed=seed)
    return company, frozenset(company.truth["steady"])


def _of(table: pa.Table, wanted: pa.StringArray) -> pa.Table:
    return (
        table.filter(pc.is_in(table["customer_id"], value_set=wanted)) if "customer_id" in table.column_names else table
    )
