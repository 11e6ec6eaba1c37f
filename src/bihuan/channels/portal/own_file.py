"""What a person is told of their tickets: in clear as they wrote, as it was answered, with their files, who looked, and
how long it is kept.

Told is what the portal shows them. Left out, and said to be: notes among colleagues, fields that staff fill in, and files
that are not for customers; they are about how the desk works and about other people.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from bihuan import evidence, tickets
from bihuan.casetypes import CaseType, store
from bihuan.channels.portal import words
from bihuan.channels.portal.shows import value_text, visible_files
from bihuan.customers import Fact, Item, Line, PersonFile, Section, Telling, Told, moment, tells
from bihuan.privacy import open_value
from bihuan.tickets import Entry, Ticket

_PAGE = 100
#: So many bytes of files go into one archive; what is more is named.
_MOST_BYTES = 50_000_000
_BY: Mapping[str, tuple[str, str]] = {
    "customer": ("您", "You"),
    "reply": ("客服", "We"),
    "system": ("系统", "The desk"),
}
_LEFT_OUT = (
    (
        "未包含：工作人员之间的内部备注、由工作人员填写的处理字段，以及不面向客户的文件。它们记录的是内部处理过程，"
        "可能涉及他人信息。"
    ),
    (
        "Left out: notes among our staff, fields that staff fill in, and files that are not for customers. They are about how "
        "we work and may concern other people."
    ),
)
_NOTES = ("共有 {n} 条内部备注未包含。", "{n} internal notes are left out.")
_MASKED = (
    "文件以遮盖了个人号码的副本提供；检查未通过或无法读取的文件仅列出名称。",
    "Files are given as copies in which personal numbers are covered; those that could not be checked are named alone.",
)
_LOOKS: Mapping[str, tuple[str, str]] = {
    "ticket.viewed": ("查看工单", "a ticket was read"),
    "customer.viewed": ("查看客户资料（掩码）", "your record was read (masked)"),
    "value.unmasked": ("说明理由后查看明文", "a value was seen in clear, for a reason"),
    "attachment.read": ("查看附件", "a file was read"),
    "attachment.original_read": ("说明理由后查看附件原件", "an original file was seen, for a reason"),
    "evidence.exported": ("导出证据包", "the evidence was taken out"),
    "person.access_fetched": ("代您下载个人信息文件", "your file was fetched for you"),
}
_NOBODY = ("没有记录。", "None on record.")


@tells(20)
async def tickets_of(telling: Telling) -> Told:
    """Their tickets and files."""
    own = await _own(telling)
    items: list[Item] = []
    files: list[PersonFile] = []
    notes = 0
    for ticket in own:
        history = await _history(telling, ticket)
        notes += sum((e.message or {}).get("kind") == "note" for e in history)
        given, named = await _files(
            telling, ticket, history, room=_MOST_BYTES - sum(len(f.content) for f in files)
        )
        files += given
        items.append(await _item(telling, ticket, history, named))
    said = [telling.say(_LEFT_OUT), telling.say(_NOTES).format(n=notes), telling.say(_MASKED)]
    title = telling.say(("您的工单", "Your tickets"))
    return Told(sections=[Section(code="tickets", title=title, items=items, notes=said)], files=files)


@tells(40)
async def who_looked(telling: Telling) -> Told:
    """How often, on which day, and what kind of look; who it was is in the looker's own record."""
    asked = [evidence.Asked(stream="staff", whom=UUID(id_)) for id_ in telling.customers]
    asked += [evidence.Asked(stream="staff", ticket=ticket.id) for ticket in await _own(telling)]
    seen = {entry.id: entry for one in asked for entry in await _entries(telling, one)}
    counts = Counter((moment(e.event.at)[:10], e.event.kind) for e in seen.values() if e.event.kind in _LOOKS)
    facts = [
        Fact(code=kind, label=day, value=f"{telling.say(_LOOKS[kind])} × {count}")
        for (day, kind), count in sorted(counts.items(), reverse=True)
    ]
    title = telling.say(("工作人员查看记录", "When our staff looked"))
    items = [Item(title=telling.say(("按日期", "By day")), facts=facts)] if facts else []
    return Told(
        sections=[
            Section(code="looks", title=title, items=items, notes=[] if facts else [telling.say(_NOBODY)])
        ]
    )


async def _own(telling: Telling) -> list[Ticket]:
    found: list[Ticket] = []
    while True:
        before = found[-1].id if found else None
        page = await tickets.own_tickets(telling.work, telling.actor, before=before, most=_PAGE)
        found += page
        if len(page) < _PAGE:
            return found


async def _history(telling: Telling, ticket: Ticket) -> list[Entry]:
    found: list[Entry] = []
    while True:
        after = found[-1].seq if found else 0
        page = await tickets.timeline(
            telling.work, ticket.id, after=after, most=_PAGE, language=telling.language
        )
        found += page
        if len(page) < _PAGE:
            return found


async def _entries(telling: Telling, asked: evidence.Asked) -> list[evidence.AuditEntry]:
    found: list[evidence.AuditEntry] = []
    while True:
        page = await evidence.entries(telling.work, asked, most=_PAGE)
        found += page
        if len(page) < _PAGE:
            return found
        asked = evidence.Asked(stream="staff", whom=asked.whom, ticket=asked.ticket, after=page[-1].id)


async def _item(telling: Telling, ticket: Ticket, history: Sequence[Entry], named: Sequence[str]) -> Item:
    case_type = (await store.version(telling.work, ticket.case_type, ticket.case_type_version)).case_type
    title = tickets.title_of(ticket, telling.language)
    facts = [
        telling.fact("case_type", ("业务类型", "About"), case_type.title.of(telling.language)),
        telling.fact("state", ("状态", "State"), words.state_text(ticket, telling.language)),
        telling.fact("opened_at", ("受理时间", "Opened"), moment(ticket.opened_at)),
        *await _answers(telling, ticket, case_type),
    ]
    if ticket.closed_at is not None:
        facts.append(telling.fact("closed_at", ("结束时间", "Closed"), moment(ticket.closed_at)))
    if ticket.resolution and ticket.state not in tickets.OPEN_STATES:
        facts.append(telling.fact("resolution", ("处理结果", "Result"), ticket.resolution))
    facts += [telling.fact("file", ("文件", "File"), name) for name in named]
    lines = [line for entry in history if (line := await _line(telling, entry)) is not None]
    return Item(title=f"{ticket.number} {title}", facts=facts, lines=lines)


async def _answers(telling: Telling, ticket: Ticket, case_type: CaseType) -> list[Fact]:
    """The five elements, and of the fields those that customers fill in; protected ones in clear."""
    language = telling.language
    found = [
        Fact(code=e.code, label=e.label.of(language), value=ticket.elements[e.code])
        for e in case_type.elements
        if e.code in ticket.elements
    ]
    for field in case_type.fields:
        if field.by == "customer" and field.code in ticket.fields:
            value = await _clear(telling, ticket.fields[field.code])
            text = value_text(field, value, language)
            found.append(Fact(code=field.code, label=field.label.of(language), value=text))
    return found


async def _clear(telling: Telling, value: object) -> object:
    if not isinstance(value, dict) or "value_id" not in value:
        return cast("object", value)
    stored = cast("dict[str, str]", value)
    opened = await open_value(telling.work, UUID(stored["value_id"]))
    return opened.value if opened else stored["mask"]


async def _line(telling: Telling, entry: Entry) -> Line | None:
    """What they wrote, with its numbers as they wrote them; what we answered, as they read it."""
    message = entry.message or {}
    if message.get("kind") not in ("customer", "reply"):
        return None
    text = message.get("body") or message.get("reason") or ""
    by = message["kind"] if message["kind"] == "customer" or entry.actor_kind == "staff" else "system"
    if message["kind"] == "customer":
        text = await _as_written(telling, text, message.get("spans") or [])
    return Line(at=entry.at, by=telling.say(_BY[by]), text=text)


async def _as_written(telling: Telling, text: str, spans: Sequence[list[int | str]]) -> str:
    """A masked text with what stood behind its masks, from the end so that places stay right."""
    for span in sorted(spans, key=lambda span: int(span[0]), reverse=True):
        opened = await open_value(telling.work, UUID(str(span[3])))
        if opened is not None:
            text = text[: int(span[0])] + opened.value + text[int(span[1]) :]
    return text


async def _files(
    telling: Telling, ticket: Ticket, history: Sequence[Entry], *, room: int
) -> tuple[list[PersonFile], list[str]]:
    """The copies they may have, and the names of all their files."""
    attached = await tickets.attachments(telling.work, ticket.id, language=telling.language)
    given: list[PersonFile] = []
    named: list[str] = []
    kept = tickets.store_of(telling.desk.settings)
    by_id = {file.id: file for file in attached}
    for number, shown in enumerate(visible_files(history, attached, telling.language), 1):
        file = by_id[shown.id]
        if file.state != "ready" or file.copy_type is None or (file.copy_bytes or 0) > room:
            named.append(f"{shown.name}（{shown.note}）" if shown.note else shown.name)
            continue
        view, content = await tickets.content(telling.work, telling.actor, ticket.id, file.id, kept)
        room -= len(content)
        path = f"files/{ticket.number}/{number:02}-{_safe(view.name)}"
        given.append(PersonFile(path=path, content=content))
        named.append(path)
    return given, named


def _safe(name: str) -> str:
    """A name with no folder in it, as archives have them."""
    return name.replace("/", "_").replace("\\", "_").lstrip(".") or "file"
