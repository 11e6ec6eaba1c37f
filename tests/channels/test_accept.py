"""Taking in: once, whole, and with everything that came along."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan import tickets
from bihuan.casetypes import CaseType, read_packs
from bihuan.channels.accept import Accepted, accept, door_id
from bihuan.channels.contract import Inbound, InboundAttachment, InboundCustomer, cut, note_text
from bihuan.channels.fit import BODY_LENGTH, fit
from bihuan.channels.import_ import read_mail
from bihuan.core import clock
from bihuan.core.actor import Actor, desk_actor
from bihuan.core.desk import Desk
from bihuan.core.permissions import all_codes
from bihuan.privacy import files, vault
from bihuan.tickets import Store
from bihuan.tickets.files import TenantFull
from bihuan.tickets.sealing import SealedRow, names
from tests.conftest import ROOT, House, gather

CARD = "6222020200112230"
_PACKS = {r.case_type.code: r.case_type for r in read_packs(ROOT / "packs") if r.case_type}


def _inbound(**changes: Any) -> Inbound:
    given = {
        "channel": "import",
        "external_id": "csv:1",
        "title": "标题",
        "body": "内容",
        "raw": b"1,raw",
        **changes,
    }
    return Inbound(**given)


def _desk(house: House) -> Actor:
    return desk_actor(house.tenant_id, all_codes())


async def _ticket(house: House, accepted: Accepted) -> dict[str, Any]:
    client = await house.client()
    return dict((await client.get(f"/tickets/{accepted.ticket_id}")).json())


async def _words(house: House, accepted: Accepted) -> str:
    client = await house.client()
    items = (await client.get(f"/tickets/{accepted.ticket_id}/timeline")).json()["items"]
    return str(next(e["message"]["body"] for e in items if e["message"]))


async def _kept(house: House, accepted: Accepted, owner: Any) -> dict[str, tuple[bool, bytes]]:
    """Files of a ticket by name: whether hidden, and their bytes, opened with their subject's key."""
    rows = owner.execute(
        "select id, sealed, hidden, subject_id from attachment where tenant_id = %s and ticket_id = %s",
        [house.tenant_id, accepted.ticket_id],
    ).fetchall()
    found: dict[str, tuple[bool, bytes]] = {}
    folder = tickets.store_of(house.desk.settings).folder
    async with house.desk.database.work(house.tenant_id) as work:
        for file_id, sealed, hidden, subject_id in rows:
            row = SealedRow(id=file_id, subject_id=subject_id, sealed=sealed)
            name = (await names(work, [row], "zh"))[0]
            subject = await vault.find_subject(work, subject_id)
            assert subject is not None
            path = files.path_of(folder, house.tenant_id, file_id)
            found[name] = (hidden, files.read(path, vault.file_key(subject, file_id)))
    return found


async def test_taken_once_even_by_many_at_once(house: House) -> None:
    many = await gather(*(accept(house.desk, _desk(house), _inbound()) for _ in range(8)))
    assert sorted(one.outcome for one in many) == ["already_there"] * 7 + ["taken"]
    assert len({one.ticket_id for one in many}) == 1
    again = await accept(house.desk, _desk(house), _inbound(title="anders"))
    assert (again.outcome, again.number) == ("already_there", many[0].number)
    ticket = await _ticket(house, again)
    assert (ticket["state"], ticket["channel"], ticket["title"]) == ("intake", "import", "标题")
    assert ticket["version"] == 1, "nothing was repeated"


async def test_values_that_do_not_fit_are_not_lost(house: House, owner: Any) -> None:
    inbound = _inbound(
        case_type="disputed_bill",
        priority="P1",
        customer=InboundCustomer(name="张示例", mobiles=("13800138000", "1"), emails=("nobody",)),
        fields={"reason": "duplicate", "amount": "28.50", "card_number": "6222020200112231", "colour": "red"},
        elements={"symptom": "账单上有两笔一样的扣款。", "mood": "angry"},
        tags=("ok", "x" * 50),
        raw=b"the,row,as,it,stood",
    )
    accepted = await accept(house.desk, _desk(house), inbound)
    ticket = await _ticket(house, accepted)
    assert (ticket["case_type"], ticket["fields"], ticket["tags"]) == (
        "disputed_bill",
        {"reason": "duplicate"},
        ["ok"],
    )
    assert ticket["elements"] == {"symptom": "账单上有两笔一样的扣款。"}
    words = await _words(house, accepted)
    for line in (
        "优先级: P1",
        "colour: red",
        "mood: angry",
        f"标签: {'x' * 50}",
        "28.50",
        "邮箱: ***",
        "手机: ****",
    ):
        assert line in words, line
    assert "6222020200112231" not in words and "nobody" not in words, "what is personal is shown masked"
    codes = {note.partition(":")[0] for note in accepted.notes}
    assert codes == {"priority_unknown", "tag_unfit", "contact_unfit", "field_unfit"}
    assert all(note_text(note, "zh") != note_text(note, "en") for note in accepted.notes)
    assert await _kept(house, accepted, owner) == {"original.txt": (True, b"the,row,as,it,stood")}
    assert [c["kind"] for c in ticket["customer"]["contacts"]] == ["name", "mobile"]


async def test_texts_of_a_table_become_what_the_field_takes(house: House) -> None:
    fields = {"reason": "重复入账", "amount": "1,028.50 CNY", "funds_frozen": "是", "transactions_hit": "2"}
    choice = _PACKS["disputed_bill"].field("reason")
    assert choice is not None
    fields["reason"] = choice.choices[1].label.zh
    accepted = await accept(house.desk, _desk(house), _inbound(case_type="disputed_bill", fields=fields))
    ticket = await _ticket(house, accepted)
    assert accepted.notes == ()
    assert ticket["fields"] == {
        "reason": choice.choices[1].code,
        "amount": {"amount": "1028.50", "currency": "CNY"},
        "funds_frozen": True,
        "transactions_hit": 2,
    }
    assert ticket["priority"] == "urgent", "frozen funds"


async def test_an_unknown_case_type_is_taken_as_general(house: House) -> None:
    accepted = await accept(house.desk, _desk(house), _inbound(case_type="no_such"))
    assert (await _ticket(house, accepted))["case_type"] == "general"
    assert "业务类型: no_such" in await _words(house, accepted) and accepted.notes == ("case_type_unknown",)


async def test_a_text_too_long_is_cut_and_kept_whole(house: House, owner: Any) -> None:
    body = "很长的话。" * 10_000 + f" 卡号 {CARD} " + "尾"
    accepted = await accept(house.desk, _desk(house), _inbound(body=body, raw=body.encode(), priority="P1"))
    words = await _words(house, accepted)
    assert len(words) <= BODY_LENGTH and words.startswith("很长的话。") and words.endswith("优先级: P1")
    assert "text_cut" in accepted.notes
    kept = await _kept(house, accepted, owner)
    assert kept["original.txt"] == (True, body.encode())
    hidden, whole = kept["full-text.txt"]
    assert not hidden and whole.decode().endswith("优先级: P1") and "622202******2230" in whole.decode()


@pytest.mark.parametrize("external_id", [f"csv:{CARD}", "csv:13800138000", "csv:" + "x" * 5000])
async def test_an_id_that_tells_too_much(house: House, external_id: str, owner: Any) -> None:
    accepted = await accept(house.desk, _desk(house), _inbound(external_id=external_id))
    again = await accept(house.desk, _desk(house), _inbound(external_id=external_id))
    assert (accepted.notes, again.outcome) == (("id_protected",), "already_there")
    row = owner.execute("select external_id from ticket where id = %s", [accepted.ticket_id]).fetchone()
    assert row == (door_id(external_id, house.desk.ring),)
    assert row[0].startswith("keyed:") and CARD not in row[0]


MAIL = b"""From: "Example" <a@b.example>\r
Subject: =?utf-8?b?5pyJ6ZmE5Lu2?=\r
Date: Mon, 02 Mar 2026 10:00:00 +0800\r
Message-ID: <1@b.example>\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=x\r
\r
--x\r
Content-Type: text/plain; charset=utf-8\r
\r
see attached\r
--x\r
Content-Type: application/octet-stream; name="run.exe"\r
Content-Disposition: attachment; filename="run.exe"\r
Content-Transfer-Encoding: base64\r
\r
TVqQAAMAAAAE\r
--x\r
Content-Type: text/plain; name="empty.txt"\r
Content-Disposition: attachment; filename="empty.txt"\r
\r
--x--\r
"""


async def test_a_mail_keeps_its_original_and_its_files(house: House, owner: Any) -> None:
    accepted = await accept(house.desk, _desk(house), read_mail(MAIL))
    kept = await _kept(house, accepted, owner)
    assert kept["original.eml"] == (True, MAIL)
    assert kept["run.exe.bin"] == (False, b"MZ\x90\x00\x03\x00\x00\x00\x04") and kept["empty.txt"] == (
        False,
        b"",
    )
    client = await house.client()
    every = (await client.get(f"/tickets/{accepted.ticket_id}/attachments")).json()
    shown = [file for file in every if not file["raw"]]
    assert {file["name"] for file in shown} == {"run.exe.bin", "empty.txt"}, "the original is another matter"
    assert {file["content_type"] for file in shown if file["name"] == "run.exe.bin"} == {
        "application/octet-stream"
    }
    first = (await client.get(f"/tickets/{accepted.ticket_id}/timeline")).json()["items"][0]
    assert first["data"]["received_at"] == "2026-03-02T02:00:00+00:00", "when the customer wrote"
    verified = (await client.get(f"/tickets/{accepted.ticket_id}/verify")).json()
    assert verified["clean"] and verified["findings"] == []


async def test_a_ticket_without_its_files_is_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def tiny(settings: Any) -> Store:
        return Store(folder=settings.data_folder / "attachments", each=10, ticket=10, customer=10, tenant=10)

    monkeypatch.setattr(tickets, "store_of", tiny)
    with pytest.raises(TenantFull):
        await accept(house.desk, _desk(house), read_mail(MAIL))
    monkeypatch.undo()
    accepted = await accept(house.desk, _desk(house), read_mail(MAIL))
    assert accepted.outcome == "taken", "the first try left nothing"


async def test_many_large_files_are_no_reason_to_refuse(house: House) -> None:
    big = tuple(
        InboundAttachment(name=f"{i}.bin", content=b"\x00" * 100, declared_type="x/y") for i in range(30)
    )
    accepted = await accept(house.desk, _desk(house), _inbound(attachments=big))
    client = await house.client()
    assert len((await client.get(f"/tickets/{accepted.ticket_id}/attachments")).json()) == 30


# ------------------------------------------------------------------------------------------------------ pure parts
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)
_VALUES = st.one_of(_TEXT, st.booleans(), st.integers(-(10**6), 10**6), st.lists(_TEXT, max_size=3))
_CODES = sorted({field.code for pack in _PACKS.values() for field in pack.fields} | {"no_such"})


@given(
    case_type=st.sampled_from(list(_PACKS.values())),
    fields=st.dictionaries(st.sampled_from(_CODES), _VALUES, max_size=8),
    elements=st.dictionaries(st.sampled_from(["symptom", "occurred_at", "scope", "mood"]), _TEXT, max_size=4),
    contacts=st.tuples(_TEXT, st.lists(_TEXT, max_size=3), st.lists(_TEXT, max_size=12)),
    tags=st.lists(_TEXT, max_size=25),
)
def test_whatever_comes_fits_and_nothing_is_lost(
    case_type: CaseType, fields: dict[str, Any], elements: dict[str, str], contacts: Any, tags: list[str]
) -> None:
    name, mobiles, emails = contacts
    who = InboundCustomer(name=name, mobiles=tuple(mobiles), emails=tuple(emails))
    inbound = _inbound(
        fields=fields, elements=elements, customer=who, tags=tuple(tags), case_type=case_type.code
    )
    fitted = fit(inbound, case_type, now=clock.now())
    command = msgspec.convert(msgspec.to_builtins(fitted.command), tickets.OpenTicket)
    assert tickets.problems_of(command, case_type, clock.now())[1] == []
    for code, value in {**fields, **elements}.items():
        placed = code in command.fields or code in command.elements
        assert placed or f"field_unfit: {code}" in fitted.notes, code
        if not placed and isinstance(value, str) and not fitted.needs_original:
            assert value in command.description
    for tag in tags:
        assert tag in command.tags or tag in command.description


@given(st.text("0123456789 -x字", max_size=80), st.integers(2, 60))
def test_a_cut_never_leaves_a_part_of_a_number(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    if short != text:
        kept = short.removesuffix("…")
        assert text.startswith(kept) and not kept[-1:].isdigit()


@given(st.text(max_size=300))
def test_a_door_id_is_stable_and_storable(desk: Desk, external_id: str) -> None:
    known = door_id(external_id.encode("utf-8", "replace").decode(), desk.ring)
    assert len(known) <= 200 and door_id(known, desk.ring) == known
