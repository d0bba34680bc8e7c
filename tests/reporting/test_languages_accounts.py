"""The account page and the account brief in Italian and Arabic: complete, in reading order, tagged, right to left."""

from __future__ import annotations

import io
import re
import subprocess
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from babel.messages.pofile import read_po

from reporting.account.models import AccountView
from reporting.account.page import compose_accounts
from reporting.briefs.render import account_brief_title, render_account_brief
from reporting.languages import LOCALE, tongue
from reporting.pages import render_account, render_assets
from reporting.pdf.text import page_texts
from reporting.verify import verify_page, verify_pdf
from tests.factories.reporting import a_scoped_book

CONFIG = Path(__file__).resolve().parents[2] / "config"
HOLES = re.compile(r"{(\w+)}")
THREE = {
    "it": ("Che cosa fare in questa chiamata", "Problemi recenti", "Che cosa dice il team del cliente"),
    "ar": ("ما العمل في هذه المكالمة", "مشكلات حديثة", "ماذا قال العميل"),
}
ENGLISH_WORDS = (
    "What to do", "Recent problems", "Installed base", "Support ends", "since this week", "Evidence:", "last week",
    "not shown", "on record", "Confidential", "Due to", "Loyalty", "retention", "tickets", "Very Loyal",
)  # fmt: skip


def views_in(code: str) -> list[AccountView]:
    book = a_scoped_book(24)
    spoken = replace(book, audience=replace(book.audience, language=code))
    return list(compose_accounts(spoken, sorted(book.audience.customer_ids)[:6]))


@pytest.fixture(scope="module", params=["it", "ar"])
def spoken(request: pytest.FixtureRequest) -> tuple[str, list[AccountView]]:
    return request.param, views_in(request.param)


def test_a_page_says_nothing_of_its_own_in_english(spoken: tuple[str, list[AccountView]]) -> None:
    code, views = spoken
    for view in views:
        page = render_account(view)
        assert f'<html lang="{code}" dir="{"rtl" if code == "ar" else "ltr"}">' in page
        assert verify_page(page.encode()) == []
        words = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
        assert [word for word in ENGLISH_WORDS if word in words] == []


def test_arabic_pages_bring_their_font() -> None:
    names = {asset.path for asset in render_assets("x", "ar")} - {asset.path for asset in render_assets("x", "it")}
    assert {Path(name).stem for name in names} == {
        f"IBMPlexSansArabic-{weight}" for weight in ("Regular", "Medium", "SemiBold", "Bold")
    }
    assert all(name.split("/")[1] in render_account(views_in("ar")[0]) for name in names)


def own_text(content: bytes) -> str:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return unicodedata.normalize("NFKC", "".join(page_texts(pdf)))


def test_a_brief_is_one_tagged_page_with_title_and_language(spoken: tuple[str, list[AccountView]]) -> None:
    code, views = spoken
    content = render_account_brief(views[0], "x").content
    title = account_brief_title(views[0])
    assert verify_pdf(content, pages=range(1, 2), must_contain=[views[0].name], title=title) == []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert str(pdf.Root.Lang) == code
        assert bool(pdf.Root.MarkInfo.Marked)
        fonts = {str(o.FontName) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/FontName" in o}
    assert all("Inter" in name or "Plex" in name for name in fonts), fonts
    assert "\ufffd" not in own_text(content)


def test_three_sentences_are_read_back_in_reading_order(spoken: tuple[str, list[AccountView]], tmp_path: Path) -> None:
    """By poppler, which turns right-to-left lines into the order in which they are written."""
    code, views = spoken
    path = tmp_path / "brief.pdf"
    path.write_bytes(render_account_brief(views[0], "x").content)
    done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True)
    plain = "".join(c for c in unicodedata.normalize("NFKC", done.stdout) if unicodedata.category(c) != "Cf")
    places = [" ".join(plain.split()).find(sentence) for sentence in THREE[code]]
    assert -1 not in places, plain
    assert places == sorted(places)


def catalogue(code: str, name: str) -> dict[str, str]:
    with (LOCALE / code / "LC_MESSAGES" / name).open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale=code) if message.id}


def shipped_words() -> Iterator[str]:
    for signal in tomllib.loads((CONFIG / "signals.toml").read_text(encoding="utf-8"))["signal"]:
        yield from (signal["name"], signal["sentence"], signal["tier"])
    for playbook in tomllib.loads((CONFIG / "playbooks.toml").read_text(encoding="utf-8"))["playbook"]:
        yield playbook["name"]
        yield from (step["action"] for step in playbook["steps"])
    alerts = tomllib.loads((CONFIG / "alerts.toml").read_text(encoding="utf-8"))
    yield from (event["headline"] for event in alerts["event"])


@pytest.mark.parametrize("code", ["it", "ar"])
def test_the_shipped_configuration_is_translated_with_its_holes(code: str) -> None:
    known = catalogue(code, "words.po")
    assert [word for word in shipped_words() if not known.get(word)] == []
    assert [text for text, said in known.items() if set(HOLES.findall(text)) != set(HOLES.findall(said))] == []
    assert catalogue("it", "words.po").keys() == catalogue("ar", "words.po").keys()


def test_a_filled_sentence_is_told_again_with_its_values() -> None:
    italian = tongue("it")
    assert italian.retell("Agreement AG-7 ends on 2027-01-08") == "Il contratto AG-7 termina il 8\u00a0gen\u00a02027"
    assert italian.retell("Systems were available 99.7% of the time.") == (
        "I sistemi sono stati disponibili per il 99,7% del tempo."
    )
    assert italian.retell("Words of our own workspace") == "Words of our own workspace"
    action = "Ask two contacts what one change in hand-offs, reopened tickets and use of capacity would make them recommend us"
    assert italian.retell(action) == (
        "Chiedere a due referenti quale cambiamento in passaggi di mano, ticket riaperti e uso della capacità "
        "li porterebbe a raccomandarci"
    )
    assert tongue("en").retell("Agreement AG-7 ends on 2027-01-08") == "Agreement AG-7 ends on 2027-01-08"


DAYS = {
    "it": {0: "0 giorni", 1: "1 giorno", 2: "2 giorni", 3: "3 giorni", 11: "11 giorni", 100: "100 giorni"},
    "ar": {0: "0 يوم", 1: "يوم واحد", 2: "يومان", 3: "3 أيام", 11: "11 يومًا", 100: "100 يوم"},
}


@pytest.mark.parametrize(("code", "count"), [(code, count) for code, forms in DAYS.items() for count in forms])
def test_days_are_counted_as_each_language_counts(code: str, count: int) -> None:
    said = tongue(code).measured("{count} day", "{count} days", count)
    assert re.sub("[\u2068\u2069]", "", said) == DAYS[code][count]


def test_a_fraction_takes_the_form_of_many() -> None:
    assert tongue("it").measured("{count} day", "{count} days", 1.5) == "1,5 giorni"
    assert "يوم" in tongue("ar").measured("{count} day", "{count} days", 1.5)
