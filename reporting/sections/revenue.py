"""Revenue kept this year, and who was saved or lost this quarter.

With A the yearly amount of a customer's running agreements on the first day of the year and B the same today:
    gross retention = sum(min(A, B)) / sum(A)        net retention = sum(B) / sum(A)      over customers with A > 0
Both are at today's rates of exchange, so that only customers move them. Source: the usual definition of subscription
businesses; new customers count in neither.
"""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pandas as pd

from contracts.words import FieldGroup, Zone
from reporting import formats
from reporting.ground import Ground
from reporting.models.money import Kept, Money, Named
from reporting.reading import calendar_day, days, numbers, rows, total, values
from reporting.values import Amount, Direction

_WEEKS_BEFORE = 26
_SHOWN = 8


def money(ground: Ground) -> Money:
    """What was kept, what it is worth, who was saved and lost."""
    kept, note = _kept(ground)
    saved, lost = _saved(ground), _lost(ground)
    return Money(
        _title(kept), kept, note, _value_sentence(ground),
        saved[:_SHOWN], _named_sentence(saved, "saved", ground), lost[:_SHOWN], _named_sentence(lost, "lost", ground),
    )  # fmt: skip


def rates(ground: Ground) -> dict[str, float]:
    """Reporting currency per unit of each currency, as this week's facts were converted."""
    facts = ground.frame("customer_facts")
    known = facts.loc[facts["original_currency"].notna()]
    ratio = numbers(known["revenue_amount"]) / numbers(known["original_amount"]).where(lambda amount: amount > 0)
    found = ratio.groupby(known["original_currency"].astype(str), sort=True).median().dropna()
    return {str(name): float(rate) for name, rate in found.items()} | {ground.currency: 1.0}


# --- retention ------------------------------------------------------------------------------------


def _kept(ground: Ground) -> tuple[tuple[Kept, ...], str]:
    if not ground.shows_money:
        return (), f"Revenue is {formats.NOT_SHOWN}."
    today, facts = ground.today, ground.book.facts
    opening, now = _yearly(ground, date(today.year, 1, 1)), _yearly(ground, today)
    before = _yearly(ground, date(today.year - 1, 1, 1)), _yearly(ground, _year_ago(today))
    if not opening.sum() > 0:
        return (), f"No agreement that ran on 1 Jan {today.year} is on record: retention of revenue is not known."
    lines = []
    for label, target, is_net in (("Gross", facts.gross_target, False), ("Net", facts.net_target, True)):
        value, then = _retained(opening, now, is_net=is_net), _retained(*before, is_net=is_net)
        direction: Direction = "unknown"
        if value is not None and target is not None:
            direction = "better" if value >= target else "worse"
        lines.append(
            Kept(
                f"{label} revenue retention", value, formats.percent(value, 1),
                formats.percent(target, 1) if target is not None else "none set",
                formats.percent(then, 1) if then is not None else "not known", direction,
            )
        )  # fmt: skip
    count = int((opening > 0).sum())
    amount = formats.money(float(opening.sum()), ground.currency)
    note = (
        f"1 Jan to {formats.day_year(today)}, of {amount} a year in agreements of {formats.figures(count, 'account')} "
        "that ran on 1 Jan, at today's rates. Targets are for the whole year."
    )
    unpriced = _unpriced(ground)
    if unpriced:
        note += f" Without a rate and left out: {formats.figures(unpriced, 'agreement')}."
    return tuple(lines), note


def _year_ago(today: date) -> date:
    return today.replace(year=today.year - 1, day=min(today.day, 28) if today.month == 2 else today.day)


def _yearly(ground: Ground, on: date) -> pd.Series[float]:
    """Customer -> yearly amount of the agreements that ran on that day."""
    frame = ground.frame("agreements")
    day = pd.Timestamp(on)
    start, end, ended = days(frame["start_on"]), days(frame["end_on"]), days(frame["ended_on"])
    runs = (start <= day) & (ended.isna() | (ended > day)) & (end.isna() | (end >= day) | ended.notna())
    worth = numbers(frame["annual_amount"]) * _rate(frame, ground)
    chosen = runs.to_numpy(dtype=bool, na_value=False) & worth.notna().to_numpy()
    return worth[chosen].groupby(frame.loc[chosen, "customer_id"].astype(object), sort=True).sum()


def _rate(frame: pd.DataFrame, ground: Ground) -> pd.Series[float]:
    known = rates(ground)
    currency = frame["currency"].astype(object).where(frame["currency"].notna(), ground.currency)
    return currency.map(known).astype("float64")


def _unpriced(ground: Ground) -> int:
    frame = ground.frame("agreements")
    lacking = _rate(frame, ground).isna() & frame["annual_amount"].notna() & frame["ended_on"].isna()
    return int(lacking.sum())


def _retained(opening: pd.Series[float], now: pd.Series[float], *, is_net: bool) -> float | None:
    base = opening[opening > 0]
    if not len(base):
        return None
    kept = now.reindex(base.index).fillna(0.0)
    return float((kept if is_net else kept.clip(upper=base)).sum() / base.sum())


def _title(kept: tuple[Kept, ...]) -> str:
    if not kept or kept[0].value is None:
        return "Revenue kept this year"
    gross = kept[0]
    judged = {"better": ", on target so far", "worse": f", below the target of {gross.target_text}"}
    return f"{gross.text} of the year's opening revenue is kept{judged.get(gross.direction, '')}"


def _value_sentence(ground: Ground) -> str:
    """What these accounts are expected to bring, by basis; margins and revenues are never added."""
    if not ground.audience.sees(FieldGroup.LIFETIME_VALUE):
        return ""
    frame = ground.frame("lifetime_values")
    told = []
    for basis, words in (("margin", "Lifetime value"), ("revenue", "Discounted revenue")):
        mine = frame.loc[(frame["basis"] == basis) & frame["value_amount"].notna()]
        if len(mine):
            amount = formats.money(total(values(mine["value_amount"])), ground.currency)
            months = int(mine["horizon_months"].iloc[0])
            told.append(f"{words} over {months} months: {amount}, {formats.figures(len(mine), 'account')}.")
    lacking = frame.loc[frame["value_amount"].isna() & frame["customer_id"].isin(list(ground.names))]
    if len(lacking):
        reasons = lacking["why_missing"].value_counts()
        first = sorted(reasons.items(), key=lambda item: (-item[1], str(item[0])))[:1]
        why = f" {first[0][0]}" if first else ""
        told.append(f"Without a value: {formats.figures(len(lacking), 'account')}.{why}")
    return " ".join(told)


# --- saved and lost -------------------------------------------------------------------------------


def quarter_start(today: date) -> date:
    return date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)


def _outcomes(ground: Ground, *kinds: str) -> list[SimpleNamespace]:
    frame = ground.frame("outcomes")
    on = days(frame["happened_on"])
    since, today = pd.Timestamp(quarter_start(ground.today)), pd.Timestamp(ground.today)
    chosen = ((on >= since) & (on <= today)).to_numpy(dtype=bool, na_value=False) & frame["kind"].isin(list(kinds))
    found = rows(frame.loc[chosen])
    found.sort(key=lambda row: (row.happened_on, row.customer_id, row.outcome_id), reverse=True)
    return found


def _saved(ground: Ground) -> tuple[Named, ...]:
    """Renewed or came back this quarter, after standing in Critical in one of the 26 weeks before."""
    history = ground.frame("history")
    first = str(ground.week.shift(-_WEEKS_BEFORE))
    critical = history.loc[(history["zone"] == Zone.CRITICAL).fillna(value=False) & (history["week"] >= first)]
    was = set(critical["customer_id"])
    found = []
    for row in _outcomes(ground, "renewed", "reactivated"):
        if row.kind == "reactivated" or row.customer_id in was:
            what = "came back" if row.kind == "reactivated" else "renewed after Critical"
            found.append(_named(row, what, ground))
    return tuple(found)


def _lost(ground: Ground) -> tuple[Named, ...]:
    words = {"churned": "left", "downgraded": "reduced"}
    return tuple(
        _named(row, words[row.kind] + (f": {row.reason}" if row.reason else ""), ground)
        for row in _outcomes(ground, "churned", "downgraded")
    )


def _named(row: SimpleNamespace, what: str, ground: Ground) -> Named:
    names = ground.every_name
    rate = rates(ground).get(row.currency or ground.currency)
    worth: Amount = ground.amount_in(row.amount, row.currency)
    if rate is not None and row.amount is not None:
        worth = ground.amount(float(row.amount) * rate)
    on = calendar_day(row.happened_on)
    return Named(
        row.customer_id, names.get(row.customer_id, row.customer_id), what, formats.day_near(on, ground.today), worth,
        ground.page(row.customer_id),
    )  # fmt: skip


def _named_sentence(found: tuple[Named, ...], word: str, ground: Ground) -> str:
    since = formats.day_short(quarter_start(ground.today))
    if not found:
        return f"Nobody was {word} since {since}."
    count = len({line.customer_id for line in found})
    amount = total(line.amount.value for line in found)
    worth = f", {formats.money(amount, ground.currency)}" if ground.shows_money and amount is not None else ""
    return f"{formats.capital(formats.counted(count, 'account'))} {word} since {since}{worth}."
