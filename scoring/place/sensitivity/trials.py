"""Single pairs of lines tried out over the weeks: who stands elsewhere by name, and what each owner would get.

`sweep` moves one line at a time over its whole range; a proposal may move both, and beyond that range.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import TRIED_BANDS, TRIED_FLIPS, TRIED_LINES, TRIED_LOAD, TRIED_ZONES
from contracts.rules import SensitivityRules, Thresholds
from contracts.words import Axis, BusinessUnit, Zone
from scoring.arrays import Flags, Numbers
from scoring.place.sensitivity.load import WEEKS_A_YEAR, Moves, owners_of
from scoring.place.sensitivity.lookup import Words
from scoring.place.sensitivity.planes import Planes, replay
from scoring.place.sensitivity.sweep import zones_of_codes
from scoring.place.sensitivity.tallies import CODES, Codes, codes_at
from scoring.place.sensitivity.tracks import Tracks

TODAY, PROPOSED = "today", "proposed"


@dataclass(frozen=True, slots=True)
class Trial:
    """A pair of lines by how many points each is moved."""

    name: str
    loyalty: float = 0.0
    retention: float = 0.0


@dataclass(frozen=True, slots=True)
class Tried:
    """TRIED_LINES, TRIED_ZONES, TRIED_FLIPS, TRIED_LOAD and TRIED_BANDS frames; the first trial is today."""

    lines: pd.DataFrame
    zones: pd.DataFrame
    flips: pd.DataFrame
    load: pd.DataFrame
    bands: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Seen:
    """One trial replayed: code of zone per customer, and who changed and entered Critical, one row per event."""

    trial: Trial
    codes: Codes
    changed: int
    entered: Codes
    judged: int
    weeks: int


def usual_trials(thresholds: Thresholds, rules: SensitivityRules, proposed: pd.DataFrame) -> list[Trial]:
    """Each line lower and higher by the dead-band and by two and a half times as much; and both lines as proposed.

    Args:
        thresholds: lines and dead-band of today.
        rules: in which steps lines are moved, and how far.
        proposed: PROPOSED_LINES frame; lines as they are now are no trial.
    """
    near = max(round(thresholds.dead_band / rules.step), 1) * rules.step
    far = min(max(round(2.5 * near / rules.step) * rules.step, near + rules.step), rules.shifts[-1])
    found = [
        Trial(f"{axis.value}{shift:+g}", **{axis.value: float(shift)})
        for axis in Axis
        for shift in (-far, -near, near, far)
    ]
    shifts = (proposed["proposed"] - proposed["current"]).to_numpy(float)
    moved = {str(axis): float(shift) for axis, shift in zip(proposed["axis"], shifts, strict=True)}
    if any(moved.values()):
        found.append(Trial(PROPOSED, **moved))
    return found


def try_lines(
    book: Tracks,
    trials: Sequence[Trial],
    facts: pd.DataFrame,
    rules: SensitivityRules,
    *,
    assignments: pd.DataFrame,
    people: pd.DataFrame,
    bands: Sequence[float] = (),
) -> Tried:
    """Every trial against today's lines, replayed with dead-band and confirmation as `sweep` does.

    Args:
        book: the weeks that are replayed; see `tracks`.
        trials: pairs of lines besides today's; names are unique.
        facts: CUSTOMER_FACTS frame of the last week, for revenue and tier.
        rules: the unit whose owners carry the load.
        assignments: canonical `assignments`.
        people: canonical `people`.
        bands: dead-bands under which changes per account and year are counted.
    """
    seen = [_seen(book, trial) for trial in (Trial(TODAY), *trials)]
    today = seen[0]
    by_id = facts.set_index("customer_id").reindex(book.customers)
    revenue = np.nan_to_num(by_id["revenue_amount"].to_numpy(float))
    owner = owners_of(assignments, people, rules.capacity.unit).reindex(book.customers)
    cuts = list(_cuts(book, by_id, assignments, people))
    names = zones_of_codes(book.thresholds)
    critical = names.index(Zone.CRITICAL.value)
    flips = [_flips(book, one, today, names, revenue, owner) for one in seen[1:]]
    changes = [
        {"trial": one.trial.name, "dead_band": float(band), "changes_per_account_year": _changes(one)}
        for band in bands
        for one in (_seen(_with_band(book, band), each.trial) for each in seen)
    ]
    whole = pd.concat(flips, ignore_index=True) if flips else TRIED_FLIPS.empty()
    return Tried(
        lines=conform(
            pd.DataFrame([_line(book, one, today, revenue, critical) for one in seen], columns=TRIED_LINES.names),
            TRIED_LINES,
        ),
        zones=conform(
            pd.concat([_zones(book, one, cut, members, names, revenue) for one in seen for cut, members in cuts]),
            TRIED_ZONES,
        ),
        flips=conform(whole, TRIED_FLIPS),
        load=conform(pd.concat([_load(book, one, owner, critical) for one in seen], ignore_index=True), TRIED_LOAD),
        bands=conform(pd.DataFrame(changes, columns=TRIED_BANDS.names), TRIED_BANDS),
    )


def _with_band(book: Tracks, band: float) -> Tracks:
    same = {"dead_band": float(band), "retention_dead_band": None}
    return replace(book, thresholds=book.thresholds.model_copy(update=same))


def _seen(book: Tracks, trial: Trial) -> _Seen:
    moves = Moves()
    planes: Planes = replay(book, Axis.LOYALTY, (trial.loyalty,), other_shift=trial.retention, watch=moves.see)
    return _Seen(
        trial=trial,
        codes=codes_at(planes, 0),
        changed=sum(int(_bit(words).sum()) for words in moves.changed),
        entered=np.concatenate(
            [np.empty(0, np.int64)] + [rows[_bit(words)] for rows, words in zip(moves.rows, moves.entered, strict=True)]
        ),
        judged=moves.judged,
        weeks=len(moves.weeks),
    )


def _bit(words: Words) -> Flags:
    return (words & np.uint64(1)).astype(bool)


def _changes(one: _Seen) -> float | None:
    return one.changed / (one.judged / WEEKS_A_YEAR) if one.judged else None


def _line(book: Tracks, one: _Seen, today: _Seen, revenue: Numbers, critical: int) -> dict[str, object]:
    lines, placed = book.thresholds.lines, book.is_placed
    elsewhere = placed & (one.codes != today.codes)
    return {
        "trial": one.trial.name,
        "loyalty_line": lines.loyalty + one.trial.loyalty,
        "retention_line": lines.retention + one.trial.retention,
        "flips": int(elsewhere.sum()),
        "flip_revenue_amount": round(float(revenue[elsewhere].sum()), 2),
        "critical": int((placed & (one.codes == critical)).sum()),
        "alerts_per_week": len(one.entered) / one.weeks if one.weeks else None,
        "changes_per_account_year": _changes(one),
    }


def _cuts(
    book: Tracks, by_id: pd.DataFrame, assignments: pd.DataFrame, people: pd.DataFrame
) -> Iterator[tuple[tuple[str, str], Flags]]:
    yield ("all", "all"), np.ones(len(book.customers), dtype=bool)
    for tier in sorted(by_id["tier"].dropna().unique()):
        yield ("tier", str(tier)), (by_id["tier"] == tier).fillna(value=False).to_numpy(bool)
    for unit in BusinessUnit:
        owned = book.customers.isin(owners_of(assignments, people, unit).index)
        if owned.any():
            yield ("business_unit", unit.value), owned


def _zones(
    book: Tracks, one: _Seen, cut: tuple[str, str], members: Flags, names: list[str], revenue: Numbers
) -> pd.DataFrame:
    placed, thin = book.is_placed & members, book.is_insufficient & members
    count = np.bincount(one.codes[placed], minlength=CODES)
    total = np.bincount(one.codes[placed], revenue[placed], minlength=CODES)
    return pd.DataFrame(
        {
            "trial": one.trial.name,
            "dimension": cut[0],
            "segment": cut[1],
            "zone": [*names, "insufficient"],
            "customers": [*count, int(thin.sum())],
            "revenue_amount": np.round([*total, revenue[thin].sum()], 2) + 0.0,
        }
    )


def _flips(
    book: Tracks, one: _Seen, today: _Seen, names: list[str], revenue: Numbers, owner: pd.Series
) -> pd.DataFrame:
    rows = np.flatnonzero(book.is_placed & (one.codes != today.codes))
    known = np.array(names, dtype=object)
    found = pd.DataFrame(
        {
            "trial": one.trial.name,
            "customer_id": book.customers[rows],
            "from_zone": known[today.codes[rows]],
            "to_zone": known[one.codes[rows]],
            "loyalty": book.scores[Axis.LOYALTY][-1][rows],
            "retention": book.scores[Axis.RETENTION][-1][rows],
            "owner_id": owner.to_numpy(object)[rows],
            "revenue_amount": revenue[rows],
        }
    )
    return found.sort_values(["revenue_amount", "customer_id"], ascending=[False, True])


def _load(book: Tracks, one: _Seen, owner: pd.Series, critical: int) -> pd.DataFrame:
    """Every owner, whoever has nothing in Critical too."""
    names = sorted(str(name) for name in owner.dropna().unique())
    codes = pd.Index(names).get_indexer(pd.Index(owner.fillna("")))
    mine = book.is_placed & (one.codes == critical) & (codes >= 0)
    told = codes[one.entered]
    alerts = np.bincount(told[told >= 0], minlength=len(names))
    return pd.DataFrame(
        {
            "trial": one.trial.name,
            "owner_id": names,
            "critical": np.bincount(codes[mine], minlength=len(names)),
            "alerts_per_week": alerts / one.weeks if one.weeks else np.nan,
        }
    )
