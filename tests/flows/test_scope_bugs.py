"""Ten planted scope bugs: each puts a foreign customer's canary into the bytes, and the leak scan stops each."""

from __future__ import annotations

import pandas as pd
import pytest

from contracts.book import Book
from contracts.scope import Audience, scoped
from contracts.words import Level
from delivery.leakscan import allowed_of, scan_bytes
from reporting.charts.grid import grid_svg
from reporting.view import compose
from tests.factories import reporting, scopes

MINE = [f"C-{number:05d}" for number in range(2, 25, 5)]
THEIRS = [f"C-{number:05d}" for number in range(3, 25, 5)]


def audience(book: Book, customers: list[str], root: str) -> Audience:
    return reporting.an_audience(book, level=Level.MANAGER, root=root, title="Team view", customer_ids=customers)


def lower_case_twin(book: Book) -> Book:
    """One more customer whose key differs from a customer of the audience by case alone."""
    twin = MINE[0].lower()
    frames = dict(book.frames)
    for name in ("customers", "customer_facts", "placements", "previous_placements"):
        row = frames[name][frames[name]["customer_id"] == MINE[0]]
        changed = row.assign(customer_id=twin, **({"name": "ZX7Ftwin Works"} if "name" in row else {}))
        frames[name] = pd.concat([frames[name], changed], ignore_index=True)
    return Book(book.facts, frames)


@pytest.fixture(scope="module")
def book() -> Book:
    return scopes.a_marked_book()


def hits(files: dict[str, bytes], book: Book, reader: Audience) -> list[str]:
    everything = scopes.tokens(book)
    allowed = allowed_of(scoped(book, reader), everything)
    return [str(hit) for name, content in files.items() for hit in scan_bytes(content, name, allowed, everything)]


def test_the_right_way_leaks_nothing_and_shows_the_own(book: Book) -> None:
    reader = audience(book, MINE, "P-1")
    files = scopes.files_of(scoped(book, reader))
    assert scopes.foreign(files, book, reader) == set()
    assert hits(files, book, reader) == []
    assert any(scopes.canary(customer).encode() in files["index.html"] for customer in MINE)


@pytest.mark.parametrize("name", scopes.ROW_BUGS)
def test_a_wrong_cut_of_rows_leaks_and_is_caught(book: Book, name: str) -> None:
    if name == "case-insensitive join":
        book = lower_case_twin(book)
    reader, other = audience(book, MINE, "P-1"), audience(book, THEIRS, "P-2")
    files = scopes.files_of(scopes.ROW_BUGS[name](book, reader, other))
    leaked = b"ZX7Ftwin" in files["index.html"] if "case" in name else scopes.foreign(files, book, reader)
    assert leaked, "the planted bug must leak with the scan switched off"
    assert hits(files, book, reader), "the scan must stop it"


def test_a_shared_file_name_leaks_and_is_caught(book: Book) -> None:
    reader, other = audience(book, MINE, "P-1"), audience(book, THEIRS, "P-2")
    folder: dict[str, bytes] = {}
    for who in (reader, other):
        folder |= scopes.files_of(scoped(book, who))
    assert scopes.foreign(folder, book, reader)
    assert hits(folder, book, reader)


def test_a_stale_chart_leaks_and_is_caught(book: Book) -> None:
    # large enough a territory that the chart has movers to name
    beyond = sorted(set(book.frame("customer_facts")["customer_id"]) - set(MINE))
    reader, other = audience(book, MINE, "P-1"), audience(book, beyond, "P-2")
    stale = str(grid_svg(compose(scoped(book, other)).grid))
    assert "ZX7F" in stale, "the chart must name somebody"
    files = scopes.files_of(scoped(book, reader))
    files["index.html"] = files["index.html"].replace(b"</main>", stale.encode() + b"</main>")
    assert scopes.foreign(files, book, reader)
    assert hits(files, book, reader)
