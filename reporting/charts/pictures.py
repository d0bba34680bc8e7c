r"""Charts as pictures: the grid drawn by matplotlib's object interface, for mails (by cid) and for cheap print.

Never pyplot (it keeps every figure), never mathtext (a customer's name may hold `$` or `\\`), fonts from the bundle,
metadata empty: equal views give equal bytes.
"""

from __future__ import annotations

import io
import math
from functools import cache
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager, get_font
from matplotlib.patches import Rectangle

from contracts.words import Zone
from reporting import formats
from reporting.charts.grid import LABELS, grid_svg, token, trail_svg
from reporting.charts.lines import sparkline, timeline_svg, waterfall_svg
from reporting.models.pack import Grid, PackView, Point
from reporting.theme import FONTS, theme

__all__ = ["grid_png", "grid_svg", "sparkline", "timeline_svg", "trail_svg", "waterfall_svg"]


@cache
def _families() -> tuple[str, ...]:
    """The bundled fonts that matplotlib can read."""
    before = {entry.fname for entry in fontManager.ttflist}
    for file in sorted(FONTS.glob("*.ttf")):
        if str(file) not in before:
            fontManager.addfont(str(file))
    known = {entry.name for entry in fontManager.ttflist}
    return tuple(name for name in ("Inter", "Noto Sans Arabic", "Droid Sans Fallback") if name in known)


@cache
def _covered(families: tuple[str, ...]) -> frozenset[int]:
    """The code points that these fonts can draw."""
    found: set[int] = set()
    for family in families:
        found |= set(get_font(fontManager.findfont(family)).get_charmap())
    return frozenset(found)


def _drawable(name: str) -> tuple[str, tuple[str, ...], int]:
    """(what can be drawn of a name, its fonts, its weight): no box for an emoji, DejaVu only where it is needed."""
    bundled = _families()
    if all(ord(letter) in _covered(bundled) for letter in name):
        return name, bundled, 600
    wider = (*bundled, "DejaVu Sans")
    kept = "".join(letter for letter in name if ord(letter) in _covered(wider))
    return " ".join(kept.split()), wider, 400


def _settings() -> Any:
    return {"font.family": list(_families()) or ["DejaVu Sans"], "font.size": 9, "text.parse_math": False}


def grid_png(view: PackView, *, width: float = 7.2, height: float = 4.6, dpi: int = 150) -> bytes:
    """The grid of a pack as PNG; its sentence is `view.grid.finding` (the picture's alternative text)."""
    with rc_context(_settings()):
        figure = Figure(figsize=(width, height), dpi=dpi, facecolor=theme()["paper"])
        axes = figure.add_axes((0.06, 0.09, 0.92, 0.88))
        _ground(axes, view.grid)
        _dots(axes, view.grid)
        _names(axes, view.grid)
        target = io.BytesIO()
        FigureCanvasAgg(figure)
        figure.savefig(target, format="png", dpi=dpi, facecolor=theme()["paper"], metadata={"Software": None})
    return target.getvalue()


def _ground(axes: Any, grid: Grid) -> None:
    look = theme()
    for corner in grid.corners:
        if corner.mark.zone is Zone.CRITICAL:
            x0, x1 = (grid.loyalty_line, 100) if corner.is_high_loyalty else (0, grid.loyalty_line)
            y0, y1 = (grid.retention_line, 100) if corner.is_high_retention else (0, grid.retention_line)
            tint = look[token(Zone.CRITICAL, "tint")]
            axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, facecolor=tint, edgecolor="none", zorder=0))
    band = grid.dead_band
    axes.axhspan(
        grid.retention_line - grid.retention_half,
        grid.retention_line + grid.retention_half,
        color=look["noise"],
        alpha=0.75,
        zorder=1,
        lw=0,
    )
    axes.axvspan(grid.loyalty_line - band, grid.loyalty_line + band, color=look["noise"], alpha=0.75, zorder=1, lw=0)
    axes.axhline(grid.retention_line, color=look["bar"], lw=0.8, zorder=1)
    axes.axvline(grid.loyalty_line, color=look["bar"], lw=0.8, zorder=1)
    axes.set(xlim=(0, 100), ylim=(0, 100), xticks=range(0, 101, 20), yticks=range(0, 101, 20))
    axes.tick_params(length=0, colors=look["ink-3"], labelsize=8)
    for spine in axes.spines.values():
        spine.set_color(look["rule"])
    axes.set_xlabel("Loyalty, 0–100 →", loc="right", color=look["ink-2"], fontsize=8.5, labelpad=1)
    axes.text(0, -7.4, f"↑ {grid.retention_title}", color=look["ink-2"], fontsize=8.5, va="center")
    for corner in grid.corners:
        x, side = (98.8, "right") if corner.is_high_loyalty else (1.2, "left")
        y, up = (98.2, "top") if corner.is_high_retention else (1.8, "bottom")
        ink = look[token(corner.mark.zone, "text")]
        said = f"{corner.mark.label}\n{corner.text}"
        axes.text(x, y, said, color=ink, fontsize=8.5, fontweight=600, ha=side, va=up, zorder=6, linespacing=1.35)


def _size(point: Point, largest: float) -> float:
    """Marker area in square points; area by revenue, as in the SVG."""
    if not point.revenue or largest <= 0:
        return 10.0
    return max(8.0, 260.0 * point.revenue / largest)


def _dots(axes: Any, grid: Grid) -> None:
    look = theme()
    largest = max((point.revenue or 0.0 for point in grid.points), default=0.0)
    calm = [point for point in grid.points if point.before_loyalty is None]
    movers = [point for point in grid.points if point.before_loyalty is not None]
    for chosen, alpha, edge in ((calm, 0.42, 0.4), (movers, 1.0, 0.8)):
        ordered = sorted(chosen, key=lambda point: (-(point.revenue or 0.0), point.customer_id))
        if ordered:
            axes.scatter(
                [point.loyalty for point in ordered],
                [point.retention for point in ordered],
                s=[_size(point, largest) for point in ordered],
                c=[look[token(point.mark.zone)] for point in ordered],
                alpha=alpha, linewidths=edge, edgecolors=look["paper"], zorder=3 if chosen is calm else 5,
            )  # fmt: skip
    for point in movers:
        axes.plot(
            [point.before_loyalty, point.loyalty], [point.before_retention, point.retention],
            color=look[token(point.mark.zone)], alpha=0.45, lw=2.2, solid_capstyle="round", zorder=4,
        )  # fmt: skip


def _names(axes: Any, grid: Grid) -> None:
    """Names of the movers that weigh most, kept apart by their height on the page."""
    look = theme()
    movers = [point for point in grid.points if point.before_loyalty is not None]

    def weight(point: Point) -> float:
        x, y = point.loyalty - (point.before_loyalty or 0.0), point.retention - (point.before_retention or 0.0)
        return (point.revenue or 1.0) * math.hypot(x, y)

    taken: list[tuple[float, float, float]] = []
    for point in sorted(movers, key=lambda p: (-weight(p), p.customer_id))[:LABELS]:
        name, families, boldness = _drawable(formats.clipped(point.label, 24))
        if not name:
            continue
        wide = 1.25 * len(name)
        left = point.loyalty < 60 or point.loyalty + wide > 97
        x = point.loyalty - 1.6 if left else point.loyalty + 1.6
        start = x - wide if left else x
        y = next(
            (
                point.retention + shift
                for shift in (0, 4, -4, 8, -8, 12, -12)
                if 8 < point.retention + shift < 92
                and all(abs(point.retention + shift - b) > 3.6 or start > r or start + wide < f for b, f, r in taken)
            ),
            None,
        )
        if y is None or start < 0:
            continue
        taken.append((y, start, start + wide))
        axes.annotate(
            name, (point.loyalty, point.retention), (x, y), color=look["ink"], fontsize=8,
            fontfamily=list(families), fontweight=boldness,
            ha="right" if left else "left", va="center", zorder=7, annotation_clip=False,
            bbox={"facecolor": look["paper"], "alpha": 0.7, "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip
