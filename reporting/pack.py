"""Everything one audience gets for one week, from its scoped book: called once per audience, in worker processes."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts.exchange import Artifact
from contracts.scope import ScopedBook
from contracts.words import ArtifactKind, Level
from reporting.account import compose_accounts
from reporting.account_models import AccountView
from reporting.models import PackView
from reporting.pages import render_site
from reporting.view import compose

_BRIEFS = 12


@dataclass(frozen=True, slots=True)
class Pack:
    """All that one audience gets, as bytes, with the view it was rendered from and what failed its check."""

    view: PackView
    artifacts: tuple[Artifact, ...]
    faults: tuple[str, ...]


def render_pack(book: ScopedBook, *, token: str, key: bytes, pages: int | None = None) -> Pack:
    """The pages, the PDF brief, the workbook, and account briefs of the accounts that moved.

    Args:
        book: one audience's rows and fields.
        token: the signed workbook token of this audience and week.
        key: the workspace's key, for the checksums of workbook rows.
        pages: account pages at most; None takes the default of the audience's level.
    """
    # Engines that cost a second to import are loaded by the process that renders, not by whoever imports this.
    from reporting.brief import render_account_brief, render_brief
    from reporting.workbook import render_workbook

    view = compose(book, pages=pages)
    accounts = list(compose_accounts(book, view.account_pages, pages=pages))
    zone = ZoneInfo(book.facts.time_zone)
    workbook = render_workbook(view, token=token, key=key, zone=zone)
    made = [*render_site(view, accounts), render_brief(view), workbook]
    if book.audience.level is Level.INDIVIDUAL:
        changed = {move.customer_id for move in (*view.moves, *view.other_moves)}
        told = [account for account in accounts if account.customer_id in changed][:_BRIEFS]
        made += [render_account_brief(account, view.audience_id) for account in told]
    return Pack(view, tuple(made), tuple(_faults(view, accounts, made)))


def _faults(view: PackView, accounts: list[AccountView], made: list[Artifact]) -> list[str]:
    """What the checks found in the bytes: a pack with a fault is neither published nor mailed."""
    from reporting.brief import account_brief_title, brief_title
    from reporting.brief_layout import MOST_PAGES
    from reporting.verify import verify_page, verify_pdf, verify_workbook
    from reporting.workbook import SHEETS

    names = {account.customer_id: account.name for account in accounts}
    titles = {account.customer_id: account_brief_title(account) for account in accounts}
    faults: list[str] = []
    for artifact in made:
        if artifact.kind is ArtifactKind.PAGE:
            found = verify_page(artifact.content)
        elif artifact.kind is ArtifactKind.WORKBOOK:
            found = verify_workbook(artifact.content, sheets=SHEETS, tables=(), validated=())
        elif artifact.kind is ArtifactKind.BRIEF:
            pages = range(1, MOST_PAGES[view.level] + 1)
            found = verify_pdf(artifact.content, pages=pages, must_contain=[view.organization], title=brief_title(view))
        elif artifact.kind is ArtifactKind.ACCOUNT_BRIEF and artifact.customer_id is not None:
            name, title = names[artifact.customer_id], titles[artifact.customer_id]
            found = verify_pdf(artifact.content, pages=range(1, 2), must_contain=[name], title=title)
        else:
            found = []
        faults += [f"{artifact.path}: {fault}" for fault in found]
    return faults
