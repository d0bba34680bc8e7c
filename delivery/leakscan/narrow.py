"""Before a few finished files are scanned: which identifiers of a large book could stand in them at all.

Building the tokens of 100,000 customers takes longer than an alert may. Every run of up to eight words of the files
is written without separators; only rows whose identifier, written so, is among them are worth a token.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from delivery.leakscan.opening import View, views
from delivery.leakscan.tokens import UNSPACED, WORD, fold

_WORDS_AT_MOST = 8
_BEGINNING = rf"^(?P<begins>[^a-z0-9]*(?:[a-z0-9]+[^a-z0-9]+){{{_WORDS_AT_MOST - 1}}}[a-z0-9]+)"


def runs_in(files: Iterable[tuple[bytes, str]]) -> pa.Array:
    """All runs of words of these files (content, name) in every layer that the scan opens."""
    found: set[str] = set()
    for content, name in files:
        for view in views(content, name):
            found |= _recurring(view) if view.recurs else _runs(view)
    return pa.array(sorted(found), pa.string())


def _runs(view: View) -> set[str]:
    found: set[str] = set()
    for text in (view.text, *view.joined, view.glued):
        words = WORD.findall(fold(text))
        for start in range(len(words)):
            run = ""
            for word in words[start : start + _WORDS_AT_MOST]:
                run += word
                found.add(run)
    return found


_recurring = lru_cache(maxsize=8)(_runs)


def could_stand(texts: pd.Series, runs: pa.Array) -> pd.Series:
    """Whether each identifier may stand in the files: of a long one its beginning does; one of a script without
    blanks always may.
    """
    column = pa.array(texts, pa.string(), from_pandas=True)
    bare = pc.replace_substring_regex(pc.utf8_lower(column), r"[^a-z0-9]+", "")
    begins = pc.struct_field(pc.extract_regex(pc.utf8_lower(column), _BEGINNING), "begins")
    begins = pc.replace_substring_regex(begins, r"[^a-z0-9]+", "")
    may = pc.or_(pc.is_in(bare, value_set=runs), pc.is_in(begins, value_set=runs))
    found = pc.fill_null(may, False).to_numpy(zero_copy_only=False).copy()
    foreign = np.flatnonzero(pc.fill_null(pc.invert(pc.string_is_ascii(column)), False))
    known = set(runs.to_pylist()) if len(foreign) else set()
    for place, text in zip(foreign, column.take(pa.array(foreign)).to_pylist(), strict=True):
        spelt = WORD.findall(fold(text))
        parts = {"".join(spelt), "".join(spelt[:_WORDS_AT_MOST])}
        found[place] = not known.isdisjoint(parts) or bool(UNSPACED.search(text))
    return pd.Series(found, index=texts.index)
