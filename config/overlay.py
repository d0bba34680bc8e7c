"""A proposal as a TOML file that holds only what is to change; keys are those of contracts.proposals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from config.settings import read_toml
from contracts.proposals import SUMMARY_KEYS, ProposedValue, ReturnedProposal


def read_overlay(path: Path) -> ReturnedProposal:
    """The values of a TOML proposal, nothing judged.

    Raises: ConfigRefused when the file is no TOML.
    """
    values = [
        ProposedValue(key, _plain(value), f"file {path.name}, key {key}") for key, value in _leaves(read_toml(path))
    ]
    return ReturnedProposal(
        tuple(value for value in values if value.key not in SUMMARY_KEYS),
        {value.key: value for value in values if value.key in SUMMARY_KEYS},
    )


def _leaves(body: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in body.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _plain(value: object) -> str | float | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return float(value) if isinstance(value, int | float) else str(value)
