"""The linkage report: four questions answered with verdict, n, interval, picture and a proposed goal. HTML and PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

import pandas as pd
from markupsafe import Markup

from contracts.rules import LinkageRules
from reporting import formats
from reporting.charts.linked import Cells, Correlation, cells_svg, correlations_svg
from reporting.pdf.engine import render_pdf, titled
from reporting.reading import rows
from reporting.templates import content_policy, drawing_style, render, style
from reporting.theme import TEMPLATES
from reporting.verify import verify_page, verify_pdf

PAGE, PDF = "linkage.html", "linkage.pdf"
MOST_PAGES = 6
_SHEETS = ("tokens.css", "partials/base.css", "linkage/page.css", "partials/dark.css")
_STYLES = (TEMPLATES / "tokens.css", TEMPLATES / "brief" / "brief.css", TEMPLATES / "linkage" / "print.css")
_VERDICTS = {"proven": "proven", "not_proven": "not proven", "not_enough": "not enough data"}
_TONES = {"proven": "good", "not_proven": "flat", "not_enough": "flat"}
_LEVELS = {"ticket": "tickets", "project": "projects", "account": "accounts", "agent": "agents", "team": "teams"}
_SHAPES = {"linear": "straight", "quadratic": "curved, no knot"}


@dataclass(frozen=True, slots=True)
class LinkageHead:
    """What stands on top of every page: whose report, as of when, by which policy."""

    organization: str
    week: str
    as_of: datetime
    as_of_text: str
    policy: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One named question; `knots` are pictures of further links whose goal rests on a knot."""

    question: str
    verdict: str
    said: str
    tone: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    goals: tuple[Goal, ...]
    chart: Markup
    knots: tuple[tuple[Markup, Markup], ...]
    caveat: str


@dataclass(frozen=True, slots=True)
class Goal:
    """An operational goal in natural units; `rests` is the knot or what else it stands on."""

    goal: str
    rests: str
    owner: str
    action: str


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One declared link at the lag that speaks for it."""

    name: str
    level: str
    n: str
    lag: str
    slope: str
    interval: str
    correlation: str
    q: str
    shape: str
    reach: str
    checked: str
    verdict: str
    why: str
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Linkage:
    """The whole report as ready values."""

    title: str
    headline: str
    answers: tuple[Answer, ...]
    links: tuple[LinkRow, ...]
    overview: Markup
    method: tuple[str, ...]


def compose_linkage(answers: pd.DataFrame, links: pd.DataFrame, points: pd.DataFrame, rules: LinkageRules) -> Linkage:
    """LINKAGE_ANSWERS, LINKS and LINK_POINTS frames of one look as a report."""
    best = {row.link_id: row for row in rows(links) if row.is_best_lag}
    told = tuple(_answer(row, best, points, rules) for row in rows(answers))
    lines = sorted(
        best.values(), key=lambda row: (row.verdict != "proven", row.verdict, row.q_value or 2.0, row.link_id)
    )
    goals = sum(len(answer.goals) for answer in told)
    return Linkage(
        "Linkage report",
        _headline(told, goals),
        told,
        tuple(_link(row, rules) for row in lines),
        titled(correlations_svg(
            [
                Correlation(
                    _name(row), row.pearson, row.pearson_low, row.pearson_high, row.verdict == "proven",
                    _VERDICTS[row.verdict],
                )
                for row in lines
            ],
            finding=f"{sum(row.verdict == 'proven' for row in lines)} of {len(lines)} declared links are proven.",
        )),
        _method(links, rules),
    )  # fmt: skip


def render_linkage(head: LinkageHead, report: Linkage) -> dict[str, bytes]:
    """The page and the PDF by file name.

    Raises: PdfRefused when the layout engine warned.
    """
    css = style(*_SHEETS) + drawing_style()
    page = render("linkage/page.html.j2", head=head, report=report, policy=content_policy(), css=css)
    paper = render("linkage/print.html", head=head, report=report)
    pdf = render_pdf(paper, styles=_STYLES, as_of=head.as_of, title=report.title)
    return {PAGE: page.encode(), PDF: pdf.content}


def linkage_faults(files: Mapping[str, bytes], head: LinkageHead, report: Linkage) -> list[str]:
    """What the finished files are not and should be."""
    wanted = [report.headline, head.organization, *(answer.question for answer in report.answers)]
    faults = [f"{PAGE}: {fault}" for fault in verify_page(files[PAGE])]
    pages = range(1, MOST_PAGES + 1)
    found = verify_pdf(files[PDF], pages=pages, must_contain=wanted, title=f"{report.title} {head.week}")
    return [*faults, *(f"{PDF}: {fault}" for fault in found)]


def _headline(answers: tuple[Answer, ...], goals: int) -> str:
    proven = [answer for answer in answers if answer.verdict == "proven"]
    proposed = f"{formats.counted(goals, 'operational goal')} {'is' if goals == 1 else 'are'} proposed"
    if not proven:
        return f"None of the {formats.count_word(len(answers))} questions has a proven answer yet; no goal is proposed"
    said = formats.capital(formats.count_word(len(proven)))
    has = "has" if len(proven) == 1 else "have"
    return f"{said} of {formats.count_word(len(answers))} questions {has} a proven answer; {proposed}"


def _answer(row: Any, best: Mapping[str, Any], points: pd.DataFrame, rules: LinkageRules) -> Answer:
    link = best.get(row.link_id)
    proven = sorted(
        (each for each in best.values() if each.question == row.question and each.goal),
        key=lambda each: (each.q_value, each.link_id),
    )
    bent = [each for each in proven if each.knot is not None and each.link_id != row.link_id]
    drawn = [_drawn(each, points, rules) for each in bent]
    verdict = _VERDICTS[row.verdict]
    return Answer(
        row.words, verdict, formats.capital(verdict), _TONES[row.verdict], row.sentence, _facts(row, link, rules),
        tuple(_goal(each) for each in proven),
        _drawn(link, points, rules) if link is not None and link.slope is not None else Markup(""),
        tuple(zip_longest(drawn[::2], drawn[1::2], fillvalue=Markup(""))),
        (link.caveat or "") if link is not None else "",
    )  # fmt: skip


def _drawn(link: Any, points: pd.DataFrame, rules: LinkageRules) -> Markup:
    return titled(cells_svg(_cells(link, points[points["link_id"] == link.link_id], rules)))


def _facts(row: Any, link: Any, rules: LinkageRules) -> tuple[tuple[str, str], ...]:
    tested = f"{formats.number(row.proven_links)} of {formats.figures(row.tested_links, 'link')} tested"
    if link is None or link.slope is None:
        return (("Proven", tested),)
    return (
        ("Proven", tested),
        ("n", _n(link)),
        (formats.capital(rules.measured(link.x).step_words), f"{_figure(link.slope)} {rules.measured(link.y).words}"),
        ("95 % interval", f"{_figure(link.slope_low)} to {_figure(link.slope_high)}"),
        ("Knot", _knot(link, rules)),
    )


def _cells(link: Any, points: pd.DataFrame, rules: LinkageRules) -> Cells:
    x, y = rules.measured(link.x), rules.measured(link.y)
    found = rows(points.sort_values("cell"))
    return Cells(
        f"{x.name}{f', {x.unit}' if x.unit else ''}",
        y.words,
        tuple((each.x, each.y, each.low, each.high, each.n_rows) for each in found),
        link.slope / x.step,
        (link.knot, link.knot_low, link.knot_high) if link.knot is not None else None,
        x.scale == "log2",
        link.sentence,
    )


def _goal(link: Any) -> Goal:
    goal, _, rests = link.goal.partition(": ")
    return Goal(goal, formats.capital(rests.rstrip(".")), link.owner, link.action)


def _link(row: Any, rules: LinkageRules) -> LinkRow:
    x, y = rules.measured(row.x), rules.measured(row.y)
    is_told = row.slope is not None
    lag = f"{row.lag_weeks}{formats.NBSP}weeks" if row.lag_weeks else "none"
    checked = "not enough rows"
    if row.holdout_slope is not None:
        checked = f"{_figure(row.holdout_slope)} ({_figure(row.holdout_low)} to {_figure(row.holdout_high)})"
    return LinkRow(
        _name(row), _LEVELS[row.level], _n(row), lag,
        f"{formats.capital(x.step_words)}: {_figure(row.slope)} {y.words}" if is_told else "not estimated",
        f"{_figure(row.slope_low)} to {_figure(row.slope_high)}" if is_told else "–",
        f"{row.pearson:.2f}".replace("-", formats.MINUS) if row.pearson is not None else "–",
        _q(row.q_value), _knot(row, rules) if is_told else "–",
        f"{_figure(row.range_low, plain=True)} to {_figure(row.range_high, plain=True)} {x.unit}" if is_told else "–",
        checked if is_told else "–", _VERDICTS[row.verdict], row.why or "", row.verdict == "proven",
    )  # fmt: skip


def _name(row: Any) -> str:
    return f"{row.x_name} → {row.y_name.lower()}"


def _n(row: Any) -> str:
    unit = _LEVELS[row.level]
    if row.n_units == row.n_rows:
        return f"{formats.number(row.n_rows)} {unit}"
    return f"{formats.number(row.n_rows)} rows of {formats.number(row.n_units)} {unit}"


def _knot(row: Any, rules: LinkageRules) -> str:
    if row.knot is None:
        return _SHAPES.get(row.shape or "", "none")
    unit = rules.measured(row.x).unit
    low, high = _figure(row.knot_low, plain=True), _figure(row.knot_high, plain=True)
    return f"{_figure(row.knot, plain=True)} {unit} ({low} to {high})".replace("  ", " ")


def _q(value: float | None) -> str:
    if value is None:
        return "–"
    return "<" + formats.NBSP + "0.001" if value < 0.001 else formats.number(value, 3)


def _figure(value: float, *, plain: bool = False) -> str:
    """Three significant digits, more where 99.98 and 100 differ."""
    told = round(value, 2) if abs(value) >= 90 else float(f"{value:.3g}")
    return (f"{told:,g}" if plain else f"{told:+,g}").replace("-", formats.MINUS)


def _method(links: pd.DataFrame, rules: LinkageRules) -> tuple[str, ...]:
    family = int(links["family_size"].max()) if len(links) else 0
    tried = (
        f"Only declared links are tried, at declared lags: {formats.figures(family, 'test')} in one family. Of those "
        f"called proven at most {formats.percent(rules.false_share)} are luck (Benjamini-Hochberg)."
    )
    seen_again = (
        f"The newest {rules.holdout_weeks} weeks took no part in any estimate; a proven link is seen again in them."
    )
    held = (
        f"A link needs {rules.minimum_rows} rows of {rules.minimum_units} units. What is held fixed is named with each "
        "slope; intervals allow for rows of one account belonging together."
    )
    claim = (
        "All of this is association: what goes together need not be cause and effect. A goal is a proposal to try, "
        "with its owner, and to look at again next quarter."
    )
    return tried, seen_again, held, claim
