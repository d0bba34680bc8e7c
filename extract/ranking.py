"""The last row per key: the one choice that `changes` sources and `latest_per` maps share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from extract.arrow import pc


def last_per(rows: pa.Table, names: Sequence[str], at: pa.Array | pa.ChunkedArray | None) -> npt.NDArray[np.bool_]:
    """Which rows are the last of their key by `at`, and among equal instants by their order; a null is the oldest."""
    order = np.arange(rows.num_rows)
    if at is not None:
        stamped = pa.table({"at": at, "n": order})
        keys = [("at", "ascending", "at_start"), ("n", "ascending", "at_start")]
        by_time = np.asarray(pc.sort_indices(stamped, sort_keys=keys))
        order = np.empty(rows.num_rows, dtype="int64")
        order[by_time] = np.arange(rows.num_rows)
    grouped = rows.select(list(names)).append_column("__order", pa.array(order)).group_by(list(names))
    return np.isin(order, np.asarray(grouped.aggregate([("__order", "max")])["__order_max"]))
