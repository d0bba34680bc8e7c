"""What the business decides about values and goals: wrong entries are named, and a policy knows its signals."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from config.policy import read_draft
from contracts.rules import KpiLink, LifetimeValueRules, Policy, Targets

CONFIG = Path(__file__).parents[3] / "config"


@pytest.mark.parametrize(
    ("model", "body", "message"),
    [
        (KpiLink, {"signal": "nps", "step": 0}, "link 'nps': step is 0"),
        (KpiLink, {"signal": "nps", "through": ["nps"], "step": 1}, "stands twice in the chain"),
        (LifetimeValueRules, {"mode": "perhaps"}, "'auto', 'contractual' or 'non_contractual'"),
        (LifetimeValueRules, {"link": [{"signal": "nps", "step": 1}] * 2}, "signal with two chains: nps"),
        (Targets, {"kpi": [{"signal": "nps", "goal": 1}] * 2}, "signal with two goals: nps"),
        (Targets, {"retention": {"gross_revenue": 1.2}}, "less than or equal to 1"),
    ],
)
def test_a_wrong_entry_is_named(model, body, message):
    with pytest.raises(ValidationError, match=message):
        model.model_validate(body)


@pytest.mark.parametrize(
    ("section", "body", "message"),
    [
        ("lifetime_value", {"link": [{"signal": "nps", "through": ["no_such"], "step": 1}]}, "unknown signals no_such"),
        ("targets", {"kpi": [{"signal": "no_such", "goal": 1}]}, "targets.kpi: unknown signals no_such"),
    ],
)
def test_links_and_goals_name_signals_of_the_policy(section, body, message):
    whole = read_draft(CONFIG).model_dump()
    with pytest.raises(ValidationError, match=message):
        Policy.model_validate(whole | {section: body})


def test_the_shipped_chains_are_read():
    policy = read_draft(CONFIG)
    assert {link.signal for link in policy.lifetime_value.link} >= {"first_contact_share", "csat_top_box", "nps"}
    assert policy.targets.retention.gross_revenue is not None
