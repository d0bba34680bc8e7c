"""SIGTERM and Ctrl-C: the mail that is being sent is finished, leases are given back, then the command ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(BaseException):
    """Somebody asked this process to end. Not an Exception: no step may take it for a fault of its own."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"stopped by {signal.Signals(number).name}; nothing is half done: run the command again")


class _Requests:
    """What was asked while something was being finished."""

    def __init__(self) -> None:
        self.depth = 0
        self.asked: int | None = None

    def take(self, number: int, _frame: FrameType | None) -> None:
        if self.depth:
            self.asked = number
        else:
            raise Stopped(number)


_requests = _Requests()


@contextmanager
def stoppable() -> Iterator[None]:
    """In this block a signal raises Stopped, at once or at the end of what is being finished."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _requests.take) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


@contextmanager
def finished_first() -> Iterator[None]:
    """This block is carried to its end, whatever is asked meanwhile.

    Raises: Stopped at its end, if that was asked.
    """
    _requests.depth += 1
    try:
        yield
    finally:
        _requests.depth -= 1
    asked = _requests.asked
    if asked is not None and not _requests.depth:
        _requests.asked = None
        raise Stopped(asked)
