"""Attachments: kept by what they are, under a safe name, encrypted, within their quotas, given out as downloads."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import msgspec
import psycopg
import pytest

from bihuan import tickets
from bihuan.core.desk import Desk
from tests.conftest import House
from tests.privacy import made_documents as made
from tests.tickets.doing import Json

PNG = (
    b"\x89PNG\r\n\x1a\n"
    b"\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" + b"\x00" * 40
)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
TEXT = "2026-11-18 08:05 扫码支付失败,错误码 -102".encode()


DOCX = made.docx("您好", "已收到")
_DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: What is kept, as what, and as what its copy is given; None where there is none.
TAKEN = {
    "png": (made.picture("order 12"), "image/png", "image/png"),
    "pdf": (made.pdf(("order 12",)), "application/pdf", "application/pdf"),
    "docx": (DOCX, _DOCX_TYPE, _DOCX_TYPE),
    "txt": (TEXT, "text/plain", "text/plain"),
    "csv": ("订单,金额\n1,28.50\n".encode("gb18030"), "text/plain", "text/plain"),
    "odt": (
        made.odt("hello"),
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.text",
    ),
    "zip": (made.zipped({"a.txt": "x"}), "application/zip", None),
    "broken": (PNG, "image/png", None),
}
REFUSED = {
    "exe": b"MZ\x90\x00" + b"\x00" * 60,
    "elf": b"\x7fELF\x02\x01\x01" + b"\x00" * 60,
    "sh": b"#!/bin/sh\nrm -rf /\n",
    "html": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "html later": b" " * 900 + b"<SCRIPT>alert(1)</SCRIPT>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "jar": made.zipped({"META-INF/MANIFEST.MF": "x", "Main.class": "x"}),
    "docm": made.zipped({"[Content_Types].xml": "x", "word/document.xml": "x", "word/vbaProject.bin": "x"}),
    "nothing known": bytes(range(256)) * 4,
}


async def attach(client: httpx.AsyncClient, ticket: Json, *files: tuple[str, bytes]) -> httpx.Response:
    """Files under these names."""
    return await client.post(f"/tickets/{ticket['id']}/attach", files=[("files", f) for f in files])


async def checked(house: House) -> None:
    """All that is due is checked."""
    await tickets.file_check.check_now(house.desk, house.tenant_id)


def _ends(kind: str) -> tuple[str, ...]:
    """Names a sender may give it; whatever is read as a picture takes seconds."""
    return ("",) if kind in ("png", "pdf") else ("", ".exe", ".pdf")


@pytest.mark.parametrize("kind", TAKEN)
async def test_taken_by_content_checked_and_given_as_a_copy(shared_house: House, kind: str) -> None:
    client = await shared_house.client()
    ticket = await shared_house.ticket(client, "general")
    content, type_, copied = TAKEN[kind]
    answer = await attach(client, ticket, *((f"凭证.{kind}{end}", content) for end in _ends(kind)))
    assert answer.status_code == 201, answer.text
    for shown in answer.json():
        assert (shown["content_type"], shown["size_bytes"], shown["state"]) == (
            type_,
            len(content),
            "checking",
        )
        assert not shown["name"].endswith(".exe"), "a name by which a computer would run it"
    url = f"/tickets/{ticket['id']}/attachments"
    first = f"{url}/{answer.json()[0]['id']}"
    early = await client.get(first)
    assert (early.status_code, early.json()["title"]) == (409, "FileChecking")
    await checked(shared_house)
    states = {a["state"] for a in (await client.get(url)).json()}
    file = await client.get(first)
    if copied is None:
        assert states == {"unreadable"}
        assert (file.status_code, file.json()["title"]) == (409, "FileUnreadable")
        return
    assert states == {"ready"}
    assert file.status_code == 200, file.text
    assert file.headers["content-type"].split(";")[0] == copied
    assert file.headers["content-disposition"].startswith('attachment; filename="')
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
    await checked(shared_house)
    file = await client.get(f"/tickets/{ticket['id']}/attachments/{shown['id']}")
    assert file.content == TEXT
    given = unquote(file.headers["content-disposition"].split("UTF-8''")[1])
    assert given == (f"{shown['name'][:-4]}.txt" if shown["name"].endswith(".png") else shown["name"])


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
    await checked(house)
    url = f"/tickets/{{}}/attachments/{shown['id']}"
    assert (await client.get(url.format(ticket["number"]))).status_code == 200
    assert (await client.get(url.format(other["id"]))).status_code == 404
    assert (await stranger.get(url.format(ticket["id"]))).status_code == 404
    assert (await house.anonymous().get(url.format(ticket["id"]))).status_code == 401
    assert (await client.get(f"/tickets/{ticket['id']}/attachments/none")).status_code == 404


def _file(desk: Desk, house: House, file_id: str) -> Path:
    name = file_id.replace("-", "")
    return desk.settings.data_folder / "attachments" / house.tenant_id.hex / name[-2:] / name


@pytest.mark.parametrize("content", [TEXT, TEXT * 5000])
async def test_a_changed_or_cut_file_is_an_error_never_garbage(
    desk: Desk, house: House, owner: psycopg.Connection, content: bytes
) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    shown = (await attach(client, ticket, ("a", content))).json()[0]
    await checked(house)
    copy = owner.execute(
        "select copy_id from file_check where tenant_id = %s and attachment_id = %s",
        (house.tenant_id, shown["id"]),
    ).fetchone()
    assert copy is not None
    why = {"reason": {"code": "handle", "text": "核对原件内容"}}
    for file_id in (shown["id"], str(copy[0])):
        path, url = _file(desk, house, file_id), f"/tickets/{ticket['id']}/attachments/{shown['id']}"

        async def get(file_id: str = file_id, url: str = url) -> httpx.Response:
            return await (
                client.get(url) if file_id != shown["id"] else client.post(f"{url}/original", json=why)
            )

        sealed = path.read_bytes()
        assert content[:40] not in sealed
        assert path.stat().st_mode & 0o077 == 0
        flipped = bytearray(sealed)
        flipped[len(flipped) // 2] ^= 1
        for damaged in (
            bytes(flipped),
            sealed[:-1],
            sealed[: len(sealed) // 2],
            sealed + b"x",
            b"",
            sealed[16:],
        ):
            path.write_bytes(damaged)
            answer = await get()
            assert (answer.status_code, answer.json()["title"]) == (500, "NotOpened")
        path.unlink()
        assert (await get()).json()["title"] == "FileGone"
        path.write_bytes(sealed)
        assert (await get()).content == content


async def test_bytes_without_a_row_and_rows_without_bytes(
    desk: Desk, house: House, owner: psycopg.Connection
) -> None:
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


CARD_TEXT = b"Card 6222020200112230\nCVV 123\n"


async def test_everybody_has_the_copy_and_the_original_is_a_look(
    house: House, owner: psycopg.Connection
) -> None:
    client, agent = await house.client(), await house.client("agent")
    ticket = await house.ticket(client, "general")
    plain = b"Card 6222020200112230\n"
    one, two = (await attach(client, ticket, ("a.txt", plain), ("b.txt", CARD_TEXT))).json()
    await checked(house)
    url = f"/tickets/{ticket['id']}/attachments"
    shown = {a["name"]: a for a in (await client.get(url)).json()}
    assert (shown["a.txt"]["findings"], shown["a.txt"]["original"]) == ({"card_number": 1}, True)
    assert (shown["b.txt"]["findings"], shown["b.txt"]["original"]) == ({"card_number": 1, "cvv": 1}, False)
    assert (await client.get(f"{url}/{one['id']}")).content == b"Card 622202******2230\n"
    why = {"reason": {"code": "fraud", "text": "核对 6222020200112230 的凭证"}}
    original = await client.post(f"{url}/{one['id']}/original", json=why)
    assert (original.status_code, original.content) == (200, plain)
    assert original.headers["content-disposition"].startswith("attachment")
    gone = await client.post(f"{url}/{two['id']}/original", json=why)
    assert (gone.status_code, gone.json()["title"]) == (410, "OriginalGone")
    assert not _file(house.desk, house, two["id"]).exists(), "what authenticates is not kept, sealed or not"
    assert (
        await client.post(f"{url}/{one['id']}/original", json={"reason": {"code": "fraud", "text": "x"}})
    ).status_code == 422
    assert (await agent.post(f"{url}/{one['id']}/original", json=why)).status_code == 403
    told = owner.execute(
        "select body from event where tenant_id = %s and stream_id = %s order by seq desc limit 1",
        (house.tenant_id, house.people["supervisor"]),
    ).fetchone()
    assert told is not None
    look = str(told[0])
    assert "attachment.original" in look and "fraud" in look and "6222020200112230" not in look
    assert await tickets.symptoms(house.desk, house.tenant_id) == []


async def test_the_chain_vouches_for_what_became_of_a_file(house: House, owner: psycopg.Connection) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    await attach(client, ticket, ("a.txt", CARD_TEXT), ("b.zip", made.zipped({"a": "b"})))
    verify = f"/tickets/{ticket['id']}/verify"
    assert (await client.get(verify)).json()["findings"] == []
    await checked(house)
    assert (await client.get(verify)).json()["findings"] == []
    events = (await client.get(f"/tickets/{ticket['id']}/timeline")).json()["items"][-2:]
    assert [e["data"]["file_state"] for e in events] == ["ready", "unreadable"]
    assert events[0]["data"]["findings"] == {"card_number": 1, "cvv": 1}
    assert events[0]["data"]["original"] == "destroyed" and events[1]["data"]["reason"] == "archive"
    owner.execute("update file_check set findings = '{}' where tenant_id = %s", (house.tenant_id,))
    assert (await client.get(verify)).json()["clean"] is False


async def test_a_secret_in_a_name_is_told(house: House) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    (shown,) = (await attach(client, ticket, ("CVV 123.txt", TEXT))).json()
    assert shown["destroyed"] == ["cvv"] and "123" not in shown["name"]


async def test_a_worker_that_died_leaves_its_file_to_the_next_and_not_for_ever(
    house: House, owner: psycopg.Connection
) -> None:
    client = await house.client()
    ticket = await house.ticket(client, "general")
    await attach(client, ticket, ("a.txt", TEXT))
    owner.execute("update file_check set attempts = 4 where tenant_id = %s", (house.tenant_id,))
    await checked(house)
    (shown,) = (await client.get(f"/tickets/{ticket['id']}/attachments")).json()
    assert (shown["state"], shown["reason"]) == ("unreadable", "crashed")
