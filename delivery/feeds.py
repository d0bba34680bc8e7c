"""CSV feeds in the source systems' own keys, so that those systems can take results in without our ids."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal

import numpy as np
import pandas as pd

from contracts.exchange import Artifact
from contracts.ids import safe_name
from contracts.words import ArtifactKind

FeedKind = Literal["scores", "placements", "cases"]
FOLDER = "feeds"
COLUMNS: dict[FeedKind, tuple[str, ...]] = {
    "scores": ("axis", "score", "standard_error", "coverage", "signal_count"),
    "placements": (
        "week",
        "state",
        "status",
        "zone",
        "loyalty",
        "retention",
        "is_borderline",
        "episode_id",
        "episode_since",
    ),
    "cases": (
        "case_id",
        "template_id",
        "title",
        "category",
        "severity",
        "status",
        "opened_at",
        "first_response_due_at",
        "due_at",
        "row_version",
    ),
}
# What a spreadsheet takes for the begin of a formula, also in full width (OWASP, CSV injection).
_FORMULA = re.compile("^[\\s\u00a0]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")


def render_feeds(
    frames: Mapping[str, pd.DataFrame], crosswalk: pd.DataFrame, kinds: Iterable[FeedKind]
) -> list[Artifact]:
    """One CSV per source system and kind: `feeds/<system>-<kind>.csv`, sorted, UTF-8, CRLF, all text quoted.

    Args:
        frames: the book's frames; `scores` (SCORES), `placements` (PLACEMENTS), `cases` (CASES, open ones are
            written). A kind whose frame is not there is left out.
        crosswalk: system, source_key, customer_id: the keys valid today. A customer with two keys in
            a system stands there twice; one without a key in it is absent.
        kinds: what audiences.toml asks for.

    Returns: artifacts of the folder `feeds`, made for systems: whole book, no money, no verbatims, no names.
    """
    keys = crosswalk[["system", "source_key", "customer_id"]].dropna().drop_duplicates()
    feeds = []
    for kind in sorted(set(kinds) & frames.keys()):
        rows = frames[kind]
        if kind == "cases":
            rows = rows[rows["is_open"].astype(bool)]
        for system, own in keys.groupby("system", sort=True):
            merged = own.merge(rows, on="customer_id", how="inner")
            columns = ("source_key", *COLUMNS[kind])
            ordered = merged[list(columns)].sort_values(["source_key", *COLUMNS[kind][:1]], kind="stable")
            name = f"{_slug(str(system))}-{kind}.csv"
            feeds.append(Artifact(FOLDER, name, ArtifactKind.FEED, csv_bytes(columns, ordered.itertuples(index=False))))
    return feeds


def safe_cell(value: object) -> str | int | float:
    """A value as a CSV cell: numbers as they are, text that a spreadsheet would run gets a leading apostrophe."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    text = str(value).replace("\x00", "")
    return f"'{text}" if _FORMULA.search(text) else text


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file whose text cells no spreadsheet takes for a formula: UTF-8, CRLF, all text quoted."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode("utf-8", "replace")


def _slug(system: str) -> str:
    return system if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,40}", system) else safe_name(system)
