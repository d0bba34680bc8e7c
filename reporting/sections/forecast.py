"""Renewals by window, the pipeline by zone and quarter, what of it stands on shaky ground, and deals that slipped.

Weighted = amount x probability of the deal as Sales set it. Shaky: the account is Critical, or fell beyond noise since
the last pack. A deal past its expected date counts as slipped, in a row of its own, and in no quarter.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from contracts.words import Zone
from reporting import formats
from reporting.ground import GOOD_TO_BAD, INSUFFICIENT, Ground, mark_of, zone_mark
from reporting.models.money import Forecast, Quarter, Slipped, Window, Windows
from reporting.reading import calendar_day, equal, numbers, rows, total, values
from reporting.sections.revenue import rates
from reporting.sections.tiles import due_renewals
from reporting.values import Mark

WINDOWS = (30, 60, 90)
_SHOWN = 8
_PAST, _UNDATED = "Past their date", "No date"


def _marks() -> tuple[Mark, ...]:
    return (*(zone_mark(zone) for zone in reversed(GOOD_TO_BAD)), INSUFFICIENT)


def windows(ground: Ground) -> Windows:
    """Renewals due in 30, 60 and 90 days by zone, Critical first."""
    lines = []
    for within in WINDOWS:
        due = due_renewals(ground, within)
        worth = due["renewal_amount"].fillna(due["revenue_amount"])
        cells = []
        for mark in _marks():
            here = equal(due["zone"], mark.zone) if mark.zone else due["zone"].isna().to_numpy()
            cells.append((int(here.sum()), ground.amount(total(values(worth[here])) or 0.0)))
        label = f"{within} days"
        lines.append(Window(label, tuple(cells), len(due), ground.amount(total(values(worth)) or 0.0)))
    marks = _marks()
    if lines and not any(line.cells[-1][0] for line in lines):
        marks = marks[:-1]
        lines = [replace(line, cells=line.cells[:-1]) for line in lines]
    return Windows(marks, tuple(lines))


def forecast(ground: Ground) -> Forecast:
    """The open deals of these accounts."""
    deals = _open(ground)
    lines = [_quarter(label, part, ground) for label, part in _by_quarter(deals)]
    whole = _quarter("All", deals, ground)
    marks = _marks()
    if deals["zone"].notna().all():
        marks = marks[:-1]
        lines, whole = [_shorter(line) for line in lines], _shorter(whole)
    slipped = sorted(
        (row for row in rows(deals) if row.label == _PAST), key=lambda row: (-(row.worth or 0.0), row.deal_id)
    )
    return Forecast(
        _sentence(deals, whole, ground), marks, tuple(lines), whole,
        tuple(_slipped(row, ground) for row in slipped[:_SHOWN]), _slipped_sentence(slipped, ground),
        _note(deals, ground),
    )  # fmt: skip


def _shorter(line: Quarter) -> Quarter:
    """Without the column of accounts that have no zone: it stands only when used."""
    return replace(line, by_zone=line.by_zone[:-1])


def _open(ground: Ground) -> pd.DataFrame:
    frame, accounts = ground.frame("deals"), ground.accounts
    columns = ["customer_id", "name", "state", "zone", "is_shaky"]
    standing = accounts.assign(is_shaky=shaky(ground))[columns].rename(columns={"name": "account"})
    mine = frame.loc[equal(frame["status"], "open")].merge(standing, on="customer_id", how="inner")
    rate = mine["currency"].astype(object).where(mine["currency"].notna(), ground.currency).map(rates(ground))
    worth = numbers(mine["amount"]) * rate.astype("float64")
    labels = [_label(calendar_day(on), ground.today) for on in values(mine["expected_close_on"])]
    return mine.assign(
        worth=worth,
        weighted=worth * numbers(mine["probability_share"]),
        label=pd.Series(labels, index=mine.index, dtype=object),
    )


def shaky(ground: Ground) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Per account of the ground: Critical now, or fallen beyond noise on either axis since the last pack."""
    accounts, noise = ground.accounts, ground.book.facts.dead_band
    fell = equal(accounts["direction"], "worse").copy()
    for axis in ("loyalty", "retention"):
        fell |= ((accounts[f"before_{axis}"] - accounts[axis]) > noise).to_numpy(dtype=bool, na_value=False)
    found: np.ndarray[Any, np.dtype[np.bool_]] = fell | equal(accounts["zone"], Zone.CRITICAL)
    return found


def _label(close: date | None, today: date) -> str:
    if close is None:
        return _UNDATED
    return _PAST if close < today else f"{close.year} Q{(close.month - 1) // 3 + 1}"


def _by_quarter(deals: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    last = {_PAST: 1, _UNDATED: 2}
    parts = [(str(label), part) for label, part in deals.groupby("label", sort=True)]
    return sorted(parts, key=lambda pair: (last.get(pair[0], 0), pair[0]))


def _quarter(label: str, part: pd.DataFrame, ground: Ground) -> Quarter:
    cells = []
    for mark in _marks():
        here = equal(part["zone"], mark.zone) if mark.zone else part["zone"].isna().to_numpy()
        cells.append(ground.amount(total(values(part.loc[here, "weighted"])) or 0.0))
    amounts = [ground.amount(total(values(part[column])) or 0.0) for column in ("worth", "weighted")]
    return Quarter(label, len(part), amounts[0], amounts[1], tuple(cells))


def _sentence(deals: pd.DataFrame, whole: Quarter, ground: Ground) -> str:
    if not len(deals):
        return "No deal is open"
    count = formats.figures(len(deals), "open deal")
    shaky_deals = deals.loc[deals["is_shaky"].to_numpy(dtype=bool)]
    if not ground.shows_money:
        verb = "sits" if len(shaky_deals) == 1 else "sit"
        return f"{count}; {formats.number(len(shaky_deals))} {verb} in Critical or falling accounts"
    sum_of = total(values(deals["weighted"])) or 0.0
    risk = total(values(shaky_deals["weighted"])) or 0.0
    text = f"{count}, {whole.weighted.text} weighted"
    if sum_of <= 0 or risk <= 0:
        return f"{text}; none of it in Critical or falling accounts"
    amount = formats.money(risk, ground.currency)
    return f"{text}; {amount} of it ({formats.percent(risk / sum_of)}) in Critical or falling accounts"


def _slipped(row: SimpleNamespace, ground: Ground) -> Slipped:
    close = calendar_day(row.expected_close_on)
    days = (ground.today - close).days if close else 0
    owner = ground.person(row.owner_id) or ground.owner(row.customer_id)[1]
    return Slipped(
        row.customer_id, str(row.account), mark_of(row.state, row.zone), row.name or row.deal_id, row.stage or "",
        ground.amount(row.worth) if row.worth is not None else ground.amount_in(row.amount, row.currency),
        formats.day_near(close, ground.today), days, owner, ground.page(row.customer_id),
    )  # fmt: skip


def _slipped_sentence(slipped: list[SimpleNamespace], ground: Ground) -> str:
    if not slipped:
        return "No deal is past its expected close date."
    verb = "is" if len(slipped) == 1 else "are"
    amount = total(row.worth for row in slipped)
    worth = f", {formats.money(amount, ground.currency)}" if ground.shows_money and amount is not None else ""
    return f"{formats.capital(formats.counted(len(slipped), 'deal'))} {verb} past the expected close date{worth}."


def _note(deals: pd.DataFrame, ground: Ground) -> str:
    unpriced = int((deals["worth"].isna() & deals["amount"].notna()).sum())
    unweighted = int((deals["worth"].notna() & deals["weighted"].isna()).sum())
    told = ["Weighted: amount times the probability that Sales set. At today's rates."]
    if unpriced and ground.shows_money:
        told.append(f"Without a rate and not summed: {formats.figures(unpriced, 'deal')}.")
    if unweighted:
        told.append(f"Without a probability and not weighted: {formats.figures(unweighted, 'deal')}.")
    return " ".join(told)
