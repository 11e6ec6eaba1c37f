"""What every door hands in: `Inbound`, or a named refusal; and the rules for its text."""

import re
from datetime import datetime
from typing import Literal

import msgspec

from bihuan.core.problems import Language
from bihuan.privacy import mask_text

#: Stands where a message had no words at all; neutral, in both languages, because it becomes ticket data.
NO_BODY = "（无正文 / no text）"
NO_TITLE = "(无主题 / no subject)"
#: Characters of a title made from a body; the most a given title has before it moves to the body.
DERIVED_TITLE_LENGTH = 80
TITLE_LENGTH = 200

#: What a reader may have had to repair: code → (zh, en). A note is "code" or "code: detail"; the detail names
#: columns, charsets and headers, never a customer's value, because notes are shown in reports.
NOTE_TEXTS: dict[str, tuple[str, str]] = {
    "attachment_unreadable": (
        "附件 {detail} 无法按声明的编码还原，已保留原文",
        "attachment {detail} kept undecoded",
    ),
    "body_missing": ("没有正文", "no text in the body"),
    "boundary_repaired": (
        "多部分边界与声明不符，已按正文所见拆分",
        "parted by the boundary seen, not the declared one",
    ),
    "bytes_replaced": (
        "有无法识别的字节，已用替代符（{detail}）",
        "unreadable bytes were replaced ({detail})",
    ),
    "case_type_unknown": (
        "没有此业务类型，按通用工单受理；原值已写入描述",
        "no such case type; taken as a general ticket, what was given stands in the description",
    ),
    "case_unmapped": ("列 {detail} 的值不在对照表中", "the value of column {detail} is not in its table"),
    "characters_replaced": ("空字符或残缺字符已替换", "NUL or broken characters were replaced"),
    "charset_guessed": (
        "未声明可用字符集，按 {detail} 读取",
        "no usable charset was declared; read as {detail}",
    ),
    "column_missing": (
        "文件中未见映射所指的列 {detail}",
        "the mapped column {detail} was not seen in the file",
    ),
    "contact_implausible": (
        "列 {detail} 不像联系方式，已写入正文",
        "column {detail} holds no contact; kept in the body",
    ),
    "contact_unfit": (
        "{detail}不像联系方式或过长，描述中只显示掩码，原文另存",
        "{detail}: no contact, or too long; masked in the description, whole in the kept original",
    ),
    "date_missing": ("没有日期", "no date"),
    "date_unreadable": ("日期无法识别（{detail}）", "the date cannot be read ({detail})"),
    "field_unfit": (
        "{detail} 的值不符合该字段，已写入描述",
        "the value of {detail} does not fit its field; it stands in the description",
    ),
    "html_repaired": ("HTML 无法解析，仅去除标签", "the HTML cannot be parsed; only its tags were removed"),
    "id_missing": ("编号为空，改用行内容标识", "no id in the row; it is known by its content"),
    "id_protected": (
        "编号含个人信息或过长，以其 SHA-256 代替",
        "the id holds personal data or is too long; its SHA-256 stands for it",
    ),
    "id_repeated": (
        "编号重复而内容不同，改用行内容标识",
        "the id came before with other content; known by content",
    ),
    "machine": (
        "机器发出，不宜自动回复（{detail}）",
        "sent by a machine; do not answer automatically ({detail})",
    ),
    "priority_unknown": (
        "优先级无法识别，已写入描述",
        "the priority is none of ours; it stands in the description",
    ),
    "secret_destroyed": (
        "内容含安全码、密码或验证码（{detail}），已删除",
        "security codes, passwords or one-time codes ({detail}) were removed for good",
    ),
    "sender_missing": ("没有可用的发件人", "no usable sender"),
    "structure_unreadable": (
        "邮件结构无法解析（{detail}），原文作为正文",
        "the mail's structure cannot be read ({detail})",
    ),
    "subject_missing": ("没有主题", "no subject"),
    "tag_unfit": ("有标签不合要求，已写入描述", "a tag does not fit; it stands in the description"),
    "text_before_headers": (
        "邮件头之前有多余内容，已跳过",
        "what stood before the mail's headers was skipped",
    ),
    "text_cut": ("文字过长，全文存为附件", "the text was too long; it is attached whole"),
    "title_cut": ("标题过长，全文写入正文", "the title was too long; it stands whole in the body"),
    "zone_assumed": ("时间未带时区，按 {detail} 理解", "the time has no zone; taken as {detail}"),
}

#: Why something was not taken: code → (zh, en), filled from the reader's parameters.
REASON_TEXTS: dict[str, tuple[str, str]] = {
    "column_missing": (
        "映射文件 {map_file} 第 {map_line} 行：文件中没有列“{column}”，最接近的是“{nearest}”",
        "{map_file}, line {map_line}: the file has no column '{column}'; the nearest is '{nearest}'",
    ),
    "columns": ("应有 {expected} 列，实有 {found} 列", "{expected} columns expected, {found} found"),
    "csv_syntax": ("CSV 语法错误", "not valid CSV"),
    "empty_file": ("文件为空", "the file is empty"),
    "empty_row": ("空行，已跳过", "skipped: an empty row"),
    "header_missing": (
        "首行不是列名；CSV 须有表头",
        "the first row holds no column names; a header is required",
    ),
    "json_object": ("此行不是 JSON 对象", "the line is not a JSON object"),
    "json_syntax": ("JSON 语法错误，第 {column} 个字符处", "not valid JSON, at character {column}"),
    "link": ("已跳过：指向文件夹的链接", "skipped: a link to a folder"),
    "not_found": ("文件不存在", "there is no such file"),
    "not_opened": ("无法读取（{error}）", "cannot be read ({error})"),
    "not_read": ("已跳过：不是可读取的类型", "skipped: not a kind we read"),
    "outlook_msg": (
        "已跳过：不支持 Outlook 的 .msg；请在 Outlook 中另存为 .eml，或把邮件作为附件转发后导出",
        "skipped: Outlook's .msg is not supported; save the mail as .eml, or forward it as an attachment",
    ),
    "quote_open": (
        "引号未闭合，至第 {last} 行的内容均未读取；请补上引号后重新导入",
        "a quote is never closed; nothing up to line {last} was read; close it and import again",
    ),
    "too_long": ("单条记录超过 {limit} 个字符", "one record has more than {limit} characters"),
    "too_big": ("邮件超过 {limit} 字节", "the mail has more than {limit} bytes"),
    "workbook": (
        "已跳过：不支持 Excel 工作簿；请另存为“CSV UTF-8”",
        "skipped: a workbook is not supported; save it as 'CSV UTF-8'",
    ),
}


class InboundAttachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came along. `name` and `declared_type` are the sender's words: neither is safe nor true."""

    name: str
    content: bytes
    declared_type: str


class InboundCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote, as far as the door can tell; nothing here is verified."""

    kind: Literal["person", "organisation"] = "person"
    name: str = ""
    mobiles: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    external_ref: str | None = None


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """One message at a door, before it is a ticket. Holds plain personal data: protect it, never log it.

    `external_id` is unique within `channel` and the same whenever the same thing is read again.
    `occurred_at` is aware: when the customer wrote. `raw` is the original (mail bytes, row bytes).
    `source` ("file" or "file:line") is where it was read, for reports. Message ids stand without < >.
    """

    channel: str
    external_id: str
    title: str
    body: str
    case_type: str | None = None
    priority: str | None = None
    customer: InboundCustomer | None = None
    elements: dict[str, str] = {}
    fields: dict[str, object] = {}
    tags: tuple[str, ...] = ()
    occurred_at: datetime | None = None
    attachments: tuple[InboundAttachment, ...] = ()
    raw: bytes | None = None
    reply_to: tuple[str, ...] = ()
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = ""


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """Something that should have been taken and could not be. `source` is "file" or "file:line"."""

    source: str
    reason_code: str
    zh: str
    en: str


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was never ours to take, named so that nobody wonders where it went."""

    source: str
    reason_code: str
    zh: str
    en: str


def unreadable(source: str, code: str, **params: str | int) -> Unreadable:
    """An Unreadable with its reason said in both languages."""
    zh, en = REASON_TEXTS[code]
    return Unreadable(source=source, reason_code=code, zh=zh.format(**params), en=en.format(**params))


def skipped(source: str, code: str) -> Skipped:
    """A Skipped with its reason said in both languages."""
    zh, en = REASON_TEXTS[code]
    return Skipped(source=source, reason_code=code, zh=zh, en=en)


def note(code: str, detail: str = "") -> str:
    """A note for `Inbound.notes`; `code` must be one of NOTE_TEXTS."""
    if code not in NOTE_TEXTS:
        raise KeyError(code)
    # A file or header may be named by a number of somebody's; reports are read by many.
    return f"{code}: {mask_text(detail).text}" if detail else code


def note_text(written: str, language: Language) -> str:
    """A note as the reader of a report sees it."""
    code, _, detail = written.partition(": ")
    return NOTE_TEXTS[code][0 if language == "zh" else 1].format(detail=detail)


_BROKEN = re.compile("[\x00\ud800-\udfff]")


def clean_text(text: str) -> tuple[str, bool]:
    """`text` with NULs and lone surrogates as U+FFFD, newlines as \\n; and whether one was replaced."""
    repaired = _BROKEN.sub("\ufffd", text)
    return repaired.replace("\r\n", "\n").replace("\r", "\n"), repaired != text


_OPEN_NUMBER = re.compile(r"[0-9\uff10-\uff19][0-9\uff10-\uff19 \u3000-]*$")


def cut(text: str, limit: int) -> str:
    """The first characters of a text that has more than `limit`, and "…". A number is never cut in two: a part of a
    card number is no longer known for one, and would stand in clear.
    """
    if len(text) <= limit:
        return text
    return _OPEN_NUMBER.sub("", text[: limit - 1]).rstrip() + "…"


_SENTENCE_END = re.compile(r"[。!?\uff01\uff1f\n]|\.(?=\s|$)")


def first_sentence(body: str) -> str:
    """A title from a body: its first sentence, at most DERIVED_TITLE_LENGTH characters; "" if wordless."""
    text = body.strip()
    end = _SENTENCE_END.search(text)
    line = " ".join((text[: end.end()] if end else text).split())
    short = cut(line, DERIVED_TITLE_LENGTH)
    return short.rstrip("。.") or short


def title_and_body(title: str, body: str) -> tuple[str, str, tuple[str, ...]]:
    """One line of title and a body, neither empty, nothing lost; and the notes of what stands in for what."""
    line, notes = " ".join(title.split()), list[str]()
    if len(line) > TITLE_LENGTH:
        notes.append(note("title_cut"))
        body, line = f"{line}\n\n{body}".strip(), cut(line, TITLE_LENGTH)
    if not body.strip():
        notes.append(note("body_missing"))
    return line or first_sentence(body) or NO_TITLE, body.strip() or NO_BODY, tuple(notes)
