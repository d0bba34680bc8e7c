"""Books in which every customer bears a canary, and ten ways in which a scope goes wrong in practice.

A bug takes the whole book, the audience, and whatever else such a bug needs, and gives what a renderer would be
handed by code with that bug. Each stands for a leak that a known report mailer had.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from contracts.book import Book
from contracts.scope import Audience, ScopedBook, scoped
from delivery.leakscan import Tokens, tokens_of
from reporting.mails.house import pack_mail
from reporting.pages import render_index
from reporting.view import compose
from tests.factories import reporting

Bug = Callable[[Book, Audience, Audience], ScopedBook]
_ROWS = (
    "customers",
    "customer_facts",
    "placements",
    "previous_placements",
    "transitions",
    "cases",
    "actions",
    "events",
)


def canary(customer_id: str) -> str:
    return f"ZX7F{''.join(filter(str.isalnum, customer_id))}"


def marked(book: Book) -> Book:
    """The book with a canary in every customer's name."""
    frames = dict(book.frames)
    for name in ("customers", "customer_facts"):
        frame = frames[name]
        frames[name] = frame.assign(name=[f"{canary(c)} Works" for c in frame["customer_id"]])
    return Book(book.facts, frames)


def a_marked_book(customers: int = 24, **more: object) -> Book:
    return marked(reporting.a_book(customers, hard_names=False, history_weeks=4, **more))  # type: ignore[arg-type]


def tokens(book: Book) -> Tokens:
    return tokens_of(book, canaries={canary(c): c for c in book.frame("customer_facts")["customer_id"]})


def files_of(book: ScopedBook) -> dict[str, bytes]:
    """Dashboard and mail: what costs milliseconds and shows every section."""
    view = compose(book)
    body = pack_mail(view, (), None)
    mail = f"{body.subject}\n{body.text}\n{body.html}".encode()
    return {"index.html": render_index(view).encode(), "mail.html": mail}


def foreign(files: Mapping[str, bytes], book: Book, audience: Audience) -> set[str]:
    """Customers outside the scope whose canary stands in the plain bytes."""
    everybody = set(book.frame("customer_facts")["customer_id"])
    whole = b"\n".join(files.values())
    return {c for c in everybody - audience.customer_ids if canary(c).encode() in whole}


def _with(book: Book, audience: Audience, rows: Callable[[pd.DataFrame], pd.DataFrame]) -> ScopedBook:
    """The book cut by `rows` instead of by `scoped`; frames of the audience itself are cut rightly."""
    right = scoped(book, audience)
    frames = dict(right.frames)
    for name in _ROWS:
        frames[name] = rows(book.frames[name]).reset_index(drop=True)
    return ScopedBook(book.facts, frames, audience)


def _mine(frame: pd.DataFrame, audience: Audience) -> pd.Series:
    return frame["customer_id"].isin(audience.customer_ids)


def filter_skipped(book: Book, audience: Audience, _other: Audience) -> ScopedBook:
    return _with(book, audience, lambda frame: frame)


def wrong_join(book: Book, audience: Audience, _other: Audience) -> ScopedBook:
    """Joined by an attribute that customers share (the tier) instead of by the key."""
    facts = book.frame("customer_facts")
    tiers = set(facts.loc[_mine(facts, audience), "tier"])
    reached = set(facts.loc[facts["tier"].isin(tiers), "customer_id"])
    return _with(book, audience, lambda frame: frame[frame["customer_id"].isin(reached)])


def cached_frame(book: Book, audience: Audience, other: Audience) -> ScopedBook:
    """A cache keyed by the week alone gives the second reader the first one's rows."""
    cache: dict[str, ScopedBook] = {}
    for reader in (other, audience):
        cache.setdefault(book.facts.week, scoped(book, reader))
    return ScopedBook(book.facts, cache[book.facts.week].frames, audience)


def previous_scope(book: Book, audience: Audience, other: Audience) -> ScopedBook:
    """The scope of last week, when the reader had another territory as well."""
    before = audience.customer_ids | set(sorted(other.customer_ids)[:2])
    return _with(book, audience, lambda frame: frame[frame["customer_id"].isin(before)])


def misaligned_after_sort(book: Book, audience: Audience, _other: Audience) -> ScopedBook:
    """The mask was made before the rows were sorted, and applied by position after."""

    def rows(frame: pd.DataFrame) -> pd.DataFrame:
        mask = _mine(frame, audience).to_numpy(dtype=bool)
        return frame.sort_values("customer_id", ascending=False)[mask]

    return _with(book, audience, rows)


def open_on_missing(book: Book, audience: Audience, _other: Audience) -> ScopedBook:
    """Rows whose owner is not known pass: a left join gave them no value, and the test was `not foreign`."""
    known = dict.fromkeys(audience.customer_ids, "me") | dict.fromkeys(_some_foreign(book, audience, 9), "other")

    def rows(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[~(frame["customer_id"].map(known) == "other")]

    return _with(book, audience, rows)


def case_insensitive(book: Book, audience: Audience, _other: Audience) -> ScopedBook:
    """`C-00001` and `c-00001` are two customers of two systems."""
    wanted = {customer.lower() for customer in audience.customer_ids}
    return _with(book, audience, lambda frame: frame[frame["customer_id"].str.lower().isin(wanted)])


def blank_matches_all(book: Book, audience: Audience, _other: Audience) -> ScopedBook:
    """A scope by prefix whose prefix nobody filled in."""
    return _with(book, audience, lambda frame: frame[frame["customer_id"].str.startswith("")])


def _some_foreign(book: Book, audience: Audience, number: int) -> list[str]:
    return sorted(set(book.frame("customer_facts")["customer_id"]) - audience.customer_ids)[:number]


ROW_BUGS: dict[str, Bug] = {
    "filter skipped": filter_skipped,
    "wrong join": wrong_join,
    "cached frame": cached_frame,
    "previous week's scope": previous_scope,
    "misaligned after a sort": misaligned_after_sort,
    "open on a missing value": open_on_missing,
    "case-insensitive join": case_insensitive,
    "blank matches all": blank_matches_all,
}
