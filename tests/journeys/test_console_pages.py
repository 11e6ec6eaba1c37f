"""Every page of the console, in both languages and themes, at every width, by the checks of looks.py.

`make test` samples the widths, so that each page meets each of them in one of the languages; `make test-long` goes
through all of it.
"""

import pytest

from tests.journeys import rooms, trust_rooms, walk
from tests.journeys.bank import Bank
from tests.journeys.browser import View
from tests.journeys.conftest import People
from tests.journeys.walk import Language, Stop

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500 if walk.WHOLE else 600)]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_console(bank: Bank, people: People, language: Language) -> None:
    ticket = await rooms.filled(bank)
    person = await people(View(language=language))
    person.expects(401, r"/api/v1/session$")
    found = await walk.seen(person, [Stop(name="sign-in", path="/console/", then=walk.to_sign_in)], ticket)
    await bank.signed_in(person, "wang")
    found += await walk.seen(person, (*walk.CONSOLE, *rooms.ROOMS), ticket)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_rooms_of_trust(bank: Bank, people: People, language: Language) -> None:
    """Each by somebody who may enter it: what watches and what is watched is never one person's."""
    ticket = await trust_rooms.filled(bank)
    found: list[str] = []
    for login, stops in trust_rooms.STOPS.items():
        person = await people(View(language=language))
        person.expects(401, r"/api/v1/session$")
        await bank.signed_in(person, login)
        found += await walk.seen(person, stops, ticket)
    assert not found, "\n".join(found)
