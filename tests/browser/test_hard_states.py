"""Empty and extreme weeks: every artifact is made, says sensible words, and nothing is cut off or an empty box."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pytest

from contracts.scope import scoped
from contracts.words import MessageKind
from reporting.account.page import compose_accounts
from reporting.briefs.layout import MOST_PAGES
from reporting.briefs.render import account_brief_title, brief_title, render_account_brief, render_brief
from reporting.charts.pictures import grid_png
from reporting.mails.house import alert_mail, pack_mail
from reporting.models.pack import PackView
from reporting.pages import render_site
from reporting.verify import verify_page, verify_pdf
from reporting.view import compose
from tests.factories.browser import cut_off, write_mail, write_pack
from tests.factories.hard import ARABIC_NAME, CJK_NAMES, STATES
from tests.factories.reporting import an_audience

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
WINDOWS = {"phone": (390, 844), "desktop": (1344, 980)}
# What a reader must never be told: a value of the machine, or a sum over nothing.
NONSENSE = re.compile(
    r"\b(?:nan|None|NaT|inf|undefined|null)\b|<NA>|\bno accounts\b|\b1 accounts\b|\bone accounts\b|EUR –"
)
DUE = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Week:
    """A hard week, rendered: its folder of pages and mails, its PDFs."""

    folder: Path
    view: PackView
    brief: bytes
    account_briefs: dict[str, bytes]
    titles: dict[str, str]


@pytest.fixture(scope="module", params=STATES, ids=lambda name: name.replace(" ", "-"))
def week(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Week:
    book = STATES[request.param]()
    seen = scoped(book, an_audience(book))
    view = compose(seen)
    accounts = list(compose_accounts(seen, view.account_pages[:3]))
    folder = write_pack(tmp_path_factory.mktemp("hard"), render_site(view, accounts))
    write_mail(folder / "mail-pack.html", pack_mail(view, ("brief", "workbook"), None))
    for account in accounts[:2]:
        mail = alert_mail(
            account, kind=MessageKind.ALERT_CRITICAL, why_you="account team", events=(), due=DUE, case=None, link=None
        )
        write_mail(folder / f"mail-{account.customer_id}.html", mail)
    return Week(
        folder=folder,
        view=view,
        brief=render_brief(view).content,
        account_briefs={a.name: render_account_brief(a, a.audience_id).content for a in accounts[:2]},
        titles={a.name: account_brief_title(a) for a in accounts[:2]},
    )


@pytest.mark.parametrize("window", WINDOWS)
def test_pages_and_mails_fit_every_window(week: Week, opened: Callable[..., Page], window: str) -> None:
    wide, tall = WINDOWS[window]
    names = ("index.html", "accounts/*.html", *(("mail-*.html",) if window == "desktop" else ()))
    files = [path for name in names for path in sorted(week.folder.glob(name))]
    assert files
    page = opened(files[0], viewport={"width": wide, "height": tall})
    found = []
    for path in files:
        page.goto(path.as_uri())
        found += [f"{path.name}: {fault}" for fault in cut_off(page)]
    assert found == []


def test_words_are_sensible(week: Week, opened: Callable[..., Page]) -> None:
    files = sorted(week.folder.rglob("*.html"))
    page = opened(files[0], java_script_enabled=False)
    for path in files:
        page.goto(path.as_uri())
        said = page.locator("body").inner_text().replace(week.view.footer.rule, "")
        assert NONSENSE.findall(said) == [], path.name
        assert len(page.locator("h1").first.inner_text()) > 2
        if not path.name.startswith("mail-"):
            assert verify_page(path.read_bytes()) == []


def test_briefs_are_whole(week: Week) -> None:
    most = range(1, MOST_PAGES[week.view.level] + 1)
    faults = verify_pdf(week.brief, pages=most, must_contain=[week.view.headline], title=brief_title(week.view))
    for name, content in week.account_briefs.items():
        faults += verify_pdf(content, pages=range(1, 2), must_contain=[name], title=week.titles[name])
    assert faults == []
    for content in (week.brief, *week.account_briefs.values()):
        assert not _draws_an_empty_box(content)


def test_a_picture_for_mail_is_drawn(week: Week) -> None:
    assert grid_png(week.view).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", [ARABIC_NAME, *CJK_NAMES])
def test_names_of_other_scripts_are_printed_whole(name: str) -> None:
    state = "arabic names" if name == ARABIC_NAME else "east asian names"
    book = STATES[state]()
    seen = scoped(book, an_audience(book))
    account = next(a for a in compose_accounts(seen, compose(seen).account_pages) if a.name == name)
    assert name in account_brief_title(account)
    content = render_account_brief(account, account.audience_id).content
    family = "Arabic" if name == ARABIC_NAME else "Droid"
    assert any(family in font for font in _fonts(content))
    assert not _draws_an_empty_box(content)


def _fonts(content: bytes) -> set[str]:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return {
            str(item.FontName)
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor"
        }


def _draws_an_empty_box(content: bytes) -> bool:
    """Glyph 0 is what a font draws for a character it does not have."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for page in pdf.pages:
            for instruction in pikepdf.parse_content_stream(page):
                for operand in instruction.operands if str(instruction.operator) in ("Tj", "TJ") else ():
                    parts = operand if isinstance(operand, pikepdf.Array) else [operand]
                    codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
                    if any(codes[at : at + 2] == b"\0\0" for at in range(0, len(codes), 2)):
                        return True
    return False
