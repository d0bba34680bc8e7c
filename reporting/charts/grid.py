"""The loyalty x retention grid as SVG: dots sized by revenue, movers with tails, dead-band, labels in free space."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from contracts.words import Zone
from reporting import formats
from reporting.charts.svg import circle, drawing, line, num, paint, path, rect, text, text_width
from reporting.models.pack import Corner, Grid, Point

LABELS = 9
SEPARATE_DOTS = 500
_BIN = 1.5


@dataclass(frozen=True, slots=True)
class Plane:
    """Scores to pixels: loyalty to the right, retention upwards, both 0-100."""

    left: float
    top: float
    width: float
    height: float

    def x(self, loyalty: float) -> float:
        return self.left + self.width * loyalty / 100

    def y(self, retention: float) -> float:
        return self.top + self.height * (100 - retention) / 100


Box = tuple[float, float, float, float]


def token(zone: Zone | None, part: str = "") -> str:
    """The token name of a zone's mark, text or tint."""
    if zone is None:
        return "wash" if part == "tint" else "ink-3"
    return f"zone-{zone.value.replace('_', '-')}{f'-{part}' if part else ''}"


def grid_svg(grid: Grid, *, width: float = 820, height: float = 520, is_print: bool = False) -> Markup:
    """The grid for a page (dots carry `data-k`, the account's rank, for hover and focus) or for print."""
    small = width < 500
    plane = Plane(26, 8, width - 34, height - 40)
    largest = max((point.revenue or 0.0 for point in grid.points), default=0.0)
    top_radius = 8.5 if small else 13.0
    radius = {point.customer_id: _radius(point.revenue, largest, top_radius) for point in grid.points}
    movers = [point for point in grid.points if point.before_loyalty is not None]
    calm = [point for point in grid.points if point.before_loyalty is None]
    parts = [*_ground(grid, plane, small=small), *_calm(calm, plane, radius, is_print=is_print)]
    movers.sort(key=lambda point: (-radius[point.customer_id], point.customer_id))
    parts += [_tail(point, plane, radius[point.customer_id]) for point in movers]
    for point in movers:
        mark = f'{paint(token(point.mark.zone), "paper")} stroke-width="1.2"{_hook(point, is_print=is_print)}'
        parts.append(circle(plane.x(point.loyalty), plane.y(point.retention), radius[point.customer_id], mark))
    corner_parts, taken = _corners(grid.corners, plane, small=small)
    parts += corner_parts
    if largest > 0 and not small:
        key_parts, box = _size_key(plane, largest, top_radius, taken)
        parts += key_parts
        taken.append(box)
    parts += _labels(movers, plane, radius, taken, small=small)
    return drawing(width, height, parts, label=grid.finding, extra=' class="grid"')


def _radius(revenue: float | None, largest: float, top: float) -> float:
    """Area by revenue; unknown revenue is a small dot of its own size."""
    if not revenue or largest <= 0:
        return 2.6
    return max(2.2, top * math.sqrt(max(revenue, 0.0) / largest))


def _hook(point: Point, *, is_print: bool) -> str:
    return "" if is_print or not point.rank else f' data-k="{point.rank}"'


def _ground(grid: Grid, plane: Plane, *, small: bool) -> list[str]:
    line_x, line_y = plane.x(grid.loyalty_line), plane.y(grid.retention_line)
    right, bottom = plane.left + plane.width, plane.top + plane.height
    parts = []
    for corner in grid.corners:
        if corner.mark.zone is Zone.CRITICAL:
            x0, x1 = (line_x, right) if corner.is_high_loyalty else (plane.left, line_x)
            y0, y1 = (plane.top, line_y) if corner.is_high_retention else (line_y, bottom)
            parts.append(rect(x0, y0, x1 - x0, y1 - y0, paint(token(Zone.CRITICAL, "tint"))))
    band_w, band_h = plane.width * grid.dead_band / 100, plane.height * grid.retention_half / 100
    soft = ' fill-opacity="0.75"'
    parts.append(rect(plane.left, line_y - band_h, plane.width, 2 * band_h, paint("noise"), soft))
    parts.append(rect(line_x - band_w, plane.top, 2 * band_w, plane.height, paint("noise"), soft))
    parts.append(line(plane.left, line_y, right, line_y, "bar"))
    parts.append(line(line_x, plane.top, line_x, bottom, "bar"))
    # data-plane and data-veil: by these the page's script knows where scores lie and what to hide while zoomed.
    parts.append(rect(plane.left, plane.top, plane.width, plane.height, paint(stroke="rule"), ' data-plane=""'))
    for tick in range(0, 101, 20):
        parts.append(text(plane.x(tick), bottom + 13, str(tick), "ink-3", size=10, anchor="middle"))
        parts.append(text(plane.left - 5, plane.y(tick) + 3.5, str(tick), "ink-3", size=10, anchor="end"))
    size = 10 if small else 11
    parts.append(text(right, bottom + 28, "Loyalty, 0–100 →", "ink-2", size=size, weight=500, anchor="end"))
    # beside the other axis' name there is room for the probability or for the word Retention, not for both
    upward = grid.retention_title.rpartition(": ")[2] if small else grid.retention_title
    parts.append(text(plane.left, bottom + 28, f"↑ {upward}", "ink-2", size=size, weight=500))
    return parts


def _calm(points: Sequence[Point], plane: Plane, radius: dict[str, float], *, is_print: bool) -> list[str]:
    """Accounts that did not move, pale; beyond 500 one path per zone, where equal places count once."""
    if len(points) <= SEPARATE_DOTS:
        ordered = sorted(points, key=lambda point: (-radius[point.customer_id], point.customer_id))
        return [
            circle(
                plane.x(p.loyalty), plane.y(p.retention), radius[p.customer_id],
                f'{paint(token(p.mark.zone), "paper")} fill-opacity="0.42" stroke-width="0.6"'
                f'{_hook(p, is_print=is_print)}',
            )
            for p in ordered
        ]  # fmt: skip
    places: dict[Zone | None, set[tuple[int, int]]] = {}
    for point in points:
        spot = (round(plane.x(point.loyalty) / _BIN), round(plane.y(point.retention) / _BIN))
        places.setdefault(point.mark.zone, set()).add(spot)
    parts = []
    for zone in (*Zone, None):
        spots = sorted(places.get(zone, ()))
        if spots:
            shape = "".join(f"M{num(x * _BIN)} {num(y * _BIN)}h0" for x, y in spots)
            dots = ' stroke-width="4" stroke-linecap="round" stroke-opacity="0.42"'
            parts.append(path(shape, paint(stroke=token(zone)), dots))
    return parts


def _tail(point: Point, plane: Plane, radius: float) -> str:
    """A tapered tail from where the account stood last week to its dot."""
    if point.before_loyalty is None or point.before_retention is None:
        return ""
    x0, y0 = plane.x(point.before_loyalty), plane.y(point.before_retention)
    x1, y1 = plane.x(point.loyalty), plane.y(point.retention)
    length = math.hypot(x1 - x0, y1 - y0)
    if length < radius + 2:
        return ""
    side_x, side_y = (y1 - y0) / length * radius * 0.5, (x0 - x1) / length * radius * 0.5
    shape = (
        f"M{num(x0)} {num(y0)}L{num(x1 + side_x)} {num(y1 + side_y)}L{num(x1 - side_x)} {num(y1 - side_y)}Z"
    )  # fmt: skip
    return path(shape, paint(token(point.mark.zone)), ' fill-opacity="0.45"')


def _corners(corners: Sequence[Corner], plane: Plane, *, small: bool) -> tuple[list[str], list[Box]]:
    parts: list[str] = []
    taken: list[Box] = []
    size, note = (12, 10) if small else (13, 11)
    for corner in corners:
        x = plane.left + plane.width - 8 if corner.is_high_loyalty else plane.left + 8
        y = plane.top + 18 if corner.is_high_retention else plane.top + plane.height - 22
        anchor = "end" if corner.is_high_loyalty else "start"
        ink = token(corner.mark.zone, "text")
        parts.append(text(x, y, corner.mark.label, ink, size=size, weight=700, anchor=anchor, halo=True))
        parts.append(text(x, y + 14, corner.text, ink, size=note, weight=500, anchor=anchor, halo=True))
        wide = max(text_width(corner.mark.label, size), text_width(corner.text, note))
        left = x - wide if anchor == "end" else x
        # a veil over the dots beneath: the words are read, the dots still seen
        ground = token(Zone.CRITICAL, "tint") if corner.mark.zone is Zone.CRITICAL else "paper"
        veil = rect(left - 3, y - size, wide + 6, size + 18, paint(ground), ' fill-opacity="0.75" data-veil=""')
        parts.insert(0, veil)
        taken.append((left, y - size, left + wide, y + 18))
    return parts, taken


def _labels(
    movers: Sequence[Point], plane: Plane, radius: dict[str, float], taken: list[Box], *, small: bool
) -> list[str]:
    """At most nine names, ranked by revenue x movement, each in the first free place; none where there is none."""

    def weight(point: Point) -> float:
        moved = math.hypot(
            point.loyalty - (point.before_loyalty or 0.0), point.retention - (point.before_retention or 0.0)
        )
        return (point.revenue or 1.0) * moved

    size = 10.5 if small else 11.0
    busy = list(taken)
    for point in movers:
        x, y, r = plane.x(point.loyalty), plane.y(point.retention), radius[point.customer_id]
        busy.append((x - r, y - r, x + r, y + r))
    parts = []
    for point in sorted(movers, key=lambda p: (-weight(p), p.customer_id))[:LABELS]:
        name = formats.clipped(point.label, 16 if small else 24)
        note = "" if small else point.note
        spot = _free_place(point, name, note, size, plane, radius[point.customer_id], busy)
        if spot is None:
            continue
        x, y, anchor, box, leader = spot
        busy.append(box)
        if leader:
            parts.append(line(*leader, token(point.mark.zone, "text"), width=0.8))
        parts.append(text(x, y, name, "ink", size=size, weight=600, anchor=anchor, halo=True))
        if note:
            ink = token(point.mark.zone, "text")
            parts.append(text(x, y + 12, note, ink, size=10, weight=500, anchor=anchor, halo=True))
    return parts


def _free_place(
    point: Point, name: str, note: str, size: float, plane: Plane, radius: float, busy: Sequence[Box]
) -> tuple[float, float, str, Box, tuple[float, float, float, float] | None] | None:
    px, py = plane.x(point.loyalty), plane.y(point.retention)
    wide = max(text_width(name, size), text_width(note, 10)) + 2
    tall = size + (12 if note else 0)
    for reach in (radius + 5, radius + 18, radius + 32, radius + 48, radius + 66):
        for degrees in (0, 180, 90, 270, 45, 135, 225, 315):
            angle = math.radians(degrees)
            x, y = px + math.cos(angle) * reach, py + math.sin(angle) * reach
            anchor = "start" if math.cos(angle) > 0.3 else "end" if math.cos(angle) < -0.3 else "middle"
            left = x if anchor == "start" else x - wide if anchor == "end" else x - wide / 2
            top = y - tall / 2 if abs(math.sin(angle)) < 0.3 else y - tall if math.sin(angle) < 0 else y
            box = (left - 2, top - 1, left + wide + 2, top + tall + 2)
            inside = (
                box[0] >= plane.left + 1 and box[2] <= plane.left + plane.width - 1
                and box[1] >= plane.top + 1 and box[3] <= plane.top + plane.height - 1
            )  # fmt: skip
            if inside and not any(_overlap(box, other) for other in busy):
                leader = None
                if reach > radius + 6:
                    edge = (px + math.cos(angle) * (radius + 1), py + math.sin(angle) * (radius + 1))
                    leader = (edge[0], edge[1], px + math.cos(angle) * (reach - 2), py + math.sin(angle) * (reach - 2))
                return x, top + size - 1.5, anchor, box, leader
    return None


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _size_key(plane: Plane, largest: float, top_radius: float, taken: Sequence[Box]) -> tuple[list[str], Box]:
    """Circles that say what an area means, at the foot of the grid beside the names of its corners."""
    step = 10 ** math.floor(math.log10(largest))
    left, foot = plane.left + plane.width * 0.5 + 16, plane.top + plane.height - 18
    full, short = [step / 10, step / 2, step], [step / 10, step]
    # two circles where three have no room; above the corners' names where even two have none
    for values, y in ((full, foot), (short, foot), (short, foot - 34)):
        parts, box = _key_row(values, left, y, largest, top_radius)
        if not any(_overlap(box, other) for other in taken):
            break
    return parts, box


def _key_row(values: Sequence[float], left: float, y: float, largest: float, top: float) -> tuple[list[str], Box]:
    parts: list[str] = []
    x = left
    for value in values:
        r = _radius(value, largest, top)
        words = formats.money(value, "").strip()
        parts.append(circle(x + r, y, r, paint(stroke="ink-3"), ' stroke-width="0.8"'))
        parts.append(text(x + 2 * r + 3, y + 3.5, words, "ink-3", size=10, halo=True))
        x += 2 * r + text_width(words, 10) + 14
    parts.append(text(x - 8, y + 3.5, "a year", "ink-3", size=10, halo=True))
    return parts, (left, y - top, x + text_width("a year", 10), y + top)


def trail_svg(
    trail: Sequence[Point],
    *,
    loyalty_line: float,
    retention_line: float,
    finding: str,
    has_critical_corner: bool = True,
    axes: tuple[str, str] = ("loyalty →", "↑ retention"),
    width: float = 170,
    height: float = 116,
) -> Markup:
    """The small grid of an account page: the last 13 weeks as a path, this week as a dot."""
    plane = Plane(6, 4, width - 12, height - 24)
    line_x, line_y = plane.x(loyalty_line), plane.y(retention_line)
    right, bottom = plane.left + plane.width, plane.top + plane.height
    parts = []
    if has_critical_corner:
        tint = paint(token(Zone.CRITICAL, "tint"))
        parts.append(rect(plane.left, line_y, line_x - plane.left, bottom - line_y, tint))
    parts += [line(plane.left, line_y, right, line_y, "bar"), line(line_x, plane.top, line_x, bottom, "bar")]
    parts.append(rect(plane.left, plane.top, plane.width, plane.height, paint(stroke="rule")))
    if trail:
        spots = [(plane.x(point.loyalty), plane.y(point.retention)) for point in trail]
        shape = "M" + "L".join(f"{num(x)} {num(y)}" for x, y in spots)
        if len(spots) > 1:
            parts.append(path(shape, paint(stroke="ink-2"), ' stroke-width="1.3" stroke-linejoin="round"'))
            parts.append(circle(*spots[0], 2.4, paint("ink-2")))
        x, y = spots[-1]
        mark = f'{paint(token(trail[-1].mark.zone), "paper")} stroke-width="1.2"'
        parts.append(circle(x, y, 4.5, mark))
        near_right = x > plane.left + plane.width * 0.66
        parts.append(
            text(x - 7 if near_right else x + 7, y + 4, trail[-1].label[-3:], token(trail[-1].mark.zone, "text"),
                 size=10, weight=700, anchor="end" if near_right else "start", halo=True)
        )  # fmt: skip
    parts.append(text(right, height - 5, axes[0], "ink-3", size=10, anchor="end"))
    parts.append(text(plane.left, height - 5, axes[1], "ink-3", size=10))
    return drawing(width, height, parts, label=finding)
