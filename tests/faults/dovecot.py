"""A real IMAP server on loopback: Debian's Dovecot holds the returns mailbox, and the returns flow reads it.

    python -m tests.faults.dovecot            (as root; `apt-get install dovecot-imapd` first)

Own configuration, mailboxes, log and port in a temporary folder; the machine's own Dovecot is not touched. Checks:

1. a reply and a mailed workbook that lie in the mailbox act on their case over verified TLS, and are marked as read;
2. a process that dies over them leaves them unread or applied, and the next one applies nothing twice;
3. an archive answers whether it holds a Message-ID; a wrong password and an unknown certificate give no answer.
"""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from delivery.transports.imap import ImapBox
from tests.factories.smtp import Authority, _free_port, make_authority
from tests.factories.way_back import Ground, Place, a_ground

USER, PASSWORD = "cem", "only-in-this-test"
_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = cem-check
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal}
default_login_user = {internal}
ssl = required
ssl_cert = <{certificate}
ssl_key = <{certificate}
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  mailbox Archive {{
    auto = create
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


@contextmanager
def dovecot(folder: Path, certificate: Path) -> Iterator[int]:
    """Start Dovecot in the folder and stop it at the end; gives the port of IMAP over TLS."""
    owner, internal, port = pwd.getpwnam("nobody"), "dovenull", _free_port()
    for name in ("run", "state", "mail"):
        (folder / name).mkdir(mode=0o755)
    shutil.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    config = folder / "dovecot.conf"
    fields = {"folder": folder, "certificate": certificate, "port": port, "uid": owner.pw_uid, "gid": owner.pw_gid}
    config.write_text(_CONFIG.format(**fields, password=PASSWORD, internal=internal))
    program = ["dovecot", "-c", str(config), "-F"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        try:
            _wait_for(port, server, folder)
            yield port
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(port: int, server: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if server.poll() is not None:
            said = server.stdout.read().decode() if server.stdout else ""
            raise AssertionError(f"Dovecot did not start: {said}")
        listening = subprocess.run(["ss", "-ltn"], capture_output=True, text=True, check=False).stdout
        if f"127.0.0.1:{port} " in listening or _answers(port):
            return
        time.sleep(0.1)
    raise AssertionError(f"Dovecot does not answer: {(folder / 'dovecot.log').read_text()[-2000:]}")


def _answers(port: int) -> bool:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with imaplib.IMAP4_SSL("localhost", port, ssl_context=context, timeout=2):
            return True
    except OSError:
        return False


@contextmanager
def mailbox(port: int, authority: Authority) -> Iterator[imaplib.IMAP4_SSL]:
    context = ssl.create_default_context(cafile=authority.ca_file)
    with imaplib.IMAP4_SSL("localhost", port, ssl_context=context) as box:
        box.login(USER, PASSWORD)
        yield box


def _put(port: int, authority: Authority, mails: list[bytes], into: str = "INBOX") -> None:
    with mailbox(port, authority) as box:
        for mail in mails:
            said, _ = box.append(into, "", "", mail)
            assert said == "OK", said


def _unread(port: int, authority: Authority) -> int:
    with mailbox(port, authority) as box:
        box.select("INBOX", readonly=True)
        _, found = box.search(None, "UNSEEN")
        return len((found[0] or b"").split())


def _replies_act(ground: Ground, port: int, authority: Authority) -> None:
    """Three mails: they are read by the flow, once, also when a process dies over them."""
    place = ground.fresh()
    _reads_imap(place, port, authority)
    _put(port, authority, [ground.mails["owner replies"], ground.mails["member errs"], ground.mails["a stranger"]])
    for dies_at, when in ((2, "inside"), (3, "after"), (5, "before")):
        place.look(dies_at=dies_at, when=when)
    place.look()
    assert _unread(port, authority) == 0
    _put(port, authority, [ground.mails["owner replies"]])  # the same mail once more
    place.look()
    end = place.end()
    kinds = [(kind, who) for _, _, kind, who, _, _ in end["events"] if who in ("P-02", "P-03")]
    # the member's note meets the owner's, and his due day is none
    assert kinds == [("acknowledged", "P-02"), ("edited", "P-02"), ("conflict", "P-03")], kinds
    assert set(end["receipts"].values()) == {1}, end["receipts"]
    assert len(end["receipts"]) == 2, "the stranger is answered by the operator"
    print(f"replies by IMAP: {len(kinds)} events of people, {len(end['receipts'])} receipts, nothing twice")


def _reads_imap(place: Place, port: int, authority: Authority) -> None:
    settings = place.root / "config" / "workspace.toml"
    text = settings.read_text().replace('replies = "maildir:replies"', f'replies = "imap:localhost:{port}/INBOX"')
    settings.write_text(text + f'imap_user = "{USER}"\nca_file = "{authority.ca_file}"\n')


def _archive_answers(port: int, authority: Authority) -> None:
    _put(port, authority, [b"Message-ID: <kept@x.example>\r\nSubject: x\r\n\r\nhello\r\n"], into="Archive")
    box = ImapBox("localhost", "Archive", USER, PASSWORD, port=port, ca_file=authority.ca_file)
    assert box.has_accepted("<kept@x.example>") is True
    assert box.has_accepted("<never@x.example>") is False
    wrong = ImapBox("localhost", "Archive", USER, "wrong", port=port, ca_file=authority.ca_file)
    assert wrong.has_accepted("<kept@x.example>") is None
    assert ImapBox("localhost", "Archive", USER, PASSWORD, port=port).has_accepted("<kept@x.example>") is None
    print("archive by IMAP: yes, no, and nothing for a wrong password or an unknown certificate")


def main() -> int:
    if os.geteuid() != 0:
        print("Dovecot must be started by root: run this as root, in a container if need be")
        return 1
    os.environ["PATH"] += ":/usr/sbin"
    if shutil.which("dovecot") is None:
        print("dovecot is not installed: apt-get install dovecot-imapd")
        return 1
    os.environ["CEM_IMAP_PASSWORD"] = PASSWORD
    folder = Path(tempfile.mkdtemp(prefix="cem-dovecot-"))
    folder.chmod(0o755)  # Dovecot's own users must pass
    try:
        authority = make_authority(folder / "authority")
        authority.server_context()
        (folder / "ground").mkdir()
        ground = a_ground(folder / "ground")
        with dovecot(folder, folder / "authority" / "localhost-False.pem") as port:
            _archive_answers(port, authority)
            _replies_act(ground, port, authority)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
