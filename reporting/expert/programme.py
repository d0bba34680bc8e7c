"""The programme page: six components, what our own records say of each practice, and ratings that they contradict."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pandas as pd
from markupsafe import Markup

from contracts.rules import PRACTICES, AdoptionRate, Component, ProgrammeRules
from reporting import formats
from reporting.charts.lines import sparkline
from reporting.models.picture import Trend
from reporting.reading import rows
from reporting.templates import content_policy, drawing_style, render, style

_SHEETS = ("tokens.css", "partials/base.css", "programme/programme.css", "partials/dark.css")
_WORDS = {
    "goals_set": ("Signals that count have a goal", "signals with weight, against targets.toml"),
    "value_known": ("The value of customers is known", "customers whose lifetime value could be told, each week"),
    "links_judged": ("What drives results is put to the test", "declared links with enough data for a verdict"),
    "changes_approved": ("Rules change on two people's word", "adoptions in the log of rules, approved by another"),
    "playbooks_reviewed": ("Playbooks are reviewed on time", "playbooks whose review date has not passed"),
    "accounts_owned": ("Every customer has somebody", "customers with at least one person assigned"),
    "alerts_acknowledged": ("Alerts are acknowledged in time", "alerts that asked for an answer, by their due date"),
    "cases_answered": ("Cases get their first answer in time", "cases, by the goal of their first answer"),
    "cases_closed": ("Cases are closed within their goal", "cases, by their closure goal"),
    "sources_fresh": ("Sources are fresh", "exports of each weekly run, within their age limit"),
    "rows_admitted": ("Exports fit", "rows admitted, of those that came"),
    "customers_placed": ("Customers can be judged", "customers with enough evidence for a zone, each week"),
    "weeks_published": ("Every week is published", "closed weeks since the first with packs"),
    "packs_delivered": ("Packs arrive", "mails with packs that left and did not come back"),
    "workbooks_returned": ("Workbooks come back", "packs delivered to an audience, with an answer of it"),
    "surveys_sent": ("Surveys ask what they should", "of NPS, satisfaction and effort, the kinds sent each month"),
    "customers_asked": ("All customers are asked", "customers who were sent a survey in the quarter"),
    "surveys_answered": ("Customers answer", "invitations that were answered"),
    "comments_read": ("Comments are understood", "texts whose sentiment could be told"),
}
_NO_RATES = (
    "No adoption rates of leaders and laggards are given, so none are shown: put those of a study you trust into "
    "config/programme.toml, as [[adoption]] with its source."
)
_CHANGE = 0.01
"""Shares nearer to each other than this are the same on the page."""


@dataclass(frozen=True, slots=True)
class ProgrammeHead:
    """What stands on top of the page."""

    organization: str
    week: str
    as_of_text: str


@dataclass(frozen=True, slots=True)
class PracticeLine:
    """One practice as ready text. `cells`: the figure of each quarter; `tone`: of the figure against the goal."""

    practice: str
    name: str
    evidence: str
    figure: str
    counts: str
    tone: str
    goal: str
    cells: tuple[str, ...]
    trend: Markup
    rated: str
    flag: str
    leaders: str
    laggards: str


@dataclass(frozen=True, slots=True)
class ComponentPart:
    """A component with its practices; `said` is its finding in a sentence."""

    name: str
    anchor: str
    said: str
    practices: tuple[PracticeLine, ...]


@dataclass(frozen=True, slots=True)
class Programme:
    """The page as ready values. `adoption`: where rates of leaders and laggards come from, or that there are none."""

    headline: str
    lead: str
    quarters: tuple[str, ...]
    components: tuple[ComponentPart, ...]
    flags: tuple[str, ...]
    adoption: tuple[str, ...]
    has_adoption: bool


def compose_programme(judged: pd.DataFrame, quarters: pd.DataFrame, rules: ProgrammeRules) -> Programme:
    """PROGRAMME_PRACTICES and PROGRAMME_QUARTERS as a page, with ratings and adoption rates of the rules."""
    by_practice = {row.practice: row for row in rows(judged)}
    names = tuple(sorted(set(quarters["quarter"])))
    shares = {(row.practice, row.quarter): row for row in rows(quarters)}
    rates = {one.practice: one for one in rules.adoption}
    parts = []
    for component in Component:
        mine = [by_practice[name] for name, of in PRACTICES.items() if of is component]
        lines = tuple(
            _line(row, [shares[row.practice, quarter] for quarter in names], rules, rates.get(row.practice))
            for row in mine
        )
        name = formats.capital(component.value)
        parts.append(ComponentPart(name, component.name.lower(), _said(mine), lines))
    flags = tuple(f"{line.name}: {line.flag}" for part in parts for line in part.practices if line.flag)
    measured = sum(row.share is not None for row in by_practice.values())
    done = sum(row.measured == "done" for row in by_practice.values())
    lead = (
        f"{formats.figures(measured, 'practice')} of {len(by_practice)} can be measured from our own records; "
        f"{done} reach their goal. {formats.figures(len(rules.rating), 'practice')} rated by ourselves."
    )
    return Programme(
        _headline(len(flags), len(rules.rating), done, measured),
        lead,
        names,
        tuple(parts),
        flags,
        _sources(rules),
        bool(rules.adoption),
    )


def render_programme(head: ProgrammeHead, view: Programme) -> str:
    """The page as text; it needs no script."""
    css = style(*_SHEETS) + drawing_style()
    title = "Customer-experience programme"
    return render("programme/page.html.j2", head=head, view=view, title=title, policy=content_policy(), css=css)


def _headline(flags: int, rated: int, done: int, measured: int) -> str:
    if flags:
        said = "self-rating is" if flags == 1 else "self-ratings are"
        return f"{formats.capital(formats.count_word(flags))} {said} contradicted by our own records"
    if rated:
        return "No self-rating is contradicted by our own records"
    return f"{done} of {measured} measured practices reach their goal; none is rated by ourselves yet"


def _said(mine: list[SimpleNamespace]) -> str:
    known = [row for row in mine if row.share is not None]
    if not known:
        return f"none of {len(mine)} practices can be measured yet"
    done = sum(row.measured == "done" for row in known)
    wrong = sum(row.verdict == "contradicted" for row in known)
    rest = len(mine) - len(known)
    said = f"{done} of {len(known)} measured practices reach their goal"
    said += f"; {rest} not measured yet" if rest else ""
    return said + (f"; {formats.counted(wrong, 'rating')} contradicted" if wrong else "")


def _line(
    row: SimpleNamespace, cells: list[SimpleNamespace], rules: ProgrammeRules, rate: AdoptionRate | None
) -> PracticeLine:
    name, evidence = _WORDS[row.practice]
    goal = formats.percent(row.goal)
    tone = {"done": "good", "none": "bad"}.get(row.measured, "flat")
    return PracticeLine(
        row.practice,
        name,
        evidence,
        formats.percent(row.share) if row.share is not None else "not measured",
        _counts(row, rules.least),
        tone,
        goal,
        tuple(formats.percent(cell.share) if cell.share is not None else formats.NOT_MEASURED for cell in cells),
        _trend(name, cells),
        _rated(row, rules),
        _flag(row, goal),
        formats.percent(rate.leaders) if rate else "",
        formats.percent(rate.laggards) if rate else "",
    )


def _counts(row: SimpleNamespace, least: int) -> str:
    if row.share is not None:
        return f"{formats.number(row.done)} of {formats.number(row.of)}, {row.quarter}"
    return f"{formats.number(row.of)} observed; a share needs {least}" if row.of else "no record yet"


def _rated(row: SimpleNamespace, rules: ProgrammeRules) -> str:
    for one in rules.rating:
        if one.practice == row.practice:
            note = f"; {one.note}" if one.note else ""
            return f"{one.level} ({one.by}, {formats.day_year(one.on)}{note})"
    return "not rated"


def _flag(row: SimpleNamespace, goal: str) -> str:
    if row.verdict != "contradicted":
        return ""
    figure = f"{formats.percent(row.share)} ({formats.number(row.done)} of {formats.number(row.of)}) in {row.quarter}"
    return f"rated {row.rated}, but our records say {row.measured}: {figure}, goal {goal}"


def _trend(name: str, cells: list[SimpleNamespace]) -> Markup:
    known = [cell for cell in cells if cell.share is not None]
    if len(known) < 2:
        return Markup("")
    first, last = known[0], known[-1]
    change = last.share - first.share
    way = "unchanged" if abs(change) < _CHANGE else ("up" if change > 0 else "down")
    finding = f"{name}: {way} from {formats.percent(first.share)} to {formats.percent(last.share)}"
    values = tuple(cell.share for cell in cells)
    trend = Trend(values, None, None, first.quarter, last.quarter, False, False, finding)
    return sparkline(trend, width=90, height=24)


def _sources(rules: ProgrammeRules) -> tuple[str, ...]:
    if not rules.adoption:
        return (_NO_RATES,)
    return tuple(f"{_WORDS[one.practice][0]}: {one.source}" for one in rules.adoption)
