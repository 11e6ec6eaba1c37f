"""Who looked at a ticket: read from the register of the lookers' own streams."""

from datetime import datetime
from uuid import UUID

from bihuan import evidence, identity
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.evidence import Asked
from bihuan.identity import Directory
from bihuan.tickets import looks, reads
from bihuan.tickets.look_model import REASONS, RULES, LookAlarm, Looks, LookView, Viewer

_MOST_ALARMS = 100


async def who_looked(work: Work, actor: Actor, name: str, *, after: UUID | None, most: int) -> Looks:
    """Looks at a ticket that the actor sees, newest first. To ask is a look too. Raises NotFound."""
    ticket = await reads.find_ticket(work, actor, name)
    asked = Asked(ticket=ticket.id, stream="staff", after=after)
    found = await evidence.entries(work, asked, most=most + 1)
    people = await identity.directory(work)
    items = [_view(entry, people, actor) for entry in found[:most]]
    await looks.record(work, actor, "looks.read", {"ticket": str(ticket.id)})
    return Looks(items=items, next=items[-1].id if len(found) > most else None)


async def alarms(work: Work, actor: Actor) -> list[LookAlarm]:
    """Unusual looking that was noticed, newest first, 100 at most; one's own is told to others."""
    found = await evidence.entries(work, Asked(kind="look.unusual", stream="staff"), most=_MOST_ALARMS)
    people = await identity.directory(work)
    return [_alarm(entry, people, actor) for entry in found if entry.stream_id != actor.id]


def viewer(people: Directory, event: evidence.Recorded, actor: Actor) -> Viewer:
    """Who did something, by name."""
    person = people.staff.get(event.actor_id)
    if person is not None:
        return Viewer(id=person.id, name=person.name, login=person.login)
    return Viewer(id=event.actor_id, name="系统" if actor.language == "zh" else "The desk", login=None)


def _alarm(entry: evidence.AuditEntry, people: Directory, actor: Actor) -> LookAlarm:
    data = entry.event.data
    # The desk tells it in the stream of who looked.
    person = people.staff.get(entry.stream_id)
    rule = RULES.get(data.get("rule", ""))  # pyright: ignore[reportArgumentType, reportCallIssue]
    return LookAlarm(
        id=entry.id,
        at=entry.event.at,
        who=Viewer(
            id=entry.stream_id,
            name=person.name if person else "",
            login=person.login if person else None,
        ),
        rule=rule[0 if actor.language == "zh" else 1] if rule else str(data.get("rule", "")),
        count=_number(data.get("count")),
        limit=_number(data.get("limit")),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _view(entry: evidence.AuditEntry, people: Directory, actor: Actor) -> LookView:
    data = entry.event.data
    until = data.get("until")
    reason = REASONS.get(data.get("reason", ""))  # pyright: ignore[reportArgumentType, reportCallIssue]
    return LookView(
        id=entry.id,
        at=entry.event.at,
        kind=entry.event.kind,
        who=viewer(people, entry.event, actor),
        reason=reason[0 if actor.language == "zh" else 1] if reason else None,
        note=_text(data.get("note")),
        value_kind=_text(data.get("value_kind")),
        until=datetime.fromisoformat(until) if isinstance(until, str) else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
