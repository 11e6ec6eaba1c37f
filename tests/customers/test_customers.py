"""Customers: found by what identifies them, never by chance; shown masked; all of it in the vault."""

from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.customers.model import NewContact, NewCustomer, given_values, problems
from tests.conftest import House, gather

ID, CARD, MOBILE = "11010519491231002X", "6222020200112230", "13800138000"
USCC = "91110000600037341L"
_PERSON: dict[str, Any] = {"kind": "person", "name": "张示例", "mobiles": [MOBILE], "id_number": ID}


async def _who(house: House, **customer: Any) -> str:
    ticket = await house.ticket(case_type="general", customer=customer)
    return str(ticket["customer"]["id"])


@pytest.mark.parametrize(
    "again",
    [
        {"id_number": ID.lower()},
        {"card_numbers": ["6222 0202 0011 2230"]},
        {"accounts": ["6217000010001234567"]},
        {"external_ref": "CIF-1"},
        {"external_ref": "CIF-1", "mobiles": ["13900139000"]},
    ],
)
async def test_the_same_person_is_found_by_any_of_what_says_who_they_are(
    house: House, again: dict[str, Any]
) -> None:
    known = {
        **_PERSON,
        "emails": ["shili@example.com"],
        "card_numbers": [CARD],
        "accounts": ["6217000010001234567"],
    }
    first = await _who(house, **known, external_ref="CIF-1")
    assert await _who(house, kind="person", **again) == first


@pytest.mark.parametrize("again", [{"mobiles": ["+86 138-0013-8000"]}, {"emails": ["SHILI@Example.com"]}])
async def test_phone_and_mail_find_who_is_known_by_those_alone(house: House, again: dict[str, Any]) -> None:
    reached = {"name": "张示例", "mobiles": [MOBILE], "emails": ["shili@example.com"]}
    by_more = await _who(house, **reached, external_ref="CIF-1")
    by_these = await _who(house, **reached)
    assert by_these != by_more, "a phone is shared: it does not say that somebody is CIF-1"
    assert await _who(house, **again) == by_these


async def test_who_is_somebody_else(house: House) -> None:
    first = await _who(house, **_PERSON, external_ref="CIF-1")
    assert await _who(house, kind="person", mobiles=[MOBILE], external_ref="CIF-2") != first, (
        "a shared phone, another id of the institution's own"
    )
    assert await _who(house, kind="person", name="张示例") != first, "a name identifies nobody"
    assert await _who(house, kind="person", mobiles=["13900139000"]) != first


async def test_another_tenants_customer_is_not_found(house: House, desk: Any, http: Any) -> None:
    from tests.conftest import found

    first = await _who(house, **_PERSON)
    other = await found(desk, http)
    assert await _who(other, **_PERSON) != first
    client = await other.client()
    assert (await client.get(f"/customers/{first}")).status_code == 404


async def test_new_values_of_a_known_person_are_kept(house: House) -> None:
    first = await _who(house, **_PERSON)
    await _who(house, kind="person", id_number=ID, mobiles=["13900139000"])
    await _who(house, kind="person", id_number=ID, mobiles=["13900139000"])
    client = await house.client()
    shown = (await client.get(f"/customers/{first}")).json()
    masks = sorted((c["kind"], c["mask"]) for c in shown["contacts"])
    assert masks == [("id_number", "1" + "*" * 16 + "X"), ("mobile", "138****8000"), ("mobile", "139****9000"), ("name", "张**")]  # fmt: skip


async def test_an_organisation_is_its_code_not_its_staff(house: House) -> None:
    contact = {"name": "李示例", "mobiles": [MOBILE]}
    shop = await _who(house, kind="organisation", uscc=USCC, name="示例商贸", contacts=[contact])
    assert await _who(house, kind="organisation", uscc=USCC) == shop
    assert await _who(house, kind="person", mobiles=[MOBILE]) != shop, (
        "who works there is not the organisation"
    )


async def test_one_new_customer_told_of_many_times_at_once(house: House) -> None:
    client = await house.client()
    body = {
        **await house.example("general"),
        "customer": {"kind": "organisation", "uscc": USCC, "name": "示例商贸"},
    }
    answers = await gather(*(client.post("/tickets", json=body) for _ in range(8)))
    assert [a.status_code for a in answers] == [201] * 8, {a.text for a in answers if a.status_code != 201}
    assert len({a.json()["customer"]["id"] for a in answers}) == 1


@pytest.mark.parametrize(
    ("customer", "wrong"),
    [
        ({"id_number": "110105194912310021"}, {"/customer/id_number": "checksum"}),
        ({"uscc": USCC}, {"/customer/uscc": "not_applicable"}),
        ({"kind": "organisation", "uscc": USCC[:-1] + "X"}, {"/customer/uscc": "checksum"}),
        ({"contacts": [{"name": "李"}]}, {"/customer/contacts": "not_applicable"}),
        ({"mobiles": ["1", MOBILE, "x"]}, {"/customer/mobiles/0": "pattern", "/customer/mobiles/2": "pattern"}),
        ({"emails": ["a@b", "@x.com", "a b@x.com"]}, {f"/customer/emails/{n}": "pattern" for n in range(3)}),
        ({"mobiles": [MOBILE] * 11}, {"/customer/mobiles": "too_many"}),
        ({"name": "x" * 121, "nickname": "x"}, {"/customer/name": "too_long", "/customer/nickname": "unknown"}),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named(
    shared_house: House, customer: dict[str, Any], wrong: dict[str, str]
) -> None:
    client = await shared_house.client()
    body = {**await shared_house.example("general"), "customer": customer}
    answer = await client.post("/tickets", json=body)
    assert answer.status_code == 422
    assert {e["pointer"]: e["code"] for e in answer.json()["errors"]} == wrong
    direct = await client.post("/customers", json=customer)
    assert {e["pointer"]: e["code"] for e in direct.json()["errors"]} == {
        pointer.removeprefix("/customer"): code for pointer, code in wrong.items()
    }


async def test_registered_shown_and_a_contact_ended(house: House, owner: psycopg.Connection) -> None:
    client = await house.client()
    key = {"idempotency-key": "one"}
    first = await client.post("/customers", json=_PERSON, headers=key)
    assert (first.status_code, first.json()["new"], first.json()["added"]) == (201, True, 3)
    assert (await client.post("/customers", json=_PERSON, headers=key)).content == first.content
    again = (await client.post("/customers", json=_PERSON)).json()
    assert (again["new"], again["customer"]["id"]) == (False, first.json()["customer"]["id"])
    url = f"/customers/{again['customer']['id']}"
    mobile = next(c for c in again["customer"]["contacts"] if c["kind"] == "mobile")
    refused = (await client.delete(f"{url}/contacts/{mobile['id']}")).json()
    assert (refused["title"], refused["need"], refused["have"]) == ("VerificationNeeded", 2, 0)
    ticket = await house.ticket(client, "general", customer=_PERSON)
    tried = {"method": "sms", "passed": True, "channel": "phone"}
    assert (await client.post(f"/tickets/{ticket['id']}/verifications", json=tried)).status_code == 201
    assert (await client.delete(f"{url}/contacts/{mobile['id']}")).status_code == 204
    assert (await client.delete(f"{url}/contacts/{mobile['id']}")).status_code == 404
    shown = (await client.get(url)).json()
    assert {c["kind"] for c in shown["contacts"]} == {"name", "id_number"}
    row = owner.execute("select count(*) from customer where tenant_id = %s", (house.tenant_id,)).fetchone()
    assert row == (1,)
    bodies = owner.execute("select body from event where tenant_id = %s", (house.tenant_id,)).fetchall()
    assert not any(word in body for (body,) in bodies for word in (ID, MOBILE, "张示例"))


_TEXT = st.text(min_size=1, max_size=30)


@given(
    st.lists(_TEXT, max_size=3), st.lists(_TEXT, max_size=3), _TEXT, st.lists(st.tuples(_TEXT, st.lists(_TEXT, max_size=2)), max_size=2)
)  # fmt: skip
def test_values_come_once_and_problems_can_be_said(
    mobiles: list[str], emails: list[str], name: str, contacts: list[tuple[str, list[str]]]
) -> None:
    people = [NewContact(name=n, mobiles=m) for n, m in contacts]
    customer = NewCustomer(kind="organisation", name=name, mobiles=mobiles, emails=emails, contacts=people)
    values = given_values(customer)
    assert len(values) == len(set(values))
    assert {v.contact_no for v in values} <= set(range(len(contacts) + 1))
    assert all(p.text("zh") and p.text("en") for p in problems(customer))
