"""Model files of a workspace: candidates that may be adopted are kept, the adopted one is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from contracts.rules import RetentionRules
from scoring.predict.model import Model, ModelBroken, read_model, write_model
from scoring.predict.outcome import INDEX_NOT_PROBABILITY


@dataclass(frozen=True, slots=True)
class Adopted:
    """The model that the policy names, whether its probability is the axis by now, and what to say of it."""

    model: Model | None = None
    is_in_force: bool = False
    axis: str = INDEX_NOT_PROBABILITY
    sentences: tuple[str, ...] = ()


def model_file(root: Path, version: str) -> Path:
    return root / "var" / "models" / f"{version}.json"


def keep_candidate(root: Path, model: Model) -> Path:
    """Write the model once; its name is its content."""
    path = model_file(root, model.version)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_suffix(".part")
        staged.write_bytes(write_model(model))
        staged.replace(path)
    return path


def adopted_model(root: Path, retention: RetentionRules, on: date) -> Adopted:
    """What the policy has chosen, as of a day; without a usable file the axis stays the index, and that is said."""
    if retention.kind == "index" or retention.model is None:
        return Adopted()
    version, path = retention.model, model_file(root, retention.model)
    try:
        model = read_model(path.read_bytes(), version=version)
    except (OSError, ModelBroken) as exc:
        problem = exc.strerror or str(exc) if isinstance(exc, OSError) else str(exc)
        lost = (
            f"retention.toml adopts model {version}, but var/models/{path.name} cannot be used ({problem}); "
            f"put the file back or adopt another version. Until then {INDEX_NOT_PROBABILITY}."
        )
        return Adopted(sentences=(lost,))
    if retention.version_in_force(on) is None:
        waits = (
            f"Model {version} runs in shadow since {retention.shadow_from}: nothing is decided by it before "
            f"{retention.effective_from}."
        )
        return Adopted(model, sentences=(waits,))
    told = (
        f"Probabilities of leaving within {model.horizon_days} days are those of model {version}, approved by "
        f"{retention.approver}, in force since {retention.effective_from}."
    )
    return Adopted(model, is_in_force=True, axis=f"model {version} stays in force", sentences=(told,))
