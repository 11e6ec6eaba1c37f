"""Giving a person the file of their data, and taking it away again.

The person fetches it at the portal; a colleague can fetch it for them once, and that is a look on record. It is deleted
when its days are over, with its person, and when what was made of two customers as one is two persons' again.
"""

import asyncio
import time
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

import msgspec

from bihuan import identity, privacy
from bihuan.core import clock, log
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.http import Answer
from bihuan.core.problems import NotFound
from bihuan.customers.access import Stored, as_it_is, queries, tell
from bihuan.customers.access_model import STATES, AccessRequest, FetchedAlready, FileExpired, NoFileYet
from bihuan.customers.family import family
from bihuan.customers.merge import Moving, moves
from bihuan.privacy import Leaving, file_key, file_path, read_file

#: A file younger than this may belong to a transaction that has not committed yet.
_ORPHAN_SECONDS = 3600
_CONFIRMED_MINUTES = 15
_log = log.get("access")


class _Id(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID


class _File(msgspec.Struct, frozen=True, kw_only=True):
    file_id: UUID


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A file on its way to its person."""

    name: str
    content: bytes


async def fetch_own(desk: Desk, work: Work, actor: Actor, request_id: UUID) -> Fetched:
    """The file, for its person. Raises NotFound, NoFileYet, FileExpired, Shredded."""
    found = await work.one(queries.lock_access, Stored, id=request_id)
    if found is None or found.customer_id not in {actor.id, *actor.selves}:
        raise NotFound
    content = await _content(desk, work, actor, found)
    await tell(work, actor, "person.access_fetched", found)
    return Fetched(name=_name(found), content=content)


async def fetch_for_them(desk: Desk, work: Work, actor: Actor, request_id: UUID) -> Fetched:
    """The file, for a colleague who hands it on: once, at the screen, and a look on record.

    Raises NotFound, SessionNeeded, ConfirmAgain, NotAllowed, FetchedAlready, NoFileYet, FileExpired, Shredded.
    """
    found = await work.one(queries.lock_access, Stored, id=request_id)
    if found is None:
        raise NotFound
    # All of it stands in clear: whoever may see no value in clear may not see them all.
    actor.must("value.unmask")
    identity.confirmed_here(actor, within=_CONFIRMED_MINUTES)
    if found.fetched_at is not None:
        raise FetchedAlready
    content = await _content(desk, work, actor, found)
    await work.run(queries.access_fetched, id=found.id, fetched_by=actor.id, at=clock.now())
    await tell(work, actor, "person.access_fetched", found)
    return Fetched(name=_name(found), content=content)


async def _content(desk: Desk, work: Work, actor: Actor, found: Stored) -> bytes:
    state = as_it_is(found).state
    if state == "expired":
        raise FileExpired
    if state != "ready" or found.file_id is None or found.subject_id is None:
        raise NoFileYet(state=STATES[state][0 if actor.language == "zh" else 1])
    subject = await privacy.must_subject(work, found.subject_id)
    path = file_path(folder(desk), work.tenant_id, found.file_id)
    try:
        return await asyncio.to_thread(read_file, path, file_key(subject, found.file_id))
    except FileNotFoundError as error:
        raise FileExpired from error


def download(fetched: Fetched) -> Answer:
    """A file as a download that no cache keeps."""
    headers = {"content-disposition": f'attachment; filename="{fetched.name}"', "cache-control": "no-store"}
    return Answer(content=fetched.content, media_type="application/zip", headers=headers)


async def sweep(desk: Desk, tenant_id: UUID) -> None:
    """Files whose time is over, and files no request knows any more, are deleted."""
    async with desk.database.work(tenant_id) as work:
        over = await work.rows(queries.access_expired, _File, now=clock.now())
    for row in over:
        file_path(folder(desk), tenant_id, row.file_id).unlink(missing_ok=True)
    shelves = sorted(at.iterdir()) if (at := folder(desk) / tenant_id.hex).is_dir() else []
    files = [f for shelf in shelves for f in shelf.iterdir()]
    async with desk.database.work(tenant_id) as work:
        names = [UUID(f.name) for f in files if f.suffix == ""]
        alive = {row.id for row in await work.rows(queries.access_files, _Id, ids=names)}
    for file in [f for f in files if f.suffix or UUID(f.name) not in alive]:
        if time.time() - file.stat().st_mtime > _ORPHAN_SECONDS:
            file.unlink(missing_ok=True)
            _log.info("access_file_swept", file=file.name)


@privacy.forgets
async def forget(leaving: Leaving) -> None:
    """Nothing more is given of an erased person."""
    await leaving.work.rows(queries.revoke_access, _Id, customer_ids=list(leaving.subjects), since_at=None)


@privacy.removes
async def remove_files(desk: Desk, tenant_id: UUID, subject_ids: Collection[UUID]) -> None:
    """Delete the encrypted bytes; without their key they say nothing, but nobody need trust that."""
    async with desk.database.work(tenant_id) as work:
        rows = await work.rows(queries.access_files_of, _Id, ids=list(subject_ids))
    for row in rows:
        file_path(folder(desk), tenant_id, row.id).unlink(missing_ok=True)


@moves
async def part(moving: Moving) -> None:
    """What was made, or is being made, of two as one is given to neither once they are two again."""
    if moving.parting:
        everybody = {*moving.moved, *await family(moving.work, moving.into_id)}
        await moving.work.rows(
            queries.revoke_access, _Id, customer_ids=list(everybody), since_at=moving.since
        )


def folder(desk: Desk) -> Path:
    """Where the files lie."""
    return desk.settings.data_folder / "access"


def _name(found: AccessRequest) -> str:
    return f"person-{found.asked_at:%Y%m%d}.zip"
