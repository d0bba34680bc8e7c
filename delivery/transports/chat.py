"""Chat rooms by webhook, through apprise, which knows a hundred services by their URL.

The URL is a secret: no receipt and no log holds it. Nobody can be asked afterwards whether a room has a message.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping

from contracts.exchange import Parcel, Receipt
from delivery.chat import ROOM, read_chat
from delivery.transports.receipts import MayPass, Transport, always, fenced, receipt_of

_HOST = "chat"
_STATUS = re.compile(r"error\s*=\s*(\d{3})")
_WAIT = (408, 425, 429)


class ChatTransport:
    """Posts to the room that the parcel names; `urls`: room to apprise URL."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls

    def send(self, parcel: Parcel, *, may_pass: MayPass = always) -> Receipt:
        """One post. A refusal of the webhook itself (4xx) is final, all else is tried again."""
        # takes a fifth of a second, and most runs have nothing to say in any room
        from apprise import Apprise, AppriseAsset, LogCapture, PersistentStoreMode

        room = parcel.recipient.removeprefix(ROOM)
        url = self._urls.get(room)
        if url is None:
            return receipt_of(parcel, _HOST, "address", 0, f"no URL is given for room {room}; set CEM_CHAT_URLS")
        service = Apprise(asset=AppriseAsset(storage_mode=PersistentStoreMode.MEMORY, secure_logging=True))
        with warnings.catch_warnings():
            # it imports the plugins of all its services, one of which is behind its time
            warnings.simplefilter("ignore", DeprecationWarning)
            is_known = service.add(url)
        if not is_known:
            return receipt_of(parcel, _HOST, "address", 0, f"the URL of room {room} is none that apprise knows")
        if not may_pass():
            return fenced(parcel, _HOST)
        title, body = read_chat(parcel.eml)
        with LogCapture(name="apprise") as log:  # type: ignore[no-untyped-call]  # it has no types
            is_taken = bool(service.notify(body=body, title=title))
            words = log.getvalue()
        if is_taken:
            return receipt_of(parcel, _HOST, "post", 200, f"posted to {room}", is_sent=True)
        found = _STATUS.search(words)
        status = int(found[1]) if found else 0
        is_final = 400 <= status < 500 and status not in _WAIT
        said = f"room {room} answered {status}" if status else f"room {room} cannot be reached"
        return receipt_of(parcel, _HOST, "post", status, said, is_permanent=is_final)

    def has_accepted(self, message_id: str) -> None:  # noqa: ARG002 - the protocol's argument
        """A room keeps no record that we could ask for."""
        return

    def close(self) -> None:
        """Nothing is kept open between posts."""


class ByChannel:
    """Mails by one way, chat by another; whom to ask about mails is the way of mails."""

    def __init__(self, mail: Transport, chat: Transport) -> None:
        self.mail, self._chat = mail, chat

    def send(self, parcel: Parcel, *, may_pass: MayPass = always) -> Receipt:
        way = self.mail if parcel.channel == "mail" else self._chat
        return way.send(parcel, may_pass=may_pass)

    def has_accepted(self, message_id: str) -> bool | None:
        return self.mail.has_accepted(message_id)

    def close(self) -> None:
        self.mail.close()
        self._chat.close()
