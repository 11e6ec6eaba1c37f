"""Robots over HTTP: set up, tried, taken away. Their addresses and signing secrets go in and never come out."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from bihuan import evidence, identity
from bihuan.core import clock, db, ids, outbound
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.http import Call, operation
from bihuan.core.problems import FieldProblem, Invalid, NotFound, Problem
from bihuan.notices import attempt, deliver, robots
from bihuan.notices.attempt import Later, Outcome, RobotKind, Sent, Unsent
from bihuan.notices.delivery_routes import NOTICE_MANAGE
from bihuan.notices.letters import TRIED, Taken
from bihuan.notices.model import KINDS
from bihuan.notices.robots import Secret

queries = db.load(__file__)

Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
Codes = Annotated[list[Code], msgspec.Meta(max_length=100)]


class RobotSpoke(Problem):
    """This robot has spoken as often as its vendor lets it: try again in a minute."""

    status = 429
    zh = "该机器人已达到平台的发送频率上限，请一分钟后再试。"


class RobotWish(msgspec.Struct, frozen=True, kw_only=True):
    """A robot to be set up or changed. Of one that is there, `url` and `secret` stay where they are not given."""

    code: Code
    kind: RobotKind
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)] | None = None
    secret: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    teams: Codes = []
    kinds: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=64)]], msgspec.Meta(max_length=100)
    ] = []
    active: bool = True


class RobotView(msgspec.Struct, frozen=True, kw_only=True):
    """A robot, without what lets others speak by it."""

    code: str
    kind: RobotKind
    host: str
    teams: list[str]
    kinds: list[str]
    active: bool
    changed_by: UUID
    changed_at: datetime


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """How a trial ended: the delivery's id, whether it was taken, else a code and what it means."""

    id: UUID
    sent: bool
    error: str | None
    error_text: str | None


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    kind: RobotKind
    host: str
    secret: bytes
    secret_key: str


class _Spoke(msgspec.Struct, frozen=True, kw_only=True):
    sending_at: datetime


@operation(
    "GET", "/notices/robots", zh="群机器人", en="Robots", permission=NOTICE_MANAGE, gives=list[RobotView]
)
async def get_robots(call: Call) -> list[RobotView]:
    """The robots."""
    return await call.work.rows(queries.robots, RobotView)


@operation(
    "PUT", "/notices/robots", zh="设置群机器人", en="Set up a robot", permission=NOTICE_MANAGE,
    takes=RobotWish, gives=RobotView,
)  # fmt: skip
async def put_robot(call: Call) -> RobotView:
    """Set up or change a robot."""
    wish: RobotWish = call.body
    work, now = call.work, clock.now()
    row = await work.one(queries.robot, _Row, code=wish.code)
    before = None
    if row is not None:
        before = robots.unseal(work.ring, work.tenant_id, row.code, (row.secret, row.secret_key))
    secret = Secret(
        url=wish.url or (before.url if before else ""),
        key=wish.secret if wish.secret is not None else before.key if before else "",
    )
    if wrong := [*_wrong_address(call, wish, secret.url), *await _wrong_codes(work, wish)]:
        raise Invalid(fields=wrong)
    sealed, tag = robots.seal(work.ring, work.tenant_id, wish.code, secret)
    view = RobotView(
        code=wish.code,
        kind=wish.kind,
        host=urlsplit(secret.url).netloc,
        teams=wish.teams,
        kinds=wish.kinds,
        active=wish.active,
        changed_by=call.actor.id,
        changed_at=now,
    )
    row_of = {f: getattr(view, f) for f in ("code", "kind", "host", "teams", "kinds", "active")}
    await work.run(queries.put_robot, secret=sealed, secret_key=tag, staff_id=call.actor.id, at=now, **row_of)
    await _tell(work, call.actor, "robot.set", {**row_of, "secret_changed": secret != before})
    return view


@operation(
    "DELETE", "/notices/robots/{code}", zh="删除群机器人", en="Take a robot away", permission=NOTICE_MANAGE,
    status=204,
)  # fmt: skip
async def delete_robot(call: Call) -> None:
    """Take a robot away; what waits for it is shown as dead."""
    code = call.path["code"]
    if await call.work.one(queries.drop_robot, dict[str, str], code=code) is None:
        raise NotFound
    await _tell(call.work, call.actor, "robot.removed", {"code": code})


@operation(
    "POST", "/notices/robots/{code}/try", zh="试发群机器人消息", en="Try a robot", permission=NOTICE_MANAGE,
    gives=Trial, apart=True,
)  # fmt: skip
async def post_try(call: Call) -> Trial:
    """Let the robot say a sentence, now; what became of it is the answer, and on record."""
    tenant_id = call.actor.tenant_id
    async with call.desk.database.work(tenant_id) as work:
        taken = await _trial(work, call)
    by = deliver.couriers(call.desk.settings)
    outcome = await deliver.carry(call.desk, by, tenant_id, taken)
    error = None if isinstance(outcome, Sent) else _code(outcome)
    async with call.desk.database.work(tenant_id) as work:
        await work.run(
            queries.delivery_ended,
            id=taken.id,
            sending_at=taken.sending_at,
            # Whoever tries sees what comes of it: nothing is left for anybody to decide.
            state="given_up" if error else "sent",
            due_at=taken.sending_at,
            sent_at=None if error else clock.now(),
            error=error,
            counts=True,
        )
        await _tell(work, call.actor, TRIED, {"code": taken.robot, "error": error})
    text = attempt.ERRORS[error][call.language == "en"] if error else None
    return Trial(id=taken.id, sent=error is None, error=error, error_text=text)


def _code(outcome: Outcome | Unsent | None) -> str:
    """What went wrong; a trial has no later time."""
    return "interrupted" if outcome is None or isinstance(outcome, Sent | Later) else outcome.code


async def _trial(work: Work, call: Call) -> Taken:
    """A delivery that is being sent, on record."""
    now, id_ = clock.now(), ids.new_id()
    row = await work.one(queries.robot, _Row, code=call.path["code"])
    if row is None:
        raise NotFound
    since = now - attempt.LONGEST_WINDOW
    spoke = await work.rows(queries.robot_spoke, _Spoke, robot=row.code, since_at=since)
    if not attempt.room(row.kind, [one.sending_at for one in spoke], now):
        raise RobotSpoke
    target, language = f"robot:{row.code}", call.language
    await work.run(
        queries.add_trial,
        id=id_,
        target=target,
        robot=row.code,
        language=language,
        news=f"tried:{id_}",
        at=now,
    )
    return Taken(
        id=id_,
        channel="robot",
        target=target,
        staff_id=None,
        customer_id=None,
        robot=row.code,
        ticket_id=None,
        kind=TRIED,
        language=language,
        data="{}",
        attempts=1,
        created_at=now,
        sending_at=now,
    )


def _wrong_address(call: Call, wish: RobotWish, url: str) -> list[FieldProblem]:
    allowed = call.desk.settings.robot_hosts
    if not url:
        return [FieldProblem(pointer="/url", code="missing")]
    if not outbound.hosts(allowed).allow(url):
        return [FieldProblem(pointer="/url", code="choice", params={"choices": allowed})]
    if not robots.fits(wish.kind, url):
        expected = f"{robots.ADDRESSES[wish.kind][0]}…"
        return [FieldProblem(pointer="/url", code="pattern", params={"expected": expected})]
    return []


async def _wrong_codes(work: Work, wish: RobotWish) -> list[FieldProblem]:
    people = await identity.directory(work, fresh=True)
    teams = sorted(team.code for team in people.teams.values())
    kinds = [code for code, kind in KINDS.items() if kind.robots]
    return [
        FieldProblem(pointer=f"/{member}/{i}", code="choice", params={"choices": ", ".join(known)})
        for member, given, known in (("teams", wish.teams, teams), ("kinds", wish.kinds, kinds))
        for i, code in enumerate(given)
        if code not in known
    ]


async def _tell(work: Work, actor: Actor, kind: str, data: dict[str, object]) -> None:
    event = evidence.NewEvent(kind=kind, at=clock.now(), actor=actor, data=data)
    await evidence.record(work, work.ring, evidence.Stream(kind="config", id=work.tenant_id), event)
