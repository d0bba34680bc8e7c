"""Recorded calls: who talks how much, how long nobody does, and how the customer sounds at the end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import CALLS

_ENDING_TURNS = 2


def calls(transcripts: pd.DataFrame, comments: pd.DataFrame) -> pd.DataFrame:
    """CALLS, one row per call.

    Args:
        transcripts: canonical `transcripts`, as of the week.
        comments: COMMENTS; those of table `transcripts` are the customer's turns.

    Overlapping turns are counted once as speech of the call, and to each speaker in the shares of talk.
    """
    if transcripts.empty:
        return CALLS.empty()
    turns = transcripts.sort_values(["transcript_id", "turn_number"], kind="stable")
    key = turns["transcript_id"].astype("str") + "/" + turns["turn_number"].astype("str")
    turns = turns.assign(score=key.map(_scores(comments)))
    rows = [_one(rows) for _, rows in turns.groupby("transcript_id", sort=True)]
    return conform(pd.DataFrame(rows), CALLS)


def _scores(comments: pd.DataFrame) -> pd.Series:
    mine = comments[comments["table"] == "transcripts"]
    return pd.Series(mine["sentiment_score"].to_numpy(dtype=np.float64), index=mine["row_key"].to_numpy(dtype=object))


def _one(turns: pd.DataFrame) -> dict[str, object]:
    theirs = turns["speaker_role"] == "customer"
    scores = turns.loc[theirs, "score"].dropna()
    row: dict[str, object] = {
        "customer_id": turns["customer_id"].iloc[0],
        "transcript_id": turns["transcript_id"].iloc[0],
        "started_at": turns["started_at"].min(),
        "turns": len(turns),
        "customer_turns": int(theirs.sum()),
        "sentiment_score": scores.mean() if len(scores) else None,
        "ending_score": scores.tail(_ENDING_TURNS).mean() if len(scores) else None,
    }
    timed = turns.dropna(subset=["begin_seconds", "end_seconds"])
    if timed.empty:
        return row
    begin, end = timed["begin_seconds"].to_numpy(dtype=np.float64), timed["end_seconds"].to_numpy(dtype=np.float64)
    length = float(end.max() - begin.min())
    talk = end - begin
    row["length_seconds"] = length
    if talk.sum() > 0:
        row["talk_share"] = float(talk[theirs[timed.index].to_numpy(dtype=bool)].sum() / talk.sum())
    if length > 0:
        row["silence_share"] = 1 - _covered(begin, end) / length
    return row


def _covered(begin: np.ndarray, end: np.ndarray) -> float:
    """Seconds in which anybody speaks: the union of the turns."""
    order = np.argsort(begin, kind="stable")
    reached = np.maximum.accumulate(end[order])
    gaps = np.maximum(begin[order][1:] - reached[:-1], 0)
    return float(reached[-1] - begin.min() - gaps.sum())
