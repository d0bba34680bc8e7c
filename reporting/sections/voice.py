"""What customers speak of: themes that rose or fell with their words, and where in the cycle it hurts.

Themes are counted for this audience's customers alone (THEMES); quotes are theirs too. For the cycle the unit is the
account: one account that writes often is one voice. Interval: Wilson 95 % over accounts.
"""

from __future__ import annotations

import math
from types import SimpleNamespace

import pandas as pd

from contracts.words import FieldGroup
from reporting import formats
from reporting.ground import Ground
from reporting.models.insight import Quote, Stage, Theme
from reporting.reading import instants, local_day, rows
from reporting.values import Direction

CYCLE_WEEKS = 13
FEWEST = 5
_SHOWN = 3
_QUOTES = 2
_NORMAL = 1.96
_TEAM = "account_feedback"
_MOVED = {"rose": "rose", "fell": "fell", "steady": "steady", "too_few": "too few to tell"}
_STAGES = {
    "Sales": ("price", "billing and contract", "account team", "leaving"),
    "Implementation": ("project", "training", "documentation"),
    "Support": (
        *("first response", "hand-offs", "resolution time", "communication", "courtesy", "expertise"),
        "spare parts",
    ),
    "Product": ("reliability", "performance", "features", "usability", "upgrade"),
}
_STAGE_OF = {aspect: stage for stage, aspects in _STAGES.items() for aspect in aspects}
_ELSEWHERE = "Elsewhere"
_LANGUAGES = {"en": "English", "it": "Italian", "ar": "Arabic", "de": "German", "fr": "French", "es": "Spanish",
              "pt": "Portuguese", "nl": "Dutch"}  # fmt: skip


def themes(ground: Ground) -> tuple[tuple[Theme, ...], str]:
    """At most three aspects that rose or fell, the largest change first, and the sentence about them.

    When none moved beyond chance, the three most spoken of stand there and the sentence says so.
    """
    known = [row for row in rows(ground.frame("themes")) if row.n_now]
    moved = [row for row in known if row.verdict in ("rose", "fell")]
    moved.sort(key=lambda row: (-abs(row.change), row.aspect))
    chosen = moved[:_SHOWN] or sorted(known, key=lambda row: (-row.n_now, row.aspect))[:_SHOWN]
    found = tuple(_theme(row, ground) for row in chosen)
    if not known:
        return (), f"Of no theme did {FEWEST} or more accounts speak lately."
    if not moved:
        named = formats.listed([theme.aspect for theme in found])
        return found, f"No theme rose or fell beyond chance; most spoken of: {named}."
    parts = [f"{theme.aspect} {theme.moved} ({theme.before_text} to {theme.share_text} of comments)" for theme in found]
    return found, formats.capital(f"{formats.listed(parts)}.")


def _theme(row: SimpleNamespace, ground: Ground) -> Theme:
    feeling, direction = _feeling(row.sentiment_score)
    change = ""
    if row.change is not None and row.low is not None:
        points = [formats.signed(100 * value) for value in (row.change, row.low, row.high)]
        change = f"{points[0]} points ({points[1]} to {points[2]})"
    return Theme(
        row.aspect, _MOVED[row.verdict], formats.percent(row.share), formats.percent(row.share_before), change,
        direction, feeling, _quotes(row.aspect, direction, ground),
    )  # fmt: skip


def _feeling(score: float | None) -> tuple[str, Direction]:
    if score is None:
        return "feeling not known", "unknown"
    if score <= -0.15:
        return "mostly negative", "worse"
    return ("mostly positive", "better") if score >= 0.15 else ("mixed", "same")


def _quotes(aspect: str, direction: Direction, ground: Ground) -> tuple[Quote, ...]:
    """The newest two clauses about an aspect from two accounts, of the prevailing feeling first."""
    if not ground.audience.sees(FieldGroup.VERBATIMS):
        return ()
    frame = ground.frame("comment_aspects")
    frame = frame.loc[(frame["aspect"] == aspect) & (frame["table"] != _TEAM) & frame["quote"].notna()]
    wanted = {"worse": "negative", "better": "positive"}.get(direction)
    frame = frame.assign(at=instants(frame["said_at"]), fits=(frame["sentiment"] == wanted).fillna(value=False))
    frame = frame.sort_values(["fits", "at", "row_key"], ascending=[False, False, True], kind="stable")
    frame = frame.drop_duplicates("customer_id").drop_duplicates("quote")
    return tuple(
        Quote(
            row.customer_id, ground.name(row.customer_id),
            formats.day_near(local_day(row.at, ground.zone), ground.today), formats.clipped(row.quote, 180),
            feeling_of(row.sentiment), ground.page(row.customer_id),
        )
        for row in rows(frame.head(_QUOTES))
    )  # fmt: skip


def feeling_of(sentiment: str | None) -> Direction:
    known: dict[str | None, Direction] = {"negative": "worse", "positive": "better", "neutral": "same"}
    return known.get(sentiment, "unknown")


def cycle(ground: Ground) -> tuple[tuple[Stage, ...], str]:
    """Sales, implementation, support and the product itself, worst first; and the sentence that names the worst."""
    frame = ground.frame("comment_aspects")
    at = instants(frame["said_at"])
    recent = at >= pd.Timestamp(ground.book.facts.as_of) - pd.Timedelta(weeks=CYCLE_WEEKS)
    frame = frame.loc[(frame["table"] != _TEAM) & frame["sentiment"].notna() & recent]
    frame = frame.assign(
        stage=frame["aspect"].map(_STAGE_OF).fillna(_ELSEWHERE).astype(object),
        tone=frame["sentiment"].map({"negative": -1, "positive": 1}).fillna(0).astype(int),
    )
    found = [(stage, part) for stage, part in frame.groupby("stage", sort=True) if len(part)]
    told = [_stage(str(name), part) for name, part in found]
    told.sort(key=lambda pair: (-pair[0], pair[1].name))
    large = [stage for _, stage in told if stage.accounts >= FEWEST]
    worst = large[0] if large else None
    stages = tuple(_marked(stage, is_worst=stage is worst) for _, stage in told)
    if worst is None:
        return stages, f"Too few accounts spoke in {CYCLE_WEEKS} weeks to say where in the cycle it hurts."
    return stages, (
        f"Most often bad in {CYCLE_WEEKS} weeks: {worst.name.lower()}, for {worst.bad_text} of the "
        f"{formats.figures(worst.accounts, 'account')} that spoke of it ({worst.range_text}), "
        f"mostly about {worst.worst}."
    )


def _stage(name: str, part: pd.DataFrame) -> tuple[float, Stage]:
    tones = part.groupby("customer_id", sort=True)["tone"].sum()
    n, bad = len(tones), int((tones < 0).sum())
    low, high = _wilson(bad, n)
    negative = part.loc[part["tone"] < 0, "aspect"].value_counts()
    worst = sorted(negative.items(), key=lambda item: (-item[1], str(item[0])))
    return bad / n, Stage(
        name, len(part), n, formats.percent(bad / n), f"{formats.percent(low)} to {formats.percent(high)}",
        str(worst[0][0]) if worst else "nothing in particular", is_worst=False,
    )  # fmt: skip


def _marked(stage: Stage, *, is_worst: bool) -> Stage:
    return Stage(
        stage.name, stage.remarks, stage.accounts, stage.bad_text if stage.accounts >= FEWEST else "–",
        stage.range_text if stage.accounts >= FEWEST else "too few accounts", stage.worst, is_worst,
    )  # fmt: skip


def _wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    square = _NORMAL**2
    middle = (hits + square / 2) / (n + square)
    half = _NORMAL * math.sqrt(hits * (n - hits) / n + square / 4) / (n + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def quality_note(ground: Ground) -> str:
    """How well feelings are read in the language that these customers use most; silent without comments."""
    comments = ground.frame("comments")
    spoken = comments.loc[comments["table"] != _TEAM, "language"].value_counts()
    if not len(spoken):
        return ""
    language = min(spoken.items(), key=lambda item: (-item[1], str(item[0])))[0]
    named = _LANGUAGES.get(str(language), str(language))
    measured = [
        row
        for row in rows(ground.frame("text_quality"))
        if row.language == language and row.kind in ("model", "lexicon") and row.value is not None
    ]
    if not measured:
        return f"How well feelings are read in {named} was not measured."
    best = max(measured, key=lambda row: row.kind)
    how = "a model" if best.kind == "model" else "a word list"
    interval = f" ({formats.number(best.low, 2)} to {formats.number(best.high, 2)})" if best.low is not None else ""
    base = (
        f"; always saying the same would reach {formats.number(best.baseline, 2)}" if best.baseline is not None else ""
    )
    return f"Feelings in {named} are read by {how}: macro F1 {formats.number(best.value, 2)}{interval}{base}."
