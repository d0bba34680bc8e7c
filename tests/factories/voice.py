"""Comments for tests of the voice: rows as texts_of gives them, and the marked samples of tests/samples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from config.policy import read_draft
from contracts.ids import seed_of
from contracts.rules import Policy
from scoring.voice.language import language_of
from scoring.voice.learning import classes_of, judged
from scoring.voice.reading import Reader, reader
from scoring.voice.texts import TEXT_COLUMNS
from tests.factories.repository import ROOT

AS_OF = datetime(2026, 11, 22, 23, tzinfo=UTC)
LANGUAGES = ("en", "it", "ar")
_MARK = re.compile(r"\{([^|}]+)\|([A-Z]+)\}")
_SIGNS = {"+": "positive", "-": "negative", "0": "neutral"}


@dataclass(frozen=True)
class Marked:
    """One sentence marked by hand: its feeling, its aspects with theirs, and what identifies somebody."""

    text: str
    feeling: str
    aspects: dict[str, str]
    personal: tuple[tuple[str, str], ...]


@cache
def shipped() -> Policy:
    return read_draft(ROOT / "config")


@cache
def shipped_reader() -> Reader:
    policy = shipped()
    return reader(policy.lexicon, policy.taxonomy, policy.voice)


def tone(text: str, language: str | None = None) -> float | None:
    spoken = language or language_of(text, shipped().voice)
    return shipped_reader().read(text, "en" if spoken == "unknown" else spoken).tone


def aspects(text: str, language: str = "en") -> dict[str, float | None]:
    return {read.aspect: read.tone for read in shipped_reader().read(text, language).aspects}


@cache
def sample(language: str, name: str = "held") -> tuple[tuple[Marked, ...], tuple[str, ...]]:
    """The marked sentences of a language, and the names that the system knows.

    `voice` is the sample that lexicon and taxonomy were corrected on; `held` was written afterwards and measures them.
    """
    lines = (ROOT / "tests" / "samples" / f"{name}_{language}.txt").read_text(encoding="utf-8").splitlines()
    known = next(line.removeprefix("# known:") for line in lines if line.startswith("# known:"))
    marked = []
    for line in lines:
        if line.startswith("#"):
            continue
        feeling, named, text = (part.strip() for part in line.split(" | ", 2)) if " | | " not in line else (
            line.split(" | | ")[0].strip(), "", line.split(" | | ")[1].strip()
        )  # fmt: skip
        parts = [part.strip() for part in named.split(",") if part.strip()]
        marked.append(
            Marked(
                _MARK.sub(lambda match: match[1], text),
                feeling,
                {part[:-1]: _SIGNS[part[-1]] for part in parts},
                tuple((value, kind) for value, kind in _MARK.findall(text)),
            )
        )
    return tuple(marked), tuple(name.strip() for name in known.split(","))


def lexicon_quality(language: str) -> dict[str, Any]:
    """What the lexicon makes of the held sample; an unread text counts as neutral. `read` of them were read at all."""
    marked, _ = sample(language)
    tones = [shipped_reader().read(one.text, language).tone for one in marked]
    said = classes_of(np.array([np.nan if t is None else t for t in tones], dtype=float), shipped().voice.sentiment)
    read = [(one.feeling, word) for one, word, t in zip(marked, said, tones, strict=True) if t is not None]
    return {
        **judged([one.feeling for one in marked], said, "lexicon", language),
        "read": len(read),
        "right": sum(feeling == word for feeling, word in read),
    }


def aspect_quality(language: str) -> dict[str, Any]:
    """Precision, recall and F1 over all pairs of text and aspect of the held sample, F1 with a bootstrap interval."""
    marked, _ = sample(language)
    counts = []
    for one in marked:
        found = {read.aspect for read in shipped_reader().read(one.text, language).aspects}
        counts.append((len(found & set(one.aspects)), len(found), len(one.aspects)))
    each = np.array(counts)
    drawn = np.random.default_rng(seed_of("aspects", language)).integers(0, len(each), (1000, len(each)))
    right, found_, there = np.moveaxis(each[drawn].sum(axis=1), -1, 0)
    low, high = np.quantile(2 * right / np.maximum(found_ + there, 1), [0.025, 0.975])
    hits, said, true = each.sum(axis=0)
    return {"n": len(each), "precision": hits / said, "recall": hits / true, "f1": 2 * hits / (said + true), "low": low, "high": high}  # fmt: skip


def language_quality(language: str) -> tuple[int, int]:
    """Right and all, over both samples."""
    texts = [one.text for name in ("voice", "held") for one in sample(language, name)[0]]
    return sum(language_of(text, shipped().voice) == language for text in texts), len(texts)


_GOOD = ("the engineer was {} and the fault was fixed", "{} support, everything works", "a {} team, thank you")
_BAD = ("we waited {} days and nobody called", "the array failed again after {} weeks", "{} outages and no answer")
_MIDDLE = ("it was as {} as expected", "nothing {} to report this time", "about {} the usual")


def scored_texts(count: int = 900, *, days: int = 360, seed: int = 1) -> pd.DataFrame:
    """Comments of three feelings with the score's class, one row each; every tenth is marked against its words."""
    rng = np.random.default_rng(seed)
    fillers = [f"{first}{second}" for first in ("ka", "lo", "mi", "nu", "re", "sa") for second in ("dor", "lin", "mas", "tep", "vor")]  # fmt: skip
    rows = []
    for number in range(count):
        feeling = ("negative", "neutral", "positive")[int(rng.choice(3, p=[0.35, 0.2, 0.45]))]
        forms = {"negative": _BAD, "neutral": _MIDDLE, "positive": _GOOD}[feeling]
        words = " ".join(rng.choice(fillers, 3))
        text = f"{forms[int(rng.integers(3))].format(words)} {rng.choice(fillers)} {number}"
        stated = feeling if rng.random() > 0.1 else "neutral"
        said_at = AS_OF - timedelta(days=float(rng.uniform(1, days)))
        rows.append((f"C{number % 40}", "surveys", f"R{number:05d}", said_at, text, None, stated))
    return pd.DataFrame(rows, columns=list(TEXT_COLUMNS))
