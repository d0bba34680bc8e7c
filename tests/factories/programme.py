"""Observations of practices, as small as a test needs them."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from contracts.frames import conform
from contracts.results import PROGRAMME_OBSERVED


def observed(*lines: tuple[str, datetime, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=["practice", "at", "done", "of"])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return conform(frame, PROGRAMME_OBSERVED)
