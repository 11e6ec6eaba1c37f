"""A real server with two tenants of synthetic tickets: `open` never sealed, `sealed` sealed in the middle and at the end."""

import asyncio
import os
import random
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest

from bihuan.core import clock, ids, keyring, migrate, settings
from bihuan.core.actor import Actor
from bihuan.core.db import Database, Query, Work
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.keyring import KeyRing
from bihuan.evidence import chain, seal, state
from bihuan.evidence.append import NewEvent, Stream, append, lock_head
from bihuan.evidence.checks import PayloadCheck, RowCheck

ROWS = RowCheck(kind="ticket", table="sample_ticket", columns=("title", "amount::text", "note"))
MESSAGES = PayloadCheck(
    kind="ticket",
    table="sample_message",
    stream="ticket_id",
    member="commit",
    payload="body",
    nonce="nonce",
    columns=("kind",),
)
FILES = PayloadCheck(
    kind="ticket", table="sample_file", stream="ticket_id", member="sha256", digest="sha256", id="id"
)
TABLES = ("event", "stream", "seal", "seal_leaf", "sample_ticket", "sample_message", "sample_file")

_SCHEMA = """
create table sample_ticket (tenant_id uuid, id uuid, title text, amount bigint, note text, primary key (tenant_id, id));
create table sample_message (tenant_id uuid, ticket_id uuid, seq bigint, kind text, body text, nonce bytea,
  primary key (tenant_id, ticket_id, seq));
create table sample_file (tenant_id uuid, id uuid, ticket_id uuid, seq bigint, sha256 bytea, primary key (tenant_id, id));
grant select, insert, update on sample_ticket, sample_message, sample_file to bihuan_app;
"""
_SET_TICKET = Query(
    name="sample.set_ticket",
    sql="""insert into sample_ticket values (%(tenant_id)s, %(id)s, %(title)s, %(amount)s, %(note)s)
    on conflict (tenant_id, id) do update set title = excluded.title, amount = excluded.amount, note = excluded.note""",
)
_ADD_MESSAGE = Query(
    name="sample.add_message",
    sql="insert into sample_message values (%(tenant_id)s, %(id)s, %(seq)s, 'reply', %(body)s, %(nonce)s)",
)
_ADD_FILE = Query(
    name="sample.add_file",
    sql="insert into sample_file values (%(tenant_id)s, %(file)s, %(id)s, %(seq)s, %(sha256)s)",
)


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """A running server, its ring, and where a superuser and the application get in."""

    super_url: str
    app_url: str
    ring: KeyRing
    folder: Path

    def database(self) -> Database:
        return Database(self.app_url, settings.load({}, data=str(self.folder)), self.ring)


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant and its tickets; `lengths`: events of each, now and at the former state kept in the old_* tables."""

    id: UUID
    lengths: dict[UUID, int]
    former: dict[UUID, int]
    log: Path


async def write(work: Work, ring: KeyRing, ticket_id: UUID, text: str, kind: str = "ticket.changed") -> int:
    """One event on a ticket, with its row, and by its number a message or a file; returns its number."""
    stream = Stream(kind="ticket", id=ticket_id)
    head = await lock_head(work, stream)
    seq = head.seq + 1 if head else 1
    columns = [f"{text} {seq}", str(seq * 100), None if seq % 2 else ""]
    data: dict[str, object] = {"text": text}
    if seq % 3 == 1 and text:
        nonce = os.urandom(16)
        data["commit"] = chain.commitment(nonce, text.encode())
        data["row"] = state.digest(["reply"])
        await work.run(_ADD_MESSAGE, id=ticket_id, seq=seq, body=text, nonce=nonce)
    if seq % 3 == 2 and text:
        files = {ids.new_id(): os.urandom(32) for _ in range(2)}
        data["files"] = [{"id": str(file), "sha256": value.hex()} for file, value in files.items()]
        for file, value in files.items():
            await work.run(_ADD_FILE, id=ticket_id, seq=seq, file=file, sha256=value)
    await work.run(
        _SET_TICKET, id=ticket_id, title=columns[0], amount=seq * 100, note=None if seq % 2 else ""
    )
    by = Actor(
        tenant_id=work.tenant_id, id=work.tenant_id, kind="system", name="闭环", permissions=frozenset()
    )
    event = NewEvent(kind=kind, at=clock.now(), actor=by, data=data, state=state.digest(columns))
    return (await append(work, ring, stream, head, event)).seq


async def _grow(database: Database, ring: KeyRing, tenant_id: UUID, growth: dict[UUID, int]) -> None:
    for ticket_id, events in growth.items():
        async with database.work(tenant_id) as work:
            for _ in range(events):
                await write(work, ring, ticket_id, "客户来电")


async def _seal(database: Database, ring: KeyRing, tenant: Tenant) -> None:
    await seal.seal_tenant(database, ring, tenant.id)
    await seal.RootsLog(tenant.log).catch_up(database, tenant.id)


async def _fill(desk: Desk, tenant: Tenant, *, sealed: bool) -> None:
    """The former state, a copy of it aside, the present state, and a copy of that."""
    database = desk.database()
    await database.open()
    try:
        await _grow(database, desk.ring, tenant.id, tenant.former)
        if sealed:
            await _seal(database, desk.ring, tenant)
        _keep(desk, tenant.id, "old")
        await _grow(
            database, desk.ring, tenant.id, {t: n - tenant.former[t] for t, n in tenant.lengths.items()}
        )
        if sealed:
            await _seal(database, desk.ring, tenant)
        _keep(desk, tenant.id, "kept")
    finally:
        await database.close()


def _keep(desk: Desk, tenant_id: UUID, prefix: str) -> None:
    with psycopg.connect(desk.super_url) as connection:
        for table in TABLES:
            connection.execute(f"create table if not exists {prefix}_{table} (like {table})".encode())
            connection.execute(
                f"insert into {prefix}_{table} select * from {table} where tenant_id = %s".encode(),
                (tenant_id,),
            )


@contextmanager
def attacker(desk: Desk) -> Generator[psycopg.Connection]:
    """A superuser's connection on which triggers and foreign keys are off."""
    with psycopg.connect(desk.super_url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        yield connection


def restore(connection: psycopg.Connection, tenant_id: UUID) -> None:
    """Put the present state back."""
    for table in TABLES:
        connection.execute(f"delete from {table} where tenant_id = %s".encode(), (tenant_id,))
        connection.execute(
            f"insert into {table} select * from kept_{table} where tenant_id = %s".encode(), (tenant_id,)
        )


def make_tenant(desk: Desk, name: str, *, sealed: bool, tickets: int = 24) -> Tenant:
    dice = random.Random(name)
    former = {ids.new_id(): dice.randint(1, 5) for _ in range(tickets)}
    lengths = {ticket: length + dice.randint(1, 6) for ticket, length in former.items()}
    tenant = Tenant(id=ids.new_id(), lengths=lengths, former=former, log=desk.folder / f"{name}.log")
    with psycopg.connect(desk.super_url) as connection:
        connection.execute(
            "insert into tenant (id, code, name, created_at) values (%s, %s, %s, %s)",
            (tenant.id, name, name, clock.now()),
        )
    asyncio.run(_fill(desk, tenant, sealed=sealed))
    return tenant


@pytest.fixture(scope="package")
def desk() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="bihuan-evidence-") as name:
        Path(name).chmod(0o711)
        server = EmbeddedServer(Path(name) / "data")
        server.start()
        try:
            migrate.migrate(server.owner_url)
            with psycopg.connect(server.owner_url) as connection:
                connection.execute(_SCHEMA.encode())
            ring = keyring.init(Path(name) / "keys" / "keys.json")
            yield Desk(super_url=server.superuser_url, app_url=server.app_url, ring=ring, folder=Path(name))
        finally:
            server.stop()


@pytest.fixture(scope="package")
def unsealed(desk: Desk) -> Tenant:
    return make_tenant(desk, "unsealed", sealed=False)


@pytest.fixture(scope="package")
def sealed(desk: Desk) -> Tenant:
    return make_tenant(desk, "sealed", sealed=True)
