"""Every endpoint there is, made from the declarations, as everybody who may not: another tenant, another team, a
customer, another customer, nobody, somebody whose session has ended. 404, 403 or 401, and never a row of anybody's.

What is the victim's is harvested from the victim's own answers: every id, number and name that stands in them.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import psycopg
import pytest

from bihuan import app
from bihuan.core import clock
from bihuan.core.http import Operation, operations
from bihuan.core.permissions import all_codes
from tests.api.streams import answered
from tests.api.test_every_operation import _holder, _of, body_of, name, names, path_of, problem
from tests.channels.portal import customer
from tests.channels.test_portal_operations import _BODIES as PORTAL_BODIES
from tests.conftest import House, found
from tests.tickets.doing import Json

assert app.make_desk, "importing it declares every operation"
assert names, "the victim's things, a fixture of another file"
STAFF = [o for o in operations() if o.asks == "staff" and not o.public]
PORTAL = [o for o in operations() if o.asks == "customer"]
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_REFUSED = {401: "NotSignedIn", 403: "NotAllowed", 404: "NotFound"}


class Victim:
    """Whose rows nobody else may see."""

    def __init__(
        self, house: House, ids: frozenset[str], words: frozenset[str], named: dict[str, str]
    ) -> None:
        self.house = house
        self.ids = ids
        self.words = words
        self.named = named

    def seen_in(self, answer: httpx.Response, told: str = "") -> list[str]:
        """What of theirs stands in an answer, but for what the asker said themselves (`told`)."""
        text = answer.text + " ".join(answer.headers.values())
        return [w for w in (*self.ids, *self.words) if w in text and w not in told]


@pytest.fixture(scope="module")
async def victim(shared_house: House, names: dict[str, str]) -> Victim:
    """A tenant with one of each thing, and all that its own almighty sees of it."""
    almighty = await _holder(shared_house, "almighty", all_codes())
    client = await shared_house.client()
    ticket = await shared_house.ticket(client, "disputed_bill", title="受害租户独有的标题甲乙丙")
    seen = ""
    for one in STAFF:
        if one.method == "GET" and not one.events:
            answer = await almighty.get(path_of(one, {**_of(one, names), "code": "standard", "version": "1"}))
            seen += answer.text if answer.status_code == 200 else ""
    assert ticket["id"] in seen
    words = {ticket["number"], ticket["title"], names["number"], shared_house.code}
    return Victim(shared_house, frozenset(_UUID.findall(seen)), frozenset(words), names)


@pytest.fixture(scope="module")
async def stranger(desk: Any, http: Any) -> House:
    """Another tenant."""
    return await found(desk, http)


@pytest.fixture(autouse=True)
def untouched(victim: Victim, owner: psycopg.Connection) -> Iterator[None]:
    """None of the victim's tickets moves, whatever is tried."""
    before = _moved(owner, victim)
    yield
    assert _moved(owner, victim) == before


def _moved(owner: psycopg.Connection, victim: Victim) -> Any:
    return owner.execute(
        "select count(*), sum(head_seq) from stream where tenant_id = %s and kind = 'ticket' and id = any(%s::uuid[])",
        [victim.house.tenant_id, sorted(victim.ids)],
    ).fetchall()


def _with_their_ids(body: Json, victim: Victim) -> Json:
    """The body with the victim's ticket, person or number wherever an id or number is asked for."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: changed(v) for k, v in value.items()}
        if isinstance(value, list):
            return [changed(v) for v in value]
        if isinstance(value, str) and _UUID.fullmatch(value):
            return victim.named["id"]
        return victim.named["number"] if value == "2000000000" else value

    return dict(changed(body))


async def _tried(client: httpx.AsyncClient, one: Operation, victim: Victim, **more: Any) -> httpx.Response:
    path = path_of(one, _of(one, victim.named))
    if one.events:
        return await answered(client, f"/api/v1{path}")
    if one.form:
        return await client.request(one.method, path, files={"files": ("a.txt", b"text")}, **more)
    body = {"json": _with_their_ids(body_of(one), victim)} if one.takes else {}
    return await client.request(one.method, path, **body, **more)


def _said(answer: httpx.Response) -> str:
    """The words of who asked: their path and body."""
    request = getattr(answer, "_request", None)
    return "" if request is None else str(request.url) + request.read().decode(errors="replace")


@pytest.mark.parametrize("one", STAFF, ids=name)
async def test_another_tenant_who_may_do_everything(
    victim: Victim, stranger: House, house: House, one: Operation
) -> None:
    # What the stranger tried stands in the stranger's own records, in the stranger's own words: those are read by
    # one who has asked for nothing yet.
    almighty = await _holder(house if one.path.startswith("/audit") else stranger, "almighty", all_codes())
    answer = await _tried(almighty, one, victim)
    assert answer.status_code < 500, answer.text
    assert victim.seen_in(answer, _said(answer)) == [], name(one)


@pytest.mark.parametrize("one", [o for o in STAFF if o.query], ids=name)
async def test_another_tenant_who_asks_for_it_by_every_parameter(
    victim: Victim, stranger: House, one: Operation
) -> None:
    """The victim's id and number in each query parameter there is."""
    almighty = await _holder(stranger, "almighty", all_codes())
    for query in one.query:
        for value in (
            victim.named["id"],
            victim.named["number"],
            victim.named["customer"],
            victim.named["staff"],
        ):
            answer = await almighty.request(
                one.method, path_of(one, _of(one, victim.named)), params={query.name: value}
            )
            assert answer.status_code < 500, answer.text
            assert victim.seen_in(answer, _said(answer) + value) == [], (query.name, answer.text)


@pytest.mark.parametrize("one", [o for o in STAFF if "/tickets" in o.path], ids=name)
async def test_another_team(victim: Victim, one: Operation) -> None:
    """Of the same tenant, with every right but to see all: not the tickets of other teams, in no list and by no id."""
    permissions = all_codes() - {"ticket.read_all", "audit.read"}
    elsewhere = await _holder(victim.house, "elsewhere-all", permissions, team="FRAUD")
    answer = await _tried(elsewhere, one, victim)
    if one.path.startswith("/tickets/{id}"):
        assert (answer.status_code, problem(answer)) == (404, "NotFound"), answer.text
    theirs = {victim.named["id"], victim.named["number"], victim.named["title"], *victim.words}
    said = _said(answer)
    assert [w for w in theirs - {victim.house.code} if w in answer.text and w not in said] == []


@pytest.mark.parametrize("one", STAFF, ids=name)
async def test_a_customer_at_the_desk(victim: Victim, one: Operation) -> None:
    browser = await customer(victim.house, "isolated")
    cookie = browser.cookies["bihuan_customer"]
    for headers in ({}, {"authorization": f"Bearer {cookie}"}, {"cookie": f"bihuan_session={cookie}"}):
        answer = (
            await _tried(browser, one, victim, headers=headers)
            if not one.events
            else await _tried(browser, one, victim)
        )
        assert (answer.status_code, problem(answer)) == (401, "NotSignedIn"), answer.text
        assert victim.seen_in(answer) == []


@pytest.mark.parametrize("one", [*STAFF, *PORTAL], ids=name)
async def test_nobody(victim: Victim, one: Operation) -> None:
    if one.public:
        return
    answer = (
        await _portal(victim.house.anonymous(), one, victim)
        if one in PORTAL
        else await _tried(victim.house.anonymous(), one, victim)
    )
    assert (answer.status_code, problem(answer)) == (401, "NotSignedIn"), answer.text
    assert victim.seen_in(answer) == []


async def _portal(client: httpx.AsyncClient, one: Operation, victim: Victim, **more: Any) -> httpx.Response:
    path = path_of(one, {"id": victim.named["id"], "file": victim.named["file"], "code": "general"})
    if one.events:
        return await answered(client, f"/api/v1{path}")
    if one.form:
        return await client.request(one.method, path, files={"files": ("a.txt", b"text")}, **more)
    body = {"json": PORTAL_BODIES.get(one.path, {})} if one.takes else {}
    return await client.request(one.method, path, **body, **more)


@pytest.mark.parametrize("one", [o for o in PORTAL if not o.public], ids=name)
async def test_another_customer(victim: Victim, stranger: House, one: Operation) -> None:
    """Of this tenant and of another one: a ticket that is not theirs is not there."""
    for browser in (await customer(victim.house, "isolated"), await customer(stranger, "isolated")):
        answer = await _portal(browser, one, victim)
        assert answer.status_code < 500, answer.text
        if "{id}" in one.path:
            assert (answer.status_code, problem(answer)) == (404, "NotFound"), answer.text
        theirs = {victim.named["id"], victim.named["number"], victim.named["customer"]}
        assert [w for w in theirs if w in answer.text] == []


@pytest.fixture(scope="module")
async def ended(shared_house: House) -> dict[str, httpx.AsyncClient]:
    """Sessions that were: signed out of, ended by another session, too old; a token withdrawn."""
    await shared_house.token("supervisor", login="ended", password="long enough for 1 person")
    made: dict[str, httpx.AsyncClient] = {}
    for how in ("signed out", "old"):
        browser = shared_house.anonymous()
        told = {"tenant": shared_house.code, "login": "ended", "password": "long enough for 1 person"}
        answer = await browser.post("/session", json=told)
        assert answer.status_code in (200, 201), answer.text
        browser.headers["x-csrf-token"] = answer.json()["csrf_token"]
        cookie = browser.cookies["bihuan_session"]
        if how == "signed out":
            assert (await browser.delete("/session")).status_code in (200, 204)
            browser.cookies.set("bihuan_session", cookie)
        made[how] = browser
    token = await shared_house.token("supervisor", login="withdrawn")
    bearer = shared_house._speaker(token)
    own = (await bearer.get("/tokens")).json()
    assert (await bearer.delete(f"/tokens/{own[0]['id']}")).status_code == 204
    made["withdrawn"] = bearer
    return made


@pytest.mark.parametrize("how", ["signed out", "old", "withdrawn"])
@pytest.mark.parametrize("one", STAFF, ids=name)
async def test_a_session_that_ended(
    victim: Victim, ended: dict[str, httpx.AsyncClient], one: Operation, how: str
) -> None:
    hours = victim.house.desk.settings.session_hours + 1
    with clock.travel(clock.now() + timedelta(hours=hours if how == "old" else 0)):
        answer = await _tried(ended[how], one, victim)
    assert (answer.status_code, problem(answer)) == (401, "NotSignedIn"), answer.text
    assert victim.seen_in(answer) == []


async def test_the_victims_things_are_known_here(victim: Victim, house: House) -> None:
    """The check can fail: the victim sees what nobody else may, and shares no id with the stranger."""
    almighty = await _holder(victim.house, "almighty", all_codes())
    answer = await almighty.get(f"/tickets/{victim.named['id']}")
    assert len(victim.seen_in(answer)) >= 3
    assert len(victim.ids) > 30
    assert all(UUID(i) for i in victim.ids)
    theirs = ""
    # One who has asked for nothing yet: what one asks for may stand in one's own records.
    other = await _holder(house, "almighty", all_codes())
    for one in STAFF:
        if one.method == "GET" and "{" not in one.path and not one.events:
            theirs += (await other.get(one.path)).text
    assert victim.ids & set(_UUID.findall(theirs)) == set()
    assert msgspec.json.encode(sorted(victim.words))
