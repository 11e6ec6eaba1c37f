"""Attachments: typed by content, safely named, counted against quotas, encrypted, synced before their row commits."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import msgspec
import puremagic

from bihuan import evidence, privacy
from bihuan.core import ids
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import NotFound, Problem, size
from bihuan.core.settings import Settings
from bihuan.privacy import CIPHER, Protector, Subject, file_key, file_path, read_file, write_file
from bihuan.tickets.done import Done, done
from bihuan.tickets.visible import queries, visible_to
from bihuan.tickets.write import Basis, Held, Plan, hold, write

MOST_FILES = 20
#: What may be kept, by content. Anything else is kept too, but only by doors that must lose nothing, as plain bytes.
_ALLOWED = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jfif": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".heic": "image/heic",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".zip": "application/zip",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".amr": "audio/amr",
    ".mp4": "video/mp4",
}
_UNKNOWN = "application/octet-stream"
#: Starts of files that a computer would run or a browser would act on; never taken, whatever they are called.
_ACTIVE = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
_MARKUP = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|script|svg|iframe|object|embed|\?xml)\b", re.IGNORECASE
)
#: Ends of names by which a computer runs a file or opens it with rights, whatever is in it.
_ACTED_ON = frozenset((
    "app", "apk", "bat", "chm", "cmd", "com", "cpl", "dmg", "docm", "dotm", "exe", "gadget", "hta", "htm",
    "html", "inf", "iso", "jar", "js", "jse", "lnk", "mht", "mhtml", "msc", "msi", "msix", "pif", "pptm",
    "ps1", "psm1", "py", "pyw", "reg", "scf", "scr", "sh", "svg", "url", "vb", "vbe", "vbs", "ws", "wsf",
    "wsh", "xhtml", "xlsm", "xml", "xltm",
))  # fmt: skip
_RESERVED = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


class FileTooLarge(Problem):
    """{name} is larger than {limit}."""

    status = 413
    zh = "{name} 超过 {limit} 的上限。"


class TooManyFiles(Problem):
    """At most {limit} files at once."""

    status = 422
    zh = "一次最多上传 {limit} 个文件。"


class TicketFull(Problem):
    """The ticket's attachments may hold {limit} in all."""

    status = 413
    zh = "该工单附件总量不得超过 {limit}。"


class FileGone(Problem):
    """The bytes of {name} are not on disk; ask your administrator to run `bihuan doctor` and restore a backup."""

    status = 410
    zh = "{name} 的内容不在磁盘上，请联系管理员运行 `bihuan doctor` 并从备份恢复。"


class TenantFull(Problem):
    """The institution's attachments have reached {limit}; ask your administrator."""

    status = 507
    zh = "本机构附件总量已达 {limit}，请联系管理员。"


class NoRoomForFiles(TenantFull):
    """We cannot take more files just now; please tell us in a message, or call us."""

    zh = "暂时无法接收更多文件，请先以文字留言说明，或致电客服。"


class CustomerFull(Problem):
    """Your files have reached {limit} in all; please tell us in a message, or call us."""

    status = 413
    zh = "您上传的文件总量已达 {limit}，请以文字留言说明，或致电客服。"


class TypeNotAllowed(Problem):
    """{name} is of a kind that is not taken: pictures, PDF, Office, text, sound and video are."""

    status = 415
    zh = "{name} 的类型不予接收；可上传图片、PDF、Office、文本、音频与视频。"


class EmptyFile(Problem):
    """{name} is empty."""

    status = 422
    zh = "{name} 是空文件。"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it came: name and bytes. What its sender says of its type is not believed."""

    name: str
    content: bytes


class AttachmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A file as its readers see it."""

    id: UUID
    seq: int
    name: str
    content_type: str
    size_bytes: int


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    seq: int
    name: str
    content_type: str
    size_bytes: int
    sha256: bytes
    subject_id: UUID
    hidden: bool


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    content_type: str
    size_bytes: int
    sha256: bytes
    nonce: bytes


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """Where attachments lie and how much there may be."""

    folder: Path
    each: int
    ticket: int
    customer: int
    tenant: int

    @property
    def tenant_for_customers(self) -> int:
        """Customers leave the last tenth to colleagues and to doors that must lose nothing."""
        return self.tenant * 9 // 10


def store_of(settings: Settings) -> Store:
    """The store by the settings."""
    return Store(
        folder=settings.data_folder / "attachments",
        each=settings.attachment_bytes,
        ticket=settings.ticket_attachment_bytes,
        customer=settings.customer_bytes,
        tenant=settings.tenant_attachment_bytes,
    )


async def attach(
    work: Work, actor: Actor, ticket_id: UUID, uploads: Sequence[Upload], store: Store, *, lose_nothing: bool = False,
    hidden: bool = False, for_customer: bool = False,
) -> Done:  # fmt: skip
    """Keep files. Never conflicts. With `lose_nothing` (mail, import) odd types are kept as plain bytes.
    `for_customer`: what a colleague brings is for the customer to see; else it is for colleagues.

    Raises FileTooLarge, TooManyFiles, TicketFull, CustomerFull, TenantFull, TypeNotAllowed, EmptyFile.
    """
    _check(uploads, store, lose_nothing=lose_nothing)
    held = await hold(work, actor, ticket_id, Basis(version=None))
    await _check_quotas(held, actor, sum(len(u.content) for u in uploads), store)
    subject = await held.protector.subject()
    kept = [_keep(held, subject, upload, store) for upload in uploads]
    told = [{"id": str(k.id), "sha256": k.sha256.hex(), "row": _row_digest(k, subject, hidden)} for k in kept]
    said = {"for_customer": True} if for_customer else {}
    ticket = await write(held, Plan(action="attach", data={"attachments": told, **said}))
    for k in kept:
        values = {name: getattr(k, name) for name in _Kept.__struct_fields__}
        await work.run(
            queries.add_attachment,
            ticket_id=ticket_id,
            seq=ticket.head_seq,
            subject_id=subject.id,
            cipher=CIPHER,
            hidden=hidden,
            **values,
        )
    return done(held, ticket)


async def attachments(work: Work, ticket_id: UUID) -> list[AttachmentView]:
    """The files of a ticket the caller may see; raw originals are not among them."""
    rows = await work.rows(queries.attachments, _Row, ticket_id=ticket_id)
    return [
        AttachmentView(id=r.id, seq=r.seq, name=r.name, content_type=r.content_type, size_bytes=r.size_bytes)
        for r in rows
        if not r.hidden
    ]


async def content(
    work: Work, actor: Actor, ticket_id: UUID, attachment_id: UUID, store: Store
) -> tuple[AttachmentView, bytes]:
    """A file's bytes in clear. Raises NotFound, NotOpened, Shredded, FileGone."""
    if await work.one(queries.ticket, dict, id=ticket_id, **visible_to(actor)) is None:
        raise NotFound
    rows = await work.rows(queries.attachments, _Row, ticket_id=ticket_id)
    row = next((r for r in rows if r.id == attachment_id and not r.hidden), None)
    subject = None if row is None else await privacy.find_subject(work, row.subject_id)
    if row is None or subject is None:
        raise NotFound
    path = file_path(store.folder, work.tenant_id, row.id)
    view = AttachmentView(
        id=row.id, seq=row.seq, name=row.name, content_type=row.content_type, size_bytes=row.size_bytes
    )
    try:
        return view, read_file(path, file_key(subject, row.id))
    except FileNotFoundError as error:
        raise FileGone(name=row.name) from error


def content_type_of(content: bytes) -> str | None:
    """The type by content; None where it may not be kept. Text is text, whatever its name promises."""
    head = content[:4096]
    if head.startswith(_ACTIVE):
        return None
    try:
        found = str(puremagic.from_string(content[:65_536]))  # pyright: ignore[reportUnknownMemberType]
    except (puremagic.PureError, ValueError):
        found = ""
    if found in (".docx", ".xlsx", ".pptx", ".zip", ".jar", ".apk"):
        return _zipped(content)
    if found in _ALLOWED:
        return _ALLOWED[found]
    if _MARKUP.search(head):
        return None
    return "text/plain" if _is_text(head) else None


def download_name(name: str, content_type: str) -> str:
    """The name with an end that a computer does not act on: `invoice.pdf.js` is text and is called so."""
    if name.rpartition(".")[2].lower() not in _ACTED_ON:
        return name
    return f"{name[:116]}.txt" if content_type == "text/plain" else f"{name[:116]}.bin"


def download_headers(name: str) -> dict[str, str]:
    """How a file goes out: always as a download, never as something a browser acts on."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='-._~')}"
    return {"content-disposition": disposition, "content-security-policy": "sandbox; default-src 'none'"}


def safe_name(name: str, protector: Protector | None = None) -> str:
    """A name that is safe on every system and shows nobody's numbers: at most 120 characters, never empty."""
    flat = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    # Characters that turn the reading direction hide an extension: "fdp.exe" shown as "exe.pdf".
    flat = "".join(c for c in flat if unicodedata.category(c) not in ("Cf", "Cc", "Cs", "Co"))
    flat = _RESERVED.sub("_", flat.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]).strip(" .")
    masked = (protector.plain(flat) if protector else privacy.mask_text(flat).text).replace("*", "x")
    if len(masked) > 120:
        stem, dot, suffix = masked.rpartition(".")
        masked = (stem[: 120 - len(suffix) - 1] + dot + suffix) if dot and len(suffix) < 12 else masked[:120]
    return masked or "file"


def _check(uploads: Sequence[Upload], store: Store, *, lose_nothing: bool) -> None:
    if len(uploads) > MOST_FILES and not lose_nothing:
        raise TooManyFiles(limit=MOST_FILES)
    for upload in uploads:
        shown = safe_name(upload.name)
        if len(upload.content) > store.each:
            raise FileTooLarge(name=shown, limit=size(store.each))
        if not upload.content and not lose_nothing:
            raise EmptyFile(name=shown)
        if content_type_of(upload.content) is None and not lose_nothing:
            raise TypeNotAllowed(name=shown)


async def _check_quotas(held: Held, actor: Actor, more: int, store: Store) -> None:
    work = held.work
    of_ticket = await work.scalar(queries.attachment_sizes, ticket_id=held.ticket.id)
    if of_ticket + more > store.ticket:
        raise TicketFull(limit=size(store.ticket))
    of_tenant = await work.scalar(queries.tenant_size)
    if actor.kind == "customer":
        of_customer = await work.scalar(queries.customer_size, customer_id=actor.id)
        if of_customer + more > store.customer:
            raise CustomerFull(limit=size(store.customer))
        if of_tenant + more > store.tenant_for_customers:
            raise NoRoomForFiles
    if of_tenant + more > store.tenant:
        raise TenantFull(limit=size(store.tenant))


def _keep(held: Held, subject: Subject, upload: Upload, store: Store) -> _Kept:
    file_id, nonce = ids.new_id(), ids.new_nonce()
    content_type = content_type_of(upload.content) or _UNKNOWN
    write_file(
        store.folder,
        held.work.tenant_id,
        file_id,
        key=file_key(subject, file_id),
        content=upload.content,
    )
    return _Kept(
        id=file_id,
        name=download_name(safe_name(upload.name, held.protector), content_type),
        content_type=content_type,
        size_bytes=len(upload.content),
        sha256=hashlib.sha256(nonce + upload.content).digest(),
        nonce=nonce,
    )


def _row_digest(kept: _Kept, subject: Subject, hidden: bool) -> str:
    return evidence.state_digest(
        [kept.name, kept.content_type, str(kept.size_bytes), str(subject.id), "true" if hidden else "false"]
    )


def _zipped(content: bytes) -> str | None:
    """Office files are zips; told apart by what is inside. Programs in a zip's clothes are not taken."""
    for mark, suffix in ((b"word/", ".docx"), (b"xl/", ".xlsx"), (b"ppt/", ".pptx")):
        if mark in content and b"[Content_Types].xml" in content:
            return None if b"vbaProject.bin" in content else _ALLOWED[suffix]
    return None if b"META-INF/MANIFEST.MF" in content else _ALLOWED[".zip"]


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            head[: len(head) - 4 if len(head) == 4096 else None].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
