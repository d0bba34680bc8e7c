"""Model files of a workspace: every tried model is kept, the adopted one is frozen with a week's inputs and read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from contracts.rules import Policy, RetentionRules
from contracts.words import Axis
from flows.errors import ModelLost
from flows.inputs import Inputs
from scoring.predict.axis import stay_band, stay_label
from scoring.predict.model import Model, ModelBroken, read_model, write_model
from scoring.predict.outcome import INDEX_NOT_PROBABILITY


@dataclass(frozen=True, slots=True)
class Chosen:
    """Versions that the policy names for a week and whose files can be read: the axis, and the one in shadow."""

    in_force: str | None = None
    shadow: str | None = None


@dataclass(frozen=True, slots=True)
class Adopted:
    """The model that a week was frozen with, whether its probability is the axis by now, and what to say of it."""

    model: Model | None = None
    is_in_force: bool = False
    axis: str = INDEX_NOT_PROBABILITY
    sentences: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What the retention axis is called; "" while it is the index."""
        return stay_label(self.model.horizon_days) if self.model is not None and self.is_in_force else ""


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


def kept_model(root: Path, version: str) -> Model:
    """The model of this version. Raises: ModelLost when its file is gone or is another one."""
    path = model_file(root, version)
    try:
        return read_model(path.read_bytes(), version=version)
    except (OSError, ModelBroken) as exc:
        problem = exc.strerror or str(exc) if isinstance(exc, OSError) else str(exc)
        raise ModelLost(f"var/models/{path.name} cannot be used ({problem}); put the file back") from exc


def models_of(root: Path, retention: RetentionRules, begins_on: date) -> Chosen:
    """What the policy has chosen for the week that begins on a day; a file that cannot be used chooses nothing."""
    if retention.kind == "index" or retention.model is None:
        return Chosen()
    in_force = retention.version_in_force(begins_on)
    shadow = None if in_force == retention.model else retention.model
    return Chosen(_usable(root, in_force), _usable(root, shadow))


def _usable(root: Path, version: str | None) -> str | None:
    if version is None:
        return None
    try:
        kept_model(root, version)
    except ModelLost:
        return None
    return version


def adopted_model(inputs: Inputs, root: Path, retention: RetentionRules) -> Adopted:
    """The model that the inputs were frozen with. Without a usable file the axis stayed the index, and that is said.

    Raises: ModelLost when a file that was there when the week was frozen is gone: nothing else is the same week.
    """
    said: tuple[str, ...] = ()
    adopted = retention.kind == "model"
    named = {retention.version_in_force(inputs.iso_week.monday), retention.model} if adopted else set()
    for lost in sorted({one for one in named if one} - {inputs.retention_model, inputs.shadow_model}):
        repair = "put the file back or adopt another version"
        said += (f"retention.toml adopts model {lost}, but var/models/{lost}.json cannot be used; {repair}.",)
    if inputs.shadow_model is not None:
        until = f"nothing is decided by it before {retention.effective_from}"
        said += (f"Model {inputs.shadow_model} runs in shadow since {retention.shadow_from}: {until}.",)
    version = inputs.retention_model
    if version is None:
        if said:
            said += (f"Until then {INDEX_NOT_PROBABILITY}.",)
        shadow = None if inputs.shadow_model is None else kept_model(root, inputs.shadow_model)
        return Adopted(shadow, sentences=said)
    model = kept_model(root, version)
    told = f"The retention axis is the {stay_label(model.horizon_days)}, 0 to 100, by model {version}"
    if version == retention.model:
        told += f", approved by {retention.approver}, in force since {retention.effective_from}"
    return Adopted(model, is_in_force=True, axis=f"model {version} stays in force", sentences=(f"{told}.", *said))


def by_line(policy: Policy, line: float | None) -> Policy:
    """The policy as it places customers: with the line of the adopted model and its dead-band, if there is one."""
    if line is None:
        return policy
    band = stay_band(line, policy.retention.line)
    return policy.model_copy(update={"thresholds": policy.thresholds.with_retention(line, band)})


def line_of(placements: pd.DataFrame) -> float | None:
    """The retention line of a week that was placed by a model: one for all customers."""
    return None if placements.empty else float(placements["retention_line"].iloc[0])


def blank_retention(frame: pd.DataFrame) -> pd.DataFrame:
    """Placements or contributions of a time when the retention axis was another one, without what it said: a
    probability is never compared with an index.
    """
    if "axis" in frame.columns:
        return frame.loc[frame["axis"] != Axis.RETENTION.value].reset_index(drop=True)
    return frame.assign(retention=np.nan, retention_se=np.nan)
