"""Words that are said more often now than before and that no aspect knows: proposals to experts, counted nowhere.

Log-odds with an informative Dirichlet prior (Monroe, Colaresi, Quinn 2008, Political Analysis 16:372, eq. 16-22):
with y the texts that hold a word, n all word counts of a period, a the prior in proportion to both periods, A its sum,
delta = log((y1 + a) / (n1 + A - y1 - a)) - log((y2 + a) / (n2 + A - y2 - a)), z = delta / sqrt(1/(y1+a) + 1/(y2+a)).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from scipy.stats import norm

from contracts.frames import conform
from contracts.results import EMERGING_TERMS
from contracts.rules import LexiconEntry, TaxonomyEntry, ThemeRules
from scoring.voice.language import UNKNOWN
from scoring.voice.themes import false_discovery
from scoring.voice.words import NO_BREAK, Finder, words_of

_LONGEST_EXAMPLE = 160
_SHORTEST_WORD = 3


def emerging_terms(
    comments: pd.DataFrame,
    taxonomy: Sequence[TaxonomyEntry],
    lexicon: Sequence[LexiconEntry],
    rules: ThemeRules,
    *,
    as_of: datetime,
) -> pd.DataFrame:
    """EMERGING_TERMS of the whole book: words and pairs of words, at most `proposed_terms` per language.

    Args:
        comments: COMMENTS of the whole book.
        taxonomy: words that an aspect knows are no proposal.
        lexicon: joints, negators and the like are none either.
        rules: periods, smallest cell, prior, rate of false findings.
        as_of: aware instant, exclusive.
    """
    recent = as_of - timedelta(weeks=rules.recent_weeks)
    since = recent - timedelta(weeks=rules.baseline_weeks)
    theirs = comments[comments["text"].notna() & (comments["language"] != UNKNOWN)]
    theirs = theirs[theirs["said_at"].between(since, as_of, inclusive="left")]
    made = [
        _of_language(
            str(language),
            rows.sort_values(["table", "row_key"]),
            recent,
            _known(str(language), taxonomy, lexicon),
            rules,
        )
        for language, rows in theirs.groupby("language", sort=True)
    ]
    rows = [row for part in made for row in part]
    return conform(pd.DataFrame(rows), EMERGING_TERMS) if rows else EMERGING_TERMS.empty()


def _known(language: str, taxonomy: Sequence[TaxonomyEntry], lexicon: Sequence[LexiconEntry]) -> Finder[object]:
    finder: Finder[object] = Finder()
    for entry in [*taxonomy, *(entry for entry in lexicon if entry.kind != "term")]:
        if entry.language == language:
            finder.add(entry.pattern, entry)
    return finder


def _of_language(
    language: str, rows: pd.DataFrame, recent: datetime, known: Finder[object], rules: ThemeRules
) -> list[dict[str, object]]:
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    customers: dict[str, set[str]] = defaultdict(set)
    example: dict[str, str] = {}
    cached: dict[str, frozenset[str]] = {}
    for text, customer, said_at in zip(rows["text"], rows["customer_id"], rows["said_at"], strict=True):
        if text not in cached:
            cached[text] = _terms(text, known)
        is_now = said_at >= recent
        counts[0 if is_now else 1].update(cached[text])
        if is_now:
            for term in cached[text]:
                customers[term].add(customer)
                example.setdefault(term, text[:_LONGEST_EXAMPLE])
    now, before = counts
    terms = sorted(term for term, who in customers.items() if len(who) >= rules.smallest_cell)
    if not terms or not before:
        return []
    y1, y2 = (np.array([count[term] for term in terms], dtype=np.float64) for count in (now, before))
    n1, n2 = float(now.total()), float(before.total())
    prior = rules.prior_weight * (y1 + y2) / (n1 + n2)
    weight = rules.prior_weight
    delta = np.log((y1 + prior) / (n1 + weight - y1 - prior)) - np.log((y2 + prior) / (n2 + weight - y2 - prior))
    z = delta / np.sqrt(1 / (y1 + prior) + 1 / (y2 + prior))
    q = false_discovery(norm.sf(z))
    order = [place for place in np.argsort(-z, kind="stable") if q[place] <= rules.false_discovery_rate]
    return [
        {
            "language": language,
            "term": terms[place],
            "n_now": int(y1[place]),
            "n_before": int(y2[place]),
            "customers": len(customers[terms[place]]),
            "log_odds": float(delta[place]),
            "z": float(z[place]),
            "q": float(q[place]),
            "example": example[terms[place]],
        }
        for place in order[: rules.proposed_terms]
    ]


def _terms(text: str, known: Finder[object]) -> frozenset[str]:
    """Words and pairs of words within a clause, but those that a known pattern holds."""
    words = words_of(text)
    taken = {place for begin, end, _ in known.found(words) for place in range(begin, end)}
    kept = [
        place not in taken and len(word.text) >= _SHORTEST_WORD and not word.text.isdigit()
        for place, word in enumerate(words)
    ]
    singles = {word.text for place, word in enumerate(words) if kept[place]}
    pairs = {
        f"{words[place - 1].text} {word.text}"
        for place, word in enumerate(words)
        if place and kept[place] and kept[place - 1] and word.break_before == NO_BREAK
    }
    return frozenset(singles | pairs)
