"""Parent accounts: what the family below says beside the parent's own scores, by the rule of the policy.

worst_child: the scores of that member, the parent included, which stands worst: in the worst zone, and there furthest
below its lines. Both scores are of one real account; the worst of each axis taken apart would be of nobody.
revenue_weighted: both scores averaged over the placed members by revenue. parent_only: the parent's own.
The rolled-up zone is what the scores alone say at the parent's lines: a roll-up has no dead-band and no confirmation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import FAMILIES, ROLLUPS
from contracts.rules import Thresholds
from contracts.rules.segments import RollUp
from contracts.words import PlacementState, Zone
from scoring.place.placement import zone_names

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class RolledUp:
    """ROLLUPS and FAMILIES frames, and what was wrong with the links, in sentences."""

    rollups: pd.DataFrame
    families: pd.DataFrame
    notes: tuple[str, ...]


def roll_up(placements: pd.DataFrame, facts: pd.DataFrame, rule: RollUp, thresholds: Thresholds) -> RolledUp:
    """One row per account that has accounts below it, at any depth.

    Args:
        placements: PLACEMENTS frame.
        facts: CUSTOMER_FACTS frame; `parent_id` makes the families. A parent that is no account of the book is ignored
            and said, and so are links that lead in a circle.
        rule: what a parent shows.
        thresholds: corners, for the rolled-up zone.

    Money is the sum over the family, each account once. Totals of the book count accounts and never families; over
    the rows with `is_top` and the accounts without a family, each account counts once as well.
    """
    parent, notes = _links(facts)
    above = {customer: _ancestors(customer, parent) for customer in parent}
    rows = [(c, a, d) for c, line in above.items() for d, a in enumerate(line, start=1)]
    families = pd.DataFrame(rows, columns=FAMILIES.names).sort_values(["ancestor_id", "customer_id"], ignore_index=True)
    below: dict[str, list[str]] = defaultdict(list)
    for customer, ancestor, _ in rows:
        below[ancestor].append(customer)
    placed = placements.loc[placements["state"] == PlacementState.PLACED.value].set_index("customer_id")
    lines_by_id = placements.set_index("customer_id")[["loyalty_line", "retention_line"]]
    revenue = facts.set_index("customer_id")["revenue_amount"].astype(float)
    rolled = [
        _rolled(head, sorted(children), placed, lines_by_id, revenue, rule, thresholds) | {"is_top": head not in parent}
        for head, children in sorted(below.items())
    ]
    frame = conform(pd.DataFrame(rolled, columns=ROLLUPS.names), ROLLUPS)
    return RolledUp(frame, conform(families, FAMILIES), notes)


def _links(facts: pd.DataFrame) -> tuple[dict[str, str], tuple[str, ...]]:
    """Parent by customer, without strangers and circles."""
    given = facts.loc[facts["parent_id"].notna() & (facts["parent_id"] != ""), ["customer_id", "parent_id"]]
    links = dict(zip(given["customer_id"].astype(str), given["parent_id"].astype(str), strict=True))
    known = set(facts["customer_id"].astype(str))
    strangers = sorted(customer for customer, head in links.items() if head not in known)
    for customer in strangers:
        del links[customer]
    circles = sorted(_in_circles(links))
    for customer in circles:
        del links[customer]
    notes = []
    if strangers:
        notes.append(f"Parent accounts that are not in the book are ignored: those of {_named(strangers)}.")
    if circles:
        notes.append(f"Parent accounts in a circle are ignored: {_named(circles)}. Mend parent_id in the source.")
    return links, tuple(notes)


def _named(customers: list[str]) -> str:
    more = len(customers) - _MOST_NAMED
    return ", ".join(customers[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _in_circles(links: Mapping[str, str]) -> set[str]:
    """Customers from which the links lead back to themselves."""
    done: set[str] = set()
    found: set[str] = set()
    for start in links:
        path: list[str] = []
        at: str | None = start
        while at is not None and at in links and at not in done:
            done.add(at)
            path.append(at)
            at = links[at]
        if at in path:
            found |= set(path[path.index(at) :])
    return found


def _ancestors(customer: str, parent: Mapping[str, str]) -> list[str]:
    line = []
    while customer in parent:
        customer = parent[customer]
        line.append(customer)
    return line


def _rolled(
    head: str,
    children: list[str],
    placed: pd.DataFrame,
    lines_by_id: pd.DataFrame,
    revenue: pd.Series,
    rule: RollUp,
    thresholds: Thresholds,
) -> dict[str, object]:
    members = placed.loc[placed.index.intersection([head, *children])].sort_index()
    own = members.loc[head] if head in members.index else None
    loyalty, retention = _scores(head, members, revenue, rule)
    zone = None
    if loyalty is not None and retention is not None:
        lines = lines_by_id.loc[head]
        is_loyal, is_retained = (
            np.array([loyalty >= lines["loyalty_line"]]),
            np.array([retention >= lines["retention_line"]]),
        )
        zone = str(zone_names(is_loyal, is_retained, thresholds.corners)[0])
    family = revenue.reindex([head, *children])
    return {
        "customer_id": head,
        "rule": rule,
        "children": len(children),
        "placed_members": len(members),
        "loyalty": None if own is None else own["loyalty"],
        "retention": None if own is None else own["retention"],
        "zone": None if own is None else own["zone"],
        "rolled_loyalty": loyalty,
        "rolled_retention": retention,
        "rolled_zone": zone,
        "revenue_amount": revenue.get(head),
        "family_revenue_amount": float(family.sum()) if family.notna().any() else None,
    }


def _scores(head: str, members: pd.DataFrame, revenue: pd.Series, rule: RollUp) -> tuple[float | None, float | None]:
    if rule == "parent_only":
        members = members.loc[members.index == head]
    if members.empty:
        return None, None
    if rule == "revenue_weighted":
        weight = revenue.reindex(members.index).clip(lower=0.0)
        weighed = members.loc[weight.notna() & (weight > 0)]
        if weighed.empty:
            return None, None
        share = weight.loc[weighed.index] / weight.loc[weighed.index].sum()
        return float((weighed["loyalty"] * share).sum()), float((weighed["retention"] * share).sum())
    worst = members.assign(rank=members["zone"].map(_RANK), below=_room(members)).sort_values(
        ["rank", "below"], kind="stable"
    )
    return float(worst["loyalty"].iloc[0]), float(worst["retention"].iloc[0])


_RANK = {Zone.CRITICAL.value: 0, Zone.NEUTRAL.value: 1, Zone.SOMEWHAT_LOYAL.value: 1, Zone.VERY_LOYAL.value: 2}


def _room(members: pd.DataFrame) -> pd.Series:
    """Points to the nearer line; negative below it."""
    return pd.concat([members[axis] - members[f"{axis}_line"] for axis in ("loyalty", "retention")], axis=1).min(axis=1)
