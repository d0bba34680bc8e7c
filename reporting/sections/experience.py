"""What customers say: satisfaction figures with n and interval, themes, where in the cycle it hurts, their own words.

Figures are SURVEY_FIGURES of this audience's customers, over the longest window: each contact's last answer counts,
intervals are 95 %, a change is told as real only beyond noise (docs/methods/surveys.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from contracts.words import Arrow, FieldGroup
from reporting import formats
from reporting.ground import Ground
from reporting.models.insight import Drivers
from reporting.models.pack import Change, Direction, Experience, Metric, Tile, Verbatim
from reporting.reading import local_day, rows
from reporting.sections import voice
from reporting.sections.insight import driver_sentence

_LABELS = {"csat": "CSAT", "nps": "NPS", "ces": "CES"}
_UNITS = {"csat": "satisfied", "nps": "from −100 to +100", "ces": "of 7"}
_SAID = {"csat": " satisfied", "nps": "", "ces": " of 7"}


def metrics(ground: Ground) -> tuple[Metric, ...]:
    """CSAT, NPS, CES as far as anybody answered; a figure of too few answers is a dash with its n."""
    frame = ground.frame("survey_figures")
    whole = [row for row in rows(frame) if row.dimension == "all" and row.n]
    if not whole:
        return ()
    longest = max(row.window_weeks for row in whole)
    by_kind = {row.kind: row for row in whole if row.window_weeks == longest}
    is_first = ground.book.facts.previous_week is None
    return tuple(_metric(by_kind[kind], is_first=is_first) for kind in _LABELS if kind in by_kind)


def _metric(row: SimpleNamespace, *, is_first: bool) -> Metric:
    """A first report compares with nothing, even where the window before is known."""
    weeks = int(row.window_weeks)
    count = f"n{formats.NBSP}={formats.NBSP}{formats.number(row.n)}"  # one word: a line must not end at "n ="
    change = Change(None, None, "", "unknown")
    if row.value is None:
        few = f"too few answers in {formats.figures(weeks, 'week')}, {count}"
        return Metric(
            row.kind, _LABELS[row.kind], None, "–", None, None, few, "–", row.n, int(row.invited or 0), change
        )
    if row.change is not None and not is_first:
        change = _change(row)
    span = f"{_text(row.kind, row.low)} to {_text(row.kind, row.high)}" if row.low is not None else "–"
    return Metric(
        row.kind, _LABELS[row.kind], row.value, _text(row.kind, row.value), row.low, row.high, f"{span}, {count}", span,
        int(row.n), int(row.invited or 0), change,
    )  # fmt: skip


def _change(row: SimpleNamespace) -> Change:
    before, decimals = row.value - row.change, 1 if row.kind == "ces" else 0
    if row.arrow == Arrow.NONE:
        return Change(before, row.change, formats.signed(row.change, decimals), "same", is_noise=True)
    is_up = row.arrow == Arrow.UP
    said = f"{'▲' if is_up else '▼'}{formats.NBSP}{formats.number(abs(row.change), decimals)}"
    return Change(before, row.change, said, "better" if is_up else "worse")


def _text(kind: str, value: float) -> str:
    if kind == "csat":
        return f"{formats.number(value)}{formats.NBSP}%"
    return formats.signed(value) if kind == "nps" else formats.number(value, 1)


def metric_tile(found: Sequence[Metric]) -> Tile:
    """The first of CSAT, NPS, CES that has a figure; said to be not measured when none has."""
    metric = next((metric for metric in found if metric.value is not None), None)
    if metric is None:
        none = Change(None, None, "", "unknown")
        note = found[0].interval_text if found else "no answer"
        return Tile("satisfaction", "Satisfaction", "–", formats.NOT_MEASURED, none, note)
    note = f"no real change, {metric.interval_text}" if metric.change.is_noise else metric.interval_text
    return Tile(
        "satisfaction", f"Satisfaction, {metric.label}", metric.text, _UNITS[metric.key], metric.change, note, None,
        metric.value,
    )  # fmt: skip


def experience(ground: Ground, found: tuple[Metric, ...], drivers: Drivers, *, keep: int = 6) -> Experience:
    """Figures, four sentences (figures, themes, cycle, drivers), and the newest words of customers."""
    said, note = verbatims(ground, keep=keep)
    themes, about_themes = voice.themes(ground)
    stages, about_cycle = voice.cycle(ground)
    sentences = (_figures_sentence(found), about_themes, about_cycle, driver_sentence(drivers))
    themes_note = "" if ground.audience.sees(FieldGroup.VERBATIMS) else f"Customer comments are {formats.NOT_SHOWN}."
    return Experience(found, sentences, said, note, themes, themes_note, stages, voice.quality_note(ground))


def _figures_sentence(found: Sequence[Metric]) -> str:
    told = [metric for metric in found if metric.value is not None]
    if not told:
        answers = sum(metric.n for metric in found)
        if answers:
            return (
                f"{formats.capital(formats.counted(answers, 'survey answer'))}: too few for a figure, read the words."
            )
        return "No survey was answered lately."
    parts = [f"{metric.label} is {metric.text}{_SAID[metric.key]} ({metric.interval_text})" for metric in told]
    moved = [
        f"{metric.label} {metric.change.direction} by {metric.change.text[2:]}"
        for metric in told
        if metric.change.direction in ("better", "worse")
    ]
    compared = [metric for metric in told if metric.change.direction != "unknown"]
    if moved:
        end = f"; {formats.listed(moved)} than before"
    else:
        end = "; no real change" if compared else "; there is no earlier figure"
    return f"{formats.listed(parts)}{end}."


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
