"""Each line moved over its range, and both at once: counts and revenue per zone."""

from __future__ import annotations

from contracts.words import Axis, Zone
from reporting import formats
from reporting.ground import GOOD_TO_BAD
from reporting.reading import numbers
from reporting.sme.material import PROPOSED, TODAY, Material, points
from reporting.sme.models import LineCurves, LineMap, ZoneCurve


def curves(of: Material) -> tuple[LineCurves, ...]:
    """Counts and revenue per zone along each line; the axis whose proposal moves comes first."""
    made = [_curves(of, axis) for axis in Axis]
    return tuple(sorted(made, key=lambda one: not _is_moved(of, Axis(one.axis))))


def _is_moved(of: Material, axis: Axis) -> bool:
    row = of.proposals.get(axis)
    return row is not None and row.proposed != row.current


def _curves(of: Material, axis: Axis) -> LineCurves:
    frame = of.frame("swept_zones")
    mine = frame[(frame["dimension"] == "all") & (frame["axis"] == axis.value)].sort_values("shift")
    positions = mine.drop_duplicates("shift")
    lines = tuple(float(line) for line in positions["line"])
    now = lines[len(lines) // 2]
    other = next(one for one in Axis if one is not axis)
    fixed = of.trials[TODAY].retention_line if axis is Axis.LOYALTY else of.trials[TODAY].loyalty_line
    zones = []
    for zone in GOOD_TO_BAD:
        here = mine[mine["zone"] == zone.value]
        zones.append(ZoneCurve(zone, tuple(numbers(here["customers"])), tuple(numbers(here["revenue_amount"]))))
    wanted = of.proposals[axis].proposed if _is_moved(of, axis) else None
    inside = wanted if wanted is not None and lines[0] <= wanted <= lines[-1] else None
    said = (
        f"{formats.capital(axis.value)} line {points(lines[0])} to {points(lines[-1])}; "
        f"{other.value} line fixed at {points(fixed)}."
    )
    marks = f" ● now {points(now)}"
    if inside is not None:
        marks += f", ○ proposed {points(inside)}"
    elif wanted is not None:
        marks += f"; the proposed {points(wanted)} lies beyond what is drawn"
    band = of.policy.thresholds.dead_band
    critical = zones[-1].customers
    return LineCurves(
        axis=axis.value,
        title=f"How many accounts and how much revenue each zone holds as the {axis.value} line moves",
        sub=f"{said}{marks}; grey: the dead-band ±{points(band)}.",
        finding=(
            f"As the {axis.value} line goes from {points(lines[0])} to {points(lines[-1])}, Critical goes from "
            f"{formats.number(critical[0])} to {formats.number(critical[-1])} accounts; it holds "
            f"{formats.number(critical[len(lines) // 2])} at today's {points(now)}."
        ),
        lines=lines,
        now=now,
        proposed=inside,
        band=band,
        currency=of.facts.currency,
        zones=tuple(zones),
    )


def line_map(of: Material) -> LineMap:
    """Critical customers for every pair of lines of the grid."""
    frame = of.frame("swept_grid")
    mine = frame[frame["zone"] == Zone.CRITICAL.value]
    counts = mine.pivot(index="retention_line", columns="loyalty_line", values="customers").sort_index()
    revenue = mine.pivot(index="retention_line", columns="loyalty_line", values="revenue_amount").sort_index()
    least, most = int(counts.to_numpy().min()), int(counts.to_numpy().max())
    now = of.trials[TODAY]
    proposed = None
    if of.moves:
        row = of.trials[PROPOSED]
        inside = counts.columns[0] <= row.loyalty_line <= counts.columns[-1]
        if inside and counts.index[0] <= row.retention_line <= counts.index[-1]:
            proposed = (float(row.loyalty_line), float(row.retention_line))
    beyond = "" if proposed or not of.moves else " The proposed pair lies beyond the map."
    ringed = ", dashed: the pair nearest to the proposed one" if proposed else ""
    return LineMap(
        title="Both lines at once: how many accounts would be Critical",
        finding=(
            f"Critical holds {formats.number(least)} to {formats.number(most)} accounts on the map; "
            f"{formats.number(now.critical)} at today's {points(now.loyalty_line)} / {points(now.retention_line)}."
        ),
        sub=f"Accounts in Critical; framed: today{ringed}. Revenue of each cell stands in the workbook.{beyond}",
        loyalty=tuple(float(v) for v in counts.columns),
        retention=tuple(float(v) for v in counts.index),
        critical=tuple(tuple(int(v) for v in row) for row in counts.to_numpy()),
        revenue=tuple(tuple(float(v) for v in row) for row in revenue.to_numpy()),
        now=(float(now.loyalty_line), float(now.retention_line)),
        proposed=proposed,
    )
