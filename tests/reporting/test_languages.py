"""Catalogues are complete, keep their placeholders, and the alert mail is said in three languages."""

from __future__ import annotations

import ast
import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po
from jinja2 import nodes

from contracts.words import MessageKind, Zone
from reporting import formats
from reporting.languages import AXIS_WORDS, LOCALE, ZONE_WORDS, languages, tongue
from reporting.mails.house import alert_mail
from reporting.mails.parts import MailBody
from reporting.templates import environment
from tests.factories.account_views import an_account_view
from tests.factories.browser import cut_off, write_mail
from tests.factories.mails import DUE, LINK
from tests.factories.views import a_case

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPORTING = Path(LOCALE).parent
ALERTS = REPORTING / "mails" / "alerts.py"
SPEAKING = (
    ALERTS,
    *(REPORTING / name for name in ("ground.py", "explain.py", "languages.py", "briefs/render.py", "charts/lines.py")),
    *sorted((REPORTING / "account").glob("*.py")),
)
TEMPLATES = tuple(
    REPORTING.parent / "report_templates" / name
    for name in ("account/page.html.j2", "account_brief/account_brief.html")
)
# Sections say these in English; the account page says them again.
SAID_ELSEWHERE = {formats.NOT_MEASURED, formats.NOT_SHOWN, "No customer left a comment."}
EXACT = {"ar": 3, "it": 0}
"""How many plural forms stand for one number alone: they may say it as a word and leave the figure out."""
TRANSLATED = tuple(code for code in languages() if code != "en")
HOLES = re.compile(r"{(\w+)}")


def messages_of(path: Path) -> set[str | tuple[str, str]]:
    """Every literal given to `say` and `count` in a module."""
    found: set[str | tuple[str, str]] = set()
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        words = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if name in ("say", "later") and words:
            found.add(words[0])
        elif name in ("count", "figures", "later_counted") and len(words) == 2:
            found.add((words[0], words[1]))
    return found


def messages_of_template(path: Path) -> set[str | tuple[str, str]]:
    """Every literal given to `say` and `figures` in a template."""
    found: set[str | tuple[str, str]] = set()
    for call in environment().parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
        words = [each.value for each in call.args if isinstance(each, nodes.Const)]
        name = call.node.name if isinstance(call.node, nodes.Name) else ""
        if name == "say" and words:
            found.add(words[0])
        elif name == "figures" and len(words) == 2:
            found.add((words[0], words[1]))
    return found


def all_messages() -> set[str | tuple[str, str]]:
    spoken = [messages_of(path) for path in SPEAKING] + [messages_of_template(path) for path in TEMPLATES]
    return set().union(*spoken) | set(ZONE_WORDS) | set(AXIS_WORDS) | SAID_ELSEWHERE


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalogue_holds_every_message_with_its_placeholders_and_no_other(code: str) -> None:
    with (LOCALE / code / "LC_MESSAGES" / "cem.po").open("rb") as file:
        catalogue = read_po(file, locale=code, abort_invalid=True)
    wanted = {message if isinstance(message, str) else message[0] for message in all_messages()}
    held = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue if message.id}
    assert held == wanted
    for message in catalogue:
        if not message.id:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        assert len(forms) == (1 if isinstance(message.id, str) else catalogue.num_plurals), one
        for number, form in enumerate(forms):
            assert form.strip(), one
            free = {"count"} if len(forms) > 1 and number < EXACT[code] else set()
            assert set(HOLES.findall(form)) - free == set(HOLES.findall(one)) - free, one


def test_the_words_of_zones_are_those_of_the_contract() -> None:
    assert {zone.label for zone in Zone} <= set(ZONE_WORDS)


@pytest.mark.parametrize(
    ("code", "known"), [("it-IT", "it"), ("ar_EG", "ar"), ("xx", "en"), ("", "en"), ("../it", "en")]
)
def test_a_language_without_a_catalogue_is_english(code: str, known: str) -> None:
    assert tongue(code).code == known


def test_figures_are_written_as_each_language_writes_them() -> None:
    assert tongue("it").number(12430.4) == "12.430"
    assert tongue("it").money(340_000, "EUR").replace("\u00a0", " ") == "340.000 €"
    assert tongue("it").day(date(2026, 11, 24)) == "mar 24 nov"
    assert tongue("en").money(340_000, "EUR") == "EUR\u00a0340\u00a0k"
    assert tongue("it").signed(-3.2) == "−3"
    assert "نوفمبر" in tongue("ar").day(date(2026, 11, 24))


@pytest.mark.parametrize(
    ("count", "word"), [(0, "لا"), (1, "واحد"), (2, "سببان"), (3, "أسباب"), (11, "سببًا"), (100, "سبب")]
)
def test_arabic_has_six_plural_forms(count: int, word: str) -> None:
    one = "Why: {count} reason explains {told} of the {lost} {axis} points lost"
    many = "Why: {count} reasons explain {told} of the {lost} {axis} points lost"
    assert word in tongue("ar").count(one, many, count, told="1", lost="2", axis="x")


def an_alert(code: str, *, is_event: bool = False) -> MailBody:
    account = an_account_view(language=code)
    kind = MessageKind.ALERT_EVENT if is_event else MessageKind.ALERT_CRITICAL
    events = account.events if is_event else ()
    due: datetime = DUE
    return alert_mail(account, kind=kind, why_you="Sales", events=events, due=due, case=a_case(), link=LINK)


@pytest.mark.parametrize("is_event", [False, True])
@pytest.mark.parametrize("code", TRANSLATED)
def test_no_english_sentence_of_the_alert_is_left(code: str, is_event: bool) -> None:
    mail = an_alert(code, is_event=is_event)
    english = [m if isinstance(m, str) else m[1] for m in messages_of(ALERTS)]
    for message in english:
        fixed = max(HOLES.sub("\n", message).split("\n"), key=len).strip(" .;:–,")
        if len(fixed) > 9:
            assert fixed not in mail.text, message
    assert f'<html lang="{code}" dir="{"rtl" if code == "ar" else "ltr"}"' in mail.html


def test_three_sentences_per_language_in_reading_order() -> None:
    wanted = {
        "en": ("turned Critical", "of yearly revenue is at risk.", "What to do now"),
        "it": ("è diventato critico", "È a rischio un fatturato annuo di", "Che cosa fare adesso"),
        "ar": ("أصبح في المنطقة الحرجة", "إيراد سنوي معرّض للخطر", "ما العمل الآن"),
    }
    for code, sentences in wanted.items():
        text = " ".join(an_alert(code).text.split())
        assert ("\u2068" in text) is (code == "ar")
        places = [text.find(sentence) for sentence in sentences]
        assert -1 not in places, code
        assert places == sorted(places), code


@pytest.mark.browser
@pytest.mark.parametrize("code", languages())
def test_an_alert_is_set_from_its_side_and_nothing_is_cut(browser: Browser, code: str, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 900})
    page.goto(write_mail(tmp_path / f"{code}.html", an_alert(code)).as_uri())
    assert cut_off(page) == []
    assert page.eval_on_selector("h1", "part => getComputedStyle(part).direction") == ("rtl" if code == "ar" else "ltr")
    page.close()
