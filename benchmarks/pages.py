"""`python -m benchmarks pages`: the dashboard of 2,000 accounts in Chromium, against its rows as a bare table.

Interactive means: parsed, script done, and the table once sorted by a click and laid out again. The reference is the
same account table without style, script, drawing or any other section, opened and laid out by the same browser.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from benchmarks.timing import Comparison, Spent
from bootstrap import find_chromium
from contracts.scope import scoped
from reporting.pages import render_index
from reporting.view import compose
from tests.factories.reporting import a_book, an_audience

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LARGEST_BYTES = 1_500_000
SLOWEST_SECONDS = 1.0
SLOWEST_ANSWER_SECONDS = 0.3
_READY = """() => {
  const button = document.querySelector('#accts th:nth-child(3) button');
  if (button) button.click();
  document.body.offsetHeight;
  return performance.now() / 1000;
}"""
# A sort of all rows, a search among them, and all of them laid out at once, each until the table stands.
_ANSWERS = """() => {
  const timed = (act) => {
    const from = performance.now();
    act();
    document.body.offsetHeight;
    return (performance.now() - from) / 1000;
  };
  const search = document.querySelector('#q'), more = document.querySelector('#more');
  if (!search) return null;
  const sort = () => document.querySelector('#accts th:nth-child(4) button').click();
  const ask = () => { search.value = 'a'; search.dispatchEvent(new Event('input', { bubbles: true })); };
  return [timed(sort), timed(ask), timed(() => more.click())];
}"""
_NAVIGATION = """() => {
  const entry = performance.getEntriesByType('navigation')[0];
  return (entry.domContentLoadedEventEnd - entry.fetchStart) / 1000;
}"""


class BudgetExceeded(Exception):
    """The page is heavier or slower than a reader is promised."""


def compare(folder: Path, *, customers: int, rounds: int) -> Comparison:
    """Opens both pages `rounds` times in turn.

    Raises: BudgetExceeded when the page is larger than 1.5 MB, interactive later than after one second, or slow to
    sort or search.
    """
    book = a_book(customers, history_weeks=13)
    folder.mkdir(parents=True, exist_ok=True)
    ours, reference = folder / "index.html", folder / "bare.html"
    text = render_index(compose(scoped(book, an_audience(book))))
    ours.write_text(text, encoding="utf-8")
    reference.write_text(_bare(text), encoding="utf-8")
    size = ours.stat().st_size
    spent: dict[Path, list[Spent]] = {ours: [], reference: []}
    answers: list[list[float]] = []
    chromium = find_chromium(os.environ)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=str(chromium) if chromium else None, args=sandbox)
        for turn in range(rounds):
            for path in (ours, reference) if turn % 2 == 0 else (reference, ours):
                opened, answered = _opened(browser, path)
                spent[path].append(opened)
                answers += [answered] if answered else []
        browser.close()
    slow = median(each.wall for each in spent[ours])
    sort, search, show = (median(each) for each in zip(*answers, strict=True))
    if size > LARGEST_BYTES or slow > SLOWEST_SECONDS or max(sort, search) > SLOWEST_ANSWER_SECONDS:
        raise BudgetExceeded(
            f"{customers} accounts: {size / 1e6:.2f} MB (at most {LARGEST_BYTES / 1e6}), "
            f"interactive after {slow:.2f} s (at most {SLOWEST_SECONDS}), "
            f"sorted in {sort:.2f} s, searched in {search:.2f} s (at most {SLOWEST_ANSWER_SECONDS})"
        )
    return Comparison(
        title="a dashboard, interactive",
        ours_name="index.html, sorted once",
        reference_name="its rows as a bare table",
        ours=tuple(spent[ours]),
        reference=tuple(spent[reference]),
        note=f"{customers:,} accounts, {size / 1e6:.2f} MB against {reference.stat().st_size / 1e6:.2f} MB; "
        f"sorted in {1e3 * sort:.0f} ms, "
        f"searched in {1e3 * search:.0f} ms, all rows on show in {1e3 * show:.0f} ms",
    )


def _bare(text: str) -> str:
    """The account table alone, without classes that style it."""
    table = re.search(r'<table class="accts".*?</table>', text, re.DOTALL)
    if table is None:
        raise ValueError('the dashboard has no <table class="accts">; benchmarks/pages.py looks for it')
    plain = table[0].replace('id="accts"', "")
    head = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>rows</title></head>'
    return f"{head}<body>{plain}</body></html>"


def _opened(browser: Browser, path: Path) -> tuple[Spent, list[float] | None]:
    """Seconds until the page answers, in a new context without caches; CPU is what its main thread worked until then.
    Then the seconds of `_ANSWERS`, where the page has a search.
    """
    context = browser.new_context(viewport={"width": 1344, "height": 980})
    page = context.new_page()
    measures = context.new_cdp_session(page)
    measures.send("Performance.enable")
    page.goto(path.as_uri(), wait_until="domcontentloaded")
    before, parsed = page.evaluate("performance.now() / 1000"), page.evaluate(_NAVIGATION)
    wall = parsed + page.evaluate(_READY) - before
    told = {each["name"]: each["value"] for each in measures.send("Performance.getMetrics")["metrics"]}
    answered = page.evaluate(_ANSWERS)
    context.close()
    return Spent(wall, told["TaskDuration"]), answered
