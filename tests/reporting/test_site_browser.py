"""Pages as a reader meets them: opened from file:// in Chromium, by mouse and by keyboard, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contracts.scope import scoped
from reporting.account.page import compose_accounts
from reporting.pages import render_site
from reporting.view import compose
from tests.factories.reporting import a_book, an_audience

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published audience folder of 150 accounts."""
    book = a_book()
    seen = scoped(book, an_audience(book))
    view = compose(seen)
    place = tmp_path_factory.mktemp("site")
    for part in render_site(view, compose_accounts(seen, view.account_pages[:8])):
        target = place / part.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(part.content)
    return place


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    """The index; whatever the console says or the page asks of a network fails the test."""
    context = browser.new_context(viewport={"width": 1344, "height": 980})
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda r: None if r.url.startswith("file:") else said.append(f"asked for {r.url}"))
    opened.on("requestfailed", lambda r: said.append(f"failed {r.url}"))
    opened.goto((folder / "index.html").as_uri())
    yield opened
    context.close()
    assert said == []


def shown(page: Page) -> list[str]:
    """Names of the account rows on screen, in order."""
    names: list[str] = page.eval_on_selector_all(
        "#accts tbody tr:not(.off)", "rows => rows.map(r => r.cells[0].firstElementChild.textContent)"
    )
    return names


def column(page: Page, at: int) -> list[float]:
    """The sorting values of a column on screen."""
    found: list[float] = page.eval_on_selector_all(
        "#accts tbody tr:not(.off)", f"rows => rows.map(r => Number(r.cells[{at}].dataset.s))"
    )
    return found


def test_it_opens_from_a_file_with_its_fonts(page: Page) -> None:
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('600 16px Inter'))")
    states = page.evaluate("[...document.fonts].filter(f => f.status === 'error').length")
    assert states == 0
    assert page.title() == "Executive · all business units, 2026-W47"
    assert len(shown(page)) == 25


def test_sorting_by_mouse_keyboard_and_back(page: Page) -> None:
    start = shown(page)
    head = page.get_by_role("button", name="Loyalty, 0–100")
    head.click()
    assert page.get_attribute("#accts th:nth-child(3)", "aria-sort") == "descending"
    falling = column(page, 2)
    assert falling == sorted(falling, reverse=True)
    head.focus()
    page.keyboard.press("Enter")
    rising = column(page, 2)
    assert rising == sorted(rising)
    assert page.get_attribute("#accts th:nth-child(3)", "aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert shown(page) == start


def test_filters_hold_in_the_address(page: Page) -> None:
    page.click(".pill[data-zone=c]")
    zones = page.eval_on_selector_all("#accts tbody tr:not(.off)", "rows => rows.map(r => r.dataset.z)")
    assert set(zones) == {"c"}
    assert "zone=c" in page.url
    page.check("#late")
    both = shown(page)
    assert 0 < len(both) < len(zones)
    page.reload()
    assert shown(page) == both
    assert page.get_attribute(".pill[data-zone=c]", "aria-pressed") == "true"
    page.click("#clear")
    assert page.inner_text("#count") == "150 accounts"


def test_search_finds_names_in_any_script_and_says_how_many(page: Page) -> None:
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("الأفق")
    assert shown(page) == ["شركة الأفق للتخزين المحدودة"]
    assert page.inner_text("#count") == "1 of 150"
    page.fill("#q", "no such account")
    assert shown(page) == []
    page.fill("#q", "<script>")
    assert len(shown(page)) == 1


def test_owner_moved_and_show_all(page: Page) -> None:
    page.check("#moved")
    moved = shown(page)
    assert 0 < len(moved) < 150
    page.click("#clear")
    page.click("#more")
    assert len(shown(page)) == 150
    assert page.is_hidden("#more")
    page.select_option("#owner", index=1)
    assert 0 < len(shown(page)) < 150


def test_a_bad_address_is_no_error(page: Page, folder: Path) -> None:
    page.goto((folder / "index.html").as_uri() + "#sort=99&zone=%00q&owner=Nobody&q=%E0%A4%A")
    page.reload()
    assert shown(page) == []
    page.click("#clear")
    assert len(shown(page)) == 25


def test_the_grid_tells_an_account_by_mouse_and_by_keyboard(page: Page) -> None:
    page.hover("#gridbox circle[data-k='1']")
    card = page.inner_text("#card")
    first = page.locator("#accts tbody tr[data-k='1'] td.who").locator(":scope > :first-child").inner_text()
    assert first in card
    assert "Loyalty" in card
    page.mouse.move(5, 5)
    assert page.is_hidden("#card")
    page.focus("#gridbox")
    page.keyboard.press("ArrowRight")
    told = page.inner_text("#card")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#card") != told
    page.keyboard.press("Escape")
    assert page.is_hidden("#card")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/*.html")


def test_tab_reaches_filters_headers_and_accounts_with_a_visible_focus(page: Page) -> None:
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("(e => e.id || e.textContent.trim().slice(0, 20))(document.activeElement)"))
    assert "Skip to the content" in seen
    assert "gridbox" in seen
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_dark_and_light_differ_and_both_can_be_read(browser: Browser, folder: Path) -> None:
    inks = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto((folder / "index.html").as_uri())
        inks[scheme] = page.evaluate(
            """() => [getComputedStyle(document.body).backgroundColor,
                      getComputedStyle(document.querySelector('h1')).color,
                      getComputedStyle(document.querySelector('svg.grid text.f-ink-3')).fill]"""
        )
        context.close()
    assert inks["light"][0] == "rgb(255, 255, 255)"
    assert inks["dark"][0] == "rgb(20, 23, 27)"
    assert all(light != dark for light, dark in zip(inks["light"], inks["dark"], strict=True))


def test_without_scripts_every_account_is_there(browser: Browser, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "index.html").as_uri())
    assert page.locator("#accts tbody tr:visible").count() == 150
    assert page.is_hidden("#filters")
    context.close()


def test_in_print_the_controls_are_gone(page: Page) -> None:
    page.emulate_media(media="print")
    assert page.is_hidden("#filters")
    assert page.is_visible("h1")


def test_account_pages_open_link_back_and_fit_a_narrow_screen(browser: Browser, folder: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("requestfailed", lambda r: said.append(r.url))
    for target in sorted((folder / "accounts").iterdir()):
        page.goto(target.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, target.name
    page.set_viewport_size({"width": 1344, "height": 900})
    page.click("text=All accounts")
    page.wait_for_url("**/index.html")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
    assert said == []


def test_two_thousand_accounts_are_quick(browser: Browser, tmp_path: Path) -> None:
    book = a_book(2000, history_weeks=4)
    target = tmp_path / "index.html"
    target.write_bytes(render_site(compose(scoped(book, an_audience(book))), [])[0].content)
    context = browser.new_context()
    page = context.new_page()
    page.goto(target.as_uri())
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    took = page.evaluate(
        "() => { const t = performance.now(); document.querySelector('#accts th:nth-child(5) button').click();"
        " document.body.offsetHeight; return performance.now() - t; }"
    )
    context.close()
    assert timing < 3000
    assert took < 1000
