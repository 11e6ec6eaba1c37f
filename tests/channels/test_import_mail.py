"""Mail: every file is taken, words and names are read as meant, machines are told apart from people."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inscriptis import get_text  # pyright: ignore[reportMissingTypeStubs]

from bihuan.channels.contract import NO_BODY, NO_TITLE, Inbound
from bihuan.channels.import_ import read_mail
from bihuan.channels.import_.mail import decode, looks_like_mail
from tests.conftest import figure

FIXTURES = Path(__file__).parent / "fixtures"
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
REAL = sorted(DATA.glob("email_*/**/*.eml"))


def mail(headers: str, body: str | bytes = "hello", *, case_type: str | None = None) -> Inbound:
    tail = body.encode() if isinstance(body, str) else body
    return read_mail(headers.encode("utf-8", "surrogateescape") + b"\n\n" + tail, case_type=case_type)


def test_a_chinese_mail_whole() -> None:
    raw = (FIXTURES / "gbk_alternative.eml").read_bytes()
    read = read_mail(raw, case_type="card.fee")
    assert (read.channel, read.external_id) == ("import", f"mail:{hashlib.sha256(raw).hexdigest()}")
    assert (read.title, read.body) == ("信用卡年费投诉", "您好,年费收错了。镕")
    assert read.customer and (read.customer.name, read.customer.emails) == ("张三", ("zhang@example.com",))
    assert read.occurred_at == datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=8)))
    assert (read.message_id, read.in_reply_to) == ("a1@example.com", ("q0@bank.example",))
    assert read.references == ("p0@bank.example", "q0@bank.example")
    (slip,) = read.attachments
    assert (slip.name, slip.content, slip.declared_type) == ("账单.pdf", b"%PDF-", "application/pdf")
    assert (read.case_type, read.raw, read.notes) == ("card.fee", raw, ())


def test_a_mail_of_nothing_is_still_taken() -> None:
    read = read_mail(b"")
    assert (read.title, read.body, read.customer, read.occurred_at) == (NO_TITLE, NO_BODY, None, None)
    assert set(read.notes) == {"subject_missing", "sender_missing", "date_missing", "body_missing"}


def test_a_bounce_is_taken_and_flagged() -> None:
    read = read_mail((FIXTURES / "bounce.eml").read_bytes())
    signs = {written.partition(": ")[2] for written in read.notes if written.startswith("machine: ")}
    expected = {"auto-submitted=auto-replied", "return-path=<>", "multipart/report", "precedence=bulk"}
    assert signs == expected | {"message/delivery-status", "from=mailer-daemon"}
    assert read.body == "Could not be delivered."
    assert [file.declared_type for file in read.attachments] == ["message/delivery-status", "message/rfc822"]
    assert b"Dear customer" in read.attachments[1].content


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: no",
        "Return-Path: <a@b.example>",
        "Precedence: first-class",
        "X-Auto-Response-Suppress: All",
    ],
)
def test_a_person_is_no_machine(headers: str) -> None:
    read = mail(f"From: a@b.example\nSubject: s\nDate: Mon, 02 Mar 2026 10:00:00 +0800\n{headers}")
    assert read.notes == ()


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("=?utf-8?B?5L2g5aW9?=", "你好"),
        ("=?utf-8?B?5L2g5aW?=", "你\ufffd"),
        ("=?utf-8?B?5L2g5?= =?utf-8?B?aW9?=", "你好"),
        ("=?utf-8?B?5A==?= =?utf-8?B?vaA=?=", "你"),
        ("a =?utf-8?Q?b?=\t=?gbk?B?xOM=?= c", "a b你 c"),
        ("=?gb2312?Q?=C4=E3=BA?=\n =?gb2312?Q?=C3?=", "你好"),
        ("=?GB2312?B?xOO6ww==?=plain", "你好plain"),
        ("Re: =?utf-8?Q?a_b?= and =?utf-8*en?Q?c?=", "Re: a b and c"),
        ("=?x-unknown?Q?=E4=BD=A0?=", "你"),
        ("=?utf-8?Q?with blanks in it?=", "with blanks in it"),
    ],
)
def test_encoded_words_broken_ones_too(written: str, title: str) -> None:
    assert mail(f"Subject: {written}").title == title


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_undeclared_bytes_in_headers_are_read(charset: str) -> None:
    name, subject = "张三", "信用卡年费重复收取"
    raw = f'From: "{name}" <a@b.example>\nSubject: {subject}\n\n您好请退还多收的年费'.encode(charset)
    read = read_mail(raw)
    assert (read.title, read.body) == (subject, "您好请退还多收的年费")
    assert read.customer and read.customer.name == name


@pytest.mark.parametrize(
    ("raw", "declared", "text", "codes"),
    [
        ("镕".encode("gbk"), "gb2312", "镕", []),
        ("你好".encode(), "gb2312", "浣犲ソ", []),
        (b"caf\xe9", "us-ascii", "café", ["charset_guessed"]),
        (b"\x93quoted\x94", "windows-1252", "“quoted”", []),
        ("文字都在".encode() + b"\xff", "utf-8", "文字都在\ufffd", ["bytes_replaced"]),
        ("信用卡年费".encode("gbk"), None, "信用卡年费", ["charset_guessed"]),
        ("信用卡年费".encode("gbk"), "no-such-charset", "信用卡年费", ["charset_guessed"]),
        (b"plain", "unicode_escape", "plain", []),
        (b"plain", "rot13", "plain", ["charset_guessed"]),
        (b"plain", "a\x00b", "plain", []),
    ],
)
def test_charsets(raw: bytes, declared: str | None, text: str, codes: list[str]) -> None:
    read, notes = decode(raw, declared)
    assert (read, [written.partition(":")[0] for written in notes]) == (text, codes)


def test_html_alone_becomes_text() -> None:
    html = "<style>p{}</style><body><p>年费</p><ul><li>一</li></ul><script>x()</script></body>"
    read = mail("Subject: s\nContent-Type: text/html; charset=utf-8", html)
    assert "年费" in read.body and "* 一" in read.body and "x()" not in read.body and "p{}" not in read.body


def test_a_blank_plain_part_gives_way_to_html() -> None:
    parts = "--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: text/html\n\n<b>words</b>\n--b--\n"
    assert mail("Content-Type: multipart/alternative; boundary=b", parts).body == "words"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="=?gb2312?B?1cu1pS5wZGY=?="', "账单.pdf"),
        ("attachment; filename==?gb2312?B?1cu1pS5wZGY=?=", "账单.pdf"),
        ("attachment; filename*=utf-8''%E8%B4%A6%E5%8D%95.pdf", "账单.pdf"),
        ("attachment; filename*0*=utf-8''%E8%B4%A6; filename*1*=%E5%8D%95.pdf", "账单.pdf"),
        ("attachment; filename*=gb2312''%D5%CB%B5%A5.pdf", "账单.pdf"),
        ("attachment; filename=账单.pdf", "账单.pdf"),
        ("attachment; filename=../../etc/passwd", "../../etc/passwd"),
        ("attachment; filename*=no-such''%FF.pdf", None),
        ("attachment", "attachment-1.pdf"),
    ],
)
def test_attachment_names(disposition: str, name: str | None) -> None:
    part = f"--b\nContent-Type: application/pdf\nContent-Disposition: {disposition}\n\nPDF\n--b--\n"
    (file,) = mail("Content-Type: multipart/mixed; boundary=b", part).attachments
    assert file.content == b"PDF" and file.name.endswith(name or ".pdf")


def test_a_raw_gbk_attachment_name_is_read() -> None:
    part = "--b\nContent-Type: image/png\nContent-Disposition: attachment; filename=交易明细账单.png\n\nP"
    (file,) = mail("Content-Type: multipart/mixed; boundary=b", part.encode("gbk")).attachments
    assert file.name == "交易明细账单.png"


def test_a_base64_nested_mail_is_its_bytes() -> None:
    part = (
        "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogaW5uZXIKCmhp\n"
    )
    (file,) = mail("Content-Type: multipart/mixed; boundary=b", part).attachments
    assert (file.content, file.declared_type) == (b"Subject: inner\n\nhi", "message/rfc822")


@pytest.mark.parametrize(
    "kind", ["application/ms-tnef", "application/pkcs7-mime", "application/pgp-encrypted"]
)
def test_sealed_content_stays_an_attachment(kind: str) -> None:
    read = mail(f"Subject: s\nContent-Type: {kind}\nContent-Transfer-Encoding: base64", "AAEC")
    assert read.body == NO_BODY and read.attachments[0].content == b"\x00\x01\x02"
    assert "body_missing" in read.notes


def test_a_wrong_boundary_is_repaired() -> None:
    parts = "--real\nContent-Type: text/plain\n\nwords\n--real\nContent-Type: image/png\n\nP\n--real--\n"
    read = mail("Subject: s\nContent-Type: multipart/mixed; boundary=other", parts)
    assert read.body == "words" and len(read.attachments) == 1 and "boundary_repaired" in read.notes


@pytest.mark.parametrize(
    "before", [b"\xef\xbb\xbf", b"\n\n", b"From a@b Mon Mar  2 10:00:00 2026\n", b"stray words\n"]
)
def test_what_stands_before_the_headers_hides_none(before: bytes) -> None:
    raw = before + b"Subject: found\nFrom: a@b.example\n\nbody"
    read = read_mail(raw)
    assert (read.title, read.body, read.raw) == ("found", "body", raw)


def test_nul_and_surrogates_are_replaced_in_every_text() -> None:
    read = mail('Subject: a\x00b\nFrom: "x\x00y" <a@b.example>', "c\x00d")
    assert (read.title, read.body) == ("a\ufffdb", "c\ufffdd") and read.raw and b"\x00" in read.raw


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Mon, 02 Mar 2026 10:00:00 -0000", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 10:00:00", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("Mon, 99 Foo 2026 10:00:00 +0800", None),
        ("Mon, 02 Mar 9999 10:00:00 +0800", None),
        ("nonsense", None),
    ],
)
def test_dates(written: str, expected: datetime | None) -> None:
    read = mail(f"Date: {written}")
    assert read.occurred_at == expected and ("date_unreadable: Date" in read.notes) == (expected is None)


@pytest.mark.parametrize(
    "written",
    [
        "a@b.example",
        "<a@b.example>",
        "A <a@b.example>, B <c@d.example>",
        '"x" a@b.example',
        "=?utf-8?Q?=3Ca=40b.example=3E?=",
    ],
)
def test_senders(written: str) -> None:
    read = mail(f"From: {written}")
    assert read.customer and read.customer.emails == ("a@b.example",)


def test_multiparts_a_thousand_deep_are_taken() -> None:
    head = "".join(f"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n" for i in range(1000))
    read = read_mail(f"Subject: deep\n{head}\n\nwords".encode())
    assert read.raw and any(written.startswith("structure_unreadable") for written in read.notes)


def test_what_looks_like_mail() -> None:
    assert looks_like_mail(b"From a@b Mon\nReceived: x\n y\nSubject: s\n\nb")
    assert (
        not looks_like_mail(b"") and not looks_like_mail(b"\n\n") and not looks_like_mail(b"Subject: one\n\n")
    )
    assert not looks_like_mail(b"words\nFrom: a\nSubject: b\n") and not looks_like_mail(b"\x7fELF\x02")


def texts(read: Inbound) -> Iterator[str]:
    yield from (read.title, read.body, read.external_id, *read.notes, *read.references, *read.in_reply_to)
    yield from (read.message_id or "", *read.reply_to)
    yield from (read.customer.name, *read.customer.emails) if read.customer else ()
    yield from (text for file in read.attachments for text in (file.name, file.declared_type))


def sound(raw: bytes) -> None:
    read = read_mail(raw)
    assert read.external_id == f"mail:{hashlib.sha256(raw).hexdigest()}" and read.raw == raw
    assert read.title and read.body and "\n" not in read.title
    assert all("\x00" not in text and text.encode() is not None for text in texts(read))
    assert read.occurred_at is None or read.occurred_at.tzinfo is not None
    assert read == read_mail(raw)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    sound(raw)


@pytest.mark.parametrize("piece", [b"<script>", b" ", b"a", b"a,", b"=?", b"<", b';x="', b"\n ", b"--b\n"])
@pytest.mark.timeout(30)
def test_a_megabyte_of_one_thing_is_taken_in_time(piece: bytes) -> None:
    much = piece * (1_000_000 // len(piece))
    read = read_mail(b"Content-Type: text/html\nFrom: " + much + b"\nSubject: " + much + b"\n\n" + much)
    assert read.raw and len(read.title) <= 200


NASTY = st.sampled_from(
    [
        *(
            b"From: ",
            b"Subject: ",
            b"Date: ",
            b"Content-Type: ",
            b"Content-Disposition: attachment; filename=",
            b"\n\n",
            b"\n",
            b"\r\n ",
        ),
        *(
            b"multipart/mixed; boundary=b\n\n--b\n",
            b"--b\n",
            b"--b--\n",
            b"text/html; charset=",
            b"utf-16\n",
            b"message/rfc822\n\n",
        ),
        *(
            b"=?utf-8?B?",
            b"=?gbk?q?",
            b"?=",
            b"=C4=E3",
            b"\xc4\xe3",
            b"\x00",
            b"\xff",
            b'"',
            b"<",
            b">",
            b"@",
            b",",
            b";",
            b":",
            b"*0*=",
        ),
        *(
            b"Content-Transfer-Encoding: base64\n",
            b"Content-Transfer-Encoding: x-uuencode\n",
            b"multipart/alternative; boundary=b\n\n",
        ),
        *(
            b"<?xml version='1.0' encoding='x'?>",
            b"<table><tr><td>",
            b"\x1b$B",
            b"message/delivery-status\n\n",
            b"a@b.example",
            b"()\\",
        ),
    ]
)


@settings(max_examples=600, deadline=None)
@given(st.lists(NASTY, max_size=30).map(b"".join))
def test_any_pieces_of_mail_are_a_mail(raw: bytes) -> None:
    sound(raw)


# --- real mail ------------------------------------------------------------------------------------

without_data = pytest.mark.skipif(not REAL, reason="shared/data/email_* is not here")


@without_data
def test_every_real_mail_is_taken() -> None:
    failed = [
        path.name
        for path in REAL
        for written in read_mail(path.read_bytes()).notes
        if "structure_unreadable" in written
    ]
    assert len(REAL) >= 430 and failed == []


@without_data
def test_real_chinese_bodies() -> None:
    folder = DATA / "email_demisto"
    expected: dict[str, str] = json.loads((folder / "expected_text.json").read_text())
    assert {name: bare(read_mail((folder / name).read_bytes()).body) for name in expected} == {
        name: bare(text) for name, text in expected.items()
    }


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def agrees(expected: str, found: str) -> bool:
    """Whether the words are the same; where the expected text has a replacement character, any will do."""
    pattern = ".".join(re.escape(piece) for piece in bare(expected).split("\ufffd"))
    return re.fullmatch(pattern, bare(found)) is not None


class Value(msgspec.Struct):
    """A header's value in mail-parser's structure."""

    text: str = msgspec.field(name="Text", default="")
    address: dict[str, list[dict[str, Any]]] = msgspec.field(name="Address", default={})


class Body(msgspec.Struct):
    text: str = msgspec.field(name="Text", default="")
    html: str = msgspec.field(name="Html", default="")


class Part(msgspec.Struct):
    headers: list[dict[str, Any]]
    body: Body


class Structure(msgspec.Struct):
    text_body: list[int]
    attachments: list[int]
    parts: list[Part]

    def header(self, name: str) -> Value:
        values = [each["value"] for each in self.parts[0].headers if each["name"] == name]
        return msgspec.convert(values[0], Value) if values and isinstance(values[0], dict) else Value()

    def sender(self) -> str:
        mailboxes = self.header("from").address.get("List", [])
        address = str(mailboxes[0].get("address") or "") if mailboxes else ""
        return address if "@" in address else ""

    def body(self) -> str:
        """The text bodies; HTML laid out as ours is."""
        bodies = [self.parts[part].body for part in self.text_body]
        return "".join(each.text or get_text(each.html) for each in bodies)


@without_data
def test_real_mail_is_read_as_the_reference_parser_reads_it() -> None:
    """Floors are what is reached: all of 64 in each respect; 5 subjects and 2 bodies are read where the
    reference has replacement characters, because the undeclared charset is guessed."""
    agreed, exact, total = Counter[str](), Counter[str](), 0
    for path in sorted((DATA / "email_stalwart").glob("*/*.eml")):
        expected = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=Structure)
        read, total = read_mail(path.read_bytes()), total + 1
        title, found = expected.header("subject").text, "" if read.body == NO_BODY else read.body
        agreed["subject"] += not title.strip() or agrees(title, read.title)
        agreed["body"] += agrees(expected.body(), found)
        agreed["from"] += expected.sender() == (read.customer.emails[0] if read.customer else "")
        agreed["attachments"] += len(expected.attachments) == len(read.attachments)
        exact["subject"] += not title.strip() or bare(title) == bare(read.title)
        exact["body"] += bare(expected.body()) == bare(found)
    figure(f"{total} mails; agreed {dict(agreed)}; to the letter {dict(exact)}")
    assert total == 64
    assert {name: count / total for name, count in agreed.items()} == dict.fromkeys(agreed, 1.0)
    assert exact["subject"] >= 59 and exact["body"] >= 62


@without_data
def test_real_bounces_are_flagged_and_people_are_not() -> None:
    def flagged(path: Path) -> bool:
        return any(written.startswith("machine") for written in read_mail(path.read_bytes()).notes)

    bounces = [path for path in REAL if "email_bounces" in path.parts]
    people = [path for path in REAL if "email_talon" in path.parts or "email_django_helpdesk" in path.parts]
    rate, wrong = sum(map(flagged, bounces)) / len(bounces), sum(map(flagged, people))
    figure(f"{rate:.1%} of {len(bounces)} bounces flagged; of {len(people)} people's mails: {wrong}")
    assert rate >= 0.98 and wrong == 0
