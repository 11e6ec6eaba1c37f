"""Nothing leaks: thousands of known values through every door, then a search of every place they could have got to.

The places: a dump of the database, its files after a checkpoint, its write-ahead log, the data folder with the
attachments, the desk's and the database's logs, and all that left by mail, SMS and robots. The same search finds a plain
value planted in each of them, so it can fail. `make test` takes a sample, `make test-long` ten thousand.
"""

import base64
import os
import random
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from stdnum import luhn

from bihuan import app, evidence, tickets
from bihuan.api import web
from bihuan.core import keyring, migrate, outbox
from bihuan.core.embedded import EmbeddedServer
from bihuan.core.settings import load
from bihuan.notices import deliver
from tests.cli.command import open_folder
from tests.conftest import House, figure, found
from tests.notices.sending import logged
from tests.notices.servers import MailServer, WebServer
from tests.trust.corpus import NUMBERS, WORDS, Item, items, sought
from tests.trust.doors import DOORS, Visitor
from tests.trust.search import Search

WHOLE = os.environ.get("BIHUAN_TEST_LONG") == "1"
COUNT = 10_000 if WHOLE else 220
SEED = 20_261_122
#: Of this run alone: nothing else can have brought them where they are found.
PLANTED, PACKED, CHUNKED = (
    f"{front}{luhn.calc_check_digit(front)}"
    for front in (f"{bank}{random.SystemRandom().randrange(10**9):09}" for bank in (622202, 622848, 621700))
)
#: Ten thousand take the better part of an hour, most of it hashing passwords and reading files as a desk does.
pytestmark = pytest.mark.timeout(7_200 if WHOLE else 900)


class Places:
    """Where a value could be, once the desk has done its work."""

    def __init__(self, house: House, server: EmbeddedServer, folder: Path, database: str) -> None:
        self.house = house
        self.server = server
        self.folder = folder
        self.database = database
        self.words = StringIO()
        self.sent: list[bytes] = []
        self.first_wal = ""
        #: Of the last search.
        self.bytes = 0
        self.seconds = 0.0

    def owner(self) -> psycopg.Connection:
        """A superuser's connection."""
        return psycopg.connect(self.server.url("postgres", self.database), autocommit=True)

    def search(self, search: Search) -> dict[str, set[str]]:
        """Place → what was found there; places without any are left out."""
        found: dict[str, set[str]] = {}
        for place, data in self._bytes():
            if hits := search.in_bytes(data):
                found[place] = found.get(place, set()) | hits
        started, self.bytes = time.perf_counter(), 0
        for place, path in self._files():
            self.bytes += path.stat().st_size
            if hits := search.in_file(path):
                found[place] = found.get(place, set()) | hits
        self.seconds = time.perf_counter() - started
        return found

    def _bytes(self) -> Iterator[tuple[str, bytes]]:
        yield "logs", self.words.getvalue().encode()
        for one in self.sent:
            yield "sent", one

    def _files(self) -> Iterator[tuple[str, Path]]:
        dump = self.folder / "dump.sql"
        with dump.open("wb") as to:
            program = str(self.server.bin("pg_dump"))
            # Whole, as an operator's backup is; the packs' public worked examples are no customer's.
            command = [program, "--exclude-table-data=case_type", self.server.url("postgres", self.database)]
            subprocess.run(command, stdout=to, check=True, timeout=300, **_as_owner(self.server))
        yield "dump", dump
        with self.owner() as connection:
            connection.execute("checkpoint")
            relations = connection.execute(
                "select pg_relation_filepath(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                " where (n.nspname in ('public', 'pg_toast') or c.relname in ('pg_statistic', 'pg_largeobject'))"
                " and pg_relation_filepath(c.oid) is not null and c.relname not like '%case_type%'"
            ).fetchall()
        for (path,) in relations:
            if (file := self.server.cluster / path).is_file():
                yield "files", file
        for file in sorted((self.server.cluster / "pg_wal").glob("[0-9A-F]" * 24)):
            if file.name >= self.first_wal:
                yield "wal", file
        for file in [f for f in (self.server.cluster / "log").rglob("*") if f.is_file()]:
            yield "logs", file
        for file in [f for f in (self.folder / "data").rglob("*") if f.is_file() and f.name != "keys.json"]:
            yield "folder", file


def _as_owner(server: EmbeddedServer) -> dict[str, Any]:
    """The embedded server lets in by `peer` its own account alone."""
    owner = server.cluster.stat().st_uid
    return {} if owner == os.getuid() else {"user": owner, "group": server.cluster.stat().st_gid}


@pytest.fixture(scope="module")
async def places() -> AsyncIterator[Places]:
    """A desk of its own, so that its database is small and holds nothing of other tests."""
    folder = open_folder()
    server = EmbeddedServer(folder)
    server.start()
    mails, net = MailServer(), WebServer()
    mails.start()
    try:
        server.create_database("leaks")
        migrate.migrate(server.url("bihuan_owner", "leaks"))
        keyring.init(folder / "data" / "keys.json")
        settings = load(
            {}, data=str(folder / "data"), database_url=server.url("bihuan_app", "leaks"), database_admin_url=server.url("bihuan_owner", "leaks"),
            requests_per_minute=0, anonymous_requests_per_minute=0, quiet_hours="", portal_messages=10**6, portal_files=10**6,
            portal_tickets=10**6, sign_in_tries=10**6, sign_in_tries_per_address=10**6, smtp_url=f"smtp://127.0.0.1:{mails.port}",
            mail_from="desk@bank.example", sms_url=net.origin, sms_key="a key of sixteen or more", robot_hosts=net.origin,
            statement_timeout_ms=30_000,
        )  # fmt: skip
        desk = app.make_desk(settings, name="bihuan-leaks")
        await desk.start()
        transport = httpx.ASGITransport(web.create(desk, stopping=lambda: False), raise_app_exceptions=False)
        made = Places(await found(desk, transport), server, folder, "leaks")
        with made.owner() as connection:
            connection.execute("select pg_switch_wal()")
            made.first_wal = str(
                connection.execute("select pg_walfile_name(pg_current_wal_lsn())").fetchone()[0]
            )  # pyright: ignore[reportOptionalSubscript]
        with logged() as words:
            made.words = words
            await _through_every_door(made)
            await _delivered(made)
        made.sent = [raw for _, raw in mails.mails] + [
            got.body + got.path.encode() + str(got.headers).encode() for got in net.got
        ]
        yield made
        await desk.stop()
    finally:
        mails.stop()
        net.stop()
        cluster = server.cluster.parent
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(cluster, ignore_errors=True)


ITEMS: list[Item] = list(items(COUNT, SEED))


async def _through_every_door(places: Places) -> None:
    inbox = places.folder / "in"
    inbox.mkdir()
    visitor = Visitor(places.house, inbox)
    names = list(DOORS)
    waiting = [item.sentence for item in ITEMS]
    turn = 0
    while waiting:
        door, count = DOORS[names[turn % len(names)]]
        said, waiting = waiting[:count], waiting[count:]
        await door(visitor, said)
        turn += 1


async def _delivered(places: Places) -> None:
    """All that the desk does by itself: reactions, files checked, notices to everybody by every way, evidence sealed."""
    desk, tenant_id = places.house.desk, places.house.tenant_id
    by = deliver.couriers(desk.settings)
    for _ in range(50):
        done = await outbox.deliver_due(desk, tenant_id=tenant_id)
        done += await deliver.deliver_due(desk, tenant_id=tenant_id, by=by)
        if not done:
            break
    await tickets.file_check.check_now(desk, tenant_id)
    while await evidence.seal_tenant(desk.database, desk.ring, tenant_id):
        pass
    await app.sweep(desk, tenant_id)


def _search(told: list[Item]) -> Search:
    return Search(
        numbers=[sought(i) for i in told if i.kind in NUMBERS],
        words=[sought(i) for i in told if i.kind in WORDS],
        beside=[(i.word, i.value) for i in told if i.word],
    )


@pytest.mark.long
async def test_nothing_is_found_anywhere(places: Places) -> None:
    hits = places.search(_search(ITEMS))
    by_value = {sought(i): i for i in ITEMS}
    told = {
        place: sorted({(by_value[v].kind, by_value[v].form, by_value[v].sentence) for v in found})[:12]
        for place, found in hits.items()
    }
    counts = {place: len(found) for place, found in hits.items()}
    figure(
        f"leaks: {COUNT} items through {len(DOORS)} doors, seed {SEED}; {places.bytes >> 20} MB searched in {places.seconds:.0f} s; found {counts or 'none'}"
    )
    assert told == {}


@pytest.mark.long
async def test_the_same_search_finds_what_is_planted(places: Places) -> None:
    """A plain value in each place, in a form of its own; in the database also where PostgreSQL compresses it."""
    search = Search(numbers=[PLANTED, PACKED, CHUNKED])
    with places.owner() as connection:
        connection.execute("create table planted (words text)")
        for words in (f"卡号 {PLANTED[:4]} {PLANTED[4:8]}-{PLANTED[8:]}", _short(), _long()):
            connection.execute("insert into planted values (%s)", [words])
    (places.folder / "data" / "attachments").mkdir(exist_ok=True)
    (places.folder / "data" / "attachments" / "planted").write_bytes(
        b"\x00\xff" + PLANTED.encode("utf-16-le")
    )
    places.words.write(msgspec.json.encode({"event": "request", "path": f"/x?card={PLANTED}"}).decode())
    places.sent.append(
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(b"card " + PLANTED.encode())
    )
    try:
        found = places.search(search)
    finally:
        with places.owner() as connection:
            connection.execute("drop table planted")
    everywhere = {place: {PLANTED} for place in ("folder", "logs", "sent")}
    assert found == {
        **everywhere,
        **{place: {PLANTED, PACKED, CHUNKED} for place in ("dump", "files", "wal")},
    }


def _short() -> str:
    """So like itself that it is compressed where it stands, the number to references backwards."""
    return f"{PACKED[:9]} x {PACKED[5:]} y " * 150 + PACKED


def _long() -> str:
    """Still too long for a row when it is compressed, so that it lies in chunks."""
    draw = random.Random(5)
    known = ["".join(draw.choice("abcdefghkmnpqrtuvwy") for _ in range(7)) for _ in range(900)]
    words = " ".join(draw.choice(known) for _ in range(6_000))
    return f"{CHUNKED[:9]} x {CHUNKED[5:]} y {words} {CHUNKED} {words[:9_000]}"
