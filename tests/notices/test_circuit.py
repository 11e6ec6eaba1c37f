"""A dead mail server: the channel rests, longer each time, says so, loses nothing; the other ways go on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from bihuan.core import clock
from bihuan.core.clock import Traveller
from bihuan.notices import circuit
from tests.conftest import House, gather
from tests.notices.sending import colleague, couriers, customer, manager, queued, rows, said_plainly, sent
from tests.notices.servers import MailServer, WebServer, mail_server, web_server

_KEY = "sixteen characters"
_SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    said_plainly(monkeypatch)


@pytest.fixture
def time() -> Iterator[Traveller]:
    with clock.travel(clock.now()) as traveller:
        yield traveller


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as made:
        yield made


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as made:
        yield made


def _dead(house: House) -> Any:
    return couriers(house, smtp_url="smtp://127.0.0.1:9", mail_from="desk@bank.example")


def _alive(house: House, mail: MailServer) -> Any:
    return couriers(house, smtp_url=f"smtp://127.0.0.1:{mail.port}", mail_from="desk@bank.example")


async def _fares(house: House, channel: str = "email") -> dict[str, Any]:
    answer = await (await manager(house)).get("/notices/channels")
    assert answer.status_code == 200, answer.text
    return next(one for one in answer.json() if one["channel"] == channel)


async def _mails(house: House, owner: psycopg.Connection, count: int) -> None:
    to = await colleague(house, owner)
    for n in range(count):
        await queued(house, "email", to, title=f"第 {n} 封")


async def test_it_rests_longer_each_time_and_loses_nothing(
    house: House, owner: psycopg.Connection, time: Traveller, mail: MailServer
) -> None:
    await _mails(house, owner, 20)
    by = _dead(house)
    made = await sent(house, by)
    assert circuit.MOST_FAILURES <= made < circuit.MOST_FAILURES + 4, (
        "those on their way at once, and no more"
    )
    fares = await _fares(house)
    assert (fares["resting"], fares["waiting"], fares["error"]) == (True, 20, "unreachable")
    assert fares["error_text"] == "对方服务器连接不上"
    assert await sent(house, by) == 0
    pauses: list[float] = []
    for _ in range(40):
        time.on((await _until(house)) - clock.now())
        assert await sent(house, by) == 1, "one message alone tries it"
        pauses.append((await _until(house) - clock.now()).total_seconds())
    assert pauses == sorted(pauses)
    assert pauses[-1] == 600
    after = rows(owner, house)
    assert {one["state"] for one in after} == {"waiting"}
    assert max(one["attempts"] for one in after) <= 1, "an outage of hours costs no attempts"
    time.on((await _until(house)) - clock.now())
    living = _alive(house, mail)
    assert await sent(house, living) > 0
    time.on(timedelta(minutes=10))
    await sent(house, living)
    assert {one["state"] for one in rows(owner, house)} == {"sent"}
    fares = await _fares(house)
    assert (fares["resting"], fares["failures"], fares["waiting"], fares["error"]) == (False, 0, 0, None)


async def test_the_others_go_on(
    house: House, owner: psycopg.Connection, time: Traveller, web: WebServer
) -> None:
    await _mails(house, owner, 12)
    to = await customer(house, mobiles=["13800138000"])
    for n in range(8):
        await queued(house, "sms", to, title=f"短信 {n}")
    by = couriers(
        house, smtp_url="smtp://127.0.0.1:9", mail_from="desk@bank.example", sms_url=web.origin, sms_key=_KEY
    )
    await sent(house, by)
    states = {(one["channel"], one["state"]) for one in rows(owner, house)}
    assert states == {("email", "waiting"), ("sms", "sent")}
    assert (await _fares(house, "sms"))["failures"] == 0


async def test_many_workers_try_once(house: House, owner: psycopg.Connection, time: Traveller) -> None:
    await _mails(house, owner, 20)
    by = _dead(house)
    await sent(house, by)
    time.on((await _until(house)) - clock.now() + _SECOND)
    assert sum(await gather(*(sent(house, by) for _ in range(4)))) == 1


async def test_one_that_is_refused_does_not_make_it_rest(
    house: House, owner: psycopg.Connection, time: Traveller, mail: MailServer
) -> None:
    await _mails(house, owner, 4)
    await sent(house, _dead(house))
    assert (await _fares(house))["failures"] == 4
    time.on(timedelta(minutes=1))
    await sent(house, _alive(house, mail))
    assert (await _fares(house))["failures"] == 0, "in a row"


async def test_who_may_not_see_it(house: House) -> None:
    assert (await (await house.client("agent", login="ann")).get("/notices/channels")).status_code == 403


async def _until(house: House) -> Any:
    async with house.desk.database.work(house.tenant_id) as work:
        (state,) = await circuit.states(work)
    assert state.rests_until is not None
    return state.rests_until
