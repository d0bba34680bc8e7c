"""The first screen: what changed since the audience's last pack, what it costs, what to do first."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.words import FieldGroup, Zone
from reporting import formats
from reporting.ground import Ground
from reporting.models.follow import ActionLine, Move
from reporting.models.pack import Opening, SinceLine
from reporting.models.picture import Tile
from reporting.reading import equal, total, values
from reporting.sections.forecast import shaky

FIRST = 3
_APART = {
    "policy": ("moved by new rules", "moved by new rules"),
    "restated": ("restated: its history was corrected", "restated: their history was corrected"),
    "first_placed": ("placed for the first time", "placed for the first time"),
    "became_insufficient": ("has no longer enough evidence", "have no longer enough evidence"),
    "left": ("left", "left"),
    "returned": ("came back", "came back"),
}


def opening(
    ground: Ground,
    since: tuple[SinceLine, ...],
    other: Sequence[Move],
    tiles: Sequence[Tile],
    actions: tuple[ActionLine, ...],
) -> Opening:
    return Opening(since, apart(other), _costs(ground, tiles), actions[:FIRST])


def apart(other: Sequence[Move]) -> tuple[str, ...]:
    """What changed on the page and is no move of a customer: new rules, restated history, come and gone."""
    counts: dict[str, int] = {}
    for move in other:
        reason = move.cause if move.kind == "moved" else move.kind
        counts[reason] = counts.get(reason, 0) + 1
    return tuple(
        f"{formats.figures(counts[reason], 'account')} {one if counts[reason] == 1 else many}"
        for reason, (one, many) in _APART.items()
        if reason in counts
    )


def _costs(ground: Ground, tiles: Sequence[Tile]) -> tuple[str, ...]:
    """Money at stake, in at most three sentences; counts for those who do not see money."""
    accounts = ground.accounts
    if not len(accounts):
        return ()
    critical = accounts.loc[equal(accounts["zone"], Zone.CRITICAL)]
    falling = accounts.loc[shaky(ground) & ~equal(accounts["zone"], Zone.CRITICAL)]
    if not ground.shows_money:
        return (
            f"{formats.figures(len(critical), 'account')} in Critical.",
            f"{formats.figures(len(falling), 'account')} more fell beyond noise.",
            f"Money is {formats.NOT_SHOWN}.",
        )
    named = {tile.key: tile for tile in tiles}
    told = [f"{named['critical'].value} of yearly revenue in Critical, {formats.figures(len(critical), 'account')}."]
    if ground.book.facts.previous_week is not None:
        amount = formats.money(total(values(falling["revenue_amount"])) or 0.0, ground.currency)
        told.append(f"{amount} more in {formats.figures(len(falling), 'account')} that fell beyond noise.")
    told.append(f"{named['renewals'].value} of renewals at risk in 90 days, {named['renewals'].unit}.")
    lifetime = _lifetime(ground, set(critical["customer_id"]))
    return (*told, lifetime) if lifetime else tuple(told)


def _lifetime(ground: Ground, critical: set[str]) -> str:
    if not ground.audience.sees(FieldGroup.LIFETIME_VALUE):
        return ""
    frame = ground.frame("lifetime_values")
    mine = frame.loc[frame["customer_id"].isin(critical) & frame["value_amount"].notna()]
    told = []
    for basis, words in (("margin", "lifetime value"), ("revenue", "discounted revenue")):
        amount = total(values(mine.loc[mine["basis"] == basis, "value_amount"]))
        if amount is not None:
            told.append(f"{formats.money(amount, ground.currency)} of {words}")
    return f"In Critical: {formats.listed(told)}." if told else ""
