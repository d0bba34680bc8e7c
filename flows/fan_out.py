"""How a flow spreads work: `fan_out.map(function, items)`, or `stream`, is all it knows.

A task is a partition of customers or a handful of packs, never one customer: a process pool
costs tens of milliseconds a task, an orchestrator more.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class FanOut(Protocol):
    """Anything that can apply a picklable function to items and give the results in the items' order."""

    workers: int

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]: ...

    def stream(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """The same, each as soon as it is there: the caller works on the first while the others are made."""
        ...


class InOrder:
    """One after the other, in this process."""

    workers = 1

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        return [function(item) for item in items]

    def stream(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        return map(function, items)


class Pool:
    """Over worker processes, started at the first use and kept for the run."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._executor: ProcessPoolExecutor | None = None

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        return list(self.stream(function, items))

    def stream(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        waiting = list(items)
        if len(waiting) < 2:
            return map(function, waiting)
        if self._executor is None:
            # spawn: a forked child would inherit locks held by DuckDB's and Arrow's threads
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_settle_in)
        return self._executor.map(function, waiting)

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None


def _settle_in() -> None:
    """Workers share the cores, and sums in fits must not depend on how many threads made them."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    # a page layout makes millions of objects that die by reference count: a tenth of a worker's time was spent
    # looking for cycles among them
    gc.set_threshold(100_000, 20, 50)


@contextmanager
def workers(count: int) -> Iterator[FanOut]:
    """A fan-out over `count` processes, closed at the end; 1 means this process alone."""
    if count <= 1:
        yield InOrder()
        return
    pool = Pool(count)
    try:
        yield pool
    finally:
        pool.close()
