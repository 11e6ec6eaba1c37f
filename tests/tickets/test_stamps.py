"""Time stamps: asked of a real authority, verified on receipt, named when changed, and carried in the package."""

import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from bihuan import evidence
from bihuan.core.desk import Desk
from bihuan.core.settings import BadSetting
from bihuan.evidence import stamps
from bihuan.evidence.stamps import Authority, Stamper, StampRefused
from bihuan.evidence.verify_evidence import imprint_of
from tests.conftest import House
from tests.tickets.authority import StampAuthority
from tests.tickets.packing import SCRIPT, exported, fingerprint_of, packed, signed_anew, unpacked


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StampAuthority]:
    one = StampAuthority(tmp_path_factory.mktemp("tsa"))
    yield one
    one.stop()


@pytest.fixture
def stamping(house: House, authority: StampAuthority) -> Iterator[tuple[Desk, Stamper]]:
    """The desk with an authority, and who asks it."""
    desk = house.desk
    chosen = msgspec.structs.replace(
        desk.settings, tsa_url=authority.url, tsa_ca=str(authority.ca), tsa_minutes=10
    )
    by = stamps.stamper(chosen)
    assert by is not None
    yield Desk(chosen, desk.database, desk.ring, desk.wake), by
    authority.answer, authority.status = None, 200


async def _sealed(house: House) -> dict[str, object]:
    ticket = await house.ticket()
    await evidence.seal_tenant(house.desk.database, house.desk.ring, house.tenant_id)
    return ticket


async def _stamps(house: House, authority: StampAuthority) -> list[evidence.Finding]:
    async with house.desk.database.work(house.tenant_id) as work:
        return await stamps.verify_stamps(work, Authority(authority.ca))


async def test_the_newest_seal_is_stamped_once(
    house: House, authority: StampAuthority, stamping: tuple[Desk, Stamper]
) -> None:
    desk, by = stamping
    assert await stamps.stamp_newest(desk, house.tenant_id, by) == 0, "nothing is sealed yet"
    await _sealed(house)
    before = authority.asked
    assert await stamps.stamp_newest(desk, house.tenant_id, by) == 1
    assert await stamps.stamp_newest(desk, house.tenant_id, by) == 0
    assert authority.asked == before + 1
    # A later seal waits its minutes, unless somebody asks at once.
    await _sealed(house)
    assert await stamps.stamp_newest(desk, house.tenant_id, by) == 0
    assert await stamps.stamp_newest(desk, house.tenant_id, by, at_once=True) == 2
    assert await _stamps(house, authority) == []


@pytest.mark.parametrize("how", ["of another seal", "another time", "garbage"])
async def test_a_stamp_changed_behind_the_desk_is_named(
    house: House,
    authority: StampAuthority,
    stamping: tuple[Desk, Stamper],
    owner: psycopg.Connection,
    how: str,
) -> None:
    desk, by = stamping
    await _sealed(house)
    await stamps.stamp_newest(desk, house.tenant_id, by, at_once=True)
    await _sealed(house)
    await stamps.stamp_newest(desk, house.tenant_id, by, at_once=True)
    changes = {
        "of another seal": "token = (select token from seal_stamp where tenant_id = %(t)s and seal_no = 1)",
        "another time": "stamped_at = stamped_at - interval '1 day'",
        "garbage": "token = '\\x00'",
    }
    owner.execute(
        f"update seal_stamp set {changes[how]} where tenant_id = %(t)s and seal_no = 2".encode(),
        {"t": house.tenant_id},
    )
    found = await _stamps(house, authority)
    assert [(f.seq, f.kind) for f in found] == [(2, "edited")]


async def test_what_does_not_hold_is_refused_and_tried_again(
    house: House, authority: StampAuthority, stamping: tuple[Desk, Stamper], tmp_path: Path
) -> None:
    desk, by = stamping
    await _sealed(house)
    for answer, status in ((b"no", 200), (b"", 200), (b"", 500)):
        authority.answer, authority.status = answer, status
        with pytest.raises(StampRefused):
            await stamps.stamp_newest(desk, house.tenant_id, by)
    # A reply to another request: its nonce is not ours.
    authority.status, authority.answer = 200, None
    await by.stamp(b"something else")
    authority.answer = (authority.folder / "reply.tsr").read_bytes()
    with pytest.raises(StampRefused):
        await stamps.stamp_newest(desk, house.tenant_id, by)
    authority.answer = None
    # Of another authority: not the one whose certificates are set.
    other = await asyncio.to_thread(StampAuthority, tmp_path)
    try:
        stranger = Stamper(other.url, Authority(authority.ca), by._outward)
        with pytest.raises(StampRefused):
            await stamps.stamp_newest(desk, house.tenant_id, stranger)
    finally:
        other.stop()
    assert await stamps.stamp_newest(desk, house.tenant_id, by) == 1


async def test_nobody_there_is_a_refusal(
    house: House, stamping: tuple[Desk, Stamper], authority: StampAuthority
) -> None:
    _, by = stamping
    nobody = Stamper("http://127.0.0.1:9/", Authority(authority.ca), by._outward)
    with pytest.raises(StampRefused):
        await nobody.stamp(b"x")


def test_certificates_that_cannot_be_read_are_told(house: House, tmp_path: Path) -> None:
    chosen = msgspec.structs.replace(house.desk.settings, tsa_url="http://127.0.0.1:9/")
    with pytest.raises(BadSetting):
        stamps.stamper(chosen)
    (tmp_path / "x.pem").write_text("nothing")
    with pytest.raises(BadSetting):
        stamps.stamper(msgspec.structs.replace(chosen, tsa_ca=str(tmp_path / "x.pem")))
    assert stamps.stamper(house.desk.settings) is None


async def test_the_package_carries_the_stamp(
    house: House, authority: StampAuthority, stamping: tuple[Desk, Stamper], tmp_path: Path
) -> None:
    desk, by = stamping
    ticket = await _sealed(house)
    # Seals between the ticket's and the stamped one lead on to it.
    for _ in range(3):
        await _sealed(house)
    await stamps.stamp_newest(desk, house.tenant_id, by)
    answer = await exported(house, ticket, language="zh")
    files = unpacked(answer.content)
    proof = json.loads(files["proof.json"])
    assert len(proof["after"]) == 3 and [one["no"] for one in proof["stamps"]] == [4]
    ran = await _verify(
        tmp_path, answer.content, "--key", fingerprint_of(house), "--tsa-ca", str(authority.ca)
    )
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout + ran.stderr
    assert "时间戳：封存 4 于 20" in ran.stderr and "openssl" not in ran.stderr
    # Without the authority's certificates what it is over is checked alone, and that is said.
    ran = await _verify(tmp_path, answer.content, "--key", fingerprint_of(house))
    assert ran.returncode == 0 and "openssl" in ran.stderr
    # Of another authority, it is named.
    stranger = await asyncio.to_thread(StampAuthority, tmp_path)
    stranger.stop()
    ran = await _verify(tmp_path, answer.content, "--tsa-ca", str(stranger.ca))
    assert ran.returncode == 1 and "proof.json\tstamp 4\tstamp" in ran.stdout


async def test_a_broken_link_to_the_stamp_is_named(
    house: House, stamping: tuple[Desk, Stamper], tmp_path: Path
) -> None:
    desk, by = stamping
    ticket = await _sealed(house)
    for _ in range(2):
        await _sealed(house)
    await stamps.stamp_newest(desk, house.tenant_id, by)
    files = unpacked((await exported(house, ticket, language="zh")).content)
    proof = json.loads(files["proof.json"])
    proof["after"][0]["body"] = proof["after"][0]["body"].replace('"streams":', '"streamS":')
    changed = packed(signed_anew({**files, "proof.json": json.dumps(proof).encode()}))
    ran = await _verify(tmp_path, changed)
    assert ran.returncode == 1 and "proof.json\tseal 3\tedited" in ran.stdout
    proof = json.loads(files["proof.json"])
    del proof["after"][0]
    ran = await _verify(tmp_path, packed(signed_anew({**files, "proof.json": json.dumps(proof).encode()})))
    assert ran.returncode == 1 and "proof.json\tseal 3\tedited" in ran.stdout


async def test_a_token_is_read_without_a_library(
    house: House, authority: StampAuthority, stamping: tuple[Desk, Stamper]
) -> None:
    _, by = stamping
    stamped = await by.stamp(b"any bytes")
    imprint, moment = imprint_of(stamped.token)
    assert imprint == hashlib.sha256(b"any bytes").digest()
    assert moment.startswith(f"{stamped.at:%Y%m%d%H%M%S}")
    assert imprint_of(b"") == (b"", "") and imprint_of(stamped.token[:60]) == (b"", "")
    assert authority.asked


async def _verify(folder: Path, content: bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "p.zip").write_bytes(content)
    command = [sys.executable, "-I", str(SCRIPT), str(folder / "p.zip"), *arguments]
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
