"""The webhook: a signed message of another system becomes a ticket once, and nothing personal of it stands in clear."""

import json
from typing import Any

import httpx
import pytest

from bihuan import tickets
from bihuan.channels.inbound import signature
from bihuan.core import clock
from tests.conftest import House

CARD, MOBILE = "6222020200112230", "13800138000"
#: A card number as a number, secrets named by their members, numbers in names and where nobody expects them.
MESSAGE: dict[str, Any] = {
    "id": "M-1",
    "title": f"重复扣款 {CARD}",
    "body": f"请联系 {MOBILE}",
    "customer": {"name": "某某", "mobiles": [MOBILE], "card": int(CARD)},
    "payment": {"pan": int(CARD), "cvv": 123, "list": [{"otp": "验证码 482913"}]},
    f"seen by {MOBILE}": True,
    "tags": ["重复扣款", CARD],
    "fields": {"nothing_like_it": CARD},
    "elements": {"symptom": f"扣了两次 {CARD}"},
}


def signed(
    secret: str, message: object, /, *, source: str = "core", late: int = 0, **changes: Any
) -> dict[str, Any]:
    """A delivery as a source makes it."""
    text = json.dumps(message, ensure_ascii=False)
    sent_at = int(clock.now().timestamp()) - late
    made = {
        "source": source,
        "sent_at": sent_at,
        "message": text,
        "signature": signature(secret, sent_at, text),
    }
    return {**made, **changes}


async def source(house: House, **more: Any) -> tuple[httpx.AsyncClient, str]:
    """A sender, and its secret."""
    admin = await house.client("admin")
    made = await admin.put("/channels/inbound/sources", json={"code": "core", "name": "核心系统", **more})
    assert made.status_code == 200, made.text
    return await house.client("integration"), made.json()["secret"]


async def test_a_message_becomes_a_ticket_once(house: House) -> None:
    sender, secret = await source(house)
    answer = await sender.post("/channels/inbound", json=signed(secret, MESSAGE))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["outcome"], told["destroyed"]) == ("taken", ["cvv", "one_time_code"])
    assert len(told["notices"]) == 2
    again = await sender.post("/channels/inbound", json=signed(secret, MESSAGE, late=30))
    assert (again.json()["outcome"], again.json()["number"]) == ("already_there", told["number"])
    client = await house.client()
    shown = (await client.get(f"/tickets/{told['number']}")).json()
    timeline = (await client.get(f"/tickets/{told['number']}/timeline")).json()
    said = json.dumps([shown, timeline, told], ensure_ascii=False)
    assert CARD not in said and MOBILE not in said and "482913" not in said
    body = timeline["items"][0]["message"]["body"]
    assert (
        "payment.pan: 622202******2230" in body and "138****8000" in body and "payment.cvv: ▇▇▇[CVV]" in body
    )


async def test_what_is_kept_of_it_holds_no_secret(house: House) -> None:
    sender, secret = await source(house)
    told = (await sender.post("/channels/inbound", json=signed(secret, MESSAGE))).json()
    await tickets.file_check.check_now(house.desk, house.tenant_id)
    client = await house.client()
    url = f"/tickets/{told['number']}/attachments"
    (raw,) = [a for a in (await client.get(url)).json() if a["raw"]]
    assert (raw["state"], raw["reason"]) == ("unreadable", "raw")
    why = {"reason": {"code": "handle", "text": "核对原始报文"}}
    original = (await client.post(f"{url}/{raw['id']}/original", json=why)).content.decode()
    assert CARD in original, "kept sealed, for a reason"
    assert "482913" not in original and '"cvv":"▇▇▇[CVV]"' in original
    assert (await sender.get(url)).json() == [], "who may not open it does not see it"
    assert (await sender.post(f"{url}/{raw['id']}/original", json=why)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "status", "title"),
    [
        ({"signature": "0" * 64}, 422, "WrongSignature"),
        ({"message": '{"id": "M-2"}'}, 422, "WrongSignature"),
        ({"source": "other"}, 422, "WrongSignature"),
        ({"late": 301}, 409, "OutOfTime"),
        ({"late": -301}, 409, "OutOfTime"),
    ],
)
async def test_forged_and_old_ones_are_refused(
    shared_house: House, changes: dict[str, Any], status: int, title: str
) -> None:
    sender, secret = await source(shared_house, new_secret=True)
    answer = await sender.post("/channels/inbound", json=signed(secret, MESSAGE, **changes))
    assert (answer.status_code, answer.json()["title"]) == (status, title), answer.text


async def test_a_recorded_delivery_sent_again_is_refused(house: House) -> None:
    sender, secret = await source(house)
    delivery = signed(secret, MESSAGE)
    assert (await sender.post("/channels/inbound", json=delivery)).status_code == 200
    answer = await sender.post("/channels/inbound", json=delivery)
    assert (answer.status_code, answer.json()["title"]) == (409, "SentAgain")


@pytest.mark.parametrize("message", ["nonsense", 17, [], {"title": "x"}, {"id": ""}])
async def test_what_is_no_message_is_said(shared_house: House, message: object) -> None:
    sender, secret = await source(shared_house, new_secret=True)
    answer = await sender.post("/channels/inbound", json=signed(secret, message))
    assert answer.status_code == 422, answer.text


async def test_sources_are_managed_and_their_secret_is_told_once(house: House) -> None:
    sender, secret = await source(house)
    admin = await house.client("admin")
    (listed,) = (await admin.get("/channels/inbound/sources")).json()
    assert (listed["code"], listed["secret"]) == ("core", None) and secret
    changed = await admin.put(
        "/channels/inbound/sources", json={"code": "core", "name": "x", "active": False}
    )
    assert changed.json()["secret"] is None
    assert (await sender.post("/channels/inbound", json=signed(secret, MESSAGE))).status_code == 422
    wrong = await admin.put(
        "/channels/inbound/sources", json={"code": "core", "name": "x", "case_type": "nope"}
    )
    assert wrong.status_code == 422
    assert (await admin.delete("/channels/inbound/sources/core")).status_code == 204
    assert (await admin.delete("/channels/inbound/sources/core")).status_code == 404
    for client in (await house.client("agent"), await house.client("supervisor")):
        assert (await client.get("/channels/inbound/sources")).status_code == 403
        assert (await client.post("/channels/inbound", json=signed(secret, MESSAGE))).status_code == 403
