"""Which sections a view has and in which order: level x business unit -> (main column, side column).

One small table, because the order is what makes a view somebody's own: what is first is what the reader does first.
The first screen (since the last pack, what it costs, what to do first) stands above both columns in every view.
docs/views.md says for each view which questions its sections answer; a test holds the two together.
"""

from __future__ import annotations

from contracts.words import BusinessUnit, Level

Columns = tuple[tuple[str, ...], tuple[str, ...]]
_Key = tuple[Level, BusinessUnit | None]

_SALES, _SUPPORT, _GPS = BusinessUnit.SALES, BusinessUnit.SUPPORT, BusinessUnit.GPS
_ABOVE = ("zones", "team", "overdue", "programme", "trust")
_BESIDE = ("zones", "overdue", "trust")
_SMALL_GRID = ("grid", "overdue", "zones", "trust")

# Words of a line are sections in reading order; the account table, being wide, stands last and across.
_MAIN: dict[_Key, str] = {
    (Level.EXECUTIVE, None): "grid money matrix flow actions moves experience drivers answers forecast regions "
    "families accounts",
    (Level.EXECUTIVE, _SALES): "renewals forecast money grid actions matrix flow moves experience drivers answers "
    "regions accounts",
    (Level.EXECUTIVE, _SUPPORT): "problems grid experience drivers actions money matrix flow moves answers regions "
    "accounts",
    (Level.EXECUTIVE, _GPS): "projects grid actions experience money matrix flow moves drivers answers regions "
    "accounts",
    (Level.DIRECTOR, None): "regions team grid matrix flow actions cases experience drivers kpis accounts",
    (Level.DIRECTOR, _SALES): "renewals forecast regions team grid actions matrix flow cases experience kpis accounts",
    (Level.DIRECTOR, _SUPPORT): "problems team cases regions grid experience kpis actions matrix flow accounts",
    (Level.DIRECTOR, _GPS): "projects team regions grid actions experience kpis matrix flow cases accounts",
    (Level.MANAGER, None): "actions team cases kpis experience matrix accounts",
    (Level.MANAGER, _SALES): "renewals actions team forecast cases kpis experience matrix accounts",
    (Level.MANAGER, _SUPPORT): "problems cases actions team kpis experience matrix accounts",
    (Level.MANAGER, _GPS): "projects actions team cases kpis experience matrix accounts",
    (Level.INDIVIDUAL, None): "contacts actions cases kpis experience accounts",
    (Level.INDIVIDUAL, _SALES): "renewals contacts actions forecast cases kpis experience accounts",
    (Level.INDIVIDUAL, _SUPPORT): "problems contacts cases actions kpis experience accounts",
    (Level.INDIVIDUAL, _GPS): "projects contacts actions cases kpis experience accounts",
}

_SIDE: dict[Level, tuple[str, ...]] = {
    Level.EXECUTIVE: _ABOVE,
    Level.DIRECTOR: _BESIDE,
    Level.MANAGER: _SMALL_GRID,
    Level.INDIVIDUAL: _SMALL_GRID,
}


def sections_for(level: Level, unit: BusinessUnit | None) -> Columns:
    """The section names of the main and the side column, in reading order."""
    return tuple(_MAIN[level, unit].split()), _SIDE[level]
