"""When a sentiment model is fitted, and how good it is on later comments that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from contracts.ids import key_digest, seed_of
from contracts.results.voiced import FEELINGS
from contracts.rules import LexiconEntry, SentimentRules, TaxonomyEntry, VoiceRules
from scoring.arrays import Numbers
from scoring.voice.language import UNKNOWN, languages_of
from scoring.voice.model import SentimentModel, fit_coefficients, model_text

_RESAMPLES = 1000
_LEAST_TEST = 30


def fit(texts: pd.DataFrame, rules: VoiceRules) -> SentimentModel | None:
    """A model of the customers' own scored comments, or None if there are too few, in all or of every class but one.

    The newest `training_limit` comments count. The test before it: a model of the older part judges the newer part,
    without texts that occur in the older one; its figures stand in the card. The model in force is fitted on both.

    Args:
        texts: as `texts_of` gives them.
        rules: minimums, bands, release.
    """
    wanted = rules.sentiment
    scored = texts[texts["stated"].notna() & (texts["table"] == "surveys")]
    scored = scored.sort_values(["said_at", "row_key"], kind="stable").tail(wanted.training_limit)
    scored = scored.assign(
        language=languages_of(scored["text"].tolist(), rules), words=[model_text(text) for text in scored["text"]]
    )
    scored = scored[scored["words"] != ""]
    counts = scored["stated"].value_counts().to_dict()
    enough = [feeling for feeling in FEELINGS if counts.get(feeling, 0) >= wanted.minimum_per_class]
    scored = scored[scored["stated"].isin(enough)]
    if len(scored) < wanted.minimum_comments or not {"negative", "positive"} <= set(enough):
        return None
    fitted = fit_coefficients(scored["text"].tolist(), scored["stated"].tolist(), wanted)
    if fitted is None:
        return None
    terms, idf, coefficients, intercepts = fitted
    spoken = scored.loc[scored["language"] != UNKNOWN, "language"].value_counts()
    card = {
        "n": len(scored),
        "first_day": f"{scored['said_at'].min():%Y-%m-%d}",
        "last_day": f"{scored['said_at'].max():%Y-%m-%d}",
        "classes": {feeling: int(counts[feeling]) for feeling in enough},
        "is_text_invented": rules.is_text_invented,
        "tests": _out_of_time(scored, rules),
    }
    return SentimentModel(
        release=wanted.release,
        terms=terms,
        idf=idf,
        coefficients=coefficients,
        intercepts=intercepts,
        languages={str(name): int(n) for name, n in sorted(spoken.items()) if n >= wanted.minimum_per_language},
        card=card,
    )


def reading_digest(lexicon: Sequence[LexiconEntry], taxonomy: Sequence[TaxonomyEntry]) -> str:
    """Names the words by which texts are read: a record of quality holds for these alone."""
    return key_digest(*(entry.model_dump_json() for entry in [*lexicon, *taxonomy]), length=12)


def classes_of(scores: Numbers, rules: SentimentRules) -> list[str]:
    """The class of each score; NaN counts as neutral, since nothing was said about it."""
    near = np.isnan(scores) | (np.abs(scores) < rules.neutral_below)
    return [str(word) for word in np.where(near, "neutral", np.where(scores > 0, "positive", "negative"))]


def judged(truth: Sequence[str], said: Sequence[str], *purpose: object) -> dict[str, Any]:
    """n, macro-F1 over the classes that occur, its 95 % bootstrap interval, that of the majority class, confusion."""
    places = {feeling: place for place, feeling in enumerate(FEELINGS)}
    confusion = np.zeros((len(FEELINGS), len(FEELINGS)), dtype=np.int64)
    for true, guess in zip(truth, said, strict=True):
        confusion[places[true], places[guess]] += 1
    n = int(confusion.sum())
    rng = np.random.default_rng(seed_of("quality", *purpose))
    drawn = rng.multinomial(n, (confusion / n).ravel(), size=_RESAMPLES).reshape(-1, *confusion.shape)
    low, high = np.quantile(_macro_f1(drawn), [0.025, 0.975])
    majority = np.zeros_like(confusion)
    majority[:, int(confusion.sum(axis=1).argmax())] = confusion.sum(axis=1)
    return {
        "n": n,
        "macro_f1": round(float(_macro_f1(confusion[None])[0]), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "baseline": round(float(_macro_f1(majority[None])[0]), 4),
        "confusion": confusion.tolist(),
    }


def _out_of_time(scored: pd.DataFrame, rules: VoiceRules) -> dict[str, Any]:
    """The test per language and over all (`all`); empty where the newer part has too few unseen comments."""
    cut = int(len(scored) * (1 - rules.sentiment.test_share))
    border = scored["said_at"].iloc[cut]
    older, newer = scored[scored["said_at"] < border], scored[scored["said_at"] >= border]
    newer = newer[~newer["words"].isin(set(older["words"]))].drop_duplicates("words")
    if len(newer) < _LEAST_TEST or not {"negative", "positive"} <= set(older["stated"]):
        return {}
    fitted = fit_coefficients(older["text"].tolist(), older["stated"].tolist(), rules.sentiment)
    if fitted is None:
        return {}
    model = SentimentModel(0, *fitted, {}, {})
    newer = newer.assign(said=classes_of(model.scores(newer["text"].tolist()), rules.sentiment))
    parts = {"all": newer, **{str(name): rows for name, rows in newer.groupby("language") if name != UNKNOWN}}
    return {
        name: judged(rows["stated"].tolist(), rows["said"].tolist(), name)
        for name, rows in sorted(parts.items())
        if len(rows) >= _LEAST_TEST
    }


def _macro_f1(confusions: np.ndarray) -> Numbers:
    """Mean F1 of the classes that occur in truth; confusions x true x said."""
    right = np.diagonal(confusions, axis1=1, axis2=2).astype(np.float64)
    true, said = confusions.sum(axis=2), confusions.sum(axis=1)
    f1 = np.divide(2 * right, true + said, out=np.zeros_like(right), where=(true + said) > 0)
    occurs = true > 0
    total: Numbers = (f1 * occurs).sum(axis=1) / np.maximum(occurs.sum(axis=1), 1)
    return total
