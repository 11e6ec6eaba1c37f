"""Malware: nobody has a file before the scanner has looked at it, and nobody ever has one that it names."""

import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from bihuan import tickets
from bihuan.core.desk import Desk
from bihuan.privacy.scanner import Clamd, ScannerAway, scanner_of
from tests.conftest import House
from tests.privacy import clamd
from tests.privacy import made_documents as made
from tests.privacy.clamd import EICAR
from tests.tickets.doing import Json
from tests.tickets.test_files import TEXT, attach


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where clamd answers; its start has an event loop of its own, so it has a thread of its own."""
    ready, over, told = threading.Event(), threading.Event(), list[str]()

    def run(folder: Path) -> None:
        with clamd.running(folder) as url:
            told.append(url)
            ready.set()
            over.wait()

    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        thread = threading.Thread(target=run, args=(Path(folder),))
        thread.start()
        assert ready.wait(60)
        yield told[0]
        over.set()
        thread.join()


@pytest.fixture
def scanned(desk: Desk, address: str) -> Iterator[None]:
    """A desk with a scanner."""
    before = desk.settings
    desk.settings = msgspec.structs.replace(before, clamd=address)
    yield
    desk.settings = before


async def _one(house: House, ticket: Json) -> Json:
    client = await house.client()
    return (await client.get(f"/tickets/{ticket['id']}/attachments")).json()[0]


async def test_clamd_says_clean_found_or_nothing(address: str) -> None:
    one = Clamd(address)
    assert (await one.version()).startswith("ClamAV")
    assert (await one.scan(b"hello")).signature is None
    assert (await one.scan(b"")).signature is None
    assert (await one.scan(EICAR)).signature == "Eicar-Test.UNOFFICIAL"
    assert (await one.scan(b"x" * 200_000 + EICAR)).signature == "Eicar-Test.UNOFFICIAL"
    assert (await one.scan(made.zipped({"in.txt": EICAR}))).signature == "Eicar-Test.UNOFFICIAL"
    with pytest.raises(ScannerAway):
        await one.scan(b"x" * 5_000_000)
    for away in ("unix:///nowhere/clamd.sock", "tcp://127.0.0.1:9"):
        with pytest.raises(ScannerAway):
            await Clamd(away).scan(b"hello")
        with pytest.raises(ScannerAway):
            await Clamd(away).version()
    assert scanner_of("") is None


@pytest.mark.parametrize("kept", ["destroy", "seal"])
async def test_malware_is_given_to_nobody(house: House, desk: Desk, scanned: None, kept: str) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, infected=kept)
    client = await house.client()
    ticket = await house.ticket(client, "general")
    shown = (await attach(client, ticket, ("凭证.txt", b"see: " + EICAR))).json()[0]
    await tickets.file_check.check_now(desk, house.tenant_id)
    found = await _one(house, ticket)
    assert (found["state"], found["signature"], found["original"]) == (
        "infected",
        "Eicar-Test.UNOFFICIAL",
        kept == "seal",
    )
    url = f"/tickets/{ticket['id']}/attachments/{shown['id']}"
    why = {"reason": {"code": "handle", "text": "核对原件内容"}}
    for answer in (await client.get(url), await client.post(f"{url}/original", json=why)):
        assert (answer.status_code, answer.json()["title"]) == (410, "FileInfected")
    said = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"][-1]
    assert said["kind"] == "ticket.file_checked"
    assert said["data"]["file_state"] == "infected"
    assert said["data"]["original"] == ("destroyed" if kept == "destroy" else "kept")
    released = await client.post(f"{url}/release", json={"reason": "厂商确认误报"})
    if kept == "destroy":
        assert (released.status_code, released.json()["title"]) == (409, "NotInfected")
        assert await tickets.symptoms(desk, house.tenant_id) == [], "what was destroyed is not missed"
        return
    assert released.status_code == 200 and released.json()["state"] == "checking"
    await tickets.file_check.check_now(desk, house.tenant_id)
    assert (await _one(house, ticket))["state"] == "ready"
    assert b"EICAR" in (await client.get(url)).content


async def test_while_the_scanner_is_away_files_wait_and_then_go_on(
    house: House, desk: Desk, scanned: None
) -> None:
    from datetime import timedelta

    from bihuan.core import clock

    client = await house.client()
    ticket = await house.ticket(client, "general")
    shown = (await attach(client, ticket, ("a.txt", TEXT))).json()[0]
    url = f"/tickets/{ticket['id']}/attachments/{shown['id']}"
    away = Clamd("unix:///nowhere/clamd.sock")
    assert await tickets.file_check.check_now(desk, house.tenant_id, scans=away) == 1
    assert (await _one(house, ticket))["state"] == "quarantined"
    answer = await client.get(url)
    assert (answer.status_code, answer.json()["title"]) == (409, "FileQuarantined")
    assert await tickets.file_check.check_now(desk, house.tenant_id) == 0, "not asked again at once"
    with clock.travel(clock.now() + timedelta(minutes=1)):
        assert await tickets.file_check.check_now(desk, house.tenant_id) == 1
    assert (await _one(house, ticket))["state"] == "ready"
    assert (await client.get(url)).content == TEXT
