"""NPS, CSAT and CES by window and segment: n, interval, change against the window before, arrow, response.

The last answer of each contact in a window counts, so that a weekly panel does not count the same person thirteen
times. Where accounts answered more than once, whole accounts are drawn again (cluster bootstrap) and the interval is
the wider of both. Fewer answers than `figure_from` give no figure: the raw answers say more. An arrow needs
`arrow_from` answers in both windows and a difference whose interval excludes 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.ids import seed_of
from contracts.results import SURVEY_FIGURES
from contracts.rules import SurveyRules
from contracts.words import Arrow
from scoring.arrays import Numbers
from scoring.measure.intervals import (
    NO_ESTIMATE,
    Difference,
    Estimate,
    clustered,
    difference_by_errors,
    difference_by_limits,
    mean_of,
    nps_of_counts,
    share_of_counts,
    widened,
)

Kind = Literal["nps", "csat", "ces"]
KINDS: tuple[Kind, ...] = ("nps", "csat", "ces")
EVERYBODY = "all"
"""Dimension and segment of the cell that holds every customer of the call."""

_METHODS = {"nps": "adjusted Wald", "csat": "Wilson", "ces": "Student's t"}
_CSAT_POINTS, _CES_POINTS = 5.0, 7.0


@dataclass(frozen=True, slots=True)
class _Cell:
    """Some customers' answers of one kind in a window and the one before, and its invitations if they are told."""

    customers: int
    now: pd.DataFrame
    before: pd.DataFrame
    asked: pd.DataFrame | None


def memberships(facts: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    """Frame of customer_id, dimension, segment: where each customer of a CUSTOMER_FACTS frame belongs.

    Rows of more dimensions (a business unit, an owner) may be appended; a customer may stand in several segments.
    """
    parts = [
        pd.DataFrame({"customer_id": facts["customer_id"], "dimension": name, "segment": facts[name]})
        for name in dimensions
    ]
    return pd.concat([*parts, pd.DataFrame(columns=["customer_id", "dimension", "segment"])]).dropna()


def survey_figures(
    surveys: pd.DataFrame,
    *,
    as_of: datetime,
    rules: SurveyRules,
    customers: Sequence[str],
    members: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """SURVEY_FIGURES frame: one row per kind, window and cell, everybody first.

    Args:
        surveys: canonical `surveys` as of the week; rows of other customers are left out. A kind of which every row is
            an answer tells no invitations.
        as_of: aware instant, exclusive. Windows are [as_of - weeks, as_of) and the equally long one before.
        rules: windows and limits.
        customers: of whom the figures speak.
        members: `memberships`; None for everybody alone.
    """
    mine = surveys.loc[surveys["customer_id"].isin(set(customers))]
    cells = pd.DataFrame({"customer_id": list(customers), "dimension": EVERYBODY, "segment": EVERYBODY})
    if members is not None:
        cells = pd.concat([cells, members.loc[members["customer_id"].isin(set(customers))]], ignore_index=True)
    rows = []
    for kind in KINDS:
        asked = _prepared(mine.loc[mine["kind"] == kind], kind)
        for weeks in rules.windows_weeks:
            for dimension, segment, cell in _cells(asked, cells, as_of, timedelta(weeks=weeks)):
                seed = seed_of(as_of.isoformat(), "surveys", kind, weeks, dimension, segment)
                named = {"kind": kind, "window_weeks": weeks, "dimension": dimension, "segment": segment}
                rows.append(named | _figure(kind, cell, rules, seed, is_segment=dimension != EVERYBODY))
    return conform(pd.DataFrame(rows, columns=SURVEY_FIGURES.names), SURVEY_FIGURES)


def _prepared(surveys: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """customer_id, sent_at, answered_at, contact and `worth`: +100, 0, -100 of NPS; 100 or 0 of CSAT; points of CES."""
    score = surveys["score"].to_numpy(float, na_value=math.nan)
    low = surveys["scale_min"].to_numpy(float, na_value=math.nan)
    high = surveys["scale_max"].to_numpy(float, na_value=math.nan)
    return pd.DataFrame(
        {
            "customer_id": surveys["customer_id"],
            "response_id": surveys["response_id"],
            "contact": surveys["contact_id"].where(surveys["contact_id"].notna(), surveys["response_id"]),
            "sent_at": pd.to_datetime(surveys["sent_at"], utc=True),
            "answered_at": pd.to_datetime(surveys["answered_at"], utc=True),
            "worth": _worth(kind, score, low, high),
        }
    )


def _worth(kind: Kind, score: Numbers, low: Numbers, high: Numbers) -> Numbers:
    if kind == "nps":
        worth = np.select([score >= 9, score <= 6], [100.0, -100.0], 0.0)
    elif kind == "csat":
        worth = np.where(score >= np.where(np.isnan(high), _CSAT_POINTS, high) - 1.0, 100.0, 0.0)
    else:
        low = np.where(np.isnan(low), 1.0, low)
        high = np.where(np.isnan(high), _CES_POINTS, high)
        worth = 1.0 + (score - low) / np.where(high > low, high - low, 1.0) * (_CES_POINTS - 1.0)
    known: Numbers = np.where(np.isnan(score), math.nan, worth)
    return known


def _cells(
    asked: pd.DataFrame, cells: pd.DataFrame, as_of: datetime, window: timedelta
) -> Iterator[tuple[str, str, _Cell]]:
    now, before = _last_answers(asked, as_of - window, as_of), _last_answers(asked, as_of - 2 * window, as_of - window)
    sent = asked.loc[(asked["sent_at"] >= as_of - window) & (asked["sent_at"] < as_of)]
    parts = (now, before, sent)
    grouped = [dict(iter(_of(part, cells).groupby(["dimension", "segment"]))) for part in parts]
    for key, members in cells.groupby(["dimension", "segment"], sort=True):
        dimension, segment = key
        mine = [group.get(key, part.iloc[:0]) for group, part in zip(grouped, parts, strict=True)]
        told = mine[2] if asked["answered_at"].isna().any() else None
        yield str(dimension), str(segment), _Cell(members["customer_id"].nunique(), mine[0], mine[1], told)


def _of(answers: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    return answers.merge(cells, on="customer_id", how="inner")


def _last_answers(asked: pd.DataFrame, since: datetime, until: datetime) -> pd.DataFrame:
    """The last answer of each contact in [since, until)."""
    inside = (asked["answered_at"] >= since) & (asked["answered_at"] < until) & asked["worth"].notna()
    answers = asked.loc[inside].sort_values(["answered_at", "response_id"])
    return answers.drop_duplicates(["customer_id", "contact"], keep="last")


def _figure(kind: Kind, cell: _Cell, rules: SurveyRules, seed: int, *, is_segment: bool) -> dict[str, object]:
    """The columns of one row beside its key."""
    row: dict[str, object] = {
        "customers": cell.customers,
        "accounts": cell.now["customer_id"].nunique(),
        "n": len(cell.now),
        "n_before": len(cell.before),
        "arrow": Arrow.NONE.value,
    }
    if is_segment and cell.customers < rules.cell_from:
        return row | {"method": f"fewer than {rules.cell_from} customers", "n": 0, "n_before": 0, "accounts": 0}
    if cell.asked is not None:
        row |= _responses(cell.asked)
    if len(cell.now) < rules.figure_from:
        return row | {"method": f"fewer than {rules.figure_from} answers: read them"}
    now, is_wide = _estimate(kind, cell.now, rules, seed)
    method = f"{_METHODS[kind]}, accounts drawn again" if is_wide else _METHODS[kind]
    row |= {"value": now.value, "low": now.low, "high": now.high, "method": method}
    if len(cell.before) < rules.figure_from:
        return row
    difference = _difference(kind, now, _estimate(kind, cell.before, rules, seed + 1)[0])
    row |= {
        "change": difference.change,
        "change_low": difference.low,
        "change_high": difference.high,
        "p_value": difference.p_value,
    }
    if min(len(cell.now), len(cell.before)) >= rules.arrow_from and difference.excludes_zero:
        row["arrow"] = (Arrow.UP if difference.change > 0 else Arrow.DOWN).value
    return row


def _estimate(kind: Kind, answers: pd.DataFrame, rules: SurveyRules, seed: int) -> tuple[Estimate, bool]:
    """The figure of some answers, and whether its interval allows for accounts that answered more than once."""
    worth = answers["worth"].to_numpy(float)
    plain = _plain(kind, worth)
    accounts, _ = pd.factorize(answers["customer_id"], sort=True)
    if int(accounts.max(initial=-1)) + 1 in (len(answers), 1):
        return plain, False
    return widened(plain, *clustered(worth, accounts, seed=seed, rounds=rules.bootstrap_rounds)), True


def _plain(kind: Kind, worth: Numbers) -> Estimate:
    up, down = int((worth == 100.0).sum()), int((worth == -100.0).sum())
    if not worth.size:
        return NO_ESTIMATE
    if kind == "nps":
        return nps_of_counts(up, worth.size - up - down, down)
    return share_of_counts(up, worth.size) if kind == "csat" else mean_of(worth, lowest=1.0, highest=_CES_POINTS)


def _difference(kind: Kind, now: Estimate, before: Estimate) -> Difference:
    return difference_by_limits(now, before) if kind == "csat" else difference_by_errors(now, before)


def _responses(asked: pd.DataFrame) -> dict[str, object]:
    """Invitations of the window: how many were answered, and at how many accounts anybody answered."""
    if asked.empty:
        return {"invited": 0, "accounts_invited": 0}
    answered = asked["answered_at"].notna()
    accounts = answered.groupby(asked["customer_id"]).any()
    return {
        "invited": len(asked),
        "response_rate": float(answered.mean()),
        "accounts_invited": len(accounts),
        "account_response_rate": float(accounts.mean()),
    }
