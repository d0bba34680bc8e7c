"""Pages for the experts who own the rules: what a proposal would do, and the log of all versions. HTML.

The sections of the review are macros of policy/sections.html.j2, fed by `review_sections`, so that a report over many
proposals or lines can hold them too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from contracts.words import Axis, Zone
from reporting import formats
from reporting.policy.words import Difference
from reporting.templates import content_policy, render, style

_SHEETS = ("tokens.css", "partials/base.css", "policy/policy.css", "partials/dark.css")
_MOST_ROWS = 200
"""Of a list of customers, more are in the table beside the page."""


@dataclass(frozen=True, slots=True)
class PolicyHead:
    """What stands on top of every page."""

    organization: str
    week: str
    as_of_text: str
    currency: str


@dataclass(frozen=True, slots=True)
class ShadowWeek:
    """A weekly run in shadow: PROPOSED_FLIPS frame of those who disagree."""

    week: str
    flips: pd.DataFrame


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A proposal. `story`: when, what, who, why, from which week."""

    head: PolicyHead
    proposal: int
    author: str
    reason: str
    state: str
    base: int
    back_test: str
    differences: Sequence[Difference]
    shadow_weeks: int
    shadow: Sequence[ShadowWeek]
    story: Sequence[tuple[datetime, str, str, str, str]]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version in the log, with what it says otherwise than the one before."""

    sequence: int
    effective_week: str
    author: str
    approver: str
    reason: str
    adopted_at: datetime
    digest: str
    proposal: str
    back_test: str
    is_in_force: bool
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """A proposal in the log."""

    proposal: int
    state: str
    author: str
    approver: str
    reason: str
    base: int
    shadow: str
    page: str


def render_review(page: ReviewPage, frames: Mapping[str, pd.DataFrame]) -> str:
    """The page of one proposal: frames proposed_flips, _zones, _load, _weeks, and _outcomes where there are."""
    flips = frames["proposed_flips"]
    revenue = formats.money(flips["revenue_amount"].sum(), page.head.currency)
    headline = (
        f"Proposal {page.proposal}: {formats.figures(len(flips), 'customer')} with {revenue} would stand elsewhere"
    )
    return _page(
        "policy/review.html.j2",
        page.head,
        f"Proposal {page.proposal}",
        headline=headline,
        page=page,
        differences=page.differences,
        facts=[
            ("Author", page.author),
            ("State", page.state),
            ("Changes", f"policy v{page.base}"),
            ("In shadow", f"{len(page.shadow)} of {page.shadow_weeks} weekly runs"),
            ("Back-test", page.back_test),
        ],
        shadow=[
            {"week": one.week, "said": _disagreement(one.flips), "rows": flip_lines(one.flips, page.head.currency)}
            for one in page.shadow
        ],
        story=[(formats.day_year(at.date()), kind, who, why, week) for at, kind, who, why, week in page.story],
        **review_sections(frames, page.head.currency),
    )


def review_sections(frames: Mapping[str, pd.DataFrame], currency: str) -> dict[str, Any]:
    """Ready values for the macros of policy/sections.html.j2: zones, flips, load, weeks, outcomes."""
    flips = frames["proposed_flips"]
    return {
        "zones": [_zone_line(row, currency) for row in frames["proposed_zones"].to_dict("records")],
        "flips": flip_lines(flips, currency),
        "flips_left_out": max(0, len(flips) - _MOST_ROWS),
        "load": [_load_line(row) for row in frames["proposed_load"].to_dict("records")],
        "tested": str(frames["proposed_outcomes"]["week"].iloc[0]) if "proposed_outcomes" in frames else "",
        "weeks": [_week_line(row) for row in frames["proposed_weeks"].to_dict("records")],
        "outcomes": [_outcome_line(row, currency) for row in frames["proposed_outcomes"].to_dict("records")]
        if "proposed_outcomes" in frames
        else [],
    }


def flip_lines(flips: pd.DataFrame, currency: str) -> list[dict[str, str]]:
    """PROPOSED_FLIPS rows as they are printed, at most so many as a page holds."""
    return [
        {
            "name": str(row["name"]),
            "moves": f"{place_name(row['from_place'])} → {place_name(row['to_place'])}",
            "tone": "bad" if row["to_place"] == Zone.CRITICAL.value else "",
            "revenue": formats.money(row["revenue_amount"], currency),
            "scores": "; ".join(
                f"{axis.value} {_score(row[f'{axis.value}_before'])} → {_score(row[f'{axis.value}_after'])}"
                for axis in Axis
            ),
            "owner": str(row["owner_id"]) if pd.notna(row["owner_id"]) else "nobody",
            "why": str(row["why"]),
        }
        for row in flips.head(_MOST_ROWS).to_dict("records")
    ]


def render_log(head: PolicyHead, versions: Sequence[VersionLine], proposals: Sequence[ProposalLine]) -> str:
    """The policy log: every version and what it changed, every proposal and what became of it; newest first."""
    now = next((line for line in versions if line.is_in_force), versions[-1])
    return _page(
        "policy/log.html.j2",
        head,
        "Policy log",
        headline=f"Policy v{now.sequence} is in force since {now.effective_week}",
        versions=[
            {
                "line": line,
                "day": formats.day_year(line.adopted_at.date()),
                "mark": "in force" if line.is_in_force else "",
            }
            for line in reversed(versions)
        ],
        proposals=list(reversed(proposals)),
    )


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """Customers that the rules moved in a week: rows of name, from, to, revenue; nobody was told of them."""

    head: PolicyHead
    version: int
    reason: str
    rows: Sequence[tuple[str, str, str, str]]
    command: str


def render_rule_changes(page: RuleChanges) -> str:
    """The list, for the experts, of who moved because the rules did."""
    headline = f"{formats.figures(len(page.rows), 'customer')} moved because of policy v{page.version}"
    return _page("policy/rule_changes.html.j2", page.head, "Rules changed", headline=headline, page=page)


def place_name(place: object) -> str:
    """A zone or state as people say it."""
    words = {"insufficient": "insufficient evidence", "left": "left"}
    text = str(place) if isinstance(place, str) else "no zone"
    return Zone(text).label if text in tuple(Zone) else words.get(text, text)


def _page(template: str, head: PolicyHead, title: str, **values: object) -> str:
    return render(template, head=head, title=title, policy=content_policy(), css=style(*_SHEETS), **values)


def _disagreement(flips: pd.DataFrame) -> str:
    if flips.empty:
        return "Both sets of rules place everybody alike."
    into = int((flips["to_place"] == Zone.CRITICAL.value).sum())
    return f"{formats.figures(len(flips), 'customer')} stand elsewhere, {into} of them in Critical."


def _zone_line(row: Mapping[Any, Any], currency: str) -> tuple[str, ...]:
    was, becomes = int(row["customers_before"]), int(row["customers_after"])
    money = row["revenue_after_amount"] - row["revenue_before_amount"]
    return (
        formats.capital(place_name(row["place"])),
        formats.number(was),
        formats.number(becomes),
        formats.signed(becomes - was),
        formats.money(row["revenue_before_amount"], currency),
        formats.money(row["revenue_after_amount"], currency),
        formats.money(money, currency) if money else "0",
    )


def _load_line(row: Mapping[Any, Any]) -> tuple[str, ...]:
    return (
        str(row["name"]),
        formats.number(row["critical_before"]),
        formats.number(row["critical_after"]),
        formats.number(row["alerts_per_week_before"], 2),
        formats.number(row["alerts_per_week_after"], 2),
        formats.signed(row["extra_alerts_per_week"], 2),
        formats.signed(row["extra_cases_per_week"], 2),
    )


def _week_line(row: Mapping[Any, Any]) -> tuple[str, ...]:
    names = ("critical_before", "critical_after", "entered_before", "entered_after", "moved_before", "moved_after")
    return (str(row["week"]), *(formats.number(row[name]) for name in (*names, "elsewhere")))


def _outcome_line(row: Mapping[Any, Any], currency: str) -> tuple[str, ...]:
    return (
        formats.capital(str(row["rules"])),
        formats.number(row["flagged"]),
        formats.number(row["hits"]),
        formats.number(row["lost"]),
        _interval(row, "precision"),
        _interval(row, "recall"),
        formats.money(row["cost_amount"], currency),
    )


def _interval(row: Mapping[Any, Any], name: str) -> str:
    if pd.isna(row[name]):
        return "–"
    low, high = (formats.percent(row[f"{name}_{end}"]) for end in ("low", "high"))
    return f"{formats.percent(row[name])} ({low} to {high})"


def _score(value: object) -> str:
    return formats.number(float(value), 1) if isinstance(value, int | float) else "–"
