"""Composing a Pack's view model: one audience's scoped book in, a frozen `PackView` of ready values out.

`compose` is a table of contents: each part is made in the module that bears its name. Nothing below it reads a
clock, a file or a row outside the scoped book; equal books give equal views.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from contracts.book import WeekFacts
from contracts.scope import ScopedBook
from contracts.weeks import Week
from reporting import formats
from reporting.account.rows import ROW_LIMIT, accounts
from reporting.ground import Ground, stand
from reporting.models.pack import Footer, PackView
from reporting.reading import total
from reporting.sections.business import contacts, problems, projects, renewals
from reporting.sections.experience import experience, metrics
from reporting.sections.followup import case_lines, cases, plan, top_actions
from reporting.sections.forecast import forecast, windows
from reporting.sections.insight import answers, drivers
from reporting.sections.kpis import kpis
from reporting.sections.long_run import long_run
from reporting.sections.moves import moves, sentences, since
from reporting.sections.opening import opening
from reporting.sections.order import sections_for
from reporting.sections.portfolio import grid, matrix, zone_lines
from reporting.sections.regions import families, programme, regions
from reporting.sections.revenue import money
from reporting.sections.team import team
from reporting.sections.tiles import tiles
from reporting.sections.trust import notes, trust
from reporting.sentences import actions_title, grid_words, headline, standfirst

__all__ = ["PackView", "compose"]


def compose(book: ScopedBook, *, row_limit: int = ROW_LIMIT, pages: int | None = None) -> PackView:
    """The view of one audience and week.

    Args:
        book: the audience's rows and fields only (`contracts.scope.scoped`).
        row_limit: rows of the account table; the totals of the rest are said.
        pages: account pages at most; None takes 500 for an individual contributor's own accounts, else 200.
    """
    ground = stand(book, pages=pages)
    facts, audience = book.facts, book.audience
    lines = case_lines(ground)
    follow = cases(ground, lines)
    real, other = moves(ground)
    steps = plan(ground)
    top = top_actions(ground, steps)
    said = metrics(ground)
    figures = tiles(ground, said)
    zones = zone_lines(ground)
    whose, check = team(ground, lines)
    deals, faults, works = renewals(ground), problems(ground), projects(ground)
    title, finding = grid_words(ground, real)
    main, aside = sections_for(audience.level, audience.unit)
    shown = frozenset((*main, *aside))
    behind = drivers(ground)
    news = since(ground, real, follow)
    return PackView(
        audience_id=audience.audience_id,
        disclosure=audience.disclosure,
        title=audience.title,
        level=audience.level,
        unit=audience.unit,
        language=audience.language,
        week=facts.week,
        week_days=formats.days_of_week(ground.week.monday, ground.week.sunday),
        as_of=facts.as_of,
        as_of_text=as_of_text(facts.as_of, ground.zone),
        currency=facts.currency,
        organization=facts.organization,
        case_statuses=facts.case_statuses,
        previous_week=facts.previous_week,
        is_baseline=facts.is_baseline,
        headline=headline(ground, real, follow, figures, renewals=deals, problems=faults, projects=works),
        standfirst=standfirst(ground),
        since_title=since_title(facts),
        since=news,
        opening=opening(ground, news, other, figures, top),
        tiles=figures,
        zones=zones,
        matrix=matrix(ground),
        grid=grid(ground, zones, title=title, finding=finding),
        moves=real,
        other_moves=other,
        moves_sentences=sentences(ground, real, other),
        actions=top,
        plan=steps,
        actions_title=actions_title(ground, len(top), total(action.revenue.value for action in top)),
        accounts=accounts(ground, lines, top_actions(ground, steps, len(steps)), limit=row_limit),
        cases=follow,
        team=whose,
        experience=experience(ground, said, behind),
        renewals=deals,
        problems=faults,
        projects=works,
        contacts=contacts(ground, lines, steps),
        windows=windows(ground),
        money=money(ground) if "money" in shown else None,
        forecast=forecast(ground) if "forecast" in shown else None,
        kpis=kpis(ground) if "kpis" in shown else None,
        regions=regions(ground, lines) if "regions" in shown else None,
        drivers=behind if "drivers" in shown else None,
        answers=answers(ground) if "answers" in shown else (),
        families=families(ground) if "families" in shown else (),
        programme=programme(ground, lines) if "programme" in shown else None,
        long_run=long_run(ground) if "flow" in shown else None,
        trust=trust(ground),
        reconciliation=check,
        notes=notes(ground),
        main=main,
        aside=aside,
        footer=footer(ground, check.sentence),
        shows_money=ground.shows_money,
        account_pages=tuple(c for c in ground.accounts["customer_id"] if c in ground.pages),
    )


def as_of_text(as_of: datetime, zone: ZoneInfo) -> str:
    """The exclusive instant of the week's end as people say it: the last minute before it."""
    return f"data up to {formats.moment(as_of.astimezone(zone))}"


def since_title(facts: WeekFacts) -> str:
    """The earlier pack closed on the Monday after its week; who got none compares with the last good week."""
    if facts.previous_week is None:
        return "First report"
    if facts.last_pack is None:
        return f"Since {facts.previous_week}; this is your first pack"
    return f"Since your last pack, {formats.day(Week.parse(facts.last_pack).shift(1).monday)}"


def footer(ground: Ground, check_line: str) -> Footer:
    """What stands at the foot of every page."""
    facts, audience = ground.book.facts, ground.audience
    lines = (
        f"{formats.trimmed(facts.loyalty_line)} / {formats.trimmed(facts.retention_line)} / "
        f"±{formats.trimmed(facts.dead_band)}"
        + ("" if facts.retention_band is None else f" / ±{formats.trimmed(facts.retention_band)}")
    )
    return Footer(
        audience=audience.title,
        rule=audience.rule,
        week=facts.week,
        as_of_text=as_of_text(facts.as_of, ground.zone),
        policy=facts.policy_label,
        lines_text=lines,
        run_name=facts.run_name,
        organization=facts.organization,
        check_line=check_line,
    )
