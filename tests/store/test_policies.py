from __future__ import annotations

import pytest
from sqlalchemy import text

from contracts.rules import Policy
from contracts.weeks import Week
from store import policies
from store.errors import NotInStore, StoreDamaged
from store.session import Session, Store
from tests.factories.store import NOW


def policy(loyalty: float = 45, **changes: object) -> Policy:
    signal = {
        "name": "n", "table": "tickets", "aggregate": "count", "bad": 10, "good": 0, "weight": 1,
        "tier": "technical", "unit": "tickets",
    }  # fmt: skip
    body = {
        "signals": [
            {**signal, "id": "tickets_a", "axis": "loyalty", "filter": [{"column": "severity", "op": "in", "value": [1, 2]}]},
            {**signal, "id": "tickets_b", "axis": "retention"},
        ],
        "thresholds": {"lines": {"loyalty": loyalty, "retention": 60}, "dead_band": 2, "confirmation_weeks": 2, "coverage_floor": 0.4},
        "money": {"currency": "EUR", "rates": {"USD": {"2026-01-01": "0.9210"}}},
        "audiences": {"fields": {}, "mail": {}, "calendars": {"default": {"time_zone": "Europe/Rome"}}},
        "alerts": {},
        "case_templates": [],
        "playbooks": [],
        **changes,
    }  # fmt: skip
    return Policy.model_validate(body)


def adopt(session: Session, what: Policy, week: str, *, why: str = "start") -> int:
    return policies.adopt(session, what, author="Ada", reason=why, effective_week=Week.parse(week), now=NOW)


def test_the_policy_in_force_is_the_last_adopted_of_those_effective_by_then(store: Store) -> None:
    first, second = policy(45), policy(50)
    with store.write() as session:
        assert adopt(session, first, "2026-W01") == 1
        assert adopt(session, second, "2026-W47") == 2
        assert policies.in_force(session, "2025-W52") is None
        assert policies.in_force(session, Week.parse("2026-W46")) == (1, first.digest)
        assert policies.in_force(session, "2026-W47") == (2, second.digest)
        # a step back is an adoption like any other
        assert adopt(session, first, "2026-W48", why="second thoughts") == 3
        assert policies.in_force(session, "2026-W50") == (3, first.digest)
        assert [(line.sequence, line.effective_week, line.reason) for line in policies.log(session)] == [
            (1, "2026-W01", "start"),
            (2, "2026-W47", "start"),
            (3, "2026-W48", "second thoughts"),
        ]


def test_adopting_the_newest_again_is_a_no_op(store: Store) -> None:
    with store.write() as session:
        assert adopt(session, policy(), "2026-W01") == 1
    with store.write() as session:
        assert adopt(session, policy(), "2026-W01") == 1
        assert len(policies.log(session)) == 1


def test_a_policy_comes_back_with_the_digest_under_which_it_was_adopted(store: Store) -> None:
    with store.write() as session:
        adopt(session, policy(), "2026-W01")
        adopt(session, policy(50), "2026-W02")
        adopt(session, policy(), "2026-W03")
    with store.read() as session:
        loaded = policies.load(session, policy().digest)
        assert loaded.digest == policy().digest
        assert loaded.model_copy(update={"sequence": 0}) == policy()
        assert loaded.sequence == 3
        assert policies.load(session, policy().digest, sequence=1).label == "v1"


def test_an_unknown_or_damaged_policy_is_an_error(store: Store) -> None:
    with store.write() as session:
        adopt(session, policy(), "2026-W01")
        with pytest.raises(NotInStore, match="cem policy log"):
            policies.load(session, "0" * 64)
        session.execute(text("UPDATE policy_versions SET body = replace(body, '45.0', '44.0')"))
        with pytest.raises(StoreDamaged):
            policies.load(session, policy().digest)
