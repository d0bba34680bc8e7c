"""Texts in, COMMENTS and COMMENT_ASPECTS out: the company's own model first, the lexicon else, honest silence else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contracts.frames import conform
from contracts.results import COMMENT_ASPECTS, COMMENTS
from contracts.rules import LexiconEntry, TaxonomyEntry, VoiceRules
from scoring.voice.language import UNKNOWN, languages_of
from scoring.voice.model import SentimentModel
from scoring.voice.reading import TextRead, reader

_TEAM_TABLE = "account_feedback"


@dataclass(frozen=True)
class Voiced:
    """What was said, read: COMMENTS and COMMENT_ASPECTS frames."""

    comments: pd.DataFrame
    aspects: pd.DataFrame


def voiced(
    texts: pd.DataFrame,
    rules: VoiceRules,
    *,
    taxonomy: Sequence[TaxonomyEntry],
    lexicon: Sequence[LexiconEntry],
    model: SentimentModel | None,
) -> Voiced:
    """Reads every text; equal texts of one language once.

    Args:
        texts: as `texts_of` gives them.
        rules: languages and classes.
        taxonomy: experts' words for aspects.
        lexicon: experts' charged words.
        model: the model in force, None where there is none.
    """
    if texts.empty:
        return Voiced(COMMENTS.empty(), COMMENT_ASPECTS.empty())
    read_words = reader(lexicon, taxonomy, rules)
    said = texts["text"].astype("object").tolist()
    languages = languages_of(said, rules)
    hints = [
        declared if language == UNKNOWN and isinstance(declared, str) else language
        for language, declared in zip(languages, texts["declared"], strict=True)
    ]
    distinct = sorted(set(zip(said, hints, strict=True)))
    reads = {pair: read_words.read(*pair) for pair in distinct}
    by_model = _modelled(distinct, model)
    rows = []
    parts = []
    for place, pair in enumerate(zip(said, hints, strict=True)):
        read = reads[pair]
        score, source = _scored(by_model.get(pair), read)
        rows.append((languages[place], _feeling(score, rules), score, source))
        for aspect in read.aspects:
            own, by = aspect.tone, "lexicon"
            if own is None and len(read.aspects) == 1:
                # One aspect alone: what is felt about the whole is felt about it.
                own, by = score, source
            parts.append(
                (place, aspect.aspect, _feeling(own, rules), own, by if own is not None else "none", aspect.clause)
            )
    facts = texts[["customer_id", "table", "row_key", "said_at"]].reset_index(drop=True)
    is_team = (facts["table"] == _TEAM_TABLE).to_numpy()
    comments = facts.assign(
        **dict(zip(("language", "sentiment", "sentiment_score", "sentiment_source"), _columns(rows, 4), strict=True)),
        stated=texts["stated"].to_numpy(dtype=object),
        text=texts["text"].mask(is_team).to_numpy(dtype=object),
        team_text=texts["text"].where(is_team).to_numpy(dtype=object),
    )
    place_of, *rest, clauses = _columns(parts, 6)
    taken = facts.iloc[place_of.astype("int64")].reset_index(drop=True)
    of_team, quotes = is_team[place_of.astype("int64")], pd.Series(clauses)
    aspects = taken.assign(
        **dict(zip(("aspect", "sentiment", "sentiment_score", "sentiment_source"), rest, strict=True)),
        quote=quotes.mask(of_team),
        team_quote=quotes.where(of_team),
    )
    return Voiced(conform(comments, COMMENTS), conform(aspects, COMMENT_ASPECTS))


def _modelled(distinct: Sequence[tuple[str, str]], model: SentimentModel | None) -> dict[tuple[str, str], float]:
    """Scores of texts in languages that the model knows; a text of unknown language is tried as well."""
    if model is None:
        return {}
    tried = [pair for pair in distinct if pair[1] == UNKNOWN or pair[1] in model.languages]
    scores = model.scores([text for text, _ in tried])
    return {pair: score for pair, score in zip(tried, scores.tolist(), strict=True) if score == score}  # noqa: PLR0124


def _scored(by_model: float | None, read: TextRead) -> tuple[float | None, str]:
    if by_model is not None:
        return by_model, "model"
    return (read.tone, "lexicon") if read.tone is not None else (None, "none")


def _feeling(score: float | None, rules: VoiceRules) -> str | None:
    if score is None:
        return None
    if abs(score) < rules.sentiment.neutral_below:
        return "neutral"
    return "positive" if score > 0 else "negative"


def _columns(rows: Sequence[tuple[object, ...]], count: int) -> list[np.ndarray]:
    made = np.empty((len(rows), count), dtype=object)
    for place, row in enumerate(rows):
        made[place] = row
    return [made[:, column] for column in range(count)]
