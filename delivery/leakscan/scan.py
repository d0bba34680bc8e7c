"""Searches one finished file for tokens of customers that its audience may not see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contracts.exchange import Artifact
from contracts.ids import key_digest
from contracts.scope import ScopedBook
from contracts.words import FieldGroup
from delivery.leakscan.opening import View, views
from delivery.leakscan.search import Folded, folded_once, pattern, whole_field
from delivery.leakscan.tokens import Token, TokenKind, Tokens, fold

_HITS_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an audience may see.

    Its customers, whether contact data is among its field groups, and the numbers of single tokens that its own
    rows name by right (the id of a parent account).
    """

    customer_ids: frozenset[str]
    has_contacts: bool = True
    single: frozenset[int] = frozenset()

    def permits(self, number: int, token: Token) -> bool:
        if token.kind is TokenKind.PUBLIC or number in self.single:
            return True
        if token.kind is TokenKind.EMAIL and not self.has_contacts:
            return False
        return not token.owners.isdisjoint(self.customer_ids)


def allowed_of(book: ScopedBook, everything: Tokens) -> Allowed:
    """What the audience of a scoped book may see."""
    audience = book.audience
    customers = book.frames.get("customers")
    has_parents = customers is not None and "parent_id" in customers
    parents = customers["parent_id"].dropna() if customers is not None and has_parents else ()
    return allowing(audience.customer_ids, parents, everything, has_contacts=audience.sees(FieldGroup.CONTACTS))


def allowing(customers: frozenset[str], parents: Iterable[str], everything: Tokens, *, has_contacts: bool) -> Allowed:
    """What may be said of these customers, whose pages name their parent accounts by their ids."""
    single = frozenset(number for parent in sorted(set(parents)) for number in everything.numbers_of(parent))
    return Allowed(customers, has_contacts, single)


@dataclass(frozen=True, slots=True)
class Hit:
    """A token that must not be there: in which file, where inside it, of which kind; the token itself redacted."""

    file: str
    where: str
    kind: TokenKind
    token: str

    def __str__(self) -> str:
        return f"{self.file}, {self.where}: {self.kind.value} {self.token}"


def scan(artifact: Artifact, allowed: Allowed, everything: Tokens) -> list[Hit]:
    """The foreign tokens in one artifact; see `scan_bytes`."""
    return scan_bytes(artifact.content, artifact.path, allowed, everything)


def scan_bytes(content: bytes, name: str, allowed: Allowed, everything: Tokens) -> list[Hit]:
    """The foreign tokens in one file, at most 50, in a stable order; an empty list lets it pass.

    Args:
        content: the final bytes: HTML, XLSX, PDF, .eml, PNG, CSV or text, known by magic bytes, else by name.
        name: the file's name; it is scanned too.
        allowed: what the audience may see.
        everything: the tokens of the whole book.
    """
    hits: dict[tuple[str, int], Hit] = {}
    for view in views(content, name):
        text = folded_once(view) if view.recurs else Folded.of(view)
        for number in sorted(_candidates(text, everything)):
            token = everything.tokens[number]
            if allowed.permits(number, token) or (view.where, number) in hits:
                continue
            if text.may_hold(token) and _stands_in(token, view, text, allowed, everything):
                hits[view.where, number] = Hit(name, view.where, token.kind, redacted(token.text))
        if len(hits) >= _HITS_AT_MOST:
            break
    return list(hits.values())[:_HITS_AT_MOST]


def redacted(text: str) -> str:
    """Enough for an operator to recognise it, too little to tell it on: first and last characters and a digest."""
    shown = f"{text[:2]}…{text[-1:]}" if len(text) > 4 else "…"
    return f"{shown} [{key_digest(text, length=8)}]"


def _candidates(text: Folded, everything: Tokens) -> set[int]:
    anchors = everything.by_anchor.keys() & text.words
    found = {number for word in anchors for number in everything.by_anchor[word]}
    found.update(n for n in everything.unspaced if fold(everything.tokens[n].text) in text.folded)
    return found


def _stands_in(token: Token, view: View, text: Folded, allowed: Allowed, everything: Tokens) -> bool:
    """Whether the token really stands there, outside longer tokens that this audience may read."""
    if token.is_ordinary:
        return whole_field(token.text).search(view.text) is not None
    for number, spelling in enumerate(text.spellings):
        found = list(text.spans(token, number))
        if not found:
            continue
        longer = list(_longer(token, allowed, everything))
        is_own_start = any(other.words[: len(token.words)] == token.words for other in longer)
        for begin, end in found:
            # a label cut short is the beginning of a name the audience may read
            is_cut = is_own_start and spelling.startswith(("...", "…"), end)
            is_glued = number == text.glued
            if not is_cut and not any(_covers(other, spelling, begin, end, is_glued=is_glued) for other in longer):
                return True
    return False


def _covers(longer: Token, text: str, begin: int, end: int, *, is_glued: bool) -> bool:
    """Whether the longer token stands around that place. Where neighbours are glued its own ends are not asked for;
    what stands there by itself stands in another spelling too, and is found in that.
    """
    written = fold(longer.text)
    reach = len(written) + 3 * len(longer.words)
    shape = pattern(longer.kind, written, longer.words, is_loose=is_glued)
    around = shape.finditer(text, max(0, begin - reach), end + reach)
    return any(match.start() <= begin and end <= match.end() for match in around)


def _longer(token: Token, allowed: Allowed, everything: Tokens) -> Iterator[Token]:
    for number in everything.covers.get(token.words, ()):
        longer = everything.tokens[number]
        if longer is not token and allowed.permits(number, longer):
            yield longer
