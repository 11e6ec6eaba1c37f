"""Live updates at the portal: which of one's own tickets changed, and nothing else."""

from tests.api.streams import listening
from tests.channels.portal import come, customer, link, person, sent
from tests.conftest import House

_LIVE = "/api/v1/portal/live"


async def test_ones_own_and_no_others(house: House) -> None:
    chief = await house.client()
    ann, ben = (
        await customer(house),
        await come(house, await link(house, customer=person("C-2", "13900139001"))),
    )
    mine = await sent(house, ann)
    async with listening(ann, _LIVE) as hers, listening(ben, _LIVE) as his:
        assert (hers.status, his.status) == (200, 200)
        body = {"body": "内部备注:勿外传"}
        noted = await chief.post(f"/tickets/{mine['id']}/note", json=body)
        assert noted.status_code == 200, noted.text
        told = await hers.told("ticket")
        assert told == {"id": mine["id"], "number": mine["number"], "version": noted.json()["version"]}
        other = await sent(house, ben)
        assert (await his.told("ticket"))["id"] == other["id"]
        assert {name for name, _ in [*hers.heard, *his.heard]} == {"hello", "ticket"}
        assert other["id"] not in str(hers.heard) and mine["id"] not in str(his.heard)
        assert (await ann.delete("/portal/session")).status_code == 204
        await hers.until(lambda: hers.ended)
        assert not his.ended


async def test_a_colleague_has_no_business_here(house: House) -> None:
    async with listening(await house.client(), _LIVE) as one:
        assert one.status == 401
    async with listening(await customer(house)) as one:
        assert one.status == 401
