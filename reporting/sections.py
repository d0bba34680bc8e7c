"""Which sections a view has and in which order: level x business unit -> (main column, side column).

One small table, because the order is what makes a view somebody's own: what is first is what the reader does first.
"""

from __future__ import annotations

from contracts.words import BusinessUnit, Level

Columns = tuple[tuple[str, ...], tuple[str, ...]]

_SIDE = ("since", "zones", "overdue", "trust")

_ORDER: dict[tuple[Level, BusinessUnit | None], Columns] = {
    (Level.EXECUTIVE, None): (
        ("grid", "matrix", "actions", "moves", "experience", "renewals", "accounts"),
        ("since", "zones", "team", "overdue", "trust"),
    ),
    (Level.EXECUTIVE, BusinessUnit.SALES): (
        ("renewals", "grid", "actions", "matrix", "moves", "experience", "accounts"),
        ("since", "zones", "team", "overdue", "trust"),
    ),
    (Level.EXECUTIVE, BusinessUnit.SUPPORT): (
        ("problems", "grid", "actions", "matrix", "experience", "moves", "accounts"),
        ("since", "zones", "team", "overdue", "trust"),
    ),
    (Level.EXECUTIVE, BusinessUnit.GPS): (
        ("projects", "grid", "actions", "matrix", "experience", "moves", "accounts"),
        ("since", "zones", "team", "overdue", "trust"),
    ),
    (Level.DIRECTOR, None): (
        ("grid", "team", "matrix", "actions", "cases", "experience", "accounts"),
        _SIDE,
    ),
    (Level.DIRECTOR, BusinessUnit.SALES): (
        ("renewals", "team", "grid", "actions", "matrix", "cases", "experience", "accounts"),
        _SIDE,
    ),
    (Level.DIRECTOR, BusinessUnit.SUPPORT): (
        ("problems", "team", "cases", "grid", "actions", "matrix", "experience", "accounts"),
        _SIDE,
    ),
    (Level.DIRECTOR, BusinessUnit.GPS): (
        ("projects", "team", "grid", "actions", "matrix", "experience", "cases", "accounts"),
        _SIDE,
    ),
    (Level.MANAGER, None): (
        ("accounts", "actions", "team", "cases", "experience", "matrix"),
        ("since", "grid", "overdue", "zones", "trust"),
    ),
    (Level.MANAGER, BusinessUnit.SALES): (
        ("renewals", "accounts", "actions", "team", "cases", "experience", "matrix"),
        ("since", "grid", "overdue", "zones", "trust"),
    ),
    (Level.MANAGER, BusinessUnit.SUPPORT): (
        ("problems", "accounts", "cases", "actions", "team", "experience", "matrix"),
        ("since", "grid", "overdue", "zones", "trust"),
    ),
    (Level.MANAGER, BusinessUnit.GPS): (
        ("projects", "accounts", "actions", "cases", "team", "experience", "matrix"),
        ("since", "grid", "overdue", "zones", "trust"),
    ),
    (Level.INDIVIDUAL, None): (
        ("contacts", "accounts", "actions", "cases", "experience"),
        ("since", "overdue", "grid", "zones", "trust"),
    ),
    (Level.INDIVIDUAL, BusinessUnit.SALES): (
        ("contacts", "renewals", "accounts", "actions", "cases", "experience"),
        ("since", "overdue", "grid", "zones", "trust"),
    ),
    (Level.INDIVIDUAL, BusinessUnit.SUPPORT): (
        ("contacts", "problems", "accounts", "cases", "actions", "experience"),
        ("since", "overdue", "grid", "zones", "trust"),
    ),
    (Level.INDIVIDUAL, BusinessUnit.GPS): (
        ("contacts", "projects", "accounts", "actions", "experience", "cases"),
        ("since", "overdue", "grid", "zones", "trust"),
    ),
}


def sections_for(level: Level, unit: BusinessUnit | None) -> Columns:
    """The section names of the main and the side column, in reading order."""
    return _ORDER[level, unit]
