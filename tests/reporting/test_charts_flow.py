"""Flow between zones, transition matrix, drivers: what adds up, what does not overlap, what needs no colour."""

from __future__ import annotations

import random
import re
from xml.etree import ElementTree as ET

import pytest

from contracts.words import Zone
from reporting.charts.flow import flow_svg, matrix_svg, whiskers_svg
from reporting.charts.grid import grid_svg
from reporting.charts.lines import timeline_svg, waterfall_svg
from reporting.charts.svg import text_width
from reporting.models.insight import DriverLine
from reporting.models.picture import Flow, Matrix
from reporting.sections.long_run import flow_of
from reporting.theme import theme
from tests.factories.account_views import a_waterfall, an_account_view
from tests.factories.views import a_pack_view

ZONES = tuple(Zone)


def a_flow(customers: int = 60, weeks: int = 13, *, seed: int = 3) -> Flow:
    dice = random.Random(seed)
    placed = []
    for customer in range(customers):
        zone = dice.choice(ZONES)
        for week in range(weeks):
            zone = dice.choice(ZONES) if dice.random() < 0.08 else zone
            placed.append((f"C-{customer}", f"2026-W{35 + week}", zone))
    return flow_of(placed, finding="Sixty customers over thirteen weeks.")


def a_matrix() -> Matrix:
    matrix = a_pack_view().matrix
    assert matrix
    return matrix


def a_driver(name: str, share: float | None, low: float | None, high: float | None, *, is_proven: bool) -> DriverLine:
    now = 40.0 if is_proven else None
    return DriverLine(name, share, low, high, "", "", "", is_proven, now, "40" if is_proven else "–", "")


DRIVERS = (
    a_driver("Time to a first answer", 0.41, 0.30, 0.52, is_proven=True),
    a_driver("Tickets re-opened within a month of being closed", 0.2, 0.05, 0.34, is_proven=True),
    a_driver("Late projects", 0.02, -0.04, 0.09, is_proven=False),
    a_driver("Training", None, None, None, is_proven=False),
)


def boxes_of(svg: str) -> list[tuple[float, float, float, float, str]]:
    """Where words stand: left, top, right, bottom; what is drawn twice for its halo counts once."""
    found = {}
    pattern = (
        r'<text x="([-\d.]+)" y="([-\d.]+)" font-size="([\d.]+)" font-weight="\d+" text-anchor="(\w+)"[^>]*>([^<]*)<'
    )
    for x, y, size, anchor, words in re.findall(pattern, svg):
        wide = text_width(words, float(size)) * 0.96
        left = float(x) - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
        top = float(y) - float(size) * 0.74
        found[left, top, words] = (left, top, left + wide, float(y), words)
    return list(found.values())


def overlaps(svg: str) -> list[tuple[str, str]]:
    boxes = boxes_of(svg)
    return [
        (one[4], other[4])
        for at, one in enumerate(boxes)
        for other in boxes[at + 1 :]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]


def test_every_customer_of_two_weeks_is_in_a_ribbon() -> None:
    flow = a_flow()
    assert len(flow.weeks) == 13
    for before, moves, after in zip(flow.counts, flow.moves, flow.counts[1:], strict=False):
        for zone in ZONES:
            assert sum(count for (source, _), count in moves.items() if source is zone) == before[zone]
            assert sum(count for (_, target), count in moves.items() if target is zone) == after[zone]


def test_only_the_last_weeks_are_drawn_and_newcomers_come_from_nowhere() -> None:
    placed = [("C-1", f"2026-W{week}", Zone.NEUTRAL) for week in range(20, 48)]
    flow = flow_of([*placed, ("C-2", "2026-W47", Zone.CRITICAL)], finding="")
    assert (flow.weeks[0], flow.weeks[-1]) == ("2026-W35", "2026-W47")
    assert flow.counts[-1][Zone.CRITICAL] == 1
    assert sum(flow.moves[-1].values()) == 1


@pytest.mark.parametrize(
    "svg",
    [
        pytest.param(str(flow_svg(a_flow())), id="flow"),
        pytest.param(str(flow_svg(a_flow(3, 2))), id="flow of three"),
        pytest.param(str(flow_svg(a_flow(400), width=420, height=150)), id="small flow"),
        pytest.param(str(flow_svg(flow_of([], finding="Nobody yet.")))  , id="no flow"),
        pytest.param(str(matrix_svg(a_matrix())), id="matrix"),
        pytest.param(str(whiskers_svg(DRIVERS, finding="Answers in time explain most.")), id="drivers"),
        pytest.param(str(whiskers_svg(DRIVERS, finding="Same.", width=360)), id="narrow drivers"),
        pytest.param(str(grid_svg(a_pack_view().grid)), id="grid"),
        pytest.param(str(grid_svg(a_pack_view().grid, width=340, height=310)), id="small grid"),
        pytest.param(str(waterfall_svg(a_waterfall())), id="waterfall"),
        pytest.param(str(waterfall_svg(a_waterfall(), width=372)), id="narrow waterfall"),
        pytest.param(str(timeline_svg(an_account_view().timeline)), id="timeline"),
        pytest.param(str(timeline_svg(an_account_view().timeline, width=698)), id="narrow timeline"),
    ],
)  # fmt: skip
def test_no_words_cover_other_words_and_every_picture_says_its_sentence(svg: str) -> None:
    assert overlaps(svg) == []
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert set(re.findall(r'"(#[0-9A-Fa-f]{3,8})"', svg)) <= set(theme().tokens.values())
    wide = float(root.get("width", "0"))
    assert [box for box in boxes_of(svg) if box[0] < -1 or box[2] > wide + 1] == []


def test_without_colour_zones_moves_and_verdicts_are_told_apart() -> None:
    flow = str(flow_svg(a_flow()))
    assert all(f">{theme().zone(zone).letter} " in flow for zone in ZONES)
    assert "1▼" in str(matrix_svg(a_matrix()))
    drivers = str(whiskers_svg(DRIVERS, finding="x"))
    assert drivers.count('class="f-paper s-ink"') == 1
    assert drivers.count('class="f-ink s-ink"') == 2
    assert "not measured" in drivers


def _seen(colour: str, matrix: tuple[tuple[float, ...], ...]) -> tuple[float, ...]:
    linear = [((int(colour[at : at + 2], 16) / 255 + 0.055) / 1.055) ** 2.4 for at in (1, 3, 5)]
    return tuple(sum(weight * part for weight, part in zip(row, linear, strict=True)) for row in matrix)


# Machado, Oliveira and Fernandes 2009, severity 1.0: protanopia, deuteranopia, tritanopia.
_BLINDNESS = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


@pytest.mark.parametrize("kind", _BLINDNESS)
def test_zone_colours_stay_apart_for_colour_blind_readers(kind: str) -> None:
    seen = [_seen(theme().zone(zone).mark, _BLINDNESS[kind]) for zone in ZONES]
    for at, one in enumerate(seen):
        for other in seen[at + 1 :]:
            assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 0.1
