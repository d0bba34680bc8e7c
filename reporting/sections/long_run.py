"""A quarter of a year in zones: who came into Critical and who left it, beyond what one week shows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from contracts.words import PlacementState, Zone
from reporting import formats
from reporting.ground import GOOD_TO_BAD, Ground, mark_of
from reporting.models.picture import Flow, LongRun, Passed
from reporting.reading import equal, flags, rows, values
from reporting.sections.portfolio import crossed

WEEKS = 13
_PLACED = ["customer_id", "state", "zone"]


def long_run(ground: Ground) -> LongRun | None:
    """The last thirteen weeks that were scored; None while there is only one."""
    known = ground.frame("history")
    placed = known.loc[equal(known["state"], PlacementState.PLACED)]
    weeks = sorted(set(values(placed["week"])))[-WEEKS:]
    if len(weeks) < 2:
        return None
    first, last = weeks[0], weeks[-1]
    then, now = (known.loc[equal(known["week"], week), _PLACED].reset_index(drop=True) for week in (first, last))
    before, after = _critical(then), _critical(now)
    title = _title(before, after, first)
    lines = zip(*(values(placed[column]) for column in ("customer_id", "week", "zone")), strict=True)
    flow = flow_of([(customer, week, Zone(zone)) for customer, week, zone in lines], finding=f"{title}.")
    afterwards = known.loc[flags(known["is_reconstructed"]), "week"]
    note = f"{first} to {last}; ribbons take the colour of the zone entered, those who stayed are pale."
    if len(afterwards):
        note += f" Weeks up to {max(values(afterwards))} were scored afterwards, from exports."
    matrix = crossed(ground, then, now, then=first, absent=f"Not there in {first[-3:]}")
    came, went = _passed(ground, after - before, then), _passed(ground, before - after, now)
    return LongRun(title, flow, matrix, came, went, note)


def _critical(placed: pd.DataFrame) -> set[str]:
    return set(placed.loc[equal(placed["zone"], Zone.CRITICAL), "customer_id"])


def _title(before: set[str], after: set[str], first: str) -> str:
    """How Critical changed; what came in less what went out is the difference, always."""
    if not before and not after:
        return f"No account stood in Critical in {first}, and none stands there now"
    moved = f"{formats.number(len(after - before))} came in, {formats.number(len(before - after))} went out"
    if len(before) == len(after):
        return f"Critical holds {formats.figures(len(after), 'account')}, as in {first}: {moved}"
    return f"Critical went from {len(before)} to {formats.figures(len(after), 'account')} since {first}: {moved}"


def _passed(ground: Ground, customers: set[str], at: pd.DataFrame) -> tuple[Passed, ...]:
    """By revenue, the largest first, with where they stood in the week `at`."""
    stood = {row.customer_id: mark_of(row.state, row.zone).label for row in rows(at)}
    known = ground.frame("customer_facts")
    worth = dict(zip(known["customer_id"], values(known["revenue_amount"]), strict=True))
    found = []
    for customer in sorted(customers, key=lambda each: (-(worth.get(each) or 0.0), each)):
        said = [stood.get(customer, "not there")]
        if ground.shows_money and worth.get(customer) is not None:
            said.append(ground.amount(worth[customer]).text)
        name = ground.every_name.get(customer, customer)
        found.append(Passed(customer, name, ", ".join(said), ground.page(customer)))
    return tuple(found)


def flow_of(placed: Sequence[tuple[str, str, Zone]], *, finding: str, weeks: int = WEEKS) -> Flow:
    """The flow of the last weeks.

    Args:
        placed: customer, ISO week, zone; customers without a zone in a week are left out of that week.
        finding: what the picture says, in a sentence.
        weeks: how many at most.
    """
    by_week: dict[str, dict[str, Zone]] = {}
    for customer, week, zone in placed:
        by_week.setdefault(week, {})[customer] = zone
    last = tuple(sorted(by_week))[-weeks:]
    counts = tuple({zone: sum(z is zone for z in by_week[week].values()) for zone in GOOD_TO_BAD} for week in last)
    moves: list[dict[tuple[Zone, Zone], int]] = []
    for week, after in pairwise(last):
        found: dict[tuple[Zone, Zone], int] = {}
        for customer, zone in sorted(by_week[week].items()):
            later = by_week[after].get(customer)
            if later is not None:
                found[zone, later] = found.get((zone, later), 0) + 1
        moves.append(found)
    return Flow(last, counts, tuple(moves), finding)
