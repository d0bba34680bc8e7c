"""Which sections a brief has, in which order, and how many rows each may take: the same mechanism as the dashboard.

A brief is read on paper: it keeps the reader's own order of sections, shows the grid early, puts short sections
side by side, and leaves long tables to the dashboard and the workbook.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.words import Level
from reporting.models.pack import PackView

# The account table of an executive would be the third page; what it says stands in grid, matrix and plan.
_LEFT_OUT = {Level.EXECUTIVE: frozenset({"accounts", "moves"})}
_ALWAYS_OUT = frozenset(
    {"zones", "overdue", "since", "moves"}
    | {"money", "forecast", "kpis", "regions", "drivers", "answers", "families", "programme"}
)
_WIDE = frozenset(
    {"grid", "actions", "team", "accounts", "renewals", "problems", "projects", "contacts", "trust", "tiles"}
)
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
            Density("tight", tall, Limits(5, 3, 4, 0, 2, 3, 3, 0, 1, 1)),
            Density("tight", tall, Limits(5, 2, 3, 0, 2, 3, 3, 0, 0, 1)),
            Density("tight", tall, Limits(4, 2, 3, 0, 1, 2, 2, 0, 0, 0)),
            Density("tight", min(tall, 340), Limits(3, 2, 3, 0, 1, 2, 2, 0, 0, 0)),
            Density("tight", 210, Limits(2, 1, 2, 0, 1, 1, 1, 0, 0, 0)),
        )
    if view.level is Level.INDIVIDUAL:
        return (
            Density("tight", 220, Limits(4, 4, 4, 5, 4, 3, 4, 5, 0, 1)),
            Density("tight", 200, Limits(3, 3, 4, 4, 3, 2, 3, 4, 0, 1)),
        )
    return (
        # What is left out stands in the dashboard and the workbook; a brief of four pages is not brief.
        Density("tight", 260, Limits(6, 6, 8, 8, 5, 5, 5, 6, 2, 2)),
        Density("tight", 230, Limits(4, 4, 6, 5, 3, 3, 3, 4, 1, 1)),
    )


def blocks_of(view: PackView) -> tuple[Block, ...]:
    """The bands of the brief in reading order."""
    names = _names(view)
    blocks = [Block(("tiles",), is_first=True)] if view.tiles else []
    waiting = ""
    for name in names:
        if name in _WIDE:
            blocks += [Block((waiting,))] if waiting else []
            waiting = ""
            blocks.append(Block((name,), is_lead=len(blocks) <= 1, is_whole=name not in _BREAKABLE))
        elif name == "matrix":
            blocks.append(Block(("matrix", "means"), is_wide=True))
        elif waiting:
            blocks.append(Block((waiting, name)))
            waiting = ""
        else:
            waiting = name
    blocks += [Block((waiting,))] if waiting else []
    return _paged(view, tuple(blocks))


def _names(view: PackView) -> tuple[str, ...]:
    out = _ALWAYS_OUT | _LEFT_OUT.get(view.level, frozenset())
    wanted = [name for name in view.main if name not in out]
    if "grid" not in wanted:
        wanted.insert(1, "grid")
    # Half-width sections stand next to each other, where the first of them stood.
    halves = [name for name in (*wanted, "cases") if name in ("experience", "cases")]
    at = min(wanted.index(name) for name in halves if name in wanted) if set(halves) & set(wanted) else len(wanted)
    kept = [name for name in wanted if name not in halves]
    if view.level is Level.EXECUTIVE and "matrix" in kept:
        # The first page says what happened, the second begins with what to do.
        kept.remove("matrix")
        kept.insert(kept.index("grid") + 1, "matrix")
        at = max(at, kept.index("matrix") + 1, kept.index("actions") + 1 if "actions" in kept else 0)
    rest = [name for name in view.aside if name == "team" and name not in kept]
    return tuple(dict.fromkeys((*kept[:at], *dict.fromkeys(halves), *kept[at:], *rest, "trust")))


def _paged(view: PackView, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """An executive's second page begins with what to do; other briefs break where the text does."""
    if view.level is not Level.EXECUTIVE:
        return blocks
    return tuple(
        Block(b.names, b.is_first, is_lead=True, is_whole=b.is_whole, starts_page=True)
        if b.names == ("actions",)
        else b
        for b in blocks
    )


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
