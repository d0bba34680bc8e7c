"""The leak scan of mails, before they enter the outbox: one that names a foreign customer is held, with the hit.

A mail about customers may name these and nobody else, whatever else its reader may see. The whole book says what
would be foreign; of a large one only what can stand in these few mails is looked at (`delivery.leakscan.narrow`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

from config.sources import read_crosswalk
from contracts.book import Book
from contracts.rules import Policy
from contracts.words import FieldGroup, MessageKind, OutboxState
from delivery.leakscan import Allowed, Hit, Tokens, allowing, could_stand, runs_in, scan_bytes, tokens_of
from flows.books import load_book, load_columns, load_facts
from flows.readers import newest_books, readers_in
from flows.run import Run
from flows.sending.tell import Sealed, to_operator

_WORTH_NARROWING = 20_000
_IDENTIFIERS = {"customers": "name", "contacts": "email", "tickets": "ticket_id"}
_PUBLIC = {
    "customers": ("tier", "region", "country", "industry", "product_line", "support_queue"),
    "install_base": ("product",),
    "people": ("name", "email"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """Where the scan learns what identifies customers: the newest books, the keys of other systems, the reviewed
    names that are ordinary words.
    """

    books: tuple[Path, ...]
    crosswalk: Path
    ordinary: tuple[str, ...]


def known_of(run: Run, policy: Policy, *books: Path) -> Known:
    return Known(books, run.workspace.config / "crosswalk.csv", ordinary_words(policy))


def ordinary_words(policy: Policy) -> tuple[str, ...]:
    return tuple(entry.word for entry in policy.ordinary_words)


@lru_cache(maxsize=1)
def week_tokens(folder: Path, ordinary: tuple[str, ...]) -> Tokens:
    """The tokens of a whole week, for its packs; the crosswalk lies beside the book."""
    path = folder.parent / "crosswalk.csv"
    crosswalk = read_crosswalk(path) if path.exists() else None
    return tokens_of(load_book(folder), crosswalk=crosswalk, ordinary_words=ordinary)


def few_tokens(known: Known, files: Iterable[tuple[bytes, str]], own: Collection[str] = ()) -> Tokens:
    """The tokens that may stand in these files, and all of the customers in `own`; of a small book simply all."""
    held = {name: _joined(known.books, name, ("customer_id", column)) for name, column in _IDENTIFIERS.items()}
    is_large = sum(map(len, held.values())) > _WORTH_NARROWING
    runs = runs_in(files) if is_large else None

    def may_stand(texts: pd.Series) -> pd.Series:
        return pd.Series(True, index=texts.index) if runs is None else could_stand(texts, runs)

    frames: dict[str, pd.DataFrame] = {}
    for name, columns in _PUBLIC.items():
        rows = _joined(known.books, name, columns)
        # what is public is public whoever it belongs to: each value once, the columns side by side
        frames[name] = pd.DataFrame({column: pd.Series(rows[column].dropna().unique()) for column in columns})
    for name, column in _IDENTIFIERS.items():
        keys = held[name]
        mine = keys["customer_id"].isin(own) | may_stand(keys[column])
        if name == "customers":
            mine |= may_stand(keys["customer_id"])
            public = frames["customers"].reindex(columns=["customer_id", "name", *_PUBLIC["customers"]])
            frames[name] = pd.concat([keys[mine].drop_duplicates(), public.dropna(how="all")], ignore_index=True)
        else:
            frames[name] = keys[mine].drop_duplicates(ignore_index=True)
    crosswalk = read_crosswalk(known.crosswalk) if known.crosswalk.exists() else None
    if crosswalk is not None:
        mine = crosswalk["customer_id"].isin(own) | may_stand(crosswalk["source_key"])
        crosswalk = crosswalk[mine]
    return tokens_of(Book(load_facts(known.books[-1]), frames), crosswalk=crosswalk, ordinary_words=known.ordinary)


def _joined(books: Sequence[Path], name: str, columns: Sequence[str]) -> pd.DataFrame:
    return pd.concat([load_columns(book, name, columns) for book in books], ignore_index=True)


def allowed_for(tokens: Tokens, known: Known, customers: frozenset[str], *, has_contacts: bool) -> Allowed:
    """These customers, and the ids of their parent accounts, which their pages name."""
    rows = _joined(known.books, "customers", ("customer_id", "parent_id"))
    parents = rows.loc[rows["customer_id"].isin(customers), "parent_id"].dropna()
    return allowing(customers, parents, tokens, has_contacts=has_contacts)


def screened(run: Run, sealed: Sequence[Sealed], *books: Path) -> list[Sealed]:
    """The mails as they may enter the outbox; each that would leak is held, and the operator told of its hits.

    Args:
        run: for the workspace and the clock.
        sealed: finished mails. Mails to the operator, and packs, whose files were scanned as they were made, pass.
        books: of this run, where it has one; the last published week's is always looked at.
    """
    mails = [item for item in sealed if item.message.kind not in (MessageKind.OPERATOR, MessageKind.PACK)]
    if not mails:
        return list(sealed)
    known = known_of(run, run.policy, *newest_books(run, *books))
    readers, _ = readers_in(known.books[0], run.policy, as_of=run.clock())
    own = {customer for item in mails for customer in item.message.customer_ids}
    tokens = few_tokens(known, [(item.eml, _file_name(item)) for item in mails], own)
    by_reader = {reader: audience for audience in readers.audiences for reader in audience.readers}
    passed: list[Sealed] = []
    for item in sealed:
        if item not in mails:
            passed.append(item)
            continue
        message = item.message
        audience = by_reader.get(message.person_id)
        has_contacts = message.kind is MessageKind.CUSTOMER_NOTE or (
            audience is not None and message.channel == "mail" and audience.sees(FieldGroup.CONTACTS)
        )
        allowed = allowed_for(tokens, known, frozenset(message.customer_ids), has_contacts=has_contacts)
        hits = scan_bytes(item.eml, _file_name(item), allowed, tokens)
        passed.extend([_held(item, hits), _told(run, item, hits)] if hits else [item])
    return passed


def _file_name(item: Sealed) -> str:
    return "mail.eml" if item.message.channel == "mail" else "chat.txt"


def _held(item: Sealed, hits: list[Hit]) -> Sealed:
    return replace(item, state=OutboxState.HELD, why=f"leak scan: {hits[0]}")


def _told(run: Run, item: Sealed, hits: list[Hit]) -> Sealed:
    message = item.message
    lines = [f"{message.kind} to {message.to_name} is held: it names what its subject is not.", *map(str, hits)]
    lines.append("If the word was meant as a word, add it to config/ordinary_words.csv, then `cem outbox release`.")
    key = f"leak|{message.key}|{message.revision}"[:200]
    return to_operator(run, key, "A mail is held by the leak scan", "\n".join(lines))
