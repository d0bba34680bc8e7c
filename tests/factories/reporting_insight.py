"""Frames of explaining and valuing behind `a_book`: what the run computes beside scores, made up but under contract."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from tests.factories.reporting_rows import Records

ASPECTS = ("hand-offs", "first response", "price", "project", "reliability")


def comments(surveys: Records, dice: random.Random) -> tuple[Records, Records]:
    """(COMMENTS, COMMENT_ASPECTS) of the answers that have words."""
    texts: Records = []
    aspects: Records = []
    for row in surveys:
        if not row["comment"] or not row["answered_at"]:
            continue
        feeling = "negative" if row["score"] <= 3 else "positive"
        tone = -0.6 if feeling == "negative" else 0.6
        shared = {
            "customer_id": row["customer_id"], "table": "surveys", "row_key": row["response_id"],
            "said_at": row["answered_at"], "sentiment": feeling, "sentiment_score": tone, "sentiment_source": "lexicon",
        }  # fmt: skip
        texts.append({**shared, "language": row["language"], "text": row["comment"]})
        for aspect in dice.sample(ASPECTS, 2):
            aspects.append({**shared, "aspect": aspect, "quote": row["comment"]})
    return texts, aspects


def agreements(facts: Records, as_of: datetime) -> Records:
    """Two years of yearly agreements per customer, a little dearer each year."""
    day0 = as_of.replace(tzinfo=None, hour=0)
    rows: Records = []
    for row in facts:
        amount, currency = row["original_amount"], row["original_currency"]
        if amount is None:
            continue
        for years in (3, 2, 1):
            start = day0 - timedelta(days=365 * years - 40)
            end = start + timedelta(days=365)
            rows.append({
                "customer_id": row["customer_id"], "agreement_id": f"AG-{row['customer_id']}-{years}", "kind": "support",
                "start_on": start, "end_on": end, "ended_on": end if end < day0 else None, "renewal_on": end,
                "annual_amount": float(round(amount * (1 - 0.05 * years), 2)), "currency": currency,
            })  # fmt: skip
    return rows


def outcomes(facts: Records, placed: Records, as_of: datetime) -> Records:
    """One customer renewed after Critical and one gave up a part, both last week."""
    critical = [row["customer_id"] for row in placed if row["zone"] == "critical"]
    other = [row["customer_id"] for row in placed if row["zone"] == "neutral"]
    on = as_of.replace(tzinfo=None, hour=0) - timedelta(days=6)
    pairs = [(c, k) for c, k in zip((critical[:1], other[:1]), ("renewed", "downgraded"), strict=True) if c]
    return [
        {"customer_id": customer[0], "outcome_id": f"O-{kind}", "kind": kind, "happened_on": on, "amount": 50_000.0,
         "currency": "EUR"}
        for customer, kind in pairs
    ]  # fmt: skip


def lifetime_values(facts: Records) -> Records:
    """Discounted margin for most, discounted revenue for some, none for foreign money."""
    rows: Records = []
    for step, row in enumerate(facts):
        amount = row["revenue_amount"]
        shared = {"customer_id": row["customer_id"], "horizon_months": 60}
        if amount is None:
            rows.append({**shared, "why_missing": f"No exchange rate is known for {row['original_currency']}."})
            continue
        rows.append({
            **shared, "value_amount": amount * 2.0, "low": amount * 1.5, "high": amount * 2.5,
            "basis": "revenue" if step % 7 == 0 else "margin", "sensitivity_amount": amount * 0.1,
        })  # fmt: skip
    return rows


def kpi_values(values: Records) -> Records:
    whole = sum(row.get("sensitivity_amount", 0.0) for row in values)
    proven = {"value_amount": 900_000.0, "low": 300_000.0, "high": 1_500_000.0, "basis": "margin",
              "customers": len(values), "sensitivity_amount": whole, "verdict": "proven"}  # fmt: skip
    lacking = {"verdict": "not proven"}
    return [
        {"signal_id": "reopened_pct", "unit": "%", "step": -5.0, "goal": 10.0, "business_unit": "support",
         "sentence": "Tickets re-opened −5 %: worth EUR 900 k.", **proven},
        {"signal_id": "quote_days", "unit": "days", "step": -5.0, "goal": 20.0, "business_unit": "sales",
         "sentence": "Renewal quote open −5 days: not proven.", **lacking},
        {"signal_id": "late_project_days", "unit": "days", "goal": 5.0, "business_unit": "gps",
         "sentence": "Projects late: no link to value is declared.", "verdict": "not enough observations"},
        {"signal_id": "csat_mean", "unit": "of 5", "step": 0.2, "goal": 4.2, "sentence": "Not proven.", **lacking},
    ]  # fmt: skip


def drivers() -> Records:
    shared = {"outcome": "Likelihood to recommend", "explained": 0.56, "n": 53, "n_answers": 343, "coverage": 0.78}
    return [
        {"driver_id": "handoffs", "name": "Hand-offs per ticket", "share": 0.6, "low": 0.42, "high": 0.71,
         "performance": 38.0, "quadrant": "improve_first", "verdict": "stands_out",
         "sentence": "Hand-offs per ticket: 60 % of what the drivers explain together (42 % to 71 %).", **shared},
        {"driver_id": "disputes", "name": "Disputed invoices", "share": 0.4, "low": 0.0, "high": 0.58,
         "performance": 87.0, "quadrant": "no_hurry", "verdict": "not_proven",
         "sentence": "Disputed invoices: not proven.", **shared},
        {"driver_id": "delay", "name": "Project delay", "verdict": "not_enough",
         "sentence": "Project delay: not enough observations.", **shared},
    ]  # fmt: skip


def linkage_answers() -> Records:
    return [
        {"question": "operational_goals", "words": "Which operational goals go with the highest satisfaction?",
         "verdict": "proven", "proven_links": 5, "tested_links": 7, "n_rows": 776, "goal": "At most 0.43 hand-offs.",
         "sentence": "Each extra hand-off goes with −0.234 CSAT points. Proven."},
        {"question": "loyalty_spend", "words": "Do more loyal customers spend more?", "verdict": "not_enough",
         "proven_links": 0, "tested_links": 0, "sentence": "Not enough observations: no declared link could be tested."},
    ]  # fmt: skip


def families(placed: Records) -> tuple[Records, Records]:
    """(ROLLUPS, FAMILIES): the first customer is the parent of the next two."""
    if len(placed) < 3:
        return [], []
    parent, *below = placed[:3]
    rolled = {
        "customer_id": parent["customer_id"], "rule": "worst_child", "children": 2, "placed_members": 3, "is_top": True,
        "loyalty": parent["loyalty"], "retention": parent["retention"], "zone": parent["zone"], "rolled_loyalty": 31.0,
        "rolled_retention": 40.0, "rolled_zone": "critical", "revenue_amount": 1e5, "family_revenue_amount": 4e5,
    }  # fmt: skip
    links = [{"customer_id": row["customer_id"], "ancestor_id": parent["customer_id"], "depth": 1} for row in below]
    return [rolled], links


def survey_figures(scope: str, counts: dict[str, int]) -> Records:
    """Figures as the run would make them for one audience."""
    told = {
        "csat": (82.0, 74.0, 88.0, 3.0, "none"),
        "nps": (12.0, 4.0, 20.0, -14.0, "down"),
        "ces": (5.3, 5.0, 5.6, 0.1, "none"),
    }
    return [
        {"scope": scope, "kind": kind, "window_weeks": weeks, "dimension": "all", "segment": "all", "customers": 40,
         "accounts": 30, "n": counts.get(kind, 40), "value": value, "low": low, "high": high, "method": "Wilson",
         "n_before": 38, "change": change, "arrow": arrow, "invited": 90}
        for kind, (value, low, high, change, arrow) in told.items()
        for weeks in (4, 13)
    ]  # fmt: skip


def themes(scope: str) -> Records:
    shared = {"scope": scope, "of_now": 60, "of_before": 200}
    return [
        {"aspect": "hand-offs", "n_now": 24, "n_before": 30, "share": 0.4, "share_before": 0.15, "change": 0.25,
         "low": 0.13, "high": 0.37, "q": 0.001, "sentiment_score": -0.5, "verdict": "rose", **shared},
        {"aspect": "price", "n_now": 3, "n_before": 40, "share": 0.05, "share_before": 0.2, "change": -0.15,
         "low": -0.24, "high": -0.05, "q": 0.01, "sentiment_score": 0.4, "verdict": "fell", **shared},
        {"aspect": "reliability", "n_now": 12, "n_before": 44, "share": 0.2, "share_before": 0.22, "change": -0.02,
         "low": -0.1, "high": 0.1, "q": 0.8, "sentiment_score": 0.0, "verdict": "steady", **shared},
    ]  # fmt: skip
