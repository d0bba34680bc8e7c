"""Sparkline with its noise band, score waterfall, and the two-year timeline, as SVG."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from contracts.words import Zone
from reporting import formats
from reporting.account.models import Dot, Step, Timeline, Waterfall
from reporting.charts.grid import token
from reporting.charts.svg import circle, drawing, line, num, paint, path, rect, text, text_width
from reporting.languages import PLAIN_ENGLISH, Tongue
from reporting.models.pack import Trend


def sparkline(trend: Trend, *, width: float = 150, height: float = 30) -> Markup:
    """The trend of a tile: grey band = normal noise, one end dot, red only outside noise on the bad side."""
    known = [value for value in trend.values if value is not None]
    edges = [edge for edge in (trend.low, trend.high) if edge is not None]
    low, high = min([*known, *edges]), max([*known, *edges])
    spread = (high - low) or 1.0
    step = (width - 8) / max(len(trend.values) - 1, 1)

    def y(value: float) -> float:
        return 4 + (height - 8) * (high - value) / spread

    parts = []
    if trend.low is not None and trend.high is not None:
        band = max(y(trend.low) - y(trend.high), 1.0)
        parts.append(rect(0, y(trend.high), width, band, paint("noise")))
    shape, pen = "", "M"
    end = (0.0, 0.0)
    for at, value in enumerate(trend.values):
        if value is None:
            pen = "M"
            continue
        end = (2 + at * step, y(value))
        shape += f"{pen}{num(end[0])} {num(end[1])}"
        pen = "L"
    parts.append(path(shape, paint(stroke="ink-2"), ' stroke-width="1.2" stroke-linejoin="round"'))
    parts.append(circle(*end, 2.8, paint("zone-critical" if trend.is_outside else "ink")))
    return drawing(width, height, parts, label=trend.finding)


# --- waterfall ------------------------------------------------------------------------------------

_ROW, _BAR = 27.0, 15.0


def waterfall_svg(fall: Waterfall, *, width: float = 560) -> Markup:
    """From the earlier score through each signal's effect to this week's score; the axis is cut, so ends are dots."""
    label_width = min(width * 0.52, 290)
    left, right = label_width + 34, width - 44
    levels = [fall.start, fall.end, *(step.ends_at for step in fall.steps)]
    low, high = min(levels), max(levels)
    if high - low < 8:
        low, high = (low + high) / 2 - 4, (low + high) / 2 + 4

    def x(score: float) -> float:
        return left + (right - left) * (score - low) / (high - low)

    height = _ROW * (len(fall.steps) + 2) + 8
    parts = []
    if low <= fall.line <= high:
        parts.append(line(x(fall.line), 0, x(fall.line), height - 4, "bar", dash="3 3"))
        near_right = x(fall.line) > width - 90
        parts.append(
            text(x(fall.line) + (-4 if near_right else 4), height - 2, fall.line_label, "ink-3", size=10,
                 anchor="end" if near_right else "start", halo=True)
        )  # fmt: skip
    parts += _end(fall.start_label, fall.start_text, x(fall.start), 0, label_width, "bar", "ink")
    for at, step in enumerate(fall.steps, start=1):
        parts += _bar(step, x, at, label_width)
    zone = fall.mark.zone
    last = len(fall.steps) + 1
    parts += _end(fall.end_label, fall.end_text, x(fall.end), last, label_width, token(zone), token(zone, "text"))
    return drawing(width, height, parts, label=fall.finding)


def _end(label: str, figure: str, at: float, row: int, label_width: float, mark: str, ink: str) -> list[str]:
    y = row * _ROW + 14
    return [
        text(label_width, y + 4, label, "ink", weight=600, anchor="end"),
        line(label_width + 6, y, at - 8, y, "rule") if at - 8 > label_width + 6 else "",
        circle(at, y, 6, paint(mark)),
        text(at + 10, y + 4.5, figure, ink, size=13, weight=700, halo=True),
    ]


def _bar(step: Step, x: object, row: int, label_width: float) -> list[str]:
    place = x if callable(x) else float
    y = row * _ROW + 6
    x0, x1 = place(step.starts_at), place(step.ends_at)
    is_worse = step.direction == "worse"
    mark = "zone-critical" if is_worse else "zone-very-loyal"
    ink = f"{mark}-text"
    left, wide = min(x0, x1), max(abs(x1 - x0), 1.0)
    parts = [line(x0, y - (_ROW - _BAR), x0, y, "bar", width=0.8), rect(left, y, wide, _BAR, paint(mark))]
    lines = _wrapped(step.label, label_width)
    if len(lines) == 1:
        parts.append(text(label_width, y + 11.5, lines[0], "ink-2", anchor="end"))
    else:
        parts.append(text(label_width, y + 6, lines[0], "ink-2", size=10.5, anchor="end"))
        parts.append(text(label_width, y + 17.5, lines[1], "ink-3", size=10, anchor="end"))
    where, anchor = (left - 5, "end") if is_worse else (left + wide + 5, "start")
    parts.append(text(where, y + 11.5, step.text, ink, size=11.5, weight=700, anchor=anchor, halo=True))
    return parts


def _wrapped(label: str, wide: float) -> list[str]:
    """One line when it fits, else the name above its value."""
    if text_width(label, 11) <= wide:
        return [label]
    name, colon, value = label.partition(": ")
    keep = max(12, int(wide / 5.6))
    return [formats.clipped(name, keep), formats.clipped(value, keep)] if colon else [formats.clipped(label, keep)]


def trail_axes(speech: Tongue) -> tuple[str, str]:
    """The names beside the axes of the small grid; the mark keeps the arrow where the picture has its right."""
    if speech.direction == "rtl":
        return f"\u200e{speech.say('loyalty')} →", f"\u200e↑ {speech.say('retention')}"
    return f"{speech.say('loyalty')} →", f"↑ {speech.say('retention')}"


# --- timeline -------------------------------------------------------------------------------------


def timeline_svg(timeline: Timeline, *, width: float = 1100, speech: Tongue = PLAIN_ENGLISH) -> Markup:
    """Lanes under one time axis; an empty lane says so in grey instead of staying blank."""
    left, right = 112.0, width - 8
    step = (right - left) / timeline.weeks

    def x(week: float) -> float:
        return left + week * step

    parts = []
    for at, label in timeline.quarters:
        parts.append(line(x(at), 10, x(at), 166, "rule"))
        if x(at) < right - 30:
            parts.append(text(x(at) + 3, 9, label, "ink-3", size=10))
    parts += _zone_lane(timeline, x, step, speech)
    parts += _ticket_lane(timeline, x, step, right, speech)
    parts.append(_lane_name(92, speech.say("Severity-1 faults")))
    for at in timeline.severe:
        parts.append(rect(x(at) - 1, 83, 2, 12, paint("zone-critical")))
    if timeline.severe_note:
        first = min((at for at in timeline.severe if at >= timeline.weeks - 2), default=timeline.weeks)
        parts.append(
            text(
                x(first) - 6,
                93,
                timeline.severe_note,
                "zone-critical-text",
                size=10,
                weight=600,
                anchor="end",
                halo=True,
            )
        )
    parts += _quiet(timeline.severe, 92, left, speech.say("none in two years"))
    parts += _survey_lane(timeline, x, left, speech)
    parts += _dot_lane(speech.say("Deals"), timeline.deals, 138, x, left, right, speech)
    parts += _dot_lane(speech.say("Installs"), timeline.installs, 160, x, left, right, speech)
    parts.append(text(left, 180, timeline.first_week, "ink-3", size=10))
    parts.append(text(right, 180, timeline.last_week, "ink-3", size=10, anchor="end"))
    return drawing(width, 186, parts, label=timeline.finding)


def _lane_name(y: float, name: str) -> str:
    return text(0, y, name, "ink", weight=500)


def _quiet(lane: Sequence[object], y: float, left: float, words: str) -> list[str]:
    return [] if lane else [text(left + 4, y, words, "ink-3", size=10)]


def _zone_lane(timeline: Timeline, x: object, step: float, speech: Tongue) -> list[str]:
    place = x if callable(x) else float
    parts = [_lane_name(26, speech.say("Zone"))]
    for band in timeline.bands:
        zone, wide = band.mark.zone, (band.end - band.start) * step
        parts.append(rect(place(band.start), 16, max(wide - 1, 1.5), 13, paint(token(zone))))
        if text_width(band.mark.label, 10) + 8 < wide:
            ink = "on-mark" if zone in (Zone.VERY_LOYAL, Zone.CRITICAL, None) else "ink"
            parts.append(text(place(band.start) + 5, 26, band.mark.label, ink, size=10, weight=600))
    parts += _quiet(timeline.bands, 26, place(0), speech.say("not scored yet"))
    return parts


def _ticket_lane(timeline: Timeline, x: object, step: float, right: float, speech: Tongue) -> list[str]:
    place = x if callable(x) else float
    parts = [_lane_name(71, speech.say("Tickets a week"))]
    most = max(timeline.tickets, default=0)
    shape = ""
    for week, count in enumerate(timeline.tickets):
        if count:
            tall = 30 * count / max(most, 4)
            shape += f"M{num(place(week) + 0.6)} 73v{num(-tall)}h{num(step - 1.2)}v{num(tall)}z"
    if shape:
        parts.append(path(shape, paint("bar")))
        peak = len(timeline.tickets) - 1 - list(reversed(timeline.tickets)).index(most)
        parts.append(
            text(min(place(peak) + step / 2, right - 4), 70 - 30 * most / max(most, 4), str(most), "ink",
                 size=10, weight=700, anchor="middle", halo=True)
        )  # fmt: skip
    else:
        parts += _quiet((), 71, place(0), speech.say("none in two years"))
    parts.append(line(place(0), 73, right, 73, "bar"))
    return parts


def _survey_lane(timeline: Timeline, x: object, left: float, speech: Tongue) -> list[str]:
    place = x if callable(x) else float
    parts = [_lane_name(114, timeline.survey_label)]
    kept: list[Dot] = []
    for dot in reversed(timeline.surveys):  # newest first: where two would touch, the newer one is told
        if not kept or place(kept[-1].at) - place(dot.at) >= 18:
            kept.append(dot)
    for dot in reversed(kept):
        bad = dot.direction == "worse"
        look = paint("zone-critical", "zone-critical") if bad else paint("paper", "ink-3")
        ink = "on-mark" if bad else "ink"
        parts.append(circle(place(dot.at), 110, 7.5, look))
        parts.append(text(place(dot.at), 113.7, dot.text, ink, size=9.5, weight=600, anchor="middle"))
    return parts + _quiet(kept, 114, left, speech.say("no answer in two years"))


def _dot_lane(
    name: str, dots: Sequence[Dot], y: float, x: object, left: float, right: float, speech: Tongue
) -> list[str]:
    place = x if callable(x) else float
    parts = [_lane_name(y, name)]
    free = right
    told: list[str] = []
    for dot in reversed(dots):
        at = place(dot.at)
        wide = text_width(dot.text, 10) + 12
        if at > free - 8:
            continue
        if dot.kind == "install":
            told.append(rect(at - 4, y - 8, 8, 8, paint("paper", "ink"), ' stroke-width="1.2"'))
        else:
            fill = {"won": "ink", "lost": "zone-critical"}.get(dot.kind, "paper")
            edge = "zone-critical" if dot.kind == "lost" else "ink"
            shape = f"M{num(at)} {num(y - 9)}l5 5l-5 5l-5 -5z"
            told.append(path(shape, paint(fill, edge), ' stroke-width="1.2"'))
        if at + 8 + wide <= free:
            told.append(text(at + 8, y, dot.text, "ink-2", size=10, halo=True))
        elif at - 8 - wide >= left:
            told.append(text(at - 8, y, dot.text, "ink-2", size=10, anchor="end", halo=True))
            at -= wide + 8
        free = at - 8
    return parts + told + _quiet(dots, y, left, speech.say("none in two years"))
