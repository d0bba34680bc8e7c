"""What other lines, weights and anchors would do, and which lines are proposed."""

from __future__ import annotations

from scoring.place.sensitivity.backtest import BackTest, back_test
from scoring.place.sensitivity.load import owners_of
from scoring.place.sensitivity.proposal import propose_lines
from scoring.place.sensitivity.sweep import Swept, sweep
from scoring.place.sensitivity.tracks import Tracks, tracks
from scoring.place.sensitivity.weights import Perturbed, perturb

__all__ = [
    "BackTest",
    "Perturbed",
    "Swept",
    "Tracks",
    "back_test",
    "owners_of",
    "perturb",
    "propose_lines",
    "sweep",
    "tracks",
]
