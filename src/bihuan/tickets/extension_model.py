"""Types and refusals of longer limits."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from bihuan.core.problems import Problem
from bihuan.tickets.model import Code, Reason, Version

ExtensionState = Literal["asked", "granted", "refused", "lapsed"]
Notice = Annotated[str, msgspec.Meta(min_length=2, max_length=10_000)]


class NoFurtherStage(Problem):
    """This limit has no further stage."""

    status = 409
    zh = "该时限没有可再延长的阶段。"


class NotTheNextStage(Problem):
    """Stages are granted in their order; the next is {next}."""

    status = 409
    zh = "时限须按阶段依次延长，下一阶段为 {next}。"


class LimitOver(Problem):
    """The limit has ended or the clock has stopped; a longer one can be asked for and granted only before."""

    status = 409
    zh = "时限已过或计时已结束；延长须在到期前申请并批准。"


class AlreadyAsked(Problem):
    """A longer limit has been asked for already and waits for a decision."""

    status = 409
    zh = "延长申请已提交，正等待审批。"


class ExtensionDecided(Problem):
    """This request has been decided already."""

    status = 409
    zh = "该申请已处理。"


class ExtensionLapsed(Problem):
    """The limit ended, or the clock stopped or began anew, before this was decided: the request has lapsed."""

    status = 409
    zh = "审批前时限已过、计时已结束或已重新起算，该申请已失效。"


class NothingToTell(Problem):
    """The words for the customer are gone; refuse this request and ask anew."""

    status = 409
    zh = "给客户的告知内容已不存在，请驳回后重新申请。"


class AskExtension(msgspec.Struct, frozen=True, kw_only=True):
    """The next stage, why, and what the customer is told once it is granted."""

    stage: Code
    reason: Reason
    notice: Notice | None = None


class GrantExtension(msgspec.Struct, frozen=True, kw_only=True):
    """Granted as asked: the customer is told at once."""

    version: Version


class RefuseExtension(msgspec.Struct, frozen=True, kw_only=True):
    """Not granted, and why."""

    reason: Reason


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """A request as its row says; whether it has lapsed meanwhile is derived. `seq`: of the event with its words."""

    id: UUID
    ticket_id: UUID
    kind: str
    run: int
    stage: str
    state: ExtensionState
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    seq: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a request, masked; empty where they were erased."""

    reason: str = ""
    notice: str = ""
