"""Every read about people."""

from uuid import UUID

from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.identity.model import Role, Session, Staff, StaffRow, Team, Token
from bihuan.identity.sign_in import queries


async def staff_list(work: Work) -> list[Staff]:
    """Everybody, by login."""
    return await work.rows(queries.staff_list, Staff)


async def teams(work: Work) -> list[Team]:
    """All teams, by code."""
    return await work.rows(queries.teams, Team)


async def roles(work: Work) -> list[Role]:
    """All roles, by code."""
    return await work.rows(queries.roles, Role)


async def staff_by_login(work: Work, login: str) -> StaffRow | None:
    """One person."""
    return await work.one(queries.staff_by_login, StaffRow, login=login)


async def sessions(work: Work, actor: Actor) -> list[Session]:
    """The actor's own sessions that still run."""
    return await work.rows(queries.sessions, Session, staff_id=actor.id, now=clock.now())


async def sign_out_url(work: Work, actor: Actor, session_id: UUID | None) -> str | None:
    """Where the browser goes after signing out, so that a sign-in service ends its session too."""
    if actor.via != "session" or session_id is None:
        return None
    found = await work.scalar(queries.session_sign_out, id=session_id)
    return str(found) if found else None


async def tokens(work: Work, actor: Actor) -> list[Token]:
    """The actor's own tokens that have not been revoked."""
    return await work.rows(queries.tokens, Token, staff_id=actor.id)


async def team_by_code(work: Work, code: str) -> UUID | None:
    """A team's id."""
    return next((t.id for t in await teams(work) if t.code == code), None)
