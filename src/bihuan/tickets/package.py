"""The evidence package of a ticket: everything that happened on it, with all that proves it, for people outside the desk.

    package = await make(desk, actor, name, command)   # sealed first, so that its last event is covered
    package.file, package.size
What personal data rules recognise in it is masked; no key and no MAC key is in it. The export is a look in the exporter's own stream,
committed before a byte leaves.
"""

import asyncio
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import UUID

import msgspec

from bihuan import evidence, privacy
from bihuan.core.actor import Actor
from bihuan.core.desk import Desk
from bihuan.core.problems import FieldProblem, Invalid, Language
from bihuan.evidence import About, Line, Package, Sheet
from bihuan.privacy import file_key, file_path, read_file
from bihuan.tickets import looks, package_read, reads
from bihuan.tickets.file_model import store_of
from bihuan.tickets.file_views import ORIGINAL
from bihuan.tickets.package_model import (
    ExportEvidence,
    FileRow,
    Gathered,
    NotSealed,
    PackageBusy,
)
from bihuan.tickets.package_text import README, facts, note
from bihuan.tickets.package_words import Speaker

#: Of one process at a time: a package costs seconds of its processor.
_AT_ONCE = 2
_TRIES, _PAUSE_SECONDS = 20, 0.1
_IN_MEMORY = 16 * 1024 * 1024
#: A timeline for people; every event is in events.jsonl.
_MOST_LINES = 5000
_making = 0


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A package, as a temporary file at its start, which is gone once it is closed."""

    file: IO[bytes]
    size: int
    name: str
    number: str
    events: int


async def make(desk: Desk, actor: Actor, name: str, command: ExportEvidence) -> Made:
    """A package of the ticket of this id or number; whoever asked closes its file.

    Raises NotFound, Invalid, NotAllowed, PackageBusy, PackageTooLarge, NotSealed, FontMissing.
    """
    global _making  # noqa: PLW0603 - how many this process makes just now
    _check(actor, command)
    if _making >= _AT_ONCE:
        raise PackageBusy
    _making += 1
    try:
        gathered = await _gathered(desk, actor, name, command)
        file: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY, dir=str(_folder(desk)))  # noqa: SIM115 - whoever reads it closes it
        try:
            await asyncio.to_thread(_write, desk, actor, gathered, command, file=file)
        except BaseException:
            file.close()
            raise
    finally:
        _making -= 1
    size = file.seek(0, 2)
    file.seek(0)
    number = gathered.ticket.number
    return Made(
        file=file,
        size=size,
        name=f"bihuan-{number}-{gathered.at:%Y%m%d%H%M%S}.zip",
        number=number,
        events=len(gathered.events),
    )


def _check(actor: Actor, command: ExportEvidence) -> None:
    if command.originals:
        actor.must(ORIGINAL)
        if command.reason is None:
            raise Invalid(fields=[FieldProblem(pointer="/reason", code="missing")])


async def _gathered(desk: Desk, actor: Actor, name: str, command: ExportEvidence) -> Gathered:
    """Seal, read, and record the look, in one transaction with the reading; again where an event came in between."""
    tenant_id = actor.tenant_id
    async with desk.database.work(tenant_id) as work:
        ticket_id = await reads.id_of(work, actor, name)
    for _ in range(_TRIES):
        await evidence.seal_tenant(desk.database, desk.ring, tenant_id)
        async with desk.database.work(tenant_id) as work:
            found = await package_read.gather(work, actor, ticket_id, command)
            if found is not None:
                data = _look(ticket_id, found, command)
                stream = _stream(actor)
                event = evidence.NewEvent(kind="evidence.exported", at=found.at, actor=actor, data=data)
                await evidence.record(work, work.ring, stream, event)
                return found
        await asyncio.sleep(_PAUSE_SECONDS)
    raise NotSealed


def _stream(actor: Actor) -> evidence.Stream:
    """Where the export is on record: with who exported; what the command line does, with the desk's configuration."""
    if actor.kind == "staff":
        return looks.stream_of(actor)
    return evidence.Stream(kind="config", id=actor.tenant_id)


def _look(ticket_id: UUID, found: Gathered, command: ExportEvidence) -> dict[str, object]:
    data: dict[str, object] = {"ticket": str(ticket_id), "events": len(found.events)}
    if found.ticket.customer_id is not None:
        data["customer"] = str(found.ticket.customer_id)
    if command.originals:
        data["originals"] = [str(file.id) for file in found.files if file.what == "original"]
    if command.reason is not None:
        data |= {"reason": command.reason.code, "note": privacy.mask_text(command.reason.text).text}
    return data


def _write(desk: Desk, actor: Actor, found: Gathered, command: ExportEvidence, *, file: IO[bytes]) -> None:
    """All files, in their order. Run in a thread: it compresses, hashes, and sets pages."""
    package = Package(file)
    package.add_text("README.txt", README)
    for language in command.languages:
        sheet = _sheet(desk, found, language)
        package.add(f"timeline.{language}.pdf", [evidence.timeline_pdf(sheet)])
    package.add_lines("events.jsonl", _events(found))
    package.add_lines("messages.jsonl", found.messages)
    package.add_lines("attachments.jsonl", _files(desk, package, found))
    package.add_json("ticket.json", _ticket(found))
    package.add_json("clocks.json", {"rows": found.rows, **{k: v.ledgers for k, v in found.told.items()}})
    package.add_json("proof.json", found.proof)
    package.finish(_about(actor, found, command), desk.ring.active("sign"))
    file.flush()


def _events(found: Gathered) -> Iterator[dict[str, object]]:
    before = evidence.genesis(found.proof.tenant, "ticket", found.ticket.id)
    for event in found.events:
        yield {"seq": event.seq, "prev": before.hex(), "hash": event.hash.hex(), "body": event.body}
        before = event.hash


def _files(desk: Desk, package: Package, found: Gathered) -> Iterable[FileRow]:
    """The files' bytes into the package; the lines that tell of them."""
    folder = store_of(desk.settings).folder
    lines: list[FileRow] = []
    for line in found.files:
        content = found.contents.get(line.file or "")
        if content is None or line.file is None:
            lines.append(line)
            continue
        path = file_path(folder, found.proof.tenant, content.file_id)
        try:
            package.add(line.file, [read_file(path, file_key(content.subject, content.file_id))])
            lines.append(line)
        except FileNotFoundError:
            # The package says so; `bihuan doctor` says what to do.
            gone = msgspec.structs.replace(line, what="none", file=None, nonce=None, why="not_on_disk")
            lines.append(gone)
    return lines


def _ticket(found: Gathered) -> dict[str, object]:
    ticket = found.ticket
    return {
        "id": ticket.id,
        "number": ticket.number,
        "title": ticket.title,
        "elements": ticket.elements,
        "fields": privacy.masks_only(ticket.fields),
        "resolution": ticket.resolution,
        "gone": ticket.gone,
        "customer": found.customer,
        "columns": found.columns,
        "ratings": found.ratings,
        "words": {
            language: {"state": t.state, "case_type": t.case_type} for language, t in found.told.items()
        },
        "people": {
            "staff": {str(one.id): one.name for one in found.people.staff.values()},
            "teams": {str(one.id): one.code for one in found.people.teams.values()},
        },
    }


def _about(actor: Actor, found: Gathered, command: ExportEvidence) -> About:
    return About(
        tenant=found.proof.tenant,
        desk=found.desk,
        stream=found.proof.stream,
        ticket=found.ticket.number,
        events=len(found.events),
        made_by=actor.id,
        made_by_name=actor.name,
        made_at=found.at,
        language=command.language,
        tool=f"bihuan {version('bihuan')}",
    )


def _sheet(desk: Desk, found: Gathered, language: Language) -> Sheet:
    told, zh = found.told[language], language == "zh"
    speaker = Speaker(found.case_type, found.people, {one.kind: one.title for one in told.ledgers}, language)
    shown = found.entries[:_MOST_LINES]
    lines = [
        Line(
            seq=entry.seq, moment=speaker.moment(entry.at), words=speaker.words(entry), hash=event.hash.hex()
        )
        for entry, event in zip(shown, found.events, strict=False)
    ]
    key, root = evidence.fingerprint(desk.ring.active("sign"))[:32], found.proof.root[:16]
    return Sheet(
        language=language,
        title=f"工单 {found.ticket.number} 证据时间线"
        if zh
        else f"Ticket {found.ticket.number}: timeline of evidence",
        facts=facts(found, speaker, language),
        note=note(len(shown), len(found.entries), language),
        lines=lines,
        page="第 {n} 页，共 {all} 页" if zh else "Page {n} of {all}",
        foot=f"封存根 {root} · 签名公钥指纹 {key}" if zh else f"Sealed root {root} · signing key {key}",
        made_at=found.at,
    )


def _folder(desk: Desk) -> Path:
    """Where what does not fit into memory lies, without a name: in the data folder, which nobody else reads."""
    desk.settings.data_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return desk.settings.data_folder
