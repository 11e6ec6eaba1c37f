"""Taking in: an Inbound becomes a ticket by the verb that opens every ticket, one transaction each.

Owns what happens between a door and the desk. Promises that a message is taken once, however often it is delivered
and by however many at once; that nothing of it is lost; and that its ticket and its files commit together.
"""

import hmac
import sys
from datetime import UTC
from typing import Literal
from uuid import UUID

import msgspec
from psycopg.errors import UniqueViolation

from bihuan import tickets
from bihuan.casetypes import CaseType
from bihuan.casetypes import store as case_types
from bihuan.channels.contract import Inbound, note
from bihuan.channels.fit import Fitted, fit
from bihuan.core import clock
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.keyring import KeyRing
from bihuan.privacy import mask_text
from bihuan.tickets import Door, Origin, Store, Upload

#: Longest id kept as it is: PostgreSQL's index takes no more than 2,700 bytes.
_ID_LENGTH = 200
#: The index that lets a delivery open one ticket only.
_ONCE = "ticket_door"


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an Inbound, what its report must say (`contract.note`), and the kinds of secrets that are gone."""

    outcome: Literal["taken", "already_there"]
    ticket_id: UUID
    number: str
    notes: tuple[str, ...] = ()
    destroyed: tuple[str, ...] = ()


async def accept(desk: Desk, actor: Actor, inbound: Inbound) -> Accepted:
    """Take an Inbound in, or find that it was. Raises Invalid where the tenant has no case type to take it by,
    TenantFull, psycopg.Error.
    """
    external_id = door_id(inbound.external_id, desk.ring)
    try:
        async with desk.database.work(actor.tenant_id) as work:
            there = await tickets.opened_by(work, inbound.channel, external_id)
            if there is not None:
                return _there(there)
            spoken = inbound.occurred_at.astimezone(UTC) if inbound.occurred_at else None
            return await _take(work, actor, inbound, Door(external_id=external_id, received_at=spoken), desk)
    except UniqueViolation as error:
        # Somebody else is taking the same delivery in at this moment, and was faster.
        if error.diag.constraint_name != _ONCE:
            raise
    async with desk.database.work(actor.tenant_id) as work:
        there = await tickets.opened_by(work, inbound.channel, external_id)
    if there is None:
        raise RuntimeError(_ONCE)
    return _there(there)


def door_id(external_id: str, ring: KeyRing) -> str:
    """The id a delivery is known by: its own, or a keyed digest where that holds personal numbers or is too long.

    The same for the same delivery, always: the key is the one that is never rotated. A plain hash would not do, for
    there are few enough mobile numbers to try them all.
    """
    key, known = ring.active("number").secret, external_id
    while len(known) > _ID_LENGTH or mask_text(known).text != known:
        known = "keyed:" + hmac.digest(key, b"door-1" + known.encode(), "sha256").hex()
    return known


def _there(origin: Origin) -> Accepted:
    return Accepted(outcome="already_there", ticket_id=origin.id, number=origin.number)


async def _take(work: Work, actor: Actor, inbound: Inbound, door: Door, desk: Desk) -> Accepted:
    case_type = await _case_type(work, inbound.case_type)
    fitted = fit(inbound, case_type, now=clock.now(), language=actor.language)
    opened = await tickets.open_ticket(work, actor, fitted.command, door)
    store = _unlimited(tickets.store_of(desk.settings))
    destroyed = set(opened.destroyed)
    for hidden, uploads in ((True, _original(inbound, fitted)), (False, _files(inbound, fitted))):
        if uploads:
            done = await tickets.attach(
                work, actor, opened.ticket.id, uploads, store, lose_nothing=True, hidden=hidden
            )
            destroyed.update(done.destroyed)
    replaced = () if door.external_id == inbound.external_id else (note("id_protected"),)
    gone = (note("secret_destroyed", ", ".join(sorted(destroyed))),) if destroyed else ()
    return Accepted(
        outcome="taken",
        ticket_id=opened.ticket.id,
        number=opened.ticket.number,
        notes=tuple(dict.fromkeys((*fitted.notes, *replaced, *gone))),
        destroyed=tuple(sorted(destroyed)),
    )


async def _case_type(work: Work, wanted: str | None) -> CaseType:
    known = await case_types.current(work)
    if wanted in known:
        return known[wanted].case_type
    return (await case_types.find(work, case_types.FALLBACK)).case_type


def _original(inbound: Inbound, fitted: Fitted) -> list[Upload]:
    """What came in, byte for byte, where the ticket shows less: of every mail, and of what was cut or masked."""
    is_mail, is_hook = inbound.external_id.startswith("mail:"), inbound.external_id.startswith("hook:")
    if not is_mail and not is_hook and not fitted.needs_original:
        return []
    content = inbound.raw if inbound.raw is not None else f"{inbound.title}\n\n{inbound.body}".encode()
    return [
        Upload(
            name="original.eml" if is_mail else "original.json" if is_hook else "original.txt",
            content=content,
        )
    ]


def _files(inbound: Inbound, fitted: Fitted) -> list[Upload]:
    """What agents may read: the files that came along and, masked, a text that was too long."""
    files = [Upload(name=each.name, content=each.content) for each in inbound.attachments]
    if fitted.full_text is not None:
        files.insert(0, Upload(name="full-text.txt", content=mask_text(fitted.full_text).text.encode()))
    return files


def _unlimited(store: Store) -> Store:
    """The limits of a file and of a ticket are for those who can be told of them; the tenant's stays."""
    return msgspec.structs.replace(store, each=sys.maxsize, ticket=sys.maxsize)
