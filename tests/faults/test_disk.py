"""Attachments between disk and database: a row never without its bytes; bytes without a row are swept in time."""

import errno
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from bihuan import app, tickets
from bihuan.core import db, ids
from bihuan.privacy.files import path_of
from tests.conftest import House

_CONTENT = b"%PDF-1.4 receipt " * 5000


async def _attach(client: httpx.AsyncClient, ticket: dict[str, Any]) -> httpx.Response:
    return await client.post(
        f"/tickets/{ticket['id']}/attach", files={"files": ("a.pdf", _CONTENT, "application/pdf")}
    )


def _folder(house: House) -> Path:
    return house.desk.settings.data_folder / "attachments"


def _files(house: House) -> set[str]:
    return {f.name for f in (_folder(house) / house.tenant_id.hex).rglob("*") if f.is_file()}


def _age(file: Path, seconds: int = 7200) -> Path:
    stat = file.stat()
    os.utime(file, (stat.st_atime - seconds, stat.st_mtime - seconds))
    return file


def _stray(house: House, name: str = "") -> Path:
    """A file as a process leaves it that was killed before its row committed."""
    path = path_of(_folder(house), house.tenant_id, ids.new_id())
    path.parent.mkdir(parents=True, exist_ok=True)
    path = path.with_name(path.name + name)
    path.write_bytes(b"x")
    return path


async def test_strays_are_swept_and_nothing_else(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client)
    shown = (await _attach(client, ticket)).json()[0]
    kept = _age(path_of(_folder(house), house.tenant_id, UUID(shown["id"])))
    old, old_part, young = _age(_stray(house)), _age(_stray(house, ".part")), _stray(house)
    await tickets.file_check.check_now(house.desk, house.tenant_id)
    await app.sweep(house.desk, house.tenant_id)
    assert (kept.is_file(), young.is_file(), old.exists(), old_part.exists()) == (True, True, False, False)
    why = {"reason": {"code": "handle", "text": "核对原件内容"}}
    original = await client.post(f"/tickets/{ticket['id']}/attachments/{shown['id']}/original", json=why)
    assert original.content == _CONTENT
    assert await tickets.symptoms(house.desk, house.tenant_id) == []


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
async def test_a_full_disk_leaves_no_row(house: House, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    client = await house.client()
    ticket = await house.ticket(client)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(f"bihuan.privacy.files.os.{step}", full)
    refused = await _attach(client, ticket)
    monkeypatch.undo()
    assert refused.status_code >= 500 and refused.headers["content-type"] == "application/problem+json"
    assert (await client.get(f"/tickets/{ticket['id']}/attachments")).json() == []
    again = await client.get(f"/tickets/{ticket['id']}")
    assert again.json()["version"] == ticket["version"], "and no event of it"
    assert (await _attach(client, ticket)).status_code == 201


async def test_bytes_are_there_before_their_row(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the moment the row is sent, its file lies whole under its own name."""
    client = await house.client()
    ticket = await house.ticket(client)
    seen: list[bool] = []

    def watch(told: str, params: Any) -> None:
        if told.startswith("insert into attachment"):
            path = path_of(_folder(house), house.tenant_id, params["id"])
            seen.append(path.is_file() and path.stat().st_size > len(_CONTENT))

    monkeypatch.setattr(db, "on_statement", watch)
    assert (await _attach(client, ticket)).status_code == 201
    assert seen == [True]


async def test_a_commit_that_fails_leaves_bytes_which_are_swept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await house.client()
    ticket = await house.ticket(client)

    def fail(told: str, _params: Any) -> None:
        if told.startswith("insert into attachment"):
            raise ConnectionError

    monkeypatch.setattr(db, "on_statement", fail)
    assert (await _attach(client, ticket)).status_code >= 500
    monkeypatch.undo()
    strays = _files(house)
    assert len(strays) == 1
    for name in strays:
        _age(path_of(_folder(house), house.tenant_id, UUID(name)))
    await app.sweep(house.desk, house.tenant_id)
    assert _files(house) == set()
    assert (await client.get(f"/tickets/{ticket['id']}/attachments")).json() == []


async def test_a_lost_file_is_named_by_the_doctor(house: House) -> None:
    client = await house.client()
    shown = (await _attach(client, await house.ticket(client))).json()[0]
    path_of(_folder(house), house.tenant_id, UUID(shown["id"])).unlink()
    found = await tickets.symptoms(house.desk, house.tenant_id)
    assert [(s.where, s.what) for s in found] == [(shown["id"], "file_missing")]
