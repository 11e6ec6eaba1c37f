"""What could not be delivered is in the feed of whoever looks after deliveries: counted, and once."""

from datetime import timedelta

import psycopg
import pytest

from bihuan.core import clock
from bihuan.notices import attempt
from tests.conftest import House
from tests.notices.sending import colleague, couriers, customer, manager, queued, said_plainly, sent
from tests.notices.servers import Answer, mail_server, web_server
from tests.notices.telling import feed

_KEY = "sixteen characters"


async def test_dead_and_unknown_are_told_to_who_decides(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    postmaster, agent = await manager(house), await house.client("agent", login="zhao")
    target = await customer(house, mobiles=["13800138000"])
    with monkeypatch.context() as plainly, web_server() as web, clock.travel(clock.now().replace(minute=10)):
        said_plainly(plainly)
        by = couriers(house, sms_url=web.origin, sms_key=_KEY)
        web.answer = Answer(status=400)
        for number in range(3):
            await queued(house, "sms", target, title=f"{number}")
        web.answer = Answer(status=400)
        assert await sent(house, by) == 3
        web.answer = Answer(silent=True)
        await queued(house, "sms", target, title="x")
        await sent(house, by)
        # Looked at again: nothing more has happened.
        await sent(house, by)
    (line,) = await feed(postmaster)
    assert (line["kind"], line["count"], line["title"]) == (
        "delivery_unsettled",
        4,
        "4 条外发消息未送达或结果不明",
    )
    assert "外发消息" in line["body"] and (line["ticket_id"], line["number"]) == (None, None)
    assert await feed(agent) == []


async def test_an_interrupted_sms_is_told_too_and_a_mail_tried_again_is_not(
    house: House, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    postmaster = await manager(house)
    await queued(house, "sms", await customer(house, mobiles=["13800138000"]))
    await queued(house, "email", await colleague(house, owner))
    long_ago = clock.now() - attempt.STALE_AFTER - timedelta(seconds=1)
    owner.execute(
        "update delivery set state = 'sending', attempts = 1, sending_at = %s where tenant_id = %s",
        [long_ago, house.tenant_id],
    )
    with monkeypatch.context() as plainly, mail_server() as server:
        said_plainly(plainly)
        by = couriers(house, smtp_url=f"smtp://127.0.0.1:{server.port}", mail_from="desk@bank.example")
        assert await sent(house, by) == 1
    (line,) = await feed(postmaster)
    assert (line["kind"], line["count"]) == ("delivery_unsettled", 1)


async def test_an_administrator_who_reads_no_tickets_has_a_feed_and_wishes(house: House) -> None:
    admin, app = await house.client("admin"), await house.client("host_app", login="app")
    assert (await admin.get("/notices")).json() == {"items": [], "unread": 0, "next": None}
    shown = await admin.put("/notices/preferences", json={"kinds": {"delivery_unsettled": False}})
    assert shown.status_code == 200 and shown.json()["kinds"] == {"delivery_unsettled": False}
    assert (await admin.post("/notices/read", json={"all": True})).json() == {"unread": 0}
    # Whoever can be told of nothing has no use for it.
    for path in ("/notices", "/notices/preferences"):
        assert (await app.get(path)).status_code == 403
