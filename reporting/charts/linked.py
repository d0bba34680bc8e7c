"""Pictures of links: means over a measure with the adjusted slope and the knot, and all links side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reporting import formats
from reporting.charts.svg import circle, drawing, line, paint, rect, text, text_width

_LEFT, _FOOT = 44.0, 34.0
_ROW = 22.0


@dataclass(frozen=True, slots=True)
class Cells:
    """A link to draw. `cells`: x, mean of y, low and high of its interval, rows; slope per unit of the drawn x axis
    (of log2 x where `is_log`); knot with its interval, None without.
    """

    x_name: str
    y_name: str
    cells: tuple[tuple[float, float, float, float, int], ...]
    slope: float
    knot: tuple[float, float, float] | None
    is_log: bool
    finding: str


@dataclass(frozen=True, slots=True)
class Correlation:
    """One link of the overview."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    is_proven: bool
    verdict: str


def cells_svg(link: Cells, *, width: float = 335, height: float = 190) -> Markup:
    """Dots are means with their 95 % interval, the line has the adjusted slope, the dashed line is the knot.

    The grey strip is where the knot may lie.
    """
    if len(link.cells) < 2:
        return drawing(width, 30, [text(0, 18, "Too few cells of five accounts to draw.", "ink-3")], label=link.finding)

    def scaled(value: float) -> float:
        return math.log2(value) if link.is_log else value

    xs = [scaled(cell[0]) for cell in link.cells]
    weight = sum(cell[4] for cell in link.cells)
    middle = sum(x * cell[4] for x, cell in zip(xs, link.cells, strict=True)) / weight
    level = sum(cell[1] * cell[4] for cell in link.cells) / weight
    ends = [(x, level + link.slope * (x - middle)) for x in (min(xs), max(xs))]
    lowest = min(*(cell[2] for cell in link.cells), *(end[1] for end in ends))
    highest = max(*(cell[3] for cell in link.cells), *(end[1] for end in ends))
    room, tall = (max(xs) - min(xs)) or 1.0, (highest - lowest) or 1.0

    def at(x: float) -> float:
        return _LEFT + 8 + (x - min(xs)) / room * (width - _LEFT - 20)

    def up(y: float) -> float:
        return 18 + (highest - y) / tall * (height - _FOOT - 24)

    base = height - _FOOT
    parts: list[str] = []
    if link.knot is not None and min(xs) <= scaled(link.knot[0]) <= max(xs):
        knot, low, high = (at(min(max(scaled(value), min(xs)), max(xs))) for value in link.knot)
        parts.append(rect(low, 14, high - low, base - 14, paint("noise")))
        parts.append(line(knot, 14, knot, base, "ink-2", dash="4 3"))
        said = f"knot {_short(link.knot[0])}"
        is_right = knot + text_width(said, 10) + 4 > width
        parts.append(
            text(knot - 4 if is_right else knot + 4, 24, said, "ink-2", size=10, anchor="end" if is_right else "start")
        )
    parts.append(line(_LEFT, base, width, base, "rule"))
    parts.append(line(at(ends[0][0]), up(ends[0][1]), at(ends[1][0]), up(ends[1][1]), "link", width=1.6))
    for x, (_, y, low, high, _) in zip(xs, link.cells, strict=True):
        parts.append(line(at(x), up(low), at(x), up(high), "ink-3", width=1.3))
        parts.append(circle(at(x), up(y), 3.6, paint("ink", "paper")))
    parts += [
        text(_LEFT - 6, up(value) + 4, _short(value), "ink-3", size=10, anchor="end") for value in (lowest, highest)
    ]
    parts.append(text(at(min(xs)), base + 13, _short(link.cells[0][0]), "ink-3", size=10, anchor="middle"))
    parts.append(text(at(max(xs)), base + 13, _short(link.cells[-1][0]), "ink-3", size=10, anchor="middle"))
    parts.append(text(0, 10, formats.clipped(link.y_name, 58), "ink-2", size=10.5))
    parts.append(text(width, height - 5, f"{formats.clipped(link.x_name, 54)} →", "ink-2", size=10.5, anchor="end"))
    return drawing(width, height, parts, label=link.finding)


def correlations_svg(links: Sequence[Correlation], *, finding: str, width: float = 698) -> Markup:
    """Every declared link at the lag that speaks for it; full dots are proven, hollow ones are not."""
    names, left, right = 320.0, 340.0, width - 120

    def x(r: float) -> float:
        return left + (right - left) * (r + 1) / 2

    tall = _ROW * len(links)
    parts = [line(x(mark), 0, x(mark), tall, "bar" if mark == 0 else "rule") for mark in (-1, -0.5, 0, 0.5, 1)]
    for row, each in enumerate(links):
        y = _ROW * row + _ROW / 2
        parts.append(text(names, y + 4, formats.clipped(each.name, 56), "ink-2", anchor="end"))
        if each.value is None or each.low is None or each.high is None:
            parts.append(text(x(0) + 6, y + 4, "not measured", "ink-3", size=10))
        else:
            parts.append(line(x(each.low), y, x(each.high), y, "ink-3", width=1.4))
            dot = paint("ink" if each.is_proven else "paper", "ink")
            parts.append(circle(x(each.value), y, 4.5, dot, ' stroke-width="1.4"'))
        ink = "zone-very-loyal-text" if each.is_proven else "ink-3"
        parts.append(text(right + 12, y + 4, each.verdict, ink, weight=600 if each.is_proven else 400))
    parts += [
        text(x(mark), tall + 13, formats.signed(mark, 1) if mark else "0", "ink-3", size=10, anchor="middle")
        for mark in (-1, -0.5, 0, 0.5, 1)
    ]
    return drawing(width, tall + 18, parts, label=finding)


def _short(value: float) -> str:
    """Three significant digits."""
    told = float(f"{value:.3g}") if abs(value) < 90 else round(value, 2)
    return f"{told:,g}".replace("-", formats.MINUS)
