"""Headlines and standfirsts: the finding with its money, built from facts, right for none, one and many.

No sentence claims more than its numbers: a first report compares with nothing, a move inside noise is not news.
"""

from __future__ import annotations

from collections.abc import Sequence

from contracts.words import BusinessUnit, Level, Zone
from reporting import formats
from reporting.ground import Ground
from reporting.models.pack import Cases, Move, Problems, Projects, Renewals, Tile
from reporting.reading import equal, total
from reporting.sections.moves import into_critical, out_of_critical


def headline(
    ground: Ground,
    moves: Sequence[Move],
    cases: Cases,
    tiles: Sequence[Tile],
    *,
    renewals: Renewals,
    problems: Problems,
    projects: Projects,
) -> str:
    """What changed and what it costs; the second half is what this reader is there for."""
    first = _first_half(ground, moves)
    second = _second_half(ground, cases, tiles, renewals=renewals, problems=problems, projects=projects)
    return f"{first}{second}"


def _accounts(count: int, ground: Ground) -> str:
    """`four of your 49 accounts` for those who have their own, `four of 150 accounts` above them."""
    whole = len(ground.accounts)
    your = "your " if ground.audience.level in (Level.MANAGER, Level.INDIVIDUAL) else ""
    noun = "account" if whole == 1 else "accounts"
    if count == whole == 1:
        return f"your one {noun}" if your else f"the one {noun}"
    return f"{formats.count_word(count)} of {your}{formats.number(whole)} {noun}"


def _first_half(ground: Ground, moves: Sequence[Move]) -> str:
    accounts = ground.accounts
    if not len(accounts):
        return "No account is in this view"
    turned = into_critical(tuple(moves))
    critical = int(equal(accounts["zone"], Zone.CRITICAL).sum())
    if ground.book.facts.previous_week is None:
        verb = "is" if critical in (0, 1) else "are"
        return f"First report: {_none_or(critical, ground)} {verb} Critical"
    if turned:
        return f"{formats.capital(_accounts(len(turned), ground))} turned Critical this week"
    left = out_of_critical(tuple(moves))
    if left:
        return f"{formats.capital(_accounts(len(left), ground))} left Critical this week, none turned Critical"
    worse = [move for move in moves if move.direction == "worse"]
    if worse:
        return f"{formats.capital(_accounts(len(worse), ground))} fell a zone, none of them into Critical"
    if moves:
        return f"{formats.capital(_accounts(len(moves), ground))} improved, none fell"
    return "No account changed zone this week"


def _none_or(count: int, ground: Ground) -> str:
    if count == 0:
        your = "your " if ground.audience.level in (Level.MANAGER, Level.INDIVIDUAL) else ""
        return f"none of {your}{formats.figures(len(ground.accounts), 'account')}"
    return _accounts(count, ground)


def _second_half(
    ground: Ground,
    cases: Cases,
    tiles: Sequence[Tile],
    *,
    renewals: Renewals,
    problems: Problems,
    projects: Projects,
) -> str:
    if not len(ground.accounts):
        return ""
    unit, level = ground.audience.unit, ground.audience.level
    late = len(cases.overdue)
    if level in (Level.MANAGER, Level.INDIVIDUAL) and late:
        return f", and {formats.counted(late, 'case')} {'is' if late == 1 else 'are'} overdue"
    endangered = renewals.by_zone[3]
    if unit is BusinessUnit.SALES and endangered.count:
        money = f" ({endangered.revenue.text})" if endangered.revenue.value is not None else ""
        verb = "is" if endangered.count == 1 else "are"
        return f"; {formats.counted(endangered.count, 'renewal')} due in 90 days{money} {verb} Critical"
    if unit is BusinessUnit.SUPPORT and problems.severe_count:
        return f"; {formats.counted(problems.severe_count, 'severity-1 fault')} in 30 days"
    if unit is BusinessUnit.GPS and projects.late_count:
        verb = "is" if projects.late_count == 1 else "are"
        return f"; {formats.counted(projects.late_count, 'project')} {verb} past the planned end"
    return _money_clause(ground, tiles)


def _money_clause(ground: Ground, tiles: Sequence[Tile]) -> str:
    tile = next((tile for tile in tiles if tile.key == "critical"), None)
    if tile is None or not ground.shows_money or not tile.number:
        return ""
    text = f"; {tile.value} of yearly revenue sits in the Critical zone"
    delta = tile.change.delta
    if delta is not None and not tile.change.is_noise:
        text += f", {'up' if delta > 0 else 'down'} {formats.money(abs(delta), ground.currency)}"
    return text


def standfirst(ground: Ground) -> str:
    """Two plain figures that give the headline its scale."""
    accounts = ground.accounts
    if not len(accounts):
        return "Nobody assigned an account to this audience, and no rule of scope names one."
    critical = accounts.loc[equal(accounts["zone"], Zone.CRITICAL)]
    count = f"{formats.figures(len(critical), 'account')} of {formats.number(len(accounts))}"
    if not ground.shows_money:
        return f"In Critical: {count}."
    whole, part = total(accounts["revenue_amount"]), total(critical["revenue_amount"]) or 0.0
    if whole is None:
        return f"In Critical: {count}. No revenue is known."
    verb = "is" if len(critical) == 1 else "are"
    in_critical = (
        f"{count}, {formats.money(part, ground.currency)}, {verb} Critical" if len(critical) else "none is Critical"
    )
    return f"{formats.money(whole, ground.currency)} of yearly revenue in this view; {in_critical}."


def grid_words(ground: Ground, moves: Sequence[Move]) -> tuple[str, str]:
    """(title, finding): the finding is read out instead of the picture, so it says what the picture shows."""
    count, moved = len(ground.accounts), len(moves)
    title = f"Where the {formats.figures(count, 'account')} {'stands' if count == 1 else 'stand'}"
    if count == 1:
        title = "Where the account stands"
    text = f"{formats.figures(count, 'account')} by loyalty and retention, 0 to 100"
    if ground.book.facts.previous_week is None:
        return title, f"{text}; first report, no movement shown."
    worse = sum(move.direction == "worse" for move in moves)
    if not moved:
        return title, f"{text}; none changed zone this week."
    return title, f"{text}; {formats.number(moved)} changed zone this week, {formats.number(worse)} for the worse."


def actions_title(ground: Ground, count: int, amount: float | None) -> str:
    """`Act first: five accounts hold EUR 2.1 M, and each has one clear next step`."""
    if not count:
        return "Nothing to act on this week"
    has = "it has" if count == 1 else "each has"
    if ground.shows_money and amount:
        verb = "holds" if count == 1 else "hold"
        money = formats.money(amount, ground.currency)
        return f"Act first: {formats.counted(count, 'account')} {verb} {money}, and {has} a next step"
    return f"Act first: {formats.counted(count, 'account')} with a next step"
