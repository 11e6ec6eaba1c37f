"""Merging and undoing it is nothing: whatever happened between, in whatever order merges were undone."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan import customers
from bihuan.core.actor import Actor
from bihuan.core.db import Work
from bihuan.core.problems import Problem
from bihuan.customers.merge import MergeCustomer, merge, unmerge
from tests.channels.portal import come, link
from tests.conftest import House, found
from tests.tickets.doing import Json

_MANY = 4
_WHO = st.integers(0, _MANY - 1)
Did = Literal["merge", "unmerge", "ticket", "contact", "tier", "wishes"]
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["merge", "merge", "unmerge", "ticket", "contact", "tier", "wishes"]), _WHO, _WHO
    ),
    min_size=2,
    max_size=10,
)


class Oracle:
    """Pointers as a child would keep them."""

    def __init__(self) -> None:
        self.into: dict[int, int] = {}

    def root(self, one: int) -> int:
        """Where the pointers end."""
        while one in self.into:
            one = self.into[one]
        return one

    def may_merge(self, one: int, into: int) -> bool:
        """Not twice, and not in a ring."""
        return one not in self.into and self.root(into) != one

    def family(self, one: int) -> set[int]:
        """All who are the same."""
        return {other for other in range(_MANY) if self.root(other) == self.root(one)}


class Scene:
    """Some customers of a house, each with a portal session, and what they are shown."""

    def __init__(self, house: House, ids: list[UUID], browsers: list[Any]) -> None:
        self.house, self.ids, self.browsers = house, ids, browsers
        self.tickets: dict[int, set[str]] = {n: set() for n in range(_MANY)}
        self.oracle = Oracle()

    async def done(self, did: str, one: int, other: int, turn: int) -> None:
        """One step, refused where the oracle says so."""
        match did:
            case "merge":
                await self.merge(one, other)
            case "unmerge":
                await self.unmerge(one)
            case "ticket":
                await self.ticket(one)
            case "contact":
                await self.contact(one, f"139{turn:04}{one:04}")
            case "tier":
                url = f"/customers/{self.ids[one]}/tier"
                assert (
                    await (await self.house.client()).put(url, json={"tier": f"t{turn}"})
                ).status_code == 200
            case _:
                wanted = {"email": turn % 2 == 0, "sms": turn % 3 == 0}
                assert (await self.browsers[one].put("/portal/preferences", json=wanted)).status_code == 200

    async def merge(self, one: int, into: int) -> None:
        allowed = self.oracle.may_merge(one, into)
        async with self.house.desk.database.work(self.house.tenant_id) as work:
            command = MergeCustomer(into=self.ids[into], reason="同一人")
            assert await _allowed(work, merge(work, self.actor, self.ids[one], command)) == allowed
        if allowed:
            self.oracle.into[one] = into

    async def unmerge(self, one: int) -> None:
        allowed = one in self.oracle.into
        async with self.house.desk.database.work(self.house.tenant_id) as work:
            assert await _allowed(work, unmerge(work, self.actor, self.ids[one])) == allowed
        self.oracle.into.pop(one, None)

    async def ticket(self, one: int) -> None:
        form = (await self.browsers[one].get("/portal/case-types/general")).json()
        made = await self.browsers[one].post("/portal/tickets", json=form["example"])
        assert made.status_code == 201, made.text
        self.tickets[one].add(made.json()["id"])

    async def contact(self, one: int, mobile: str) -> None:
        body = {"external_ref": f"C-{one}", "mobiles": [mobile]}
        answer = await (await self.house.client()).post("/customers", json=body)
        assert answer.json()["customer"]["id"] == str(self.ids[self.oracle.root(one)]), answer.text

    @property
    def actor(self) -> Actor:
        return Actor(
            tenant_id=self.house.tenant_id,
            id=self.house.people["supervisor"],
            kind="staff",
            name="x",
            permissions=frozenset({"customer.merge"}),
        )

    async def shown(self) -> Mapping[int, Json]:
        """What each customer is shown as, and what each sees at the portal."""
        found: dict[int, Json] = {}
        for n, id_ in enumerate(self.ids):
            async with self.house.desk.database.work(self.house.tenant_id) as work:
                person = msgspec.to_builtins(await customers.find(work, id_))
            rows = (await self.browsers[n].get("/portal/tickets?limit=50")).json()["items"]
            wishes = (await self.browsers[n].get("/portal/preferences")).json()
            found[n] = {"person": person, "tickets": {row["id"] for row in rows}, "wishes": wishes}
        return found

    async def check(self) -> None:
        """Everybody sees what the oracle's families have."""
        for n, seen in (await self.shown()).items():
            family = self.oracle.family(n)
            assert seen["person"]["id"] == str(self.ids[self.oracle.root(n)])
            assert {seen["person"]["id"], *seen["person"]["others"]} == {str(self.ids[m]) for m in family}
            assert seen["tickets"] == set[str]().union(*(self.tickets[m] for m in family))
            assert {c["customer_id"] for c in seen["person"]["contacts"]} == {
                str(self.ids[m]) for m in family
            }


async def _allowed(work: Work, asked: Any) -> bool:
    try:
        await asked
    except Problem as problem:
        assert problem.status == 409
        return False
    return True


async def _scene(house: House) -> Scene:
    await house.client()
    browsers = [
        await come(house, await link(house, customer={"external_ref": f"C-{n}", "name": "张示例"}))
        for n in range(_MANY)
    ]
    ids = [UUID((await b.get("/portal/session")).json()["customer"]) for b in browsers]
    return Scene(house, ids, browsers)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_STEPS, st.randoms(use_true_random=False))
async def test_everybody_is_shown_as_the_pointers_say_and_all_undone_is_as_if_never_done(
    desk: Any, http: Any, steps: list[tuple[str, int, int]], random: Any
) -> None:
    scene = await _scene(await found(desk, http))
    for turn, (did, one, other) in enumerate(steps):
        await scene.done(did, one, other, turn)
        await scene.check()
    left = sorted(scene.oracle.into)
    random.shuffle(left)
    for one in left:
        await scene.unmerge(one)
    await scene.check()
    apart = await scene.shown()
    assert all(seen["person"]["others"] == [] for seen in apart.values())
    for n, seen in apart.items():
        assert seen["tickets"] == scene.tickets[n], "what came meanwhile stays with whom it came for"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_STEPS, st.lists(st.tuples(_WHO, _WHO), min_size=1, max_size=4), st.randoms(use_true_random=False))
async def test_merges_and_their_undoing_in_any_order_are_nothing(
    desk: Any, http: Any, steps: list[tuple[str, int, int]], pairs: list[tuple[int, int]], random: Any
) -> None:
    scene = await _scene(await found(desk, http))
    for turn, (did, one, other) in enumerate(steps):
        if did not in ("merge", "unmerge"):
            await scene.done(did, one, other, turn)
    before = await scene.shown()
    for one, into in pairs:
        await scene.merge(one, into)
    left = sorted(scene.oracle.into)
    random.shuffle(left)
    for one in left:
        await scene.unmerge(one)
    assert await scene.shown() == before
