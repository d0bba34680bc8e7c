"""What moved lines ask of people: stability, accounts per owner, tiers and business units."""

from __future__ import annotations

from types import SimpleNamespace

from contracts.words import Axis, BusinessUnit, Zone
from reporting import formats
from reporting.ground import GOOD_TO_BAD, zone_mark
from reporting.reading import numbers, values
from reporting.sme.flips import shift_of
from reporting.sme.material import PROPOSED, TODAY, Material, points, step
from reporting.sme.models import Dumbbell, Dumbbells, Segment, Segments

_OWNERS = 14


def stability(of: Material) -> Dumbbells:
    """Changes of zone per account and year under three dead-bands, and how many stand on the fence."""
    found: dict[float, dict[str, float | None]] = {}
    for row in of.rows("tried_bands"):
        found.setdefault(row.dead_band, {})[row.trial] = row.changes_per_account_year
    own = of.policy.thresholds.dead_band
    rows = []
    for band, by_trial in sorted(found.items()):
        now, after = by_trial.get(TODAY), by_trial.get(PROPOSED)
        if now is None:
            continue
        label = f"Dead-band {'±' if band else ''}{points(band)}{' (now)' if band == own else ''}"
        rows.append(
            Dumbbell(label, now, after, formats.number(now, 2), "" if after is None else formats.number(after, 2))
        )
    line = of.trials[TODAY]
    title = "Stability under other dead-bands"
    if of.moves and line.changes_per_account_year:
        ratio = (of.trials[PROPOSED].changes_per_account_year or 0.0) / line.changes_per_account_year
        title = (
            "Stability hardly changes"
            if 0.9 <= ratio <= 1.1
            else f"Accounts would change zone {formats.number(ratio, 1)} times as often"
        )
    judged = (
        "no week has one to compare with" if not rows else "Zone changes per account and year, over the weeks replayed"
    )
    return Dumbbells(
        title=title,
        sub=f"{judged}.{' ● now, ○ proposed.' if of.moves else ''}",
        finding=f"{title}: "
        + "; ".join(f"{r.label} {r.now_text}{f' to {r.after_text}' if r.after_text else ''}" for r in rows)
        + ".",
        rows=tuple(rows),
        after_sentences=fences(of),
    )


def fences(of: Material) -> tuple[str, ...]:
    """Per axis the share of accounts whose score is within its own noise of the line."""
    frame = of.frame("swept_lines")
    made = []
    for axis in Axis:
        mine = frame[frame["axis"] == axis.value]
        today = mine[mine["shift"] == 0]
        if len(today):
            share = float(numbers(today["fence_share"]).iloc[0])
            made.append(
                f"On the fence of the {axis.value} line: {formats.percent(share)} of accounts (score within 1.96 "
                "standard errors of it)."
            )
    return tuple(made)


def owners(of: Material) -> Dumbbells:
    """Accounts in Critical per owner by name, now and as proposed; alerts per week beside them."""
    now, after = of.load(TODAY), of.load(PROPOSED)
    everybody = sorted(
        now,
        key=lambda one: (
            -(after[one].critical if after else now[one].critical),
            -now[one].critical,
            of.person(one),
            one,
        ),
    )
    rows = []
    for owner in everybody[:_OWNERS]:
        mine, then = now[owner], after.get(owner)
        rows.append(
            Dumbbell(
                label=of.person(owner),
                now=float(mine.critical),
                after=None if then is None else float(then.critical),
                now_text=formats.number(mine.critical),
                after_text="" if then is None else formats.number(then.critical),
                note=_alerts(mine, then),
            )
        )
    unit = BusinessUnit(of.policy.sensitivity.capacity.unit)
    extra = sum(row.critical for row in after.values()) - sum(row.critical for row in now.values()) if after else 0
    title = "Accounts in Critical per owner"
    if after and extra:
        count = formats.capital(formats.counted(abs(extra), "account"))
        title = f"{count} {'more' if extra > 0 else 'fewer'} in Critical over all owners"
    left = len(everybody) - len(rows)
    return Dumbbells(
        title=title,
        sub=(
            f"Owners in {unit.label}; each account in Critical is a case to work."
            f"{' ● now, ○ proposed;' if after else ''} beside them alerts a week."
        ),
        finding=f"{title}; most have {rows[0].label if rows else 'nobody'}.",
        rows=tuple(rows),
        after_sentences=(f"{formats.counted(left, 'more owner')} in the workbook.",) if left > 0 else (),
    )


def _alerts(now: SimpleNamespace, after: SimpleNamespace | None) -> str:
    if now.alerts_per_week is None:
        return ""
    text = formats.number(now.alerts_per_week, 2)
    if after is None or after.alerts_per_week is None:
        return text
    return f"{text} → {formats.number(after.alerts_per_week, 2)}"


def segments(of: Material) -> Segments:
    """Each tier and business unit: zones now and as proposed, and Critical at the small steps."""
    frame = of.frame("tried_zones")
    steps = [row for name, row in of.trials.items() if name not in (TODAY, PROPOSED)]
    near = min(
        (abs(shift_of(of, row, axis.value)) for row in steps for axis in Axis if shift_of(of, row, axis.value)),
        default=0,
    )
    small = [(row, axis.value) for axis in Axis for row in steps if abs(shift_of(of, row, axis.value)) == near and near]
    cells = {(row.trial, row.dimension, row.segment, row.zone): row for row in of.rows("tried_zones")}
    names = frame[["dimension", "segment"]].drop_duplicates()
    rows = []
    for dimension, segment in zip(values(names["dimension"]), values(names["segment"]), strict=True):

        def count(trial: str, zone: Zone, d: str = dimension, s: str = segment) -> int:
            return int(cells[trial, d, s, zone.value].customers)

        def held(trial: str, d: str = dimension, s: str = segment) -> str:
            return of.money(cells[trial, d, s, Zone.CRITICAL.value].revenue_amount)

        rows.append(
            Segment(
                name=_segment_name(dimension, segment),
                customers=formats.number(sum(count(TODAY, zone) for zone in GOOD_TO_BAD)),
                zones=tuple(
                    (formats.number(count(TODAY, zone)), formats.number(count(PROPOSED, zone)) if of.moves else "")
                    for zone in GOOD_TO_BAD
                ),
                revenue=(held(TODAY), held(PROPOSED) if of.moves else ""),
                steps=tuple(
                    formats.signed(count(row.trial, Zone.CRITICAL) - count(TODAY, Zone.CRITICAL)) for row, _ in small
                ),
            )
        )
    return Segments(
        title="By tier and business unit",
        sub=(
            f"Accounts per zone now{' → as proposed' if of.moves else ''}; then how many enter or leave Critical when "
            "one line moves. An account may be of several units."
        ),
        zones=tuple(zone_mark(zone) for zone in GOOD_TO_BAD),
        steps=tuple(f"{formats.capital(axis)} {step(shift_of(of, row, axis))}" for row, axis in small),
        has_after=of.moves,
        rows=tuple(rows),
    )


def _segment_name(dimension: str, segment: str) -> str:
    if dimension == "all":
        return "Whole book"
    if dimension == "business_unit":
        return BusinessUnit(segment).label
    return f"{dimension.replace('_', ' ').capitalize()} {segment}"
