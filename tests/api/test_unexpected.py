"""An error nobody thought of: on record by its kind and place, told without a word of what it says."""

import json

import pytest

from bihuan.tickets import reads
from tests.api.test_every_operation import problem
from tests.conftest import House
from tests.notices.sending import logged


async def test_it_is_on_record_and_says_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await house.client()

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("card 4111111111111111 in /srv/desk")

    monkeypatch.setattr(reads, "find_tickets", broken)
    with logged() as words:
        answer = await client.get("/tickets")
    assert (answer.status_code, problem(answer)) == (500, "Broken")
    lines = [json.loads(line) for line in words.getvalue().splitlines()]
    (line,) = [one for one in lines if one["event"] == "request_failed"]
    assert (line["error"], line["request_id"]) == ("RuntimeError", answer.json()["request_id"])
    assert "test_unexpected.py" in line["at"]
    for told in (answer.text, words.getvalue()):
        assert "4111" not in told and "/srv/desk" not in told
