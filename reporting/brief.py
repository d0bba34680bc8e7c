"""The briefs: an audience's week on a few pages, and one account on one page, as tagged PDF."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from contracts.exchange import Artifact
from contracts.ids import safe_name
from contracts.words import ArtifactKind
from reporting.account.models import AccountView
from reporting.brief_layout import ACCOUNT_DENSITIES, WANTED_PAGES, Limits, blocks_of, densities
from reporting.charts.grid import grid_svg, trail_svg
from reporting.charts.lines import sparkline, timeline_svg, waterfall_svg
from reporting.models.pack import PackView
from reporting.pdf import Rendered, TooLong, printable, render_pdf
from reporting.templates import render
from reporting.theme import TEMPLATES

BRIEF_PATH = "brief.pdf"
_STYLES = (TEMPLATES / "tokens.css", TEMPLATES / "brief" / "brief.css")
_ACCOUNT_STYLES = (*_STYLES, TEMPLATES / "account_brief" / "account_brief.css")
_PAGE_WIDTH = 698
_HALF_WIDTH = 372
_SPARK_WIDTH = 124
_LABEL = re.compile(r'^<svg [^>]*aria-label="([^"]*)"[^>]*>')


def brief_title(view: PackView) -> str:
    return printable(f"Customer loyalty brief {view.week} · {view.title}")[0]


def account_brief_title(account: AccountView) -> str:
    """The title as the file bears it: characters that no bundled font can print are taken out."""
    return printable(f"Account brief {account.week} · {account.name}")[0]


def render_brief(view: PackView) -> Artifact:
    """The brief of one audience: two pages for executives and for one's own accounts, at most four else.

    The same content is set closer, then with fewer rows, until it fits; what is left out stands in the
    dashboard and the workbook, and the tables say so.

    Raises: PdfRefused when the layout engine warned.
    """
    title = brief_title(view)
    sparks = {tile.key: _told(sparkline(tile.trend, width=_SPARK_WIDTH)) for tile in view.tiles if tile.trend}
    candidates = (
        render(
            "brief/brief.html",
            view=view,
            title=title,
            blocks=blocks_of(view),
            density=density.name,
            limits=density.limits,
            counts=_counts(view, density.limits),
            charts={
                "grid": _told(grid_svg(view.grid, width=_PAGE_WIDTH, height=density.grid_height, is_print=True)),
                "sparks": sparks,
            },
        )
        for density in densities(view)
    )
    rendered = _first_that_fits(candidates, title, styles=_STYLES, as_of=view.as_of, most=WANTED_PAGES[view.level])
    return Artifact(view.audience_id, BRIEF_PATH, ArtifactKind.BRIEF, rendered.content)


def render_account_brief(account: AccountView, audience_id: str) -> Artifact:
    """One account on one page: why it stands where it stands, and what to do on the next call.

    Raises: PdfRefused when the layout engine warned.
    """
    title = account_brief_title(account)
    drawn = {
        "waterfalls": [_told(waterfall_svg(fall, width=_HALF_WIDTH)) for fall in account.waterfalls[:1]],
        "trail": _told(
            trail_svg(
                account.trail,
                loyalty_line=account.loyalty_line,
                retention_line=account.retention_line,
                finding=account.trail_finding,
                has_critical_corner=account.critical_is_low_left,
                width=150,
                height=100,
            )
        ),
        "timeline": _told(timeline_svg(account.timeline, width=_PAGE_WIDTH)),
    }
    candidates = (
        render(
            "account_brief/account_brief.html",
            account=account,
            title=title,
            density=density.name,
            limits=density,
            charts=drawn,
        )
        for density in ACCOUNT_DENSITIES
    )
    rendered = _first_that_fits(candidates, title, styles=_ACCOUNT_STYLES, as_of=account.as_of, most=1)
    path = f"briefs/{safe_name(account.customer_id)}.pdf"
    return Artifact(audience_id, path, ArtifactKind.ACCOUNT_BRIEF, rendered.content, account.customer_id)


def _told(drawing: Markup) -> Markup:
    """The drawing with its sentence as <title>: the PDF engine takes a figure's alternative text from there alone."""
    return Markup(_LABEL.sub(r"\g<0><title>\1</title>", str(drawing), count=1))  # noqa: S704 - the label is escaped already


def _counts(view: PackView, limits: Limits) -> dict[str, int]:
    """How many tiles stand side by side, and how many rows a shortened section leaves out."""
    return {
        "tiles": len(view.tiles),
        "cases_left": max(0, len(view.cases.open) - limits.cases),
        "actions_left": max(0, len(view.actions) - limits.actions),
        "team_left": max(0, len(view.team.lines) - limits.team),
    }


def _first_that_fits(
    candidates: Iterator[str], title: str, *, styles: tuple[Path, ...], as_of: datetime, most: int
) -> Rendered:
    """The first candidate within `most` pages; when none is, the last one as long as it gets."""
    html = ""
    for html in candidates:
        try:
            return render_pdf(html, styles=styles, as_of=as_of, title=title, most_pages=most)
        except TooLong:
            continue
    return render_pdf(html, styles=styles, as_of=as_of, title=title)
