"""An SMTP acceptor in a process of its own: each mail is on disk, with its folder synced, before it says 250.

    python -m tests.faults.acceptor FOLDER PORT CERTIFICATE.pem

FOLDER/current is a link to the maildir that mails go to at the moment; each mail is one file there. A pause of a
few milliseconds before and after the sync makes the two moments after the dot wide enough to be hit.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import random
import ssl
import sys
import warnings
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

_PAUSE = 0.004


class Keeping:
    """Answers 250 to what it has synced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        box = (self._folder / "current").resolve()
        await asyncio.sleep(random.random() * _PAUSE)
        name = f"{os.getpid()}.{next(self._numbers)}"
        with (box / "tmp" / name).open("xb") as file:
            file.write(f"X-Recipient: {','.join(envelope.rcpt_tos)}\r\n".encode() + envelope.content)
            file.flush()
            os.fsync(file.fileno())
        (box / "tmp" / name).rename(box / "new" / name)
        folder = os.open(box / "new", os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        await asyncio.sleep(random.random() * _PAUSE)
        return "250 kept"


async def serve(folder: Path, port: int, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    keeping = Keeping(folder)

    def session() -> SMTP:
        return SMTP(keeping, hostname="localhost", tls_context=context, require_starttls=True)

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", port)
    async with server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable()  # a killed client is a traceback for the server, and what these tests are about
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
