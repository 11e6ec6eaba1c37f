"""Robots: what they say, where they may be, what each answer means, and that their secrets never come out."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import msgspec
import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bihuan import evidence
from bihuan.core import clock, outbound, settings
from bihuan.core.outbound import Outward
from bihuan.notices import channels, robots
from bihuan.notices.attempt import Failed, Outcome, Refused, RobotKind, Sent, Unsure
from bihuan.notices.robots import Robot, Secret
from tests.cli.command import free_port
from tests.conftest import House
from tests.notices.sending import (
    couriers,
    logged,
    manager,
    queued,
    robot,
    row,
    rows,
    said_plainly,
    sent,
    with_settings,
)
from tests.notices.servers import Answer, WebServer, authority, web_server

_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_KINDS = get_args(RobotKind)
_OK = {"dingtalk": b'{"errcode":0,"errmsg":"ok"}', "feishu": b'{"code":0,"data":{},"msg":"success","StatusCode":0}',
    "wecom": b'{"errcode":0,"errmsg":"ok"}'}  # fmt: skip
_URLS = {
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=abc",
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/abc",
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc",
}


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as made:
        yield made


def _said(kind: Any, title: str, body: str) -> Any:
    made = Robot(kind=kind, secret=Secret(url=_URLS[kind]))
    return json.loads(robots.message(made, title, body, language="zh", at=_AT)[1])


# ------------------------------------------------------------------------------------------------------------ messages
def test_messages() -> None:
    assert _said("dingtalk", "超时", "第一行\n第二行") == {
        "msgtype": "markdown",
        "markdown": {"title": "超时", "text": "### 超时\n\n第一行\n\n第二行"},
        "at": {"isAtAll": False},
    }
    content = [[{"tag": "text", "text": "第一行"}], [{"tag": "text", "text": "第二行"}]]
    assert _said("feishu", "超时", "第一行\n第二行") == {
        "msg_type": "post", "content": {"post": {"zh_cn": {"title": "超时", "content": content}}},
    }  # fmt: skip
    assert _said("wecom", "超时", "第一行\n第二行") == {
        "msgtype": "markdown", "markdown": {"content": "**超时**\n第一行\n第二行"},
    }  # fmt: skip


@given(st.sampled_from(_KINDS), st.text(max_size=200), st.text(max_size=400), st.integers(1, 200))
@example("feishu", "", "\n", 200)
@example("feishu", "x", '\n"' * 400, 200)
@example("dingtalk", '"' * 200, "\n\\" * 400, 200)
@example("wecom", "\U00010000" * 90, "\U00010000" * 400, 200)
def test_no_text_mentions_links_or_grows(kind: Any, title: str, body: str, times: int) -> None:
    made = Robot(kind=kind, secret=Secret(url=_URLS[kind]))
    url, raw = robots.message(made, title, body * times, language="en", at=_AT)
    assert url == _URLS[kind]
    assert len(raw) <= 20_000
    told = json.loads(raw)
    text = json.dumps(
        {k: v for k, v in told.items() if k not in ("at", "msgtype", "msg_type")}, ensure_ascii=False
    )
    inner = text.replace("###", "").replace("**", "", 2).replace("[[{", "").replace("}]]", "").replace("[{", "").replace("}]", "").replace("[]", "")  # fmt: skip
    assert not set("<>@`") & set(inner)
    if kind != "feishu":
        assert not set("[]") & set(inner)
    if kind == "wecom":
        assert len(told["markdown"]["content"].encode()) <= 4096
    assert told.get("at", {"isAtAll": False}) == {"isAtAll": False}


@pytest.mark.parametrize(
    ("kind", "answer", "outcome"),
    [
        *((kind, Answer(body=body), Sent()) for kind, body in _OK.items()),
        ("dingtalk", Answer(body=b'{"errcode":310000,"errmsg":"sign not match"}'), Refused(code="refused")),
        ("dingtalk", Answer(body=b'{"errcode":130101,"errmsg":"send too fast"}'), Failed(code="throttled", after=600)),
        ("dingtalk", Answer(body=b'{"errcode":-1,"errmsg":"busy"}'), Failed(code="deferred")),
        ("feishu", Answer(body=b'{"code":19021,"msg":"sign match fail"}'), Refused(code="refused")),
        ("feishu", Answer(status=400, body=b'{"code":11232,"msg":"frequency limited"}'), Failed(code="throttled", after=60)),
        ("wecom", Answer(body=b'{"errcode":93000,"errmsg":"invalid webhook url"}'), Refused(code="refused")),
        ("wecom", Answer(body=b'{"errcode":45009,"errmsg":"freq out of limit"}'), Failed(code="throttled", after=60)),
        ("wecom", Answer(status=429, headers={"retry-after": "120"}), Failed(code="throttled", after=120)),
        ("feishu", Answer(status=302, headers={"location": "http://127.0.0.1/"}), Refused(code="refused")),
        ("feishu", Answer(status=404), Refused(code="refused")),
        ("feishu", Answer(status=502), Unsure(code="odd_answer")),
        ("feishu", Answer(body=b"<html>"), Unsure(code="odd_answer")),
        ("feishu", Answer(silent=True), Unsure(code="no_answer")),
    ],
)  # fmt: skip
async def test_what_an_answer_means(web: WebServer, kind: Any, answer: Answer, outcome: Outcome) -> None:
    web.answer = answer
    made = Robot(kind=kind, secret=Secret(url=f"{web.origin}/x"))
    outward = Outward(outbound.tls(settings.load({})), outbound.hosts(web.origin))
    assert await robots.speak(outward, made, ("t", "b"), language="zh", at=_AT) == outcome
    assert len(web.got) == 1, "no redirect is followed"


# ---------------------------------------------------------------------------------------------------------- allow-list
def test_where_a_robot_may_be() -> None:
    vendors = outbound.hosts(settings.load({}).robot_hosts)
    assert all(vendors.allow(url) for url in _URLS.values())
    for url in (
        "http://oapi.dingtalk.com/robot/send", "https://oapi.dingtalk.com:8443/x", "https://evil.example/x",
        "https://oapi.dingtalk.com.evil.example/x", "https://oapi.dingtalk.com@evil.example/x", "https://127.0.0.1/x",
        "https://evil.example\\@oapi.dingtalk.com/x", "https://oapi.dingtalk.com/x#f", "https://oapi.dingtalk.com/x y",
        "https://oapi.dingtalk.com/\r\nHost: x", "ftp://oapi.dingtalk.com/x", "https://", "", "https://[::1/x",
        "https://oapi.dingtalk.com:x/", "https://ｏapi.dingtalk.com/x",
    ):  # fmt: skip
        assert not vendors.allow(url), url
    # Its port said aloud makes a vendor's host no relay.
    assert not robots.fits("dingtalk", "https://oapi.dingtalk.com:443/other")
    assert robots.fits("dingtalk", _URLS["dingtalk"]) and robots.fits("dingtalk", "http://10.0.0.5:8080/x")
    relay = outbound.hosts("http://10.0.0.5:8080, open.feishu.cn")
    assert relay.allow("http://10.0.0.5:8080/x") and relay.allow(_URLS["feishu"])
    for url in ("http://10.0.0.5/x", "https://10.0.0.5:8080/x", "http://10.0.0.5:8081/x", _URLS["wecom"]):
        assert not relay.allow(url), url


def test_which_addresses_are_public() -> None:
    for address in ("127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "fe80::1%1",
                    "fc00::1", "::ffff:127.0.0.1", "2002:7f00:1::", "224.0.0.1", "240.0.0.1"):  # fmt: skip
        assert not outbound.is_public(address), address
    assert outbound.is_public("47.88.1.1") and outbound.is_public("2400:3200::1")


async def test_a_name_that_leads_inside_is_not_called(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name server answers with this host's own address."""
    outward = Outward(outbound.tls(settings.load({})), outbound.hosts("open.feishu.cn"))

    async def inside(*_: object, **__: object) -> Any:
        return [(2, 1, 6, "", ("127.0.0.1", web.port))]

    import asyncio

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", inside, raising=False)
    answer = await outward.post(_URLS["feishu"], b"{}", {})
    assert answer == outbound.Unanswered(code="address_not_allowed", sent=False)
    assert web.got == []


async def test_the_address_that_was_judged_is_the_one_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By https, with the host's name in the handshake and its certificate checked."""
    ca, context = authority(tmp_path)
    with web_server(context) as web:
        made = settings.load({"BIHUAN_CA_FILE": str(ca)})
        asked: list[str] = []

        async def resolved(host: str) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"]

        monkeypatch.setattr(outbound, "_resolved", resolved)
        allowed = outbound.Hosts(names=frozenset({"localhost", "bank.example"}), origins=frozenset())
        monkeypatch.setattr(outbound, "_HTTPS", web.port)
        inside = outbound.networks("127.0.0.1")
        outward = Outward(outbound.tls(made), allowed, inside=inside)
        answer = await outward.post(f"https://localhost:{web.port}/x", b"{}", {})
        assert isinstance(answer, outbound.Reply) and web.got[0].headers["host"] == f"localhost:{web.port}"
        wrong = await outward.post(f"https://bank.example:{web.port}/x", b"{}", {})
        assert wrong == outbound.Unanswered(code="tls_failed", sent=False), "vouched for is localhost alone"
        stranger = Outward(outbound.tls(settings.load({})), allowed, inside=inside)
        answer = await stranger.post(f"https://localhost:{web.port}/x", b"{}", {})
        assert answer == outbound.Unanswered(code="tls_failed", sent=False)
    assert asked == ["localhost", "bank.example", "localhost"] and len(web.got) == 1


# --------------------------------------------------------------------------------------------------------- over HTTP
async def test_set_up_changed_and_taken_away(house: House, owner: psycopg.Connection) -> None:
    client = await manager(house)
    wish = {"code": "ops", "kind": "feishu", "url": _URLS["feishu"], "secret": "s3cret-word", "teams": ["FRAUD"], "kinds": ["breached"]}  # fmt: skip
    answer = await client.put("/notices/robots", json=wish)
    assert answer.status_code == 200, answer.text
    (shown,) = (await client.get("/notices/robots")).json()
    assert shown == answer.json() and shown["host"] == "open.feishu.cn"
    assert "s3cret" not in answer.text and "hook" not in answer.text
    changed = {"code": "ops", "kind": "feishu", "active": False}
    assert (await client.put("/notices/robots", json=changed)).json()["active"] is False
    kept = owner.execute(
        "select secret, secret_key from robot where tenant_id = %s", [house.tenant_id]
    ).fetchone()
    assert kept is not None and b"s3cret" not in kept[0] and b"hook" not in kept[0]
    secret = robots.unseal(house.desk.ring, house.tenant_id, "ops", kept)
    assert (secret.url, secret.key) == (_URLS["feishu"], "s3cret-word"), "what was not given stays"
    async with house.desk.database.work(house.tenant_id) as work:
        events = [e for e in await evidence.events(work, house.tenant_id) if e.kind.startswith("robot.")]
    assert [e.data["secret_changed"] for e in events] == [True, False]
    assert "s3cret" not in str(events) and "hook" not in str(events)
    assert (await client.delete("/notices/robots/ops")).status_code == 204
    assert (await client.delete("/notices/robots/ops")).status_code == 404
    assert (await client.post("/notices/robots/ops/try")).status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": None}, "/url"),
        ({"url": "https://evil.example/x"}, "/url"),
        ({"url": "http://127.0.0.1:1/x"}, "/url"),
        ({"url": _URLS["wecom"]}, "/url"),
        ({"url": "https://open.feishu.cn/open-apis/im/v1/messages"}, "/url"),
        ({"teams": ["NOWHERE"]}, "/teams/0"),
        ({"kinds": ["breached", "nonsense"]}, "/kinds/1"),
        ({"code": "not a code"}, "/code"),
        ({"kind": "slack"}, "/kind"),
    ],
)
async def test_what_is_not_right_is_named(house: House, change: dict[str, Any], pointer: str) -> None:
    client = await manager(house)
    wish = {"code": "ops", "kind": "feishu", "url": _URLS["feishu"], **change}
    answer = await client.put("/notices/robots", json={k: v for k, v in wish.items() if v is not None})
    assert answer.status_code == 422 and [e["pointer"] for e in answer.json()["errors"]] == [pointer], (
        answer.text
    )
    assert (await client.get("/notices/robots")).json() == []


@pytest.mark.parametrize("kind", _KINDS)
async def test_tried(house: House, owner: psycopg.Connection, web: WebServer, kind: Any) -> None:
    web.answer = Answer(body=_OK[kind])
    assert (
        await robot(house, f"{web.origin}/x?key=abc", kind=kind, secret="demo", active=False)
    ).status_code == 200
    told = await _try(house, web)
    assert (told["sent"], told["error"]) == (True, None)
    assert "测试" in web.got[0].body.decode()
    assert row(owner, house)["state"] == "sent"
    web.answer = Answer(body=b'{"errcode":310000,"code":19021}')
    told = await _try(house, web)
    assert (told["sent"], told["error"], told["error_text"]) == (False, "refused", "对方拒收")
    assert [r["state"] for r in rows(owner, house)] == ["sent", "given_up"], (
        "nothing is left for anybody to decide"
    )


async def test_trying_counts_too(house: House, web: WebServer) -> None:
    web.answer = Answer(body=_OK["dingtalk"])
    await robot(house, f"{web.origin}/x")
    with clock.travel(clock.now()) as time:
        for _ in range(20):
            assert (await _try(house, web))["sent"]
        assert (await _try(house, web))["title"] == "RobotSpoke"
        time.on(timedelta(seconds=61))
        assert (await _try(house, web))["sent"]


async def _try(house: House, web: WebServer) -> Any:
    kept = house.desk.settings
    house.desk.settings = with_settings(house, robot_hosts=web.origin)
    try:
        return (await (await manager(house)).post("/notices/robots/ops/try")).json()
    finally:
        house.desk.settings = kept


# ----------------------------------------------------------------------------------------------------------- deliveries
async def _told(house: House, web: WebServer, monkeypatch: pytest.MonkeyPatch, **wish: Any) -> int:
    said_plainly(monkeypatch)
    await robot(house, f"{web.origin}/hook/abc", **wish)
    await queued(house, "robot", "robot:ops")
    return await sent(house, couriers(house, robot_hosts=web.origin))


async def test_silence_is_unknown_and_not_repeated(
    house: House, owner: psycopg.Connection, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.answer = Answer(silent=True)
    with clock.travel(_AT) as time:
        assert await _told(house, web, monkeypatch) == 1
        time.on(timedelta(days=1))
        assert await sent(house, couriers(house, robot_hosts=web.origin)) == 0
    assert (row(owner, house)["state"], len(web.got)) == ("unknown", 1)


async def test_throttled_by_the_vendor(
    house: House, owner: psycopg.Connection, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DingTalk hears nothing for ten minutes; then it is said."""
    web.answer = Answer(body=b'{"errcode":130101}')
    with clock.travel(_AT) as time:
        assert await _told(house, web, monkeypatch) == 1
        assert row(owner, house)["due_at"] == _AT + timedelta(minutes=10)
        web.answer = Answer(body=_OK["dingtalk"])
        time.on(timedelta(minutes=10))
        assert await sent(house, couriers(house, robot_hosts=web.origin)) == 1
    assert row(owner, house)["state"] == "sent"


async def test_five_a_second(house: House, web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    said_plainly(monkeypatch)
    web.answer = Answer(body=_OK["feishu"])
    await robot(house, f"{web.origin}/x", kind="feishu")
    with clock.travel(_AT) as time:
        for number in range(120):
            await queued(house, "robot", "robot:ops", title=f"{number}")
        told: list[int] = []
        for _ in range(62):
            told.append(await sent(house, couriers(house, robot_hosts=web.origin)))
            time.on(timedelta(seconds=1))
    assert told[:20] == [5] * 20 and sum(told[:60]) == 100 and sum(told) == 110
    assert len({got.body for got in web.got}) == 110


@pytest.mark.parametrize("how", ["off", "gone"])
async def test_a_robot_that_is_off_or_gone(
    house: House, owner: psycopg.Connection, web: WebServer, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    said_plainly(monkeypatch)
    await robot(house, f"{web.origin}/x", active=how == "gone")
    if how == "gone":
        await (await manager(house)).delete("/notices/robots/ops")
    await queued(house, "robot", "robot:ops")
    assert await sent(house, couriers(house, robot_hosts=web.origin)) == 1
    assert (row(owner, house)["state"], row(owner, house)["error"]) == ("dead", "not_configured")
    assert web.got == []


async def test_a_host_no_longer_allowed(
    house: House, owner: psycopg.Connection, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    said_plainly(monkeypatch)
    await robot(house, f"{web.origin}/x")
    await queued(house, "robot", "robot:ops")
    assert await sent(house, couriers(house)) == 1
    assert (row(owner, house)["state"], row(owner, house)["error"]) == ("dead", "address_not_allowed")
    assert web.got == []


async def test_nothing_of_a_robots_address_is_logged(
    house: House, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    said_plainly(monkeypatch)
    port = free_port()
    await robot(house, f"http://127.0.0.1:{port}/hook/secretpath", secret="s3cret-word")
    await queued(house, "robot", "robot:ops")
    with logged() as words:
        assert await sent(house, couriers(house, robot_hosts=f"http://127.0.0.1:{port}")) == 1
    assert "unreachable" in words.getvalue()
    assert "secretpath" not in words.getvalue() and "s3cret" not in words.getvalue()
    assert row(owner, house)["state"] == "waiting"


def test_a_secret_opens_only_where_it_belongs(house: House) -> None:
    ring = house.desk.ring
    sealed = robots.seal(ring, house.tenant_id, "ops", Secret(url="u", key="k"))
    assert robots.unseal(ring, house.tenant_id, "ops", sealed) == Secret(url="u", key="k")
    with pytest.raises(robots.privacy.NotOpened):
        robots.unseal(ring, house.tenant_id, "other", sealed)


def test_offered_while_there_are_hosts() -> None:
    assert channels.channels_on(settings.load({"BIHUAN_ROBOT_HOSTS": ""})) == frozenset()
    assert msgspec.structs.asdict(outbound.hosts("")) == {"names": frozenset(), "origins": frozenset()}
