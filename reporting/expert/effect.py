"""The page that says whether the casework works, and the page of each lost customer. HTML; for experts and leaders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd
from markupsafe import Markup

from contracts.ids import safe_name
from contracts.words import Axis
from reporting import formats
from reporting.charts import svg
from reporting.templates import content_policy, drawing_style, render, style

_SHEETS = ("tokens.css", "partials/base.css", "effect/effect.css", "partials/dark.css")
_WIDE, _HIGH, _LEFT = 560.0, 150.0, 34.0
_INK = {Axis.LOYALTY.value: "link", Axis.RETENTION.value: "ink"}


@dataclass(frozen=True, slots=True)
class EffectHead:
    """What stands on top of both pages."""

    organization: str
    week: str
    as_of_text: str
    currency: str


def render_effects(
    head: EffectHead,
    effects: pd.DataFrame,
    balance: pd.DataFrame,
    path: pd.DataFrame,
    figures: pd.DataFrame,
    *,
    names: Mapping[str, str],
) -> str:
    """The case-effect page: EFFECTS, EFFECT_BALANCE, EFFECT_PATH and CASE_FIGURES frames as HTML.

    `names`: of the playbooks by id; one that left the policy is shown by its id.
    """
    playbooks = [
        {
            "name": names.get(str(name), str(name)),
            "lines": [_effect_line(row, head.currency) for row in rows.to_dict("records")],
            "balance": _balance_lines(balance[balance["playbook_id"] == name]),
            "charts": [
                (f"{formats.capital(str(axis))}, points beyond comparable accounts", path_svg(steps, str(axis)))
                for axis, steps in path[path["playbook_id"] == name].groupby("axis", sort=True)
            ],
        }
        for name, rows in effects.groupby("playbook_id", sort=True)
    ]
    found = set(effects.loc[effects["verdict"] == "proven", "playbook_id"])
    proven = sorted(names.get(str(name), str(name)) for name in found)
    tried = len(effects)
    headline = f"Proven: {formats.listed(proven)}" if proven else "No playbook is proven to help"
    return _page(
        "effect/effect.html.j2",
        head,
        "Does it work?",
        headline=headline,
        tried=tried,
        playbooks=playbooks,
        figures=[_figure_line(row) for row in figures.to_dict("records")],
    )


def render_post_mortem(head: EffectHead, lost: Mapping[Any, Any], steps: pd.DataFrame, weeks: pd.DataFrame) -> str:
    """The page of one lost customer: a POST_MORTEM row with its POST_MORTEM_STEPS and HISTORY rows."""
    return _page(
        "effect/post_mortem.html.j2",
        head,
        "Post-mortem",
        headline=str(lost["name"]),
        sentence=str(lost["sentence"]),
        facts=_lost_facts(lost, head.currency),
        chart=positions_svg(weeks),
        steps=[
            {"on": formats.day_year(row["at"].date()), "kind": str(row["kind"]), "what": str(row["what"])}
            for row in steps.sort_values(["at", "kind", "what"]).to_dict("records")
        ],
    )


def post_mortem_name(customer_id: str) -> str:
    """The file of a lost customer's page."""
    return f"lost-{safe_name(customer_id)}.html"


def path_svg(steps: pd.DataFrame, axis: str) -> Markup:
    """The effect week by week with its interval; the grey line is no effect, the dashed one the opening."""
    steps = steps.sort_values("week_offset")
    offsets = [int(value) for value in steps["week_offset"]]
    low, high = min(0.0, float(steps["low"].min())), max(0.0, float(steps["high"].max()))
    span = (high - low) or 1.0
    first, wide = offsets[0], max(offsets[-1] - offsets[0], 1)

    def x(offset: float) -> float:
        return _LEFT + (offset - first) / wide * (_WIDE - _LEFT - 8)

    def y(value: float) -> float:
        return 8 + (high - value) / span * (_HIGH - 30)

    parts = [
        svg.line(_LEFT, y(0), _WIDE, y(0), "rule-strong"),
        svg.line(x(0.5), 4, x(0.5), _HIGH - 20, "ink-3", dash="3 3"),
    ]
    parts += [
        svg.text(_LEFT - 4, y(value) + 3, formats.signed(value, 1), "ink-3", size=10, anchor="end")
        for value in (low, 0.0, high)
    ]
    for row in steps.to_dict("records"):
        at = x(row["week_offset"])
        parts.append(svg.line(at, y(row["low"]), at, y(row["high"]), "ink-3"))
        parts.append(svg.circle(at, y(row["effect"]), 2.4, svg.paint(_INK[axis])))
    parts += [
        svg.text(x(offset), _HIGH - 6, formats.signed(offset), "ink-3", size=10, anchor="middle")
        for offset in (first, 0, offsets[-1])
    ]
    last = steps.iloc[-1]
    label = (
        f"Effect on {axis} by week from {first} to {offsets[-1]} after opening; in the last week "
        f"{formats.signed(last['effect'], 1)} ({formats.signed(last['low'], 1)} to {formats.signed(last['high'], 1)})"
    )
    return svg.drawing(_WIDE, _HIGH, parts, label=label)


def positions_svg(weeks: pd.DataFrame) -> Markup:
    """Both scores by week; a week without a score breaks the line."""
    weeks = weeks.sort_values("week")
    size = max(len(weeks) - 1, 1)

    def x(at: int) -> float:
        return _LEFT + at / size * (_WIDE - _LEFT - 60)

    def y(score: float) -> float:
        return 8 + (100 - score) / 100 * (_HIGH - 30)

    parts = []
    for line in (0, 50, 100):
        parts.append(svg.line(_LEFT, y(line), _WIDE - 60, y(line), "rule"))
        parts.append(svg.text(_LEFT - 4, y(line) + 3, str(line), "ink-3", size=10, anchor="end"))
    for axis in Axis:
        known = [(at, float(v)) for at, v in enumerate(weeks[axis.value]) if pd.notna(v)]
        for (a, before), (b, after) in pairwise(known):
            if b == a + 1:
                parts.append(svg.line(x(a), y(before), x(b), y(after), _INK[axis.value], width=1.6))
        if known:
            at, score = known[-1]
            parts.append(svg.text(x(at) + 5, y(score) + 3, formats.capital(axis.value), _INK[axis.value], size=10))
    names = [str(week) for week in weeks["week"]]
    parts += [
        svg.text(x(at), _HIGH - 6, names[at], "ink-3", size=10, anchor="end" if at else "start")
        for at in sorted({0, len(names) - 1})
    ]
    label = f"Loyalty and retention from {names[0]} to {names[-1]}"
    return svg.drawing(_WIDE, _HIGH, parts, label=label)


def _page(template: str, head: EffectHead, title: str, **values: object) -> str:
    css = style(*_SHEETS) + drawing_style()
    return render(template, head=head, title=title, policy=content_policy(), css=css, **values)


def _effect_line(row: Mapping[Any, Any], currency: str) -> dict[str, object]:
    amount = row["revenue_retained_amount"]
    retained = "not proven" if not (pd.notna(amount) and amount > 0) else f"at least {formats.money(amount, currency)}"
    return {
        "axis": formats.capital(str(row["axis"])),
        "verdict": str(row["verdict"]),
        "tone": {"proven": "good", "worse": "bad"}.get(str(row["verdict"]), "flat"),
        "said": formats.capital(str(row["sentence"]).partition(": ")[2]),
        "retained": retained,
        "cells": [
            ("Cases", formats.number(row["n_treated"])),
            ("Comparable", formats.number(row["n_control"])),
            ("Effect", formats.signed(row["effect"], 1)),
            ("Interval", f"{formats.signed(row['low'], 1)} to {formats.signed(row['high'], 1)}"),
            ("Before and after", formats.signed(row["change"], 1)),
            ("Same score, no case", formats.signed(row["same_score_change"], 1)),
            ("Weeks before, p", formats.number(row["pre_trend_p"], 2)),
            ("Largest difference", formats.number(row["smd_max"], 2)),
        ],
    }


def _balance_lines(balance: pd.DataFrame) -> list[tuple[str, ...]]:
    columns = ("mean_treated", "mean_all", "mean_control", "smd_before", "smd_after")
    return [
        (formats.capital(str(row["covariate"])), *(formats.number(row[name], 2) for name in columns))
        for row in balance.to_dict("records")
    ]


def _figure_line(row: Mapping[Any, Any]) -> tuple[str, ...]:
    return (
        str(row["team"]).replace("_", " "),
        formats.number(row["opened"]),
        formats.number(row["closed"]),
        formats.number(row["open"]),
        formats.trimmed(row["hours_to_first_action"]),
        formats.trimmed(row["hours_to_close"]),
        formats.percent(row["overdue_share"]),
        formats.percent(row["reopen_share"]),
    )


def _lost_facts(lost: Mapping[Any, Any], currency: str) -> list[tuple[str, str]]:
    ended = lost["ended_on"]
    return [
        ("Ended", formats.day_year(ended.date()) if pd.notna(ended) else "not known"),
        ("Revenue a year", formats.money(lost["revenue_amount"], currency)),
        ("Zone at the end", str(lost["last_zone"] or "none").replace("_", " ")),
        ("First caught in", str(lost["first_week"] or "no week")),
        ("Alerts", formats.number(lost["alerts"])),
        ("Cases", formats.number(lost["cases"])),
    ]
