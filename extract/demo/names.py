"""Invented names: companies by country, people by language. Nothing here is a real company."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np

_HEADS = (
    "Vel",
    "Tarn",
    "Orm",
    "Kess",
    "Brun",
    "Alt",
    "Dorn",
    "Fior",
    "Glen",
    "Hav",
    "Ister",
    "Jor",
    "Lund",
    "Mar",
    "Nor",
    "Pell",
    "Quar",
    "Rov",
    "Sil",
    "Tor",
    "Ulv",
    "Var",
    "Wes",
    "Zan",
    "Cal",
    "Ben",
    "Ard",
    "Lam",
    "Sor",
    "Dal",
)
_TAILS = (
    "mora",
    "isco",
    "berg",
    "etti",
    "wick",
    "ano",
    "dale",
    "ara",
    "ford",
    "enza",
    "stad",
    "olo",
    "mark",
    "una",
    "by",
    "inia",
    "haven",
    "esco",
    "holm",
    "aldi",
    "gate",
    "ura",
    "feld",
    "ione",
    "ross",
    "ella",
    "mont",
    "ado",
)
_GERMAN = (
    "Kärnbach",
    "Grünthal",
    "Höllried",
    "Müsterfeld",
    "Überlinger",
    "Schönwörth",
    "Flößner",
    "Dörrhagen",
    "Küßnacher",
)
_ARABIC = (
    "الواحة",
    "النخيل",
    "الفجر الجديد",
    "ضفاف النيل",
    "المرجان",
    "الصقر الأزرق",
    "البيان",
    "أمواج الخليج",
    "سماء سيناء",
)
_GULF = ("Nahda", "Marjan", "Wadi Noor", "Al Safwa", "Rimal", "Qasr", "Durrah", "Sahab", "Manarat", "Bahr")
_ASIAN = ("Harumi", "Tanegawa", "Lumpini Bay", "Merlinga", "Sunda Kirana", "Koto", "Bukit Jaya", "Yarrabee")
_TRADES = {
    "Manufacturing": ("Machines", "Metalworks", "Components", "Plastics", "Bearings"),
    "Banking": ("Bank", "Credit Union", "Savings", "Capital"),
    "Healthcare": ("Clinics", "Hospitals", "Diagnostics", "Pharma"),
    "Retail": ("Markets", "Stores", "Fashion", "Grocers"),
    "Logistics": ("Logistics", "Freight", "Shipping", "Cargo"),
    "Public sector": ("City Services", "Water Board", "Transport Authority", "Archives"),
    "Energy": ("Energy", "Grid", "Solar", "Petro Services"),
    "Media": ("Media", "Studios", "Broadcast", "Press"),
    "Telecom": ("Telecom", "Networks", "Mobile", "Fibre"),
    "Insurance": ("Insurance", "Mutual", "Assurance", "Reinsurance"),
}
INDUSTRIES = tuple(_TRADES)
_ARABIC_TRADES = {
    "Manufacturing": "للصناعات",
    "Banking": "للتمويل",
    "Healthcare": "للرعاية الصحية",
    "Retail": "للتجارة",
    "Logistics": "للشحن",
    "Public sector": "للخدمات العامة",
    "Energy": "للطاقة",
    "Media": "للإعلام",
    "Telecom": "للاتصالات",
    "Insurance": "للتأمين",
}
_FORMS = {
    "Italy": ("S.p.A.", "S.r.l."),
    "Spain": ("S.A.", "S.L."),
    "Greece": ("A.E.",),
    "Germany": ("GmbH", "AG"),
    "United Kingdom": ("Ltd", "plc"),
    "Sweden": ("AB",),
    "Netherlands": ("B.V.",),
    "Egypt": ("S.A.E.",),
    "United Arab Emirates": ("LLC", "FZE"),
    "Saudi Arabia": ("Co.",),
    "United States": ("Inc.", "Corp."),
    "Canada": ("Inc.",),
    "Brazil": ("S.A.",),
    "Japan": ("K.K.",),
    "Singapore": ("Pte Ltd",),
    "Australia": ("Pty Ltd",),
}
LONG_NAME = (
    "Consorzio Interregionale per la Gestione Integrata dei Servizi Informativi, degli Archivi Storici e delle "
    "Infrastrutture Digitali dell'Arco Alpino Orientale S.c.a r.l."
)

_FIRST = {
    "en": (
        "Alice",
        "Ben",
        "Clara",
        "Daniel",
        "Emma",
        "Frank",
        "Grace",
        "Henry",
        "Iris",
        "Jack",
        "Karen",
        "Liam",
        "Maya",
        "Noah",
        "Olivia",
        "Peter",
        "Rachel",
        "Sam",
        "Tessa",
        "Victor",
        "Ingrid",
        "Jürgen",
        "Søren",
        "Zoë",
    ),
    "it": (
        "Giulia",
        "Marco",
        "Francesca",
        "Luca",
        "Chiara",
        "Paolo",
        "Elena",
        "Davide",
        "Sara",
        "Matteo",
        "Niccolò",
        "Lucia",
    ),
    "ar": ("Amira", "Karim", "Laila", "Omar", "Salma", "Youssef", "Nour", "Tarek", "Hana", "Khaled", "Dina", "Rami"),
}
_LAST = {
    "en": (
        "Abbott",
        "Brandt",
        "Carver",
        "Dunmore",
        "Ellwood",
        "Fairley",
        "Garner",
        "Hollis",
        "Ivers",
        "Jessop",
        "Keller",
        "Lindqvist",
        "Marlowe",
        "Norden",
        "Osgood",
        "Prescott",
        "Quigley",
        "Rahn",
        "Sutter",
        "Thorne",
        "Vance",
        "Wöhler",
    ),
    "it": (
        "Bellandi",
        "Carosi",
        "Donati",
        "Ferrante",
        "Galvani",
        "Lippi",
        "Morelli",
        "Nardi",
        "Orsini",
        "Peretti",
        "Rinaldi",
        "Sartori",
    ),
    "ar": (
        "Abdelnour",
        "Badawi",
        "Darwish",
        "El-Masri",
        "Fahmy",
        "Ghanem",
        "Hamdan",
        "Karim",
        "Mansour",
        "Nasser",
        "Sabry",
        "Zaki",
    ),
}


@dataclass(frozen=True, slots=True)
class Country:
    """Where a customer sits: share of the book, region, language of its people, usual currency."""

    name: str
    region: str
    share: float
    language: str
    currency: str


COUNTRIES = (
    Country("Italy", "EMEA South", 0.17, "it", "EUR"),
    Country("Spain", "EMEA South", 0.06, "en", "EUR"),
    Country("Greece", "EMEA South", 0.04, "en", "EUR"),
    Country("Germany", "EMEA North", 0.1, "en", "EUR"),
    Country("United Kingdom", "EMEA North", 0.08, "en", "GBP"),
    Country("Sweden", "EMEA North", 0.03, "en", "EUR"),
    Country("Netherlands", "EMEA North", 0.04, "en", "EUR"),
    Country("Egypt", "MEA", 0.07, "ar", "USD"),
    Country("United Arab Emirates", "MEA", 0.06, "ar", "AED"),
    Country("Saudi Arabia", "MEA", 0.04, "ar", "USD"),
    Country("United States", "Americas", 0.14, "en", "USD"),
    Country("Canada", "Americas", 0.03, "en", "USD"),
    Country("Brazil", "Americas", 0.03, "en", "USD"),
    Country("Japan", "APAC", 0.04, "en", "USD"),
    Country("Singapore", "APAC", 0.04, "en", "USD"),
    Country("Australia", "APAC", 0.03, "en", "USD"),
)
REGIONS = ("EMEA South", "EMEA North", "MEA", "Americas", "APAC")


def company_names(rng: np.random.Generator, countries: list[Country], industries: list[str]) -> list[str]:
    """One name per customer, unique; two that fall together are told apart by a number."""
    size = len(countries)
    head, tail, trade, form, style = (rng.integers(0, 1 << 30, size).tolist() for _ in range(5))
    seen: dict[str, int] = {}
    names = []
    for i in range(size):
        country, industry = countries[i], industries[i]
        root = _HEADS[head[i] % len(_HEADS)] + _TAILS[tail[i] % len(_TAILS)]
        forms = _FORMS[country.name]
        if country.name == "Germany" and style[i] % 3:
            root = _GERMAN[head[i] % len(_GERMAN)]
        elif country.name == "Egypt" and style[i] % 2:
            names.append(_apart(f"{_ARABIC[head[i] % len(_ARABIC)]} {_ARABIC_TRADES[industry]}", seen))
            continue
        elif country.region == "MEA":
            root = _GULF[head[i] % len(_GULF)]
        elif country.region == "APAC":
            root = _ASIAN[head[i] % len(_ASIAN)]
        words = _TRADES[industry]
        names.append(_apart(f"{root} {words[trade[i] % len(words)]} {forms[form[i] % len(forms)]}", seen))
    return names


def _apart(name: str, seen: dict[str, int]) -> str:
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name} {seen[name]}"


def person_names(rng: np.random.Generator, languages: list[str]) -> list[str]:
    """First and last name per person; they repeat, as people's names do."""
    first, last = (rng.integers(0, 1 << 30, len(languages)).tolist() for _ in range(2))
    return [
        f"{_FIRST[lang][a % len(_FIRST[lang])]} {_LAST[lang][b % len(_LAST[lang])]}"
        for lang, a, b in zip(languages, first, last, strict=True)
    ]


def mail_name(name: str) -> str:
    """The part of an address before the @: ASCII, dots between words."""
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("ß", "ss")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", ".", plain.lower()).strip(".")


def domain_name(name: str, number: int) -> str:
    """A mail domain under .example that no two customers share."""
    slug = mail_name(name).replace(".", "-")[:28].strip("-") or "company"
    return f"{slug}-{number}.example"
