"""Where mails go and who can be asked about them afterwards, as workspace.toml says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config.errors import ConfigRefused
from contracts.words import DeliveryMode
from delivery.bounces import unread_of
from delivery.transports import ByChannel, ChatTransport, MaildirTransport, PreviewTransport, SmtpTransport, Transport
from delivery.transports.acceptors import Acceptor, MaildirArchive, PostfixLog
from delivery.transports.imap import ImapBox
from flows.run import Run


def transport_of(run: Run) -> Transport:
    """Where mails go under the workspace's mode: in preview, into a folder that nobody is mailed from.

    Rooms hear nothing while the mode is preview or redirect: then that folder shows what they would.
    """
    is_trial = run.settings.file.mail.mode in (DeliveryMode.PREVIEW, DeliveryMode.REDIRECT)
    chat = PreviewTransport(run.workspace.preview) if is_trial else ChatTransport(run.settings.chat_urls)
    return ByChannel(_mail_of(run), chat)


def _mail_of(run: Run) -> Transport:
    mail = run.settings.file.mail
    if mail.mode is DeliveryMode.PREVIEW:
        return PreviewTransport(run.workspace.preview)
    if mail.transport == "maildir":
        return MaildirTransport(run.workspace.mail)
    return SmtpTransport(
        mail.smtp_host,
        mail.smtp_port,
        mail.smtp_security,
        user=mail.smtp_user,
        password=run.settings.smtp_password,
        ca_file=mail.ca_file,
        at_step=run.at_step,
    )


def acceptor_of(run: Run, transport: Transport) -> Acceptor | None:
    """Whom to ask about a mail in doubt; None when nobody keeps a record.

    Folders keep one themselves. `postfix-log:PATH` takes the queue of /etc/postfix, `postfix-log:PATH?CONFIG`
    that of another instance.
    """
    mails = transport.mail if isinstance(transport, ByChannel) else transport
    if isinstance(mails, MaildirTransport):
        return mails
    way, _, place = run.settings.file.mail.acceptor.partition(":")
    if way == "maildir":
        return MaildirArchive(_path(run, place))
    if way == "imap":
        return _imap(run, place)
    if way == "postfix-log":
        log, _, config = place.partition("?")
        return PostfixLog(_path(run, log), config=_path(run, config) if config else None)
    return None


def returned_mails(run: Run) -> Iterator[bytes]:
    """Unread mails of the bounce mailbox, each marked as read when the next one is asked for.

    Raises: OSError, imaplib.IMAP4.error when it cannot be read.
    """
    return mails_at(run, run.settings.file.mail.bounces)


def mails_at(run: Run, mailbox: str) -> Iterator[bytes]:
    """Unread mails of a mailbox as workspace.toml names it (none | maildir:PATH | imap:HOST/MAILBOX), each marked as
    read when the next one is asked for.

    Raises: OSError, imaplib.IMAP4.error when it cannot be read.
    """
    way, _, place = mailbox.partition(":")
    if way == "maildir":
        yield from unread_of(_path(run, place))
    elif way == "imap":
        yield from _imap(run, place).unread()


def _imap(run: Run, place: str) -> ImapBox:
    mail = run.settings.file.mail
    host, _, mailbox = place.partition("/")
    name, _, port = host.partition(":")
    if not mail.imap_user or not run.settings.imap_password:
        raise ConfigRefused(
            run.workspace.config / "workspace.toml",
            ["mail: imap needs imap_user here and CEM_IMAP_PASSWORD or CEM_IMAP_PASSWORD_FILE in the environment"],
        )
    return ImapBox(
        name,
        mailbox or "INBOX",
        user=mail.imap_user,
        password=run.settings.imap_password,
        port=int(port or 993),
        ca_file=mail.ca_file,
    )


def _path(run: Run, place: str) -> Path:
    return run.workspace.root / place
