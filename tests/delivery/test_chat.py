"""Chat rooms: a real server on this machine, and answers of every kind."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from contracts.exchange import Message, Parcel, Receipt
from contracts.words import MessageKind
from delivery.chat import to_chat
from delivery.transports import ByChannel, ChatTransport, MaildirTransport

SAID = Message(
    kind=MessageKind.ALERT_EVENT,
    subject_key="E-1",
    person_id="P-2",
    to_name="sales-leads",
    to_address="chat:sales-leads",
    subject="Aldgate S.p.A.: Severity-1 incident on Array X",
    text="Aldgate S.p.A.: Severity-1 incident on Array X\nhttps://packs.example/a?b=1&c=<2>",
    html="",
    channel="chat",
)
SECRET = "hook-9f2c-secret"


class Room(BaseHTTPRequestHandler):
    """Answers with the code that its server has, and keeps what it was told."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, json.loads(body)))  # type: ignore[attr-defined]
        self.send_response(self.server.answer)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def room() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Room)
    server.heard, server.answer = [], 200  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def parcel() -> Parcel:
    return Parcel(7, SAID.key, "<x@y>", "", SAID.to_address, to_chat(SAID), 1)


def posted(server: ThreadingHTTPServer, answer: int = 200, *, may_pass: bool = True) -> Receipt:
    server.answer = answer  # type: ignore[attr-defined]
    url = f"json://127.0.0.1:{server.server_address[1]}/{SECRET}"
    return ChatTransport({"sales-leads": url}).send(parcel(), may_pass=lambda: may_pass)


def test_a_room_hears_account_event_and_link(room: ThreadingHTTPServer) -> None:
    receipt = posted(room)
    assert receipt.is_sent
    ((path, body),) = room.heard  # type: ignore[attr-defined]
    assert path.strip("/") == SECRET
    assert body["title"] == SAID.subject
    assert body["message"] == SAID.text
    assert SECRET not in receipt.text


@pytest.mark.parametrize(("answer", "is_final"), [(404, True), (403, True), (429, False), (500, False), (503, False)])
def test_a_refusal_of_the_webhook_is_final_and_a_bad_moment_is_not(
    room: ThreadingHTTPServer, answer: int, is_final: bool
) -> None:
    receipt = posted(room, answer)
    assert (receipt.is_sent, receipt.code, receipt.is_permanent) == (False, answer, is_final)
    assert SECRET not in receipt.text


def test_a_room_that_is_down_is_tried_again() -> None:
    receipt = ChatTransport({"sales-leads": f"json://127.0.0.1:1/{SECRET}"}).send(parcel())
    assert not receipt.is_sent
    assert not receipt.is_permanent
    assert SECRET not in receipt.text


def test_a_sender_that_lost_its_lease_posts_nothing(room: ThreadingHTTPServer) -> None:
    assert posted(room, may_pass=False).step == "fence"
    assert room.heard == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("urls", [{}, {"sales-leads": "nonsense"}])
def test_a_room_without_a_usable_url_says_what_to_do(urls: dict[str, str]) -> None:
    receipt = ChatTransport(urls).send(parcel())
    assert not receipt.is_sent
    assert "room sales-leads" in receipt.text


def test_mails_and_chat_take_their_own_way(room: ThreadingHTTPServer, tmp_path) -> None:  # type: ignore[no-untyped-def]
    url = f"json://127.0.0.1:{room.server_address[1]}/{SECRET}"
    both = ByChannel(MaildirTransport(tmp_path), ChatTransport({"sales-leads": url}))
    mail = Parcel(8, "alert_event|E-1|P-2|mail", "<a@b>", "", "p2@borealis.example", b"Subject: x\r\n\r\ny", 1)
    assert both.send(mail).is_sent
    assert both.send(parcel()).is_sent
    assert len(list(tmp_path.rglob("*.eml"))) == len(room.heard) == 1  # type: ignore[attr-defined]
    assert both.has_accepted("<a@b>") is True
