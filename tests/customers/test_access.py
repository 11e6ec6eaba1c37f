"""A person's own data as a file: asked, decided by a second person, made once, fetched by who may, gone in time."""

import io
import json
import re
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from bihuan import customers
from bihuan.core import clock
from bihuan.core.desk import Desk
from bihuan.core.outbox import deliver_due
from bihuan.customers import access_giving, access_making
from bihuan.privacy import erase
from bihuan.tickets import file_check
from tests.channels.portal import come, link, sent
from tests.conftest import House, found, gather
from tests.customers.test_merge import merged
from tests.privacy.test_erase import GROUND
from tests.tickets.doing import Json, do
from tests.tickets.looking import at_screen, bodies

CARD, ID, MOBILE = "6222020200112230", "11010519491231002X", "13800138000"
PERSON: Json = {"external_ref": "CIF-1", "name": "张示例某", "mobiles": [MOBILE], "id_number": ID}
SAID, NOTE, REPLY = "我在绿洲书店被扣了两次", "来电人自称住在橘子巷", "我们已向翡翠银行查询"


async def known(house: House) -> tuple[Json, httpx.AsyncClient]:
    """A ticket with everything on it, and its customer at the portal."""
    desk = await house.client()
    browser = await come(house, await link(house, customer=PERSON))
    ticket = await sent(house, browser, description=f"{SAID}，卡号 {CARD}，密码是 123456。")
    files = {"files": ("海豚收据.txt", "收据正文".encode(), "text/plain")}
    assert (await browser.post(f"/portal/tickets/{ticket['id']}/attach", files=files)).status_code == 201
    inside = (await desk.get(f"/tickets/{ticket['id']}")).json()
    inside = await do(desk, inside, "note", body=NOTE)
    inside = await do(desk, inside, "claim")
    inside = await do(desk, inside, "reply", body=REPLY)
    await file_check.check_now(house.desk, house.tenant_id)
    return inside, browser


async def released(house: House, browser: httpx.AsyncClient) -> Json:
    """A request of the customer's own, granted, and made by the worker."""
    asked = await browser.post("/portal/access-requests")
    assert asked.status_code == 201, asked.text
    granted = await (await house.client("compliance")).post(f"/access-requests/{asked.json()['id']}/release")
    assert (granted.status_code, granted.json()["state"]) == (200, "released"), granted.text
    await deliver_due(house.desk, tenant_id=house.tenant_id)
    return dict((await browser.get("/portal/access-requests")).json()[0])


def opened(answer: httpx.Response) -> zipfile.ZipFile:
    """The archive of an answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert "no-store" in answer.headers["cache-control"]
    return zipfile.ZipFile(io.BytesIO(answer.content))


async def test_a_person_is_told_all_that_is_held_in_clear_and_nothing_of_others(
    house: House, owner: psycopg.Connection
) -> None:
    ticket, browser = await known(house)
    other = await house.ticket(
        None, "general", description="另一人的雪松", customer={"mobiles": ["13900139000"]}
    )
    ready = await released(house, browser)
    assert (ready["state"], ready["state_text"]) == ("ready", "文件已生成，可下载")
    packed = opened(await browser.get(f"/portal/access-requests/{ready['id']}/file"))
    told = json.loads(packed.read("person.json"))
    page = packed.read("person.html").decode()
    assert [s["code"] for s in told["sections"]] == [
        "person",
        "tickets",
        "recipients",
        "looks",
        *_kept(told),
        "rights",
    ]
    for text in (page, json.dumps(told, ensure_ascii=False)):
        for word in ("张示例某", MOBILE, ID, CARD, SAID, REPLY, ticket["number"], "查看工单"):
            assert word in text, word
        for word in (NOTE, "123456", "雪松", "13900139000", other["number"], "supervisor", "Supervisor"):
            assert word not in text, word
        assert "1 条内部备注未包含" in text
    assert not re.search(r"<script|\son\w+=|javascript:|https?://|<link|<img", page, re.IGNORECASE)
    [file] = [name for name in packed.namelist() if name.startswith("files/")]
    assert file == f"files/{ticket['number']}/01-海豚收据.txt"
    assert packed.read(file).decode() == "收据正文"
    # At rest it is protected: no word of it in any row, none on the disk.
    for path in (house.desk.settings.data_folder / "access").rglob("*"):
        assert not path.is_file() or SAID.encode() not in path.read_bytes()
    kinds = [b["kind"] for b in bodies(owner, house, "person.access_made")]
    assert kinds == ["person.access_made"]


def _kept(told: Json) -> list[str]:
    """How long it is kept, where the desk has rules for that."""
    return [s["code"] for s in told["sections"] if s["code"] == "retention"]


async def test_an_english_person_is_told_in_english(house: House) -> None:
    browser = await come(house, await link(house, customer={**PERSON, "language": "en"}))
    await sent(house, browser)
    ready = await released(house, browser)
    packed = opened(await browser.get(f"/portal/access-requests/{ready['id']}/file"))
    page = packed.read("person.html").decode()
    assert '<html lang="en">' in page
    assert "Who you are and how we reach you" in page
    titles = [s["title"] for s in json.loads(packed.read("person.json"))["sections"]]
    assert not [t for t in titles if re.search(r"[一-鿿]", t)]


async def test_one_asks_another_decides_and_once(house: House, desk: Desk, http: Any) -> None:
    ticket, browser = await known(house)
    boss, compliance, agent = [await house.client(r) for r in ("supervisor", "compliance", "agent")]
    path = f"/customers/{ticket['customer']['id']}/access-requests"
    assert (await agent.post(path)).status_code == 403
    stranger = await found(desk, http)
    assert (await (await stranger.client()).post(path)).status_code == 404
    asked = await boss.post(path)
    assert (asked.status_code, asked.json()["asked_as"]) == (201, "staff")
    again = await compliance.post(path)
    assert (again.status_code, again.json()["title"]) == (409, "AccessAsked")
    assert (await browser.post("/portal/access-requests")).status_code == 409
    at = f"/access-requests/{asked.json()['id']}"
    for who, verb, body, status, title in (
        (boss, "release", None, 409, "AnotherDecides"),
        (boss, "refuse", {"reason": "given_lately"}, 409, "AnotherDecides"),
        (agent, "release", None, 403, "NotAllowed"),
        (await stranger.client(), "release", None, 404, "NotFound"),
        (compliance, "refuse", {"reason": "no reason"}, 422, "Invalid"),
    ):
        answer = await who.post(f"{at}/{verb}", json=body)
        assert (answer.status_code, answer.json()["title"]) == (status, title), answer.text
    refused = await compliance.post(f"{at}/refuse", json={"reason": "not_identified"})
    assert (refused.status_code, refused.json()["refusal"]) == (200, "not_identified")
    assert (await compliance.post(f"{at}/release")).json()["title"] == "AccessDecided"
    [seen] = (await browser.get("/portal/access-requests")).json()
    assert (seen["state"], seen["reason"]) == ("refused", access_reason("zh"))
    english = await browser.get("/portal/access-requests", headers={"accept-language": "en"})
    assert english.json()[0]["reason"] == access_reason("en")
    got = await browser.get(f"/portal/access-requests/{seen['id']}/file")
    assert (got.status_code, got.json()["title"]) == (409, "NoFileYet")


def access_reason(language: str) -> str:
    """What is said of an identity that was not made sure."""
    return customers.access_model.REFUSALS["not_identified"][0 if language == "zh" else 1]


async def test_of_two_who_ask_at_once_one_is_told(house: House) -> None:
    _, browser = await known(house)
    answers = await gather(*(browser.post("/portal/access-requests") for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]


async def test_another_customer_learns_nothing(house: House) -> None:
    _, browser = await known(house)
    ready = await released(house, browser)
    stranger = await come(house, await link(house, customer={"external_ref": "CIF-9", "name": "王示例"}))
    assert (await stranger.get("/portal/access-requests")).json() == []
    answer = await stranger.get(f"/portal/access-requests/{ready['id']}/file")
    assert (answer.status_code, answer.json()["title"]) == (404, "NotFound")
    assert (await house.anonymous().get(f"/portal/access-requests/{ready['id']}/file")).status_code == 401
    assert (
        await (await house.client()).get(f"/portal/access-requests/{ready['id']}/file")
    ).status_code == 401


async def test_a_colleague_fetches_it_once_at_the_screen_and_that_is_a_look(
    house: House, owner: psycopg.Connection
) -> None:
    ticket, browser = await known(house)
    ready = await released(house, browser)
    at = f"/access-requests/{ready['id']}/fetch"
    by_token = await (await house.client()).post(at)
    assert (by_token.status_code, by_token.json()["title"]) == (403, "SessionNeeded")
    watcher = await at_screen(house, "compliance")
    assert (await watcher.post(at)).json()["title"] == "NotAllowed", "who watches sees no value in clear"
    boss = await at_screen(house, "supervisor")
    assert MOBILE in opened(await boss.post(at)).read("person.html").decode()
    twice = await boss.post(at)
    assert (twice.status_code, twice.json()["title"]) == (409, "FetchedAlready")
    [event] = bodies(owner, house, "person.access_fetched")
    assert event["data"]["customer"] == ticket["customer"]["id"]
    [row] = (await (await house.client()).get("/access-requests?state=ready")).json()
    assert row["fetched_at"] and row["fetched_by"] == event["actor"]["id"]
    assert (await browser.get(f"/portal/access-requests/{ready['id']}/file")).status_code == 200


async def test_it_expires(house: House) -> None:
    _, browser = await known(house)
    ready = await released(house, browser)
    url = f"/portal/access-requests/{ready['id']}/file"
    folder = house.desk.settings.data_folder / "access" / house.tenant_id.hex
    assert len([f for f in folder.rglob("*") if f.is_file()]) == 1
    with clock.travel(clock.now() + timedelta(days=house.desk.settings.access_days)):
        again = await come(house, await link(house, customer=PERSON))
        gone = await again.get(url)
        assert (gone.status_code, gone.json()["title"]) == (410, "FileExpired")
        assert (await again.get("/portal/access-requests")).json()[0]["state"] == "expired"
        await access_giving.sweep(house.desk, house.tenant_id)
        assert [f for f in folder.rglob("*") if f.is_file()] == []
        assert (await again.post("/portal/access-requests")).status_code == 201, "they may ask again"
    del browser


async def test_made_again_after_a_crash_there_is_one_file(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, browser = await known(house)
    asked = (await browser.post("/portal/access-requests")).json()
    await (await house.client("compliance")).post(f"/access-requests/{asked['id']}/release")
    tell = access_making.tell

    async def crash(*_given: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(access_making, "tell", crash)
    with pytest.raises(KeyboardInterrupt):
        await access_making.make(house.desk, house.tenant_id, UUID(asked["id"]))
    assert (await browser.get("/portal/access-requests")).json()[0]["state"] == "released"
    monkeypatch.setattr(access_making, "tell", tell)
    await gather(*(access_making.make(house.desk, house.tenant_id, UUID(asked["id"])) for _ in range(3)))
    await deliver_due(house.desk, tenant_id=house.tenant_id)
    first = await browser.get(f"/portal/access-requests/{asked['id']}/file")
    assert first.status_code == 200
    monkeypatch.setattr(access_giving, "_ORPHAN_SECONDS", -1)
    await access_giving.sweep(house.desk, house.tenant_id)
    folder = house.desk.settings.data_folder / "access" / house.tenant_id.hex
    assert len([f for f in folder.rglob("*") if f.is_file()]) == 1, "what the crash left was swept"
    assert (await browser.get(f"/portal/access-requests/{asked['id']}/file")).content == first.content


async def test_an_erased_persons_file_is_gone(house: House) -> None:
    ticket, browser = await known(house)
    await released(house, browser)
    boss, compliance = await house.client(), await house.client("compliance")
    ticket = (await boss.get(f"/tickets/{ticket['id']}")).json()
    await do(boss, ticket, "withdraw", proof="客户来电撤回")
    folder = house.desk.settings.data_folder / "access" / house.tenant_id.hex
    assert len([f for f in folder.rglob("*") if f.is_file()]) == 1
    asked = await compliance.post(f"/customers/{ticket['customer']['id']}/erase", json=GROUND)
    assert (await boss.post(f"/erasures/{asked.json()['id']}/approve")).status_code == 200
    [row] = (await boss.get("/access-requests")).json()
    assert row["state"] == "revoked"
    await erase.finish(house.desk, house.tenant_id, UUID(asked.json()["id"]))
    assert [f for f in folder.rglob("*") if f.is_file()] == []
    answer = await boss.post(f"/customers/{ticket['customer']['id']}/access-requests")
    assert (answer.status_code, answer.json()["title"]) == (410, "Shredded")


async def test_one_person_of_two_customers_is_told_of_both_until_they_are_parted(house: House) -> None:
    ticket, browser = await known(house)
    b = await house.ticket(
        None,
        "general",
        description="第二个档案的红枫",
        customer={"external_ref": "CIF-2", "mobiles": ["13700137000"]},
    )
    a_id, b_id = ticket["customer"]["id"], b["customer"]["id"]
    await merged(house, b_id, a_id)
    ready = await released(house, browser)
    page = (
        opened(await browser.get(f"/portal/access-requests/{ready['id']}/file")).read("person.html").decode()
    )
    assert "第二个档案的红枫" in page and "13700137000" in page and MOBILE in page
    of_b = await come(house, await link(house, customer_id=b_id))
    assert (await of_b.get(f"/portal/access-requests/{ready['id']}/file")).status_code == 200
    assert (await (await house.client()).post(f"/customers/{b_id}/unmerge")).status_code == 200
    for who, status in ((browser, 409), (of_b, 404)):
        answer = await who.get(f"/portal/access-requests/{ready['id']}/file")
        assert answer.status_code == status, "what was made of two as one is given to neither"
    assert (await browser.get("/portal/access-requests")).json()[0]["state"] == "revoked"
    ready = await released(house, browser)
    page = (
        opened(await browser.get(f"/portal/access-requests/{ready['id']}/file")).read("person.html").decode()
    )
    assert "红枫" not in page and SAID in page
