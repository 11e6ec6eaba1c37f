"""SMS: signed so that a gateway can check it, and what each of its answers leads to."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from bihuan.core import clock, outbound, settings
from bihuan.core.settings import BadSetting
from bihuan.notices import channels, letters, sms
from bihuan.notices.attempt import Failed, Outcome, Refused, Sent, Unsure
from bihuan.notices.sms import Message
from tests.cli.command import free_port
from tests.conftest import House
from tests.notices.sending import couriers, customer, logged, manager, queued, row, said_plainly, sent
from tests.notices.servers import Answer, Got, WebServer, web_server

_KEY = "sixteen characters"
_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_MESSAGE = Message(id=UUID(int=5), to="+8613800138000", text="您的工单已受理", language="zh")


@pytest.fixture(autouse=True)
def _plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    said_plainly(monkeypatch)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as made:
        yield made


def _gateway(url: str) -> sms.Gateway:
    return sms.gateway(settings.load({"BIHUAN_SMS_URL": url, "BIHUAN_SMS_KEY": _KEY}))


def _believed(got: Got, key: str, now: datetime) -> bool:
    """What a gateway does: the signature over `timestamp.body`, no more than five minutes off."""
    stamp = got.headers["x-bihuan-timestamp"]
    made = hmac.new(key.encode(), f"{stamp}.".encode() + got.body, hashlib.sha256).hexdigest()
    fresh = abs(now.timestamp() - int(stamp)) <= 300
    return fresh and hmac.compare_digest(f"sha256={made}", got.headers["x-bihuan-signature"])


async def test_what_the_gateway_gets(web: WebServer) -> None:
    with clock.travel(_NOW):
        assert await _gateway(f"{web.origin}/send?x=1").send(_MESSAGE) == Sent()
    (got,) = web.got
    assert got.path == "/send?x=1"
    assert got.json == {
        "id": str(UUID(int=5)),
        "to": "+8613800138000",
        "text": "您的工单已受理",
        "language": "zh",
    }
    assert got.headers["idempotency-key"] == str(UUID(int=5))
    assert got.headers["content-type"] == "application/json"
    assert _believed(got, _KEY, _NOW + timedelta(minutes=5))
    assert not _believed(got, _KEY, _NOW + timedelta(minutes=5, seconds=1))
    assert not _believed(got, "another key, also long", _NOW)


async def test_a_long_text_is_cut(web: WebServer) -> None:
    await _gateway(web.origin).send(
        Message(id=UUID(int=5), to="+8613800138000", text="字" * 900, language="zh")
    )
    assert web.got[0].json["text"] == "字" * 449 + "…"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(status=202), Sent()),
        (Answer(status=409), Sent()),
        (Answer(status=429, headers={"retry-after": "90"}), Failed(code="deferred", after=90)),
        (Answer(status=503), Failed(code="deferred")),
        (Answer(status=401), Failed(code="login_refused")),
        (Answer(status=400), Refused(code="refused")),
        (Answer(status=302, headers={"location": "/elsewhere"}), Refused(code="refused")),
        (Answer(status=500), Unsure(code="odd_answer")),
        (Answer(silent=True), Unsure(code="no_answer")),
        (Answer(body=b"x" * 500_000), Sent()),
    ],
)
async def test_what_an_answer_means(web: WebServer, answer: Answer, outcome: Outcome) -> None:
    web.answer = answer
    assert await _gateway(web.origin).send(_MESSAGE) == outcome
    assert len(web.got) == 1, "no redirect is followed"


async def test_nobody_there() -> None:
    assert await _gateway(f"http://127.0.0.1:{free_port()}").send(_MESSAGE) == Failed(code="unreachable")


async def test_no_answer_in_time_is_unknown(
    house: House, owner: psycopg.Connection, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway has the message and falls silent; sent again by a person it is known by its id."""
    monkeypatch.setattr(outbound, "_LIMITS", outbound.httpx.Timeout(0.2, connect=5))
    go_on = threading.Event()

    def wait() -> None:
        go_on.wait(20)

    web.on_post = wait
    by = couriers(house, sms_url=web.origin, sms_key=_KEY)
    await queued(house, "sms", await customer(house, mobiles=["13800138000"]))
    assert await sent(house, by) == 1
    go_on.set()
    assert (row(owner, house)["state"], row(owner, house)["error"]) == ("unknown", "no_answer")
    client = await manager(house)
    (shown,) = (await client.get("/notices/deliveries?state=unknown")).json()
    assert "13800138000" not in str(shown) and shown["to"].startswith("138")
    assert (await client.post(f"/notices/deliveries/{shown['id']}/again", json={"note": "短信平台查无此条"})).status_code == 200  # fmt: skip
    web.answer = Answer(status=409)
    assert await sent(house, by) == 1
    assert row(owner, house)["state"] == "sent"
    assert len({got.headers["idempotency-key"] for got in web.got}) == 1


async def test_a_refused_connection_was_not_sent(house: House, owner: psycopg.Connection) -> None:
    by = couriers(house, sms_url=f"http://127.0.0.1:{free_port()}", sms_key=_KEY)
    await queued(house, "sms", await customer(house, mobiles=["13800138000"]))
    await sent(house, by)
    assert (row(owner, house)["state"], row(owner, house)["error"]) == ("waiting", "unreachable")


async def test_no_number_is_logged(house: House, web: WebServer) -> None:
    web.answer = Answer(status=400, body=b'{"error": "13800138000 is blocked"}')
    await queued(house, "sms", await customer(house, mobiles=["13800138000"]))
    with logged() as words:
        assert await sent(house, couriers(house, sms_url=web.origin, sms_key=_KEY)) == 1
    assert web.got[0].json["to"] == "+8613800138000"
    said = words.getvalue()
    assert "refused" in said and "13800138000" not in said and _KEY not in said and str(web.port) not in said


def test_numbers_as_they_are_dialled() -> None:
    assert letters.dialled("13800138000") == "+8613800138000"
    assert letters.dialled("+85291234567") == "+85291234567"
    assert letters.dialled("0085291234567") == "+85291234567"


def test_settings(house: House) -> None:
    assert "sms" not in channels.channels_on(house.desk.settings)
    on: dict[str, Any] = {"BIHUAN_SMS_URL": "https://sms.bank.example/send", "BIHUAN_SMS_KEY": _KEY}
    assert channels.channels_on(settings.load(on)) == {"sms", "robot"}
    for name, bad in {"BIHUAN_SMS_URL": "http://sms.bank.example/send", "BIHUAN_SMS_KEY": "short"}.items():
        with pytest.raises(BadSetting):
            settings.load({**on, name: bad})
