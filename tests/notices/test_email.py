"""Mail: what it looks like, whom it trusts, and what each answer of a real server leads to."""

import email
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.core import outbound, settings
from bihuan.core.settings import BadSetting
from bihuan.notices.attempt import Failed, Outcome, Refused, Sent, Unsure
from bihuan.notices.email import Mail, compose, post
from tests.notices.servers import MailServer, authority, mail_server, only, web_server

_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_ID, _TICKET = UUID(int=7), UUID(int=9)
_SENDER = "desk@bank.example"


def _mail(**changes: Any) -> Mail:
    made = {"id": _ID, "to": "li@b.example", "language": "zh", "title": "标题", "body": "正文", "at": _AT}
    return Mail(**{**made, **changes})


def _read(mail: Mail, name: str = "闭环") -> Any:
    return email.message_from_bytes(compose(mail, name, _SENDER).as_bytes(), policy=policy.default)


def test_headers() -> None:
    read = _read(_mail(thread=_TICKET, leave="https://help.bank.example/portal/"))
    assert read["Message-ID"] == f"<{_ID}@bank.example>"
    assert read["Date"].datetime == _AT
    assert (str(read["From"]), str(read["To"])) == ("闭环 <desk@bank.example>", "li@b.example")
    assert (read["Subject"], read["Auto-Submitted"]) == ("标题", "auto-generated")
    assert read["References"] == read["In-Reply-To"] == f"<ticket.{_TICKET}@bank.example>"
    assert read["List-Unsubscribe"] == "<https://help.bank.example/portal/>"
    assert (read.get_content_type(), read.get_content_charset()) == ("text/plain", "utf-8")
    assert (read.get_content().splitlines(), read["Content-Language"]) == (["正文"], "zh-CN")
    english = _read(_mail(language="en"))
    assert english["Content-Language"] == "en"
    assert english["List-Unsubscribe"] is None and english["In-Reply-To"] is None


def test_every_attempt_is_the_same_bytes() -> None:
    assert (
        compose(_mail(body="正文 " * 500), "闭环", _SENDER).as_bytes()
        == compose(_mail(body="正文 " * 500), "闭环", _SENDER).as_bytes()
    )


@given(st.text(max_size=200), st.text(max_size=300))
def test_no_text_gets_into_the_headers(title: str, body: str) -> None:
    raw = compose(_mail(title=title, body=body), title[:40], _SENDER).as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    names = {line.partition(b":")[0] for line in head.split(b"\r\n") if not line[:1].isspace()}
    assert names == {
        b"Message-ID", b"Date", b"From", b"To", b"Subject", b"Auto-Submitted", b"X-Auto-Response-Suppress",
        b"Content-Language", b"Content-Type", b"Content-Transfer-Encoding", b"MIME-Version",
    }  # fmt: skip
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()


@pytest.mark.parametrize(
    "to",
    [
        "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "a b@c.example", "没有@b.example", "a", "", "@",
        "<a@b.example>", "a@b.example\x00", "a@b.example (c", '"a',
    ],
)  # fmt: skip
async def test_what_is_no_address_is_not_written_to(to: str) -> None:
    with mail_server() as server:
        assert await _sent(f"smtp://127.0.0.1:{server.port}", to=to) == Refused(code="bad_address")
        assert server.mails == []


async def _sent(url: str, ca: Path | str = "", **changes: Any) -> Outcome:
    made = settings.load({"BIHUAN_SMTP_URL": url, "BIHUAN_MAIL_FROM": _SENDER, "BIHUAN_CA_FILE": str(ca)})
    return await post(made).send(_mail(**changes))


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as made:
        yield made


async def test_taken(server: MailServer) -> None:
    assert await _sent(f"smtp://127.0.0.1:{server.port}") == Sent()
    ((to, raw),) = server.mails
    assert to == "li@b.example" and raw == compose(_mail(), "", _SENDER).as_bytes()


@pytest.mark.parametrize(
    ("rcpt", "data", "outcome"),
    [
        ("550 5.1.1 no such user", "250 OK", Refused(code="recipient_refused")),
        ("450 4.2.1 greylisted", "250 OK", Failed(code="deferred")),
        ("250 OK", "554 5.7.1 spam", Refused(code="refused")),
        ("250 OK", "451 4.3.0 later", Failed(code="deferred")),
    ],
)
async def test_refused_or_put_off(server: MailServer, rcpt: str, data: str, outcome: Outcome) -> None:
    server.rcpt, server.data = rcpt, data
    assert await _sent(f"smtp://127.0.0.1:{server.port}") == outcome
    assert server.mails == []


async def test_the_line_breaks_after_the_last_word(server: MailServer) -> None:
    """The server has the mail; its answer is lost on the way."""

    def cut() -> None:
        server.line.abort()

    server.on_data = cut
    assert await _sent(f"smtp://127.0.0.1:{server.port}") == Unsure(code="no_answer")
    assert len(server.mails) == 1


async def test_nobody_there() -> None:
    assert await _sent(f"smtp://127.0.0.1:{MailServer().port}") == Failed(code="unreachable")


async def test_somebody_who_is_no_mail_server() -> None:
    with web_server() as web:
        web.stop()
        assert await _sent(f"smtp://127.0.0.1:{web.port}") == Failed(code="unreachable")


@pytest.fixture
def trusted(tmp_path: Path) -> Any:
    return authority(tmp_path)


async def test_starttls_with_a_login(trusted: Any) -> None:
    ca, context = trusted
    how = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": only("u", "p@ss")}  # fmt: skip
    with mail_server(**how) as server:
        at = f"127.0.0.1:{server.port}"
        assert await _sent(f"smtp+starttls://u:p%40ss@{at}", ca) == Sent()
        assert await _sent(f"smtp+starttls://u:wrong@{at}", ca) == Failed(code="login_refused")
        assert await _sent(f"smtp+starttls://u:p%40ss@{at}") == Failed(code="tls_failed"), (
            "an authority unknown"
        )
        assert await _sent(f"smtp://{at}", ca) == Refused(code="sender_refused"), "this one wants TLS"
    assert len(server.mails) == 1


async def test_a_server_without_starttls_hears_no_password(server: MailServer) -> None:
    outcome = await _sent(f"smtp+starttls://u:p@127.0.0.1:{server.port}")
    assert outcome == Failed(code="tls_failed")
    assert server.mails == []


async def test_tls_from_the_first_byte(trusted: Any) -> None:
    ca, context = trusted
    with mail_server(ssl_context=context) as server:
        assert await _sent(f"smtps://127.0.0.1:{server.port}", ca) == Sent()
        assert await _sent(f"smtps://127.0.0.1:{server.port}") == Failed(code="tls_failed")
        assert await _sent(f"smtps://localhost:{server.port}", ca) == Sent()
    assert len(server.mails) == 2


def test_settings() -> None:
    for good in ("smtp://h", "smtps://u:p@h:465", "smtp+starttls://u@h", "smtp://u:p@127.0.0.1:2525"):
        assert settings.load({"BIHUAN_SMTP_URL": good}).smtp_url == good
    for name, bad in {
        "BIHUAN_SMTP_URL": "smtp://u:p@mail.example.com",  # a password in clear
        "BIHUAN_MAIL_FROM": "a@b.c\nBcc: d@e.f",
        "BIHUAN_CA_FILE": "/nowhere",
    }.items():
        with pytest.raises(BadSetting) as caught:
            outbound.tls(settings.load({name: bad}))
        assert caught.value.params["name"] == name and "u:p" not in str(caught.value)
    made = settings.load({"BIHUAN_SMTP_URL": "smtps://u:hidden@h"})
    assert "hidden" not in str(settings.effective(made))
