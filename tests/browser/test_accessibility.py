"""axe-core finds nothing on any kind of page, light and dark, at rest and in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.factories.browser import accessibility_faults, write_mail
from tests.factories.mails import every_kind

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
SCHEMES = ("light", "dark")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("level", ["executive", "director", "manager", "individual"])
def test_dashboards(opened: Callable[..., Page], site: Path, axe: str, level: str, scheme: str) -> None:
    assert accessibility_faults(opened(site / level / "index.html", color_scheme=scheme), axe) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_account_pages(opened: Callable[..., Page], site: Path, axe: str, scheme: str) -> None:
    pages = sorted(site.glob("*/accounts/*.html"))
    assert len(pages) > 8
    found = [opened(path, color_scheme=scheme) for path in pages[::3]]
    assert [fault for page in found for fault in accessibility_faults(page, axe)] == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_dashboard_in_use(opened: Callable[..., Page], site: Path, axe: str, scheme: str) -> None:
    page = opened(site / "executive" / "index.html", color_scheme=scheme)
    page.click(".pill[data-zone=c]")
    page.get_by_role("button", name="Loyalty, 0–100").click()
    page.focus("#gridbox")
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    assert page.is_visible("#card")
    assert accessibility_faults(page, axe) == []


@pytest.mark.parametrize("level", ["manager", "director", "executive"])
def test_on_a_phone(opened: Callable[..., Page], site: Path, axe: str, level: str) -> None:
    path = min((site / level).glob("index.html"))
    page = opened(path, viewport={"width": 390, "height": 800})
    assert accessibility_faults(page, axe) == []


def test_mails(opened: Callable[..., Page], axe: str, tmp_path: Path) -> None:
    for name, mail in every_kind().items():
        page = opened(write_mail(tmp_path / f"{name}.html", mail), viewport={"width": 700, "height": 900})
        assert accessibility_faults(page, axe) == [], name
