"""Workers and connections that end while a message is on its way: no mail is lost or takes another name, no SMS is repeated."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psutil
import psycopg
import pytest

from bihuan.core import clock
from bihuan.notices import attempt, deliver, queue
from bihuan.notices.letters import Couriers
from tests.cli.command import clean_environment, until
from tests.conftest import House
from tests.faults.test_connections import end_all
from tests.notices.sending import colleague, couriers, customer, row, rows, sent
from tests.notices.servers import MailServer, WebServer, mail_server, web_server

pytestmark = pytest.mark.xdist_group("processes")
_KEY = "sixteen characters"


@contextmanager
def _worker(house: House, **more: str) -> Iterator[psutil.Popen]:
    """A real worker process of this desk."""
    settings = house.desk.settings
    env = clean_environment(
        BIHUAN_DATA=settings.data,
        BIHUAN_DATABASE_URL=settings.database_url,
        BIHUAN_LOG_LEVEL="error",
        BIHUAN_QUIET_HOURS="",
        **more,
    )
    made = psutil.Popen([sys.executable, "-m", "bihuan.cli.main", "serve", "--role", "worker"], env=env)
    try:
        yield made
    finally:
        if made.poll() is None:
            made.kill()
        made.wait(20)


def _by_mail(server: MailServer) -> dict[str, str]:
    return {"BIHUAN_SMTP_URL": f"smtp://127.0.0.1:{server.port}", "BIHUAN_MAIL_FROM": "desk@bank.example"}


async def _queued(house: House, channel: Any, target: str, number: str) -> None:
    async with house.desk.database.work(house.tenant_id) as work:
        await queue.queue(
            work,
            channel=channel,
            target=target,
            kind="assigned",
            ticket_id=None,
            language="zh",
            data={"number": number},
            news=number,
            due_at=clock.now(),
        )


def _a_minute_passes(superuser: psycopg.Connection, house: House) -> None:
    """For what is being sent: as if the attempt had begun that much earlier."""
    superuser.execute(
        "update delivery set sending_at = sending_at - %s where tenant_id = %s and state = 'sending'",
        [attempt.STALE_AFTER, house.tenant_id],
    )


async def _wait(answer: Any, what: str) -> None:
    await asyncio.to_thread(until, answer, 60, what)


async def test_killed_between_the_servers_word_and_our_commit(
    own_house: House, superuser: psycopg.Connection
) -> None:
    """The server has said 250; the worker is stopped before it can hear it, and then killed. A second worker goes on."""
    target = await colleague(own_house, superuser)
    with mail_server() as server, _worker(own_house, **_by_mail(server)) as first:

        def stop() -> None:
            if len(server.mails) == 1:
                first.suspend()

        server.on_data = stop
        await _queued(own_house, "email", target, "2000000001")
        await _wait(lambda: "250 OK: taken" in server.said, "the server's word")
        assert row(superuser, own_house)["state"] == "sending"
        with _worker(own_house, **_by_mail(server)):
            await _queued(own_house, "email", target, "2000000002")
            await _wait(lambda: len(server.mails) == 2, "a stopped worker holds nothing back")
            first.kill()
            _a_minute_passes(superuser, own_house)
            await _wait(
                lambda: {r["state"] for r in rows(superuser, own_house)} == {"sent"}, "sent to the end"
            )
    one, other, again = server.mails
    assert one == again, "the same Message-ID, Date and text, byte for byte"
    names = [mail["Message-ID"] for mail in server.parsed]
    assert names[0] == names[2] == f"<{rows(superuser, own_house)[0]['id']}@bank.example>" != names[1]
    assert other != one
    assert [r["attempts"] for r in rows(superuser, own_house)] == [2, 1]


async def test_an_sms_whose_worker_was_killed_is_not_repeated(
    own_house: House, superuser: psycopg.Connection
) -> None:
    target = await customer(own_house, mobiles=["13800138000"])
    with web_server() as web:
        by = {"BIHUAN_SMS_URL": web.origin, "BIHUAN_SMS_KEY": _KEY}
        with _worker(own_house, **by) as first:
            web.on_post = first.kill
            await _queued(own_house, "sms", target, "2000000001")
            await _wait(lambda: bool(web.got) and first.poll() is not None, "killed while it calls")
        _a_minute_passes(superuser, own_house)
        with _worker(own_house, **by) as second:
            await _wait(lambda: row(superuser, own_house)["state"] == "unknown", "for a person")
            second.terminate()
            assert second.wait(30) == 0
        assert len(web.got) == 1
    assert (row(superuser, own_house)["error"], row(superuser, own_house)["attempts"]) == ("interrupted", 1)


async def test_every_connection_ends_during_the_call(own_house: House, superuser: psycopg.Connection) -> None:
    """What came of it is written down all the same: nothing is repeated."""
    target = await colleague(own_house, superuser)
    with mail_server() as server:
        server.on_data = lambda: _end(superuser)
        by = _couriers(own_house, server)
        for number in range(3):
            await _queued(own_house, "email", target, f"200000000{number}")
            assert await sent(own_house, by) == 1
            with clock.travel(clock.now() + timedelta(hours=1)):
                assert await sent(own_house, by) == 0
        assert len(server.mails) == 3
    assert {(r["state"], r["attempts"]) for r in rows(superuser, own_house)} == {("sent", 1)}


def _end(superuser: psycopg.Connection) -> None:
    assert end_all(superuser) >= 1


async def test_a_gateway_that_ends_in_the_middle(own_house: House, superuser: psycopg.Connection) -> None:
    """It has read the message and is gone: unknown, and never repeated by itself."""
    target = await customer(own_house, mobiles=["13800138000"])
    web = WebServer()
    by = couriers(own_house, sms_url=web.origin, sms_key=_KEY)
    web.answer = type(web.answer)(silent=True)
    await _queued(own_house, "sms", target, "2000000001")
    assert await sent(own_house, by) == 1
    web.stop()
    with clock.travel(clock.now() + timedelta(days=1)):
        assert await sent(own_house, by) == 0
    assert row(superuser, own_house)["state"] == "unknown"


async def test_woken_by_the_queue(own_house: House, superuser: psycopg.Connection) -> None:
    """Long before it would look by itself."""
    target = await colleague(own_house, superuser)
    with mail_server() as server:
        running = asyncio.create_task(deliver.run(own_house.desk, _couriers(own_house, server)))
        try:
            await _queued(own_house, "email", target, "2000000001")
            await _wait(lambda: bool(server.mails), "the first look is over")
            started = clock.perf()
            await _queued(own_house, "email", target, "2000000002")
            await _wait(lambda: len(server.mails) == 2, "woken")
            assert clock.perf() - started < 2
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert {r["state"] for r in rows(superuser, own_house)} == {"sent"}


async def test_a_stopping_worker_ends_what_it_has_begun(
    own_house: House, superuser: psycopg.Connection
) -> None:
    with mail_server() as server:
        running = asyncio.create_task(deliver.run(own_house.desk, _couriers(own_house, server)))
        loop = asyncio.get_running_loop()

        def stop() -> None:
            loop.call_soon_threadsafe(running.cancel)

        server.on_data = stop
        await _queued(own_house, "email", await colleague(own_house, superuser), "2000000001")
        await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert row(superuser, own_house)["state"] == "sent"


def _couriers(house: House, server: MailServer) -> Couriers:
    return couriers(house, smtp_url=f"smtp://127.0.0.1:{server.port}", mail_from="desk@bank.example")
