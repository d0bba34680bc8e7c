"""Who changes zone, by name: at each step of each line, and under the proposed lines."""

from __future__ import annotations

from types import SimpleNamespace

from contracts.words import Zone
from reporting import formats
from reporting.ground import zone_mark
from reporting.reading import rows
from reporting.sme.curves import curves
from reporting.sme.material import PROPOSED, TODAY, Material, points, step
from reporting.sme.models import Flip, FlipStep, FlipTable

_NAMED = 4
_NAMED_PROPOSED = 12


def flip_tables(of: Material) -> tuple[FlipTable, ...]:
    """Per axis its four steps; an account already named at the smaller step is left out of the larger one."""
    made = []
    for curve in curves(of):
        axis = curve.axis
        steps = sorted(
            (row for name, row in of.trials.items() if name.startswith(axis)), key=lambda row: shift_of(of, row, axis)
        )
        told: dict[str, set[str]] = {}
        for side in (-1, 1):
            seen: set[str] = set()
            for row in sorted(
                (s for s in steps if shift_of(of, s, axis) * side > 0), key=lambda s: abs(shift_of(of, s, axis))
            ):
                mine = {flip.customer_id for flip in _flips_of(of, row.trial)}
                told[row.trial] = set(seen)
                seen |= mine
        far = max((abs(shift_of(of, row, axis)) for row in steps), default=0.0)
        near = min((abs(shift_of(of, row, axis)) for row in steps), default=0.0)
        made.append(
            FlipTable(
                title=f"Accounts that change zone at each step of the {axis} line",
                sub=(
                    f"Critical changes first, then by revenue. ±{points(far)} leaves out accounts already listed at "
                    f"±{points(near)}."
                ),
                steps=tuple(
                    _flip_step(
                        of,
                        row,
                        told[row.trial],
                        f"{axis} line {points(getattr(row, f'{axis}_line'))}",
                        step(shift_of(of, row, axis)),
                        _NAMED,
                    )
                    for row in steps
                ),
            )
        )
    return tuple(made)


def proposed_flips(of: Material) -> FlipStep | None:
    """Who changes zone under both proposed lines together."""
    if not of.moves:
        return None
    row = of.trials[PROPOSED]
    words = f"loyalty {points(row.loyalty_line)}, retention {points(row.retention_line)}"
    return _flip_step(of, row, set(), words, "Proposed", _NAMED_PROPOSED)


def shift_of(of: Material, row: SimpleNamespace, axis: str) -> float:
    """By how many points a trial moves the line of an axis."""
    name = f"{axis}_line"
    return float(getattr(row, name) - getattr(of.trials[TODAY], name))


def _flips_of(of: Material, trial: str) -> list[SimpleNamespace]:
    frame = of.frame("tried_flips")

    return rows(frame[frame["trial"] == trial])


def _flip_step(of: Material, row: SimpleNamespace, told: set[str], line: str, name: str, most: int) -> FlipStep:
    flips = [flip for flip in _flips_of(of, row.trial) if flip.customer_id not in told]
    flips.sort(key=lambda flip: (not _is_critical(flip), -(flip.revenue_amount or 0.0), flip.customer_id))
    more = len(flips) - most
    change = row.critical - of.trials[TODAY].critical
    return FlipStep(
        step=name,
        notes=(
            line,
            _flipping(of, row),
            f"Critical {formats.signed(change)}",
        ),
        rows=tuple(_flip(of, flip) for flip in flips[:most]),
        more=f"and {formats.number(more)} more in the workbook" if more > 0 else "",
        nobody="Nobody beyond those at the smaller step." if row.flips else "Nobody changes zone.",
    )


def _flipping(of: Material, row: SimpleNamespace) -> str:
    if not row.flips:
        return "nobody flips"
    return f"{formats.number(row.flips)} {'flips' if row.flips == 1 else 'flip'}, {of.money(row.flip_revenue_amount)}"


def _is_critical(flip: SimpleNamespace) -> bool:
    return Zone.CRITICAL.value in (flip.from_zone, flip.to_zone)


def _flip(of: Material, row: SimpleNamespace) -> Flip:
    return Flip(
        name=of.customer(row.customer_id),
        before=zone_mark(row.from_zone),
        after=zone_mark(row.to_zone),
        loyalty=formats.number(row.loyalty, 1),
        retention=formats.number(row.retention, 1),
        revenue=of.money(row.revenue_amount),
        owner=of.person(row.owner_id),
    )
