"""The guess of a brief's pages against the engine's own count, over briefs of every length."""

from __future__ import annotations

import io

import pikepdf
import pytest

from contracts.scope import scoped
from contracts.words import BusinessUnit, Level
from reporting.briefs.layout import WANTED_PAGES
from reporting.briefs.render import render_brief
from reporting.view import compose
from tests.factories.reporting import a_book, an_audience, heard

READERS = [
    (Level.EXECUTIVE, None),
    (Level.EXECUTIVE, BusinessUnit.SALES),
    (Level.DIRECTOR, BusinessUnit.SUPPORT),
    (Level.MANAGER, BusinessUnit.GPS),
    (Level.INDIVIDUAL, BusinessUnit.SALES),
]


@pytest.mark.parametrize(("level", "unit"), READERS, ids=str)
def test_a_brief_is_as_long_as_its_reader_wants_and_laid_out_at_most_twice(
    level: Level, unit: BusinessUnit | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reporting.briefs import render as brief

    book = a_book(150)
    reader = an_audience(book, level=level, unit=unit)
    view = compose(scoped(heard(book, reader), reader))
    laid_out: list[str] = []
    real = brief.render_pdf

    def counted(html: str, **how: object) -> object:
        laid_out.append(html)
        return real(html, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(brief, "render_pdf", counted)
    with pikepdf.open(io.BytesIO(render_brief(view).content)) as pdf:
        assert len(pdf.pages) <= WANTED_PAGES[level]
    assert len(laid_out) <= 2
