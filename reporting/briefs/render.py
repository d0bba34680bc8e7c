"""The briefs: an audience's week on a few pages, and one account on one page, as tagged PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from contracts.exchange import Artifact
from contracts.ids import safe_name
from contracts.words import ArtifactKind
from reporting.account.models import AccountView
from reporting.briefs.fit import expected_pages
from reporting.briefs.layout import ACCOUNT_DENSITIES, WANTED_PAGES, Limits, blocks_of, brief_sections, densities
from reporting.charts.flow import flow_svg, whiskers_svg
from reporting.charts.grid import grid_svg, trail_svg
from reporting.charts.lines import sparkline, timeline_svg, trail_axes, waterfall_svg
from reporting.languages import tongue
from reporting.models.pack import PackView
from reporting.pdf.engine import Rendered, TooLong, printable, render_pdf, titled
from reporting.pdf.labels import shaped
from reporting.templates import render
from reporting.theme import TEMPLATES

BRIEF_PATH = "brief.pdf"
_STYLES = (TEMPLATES / "tokens.css", TEMPLATES / "brief" / "brief.css")
_ACCOUNT_STYLES = (*_STYLES, TEMPLATES / "account_brief" / "account_brief.css")
_PAGE_WIDTH = 698
_HALF_WIDTH = 372
_PAIR_WIDTH = 335
_FLOW_HEIGHT = 190
_SPARK_WIDTH = 124


def brief_title(view: PackView) -> str:
    return printable(f"Customer loyalty brief {view.week} · {view.title}")[0]


def account_brief_title(account: AccountView) -> str:
    """The title as the file bears it: characters that no bundled font can print are taken out."""
    say = tongue(account.language).say
    return printable(say("Account brief {week} · {name}", week=account.week, name=account.name))[0]


def render_brief(view: PackView) -> Artifact:
    """The brief of one audience: two pages for executives and for one's own accounts, at most four else.

    The same content is set closer, then with fewer rows, until it fits; what is left out stands in the
    dashboard and the workbook, and the tables say so.

    Raises: PdfRefused when the layout engine warned.
    """
    title = brief_title(view)
    drawn: dict[str, object] = {
        "sparks": {tile.key: titled(sparkline(tile.trend, width=_SPARK_WIDTH)) for tile in view.tiles if tile.trend}
    }
    if view.long_run is not None:
        drawn["flow"] = titled(flow_svg(view.long_run.flow, width=_PAGE_WIDTH, height=_FLOW_HEIGHT))
    if view.drivers is not None and view.drivers.lines:
        drawn["drivers"] = titled(whiskers_svg(view.drivers.lines, finding=f"{view.drivers.title}.", width=_PAIR_WIDTH))
    candidates = (
        render(
            "brief/brief.html",
            view=view,
            title=title,
            blocks=blocks_of(view, density.limits),
            density=density.name,
            limits=density.limits,
            counts=_counts(view, density.limits),
            words={"experience": experience_words(view)},
            charts={
                **drawn,
                "grid": titled(grid_svg(view.grid, width=_PAGE_WIDTH, height=density.grid_height, is_print=True)),
            },
        )
        for density in densities(view)
    )
    most = WANTED_PAGES[view.level]
    rendered = _first_that_fits(
        candidates, title, styles=_STYLES, as_of=view.as_of, most=most, is_likely=lambda h: expected_pages(h) <= most
    )
    return Artifact(view.audience_id, BRIEF_PATH, ArtifactKind.BRIEF, rendered.content)


def render_account_brief(account: AccountView, audience_id: str) -> Artifact:
    """One account on one page: why it stands where it stands, and what to do on the next call.

    Raises: PdfRefused when the layout engine warned.
    """
    title, speech = account_brief_title(account), tongue(account.language)
    drawn = {
        "waterfalls": [shaped(titled(waterfall_svg(fall, width=_HALF_WIDTH))) for fall in account.waterfalls[:1]],
        "trail": shaped(
            titled(
                trail_svg(
                    account.trail,
                    loyalty_line=account.loyalty_line,
                    retention_line=account.retention_line,
                    finding=account.trail_finding,
                    has_critical_corner=account.critical_is_low_left,
                    axes=trail_axes(speech),
                    width=150,
                    height=100,
                )
            )
        ),
        "timeline": shaped(titled(timeline_svg(account.timeline, width=_PAGE_WIDTH, speech=speech))),
    }
    candidates = (
        render(
            "account_brief/account_brief.html",
            account=account,
            title=title,
            direction=speech.direction,
            say=speech.say,
            apart=speech.apart,
            density=density.name,
            limits=density,
            charts=drawn,
        )
        for density in ACCOUNT_DENSITIES
    )
    rendered = _first_that_fits(candidates, title, styles=_ACCOUNT_STYLES, as_of=account.as_of, most=1)
    path = f"briefs/{safe_name(account.customer_id)}.pdf"
    return Artifact(audience_id, path, ArtifactKind.ACCOUNT_BRIEF, rendered.content, account.customer_id)


def experience_words(view: PackView) -> tuple[str, ...]:
    """What customers say, without what the brief shows already: the figures as a table, the drivers as a picture."""
    said = view.experience.sentences
    told = said[1:] if view.experience.metrics else said
    return told[:-1] if "drivers" in brief_sections(view.level, view.unit) and view.drivers else told


def _counts(view: PackView, limits: Limits) -> dict[str, int]:
    """How many tiles stand side by side, and how many rows a shortened section leaves out."""
    return {
        "tiles": len(view.tiles),
        "cases_left": max(0, len(view.cases.open) - limits.cases),
        "actions_left": max(0, len(view.actions) - limits.actions),
        "proven": sum(line.is_proven for line in view.answers),
        "team_left": max(0, len(view.team.lines) - limits.team),
    }


def _first_that_fits(
    candidates: Iterable[str],
    title: str,
    *,
    styles: tuple[Path, ...],
    as_of: datetime,
    most: int,
    is_likely: Callable[[str], bool] = lambda _: True,
) -> Rendered:
    """The first candidate within `most` pages; when none is, the last one as long as it gets.

    One that is not likely to fit is not laid out at all.
    """
    html = ""
    for html in candidates:
        if is_likely(html):
            try:
                return render_pdf(html, styles=styles, as_of=as_of, title=title, most_pages=most)
            except TooLong:
                continue
    return render_pdf(html, styles=styles, as_of=as_of, title=title)
