"""Charts: safe whatever a name holds, colours from the tokens alone, labels apart, equal views give equal bytes."""

from __future__ import annotations

import dataclasses
import re
from xml.etree import ElementTree as ET

import pytest

from contracts.scope import scoped
from reporting.account.page import compose_accounts
from reporting.charts.grid import grid_svg, trail_svg
from reporting.charts.lines import sparkline, timeline_svg, waterfall_svg
from reporting.charts.pictures import grid_png
from reporting.charts.svg import text_width
from reporting.models.pack import PackView
from reporting.theme import TokenMissing, read_tokens, theme
from reporting.view import compose
from tests.factories.reporting import a_book, an_audience
from tests.factories.reporting_rows import HARD_NAMES


@pytest.fixture(scope="module")
def view() -> PackView:
    book = a_book(80)
    return compose(scoped(book, an_audience(book)))


def _with_names(view: PackView) -> PackView:
    """The view with its movers bearing the names that are hard to draw."""
    names = iter(HARD_NAMES * 20)
    points = tuple(
        dataclasses.replace(point, label=next(names)) if point.before_loyalty is not None else point
        for point in view.grid.points
    )
    return dataclasses.replace(view, grid=dataclasses.replace(view.grid, points=points))


def _drawings(view: PackView) -> list[str]:
    book = a_book(80)
    seen = scoped(book, an_audience(book))
    drawn = [grid_svg(view.grid), grid_svg(view.grid, width=340, height=310)]
    drawn += [sparkline(tile.trend) for tile in view.tiles if tile.trend]
    for account in compose_accounts(seen, view.account_pages[:12]):
        drawn += [waterfall_svg(fall) for fall in account.waterfalls]
        drawn.append(timeline_svg(account.timeline))
        drawn.append(trail_svg(account.trail, loyalty_line=45, retention_line=60, finding=account.trail_finding))
    return [str(each) for each in drawn]


def test_every_drawing_is_well_formed_labelled_and_coloured_by_tokens(view: PackView) -> None:
    colours = {value for value in theme().tokens.values() if value.startswith("#")}
    for svg in _drawings(_with_names(view)):
        root = ET.fromstring(svg)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        assert set(re.findall(r'"(#[0-9A-Fa-f]{3,8})"', svg)) <= colours
        assert "<script" not in svg
        assert "nan" not in svg.lower().replace("finance", "")


def _boxes(svg: str) -> list[tuple[float, float, float, float]]:
    """Rough boxes of the names on the grid (weight 600)."""
    found = []
    pattern = r'<text x="([\d.]+)" y="([\d.]+)" font-size="11" font-weight="600" text-anchor="(\w+)" class="f-ink" [^>]*>([^<]*)<'
    for x, y, anchor, words in re.findall(pattern, svg):
        wide = len(words) * 5.2
        left = float(x) - (wide if anchor == "end" else wide / 2 if anchor == "middle" else 0)
        found.append((left, float(y) - 9, left + wide, float(y) + 1))
    return found


def test_at_most_nine_labels_and_none_over_another(view: PackView) -> None:
    boxes = _boxes(str(grid_svg(view.grid)))
    assert 0 < len(boxes) <= 9
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize(("width", "height"), [(820, 520), (698, 400), (698, 210)])
def test_the_size_key_stands_clear_of_the_corner_names(view: PackView, width: int, height: int) -> None:
    wide = tuple(dataclasses.replace(c, text="1 240 accounts · EUR 125.4 M") for c in view.grid.corners)
    svg = str(grid_svg(dataclasses.replace(view.grid, corners=wide), width=width, height=height))
    key = re.search(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>a year<', svg)
    assert key
    ends, foot = float(key[1]) + 34, float(key[2])
    for x, y, words in re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*text-anchor="end"[^>]*>([^<]+ M)<', svg):
        assert ends <= float(x) - text_width(words, 11) or abs(float(y) - foot) > 24


def test_many_accounts_become_one_path_per_zone_and_stay_light(view: PackView) -> None:
    calm = [point for point in view.grid.points if point.before_loyalty is None]
    many = [
        dataclasses.replace(p, customer_id=f"{p.customer_id}-{n}", loyalty=(p.loyalty * 7 + n) % 100)
        for n in range(80)
        for p in calm
    ]
    svg = str(grid_svg(dataclasses.replace(view.grid, points=tuple(many))))
    assert svg.count("<circle") < 10
    assert len(svg) < 120_000
    assert grid_svg(dataclasses.replace(view.grid, points=())).count("<circle") == 0


def test_the_picture_is_the_same_twice_and_draws_any_name(view: PackView) -> None:
    hard = _with_names(view)
    first = grid_png(hard)
    assert first == grid_png(hard)
    assert first.startswith(b"\x89PNG")
    assert b"tEXt" not in first
    empty = dataclasses.replace(view, grid=dataclasses.replace(view.grid, points=()))
    assert len(grid_png(empty)) > 1000


def test_a_missing_token_names_itself() -> None:
    with pytest.raises(TokenMissing, match="--no-such"):
        read_tokens(":root { --ink: #000000; /* --no-such: 1; */ }")["no-such"]
