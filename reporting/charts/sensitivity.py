"""Drawings of the experts' report: curves as a line moves, back-test, map of both lines, figures now and proposed.

Now is a filled dot on a full line, proposed a hollow dot on a dashed one, least cost a filled dot in the colour of
Critical on a dotted one: the three differ without colour too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from markupsafe import Markup

from reporting import formats
from reporting.charts.grid import token
from reporting.charts.svg import circle, drawing, line, num, paint, path, rect, text, text_width
from reporting.sme.models import Curve, Dumbbells, LineCurves, LineMap, OutcomeCurves, SignalLine, ZoneCurve

_GAP = 32.0
Scale = Callable[[float], float]


def curves_svg(curves: LineCurves, *, width: float = 698, tall: float = 66.0) -> Markup:
    """Four zones side by side, accounts above revenue, as one line moves; each panel so tall."""
    wide = (width - 3 * _GAP - 4) / 4
    parts: list[str] = []
    for column, curve in enumerate(curves.zones):
        left = column * (wide + _GAP) + 2
        parts.append(text(left - 2, 12, curve.zone.label, token(curve.zone, "text"), size=12, weight=700))
        accounts = (curve.customers, "accounts", formats.number)
        unit, divisor = _money_unit(curve.revenue, curves.currency)
        revenue = (tuple(v / divisor for v in curve.revenue), f"{unit} a year", _short)
        for row, (values, name, said) in enumerate((accounts, revenue)):
            top = 40.0 + row * (tall + 44)
            parts.append(text(left - 2, top - 8, name, "ink-3", size=10))
            parts += _panel(curves, curve, values, (left, top, wide, tall), said)
    return drawing(width, 2 * (tall + 44) + 26, parts, label=curves.finding)


def _money_unit(revenue: Sequence[float], currency: str) -> tuple[str, float]:
    return (f"{currency} M", 1e6) if max(revenue, default=0.0) >= 1e6 else (f"{currency} k", 1e3)


def _short(value: float) -> str:
    return formats.number(value, 1 if abs(value) < 100 else 0)


def _panel(
    curves: LineCurves,
    curve: ZoneCurve,
    values: Sequence[float],
    place: tuple[float, float, float, float],
    said: Callable[[float], str],
) -> list[str]:
    left, top, wide, tall = place
    first, last = curves.lines[0], curves.lines[-1]
    foot, most = top + 12 + tall, max(*values, 1e-9)

    def x(at: float) -> float:
        return left + (at - first) / (last - first) * wide

    def y(value: float) -> float:
        return foot - value / most * tall * 0.86

    shape = _stairs(curves.lines, values, x, y)
    mark = token(curve.zone)
    parts = [
        rect(x(max(first, curves.now - curves.band)), top + 8, _between(x, curves), foot - top - 8, paint("noise")),
        path(f"{shape}V{num(foot)}H{num(left)}Z", paint(mark), ' fill-opacity="0.14"'),
        path(shape, paint(stroke=mark), ' stroke-width="1.8" stroke-linejoin="round"'),
        line(left, foot, left + wide, foot, "bar"),
    ]
    now, after = values[curves.lines.index(curves.now)], None
    parts += [line(x(curves.now), foot, x(curves.now), y(now), "ink"), circle(x(curves.now), y(now), 3.2, paint("ink"))]
    if curves.proposed is not None:
        at, after = x(curves.proposed), values[curves.lines.index(curves.proposed)]
        parts.append(line(at, foot, at, y(after), "ink", dash="2 2"))
        parts.append(circle(at, y(after), 3.2, paint("paper", "ink"), ' stroke-width="1.3"'))
    parts += _labels(curves, values, x, y, said, after)
    ticks = ((left, "start", first), (x(curves.now), "middle", curves.now), (left + wide, "end", last))
    parts += [text(at, foot + 12, _short_line(value), "ink-3", size=10, anchor=end) for at, end, value in ticks]
    return parts


def _short_line(value: float) -> str:
    return formats.number(value, 0 if abs(value - formats.rounded(value)) < 0.05 else 1)


def _between(x: Scale, curves: LineCurves) -> float:
    low, high = max(curves.lines[0], curves.now - curves.band), min(curves.lines[-1], curves.now + curves.band)
    return x(high) - x(low)


def _stairs(lines: Sequence[float], values: Sequence[float], x: Scale, y: Scale) -> str:
    """Every value holds from half a step before its line to half a step after it."""
    edges = [lines[0], *((a + b) / 2 for a, b in pairwise(lines)), lines[-1]]
    shape = f"M{num(x(edges[0]))} {num(y(values[0]))}"
    for at, value in zip(edges[:-1], values, strict=True):
        shape += f"H{num(x(at))}V{num(y(value))}"
    return f"{shape}H{num(x(edges[-1]))}"


def _labels(
    curves: LineCurves,
    values: Sequence[float],
    x: Scale,
    y: Scale,
    said: Callable[[float], str],
    after: float | None,
) -> list[str]:
    """The figure now, the proposed one on its side, and those of both ends where they do not meet the others."""
    now = values[curves.lines.index(curves.now)]
    at, high = x(curves.now), min(y(now), y(after) if after is not None else y(now)) - 7
    is_left = curves.proposed is None or curves.proposed > curves.now
    shift, anchor = (-4, "end") if is_left else (4, "start")
    parts = [text(at + shift, high, said(now), "ink", size=10.5, weight=700, anchor=anchor, halo=True)]
    taken = [
        at - 4 - text_width(said(now), 10.5) if is_left else at,
        at if is_left else at + 4 + text_width(said(now), 10.5),
    ]
    if curves.proposed is not None and after is not None:
        there, other = x(curves.proposed), "start" if is_left else "end"
        parts.append(
            text(
                there + (4 if is_left else -4), high, said(after), "ink", size=10.5, weight=500, anchor=other, halo=True
            )
        )
        wide = text_width(said(after), 10.5)
        taken += [there - 4 - wide, there + 4 + wide]
    ends = ((x(curves.lines[0]), "start", values[0], 1), (x(curves.lines[-1]), "end", values[-1], -1))
    for edge, side, value, way in ends:
        reach = edge + way * (text_width(said(value), 10) + 4)
        if (way > 0 and reach < min(taken)) or (way < 0 and reach > max(taken)):
            parts.append(text(edge, y(value) - 6, said(value), "ink-3", size=10, anchor=side, halo=True))
    return parts


# --- back-test ------------------------------------------------------------------------------------

_MEASURE = 64.0


def outcome_svg(one: OutcomeCurves, *, width: float = 330) -> Markup:
    """Recall, precision and lift along the positions of a line, with their intervals as bands."""
    left, right = 2.0, width - 62
    first, last = one.lines[0], one.lines[-1]

    def x(at: float) -> float:
        return left + (at - first) / (last - first) * (right - left)

    top, foot = 30.0, 30.0 + len(one.curves) * _MEASURE
    parts = []
    marks = [("now", one.now, "ink", ""), ("proposed", one.proposed, "ink", "2 2")]
    marks.append(("lowest cost", one.cheapest, "zone-critical", "1 2"))
    shown = [(name, at, ink, dash) for name, at, ink, dash in marks if at is not None]
    shown = [m for m in shown if m[0] == "now" or m[1] != one.now]
    free = [-1e9, -1e9]
    for name, at, ink, dash in sorted(shown, key=lambda mark: mark[1]):
        parts.append(line(x(at), top - 8, x(at), foot, ink, dash=dash))
        said = f"{name} {_short_line(at)}"
        wide = text_width(said, 10)
        start = min(max(x(at) - wide / 2, 0), right - wide + 40)
        row = 0 if start > free[0] + 4 else 1
        free[row] = start + wide
        ink_text = "zone-critical-text" if ink == "zone-critical" else ink
        parts.append(text(start, 9 + 11 * row, said, ink_text, size=10, weight=600, halo=True))
    for number, curve in enumerate(one.curves):
        parts += _measure(one, curve, [(at, ink) for _, at, ink, _ in shown], x, top + number * _MEASURE, right)
    ticks = ((left, "start", first), (x((first + last) / 2), "middle", (first + last) / 2), (right, "end", last))
    parts += [text(at, foot + 13, _short_line(value), "ink-3", size=10, anchor=end) for at, end, value in ticks]
    parts.append(text(right + 8, foot + 13, "line", "ink-3", size=10))
    return drawing(width, foot + 18, parts, label=one.finding)


def _measure(
    one: OutcomeCurves, curve: Curve, marks: Sequence[tuple[float, str]], x: Scale, top: float, right: float
) -> list[str]:
    foot = top + _MEASURE - 8
    known = [value for value in (*curve.values, *curve.high) if value is not None]
    most = max(known, default=1.0) or 1.0

    def y(value: float) -> float:
        return foot - value / most * (_MEASURE - 26)

    parts = [
        line(x(one.lines[0]), foot, right, foot, "rule"),
        text(right + 8, foot - 14, curve.name, "ink", size=11, weight=600),
    ]
    if not known:
        return [*parts, text(x(one.lines[0]), foot - 4, "nobody flagged", "ink-3", size=10)]
    for run in _runs(one.lines, curve):
        upper = "".join(
            f"{'M' if n == 0 else 'L'}{num(x(at))} {num(y(high))}" for n, (at, _, _, high) in enumerate(run)
        )
        lower = "".join(f"L{num(x(at))} {num(y(low))}" for at, _, low, _ in reversed(run))
        parts.append(path(f"{upper}{lower}Z", paint("noise")))
        middle = "".join(f"{'M' if n == 0 else 'L'}{num(x(at))} {num(y(v))}" for n, (at, v, _, _) in enumerate(run))
        parts.append(path(middle, paint(stroke="ink-2"), ' stroke-width="1.6" stroke-linejoin="round"'))
    by_line = dict(zip(one.lines, zip(curve.values, curve.texts, strict=True), strict=True))
    free = -1e9
    for at, ink in sorted(marks, key=lambda mark: mark[0]):
        value, said = by_line[at]
        if value is None:
            continue
        hollow = at == one.proposed
        look = paint("paper", "ink") if hollow else paint(ink)
        parts.append(circle(x(at), y(value), 3.2, look, ' stroke-width="1.3"' if hollow else ""))
        wide = text_width(said, 10.5)
        if x(at) - 5 - wide > free:
            ink_text = "zone-critical-text" if ink == "zone-critical" else ink
            parts.append(text(x(at) - 5, y(value) - 5, said, ink_text, size=10.5, weight=700, anchor="end", halo=True))
        free = x(at) + 4
    return parts


def _runs(lines: Sequence[float], curve: Curve) -> list[list[tuple[float, float, float, float]]]:
    """Stretches of neighbouring positions that have a value."""
    runs: list[list[tuple[float, float, float, float]]] = [[]]
    for at, value, low, high in zip(lines, curve.values, curve.low, curve.high, strict=True):
        if value is None or low is None or high is None:
            runs.append([])
        else:
            runs[-1].append((at, value, low, high))
    return [run for run in runs if len(run) > 1]


# --- now and proposed -----------------------------------------------------------------------------


def dumbbells_svg(figures: Dumbbells, *, width: float = 330) -> Markup:
    """A row per label: a filled dot now, a hollow one as proposed, their figures outside of both."""
    notes = max((text_width(row.note, 10) for row in figures.rows), default=0.0)
    left = min(max((text_width(row.label, 11) for row in figures.rows), default=0.0) + 34, width * 0.5)
    right = width - (notes + 34 if notes else 34)
    most = max((v for row in figures.rows for v in (row.now, row.after or 0.0)), default=0.0) or 1.0
    parts: list[str] = []
    for number, row in enumerate(figures.rows):
        y = 14.0 + number * 20
        now = left + row.now / most * (right - left)
        parts.append(text(0, y + 4, _fitted(row.label, left - 30), "ink", weight=500))
        parts.append(line(left, y, right, y, "rule"))
        if row.after is None:
            parts.append(circle(now, y, 4, paint("ink")))
            parts.append(text(now + 9, y + 4, row.now_text, "ink", size=11, weight=700, halo=True))
        else:
            after = left + row.after / most * (right - left)
            if abs(after - now) > 1:
                parts.append(line(now, y, after, y, "bar", width=4))
            parts.append(circle(now, y, 4, paint("ink")))
            parts.append(circle(after, y, 4, paint("paper", "ink"), ' stroke-width="1.4"'))
            lower, upper = (now, after) if now <= after else (after, now)
            low, high = (row.now_text, row.after_text) if now <= after else (row.after_text, row.now_text)
            bold = (400, 700) if now <= after else (700, 400)
            parts.append(text(lower - 8, y + 4, low, "ink", size=11, weight=bold[0], anchor="end", halo=True))
            parts.append(text(upper + 8, y + 4, high, "ink", size=11, weight=bold[1], halo=True))
        if row.note:
            parts.append(text(width, y + 4, row.note, "ink-3", size=10, anchor="end"))
    return drawing(width, 14.0 + len(figures.rows) * 20, parts, label=figures.finding)


def _fitted(label: str, wide: float) -> str:
    keep = len(label)
    while keep > 6 and text_width(formats.clipped(label, keep), 11) > wide:
        keep -= 1
    return formats.clipped(label, keep)


# --- both lines -----------------------------------------------------------------------------------

_PALE, _FULL = 0.05, 0.55
"""How much of the colour the emptiest and the fullest cell get; ink stays readable on both, light and dark."""


def map_svg(figure: LineMap, *, width: float = 340) -> Markup:
    """A cell per pair of lines, the darker the more accounts in Critical; high retention lines on top."""
    left, top = 34.0, 6.0
    columns, rows = len(figure.loyalty), len(figure.retention)
    wide = (width - left - 2) / columns
    tall = min(wide, 22.0)
    least = min(count for row in figure.critical for count in row)
    span = max(count for row in figure.critical for count in row) - least or 1
    parts: list[str] = []
    for r, counts in enumerate(reversed(figure.critical)):
        y = top + r * tall
        for c, count in enumerate(counts):
            share = _PALE + (_FULL - _PALE) * (count - least) / span
            parts.append(
                rect(
                    left + c * wide,
                    y,
                    wide - 1,
                    tall - 1,
                    paint("zone-critical"),
                    f' fill-opacity="{share:.2f}"',
                )
            )
            parts.append(
                text(left + c * wide + wide / 2, y + tall / 2 + 3.5, str(count), "ink", size=10, anchor="middle")
            )
    for at, dash in ((figure.now, ""), (figure.proposed, "3 2")):
        if at is None:
            continue
        c, r = _nearest(figure.loyalty, at[0]), rows - 1 - _nearest(figure.retention, at[1])
        edge = f' stroke-width="2"{f" stroke-dasharray={chr(34)}{dash}{chr(34)}" if dash else ""}'
        parts.append(rect(left + c * wide - 0.5, top + r * tall - 0.5, wide, tall, paint(stroke="ink"), edge))
    foot = top + rows * tall
    for r in sorted({0, rows // 2, rows - 1}):
        y = top + (rows - 1 - r) * tall + tall / 2 + 3.5
        parts.append(text(left - 5, y, _short_line(figure.retention[r]), "ink-3", size=10, anchor="end"))
    for c in sorted({0, columns // 2, columns - 1}):
        middle = left + c * wide + wide / 2
        parts.append(text(middle, foot + 12, _short_line(figure.loyalty[c]), "ink-3", size=10, anchor="middle"))
    parts.append(text(left, foot + 26, "across: loyalty line; up: retention line", "ink-3", size=10))
    return drawing(width, foot + 32, parts, label=figure.finding)


def _nearest(lines: Sequence[float], wanted: float) -> int:
    return min(range(len(lines)), key=lambda at: abs(lines[at] - wanted))


# --- signals --------------------------------------------------------------------------------------


def signals_svg(rows: Sequence[SignalLine], *, width: float = 698, finding: str) -> Markup:
    """Two bars per signal: its weight nudged (dark), its anchors nudged (light)."""
    left = min(max((text_width(row.name, 11) for row in rows), default=0.0) + 16, width * 0.45)
    right = width - 46
    most = max((v for row in rows for v in (row.by_weight, row.by_anchors)), default=0.0) or 1.0
    parts = [
        rect(left, 2, 9, 9, paint("ink-2")),
        text(left + 14, 10, "weight", "ink-3", size=10),
        rect(left + 70, 2, 9, 9, paint("bar")),
        text(left + 84, 10, "anchors", "ink-3", size=10),
    ]
    for number, row in enumerate(rows):
        y = 20.0 + number * 24
        parts.append(text(left - 8, y + 12, _fitted(row.name, left - 12), "ink", anchor="end"))
        pairs = ((row.by_weight, row.by_weight_text, "ink-2"), (row.by_anchors, row.by_anchors_text, "bar"))
        for place, (value, said, ink) in enumerate(pairs):
            wide = max(value / most * (right - left), 1.0)
            parts.append(rect(left, y + place * 9, wide, 8, paint(ink)))
            parts.append(text(left + wide + 4, y + place * 9 + 7.5, said, "ink-2", size=9.5))
    return drawing(width, 24.0 + len(rows) * 24, parts, label=finding)
