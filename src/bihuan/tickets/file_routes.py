"""A ticket's files over HTTP."""

import msgspec

from bihuan.core.http import Answer, Call, Query, operation
from bihuan.core.permissions import declare
from bihuan.core.problems import FieldProblem, Invalid, NotFound
from bihuan.privacy import mask_text
from bihuan.tickets import file_release, file_views, files, looks, reads, verification
from bihuan.tickets.file_model import AttachmentView, Upload, store_of
from bihuan.tickets.file_types import download_headers
from bihuan.tickets.file_views import ORIGINAL
from bihuan.tickets.look_model import LookReason
from bihuan.tickets.model import Reason
from bihuan.tickets.verbs import ATTACH, READ

RELEASE = declare(
    "file.release", zh="放行被误报为恶意软件的附件", en="Release a file that the scanner is wrong about"
)


class SeeOriginal(msgspec.Struct, frozen=True, kw_only=True):
    """The original of a file, and why."""

    reason: LookReason


class ReleaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is no malware, and how one knows."""

    reason: Reason


@operation(
    "GET", "/tickets/{id}/attachments", zh="附件列表", en="A ticket's files", permission=READ,
    gives=list[AttachmentView],
)  # fmt: skip
async def get_attachments(call: Call) -> list[AttachmentView]:
    """Files of a ticket, each with what became of it; originals of messages for those who may open them."""
    ticket = await reads.find_ticket(call.work, call.actor, call.path["id"])
    raw = call.actor.may(ORIGINAL)
    return await file_views.attachments(call.work, ticket.id, language=call.language, raw=raw)


@operation(
    "POST", "/tickets/{id}/attach", zh="上传附件", en="Attach files", permission=ATTACH, gives=list[AttachmentView],
    status=201, form=True, sends=True,
    query=(
        Query(name="for_customer", schema={"enum": ["no", "yes"]}, zh="客户可见", en="For the customer to see"),
    ),
)  # fmt: skip
async def post_attach(call: Call) -> list[AttachmentView]:
    """Files by multipart/form-data, any field name. They are checked before anybody can have them."""
    ticket_id = await reads.id_of(call.work, call.actor, call.path["id"])
    if not call.files:
        raise Invalid(fields=[FieldProblem(pointer="/files", code="missing")])
    uploads = [Upload(name=f.name, content=f.content) for f in call.files]
    shown = call.one_of("for_customer", ("no", "yes")) == "yes"
    store = store_of(call.desk.settings)
    done = await files.attach(call.work, call.actor, ticket_id, uploads, store, for_customer=shown)
    kept = await file_views.attachments(call.work, ticket_id, language=call.language)
    destroyed = list(done.destroyed)
    return [msgspec.structs.replace(a, destroyed=destroyed) for a in kept if a.seq == done.ticket.head_seq]


@operation(
    "GET", "/tickets/{id}/attachments/{file}", zh="下载附件", en="A file's copy", permission=READ, gives=bytes
)  # fmt: skip
async def get_attachment(call: Call) -> Answer:
    """The copy without personal data, always as a download, never as something a browser acts on."""
    ticket_id = await reads.id_of(call.work, call.actor, call.path["id"])
    store = store_of(call.desk.settings)
    shown, content = await file_views.content(call.work, call.actor, ticket_id, call.id("file"), store)
    told: dict[str, object] = {"ticket": str(ticket_id), "attachment": str(shown.id)}
    await looks.record(call.work, call.actor, "attachment.read", told)
    return _download(shown, content)


@operation(
    "POST", "/tickets/{id}/attachments/{file}/original", zh="查看附件原件", en="A file's original",
    permission=ORIGINAL, takes=SeeOriginal, gives=bytes,
)  # fmt: skip
async def post_original(call: Call) -> Answer:
    """The bytes as they came, for a reason; a look on record before the answer leaves."""
    ticket = await reads.find_ticket(call.work, call.actor, call.path["id"])
    ticket_id, why = ticket.id, call.body.reason
    settings = call.desk.settings
    store = store_of(settings)
    if why.code == "tell":
        await verification.require_to_tell(call.work, ticket, minutes=settings.verification_minutes)
    shown, content = await file_views.original(call.work, call.actor, ticket_id, call.id("file"), store)
    told: dict[str, object] = {"ticket": str(ticket_id), "attachment": str(shown.id), "reason": why.code}
    told["note"] = mask_text(why.text).text
    await looks.record(call.work, call.actor, "attachment.original", told)
    return _download(shown, content)


@operation(
    "POST", "/tickets/{id}/attachments/{file}/release", zh="放行误报附件", en="Release a file", permission=RELEASE,
    takes=ReleaseFile, gives=AttachmentView,
)  # fmt: skip
async def post_release(call: Call) -> AttachmentView:
    """What the scanner took for malware and is none: checked once more, and read, but not scanned again."""
    ticket_id = await reads.id_of(call.work, call.actor, call.path["id"])
    file_id = call.id("file")
    await file_release.release(call.work, call.actor, ticket_id, file_id, call.body.reason)
    kept = await file_views.attachments(call.work, ticket_id, language=call.language, raw=True)
    found = next((a for a in kept if a.id == file_id), None)
    if found is None:
        raise NotFound
    return found


def _download(shown: AttachmentView, content: bytes) -> Answer:
    return Answer(content=content, media_type=shown.content_type, headers=download_headers(shown.name))
