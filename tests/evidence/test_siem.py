"""Telling the SIEM: everything, in order, at least once; whoever is away, dies or is killed loses nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest
from siem_receiver import Receiver, authority, receiver, unframed

from bihuan.core import clock, ids
from bihuan.core.actor import Actor
from bihuan.core.db import Database, Work
from bihuan.evidence import seal, siem, siem_wire, syslog
from bihuan.evidence.append import NewEvent, Stream, record
from bihuan.evidence.siem_wire import NotTaken, Wire
from conftest import Desk

PERSON = ids.new_id()


async def _logins(_work: Work) -> Mapping[UUID, str]:
    return {PERSON: "zhang"}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant whose staff and configuration do things."""

    desk: Desk
    database: Database
    tenant_id: UUID

    async def act(self, *streams: Stream, kind: str = "ticket.viewed") -> None:
        """One event in each stream, in one transaction."""
        actor = Actor(tenant_id=self.tenant_id, id=PERSON, kind="staff", name="张", permissions=frozenset())
        async with self.database.work(self.tenant_id) as work:
            for stream in streams:
                event = NewEvent(kind=kind, at=clock.now(), actor=actor, data={"ticket": str(stream.id)})
                await record(work, self.desk.ring, stream, event)

    async def seal(self) -> None:
        """The heads as they stand, under a seal."""
        await seal.seal_tenant(self.database, self.desk.ring, self.tenant_id)

    async def tell(self, wire: Wire) -> int:
        """What is new, to the SIEM."""
        return await siem.tell(self.database, wire, self.tenant_id, _logins)

    async def state(self, wire: Wire) -> siem.SiemState:
        """How far it was told."""
        async with self.database.work(self.tenant_id) as work:
            return await siem.state(work, wire)


@pytest.fixture
async def place(desk: Desk) -> AsyncIterator[Place]:
    """A tenant of this test's own."""
    tenant_id = ids.new_id()
    with psycopg.connect(desk.super_url) as connection:
        code = f"t{tenant_id.hex[-12:]}"
        connection.execute(
            "insert into tenant (id, code, name, created_at) values (%s, %s, %s, %s)",
            (tenant_id, code, code, clock.now()),
        )
    database = desk.database()
    await database.open()
    yield Place(desk=desk, database=database, tenant_id=tenant_id)
    await database.close()


def _wire(one: Receiver, scheme: str = "tcp", ca: str = "") -> Wire:
    return siem_wire.parse(f"{scheme}://127.0.0.1:{one.port}", ca_file=ca)


def _staff() -> Stream:
    return Stream(kind="staff", id=ids.new_id())


async def test_everything_sealed_is_told_once_and_in_order(place: Place) -> None:
    config = Stream(kind="config", id=place.tenant_id)
    people = [_staff() for _ in range(3)]
    with receiver() as one:
        wire = _wire(one)
        assert await place.tell(wire) == 0
        for _ in range(4):
            await place.act(*people, config)
        await place.act(Stream(kind="ticket", id=ids.new_id()))
        assert await place.tell(wire) == 0, "what is not sealed may still be taken back"
        await place.seal()
        assert await place.tell(wire) == 16
        await place.act(config)
        await place.seal()
        assert (await place.tell(wire), await place.tell(wire)) == (1, 0)
        told = one.told()
    for stream in (*people, config):
        seqs = [line["seq"] for line in told if line["stream_id"] == str(stream.id)]
        assert seqs == list(range(1, len(seqs) + 1)) and len(seqs) >= 4
    assert [line["at"] for line in told] == sorted(line["at"] for line in told)
    first = told[0]
    assert first["actor"] == {"id": str(PERSON), "kind": "staff", "via": "desk", "login": "zhang"}
    assert {"tenant", "stream", "seq", "kind", "data", "hash", "seal"} <= first.keys()
    assert (await place.state(wire)).behind == 0


async def test_a_receiver_that_is_away_loses_nothing_and_holds_nobody_up(place: Place) -> None:
    person = _staff()
    with receiver() as one:
        port = one.port
        await place.act(person)
        await place.seal()
        assert await place.tell(_wire(one)) == 1
    wire = siem_wire.parse(f"tcp://127.0.0.1:{port}")
    await place.act(person)
    await place.seal()
    for _ in range(2):
        with pytest.raises(NotTaken, match="ConnectionRefusedError"):
            await place.tell(wire)
    await place.act(person)
    await place.seal()
    state = await place.state(wire)
    assert (state.error, state.behind) == ("ConnectionRefusedError", 2) and state.failing_since is not None
    with receiver(port=port) as again:
        assert await place.tell(wire) == 2
        assert [line["seq"] for line in again.told()] == [2, 3]
    state = await place.state(wire)
    assert (state.error, state.behind, state.failing_since) == (None, 0, None)


async def test_a_receiver_that_dies_with_something_unread_is_told_again(place: Place) -> None:
    person = _staff()
    for _ in range(20):
        await place.act(person)
    await place.seal()
    with receiver() as one:
        one.deaf = True
        with pytest.raises(NotTaken):
            await place.tell(_wire(one))
        one.deaf = False
        assert await place.tell(_wire(one)) == 20
        assert [line["seq"] for line in one.told()] == list(range(1, 21))


async def test_a_worker_that_was_killed_is_replaced(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    person = _staff()
    await place.act(person)
    await place.seal()

    def killed(_self: Wire, _messages: object) -> None:
        raise asyncio.CancelledError

    with receiver() as one:
        wire = _wire(one)
        with monkeypatch.context() as patched:
            patched.setattr(Wire, "send", killed)
            with pytest.raises(asyncio.CancelledError):
                await place.tell(wire)
        assert await place.tell(wire) == 0, "its lease still holds"
        with clock.travel(clock.now() + siem.LEASE + timedelta(seconds=1)):
            assert await place.tell(wire) == 1
        assert [line["seq"] for line in one.told()] == [1]


async def test_two_workers_tell_everything_and_nothing_out_of_order(place: Place) -> None:
    person = _staff()
    with receiver() as one:
        wire = _wire(one)
        for _ in range(5):
            await place.act(person)
            await place.seal()
            await asyncio.gather(place.tell(wire), place.tell(wire))
        assert [line["seq"] for line in one.told()] == [1, 2, 3, 4, 5]


async def test_a_batch_may_end_in_the_middle_of_a_seal(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [_staff() for _ in range(3)]
    for _ in range(3):
        await place.act(*people)
    await place.seal()
    monkeypatch.setattr(siem, "_BATCH", 4)
    with receiver() as one:
        assert await place.tell(_wire(one)) == 9
        told = one.told()
    for person in people:
        assert [line["seq"] for line in told if line["stream_id"] == str(person.id)] == [1, 2, 3]


async def test_tls_is_checked(place: Place, tmp_path: Path) -> None:
    context, trusted = authority(tmp_path)
    person = _staff()
    await place.act(person)
    await place.seal()
    with receiver(tls=context) as one:
        with pytest.raises(NotTaken, match="SSLCertVerificationError"):
            await place.tell(_wire(one, "tls"))
        assert one.frames == []
        assert await place.tell(siem_wire.parse(f"tls://127.0.0.1:{one.port}?ca={trusted}")) == 1
        assert [line["seq"] for line in one.told()] == [1]


async def test_datagrams_go_one_by_one(place: Place) -> None:
    await place.act(_staff(), _staff())
    await place.seal()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(5)
        assert await place.tell(siem_wire.parse(f"udp://127.0.0.1:{listener.getsockname()[1]}")) == 2
        assert all(listener.recv(65_536).startswith(b"<110>1 ") for _ in range(2))


def _line(kind: str, *, data: Mapping[str, object], stream: str = "staff") -> syslog.Line:
    body = {"at": "2026-11-22T08:00:00+08:00", "actor": {"id": str(PERSON)}, "data": data, "kind": kind}
    return syslog.Line(
        tenant="bank", stream=msgspec.convert(stream, type=syslog.Line.__annotations__["stream"]), stream_id=PERSON,
        seq=7, body=msgspec.json.encode(body).decode(), hash=b"\x01", seal_no=3, login=None,
    )  # fmt: skip


def test_a_line_is_rfc_5424() -> None:
    raw = syslog.line(_line("staff.signed_in", data={"词": "a\nb"}), host="desk 1\n")
    assert raw.startswith(
        b"<110>1 2026-11-22T00:00:00.000000Z desk1 bihuan - staff.signed_in - \xef\xbb\xbf{"
    )
    assert b"\n" not in raw
    assert syslog.line(_line("staff.sign_in_failed", data={}), host="").startswith(b"<108>1 ")
    assert syslog.line(_line("role.put", data={}, stream="config"), host="").startswith(b"<109>1 ")


def test_a_frame_holds_whatever_a_message_holds() -> None:
    messages = [b"", b"12 x", "中文".encode() * 1000, b"\n\n"]
    assert unframed(b"".join(syslog.framed(m) for m in messages)) == messages
