"""The grid can be looked at closely: by buttons, by keys and by dragging, and always back again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
_GAP = """() => {
  const spots = [...document.querySelectorAll('#gridbox circle[data-k]')].map((dot) => dot.getBoundingClientRect());
  return Math.hypot(spots[0].x - spots[1].x, spots[0].y - spots[1].y);
}"""
_WIDTH = "() => document.querySelector('#gridbox circle[data-k]').getBoundingClientRect().width"


@pytest.fixture
def page(opened: Callable[..., Page], site: Path) -> Page:
    return opened(site / "executive" / "index.html")


def view_box(page: Page) -> list[float]:
    found = page.get_attribute("#gridbox svg", "viewBox") or ""
    return [float(value) for value in found.split()]


def test_zoom_spreads_places_and_keeps_the_size_of_dots(page: Page) -> None:
    gap, width, whole = page.evaluate(_GAP), page.evaluate(_WIDTH), view_box(page)
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate(_GAP) == pytest.approx(1.5 * gap, rel=0.02)
    assert page.evaluate(_WIDTH) == pytest.approx(width, rel=0.1)
    assert "Shown: loyalty" in page.inner_text("#gridbox .zoom [role=status]")
    for _ in range(12):
        page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Zoom in").is_disabled()
    assert view_box(page)[2] == pytest.approx(whole[2] / 8)
    page.get_by_role("button", name="Whole grid").click()
    assert view_box(page) == whole
    assert page.inner_text("#gridbox .zoom [role=status]") == ""


def test_keys_zoom_move_and_keep_the_walked_account_in_sight(page: Page) -> None:
    whole = view_box(page)
    page.focus("#gridbox")
    for _ in range(3):
        page.keyboard.press("+")
    near = view_box(page)
    page.keyboard.press("Shift+ArrowRight")
    assert view_box(page)[0] > near[0]
    page.keyboard.press("Shift+ArrowUp")
    assert view_box(page)[1] < near[1]
    for _ in range(12):
        page.keyboard.press("ArrowRight")
        left, top, wide, tall = view_box(page)
        x, y = page.eval_on_selector("#gridbox circle.on", "dot => [dot.cx.baseVal.value, dot.cy.baseVal.value]")
        assert left - 1 <= x <= left + wide + 1
        assert top - 1 <= y <= top + tall + 1
        assert page.is_visible("#card")
    page.keyboard.press("0")
    assert view_box(page) == whole
    page.keyboard.press("-")
    assert view_box(page) == whole


def test_dragging_moves_what_is_zoomed(page: Page) -> None:
    page.get_by_role("button", name="Zoom in").click()
    before = view_box(page)
    page.locator("#gridbox svg").scroll_into_view_if_needed()
    box = page.locator("#gridbox svg").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 63, box["y"] + 43)
    page.mouse.up()
    after = view_box(page)
    assert after[0] > before[0]
    assert after[1] < before[1]
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    assert view_box(page) == after


def test_print_shows_what_the_brief_shows_without_controls(page: Page) -> None:
    headings = page.locator("main h2").all_inner_texts()
    page.emulate_media(media="print")
    for part in ("#filters", ".zoom", "#more"):
        assert page.locator(part).is_hidden(), part
    assert page.locator("h1").is_visible()
    assert page.locator("main h2").all_inner_texts() == headings
    for section in ("#grid svg", ".tiles", "#accounts", "#actions"):
        assert page.locator(section).first.is_visible(), section
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") in (
        "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)",
    )  # fmt: skip


def test_without_script_there_is_no_control_that_does_nothing(opened: Callable[..., Page], site: Path) -> None:
    page = opened(site / "executive" / "index.html", java_script_enabled=False)
    assert page.locator(".zoom").count() == 0
    assert page.locator("#filters").is_hidden()
    assert page.locator("main button:visible").count() == 0
    assert page.locator("#accts tbody tr:visible").count() > 50
