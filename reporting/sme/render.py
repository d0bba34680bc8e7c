"""The finished files of the experts' report: page with its fonts, PDF, workbook; and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd
from markupsafe import Markup

from reporting.charts.sensitivity import curves_svg, dumbbells_svg, map_svg, outcome_svg, signals_svg
from reporting.ground import GOOD_TO_BAD, zone_mark
from reporting.pages import render_assets
from reporting.pdf.engine import printable, render_pdf
from reporting.sme.book import SHEETS, TABLES, render_book
from reporting.sme.models import SmeView
from reporting.templates import content_policy, drawing_style, render, style
from reporting.theme import TEMPLATES
from reporting.verify import verify_page, verify_pdf, verify_workbook

PAGE, PDF, BOOK = "sme-report.html", "sme-report.pdf", "sme-report.xlsx"
MOST_PAGES = 14
_PRINT_STYLES = tuple(TEMPLATES / name for name in ("tokens.css", "brief/brief.css", "sme/print.css"))
_CONTENTS = (
    ("curves", "As a line moves"),
    ("flips", "Who changes zone"),
    ("outcome", "Back-test"),
    ("owners", "Owners"),
    ("map", "Both lines"),
    ("findings", "Findings"),
    ("segments", "Tiers and units"),
    ("signals", "Signals"),
    ("playbooks", "Playbooks"),
)
_HALF, _WHOLE = 335, 698
_LABEL = re.compile(r'^<svg [^>]*aria-label="([^"]*)"[^>]*>')


def title_of(view: SmeView) -> str:
    return printable(f"Threshold sensitivity {view.head.week} · {view.head.organization}")[0]


def render_sme(
    view: SmeView, tables: Mapping[str, pd.DataFrame], *, names: pd.DataFrame, people: pd.DataFrame
) -> dict[str, bytes]:
    """All files by path. The same view and tables give the same bytes.

    Args:
        view: what is said.
        tables: frames of the sensitivity by name, whole, for the workbook.
        names: CUSTOMER_FACTS frame.
        people: canonical people.

    Raises: PdfRefused when the layout engine warned.
    """
    pdf = render_pdf(_printed(view), styles=_PRINT_STYLES, as_of=view.head.as_of, title=title_of(view))
    return {
        PAGE: _page(view).encode(),
        PDF: pdf.content,
        BOOK: render_book(view, tables, names=names, people=people),
        **{asset.path: asset.content for asset in render_assets("sme", "en")},
    }


def faults_of(view: SmeView, files: Mapping[str, bytes]) -> list[str]:
    """What a reader would stumble over in the finished files; empty when they may be given out."""
    said = (view.headline[:60], view.playbooks.title, view.approval[:60])
    found = {
        PAGE: verify_page(files[PAGE]),
        PDF: verify_pdf(files[PDF], pages=range(1, MOST_PAGES + 1), must_contain=said, title=title_of(view)),
        BOOK: verify_workbook(files[BOOK], sheets=SHEETS, tables=TABLES, validated=()),
    }
    return [f"{name}: {fault}" for name, faults in found.items() for fault in faults]


def _page(view: SmeView) -> str:
    css = style("tokens.css", "partials/base.css", "sme/sme.css", "partials/dark.css") + drawing_style()
    return render(
        "sme/page.html.j2",
        view=view,
        title=title_of(view),
        policy=content_policy(),
        css=css,
        contents=_CONTENTS,
        legend=_legend(),
        charts=_charts(view, half=440, is_print=False),
    )


def _printed(view: SmeView) -> str:
    return render(
        "sme/print.html.j2",
        view=view,
        title=title_of(view),
        legend=_legend(),
        charts=_charts(view, half=_HALF, is_print=True),
    )


def _charts(view: SmeView, *, half: float, is_print: bool) -> dict[str, object]:
    def drawn(picture: Markup) -> Markup:
        # The PDF engine takes a figure's alternative text from <title> alone.
        told = _LABEL.sub(r"\g<0><title>\1</title>", str(picture), count=1)
        return Markup(told) if is_print else picture  # noqa: S704 - the label is escaped already

    whole, tall = (_WHOLE, 42.0) if is_print else (1000, 66.0)
    return {
        "curves": [drawn(curves_svg(one, width=whole, tall=tall)) for one in view.curves],
        "outcome": {one.axis: drawn(outcome_svg(one, width=half)) for one in view.back_test.axes},
        "stability": drawn(dumbbells_svg(view.stability, width=half)),
        "owners": drawn(dumbbells_svg(view.owners, width=half)),
        "map": drawn(map_svg(view.map, width=half)),
        "signals": drawn(signals_svg(view.signals.rows, width=whole, finding=view.signals.finding)),
    }


def _legend() -> str:
    said = ", ".join(f"{mark.letter} {mark.label}" for mark in map(zone_mark, GOOD_TO_BAD))
    return f"Zones: {said}."
