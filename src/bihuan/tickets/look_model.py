"""Types of looking: what is asked for and why, what is shown, how much a person may look, what counts as unusual."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Literal, get_args
from uuid import UUID
from zoneinfo import available_timezones

import msgspec

from bihuan.core.permissions import declare
from bihuan.core.problems import FieldProblem, Problem

UNMASK = declare("value.unmask", zh="说明理由后查看敏感信息明文", en="See protected values for a reason")
LOOK_READ = declare(
    "look.read", zh="查看谁看过工单，接收异常查看提醒", en="See who looked; be told of unusual looking"
)
LOOK_MANAGE = declare(
    "look.manage", zh="设定明文查看额度与异常阈值", en="Set how much may be looked at, and what is unusual"
)

ReasonCode = Literal["verify", "contact", "tell", "handle", "fraud", "quality", "authority", "other"]
#: Why somebody looks: code → (zh, en).
REASONS: Mapping[ReasonCode, tuple[str, str]] = MappingProxyType(
    {
        "verify": ("核对客户身份", "Verify who the customer is"),
        "contact": ("联系客户", "Reach the customer"),
        "tell": ("向客户告知（须已核身）", "To tell the customer, who must be verified"),
        "handle": ("办理业务需要", "Needed to handle the case"),
        "fraud": ("风险与欺诈核查", "Risk or fraud check"),
        "quality": ("质检与复核", "Quality review"),
        "authority": ("监管、司法或审计要求", "Asked for by an authority or audit"),
        "other": ("其他", "Something else"),
    }
)
assert set(REASONS) == set(get_args(ReasonCode))
Rule = Literal["hour", "customers", "hours_off", "protected", "refused"]
#: What is unusual: rule → (zh, en).
RULES: Mapping[Rule, tuple[str, str]] = MappingProxyType(
    {
        "hour": ("一小时内查看过多，且远超本人平时", "far more in an hour than set and than usual"),
        "customers": ("一小时内查看许多不同客户", "many different customers in an hour"),
        "hours_off": ("在工作时间以外查看", "outside working hours"),
        "protected": ("查看重点保护客户的信息", "somebody under special protection"),
        "refused": ("多次越权被拒", "refused again and again"),
    }
)
MOST_VALUES = 100

Most = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Code = Annotated[str, msgspec.Meta(max_length=64)]


class LookLimit(Problem):
    """This would be more values than you may see today ({most}); {left} are left."""

    status = 429
    zh = "超过您今日可查看明文的条数（{most} 条），今日还可查看 {left} 条。"

    @property
    def extra(self) -> dict[str, object]:
        """How many a day, and how many are left."""
        return {"most": self.params["most"], "left": self.params["left"]}


class SearchLimit(Problem):
    """You have searched by whole numbers as often as you may today ({most})."""

    status = 429
    zh = "您今日按完整号码查询的次数已达上限（{most} 次）。"


class PolicyChanged(Problem):
    """These rules were changed meanwhile (version {version}); read them again."""

    status = 409
    zh = "该设定已被他人修改（版本 {version}），请重新读取后再改。"


class LookReason(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody looks: a code, and words of their own."""

    code: ReasonCode
    text: Annotated[str, msgspec.Meta(min_length=5, max_length=500)]


class Unmask(msgspec.Struct, frozen=True, kw_only=True):
    """Values to be shown: by id (of a mask in a text, of a contact) or by the code of a field of the ticket."""

    reason: LookReason
    value_ids: Annotated[list[UUID], msgspec.Meta(max_length=MOST_VALUES)] = []
    fields: Annotated[list[Code], msgspec.Meta(max_length=MOST_VALUES)] = []
    minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] | None = None


class ShownValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value in clear until a moment. `field`: the field it was asked for by."""

    value_id: UUID
    kind: str
    value: str
    until: datetime
    field: str | None = None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown, and how many more one may see today."""

    values: list[ShownValue]
    left: int


class ReasonView(msgspec.Struct, frozen=True, kw_only=True):
    """A reason to choose, in the reader's language."""

    code: ReasonCode
    title: str


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What one may look at: values a day, those left, minutes at most, reasons to choose from."""

    most: int
    left: int
    minutes: int
    reasons: list[ReasonView]


class RoleLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Another limit for a role; None: as everybody's. Of several roles the widest holds."""

    values: Most | None = None
    searches: Most | None = None


def _own_limits() -> dict[str, RoleLimits]:
    """Programs look numbers up for people; they are shown none."""
    return {"integration": RoleLimits(searches=100_000)}


class LookPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much a person may look in a day (None: as the desk is set), and from when on it is unusual.

    `hour`: values in an hour, if also `times_usual` times the person's own median of the last 30 days. `customers`:
    different customers in an hour. `refusals`: in an hour. `calendar`: outside its hours looking is unusual; "": never.
    `tiers`, `tags`: of customers and tickets under special protection.
    """

    values_a_day: Most | None = None
    searches_a_day: Most | None = None
    roles: dict[Code, RoleLimits] = msgspec.field(default_factory=_own_limits)
    zone: Code = "Asia/Shanghai"
    hour: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 30
    times_usual: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    customers: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 20
    refusals: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 5
    calendar: Code = "service_hours"
    tiers: Annotated[tuple[Code, ...], msgspec.Meta(max_length=20)] = ("vip",)
    tags: Annotated[tuple[Code, ...], msgspec.Meta(max_length=20)] = ("员工", "VIP")


class PutLookPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """New rules, based on a version (0: the shipped ones)."""

    version: Annotated[int, msgspec.Meta(ge=0)]
    policy: LookPolicy


class LookPolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that hold."""

    version: int
    policy: LookPolicy
    changed_at: datetime | None
    changed_by: str | None


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """Who did something: a colleague, or the desk itself."""

    id: UUID
    name: str
    login: str | None


class LookView(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a ticket: `reason` in words, `value_kind` of what was shown in clear, until when."""

    id: UUID
    at: datetime
    kind: str
    who: Viewer
    reason: str | None
    note: str | None
    value_kind: str | None
    until: datetime | None


class LookAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """Unusual looking that was noticed: whose, by which rule (in words), how often against which limit."""

    id: UUID
    at: datetime
    who: Viewer
    rule: str
    count: int
    limit: int


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """A page of looks, newest first; `next`: where the page after begins."""

    items: list[LookView]
    next: UUID | None


def problems(policy: LookPolicy, calendars: Mapping[str, int]) -> list[FieldProblem]:
    """What is wrong with new rules."""
    found: list[FieldProblem] = []
    if policy.zone not in available_timezones():
        expected: dict[str, str | int] = {"expected": "Asia/Shanghai"}
        found.append(FieldProblem(pointer="/policy/zone", code="pattern", params=expected))
    # The shipped one may not be loaded, or be gone: then nothing is outside its hours.
    if policy.calendar not in ("", LookPolicy().calendar, *calendars):
        choices: dict[str, str | int] = {"choices": ", ".join(sorted(calendars))}
        found.append(FieldProblem(pointer="/policy/calendar", code="choice", params=choices))
    return found
