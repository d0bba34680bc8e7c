"""Which customers play a planted story, which drift, which are new, and which are steady."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from extract.demo.timeline import dice


class Part(IntEnum):
    """What a customer plays. ORDINARY ones are steady unless chance makes them leave."""

    ORDINARY = 0
    DRIFTING = 1
    NEWCOMER = 2
    SLIDING = 3
    OUTAGE = 4
    SILENT = 5
    FLAPPING = 6
    DEALS_DYING = 7
    RECOVERING = 8
    NOTICE = 9
    KEY_DETRACTOR = 10


STORIES = tuple(part for part in Part if part >= Part.SLIDING)
_TWICE_FROM = 200
_TWICE = (Part.SLIDING, Part.SILENT, Part.FLAPPING, Part.DEALS_DYING, Part.RECOVERING)
_DRIFTING_SHARE = 0.14
_NEWCOMER_SHARE = 0.015


@dataclass(frozen=True, slots=True)
class Cast:
    """`parts[i]` of customer i; `centers[i]` the (loyalty, retention) level around which it lives."""

    parts: NDArray[np.int64]
    centers: NDArray[np.float64]


# share, loyalty center, retention center of ordinary customers, in units of the latent scale
_CLUSTERS = ((0.545, 1.0, 1.0), (0.155, 0.95, -1.4), (0.165, -1.25, 0.95), (0.135, -1.3, -1.45))
_STORY_CENTER = {
    Part.SLIDING: (0.75, 0.65),
    Part.OUTAGE: (1.1, 1.05),
    Part.SILENT: (0.6, 0.7),
    Part.FLAPPING: (-0.2, 1.0),
    Part.DEALS_DYING: (1.0, 0.9),
    Part.RECOVERING: (-1.1, -1.1),
    Part.NOTICE: (0.5, -0.4),
    Part.KEY_DETRACTOR: (0.9, 0.9),
}


def build_cast(customers: pd.DataFrame, *, seed: int) -> Cast:
    rng = dice(seed, "cast")
    size = len(customers)
    draw = rng.random(size)
    parts = np.where(draw < _DRIFTING_SHARE, Part.DRIFTING, Part.ORDINARY)
    parts = np.where(draw > 1 - _NEWCOMER_SHARE, Part.NEWCOMER, parts)
    order = rng.permutation(size)
    is_key = customers.is_key_account.to_numpy()
    taken = 0
    for part in STORIES:
        wanted = 2 if part in _TWICE and size >= _TWICE_FROM else 1
        if part is Part.KEY_DETRACTOR:
            chosen = [i for i in order[taken:] if is_key[i]][:wanted]
        else:
            chosen = order[taken : taken + wanted].tolist()
            taken += wanted
        parts[chosen] = part
    shares = np.array([cluster[0] for cluster in _CLUSTERS])
    kind = rng.choice(len(_CLUSTERS), size=size, p=shares / shares.sum())
    centers = np.array([cluster[1:] for cluster in _CLUSTERS])[kind] + rng.normal(0, 0.1, (size, 2))
    drifting = parts == Part.DRIFTING
    centers[drifting] = rng.uniform(-1.3, 1.0, (int(drifting.sum()), 2))
    for part, center in _STORY_CENTER.items():
        centers[parts == part] = center
    return Cast(parts=parts.astype(np.int64), centers=centers)
