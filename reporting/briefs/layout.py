"""Which sections a brief has, in which order, and how many rows each may take: the same mechanism as the dashboard.

A brief is read on paper: what its reader's questions ask for (docs/views.md) stands in the reader's own order, the grid
early, short sections side by side; long tables are left to the dashboard and the workbook.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.words import BusinessUnit, Level
from reporting.models.pack import PackView

_SALES, _SUPPORT, _GPS = BusinessUnit.SALES, BusinessUnit.SUPPORT, BusinessUnit.GPS

# Sections in reading order; `a+b` stand side by side, `/` begins a page. Tiles stand above all of them, the lines of
# trust below. The words under the matrix say what the moves mean.
_SECTIONS: dict[tuple[Level, BusinessUnit | None], str] = {
    (Level.EXECUTIVE, None): "grid matrix+means /actions money+drivers experience+team",
    (Level.EXECUTIVE, _SALES): "renewals grid matrix+means /actions forecast+money experience+team",
    (Level.EXECUTIVE, _SUPPORT): "problems grid matrix+means /actions experience+drivers money+team",
    (Level.EXECUTIVE, _GPS): "projects grid matrix+means /actions money+drivers experience+team",
    (Level.DIRECTOR, None): "regions+cases grid team actions flow experience+kpis matrix+means",
    (Level.DIRECTOR, _SALES): "renewals forecast+regions grid team actions flow experience+cases kpis matrix+means",
    (Level.DIRECTOR, _SUPPORT): "problems cases+regions grid team actions flow experience+kpis matrix+means",
    (Level.DIRECTOR, _GPS): "projects regions+cases grid team actions flow experience+kpis matrix+means",
    (Level.MANAGER, None): "actions grid team experience+cases kpis matrix+means accounts",
    (Level.MANAGER, _SALES): "renewals actions grid team forecast+cases experience+kpis matrix+means accounts",
    (Level.MANAGER, _SUPPORT): "problems experience+cases grid actions team kpis matrix+means accounts",
    (Level.MANAGER, _GPS): "projects actions grid team experience+cases kpis matrix+means accounts",
    (Level.INDIVIDUAL, None): "contacts grid actions experience+cases kpis accounts",
    (Level.INDIVIDUAL, _SALES): "renewals contacts grid actions forecast+cases experience+kpis accounts",
    (Level.INDIVIDUAL, _SUPPORT): "problems contacts grid experience+cases actions kpis accounts",
    (Level.INDIVIDUAL, _GPS): "projects contacts grid actions experience+cases kpis accounts",
}
_BREAKABLE = frozenset({"accounts", "actions", "team", "renewals", "problems", "projects", "contacts"})

MOST_PAGES = {Level.EXECUTIVE: 2, Level.DIRECTOR: 4, Level.MANAGER: 4, Level.INDIVIDUAL: 4}
"""More than this is a fault, and the pack is held back."""

WANTED_PAGES = {Level.EXECUTIVE: 2, Level.DIRECTOR: 3, Level.MANAGER: 3, Level.INDIVIDUAL: 2}
"""Rows are left out to stay within this: a last page with three lines is nobody's wish."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many rows a section prints."""

    actions: int
    cases: int
    team: int
    accounts: int
    deals: int
    problems: int
    projects: int
    contacts: int
    verbatims: int
    notes: int
    kpis: int = 4
    regions: int = 5
    names: int = 3


@dataclass(frozen=True, slots=True)
class Density:
    """One way to set the same brief: how large the grid is and how many rows a section prints."""

    name: str
    grid_height: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class Block:
    """One band of the page: a section across, or two side by side."""

    names: tuple[str, ...]
    is_first: bool = False
    is_lead: bool = False
    is_whole: bool = True
    is_wide: bool = False
    starts_page: bool = False

    @property
    def is_pair(self) -> bool:
        return len(self.names) > 1


def densities(view: PackView) -> tuple[Density, ...]:
    """From roomy to close; the first that fits the pages of the level is used."""
    if view.level is Level.EXECUTIVE:
        # A business unit's own section stands above the grid and takes a third of its height.
        tall = 400 if view.unit is None else 245
        # The two pages fill apart: the second loses rows, one kind after the other, before the grid loses height.
        return (
            Density("tight", tall, Limits(5, 0, 5, 0, 2, 3, 3, 0, 1, 1)),
            Density("tight", tall, Limits(5, 0, 4, 0, 2, 3, 3, 0, 0, 1)),
            Density("tight", tall, Limits(4, 0, 3, 0, 2, 3, 3, 0, 0, 0)),
            Density("tight", tall, Limits(3, 0, 3, 0, 1, 2, 2, 0, 0, 0, names=2)),
            Density("tight", min(tall, 340), Limits(3, 0, 3, 0, 1, 2, 2, 0, 0, 0, names=2)),
            Density("tight", 210, Limits(2, 0, 2, 0, 1, 1, 1, 0, 0, 0, names=1)),
        )
    if view.level is Level.INDIVIDUAL:
        return (
            Density("tight", 220, Limits(4, 4, 4, 5, 4, 3, 4, 5, 0, 1)),
            Density("tight", 200, Limits(3, 3, 4, 4, 3, 2, 3, 4, 0, 1)),
            Density("tight", 190, Limits(3, 2, 3, 3, 2, 2, 2, 3, 0, 0, kpis=3)),
            Density("tight", 190, Limits(3, 2, 3, 0, 2, 2, 2, 3, 0, 0, kpis=3, names=2)),
            Density("tight", 170, Limits(2, 2, 3, 0, 2, 2, 2, 2, 0, 0, kpis=2, names=1)),
        )
    return (
        # What is left out stands in the dashboard and the workbook; a brief of four pages is not brief.
        Density("tight", 260, Limits(6, 6, 8, 8, 5, 5, 5, 6, 2, 2)),
        Density("tight", 240, Limits(5, 4, 6, 6, 4, 4, 4, 5, 1, 1)),
        Density("tight", 230, Limits(4, 4, 6, 5, 3, 3, 3, 4, 1, 1)),
        Density("tight", 210, Limits(4, 3, 5, 4, 3, 3, 3, 3, 0, 0, kpis=3, regions=4, names=2)),
        Density("tight", 200, Limits(3, 2, 4, 3, 2, 2, 2, 3, 0, 0, kpis=3, regions=3, names=2)),
    )


def brief_sections(level: Level, unit: BusinessUnit | None) -> tuple[str, ...]:
    """The sections of the brief of a level and unit in reading order."""
    return tuple(_SECTIONS[level, unit].replace("+", " ").replace("/", "").split())


def blocks_of(view: PackView, limits: Limits) -> tuple[Block, ...]:
    """The bands of the brief in reading order; a half that has nothing to say leaves the other half alone."""
    blocks = [Block(("tiles",), is_first=True)] if view.tiles else []
    for words in _SECTIONS[view.level, view.unit].split():
        names = tuple(name for name in words.removeprefix("/").split("+") if _has(view, limits, name))
        if not names:
            continue
        blocks.append(
            Block(
                names,
                is_lead=len(names) == 1 and (len(blocks) <= 1 or words.startswith("/")),
                is_whole=not (len(names) == 1 and names[0] in _BREAKABLE),
                is_wide=names == ("matrix", "means"),
                starts_page=words.startswith("/"),
            )
        )
    return (*blocks, Block(("trust",)))


def _has(view: PackView, limits: Limits, name: str) -> bool:
    """Whether there is anything to print: no goal is set for some units, no link is computed in a first week."""
    parts = {
        "accounts": limits.accounts,
        "kpis": view.kpis and view.kpis.lines,
        "flow": view.long_run,
        "money": view.money,
        "forecast": view.forecast,
        "regions": view.regions and view.regions.lines,
        "drivers": view.drivers and view.drivers.lines,
    }
    return bool(parts.get(name, True))


@dataclass(frozen=True, slots=True)
class AccountDensity:
    """How many rows each part of an account brief prints; the page is always one."""

    name: str
    actions: int
    problems: int
    assets: int
    deals: int
    verbatims: int
    feedback: int
    quote: int
    problem: int


ACCOUNT_DENSITIES = (
    AccountDensity("roomy", 4, 4, 5, 3, 3, 1, 170, 60),
    AccountDensity("tight", 4, 3, 4, 3, 2, 1, 140, 50),
    AccountDensity("tight", 3, 3, 3, 2, 2, 1, 110, 40),
    AccountDensity("tight", 2, 2, 2, 2, 1, 1, 80, 40),
    AccountDensity("tight", 2, 1, 1, 1, 0, 0, 80, 40),
)
