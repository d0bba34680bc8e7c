"""Published folders of each level for the browser, the accessibility engine, and a page that may say nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.scope import scoped
from contracts.words import BusinessUnit, Level
from reporting.account.page import compose_accounts
from reporting.pages import render_site
from reporting.view import compose
from tests.factories.browser import write_pack
from tests.factories.reporting import a_book, an_audience, below

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = Path(__file__).parent / "axe" / "axe.min.js"
# axe-core 4.14.1 as its package ships it; a changed file is not run.
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
_READERS = {
    "executive": {},
    "director": {"level": Level.DIRECTOR, "unit": BusinessUnit.SALES, "root": "P-SA0", "title": "Sales"},
    "manager": {"level": Level.MANAGER, "unit": BusinessUnit.SUPPORT, "root": "P-SU1", "title": "Support team"},
    "individual": {"level": Level.INDIVIDUAL, "unit": BusinessUnit.GPS, "root": "P-GP2", "title": "Own accounts"},
}


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility engine's script, unchanged."""
    content = AXE.read_bytes()
    assert hashlib.sha256(content).hexdigest() == AXE_SHA256, f"{AXE} is not the file of axe-core 4.14.1"
    return content.decode()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder per level: index and account pages of a book of 120 accounts with names that are hard to set."""
    book, root = a_book(120), tmp_path_factory.mktemp("levels")
    for name, reader in _READERS.items():
        mine = below(book, str(reader["root"])) if name != "executive" else None
        seen = scoped(book, an_audience(book, customer_ids=mine, **reader))  # type: ignore[arg-type]
        view = compose(seen)
        write_pack(root / name, render_site(view, compose_accounts(seen, view.account_pages[:4])))
    return root


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a file; whatever its console says, what it throws and what it asks of a network fails the test."""
    contexts: list[Any] = []
    said: list[str] = []

    def open_file(path: Path, **settings: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1344, "height": 980}, **settings})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith("file:") else said.append(f"asked for {r.url}"))
        page.on("requestfailed", lambda r: said.append(f"failed {r.url}"))
        page.goto(path.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert said == []
