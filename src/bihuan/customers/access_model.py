"""A person's own data as a file (PIPL article 45): types, texts, and what can be wrong."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from bihuan.core.permissions import declare
from bihuan.core.problems import Language, Problem

PERSON_ACCESS = declare(
    "person.access",
    zh="受理与复核个人信息查阅、复制申请",
    en="Ask for and decide on giving a person their data",
)

AccessState = Literal["asked", "released", "ready", "refused", "expired", "revoked"]
#: Why a person is not given their data; the law asks for a reason (PIPL article 50).
Refusal = Literal["not_identified", "others_rights", "kept_secret_by_law", "given_lately", "not_ours"]
REFUSALS: dict[Refusal, tuple[str, str]] = {
    "not_identified": (
        "我们未能确认申请人就是本人。请先完成身份核验，再重新申请。",
        "We could not make sure that you are who you say. Please have yourself verified and ask again.",
    ),
    "others_rights": (
        "您申请的内容涉及他人的个人信息或权利，无法单独提供。",
        "What you ask for concerns other people's data or rights and cannot be given apart from them.",
    ),
    "kept_secret_by_law": (
        "法律、行政法规规定此项信息应当保密，现阶段不能提供。",
        "The law demands that this be kept secret for the time being.",
    ),
    "given_lately": (
        "我们不久前已向您提供过同样的内容，其间没有变化。",
        "We gave you the same not long ago, and nothing has changed since.",
    ),
    "not_ours": (
        "您申请的信息不由我们处理，请向相应机构提出。",
        "What you ask for is not held by us; please ask the institution that does.",
    ),
}
STATES: dict[AccessState, tuple[str, str]] = {
    "asked": ("已收到，等待审核", "Received, to be decided"),
    "released": ("已同意，正在生成文件", "Granted, the file is being made"),
    "ready": ("文件已生成，可下载", "The file is ready"),
    "refused": ("未予提供", "Not granted"),
    "expired": ("文件已过期并删除，可重新申请", "The file has expired and was deleted; you can ask again"),
    "revoked": ("申请已失效，可重新申请", "The request no longer holds; you can ask again"),
}


class AccessAsked(Problem):
    """This has been asked for already and is being dealt with."""

    status = 409
    zh = "已提交过申请，正在处理中。"


class AccessDecided(Problem):
    """This request has been decided already."""

    status = 409
    zh = "该申请已处理。"


class AnotherDecides(Problem):
    """A second person decides on a request: never the one who asked for it."""

    status = 409
    zh = "申请须由另一人复核，申请人本人不能决定。"


class NoFileYet(Problem):
    """There is no file to be fetched: {state}."""

    status = 409
    zh = "没有可下载的文件：{state}。"


class FileExpired(Problem):
    """The file has expired and was deleted; please ask again."""

    status = 410
    zh = "文件已过期并删除，请重新申请。"


class FetchedAlready(Problem):
    """A colleague has fetched this file; it is given to colleagues once. The person can fetch it at the portal."""

    status = 409
    zh = "该文件已由工作人员下载过一次，不能再次下载；客户本人仍可在门户下载。"


class RefuseAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Why it is refused; the person is told in words."""

    reason: Refusal


class AccessRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request, as colleagues see it. `customer_id`: who is to be told; `fetched_at`: by a colleague, once."""

    id: UUID
    customer_id: UUID
    asked_as: Literal["staff", "customer"]
    asked_by: UUID
    asked_at: datetime
    state: AccessState
    refusal: Refusal | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    made_at: datetime | None = None
    expires_at: datetime | None = None
    file_bytes: int | None = None
    fetched_by: UUID | None = None
    fetched_at: datetime | None = None


class OwnRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request, as the person sees it, in words. `expires_at`: until when the file can be fetched."""

    id: UUID
    asked_at: datetime
    state: AccessState
    state_text: str
    reason: str | None = None
    made_at: datetime | None = None
    expires_at: datetime | None = None
    file_bytes: int | None = None


def own(found: AccessRequest, language: Language) -> OwnRequest:
    """What its person is shown of a request."""
    which = 0 if language == "zh" else 1
    return OwnRequest(
        id=found.id,
        asked_at=found.asked_at,
        state=found.state,
        state_text=STATES[found.state][which],
        reason=REFUSALS[found.refusal][which] if found.refusal else None,
        made_at=found.made_at,
        expires_at=found.expires_at if found.state == "ready" else None,
        file_bytes=found.file_bytes if found.state == "ready" else None,
    )
