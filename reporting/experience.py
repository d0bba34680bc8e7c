"""What customers say: satisfaction figures with n and interval, the words themselves, and sentences about both.

Scales: NPS is asked 0-10 (promoters 9-10, detractors 0-6). CSAT and CES are told on 1-5; other scales are moved
onto it linearly, so that one figure can be told. Intervals are 95 %, normal approximation over answers.
Source: for the variance of NPS, p+ + p- - (p+ - p-)^2 per answer (multinomial).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pandas as pd

from contracts.words import FieldGroup
from reporting import formats
from reporting.ground import Ground, change_of
from reporting.models import Change, Direction, Experience, Metric, Tile, Verbatim
from reporting.reading import equal, instants, local_day, numbers, rows

WINDOW_DAYS = 90
_NORMAL = 1.96
_LABELS = {"csat": "CSAT", "nps": "NPS", "ces": "CES"}
_UNITS = {"csat": "of 5", "nps": "from −100 to +100", "ces": "of 5"}


@dataclass(frozen=True)
class Answers:
    """Answers of the last year by kind: `at` (instant), `score` on its scale (nps 0-10, else 1-5)."""

    frame: pd.DataFrame
    invited: dict[str, int]
    metrics: tuple[Metric, ...]


def read_answers(ground: Ground) -> Answers:
    """Survey answers and the satisfaction given on tickets; one that is both counts once."""
    surveys, tickets = ground.frame("surveys"), ground.frame("tickets")
    asked = surveys.loc[surveys["kind"].isin(list(_LABELS))]
    low, high = numbers(asked["scale_min"]), numbers(asked["scale_max"])
    is_nps = equal(asked["kind"], "nps")
    low = low.fillna(pd.Series(1.0, index=asked.index).mask(is_nps, 0.0))
    high = high.fillna(pd.Series(5.0, index=asked.index).mask(is_nps, 10.0))
    share = (numbers(asked["score"]) - low) / (high - low).where(high > low)
    found = pd.DataFrame(
        {
            "kind": asked["kind"].astype(object),
            "at": instants(asked["answered_at"]),
            "score": (1.0 + 4.0 * share).mask(is_nps, 10.0 * share).round(6),
        }
    )
    told = set(asked.loc[equal(asked["kind"], "csat"), "ticket_id"].dropna())
    rated = tickets.loc[tickets["csat_score"].notna() & ~tickets["ticket_id"].isin(told)]
    beside = pd.DataFrame(
        {
            "kind": pd.Series("csat", index=rated.index, dtype=object),
            "at": instants(rated["resolved_at"].where(rated["resolved_at"].notna(), rated["opened_at"])),
            "score": numbers(rated["csat_score"]),
        }
    )
    parts = [part for part in (found, beside) if len(part)]
    frame = pd.concat(parts, ignore_index=True) if parts else found
    frame = frame.loc[frame["at"].notna() & frame["score"].notna()].sort_values(["kind", "at", "score"])
    end = pd.Timestamp(ground.book.facts.as_of)
    sent = asked.loc[instants(asked["sent_at"]) >= end - pd.Timedelta(days=WINDOW_DAYS), "kind"].value_counts()
    invited = {str(kind): int(count) for kind, count in sent.items()}
    metrics = tuple(
        metric
        for kind in ("csat", "nps", "ces")
        if (metric := _metric(frame, kind, end, invited.get(kind, 0), is_first=ground.book.facts.previous_week is None))
    )
    return Answers(frame, invited, metrics)


def _figure(scores: pd.Series[Any], kind: str) -> tuple[float, float] | None:
    """(value, half width of the 95 % interval); None without an answer."""
    n = len(scores)
    if n == 0:
        return None
    if kind == "nps":
        up, down = float((scores >= 9).mean()), float((scores <= 6).mean())
        return 100 * (up - down), 100 * _NORMAL * math.sqrt(max(up + down - (up - down) ** 2, 0.0) / n)
    spread = float(scores.std(ddof=1)) if n > 1 else math.inf
    return float(scores.mean()), _NORMAL * spread / math.sqrt(n)


def _metric(frame: pd.DataFrame, kind: str, end: pd.Timestamp, invited: int, *, is_first: bool) -> Metric | None:
    mine = frame.loc[frame["kind"] == kind]
    window = pd.Timedelta(days=WINDOW_DAYS)
    now = mine.loc[(mine["at"] >= end - window) & (mine["at"] < end), "score"]
    figure = _figure(now, kind)
    if figure is None:
        return None
    value, half = figure
    decimals = 0 if kind == "nps" else 1
    earlier_end = end - pd.Timedelta(days=7)
    earlier = None if is_first else _figure(
        mine.loc[(mine["at"] >= earlier_end - window) & (mine["at"] < earlier_end), "score"], kind
    )  # fmt: skip
    change = Change(None, None, "", "unknown")
    if earlier is not None and math.isfinite(half):
        # The two windows share most answers; the interval of one is a cautious bound of what chance can move.
        change = change_of(earlier[0], value, noise=half, decimals=decimals)
    is_wide = not math.isfinite(half)
    count = f"n\u00a0=\u00a0{formats.number(len(now))}"  # one word: a line must not end at "n ="
    interval = "one answer only" if is_wide else f"±{formats.number(half, decimals)}, {count}"
    text = _figure_text(kind, value)
    low, high = (None, None) if is_wide else (value - half, value + half)
    span = "–" if is_wide else f"{_figure_text(kind, value - half)} to {_figure_text(kind, value + half)}"
    return Metric(kind, _LABELS[kind], value, text, low, high, interval, span, len(now), invited, change)


def _figure_text(kind: str, value: float) -> str:
    return formats.signed(value) if kind == "nps" else formats.number(value, 1)


def metric_tile(answers: Answers) -> Tile:
    """The first of CSAT, NPS, CES that has answers; said to be not measured when none has."""
    if not answers.metrics:
        none = Change(None, None, "", "unknown")
        return Tile("satisfaction", "Satisfaction", "–", formats.NOT_MEASURED, none, f"no answer in {WINDOW_DAYS} days")
    metric = answers.metrics[0]
    note = f"{WINDOW_DAYS} days, {metric.interval_text}"
    if metric.change.is_noise:
        note = f"no real change, {metric.interval_text}"
    return Tile(
        "satisfaction", f"Satisfaction, {metric.label}", metric.text, _UNITS[metric.key], metric.change, note, None,
        metric.value,
    )  # fmt: skip


def experience(ground: Ground, answers: Answers, *, keep: int = 6) -> Experience:
    """Figures, two or three sentences, and the newest words of customers."""
    said, note = verbatims(ground, keep=keep)
    return Experience(answers.metrics, _sentences(answers), said, note)


def _sentences(answers: Answers) -> tuple[str, ...]:
    if not answers.metrics:
        return (f"No survey was answered in the last {WINDOW_DAYS} days.",)
    found = []
    for metric in answers.metrics:
        unit = {"nps": "", "csat": " of 5", "ces": " of 5"}[metric.key]
        text = f"{metric.label} is {metric.text}{unit} ({metric.interval_text})"
        if metric.change.direction == "unknown":
            found.append(f"{text}; there is no earlier figure.")
        elif metric.change.direction == "same":
            found.append(f"{text}; that is no real change against last week.")
        else:
            found.append(f"{text}, {metric.change.direction} than last week by {metric.change.text[2:]}.")
    asked = sum(answers.invited.get(metric.key, 0) for metric in answers.metrics)
    answered = sum(metric.n for metric in answers.metrics if metric.invited)
    if asked >= answered > 0:
        found.append(f"{formats.percent(answered / asked)} of {formats.figures(asked, 'invitation')} were answered.")
    return tuple(found)


def verbatims(
    ground: Ground, *, keep: int, given: Sequence[SimpleNamespace] | None = None
) -> tuple[tuple[Verbatim, ...], str]:
    """The newest comments of customers; empty with the reason when there are none or they are not granted."""
    if not ground.audience.sees(FieldGroup.VERBATIMS):
        return (), f"Customer comments are {formats.NOT_SHOWN}."
    if given is None:
        surveys = ground.frame("surveys")
        spoken = surveys.loc[surveys["comment"].notna() & surveys["answered_at"].notna()]
        given = rows(
            spoken.sort_values(["answered_at", "response_id"], ascending=[False, True], kind="stable").head(keep)
        )
    told = [row for row in given if row.comment is not None and row.answered_at is not None]
    told.sort(key=lambda row: (-row.answered_at.timestamp(), row.response_id))
    found = []
    for row in told[:keep]:
        on = local_day(row.answered_at, ground.zone)
        if on is None or not str(row.comment).strip():
            continue
        found.append(
            Verbatim(
                row.customer_id, ground.name(row.customer_id), on,
                formats.day_near(on, ground.today), str(row.comment).strip(), _LABELS.get(row.kind, "Survey"),
                score_text(row), mood_of(row), row.language or "",
            )
        )  # fmt: skip
    return tuple(found), "" if found else "No customer left a comment."


def score_text(row: Any) -> str:
    """`2 of 5`; empty without a score."""
    if row.score is None:
        return ""
    top = row.scale_max if row.scale_max is not None else (10 if row.kind == "nps" else 5)
    return f"{formats.trimmed(row.score)} of {formats.trimmed(top)}"


def mood_of(row: Any) -> Direction:
    """Whether the score given with the words is good or bad; NPS by its classes, others by thirds of the scale."""
    if row.score is None:
        return "unknown"
    if row.kind == "nps":
        return "better" if row.score >= 9 else "worse" if row.score <= 6 else "same"
    low = row.scale_min if row.scale_min is not None else 1
    high = row.scale_max if row.scale_max is not None else 5
    share = (row.score - low) / (high - low) if high > low else 0.5
    return "worse" if share <= 1 / 3 else "better" if share >= 2 / 3 else "same"
