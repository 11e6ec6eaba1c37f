"""Telling groups by robots: each robot of a ticket's team, and beyond a few of a kind one message that says there are more."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from bihuan.core import clock
from bihuan.core.db import Work
from bihuan.core.problems import Language
from bihuan.core.settings import Settings
from bihuan.notices import feed, queue, quiet
from bihuan.notices.model import KINDS
from bihuan.notices.queue import Waiting, queries

#: A robot speaks to many; they are the desk's people, whose first language this is.
_LANGUAGE: Language = "zh"


class Robot(msgspec.Struct, frozen=True, kw_only=True):
    """A robot that speaks, and of what: kinds and teams' codes, none: all."""

    code: str
    kinds: tuple[str, ...]
    teams: tuple[str, ...]

    def tells(self, kind: str, team: str) -> bool:
        """Whether it tells news of this kind, of tickets in this team ("": in none)."""
        known = kind in KINDS and KINDS[kind].robots
        return known and (not self.kinds or kind in self.kinds) and (not self.teams or team in self.teams)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of news as a group is told it. `before`: the kind that has told the same already, where there is one."""

    kind: str
    before: str
    team: str
    ticket_id: UUID
    data: Mapping[str, object]
    news: str


class _Lately(msgspec.Struct, frozen=True, kw_only=True):
    robot: str
    kind: str
    count: int


async def robots(work: Work) -> list[Robot]:
    """The robots that speak, by code."""
    return await work.rows(queries.robots_on, Robot)


async def tell(work: Work, settings: Settings, by: Sequence[Robot], told: Sequence[Said]) -> None:
    """Queue what the groups are told. Whoever calls holds the robots' locks."""
    pairs = [
        (robot, said)
        for said in told
        for robot in by
        if robot.tells(said.kind, said.team) and not (said.before and robot.tells(said.before, said.team))
    ]
    if not pairs:
        return
    now = clock.now()
    morning = quiet.after(now, quiet.parse(settings.quiet_hours))
    codes = sorted({robot.code for robot, _ in pairs})
    if morning > now:
        room = await queue.waiting(work, "robot", {f"robot:{code}": morning for code in codes})
    else:
        room = await _lately(work, codes)
    full_at = morning if morning > now else feed.window_of(now) + feed.WINDOW
    for robot, said in pairs:
        target = f"robot:{robot.code}"
        single = room.room(Waiting.Slot(target, said.kind, morning if morning > now else None))
        await queue.queue(
            work,
            channel="robot",
            target=target,
            kind=said.kind,
            ticket_id=said.ticket_id if single else None,
            language=_LANGUAGE,
            data=said.data if single else {"gathered": True},
            news=said.news if single else queue.gathering(said.kind, full_at),
            due_at=morning if single else quiet.after(full_at, quiet.parse(settings.quiet_hours)),
        )


async def _lately(work: Work, codes: Sequence[str]) -> Waiting:
    """How many single messages of each kind they were given in this window."""
    rows = await work.rows(
        queries.robots_lately, _Lately, robots=list(codes), since_at=feed.window_of(clock.now())
    )
    return Waiting({Waiting.Slot(f"robot:{row.robot}", row.kind, None): row.count for row in rows})
