"""Types of files: what comes in, what readers see, where the bytes lie, and what is refused."""

from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec

from bihuan.core.problems import Problem
from bihuan.core.settings import Settings

#: checking, quarantined: nobody has it yet; ready: the copy; unreadable: no copy; infected: nobody ever.
FileState = Literal["checking", "quarantined", "ready", "unreadable", "infected"]


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


class FileChecking(Problem):
    """{name} is still being checked; try again in a moment."""

    status = 409
    zh = "{name} 正在检查，请稍后再试。"


class FileQuarantined(Problem):
    """{name} waits for the virus scanner, which does not answer; nobody can have it before it was looked at."""

    status = 409
    zh = "病毒扫描服务暂无应答，{name} 待其检查后方可下载。"


class FileInfected(Problem):
    """{name} holds malware and is given to nobody."""

    status = 410
    zh = "{name} 含恶意软件，不予提供。"


class FileUnreadable(Problem):
    """{name} could not be read by the desk, so there is no copy without personal data; its original is given for a reason only."""

    status = 409
    zh = "系统无法读取 {name}，没有去除个人信息的副本；须说明理由方可查看原件。"


class OriginalGone(Problem):
    """The original of {name} was destroyed: it held a security code, a password or a one-time code. The copy is kept."""

    status = 410
    zh = "{name} 的原件含安全码、密码或验证码，已销毁，仅保留副本。"


class AttachmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A file as its readers see it. `content_type` and `size_bytes` are the original's; `copy_*` those of what is given.

    `reason`: why it waits or why there is no copy; `signature`: what the scanner calls the malware; `findings`: how often
    each kind was found, `left_out`: pictures that are not in the copy; `original`: whether its bytes are kept; `raw`: the
    original of a message, shown to nobody without a reason; `destroyed`: what was taken out of its name for good.
    """

    id: UUID
    seq: int
    name: str
    content_type: str
    size_bytes: int
    state: FileState
    reason: str | None = None
    signature: str | None = None
    findings: dict[str, int] = {}
    left_out: int = 0
    copy_type: str | None = None
    copy_bytes: int | None = None
    original: bool = True
    raw: bool = False
    destroyed: list[str] = []


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
