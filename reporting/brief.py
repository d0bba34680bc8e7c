"""The briefs: an audience's week on a few pages, and one account on one page, as tagged PDF."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from contracts.exchange import Artifact
from contracts.ids import safe_name
from contracts.words import ArtifactKind
from reporting import charts
from reporting.account_models import AccountView
from reporting.brief_layout import ACCOUNT_DENSITIES, MOST_PAGES, blocks_of, densities
from reporting.html import render
from reporting.models import PackView
from reporting.pdf import TEMPLATES, Rendered, TooLong, render_pdf

BRIEF_PATH = "brief.pdf"
_STYLES = (TEMPLATES / "tokens.css", TEMPLATES / "brief" / "brief.css")
_ACCOUNT_STYLES = (*_STYLES, TEMPLATES / "account_brief" / "account_brief.css")
_GRID_WIDTH = 698


def brief_title(view: PackView) -> str:
    return f"Customer loyalty brief {view.week} · {view.title}"


def account_brief_title(account: AccountView) -> str:
    return f"Account brief {account.week} · {account.name}"


def render_brief(view: PackView) -> Artifact:
    """The brief of one audience: two pages for executives, at most four below.

    The same content is set closer, then with fewer rows, until it fits; what is left out stands in the
    dashboard and the workbook, and the tables say so.

    Raises: PdfRefused when the layout engine warned.
    """
    title = brief_title(view)
    sparks = {tile.key: charts.sparkline(tile.trend) for tile in view.tiles if tile.trend}
    candidates = (
        render(
            "brief/brief.html",
            view=view,
            title=title,
            blocks=blocks_of(view),
            density=density.name,
            limits=density.limits,
            charts={"grid": charts.grid(view.grid, width=_GRID_WIDTH, height=density.grid_height), "sparks": sparks},
        )
        for density in densities(view.level)
    )
    rendered = _first_that_fits(candidates, title, styles=_STYLES, as_of=view.as_of, most=MOST_PAGES[view.level])
    return Artifact(view.audience_id, BRIEF_PATH, ArtifactKind.BRIEF, rendered.content)


def render_account_brief(account: AccountView, audience_id: str) -> Artifact:
    """One account on one page: why it stands where it stands, and what to do on the next call.

    Raises: PdfRefused when the layout engine warned.
    """
    title = account_brief_title(account)
    shown = [charts.waterfall(item) for item in account.waterfalls[:1]]
    candidates = (
        render(
            "account_brief/account_brief.html",
            account=account,
            title=title,
            density=density.name,
            limits=density,
            charts={
                "waterfalls": shown,
                "trail": charts.trail(account),
                "timeline": charts.timeline(account.timeline),
            },
        )
        for density in ACCOUNT_DENSITIES
    )
    rendered = _first_that_fits(candidates, title, styles=_ACCOUNT_STYLES, as_of=account.as_of, most=1)
    path = f"briefs/{safe_name(account.customer_id)}.pdf"
    return Artifact(audience_id, path, ArtifactKind.ACCOUNT_BRIEF, rendered.content, account.customer_id)


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
