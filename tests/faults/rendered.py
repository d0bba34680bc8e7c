"""Renders each pack once for all attempts: rendering leaves nothing but working files, and takes the most time."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from flows.fan_out import InOrder
from flows.packs.rendering import render_account_files, render_packs


@dataclass
class Remembering(InOrder):
    """A fan-out in this process that keeps what was rendered, and gives it to later attempts."""

    folder: Path
    root: Path

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        if function not in (render_packs, render_account_files):
            return super().map(function, items)
        return [self._once(function, number, item) for number, item in enumerate(items)]

    def _once(self, function: Callable[[Any], Any], number: int, item: Any) -> Any:
        place = item.into.relative_to(self.root).as_posix().replace("/", "~")
        kept = self.folder / f"{function.__name__}-{place}-{number}"
        if not kept.exists():
            made = function(item)
            kept.mkdir(parents=True)
            (kept / "made").write_bytes(pickle.dumps((self.root, made)))
            shutil.copytree(item.into, kept / "files")
            return made
        first_root, made = pickle.loads((kept / "made").read_bytes())
        shutil.copytree(kept / "files", item.into, dirs_exist_ok=True)
        return [_moved(result, first_root, self.root) for result in made]


def _moved(made: Any, before: Path, after: Path) -> Any:
    """The same result with its paths below another workspace."""
    if isinstance(made, Path):
        return after / made.relative_to(before) if made.is_relative_to(before) else made
    if isinstance(made, tuple):
        return tuple(_moved(one, before, after) for one in made)
    if is_dataclass(made) and not isinstance(made, type) and type(made).__module__ == "flows.packs.rendering":
        return replace(made, **{f.name: _moved(getattr(made, f.name), before, after) for f in fields(made)})
    return made
