"""Case templates, alert templates and findings for tests: name what matters, the rest is filled in."""

from __future__ import annotations

from typing import Any

import pandas as pd

from contracts.rules import AlertTemplate, Calendar, CaseTemplate

ROME = Calendar(time_zone="Europe/Rome", opens="09:00", closes="17:00")
TIERS = {
    "gold": {"hours": 24, "first_response_hours": 4, "severity": "urgent"},
    "silver": {"hours": 48, "first_response_hours": 8, "severity": "high"},
    "bronze": {"hours": 72, "first_response_hours": 16, "severity": "normal"},
    "default": {"hours": 72, "first_response_hours": 16, "severity": "normal"},
}


def template(**changes: Any) -> CaseTemplate:
    base: dict[str, Any] = {
        "id": "save",
        "title": "{customer}: {evidence}",
        "category": "relationship",
        "owner_unit": "sales",
        "goals": TIERS,
    }
    return CaseTemplate.model_validate(base | changes)


def alert(**changes: Any) -> AlertTemplate:
    base: dict[str, Any] = {"id": "watch", "name": "Watch", "tell_roles": ["owner"]}
    return AlertTemplate.model_validate(base | changes)


def findings(*rows: dict[str, Any]) -> pd.DataFrame:
    base = {
        "rule_id": "ease_low",
        "dimension": "product_line",
        "segment": "Array X",
        "metric": "ease_of_upgrade",
        "value": 4.2,
        "low": 3.6,
        "high": 4.8,
        "n": 31,
        "limit": 5.0,
        "sentence": "Ease of upgrade installation of Array X: 4.2 of 10 (limit 5)",
    }
    return pd.DataFrame([base | row for row in rows])
