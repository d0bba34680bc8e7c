"""What is masked in free text, and what must stay readable."""

from __future__ import annotations

import pyarrow as pa
import pytest

from extract.redaction import Names, Redactor, told

MASKED = {
    "mail": ("write to a.b+c@mail.example.co", "write to [EMAIL]"),
    "url": ("see https://x.example/a?b=c, please", "see [URL] please"),
    "www": ("on www.example.com", "on [URL]"),
    "ip4": ("from 10.0.0.12 to", "from [IP] to"),
    "ip6": ("at fe80::1ff:fe23:4567:890a", "at [IP]"),
    "phone": ("call +39 06 698 12345.", "call [PHONE]."),
    "arabic digits": ("اتصل +٣٩ ٠٦ ٦٩٨ ١٢٣٤٥", "اتصل [PHONE]"),
    "card": ("paid with 4111 1111 1111 1111", "paid with [CARD]"),
    "phone with 00": ("call 0039 06 698 12345.", "call [PHONE]."),
    "phone that passes the check of cards": ("call +49 15526678698 now", "call [PHONE] now"),
    "such a phone with 00": ("call 004915526678698", "call [PHONE]"),
    "card in one piece": ("card 5555555555554444 used", "card [CARD] used"),
    "card of fifteen": ("card 3782 822463 10005", "card [CARD]"),
    "card after a count": ("2 4111-1111-1111-1111", "2 [CARD]"),
    "iban": ("to IT60 X054 2811 1010 0000 0123 456 today", "to [IBAN] today"),
    "full name": ("anna rossi said so", "[NAME] said so"),
    "name reversed": ("ROSSI Anna said so", "[NAME] said so"),
    "single name of ours": ("we asked Karim twice", "we asked [NAME] twice"),
    "serial number": ("serial no. CZ3F0912QX failed", "serial no. [SERIAL] failed"),
    "matricola": ("matricola AB-44871/2", "matricola [SERIAL]/2"),
    "after a title": ("Mr Blackwood and sig.ra De Luca called", "Mr [NAME] and sig.ra [NAME] called"),
    "introduced": ("my name is Derek Malone, hello", "my name is [NAME], hello"),
    "full Arabic name with a joined letter": ("شكرا لليلى منصور وليلى منصور", "شكرا [NAME] [NAME]"),
    "contact of this customer": ("our Grace is angry", "our [NAME] is angry"),
}
KEPT = {
    "order number": "order 4111 1111 1111 1112",
    "number of no card issuer": "order 8000 0000 0000 0002",
    "number in another grouping": "case 41 1111 1111 1111 11",
    "version": "firmware 7.2.1 since 10:30:15",
    "no IP": "code 999.999.999.999",
    "small number": "3 of 12 disks",
    "word at the start": "Grace period ended",
    "lower case": "by the grace of it",
    "contact of another customer": "ask Mark about it",
    "iban with a wrong check": "to IT61 X054 2811 1010 0000 0123 456",
}


def redactor() -> Redactor:
    names = Names()
    names.add_people(["Anna Rossi", "Karim Aziz", "ليلى منصور", None])
    names.add_contacts([("A1", "Grace Hopper"), ("A2", "Mark Twain")])
    return Redactor(names)


@pytest.mark.parametrize("name", MASKED)
def test_is_masked(name: str) -> None:
    text, expected = MASKED[name]
    assert redactor().mask(pa.chunked_array([[text]]), pa.chunked_array([["A1"]])).to_pylist() == [expected]


@pytest.mark.parametrize("name", KEPT)
def test_is_kept(name: str) -> None:
    texts = pa.chunked_array([[KEPT[name], None]])
    assert redactor().mask(texts, pa.chunked_array([["A1", "A1"]])) is texts


def test_equal_texts_are_counted_for_each_row() -> None:
    working = redactor()
    texts = pa.chunked_array([["mail x@y.example", "mail x@y.example"], ["ask Grace", None]])
    masked = working.mask(texts, pa.chunked_array([["A1", "A2"], ["A2", "A2"]]))
    assert masked.to_pylist() == ["mail [EMAIL]", "mail [EMAIL]", "ask Grace", None]
    assert told(working.counts) == "2 [EMAIL]"


@pytest.mark.parametrize(
    ("region", "text", "expected"),
    [
        ("IT", "chiamate lo 02 5550 9812", "chiamate lo [PHONE]"),
        ("GB", "ring 020 7946 0018 today", "ring [PHONE] today"),
        ("EG", "رقمي ٠١٠٠ ٥٥٥ ٠١٩٨", "رقمي [PHONE]"),
        (None, "ring 020 7946 0018 today", "ring 020 7946 0018 today"),
        ("IT", "order 4111 1111 1111 1112", "order 4111 1111 1111 1112"),
        ("IT", "firmware 7.2.1 since 10:30:15 on 2026-11-22", "firmware 7.2.1 since 10:30:15 on 2026-11-22"),
    ],
)
def test_national_numbers_need_a_region(region: str | None, text: str, expected: str) -> None:
    working = Redactor(redactor().names, region)
    assert working.mask(pa.chunked_array([[text]]), None).to_pylist() == [expected]
