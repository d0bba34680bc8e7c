"""Regions, parent accounts beside their families, and what follow-up did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from statistics import median

from contracts.words import Zone
from reporting import formats
from reporting.ground import Ground, zone_mark
from reporting.models.follow import CaseLine
from reporting.models.insight import FamilyLine, Programme, RegionLine, Regions
from reporting.reading import equal, rows, total, values
from reporting.sections.forecast import shaky

_UNNAMED = "No region"
_WEEKS = 13
_FAMILIES = 12
_RULES = {
    "worst_child": "the worst account of the family counts",
    "revenue_weighted": "mean of the family, weighted by revenue",
    "parent_only": "the parent's own scores count",
}


def regions(ground: Ground, cases: Sequence[CaseLine]) -> Regions:
    """One line per region of these accounts, the most Critical revenue first."""
    accounts = ground.accounts.assign(fell=shaky(ground) & ~equal(ground.accounts["zone"], Zone.CRITICAL))
    accounts = accounts.assign(region=accounts["region"].astype(object).where(accounts["region"].notna(), _UNNAMED))
    late: dict[str, int] = {}
    for case in cases:
        if case.is_overdue:
            late[case.customer_id] = late.get(case.customer_id, 0) + 1
    lines = []
    for region, part in accounts.groupby("region", sort=True):
        critical = part.loc[equal(part["zone"], Zone.CRITICAL)]
        lines.append(
            RegionLine(
                str(region), len(part), len(critical), int(part["fell"].sum()),
                ground.amount(total(values(part["revenue_amount"])) or 0.0),
                ground.amount(total(values(critical["revenue_amount"])) or 0.0),
                _mean(values(part["loyalty"])), _mean(values(part["retention"])),
                sum(late.get(customer, 0) for customer in part["customer_id"]),
            )
        )  # fmt: skip
    lines.sort(key=lambda line: (-(line.critical_revenue.value or 0.0), -line.critical, line.region))
    return Regions(_region_sentence(lines, ground), tuple(lines))


def _mean(scores: Sequence[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if known else None


def _region_sentence(lines: Sequence[RegionLine], ground: Ground) -> str:
    if len(lines) < 2:
        return "All accounts are in one region" if lines else "No account is in this view"
    worst = lines[0]
    if not worst.critical:
        return f"{formats.figures(len(lines), 'region')}, no Critical account in any"
    money = f", {worst.critical_revenue.text}" if ground.shows_money else ""
    held = formats.figures(worst.critical, "Critical account")
    return f"{worst.region} holds {held}{money}, the most of {len(lines)} regions"


def families(ground: Ground) -> tuple[FamilyLine, ...]:
    """Parents whose own zone and whose family's zone differ first; only families that are wholly in this view."""
    found = []
    for row in rows(ground.frame("rollups")):
        if row.customer_id not in ground.names or not row.placed_members:
            continue
        own, rolled = zone_mark(row.zone), zone_mark(row.rolled_zone)
        found.append(
            FamilyLine(
                row.customer_id, ground.name(row.customer_id), own, rolled, _pair(row.loyalty, row.retention),
                _pair(row.rolled_loyalty, row.rolled_retention), int(row.children) + 1,
                ground.amount(row.family_revenue_amount), _RULES[row.rule], ground.page(row.customer_id),
            )
        )  # fmt: skip
    found.sort(key=lambda line: (line.own == line.rolled, -(line.revenue.value or 0.0), line.customer_id))
    return tuple(found[:_FAMILIES])


def _pair(loyalty: float | None, retention: float | None) -> str:
    return "not scored" if loyalty is None or retention is None else (
        f"{formats.number(loyalty)} / {formats.number(retention)}"
    )  # fmt: skip


def programme(ground: Ground, cases: Sequence[CaseLine]) -> Programme:
    """Counts of the last thirteen weeks. Whether follow-up helped is not known from counts, and is not claimed."""
    since = ground.book.facts.as_of - timedelta(weeks=_WEEKS)
    opened = [case for case in cases if case.opened_at >= since]
    closed = [case for case in cases if case.closed_at is not None and case.closed_at >= since]
    spans = [(case.closed_at - case.opened_at).total_seconds() / 86_400 for case in closed if case.closed_at]
    standing = [case for case in cases if case.is_open]
    late = sum(case.is_overdue for case in standing)
    unseen = sum(not case.acknowledged_text for case in standing)
    outcomes: dict[str, int] = {}
    for case in closed:
        outcomes[case.outcome or "no outcome given"] = outcomes.get(case.outcome or "no outcome given", 0) + 1
    table = [
        (f"Cases opened in {_WEEKS} weeks", formats.number(len(opened))),
        (f"Cases closed in {_WEEKS} weeks", formats.number(len(closed))),
        ("Median time to close", formats.figures(round(median(spans)), "day") if spans else "–"),
        ("Open now, of them overdue", f"{formats.number(len(standing))}, {formats.number(late)}"),
        ("Open and not acknowledged", formats.number(unseen)),
        *((f"Closed: {outcome}", formats.number(count)) for outcome, count in sorted(outcomes.items())),
    ]
    done = formats.counted(len(closed), "case")
    sentence = f"Follow-up: {done} closed in {_WEEKS} weeks, {formats.counted(late, 'open one')} overdue"
    note = (
        "Counts alone. Whether accounts with a closed case did better than like accounts without one "
        "is not measured here."
    )
    return Programme(sentence, tuple(table), note)
