"""What one customer may send: so many messages, files, tickets, so many bytes; keys that come again; long talks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from bihuan import tickets
from bihuan.channels.portal import shows
from bihuan.core import clock
from bihuan.core.actor import desk_actor
from bihuan.core.desk import Desk
from tests.api.test_every_operation import problem
from tests.channels.portal import customer, inside, led, sent
from tests.conftest import House
from tests.tickets.doing import do

_MOMENT = datetime(2026, 11, 21, 2, 0, 1, tzinfo=UTC)


@pytest.fixture
def narrow(desk: Desk) -> Iterator[None]:
    """A desk that lets customers send little."""
    before = desk.settings
    desk.settings = msgspec.structs.replace(
        before, portal_messages=2, portal_files=3, portal_tickets=1, customer_bytes=3000,
        tenant_attachment_bytes=10_000,
    )  # fmt: skip
    yield
    desk.settings = before


def _waits(answer: httpx.Response) -> int:
    assert (answer.status_code, problem(answer)) == (429, "TooManyTries"), answer.text
    seconds = int(answer.headers["retry-after"])
    assert str(seconds) in answer.json()["detail"]
    return seconds


def _files(*sizes: int) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", ("a.txt", b"x" * size)) for size in sizes]


async def test_so_many_and_no_more_until_the_time_is_over(
    house: House, narrow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = _MOMENT
    monkeypatch.setattr(clock, "now", lambda: now)
    browser, other = await customer(house), await customer(house, "C-2")
    form = (await browser.get("/portal/case-types/general")).json()["example"]
    assert (await browser.post("/portal/tickets", json={"case_type": "nonsense"})).status_code == 422
    opened = await browser.post("/portal/tickets", json=form, headers={"idempotency-key": "t"})
    assert opened.status_code == 201, "what was refused did not count"
    assert 0 < _waits(await browser.post("/portal/tickets", json=form)) <= 86_400
    at = f"/portal/tickets/{opened.json()['id']}"
    for number in range(2):
        key = {"idempotency-key": str(number)}
        for replayed in (None, "true", "true"):
            answer = await browser.post(f"{at}/messages", json={"body": f"第 {number} 条"}, headers=key)
            assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (201, replayed)
    assert 0 < _waits(await browser.post(f"{at}/messages", json={"body": "再一条"})) <= 3600
    assert (await browser.post(f"{at}/attach", files=_files(1, 1))).status_code == 201
    assert 0 < _waits(await browser.post(f"{at}/attach", files=_files(1, 1))) <= 86_400
    assert (await browser.post(f"{at}/attach", files=_files(1))).status_code == 201, (
        "two too many did not count"
    )
    again = await browser.post("/portal/tickets", json=form, headers={"idempotency-key": "t"})
    assert (again.status_code, again.json()["id"]) == (201, opened.json()["id"])
    assert len((await browser.get(at)).json()["messages"]) == 3
    await sent(house, other)
    now = _MOMENT + timedelta(minutes=59, seconds=58)
    _waits(await browser.post(f"{at}/messages", json={"body": "再一条"}))
    now = _MOMENT + timedelta(hours=1)
    assert (await browser.post(f"{at}/messages", json={"body": "再一条"})).status_code == 201


async def test_bytes_of_a_customer_and_a_reserve_for_colleagues(house: House, narrow: None) -> None:
    desk, browser = await house.client(), await customer(house)
    one = await sent(house, browser)
    two = await house.ticket(desk, "general", customer={"external_ref": "C-1"})
    own, theirs = f"/portal/tickets/{one['id']}/attach", f"/tickets/{two['id']}/attach"
    assert (await inside(house, one))["customer"]["id"] == (await inside(house, two))["customer"]["id"]
    assert (await desk.post(theirs, files=_files(2000))).status_code == 201
    full = await browser.post(own, files=_files(1001), headers={"accept-language": "zh"})
    assert (full.status_code, problem(full)) == (413, "CustomerFull")
    assert "2.9 KB" in full.json()["detail"]
    assert (await browser.post(own, files=_files(1000))).status_code == 201
    assert (await desk.post(theirs, files=_files(1000))).status_code == 201, (
        "colleagues are not held up by it"
    )
    assert (await desk.post(theirs, files=_files(4500))).status_code == 201
    other = await customer(house, "C-2")
    elsewhere = f"/portal/tickets/{(await sent(house, other))['id']}/attach"
    shut = await other.post(elsewhere, files=_files(501))
    assert (shut.status_code, problem(shut)) == (507, "NoRoomForFiles")
    assert (await other.post(elsewhere, files=_files(500))).status_code == 201
    assert (await desk.post(theirs, files=_files(1000))).status_code == 201, "the last tenth"
    assert problem(await desk.post(theirs, files=_files(1))) == "TenantFull"


async def test_of_an_answer_only_the_id_is_kept_and_it_is_told_anew(
    house: House, owner: psycopg.Connection
) -> None:
    browser, key = await customer(house), {"idempotency-key": "k"}
    form = (await browser.get("/portal/case-types/general")).json()["example"]
    sendings: list[tuple[str, dict[str, Any]]] = [("/portal/tickets", {"json": form})]
    ticket = (await browser.post("/portal/tickets", **sendings[0][1], headers=key)).json()
    at = f"/portal/tickets/{ticket['id']}"
    sendings += [(f"{at}/messages", {"json": {"body": "补充说明"}}), (f"{at}/attach", {"files": _files(3)})]
    for path, told in sendings[1:]:
        assert (await browser.post(path, **told, headers=key)).status_code == 201
    rows = owner.execute(
        "select status, length(sealed) from idempotency where tenant_id = %s and route like '%%/portal/%%'",
        [house.tenant_id],
    ).fetchall()
    whole = len(msgspec.json.encode({"id": ticket["id"]})) + 12 + 16  # nonce and tag of the sealed answer
    assert rows == [(201, whole)] * 3
    await do(await house.client(), await inside(house, ticket), "reply", body="请稍候")
    now = (await browser.get(at)).json()
    for path, told in sendings:
        answer = await browser.post(path, **told, headers=key)
        assert (answer.status_code, answer.headers["idempotency-replayed"]) == (201, "true")
        assert answer.json() == now
    assert (await browser.get(at)).json()["version"] == now["version"]


async def test_the_query_belongs_to_what_a_key_stands_for(house: House) -> None:
    desk = await house.client()
    ticket, key = await house.ticket(desk, "general"), {"idempotency-key": "k"}
    at = f"/tickets/{ticket['id']}/attach"
    first = await desk.post(at, files=_files(3), headers=key)
    assert first.status_code == 201
    other = await desk.post(at, params={"for_customer": "yes"}, files=_files(3), headers=key)
    assert (other.status_code, problem(other)) == (422, "KeyReused")
    for params in ({}, {"nonsense": "1"}):
        same = await desk.post(at, params=params, files=_files(3), headers=key)
        assert (same.text, same.headers["idempotency-replayed"]) == (first.text, "true")


async def test_of_a_long_talk_the_newest_is_shown(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shows, "MOST_MESSAGES", 3)
    browser, desk = await customer(house), await house.client()
    ticket = await sent(house, browser)
    at = f"/portal/tickets/{ticket['id']}"
    assert (len(ticket["messages"]), ticket["earlier"]) == (1, 0)
    assert (await browser.post(f"{at}/attach", files=_files(3))).status_code == 201
    seen = await led(house, ticket, "waiting")
    for number in range(4):
        assert (await browser.post(f"{at}/messages", json={"body": f"第 {number} 条"})).status_code == 201
        await desk.post(f"/tickets/{ticket['id']}/note", json={"body": "内部备注"})
    shown = (await browser.get(at)).json()
    assert [m["body"] for m in shown["messages"]] == ["第 1 条", "第 2 条", "第 3 条"]
    assert shown["earlier"] == 2
    assert len(shown["attachments"]) == 1, "however long ago it came"
    stages = [s for s in shown["steps"] if s["at"]]
    assert [s["stage"] for s in stages] == ["intake", "follow"]
    whole = (await desk.get(f"/tickets/{ticket['id']}/timeline", params={"limit": 500})).json()["items"]
    by_state = {
        e["data"]["changes"]["state"][1]: e["at"] for e in whole if "state" in e["data"].get("changes", {})
    }
    assert stages[0]["at"] == whole[0]["at"] and stages[1]["at"] == by_state["following"]
    await tickets.file_check.check_now(house.desk, house.tenant_id)
    assert (await browser.get(f"{at}/attachments/{shown['attachments'][0]['id']}")).status_code == 200
    assert seen["state"] == "waiting"


async def test_only_what_is_shown_is_read(house: House, desk: Desk) -> None:
    browser, staff = await customer(house), await house.client()
    ticket = await sent(house, browser)
    for number in range(30):
        await staff.post(f"/tickets/{ticket['id']}/note", json={"body": f"备注 {number}"})
    async with desk.database.work(house.tenant_id) as work:
        found = await tickets.find_ticket(work, desk_actor(house.tenant_id), ticket["id"])
        history = await shows.history_of(work, found.id)
    assert [entry.seq for entry in history] == [1], "nothing of thirty notes"
