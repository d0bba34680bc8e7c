"""Ratio 3: one manager's brief, against bare WeasyPrint on the same HTML."""

from __future__ import annotations

from pathlib import Path

from weasyprint import CSS, HTML

import reporting.briefs.render
from benchmarks.company import Scene
from benchmarks.overhearing import overheard
from benchmarks.timing import Comparison, alternate
from contracts.scope import scoped
from contracts.words import Level
from flows.books import load_book
from flows.readers import current_readers, last_week
from flows.run import opened
from reporting.models.pack import PackView
from reporting.pdf.engine import FONT_STYLES
from reporting.theme import TEMPLATES
from reporting.view import compose


def compare(scene: Scene, *, rounds: int) -> Comparison:
    """`scene` has a published week; the manager with the most customers is the reader."""
    view, customers = _managers_view(scene)
    html, styles, layouts = _printed(view)
    ours, reference = alternate(
        lambda _: lambda: reporting.briefs.render.render_brief(view),
        lambda _: lambda: _bare(html, styles),
        rounds=rounds,
    )
    return Comparison(
        title="one manager's brief",
        ours_name="render_brief, PDF/UA",
        reference_name="WeasyPrint, same HTML and CSS",
        ours=ours,
        reference=reference,
        note=f"{customers} customers, {len(html) / 1e3:,.0f} kB of HTML, {layouts} layouts tried",
    )


def _managers_view(scene: Scene) -> tuple[PackView, int]:
    with opened(scene.root, clock=scene.clock) as run:
        _, _, audiences, _ = current_readers(run)
        _, folder = last_week(run)
    managers = [audience for audience in audiences.values() if audience.level is Level.MANAGER]
    reader = max(managers, key=lambda audience: (len(audience.customer_ids), audience.audience_id))
    return compose(scoped(load_book(folder), reader)), len(reader.customer_ids)


def _printed(view: PackView) -> tuple[str, tuple[Path, ...], int]:
    """The HTML that became the brief, its style sheets, and how many layouts were tried until it fitted."""
    handed: list[tuple[str, tuple[Path, ...]]] = []

    def listener(html: str, *, styles: tuple[Path, ...], **_: object) -> None:
        handed.append((html, styles))

    with overheard(reporting.briefs.render, "render_pdf", listener):
        reporting.briefs.render.render_brief(view)
    html, styles = handed[-1]
    return html, styles, len(handed)


def _bare(html: str, styles: tuple[Path, ...]) -> bytes:
    """As the library's first page shows it: nothing kept from one document to the next, no tags, no checks."""
    sheets = [CSS(filename=str(path)) for path in (FONT_STYLES, *styles)]
    content: bytes = HTML(string=html, base_url=TEMPLATES.as_uri() + "/").write_pdf(stylesheets=sheets)
    return content
