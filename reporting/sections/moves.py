"""Who moved, why, and what that means: transitions said in words, real moves apart from restated ones."""

from __future__ import annotations

from typing import Any

from contracts.words import Zone
from reporting import formats
from reporting.explain import drivers_by_customer, why
from reporting.ground import Ground, change_of, direction_of, mark_of, zone_mark
from reporting.models.pack import Cases, Move, SinceLine
from reporting.reading import rows, total, values
from reporting.values import Direction

_KIND_WORDS = {
    "first_placed": "placed for the first time",
    "became_insufficient": "no longer has enough evidence",
    "left": "left",
    "returned": "came back",
}


def moves(ground: Ground) -> tuple[tuple[Move, ...], tuple[Move, ...]]:
    """(real moves between zones, everything else that changed: first placed, left, restated, new rules)."""
    transitions = ground.frame("transitions")
    facts = ground.book.facts
    if facts.previous_week is None or not len(transitions):
        return (), ()
    money = ground.frame("customer_facts")
    worth = dict(zip(money["customer_id"], values(money["revenue_amount"]), strict=True))
    names = dict(zip(money["customer_id"], values(money["name"]), strict=True))
    order = {customer: step for step, customer in enumerate(ground.accounts["customer_id"])}
    reasons = drivers_by_customer(
        ground.frame("contributions"), ground.frame("previous_contributions"), list(transitions["customer_id"])
    )
    found = []
    for row in sorted(rows(transitions), key=lambda row: (order.get(row.customer_id, len(order)), row.customer_id)):
        direction = direction_of(row.from_zone, row.to_zone)
        amount = row.revenue_amount if row.revenue_amount is not None else worth.get(row.customer_id)
        told = why(reasons.get(row.customer_id, {}), ground.words, is_worse=direction == "worse")
        if row.kind != "moved":
            told = formats.capital(_KIND_WORDS[row.kind])
        elif row.cause == "policy":
            told = "The rules changed, not the customer"
        elif row.cause == "mapping":
            told = "How exports are read has changed, not the customer"
        elif row.cause == "restated":
            told = "History was restated"
        found.append(
            Move(
                row.customer_id, str(names.get(row.customer_id) or row.customer_id),
                zone_mark(row.from_zone), mark_of("left" if row.kind == "left" else "placed", row.to_zone),
                direction, row.kind, row.cause, bool(row.is_borderline), ground.amount(amount),
                change_of(row.loyalty_before, row.loyalty_after, noise=facts.dead_band),
                change_of(row.retention_before, row.retention_after, noise=facts.retention_noise),
                told or _without_a_reason(row, direction), ground.page(row.customer_id),
            )
        )  # fmt: skip
    found.sort(key=_urgency)
    real = tuple(move for move in found if move.kind == "moved" and move.cause == "customer")
    return real, tuple(move for move in found if move not in real and move.cause != "baseline")


def _without_a_reason(row: Any, direction: Direction) -> str:
    """A change of zone of which no signal tells: a move counts when a later week confirms it, which may even turn."""
    pairs = ((row.loyalty_before, row.loyalty_after), (row.retention_before, row.retention_after))
    known = [after - before for before, after in pairs if before is not None and after is not None]
    way = {"worse": -1.0, "better": 1.0}.get(direction)
    if way is not None and known and all(delta * way <= 0 for delta in known):
        return "It was past the line before; this week confirms it"
    return "Several small changes, none above half a point"


def _urgency(move: Move) -> int:
    """Into Critical, other falls, out of Critical, other rises; each keeps its order by priority."""
    if move.after.zone is Zone.CRITICAL:
        return 0
    return 1 if move.direction == "worse" else 2 if move.before.zone is Zone.CRITICAL else 3


def into_critical(found: tuple[Move, ...]) -> tuple[Move, ...]:
    return tuple(move for move in found if move.after.zone is Zone.CRITICAL)


def out_of_critical(found: tuple[Move, ...]) -> tuple[Move, ...]:
    return tuple(move for move in found if move.before.zone is Zone.CRITICAL)


def since(ground: Ground, found: tuple[Move, ...], cases: Cases) -> tuple[SinceLine, ...]:
    """What changed since the last pack, in counts with money; empty for a first report."""
    if ground.book.facts.previous_week is None:
        return ()

    def worth(chosen: tuple[Move, ...]) -> str:
        if not chosen or not ground.shows_money:
            return ""
        return formats.money(total(move.revenue.value for move in chosen), ground.currency)

    turned, left = into_critical(found), out_of_critical(found)
    others = tuple(move for move in found if move not in turned and move not in left)
    lines = [
        SinceLine(len(turned), f"{_accounts(turned)} turned Critical", worth(turned), "worse" if turned else "same"),
        SinceLine(len(left), f"{_accounts(left)} left Critical", worth(left), "better" if left else "same"),
        SinceLine(len(others), f"other {'change' if len(others) == 1 else 'changes'} of zone", worth(others), "same"),
    ]
    closed = len(cases.closed_this_week)
    beside = ""
    if cases.median_close_days is not None:
        beside = f"median {formats.figures(round(cases.median_close_days), 'day')} to close"
    opened = cases.opened_this_week_count
    lines.append(
        SinceLine(opened, f"new {'case' if opened == 1 else 'cases'}, {formats.number(closed)} closed", beside, "same")
    )
    late = len(cases.overdue)
    lines.append(SinceLine(late, f"{'case' if late == 1 else 'cases'} overdue", "", "worse" if late else "same"))
    return tuple(lines)


def _accounts(chosen: tuple[Move, ...]) -> str:
    return "account" if len(chosen) == 1 else "accounts"


def sentences(ground: Ground, found: tuple[Move, ...], other: tuple[Move, ...]) -> tuple[str, ...]:
    """What the moves mean, in two to four sentences."""
    if ground.book.facts.previous_week is None:
        return ("This is the first report: there is no earlier week to compare with.",)
    if not found and not other:
        return ("No account changed zone this week.",)
    said = []
    for chosen, label in ((into_critical(found), "Into Critical"), (out_of_critical(found), "Out of Critical")):
        if chosen:
            said.append(f"{label}: {formats.figures(len(chosen), 'account')}{_money(ground, chosen)}.")
    falls = [move for move in found if move.direction == "worse" and move.revenue.value is not None]
    if falls:
        largest = max(falls, key=lambda move: (move.revenue.value or 0.0, move.customer_id))
        said.append(
            f"Largest account that fell: {largest.name} ({largest.revenue.text}), "
            f"{largest.before.label} to {largest.after.label}."
        )
    rises = [move for move in found if move.direction == "better"]
    if rises:
        said.append(
            f"{formats.capital(formats.counted(len(rises), 'account'))} improved{_money(ground, tuple(rises))}."
        )
    if other:
        kinds: dict[str, int] = {}
        for move in other:
            kind = _KIND_WORDS.get(move.kind, {"policy": "moved by new rules"}.get(move.cause, "restated"))
            kinds[kind] = kinds.get(kind, 0) + 1
        said.append(
            f"Apart from these: {formats.listed([f'{count} {kind}' for kind, count in sorted(kinds.items())])}."
        )
    return tuple(said)


def _money(ground: Ground, chosen: tuple[Move, ...]) -> str:
    amount = total(move.revenue.value for move in chosen)
    return f", {formats.money(amount, ground.currency)}" if ground.shows_money and amount is not None else ""
