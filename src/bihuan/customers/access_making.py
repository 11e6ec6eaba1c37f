"""Making the file of a person's data, after its release: by the worker, encrypted by a key that derives from the
person's own, so that erasing them ends it too.
"""

import asyncio
import hashlib
from datetime import timedelta
from uuid import UUID

from bihuan import customers, evidence, identity, privacy
from bihuan.core import clock, ids
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.db import Work
from bihuan.core.desk import Desk
from bihuan.core.events import Delivered, reacts_to
from bihuan.core.problems import NotFound
from bihuan.customers import access_file, access_own, access_parts
from bihuan.customers.access import Stored, queries, tell
from bihuan.customers.access_giving import folder
from bihuan.customers.family import family
from bihuan.privacy import file_key, write_file

#: Importing it declares its parts.
__all__ = ["access_own", "make"]


@reacts_to("person.access_released")
async def make_released(desk: Desk, event: Delivered) -> None:
    """Make the file right after the release."""
    async with desk.database.work(event.tenant_id) as work:
        told = await evidence.events(work, event.stream_id, after=event.seq - 1, most=1)
    if told:
        await make(desk, event.tenant_id, UUID(str(told[0].data["request"])))


async def make(desk: Desk, tenant_id: UUID, request_id: UUID) -> None:
    """Make the file of a released request; nothing where that is done. Idempotent: however often, one file is kept."""
    async with desk.database.work(tenant_id) as work:
        found = await work.one(queries.lock_access, Stored, id=request_id)
        if found is None or found.state != "released":
            return
        telling = await _telling(desk, work, found.customer_id)
        now, institution = clock.now(), (await identity.own_tenant(work)).name
        told = await access_parts.told(telling)
        content = await asyncio.to_thread(
            access_file.archive, told, at=now, desk=institution, language=telling.language
        )
        subject = await privacy.must_subject(work, telling.actor.id)
        # A name of its own each time: a file is written once under its key, and one of a try that failed is swept.
        file_id = ids.new_id()
        await asyncio.to_thread(
            write_file, folder(desk), tenant_id, file_id, key=file_key(subject, file_id), content=content
        )
        await work.run(
            queries.access_made,
            id=found.id,
            at=now,
            expires_at=now + timedelta(days=desk.settings.access_days),
            subject_id=subject.id,
            file_id=file_id,
            file_sha256=hashlib.sha256(content).digest(),
            file_bytes=len(content),
        )
        await tell(work, desk_actor(tenant_id), "person.access_made", found, bytes=len(content))


async def _telling(desk: Desk, work: Work, customer_id: UUID) -> access_parts.Telling:
    """Raises NotFound."""
    everybody = await family(work, customer_id)
    person = await customers.find(work, customer_id)
    if person is None:
        raise NotFound
    actor = Actor(
        tenant_id=work.tenant_id,
        id=everybody[0],
        kind="customer",
        name="客户",
        permissions=frozenset(),
        language=person.language,
        selves=frozenset(everybody[1:]),
    )
    return access_parts.Telling(desk=desk, work=work, actor=actor)
