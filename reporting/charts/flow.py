"""Customers between zones over the weeks, the transition matrix as a picture, and drivers as dots with whiskers.

Colour never speaks alone: zones bear their letter, better and worse their arrow, what is not proven is hollow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from contracts.words import Zone
from reporting import formats
from reporting.charts.grid import token
from reporting.charts.svg import circle, drawing, line, num, paint, path, rect, text, text_width
from reporting.ground import GOOD_TO_BAD
from reporting.models.insight import DriverLine
from reporting.models.picture import Flow, Matrix
from reporting.theme import theme

_BAR = 9.0
_LEAST_WORDS = 11.0
_THINNEST = 2.0
_HALF = 50.0
_ROOMY = 480
_ARROWS = {"better": "▲", "worse": "▼", "stayed": "", "other": "", "total": ""}


def flow_svg(flow: Flow, *, width: float = 698, height: float = 230) -> Markup:
    """A bar per week, cut by zone, and ribbons between weeks for those who changed zone; who stayed is pale.

    Ribbons are drawn from the zone left to the zone entered, in the colour of the zone entered.
    """
    left, right, top, foot = 20.0, width - 116, 6.0, height - 34
    most = max((sum(each.values()) for each in flow.counts), default=0)
    if not most:
        return drawing(width, 30, [text(0, 18, "No customer has a zone yet.", "ink-3")], label=flow.finding)
    step = (right - left - _BAR) / max(len(flow.weeks) - 1, 1)
    per_customer = (foot - top) / most
    at = [left + step * week for week in range(len(flow.weeks))]
    starts = [_starts(counts, foot, per_customer) for counts in flow.counts]
    parts: list[str] = []
    for week, moves in enumerate(flow.moves):
        parts += _ribbons(moves, at[week] + _BAR, at[week + 1], starts[week], starts[week + 1], per_customer)
    for week, counts in enumerate(flow.counts):
        for zone in GOOD_TO_BAD:
            if counts[zone]:
                tall = counts[zone] * per_customer
                look = f'{paint(token(zone), "paper")} stroke-width="0.6"'
                parts.append(rect(at[week], starts[week][zone] - tall, _BAR, tall, look))
    parts += _zone_names(flow.counts[-1], starts[-1], per_customer, at[-1] + _BAR + 7, top, foot)
    free = left
    for week, name in enumerate(flow.weeks):
        wide = text_width(name[-3:], 10)
        if at[week] >= free and (week == len(flow.weeks) - 1 or at[week] + wide + 6 <= at[-1]):
            parts.append(text(at[week], height - 19, name[-3:], "ink-3", size=10))
            critical = formats.number(flow.counts[week][Zone.CRITICAL])
            parts.append(text(at[week], height - 5, critical, token(Zone.CRITICAL, "text"), size=10.5, weight=600))
            free = at[week] + wide + 6
    parts.append(text(at[-1] + wide + 8, height - 5, "in Critical", token(Zone.CRITICAL, "text"), size=10))
    return drawing(width, height, parts, label=flow.finding)


def _starts(counts: Mapping[Zone, int], foot: float, per_customer: float) -> dict[Zone, float]:
    """The lower edge of each zone in a bar; Critical stands at the foot."""
    found: dict[Zone, float] = {}
    y = foot
    for zone in reversed(GOOD_TO_BAD):
        found[zone] = y
        y -= counts[zone] * per_customer
    return found


def _ribbons(
    moves: Mapping[tuple[Zone, Zone], int],
    x0: float,
    x1: float,
    leave: Mapping[Zone, float],
    enter: Mapping[Zone, float],
    per_customer: float,
) -> list[str]:
    out, into = dict(leave), dict(enter)
    parts: list[tuple[bool, str]] = []
    middle = (x0 + x1) / 2
    for source in reversed(GOOD_TO_BAD):
        for target in reversed(GOOD_TO_BAD):
            count = moves.get((source, target), 0)
            if not count:
                continue
            y0, y1 = out[source], into[target]
            out[source], into[target] = y0 - count * per_customer, y1 - count * per_customer
            tall = max(count * per_customer, _THINNEST)
            shape = (
                f"M{num(x0)} {num(y0)}C{num(middle)} {num(y0)} {num(middle)} {num(y1)} {num(x1)} {num(y1)}"
                f"v{num(-tall)}C{num(middle)} {num(y1 - tall)} {num(middle)} {num(y0 - tall)}"
                f" {num(x0)} {num(y0 - tall)}Z"
            )
            ink, opacity = ("noise", "0.45") if source is target else (token(target), "0.6")
            parts.append((source is target, path(shape, paint(ink), f' fill-opacity="{opacity}"')))
    return [drawn for _, drawn in sorted(parts, key=lambda part: not part[0])]  # movers over those who stayed


def _zone_names(
    counts: Mapping[Zone, int], starts: Mapping[Zone, float], per_customer: float, x: float, top: float, foot: float
) -> list[str]:
    """Names beside the last bar, pushed apart until none covers another."""
    places = [(starts[zone] - counts[zone] * per_customer / 2, zone) for zone in reversed(GOOD_TO_BAD) if counts[zone]]
    set_at: list[tuple[float, Zone]] = []
    lowest = foot
    for middle, zone in places:
        y = min(middle + 4, lowest)
        set_at.append((y, zone))
        lowest = y - _LEAST_WORDS - 1
    if set_at and set_at[-1][0] < top + _LEAST_WORDS:  # too many at the foot: stand them from the top down
        set_at = [(top + _LEAST_WORDS * 1.1 * (len(set_at) - n), zone) for n, (_, zone) in enumerate(set_at)]
    return [
        text(x, y, f"{theme().zone(zone).letter} {_name(zone)} {formats.number(counts[zone])}",
             token(zone, "text"), size=10.5, weight=600)
        for y, zone in set_at
    ]  # fmt: skip


def _name(zone: Zone) -> str:
    return zone.value.replace("_", " ").title()


def matrix_svg(matrix: Matrix, *, width: float = 420) -> Markup:
    """Rows last week, columns this week; the area of a square is its count, its arrow says better or worse."""
    label, row = 128.0, 46.0
    cell = (width - label) / len(matrix.columns)
    largest = max((each.count for line_ in matrix.rows for each in line_.cells), default=0) or 1
    parts = [
        text(label + cell * (at + 0.5), 14, mark.letter, token(mark.zone, "text"), size=11, weight=700, anchor="middle")
        for at, mark in enumerate(matrix.columns)
    ]
    for down, each in enumerate(matrix.rows):
        y = 22 + row * down
        parts.append(line(0, y, width, y, "rule"))
        parts.append(text(0, y + row / 2 + 4, f"{each.mark.letter} {each.mark.label}", "ink", size=11, weight=500))
        for at, found in enumerate(each.cells):
            if not found.count:
                continue
            side = max(3.0, (min(row, cell) - 16) * (found.count / largest) ** 0.5)
            x = label + cell * (at + 0.5)
            ink = {"worse": "zone-critical", "better": "zone-very-loyal"}.get(found.kind, "bar")
            # in two halves: the square to the left, its figure to the right
            parts.append(rect(x - side / 2 - 10, y + (row - side) / 2, side, side, paint(ink)))
            words = f"{found.text}{_ARROWS[found.kind]}"
            parts.append(text(x - 10 + side / 2 + 4, y + row / 2 + 4, words, "ink", size=11, weight=600))
    return drawing(width, 22 + row * len(matrix.rows) + 4, parts, label=f"{matrix.finding}.")


def whiskers_svg(drivers: Sequence[DriverLine], *, finding: str, width: float = 560) -> Markup:
    """Share of what is explained with its 95 % interval, and beside it how each goes now, 0 to 100.

    Full dots are proven, hollow ones are not; an interval that reaches zero is seen to reach it. What goes below 50 is
    red and bold. A narrow picture has figures instead of bars.
    """
    names = min(width * 0.4, 210)
    bars = width - (84 if width >= _ROOMY else 30)
    left, right, row, top = names + 14, bars - 52, 22.0, 18.0
    ends = [end for each in drivers for end in (each.low, each.high, each.share) if end is not None]
    low, high = min([0.0, *ends]), max([0.01, *ends])

    def x(share: float) -> float:
        return left + (right - left) * (share - low) / (high - low)

    tall = top + row * len(drivers)
    parts = [
        text(left, 10, "Share of what is explained", "ink-3", size=10),
        text(width, 10, "Now, 0–100" if width >= _ROOMY else "Now", "ink-3", size=10, anchor="end"),
        line(x(0), top, x(0), tall, "bar"),
    ]
    keep = max(8, int(names / 5.6))
    for at, each in enumerate(drivers):
        y = top + row * at + row / 2
        parts.append(text(names, y + 4, formats.clipped(each.name, keep), "ink-2", anchor="end"))
        if each.share is None:
            parts.append(text(x(0) + 6, y + 4, "not measured", "ink-3", size=10))
            continue
        if each.low is not None and each.high is not None:
            parts.append(line(x(each.low), y, x(each.high), y, "ink-3", width=1.4))
            parts += [line(x(end), y - 4, x(end), y + 4, "ink-3", width=1.4) for end in (each.low, each.high)]
        dot = paint("ink" if each.is_proven else "paper", "ink")
        parts.append(circle(x(each.share), y, 4.5, dot, ' stroke-width="1.4"'))
        parts.append(text(right + 8, y + 4, formats.percent(each.share), "ink", size=11, weight=600))
        if each.performance is not None:
            is_low = each.performance < _HALF
            if width >= _ROOMY:
                long = (width - bars - 24) * each.performance / 100
                parts.append(rect(bars, y - 5, width - bars - 24, 10, paint("track")))
                parts.append(rect(bars, y - 5, long, 10, paint("zone-critical" if is_low else "bar")))
            ink = "zone-critical-text" if is_low else "ink"
            parts.append(text(width, y + 4, each.performance_text, ink, weight=700 if is_low else 400, anchor="end"))
    parts.append(text(x(0), tall + 11, "0", "ink-3", size=10, anchor="middle"))
    parts.append(text(right, tall + 11, "● proven  ○ not proven", "ink-3", size=10, anchor="end"))
    return drawing(width, tall + 16, parts, label=finding)
