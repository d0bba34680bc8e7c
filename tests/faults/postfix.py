"""A real mail server on loopback: Debian's Postfix takes a weekly run's mails, and its log and queue settle doubts.

    python -m tests.faults.postfix            (as root; `apt-get install postfix` first)

Own configuration, queue, log and port in a temporary folder; the machine's own Postfix is not touched. Checks:

1. a weekly run, alerts and a second weekly run over verified STARTTLS: every mail is once in its reader's maildir,
   and once in the archive that `always_bcc` fills;
2. senders killed right after the final dot, and after the 250 before their commit: settled by the log, no mail is
   there twice, none is missing;
3. 450, 550 and an own size limit are answered as they should be;
4. a mail that the log does not show yet is found in the queue; with neither readable there is no answer.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from config.sources import read_sources
from contracts.weeks import Week
from delivery.transports import SmtpTransport
from delivery.transports.acceptors import MaildirArchive, PostfixLog
from flows.run import Run
from flows.weekly import weekly
from tests.factories.delivery import parcel
from tests.factories.smtp import _free_port, make_authority
from tests.factories.workspaces import LAST, Story, a_company
from tests.faults.killing import PATIENCE, Act, Ground, Kill
from tests.faults.stages import ZONE, lean_workspace, void

_MIDWEEK = timedelta(days=3, hours=16)
_BOXES = ("archive", "cem-operator", "loyalty", "bounce")
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
smtp unix - - n - - smtp
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
enable_long_queue_ids = yes
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
mynetworks = 127.0.0.0/8
local_recipient_maps =
alias_maps =
default_transport = error:no mail leaves this machine
transport_maps = inline:{{ later.example=smtp:[127.0.0.1]:1 }}
relay_domains = later.example
virtual_mailbox_domains = borealis.example
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = texthash:{folder}/boxes.map
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
always_bcc = archive@borealis.example
smtpd_recipient_restrictions = check_recipient_access inline:{{
  {{ grey@borealis.example = 450 4.7.1 come back }},
  {{ gone@borealis.example = 550 5.1.1 no such reader }} }}, permit_mynetworks, reject
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {certificate}
message_size_limit = 20000000
"""


class Mta:
    """A running Postfix of our own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def log(self) -> Path:
        return self.folder / "log" / "mail.log"

    @property
    def archive(self) -> Path:
        return self.folder / "boxes" / "archive"

    def ids_in(self, box: Path) -> list[str]:
        found = (re.search(rb"^Message-ID: (<\S+>)", p.read_bytes(), re.MULTILINE) for p in (box / "new").glob("*"))
        return [match[1].decode() for match in found if match]

    def delivered(self) -> dict[str, list[str]]:
        return {box.name: self.ids_in(box) for box in (self.folder / "boxes").iterdir() if box.name != "archive"}

    def wait_until_empty(self) -> None:
        until = time.monotonic() + 60
        while self.run("postqueue", "-j").strip():
            if time.monotonic() > until:
                raise AssertionError(f"Postfix still has mails:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.1)

    def run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [program, "-c", str(self.config), *arguments], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(f"{program} {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout


@contextmanager
def postfix(folder: Path, certificate: Path) -> Iterator[Mta]:
    """Start Postfix in the folder, and stop it at the end."""
    owner, nobody = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
    mta = Mta(folder, _free_port())
    for name in ("config", "queue", "data", "log", "boxes"):
        (folder / name).mkdir(mode=0o755)
    shutil.chown(folder / "data", owner.pw_uid)
    shutil.chown(folder / "boxes", nobody.pw_uid, nobody.pw_gid)
    owners = {source.owner for source in read_sources(Path("config")) if source.owner}
    staff = [*a_company(50, 5).people["email"].dropna(), *sorted(owners)]
    readers = [*staff, *(f"{name}@borealis.example" for name in _BOXES)]
    (folder / "boxes.map").write_text("".join(f"{address} {address.partition('@')[0]}/\n" for address in readers))
    fields = {"folder": folder, "uid": nobody.pw_uid, "gid": nobody.pw_gid, "certificate": certificate}
    (mta.config / "main.cf").write_text(_MAIN.format(**fields))
    (mta.config / "master.cf").write_text(_MASTER.format(port=mta.port))
    mta.run("postfix", "start")
    try:
        yield mta
    finally:
        mta.run("postfix", "stop")


def _attempts(place: Ground, root: Path, mta: Mta) -> None:
    """A week, alerts, the next week; senders killed at both moments after the dot; everything arrives once."""
    story = Story(root, a_company(50, 5))
    before = LAST.shift(-1)
    story.until(before.ends_at(ZONE))
    now = story.clock()
    place.attempt(root, _week(before), now, None)
    killed = 0
    story.until(LAST.starts_at(ZONE) + _MIDWEEK, later=timedelta(minutes=5))
    now = story.clock()
    for kill in (Kill("answer", 2), Kill("record", 3), Kill("dot", 2)):
        killed += place.attempt(root, "alerts", now, None, kill).was_killed
        now += PATIENCE
    story.until(LAST.ends_at(ZONE))
    now = story.clock()
    for kill in (Kill("answer", 1), Kill("record", 1), Kill("answer", 3), None):
        killed += place.attempt(root, _week(LAST), now, None, kill).was_killed
        now += PATIENCE
    place.attempt(root, "dispatch", now + PATIENCE, None)
    mta.wait_until_empty()
    state = place.state(root, None, now + PATIENCE)
    kept = Counter(mta.ids_in(mta.archive))
    delivered = Counter(mail for mails in mta.delivered().values() for mail in mails)
    assert killed >= 5, killed
    assert state["unfinished"] == [], state["unfinished"]
    assert sorted(kept) == state["sent"], (len(kept), len(state["sent"]))
    assert set(kept.values()) == {1}, [mail for mail, times in kept.items() if times > 1]
    assert delivered == kept
    settled = (root / "log").read_text().count("Traceback")
    assert settled == 0
    print(f"{len(kept)} mails to {len(mta.delivered())} mailboxes, {killed} senders killed: each mail arrived once")


def _week(week: Week) -> Act:
    def act(run: Run) -> None:
        void(weekly(run, week))

    return act


def _answers(mta: Mta, ca_file: str) -> None:
    """What Postfix says at once, and what can be asked of it later."""
    with SmtpTransport("localhost", mta.port, ca_file=ca_file) as transport:
        grey = transport.send(parcel(9001, recipient="grey@borealis.example"))
        gone = transport.send(parcel(9002, recipient="gone@borealis.example"))
        large = transport.send(parcel(9003, body="x\r\n" * 8_000_000))
        later = transport.send(parcel(9004, recipient="reader@later.example"))
    assert (grey.code, grey.is_permanent) == (450, False), grey
    assert (gone.code, gone.is_permanent) == (550, True), gone
    assert (large.step, large.code, large.is_permanent) == ("size", 552, True), large
    assert later.is_sent, later
    plain = subprocess.run(
        [sys.executable, "-c", _CLEAR.format(port=mta.port)], capture_output=True, text=True, check=False
    )
    assert "530" in plain.stdout, plain.stdout + plain.stderr  # Postfix itself wants STARTTLS first

    time.sleep(1)
    queued, unknown = parcel(9004).message_id, "<nobody-sent-this@borealis.example>"
    asked = PostfixLog(mta.log, config=mta.config)
    assert asked.has_accepted(queued) is True
    assert asked.has_accepted(unknown) is False
    assert asked.has_accepted(parcel(9002).message_id) is False
    silent = mta.folder / "log" / "empty.log"
    silent.touch()
    assert PostfixLog(silent, config=mta.config).has_accepted(queued) is True  # the log lags, the queue knows
    assert PostfixLog(mta.folder / "no.log", config=mta.config).has_accepted(queued) is None
    assert PostfixLog(silent, config=mta.folder / "nowhere").has_accepted(queued) is None
    assert MaildirArchive(mta.archive).has_accepted(unknown) is False
    print("450, 550, 552, clear text refused; log and queue answer yes, no, and nothing when they cannot be read")


_CLEAR = """
import smtplib
s = smtplib.SMTP("localhost", {port})
s.ehlo("test")
print(s.mail("a@b.example"))
"""


def main() -> int:
    if os.geteuid() != 0:
        print("Postfix must be started by root: run this as root, in a container if need be")
        return 1
    if shutil.which("postfix", path="/usr/sbin:/sbin:/usr/bin") is None:
        print("postfix is not installed: apt-get install postfix")
        return 1
    os.environ["PATH"] += ":/usr/sbin"
    folder = Path(tempfile.mkdtemp(prefix="cem-postfix-"))
    folder.chmod(0o755)  # Postfix's own users must pass
    try:
        authority = make_authority(folder / "authority")
        authority.server_context()
        with postfix(folder, folder / "authority" / "localhost-False.pem") as mta:
            place = Ground(folder)
            root = lean_workspace(
                folder / "workspace", mta.port, authority.ca_file, acceptor=f"postfix-log:{mta.log}?{mta.config}"
            )
            _attempts(place, root, mta)
            _answers(mta, authority.ca_file)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
