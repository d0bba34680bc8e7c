"""The linkage report: each question by name with verdict, n, interval, picture, goal; page and PDF pass their checks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from config.policy import read_draft
from contracts.results import LINK_POINTS, LINKAGE_ANSWERS, LINKS
from contracts.rules import LinkageRules
from reporting.expert.linkage import Linkage, LinkageHead, compose_linkage, linkage_faults, render_linkage
from tests.factories.repository import ROOT

HEAD = LinkageHead(
    "Northwind Storage", "2026-W47", datetime(2026, 11, 22, 23, tzinfo=UTC), "data up to 22 Nov 2026", "v3"
)


@pytest.fixture(scope="module")
def rules() -> LinkageRules:
    return read_draft(ROOT / "config").linkage


def a_link(link: str, question: str, x: str, y: str, verdict: str, **more: Any) -> dict[str, Any]:
    is_told = verdict != "not_enough"
    row: dict[str, Any] = dict.fromkeys(LINKS.names) | {
        "link_id": link, "lag_weeks": 0, "question": question, "kind": "operational", "x": x, "y": y,
        "x_name": x.capitalize(), "y_name": y.capitalize(), "level": "account", "compare": "between",
        "expected_sign": 1, "n_units": 174, "n_rows": 396, "n_accounts": 174, "family_size": 29, "holdout_rows": 0,
        "is_best_lag": True, "verdict": verdict, "owner": "Head of Support", "action": "Do it.",
        "sentence": f"{link} in a sentence.", "why": None if verdict == "proven" else "chance alone does it",
    }  # fmt: skip
    if is_told:
        row |= {
            "pearson": 0.4, "pearson_low": 0.3, "pearson_high": 0.5, "slope": 0.94, "slope_low": 0.83,
            "slope_high": 1.05, "p_value": 1e-9, "q_value": 1e-8 if verdict == "proven" else 0.4, "shape": "linear",
            "range_low": 99.5, "range_high": 99.99, "best_quarter": 99.985,
        }  # fmt: skip
    return row | more


def a_report(rules: LinkageRules, *, proven: bool = True) -> Linkage:
    verdict = "proven" if proven else "not_proven"
    links = [
        a_link(
            "availability_nps", "operational_goals", "availability", "nps_answer", verdict, shape="hinge", knot=99.83,
            knot_low=99.8, knot_high=99.86,
            goal="Availability at least 99.83 %: the link bends there." if proven else None,
        ),
        a_link("nps_growth", "loyalty_spend", "nps_answer", "spend_growth", "not_proven"),
        a_link("partners_nps", "attitude_behaviour", "partner_satisfaction", "nps_answer", "not_enough"),
    ]  # fmt: skip
    answers = [
        dict.fromkeys(LINKAGE_ANSWERS.names)
        | {
            "question": link["question"], "words": f"About {link['question']}?", "verdict": link["verdict"],
            "link_id": link["link_id"] if link["slope"] is not None else None, "sentence": "It is said.",
            "proven_links": int(link["verdict"] == "proven"), "tested_links": 1,
        }
        for link in links
    ]  # fmt: skip
    points = [
        {"link_id": link, "cell": at, "x": 99.5 + at / 10, "y": 6 + at / 5, "low": 5.8 + at / 5, "high": 6.2 + at / 5,
         "n_rows": 40, "n_units": 20}
        for link in ("availability_nps", "nps_growth")
        for at in range(5)
    ]  # fmt: skip
    frames = (
        pd.DataFrame(answers, columns=LINKAGE_ANSWERS.names),
        pd.DataFrame(links, columns=LINKS.names),
        pd.DataFrame(points, columns=LINK_POINTS.names),
    )
    return compose_linkage(*frames, rules)


def test_each_question_has_verdict_n_interval_picture_and_goal_with_its_knot(rules: LinkageRules) -> None:
    report = a_report(rules)
    proven, not_proven, not_enough = report.answers
    assert [answer.verdict for answer in report.answers] == ["proven", "not proven", "not enough data"]
    facts = dict(proven.facts)
    assert facts["n"] == "396 rows of 174 accounts"
    assert facts["95 % interval"] == "+0.83 to +1.05"
    assert facts["Knot"] == "99.83 % (99.8 to 99.86)"
    assert "knot 99.83" in proven.chart
    assert (proven.goals[0].goal, proven.goals[0].rests) == ("Availability at least 99.83 %", "The link bends there")
    assert not_proven.goals == ()
    assert not_proven.chart
    assert not not_enough.chart
    assert report.headline == "One of three questions has a proven answer; one operational goal is proposed"


def test_nothing_proven_proposes_nothing(rules: LinkageRules) -> None:
    report = a_report(rules, proven=False)
    assert report.headline == "None of the three questions has a proven answer yet; no goal is proposed"
    assert not any(answer.goals for answer in report.answers)


def test_page_and_paper_pass_their_checks_and_are_the_same_twice(rules: LinkageRules) -> None:
    report = a_report(rules)
    files = render_linkage(HEAD, report)
    assert linkage_faults(files, HEAD, report) == []
    assert render_linkage(HEAD, report) == files
    page = files["linkage.html"].decode()
    for answer in report.answers:
        assert answer.question in page
    assert page.count('role="img"') == 3


def test_a_picture_says_proven_without_colour(rules: LinkageRules) -> None:
    overview = str(a_report(rules).overview)
    assert overview.count(">proven<") == 1
    assert ">not proven<" in overview
    assert ">not measured<" in overview
