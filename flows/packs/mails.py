"""The weekly mails: one per person with all packs due to that person, and two lines to readers of a late pack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.exchange import Artifact, Attachment, Message, Picture
from contracts.ids import key_digest
from contracts.rules import Audiences, Calendar, MailPart
from contracts.words import ArtifactKind, MessageKind
from contracts.working_time import first_working_moment
from delivery.addressing import Addressing, Reader
from delivery.joined import join
from delivery.messages import to_eml
from delivery.small import fitted
from flows.inputs import Inputs
from flows.packs.publish import Rendered
from flows.packs.rendering import RenderedPack, read_back, read_mail
from flows.run import Run
from flows.sending.tell import Sealed, files_lie, seal
from reporting.mails.house import MailBody
from store import outbox

_MIME = {".pdf": "application/pdf", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_CARRIED: dict[MailPart, ArtifactKind] = {
    "brief": ArtifactKind.BRIEF,
    "workbook": ArtifactKind.WORKBOOK,
    "account_briefs": ArtifactKind.ACCOUNT_BRIEF,
}


@dataclass(frozen=True, slots=True)
class _Due:
    """A pack as its mail: words and files."""

    pack: RenderedPack
    body: MailBody
    attachments: tuple[Attachment, ...]


def pack_messages(
    run: Run, inputs: Inputs, addressing: Addressing, rendered: Rendered, rules: Audiences
) -> list[Sealed]:
    """One mail per reader with all good packs of that reader, for the first working moment of the reader's calendar.

    A reader of a pack that was held back gets two lines: that it is late, why, and when it is tried next.
    """
    due = [_due(pack, inputs, rules) for pack in rendered.good if pack.mail is not None]
    with run.store.read() as session:
        earlier = {
            row.person_id
            for row in outbox.rows(session, kinds=[MessageKind.PACK], subject_prefix=_key(inputs))
            if row.revision < inputs.revision
        }
    sealed = []
    for reader in _readers(addressing, [item.pack for item in due]):
        mine = [item for item in due if reader.person_id in item.pack.audience.readers]
        message = _message(run, inputs, reader, mine)
        message = replace(
            message,
            not_before=first_working_moment(_calendar_of(rules, reader.calendar), run.clock()),
            corrects=reader.person_id in earlier,
        )
        sealed.append(
            seal(run, fitted(message, max_megabytes=run.settings.file.mail.max_megabytes, places=files_lie(run)))
        )
    sealed += [_late(run, inputs, reader) for reader in _readers(addressing, rendered.failed)]
    return sealed


def _due(pack: RenderedPack, inputs: Inputs, rules: Audiences) -> _Due:
    if pack.mail is None:
        raise ValueError(f"the pack of {pack.audience.audience_id} has no mail")
    carried = {_CARRIED[part] for part in rules.mail.get(pack.audience.level, []) if part in _CARRIED}
    attachments = tuple(
        Attachment(_attachment_name(artifact, inputs), _MIME[Path(artifact.path).suffix], artifact.content)
        for artifact in read_back(pack)
        if artifact.kind in carried
    )
    return _Due(pack, read_mail(pack.mail), attachments)


def _readers(addressing: Addressing, packs: list[RenderedPack]) -> Iterator[Reader]:
    """Everybody with an address who reads one of the packs, once, by id."""
    for person_id in sorted({person_id for pack in packs for person_id in pack.audience.readers}):
        reader = addressing.readers[person_id]
        if reader.address is not None:
            yield reader


def _message(run: Run, inputs: Inputs, reader: Reader, mine: list[_Due]) -> Message:
    first = mine[0]
    message = _single(inputs, reader, first)
    if len(mine) == 1:
        return message
    mail = run.settings.file.mail
    emls = [
        to_eml(
            _single(inputs, reader, item),
            sender=(mail.sender_name, mail.sender_address),
            date=run.clock(),
            domain=mail.domain,
            list_id=mail.domain,
        )
        for item in mine
    ]
    body = join(emls, lead=f"{len(mine)} packs of week {inputs.week} are for you; each stands below.")
    return replace(
        message,
        disclosure=key_digest(*sorted(item.pack.audience.disclosure for item in mine), length=32),
        subject=f"{len(mine)} packs of week {inputs.week}",
        text=body.text,
        html=body.html,
        attachments=body.attachments,
        pictures=body.pictures,
    )


def _single(inputs: Inputs, reader: Reader, due: _Due) -> Message:
    pictures: tuple[Picture, ...] = due.body.pictures
    return Message(
        kind=MessageKind.PACK,
        subject_key=_key(inputs),
        person_id=reader.person_id,
        to_name=reader.name,
        to_address=str(reader.address),
        subject=due.body.subject,
        text=due.body.text,
        html=due.body.html,
        attachments=due.attachments,
        pictures=pictures,
        revision=inputs.revision,
        audience_id=due.pack.audience.audience_id,
        disclosure=due.pack.audience.disclosure,
    )


def _late(run: Run, inputs: Inputs, reader: Reader) -> Sealed:
    text = (
        f"Your pack of week {inputs.week} is late: it did not pass its checks, and what is not checked is not sent.\n"
        "The operator knows; it comes as soon as that is mended, at the latest with the next weekly run.\n"
    )
    message = Message(
        kind=MessageKind.PACK_LATE,
        subject_key=f"{inputs.week}|late",
        person_id=reader.person_id,
        to_name=reader.name,
        to_address=str(reader.address),
        subject=f"Your pack of week {inputs.week} is late",
        text=text,
        html="",
        revision=inputs.revision,
        corrects=False,
    )
    return seal(run, message)


def _key(inputs: Inputs) -> str:
    return f"{inputs.week}|packs"


def _attachment_name(artifact: Artifact, inputs: Inputs) -> str:
    return f"{inputs.week} {Path(artifact.path).name}"


def _calendar_of(rules: Audiences, name: str) -> Calendar:
    return rules.calendars.get(name) or rules.calendars["default"]
