"""A tenant on the journeys' server: its people with passwords, its customers with links, and its API by hand."""

from typing import Any

import httpx
from playwright.async_api import expect

from bihuan.tickets import file_check
from tests.conftest import House
from tests.journeys.browser import Person

PASSWORD = "only-for-the-journeys-1"
Json = dict[str, Any]


class Bank:
    """What a test sees of a tenant. Changes by `house` come from another process than the browsers' server."""

    def __init__(self, house: House, origin: str) -> None:
        self.house, self.origin = house, origin
        self._made: set[str] = set()

    @property
    def code(self) -> str:
        """The tenant's code, which people sign in with."""
        return self.house.code

    async def hire(self, login: str, role: str = "supervisor", team: str = "DISPUTE") -> httpx.AsyncClient:
        """Somebody of the staff, who can sign in with PASSWORD; and their hands on the API."""
        if login not in self._made:
            self._made.add(login)
            token = await self.house.token(role, login=login, team=team, password=PASSWORD)
            self.house._clients[login] = self.house._speaker(token)
        return await self.house.client(role, login=login, team=team)

    async def signed_in(self, person: Person, login: str, path: str = "/console/") -> None:
        """Bring somebody to a page of the console as one who has signed in before."""
        body = {"tenant": self.code, "login": login, "password": PASSWORD}
        answer = await person.context.request.post("/api/v1/session", data=body)
        assert answer.status == 201, await answer.text()
        remember = f"if (location.protocol === 'http:') localStorage.setItem('bihuan.tenant', '{self.code}')"
        await person.context.add_init_script(remember)
        await person.page.goto(path)
        await expect(person.page.get_by_role("heading", level=1)).to_be_visible()

    async def link(self, **about: Any) -> str:
        """A fresh link for a customer, as the desk's staff makes it."""
        client = await self.house.client("supervisor")
        answer = await client.post("/portal/links", json=about or {"customer": self.customer()})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"])

    def customer(self, mobile: str = "13800138000") -> Json:
        """A customer who does not exist."""
        return {"name": "张示例", "mobiles": [mobile], "external_ref": f"c-{mobile}"}

    async def ticket(self, case_type: str = "disputed_bill", **changes: Any) -> Json:
        """A ticket opened by the staff from the worked example."""
        return await self.house.ticket(case_type=case_type, **changes)

    async def read(self, ticket: Json | str) -> Json:
        """A ticket as it stands."""
        client = await self.house.client("supervisor")
        key = ticket if isinstance(ticket, str) else ticket["id"]
        answer = await client.get(f"/tickets/{key}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def titles(self) -> list[str]:
        """Of all that was opened here, by whichever test: lists show them all."""
        client, after, found = await self.house.client("supervisor"), "", list[str]()
        while True:
            answer = await client.get("/tickets", params={"limit": 100, "after": after})
            assert answer.status_code == 200, answer.text
            found += [one["title"] for one in answer.json()["items"]]
            if not (after := answer.json()["next"] or ""):
                return found

    async def verified(self, number: str, method: str = "sms") -> None:
        """The customer of a ticket has proved on the phone who they are."""
        client = await self.house.client("supervisor", login="supervisor")
        told = {"method": method, "passed": True, "channel": "phone"}
        answer = await client.post(f"/tickets/{(await self.read(number))['id']}/verifications", json=told)
        assert answer.status_code == 201, answer.text

    async def checked(self) -> None:
        """What was attached has been looked through."""
        await file_check.check_now(self.house.desk, self.house.tenant_id)

    async def do(self, verb: str, ticket: Json, *, by: str = "supervisor", **command: Any) -> Json:
        """A verb by somebody's hands on the API; the ticket after it."""
        client = await self.house.client("supervisor", login=by)
        body = {"version": ticket["version"], **command}
        answer = await client.post(f"/tickets/{ticket['id']}/{verb}", json=body)
        assert answer.status_code == 200, (verb, answer.text)
        return dict(answer.json())
