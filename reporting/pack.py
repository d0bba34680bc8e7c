"""What is rendered in worker processes: an audience's own files, and the account files that audiences share.

An account page depends on the customer and on which field groups may be seen, not on who reads: it is made once
for each such pair and belongs to every audience that may see both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts.exchange import Artifact
from contracts.scope import ScopedBook
from contracts.words import ArtifactKind, Level
from reporting.account.page import compose_accounts
from reporting.models.pack import PackView
from reporting.pages import render_account, render_assets, render_index
from reporting.view import compose

_BRIEFS = 12
"""An individual contributor's mail carries at most so many account briefs; the pages hold the others."""


@dataclass(frozen=True, slots=True)
class Pack:
    """An audience's own files with the view they were rendered from, what failed its check, and which customers'
    pages and briefs belong to it.
    """

    view: PackView
    artifacts: tuple[Artifact, ...]
    faults: tuple[str, ...]
    page_ids: tuple[str, ...]
    brief_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountFile:
    """A page or brief of one account, and what failed its check."""

    artifact: Artifact
    faults: tuple[str, ...]


def render_pack(book: ScopedBook, *, token: str, key: bytes, pages: int | None = None) -> Pack:
    """The dashboard, the PDF brief and the workbook of one audience.

    Args:
        book: one audience's rows and fields.
        token: the signed workbook token of this audience and week.
        key: the workspace's key, for the checksums of workbook rows.
        pages: account pages at most; None takes the default of the audience's level.
    """
    # Engines that cost a second to import are loaded by the process that renders, not by whoever imports this.
    from reporting.briefs.layout import MOST_PAGES
    from reporting.briefs.render import brief_title, render_brief
    from reporting.verify import verify_page, verify_pdf, verify_workbook
    from reporting.workbook.book import SHEETS, render_workbook
    from reporting.workbook.parts import workbook_parts

    view = compose(book, pages=pages)
    index = Artifact(view.audience_id, "index.html", ArtifactKind.PAGE, render_index(view).encode())
    brief = render_brief(view)
    workbook = render_workbook(
        view, token=token, key=key, parts=workbook_parts(book), zone=ZoneInfo(book.facts.time_zone)
    )
    within = range(1, MOST_PAGES[view.level] + 1)
    faults = [
        *(f"{index.path}: {fault}" for fault in verify_page(index.content)),
        *(
            f"{brief.path}: {fault}"
            for fault in verify_pdf(
                brief.content, pages=within, must_contain=[view.organization], title=brief_title(view)
            )
        ),
        *(
            f"{workbook.path}: {fault}"
            for fault in verify_workbook(workbook.content, sheets=SHEETS, tables=(), validated=())
        ),
    ]
    changed = {move.customer_id for move in (*view.moves, *view.other_moves)}
    carried = [c for c in view.account_pages if c in changed] if view.level is Level.INDIVIDUAL else []
    made = (index, *render_assets(view.audience_id, view.language), brief, workbook)
    return Pack(view, made, tuple(faults), view.account_pages, tuple(carried[:_BRIEFS]))


def render_accounts(book: ScopedBook, page_ids: Iterable[str], brief_ids: Iterable[str]) -> list[AccountFile]:
    """The account pages and briefs of these customers, for every audience with the field groups of this book."""
    from reporting.briefs.render import account_brief_title, render_account_brief
    from reporting.verify import verify_page, verify_pdf

    pages, briefs = frozenset(page_ids), frozenset(brief_ids)
    made: list[AccountFile] = []
    for account in compose_accounts(book, sorted(pages | briefs)):
        if account.customer_id in pages:
            content = render_account(account).encode()
            page = Artifact(account.audience_id, account.page, ArtifactKind.PAGE, content, account.customer_id)
            made.append(AccountFile(page, tuple(verify_page(content))))
        if account.customer_id in briefs:
            brief = render_account_brief(account, account.audience_id)
            title = account_brief_title(account)
            faults = verify_pdf(brief.content, pages=range(1, 2), must_contain=[account.name], title=title)
            made.append(AccountFile(brief, tuple(faults)))
    return made
