"""Mail over SMTP: one recipient a mail, plain text, the same bytes at every attempt.

Message-ID and Date come from the delivery, so a mail that had to be repeated is one mail to whoever gets it. TLS is
verified; by `smtp+starttls` nothing is said before the line is encrypted.
"""

import ssl
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
import msgspec

from bihuan.core import outbound
from bihuan.core.problems import Language
from bihuan.core.settings import Settings
from bihuan.notices.attempt import Failed, Outcome, Refused, Sent, Unsure

_PORTS = {"smtps": 465, "smtp+starttls": 587, "smtp": 25}
_SECONDS = 12.0
_FOR_GOOD = 500


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail. `at` is its Date; `thread` what it belongs to; `leave` where who gets it may say no more of them."""

    id: UUID
    to: str
    language: Language
    title: str
    body: str
    at: datetime
    thread: UUID | None = None
    leave: str = ""


class Post(Protocol):
    """What takes a mail."""

    async def send(self, mail: Mail) -> Outcome:
        """Hand it over."""
        ...


class NoPost:
    """Where no mail server is set up."""

    async def send(self, mail: Mail) -> Outcome:
        """Refused, to be seen by a person."""
        del mail
        return Refused(code="not_configured")


class SmtpPost:
    """The mail server of BIHUAN_SMTP_URL."""

    def __init__(self, url: str, sender: str, context: ssl.SSLContext) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._context = context
        self._name, self._address = parseaddr(sender)

    async def send(self, mail: Mail) -> Outcome:
        """Hand it over. A connection for each: the desk's mails are few, and none waits behind another."""
        try:
            raw = compose(mail, self._name, self._address).as_bytes()
        except (ValueError, MessageError, IndexError):
            return Refused(code="bad_address")
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=_SECONDS,
            use_tls=self._scheme == "smtps",
            start_tls=self._scheme == "smtp+starttls",
            tls_context=self._context,
            local_hostname=self._address.rpartition("@")[2],
        )
        try:
            if (failed := await self._connect(client)) is not None:
                return failed
            return await _hand_over(client, self._address, mail.to, raw)
        finally:
            # It may be in the middle of a conversation: closing says no more.
            client.close()

    async def _connect(self, client: aiosmtplib.SMTP) -> Outcome | None:
        try:
            await client.connect()
            if self._user:
                await client.login(self._user, self._password)
        except aiosmtplib.SMTPAuthenticationError:
            return Failed(code="login_refused")
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # A server that offers no STARTTLS is told so in words alone.
            no_tls = outbound.is_tls(error) or "STARTTLS" in str(error)
            return Failed(code="tls_failed" if no_tls else "unreachable")
        return None


async def _hand_over(client: aiosmtplib.SMTP, sender: str, to: str, raw: bytes) -> Outcome:
    try:
        await client.sendmail(sender, [to], raw)
    except aiosmtplib.SMTPRecipientsRefused as error:
        return _answered(error.recipients[0].code, "recipient_refused")
    except aiosmtplib.SMTPSenderRefused as error:
        return _answered(error.code, "sender_refused")
    except aiosmtplib.SMTPResponseException as error:
        return _answered(error.code, "refused")
    except (aiosmtplib.SMTPException, OSError):
        # The line broke or fell silent somewhere in the conversation; perhaps after the last word.
        return Unsure(code="no_answer")
    return Sent()


def _answered(code: int, refused: str) -> Outcome:
    return Refused(code=refused) if code >= _FOR_GOOD else Failed(code="deferred")


def compose(mail: Mail, sender_name: str, sender: str) -> EmailMessage:
    """The mail as it is sent. Raises ValueError or MessageError where an address is none."""
    domain = sender.rpartition("@")[2]
    made = EmailMessage(policy=SMTP_POLICY.clone(cte_type="7bit"))
    made["Message-ID"] = f"<{mail.id}@{domain}>"
    made["Date"] = format_datetime(mail.at)
    made["From"] = Address(_line(sender_name), addr_spec=sender)
    made["To"] = Address(addr_spec=_ascii(mail.to))
    made["Subject"] = _line(mail.title)
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    if mail.thread is not None:
        # Nothing was ever sent under this name; mails that refer to the same one are shown together.
        made["In-Reply-To"] = made["References"] = f"<ticket.{mail.thread}@{domain}>"
    if mail.leave:
        made["List-Unsubscribe"] = f"<{mail.leave}>"
    made.set_content(mail.body if mail.body.endswith("\n") else f"{mail.body}\n", charset="utf-8")
    # Setting the content takes away what was said of it before.
    made["Content-Language"] = "zh-CN" if mail.language == "zh" else "en"
    return made


def _line(text: str) -> str:
    """A header's text: one line, nothing that steers."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _ascii(address: str) -> str:
    if not address.isascii() or not address.isprintable():
        raise ValueError("not an address")
    return address


def post(settings: Settings) -> Post:
    """The mail server the settings name."""
    if not is_on(settings):
        return NoPost()
    return SmtpPost(settings.smtp_url, settings.mail_from, outbound.tls(settings))


def is_on(settings: Settings) -> bool:
    """Whether mail is set up."""
    return bool(settings.smtp_url and settings.mail_from)
