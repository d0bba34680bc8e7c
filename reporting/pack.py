"""Everything one audience gets for one week, from its scoped book: called once per audience, in worker processes."""

from __future__ import annotations

from contracts.exchange import Artifact
from contracts.scope import ScopedBook
from contracts.words import Level
from reporting.account import compose_accounts
from reporting.site import render_site
from reporting.view import compose

_BRIEFS = 12


def render_pack(book: ScopedBook, *, token: str, key: bytes, pages: int | None = None) -> list[Artifact]:
    """The pages, the PDF brief, the workbook, and account briefs of the accounts that moved.

    Args:
        book: one audience's rows and fields.
        token: the signed workbook token of this audience and week.
        key: the workspace's key, for the checksums of workbook rows.
        pages: account pages at most; None takes the default of the audience's level.
    """
    # Engines that cost a second to import are loaded by the process that renders, not by whoever imports this.
    from reporting.brief import render_account_brief, render_brief  # noqa: PLC0415
    from reporting.workbook import render_workbook  # noqa: PLC0415

    view = compose(book, pages=pages)
    accounts = list(compose_accounts(book, view.account_pages, pages=pages))
    made = [*render_site(view, accounts), render_brief(view), render_workbook(view, token=token, key=key)]
    if book.audience.level is Level.INDIVIDUAL:
        changed = {move.customer_id for move in (*view.moves, *view.other_moves)}
        told = [account for account in accounts if account.customer_id in changed][:_BRIEFS]
        made += [render_account_brief(account, view.audience_id) for account in told]
    return made
