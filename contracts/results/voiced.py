"""Frames about what customers say: comments, the aspects they speak of, themes, new words, and how well we read."""

from __future__ import annotations

from contracts.frames import Column, Frame, Kind
from contracts.results.columns import CUSTOMER, column
from contracts.words import FieldGroup

FEELINGS = ("negative", "neutral", "positive")
READ_BY = ("model", "lexicon", "none")
VOICED_TABLES = ("surveys", "transcripts", "tickets", "account_feedback")

_TABLE = Column("table", choices=VOICED_TABLES, required=True)
_ROW_KEY = column("row_key", required=True)
_SAID_AT = column("said_at", Kind.INSTANT, required=True)
_FEELING = Column("sentiment", choices=FEELINGS)
_SCORE = Column("sentiment_score", Kind.NUMBER, minimum=-1, maximum=1)
_READ_BY = Column("sentiment_source", choices=READ_BY, required=True)

COMMENTS = Frame(
    "comments",
    key=("table", "row_key"),
    columns=(
        CUSTOMER,
        _TABLE,
        _ROW_KEY,
        _SAID_AT,
        column("language", required=True),
        _FEELING,
        _SCORE,
        _READ_BY,
        Column("stated", choices=FEELINGS),
        column("text", group=FieldGroup.VERBATIMS),
        column("team_text", group=FieldGroup.TEAM_COMMENTS),
    ),
)
"""One row per text, redacted at admission. Texts of our own account team stand in `team_text`, so that nobody who may
read customers' words alone sees them. sentiment is null where nothing could be said; then sentiment_source is `none`.
stated: the class of the score that the same person gave with the text, where there is one.
language: ISO 639 code, or `unknown`.
"""

COMMENT_ASPECTS = Frame(
    "comment_aspects",
    key=("table", "row_key", "aspect"),
    columns=(
        CUSTOMER,
        _TABLE,
        _ROW_KEY,
        _SAID_AT,
        column("aspect", required=True),
        _FEELING,
        _SCORE,
        _READ_BY,
        column("quote", group=FieldGroup.VERBATIMS),
        column("team_quote", group=FieldGroup.TEAM_COMMENTS),
    ),
)
"""One row per text and aspect that it speaks of, with the sentiment of the clause alone and that clause as a quote."""

CALLS = Frame(
    "calls",
    key=("transcript_id",),
    columns=(
        CUSTOMER,
        column("transcript_id", required=True),
        column("started_at", Kind.INSTANT, required=True),
        column("turns", Kind.INTEGER, required=True),
        column("customer_turns", Kind.INTEGER, required=True),
        column("length_seconds", Kind.NUMBER),
        column("talk_share", Kind.SHARE),
        column("silence_share", Kind.SHARE),
        column("sentiment_score", Kind.NUMBER),
        column("ending_score", Kind.NUMBER),
    ),
)
"""One row per call. talk_share: the customer's part of all seconds in which anybody speaks; silence_share: the part of
the call in which nobody does; sentiment_score: mean of the customer's turns; ending_score: of the last two of them.
"""

THEMES = Frame(
    "themes",
    key=("scope", "aspect"),
    columns=(
        column("scope", required=True),
        column("aspect", required=True),
        column("n_now", Kind.INTEGER),
        column("n_before", Kind.INTEGER),
        column("of_now", Kind.INTEGER, required=True),
        column("of_before", Kind.INTEGER, required=True),
        column("share", Kind.SHARE),
        column("share_before", Kind.SHARE),
        column("change", Kind.NUMBER),
        column("low", Kind.NUMBER),
        column("high", Kind.NUMBER),
        column("p", Kind.SHARE),
        column("q", Kind.SHARE),
        column("sentiment_score", Kind.NUMBER),
        column("sentiment_score_before", Kind.NUMBER),
        Column("verdict", choices=("rose", "fell", "steady", "too_few"), required=True),
    ),
)
"""How often an aspect is spoken of now and before, within one scope. n counts customer-weeks (a customer who writes ten
times in a week counts once), of_* those with any comment. change = share - share_before; low, high: its 95 % interval.

May be shown to whoever may see the whole scope: figures of fewer than the smallest cell of customers are null already.
"""

EMERGING_TERMS = Frame(
    "emerging_terms",
    key=("language", "term"),
    columns=(
        column("language", required=True),
        column("term", required=True),
        column("n_now", Kind.INTEGER, required=True),
        column("n_before", Kind.INTEGER, required=True),
        column("customers", Kind.INTEGER, required=True),
        column("log_odds", Kind.NUMBER, required=True),
        column("z", Kind.NUMBER, required=True),
        column("q", Kind.SHARE, required=True),
        column("example", group=FieldGroup.VERBATIMS),
    ),
)
"""Words that are said more often now and that no aspect knows: proposals to experts, counted nowhere. Only terms of at
least the smallest cell of customers. For experts who may read the whole book.
"""

TEXT_QUALITY = Frame(
    "text_quality",
    key=("kind", "language"),
    columns=(
        Column("kind", choices=("model", "lexicon", "aspects", "language", "redaction"), required=True),
        column("language", required=True),
        column("n", Kind.INTEGER, required=True),
        column("measure"),
        column("value", Kind.NUMBER),
        column("low", Kind.NUMBER),
        column("high", Kind.NUMBER),
        column("baseline", Kind.NUMBER),
        Column("verdict", choices=("measured", "not measured"), required=True),
        column("about", required=True),
        column("confusion"),
    ),
)
"""How well texts of a language are read, with a 95 % interval and the value of always saying the most frequent class.
confusion: rows of true, columns of predicted negative, neutral, positive. Holds nothing of any customer: open to all.
"""
