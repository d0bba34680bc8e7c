"""docs/views.md and the pages say the same: sections, their order, columns, and questions that a section answers."""

from __future__ import annotations

import dataclasses
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from contracts.scope import scoped
from contracts.words import BusinessUnit, Level
from reporting.briefs.layout import brief_sections
from reporting.pages import render_index
from reporting.sections.order import sections_for
from reporting.view import compose
from tests.factories.reporting import a_book, an_audience, heard

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "views.md"
_LEVELS = {level.label: level for level in Level}
_UNITS = {unit.label: unit for unit in BusinessUnit}
_TWELVE = {(level, unit) for level in Level for unit in BusinessUnit} | {(Level.EXECUTIVE, None)}


@dataclass(frozen=True)
class Described:
    """One view as docs/views.md describes it."""

    level: Level
    unit: BusinessUnit | None
    main: tuple[str, ...]
    aside: tuple[str, ...]
    first: str
    columns: tuple[str, ...]
    brief: tuple[str, ...]
    questions: tuple[tuple[str, ...], ...]
    monday: str

    def __str__(self) -> str:
        return f"{self.level.value}-{self.unit.value if self.unit else 'all'}"


def _described() -> list[Described]:
    found = []
    for part in _PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        level, _, unit = title.partition(", ")
        listed = dict(re.findall(r"^- (\w[\w ]*): (.+)$", body, flags=re.MULTILINE))
        main, _, aside = listed["Sections"].partition("; beside: ")
        questions = re.findall(r"^\d\. .+\?.* \((.+)\)$", body, flags=re.MULTILINE)
        found.append(
            Described(
                _LEVELS[level],
                _UNITS.get(unit),
                tuple(main.split(", ")),
                tuple(aside.split(", ")),
                listed["First section"].split(",")[0],
                tuple(
                    listed["Columns"]
                    .replace("Severity 1, 30", "Severity 1; 30")
                    .replace("Oldest, d", "Oldest; d")
                    .split(", ")
                ),
                tuple(listed["Brief"].split(", ")),
                tuple(tuple(re.findall(r"`(\w+)`", answer)) for answer in questions),
                body.partition("Monday: ")[2].strip(),
            )
        )
    return found


_VIEWS = _described()


def test_each_of_the_twelve_views_and_the_executives_is_described() -> None:
    assert {(view.level, view.unit) for view in _VIEWS} == _TWELVE
    assert len(_VIEWS) == len(_TWELVE)


@pytest.mark.parametrize("view", _VIEWS, ids=str)
def test_a_view_holds_what_is_written_of_it(view: Described) -> None:
    assert (view.main, view.aside) == sections_for(view.level, view.unit)
    assert view.brief == brief_sections(view.level, view.unit)
    assert view.main[0] == view.first
    assert len(view.questions) == 5
    assert all(set(sections) <= {*view.main, *view.aside} for sections in view.questions)
    assert view.monday.startswith("I ") or " I " in view.monday

    book = a_book(60)
    reader = an_audience(book, level=view.level, unit=view.unit)
    page = render_index(compose(scoped(heard(book, reader), reader)))
    places = [page.index(f'<section id="{name}"') if f'<section id="{name}"' in page else -1 for name in view.main]
    assert -1 not in places
    assert places == sorted(places)
    assert page.index('id="opening"') < places[0]
    heads = {
        re.sub(r"<[^>]+>", "", head).strip()
        for head in re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", page, re.DOTALL)
    }
    wanted = {column.replace("; ", ", ") for column in view.columns}
    assert wanted <= {head.replace("&#39;", "'") for head in heads}, wanted - heads


def test_no_two_views_of_one_level_have_the_same_order() -> None:
    for level in Level:
        orders = [sections_for(level, unit)[0] for unit in (None, *BusinessUnit)]
        assert all(one != other for one, other in itertools.combinations(orders, 2)), level


@pytest.mark.parametrize("view", _VIEWS, ids=str)
def test_the_first_screen_says_what_changed_what_it_costs_and_what_to_do(view: Described) -> None:
    book = a_book(60)
    reader = an_audience(book, level=view.level, unit=view.unit)
    made = compose(scoped(heard(book, reader), reader))
    assert made.opening.changed == made.since
    assert made.opening.costs
    assert made.opening.first == made.actions[:3]
    assert made.since_title.startswith("Since your last pack, ")


def test_who_got_no_pack_yet_is_told_so() -> None:
    book = a_book(20)
    reader = an_audience(book)
    new = dataclasses.replace(book, facts=dataclasses.replace(book.facts, last_pack=None))
    assert compose(scoped(new, reader)).since_title == "Since 2026-W46; this is your first pack"
