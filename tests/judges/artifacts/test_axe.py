"""axe-core finds no violation on a demo's pages: each view of each level and unit, one account page of each, mails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.factories.browser import accessibility_faults
from tests.factories.repository import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AXE = ROOT / "tests" / "browser" / "axe" / "axe.min.js"
# A page costs a quarter of a second, and a demo has more than a thousand: one of each kind is looked at.
MAILS = 8


@pytest.fixture(scope="module")
def looked_at(demo: Path, published) -> list[Path]:
    release = demo / "output" / "latest"
    views = {path.parent.name.rpartition("-")[0]: path.parent for path in sorted(release.glob("*/index.html"))}
    assert len(views) >= 12, sorted(views)
    indexes = [folder / "index.html" for folder in views.values()]
    accounts = [path for folder in views.values() for path in sorted((folder / "accounts").glob("*.html"))[:1]]
    others = [path for path in published.pages if "releases" not in path.parts]
    assert len(accounts) >= 9
    assert others
    return [*indexes, *accounts, *others, *published.mails[:MAILS]]


def test_no_violation(browser: Browser, looked_at: list[Path]) -> None:
    """In light; tests/browser asks the same in the dark, on a phone and in use, of made-up books."""
    context = browser.new_context(viewport={"width": 1344, "height": 980})
    page, axe, found = context.new_page(), AXE.read_text(encoding="utf-8"), []
    for path in looked_at:
        page.goto(path.as_uri())
        found += [f"{path.parent.name}/{path.name}: {fault}" for fault in accessibility_faults(page, axe)]
    context.close()
    assert found == []
