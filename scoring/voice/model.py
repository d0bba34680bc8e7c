"""A sentiment model of the company's own scored comments: TF-IDF of words and letters, logistic regression, no pickle.

Words 1-2 and letters 3-5 within words (the latter carry inflected languages and misspelling), three classes from the
bands of NPS and CSAT, each against the rest, L2, balanced. Rows are put in
one order first, so that the same comments give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from contracts.ids import canonical_json, sha256
from contracts.results.voiced import FEELINGS
from contracts.rules import SentimentRules
from scoring.arrays import Numbers
from scoring.voice.words import words_of

_FORM = 1
_MAGIC = b"cem sentiment model\n"
# Below this a term is one person's word. Bytes of the model are rounded to what sums of other machines agree on.
_LEAST_TEXTS = 2
_NEVER = -30.0
_SHAPE: Mapping[str, Any] = {"lowercase": False, "sublinear_tf": True}
_DECIMALS = 5


@dataclass(frozen=True)
class SentimentModel:
    """Coefficients and what they were fitted on.

    Attributes:
        release: number of the rules' release that asked for it.
        terms: words, then letters; `w:` or `c:` in front.
        idf: one per term.
        coefficients: classes x terms; classes as in FEELINGS.
        intercepts: one per class.
        languages: of which it saw enough comments, with their number.
        card: facts for a reader: n, first and last day, counts of classes, results of the out-of-time test.
    """

    release: int
    terms: tuple[str, ...]
    idf: Numbers
    coefficients: Numbers
    intercepts: Numbers
    languages: Mapping[str, int]
    card: Mapping[str, Any]

    @cached_property
    def digest(self) -> str:
        return sha256(to_bytes(self))

    @cached_property
    def _vectorizers(self) -> tuple[TfidfVectorizer, TfidfVectorizer]:
        words = {term[2:]: place for place, term in enumerate(t for t in self.terms if t.startswith("w:"))}
        letters = {term[2:]: place for place, term in enumerate(t for t in self.terms if t.startswith("c:"))}
        fitted = []
        for vocabulary, idf, make in (
            (words, self.idf[: len(words)], _by_words),
            (letters, self.idf[len(words) :], _by_letters),
        ):
            vectorizer = make(vocabulary=vocabulary)
            vectorizer.idf_ = idf
            fitted.append(vectorizer)
        return fitted[0], fitted[1]

    def scores(self, texts: Sequence[str]) -> Numbers:
        """P(positive) - P(negative) of each text; NaN where it holds no word that the model has seen."""
        if not texts:
            return np.empty(0)
        prepared = [model_text(text) for text in texts]
        words, letters = (vectorizer.transform(prepared) for vectorizer in self._vectorizers)
        raw = sparse.hstack([words, letters], format="csr") @ self.coefficients.T + self.intercepts
        likely = expit(raw)
        likely /= likely.sum(axis=1, keepdims=True)
        score = likely[:, FEELINGS.index("positive")] - likely[:, FEELINGS.index("negative")]
        return np.where(np.diff(words.indptr) > 0, np.round(score, 6), np.nan)


def fit_coefficients(
    texts: Sequence[str], feelings: Sequence[str], rules: SentimentRules
) -> tuple[tuple[str, ...], Numbers, Numbers, Numbers] | None:
    """Terms, idf, coefficients and intercepts. Equal texts of one class count as one: a stock phrase is one opinion.

    None where no two texts share a word.
    """
    rows = sorted({(model_text(text), feeling) for text, feeling in zip(texts, feelings, strict=True)})
    prepared = [text for text, _ in rows]
    parts = [_frequent(make(), prepared, rules.maximum_terms // 2) for make in (_by_words, _by_letters)]
    if not parts[0].terms:
        return None
    matrix = sparse.hstack([part.matrix for part in parts], format="csr")
    classes = np.array([FEELINGS.index(feeling) for _, feeling in rows])
    coefficients = np.zeros((len(FEELINGS), matrix.shape[1]))
    intercepts = np.full(len(FEELINGS), _NEVER)
    for place in sorted(set(classes.tolist())):
        # liblinear in the primal: no threads, no chance, so the same rows give the same coefficients
        one = LogisticRegression(C=rules.penalty, class_weight="balanced", solver="liblinear", tol=1e-3)
        one.fit(matrix, classes == place)
        coefficients[place], intercepts[place] = one.coef_[0], one.intercept_[0]
    terms = tuple(f"{kind}:{term}" for kind, part in zip("wc", parts, strict=True) for term in part.terms)
    idf = np.concatenate([part.idf for part in parts])
    return terms, _rounded(idf), _rounded(coefficients), _rounded(intercepts)


def model_text(text: str) -> str:
    """The comparable words of a text, with one space between them."""
    return " ".join(word.text for word in words_of(text))


def to_bytes(model: SentimentModel) -> bytes:
    """One line of JSON, then idf, coefficients and intercepts as little-endian 64-bit numbers."""
    head = {
        "form": _FORM,
        "release": model.release,
        "terms": list(model.terms),
        "languages": dict(model.languages),
        "card": dict(model.card),
    }
    numbers = np.concatenate([model.idf, model.coefficients.ravel(), model.intercepts])
    return _MAGIC + canonical_json(head) + b"\n" + numbers.astype("<f8").tobytes()


def from_bytes(content: bytes) -> SentimentModel:
    """Raises: ValueError if these are not the bytes of a model of this form."""
    line_end = content.find(b"\n", len(_MAGIC))
    if not content.startswith(_MAGIC) or line_end < 0:
        raise ValueError("not a sentiment model: its first line must read 'cem sentiment model'")
    head = json.loads(content[len(_MAGIC) : line_end])
    if head["form"] != _FORM:
        raise ValueError(f"a sentiment model of form {head['form']}; this version reads form {_FORM}")
    size = len(head["terms"])
    numbers = np.frombuffer(content[line_end + 1 :], dtype="<f8").astype(np.float64)
    if len(numbers) != size * (1 + len(FEELINGS)) + len(FEELINGS):
        raise ValueError(f"a sentiment model of {size} terms cannot hold {len(numbers)} numbers; the file is cut short")
    return SentimentModel(
        release=head["release"],
        terms=tuple(head["terms"]),
        idf=numbers[:size],
        coefficients=numbers[size : -len(FEELINGS)].reshape(len(FEELINGS), size),
        intercepts=numbers[-len(FEELINGS) :],
        languages=head["languages"],
        card=head["card"],
    )


def _by_words(**more: Any) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="word", ngram_range=(1, 2), tokenizer=str.split, token_pattern=None, **_SHAPE, **more
    )


def _by_letters(**more: Any) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), **_SHAPE, **more)


@dataclass(frozen=True, slots=True)
class _Terms:
    """The most frequent terms in alphabetical order, their idf, and the texts in them, each of length one."""

    terms: list[str]
    idf: Numbers
    matrix: Any


def _frequent(vectorizer: TfidfVectorizer, texts: Sequence[str], most: int) -> _Terms:
    """Ties of frequency go to the alphabet, not to chance."""
    matrix = vectorizer.fit_transform(texts)
    terms = vectorizer.get_feature_names_out()
    counts = np.bincount(matrix.indices, minlength=len(terms))
    ranked = np.lexsort((terms, -counts))[:most]
    kept = np.sort(ranked[counts[ranked] >= _LEAST_TEXTS])
    return _Terms(
        terms[kept].tolist(), vectorizer.idf_[kept], normalize(matrix[:, kept]) if len(kept) else matrix[:, kept]
    )


def _rounded(values: Numbers) -> Numbers:
    rounded: Any = np.round(values, _DECIMALS) + 0.0
    return np.asarray(rounded, dtype=np.float64)
