"""Attachments: kept by what they are, under a safe name, encrypted, within their quotas, given out as downloads."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import msgspec
import psycopg
import pytest

from bihuan.core.desk import Desk
from tests.conftest import House
from tests.tickets.doing import Json

PNG = (
    b"\x89PNG\r\n\x1a\n"
    b"\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" + b"\x00" * 40
)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
TEXT = "2026-11-18 08:05 扫码支付失败,错误码 -102".encode()


def zipped(*names: str) -> bytes:
    """A zip with these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return made.getvalue()


DOCX = zipped("[Content_Types].xml", "word/document.xml")
_DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TAKEN = {
    "png": (PNG, "image/png"),
    "pdf": (PDF, "application/pdf"),
    "docx": (DOCX, _DOCX_TYPE),
    "txt": (TEXT, "text/plain"),
    "csv": ("订单,金额\n1,28.50\n".encode("gb18030"), "text/plain"),
    "zip": (zipped("a.txt"), "application/zip"),
}
REFUSED = {
    "exe": b"MZ\x90\x00" + b"\x00" * 60,
    "elf": b"\x7fELF\x02\x01\x01" + b"\x00" * 60,
    "sh": b"#!/bin/sh\nrm -rf /\n",
    "html": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "html later": b" " * 900 + b"<SCRIPT>alert(1)</SCRIPT>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "jar": zipped("META-INF/MANIFEST.MF", "Main.class"),
    "docm": zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "nothing known": bytes(range(256)) * 4,
}


async def attach(client: httpx.AsyncClient, ticket: Json, *files: tuple[str, bytes]) -> httpx.Response:
    """Files under these names."""
    return await client.post(f"/tickets/{ticket['id']}/attach", files=[("files", f) for f in files])


@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("end", ["", ".exe", ".pdf"])
async def test_taken_by_content_and_given_back_byte_for_byte(
    shared_house: House, kind: str, end: str
) -> None:
    client = await shared_house.client()
    ticket = await shared_house.ticket(client, "general")
    content, type_ = TAKEN[kind]
    answer = await attach(client, ticket, (f"凭证.{kind}{end}", content))
    assert answer.status_code == 201, answer.text
    (shown,) = answer.json()
    assert (shown["content_type"], shown["size_bytes"]) == (type_, len(content))
    assert not shown["name"].endswith(".exe"), "a name by which a computer would run it"
    file = await client.get(f"/tickets/{ticket['id']}/attachments/{shown['id']}")
    assert (file.status_code, file.content) == (200, content)
    assert file.headers["content-type"].split(";")[0] == type_
    assert file.headers["content-disposition"].startswith('attachment; filename="')
    assert unquote(file.headers["content-disposition"].split("UTF-8''")[1]) == shown["name"]
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in file.headers["content-security-policy"]
    assert file.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("name", ["凭证.png", "账单.pdf", "x"])
async def test_refused_by_content_whatever_the_name(shared_house: House, kind: str, name: str) -> None:
    client = await shared_house.client()
    ticket = await shared_house.ticket(client, "general")
    answer = await attach(client, ticket, ("好的.txt", TEXT), (name, REFUSED[kind]))
    assert (answer.status_code, answer.json()["title"]) == (415, "TypeNotAllowed"), answer.text
    assert (await client.get(f"/tickets/{ticket['id']}/attachments")).json() == [], "all or none"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("C:\\账单.png", "账单.png"),
        ("\u202egnp.exe", "gnp.exe.txt"),
        ("invoice.pdf.js", "invoice.pdf.js.txt"),
        ("run.BAT", "run.BAT.txt"),
        ("a\x00b.png", "ab.png"),
        ("名" * 300 + ".txt", "名" * 116 + ".txt"),
        ("x" * 300, "x" * 120),
        ("...", "file"),
        ("账单 6222020200112230.txt", "账单 622202xxxxxx2230.txt"),
        ('a"b<c>|d?.txt', "a_b_c_d_.txt"),
    ],
)  # fmt: skip
async def test_names_are_safe(shared_house: House, name: str, wanted: str) -> None:
    client = await shared_house.client()
    ticket = await shared_house.ticket(client, "general")
    answer = await attach(client, ticket, (name, TEXT))
    assert answer.status_code == 201, answer.text
    shown = answer.json()[0]
    if "\x00" not in name and '"' not in name:  # the form's own encoding changes these on the way
        assert shown["name"] == wanted
    assert len(shown["name"]) <= 120
    assert not set(shown["name"]) & set('\x00/\\:*?"<>|\u202e\r\n')
    file = await client.get(f"/tickets/{ticket['id']}/attachments/{shown['id']}")
    assert file.content == TEXT


async def test_empty_none_and_too_many(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    for files, status, title in (
        ([("a.txt", b"")], 422, "EmptyFile"),
        ([(f"{n}.txt", b"x") for n in range(21)], 422, "TooManyFiles"),
    ):
        answer = await attach(client, ticket, *files)
        assert (answer.status_code, answer.json()["title"]) == (status, title)
    url = f"/tickets/{ticket['id']}/attach"
    for sent in ({"data": {"files": "text"}}, {"json": {"files": []}}, {"content": b""}):
        answer = await client.post(url, **sent)  # pyright: ignore[reportArgumentType]
        assert answer.status_code in (400, 422), answer.text
    broken = {"content-type": "multipart/form-data; boundary=x"}
    for body in (
        b"garbage",
        b"--x\r\nnonsense",
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="\xff\xfe"\r\n\r\nabc\r\n--x--',
    ):
        answer = await client.post(url, content=body, headers=broken)
        assert answer.status_code < 500, answer.text
    answer = await client.post(url, content=b"--x--", headers={"content-type": "multipart/form-data"})
    assert answer.status_code in (400, 422)


@pytest.fixture
def small(desk: Desk) -> Iterator[None]:
    """A desk with small quotas."""
    before = desk.settings
    desk.settings = msgspec.structs.replace(
        before, attachment_bytes=1000, ticket_attachment_bytes=2500, tenant_attachment_bytes=4000
    )
    yield
    desk.settings = before


async def test_quotas(house: House, small: None) -> None:
    client = await house.client()
    one, two = await house.ticket(client, "general"), await house.ticket(client, "general")

    async def put(ticket: Json, *sizes: int) -> tuple[int, str]:
        answer = await attach(client, ticket, *(("a.txt", b"x" * size) for size in sizes))
        return answer.status_code, "" if answer.status_code == 201 else answer.json()["title"]

    assert await put(one, 1001) == (413, "FileTooLarge")
    assert await put(one, 1000, 1000) == (201, "")
    assert await put(one, 501) == (413, "TicketFull")
    assert await put(one, 500) == (201, "")
    assert await put(two, 900, 601) == (507, "TenantFull")
    assert await put(two, 900, 600) == (201, "")
    assert await put(two, 1) == (507, "TenantFull")


async def test_a_file_is_seen_by_who_sees_its_ticket(house: House) -> None:
    client, stranger = await house.client(), await house.client("agent", team="FRAUD")
    ticket, other = await house.ticket(client, "general"), await house.ticket(client, "general")
    shown = (await attach(client, ticket, ("a.txt", TEXT))).json()[0]
    url = f"/tickets/{{}}/attachments/{shown['id']}"
    assert (await client.get(url.format(ticket["number"]))).status_code == 200
    assert (await client.get(url.format(other["id"]))).status_code == 404
    assert (await stranger.get(url.format(ticket["id"]))).status_code == 404
    assert (await house.anonymous().get(url.format(ticket["id"]))).status_code == 401
    assert (await client.get(f"/tickets/{ticket['id']}/attachments/none")).status_code == 404


def _file(desk: Desk, house: House, file_id: str) -> Path:
    name = file_id.replace("-", "")
    return desk.settings.data_folder / "attachments" / house.tenant_id.hex / name[-2:] / name


@pytest.mark.parametrize("content", [TEXT, PNG + b"\x07" * 200_000])
async def test_a_changed_or_cut_file_is_an_error_never_garbage(
    desk: Desk, house: House, content: bytes
) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    shown = (await attach(client, ticket, ("a", content))).json()[0]
    path, url = _file(desk, house, shown["id"]), f"/tickets/{ticket['id']}/attachments/{shown['id']}"
    sealed = path.read_bytes()
    assert content[:40] not in sealed
    assert path.stat().st_mode & 0o077 == 0
    flipped = bytearray(sealed)
    flipped[len(flipped) // 2] ^= 1
    for damaged in (bytes(flipped), sealed[:-1], sealed[: len(sealed) // 2], sealed + b"x", b"", sealed[16:]):
        path.write_bytes(damaged)
        answer = await client.get(url)
        assert (answer.status_code, answer.json()["title"]) == (500, "NotOpened")
    path.unlink()
    assert (await client.get(url)).json()["status"] >= 404
    path.write_bytes(sealed)
    assert (await client.get(url)).content == content


async def test_bytes_without_a_row_and_rows_without_bytes(
    desk: Desk, house: House, owner: psycopg.Connection
) -> None:
    from bihuan import tickets

    client = await house.client()
    ticket = await house.ticket(client, "general")
    shown = (await attach(client, ticket, ("a.txt", TEXT))).json()[0]
    assert await tickets.symptoms(desk, house.tenant_id) == []
    _file(desk, house, shown["id"]).unlink()
    found = await tickets.symptoms(desk, house.tenant_id)
    assert [(s.where, s.what) for s in found] == [(shown["id"], "file_missing")]


async def test_refused_files_leave_no_bytes_behind_for_long(desk: Desk, house: House) -> None:
    import os

    from bihuan.tickets import jobs

    client = await house.client()
    ticket = await house.ticket(client, "general")
    kept = (await attach(client, ticket, ("a.txt", TEXT))).json()[0]
    shelf = _file(desk, house, kept["id"]).parent
    orphan, fresh, half = (shelf / name for name in ("0" * 32, "1" * 32, "2" * 32 + ".part"))
    for file in (orphan, fresh, half):
        file.write_bytes(b"x")
    for file in (orphan, half, _file(desk, house, kept["id"])):
        os.utime(file, (0, 0))
    assert await jobs.sweep_files(desk, house.tenant_id) == 2
    assert (orphan.exists(), half.exists(), fresh.exists()) == (False, False, True)
    assert _file(desk, house, kept["id"]).exists()
