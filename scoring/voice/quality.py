"""TEXT_QUALITY: what may be claimed about reading texts, per language, and where nothing may be."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from contracts.frames import conform
from contracts.results import TEXT_QUALITY
from contracts.rules import VoiceRules
from scoring.voice.language import UNKNOWN
from scoring.voice.model import SentimentModel

_KINDS = ("lexicon", "aspects", "language", "redaction")
_INVENTED = "the comments were written by a program; nothing is claimed from them"
_NO_SAMPLE = "no marked sample of texts that people wrote"
_OTHER_WORDS = "the lexicon or the taxonomy has changed since the sample was read"


def text_quality(
    languages: Iterable[str], rules: VoiceRules, *, model: SentimentModel | None, words_digest: str
) -> pd.DataFrame:
    """One row per kind of reading and language.

    Args:
        languages: of the comments of the week.
        rules: its records are the measurements on marked samples.
        model: in force, with its out-of-time test.
        words_digest: `reading_digest` of the lexicon and taxonomy in force.
    """
    records = {(str(record.kind), record.language): record for record in rules.record}
    named = sorted({*languages, *(language for _, language in records)} - {UNKNOWN})
    rows: list[dict[str, object]] = []
    for language in named:
        if model is not None:
            rows.append({"kind": "model", "language": language, **_of_model(model, language)})
        for kind in _KINDS:
            record = records.get((kind, language))
            row: dict[str, object] = {"kind": kind, "language": language, "n": 0, "verdict": "not measured"}
            if record is None:
                row["about"] = _NO_SAMPLE
            elif record.digest and record.digest != words_digest:
                row["about"] = _OTHER_WORDS
            else:
                row |= record.model_dump(exclude={"digest"}) | {"verdict": "measured"}
            rows.append(row)
    if not rows:
        return TEXT_QUALITY.empty()
    return conform(pd.DataFrame(rows).sort_values(["kind", "language"], ignore_index=True), TEXT_QUALITY)


def _of_model(model: SentimentModel, language: str) -> dict[str, object]:
    test = model.card["tests"].get(language)
    if model.card["is_text_invented"]:
        return {"n": 0, "verdict": "not measured", "about": _INVENTED}
    if test is None:
        return {"n": 0, "verdict": "not measured", "about": "too few later comments that the model had not seen"}
    matrix = "; ".join(" ".join(str(count) for count in row) for row in test["confusion"])
    return {
        "n": test["n"],
        "measure": "macro_f1",
        "value": test["macro_f1"],
        **{key: test[key] for key in ("low", "high", "baseline")},
        "verdict": "measured",
        "about": "own scored comments, later than those it was fitted on",
        "confusion": matrix,
    }
