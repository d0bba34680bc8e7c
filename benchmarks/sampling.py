"""Where time goes: the stacks of all threads, looked at a hundred times a second.

A tracing profiler sees one thread and makes small functions look dear; this one does neither, and costs a few percent.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SECONDS = 0.01
_OURS = ("flows.", "extract.", "scoring.", "reporting.", "delivery.", "store.", "config.", "contracts.")
_WAITING = frozenset({"wait", "_wait_for_tstate_lock", "accept", "select", "poll"})


class Samples:
    """Counts per function: `within` whenever it is on the stack, `at` for the deepest of our functions."""

    def __init__(self) -> None:
        self.within: Counter[str] = Counter()
        self.at: Counter[str] = Counter()
        self.libraries: Counter[str] = Counter()
        self.looks = 0

    def look(self, own: int) -> None:
        self.looks += 1
        for thread, frame in sys._current_frames().items():  # noqa: SLF001 - the documented way to see other threads
            if thread != own and frame.f_code.co_name not in _WAITING:
                self._count(frame)

    def _count(self, frame: FrameType) -> None:
        library = ""
        ours: list[str] = []
        step: FrameType | None = frame
        while step is not None:
            module = str(step.f_globals.get("__name__", ""))
            if module.startswith(_OURS):
                ours.append(f"{module}:{step.f_code.co_name}")
            elif not ours and not library:
                library = f"{module}:{step.f_code.co_name}"
            step = step.f_back
        if not ours:
            return
        self.within.update(set(ours))
        self.at[ours[0]] += 1
        if library:
            self.libraries[f"{ours[0]} > {library}"] += 1

    def lines(self, most: int = 12) -> list[str]:
        """Shares of the looks, dearest first: a function with all it calls, then what was being done just then."""
        if not self.looks:
            return []
        within = [f"    {count / self.looks:6.1%}  {name}" for name, count in self.within.most_common(2 * most)]
        doing = [f"    {count / self.looks:6.1%}  {name}" for name, count in self.at.most_common(most)]
        calls = [f"    {count / self.looks:6.1%}  {name}" for name, count in self.libraries.most_common(most)]
        parts = (("with all they call", within), ("deepest of ours", doing), ("and what that called", calls))
        return [line for title, rows in parts for line in (f"   {title}:", *rows)]


@contextmanager
def sampling() -> Iterator[list[Samples]]:
    """The last entry of the list is being filled; append another one to begin anew."""
    books = [Samples()]
    stopped = threading.Event()

    def sample() -> None:
        own = threading.get_ident()
        while not stopped.wait(_SECONDS):
            books[-1].look(own)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield books
    finally:
        stopped.set()
        thread.join()
