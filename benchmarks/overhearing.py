"""Listening in on one function of a module while a block runs: where a run has no hook, but a figure needs one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def overheard(module: ModuleType, name: str, listener: Callable[..., None]) -> Iterator[None]:
    """Tell `listener` the arguments of every call of `module.name`; the call itself goes on as before."""
    function: Callable[..., Any] = getattr(module, name)

    def heard(*arguments: Any, **named: Any) -> Any:
        listener(*arguments, **named)
        return function(*arguments, **named)

    setattr(module, name, heard)
    try:
        yield
    finally:
        setattr(module, name, function)
