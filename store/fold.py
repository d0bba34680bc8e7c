"""A case is the fold of its events: pure functions from events to the state of cases.

An event's `after` holds the fields that it set, as JSON values; instants are ISO text in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

INSTANTS = frozenset({"opened_at", "first_response_due_at", "due_at", "closed_at", "acknowledged_at"})

EDITABLE = frozenset(
    {
        "status",
        "owner_id",
        "due_at",
        "outcome",
        "note",
        "title",
        "category",
        "severity",
        "first_response_due_at",
        "team",
    }
)
"""Fields that people may edit; everything else follows from them or is set once."""


class Happened(Protocol):
    """What the fold needs of an event."""

    @property
    def case_id(self) -> str: ...
    @property
    def row_version(self) -> int: ...
    @property
    def after(self) -> Mapping[str, Any] | None: ...


def to_json(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as JSON values, for an event."""
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in sorted(fields.items())
    }


def from_json(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an event as Python values."""
    return {
        name: datetime.fromisoformat(value) if name in INSTANTS and value is not None else value
        for name, value in fields.items()
    }


def fold(events: Iterable[Happened]) -> dict[str, dict[str, Any]]:
    """The state of each case after these events, which must come in the order of their numbers."""
    cases: dict[str, dict[str, Any]] = {}
    for event in events:
        case = cases.setdefault(event.case_id, {"case_id": event.case_id})
        case.update(from_json(event.after or {}))
        case["row_version"] = event.row_version
    return cases
