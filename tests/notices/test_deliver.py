"""The queue: marked before the call, put off, taken up again after a crash, settled by a person."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan import evidence, privacy
from bihuan.core import clock, ids
from bihuan.notices import attempt, channels, deliver
from bihuan.notices.attempt import Failed, Refused, RobotKind, Sent, Unsure
from tests.conftest import House
from tests.notices.sending import (
    colleague,
    couriers,
    customer,
    logged,
    manager,
    queued,
    robot,
    row,
    rows,
    said_plainly,
    sent,
)
from tests.notices.servers import Answer, MailServer, WebServer, mail_server, web_server

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_KEY = "sixteen characters"
_OUTCOMES = st.one_of(
    st.just(Sent()),
    st.just(Refused(code="refused")),
    st.builds(Failed, code=st.just("deferred"), after=st.integers(0, 86_400)),
    st.just(Unsure(code="no_answer")),
)


@given(st.sampled_from(deliver.CHANNELS), st.integers(1, attempt.MOST_ATTEMPTS + 3), _OUTCOMES, st.uuids())
def test_what_follows(channel: Any, attempts: int, outcome: Any, id_: Any) -> None:
    next_ = attempt.following(channel, attempts, outcome, id_=id_, now=_NOW)
    assert next_.state in ("sent", "waiting", "unknown", "dead")
    assert (next_.state == "sent") == isinstance(outcome, Sent) == (next_.sent_at is not None)
    assert (next_.error is None) == isinstance(outcome, Sent)
    assert next_.error is None or next_.error in attempt.ERRORS
    if isinstance(outcome, Unsure):
        assert (next_.state == "unknown") == (channel != "email"), "a mail alone may be repeated by itself"
    if next_.state == "waiting":
        assert attempts < attempt.MOST_ATTEMPTS
        assert next_.due_at >= _NOW + timedelta(seconds=max(30, getattr(outcome, "after", 0)))
    assert next_ == attempt.following(channel, attempts, outcome, id_=id_, now=_NOW)


def test_the_pauses() -> None:
    id_ = ids.new_id()
    told = [attempt.back_off(id_, n) for n in range(1, attempt.MOST_ATTEMPTS)]
    least = [30, 120, 600, 3600, *[6 * 3600] * 5]
    for pause, seconds in zip(told, least, strict=True):
        assert timedelta(seconds=seconds) <= pause <= timedelta(seconds=seconds * 1.2)
    many = {attempt.back_off(ids.new_id(), 1) for _ in range(200)}
    assert len(many) > 150, "what failed at one moment is not tried at one moment"


@given(
    st.sampled_from(get_args(RobotKind)),
    st.lists(st.integers(0, 600_000), max_size=300),
)
def test_a_robot_never_speaks_more_than_it_may(kind: Any, wishes: list[int]) -> None:
    """Whatever is asked when: in no window is there more than the vendor's count."""
    spoke: list[datetime] = []
    for ms in sorted(wishes):
        now = _NOW + timedelta(milliseconds=ms)
        if attempt.room(kind, [at for at in spoke if now - at < attempt.LONGEST_WINDOW], now):
            spoke.append(now)
    for count, seconds in attempt.LIMITS[kind]:
        for at in spoke:
            inside = [o for o in spoke if at <= o < at + timedelta(seconds=seconds)]
            assert len(inside) <= count


def test_every_error_speaks_both() -> None:
    for code, (zh, en) in attempt.ERRORS.items():
        assert any("\u4e00" <= c <= "\u9fff" for c in zh) and en.isascii() and en, code


# ---------------------------------------------------------------------------------------------------------- the queue
@pytest.fixture(autouse=True)
def _plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    said_plainly(monkeypatch)


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as made:
        yield made


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as made:
        yield made


def _mail(house: House, mail: MailServer) -> Any:
    return couriers(house, smtp_url=f"smtp://127.0.0.1:{mail.port}", mail_from="desk@bank.example")


def _sms(house: House, web: WebServer) -> Any:
    return couriers(house, sms_url=web.origin, sms_key=_KEY)


async def test_the_mark_is_committed_and_nothing_is_held_during_the_call(
    house: House, owner: psycopg.Connection, mail: MailServer
) -> None:
    seen: list[Any] = []

    def look() -> None:
        with psycopg.connect(house.desk.settings.database_admin_url, autocommit=True) as other:
            told = other.execute(
                "select state, attempts from delivery where tenant_id = %s", [house.tenant_id]
            )
            busy = other.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in%'"
            )
            seen.append((told.fetchone(), busy.fetchone()))

    mail.on_data = look
    await queued(house, "email", await colleague(house, owner))
    assert await sent(house, _mail(house, mail)) == 1
    assert seen == [(("sending", 1), (0,))]
    done = row(owner, house)
    assert (done["state"], done["error"]) == ("sent", None) and done["sent_at"] is not None
    assert await sent(house, _mail(house, mail)) == 0


async def test_stopped_for_a_while_the_mails_arrive_later(house: House, owner: psycopg.Connection) -> None:
    target, server = await colleague(house, owner), MailServer()
    by = _mail(house, server)
    with clock.travel(_NOW) as time:
        for number in range(3):
            await queued(house, "email", target, title=f"第{number}封")
        assert await sent(house, by) == 3
        assert {(r["state"], r["error"], r["attempts"]) for r in rows(owner, house)} == {
            ("waiting", "unreachable", 1)
        }
        time.on(timedelta(seconds=29))
        assert await sent(house, by) == 0, "not before its time"
        time.on(timedelta(seconds=8))
        assert await sent(house, by) == 3
        server.start()
        try:
            time.on(timedelta(seconds=150))
            assert await sent(house, by) == 3
        finally:
            server.stop()
    assert sorted(m["Subject"] for m in server.parsed) == ["第0封", "第1封", "第2封"]
    # From the fifth failure in a row on the channel rested: what failed then is no attempt of the mail's own.
    after = rows(owner, house)
    assert {r["state"] for r in after} == {"sent"}
    assert sorted(r["attempts"] for r in after) == [2, 2, 3]


async def test_after_all_attempts_it_is_dead_and_a_person_sees_it(
    house: House, owner: psycopg.Connection
) -> None:
    target = await colleague(house, owner)
    client = await manager(house)
    with clock.travel(_NOW) as time, mail_server() as server:
        server.rcpt = "451 try again later"
        await queued(house, "email", target)
        for _ in range(attempt.MOST_ATTEMPTS):
            assert await sent(house, _mail(house, server)) == 1
            time.on(timedelta(hours=8))
        assert await sent(house, _mail(house, server)) == 0
    (shown,) = (await client.get("/notices/deliveries?state=dead")).json()
    assert (shown["state"], shown["attempts"], shown["error"]) == ("dead", 10, "deferred")
    assert (shown["to"], shown["error_text"]) == ("Li", "对方要求稍后再发")


async def _interrupted(house: House, by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt whose end nobody writes down."""

    async def lost(*_: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(deliver, "record", lost)
    assert await sent(house, by) == 1
    monkeypatch.undo()
    said_plainly(monkeypatch)


async def test_a_mail_interrupted_is_repeated_under_its_name(
    house: House, owner: psycopg.Connection, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queued(house, "email", await colleague(house, owner))
    by = _mail(house, mail)
    with clock.travel(clock.now()) as time:
        await _interrupted(house, by, monkeypatch)
        assert row(owner, house)["state"] == "sending"
        time.on(attempt.STALE_AFTER - timedelta(seconds=1))
        assert await sent(house, by) == 0
        time.on(timedelta(seconds=1))
        assert await sent(house, by) == 1
    assert len(mail.mails) == 2 and mail.mails[0] == mail.mails[1], "byte for byte the same"
    assert (row(owner, house)["state"], row(owner, house)["attempts"]) == ("sent", 2)


async def test_an_sms_interrupted_is_for_a_person(
    house: House, owner: psycopg.Connection, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queued(house, "sms", await customer(house, mobiles=["13800138000"]))
    by = _sms(house, web)
    with clock.travel(clock.now()) as time:
        await _interrupted(house, by, monkeypatch)
        for _ in range(3):
            time.on(timedelta(hours=7))
            assert await sent(house, by) == 0, "never by itself"
    assert (row(owner, house)["state"], row(owner, house)["error"]) == ("unknown", "interrupted")
    assert len(web.got) == 1


async def test_a_late_word_counts_until_something_newer_began(
    house: House, owner: psycopg.Connection, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was stopped and goes on says after all what came of its attempt."""
    await queued(house, "sms", await customer(house, mobiles=["13800138000"]))
    late: list[tuple[Any, ...]] = []
    record = deliver.record

    async def later(*told: Any) -> None:
        late.append(told)

    monkeypatch.setattr(deliver, "record", later)
    with clock.travel(clock.now()) as time:
        await sent(house, _sms(house, web))
        time.on(timedelta(minutes=2))
        assert await sent(house, _sms(house, web)) == 0
        assert row(owner, house)["state"] == "unknown"
        ((desk, tenant_id, taken, outcome),) = late
        await record(desk, tenant_id, taken, outcome)
        assert row(owner, house)["state"] == "sent"
        await record(desk, tenant_id, taken, Failed(code="deferred"))
    assert row(owner, house)["state"] == "sent", "what is known to have arrived stays so"


async def test_two_workers_send_each_once(house: House, owner: psycopg.Connection, mail: MailServer) -> None:
    target = await colleague(house, owner)
    for number in range(12):
        await queued(house, "email", target, title=f"{number}")
    made = await asyncio.gather(*(sent(house, _mail(house, mail)) for _ in range(3)))
    assert sum(made) == 12
    assert sorted(int(m["Subject"]) for m in mail.parsed) == list(range(12))


async def test_without_a_server_it_is_dead_at_once(house: House, owner: psycopg.Connection) -> None:
    """The settings were taken away after it was queued: a person sees it, and can send it again."""
    assert channels.channels_on(house.desk.settings) == {"robot"}
    await queued(house, "email", await colleague(house, owner))
    await queued(house, "sms", await customer(house, mobiles=["13800138000"]))
    assert await sent(house, couriers(house)) == 2
    assert {(r["state"], r["error"]) for r in rows(owner, house)} == {("dead", "not_configured")}


@pytest.mark.parametrize(("channel", "given_"), [("email", {}), ("sms", {"emails": ["a@b.example"]})])
async def test_nobody_to_send_to(
    house: House, owner: psycopg.Connection, channel: Any, given_: dict[str, Any]
) -> None:
    await queued(house, channel, await customer(house, **given_))
    assert await sent(house, couriers(house)) == 1
    assert (row(owner, house)["state"], row(owner, house)["error"]) == ("dead", "no_address")


async def test_an_erased_customer_is_not_written_to(
    house: House, owner: psycopg.Connection, mail: MailServer
) -> None:
    target = await customer(house, emails=["a@b.example"])
    await queued(house, "email", target)
    store = privacy.key_store(house.desk.ring)
    await store.shred(house.tenant_id, [UUID(target.partition(":")[2])], at=clock.now(), by="test")
    assert await sent(house, _mail(house, mail)) == 1
    assert (row(owner, house)["state"], row(owner, house)["error"]) == ("dead", "erased")
    assert mail.mails == []


async def test_a_text_that_cannot_be_made_is_tried_again(
    house: House, owner: psycopg.Connection, mail: MailServer
) -> None:
    target = await colleague(house, owner)
    await queued(house, "email", target)
    owner.execute("update delivery set data = '{}' where tenant_id = %s", [house.tenant_id])
    assert await sent(house, _mail(house, mail)) == 1
    assert (row(owner, house)["state"], row(owner, house)["error"]) == ("waiting", "failed")


# ----------------------------------------------------------------------------------------------------------- a person
async def _dead(house: House, owner: psycopg.Connection) -> str:
    await queued(house, "email", await colleague(house, owner))
    await sent(house, couriers(house))
    return str(row(owner, house)["id"])


@pytest.mark.parametrize(("decision", "state"), [("sent", "sent"), ("give_up", "given_up")])
async def test_a_person_settles(house: House, owner: psycopg.Connection, decision: str, state: str) -> None:
    at = f"/notices/deliveries/{await _dead(house, owner)}/settle"
    client = await manager(house)
    answer = await client.post(at, json={"as": decision, "note": "已电话告知 13800138000"})
    assert (answer.status_code, answer.json()["state"]) == (200, state), answer.text
    assert answer.json()["settled_by"] == str(house.people["postmaster"])
    again = await client.post(at, json={"as": decision, "note": "再来一次"})
    assert (again.status_code, again.json()["title"]) == (409, "DeliverySettled")
    async with house.desk.database.work(house.tenant_id) as work:
        (event,) = [e for e in await evidence.events(work, house.tenant_id) if e.kind == "delivery.settled"]
    assert (event.data["before"], event.data["after"]) == ("dead", state)
    assert "13800138000" not in str(event.data["note"]) and "已电话告知" in str(event.data["note"])


async def test_a_person_sends_it_again(house: House, owner: psycopg.Connection, mail: MailServer) -> None:
    id_ = await _dead(house, owner)
    client = await manager(house)
    answer = await client.post(f"/notices/deliveries/{id_}/again", json={"note": "已配置邮件服务器"})
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "waiting", 0)
    assert await sent(house, _mail(house, mail)) == 1
    assert row(owner, house)["state"] == "sent" and len(mail.mails) == 1
    late = await client.post(f"/notices/deliveries/{id_}/again", json={"note": "再发"})
    assert late.status_code == 409, "what has arrived is not sent again"


async def test_the_list_pages_and_masks(house: House, owner: psycopg.Connection) -> None:
    target = await customer(house, emails=["wang.xiaoming@b.example"])
    for number in range(52):
        await queued(house, "email", target, title=f"{number}")
    client = await manager(house)
    first = (await client.get("/notices/deliveries")).json()
    rest = (await client.get(f"/notices/deliveries?after={first[-1]['id']}")).json()
    assert (len(first), len(rest)) == (50, 2)
    assert len({one["id"] for one in first + rest}) == 52
    assert "wang.xiaoming@b.example" not in str(first) and "@" in first[0]["to"]
    assert (await client.get("/notices/deliveries?state=dead")).json() == []
    assert (await client.get("/notices/deliveries?state=odd")).status_code == 422
    assert (await client.get("/notices/deliveries?after=odd")).status_code == 422


async def test_nothing_of_an_address_is_logged_or_kept(
    house: House, owner: psycopg.Connection, mail: MailServer
) -> None:
    mail.rcpt = "550 no such user zhang.wei@b.example"
    await queued(house, "email", await customer(house, emails=["zhang.wei@b.example"]))
    with logged() as words:
        assert await sent(house, _mail(house, mail)) == 1
    assert "delivery_not_sent" in words.getvalue() and "recipient_refused" in words.getvalue()
    assert "zhang.wei" not in words.getvalue() + str(row(owner, house))


async def test_a_hundred_robots_words_are_put_off_not_lost(
    house: House, owner: psycopg.Connection, web: WebServer
) -> None:
    """DingTalk takes 20 a minute: the rest goes in the minutes after."""
    by = couriers(house, robot_hosts=web.origin)
    web.answer = Answer(body=b'{"errcode":0,"errmsg":"ok"}')
    assert (await robot(house, f"{web.origin}/robot/send?access_token=x")).status_code == 200
    with clock.travel(_NOW) as time:
        for number in range(50):
            await queued(house, "robot", "robot:ops", title=f"{number}")
        told = []
        for _ in range(4):
            told.append(await sent(house, by))
            time.on(timedelta(seconds=60))
    assert told == [20, 20, 10, 0]
    assert len({one.body for one in web.got}) == 50
    assert {r["state"] for r in rows(owner, house)} == {"sent"}
