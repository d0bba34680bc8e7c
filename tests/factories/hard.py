"""Books in states that are hard to report: nothing yet, nobody, too many, names of any kind, all alike."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from contracts.book import Book
from tests.factories.reporting import a_book, frame

LONG_NAME = "Allgemeine Nordwestdeutsche Lagerhaus- und Speditionsgesellschaft für Kühl- und Tiefkühlgüter mit beschränkter Haftung in Bremen"[:120]  # fmt: skip
UNBROKEN_NAME = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzgebungsbeauftragtenverband" * 2
EMOJI_NAME = "Blue 🐳 Whale 👩🏽‍🚀 Logistics 🇮🇹"
ARABIC_NAME = "شركة الأفق للتخزين المحدودة"
CJK_NAMES = ("株式会社日立製作所", "深圳市华为技术有限公司", "삼성전자 주식회사")


def _named(*names: str, customers: int = 12) -> Callable[[], Book]:
    """A book whose customers bear these names, over and over."""

    def make() -> Book:
        book = a_book(customers, hard_names=False, history_weeks=6)
        facts = book.frame("customer_facts").copy()
        facts["name"] = [names[at % len(names)] for at in range(len(facts))]
        return Book(facts=book.facts, frames={**book.frames, "customer_facts": facts})

    return make


def _without(*lacking: str, customers: int = 12, **settings: object) -> Callable[[], Book]:
    def make() -> Book:
        book = a_book(customers, **settings)  # type: ignore[arg-type]
        return Book(facts=book.facts, frames={**book.frames, **{name: frame(name) for name in lacking}})

    return make


def _all_in_one_zone() -> Book:
    book = a_book(30, history_weeks=6, nothing_moved=True)
    same = {"zone": "critical", "loyalty": 20.0, "retention": 25.0}
    frames = {}
    for name in ("placements", "previous_placements"):
        placed: pd.DataFrame = book.frame(name).copy()
        scored = placed["zone"].notna()
        for column, value in same.items():
            placed.loc[scored, column] = value
        frames[name] = placed
    return Book(facts=book.facts, frames={**book.frames, **frames})


STATES: dict[str, Callable[[], Book]] = {
    "first week": lambda: a_book(20, is_first_week=True),
    "no history": _without("history", "previous_contributions", customers=20),
    "one customer": lambda: a_book(1, hard_names=False, history_weeks=6),
    "five thousand customers": lambda: a_book(5000, history_weeks=3),
    "no survey": _without("surveys", customers=20, history_weeks=6),
    "nothing happened": _without(
        "tickets",
        "surveys",
        "deals",
        "projects",
        "cases",
        "actions",
        "events",
        "contacts",
        "install_base",
        customers=20,
    ),
    "names of 120 characters": _named(LONG_NAME, LONG_NAME[:119]),
    "unbroken names": _named(UNBROKEN_NAME),
    "emoji": _named(EMOJI_NAME),
    "arabic names": _named(ARABIC_NAME),
    "east asian names": _named(*CJK_NAMES),
    "all in one zone": _all_in_one_zone,
    "nothing changed": lambda: a_book(20, nothing_moved=True, history_weeks=6),
}
