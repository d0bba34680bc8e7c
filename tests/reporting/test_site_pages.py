"""Pages as bytes: self-contained, escaped, equal for equal views, and free of what the audience may not see."""

from __future__ import annotations

import base64
import hashlib
import os
import posixpath
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from contracts.exchange import Artifact
from contracts.scope import scoped
from contracts.words import ArtifactKind, BusinessUnit, FieldGroup, Level
from reporting.account.page import compose_accounts
from reporting.pages import render_site
from reporting.view import compose
from tests.factories.reporting import a_book, an_audience, below

_MADE = """
import hashlib
from contracts.scope import scoped
from reporting.account.page import compose_accounts
from reporting.pages import render_site
from reporting.view import compose
from tests.factories.reporting import a_book, an_audience
book = a_book(25)
seen = scoped(book, an_audience(book))
view = compose(seen)
made = render_site(view, compose_accounts(seen, view.account_pages))
print(hashlib.sha256(b"".join(part.content for part in made)).hexdigest())
"""


def _site(customers: int = 40, **audience: object) -> list[Artifact]:
    book = a_book(customers)
    seen = scoped(book, an_audience(book, **audience))  # type: ignore[arg-type]
    view = compose(seen)
    return render_site(view, compose_accounts(seen, view.account_pages))


@pytest.fixture(scope="module")
def site() -> list[Artifact]:
    return _site()


def _pages(site: list[Artifact]) -> list[str]:
    return [part.content.decode() for part in site if part.kind is ArtifactKind.PAGE]


class Reader(HTMLParser):
    """What a page refers to, its inline scripts, its ids and its headings."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.ids: list[str] = []
        self.handlers: list[str] = []
        self.levels: list[int] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "action", "data"):
                self.links.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)
            if name == "id":
                self.ids.append(value or "")
        if tag == "script":
            self._in_script = True
            self.scripts.append("")
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, text: str) -> None:
        if self._in_script:
            self.scripts[-1] += text


def _read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def test_pages_refer_to_nothing_outside_their_folder(site: list[Artifact]) -> None:
    paths = {part.path for part in site}
    for part in site:
        if part.kind is not ArtifactKind.PAGE:
            continue
        page = part.content.decode()
        folder = part.path.rpartition("/")[0]
        for link in _read(page).links:
            assert "//" not in link, link
            if link.startswith("#"):
                continue
            target = posixpath.normpath(f"{folder}/{link}").lstrip("/")
            assert target in paths, (part.path, link)
        for font in re.findall(r'url\("([^"]+)"\)', page):
            assert posixpath.normpath(f"{folder}/{font}").lstrip("/") in paths


def test_the_one_script_is_allowed_by_its_hash_and_no_handler_is_inline(site: list[Artifact]) -> None:
    for page in _pages(site):
        reader = _read(page)
        assert reader.handlers == []
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
        assert policy
        said = policy[1].replace("&#39;", "'")
        assert "default-src 'none'" in said
        for code in reader.scripts:
            digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
            assert f"script-src 'sha256-{digest}'" in said
        assert len(reader.scripts) <= 1


def test_names_and_words_are_escaped_everywhere(site: list[Artifact]) -> None:
    for page in _pages(site):
        assert "<script>alert" not in page
        assert "<b>Well done" not in page
        assert "<i>twice" not in page
    assert any("&lt;script&gt;alert" in page for page in _pages(site))


def test_ids_are_unique_and_headings_do_not_skip(site: list[Artifact]) -> None:
    for page in _pages(site):
        reader = _read(page)
        assert len(reader.ids) == len(set(reader.ids))
        assert reader.levels.count(1) == 1
        for one, other in zip(reader.levels, reader.levels[1:], strict=False):
            assert other <= one + 1


def test_every_page_says_for_whom_by_what_rule_from_what(site: list[Artifact]) -> None:
    for page in _pages(site):
        for said in ("Executive · all business units", "accounts assigned to anyone below", "2026-W47", "Policy v14",
                     "Run 2026-W47-r0"):  # fmt: skip
            assert said in page
    assert sum("Check: " in page for page in _pages(site)) == 1, "the sum of the parts belongs to the index alone"


def test_hidden_groups_are_not_in_the_bytes() -> None:
    book = a_book(40)
    hidden = _site(fields=[])
    everything = b"".join(part.content for part in hidden if part.kind is ArtifactKind.PAGE)
    for secret in (b"EUR\xc2\xa0", b"failure twice", b"Operations director", b"Brandvold", b"lost a controller"):
        assert secret not in everything
    for name in book.frame("people")["name"]:
        assert name.encode() not in everything


def test_an_audience_sees_only_its_own_customers() -> None:
    book = a_book(60)
    mine = below(book, "P-SU2")
    seen = scoped(
        book, an_audience(book, level=Level.MANAGER, unit=BusinessUnit.SUPPORT, root="P-SU2", customer_ids=mine)
    )
    view = compose(seen)
    made = render_site(view, compose_accounts(seen, view.account_pages))
    everything = b"".join(part.content for part in made)
    facts = book.frame("customer_facts")
    foreign = facts.loc[~facts["customer_id"].isin(mine)]
    assert len(foreign) == 30
    for customer, name in zip(foreign["customer_id"], foreign["name"], strict=True):
        assert customer.encode() not in everything
        if name not in set(facts.loc[facts["customer_id"].isin(mine), "name"]) and len(name) > 14:
            assert not re.search(rf"{re.escape(name)}(?! \d)".encode(), everything)


def test_equal_books_give_equal_bytes_in_any_process() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", _MADE], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(Path.cwd())},
        ).stdout
        for seed, zone in (("1", "UTC"), ("77", "Asia/Tokyo"))
    }  # fmt: skip
    assert len(digests) == 1


def test_two_thousand_accounts_stay_within_the_budget() -> None:
    book = a_book(2000, history_weeks=4)
    seen = scoped(book, an_audience(book, fields=frozenset(FieldGroup)))
    page = render_site(compose(seen), [])[0].content
    assert len(page) <= 1_500_000
    assert page.count(b"<tr") > 2000


def test_no_amount_stands_alone_in_quotes_as_an_id_would(site: list[Artifact]) -> None:
    (dashboard,) = [artifact for artifact in site if artifact.path == "index.html"]
    keys = re.findall(r'data-s="([^"]*)"', dashboard.content.decode())
    amounts = [key for key in keys if float(key) > 100]
    assert amounts
    assert all(re.fullmatch(r"\d{3}|\d+\.\d*", key) for key in amounts)


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("unit", [None, *BusinessUnit])
def test_all_views_render(level: Level, unit: BusinessUnit | None) -> None:
    pages = _pages(_site(12, level=level, unit=unit))
    assert len(pages) == 13
    assert 'id="grid"' in pages[0]
    assert 'id="actions"' in pages[0]
