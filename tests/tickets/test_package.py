"""The evidence package over HTTP: what is in it, who may have it, what it never holds, and that it holds offline."""

import asyncio
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pypdfium2
import pytest

from bihuan import evidence
from bihuan.tickets import package, package_text
from tests.conftest import House, found
from tests.tickets.packing import (
    SCRIPT,
    checked,
    exported,
    fingerprint_of,
    packed,
    rich_ticket,
    signed_anew,
    unpacked,
)

_ALWAYS = {
    "README.txt", "attachments.jsonl", "clocks.json", "events.jsonl", "manifest.json", "messages.jsonl", "proof.json",
    "signature.json", "ticket.json",
}  # fmt: skip


async def test_it_holds_offline_by_the_script_alone(house: House, tmp_path: Path) -> None:
    answer = await exported(house, await rich_ticket(house))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert int(answer.headers["content-length"]) == len(answer.content)
    (tmp_path / "p.zip").write_bytes(answer.content)
    # -I: no path, no environment, nothing of ours: the file stands alone.
    command = [sys.executable, "-I", str(SCRIPT), str(tmp_path / "p.zip"), "--key", fingerprint_of(house)]
    ran = await asyncio.to_thread(_run, [*command, "--language", "en"])
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout + ran.stderr
    assert "all holds: " in ran.stderr and "no --key" not in ran.stderr


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


async def test_what_is_in_it(house: House) -> None:
    ticket = await rich_ticket(house)
    answer = await exported(house, ticket)
    files = unpacked(answer.content)
    assert _ALWAYS | {"timeline.zh.pdf", "timeline.en.pdf"} <= files.keys()
    assert [name for name in files if name.startswith("attachments/")] == ["attachments/001-小票.txt"]
    events = [json.loads(line) for line in files["events.jsonl"].splitlines()]
    assert [row["seq"] for row in events] == list(range(1, len(events) + 1))
    manifest = json.loads(files["manifest.json"])
    assert (manifest["ticket"], manifest["events"]) == (ticket["number"], len(events))
    assert {one["path"] for one in manifest["files"]} == files.keys() - {"manifest.json", "signature.json"}
    said = [json.loads(line) for line in files["messages.jsonl"].splitlines()]
    assert any("款项将退回原卡" in row["body"] for row in said)
    clocks = json.loads(files["clocks.json"])
    assert clocks["zh"][0]["sentence"] != clocks["en"][0]["sentence"]
    assert clocks["rows"]["sla_clock"].keys() == {one["kind"] for one in ticket["clocks"]}


async def test_nothing_personal_and_no_secret_is_in_it(house: House) -> None:
    files = unpacked((await exported(house, await rich_ticket(house))).content)
    secrets = [key.secret for key in house.desk.ring.all()]
    for name, content in files.items():
        assert b"6222020200112230" not in content, name
        for secret in secrets:
            assert secret not in content and secret.hex().encode() not in content, name
        assert b'"mac"' not in content, name


def test_it_does_not_say_more_than_rules_can_do() -> None:
    """A name in free text may stay; a package taken out before holds as well: both are said, in both languages."""
    for told in (package_text.README, package_text.note(1, 1, "zh") + package_text.note(1, 1, "en")):
        assert "自由文本中未能识别的（如姓名）可能保留" in told and "may remain" in told
        assert "均已遮盖" not in told and "data is masked." not in told
    assert (
        "不证明它是最新的一份" in package_text.README and "not that it is the newest" in package_text.README
    )


async def test_originals_are_for_a_reason(house: House, tmp_path: Path) -> None:
    ticket = await rich_ticket(house)
    assert (await exported(house, ticket, "auditor", originals=True)).status_code == 403
    refused = await exported(house, ticket, "supervisor", originals=True)
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/reason"
    why = {"code": "authority", "text": "监管调阅全部材料"}
    answer = await exported(house, ticket, "supervisor", originals=True, reason=why)
    assert answer.status_code == 200, answer.text
    files = unpacked(answer.content)
    assert b"6222020200112230" in files["attachments/001-小票.txt"]
    assert checked(tmp_path, answer.content, fingerprint_of(house)) == []
    looked = await _last_look(house, "supervisor")
    assert looked["reason"] == "authority" and len(looked["originals"]) == 1


async def test_a_swapped_copy_is_named(house: House, tmp_path: Path) -> None:
    files = unpacked((await exported(house, await rich_ticket(house))).content)
    name = "attachments/001-小票.txt"
    changed = packed(signed_anew({**files, name: files[name] + b" "}))
    assert checked(tmp_path, changed) == [(name, "-", "edited")]


async def _last_look(house: House, who: str) -> dict[str, object]:
    async with house.desk.database.work(house.tenant_id) as work:
        told = await evidence.events(work, house.people[who])
    assert told[-1].kind == "evidence.exported"
    return told[-1].data


async def test_the_export_is_on_record(house: House) -> None:
    ticket = await rich_ticket(house)
    assert (await exported(house, ticket)).status_code == 200
    looked = await _last_look(house, "compliance")
    assert looked["ticket"] == ticket["id"] and "originals" not in looked


@pytest.mark.parametrize(("language", "pdfs"), [("zh", {"zh"}), ("en", {"en"}), ("both", {"zh", "en"})])
async def test_the_language_is_the_timelines(house: House, language: str, pdfs: set[str]) -> None:
    files = unpacked((await exported(house, await house.ticket(), language=language)).content)
    assert {name.split(".")[1] for name in files if name.endswith(".pdf")} == pdfs


async def test_the_last_event_is_covered_by_a_seal(house: House, tmp_path: Path) -> None:
    """Whatever happens meanwhile: a package ends with a sealed head."""
    ticket = await house.ticket()
    client = await house.client()

    async def write() -> None:
        for number in range(20):
            answer = await client.post(f"/tickets/{ticket['id']}/note", json={"body": f"第 {number} 条"})
            assert answer.status_code == 200

    answer, _ = await asyncio.gather(exported(house, ticket, language="zh"), write())
    assert answer.status_code == 200, answer.text
    assert checked(tmp_path, answer.content, fingerprint_of(house)) == []


async def test_two_packages_of_one_state_differ_in_the_moment_alone(house: House) -> None:
    ticket = await rich_ticket(house)
    one, other = [unpacked((await exported(house, ticket)).content) for _ in range(2)]
    assert list(one) == list(other)
    changed = {name for name in one if one[name] != other[name]}
    # The second look is an event of the exporter's own: later seals follow, nothing of the ticket changes.
    assert changed <= {
        "manifest.json",
        "signature.json",
        "clocks.json",
        "proof.json",
        "timeline.zh.pdf",
        "timeline.en.pdf",
    }
    with zipfile.ZipFile(io.BytesIO((await exported(house, ticket)).content)) as package_:
        assert {info.date_time for info in package_.infolist()} == {(1980, 1, 1, 0, 0, 0)}


async def test_who_may_not_have_it(house: House, other: House) -> None:
    ticket = await house.ticket()
    path = f"/tickets/{ticket['id']}/evidence-package"
    assert (await house.anonymous().post(path, json={})).status_code == 401
    assert (await (await house.client("agent")).post(path, json={})).status_code == 403
    assert (await (await other.client("compliance")).post(path, json={})).status_code == 404
    assert (await (await house.client("compliance")).post(path, json={"language": "fr"})).status_code == 422


async def test_no_more_than_two_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = await house.ticket()
    monkeypatch.setattr(package, "_making", 2)
    answer = await exported(house, ticket)
    assert (answer.status_code, answer.json()["title"]) == (429, "PackageBusy")
    monkeypatch.setattr(package, "_making", 0)
    assert (await exported(house, ticket, language="zh")).status_code == 200


async def test_a_ticket_with_too_many_events_is_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await rich_ticket(house)
    monkeypatch.setattr("bihuan.tickets.package_read.MOST_EVENTS", 3)
    answer = await exported(house, ticket)
    assert (answer.status_code, answer.json()["title"]) == (413, "PackageTooLarge")


async def test_the_timeline_says_all_and_cuts_nothing(house: House) -> None:
    ticket = await rich_ticket(house)
    client = await house.client()
    long = "这是一段很长的说明，用来确认文字会换行而不会被截断。" * 40 + "完"
    assert (await client.post(f"/tickets/{ticket['id']}/note", json={"body": long})).status_code == 200
    files = unpacked((await exported(house, ticket)).content)
    for language, words in (
        ("zh", ("答复客户", "北京时间", ticket["number"])),
        ("en", ("answered the customer", "Beijing time")),
    ):
        document = pypdfium2.PdfDocument(files[f"timeline.{language}.pdf"])
        pages = [page.get_textpage().get_text_bounded() for page in document]
        text = "".join(re.split("封存根|Sealed root", page)[0] for page in pages)
        flat = "".join(text.split())
        assert all("".join(word.split()) in flat for word in words), text
        assert long in flat
        assert "6222020200112230" not in flat


@pytest.fixture
async def other(house: House) -> House:
    """Another tenant."""
    return await found(house.desk, house.transport)
