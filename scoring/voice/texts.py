"""Everything that people say about us, of four tables, as one frame of texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from contracts.rules import SentimentRules, VoiceRules

TEXT_COLUMNS = ("customer_id", "table", "row_key", "said_at", "text", "declared", "stated")
"""`declared`: the language that the source names; `stated`: the class of the score given with the text."""


def texts_of(tables: Mapping[str, pd.DataFrame], rules: VoiceRules, *, as_of: datetime) -> pd.DataFrame:
    """One row per text of the last `lookback_weeks` before `as_of`, in order of table and row_key.

    Args:
        tables: canonical `surveys`, `transcripts`, `tickets`, `account_feedback` as of the week; any may be absent.
        rules: whose texts, how far back, and the bands of scores.
        as_of: aware instant, exclusive.

    Of a call only the customer's turns are texts: an agent's apology is no feeling of the customer. Of a ticket its
    first message.
    """
    made = [
        read(tables[name], rules)
        for name, read in (
            ("surveys", _answers),
            ("transcripts", _turns),
            ("tickets", _messages),
            ("account_feedback", _opinions),
        )
        if name in rules.tables and name in tables and len(tables[name])
    ]
    if not made:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in TEXT_COLUMNS})
    every = pd.concat(made, ignore_index=True)
    every["said_at"] = pd.to_datetime(every["said_at"], utc=True)
    since = as_of - timedelta(weeks=rules.lookback_weeks)
    has_words = every["text"].fillna("").str.strip().ne("")
    kept = every[has_words & every["said_at"].between(since, as_of, inclusive="left")]
    return kept.sort_values(["table", "row_key"], kind="stable", ignore_index=True)[list(TEXT_COLUMNS)]


def stated_of(kind: pd.Series, score: pd.Series, low: pd.Series, high: pd.Series, rules: SentimentRules) -> pd.Series:
    """negative, neutral or positive by the bands of NPS (on 0-10) and CSAT (on 1-5); null for other questions.

    A score on another scale is stretched to that of the band; scale ends that a source does not give are those.
    """
    made = pd.Series(None, index=kind.index, dtype="object")
    for name, (first, last), bands in (("nps", (0, 10), rules.nps_bands), ("csat", (1, 5), rules.csat_bands)):
        here = (kind == name) & score.notna()
        begin = low.where(low.notna(), first).astype("float64")
        length = high.where(high.notna(), last).astype("float64") - begin
        value = (first + (score - begin) / length.where(length > 0) * (last - first)).astype("float64")
        words = np.select([value <= bands[0], value >= bands[1]], ["negative", "positive"], "neutral")
        made = made.mask(here & value.notna(), pd.Series(words, index=kind.index))
    return made


def _answers(rows: pd.DataFrame, rules: VoiceRules) -> pd.DataFrame:
    stated = stated_of(rows["kind"], rows["score"], rows["scale_min"], rows["scale_max"], rules.sentiment)
    return _texts(rows, "surveys", rows["response_id"], rows["answered_at"], rows["comment"], rows["language"], stated)


def _turns(rows: pd.DataFrame, _rules: VoiceRules) -> pd.DataFrame:
    theirs = rows[rows["speaker_role"] == "customer"]
    key = theirs["transcript_id"].astype("str") + "/" + theirs["turn_number"].astype("str")
    return _texts(theirs, "transcripts", key, theirs["started_at"], theirs["text"])


def _messages(rows: pd.DataFrame, _rules: VoiceRules) -> pd.DataFrame:
    return _texts(rows, "tickets", rows["ticket_id"], rows["opened_at"], rows["description"])


def _opinions(rows: pd.DataFrame, _rules: VoiceRules) -> pd.DataFrame:
    return _texts(rows, "account_feedback", rows["feedback_id"], rows["given_at"], rows["comment"])


def _texts(
    rows: pd.DataFrame,
    table: str,
    key: pd.Series,
    said_at: pd.Series,
    text: pd.Series,
    declared: pd.Series | None = None,
    stated: pd.Series | None = None,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "table": table,
            "row_key": key,
            "said_at": said_at,
            "text": text.astype("object"),
            "declared": None if declared is None else declared.astype("object"),
            "stated": None if stated is None else stated,
        },
        columns=list(TEXT_COLUMNS),
    )
