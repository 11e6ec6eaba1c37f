"""No byte of an erased person's files stays in the folder: neither the original nor the copy, however they met."""

import asyncio
from typing import Any

import pytest

from bihuan.core.desk import Desk
from bihuan.tickets import file_check
from bihuan.tickets.file_check import Checker, Outcome, Taken
from tests.conftest import House
from tests.privacy.test_erase import closed_ticket, erased


def _files(house: House) -> list[str]:
    folder = house.desk.settings.data_folder / "attachments" / house.tenant_id.hex
    return sorted(f.name for f in folder.rglob("*") if f.is_file())


async def test_originals_and_copies_are_gone(house: House, desk: Desk) -> None:
    ticket = await closed_ticket(house, await house.client())
    assert len(_files(house)) == 1
    assert await file_check.check_now(desk, house.tenant_id) == 1
    assert len(_files(house)) == 2, "the original, and the copy without personal data"
    await erased(house, desk, ticket["customer"]["id"])
    assert _files(house) == []


async def test_a_copy_made_meanwhile_is_gone_too(
    house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await closed_ticket(house, await house.client())
    read = Checker._read  # pyright: ignore[reportPrivateUsage] - the moment between reading and writing

    async def slowly(self: Checker, content: bytes, taken: Taken, *, scanned: bool) -> Outcome:
        outcome = await read(self, content, taken, scanned=scanned)
        await erased(house, desk, ticket["customer"]["id"])
        return outcome

    monkeypatch.setattr(Checker, "_read", slowly)
    assert await file_check.check_now(desk, house.tenant_id) == 1
    assert _files(house) == []


async def test_a_copy_that_no_row_knows_does_not_stay(
    house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await closed_ticket(house, await house.client())

    async def cut_off(*_: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(file_check, "_record", cut_off)
    with pytest.raises(asyncio.CancelledError):
        await file_check.check_now(desk, house.tenant_id)
    assert len(_files(house)) == 1, "the original alone"
