"""One weekly mail per person, and two lines to the reader of a pack that was held back."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from contracts.words import MessageKind
from delivery.addressing import Addressing, Reader
from flows.packs.mails import pack_messages
from flows.packs.publish import Rendered
from flows.packs.rendering import RenderedPack, save_mail
from flows.sending.tell import enqueue
from reporting.mails.house import MailBody
from tests.factories.delivery import PIXEL, audience, rules
from tests.factories.smtp import Authority
from tests.faults.office import open_office

READERS = {name: Reader(name, name, f"{name.lower()}@borealis.example", "en", "default") for name in ("P-1", "P-2")}
INPUTS: Any = SimpleNamespace(week="2026-W47", revision=0)
ADDRESSING = Addressing((), READERS, ())


def pack(folder: Path, title: str, *readers: str, faults: tuple[str, ...] = ()) -> RenderedPack:
    from contracts.exchange import Picture

    folder.mkdir(exist_ok=True)
    mail = folder / f"{title}.json"
    page = f'<html><body><p>{title}</p><img src="cid:z"></body></html>'
    save_mail(mail, MailBody(f"{title} this week", f"{title} in words\n", page, (Picture("z", PIXEL, "zones"),)))
    return RenderedPack(replace(audience("C1"), root=title, readers=readers), (), mail, faults)


def test_a_person_with_two_packs_gets_one_mail(tmp_path: Path, authority: Authority) -> None:
    office = open_office(tmp_path / "ws", 9, authority.ca_file)
    packs = [pack(tmp_path / "m", "North", "P-1"), pack(tmp_path / "m", "South", "P-1", "P-2")]
    with office.run() as run:
        sealed = pack_messages(run, INPUTS, ADDRESSING, Rendered(packs, []), rules())
    assert [item.message.person_id for item in sealed] == ["P-1", "P-2"]
    both = message_from_bytes(sealed[0].eml, policy=default)
    assert both["Subject"] == "2 packs of week 2026-W47"
    text = both.get_body(("plain",)).get_content()
    assert text.index("North in words") < text.index("South in words")
    page = both.get_body(("html",)).get_content()
    assert "cid:1.z" in page
    assert "cid:2.z" in page
    assert sealed[1].message.subject == "South this week"


def test_f38_the_reader_of_a_pack_that_failed_gets_two_lines(tmp_path: Path, authority: Authority) -> None:
    office = open_office(tmp_path / "ws", 9, authority.ca_file)
    rendered = Rendered(
        [pack(tmp_path / "m", "North", "P-1")], [pack(tmp_path / "m", "South", "P-2", faults=("a template raised",))]
    )
    with office.run() as run:
        first = pack_messages(run, INPUTS, ADDRESSING, rendered, rules())
        with run.store.write() as session:
            enqueue(session, run, first)
        late = first[1].message
        assert (late.kind, late.person_id) == (MessageKind.PACK_LATE, "P-2")
        assert len(late.text.strip().splitlines()) == 2
        assert "a template raised" not in late.text
        mended = Rendered([*rendered.good, replace(rendered.failed[0], faults=())], [])
        second = pack_messages(run, SimpleNamespace(week="2026-W47", revision=1), ADDRESSING, mended, rules())  # type: ignore[arg-type]
    subjects = [str(message_from_bytes(item.eml, policy=default)["Subject"]) for item in second]
    # who has the first one gets a correction; who was told that it is late gets the pack
    assert subjects == ["Correction: North this week", "South this week"]
