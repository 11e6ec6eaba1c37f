"""Every page of the portal as those of the console; both at 200 %; both where every text is accented and longer."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.journeys import looks, rooms, walk
from tests.journeys.bank import Bank, Json
from tests.journeys.browser import Person, View, pseudo_build
from tests.journeys.conftest import People
from tests.journeys.looks import Wanted
from tests.journeys.walk import Language, Stop

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500 if walk.WHOLE else 600)]
_CONSOLE = (*walk.CONSOLE, *rooms.ROOMS)
#: What is said by a machine to a machine is no word of ours, and no data to be shown either.
_CODE = re.compile(r"[a-z0-9_.:/-]*|.")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_portal(bank: Bank, people: People, language: Language) -> None:
    ticket = await rooms.filled(bank)
    person = await people(View(language=language))
    person.expects(401, r"/api/v1/portal/session$")
    found = await walk.seen(person, [Stop(name="entry", path="/portal/")], ticket, tap=44)
    await _come_in(bank, person, ticket)
    found += await walk.seen(person, walk.PORTAL, ticket, tap=44)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("width", [768, 1440] if walk.WHOLE else [1440])
async def test_at_200_percent(bank: Bank, people: People, width: int) -> None:
    ticket = await rooms.filled(bank)
    person = await people(View(width=width, zoom=2))
    await bank.signed_in(person, "wang")
    found = await walk.seen(person, walk.some(_CONSOLE, "queue", "ticket", "ledger"), ticket)
    await _come_in(bank, person, ticket)
    found += await walk.seen(person, walk.some(walk.PORTAL, "form", "ticket"), ticket, tap=44)
    assert not found, "\n".join(found)


async def test_no_text_of_its_own(bank: Bank, people: People, tmp_path: Path) -> None:
    """In the build where every text of ours is accented and a third longer, nothing stands plain and nothing is cut."""
    ticket = await rooms.filled(bank)
    person = await people(View(language="en"), dist=pseudo_build(tmp_path))
    person.keep_answers()
    await bank.signed_in(person, "wang")
    await expect(person.page.get_by_role("heading", level=1)).to_contain_text("·]")
    found = await _plain(
        person, walk.some(_CONSOLE, "queue", "ticket", "ticket-fields", "preferences"), ticket
    )
    await _come_in(bank, person, ticket)
    found += await _plain(person, walk.some(walk.PORTAL, "home", "form", "ticket"), ticket)
    assert not found, "\n".join(found)


async def _come_in(bank: Bank, person: Person, ticket: Json) -> None:
    await person.page.goto(await bank.link(ticket=ticket["number"], language=person.view.language))
    await expect(person.page.get_by_role("heading", level=1)).to_have_text(ticket["title"])


async def _plain(person: Person, stops: tuple[Stop, ...], ticket: Json) -> list[str]:
    found: list[str] = []
    for stop in (one for one in stops if one.is_plain):
        await walk.visit(person, stop, ticket)
        told = [*walk.texts_in([*await person.heard()]), *walk.wanted_of(ticket, "en").data, "CNY"]
        data = [text for text in told if not _CODE.fullmatch(text)]
        wanted = Wanted(language="zh", pseudo=True, data=data)
        found += [f"{stop.name}: {line}" for line in await looks.looks(person.page, wanted)]
    return found
