"""The planted stories that only counts show, under the shipped rules."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from config.policy import read_draft
from extract.demo.company import DemoCompany, build_demo
from tests.factories.events import counted_weeks

POLICY = read_draft(Path(__file__).parents[2] / "config")


@pytest.fixture(scope="module")
def company() -> DemoCompany:
    return build_demo()


@pytest.fixture(scope="module")
def told(company: DemoCompany) -> pd.DataFrame:
    """Events of twelve weeks, with the week that told them."""
    weeks = counted_weeks(company, POLICY.alerts.counted, POLICY.money, weeks=12)
    return pd.concat([one.found.events.assign(week=str(one.week)) for one in weeks], ignore_index=True)


def actors(company: DemoCompany, kind: str) -> set[str]:
    return {story["customer_id"] for story in company.truth["stories"] if story["kind"] == kind}


def test_sliding_accounts_are_seen_before_they_are_critical(company: DemoCompany, told: pd.DataFrame) -> None:
    """Their tickets rise from the sixth week before the end; they enter Critical in the last."""
    rising = told[told.headline.str.startswith("Tickets rise")]
    sliding = actors(company, "sliding")
    found = rising[rising.customer_id.isin(sliding)]
    assert set(found.customer_id) == sliding
    last = company.line.last
    assert set(found.week) <= {str(last.shift(-ago)) for ago in range(5)}
    assert found.customer_id.is_unique


def test_dying_deals_show_in_use(company: DemoCompany, told: pd.DataFrame) -> None:
    falling = set(told.loc[told.headline.str.startswith("Use of the bought capacity falls"), "customer_id"])
    assert actors(company, "deals_dying") <= falling


def test_steady_accounts_make_few_events_and_each_is_told_once(company: DemoCompany, told: pd.DataFrame) -> None:
    steady = set(company.truth["steady"])
    assert told.customer_id.isin(steady).mean() <= 0.35
    assert told.event_id.is_unique
