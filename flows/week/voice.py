"""The customers' voice of a week: which sentiment model is in force, and what was said, read by it."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa

from contracts.ids import sha256
from contracts.rules import Policy, VoiceRules
from extract.snapshot import read_bucket, read_manifest
from flows.errors import ModelLost
from scoring.measure.asof import as_of_view
from scoring.voice.calls import calls
from scoring.voice.comments import voiced
from scoring.voice.learning import fit, reading_digest
from scoring.voice.model import SentimentModel, from_bytes, to_bytes
from scoring.voice.quality import text_quality
from scoring.voice.terms import emerging_terms
from scoring.voice.texts import texts_of
from scoring.voice.themes import themes

log = logging.getLogger(__name__)


def model_in_force(
    manifest: Path, rules: VoiceRules, *, as_of: datetime, previous: str | None, root: Path
) -> str | None:
    """Digest of the sentiment model of a week, to be frozen into its inputs; None where there is none.

    The model of the last good week stays while the rules name the same release; else one is fitted on the snapshot and
    kept under var/models. So trends are of one model, and a rebuild reads the very file.
    """
    if previous is not None and _release_of(root, previous) == rules.sentiment.release:
        return previous
    tables = _tables(manifest, ("surveys",), as_of)
    model = fit(texts_of(tables, rules, as_of=as_of), rules)
    return None if model is None else keep_model(root, model)


def listen(
    manifest: Path,
    policy: Policy,
    *,
    as_of: datetime,
    model: str | None,
    root: Path,
    only: frozenset[str] | None = None,
) -> dict[str, pd.DataFrame]:
    """COMMENTS, COMMENT_ASPECTS, CALLS, TEXT_QUALITY and EMERGING_TERMS of a week, by name.

    Args:
        manifest: of the snapshot.
        policy: rules, taxonomy and lexicon.
        as_of: of the week.
        model: what `model_in_force` gave, from the frozen inputs.
        root: of the workspace.
        only: these customers alone; then no words are proposed, since that takes the whole book.
    """
    tables = _tables(manifest, (*policy.voice.tables, "transcripts"), as_of, only)
    sentiment = None if model is None else read_model(root, model)
    texts = texts_of(tables, policy.voice, as_of=as_of)
    read = voiced(texts, policy.voice, taxonomy=policy.taxonomy, lexicon=policy.lexicon, model=sentiment)
    frames = {
        "comments": read.comments,
        "comment_aspects": read.aspects,
        "calls": calls(tables["transcripts"], read.comments),
        "text_quality": text_quality(
            read.comments["language"].unique(),
            policy.voice,
            model=sentiment,
            words_digest=reading_digest(policy.lexicon, policy.taxonomy),
        ),
    }
    if only is None:
        frames["emerging_terms"] = emerging_terms(
            read.comments, policy.taxonomy, policy.lexicon, policy.voice.themes, as_of=as_of
        )
    return frames


def themes_of(
    frames: dict[str, pd.DataFrame], policy: Policy, *, as_of: datetime, scopes: dict[str, frozenset[str] | None]
) -> pd.DataFrame:
    """THEMES of every scope: its name and its customers, None for the whole book."""
    made = []
    for scope, customers in sorted(scopes.items()):
        comments, aspects = (
            frame if customers is None else frame[frame["customer_id"].isin(customers)]
            for frame in (frames["comments"], frames["comment_aspects"])
        )
        made.append(themes(comments, aspects, policy.voice.themes, as_of=as_of, scope=scope))
    return pd.concat(made, ignore_index=True)


def keep_model(root: Path, model: SentimentModel) -> str:
    """Write the model once under var/models; its name is its content."""
    path = _file(root, model.digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_suffix(".part")
        staged.write_bytes(to_bytes(model))
        staged.replace(path)
    return model.digest


def read_model(root: Path, digest: str) -> SentimentModel:
    """Raises: ModelLost if the file is gone or is not what its name says."""
    path = _file(root, digest)
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise ModelLost(
            f"{path} cannot be read ({exc.strerror}); put the file back: the week was read with it"
        ) from exc
    if sha256(content) != digest:
        raise ModelLost(f"{path} is not the model that the week was made with; put the file back")
    return from_bytes(content)


def _release_of(root: Path, digest: str) -> int | None:
    """None for a file that is lost: a new week can do without it, by another model."""
    try:
        return read_model(root, digest).release
    except ModelLost as exc:
        log.warning("a new sentiment model is fitted: %s", exc)
        return None


def _file(root: Path, digest: str) -> Path:
    return root / "var" / "models" / f"sentiment-{digest}.bin"


def _tables(
    manifest: Path, names: tuple[str, ...], as_of: datetime, only: frozenset[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Canonical tables of all buckets as of the week."""
    wanted = sorted(set(names))
    parts = [
        as_of_view(read_bucket(manifest, bucket, wanted), as_of) for bucket in range(read_manifest(manifest).buckets)
    ]
    frames = {name: pa.concat_tables([part[name] for part in parts]).to_pandas() for name in wanted}
    if only is None:
        return frames
    return {name: frame[frame["customer_id"].isin(only)] for name, frame in frames.items()}
