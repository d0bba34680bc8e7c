from __future__ import annotations

import errno
import os
import stat
from email import message_from_bytes
from pathlib import Path

from contracts.exchange import Parcel, Receipt
from delivery.dispatch import dispatch, redirected, stops_batch, untouched
from delivery.transports import MaildirTransport, PreviewTransport, Transport
from delivery.transports.receipts import MayPass, always, receipt_of
from tests.factories.delivery import SENT_AT, parcel


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_mail_lies_in_its_recipients_folder_as_an_eml_file(tmp_path: Path) -> None:
    receipt = MaildirTransport(tmp_path).send(parcel())
    (file,) = kept(tmp_path)
    assert file.parent.name == "new"
    assert file.parent.parent.name.startswith("amina-karim-borealis-example-")
    assert file.name == "week-47~m0001.eml"
    assert file.read_bytes() == parcel().eml
    assert receipt.is_sent
    assert (receipt.step, receipt.code) == ("write", 250)
    assert file.name in receipt.text


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    MaildirTransport(tmp_path / "mail").send(parcel())
    for path in (tmp_path / "mail").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_the_same_message_id_is_never_doubled(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    assert transport.send(parcel()).is_sent
    assert transport.send(parcel()).is_sent
    (file,) = kept(tmp_path)
    read = file.parent.parent / "cur" / f"{file.name}:2,S"
    file.rename(read)
    assert transport.send(parcel()).is_sent
    assert kept(tmp_path) == [read]


def test_it_can_be_asked_what_it_has(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    assert not transport.has_accepted(parcel().message_id)
    transport.send(parcel())
    assert transport.has_accepted(parcel().message_id)
    assert not transport.has_accepted(parcel(2).message_id)


def test_a_mail_half_written_was_not_accepted(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    transport.send(parcel(1))
    (file,) = kept(tmp_path)
    (file.parent.parent / "tmp" / "torn~m0002.eml").write_bytes(b"From")
    assert not transport.has_accepted(parcel(2).message_id)


def test_subjects_and_ids_never_become_paths(tmp_path: Path) -> None:
    eml = b"Subject: ../../etc/passwd\r\n\r\nx\r\n"
    odd = Parcel(1, "k", "<../x@y>", "a@b.example", "../../root@b.example", eml, 0)
    assert MaildirTransport(tmp_path / "mail").send(odd).is_sent
    (file,) = kept(tmp_path)
    assert file.is_relative_to(tmp_path / "mail")
    assert message_from_bytes(file.read_bytes())["Subject"] == "../../etc/passwd"


def test_a_full_or_forbidden_disk_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    receipt = MaildirTransport(tmp_path / "mail").send(parcel())
    assert not receipt.is_sent
    assert not receipt.is_permanent
    assert receipt.code == 451
    assert receipt.text.startswith(os.strerror(errno.EEXIST))


def test_preview_says_that_it_is_one(tmp_path: Path) -> None:
    assert PreviewTransport(tmp_path).send(parcel()).host == "preview"


class Remembering:
    """A transport with a memory, which answers as told."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.sent: list[int] = []
        self.is_closed = False

    def send(self, parcel: Parcel, *, may_pass: MayPass = always) -> Receipt:
        answer = self.answers.pop(0)
        if answer == "crash":
            raise RuntimeError("a fault of ours")
        self.sent.append(parcel.outbox_id)
        code = int(answer.split()[1])
        return receipt_of(parcel, "host", answer.split()[0], code, "", is_sent=code == 250)

    def has_accepted(self, message_id: str) -> bool | None:
        return None

    def close(self) -> None:
        self.is_closed = True


def sent_by(transport: Transport, *parcels: Parcel, lost: tuple[int, ...] = ()) -> list[Receipt]:
    found = dispatch(
        parcels,
        transport,
        clock=lambda: SENT_AT,
        before_send=lambda p: p.outbox_id not in lost,
        may_pass=lambda p: True,
    )
    return list(found)


def test_a_lost_lease_leaves_the_parcel_untouched() -> None:
    transport = Remembering("dot 250", "dot 250")
    receipts = sent_by(transport, parcel(1), parcel(2), parcel(3), lost=(2,))
    assert transport.sent == [1, 3]
    assert [p.outbox_id for p in untouched([parcel(1), parcel(2), parcel(3)], receipts)] == [2]
    assert transport.is_closed


def test_a_fault_of_ours_is_in_doubt_and_the_others_go_on() -> None:
    transport = Remembering("crash", "dot 250")
    first, second = sent_by(transport, parcel(1), parcel(2))
    assert (first.step, first.is_in_doubt, first.text) == ("unexpected", True, "RuntimeError: a fault of ours")
    assert second.is_sent


def test_a_receipt_can_be_recorded_before_the_next_is_sent() -> None:
    transport = Remembering("dot 250", "dot 250")
    going = dispatch(
        [parcel(1), parcel(2)], transport, clock=lambda: SENT_AT, before_send=lambda p: True, may_pass=lambda p: True
    )
    assert next(going).outbox_id == 1
    assert transport.sent == [1]
    going.close()
    assert transport.is_closed


def test_what_stops_a_batch() -> None:
    stopping = {(step, code) for step in ("connect", "ehlo", "starttls", "auth") for code in (0, 421, 535)}
    for step, code in [*stopping, ("mail", 553)]:
        assert stops_batch(receipt_of(parcel(), "h", step, code, ""))
    for step, code in [("mail", 451), ("rcpt", 550), ("dot", 554), ("size", 552)]:
        assert not stops_batch(receipt_of(parcel(), "h", step, code, ""))


def test_redirected_mails_keep_their_bytes() -> None:
    (changed,) = redirected([parcel()], "tester@borealis.example")
    assert changed.recipient == "tester@borealis.example"
    assert changed.eml == parcel().eml
